import { tenant } from "@/test/data"
import { lineage, treeRows } from "./tree"

const tenants = [
	tenant({ id: 2, parentId: 1, level: "sales_org", name: "Northwind Telecom" }),
	tenant({ id: 10, parentId: 2, name: "Harbor Dealers" }),
	tenant({ id: 20, parentId: 10, level: "reseller", name: "Quay Phones" }),
	tenant({ id: 11, parentId: 2, name: "Fjord Link" }),
]
const names = (opened: number[], text = "") =>
	treeRows(tenants, new Set(opened), text).map((row) => `${"  ".repeat(row.depth)}${row.tenant.name}`)

test("what is below a closed node isn't shown", () => {
	expect(names([])).toEqual(["Northwind Telecom"])
	expect(names([2])).toEqual(["Northwind Telecom", "  Harbor Dealers", "  Fjord Link"])
})

test("a search shows its matches and what leads to them", () => {
	expect(names([], "quay")).toEqual(["Northwind Telecom", "  Harbor Dealers", "    Quay Phones"])
})

test("a line begins at the top of what the viewer sees", () => {
	const byId = new Map(tenants.map((one) => [one.id, one]))
	expect(lineage(byId, 20).map((one) => one.id)).toEqual([2, 10, 20])
})
