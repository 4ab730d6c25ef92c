import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query"
import { api } from "@/api/client"
import type { Tenant } from "@/api/types"

export const ownTenantQuery = (id: number) =>
	queryOptions({
		queryKey: ["tenants", "one", id],
		queryFn: ({ signal }) => api.get<Tenant>(`/tenants/${id}`, undefined, signal),
	})

export function useZoneChange() {
	const queryClient = useQueryClient()
	return useMutation({
		mutationFn: (timeZone: string) => api.patch<unknown>("/me", { timeZone }),
		onSuccess: () => queryClient.invalidateQueries({ queryKey: ["me"] }),
	})
}

export function usePolicyChange(tenant: Tenant) {
	const queryClient = useQueryClient()
	return useMutation({
		mutationFn: (change: { mfaPolicy: Tenant["mfaPolicy"]; reason: string }) =>
			api.patch<Tenant>(`/tenants/${tenant.id}`, change, tenant.revision),
		onSuccess: () =>
			Promise.all([
				queryClient.invalidateQueries({ queryKey: ["tenants"] }),
				queryClient.invalidateQueries({ queryKey: ["me"] }),
			]),
	})
}
