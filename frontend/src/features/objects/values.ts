/** What the catalogue's field types mean in a form, on the wire and on the screen. */

import type { Attributes, Field, FileValue } from "@/api/types"
import { wholeDay } from "@/lib/time"
import { bytes } from "@/lib/words"

export type Reference = { ref: number; name: string }

/**
 * What a form holds for one field. Text, numbers, dates and times are text, so that no digit is lost;
 * null is an empty choice, and of a secret: taken away.
 */
export type Entered = string | boolean | string[] | Reference | Reference[] | FileValue | null
export type Draft = Record<string, Entered>

export function isReference(value: unknown): value is Reference {
	return typeof value === "object" && value !== null && "ref" in value && typeof value.ref === "number"
}

/** A file is referred to as well, and known by more than its name. */
export function isFile(value: unknown): value is FileValue {
	return isReference(value) && "sha256" in value && typeof value.sha256 === "string"
}

const listTypes = ["list", "templates"]

const isList = (value: unknown): value is unknown[] => Array.isArray(value)

/** The references in a list: all of "references", none of a "list". */
export const referencesIn = (value: unknown): Reference[] => (isList(value) ? value.filter(isReference) : [])

export const textsIn = (value: unknown): string[] =>
	isList(value) ? value.filter((one) => typeof one === "string") : []

/** A stored value as the form starts with it. A secret starts empty: what is stored is a fingerprint. */
function entered(field: Field, stored: unknown): Entered {
	if (field.secret) return ""
	if (field.type === "boolean") return typeof stored === "boolean" ? stored : null
	if (field.type === "reference") return isReference(stored) ? stored : null
	if (field.type === "file") return isFile(stored) ? stored : null
	if (field.type === "references") return referencesIn(stored)
	if (listTypes.includes(field.type)) return isList(stored) ? stored.map(String) : []
	return stored === undefined || stored === null ? "" : String(stored)
}

export function draftOf(fields: readonly Field[], stored: Attributes): Draft {
	return Object.fromEntries(fields.map((field) => [field.name, entered(field, stored[field.name])]))
}

/** What the API takes for it; null is no value. */
export function sent(value: Entered | undefined): unknown {
	if (value === undefined || value === "" || value === null) return null
	if (isList(value)) {
		const items = value
			.map((one) => (isReference(one) ? one.ref : String(one).trim()))
			.filter((one) => one !== "")
		return items.length > 0 ? items : null
	}
	if (isReference(value)) return value.ref
	return typeof value === "string" ? value.trim() || null : value
}

/** Whether two stored values are the same; what a reference was called then is no difference. */
export function same(a: unknown, b: unknown): boolean {
	return JSON.stringify(nameless(a) ?? null) === JSON.stringify(nameless(b) ?? null)
}

/** A value without the names of what it refers to; references are a set, in whatever order they come. */
function nameless(value: unknown): unknown {
	if (isReference(value)) return value.ref
	const refs = referencesIn(value)
	return refs.length > 0 ? refs.map(({ ref }) => ref).sort((a, b) => a - b) : value
}

/** Whether a draft says something else than what was stored. */
export function differs(field: Field, value: Entered | undefined, stored: unknown): boolean {
	if (field.secret) return value === null ? has(stored) : Boolean(value)
	if (field.type === "references") return !same(value, entered(field, stored))
	return !same(sent(value), sent(entered(field, stored)))
}

/** The fields that a draft changes, as the API takes them. */
export function changedBy(draft: Draft, fields: readonly Field[], stored: Attributes): Attributes {
	return Object.fromEntries(
		fields
			.filter((field) => differs(field, draft[field.name], stored[field.name]))
			.map((field) => [field.name, sent(draft[field.name])]),
	)
}

/** What can be told about a value without asking the server; undefined: nothing. */
export function complaint(field: Field, value: Entered | undefined, stored: unknown): string | undefined {
	const kept = field.secret && value === "" && has(stored)
	if (field.required && sent(value) === null && !kept) return `${field.label} is required`
	if (typeof value !== "string" || value.trim() === "" || field.secret) return undefined
	const text = value.trim()
	if (field.type === "integer" && !/^-?\d+$/.test(text)) return `${field.label} must be a whole number`
	if (field.type === "date" && !wholeDay(text)) return `${field.label} must be a day such as 2026-03-01`
	const decimal = field.type === "decimal" || field.type === "money"
	if (decimal && !/^-?\d{1,15}(\.\d{1,6})?$/.test(text))
		return `${field.label} must be a number such as 401.40`
	if (decimal || field.type === "integer") {
		const number = Number(text)
		const outside =
			(field.min !== undefined && number < field.min) || (field.max !== undefined && number > field.max)
		if (outside) return `${field.label} must be ${bounds(field)}`
	}
	return undefined
}

/** "between 0 and 90°", "at least 1 day" */
export function bounds({ min, max, unit, type, maxLength }: Field): string | undefined {
	if (listTypes.includes(type)) {
		const each = maxLength === undefined ? undefined : `each of at most ${maxLength} characters`
		return [max === undefined ? undefined : `at most ${max}`, each].filter(Boolean).join(", ") || undefined
	}
	const of = (bound: number) => withUnit(String(bound), unit)
	if (min !== undefined && max !== undefined) return `between ${min} and ${of(max)}`
	if (min !== undefined) return `at least ${of(min)}`
	return max === undefined ? undefined : `at most ${of(max)}`
}

/** A number as it is read with its unit: "30 days", "1 day", "10°". */
export function withUnit(number: string, unit: string | undefined): string {
	if (!unit || unit.startsWith("°")) return number + (unit ?? "")
	return `${number} ${number === "1" && unit.length > 2 ? unit.replace(/s$/, "") : unit}`
}

/** An amount digit by digit as it is stored, in groups of three: "12,499.00". */
const grouped = (amount: string) => amount.replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ",")

export function has(stored: unknown): boolean {
	return stored !== undefined && stored !== null && stored !== ""
}

/** A stored value in plain words: "412 h", "Yes", "set". */
export function words(field: Field | undefined, stored: unknown): string {
	if (field?.secret) return has(stored) ? "set" : "not set"
	if (!has(stored)) return "—"
	if (typeof stored === "boolean") return stored ? "Yes" : "No"
	if (isFile(stored)) return `${stored.name} (${bytes(stored.size)}, ${stored.sha256.slice(0, 12)})`
	if (isReference(stored)) return stored.name
	if (isList(stored))
		return stored.map((one) => (isReference(one) ? one.name : String(one))).join(", ") || "—"
	const text = typeof stored === "object" ? JSON.stringify(stored) : String(stored)
	return withUnit(field?.type === "money" ? grouped(text) : text, field?.unit)
}

/** What a draft says, in plain words. */
export function draftWords(field: Field, value: Entered | undefined): string {
	if (field.secret) return value === null ? "removed" : value ? "a new value" : "as it was"
	return words(field, isReference(value) || isList(value) ? value : sent(value))
}
