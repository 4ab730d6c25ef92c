import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query"
import { api } from "@/api/client"
import type { Attributes, Page, Setting } from "@/api/types"
import { type Why, whyParams } from "./api"

const key = ["settings"]

/** What holds for an organization, and where it is set. */
export const settingsQuery = (tenantId: number) =>
	queryOptions({
		queryKey: [...key, tenantId],
		queryFn: async ({ signal }) => (await api.get<Page<Setting>>("/settings", { tenantId }, signal)).items,
	})

/** Sets or changes a setting; without attributes, what is inherited holds again. */
export function useSettingChange({ name, tenantId }: Setting) {
	const queryClient = useQueryClient()
	const path = `/settings/${encodeURIComponent(name)}`
	return useMutation({
		mutationFn: ({ revision, attributes, why }: { revision: number; attributes?: Attributes; why: Why }) =>
			attributes
				? api.patch<Setting>(`${path}?tenantId=${tenantId}`, { attributes, ...why }, revision)
				: api.delete<Setting>(path, { tenantId, ...whyParams(why) }, revision),
		// Also when it is refused: somebody else may have changed it.
		onSettled: () => queryClient.invalidateQueries({ queryKey: key }),
		onSuccess: () => {
			void queryClient.invalidateQueries({ queryKey: ["objects"] })
			void queryClient.resetQueries({ queryKey: ["events"] })
		},
	})
}
