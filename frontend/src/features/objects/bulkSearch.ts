import type { BulkLine } from "@/api/types"
import { id, oneOf, type RawSearch } from "@/lib/params"

/** What is shown of a bulk change; without a choice, what most needs a look. */
export type BulkSearch = { lines?: BulkLine["state"] }

export function bulkSearch(raw: RawSearch): BulkSearch {
	return { lines: oneOf(raw.lines, lineStates) }
}

/** Where a bulk change begins: within one object, for kinds whose lines share one. */
type BulkStartSearch = { within?: number }

export const bulkStartSearch = (raw: RawSearch): BulkStartSearch => ({ within: id(raw.within) })

export const lineStates = ["bad", "create", "change", "same"] as const
