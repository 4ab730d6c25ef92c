import { id, type RawSearch } from "@/lib/params"

/** The key that an entry led to. */
export function apiKeysSearch(raw: RawSearch): { key?: number } {
	const key = id(raw.key)
	return key ? { key } : {}
}
