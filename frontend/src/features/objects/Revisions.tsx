import { Button, Select, Text } from "@mantine/core"
import { useHotkeys } from "@mantine/hooks"
import { useQuery } from "@tanstack/react-query"
import { useState } from "react"
import type { Kind, ObjectStub, Revision } from "@/api/types"
import { Lines } from "@/components/Lines"
import { Mono, SidePanel } from "@/components/Page"
import { Empty, Failure } from "@/components/States"
import { type Column, Table } from "@/components/Table"
import { Time } from "@/components/Time"
import { ActDialog } from "./ActDialog"
import { revisionQuery, useRevisions } from "./api"
import { Compare } from "./Compare"
import { differences, stateOf, whoOf } from "./differences"
import { actionOf } from "./kinds"
import classes from "./Object.module.css"
import { Value } from "./Value"

type Pair = { older: number; newer: number }

/** Everything that the object has been: who made it so, when and why; compare any two, go back to one. */
export function Revisions({
	object,
	kind,
	pair,
	onPair,
}: {
	object: ObjectStub
	kind: Kind
	pair: Pair | undefined
	onPair: (pair: Pair | undefined) => void
}) {
	const list = useRevisions(object)
	const [chosen, setChosen] = useState<number>()
	const restorable = object.actions.includes("update") || object.actions.includes("restore")
	const restore = actionOf(kind, "restore")
	const comparable = object.revision > 1
	// With the one before; the first, which has none, with what the object is now.
	const compare = ({ revision }: Revision) =>
		onPair(
			revision > 1 ? { older: revision - 1, newer: revision } : { older: revision, newer: object.revision },
		)
	const rowActions = (one: Revision) => (
		<span className={classes.rowActions}>
			{comparable && (
				<Button variant="default" size="compact-xs" onClick={() => compare(one)}>
					Compare
				</Button>
			)}
			{restorable && !one.deleted && one.revision !== object.revision && (
				<Button variant="default" size="compact-xs" onClick={() => setChosen(one.revision)}>
					{restore.label}…
				</Button>
			)}
		</span>
	)
	const columns: Column<Revision>[] = [
		{ id: "revision", label: "Rev", width: 52, cell: ({ revision }) => <Mono>{revision}</Mono> },
		{ id: "when", label: "When", width: 142, cell: ({ madeAt }) => <Time at={madeAt} /> },
		{ id: "who", label: "Who", width: 180, cell: (one) => <span title={whoOf(one)}>{whoOf(one)}</span> },
		{ id: "what", label: "What", width: 130, cell: ({ action }) => actionOf(kind, action).label },
		{ id: "state", label: "State", width: 110, cell: (one) => stateOf(one) },
		{
			id: "reason",
			label: "Reason",
			width: 140,
			grow: true,
			cell: ({ reason, commentary }) => {
				const why = [reason, commentary].filter(Boolean).join(": ")
				return <span title={why}>{why}</span>
			},
		},
		{
			id: "actions",
			label: "",
			width: 180,
			align: "end",
			cell: rowActions,
		},
	]
	return (
		<>
			<Table
				label="Revisions"
				columns={columns}
				data={list}
				rowId={({ revision }) => String(revision)}
				selected={pair && String(pair.newer)}
				onOpen={comparable ? compare : undefined}
				card={(one) => (
					<Lines
						first={`${one.revision} · ${actionOf(kind, one.action).label}`}
						aside={rowActions(one)}
						second={
							<>
								{whoOf(one)} · <Time at={one.madeAt} />
								{one.reason && ` · ${one.reason}`}
							</>
						}
					/>
				)}
				empty={<Empty title="No revisions yet">Each change of this object becomes one.</Empty>}
			/>
			{pair && (
				<ComparePanel
					object={object}
					kind={kind}
					pair={pair}
					onPair={onPair}
					onRestore={restorable ? setChosen : undefined}
				/>
			)}
			{chosen !== undefined && (
				<ActDialog
					object={object}
					kind={kind}
					action={restore}
					revision={chosen}
					destructive={false}
					onClose={() => setChosen(undefined)}
				/>
			)}
		</>
	)
}

function ComparePanel({
	object,
	kind,
	pair,
	onPair,
	onRestore,
}: {
	object: ObjectStub
	kind: Kind
	pair: Pair
	onPair: (pair: Pair | undefined) => void
	onRestore?: (revision: number) => void
}) {
	useHotkeys([["Escape", () => onPair(undefined)]])
	const older = useQuery(revisionQuery(object.kind, object.id, pair.older))
	const newer = useQuery(revisionQuery(object.kind, object.id, pair.newer))
	const newest = useQuery(revisionQuery(object.kind, object.id, object.revision))
	const numbers = Array.from({ length: Math.min(object.revision, 500) }, (_, at) =>
		String(object.revision - at),
	)
	const select = (label: string, value: number, onChange: (value: number) => void) => (
		<Select
			label={label}
			w={110}
			data={numbers.includes(String(value)) ? numbers : [String(value), ...numbers]}
			value={String(value)}
			onChange={(chosen) => chosen && onChange(Number(chosen))}
			searchable
			allowDeselect={false}
		/>
	)
	const failed = older.error ?? newer.error ?? newest.error
	const shown = [older.data, newer.data, ...(pair.newer === object.revision ? [] : [newest.data])]
	const ready = shown.filter((one) => one !== undefined)
	return (
		<SidePanel title={`Revision ${pair.older} and revision ${pair.newer}`} onClose={() => onPair(undefined)}>
			<div className={classes.compareBar}>
				{select("From revision", pair.older, (older) => onPair({ ...pair, older }))}
				{select("To revision", pair.newer, (newer) => onPair({ ...pair, newer }))}
				{onRestore && newer.data && !newer.data.deleted && pair.newer !== object.revision && (
					<Button variant="default" onClick={() => onRestore(pair.newer)}>
						Restore revision {pair.newer}…
					</Button>
				)}
			</div>
			{failed ? (
				<Failure error={failed} />
			) : ready.length === shown.length ? (
				<Difference kind={kind} of={ready} now={object.revision} />
			) : (
				<Text size="sm" c="dimmed" role="status">
					Loading…
				</Text>
			)}
		</SidePanel>
	)
}

/** What differs between revisions, field by field; a third one is what the object is now. */
function Difference({ kind, of, now }: { kind: Kind; of: Revision[]; now: number }) {
	const rows = differences(kind, of)
	if (rows.length === 0)
		return (
			<Text size="sm" c="dimmed">
				Nothing differs between them.
			</Text>
		)
	return (
		<Compare
			heads={of.map((one, at) => (
				<span key={one.revision}>
					{at === 2 || one.revision === now ? "Now, revision" : "Revision"} {one.revision}
					<br />
					<Time at={one.madeAt} />
				</span>
			))}
			rows={rows.map(({ field, ...row }) =>
				field?.type === "file"
					? {
							...row,
							values: of.map((one) => (
								<Value key={one.revision} field={field} of={one.attributes[field.name]} />
							)),
						}
					: row,
			)}
		/>
	)
}
