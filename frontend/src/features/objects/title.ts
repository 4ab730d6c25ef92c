import type { ObjectStub } from "@/api/types"

/** What an object is called: its name, or its kind and number where it has none of its own. */
export function objectTitle(object: Pick<ObjectStub, "name" | "kindLabel" | "externalId">): string {
	const named = object.name && object.name !== object.externalId
	return named ? object.name : `${object.kindLabel} ${object.externalId}`
}
