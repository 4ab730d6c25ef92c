import { id, oneOf, type RawSearch, text } from "@/lib/params"

export const roles = ["admin", "auditor", "user"] as const
export const states = ["pending", "active", "locked", "deleted"] as const

type PeopleSearch = {
	q?: string
	role?: (typeof roles)[number]
	state?: (typeof states)[number]
	/** Members of this group. */
	groupId?: number
	/** The form for a new person is open. */
	create?: "true"
}

export function peopleSearch(raw: RawSearch): PeopleSearch {
	return {
		q: text(raw.q),
		role: oneOf(raw.role, roles),
		state: oneOf(raw.state, states),
		groupId: id(raw.groupId),
		create: oneOf(raw.create, ["true"] as const),
	}
}
