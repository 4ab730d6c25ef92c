import { Alert } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import type { ObjectStub } from "@/api/types"
import { Time } from "@/components/Time"
import { revisionQuery } from "./api"

/** Who deleted it, when and why: the last revision of a deleted object is its deletion. */
export function Deleted({ object, at }: { object: ObjectStub; at: string }) {
	const { data } = useQuery(revisionQuery(object.kind, object.id, object.revision))
	return (
		<Alert color="gray" p="xs" mt="sm" maw={860}>
			Deleted <Time at={at} />
			{data?.actor && ` by ${data.actor}`}
			{data?.reason && ` (${data.reason})`}; this is its last state.
		</Alert>
	)
}
