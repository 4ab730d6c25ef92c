import { lazy, Suspense } from "react"
import type { Event } from "@/api/types"

// Needed beside an entry only.
const Around = lazy(() => import("@/features/objects/Around").then((m) => ({ default: m.Around })))

/** What the object of an entry was before it, after it, and is now; where its revisions are ours. */
export function around(event: Event) {
	const { object, links } = event
	const kept = links?.object?.startsWith("/objects/") && links.editState !== "external"
	if (!kept || !(Number(object?.revision) > 0)) return undefined
	return (
		<Suspense fallback={<div role="status">Loading…</div>}>
			<Around key={event.id} event={event} />
		</Suspense>
	)
}
