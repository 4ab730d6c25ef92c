import type { Tenant } from "@/api/types"

type TreeRow = { tenant: Tenant; depth: number; open: boolean; hasChildren: boolean }

/** The rows of a tree that are on the screen: below closed nodes nothing, while searching all matches and what leads to them. */
export function treeRows(tenants: Tenant[], opened: ReadonlySet<number>, text: string): TreeRow[] {
	const byId = new Map(tenants.map((tenant) => [tenant.id, tenant]))
	const children = new Map<number | null, Tenant[]>()
	for (const tenant of tenants) {
		// The viewer's own node has a parent too, but it is out of sight.
		const parent = tenant.parentId !== null && byId.has(tenant.parentId) ? tenant.parentId : null
		children.set(parent, [...(children.get(parent) ?? []), tenant])
	}
	const words = text.trim().toLowerCase()
	const leads = new Set<number>()
	if (words) {
		for (const tenant of tenants) {
			if (!tenant.name.toLowerCase().includes(words)) continue
			for (const node of lineage(byId, tenant.id)) leads.add(node.id)
		}
	}
	const rows: TreeRow[] = []
	const walk = (parent: number | null, depth: number) => {
		for (const tenant of children.get(parent) ?? []) {
			if (words && !leads.has(tenant.id)) continue
			const hasChildren = children.has(tenant.id)
			const open = hasChildren && (words !== "" || opened.has(tenant.id))
			rows.push({ tenant, depth, open, hasChildren })
			if (open) walk(tenant.id, depth + 1)
		}
	}
	walk(null, 0)
	return rows
}

/** A node and everything above it that the viewer sees, from the top. */
export function lineage(byId: ReadonlyMap<number, Tenant>, id: number): Tenant[] {
	const line: Tenant[] = []
	for (let node = byId.get(id); node; node = node.parentId === null ? undefined : byId.get(node.parentId))
		line.unshift(node)
	return line
}
