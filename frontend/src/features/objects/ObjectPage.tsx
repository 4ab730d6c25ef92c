import { Alert, Button } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { ExternalLink } from "lucide-react"
import type { ReactNode } from "react"
import type { ObjectStub } from "@/api/types"
import { Mono, Page, Values } from "@/components/Page"
import { PathLink } from "@/components/PathLink"
import { Failure } from "@/components/States"
import { Time } from "@/components/Time"
import { humanize, pathText } from "@/lib/words"
import { objectQuery } from "./api"
import classes from "./Object.module.css"
import { ObjectState } from "./ObjectState"
import { objectTitle } from "./title"

/** One object: what is known about it, whether it can be edited, and everything that happened to it. */
export function ObjectPage({
	kind,
	id,
	timeline,
}: {
	kind: string
	id: number
	timeline: (object: ObjectStub) => ReactNode
}) {
	const { data: object, error, refetch } = useQuery(objectQuery(kind, id))
	if (error) return <Failure error={error} retry={refetch} />
	if (!object) return <Page title="Object">{null}</Page>
	return (
		<Page
			title={objectTitle(object)}
			meta={
				<>
					<span>{object.kindLabel}</span>
					<ObjectState object={object} />
					{object.revision > 0 && <span>revision {object.revision}</span>}
				</>
			}
			actions={
				object.editState === "external" &&
				object.editUrl && (
					<Button
						component={PathLink}
						path={object.editUrl}
						variant="default"
						rightSection={<ExternalLink size={13} />}
					>
						Edit in {object.system}
					</Button>
				)
			}
			fill
		>
			<div className={classes.about}>
				<EditState object={object} />
				<Values
					of={[
						["System", object.source ? `${object.system} (${object.source})` : object.system],
						["Id at the source", object.externalId && <Mono>{object.externalId}</Mono>],
						["Organization", pathText(object.tenantPath)],
						...Object.entries(object.attributes ?? {}).map(([name, value]): [string, ReactNode] => [
							humanize(name),
							typeof value === "object" ? JSON.stringify(value) : String(value),
						]),
						["First entry", <Time key="first" at={object.firstSeenAt} />],
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
	if (object.deletedAt)
		return (
			<Alert color="gray" p="xs" mb="sm">
				Deleted <Time at={object.deletedAt} />. This is its last state.
			</Alert>
		)
	const why =
		object.editState === "forbidden"
			? "You may see this, not change it."
			: object.managed
				? undefined
				: object.editState === "external" && object.editUrl
					? `This is edited in ${object.system}; what happens to it there appears below.`
					: `${object.system} keeps this; Annals knows it from the log and can't change it.`
	return why ? <p className={classes.why}>{why}</p> : null
}
