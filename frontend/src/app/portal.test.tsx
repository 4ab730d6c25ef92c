import { screen, waitFor, within } from "@testing-library/react"
import userEvent from "@testing-library/user-event"
import { event, me, tenant, user } from "@/test/data"
import { open } from "@/test/open"

const events = [
	event({ id: 102, description: "Subscription 302 has been renewed" }),
	event({
		id: 101,
		occurredAt: "2026-07-19T22:30:00.000000Z",
		description: "tried to sign in with a wrong password",
		category: "Sign-in",
		outcome: "failure",
		object: undefined,
		actor: { kind: "user", level: "root", name: "Platform operator", hidden: true },
	}),
]
const log = {
	"GET /events": ({ params }: { params: URLSearchParams }) =>
		params.has("idAfter")
			? { body: { items: [], next: null, total: { value: 0, relation: "eq" } } }
			: { body: { items: events, next: null, total: { value: 1204, relation: "eq" } } },
	"GET /events/102": () => ({
		body: {
			...events[0],
			code: "U subscriptions:i_subscription=302",
			changes: [{ field: "quota", old: "500 h", new: "600 h" }],
			reason: "Contract renewal",
			importFile: { id: "B12", line: 43 },
			onBehalfOf: { kind: "customer", name: "chen.wei" },
		},
	}),
	"GET /events/102/related": () => ({
		body: {
			items: [{ label: "This object", filter: { objectId: "302" }, count: { value: 48, relation: "eq" } }],
		},
	}),
}

test("the log stands under its days, in the viewer's zone, with its total", async () => {
	open("/log", log)
	const table = await screen.findByRole("table", { name: "Entries" })
	// 22:30 UTC on the 19th is 23:30 in Lisbon: still the 19th.
	expect(within(table).getByText("Sunday 19 July")).toBeVisible()
	expect(within(table).getByText("23:30:00")).toBeVisible()
	expect(screen.getByText("1,204 entries")).toBeVisible()
})

const nine = [
	"Modified By",
	"Category",
	"Event",
	"Object",
	"Description",
	"Sales Organization",
	"Dealer",
	"Edit",
]

test.each([
	["root", nine],
	["sales_org", nine.filter((name) => name !== "Sales Organization")],
	["dealer", nine.filter((name) => name !== "Sales Organization" && name !== "Dealer")],
] as const)("what is the same for everything that a %s sees has no column at first", async (level, names) => {
	open("/log", { ...log, "GET /me": () => ({ body: me({ scope: { ...me().scope, level } }) }) })
	const table = await screen.findByRole("table", { name: "Entries" })
	for (const name of nine)
		expect(within(table).queryAllByRole("columnheader", { name })).toHaveLength(names.includes(name) ? 1 : 0)
})

test("the scope is in sight, and what is not permitted isn't offered", async () => {
	open("/log", {
		...log,
		"GET /me": () => ({ body: me({ permissions: ["events.read", "own.read"] }) }),
	})
	expect(await screen.findByTitle(/Northwind Telecom › Harbor Dealers/)).toBeVisible()
	const pages = screen.getByRole("navigation", { name: "Pages" })
	expect(within(pages).getByRole("link", { name: "My sign-ins" })).toBeVisible()
	expect(within(pages).queryByRole("link", { name: "People" })).toBeNull()
	expect(screen.queryByRole("button", { name: "Export" })).toBeNull()
})

test("an address is a question, its chips can be taken away", async () => {
	const portal = open("/log?category=Subscription&dealerId=10&q=renew", {
		...log,
		"GET /tenants/10": () => ({ body: tenant() }),
	})
	expect(await screen.findByText("Harbor Dealers", { selector: "[class*=chip] *" })).toBeVisible()
	const asked = portal.to("GET /events")[0]?.params
	expect(asked?.get("category")).toBe("Subscription")
	expect(asked?.get("dealerId")).toBe("10")
	expect(asked?.get("q")).toBe("renew")
	await userEvent.click(screen.getByRole("button", { name: "Remove filter Dealer" }))
	await waitFor(() => expect(portal.address()).toBe("/log?category=Subscription&q=renew"))
})

test("a click on a value asks for entries with it", async () => {
	const portal = open("/log", log)
	const value = await screen.findByRole("link", { name: "Subscription 302" })
	expect(value).toHaveAttribute("href", "/objects/sbc.subscription/88")
	await userEvent.hover(value)
	await userEvent.click(await screen.findByRole("button", { name: "Subscription: Subscription 302" }))
	await userEvent.click(await screen.findByRole("menuitem", { name: "Only entries with this" }))
	await waitFor(() => expect(portal.address()).toBe("/log?objectKind=sbc.subscription&objectId=302"))
})

test("who stands above the viewer is a level, not a link", async () => {
	open("/log", log)
	expect(await screen.findByText("Platform operator")).toBeVisible()
	expect(screen.queryByRole("button", { name: "Platform operator" })).toBeNull()
})

test("j opens the next entry in a drawer with its own address, Esc closes it", async () => {
	const portal = open("/log", log)
	await screen.findByText("Subscription 302 has been renewed")
	await userEvent.keyboard("j")
	await waitFor(() => expect(portal.address()).toBe("/log?event=102"))
	const drawer = await screen.findByRole("complementary")
	expect(await within(drawer).findByText("U subscriptions:i_subscription=302")).toBeVisible()
	expect(within(drawer).getByText("600 h")).toBeVisible()
	expect(within(drawer).getByText("Contract renewal")).toBeVisible()
	expect(within(drawer).getByText("chen.wei")).toBeVisible()
	expect(within(drawer).getByText(/line 43/)).toBeVisible()
	expect(within(drawer).getByText("It is edited in the system that it came from.")).toBeVisible()
	expect(await within(drawer).findByRole("link", { name: /This object\s*48/ })).toHaveAttribute(
		"href",
		"/log?objectId=302",
	)
	await userEvent.keyboard("{Escape}")
	await waitFor(() => expect(portal.address()).toBe("/log"))
})

test("no match says so and offers to clear", async () => {
	const portal = open("/log?q=zzzz", {
		"GET /events": () => ({ body: { items: [], next: null, total: { value: 0, relation: "eq" } } }),
	})
	expect(await screen.findByText("No entry matches")).toBeVisible()
	await userEvent.click(screen.getByRole("button", { name: "Clear search and filters" }))
	await waitFor(() => expect(portal.address()).toBe("/log"))
})

test("a failure is shown with its request id, and can be tried again", async () => {
	let down = true
	open("/log", {
		...log,
		"GET /events": (call) =>
			down
				? { status: 500, body: { detail: "Something went wrong on our side.", requestId: "req-77" } }
				: log["GET /events"](call),
	})
	expect(await screen.findByText("Request req-77")).toBeVisible()
	down = false
	await userEvent.click(screen.getByRole("button", { name: "Try again" }))
	expect(await screen.findByText("Subscription 302 has been renewed")).toBeVisible()
})

test("without a session the way leads through the sign-in, with a code, and back", async () => {
	let signedIn = false
	const portal = open("/log?category=Subscription", {
		...log,
		"POST /auth/refresh": () => (signedIn ? { body: { accessToken: "t" } } : { status: 401, body: {} }),
		"POST /auth/login": () => ({ body: { status: "mfa_required", challenge: "c-1", methods: ["totp"] } }),
		"POST /auth/mfa/verify": ({ body }) => {
			expect(body).toEqual({ challenge: "c-1", code: "123456" })
			signedIn = true
			return { body: { status: "ok", accessToken: "t", expiresIn: 300, user: user() } }
		},
	})
	await userEvent.type(await screen.findByLabelText("E-mail"), "ana@harbor.example")
	await userEvent.type(screen.getByLabelText("Password"), "annals-demo-2026{Enter}")
	await userEvent.click(await screen.findByLabelText("Digit 1 of 6"))
	await userEvent.paste("123456")
	expect(await screen.findByText("Subscription 302 has been renewed")).toBeVisible()
	expect(portal.address()).toBe("/log?category=Subscription")
})

test("too many attempts count down", async () => {
	open("/sign-in", {
		"POST /auth/login": () => ({
			status: 429,
			headers: { "Retry-After": "42" },
			body: { detail: "Too many attempts. Try again in 42 seconds." },
		}),
	})
	await userEvent.type(await screen.findByLabelText("E-mail"), "ana@harbor.example")
	await userEvent.type(screen.getByLabelText("Password"), "wrong{Enter}")
	expect(await screen.findByRole("alert")).toHaveTextContent("Too many attempts. Try again in 42 s.")
})

test("a challenge that is over leads back to the password, with the reason", async () => {
	open("/sign-in", {
		"POST /auth/login": () => ({ body: { status: "mfa_required", challenge: "c-1", methods: ["totp"] } }),
		"POST /auth/mfa/verify": () => ({
			status: 401,
			body: {
				detail: "This sign-in took too long.",
				errors: [{ location: "body.challenge", message: "This sign-in took too long." }],
			},
		}),
	})
	await userEvent.type(await screen.findByLabelText("E-mail"), "ana@harbor.example")
	await userEvent.type(screen.getByLabelText("Password"), "right{Enter}")
	await userEvent.click(await screen.findByLabelText("Digit 1 of 6"))
	await userEvent.paste("123456")
	expect(await screen.findByText("This sign-in took too long.")).toBeVisible()
	expect(screen.getByLabelText("Password")).toBeVisible()
})

test("a change of a person sends only what differs, and the revision that was seen", async () => {
	const portal = open("/people/21", {
		"GET /users/21": () => ({ body: user({ id: 21, name: "Kofi Mensah", role: "user" }) }),
		"PATCH /users/21": () => ({ body: user({ id: 21, name: "Kofi A. Mensah", revision: 4 }) }),
	})
	const name = await screen.findByLabelText("Name")
	expect(screen.getByRole("button", { name: "Save" })).toBeDisabled()
	await userEvent.clear(name)
	await userEvent.type(name, "Kofi A. Mensah")
	await userEvent.click(screen.getByRole("button", { name: "Save" }))
	await waitFor(() => expect(portal.to("PATCH /users/21")).toHaveLength(1))
	const [call] = portal.to("PATCH /users/21")
	expect(call?.body).toEqual({ name: "Kofi A. Mensah" })
	expect(call?.headers.get("If-Match")).toBe('"3"')
})

test("locking a person needs a reason", async () => {
	const portal = open("/people/21", {
		"GET /users/21": () => ({ body: user({ id: 21, name: "Kofi Mensah" }) }),
		"POST /users/21/lock": () => ({ body: user({ id: 21, state: "locked" }) }),
	})
	await userEvent.click(await screen.findByRole("button", { name: "Actions" }))
	await userEvent.click(await screen.findByRole("menuitem", { name: "Lock…" }))
	const dialog = await screen.findByRole("dialog", { name: "Lock Kofi Mensah" })
	expect(within(dialog).getByRole("button", { name: "Lock" })).toBeDisabled()
	await userEvent.type(within(dialog).getByLabelText(/Reason/), "Left the company")
	await userEvent.click(within(dialog).getByRole("button", { name: "Lock" }))
	await waitFor(() =>
		expect(portal.to("POST /users/21/lock")[0]?.body).toEqual({ reason: "Left the company" }),
	)
})

test("User log leads to that person's entries", async () => {
	const portal = open("/people/21", {
		...log,
		"GET /users/21": () => ({ body: user({ id: 21, name: "Kofi Mensah" }) }),
	})
	await userEvent.click(await screen.findByRole("button", { name: "User log" }))
	await waitFor(() => expect(portal.to("GET /events")[0]?.params.get("userId")).toBe("21"))
	expect(portal.address()).toBe("/people/21?tab=log")
})

test.each(["/nowhere", "/people/abc"])("%s is not found, inside the shell", async (address) => {
	open(address)
	expect(await screen.findByRole("heading", { name: "Not found" })).toBeVisible()
	expect(screen.getByRole("navigation", { name: "Pages" })).toBeVisible()
})

test("a page without permission is one that doesn't exist", async () => {
	open("/people", { "GET /me": () => ({ body: me({ permissions: ["events.read", "own.read"] }) }) })
	expect(await screen.findByRole("heading", { name: "Not found" })).toBeVisible()
})

test("an invitation leads through a password into the portal, and its token out of the address", async () => {
	let refused = false
	const portal = open("/invitation#t-1", {
		...log,
		"POST /auth/invitation": ({ body }) => {
			expect(body).toEqual({ token: "t-1" })
			return { body: { name: "Ivy", email: "ivy@harbor.example", organization: "Harbor Dealers" } }
		},
		"POST /auth/invitation/accept": ({ body }) => {
			if (!refused) {
				refused = true
				const message = "A password has 12 to 200 characters."
				return { status: 422, body: { detail: message, errors: [{ location: "body.password", message }] } }
			}
			expect(body).toEqual({ token: "t-1", password: "four words of wood" })
			return { body: { status: "ok", accessToken: "t", expiresIn: 300, user: user() } }
		},
	})
	expect(await screen.findByText("Welcome, Ivy")).toBeVisible()
	expect(portal.address()).toBe("/invitation")
	expect(screen.getByLabelText("E-mail")).toHaveValue("ivy@harbor.example")
	await userEvent.type(screen.getByLabelText("Password"), "short{Enter}")
	expect(await screen.findByText("A password has 12 to 200 characters.")).toBeVisible()
	expect(screen.getByLabelText("Password")).toBeInvalid()
	await userEvent.clear(screen.getByLabelText("Password"))
	await userEvent.type(screen.getByLabelText("Password"), "four words of wood{Enter}")
	expect(await screen.findByText("Subscription 302 has been renewed")).toBeVisible()
})

test("an invitation that has ended says what to do", async () => {
	open("/invitation#old", {
		"POST /auth/invitation": () => ({
			status: 401,
			body: {
				detail: "This invitation doesn't work any more.",
				errors: [{ location: "body.token", message: "This invitation doesn't work any more." }],
			},
		}),
	})
	expect(await screen.findByText("This invitation has ended")).toBeVisible()
	expect(screen.getByRole("link", { name: "I have a password already" })).toHaveAttribute("href", "/sign-in")
})

test("an organization moves after it was said what goes with it", async () => {
	const harbor = tenant({ id: 10, parentId: 2, name: "Harbor Dealers", path: "/Northwind/Harbor Dealers" })
	const quay = tenant({
		id: 20,
		parentId: 10,
		level: "reseller",
		name: "Quay",
		path: "/Northwind/Harbor Dealers/Quay",
		movable: true,
		revision: 5,
	})
	const fjord = tenant({ id: 11, parentId: 2, name: "Fjord Link", path: "/Northwind/Fjord Link" })
	const portal = open("/organization/20", {
		"GET /tenants/20": () => ({ body: quay }),
		"GET /tenants/tree": () => ({ body: { items: [harbor, quay, fjord], next: null } }),
		"GET /tenants/20/content": () => ({ body: { organizations: 0, people: 3, objects: 41, apiKeys: 1 } }),
		"POST /tenants/20/move": () => ({ body: { ...quay, parentId: 11 } }),
	})
	await userEvent.click(await screen.findByRole("button", { name: "Actions" }))
	await userEvent.click(await screen.findByRole("menuitem", { name: "Move…" }))
	await userEvent.click(await screen.findByRole("combobox", { name: /To which dealer/ }))
	expect(screen.queryByRole("option", { name: "Harbor Dealers" })).toBeNull()
	await userEvent.click(await screen.findByRole("option", { name: "Fjord Link" }))
	expect(await screen.findByText("Entries until today stay with Harbor Dealers.")).toBeVisible()
	expect(screen.getByText(/with 3 people, 41 objects, and 1 API key/)).toBeVisible()
	await userEvent.type(screen.getByLabelText(/Reason/), "Sold")
	await userEvent.click(screen.getByRole("button", { name: "Move" }))
	await waitFor(() => expect(portal.to("POST /tenants/20/move")).toHaveLength(1))
	const [call] = portal.to("POST /tenants/20/move")
	expect(call?.body).toEqual({ parentId: 11, reason: "Sold" })
	expect(call?.headers.get("If-Match")).toBe('"5"')
})
