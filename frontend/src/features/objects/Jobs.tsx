import { Loader } from "@mantine/core"
import type { Job, Kind } from "@/api/types"
import { Dim, Section, Tag, Values } from "@/components/Page"
import { Time } from "@/components/Time"
import { isUnderWay } from "./api"
import { actionOf } from "./kinds"
import classes from "./Object.module.css"

/** What actions have asked for: the work that is under way, and what came of the last one of each. */
export function Jobs({ of: jobs, kind }: { of: Job[] | undefined; kind: Kind }) {
	if (!jobs || jobs.length === 0) return null
	return (
		<Section title="Work">
			<div aria-live="polite">
				<Values of={jobs.map((job) => [actionOf(kind, job.action).label, <State key={job.id} of={job} />])} />
			</div>
		</Section>
	)
}

function State({ of: job }: { of: Job }) {
	if (isUnderWay(job))
		return (
			<span className={classes.job}>
				<Loader size={12} aria-hidden />
				{job.state === "waiting" ? "Waiting" : "Under way"} since <Time at={job.since} as="clock" />
			</span>
		)
	return (
		<>
			<span className={classes.job}>
				{job.state === "failed" ? <Tag tone="fail">Failed</Tag> : <Tag tone="ok">Done</Tag>}
				<Dim>
					<Time at={job.since} />
				</Dim>
			</span>
			{job.result && <div className={classes.jobResult}>{job.result}</div>}
		</>
	)
}
