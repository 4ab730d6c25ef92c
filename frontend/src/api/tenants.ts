import { queryOptions, useQuery } from "@tanstack/react-query"
import { pathText } from "@/lib/words"
import { api } from "./client"
import type { Tenant } from "./types"

/** The viewer's part of the tree, in path order: choices in forms, and the organization page. */
export const treeQuery = queryOptions({
	queryKey: ["tenants", "tree"],
	queryFn: async ({ signal }) =>
		(await api.get<{ items: Tenant[] }>("/tenants/tree", undefined, signal)).items,
	staleTime: 60_000,
})

/** The policy as a choice: at the top there is nothing to inherit, so nothing is required there. */
export function policyOf(tenant: Tenant): Tenant["mfaPolicy"] {
	return tenant.level === "root" && tenant.mfaPolicy === "inherit" ? "optional" : tenant.mfaPolicy
}

/** The tree as choices for a select, by path. */
export function useTenantChoices(): { value: string; label: string }[] {
	const tree = useQuery(treeQuery)
	return (tree.data ?? []).map((tenant) => ({
		value: String(tenant.id),
		label: pathText(tenant.path),
	}))
}
