import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query"
import { api } from "@/api/client"
import type { Tenant } from "@/api/types"

export const tenantQuery = (id: number) =>
	queryOptions({
		queryKey: ["tenants", "one", id],
		queryFn: ({ signal }) => api.get<Tenant>(`/tenants/${id}`, undefined, signal),
	})

export type TenantChange = { name?: string; mfaPolicy?: Tenant["mfaPolicy"]; reason?: string }

/** A change of the tree: paths, people and the log are out of date afterwards. */
export function useOutdate(): () => Promise<unknown> {
	const queryClient = useQueryClient()
	return () =>
		Promise.all([
			queryClient.invalidateQueries({ queryKey: ["tenants"] }),
			queryClient.invalidateQueries({ queryKey: ["people"] }),
			queryClient.resetQueries({ queryKey: ["events"] }),
		])
}

function useChange<Input, Answer>(change: (input: Input) => Promise<Answer>) {
	return useMutation({ mutationFn: change, onSuccess: useOutdate() })
}

export const useCreateBelow = (parentId: number) =>
	useChange((name: string) => api.post<Tenant>("/tenants", { parentId, name }))

export const useUpdate = (tenant: Tenant) =>
	useChange((change: TenantChange) => api.patch<Tenant>(`/tenants/${tenant.id}`, change, tenant.revision))

/** Whoever removes leaves the page before the cache is told, or the page would ask for what is gone. */
export const remove = (tenant: Tenant, reason: string) => api.delete(`/tenants/${tenant.id}`, { reason })

export const useResetMfa = (tenant: Tenant) =>
	useChange((proof: { reason: string; code: string }) =>
		api.post<{ count: number }>("/users/reset-mfa", { tenantId: tenant.id, ...proof }),
	)
