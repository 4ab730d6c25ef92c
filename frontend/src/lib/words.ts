/** Small matters of wording that every page needs. */

/** "1 entry", "1,204 entries" */
export function plural(count: number, one: string, many = `${one}s`): string {
	return `${count.toLocaleString("en")} ${count === 1 ? one : many}`
}

/** A total that may have been capped: "1,204 entries", "10,000+ entries". */
export function total(
	counted: { value: number; relation: "eq" | "gte" },
	one: string,
	many = `${one}s`,
): string {
	if (counted.relation === "eq") return plural(counted.value, one, many)
	return `${counted.value.toLocaleString("en")}+ ${many}`
}

/** "quota_reset" -> "Quota reset", "sales_org" -> "Sales org" */
export function humanize(name: string): string {
	const spaced = name.replaceAll(/[_.]+/g, " ").trim()
	const words = spaced === spaced.toUpperCase() ? spaced.toLowerCase() : spaced
	return words.charAt(0).toUpperCase() + words.slice(1)
}

/** A label within a sentence: "Client" -> "client", "DID" and "ANTEX file" stay. */
export function inSentence(label: string): string {
	return /^\p{Lu}{2}/u.test(label) ? label : label.charAt(0).toLowerCase() + label.slice(1)
}

/** "/Northwind Telecom/Harbor Dealers" -> "Northwind Telecom › Harbor Dealers" */
export function pathText(path: string): string {
	return path.replace(/^\//, "").replaceAll("/", " › ") || "All organizations"
}

/** "1.4 MB" */
export function bytes(count: number): string {
	if (count < 1000) return `${count} B`
	if (count < 1_000_000) return `${(count / 1000).toFixed(0)} kB`
	return `${(count / 1_000_000).toFixed(1)} MB`
}

/** "ABCDEFGH" -> "ABCD EFGH": a secret that is typed from one screen into another. */
export function groupsOfFour(secret: string): string {
	return secret.replaceAll(/(.{4})(?=.)/g, "$1 ")
}
