import type { Level, Tenant } from "@/api/types"
import { pathText } from "@/lib/words"

const above: Partial<Record<Level, Level>> = { dealer: "sales_org", reseller: "dealer" }

type Group = { group: string; items: { value: string; label: string }[] }

/** Where an organization may be moved to, grouped by what stands above: open ones of the right level, but not where it is. */
export function places(tree: Tenant[], tenant: Tenant): Group[] {
	const groups = new Map<string, Group>()
	for (const one of tree) {
		if (one.level !== above[tenant.level] || one.id === tenant.parentId) continue
		if (one.state === "closed" || one.closedAbove) continue
		const name = pathText(one.path.slice(0, one.path.lastIndexOf("/")))
		const group = groups.get(name) ?? { group: name, items: [] }
		group.items.push({ value: String(one.id), label: one.name })
		groups.set(name, group)
	}
	return [...groups.values()]
}
