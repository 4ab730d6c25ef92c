import type { ObjectStub } from "@/api/types"
import { Tag } from "@/components/Page"
import { humanize } from "@/lib/words"

export function ObjectState({ object }: { object: Pick<ObjectStub, "state" | "deletedAt"> }) {
	if (object.deletedAt) return <Tag tone="fail">Deleted</Tag>
	if (!object.state) return null
	return <Tag tone={object.state === "active" ? "ok" : "quiet"}>{humanize(object.state)}</Tag>
}
