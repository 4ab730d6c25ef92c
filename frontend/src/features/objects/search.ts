import { type RawSearch, text } from "@/lib/params"

export type ObjectsSearch = { q?: string; kind?: string; system?: string }

export function objectsSearch(raw: RawSearch): ObjectsSearch {
	return { q: text(raw.q), kind: text(raw.kind), system: text(raw.system) }
}
