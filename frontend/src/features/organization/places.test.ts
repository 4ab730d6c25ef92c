import { tenant } from "@/test/data"
import { contentText } from "./content"
import { places } from "./places"

const tree = [
	tenant({ id: 2, parentId: 1, level: "sales_org", name: "Northwind", path: "/Northwind" }),
	tenant({ id: 10, parentId: 2, name: "Harbor", path: "/Northwind/Harbor" }),
	tenant({ id: 11, parentId: 2, name: "Fjord", path: "/Northwind/Fjord" }),
	tenant({ id: 12, parentId: 2, name: "Shut", path: "/Northwind/Shut", state: "closed" }),
	tenant({ id: 13, parentId: 3, name: "Below shut", path: "/Meridian/Below shut", closedAbove: true }),
	tenant({ id: 20, parentId: 10, level: "reseller", name: "Quay", path: "/Northwind/Harbor/Quay" }),
]

test("a reseller can go to every open dealer but its own", () => {
	const quay = tenant({ id: 20, parentId: 10, level: "reseller" })
	expect(places(tree, quay)).toEqual([{ group: "Northwind", items: [{ value: "11", label: "Fjord" }] }])
})

test("a dealer can go to another sales organization only", () => {
	expect(places(tree, tenant({ id: 10, parentId: 2, level: "dealer" }))).toEqual([])
})

test("what an organization holds is said in words", () => {
	expect(contentText({ organizations: 2, people: 1, objects: 10_000, apiKeys: 0 })).toBe(
		"2 organizations below, 1 person, and 10,000+ objects",
	)
	expect(contentText({ organizations: 1, people: 0, objects: 0, apiKeys: 2 })).toBe(
		"1 organization below and 2 API keys",
	)
	expect(contentText({ organizations: 0, people: 0, objects: 0, apiKeys: 0 })).toBe("")
})
