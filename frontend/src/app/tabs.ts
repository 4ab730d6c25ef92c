import { oneOf, type RawSearch } from "@/lib/params"

/** Which tab of a page is open: the first one has no trace in the address. */
const tab =
	<Word extends string>(words: readonly Word[]) =>
	(raw: RawSearch): { tab?: Word } => {
		const found = oneOf(raw.tab, words)
		return found ? { tab: found } : {}
	}

/** Whether the address asks for the form at once. */
export function editing(raw: RawSearch): { edit?: "true" } {
	const edit = oneOf(raw.edit, ["true"] as const)
	return edit ? { edit } : {}
}

/** The part of a person's log: what they did, or what others did to them. */
export function personPart(raw: RawSearch): { as?: PersonPart } {
	const as = oneOf(raw.as, ["actor", "concerned"] as const)
	return as ? { as } : {}
}

export type PersonPart = "actor" | "concerned"

export const personTab = tab(["log"])
export const organizationTab = tab(["people", "log"])
export const meTab = tab(["security", "profile"])
