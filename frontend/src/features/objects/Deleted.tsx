import { useQuery } from "@tanstack/react-query"
import type { ObjectStub } from "@/api/types"
import { DeletedNote } from "@/components/States"
import { revisionQuery } from "./api"

/** Who deleted it, when and why: the last revision of a deleted object is its deletion. */
export function Deleted({ object, at }: { object: ObjectStub; at: string }) {
	const { data } = useQuery(revisionQuery(object.kind, object.id, object.revision))
	return <DeletedNote at={at} by={data?.actor} reason={data?.reason} />
}
