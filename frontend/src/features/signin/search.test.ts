import { signInSearch } from "./search"

test("after signing in nobody is led to another host", () => {
	expect(signInSearch({ next: "/log?q=x" })).toEqual({ next: "/log?q=x" })
	for (const next of [
		"//evil.example",
		"https://evil.example",
		"/\\evil.example",
		"/sign-in?next=/log",
		"log",
	])
		expect(signInSearch({ next })).toEqual({})
})
