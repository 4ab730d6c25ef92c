import type { Kind, Revision } from "@/api/types"
import { humanize } from "@/lib/words"
import { same, words } from "./values"

/** What an object was at some moment. */
type Moment = Pick<Revision, "state" | "attributes" | "deleted">

export const stateOf = ({ deleted, state }: Moment) => (deleted ? "Deleted" : humanize(state))

export const whoOf = ({ actor, onBehalfOf }: Revision) => (onBehalfOf ? `${actor} for ${onBehalfOf}` : actor)

/**
 * An object at several moments, field by field: the fields in which they differ, or all of them. A row
 * says whether the first two differ. An object's name is one of its fields.
 */
export function differences(kind: Kind, of: Moment[], all = false) {
	const shown = (one: Moment, field: Kind["fields"][number]) =>
		fingerprinted(one.attributes[field.name]) ?? words(field, one.attributes[field.name])
	return [
		{ label: "State", values: of.map((one) => stateOf(one) || "—"), field: undefined },
		...kind.fields
			// Another name of the same reference is no difference.
			.filter(({ name }) => all || of.some((one) => !same(one.attributes[name], of[0]?.attributes[name])))
			.map((field) => ({ label: field.label, values: of.map((one) => shown(one, field)), field })),
	]
		.filter(({ values }) => all || new Set(values).size > 1)
		.map((row) => ({ ...row, differs: row.values[0] !== row.values[1] }))
}

/** Two secrets can be told apart by their fingerprints, and by nothing else. */
function fingerprinted(value: unknown): string | undefined {
	const print = typeof value === "string" ? /^changed \(([0-9a-f]+)\)$/.exec(value)?.[1] : undefined
	return print && `set (${print})`
}
