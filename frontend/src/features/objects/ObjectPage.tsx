import { Button, Tabs } from "@mantine/core"
import { useHotkeys } from "@mantine/hooks"
import { useQuery } from "@tanstack/react-query"
import { ExternalLink } from "lucide-react"
import type { ReactNode } from "react"
import { useSystemLabel } from "@/api/me"
import type { Attributes, Field, Kind, ObjectStub } from "@/api/types"
import { LogButton } from "@/components/LogLink"
import { Mono, Page, Section, Values } from "@/components/Page"
import { PathLink } from "@/components/PathLink"
import { DeletedNote, FailedPage } from "@/components/States"
import { Time } from "@/components/Time"
import { humanize, pathText } from "@/lib/words"
import { Acts } from "./Acts"
import { objectQuery } from "./api"
import { PartsButtons } from "./BulkButton"
import { Deleted } from "./Deleted"
import { EditForm } from "./EditForm"
import { Jobs } from "./Jobs"
import { aboveKind, useKind } from "./kinds"
import classes from "./Object.module.css"
import { ObjectState } from "./ObjectState"
import { Revisions } from "./Revisions"
import type { ObjectSearch } from "./search"
import { objectTitle } from "./title"
import { Value } from "./Value"
import { words } from "./values"

type Props = {
	search: ObjectSearch
	/** Unasked: whatever a form still holds is given up. */
	onSearch: (search: ObjectSearch, how?: { unasked?: boolean }) => void
	timeline: (object: ObjectStub) => ReactNode
}

/** One object: what is known about it, what can be done, and everything that happened to it. */
export function ObjectPage({ kind: name, id, ...props }: Props & { kind: string; id: number }) {
	const { data: object, error, refetch } = useQuery(objectQuery(name, id))
	const kind = useKind(name)
	if (error) return <FailedPage error={error} retry={refetch} />
	if (!object || kind === undefined) return <Page title="Object">{null}</Page>
	if (!object.managed || kind === null) return <Stub object={object} timeline={props.timeline} />
	return <Managed object={object} kind={kind} {...props} />
}

function Meta({ object }: { object: ObjectStub }) {
	return (
		<>
			<span>{object.kindLabel}</span>
			<ObjectState object={object} />
			{object.revision > 0 && <span>revision {object.revision}</span>}
		</>
	)
}

/** An object that is managed here. */
function Managed({ object, kind, search, onSearch, timeline }: Props & { object: ObjectStub; kind: Kind }) {
	const tab = search.tab ?? "details"
	const editing = tab === "details" && search.edit === "true" && object.actions.includes("update")
	const { older, newer } = search
	const edit = () => onSearch({ edit: "true" })
	useHotkeys([
		["e", () => !editing && object.actions.includes("update") && edit()],
		["Escape", () => editing && onSearch({})],
	])
	return (
		<Page
			title={objectTitle(object)}
			above={aboveKind(kind.name, kind.plural)}
			meta={<Meta object={object} />}
			actions={
				<>
					<LogButton label="Object log" open={tab === "log"} onOpen={() => onSearch({ tab: "log" })} />
					<PartsButtons object={object} />
					<Acts object={object} kind={kind} editing={editing} onEdit={edit} />
				</>
			}
			tabs={
				<Tabs
					value={tab}
					onChange={(next) => onSearch(next === "log" || next === "revisions" ? { tab: next } : {})}
				>
					<Tabs.List>
						<Tabs.Tab value="details">Details</Tabs.Tab>
						<Tabs.Tab value="log">Log</Tabs.Tab>
						<Tabs.Tab value="revisions">Revisions ({object.revision})</Tabs.Tab>
					</Tabs.List>
				</Tabs>
			}
			fill={tab !== "details"}
		>
			{tab === "log" && timeline(object)}
			{tab === "revisions" && (
				<Revisions
					object={object}
					kind={kind}
					pair={older && newer ? { older, newer } : undefined}
					onPair={(pair) => onSearch({ tab, ...pair })}
				/>
			)}
			{tab === "details" &&
				(editing ? (
					<EditForm kind={kind} object={object} onLeave={({ ask }) => onSearch({}, { unasked: !ask })} />
				) : (
					<Details object={object} kind={kind} />
				))}
		</Page>
	)
}

function Details({ object, kind }: { object: ObjectStub; kind: Kind }) {
	const systemLabel = useSystemLabel(object.system)
	const known = kind.fields.map(({ name }) => name)
	return (
		<>
			{object.deletedAt && <Deleted object={object} at={object.deletedAt} />}
			{object.editState === "forbidden" && <p className={classes.why}>You may see this, not change it.</p>}
			<Jobs of={object.jobs} kind={kind} />
			<Section title={kind.label}>
				<Values
					of={[
						...kind.fields.map((field): [string, ReactNode] => [
							field.label,
							<Measured key={field.name} field={field} kind={kind} of={object.attributes} />,
						]),
						// What an older catalogue gave it.
						...Object.entries(object.attributes)
							.filter(([name]) => !known.includes(name))
							.map(([name, value]): [string, ReactNode] => [
								humanize(name),
								<Value key={name} field={undefined} of={value} />,
							]),
					]}
				/>
			</Section>
			<Section title="Record">
				<Values
					of={[
						["Organization", pathText(object.tenantPath)],
						["System", systemLabel],
						["Number", <Mono key="number">{object.externalId}</Mono>],
						["Created", <Time key="created" at={object.firstSeenAt} />],
						["Last entry", object.lastEventAt && <Time key="last" at={object.lastEventAt} />],
					]}
				/>
			</Section>
		</>
	)
}

/** A value, and where another field limits it, how far it has come: "412 of 500 h" and a bar. */
function Measured({ field, kind, of }: { field: Field; kind: Kind; of: Attributes }) {
	const limit = kind.limits?.find((one) => one.field === field.name && one.above)?.above
	const most = kind.fields.find((one) => one.name === limit)
	const [value, bound] = [Number(of[field.name] ?? Number.NaN), Number((most && of[most.name]) ?? Number.NaN)]
	if (!most || Number.isNaN(value) || !(bound > 0)) return <Value field={field} of={of[field.name]} />
	return (
		<span className={classes.measured}>
			<span className={classes.number}>
				{String(of[field.name])} of {words(most, of[most.name])}
			</span>
			<meter
				className={classes.meter}
				aria-label={`${field.label} of ${most.label}`}
				min={0}
				max={bound}
				value={Math.min(value, bound)}
				data-beyond={value > bound || undefined}
			/>
		</span>
	)
}

/** An object that its own system keeps: what the log has said of it. */
function Stub({ object, timeline }: { object: ObjectStub; timeline: Props["timeline"] }) {
	const system = useSystemLabel(object.system)
	const plural = useKind(object.kind)?.plural
	return (
		<Page
			title={objectTitle(object)}
			above={aboveKind(object.kind, plural ?? object.kindLabel)}
			meta={<Meta object={object} />}
			actions={
				object.editState === "external" &&
				object.editUrl && (
					<Button
						component={PathLink}
						path={object.editUrl}
						title={object.editUrl}
						variant="default"
						rightSection={<ExternalLink size={13} />}
					>
						Edit in {system}
					</Button>
				)
			}
			fill
		>
			<div className={classes.about}>
				<EditState object={object} />
				<Values
					of={[
						["System", object.source ? `${system} (${object.source})` : system],
						["Id at the source", object.externalId && <Mono>{object.externalId}</Mono>],
						["Organization", pathText(object.tenantPath)],
						...Object.entries(object.attributes).map(([name, value]): [string, ReactNode] => [
							humanize(name),
							<Value key={name} field={undefined} of={value} />,
						]),
						["Known since", <Time key="first" at={object.firstSeenAt} />],
						["Last entry", object.lastEventAt && <Time at={object.lastEventAt} />],
					]}
				/>
			</div>
			{timeline(object)}
		</Page>
	)
}

/** Why there is no form here, in a sentence. */
function EditState({ object }: { object: ObjectStub }) {
	const system = useSystemLabel(object.system)
	if (object.deletedAt) return <DeletedNote at={object.deletedAt} />
	const why =
		object.editState === "forbidden"
			? "You may see this, not change it."
			: object.editState === "external" && object.editUrl
				? `This is edited in ${system}; what happens to it there appears below.`
				: `${system} keeps this; Annals knows it from the log and can't change it.`
	return <p className={classes.why}>{why}</p>
}
