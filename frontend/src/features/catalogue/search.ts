import { oneOf, type RawSearch, text } from "@/lib/params"

type CatalogueSearch = { q?: string; system?: string; show?: "kinds" }

export function catalogueSearch(raw: RawSearch): CatalogueSearch {
	return { q: text(raw.q), system: text(raw.system), show: oneOf(raw.show, ["kinds"] as const) }
}
