/** Saving what the server streams, without holding it in memory where the browser allows that. */

type SaveFilePicker = (options: { suggestedName: string }) => Promise<FileSystemFileHandle>

declare global {
	interface Window {
		showSaveFilePicker?: SaveFilePicker
	}
}

/**
 * Asks where to save, then writes the body there as it arrives; where the browser has no such dialog
 * the body is gathered and handed over as a download. `open` is called only after the place is
 * chosen. Gives false when the person changed their mind.
 */
export async function save(
	name: string,
	open: () => Promise<Response>,
	progress: (received: number) => void,
): Promise<boolean> {
	const target = await choose(name)
	if (target === "cancelled") return false
	const response = await open()
	if (!response.body) throw new Error("the answer has no body")
	let received = 0
	const counted = response.body.pipeThrough(
		new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
			transform(chunk, controller) {
				received += chunk.byteLength
				progress(received)
				controller.enqueue(chunk)
			},
		}),
	)
	if (target) await counted.pipeTo(await target.createWritable())
	else offer(name, await new Response(counted).blob())
	return true
}

async function choose(name: string): Promise<FileSystemFileHandle | "cancelled" | undefined> {
	if (!window.showSaveFilePicker) return undefined
	try {
		return await window.showSaveFilePicker({ suggestedName: name })
	} catch (error) {
		if (error instanceof DOMException && error.name === "AbortError") return "cancelled"
		return undefined
	}
}

/** Hands a file that is already here to the browser's downloads. */
export function offer(name: string, content: Blob): void {
	const url = URL.createObjectURL(content)
	const link = document.createElement("a")
	link.href = url
	link.download = name
	link.click()
	setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
