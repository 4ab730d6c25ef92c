import type { TenantContent } from "@/api/types"
import { total } from "@/lib/words"

/** The server counts up to here; there may be more. */
const cap = 10_000

/** "12 people, 340 objects and 2 API keys", or "" where there is nothing. */
export function contentText(content: TenantContent): string {
	const parts = [
		count(content.organizations, "organization below", "organizations below"),
		count(content.people, "person", "people"),
		count(content.objects, "object", "objects"),
		count(content.apiKeys, "API key", "API keys"),
	].filter((part) => part !== "")
	return new Intl.ListFormat("en").format(parts)
}

function count(value: number, one: string, many: string): string {
	return value === 0 ? "" : total({ value, relation: value < cap ? "eq" : "gte" }, one, many)
}
