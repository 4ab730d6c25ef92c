import { SegmentedControl, Select } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useMemo } from "react"
import { catalogQuery } from "@/api/me"
import type { EventType, Kind } from "@/api/types"
import { SearchInput } from "@/components/Inputs"
import { Lines } from "@/components/Lines"
import { Dim, Mono, NameDot, Page, Toolbar } from "@/components/Page"
import { Empty } from "@/components/States"
import { type Column, Table } from "@/components/Table"
import { humanize, plural } from "@/lib/words"

const route = getRouteApi("/shell/catalogue")

/** What can happen in each system, and to what: every entry of the log has its row here. */
export function CataloguePage() {
	const search = route.useSearch()
	const navigate = route.useNavigate()
	const { data: catalog, isPending, error, refetch } = useQuery(catalogQuery)
	const systems = useMemo(
		() => catalog?.systems.filter((system) => !search.system || system.name === search.system) ?? [],
		[catalog, search.system],
	)
	const words = (search.q ?? "").toLowerCase()
	const events = useMemo(
		() =>
			systems
				.flatMap((system) => system.events)
				.filter((type) =>
					[type.label, type.name, type.category, type.template, type.code, type.class, type.state].some(
						(one) => one?.toLowerCase().includes(words),
					),
				),
		[systems, words],
	)
	const kinds = useMemo(
		() =>
			systems
				.flatMap((system) => system.kinds)
				.filter((kind) => [kind.label, kind.name].some((one) => one.toLowerCase().includes(words))),
		[systems, words],
	)
	const shared = { isPending, error, retry: () => void refetch() }
	const empty = (
		<Empty title="Nothing in the catalogue matches">Try a part of a name, a sentence or a code.</Empty>
	)
	return (
		<Page
			title="Catalogue"
			fill
			meta={
				catalog &&
				(search.show === "kinds"
					? plural(kinds.length, "kind of object", "kinds of object")
					: plural(events.length, "event type"))
			}
		>
			<Toolbar>
				<SegmentedControl
					size="xs"
					aria-label="What to show"
					value={search.show ?? "events"}
					onChange={(show) =>
						navigate({ search: { ...search, show: show === "kinds" ? "kinds" : undefined } })
					}
					data={[
						{ value: "events", label: "Event types" },
						{ value: "kinds", label: "Kinds of object" },
					]}
				/>
				<Select
					aria-label="System"
					placeholder="Every system"
					data={catalog?.systems.map((system) => ({ value: system.name, label: system.label })) ?? []}
					value={search.system ?? null}
					onChange={(system) => navigate({ search: { ...search, system: system ?? undefined } })}
					clearable
					clearButtonProps={{ "aria-label": "Every system" }}
					w={200}
				/>
				<SearchInput
					aria-label="Search the catalogue"
					placeholder="A name, a sentence, a code"
					w={240}
					value={search.q ?? ""}
					onSearch={(q) => navigate({ search: { ...search, q: q || undefined }, replace: true })}
				/>
			</Toolbar>
			{search.show === "kinds" ? (
				<Table
					label="Kinds of object"
					columns={kindColumns}
					data={{ rows: kinds, ...shared }}
					rowId={(kind) => kind.name}
					card={(kind) => <Lines first={kind.label} second={kind.name} />}
					empty={empty}
				/>
			) : (
				<Table
					label="Event types"
					columns={eventColumns}
					data={{ rows: events, ...shared }}
					rowId={(type) => type.name}
					card={(type) => (
						<Lines first={<Latest type={type} />} aside={type.category} second={sentence(type.template)} />
					)}
					empty={empty}
				/>
			)}
		</Page>
	)
}

/** A template as a person reads it: what it fills in stands in brackets, optional parts as they are. */
function sentence(template: string): string {
	return template.replaceAll(/[[\]]/g, "").replaceAll(/\{(?:data\.)?([^}]*)\}/g, "‹$1›")
}

function Latest({ type }: { type: EventType }) {
	return (
		<Link
			to="/log"
			search={{ type: [type.name] }}
			className="plain"
			title={`The latest entries: ${type.label}`}
		>
			{type.label}
		</Link>
	)
}

const eventColumns: Column<EventType>[] = [
	{ id: "label", label: "Event type", width: 210, cell: (type) => <Latest type={type} /> },
	{ id: "name", label: "Name", width: 210, cell: (type) => <Mono>{type.name}</Mono> },
	{
		id: "category",
		label: "Category",
		width: 140,
		cell: (type) =>
			type.category && (
				<span style={{ display: "inline-flex", alignItems: "center", gap: 7 }}>
					<NameDot name={type.category} />
					{type.category}
				</span>
			),
	},
	{
		id: "sentence",
		label: "Sentence",
		width: 260,
		grow: true,
		cell: (type) => <span title={type.template}>{sentence(type.template)}</span>,
	},
	{ id: "class", label: "Meaning", width: 140, cell: (type) => <Mono>{type.class}</Mono> },
	{ id: "state", label: "State", width: 100, cell: (type) => type.state && humanize(type.state) },
	{ id: "activity", label: "Activity", width: 110, cell: (type) => type.activity && humanize(type.activity) },
	{
		id: "code",
		label: "Code",
		width: 110,
		cell: (type) =>
			type.code ? (
				<span title={type.syntax}>
					<Mono>{type.code}</Mono>
				</span>
			) : (
				<Dim>—</Dim>
			),
	},
]

const kindColumns: Column<Kind>[] = [
	{
		id: "label",
		label: "Kind",
		width: 200,
		cell: (kind) => (
			<Link to="/objects" search={{ kind: kind.name }} className="plain" title={`All objects: ${kind.label}`}>
				{kind.label}
			</Link>
		),
	},
	{ id: "name", label: "Name", width: 220, cell: (kind) => <Mono>{kind.name}</Mono> },
	{
		id: "fields",
		label: "Fields",
		width: 300,
		grow: true,
		cell: (kind) => {
			const fields = kind.fields?.map((field) => field.label || field.name).join(", ")
			return fields ? <span title={fields}>{fields}</span> : <Dim>—</Dim>
		},
	},
	{
		id: "entries",
		label: "Log",
		width: 130,
		cell: (kind) => (
			<Link to="/log" search={{ objectKind: [kind.name] }} className="plain">
				Latest entries
			</Link>
		),
	},
]
