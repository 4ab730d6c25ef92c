import { Button } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { type ReactNode, useState } from "react"
import type { Event, Kind, ObjectStub, Revision } from "@/api/types"
import { PathLink } from "@/components/PathLink"
import { Failure } from "@/components/States"
import { useNarrow } from "@/components/Table"
import { Time } from "@/components/Time"
import { stringifySearch } from "@/lib/params"
import { objectQuery, revisionQuery } from "./api"
import { Compare } from "./Compare"
import { Deleted } from "./Deleted"
import { differences } from "./differences"
import { pathOf, useKind } from "./kinds"
import classes from "./Object.module.css"

/** What the object of an entry was before it, after it, and is now. */
export function Around({ event }: { event: Event }) {
	const { kind: name = "", ref = 0 } = event.object ?? {}
	const revision = Number(event.object?.revision)
	const kind = useKind(name)
	const now = useQuery(objectQuery(name, ref))
	const after = useQuery(revisionQuery(name, ref, revision))
	const before = useQuery({ ...revisionQuery(name, ref, revision - 1), enabled: revision > 1 })
	const failed = now.error ?? after.error ?? before.error
	if (failed) return <Failure error={failed} />
	if (!kind || !now.data || !after.data || (revision > 1 && !before.data))
		return (
			<div role="status" className={classes.why}>
				Loading…
			</div>
		)
	return <Moments kind={kind} before={before.data} after={after.data} now={now.data} />
}

function Moments(of: { kind: Kind; before: Revision | undefined; after: Revision; now: ObjectStub }) {
	const { kind, before, after, now } = of
	const [all, setAll] = useState(false)
	const latest = now.revision === after.revision
	const moments = [
		...(before
			? [{ head: <Head name="Before" revision={before.revision} at={before.madeAt} />, ...before }]
			: []),
		{
			...after,
			head: <Head name={latest ? "After, and now" : "After"} revision={after.revision} at={after.madeAt} />,
		},
		...(latest
			? []
			: [{ ...now, deleted: now.deletedAt !== null, head: <Head name="Now" revision={now.revision} /> }]),
	]
	const rows = differences(kind, moments, all)
	const changed = before ? 1 : -1
	const path = pathOf(now.kind, now.id)
	return (
		<>
			{now.deletedAt && <Deleted object={now} at={now.deletedAt} />}
			{rows.length > 0 ? (
				<Compare
					heads={moments.map(({ head }) => head)}
					rows={rows.map((row) => ({
						...row,
						differs: before !== undefined && row.differs,
						values: row.values.map((value, at) =>
							at === changed && row.differs ? <mark key="changed">{value}</mark> : value,
						),
					}))}
				/>
			) : (
				<p className={classes.why}>{before ? "No value was changed." : "It has not been changed since."}</p>
			)}
			<div className={classes.compareBar} style={{ margin: "8px 0 0" }}>
				<Button variant="default" size="compact-xs" aria-pressed={all} onClick={() => setAll(!all)}>
					{all ? "Only what differs" : "All fields"}
				</Button>
				<Button
					component={PathLink}
					path={`${path}${stringifySearch({ tab: "revisions", older: before?.revision, newer: before && after.revision })}`}
					variant="default"
					size="compact-xs"
				>
					Revisions ({now.revision})
				</Button>
			</div>
		</>
	)
}

function Head({ name, revision, at }: { name: string; revision: number; at?: string }): ReactNode {
	// Below each other they are said again for each field: in few words then.
	if (useNarrow()) return name
	return (
		<>
			{name}
			<br />
			revision {revision}
			{at && (
				<>
					, <Time at={at} />
				</>
			)}
		</>
	)
}
