import { id, list, oneOf, parseSearch, stringifySearch, text, time } from "./params"

test("an address reads as the API's parameters do, and back", () => {
	const search = { category: ["Subscription", "Sign-in"], q: "a & b", event: "12" }
	expect(parseSearch(stringifySearch(search))).toEqual(search)
	expect(stringifySearch(search)).toBe("?category=Subscription&category=Sign-in&q=a+%26+b&event=12")
})

test("what is empty leaves no trace", () => {
	expect(stringifySearch({ q: "", category: [], from: undefined })).toBe("")
})

test("a parameter that can't be read falls away", () => {
	expect(id("12x")).toBeUndefined()
	expect(id("-1")).toBeUndefined()
	expect(id("9007199254740993")).toBeUndefined()
	expect(oneOf("later", ["now", "then"])).toBeUndefined()
	expect(text("  ")).toBeUndefined()
	expect(list(["", "a", "a"])).toEqual(["a"])
})

test("a time needs an offset, or it would mean another instant to everybody", () => {
	expect(time("2026-11-20T14:00:00")).toBeUndefined()
	expect(time("2026-11-20T14:00:00+01:00")).toBe("2026-11-20T13:00:00.000Z")
	expect(time("2026-99-20T14:00:00Z")).toBeUndefined()
})
