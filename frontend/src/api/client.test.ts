import { fakeServer } from "@/test/server"
import { Client } from "./client"
import { Problem } from "./problem"

/** A server whose access tokens are good for what `good` says, and whose refresh gives the next. */
function rotating() {
	let issued = 0
	const good = new Set<string>()
	const server = fakeServer({
		"POST /auth/refresh": () => {
			const token = `token-${++issued}`
			good.add(token)
			return { body: { accessToken: token, expiresIn: 300 } }
		},
		"GET /me": ({ headers }) =>
			good.has(headers.get("Authorization")?.replace("Bearer ", "") ?? "")
				? { body: { name: "Ana" } }
				: { status: 401, body: { title: "Unauthorized", status: 401, detail: "Sign in." } },
	})
	return { ...server, good }
}

test("many calls with a stale token cause one refresh, and all succeed", async () => {
	const server = rotating()
	const client = new Client(server.fetch, undefined)
	client.accept({ accessToken: "stale" })
	const answers = await Promise.all([1, 2, 3, 4].map(() => client.get("/me")))
	expect(answers).toEqual(Array(4).fill({ name: "Ana" }))
	expect(server.to("POST /auth/refresh")).toHaveLength(1)
})

test("tabs take turns, because a refresh token that comes twice ends the session", async () => {
	const server = rotating()
	let turn: Promise<unknown> = Promise.resolve()
	let busy = 0
	const locks = {
		request: <Result>(_name: string, work: () => Promise<Result>) => {
			const mine = turn.then(async () => {
				expect(++busy).toBe(1)
				const result = await work()
				busy--
				return result
			})
			turn = mine
			return mine
		},
	}
	const tabs = [new Client(server.fetch, locks), new Client(server.fetch, locks)]
	expect(await Promise.all(tabs.map((tab) => tab.resume()))).toEqual([true, true])
	expect(server.to("POST /auth/refresh")).toHaveLength(2)
})

test("a session that is over is told once, and the call fails", async () => {
	const server = fakeServer({
		"GET /me": () => ({ status: 401, body: { detail: "Sign in." } }),
		"POST /auth/refresh": () => ({ status: 401, body: {} }),
	})
	const client = new Client(server.fetch, undefined)
	client.accept({ accessToken: "revoked" })
	const over = vi.fn()
	client.whenSignedOut(over)
	await expect(client.get("/me")).rejects.toMatchObject({ status: 401 })
	expect(over).toHaveBeenCalledOnce()
})

test("a wrong password while signing in is no reason to refresh", async () => {
	const server = fakeServer({ "POST /auth/login": () => ({ status: 401, body: { detail: "No." } }) })
	const client = new Client(server.fetch, undefined)
	await expect(client.post("/auth/login", {})).rejects.toMatchObject({ status: 401, message: "No." })
	expect(server.calls).toHaveLength(1)
})

test("an outage while refreshing doesn't sign anybody out", async () => {
	const server = fakeServer({
		"GET /me": () => ({ status: 401, body: {} }),
		"POST /auth/refresh": () => ({ status: 503, body: { detail: "Later." } }),
	})
	const client = new Client(server.fetch, undefined)
	client.accept({ accessToken: "old" })
	const over = vi.fn()
	client.whenSignedOut(over)
	await expect(client.get("/me")).rejects.toMatchObject({ status: 503, message: "Later." })
	expect(over).not.toHaveBeenCalled()
})

test("a problem keeps its fields, its request id and how long to wait", async () => {
	const server = fakeServer({
		"PATCH /users/7": () => ({
			status: 422,
			headers: { "Retry-After": "30" },
			body: {
				title: "Unprocessable",
				detail: "The name is empty.",
				errors: [{ location: "body.name", message: "is empty" }],
				requestId: "req-9",
			},
		}),
	})
	const client = new Client(server.fetch, undefined)
	const before = Date.now()
	const problem = await client.patch("/users/7", { name: "" }, 3).catch((error: unknown) => error)
	if (!(problem instanceof Problem)) throw problem
	expect(problem).toMatchObject({ status: 422, message: "The name is empty.", requestId: "req-9" })
	expect(problem.byField).toEqual({ name: "is empty" })
	expect(problem.retryAt).toBeGreaterThanOrEqual(before + 30_000)
	expect(server.calls[0]?.headers.get("If-Match")).toBe('"3"')
})

test("no connection is a sentence, not an exception's name", async () => {
	const client = new Client(() => Promise.reject(new TypeError("Failed to fetch")), undefined)
	await expect(client.get("/me")).rejects.toMatchObject({ status: 0, message: /can't be reached/ })
})

test("lists are repeated keys, and what is undefined isn't sent", async () => {
	const server = fakeServer({ "GET /events": () => ({ body: {} }) })
	await new Client(server.fetch, undefined).get("/events", { category: ["A", "B"], q: undefined, limit: 5 })
	expect(server.calls[0]?.params.toString()).toBe("category=A&category=B&limit=5")
})
