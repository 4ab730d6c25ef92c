import { useQueryClient } from "@tanstack/react-query"
import { ExternalLink, Lock, Pencil, Trash2, X } from "lucide-react"
import { useMemo } from "react"
import { useMe } from "@/api/me"
import type { Actor, Event, Level } from "@/api/types"
import { Handle } from "@/components/Handle"
import { NameDot } from "@/components/Page"
import { PathLink } from "@/components/PathLink"
import type { Column } from "@/components/Table"
import { useZone } from "@/components/Time"
import { clock, inUtc } from "@/lib/time"
import { humanize } from "@/lib/words"
import { eventQuery } from "./api"
import type { LogField } from "./fields"
import classes from "./Log.module.css"
import { actorPath, entryPath, objectPath, ownerPath } from "./paths"

type Labels = (key: string, value: string) => string
type Include = (field: Partial<Record<LogField, string>>) => void

/** SBC's nine columns, in its words and its order, and ours. */
export const columnLabels = {
	time: "Modified Time",
	actor: "Modified By",
	behalf: "On Behalf of",
	category: "Category",
	event: "Event",
	object: "Object",
	description: "Description",
	salesOrg: "Sales Organization",
	dealer: "Dealer",
	reseller: "Reseller",
	outcome: "Outcome",
	system: "System",
	address: "Address",
	edit: "Edit",
} as const

type ColumnId = keyof typeof columnLabels

export const columnIds: ColumnId[] = [
	"time",
	"actor",
	"behalf",
	"category",
	"event",
	"object",
	"description",
	"salesOrg",
	"dealer",
	"reseller",
	"outcome",
	"system",
	"address",
	"edit",
]

/** What is hidden until somebody asks for it: what is rare, and what is the same for all that a level sees. */
export function hiddenAtFirst(level: Level): ColumnId[] {
	const rare: ColumnId[] = ["behalf", "system"]
	switch (level) {
		case "root":
			return [...rare, "reseller"]
		case "sales_org":
			return [...rare, "reseller", "salesOrg"]
		case "dealer":
			return [...rare, "salesOrg", "dealer"]
		default:
			return [...rare, "salesOrg", "dealer", "reseller"]
	}
}

export function useColumns(
	labels: Labels,
	include: Include,
	onOpen: (event: Event) => void,
	timeHead: React.ReactNode,
): Column<Event>[] {
	const me = useMe()
	const zone = useZone()
	const queryClient = useQueryClient()
	return useMemo(() => {
		const column = (
			id: ColumnId,
			width: number,
			cell: Column<Event>["cell"],
			more: Partial<Column<Event>> = {},
		): Column<Event> => ({ id, label: columnLabels[id], width, cell, ...more })
		const owner = (field: "salesOrg" | "dealer" | "reseller", level: "sales_org" | "dealer" | "reseller") =>
			function OwnerCell(event: Event) {
				const found = event[field]
				if (!found) return null
				return (
					<Handle
						actions={{
							field: columnLabels[field],
							value: found.name,
							include: () => include({ [`${field}Id`]: String(found.id) }),
							path: ownerPath(found, level, me),
						}}
					>
						{found.name}
					</Handle>
				)
			}
		return [
			column(
				"time",
				104,
				(event) => (
					<a
						href={entryPath(event.id)}
						className={classes.time}
						title={inUtc(event.occurredAt, zone)}
						onPointerEnter={() => queryClient.prefetchQuery(eventQuery(event.id))}
						onClick={(click) => {
							if (click.metaKey || click.ctrlKey || click.shiftKey) return
							click.preventDefault()
							onOpen(event)
						}}
					>
						<time dateTime={event.occurredAt}>{clock(event.occurredAt, zone)}</time>
					</a>
				),
				{ head: timeHead },
			),
			column(
				"actor",
				104,
				(event) => <Who actor={event.actor} include={include} path={actorPath(event.actor, me)} />,
				{ grow: 1 },
			),
			column(
				"behalf",
				106,
				({ onBehalfOf }) => onBehalfOf && <Who actor={onBehalfOf} path={actorPath(onBehalfOf, me)} />,
			),
			column("category", 110, (event) =>
				event.category ? (
					<span className={classes.category}>
						<NameDot name={event.category} />
						<Handle
							actions={{
								field: "Category",
								value: event.category,
								include: () => event.category && include({ category: event.category }),
							}}
						>
							{event.category}
						</Handle>
					</span>
				) : null,
			),
			column("event", 100, (event) => {
				const label = eventLabel(event, labels)
				return (
					<Handle
						actions={{ field: "Event type", value: event.type, include: () => include({ type: event.type }) }}
						title={`${label} (${event.type})`}
					>
						{label}
					</Handle>
				)
			}),
			column("object", 116, (event) => <What event={event} include={include} labels={labels} />, {
				grow: 1.2,
			}),
			column("description", 170, (event) => <span title={event.description}>{event.description}</span>, {
				grow: 4,
			}),
			column("salesOrg", 118, owner("salesOrg", "sales_org"), { grow: 1 }),
			column("dealer", 100, owner("dealer", "dealer"), { grow: 1 }),
			column("reseller", 100, owner("reseller", "reseller"), { grow: 1 }),
			column("outcome", 88, (event) => <Outcome of={event.outcome} />),
			column("system", 120, (event) => {
				const system = labels("system", event.system)
				return (
					<Handle
						actions={{ field: "System", value: system, include: () => include({ system: event.system }) }}
					>
						{system}
					</Handle>
				)
			}),
			column("address", 106, (event) => {
				const address = event.ip || event.node
				if (!address) return null
				return (
					<Handle
						actions={{
							field: event.ip ? "Address" : "Node",
							value: address,
							include: () => include(event.ip ? { ip: address } : { node: address }),
						}}
					>
						<span className={classes.mono}>{address}</span>
					</Handle>
				)
			}),
			column("edit", 40, (event) => <Edit event={event} labels={labels} />),
		]
	}, [me, zone, labels, include, onOpen, timeHead, queryClient])
}

/** SBC's state where the source has one, else the catalogue's label. */
export function eventLabel(event: Event, labels: Labels): string {
	return event.state ? labels("state", event.state) : labels("type", event.type)
}

export function Who({ actor, include, path }: { actor: Actor; include?: Include; path?: string }) {
	if (actor.hidden) {
		return (
			<span className={classes.hidden} title="Stands above you: who it was is not shown">
				{actor.name ?? "Hidden"}
			</span>
		)
	}
	const name = actor.name || (actor.id ? `${humanize(actor.kind ?? "user")} ${actor.id}` : undefined)
	if (actor.kind === "system" || !name) return <span className={classes.hidden}>{name ?? "System"}</span>
	return (
		<Handle
			actions={{
				field: "Modified by",
				value: name,
				path,
				include:
					include && (() => include(actor.userId ? { userId: String(actor.userId) } : { actor: name })),
			}}
		>
			<span className={classes.name}>{name}</span>
		</Handle>
	)
}

function What({ event, include, labels }: { event: Event; include: Include; labels: Labels }) {
	const { object } = event
	if (!object?.kind && !object?.name) return null
	const kind = object.kind ? labels("objectKind", object.kind) : ""
	const name = object.name || object.id || ""
	const text = name.toLowerCase().startsWith(kind.toLowerCase()) ? name : `${kind} ${name}`
	return (
		<Handle
			actions={{
				field: kind || "Object",
				value: name,
				path: event.links?.object ?? objectPath(object),
				include: () =>
					include(
						object.kind && object.id ? { objectKind: object.kind, objectId: object.id } : { object: name },
					),
			}}
			title={text}
		>
			{text}
		</Handle>
	)
}

export function Outcome({ of }: { of: Event["outcome"] }) {
	if (of === "failure") {
		return (
			<span className={classes.failure}>
				<X size={13} aria-hidden /> Failed
			</span>
		)
	}
	return <span className={classes.success}>Succeeded</span>
}

/** Leads to the object's page: to its form where there is one, else to what can be seen of it, and why. */
function Edit({ event, labels }: { event: Event; labels: Labels }) {
	const { links } = event
	if (!links || !event.object) return null
	const [Icon, why] = editIcons[links.editState]
	const page = links.edit ?? links.object
	if (!page) {
		return (
			<span className={classes.noEdit} role="img" aria-label={why} title={why}>
				<Icon size={12} />
			</span>
		)
	}
	const atSource = links.editState === "external" && links.edit
	const label = atSource
		? `Edit in ${labels("system", event.system)}`
		: links.editState === "editable"
			? why
			: `Open. ${why}`
	return (
		<PathLink
			path={page}
			className={links.edit ? classes.edit : classes.noEdit}
			aria-label={label}
			title={label}
		>
			<Icon size={13} />
		</PathLink>
	)
}

/** Why there is no edit button. */
export const notEditable = {
	editable: "This has no form here.",
	deleted: "It has been deleted; what is left is its history.",
	external: "It is edited in the system that it came from.",
	forbidden: "You may see this, not change it.",
}

const editIcons = {
	editable: [Pencil, "Open and edit"],
	deleted: [Trash2, notEditable.deleted],
	external: [ExternalLink, notEditable.external],
	forbidden: [Lock, notEditable.forbidden],
} as const
