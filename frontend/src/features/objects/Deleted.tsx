import { useQuery } from "@tanstack/react-query"
import type { ObjectStub } from "@/api/types"
import { DeletedNote } from "@/components/States"
import { revisionQuery } from "./api"
import { whoOf } from "./differences"

/** Who deleted it, when and why: the last revision of a deleted object is its deletion. */
export function Deleted({ object, at }: { object: ObjectStub; at: string }) {
	const { data } = useQuery(revisionQuery(object.kind, object.id, object.revision))
	return <DeletedNote at={at} by={data && whoOf(data)} reason={data?.reason} />
}
