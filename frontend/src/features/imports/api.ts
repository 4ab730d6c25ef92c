import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { useMemo } from "react"
import { api } from "@/api/client"
import { firstPage } from "@/api/list"
import type { Import, ObjectStub, Page } from "@/api/types"

/** All imports, newest first; looked at again every second while one is running. */
export function useImports() {
	const query = useInfiniteQuery({
		queryKey: ["imports"],
		initialPageParam: firstPage,
		queryFn: ({ pageParam, signal }) => api.get<Page<Import>>("/imports", { cursor: pageParam }, signal),
		getNextPageParam: (page) => page.next ?? undefined,
		refetchInterval: ({ state }) =>
			state.data?.pages.some((page) => page.items.some((one) => one.state === "running")) ? 1_000 : false,
	})
	const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data])
	return {
		rows,
		isPending: query.isPending,
		error: query.error,
		retry: () => void query.refetch(),
		more: {
			available: query.hasNextPage,
			loading: query.isFetchingNextPage,
			load: () => void query.fetchNextPage(),
		},
	}
}

/** The installations that are set up, by name: each organization has a name once. */
export function useSources(): { name: string; system: string }[] {
	const { data } = useQuery({
		queryKey: ["objects", "sources"],
		queryFn: ({ signal }) =>
			api.get<Page<ObjectStub>>("/sources", { deleted: "false", state: "active", limit: 200 }, signal),
		select: ({ items }) => [
			...new Map(
				items.map(({ name, attributes }) => [name, { name, system: String(attributes.system) }]),
			).values(),
		],
	})
	return data ?? []
}

export type Upload = {
	file: File
	system: string
	tenantId: string
	source: string
	createTenants: boolean
	timeZone: string
}

export function useUpload() {
	const queryClient = useQueryClient()
	return useMutation({
		mutationFn: (upload: Upload) => {
			const form = new FormData()
			form.set("system", upload.system)
			form.set("tenant", upload.tenantId)
			if (upload.source) form.set("source", upload.source)
			if (upload.createTenants) form.set("createTenants", "true")
			form.set("timeZone", upload.timeZone)
			form.set("file", upload.file)
			return api.upload<{ id: number }>("/imports", form)
		},
		onSuccess: () =>
			Promise.all([
				queryClient.invalidateQueries({ queryKey: ["imports"] }),
				queryClient.resetQueries({ queryKey: ["events"] }),
			]),
	})
}

export const openRejected = (id: number) => api.open(`/imports/${id}/rejected`)
