import { queryOptions } from "@tanstack/react-query"
import { api } from "@/api/client"
import { useList } from "@/api/list"
import type { ObjectStub } from "@/api/types"
import type { ObjectsSearch } from "./search"

export const useObjects = (search: ObjectsSearch) => useList<ObjectStub>("objects", "/objects", search)

export const objectQuery = (kind: string, id: number) =>
	queryOptions({
		queryKey: ["objects", "one", kind, id],
		queryFn: ({ signal }) =>
			api.get<ObjectStub>(`/objects/${encodeURIComponent(kind)}/${id}`, undefined, signal),
	})
