import { id, list, oneOf, type RawSearch, text } from "@/lib/params"

export type ObjectsSearch = {
	q?: string
	kind?: string
	system?: string
	state?: string[]
	deleted?: "true" | "false"
}

export function objectsSearch(raw: RawSearch): ObjectsSearch {
	return {
		q: text(raw.q),
		kind: text(raw.kind),
		system: text(raw.system),
		state: list(raw.state),
		deleted: oneOf(raw.deleted, ["true", "false"] as const),
	}
}

/** What an object's page shows: a tab, the form, or two revisions beside each other. */
export type ObjectSearch = { tab?: "log" | "revisions"; edit?: "true"; older?: number; newer?: number }

export function objectSearch(raw: RawSearch): ObjectSearch {
	const found: ObjectSearch = {}
	const tab = oneOf(raw.tab, ["log", "revisions"] as const)
	const edit = oneOf(raw.edit, ["true"] as const)
	const older = id(raw.older)
	const newer = id(raw.newer)
	if (tab) found.tab = tab
	if (edit) found.edit = edit
	if (older) found.older = older
	if (newer) found.newer = newer
	return found
}

/** Whose settings are shown, and which one's form is open. */
export type SettingsSearch = { tenantId?: number; edit?: string }

export function settingsSearch(raw: RawSearch): SettingsSearch {
	return { tenantId: id(raw.tenantId), edit: text(raw.edit) }
}
