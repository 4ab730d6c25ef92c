/** What the log says last of a thing: all that is left of what was deleted. */

import { queryOptions } from "@tanstack/react-query"
import { api } from "./client"
import type { Event, Page } from "./types"

/** The newest entry about a thing; null where the viewer sees none. Types narrow it down. */
export const lastEntryQuery = (kind: string, ref: number, type?: string) =>
	queryOptions({
		queryKey: ["events", "last", kind, ref, type],
		queryFn: async ({ signal }) => {
			const page = await api.get<Page<Event>>(
				"/events",
				{ objectKind: kind, objectRef: ref, type, limit: 1 },
				signal,
			)
			return page.items[0] ?? null
		},
	})
