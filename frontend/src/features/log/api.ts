import {
	infiniteQueryOptions,
	keepPreviousData,
	queryOptions,
	useQueries,
	useQuery,
} from "@tanstack/react-query"
import { useCallback, useMemo } from "react"
import { api } from "@/api/client"
import { useCatalog } from "@/api/me"
import type { Event, Facets, Neighbours, Page, Related, Tenant, Total, User } from "@/api/types"
import type { Suggestions } from "@/components/Filters"
import { bounds } from "@/lib/range"
import { humanize } from "@/lib/words"
import { logFields } from "./fields"
import { filterOf, type LogSearch } from "./search"

/** Everything below this key is what the log said; a change of anything may add to it. */
export const eventsKey = ["events"] as const

type Bounds = { from?: string; to?: string }
type Cursor = { cursor: string; bounds: Bounds }

/** The first page has no cursor. */
const newest = (): Cursor | undefined => undefined

/** The filter as the API's parameters; a relative range is counted back from now. */
export function parameters(search: LogSearch, at: Bounds = bounds(search)) {
	const { last: _last, from: _from, to: _to, ...filter } = filterOf(search)
	return { ...filter, ...at }
}

/**
 * A list page by page. It stays as it was read until somebody asks for the newest: rows don't move
 * under the reader, and the back button finds what was left. The bounds of a relative range are
 * fixed by the first page, because a cursor belongs to one question.
 */
export function eventsQuery(search: LogSearch) {
	const { event: _event, ...question } = search
	return infiniteQueryOptions({
		queryKey: [...eventsKey, "list", question],
		initialPageParam: newest(),
		queryFn: async ({ pageParam, signal }) => {
			const at = pageParam?.bounds ?? bounds(question)
			const page = await api.get<Page<Event>>(
				"/events",
				{
					...parameters(question, at),
					order: question.order === "oldest" ? "occurredAt" : "-occurredAt",
					limit: 100,
					cursor: pageParam?.cursor,
					total: pageParam ? undefined : true,
				},
				signal,
			)
			return { ...page, bounds: at }
		},
		getNextPageParam: (page) => (page.next ? { cursor: page.next, bounds: page.bounds } : undefined),
		staleTime: Number.POSITIVE_INFINITY,
		placeholderData: keepPreviousData,
	})
}

/** How many entries came in since the newest one that is on the screen. */
export function newerQuery(search: LogSearch, newest: number | undefined) {
	return queryOptions({
		queryKey: [...eventsKey, "newer", filterOf(search), newest],
		queryFn: async ({ signal }): Promise<Total> => {
			const page = await api.get<Page<Event>>(
				"/events",
				{ ...parameters(search), idAfter: newest ?? 0, limit: 1, total: true },
				signal,
			)
			return page.total ?? { value: page.items.length, relation: "eq" }
		},
		enabled: newest !== undefined,
		staleTime: 5_000,
		refetchInterval: 10_000,
		retry: false,
	})
}

export const eventQuery = (id: number) =>
	queryOptions({
		queryKey: [...eventsKey, "one", id],
		queryFn: ({ signal }) => api.get<Event>(`/events/${id}`, undefined, signal),
		// An entry never changes, but whether its object can still be edited does.
		staleTime: 60_000,
	})

export const relatedQuery = (id: number) =>
	queryOptions({
		queryKey: [...eventsKey, "related", id],
		queryFn: async ({ signal }) =>
			(await api.get<{ items: Related[] }>(`/events/${id}/related`, undefined, signal)).items,
		staleTime: 60_000,
	})

export const neighboursQuery = (id: number) =>
	queryOptions({
		queryKey: [...eventsKey, "neighbours", id],
		queryFn: ({ signal }) => api.get<Neighbours>(`/events/${id}/neighbours`, undefined, signal),
		staleTime: 15_000,
	})

/** Streams the entries of a filter, all of them. */
export const openExport = (search: LogSearch, format: "csv" | "ndjson", signal: AbortSignal) =>
	api.open("/events/export", { ...parameters(search), format }, signal)

/** Values of a field among the newest entries of the same question, in the words of the screen. */
export function useFacets(
	search: LogSearch,
	key: string,
	prefix: string,
	labels: (key: string, value: string) => string,
): Suggestions {
	const field = logFields.find((one) => one.key === key)
	// What is chosen for the field itself must not narrow what else could be chosen.
	const { [field?.key ?? "q"]: _own, ...others } = filterOf(search)
	const answer = useQuery({
		queryKey: [...eventsKey, "facets", key, prefix, others],
		queryFn: ({ signal }) =>
			api.get<Facets>(
				"/events/facets",
				{ ...parameters(others), field: field?.facet, limit: 20, prefix: prefix || undefined },
				signal,
			),
		enabled: field?.facet !== undefined,
		staleTime: 30_000,
		// What was suggested for fewer letters may stay a moment; another field's values may not.
		placeholderData: (before, query) => (query?.queryKey[2] === key ? before : undefined),
	})
	const { data } = answer
	return {
		items: (data?.items ?? []).map((item) => ({
			...item,
			label: item.label === item.value ? labels(key, item.value) : item.label,
		})),
		note:
			data?.relation === "gte"
				? `Counted over the newest ${data.counted.toLocaleString("en")} entries.`
				: undefined,
		loading: answer.isPending,
		failed: answer.isError,
	}
}

const outcomeWords: Record<string, string> = { success: "Succeeded", failure: "Failed" }

const namesOf = (answers: { data?: { name: string } }[]) => answers.map((answer) => answer.data?.name)

/** Labels for the values that an address holds: names for numbers, words for the catalogue's names. */
export function useLabels(search: LogSearch): (key: string, value: string) => string {
	const catalog = useCatalog()
	const { tenants, people } = useMemo(
		() => ({
			tenants: logFields.filter((field) => field.tenant).flatMap((field) => search[field.key] ?? []),
			people: search.userId ?? [],
		}),
		[search],
	)
	const names = useQueries({
		queries: [
			...tenants.map((id) => ({
				queryKey: ["tenants", "one", Number(id)],
				queryFn: () => api.get<Tenant>(`/tenants/${id}`),
				staleTime: 300_000,
				retry: false,
			})),
			...people.map((id) => ({
				queryKey: ["people", "one", Number(id)],
				queryFn: () => api.get<User>(`/users/${id}`),
				staleTime: 300_000,
				retry: false,
			})),
		],
		combine: namesOf,
	})
	return useCallback(
		(key: string, value: string) => {
			const field = logFields.find((one) => one.key === key)
			if (field?.tenant) return names[tenants.indexOf(value)] ?? value
			if (key === "userId") return names[tenants.length + people.indexOf(value)] ?? value
			const systems = catalog?.systems ?? []
			if (key === "type") {
				const type = systems.flatMap((system) => system.events).find((one) => one.name === value)
				return type?.label ?? humanize(value.split(".").at(-1) ?? value)
			}
			if (key === "objectKind") {
				const kind = systems.flatMap((system) => system.kinds).find((one) => one.name === value)
				return kind?.label ?? humanize(value.split(".").at(-1) ?? value)
			}
			if (key === "system") return systems.find((system) => system.name === value)?.label ?? value
			if (key === "class") return catalog?.classes.find((one) => one.name === value)?.label ?? value
			if (key === "state") return catalog?.states.find((one) => one.name === value)?.label ?? humanize(value)
			if (key === "activity") return humanize(value)
			if (key === "outcome") return outcomeWords[value] ?? value
			return value
		},
		[catalog, names, tenants, people],
	)
}
