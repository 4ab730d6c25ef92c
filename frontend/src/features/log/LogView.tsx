import { ActionIcon, Button, Menu, Popover, Tooltip } from "@mantine/core"
import { useHotkeys } from "@mantine/hooks"
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query"
import {
	ArrowDown,
	ArrowUp,
	ChevronDown,
	ChevronUp,
	Columns3,
	Download,
	ExternalLink,
	RefreshCw,
} from "lucide-react"
import {
	type ComponentProps,
	lazy,
	type ReactNode,
	Suspense,
	useCallback,
	useMemo,
	useRef,
	useState,
} from "react"
import { useMay } from "@/api/me"
import type { Event } from "@/api/types"
import { Filters } from "@/components/Filters"
import { SearchInput } from "@/components/Inputs"
import { CopyButton, SidePanel } from "@/components/Page"
import { PathLink } from "@/components/PathLink"
import { Empty } from "@/components/States"
import { Table, useNarrow } from "@/components/Table"
import { useZone } from "@/components/Time"
import { TimeRange } from "@/components/TimeRange"
import { clock, dayHeading, inUtc } from "@/lib/time"
import { total } from "@/lib/words"
import { eventsKey, eventsQuery, newerQuery, useFacets, useLabels } from "./api"
import { columnLabels, eventLabel, useColumns } from "./columns"
import type { Around } from "./EventView"
import { filterFields, type LogField, logFields } from "./fields"
import classes from "./Log.module.css"
import { useLayout } from "./layout"
import { entryLink, entryPath } from "./paths"
import { filterOf, isFiltered, type LogSearch } from "./search"

type Props = {
	search: LogSearch
	/** Puts the next question into the address; `replace` leaves no step for the back button. */
	onSearch: (next: LogSearch, how?: { replace?: boolean }) => void
	/** What this page asks in any case: a person's log, an object's timeline. */
	fixed?: Partial<Record<LogField | "userAs", string[]>>
	/** What stands before the filters. */
	lead?: ReactNode
	empty?: ReactNode
	/** What the object of an entry was around it. */
	around: Around
}

// Neither is on the first screen.
const EventView = lazy(() => import("./EventView").then((m) => ({ default: m.EventView })))
const ColumnsForm = lazy(() => import("./ColumnsForm").then((m) => ({ default: m.ColumnsForm })))

const exporting = () => import("./export")

/** Where each question's list was left, for the back button. */
const leftAt = new Map<string, number>()

const none: Record<string, never> = {}

/** The log: questions above, entries below, one entry beside them. */
export function LogView({ search, onSearch, fixed = none, lead, empty, around }: Props) {
	const zone = useZone()
	const queryClient = useQueryClient()
	const narrow = useNarrow()
	const box = useRef<HTMLInputElement>(null)
	const { layout, density, setDensity } = useLayout()

	const question = useMemo(() => ({ ...search, ...fixed }), [search, fixed])
	const list = useInfiniteQuery(eventsQuery(question))
	const events = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data])
	const counted = list.data?.pages[0]?.total
	const newest = useMemo(
		() => (list.data ? events.reduce((most, event) => Math.max(most, event.id), 0) : undefined),
		[events, list.data],
	)
	const newer = useQuery({
		...newerQuery(question, newest),
		enabled: newest !== undefined && search.order !== "oldest" && !search.to && !list.isPlaceholderData,
	})
	const labels = useLabels(question)
	const [asked, setAsked] = useState({ key: "", prefix: "" })
	const ask = useCallback((key: string, prefix: string) => setAsked({ key, prefix }), [])
	const suggestions = useFacets(question, asked.key, asked.prefix, labels)

	const open = useCallback(
		(event: Event | undefined, how?: { replace?: boolean }) => onSearch({ ...search, event: event?.id }, how),
		[onSearch, search],
	)
	const include = useCallback(
		(fields: Partial<Record<LogField, string>>) => {
			const next: LogSearch = { ...search }
			for (const field of logFields) {
				const value = fields[field.key]
				if (value === undefined || fixed[field.key]) continue
				next[field.key] = field.many ? [...new Set([...(search[field.key] ?? []), value])] : [value]
			}
			onSearch(next)
		},
		[onSearch, search, fixed],
	)
	const refresh = () => queryClient.resetQueries({ queryKey: eventsKey })

	const turn = useCallback(
		() => onSearch({ ...search, order: search.order === "oldest" ? undefined : "oldest" }),
		[search, onSearch],
	)
	const timeHead = useMemo(
		() => (
			<button
				type="button"
				className={classes.sort}
				onClick={turn}
				title={
					search.order === "oldest" ? "Oldest first; show newest first" : "Newest first; show oldest first"
				}
			>
				{columnLabels.time}
				{search.order === "oldest" ? (
					<ArrowUp size={12} aria-label="oldest first" />
				) : (
					<ArrowDown size={12} aria-label="newest first" />
				)}
			</button>
		),
		[search.order, turn],
	)
	const openRow = useCallback((event: Event) => open(event), [open])
	const columns = useColumns(labels, include, openRow, timeHead)
	const rowId = useCallback((event: Event) => String(event.id), [])
	const heading = useCallback((event: Event) => dayHeading(event.occurredAt, zone), [zone])

	const index = events.findIndex((event) => event.id === search.event)
	const step = (by: 1 | -1) => {
		const target = index < 0 ? (by === 1 ? events[0] : undefined) : events[index + by]
		if (target) open(target, { replace: search.event !== undefined })
		if (by === 1 && index >= events.length - 5 && list.hasNextPage) list.fetchNextPage()
	}
	useHotkeys([
		["/", () => box.current?.focus()],
		["j", () => step(1)],
		["k", () => step(-1)],
		["r", () => void refresh()],
		["Escape", () => search.event && open(undefined)],
	])

	const place = JSON.stringify([fixed, filterOf(search), search.order])
	const scroll = {
		initial: list.data ? (leftAt.get(place) ?? 0) : 0,
		onScroll: (top: number) => leftAt.set(place, top),
	}
	const active = Object.fromEntries(logFields.map((field) => [field.key, search[field.key] ?? []]))
	const fields = useMemo(() => filterFields(Object.keys(fixed)), [fixed])

	return (
		<div className={classes.view}>
			<div className={classes.controls}>
				<div className={classes.line}>
					<SearchInput
						className={classes.search}
						inputRef={box}
						aria-label="Search the log"
						placeholder="Search the log: a name, an object, an address, any word   /"
						value={search.q ?? ""}
						onSearch={(q) => onSearch({ ...search, q: q || undefined, event: undefined }, { replace: true })}
						onKeyDown={(event) => {
							if (event.key !== "Escape") return
							// Left alone, the browser would empty the field.
							event.preventDefault()
							event.currentTarget.blur()
						}}
					/>
					<TimeRange
						value={search}
						onChange={(range) =>
							onSearch({
								...search,
								last: undefined,
								from: undefined,
								to: undefined,
								...range,
								event: undefined,
							})
						}
					/>
				</div>
				<div className={classes.line}>
					{lead}
					<Filters
						fields={fields}
						values={active}
						onChange={(key, values) => {
							const field = logFields.find((one) => one.key === key)
							if (field)
								onSearch({
									...search,
									[field.key]: values.length > 0 ? values : undefined,
									event: undefined,
								})
						}}
						onClear={() =>
							onSearch({
								q: search.q,
								last: search.last,
								from: search.from,
								to: search.to,
								order: search.order,
							})
						}
						onAsk={ask}
						suggestions={suggestions}
						labelOf={labels}
					/>
					<span className={classes.total} role="status">
						{counted && !list.isPlaceholderData ? total(counted, "entry", "entries") : "\u00a0"}
					</span>
					<ColumnsMenu layout={layout} density={density} setDensity={setDensity} />
					<ExportMenu search={question} count={counted && total(counted, "entry", "entries")} />
					{narrow && (
						<ActionIcon
							variant="default"
							size={26}
							aria-label={search.order === "oldest" ? "Show newest first" : "Show oldest first"}
							onClick={turn}
						>
							{search.order === "oldest" ? <ArrowUp size={13} /> : <ArrowDown size={13} />}
						</ActionIcon>
					)}
					<Tooltip label="Refresh (r)">
						<ActionIcon variant="default" size={26} aria-label="Refresh" onClick={refresh}>
							<RefreshCw size={13} />
						</ActionIcon>
					</Tooltip>
				</div>
			</div>
			<div className={classes.rows}>
				{newer.data && newer.data.value > 0 && (
					<Button className={classes.newer} size="compact-sm" radius="xl" onClick={refresh}>
						{total(newer.data, "new entry", "new entries")}
					</Button>
				)}
				<Table
					label="Entries"
					columns={columns}
					data={{
						rows: events,
						isPending: list.isPending,
						isStale: list.isPlaceholderData,
						error: list.error,
						retry: () => list.refetch(),
						more: {
							available: list.hasNextPage,
							loading: list.isFetchingNextPage,
							load: () => list.fetchNextPage(),
						},
					}}
					rowId={rowId}
					rowHeight={density === "compact" ? 32 : 40}
					cardHeight={62}
					card={(event) => (
						<>
							<div className={classes.cardTop}>
								<PathLink
									path={entryPath(event.id)}
									className={classes.time}
									title={inUtc(event.occurredAt, zone)}
								>
									{clock(event.occurredAt, zone)}
								</PathLink>
								<span className={event.actor.hidden ? classes.hidden : classes.name}>
									{event.actor.name || "System"}
								</span>
								<span className={classes.cardQuiet}>
									{event.outcome === "failure" && (
										<>
											<span className={classes.failure}>Failed</span> ·{" "}
										</>
									)}
									{event.category && `${event.category} · `}
									{eventLabel(event, labels)}
								</span>
							</div>
							<div className={classes.cardText}>{sentenceWithObject(event)}</div>
						</>
					)}
					heading={heading}
					selected={search.event ? String(search.event) : undefined}
					onOpen={openRow}
					layout={layout}
					scroll={scroll}
					foot={list.hasNextPage ? undefined : "No older entries."}
					empty={
						isFiltered(search) ? (
							<Empty
								title="No entry matches"
								action={
									<Button variant="default" onClick={() => onSearch({})}>
										Clear search and filters
									</Button>
								}
							>
								Nothing that you may see fits all of this at once. Take away a filter, or look further back in
								time.
							</Empty>
						) : (
							(empty ?? (
								<Empty title={fixed === none ? "The log is empty" : "Nothing recorded yet"}>
									{fixed === none
										? "Whatever happens from now on appears here, sign-ins included."
										: "What happens from now on appears here."}
								</Empty>
							))
						)
					}
				/>
			</div>
			{search.event && (
				<SidePanel
					title={titleOf(events[index], search.event)}
					onClose={() => open(undefined)}
					lead={
						<>
							<Tooltip label="Previous (k)">
								<ActionIcon
									variant="subtle"
									color="gray"
									aria-label="Previous entry"
									disabled={index <= 0}
									onClick={() => step(-1)}
								>
									<ChevronUp size={16} />
								</ActionIcon>
							</Tooltip>
							<Tooltip label="Next (j)">
								<ActionIcon
									variant="subtle"
									color="gray"
									aria-label="Next entry"
									disabled={index < 0 || index >= events.length - 1}
									onClick={() => step(1)}
								>
									<ChevronDown size={16} />
								</ActionIcon>
							</Tooltip>
							<PathLink
								path={entryPath(search.event)}
								className={classes.edit}
								aria-label="Open as a page"
								title="Open as a page"
							>
								<ExternalLink size={14} />
							</PathLink>
							<CopyButton value={entryLink(search.event)} label="Copy a link to this entry" />
						</>
					}
				>
					<Suspense fallback={<div role="status">Loading…</div>}>
						<EventView id={search.event} around={around} />
					</Suspense>
				</SidePanel>
			)}
		</div>
	)

	function titleOf(event: Event | undefined, id: number): string {
		if (!event) return `Entry ${id}`
		return `${event.category ? `${event.category} · ` : ""}${eventLabel(event, labels)}`
	}
}

function ExportMenu({ search, count }: { search: LogSearch; count?: string }) {
	if (!useMay("events.export")) return null
	const save = async (format: "csv" | "ndjson") => (await exporting()).exportLog(search, format)
	return (
		// Loaded when the menu opens: the click itself must reach the file dialog at once.
		<Menu position="bottom-end" onOpen={exporting}>
			<Menu.Target>
				<Button variant="default" size="compact-sm" h={26} leftSection={<Download size={13} />}>
					Export
				</Button>
			</Menu.Target>
			<Menu.Dropdown>
				<Menu.Label>{count ? `These ${count}, all of them` : "All entries of this question"}</Menu.Label>
				<Menu.Item onClick={() => save("csv")}>CSV, for a spreadsheet</Menu.Item>
				<Menu.Item onClick={() => save("ndjson")}>NDJSON, with everything</Menu.Item>
			</Menu.Dropdown>
		</Menu>
	)
}

function ColumnsMenu(props: ComponentProps<typeof ColumnsForm>) {
	return (
		<Popover position="bottom-end" width={210} trapFocus returnFocus>
			<Popover.Target>
				<Button
					variant="default"
					size="compact-sm"
					h={26}
					leftSection={<Columns3 size={13} />}
					visibleFrom="sm"
				>
					Columns
				</Button>
			</Popover.Target>
			<Popover.Dropdown p="sm" aria-label="Columns">
				<Suspense>
					<ColumnsForm {...props} />
				</Suspense>
			</Popover.Dropdown>
		</Popover>
	)
}

/** On a card there is no column for the object, and some systems' sentences don't name it. */
function sentenceWithObject({ actor, object, description }: Event): string {
	const name = object?.name
	const said = !name || name === actor.name || description.toLowerCase().includes(name.toLowerCase())
	return said ? description : `${name}: ${description}`
}
