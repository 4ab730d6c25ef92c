import { id, list, oneOf, type RawSearch, text, time } from "@/lib/params"
import { type Range, relativeRanges } from "@/lib/range"
import { type LogField, logFields } from "./fields"

/** What a log's address says. Every name is the API's own, but for `last`, `event` and `order`. */
export type LogSearch = Range & {
	q?: string
	order?: "oldest"
	/** The entry whose drawer is open. */
	event?: number
	/** With a page's own userId alone: what they did ("actor"), or what was done to them ("concerned"). */
	userAs?: string[]
} & { [key in LogField]?: string[] }

const words = { outcome: ["success", "failure"], activity: ["system", "user", "administrative"] } as const

/** Reads an address; what isn't understood falls away. */
export function logSearch(raw: RawSearch): LogSearch {
	const search: LogSearch = {}
	const q = text(raw.q)?.trim()
	if (q) search.q = q
	const last = oneOf(
		raw.last,
		relativeRanges.map((range) => range.token),
	)
	const from = time(raw.from)
	const to = time(raw.to)
	if (last) search.last = last
	else if (!from || !to || from < to) {
		if (from) search.from = from
		if (to) search.to = to
	}
	if (raw.order === "oldest") search.order = "oldest"
	const event = id(raw.event)
	if (event) search.event = event
	for (const field of logFields) {
		const values = list(raw[field.key])?.filter((value) => fits(field, value))
		if (values?.length) search[field.key] = field.many ? values : values.slice(0, 1)
	}
	return search
}

function fits(field: { key: string; flag?: boolean; tenant?: boolean }, value: string): boolean {
	if (field.flag) return value === "true"
	if (field.tenant || field.key === "userId" || field.key === "objectRef") return id(value) !== undefined
	if (field.key === "outcome" || field.key === "activity") return oneOf(value, words[field.key]) !== undefined
	return true
}

/** The filter alone, without what is open and how it is sorted: what is exported and counted. */
export function filterOf(search: LogSearch): Omit<LogSearch, "event" | "order"> {
	const { event: _event, order: _order, ...filter } = search
	return filter
}

/** Whether anything is asked, so that an empty answer can say that. */
export function isFiltered(search: LogSearch): boolean {
	return Object.keys(filterOf(search)).length > 0
}
