/** Who is signed in, and what the catalogue says: the two answers that every page leans on. */

import { queryOptions, useQuery, useSuspenseQuery } from "@tanstack/react-query"
import { knownZone, machineZone } from "@/lib/time"
import { api } from "./client"
import { Problem } from "./problem"
import type { Catalog, Me, Permission } from "./types"

export const meQuery = queryOptions({
	queryKey: ["me"],
	queryFn: async () => {
		if (!(await api.resume())) throw new Problem(401, "Please sign in.")
		return await api.get<Me>("/me")
	},
	staleTime: 60_000,
	retry: false,
})

/** Who is signed in. Only below the shell, which has waited for the answer. */
export function useMe(): Me {
	return useSuspenseQuery(meQuery).data
}

export function useMay(permission: Permission): boolean {
	return useMe().permissions.includes(permission)
}

/** The viewer's zone: their own choice, else that of their machine. */
export function zoneOf(me: Me): string {
	return me.timeZone && knownZone(me.timeZone) ? me.timeZone : machineZone()
}

export const catalogQuery = queryOptions({
	queryKey: ["catalog"],
	queryFn: () => api.get<Catalog>("/catalog"),
	staleTime: Number.POSITIVE_INFINITY,
})

/** What a system is called: "mor" is Kolmisoft MOR. */
export function useSystemLabel(name: string): string {
	return useCatalog()?.systems.find((system) => system.name === name)?.label ?? name
}

/** Labels for the catalogue's names; until they are here, the names themselves serve. */
export function useCatalog(): Catalog | undefined {
	return useQuery(catalogQuery).data
}
