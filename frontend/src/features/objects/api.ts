import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query"
import { api } from "@/api/client"
import { useList } from "@/api/list"
import type { Problem } from "@/api/problem"
import type { OnSent } from "@/api/sendForm"
import type { Attributes, Field, FileValue, Job, ObjectStub, Page, Revision, Tenant, User } from "@/api/types"
import { pathText } from "@/lib/words"
import type { ObjectsSearch } from "./search"
import { objectTitle } from "./title"

const pathTo = (kind: string, id?: number) =>
	`/objects/${encodeURIComponent(kind)}${id === undefined ? "" : `/${id}`}`

export const useObjects = (search: ObjectsSearch) => useList<ObjectStub>("objects", "/objects", search)

export const isUnderWay = (job: Job) => job.state === "waiting" || job.state === "running"

const jobsUnderWay = (object: ObjectStub | undefined) => object?.jobs?.filter(isUnderWay).length ?? 0

export const objectQuery = (kind: string, id: number) =>
	queryOptions({
		queryKey: ["objects", "one", kind, id],
		queryFn: async ({ signal, client, queryKey }) => {
			const before = client.getQueryData<ObjectStub>(queryKey)
			const now = await api.get<ObjectStub>(pathTo(kind, id), undefined, signal)
			// A job that has ended has left its entry.
			if (jobsUnderWay(before) > jobsUnderWay(now)) void client.resetQueries({ queryKey: ["events"] })
			return now
		},
		refetchInterval: ({ state }) => jobsUnderWay(state.data) > 0 && 1000,
	})

/** All revisions of an object, newest first. */
export const useRevisions = ({ kind, id, revision }: ObjectStub) =>
	useList<Revision>(`revisions of ${kind} ${id} at ${revision}`, `${pathTo(kind, id)}/revisions`, {})

/** One revision; it never changes. */
export const revisionQuery = (kind: string, id: number, revision: number) =>
	queryOptions({
		queryKey: ["objects", "revision", kind, id, revision],
		queryFn: ({ signal }) =>
			api.get<Revision>(`${pathTo(kind, id)}/revisions/${revision}`, undefined, signal),
		staleTime: Number.POSITIVE_INFINITY,
	})

/** What every change may say beside the values. */
export type Why = { reason?: string; commentary?: string; onBehalfOf?: number; expertMode?: boolean }

/** The same in the address of a DELETE, which has no body and no fields to change. */
export const whyParams = ({ reason, commentary, onBehalfOf }: Why) => ({ reason, commentary, onBehalfOf })

export type Change =
	| { how: "create"; kind: string; tenantId: number; attributes: Attributes; why: Why }
	| { how: "update"; of: ObjectStub; attributes: Attributes; why: Why }
	| { how: "act"; of: ObjectStub; action: string; attributes: Attributes; why: Why }
	| { how: "delete"; of: ObjectStub; why: Why }
	| { how: "restore"; of: ObjectStub; revision: number; why: Why }

function send(change: Change): Promise<ObjectStub> {
	const { why } = change
	if (change.how === "create") {
		const { kind, tenantId, attributes } = change
		return api.post(pathTo(kind), { tenantId, attributes, ...why })
	}
	const { of } = change
	const path = pathTo(of.kind, of.id)
	switch (change.how) {
		case "update":
			return api.patch(path, { attributes: change.attributes, ...why }, of.revision)
		case "act":
			return api.post(
				`${path}/actions/${encodeURIComponent(change.action)}`,
				{ attributes: change.attributes, ...why },
				of.revision,
			)
		case "delete":
			return api.delete(path, whyParams(why), of.revision)
		case "restore":
			return api.post(`${path}/restore`, { revision: change.revision, ...why }, of.revision)
	}
}

/** Changes an object; what was read before, and the log, are out of date afterwards. */
export function useChange() {
	const queryClient = useQueryClient()
	return useMutation({
		mutationFn: send,
		onSuccess: (object) => {
			queryClient.setQueryData(objectQuery(object.kind, object.id).queryKey, object)
			void queryClient.invalidateQueries({ queryKey: ["objects", "list"] })
			void queryClient.resetQueries({ queryKey: ["events"] })
		},
	})
}

/** Sends a file for a field; it waits a day for the object that takes it. */
export function uploadFile(file: File, onSent: OnSent, signal: AbortSignal): Promise<FileValue> {
	const form = new FormData()
	form.set("file", file)
	return api.upload<FileValue>("/files", form, onSent, signal)
}

export const openFile = (ref: number) => api.open(`/files/${ref}`)

/** Reads an object as it is now, whatever the cache holds. */
export function useReread() {
	const queryClient = useQueryClient()
	return ({ kind, id }: ObjectStub) => queryClient.fetchQuery({ ...objectQuery(kind, id), staleTime: 0 })
}

/** The server's word on each field: "body.attributes.quota" belongs to the field "quota". */
export function fieldErrors(problem: Problem): Record<string, string> {
	const found: Record<string, string> = {}
	for (const { location, message } of problem.fields) {
		const name = /^body\.attributes\.([^.[]+)/.exec(location)?.[1]
		if (name) found[name] = message
	}
	return found
}

type Candidate = { id: number; name: string; hint: string }

/** What a reference field may point to, searched as it is typed. */
export const candidatesQuery = (field: Field, q: string) =>
	queryOptions({
		queryKey: ["objects", "candidates", field.reference, q],
		queryFn: async ({ signal }): Promise<Candidate[]> => {
			const params = { q: q || undefined, limit: 20 }
			if (field.reference === "annals.user") {
				const { items } = await api.get<Page<User>>("/users", params, signal)
				return items.map(({ id, name, email }) => ({ id, name: name || email, hint: email }))
			}
			if (field.reference === "annals.tenant") {
				const { items } = await api.get<Page<Tenant>>("/tenants", params, signal)
				return items.map(({ id, name, path }) => ({ id, name, hint: pathText(path) }))
			}
			const { items } = await api.get<Page<ObjectStub>>(
				pathTo(field.reference ?? ""),
				{ ...params, deleted: "false" },
				signal,
			)
			return items.map((object) => ({
				id: object.id,
				name: objectTitle(object),
				hint: `${object.externalId} · ${pathText(object.tenantPath)}`,
			}))
		},
		staleTime: 15_000,
	})
