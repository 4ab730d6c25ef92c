/** Objects created and changed from a CSV file: what the pages ask of the server, and in which words. */

import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { useEffect } from "react"
import { api } from "@/api/client"
import { useList } from "@/api/list"
import type { OnSent } from "@/api/sendForm"
import type { BulkChange, BulkLine, Field, Kind } from "@/api/types"
import type { Tone } from "@/components/Page"
import type { Why } from "./api"

export const maxMiB = 10
export const maxLines = 10_000

export const lineWords: Record<BulkLine["state"], { label: string; tone: Tone }> = {
	bad: { label: "Bad", tone: "fail" },
	create: { label: "New", tone: "ok" },
	change: { label: "Change", tone: "warn" },
	same: { label: "As it is", tone: "quiet" },
}

export const stateWords: Record<BulkChange["state"], { label: string; tone: Tone }> = {
	checking: { label: "Checking", tone: "quiet" },
	ready: { label: "Ready to apply", tone: "warn" },
	applying: { label: "Applying", tone: "warn" },
	done: { label: "Done", tone: "ok" },
	failed: { label: "Failed", tone: "fail" },
	discarded: { label: "Discarded", tone: "quiet" },
}

export const countOf = (change: BulkChange, state: BulkLine["state"]) =>
	({ bad: change.bad, create: change.creates, change: change.changes, same: change.same })[state]

export const runs = ({ state }: BulkChange) => state === "checking" || state === "applying"

/** The fields that a file may have columns for: not the one that all lines share. */
export const bulkFields = (kind: Kind): Field[] =>
	kind.fields.filter(({ name }) => name !== kind.bulk?.within)

export const sharedField = (kind: Kind): Field | undefined =>
	kind.fields.find(({ name }) => name === kind.bulk?.within)

/** A file with the header only, that a spreadsheet reads as UTF-8. */
export const template = (kind: Kind) =>
	new Blob([`\uFEFF${["id", ...bulkFields(kind).map(({ name }) => name)].join(",")}\r\n`], {
		type: "text/csv",
	})

const bulkQuery = (id: number) =>
	queryOptions({
		queryKey: ["bulk", "one", id],
		queryFn: ({ signal }) => api.get<BulkChange>(`/bulk/${id}`, undefined, signal),
	})

/** One bulk change, looked at again every second while it runs. */
export function useBulkChange(id: number) {
	const queryClient = useQueryClient()
	const query = useQuery({
		...bulkQuery(id),
		refetchInterval: ({ state }) => (state.data && runs(state.data) ? 1000 : false),
	})
	const state = query.data?.state
	useEffect(() => {
		if (state !== "done") return
		void queryClient.invalidateQueries({ queryKey: ["objects"] })
		void queryClient.resetQueries({ queryKey: ["events"] })
	}, [state, queryClient])
	return query
}

/** Those of a kind, newest first. */
export const useBulkChanges = (kind: string) => useList<BulkChange>("bulk", "/bulk", { kind })

/** The lines of one state, as they were found. */
export const useBulkLines = (change: BulkChange, state: BulkLine["state"]) =>
	useList<BulkLine>(`lines of ${change.id} ${change.state}`, `/bulk/${change.id}/lines`, { state })

export type Start = {
	kind: string
	file: File
	tenantId: string
	withinId: number | undefined
	match: "id" | "name"
	expertMode: boolean
	onSent: OnSent
}

export function useStartBulk() {
	const queryClient = useQueryClient()
	return useMutation({
		mutationFn: ({ kind, file, tenantId, withinId, match, expertMode, onSent }: Start) => {
			const form = new FormData()
			if (withinId === undefined) form.set("tenantId", tenantId)
			else form.set("withinId", String(withinId))
			form.set("match", match)
			if (expertMode) form.set("expertMode", "true")
			form.set("file", file)
			return api.upload<{ id: number }>(`/objects/${encodeURIComponent(kind)}/bulk`, form, onSent)
		},
		onSuccess: () => queryClient.invalidateQueries({ queryKey: ["bulk", "list"] }),
	})
}

export function useApplyBulk(id: number) {
	const queryClient = useQueryClient()
	return useMutation({
		mutationFn: (why: Why) => api.post(`/bulk/${id}/apply`, why),
		onSettled: () => queryClient.invalidateQueries({ queryKey: ["bulk"] }),
	})
}

export function useDiscardBulk(id: number) {
	const queryClient = useQueryClient()
	return useMutation({
		mutationFn: () => api.delete(`/bulk/${id}`),
		onSettled: () => queryClient.invalidateQueries({ queryKey: ["bulk"] }),
	})
}
