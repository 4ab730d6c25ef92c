import type { ReactNode } from "react"
import classes from "./Lines.module.css"

/** A row as a card of two lines: what it is and how it stands, then the rest. */
export function Lines({ first, aside, second }: { first: ReactNode; aside?: ReactNode; second: ReactNode }) {
	return (
		<>
			<div className={classes.first}>
				<span style={{ overflow: "hidden", textOverflow: "ellipsis", fontWeight: 500 }}>{first}</span>
				{aside && <span>{aside}</span>}
			</div>
			<div className={classes.second}>{second}</div>
		</>
	)
}
