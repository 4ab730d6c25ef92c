import { Button } from "@mantine/core"
import { notifications } from "@mantine/notifications"
import { asProblem } from "@/api/client"
import { save } from "@/lib/download"
import { bytes } from "@/lib/words"
import { openExport } from "./api"
import type { LogSearch } from "./search"

/** Saves all entries of a question to a file; it can be watched, left and stopped. */
export async function exportLog(search: LogSearch, format: "csv" | "ndjson"): Promise<void> {
	const stop = new AbortController()
	const name = `annals-${new Date().toISOString().slice(0, 16).replace(":", "")}Z.${format}`
	const id = `export ${name}`
	const say = (title: string, message: React.ReactNode, done: boolean, color?: string) =>
		notifications.update({ id, title, message, color, loading: !done, autoClose: done ? 6000 : false })
	let saidAt = 0
	notifications.show({
		id,
		title: "Exporting",
		message: "Waiting for the first entries…",
		loading: true,
		autoClose: false,
		withCloseButton: false,
	})
	try {
		const saved = await save(
			name,
			() => openExport(search, format, stop.signal),
			(received) => {
				if (Date.now() - saidAt < 250) return
				saidAt = Date.now()
				say(
					"Exporting",
					<>
						{bytes(received)} so far{" "}
						<Button variant="subtle" size="compact-xs" onClick={() => stop.abort()}>
							Stop
						</Button>
					</>,
					false,
				)
			},
		)
		if (saved) say("Exported", name, true)
		else notifications.hide(id)
	} catch (error) {
		if (stop.signal.aborted) say("Export stopped", "The file is not complete.", true, "yellow")
		else say("The export failed", asProblem(error).message, true, "red")
	}
}
