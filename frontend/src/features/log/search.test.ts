import { parseSearch, stringifySearch } from "@/lib/params"
import { logFields } from "./fields"
import { filterOf, isFiltered, logSearch } from "./search"

const read = (address: string) => logSearch(parseSearch(address))

test("an address and a question are each other's reverse", () => {
	const question = {
		q: "renewed",
		last: "7d" as const,
		order: "oldest" as const,
		event: 42,
		category: ["Subscription", "Sign-in"],
		actor: ["u:12:34:alice"],
		ip: ["198.51.100.0/24"],
		usedApi: ["true"],
	}
	expect(read(stringifySearch(question))).toEqual(question)
})

test("every field can be in an address", () => {
	for (const field of logFields) {
		const value =
			{ outcome: "failure", activity: "system" }[field.key as string] ?? (field.flag ? "true" : "12")
		expect(read(`${field.key}=${value}`)).toEqual({ [field.key]: [value] })
	}
})

test("a field with one value keeps the first", () => {
	expect(read("dealerId=4&dealerId=5")).toEqual({ dealerId: ["4"] })
})

test("what the API would refuse never reaches it", () => {
	expect(read("outcome=maybe&activity=x&dealerId=harbor&userId=0&usedApi=no&event=x&acter=ann")).toEqual({})
	expect(read("from=2026-11-21T00:00:00Z&to=2026-11-20T00:00:00Z")).toEqual({})
	expect(read("last=3w&from=yesterday")).toEqual({})
})

test("a relative range wins over an absolute one", () => {
	expect(read("last=1h&from=2026-11-20T00:00:00Z")).toEqual({ last: "1h" })
})

test("an open entry and the order are no filter", () => {
	const search = read("event=42&order=oldest")
	expect(filterOf(search)).toEqual({})
	expect(isFiltered(search)).toBe(false)
	expect(isFiltered(read("q=x&event=42"))).toBe(true)
})
