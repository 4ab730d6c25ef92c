import { useQuery } from "@tanstack/react-query"
import type { ReactNode } from "react"
import { asProblem } from "@/api/client"
import { lastEntryQuery } from "@/api/last"
import { Page, Tag, Values } from "@/components/Page"
import { DeletedNote, FailedPage } from "@/components/States"
import { Time } from "@/components/Time"
import classes from "./Organization.module.css"

/**
 * An organization that isn't there (any more). A deleted one leaves no row, but its entries stay: where
 * the viewer sees any, they tell what it was. Else it is as absent as what never was.
 */
export function Gone(of: { id: number; error: unknown; retry: () => void; log: ReactNode }) {
	const { id, error, retry, log } = of
	const absent = asProblem(error).status === 404
	const { data: last, isPending } = useQuery({ ...lastEntryQuery("annals.tenant", id), enabled: absent })
	if (absent && isPending) return <Page title="Organization">{null}</Page>
	if (!last?.object) return <FailedPage error={error} retry={retry} />
	const deleted = last.type === "annals.tenant_deleted"
	const path = [last.salesOrg, last.dealer, last.reseller].flatMap((owner) => owner?.name ?? [])
	return (
		<Page title={last.object.name || "Organization"} meta={deleted && <Tag tone="fail">Deleted</Tag>} fill>
			<div className={classes.about}>
				{deleted ? (
					<DeletedNote at={last.occurredAt} by={last.actor.name} reason={last.reason} />
				) : (
					<p>It is not here any more; below is what the log knows of it.</p>
				)}
				<Values
					of={[
						["Path", path.join(" › ")],
						["Revision", last.object.revision],
						["Last entry", <Time key="last" at={last.occurredAt} />],
					]}
				/>
			</div>
			{log}
		</Page>
	)
}
