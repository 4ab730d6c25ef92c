import { LogView } from "./LogView"
import type { LogSearch } from "./search"

/** The whole log of the viewer's scope. */
export function LogPage(props: {
	search: LogSearch
	onSearch: (next: LogSearch, how?: { replace?: boolean }) => void
}) {
	return (
		<>
			<title>Log · Annals</title>
			<h1 className="visually-hidden">Log</h1>
			<LogView {...props} />
		</>
	)
}
