import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query"
import { useMemo } from "react"
import { api } from "./client"
import type { Page } from "./types"

/** The first page has no cursor. */
export const firstPage = undefined as string | undefined

type Params = Record<string, string | number | readonly string[] | undefined>

/** A list that the API gives page by page, in the shape that the shared table takes. */
export function useList<Item>(key: string, path: string, params: Params) {
	const query = useInfiniteQuery({
		queryKey: [key, "list", params],
		initialPageParam: firstPage,
		queryFn: ({ pageParam, signal }) =>
			api.get<Page<Item>>(path, { limit: 100, ...params, cursor: pageParam }, signal),
		getNextPageParam: (page) => page.next ?? undefined,
		placeholderData: keepPreviousData,
	})
	const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data])
	return {
		rows,
		total: query.data?.pages[0]?.total,
		isPending: query.isPending,
		isStale: query.isPlaceholderData,
		error: query.error,
		retry: () => void query.refetch(),
		more: {
			available: query.hasNextPage,
			loading: query.isFetchingNextPage,
			load: () => void query.fetchNextPage(),
		},
	}
}
