import { QueryClient } from "@tanstack/react-query"
import { Problem } from "@/api/problem"

/** Tries again what may pass by itself (no connection, an outage), and nothing that was refused. */
export function createQueryClient(): QueryClient {
	return new QueryClient({
		defaultOptions: {
			queries: {
				staleTime: 15_000,
				gcTime: 10 * 60_000,
				refetchOnWindowFocus: false,
				retry: (failures, error) =>
					failures < 2 && error instanceof Problem && (error.status === 0 || error.status >= 502),
			},
		},
	})
}
