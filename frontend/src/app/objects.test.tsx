import { screen, waitFor, within } from "@testing-library/react"
import userEvent from "@testing-library/user-event"
import type { Kind, ObjectStub, Revision } from "@/api/types"
import { allPermissions, event, field, kind, managed, me, user } from "@/test/data"
import { open } from "@/test/open"

/** One field of every type that the catalogue has, and a secret. */
const everyType = [
	field({ name: "name", label: "Name", type: "text", required: true }),
	field({ name: "note", label: "Note", type: "multiline" }),
	field({ name: "email", label: "E-mail", type: "email" }),
	field({ name: "type", label: "Type", type: "choice", values: ["single", "group"] }),
	field({ name: "period", label: "Period", type: "integer", unit: "months", min: 1, max: 36 }),
	field({ name: "limit", label: "Limit", type: "decimal", unit: "h", min: 0 }),
	field({ name: "price", label: "Price", type: "money", unit: "EUR" }),
	field({ name: "active", label: "Active", type: "boolean" }),
	field({ name: "starts", label: "Starts", type: "date" }),
	field({ name: "ends", label: "Ends", type: "time" }),
	field({ name: "owner", label: "Owner", type: "reference", reference: "sbc.user" }),
	field({ name: "members", label: "Members", type: "references", reference: "sbc.user" }),
	field({ name: "regions", label: "Regions", type: "list" }),
	field({ name: "host", label: "Host", type: "hostname" }),
	field({ name: "address", label: "Address", type: "address" }),
	field({ name: "antex", label: "ANTEX", type: "file", maxSize: 1, accept: [".atx"] }),
	field({ name: "pin", label: "PIN", type: "text", secret: true }),
]

const catalog = (...kinds: Kind[]) => ({
	"GET /catalog": () => ({
		body: {
			systems: [
				{
					name: "sbc",
					label: "Spider Business Center",
					kinds,
					events: [{ name: "sbc.subscription_expired", label: "Expired", state: "expiration" }],
				},
			],
			classes: [],
			states: [],
		},
	}),
	"GET /tenants/tree": () => ({ body: { items: [] } }),
})

const life = kind({
	fields: [
		field({ name: "quota", label: "Quota", type: "decimal", unit: "h", required: true }),
		field({ name: "note", label: "Note", type: "text" }),
		field({ name: "pin", label: "PIN", secret: true }),
		field({ name: "root", label: "Root path", expert: true }),
	],
	states: ["pending", "active", "expired"],
	actions: [
		{ name: "update", label: "Edit", event: "sbc.subscription_modified" },
		{
			name: "renew",
			label: "Renew",
			from: ["active"],
			to: "active",
			event: "sbc.subscription_renewed",
			input: [field({ name: "quota", label: "Quota", type: "decimal", unit: "h", required: true })],
		},
		{ name: "expire", label: "End", from: ["active"], to: "expired", event: "sbc.subscription_expired" },
		{ name: "delete", label: "Delete", event: "sbc.subscription_deletion", reasonRequired: true },
	],
})

const subscription = (more: Partial<ObjectStub> = {}) =>
	managed({
		attributes: { quota: "500", note: "first", pin: "changed (0a1b2c3d)" },
		actions: ["update", "delete", "renew", "expire"],
		...more,
	})

const at = "/objects/sbc.subscription/88"
const stale = {
	status: 412,
	body: { title: "Precondition Failed", status: 412, detail: "There is revision 8 by now." },
}

/** Puts a text into a field at once: a form of all types is slow to type into letter by letter. */
async function fill(name: string, text: string) {
	await userEvent.click(screen.getByRole("textbox", { name }))
	await userEvent.paste(text)
}

test("the form of a kind has an input for every type of field, and sends what was typed", async () => {
	const portal = open("/objects/sbc.subscription/new", {
		...catalog(kind({ fields: everyType })),
		"GET /objects/sbc.user": ({ params }) => ({
			body: {
				items: [
					managed({ id: 5, kind: "sbc.user", name: "Fjord Survey" }),
					managed({ id: 6, kind: "sbc.user", name: "Fjell Survey" }),
				].filter(({ name }) => name.toLowerCase().startsWith(params.get("q") ?? "-")),
				next: null,
			},
		}),
		"POST /files": () => ({
			status: 201,
			body: { ref: 3, name: "igs20.atx", size: 3, sha256: "ab".repeat(32) },
		}),
		"POST /objects/sbc.subscription": () => ({ status: 201, body: managed({ revision: 1 }) }),
		[`GET ${at}`]: () => ({ body: managed({ revision: 1 }) }),
	})
	const create = await screen.findByRole("button", { name: "Create" })
	expect(create).toBeDisabled()
	const antex = screen.getByLabelText("ANTEX")
	expect(antex).toHaveAccessibleDescription(".atx. At most 1 MiB.")
	await userEvent.upload(antex, new File([new Uint8Array(1024 * 1024 + 1)], "large.atx"))
	expect(screen.getByText("ANTEX is larger than 1 MiB")).toBeVisible()
	await userEvent.upload(antex, new File(["igs"], "igs20.atx"))
	expect(await screen.findByRole("button", { name: "Take igs20.atx away" })).toBeVisible()

	await fill("Name", "NRTK Nordic")
	await userEvent.type(screen.getByRole("textbox", { name: "Note" }), "two{Enter}lines")
	await fill("E-mail", "post@fjord.example")
	await userEvent.click(screen.getByRole("combobox", { name: "Type" }))
	await userEvent.click(await screen.findByRole("option", { name: "group" }))
	await fill("Period", "99")
	expect(screen.getByText("Period must be between 1 and 36 months")).toBeVisible()
	expect(create).toBeDisabled()
	await userEvent.clear(screen.getByRole("textbox", { name: "Period" }))
	await fill("Period", "12")
	await fill("Limit", "500.125")
	await fill("Price", "12345678901234.10")
	await userEvent.click(screen.getByRole("switch", { name: "Active" }))
	await fill("Starts", "2026-03-01")
	// A day alone begins at midnight in the viewer's zone: summer time in Lisbon is an hour ahead.
	await fill("Ends", "2026-07-01")
	await userEvent.type(screen.getByRole("combobox", { name: "Owner" }), "fjo")
	await userEvent.click(await screen.findByRole("option", { name: /Fjord Survey/ }))
	const members = screen.getByRole("combobox", { name: "Members" })
	await userEvent.type(members, "fje")
	await userEvent.click(await screen.findByRole("option", { name: /Fjell Survey/ }))
	await userEvent.type(members, "fj")
	await userEvent.click(await screen.findByRole("option", { name: /Fjord Survey/ }))
	await userEvent.type(screen.getByRole("combobox", { name: "Regions" }), "Agder{Enter}Rogaland{Enter}")
	await fill("Host", "xpos.example.com")
	await fill("Address", "198.51.100.7")
	const pin = screen.getByLabelText("PIN")
	expect(pin).toHaveAttribute("type", "password")
	await userEvent.type(pin, "4711")
	await fill("Reason", "New contract")
	await userEvent.click(create)

	await waitFor(() => expect(portal.address()).toBe(at))
	expect(portal.to("POST /objects/sbc.subscription")[0]?.body).toEqual({
		tenantId: 10,
		reason: "New contract",
		attributes: {
			name: "NRTK Nordic",
			note: "two\nlines",
			email: "post@fjord.example",
			type: "group",
			period: "12",
			limit: "500.125",
			price: "12345678901234.10",
			active: true,
			starts: "2026-03-01",
			ends: "2026-06-30T23:00:00.000Z",
			owner: 5,
			members: [6, 5],
			regions: ["Agder", "Rogaland"],
			host: "xpos.example.com",
			address: "198.51.100.7",
			antex: 3,
			pin: "4711",
		},
	})
})

test("what the server says of a field stands at the field, and goes when it is typed into", async () => {
	open("/objects/sbc.subscription/new", {
		...catalog(kind({ fields: everyType })),
		"POST /objects/sbc.subscription": () => ({
			status: 422,
			body: {
				title: "Unprocessable Entity",
				status: 422,
				detail: "Host must be a host name such as xpos.example.com.",
				errors: [
					{ location: "body.attributes.host", message: "Host must be a host name such as xpos.example.com" },
				],
			},
		}),
	})
	await userEvent.type(await screen.findByRole("textbox", { name: "Name" }), "A")
	const host = screen.getByRole("textbox", { name: "Host" })
	await userEvent.type(host, "not a host")
	await userEvent.click(screen.getByRole("button", { name: "Create" }))
	await waitFor(() => expect(host).toBeInvalid())
	expect(host).toHaveAccessibleDescription(/must be a host name/)
	await userEvent.type(host, "x")
	expect(host).toBeValid()
})

test("who doesn't manage a kind is not offered to create one", async () => {
	open("/objects/sbc.subscription/new", catalog(kind({ managedBy: ["root"] })))
	expect(await screen.findByText("Administrators of your level don't create subscriptions.")).toBeVisible()
})

test("the list offers the kinds that the viewer's level manages", async () => {
	open("/objects", {
		...catalog(kind(), kind({ name: "sbc.license", label: "License", managedBy: ["root"] })),
		"GET /objects": () => ({ body: { items: [], next: null } }),
	})
	await userEvent.click(await screen.findByRole("button", { name: "New" }))
	expect(await screen.findByRole("option", { name: "Subscription" })).toBeVisible()
	expect(screen.queryByRole("option", { name: "License" })).toBeNull()
})

test("the list is asked by state and deletion, with chips as the log has them", async () => {
	const portal = open("/objects?kind=sbc.subscription", {
		...catalog(life, kind({ name: "sbc.other", label: "Other", plural: "Others", states: ["open"] })),
		"GET /objects": () => ({ body: { items: [], next: null } }),
	})
	await userEvent.click(await screen.findByRole("button", { name: "Filter" }))
	await userEvent.click(await screen.findByRole("button", { name: "State" }))
	expect(screen.queryByRole("button", { name: "Open" })).toBeNull()
	await userEvent.click(await screen.findByRole("button", { name: "Active" }))
	await userEvent.click(screen.getByRole("button", { name: "Expired" }))
	await userEvent.keyboard("{Escape}")
	await userEvent.click(screen.getByRole("button", { name: "Filter" }))
	await userEvent.click(await screen.findByRole("button", { name: "Deleted" }))
	await userEvent.click(await screen.findByRole("button", { name: "Only deleted ones" }))
	await waitFor(() => {
		const last = portal.to("GET /objects").at(-1)?.params
		expect(last?.getAll("state")).toEqual(["active", "expired"])
		expect(last?.get("deleted")).toBe("true")
	})
	expect(portal.address()).toBe("/objects?kind=sbc.subscription&state=active&state=expired&deleted=true")
	await userEvent.click(screen.getByRole("button", { name: "Remove filter State" }))
	await waitFor(() => expect(portal.address()).toBe("/objects?kind=sbc.subscription&deleted=true"))
	await userEvent.click(screen.getByRole("button", { name: "Remove filter Deleted" }))
	await waitFor(() => expect(portal.address()).toBe("/objects?kind=sbc.subscription"))
})

test("an edit sends only what differs, with the revision that was seen and the reason", async () => {
	const portal = open(`${at}?edit=true`, {
		...catalog(life),
		[`GET ${at}`]: () => ({ body: subscription() }),
		[`PATCH ${at}`]: () => ({ body: subscription({ revision: 8 }) }),
	})
	const save = await screen.findByRole("button", { name: "Save" })
	expect(save).toBeDisabled()
	expect(screen.getByText("Nothing has been changed.")).toBeVisible()
	const root = screen.getByRole("textbox", { name: "Root path" })
	expect(root).toBeDisabled()
	await userEvent.click(screen.getByRole("button", { name: "More" }))
	await userEvent.click(screen.getByRole("switch", { name: /^Expert mode/ }))
	expect(root).toBeEnabled()
	const quota = screen.getByRole("textbox", { name: "Quota" })
	await userEvent.clear(quota)
	expect(screen.getByText("Quota is required.")).toBeVisible()
	await userEvent.type(quota, "600")
	await userEvent.click(screen.getByRole("button", { name: "Remove" }))
	await userEvent.type(screen.getByRole("textbox", { name: "Reason" }), "Renewal")
	await userEvent.click(save)
	await waitFor(() => expect(portal.address()).toBe(at))
	const sent = portal.to(`PATCH ${at}`)[0]
	expect(sent?.headers.get("If-Match")).toBe('"7"')
	expect(sent?.body).toEqual({
		attributes: { quota: "600", pin: null },
		reason: "Renewal",
		expertMode: true,
	})
})

test("unsaved changes are asked about when another tab is opened", async () => {
	const portal = open(`${at}?edit=true`, {
		...catalog(life),
		[`GET ${at}`]: () => ({ body: subscription() }),
	})
	await userEvent.type(await screen.findByRole("textbox", { name: "Note" }), "!")
	await userEvent.click(screen.getByRole("tab", { name: /Revisions/ }))
	await userEvent.click(await screen.findByRole("button", { name: "Stay" }))
	expect(portal.address()).toBe(`${at}?edit=true`)
	expect(screen.getByRole("textbox", { name: "Note" })).toHaveValue("first!")
})

test("two edits meet: both values are shown, and the person chooses for each field", async () => {
	const theirs = subscription({
		revision: 8,
		attributes: { quota: "550", note: "theirs", pin: "changed (0a1b2c3d)" },
	})
	let now = subscription()
	const portal = open(`${at}?edit=true`, {
		...catalog(life),
		[`GET ${at}`]: () => ({ body: now }),
		[`PATCH ${at}`]: ({ headers }) =>
			headers.get("If-Match") === '"8"' ? { body: subscription({ revision: 9 }) } : stale,
	})
	const quota = await screen.findByRole("textbox", { name: "Quota" })
	await userEvent.clear(quota)
	await userEvent.type(quota, "600")
	const note = screen.getByRole("textbox", { name: "Note" })
	await userEvent.clear(note)
	await userEvent.type(note, "mine")
	now = theirs
	await userEvent.click(screen.getByRole("button", { name: "Save" }))

	const dialog = await screen.findByRole("dialog", { name: /was changed in the meantime/ })
	const line = (name: string) => within(within(dialog).getByRole("row", { name: new RegExp(`^${name}`) }))
	for (const value of ["500 h", "550 h", "600 h"]) expect(line("Quota").getByText(value)).toBeVisible()
	for (const value of ["first", "theirs", "mine"]) expect(line("Note").getByText(value)).toBeVisible()
	await userEvent.click(line("Note").getByRole("radio", { name: "Theirs" }))
	await userEvent.click(within(dialog).getByRole("button", { name: "Save my choice" }))
	await waitFor(() => expect(portal.address()).toBe(at))
	const sent = portal.to(`PATCH ${at}`)
	expect(sent.map(({ headers }) => headers.get("If-Match"))).toEqual(['"7"', '"8"'])
	expect(sent[1]?.body).toEqual({ attributes: { quota: "600" } })
})

test("theirs can be taken whole", async () => {
	let now = subscription()
	const portal = open(`${at}?edit=true`, {
		...catalog(life),
		[`GET ${at}`]: () => ({ body: now }),
		[`PATCH ${at}`]: () => stale,
	})
	await userEvent.type(await screen.findByRole("textbox", { name: "Note" }), "!")
	now = subscription({ revision: 8, attributes: { quota: "550", note: "theirs" } })
	await userEvent.click(screen.getByRole("button", { name: "Save" }))
	await userEvent.click(await screen.findByRole("button", { name: "Take all of theirs" }))
	await waitFor(() => expect(portal.address()).toBe(at))
	expect(await screen.findByText("theirs")).toBeVisible()
	expect(screen.getByText("550 h")).toBeVisible()
	expect(portal.to(`PATCH ${at}`)).toHaveLength(1)
})

test("the page offers what the answer says can be done, and a secret is only set", async () => {
	open(at, { ...catalog(life), [`GET ${at}`]: () => ({ body: subscription() }) })
	expect(await screen.findByRole("button", { name: "Renew…" })).toBeVisible()
	expect(screen.getByRole("button", { name: "Edit" })).toBeVisible()
	expect(screen.getByText("set")).toBeVisible()
	expect(screen.queryByText(/0a1b2c3d/)).toBeNull()
	// What ends something is a step further away.
	expect(screen.queryByRole("button", { name: "End…" })).toBeNull()
	await userEvent.click(screen.getByRole("button", { name: "More actions" }))
	expect(await screen.findByRole("menuitem", { name: "End…" })).toBeVisible()
	expect(screen.getByRole("menuitem", { name: "Delete…" })).toBeVisible()
})

test("another state has other actions, and none where the viewer may only look", async () => {
	open(at, {
		...catalog(life),
		[`GET ${at}`]: () => ({ body: subscription({ state: "expired", actions: [], editState: "forbidden" }) }),
	})
	expect(await screen.findByText("You may see this, not change it.")).toBeVisible()
	for (const name of ["Renew…", "Edit", "More actions"])
		expect(screen.queryByRole("button", { name })).toBeNull()
})

test("an action asks for its inputs and sends them with the revision", async () => {
	const portal = open(at, {
		...catalog(life),
		[`GET ${at}`]: () => ({ body: subscription() }),
		[`POST ${at}/actions/renew`]: () => ({ body: subscription({ revision: 8 }) }),
	})
	await userEvent.click(await screen.findByRole("button", { name: "Renew…" }))
	const dialog = await screen.findByRole("dialog", { name: "Renew: Subscription 88" })
	const quota = within(dialog).getByRole("textbox", { name: "Quota" })
	expect(quota).toHaveValue("500")
	await userEvent.clear(quota)
	expect(within(dialog).getByRole("button", { name: "Renew" })).toBeDisabled()
	await userEvent.type(quota, "650")
	expect(within(dialog).queryByRole("textbox", { name: "Commentary" })).toBeNull()
	await userEvent.click(within(dialog).getByRole("button", { name: "More" }))
	await userEvent.type(within(dialog).getByRole("textbox", { name: "Commentary" }), "By phone")
	await userEvent.click(within(dialog).getByRole("button", { name: "Renew" }))
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull())
	expect(portal.to(`POST ${at}/actions/renew`)[0]?.body).toEqual({
		attributes: { quota: "650" },
		commentary: "By phone",
	})
	expect(portal.to(`POST ${at}/actions/renew`)[0]?.headers.get("If-Match")).toBe('"7"')
})

test("an action on what was changed meanwhile shows the change before it is done all the same", async () => {
	let now = subscription()
	const portal = open(at, {
		...catalog(life),
		[`GET ${at}`]: () => ({ body: now }),
		[`POST ${at}/actions/renew`]: ({ headers }) =>
			headers.get("If-Match") === '"8"' ? { body: subscription({ revision: 9 }) } : stale,
	})
	await userEvent.click(await screen.findByRole("button", { name: "Renew…" }))
	now = subscription({ revision: 8, attributes: { quota: "550", note: "first" } })
	await userEvent.click(await screen.findByRole("button", { name: "Renew" }))
	expect(await screen.findByText("There is revision 8 by now")).toBeVisible()
	expect(screen.getByRole("cell", { name: "550 h" })).toBeVisible()
	await userEvent.click(screen.getByRole("button", { name: "Renew all the same" }))
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull())
	expect(portal.to(`POST ${at}/actions/renew`)).toHaveLength(2)
})

test("deleting needs the reason that the catalogue asks for", async () => {
	const portal = open(at, {
		...catalog(life),
		[`GET ${at}`]: () => ({ body: subscription() }),
		[`DELETE ${at}`]: () => ({
			body: subscription({
				revision: 8,
				deletedAt: "2026-11-20T09:00:00.000000Z",
				editState: "deleted",
				actions: ["restore"],
			}),
		}),
		[`GET ${at}/revisions/8`]: () => ({ body: revision({ revision: 8, action: "delete", deleted: true }) }),
		[`POST ${at}/restore`]: () => ({ body: subscription({ revision: 9 }) }),
	})
	await userEvent.click(await screen.findByRole("button", { name: "More actions" }))
	await userEvent.click(await screen.findByRole("menuitem", { name: "Delete…" }))
	const remove = await screen.findByRole("button", { name: "Delete" })
	expect(remove).toBeDisabled()
	await userEvent.type(screen.getByRole("textbox", { name: "Reason" }), "Ordered twice")
	await userEvent.click(remove)
	expect(await screen.findByText(/by ana.silva.*this is its last state/)).toBeVisible()
	expect(portal.to(`DELETE ${at}`)[0]?.params.get("reason")).toBe("Ordered twice")
	expect(screen.queryByRole("button", { name: "Edit" })).toBeNull()
	await userEvent.click(screen.getByRole("button", { name: "Restore…" }))
	await userEvent.click(await screen.findByRole("button", { name: "Restore" }))
	await waitFor(() => expect(portal.to(`POST ${at}/restore`)[0]?.body).toEqual({ revision: 7 }))
	expect(portal.to(`POST ${at}/restore`)[0]?.headers.get("If-Match")).toBe('"8"')
})

function revision(more: Partial<Revision> = {}): Revision {
	return {
		revision: 1,
		action: "update",
		name: "Subscription 88",
		state: "active",
		attributes: { quota: "500", note: "first" },
		deleted: false,
		reason: "",
		commentary: "",
		onBehalfOf: "",
		actor: "ana.silva",
		madeAt: "2026-11-20T09:00:00.000000Z",
		...more,
	}
}

/** Each revision at its own address. */
const revisionsAt = (all: Revision[]) =>
	Object.fromEntries(all.map((one) => [`GET ${at}/revisions/${one.revision}`, () => ({ body: one })]))

test("any two revisions can be compared, and an old one restored", async () => {
	const all = [
		revision({ revision: 3, attributes: { quota: "700", note: "first", pin: "changed (ffffffff)" } }),
		revision({
			revision: 2,
			reason: "Renewal",
			attributes: { quota: "600", note: "first", pin: "changed (0a1b2c3d)" },
		}),
		revision({ revision: 1, action: "create", state: "pending" }),
	]
	const portal = open(`${at}?tab=revisions`, {
		...catalog(life),
		[`GET ${at}`]: () => ({ body: subscription({ revision: 3 }) }),
		[`GET ${at}/revisions`]: () => ({ body: { items: all, next: null } }),
		...revisionsAt(all),
		[`POST ${at}/restore`]: () => ({ body: subscription({ revision: 4 }) }),
	})
	const table = await screen.findByRole("table", { name: "Revisions" })
	const line = within(table).getByRole("row", { name: /Renewal/ })
	expect(within(line).getByText("ana.silva")).toBeVisible()
	await userEvent.click(within(line).getByRole("button", { name: "Compare" }))
	await waitFor(() => expect(portal.address()).toBe(`${at}?tab=revisions&older=1&newer=2`))
	const panel = await screen.findByRole("complementary", { name: "Revision 1 and revision 2" })
	// Before, after, and what it is now.
	const cells = async (name: string) =>
		within(await within(panel).findByRole("row", { name: new RegExp(`^${name}`) }))
			.getAllByRole("cell")
			.map((cell) => cell.textContent)
	expect(await cells("Quota")).toEqual(["500 h", "600 h", "700 h"])
	expect(await cells("State")).toEqual(["Pending", "Active", "Active"])
	expect(await cells("PIN")).toEqual(["not set", "set (0a1b2c3d)", "set (ffffffff)"])
	expect(within(panel).queryByRole("row", { name: /^Note/ })).toBeNull()
	await userEvent.click(within(panel).getByRole("button", { name: "Restore revision 2…" }))
	await userEvent.click(await screen.findByRole("button", { name: "Restore" }))
	await waitFor(() => expect(portal.to(`POST ${at}/restore`)[0]?.body).toEqual({ revision: 2 }))
	expect(portal.to(`POST ${at}/restore`)[0]?.headers.get("If-Match")).toBe('"3"')
})

test("an entry leads to the form of its object, and shows it before, after and now", async () => {
	open("/events/100", {
		...catalog(life),
		[`GET ${at}`]: () => ({
			body: subscription({ revision: 9, attributes: { quota: "600", note: "third", region: "Tyrol" } }),
		}),
		...revisionsAt([
			revision({ revision: 6, attributes: { quota: "500", note: "first", region: "Tyrol" } }),
			revision({ revision: 7, attributes: { quota: "600", note: "first", region: "Tyrol" } }),
		]),
		"GET /events/100": () => ({
			body: event({
				object: { kind: "sbc.subscription", id: "88", name: "Subscription 88", ref: 88, revision: "7" },
				links: { object: at, edit: `${at}?edit=true`, editState: "editable" },
			}),
		}),
		"GET /events/100/related": () => ({ body: { items: [] } }),
		"GET /events/100/neighbours": () => ({ body: { previous: null, next: null } }),
	})
	expect(await screen.findByRole("link", { name: "Open and edit" })).toHaveAttribute(
		"href",
		`${at}?edit=true`,
	)
	const moments = screen.getByRole("region", { name: "Before, after and now" })
	const cells = async (field: string) =>
		within(await within(moments).findByRole("row", { name: new RegExp(`^${field}`) })).getAllByRole("cell")
	const quota = await cells("Quota")
	expect(quota.map((cell) => cell.textContent)).toEqual(["500 h", "600 h", "600 h"])
	expect(within(moments).getByText("600 h", { selector: "mark" })).toBe(quota[1]?.firstChild)
	expect((await cells("Note")).map((cell) => cell.textContent)).toEqual(["first", "first", "third"])
	expect(within(moments).queryByRole("row", { name: /^PIN/ })).toBeNull()
	await userEvent.click(within(moments).getByRole("button", { name: "All fields" }))
	expect((await cells("PIN")).map((cell) => cell.textContent)).toEqual(["not set", "not set", "not set"])
	expect(within(moments).getByRole("link", { name: "Revisions (9)" })).toHaveAttribute(
		"href",
		`${at}?tab=revisions&older=6&newer=7`,
	)
})

test("an entry about what was deleted since says who deleted it, and shows its last state", async () => {
	open("/events/100", {
		...catalog(life),
		[`GET ${at}`]: () => ({
			body: subscription({
				revision: 2,
				deletedAt: "2026-11-20T09:00:00.000000Z",
				editState: "deleted",
				actions: ["restore"],
			}),
		}),
		...revisionsAt([revision(), revision({ revision: 2, action: "delete", deleted: true, reason: "Twice" })]),
		"GET /events/100": () => ({
			body: event({
				object: { kind: "sbc.subscription", id: "88", name: "Subscription 88", ref: 88, revision: "1" },
				links: { object: at, edit: null, editState: "deleted" },
			}),
		}),
		"GET /events/100/related": () => ({ body: { items: [] } }),
		"GET /events/100/neighbours": () => ({ body: { previous: null, next: null } }),
	})
	expect(await screen.findByText(/by ana.silva \(Twice\); this is its last state/)).toBeVisible()
	expect(screen.getByRole("link", { name: "Open the object" })).toHaveAttribute("href", at)
	expect(screen.queryByRole("link", { name: "Open and edit" })).toBeNull()
})

test("what its own system keeps has no form and no revisions here", async () => {
	open(at, {
		...catalog(life),
		"GET /me": () => ({ body: me() }),
		[`GET ${at}`]: () => ({
			body: subscription({ managed: false, editState: "external", actions: [], revision: 0 }),
		}),
		"GET /events": () => ({ body: { items: [], next: null, total: { value: 0, relation: "eq" } } }),
	})
	expect(await screen.findByText(/Spider Business Center keeps this/)).toBeVisible()
	expect(screen.queryByRole("tab")).toBeNull()
})

test("who may says on whose behalf; a refusal of it opens what was folded", async () => {
	const people = { items: [user({ id: 21, name: "Chen Wei" })], next: null }
	const portal = open(at, {
		...catalog(life),
		[`GET ${at}`]: () => ({ body: subscription() }),
		"GET /users": () => ({ body: people }),
		[`POST ${at}/actions/expire`]: () => ({
			status: 422,
			body: {
				title: "Unprocessable Entity",
				status: 422,
				detail: "There is no user 21.",
				errors: [{ location: "body.onBehalfOf", message: "There is no user 21." }],
			},
		}),
	})
	await userEvent.click(await screen.findByRole("button", { name: "More actions" }))
	await userEvent.click(await screen.findByRole("menuitem", { name: "End…" }))
	const dialog = within(await screen.findByRole("dialog"))
	await userEvent.click(dialog.getByRole("button", { name: "More" }))
	await userEvent.type(dialog.getByRole("combobox", { name: "On behalf of" }), "chen")
	await userEvent.click(await screen.findByRole("option", { name: /Chen Wei/ }))
	await userEvent.click(dialog.getByRole("button", { name: "More" }))
	await userEvent.click(dialog.getByRole("button", { name: "End" }))
	await waitFor(() =>
		expect(portal.to(`POST ${at}/actions/expire`)[0]?.body).toEqual({ attributes: {}, onBehalfOf: 21 }),
	)
	expect(await dialog.findByRole("combobox", { name: "On behalf of" })).toBeInvalid()
})

test("who may not act on behalf of others isn't asked", async () => {
	open(`${at}?edit=true`, {
		...catalog(life),
		"GET /me": () => ({
			body: me({ permissions: allPermissions.filter((one) => one !== "objects.on_behalf") }),
		}),
		[`GET ${at}`]: () => ({ body: subscription() }),
	})
	await userEvent.click(await screen.findByRole("button", { name: "More" }))
	expect(screen.getByRole("textbox", { name: "Commentary" })).toBeVisible()
	expect(screen.queryByRole("combobox", { name: "On behalf of" })).toBeNull()
})

test("members are links in the order of their names, many of them folded; an edit sends all that stay", async () => {
	const products = Array.from({ length: 12 }, (_, at) => ({
		ref: at + 1,
		name: `Product ${String(12 - at).padStart(2, "0")}`,
	}))
	const portal = open(at, {
		...catalog({
			...life,
			fields: [field({ name: "products", label: "Products", type: "references", reference: "sbc.product" })],
		}),
		[`GET ${at}`]: () => ({ body: subscription({ attributes: { products } }) }),
		[`PATCH ${at}`]: () => ({
			body: subscription({ attributes: { products: products.slice(1) }, revision: 8 }),
		}),
	})
	const links = async () =>
		(await screen.findAllByRole("link", { name: /^Product / })).map((link) => link.getAttribute("href"))
	expect(await links()).toHaveLength(10)
	expect((await links())[0]).toBe("/objects/sbc.product/12")
	await userEvent.click(screen.getByRole("button", { name: "and 2 more" }))
	expect(await links()).toHaveLength(12)
	await userEvent.click(screen.getByRole("button", { name: "Edit" }))
	const input = await screen.findByRole("combobox", { name: "Products" })
	expect(screen.getByRole("button", { name: "Save" })).toBeDisabled()
	await userEvent.type(input, "{Backspace}")
	await userEvent.click(screen.getByRole("button", { name: "Save" }))
	await waitFor(() =>
		expect(portal.to(`PATCH ${at}`)[0]?.body).toEqual({
			attributes: { products: products.slice(0, 11).map(({ ref }) => ref) },
		}),
	)
})

test("numbers are read with their units, and with how far they have come where something limits them", async () => {
	open(at, {
		...catalog({
			...life,
			fields: [
				field({ name: "used", label: "Used", type: "decimal", unit: "h" }),
				field({ name: "most", label: "Most", type: "decimal", unit: "h" }),
				field({ name: "price", label: "Price", type: "money", unit: "EUR" }),
				field({ name: "angle", label: "Angle", type: "decimal", unit: "°" }),
				field({ name: "kept", label: "Kept", type: "integer", unit: "days" }),
			],
			limits: [{ field: "used", above: "most", action: "expire" }],
		}),
		[`GET ${at}`]: () => ({
			body: subscription({
				attributes: { used: "412", most: "500.0", price: "-12499.1234", angle: "10", kept: 1 },
			}),
		}),
	})
	const meter = await screen.findByRole("meter", { name: "Used of Most" })
	expect(meter).toHaveAttribute("value", "412")
	for (const text of ["412 of 500.0 h", "-12,499.1234 EUR", "10°", "1 day"])
		expect(screen.getByText(text)).toBeVisible()
})
