import type { ComponentProps } from "react"
import { LogView } from "./LogView"

/** The whole log of the viewer's scope. */
export function LogPage(props: ComponentProps<typeof LogView>) {
	return (
		<>
			<title>Log · Annals</title>
			<h1 className="visually-hidden">Log</h1>
			<LogView {...props} />
		</>
	)
}
