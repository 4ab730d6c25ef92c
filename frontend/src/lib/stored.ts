/** Reads a preference of this browser; whatever is damaged or forbidden counts as absent. */
export function readStored(key: string): unknown {
	try {
		return JSON.parse(localStorage.getItem(key) ?? "null")
	} catch {
		return null
	}
}

/** Keeps a preference in this browser; where that is forbidden it lasts until the page is closed. */
export function writeStored(key: string, value: unknown): void {
	try {
		localStorage.setItem(key, JSON.stringify(value))
	} catch {
		// A preference is not worth an error.
	}
}

/** The entries of a stored record whose values pass, so that an old version's rubbish falls away. */
export function storedRecord<Value>(
	stored: unknown,
	fits: (value: unknown) => value is Value,
): Record<string, Value> {
	if (typeof stored !== "object" || stored === null) return {}
	const found: Record<string, Value> = {}
	for (const [key, value] of Object.entries(stored)) if (fits(value)) found[key] = value
	return found
}
