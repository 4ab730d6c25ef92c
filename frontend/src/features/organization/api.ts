import { queryOptions } from "@tanstack/react-query"
import { useChannelChange } from "@/api/channelChange"
import { api } from "@/api/client"
import type { Tenant, TenantContent } from "@/api/types"

export const tenantQuery = (id: number) =>
	queryOptions({
		queryKey: ["tenants", "one", id],
		queryFn: ({ signal }) => api.get<Tenant>(`/tenants/${id}`, undefined, signal),
	})

/** What stands in an organization and below it. */
export const contentQuery = (id: number) =>
	queryOptions({
		queryKey: ["tenants", "content", id],
		queryFn: ({ signal }) => api.get<TenantContent>(`/tenants/${id}/content`, undefined, signal),
	})

type TenantChange = { name?: string; mfaPolicy?: Tenant["mfaPolicy"]; reason?: string }

export const useCreateBelow = (parentId: number) =>
	useChannelChange((child: { name: string; reason?: string }) =>
		api.post<Tenant>("/tenants", { parentId, ...child }),
	)

export const useUpdate = (tenant: Tenant, done?: () => void) =>
	useChannelChange(
		(change: TenantChange) => api.patch<Tenant>(`/tenants/${tenant.id}`, change, tenant.revision),
		done,
	)

export const useStep = (tenant: Tenant) =>
	useChannelChange(({ step, reason }: { step: "close" | "reopen"; reason: string }) =>
		api.post<Tenant>(`/tenants/${tenant.id}/${step}`, { reason }),
	)

export const useMove = (tenant: Tenant) =>
	useChannelChange((place: { parentId: number; reason: string }) =>
		api.post<Tenant>(`/tenants/${tenant.id}/move`, place, tenant.revision),
	)

/** Whoever removes leaves the page before the cache is told, or the page would ask for what is gone. */
export const remove = (tenant: Tenant, reason: string) => api.delete(`/tenants/${tenant.id}`, { reason })

export const useResetMfa = (tenant: Tenant) =>
	useChannelChange((proof: { reason: string; code: string }) =>
		api.post<{ count: number }>("/users/reset-mfa", { tenantId: tenant.id, ...proof }),
	)
