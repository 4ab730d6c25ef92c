import { useQuery } from "@tanstack/react-query"
import { api } from "./client"
import type { Setting } from "./types"

/** What an organization asks of the reason for a change. */
export type ReasonRules = {
	/** The list to choose from. */
	reasons: string[]
	/** Whether other words are taken. */
	freeText: boolean
	/** Whether every change needs one. */
	required: boolean
}

/** Nothing is asked: also what holds until the answer is there. The server has the last word. */
const none: ReasonRules = { reasons: [], freeText: true, required: false }

export function useReasons(tenantId: number): ReasonRules {
	const { data } = useQuery({
		queryKey: ["settings", tenantId, "reasons"],
		queryFn: ({ signal }) => api.get<Setting>("/settings/annals.reasons", { tenantId }, signal),
		select: ({ attributes }): ReasonRules => ({
			reasons: Array.isArray(attributes.reasons) ? attributes.reasons.map(String) : [],
			freeText: attributes.free_text !== false,
			required: attributes.required === true,
		}),
		staleTime: 60_000,
	})
	return data ?? none
}
