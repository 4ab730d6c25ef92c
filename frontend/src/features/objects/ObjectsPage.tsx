import { Select } from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import { useCallback, useMemo, useState } from "react"
import { useCatalog } from "@/api/me"
import type { ObjectStub } from "@/api/types"
import { type FilterField, Filters, type FilterValues } from "@/components/Filters"
import { SearchInput } from "@/components/Inputs"
import { Lines } from "@/components/Lines"
import { LogLink } from "@/components/LogLink"
import { Mono, Page, Toolbar } from "@/components/Page"
import { Empty } from "@/components/States"
import { type Column, Table } from "@/components/Table"
import { Time } from "@/components/Time"
import { humanize, pathText, total } from "@/lib/words"
import { useObjects } from "./api"
import { BulkButton } from "./BulkButton"
import { pathOf, useKindChoices } from "./kinds"
import { NewObjectButton } from "./NewObjectButton"
import { ObjectState } from "./ObjectState"
import { type ObjectsSearch, objectsSearch } from "./search"
import { objectTitle } from "./title"

const route = getRouteApi("/shell/objects")

/** Everything that is managed here or that the log has spoken about: each has a page and a timeline. */
export function ObjectsPage() {
	const search = route.useSearch()
	const navigate = route.useNavigate()
	const list = useObjects(search)
	const kinds = useKindChoices()
	const filtered = Object.values(search).some((value) => value !== undefined)
	return (
		<Page
			title="Objects"
			fill
			meta={list.total && total(list.total, "object")}
			actions={
				<>
					<BulkButton kind={search.kind} />
					<NewObjectButton kinds={kinds.creatable} kind={search.kind} />
				</>
			}
		>
			<Toolbar>
				<SearchInput
					aria-label="Search objects"
					placeholder="Name or id"
					w={260}
					value={search.q ?? ""}
					onSearch={(q) => navigate({ search: { ...search, q: q || undefined }, replace: true })}
				/>
				<Select
					aria-label="Kind"
					placeholder="Every kind"
					data={kinds.all}
					value={search.kind ?? null}
					onChange={(kind) => navigate({ search: { ...search, kind: kind ?? undefined } })}
					searchable
					clearable
					clearButtonProps={{ "aria-label": "Every kind" }}
					w={220}
				/>
				<ObjectFilters search={search} onSearch={(search) => navigate({ search })} />
			</Toolbar>
			<Table
				label="Objects"
				columns={columns}
				data={list}
				rowId={(object) => String(object.id)}
				onOpen={(object) =>
					navigate({ to: "/objects/$kind/$id", params: { kind: object.kind, id: object.id }, search: {} })
				}
				card={(object) => (
					<Lines
						first={<ObjectName object={object} />}
						aside={
							<>
								<ObjectState object={object} /> <ObjectLog of={object} />
							</>
						}
						second={`${object.kindLabel} · ${object.system} ${object.externalId} · ${pathText(object.tenantPath)}`}
					/>
				)}
				empty={
					<Empty title={filtered ? "No object matches" : "No objects yet"}>
						{filtered
							? "Try a part of the name, another kind, or fewer filters."
							: "Each thing that is created here, or that an entry is about, gets its page in this list."}
					</Empty>
				}
			/>
		</Page>
	)
}

const filterFields: FilterField[] = [
	{ key: "state", label: "State", group: "Filter by", many: true, suggests: true },
	{ key: "deleted", label: "Deleted", group: "Filter by", suggests: true },
	{ key: "system", label: "System", group: "Filter by", suggests: true },
]

const deletedWords: Record<string, string> = { true: "Only deleted ones", false: "Without deleted ones" }

/** Chips for what is asked beside name and kind; the values are the catalogue's. */
function ObjectFilters({
	search,
	onSearch,
}: {
	search: ObjectsSearch
	onSearch: (search: ObjectsSearch) => void
}) {
	const catalog = useCatalog()
	const [asked, setAsked] = useState({ key: "", prefix: "" })
	const onAsk = useCallback((key: string, prefix: string) => setAsked({ key, prefix }), [])
	const choices = useMemo<FilterValues>(() => {
		const systems = catalog?.systems ?? []
		const states = systems
			.flatMap((system) => system.kinds)
			.filter((kind) => !search.kind || kind.name === search.kind)
			.flatMap((kind) => kind.states ?? [])
		return {
			state: [...new Set(states)].sort(),
			deleted: ["false", "true"],
			system: systems.map((system) => system.name),
		}
	}, [catalog, search.kind])
	const labelOf = (key: string, value: string) =>
		key === "system"
			? (catalog?.systems.find((system) => system.name === value)?.label ?? value)
			: (key === "deleted" && deletedWords[value]) || humanize(value)
	const items = (choices[asked.key] ?? [])
		.map((value) => ({ value, label: labelOf(asked.key, value) }))
		.filter(({ label }) => label.toLowerCase().includes(asked.prefix.toLowerCase()))
	return (
		<Filters
			fields={filterFields}
			values={{
				state: search.state ?? [],
				deleted: search.deleted ? [search.deleted] : [],
				system: search.system ? [search.system] : [],
			}}
			onChange={(key, values) => onSearch(objectsSearch({ ...search, [key]: values }))}
			onClear={() => onSearch({ q: search.q, kind: search.kind })}
			onAsk={onAsk}
			suggestions={{ items, loading: catalog === undefined, failed: false }}
			labelOf={labelOf}
		/>
	)
}

function ObjectLog({ of }: { of: ObjectStub }) {
	return <LogLink path={`${pathOf(of.kind, of.id)}?tab=log`} label={`Object log of ${objectTitle(of)}`} />
}

function ObjectName({ object }: { object: ObjectStub }) {
	return (
		<Link
			to="/objects/$kind/$id"
			params={{ kind: object.kind, id: object.id }}
			search={{}}
			className="plain"
			style={{ fontWeight: 500 }}
		>
			{objectTitle(object)}
		</Link>
	)
}

const columns: Column<ObjectStub>[] = [
	{ id: "name", label: "Name", width: 220, grow: true, cell: (object) => <ObjectName object={object} /> },
	{ id: "kind", label: "Kind", width: 140, cell: (object) => object.kindLabel },
	{ id: "system", label: "System", width: 78, cell: (object) => object.system },
	{
		id: "external",
		label: "Id",
		width: 96,
		cell: (object) => <Mono>{object.externalId}</Mono>,
	},
	{ id: "state", label: "State", width: 104, cell: (object) => <ObjectState object={object} /> },
	{ id: "tenant", label: "Organization", width: 216, cell: (object) => pathText(object.tenantPath) },
	{
		id: "last",
		label: "Last entry",
		width: 116,
		cell: (object) => object.lastEventAt && <Time at={object.lastEventAt} as="relative" />,
	},
	{ id: "log", label: "Log", width: 44, cell: (object) => <ObjectLog of={object} /> },
]
