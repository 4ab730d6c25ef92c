import { Button } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { Braces, ExternalLink, Pencil } from "lucide-react"
import { type ReactNode, useState } from "react"
import { useMe, useSystemLabel } from "@/api/me"
import type { Event, EventObject } from "@/api/types"
import { Handle } from "@/components/Handle"
import { Code, CopyButton, Diff, Dim, Mono, NameDot, Values } from "@/components/Page"
import { PathLink, useGoTo } from "@/components/PathLink"
import { Failure } from "@/components/States"
import { Time, useZone } from "@/components/Time"
import { device } from "@/lib/agent"
import { clock, zoneWithOffset } from "@/lib/time"
import { humanize, total } from "@/lib/words"
import { eventQuery, relatedQuery, useLabels } from "./api"
import { notEditable, Outcome, Who } from "./columns"
import type { LogField } from "./fields"
import classes from "./Log.module.css"
import { actorPath, logPath, objectPath, ownerPath, sippyNotation } from "./paths"

/** What the object of an entry was around it; undefined where nobody knows. */
export type Around = (event: Event) => ReactNode

/** One entry with everything that is known about it. */
export function EventView({ id, around }: { id: number; around: Around }) {
	const event = useQuery(eventQuery(id))
	if (event.data) return <Details event={event.data} around={around(event.data)} />
	if (event.error) return <Failure error={event.error} retry={event.refetch} />
	return (
		<div role="status" className={classes.when}>
			Loading…
		</div>
	)
}

const noSearch = {}

function Details({ event, around }: { event: Event; around: ReactNode }) {
	const me = useMe()
	const zone = useZone()
	const labels = useLabels(noSearch)
	const { object, linkedTo, onBehalfOf, changes, data } = event
	const flags = [
		event.usedApi && "API",
		event.expertMode && "expert mode",
		event.fromProvider && "by the provider",
	].filter(Boolean)
	return (
		<article>
			<p className={classes.sentence}>
				<Who actor={event.actor} path={actorPath(event.actor, me)} />{" "}
				<span className={classes.hidden} style={{ fontStyle: "normal" }}>
					·
				</span>{" "}
				{event.description}
			</p>
			<div className={classes.when}>
				<Time at={event.occurredAt} as="exact" /> · {clock(event.occurredAt, "UTC")} UTC · shown in{" "}
				{zoneWithOffset(event.occurredAt, zone)}
			</div>
			<div className={classes.buttons}>
				<EditThrough event={event} />
			</div>

			{event.code && (
				<Block title="In the source's notation">
					<Code>{event.code}</Code>
				</Block>
			)}
			{changes && changes.length > 0 && (
				<Block title="Changes">
					<Diff of={changes} />
				</Block>
			)}
			{around && <Block title="Before, after and now">{around}</Block>}
			{data && data.length > 0 && (
				<Block title="Data">
					<Values
						of={data.map((one): [string, ReactNode] => [one.label, <Mono key={one.label}>{one.value}</Mono>])}
					/>
				</Block>
			)}
			{(event.reason || event.commentary) && (
				<Block title="Why">
					<Values
						of={[
							["Reason", event.reason],
							["Commentary", event.commentary],
						]}
					/>
				</Block>
			)}
			<Block title="Who">
				<Values
					of={[
						["Modified by", <Who key="actor" actor={event.actor} path={actorPath(event.actor, me)} />],
						["Level", event.actor.level && humanize(event.actor.level)],
						["Kind", event.actor.kind && humanize(event.actor.kind)],
						["Id at the source", !event.actor.hidden && event.actor.id && <Mono>{event.actor.id}</Mono>],
						[
							"Sippy's notation",
							event.system === "sippy" && sippyNotation(event.actor) && (
								<Mono>{sippyNotation(event.actor)}</Mono>
							),
						],
						[
							"On behalf of",
							onBehalfOf && <Who key="behalf" actor={onBehalfOf} path={actorPath(onBehalfOf, me)} />,
						],
						["Concerns", event.subject && <Concerned key="subject" of={event.subject} />],
						["Customer", event.customer],
					]}
				/>
			</Block>
			<Block title="What">
				<Values
					of={[
						[
							"Category",
							event.category && (
								<span className={classes.category}>
									<NameDot name={event.category} />
									{event.category}
								</span>
							),
						],
						[
							"Event",
							<>
								{labels("type", event.type)}{" "}
								<Dim>
									<Mono>{event.type}</Mono>
								</Dim>
							</>,
						],
						["State", event.state && labels("state", event.state)],
						["Activity", event.activity && humanize(event.activity)],
						["Outcome", <Outcome key="outcome" of={event.outcome} />],
						["Object", object && <ObjectLink object={object} path={event.links?.object} labels={labels} />],
						["Revision", object?.revision && <Mono>{object.revision}</Mono>],
						["Linked to", linkedTo && <ObjectLink object={linkedTo} labels={labels} />],
						["Its revision", linkedTo?.revision && <Mono>{linkedTo.revision}</Mono>],
					]}
				/>
			</Block>
			<Block title="From where">
				<Values
					of={[
						["Address", event.ip && <Asked key="ip" field="Address" value={event.ip} param="ip" />],
						["Node", event.node && <Asked key="node" field="Node" value={event.node} param="node" />],
						["Device", event.userAgent && <span title={event.userAgent}>{device(event.userAgent)}</span>],
						["Through", flags.join(", ")],
						["Import file", event.importFile && <FilePlace of={event.importFile} param="importFile" />],
						["CDR file", event.cdrFile && <FilePlace of={event.cdrFile} param="cdrFile" />],
						[
							"Session",
							event.sessionId && <Asked key="s" field="Session" value={event.sessionId} param="sessionId" />,
						],
						[
							"Request",
							event.requestId && <Asked key="r" field="Request" value={event.requestId} param="requestId" />,
						],
					]}
				/>
			</Block>
			<Block title="Whose">
				<Values
					of={[
						[
							"Sales Organization",
							owned(event.salesOrg, ownerPath(event.salesOrg, "sales_org", me)) ?? "The platform's own",
						],
						["Dealer", owned(event.dealer, ownerPath(event.dealer, "dealer", me))],
						["Reseller", owned(event.reseller, ownerPath(event.reseller, "reseller", me))],
						["User", event.user?.name],
					]}
				/>
			</Block>
			<Related event={event} />
			<Block title="Record">
				<Values
					of={[
						["Entry", <Mono key="id">{event.id}</Mono>],
						[
							"Event id",
							<>
								<Mono>{event.eventId}</Mono> <CopyButton value={event.eventId} label="Copy the event id" />
							</>,
						],
						["Number in its ledger", <Mono key="seq">{event.seq}</Mono>],
						["System", labels("system", event.system)],
						["Source", event.source],
						["Id at the source", event.externalId && <Mono>{event.externalId}</Mono>],
						["Meaning", event.class && labels("class", event.class)],
						["Recorded", <Time key="recorded" at={event.recordedAt} as="exact" />],
					]}
				/>
			</Block>
			<Raw event={event} />
		</article>
	)
}

function Block({ title, children }: { title: string; children: ReactNode }) {
	return (
		<section className={classes.block} aria-label={title}>
			<h3 className={classes.blockTitle}>{title}</h3>
			{children}
		</section>
	)
}

/** The button that leads to the object's form, or why there is none. */
function EditThrough({ event }: { event: Event }) {
	const system = useSystemLabel(event.system)
	const page = event.links?.object ?? objectPath(event.object)
	const edit = event.links?.edit
	const state = event.links?.editState ?? "forbidden"
	if (!event.object?.kind && !event.object?.name)
		return <span className={classes.why}>This entry is about no object.</span>
	return (
		<>
			{edit && state === "editable" && (
				<PathButton path={edit} filled>
					<Pencil size={13} /> Open and edit
				</PathButton>
			)}
			{edit && state === "external" && (
				<PathButton path={edit}>
					Edit in {system} <ExternalLink size={13} />
				</PathButton>
			)}
			{page && !(edit && state === "editable") && <PathButton path={page}>Open the object</PathButton>}
			{(state !== "editable" || !edit) && <span className={classes.why}>{why(state, page)}</span>}
		</>
	)
}

function why(state: keyof typeof notEditable, page: string | undefined): string {
	if (state === "external" && !page)
		return "Its system keeps this, and the entry doesn't say which one it was."
	return notEditable[state]
}

function PathButton({ path, filled, children }: { path: string; filled?: boolean; children: ReactNode }) {
	return (
		<Button
			component={PathLink}
			path={path}
			variant={filled ? "filled" : "default"}
			styles={{ label: { gap: 6, display: "flex" } }}
		>
			{children}
		</Button>
	)
}

function ObjectLink({
	object,
	path,
	labels,
}: {
	object: EventObject
	path?: string | null
	labels: (key: string, value: string) => string
}) {
	const target = path ?? objectPath(object)
	const kind = object.kind ? labels("objectKind", object.kind) : ""
	const name = object.name || object.id || "—"
	const text = name.toLowerCase().startsWith(kind.toLowerCase()) ? name : `${kind} ${name}`
	return (
		<>
			{target ? <PathLink path={target}>{text}</PathLink> : text}
			{object.id && object.id !== name && (
				<>
					{" "}
					<Dim>
						<Mono>{object.id}</Mono>
					</Dim>
				</>
			)}
		</>
	)
}

/** An exact value, and the question for entries with it. */
function Asked({ field, value, param }: { field: string; value: string; param: LogField }) {
	const goTo = useGoTo()
	return (
		<Handle actions={{ field, value, include: () => goTo(logPath({ [param]: value })) }}>
			<Mono>{value}</Mono>
		</Handle>
	)
}

function Concerned({ of: { id, name = "" } }: { of: NonNullable<Event["subject"]> }) {
	const me = useMe()
	const path = actorPath({ userId: id }, me)
	return path ? <PathLink path={path}>{name}</PathLink> : name
}

function FilePlace({ of, param }: { of: { id: string; line?: number }; param: "importFile" | "cdrFile" }) {
	return (
		<>
			<PathLink path={logPath({ [param]: of.id })}>{of.id}</PathLink>
			{of.line ? `, line ${of.line}` : ""}
		</>
	)
}

function owned(owner: { name: string } | undefined, path: string | undefined) {
	if (!owner) return undefined
	return path ? <PathLink path={path}>{owner.name}</PathLink> : owner.name
}

function Related({ event }: { event: Event }) {
	const related = useQuery(relatedQuery(event.id))
	if (!related.data?.length) return null
	return (
		<Block title="Related">
			<div className={classes.related}>
				{related.data.map((one) => (
					<PathLink key={one.label} path={logPath(one.filter)} className={classes.relatedLink}>
						{one.label}
						<span className={classes.relatedCount} title={total(one.count, "entry", "entries")}>
							{one.count.value.toLocaleString("en")}
							{one.count.relation === "gte" && "+"}
						</span>
					</PathLink>
				))}
			</div>
		</Block>
	)
}

function Raw({ event }: { event: Event }) {
	const [open, setOpen] = useState(false)
	const text = JSON.stringify(event, null, 2)
	return (
		<section className={classes.block} aria-label="Raw JSON">
			<div className={classes.buttons} style={{ paddingBottom: open ? 8 : 0 }}>
				<Button
					variant="default"
					leftSection={<Braces size={13} />}
					aria-expanded={open}
					onClick={() => setOpen(!open)}
				>
					Raw JSON
				</Button>
				{open && <CopyButton value={text} label="Copy the JSON" />}
			</div>
			{open && <Code>{text}</Code>}
		</section>
	)
}
