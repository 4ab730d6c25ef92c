/**
 * The part of an address after "?", written as the API's own parameters are: repeated keys, plain
 * text, no JSON. What can't be read falls away, so that a damaged link still opens its page.
 */

export type RawSearch = Record<string, unknown>

/** "a=1&b=2&b=3" -> {a: "1", b: ["2", "3"]} */
export function parseSearch(text: string): Record<string, string | string[]> {
	const found: Record<string, string | string[]> = {}
	for (const [key, value] of new URLSearchParams(text)) {
		const before = found[key]
		if (before === undefined) found[key] = value
		else found[key] = Array.isArray(before) ? [...before, value] : [before, value]
	}
	return found
}

/** The reverse of parseSearch; undefined, empty text and empty lists leave no trace. */
export function stringifySearch(search: RawSearch): string {
	const params = new URLSearchParams()
	for (const [key, value] of Object.entries(search)) {
		for (const one of Array.isArray(value) ? value : [value]) {
			if (one !== undefined && one !== null && one !== "") params.append(key, String(one))
		}
	}
	const text = params.toString()
	return text && `?${text}`
}

/** Reads a text; a repeated key gives its first value. */
export function text(value: unknown): string | undefined {
	const first = Array.isArray(value) ? value[0] : value
	if (typeof first === "number" || typeof first === "boolean") return String(first)
	return typeof first === "string" && first.trim() !== "" ? first : undefined
}

/** Reads a list without doubles; undefined when there is nothing in it. */
export function list(value: unknown): string[] | undefined {
	const all = (Array.isArray(value) ? value : [value]).map(text).filter((one) => one !== undefined)
	return all.length > 0 ? [...new Set(all)] : undefined
}

/** Reads a whole positive number. */
export function id(value: unknown): number | undefined {
	const number = Number(text(value))
	return Number.isSafeInteger(number) && number > 0 ? number : undefined
}

/** Reads one of a few words. */
export function oneOf<Word extends string>(value: unknown, words: readonly Word[]): Word | undefined {
	const found = text(value)
	return words.find((word) => word === found)
}

/** Reads an instant and gives it back in UTC. */
export function time(value: unknown): string | undefined {
	const found = text(value)
	if (!found || !/(Z|[+-]\d\d:\d\d)$/.test(found)) return undefined
	const millis = Date.parse(found)
	return Number.isNaN(millis) ? undefined : new Date(millis).toISOString()
}
