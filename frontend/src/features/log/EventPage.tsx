import { ActionIcon, Button, Tooltip } from "@mantine/core"
import { useHotkeys } from "@mantine/hooks"
import { useQuery } from "@tanstack/react-query"
import { ChevronDown, ChevronUp } from "lucide-react"
import { CopyButton, Page } from "@/components/Page"
import { PathLink, useGoTo } from "@/components/PathLink"
import { neighboursQuery } from "./api"
import { type Around, EventView } from "./EventView"
import classes from "./Log.module.css"
import { entryLink, entryPath, logPath } from "./paths"

/** One entry at an address that can be sent to somebody. */
export function EventPage({ id, around }: { id: number; around: Around }) {
	const goTo = useGoTo()
	const { data: neighbours } = useQuery(neighboursQuery(id))
	const step = (to: number | null | undefined) => to && goTo(entryPath(to))
	useHotkeys([
		["j", () => step(neighbours?.next)],
		["k", () => step(neighbours?.previous)],
		["Escape", () => goTo("/log")],
	])
	return (
		<Page
			title={`Entry ${id}`}
			above={[["Log", "/log"]]}
			actions={
				<>
					<Tooltip label="Previous (k)">
						<ActionIcon
							variant="default"
							aria-label="Previous entry"
							disabled={!neighbours?.previous}
							onClick={() => step(neighbours?.previous)}
						>
							<ChevronUp size={15} />
						</ActionIcon>
					</Tooltip>
					<Tooltip label="Next (j)">
						<ActionIcon
							variant="default"
							aria-label="Next entry"
							disabled={!neighbours?.next}
							onClick={() => step(neighbours?.next)}
						>
							<ChevronDown size={15} />
						</ActionIcon>
					</Tooltip>
					<CopyButton value={entryLink(id)} label="Copy a link to this entry" />
					<Button component={PathLink} path={logPath({ event: String(id) })} variant="default">
						Show in the log
					</Button>
				</>
			}
		>
			<div className={classes.permalink}>
				<h2 className="visually-hidden">What happened</h2>
				<EventView id={id} around={around} />
			</div>
		</Page>
	)
}
