import { Select } from "@mantine/core"
import { getRouteApi, Link } from "@tanstack/react-router"
import type { ObjectStub } from "@/api/types"
import { SearchInput } from "@/components/Inputs"
import { Lines } from "@/components/Lines"
import { Mono, Page, Toolbar } from "@/components/Page"
import { Empty } from "@/components/States"
import { type Column, Table } from "@/components/Table"
import { Time } from "@/components/Time"
import { pathText, total } from "@/lib/words"
import { useObjects } from "./api"
import { useKindChoices } from "./kinds"
import { NewObjectButton } from "./NewObjectButton"
import { ObjectState } from "./ObjectState"
import { objectTitle } from "./title"

const route = getRouteApi("/shell/objects")

/** Everything that is managed here or that the log has spoken about: each has a page and a timeline. */
export function ObjectsPage() {
	const search = route.useSearch()
	const navigate = route.useNavigate()
	const list = useObjects(search)
	const kinds = useKindChoices()
	return (
		<Page
			title="Objects"
			fill
			meta={list.total && total(list.total, "object")}
			actions={<NewObjectButton kinds={kinds.creatable} kind={search.kind} />}
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
						aside={<ObjectState object={object} />}
						second={`${object.kindLabel} · ${object.system} ${object.externalId} · ${pathText(object.tenantPath)}`}
					/>
				)}
				empty={
					<Empty title={search.q || search.kind ? "No object matches" : "No objects yet"}>
						{search.q || search.kind
							? "Try a part of the name, or another kind."
							: "Each thing that is created here, or that an entry is about, gets its page in this list."}
					</Empty>
				}
			/>
		</Page>
	)
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
	{ id: "kind", label: "Kind", width: 150, cell: (object) => object.kindLabel },
	{ id: "system", label: "System", width: 90, cell: (object) => object.system },
	{
		id: "external",
		label: "Id",
		width: 130,
		cell: (object) => <Mono>{object.externalId}</Mono>,
	},
	{ id: "state", label: "State", width: 120, cell: (object) => <ObjectState object={object} /> },
	{ id: "tenant", label: "Organization", width: 240, cell: (object) => pathText(object.tenantPath) },
	{
		id: "last",
		label: "Last entry",
		width: 140,
		cell: (object) => object.lastEventAt && <Time at={object.lastEventAt} as="relative" />,
	},
]
