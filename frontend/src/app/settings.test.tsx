import { screen, waitFor, within } from "@testing-library/react"
import userEvent from "@testing-library/user-event"
import type { Setting } from "@/api/types"
import { event, field, kind, managed } from "@/test/data"
import { open } from "@/test/open"

function setting(more: Partial<Setting> = {}): Setting {
	return {
		name: "sbc.audit_log_retention",
		label: "Audit log retention",
		tenantId: 10,
		attributes: { retention: 365 },
		fields: [
			field({
				name: "retention",
				label: "Retention",
				type: "integer",
				unit: "days",
				min: 1,
				max: 3650,
				required: true,
				help: "Nothing is deleted by it today.",
			}),
		],
		origin: "here",
		from: { level: "sales_org", label: "Sales organization", tenantId: null, name: null },
		objectId: 5,
		revision: 3,
		editable: true,
		...more,
	}
}

const retention = kind({
	name: "sbc.audit_log_retention",
	label: "Audit log retention",
	setting: true,
	fields: setting().fields,
	actions: [
		{ name: "update", label: "Edit", event: "sbc.retention_changed", reasonRequired: true },
		{ name: "delete", label: "Delete", event: "", reasonRequired: true },
	],
})

const tenantRoutes = (...settings: Setting[]) => ({
	"GET /catalog": () => ({
		body: {
			systems: [{ name: "sbc", label: "Spider", kinds: [retention], events: [] }],
			classes: [],
			states: [],
		},
	}),
	"GET /tenants/tree": () => ({ body: { items: [] } }),
	"GET /settings": () => ({ body: { items: settings } }),
})

const rules = (attributes: Record<string, unknown>) => ({
	"GET /settings/annals.reasons": () => ({
		body: setting({ name: "annals.reasons", attributes, fields: [], origin: "above" }),
	}),
})

const path = "/settings/sbc.audit_log_retention"

test("a setting says what holds, where it comes from, and what it does", async () => {
	open("/settings", tenantRoutes(setting({ origin: "above", objectId: null, revision: 0 })))
	const section = await screen.findByRole("region", { name: "Audit log retention" })
	expect(within(section).getByText("Inherited from the sales organization.")).toBeVisible()
	expect(within(section).getByText("365 days")).toBeVisible()
	expect(within(section).getByText("Nothing is deleted by it today.")).toBeVisible()
	expect(within(section).getByRole("button", { name: "Set here" })).toBeVisible()
	expect(within(section).queryByRole("link", { name: /Revisions/ })).toBeNull()
})

test("a change sends the revision that was seen; a refusal stands at its field", async () => {
	let refuse = true
	const portal = open("/settings?edit=sbc.audit_log_retention", {
		...tenantRoutes(setting()),
		[`PATCH ${path}`]: () => {
			const at = { location: "body.attributes.retention", message: "Retention is too short for the law" }
			if (refuse) return { status: 422, body: { title: "Invalid", status: 422, detail: "No.", errors: [at] } }
			return { body: setting({ revision: 4, attributes: { retention: 180 } }) }
		},
	})
	const days = await screen.findByRole("textbox", { name: /Retention/ })
	await userEvent.clear(days)
	await userEvent.type(days, "9999")
	expect(screen.getByText("Retention must be between 1 and 3650 days.")).toBeVisible()
	await userEvent.clear(days)
	await userEvent.type(days, "180")
	expect(screen.getByRole("button", { name: "Save" })).toBeDisabled()
	await userEvent.type(screen.getByRole("textbox", { name: /^Reason/ }), "Storage")
	await userEvent.click(screen.getByRole("button", { name: "Save" }))
	expect(await screen.findAllByText("Retention is too short for the law")).not.toHaveLength(0)
	expect(days).toHaveAccessibleDescription(/too short for the law/)
	refuse = false
	await userEvent.click(screen.getByRole("button", { name: "Save" }))
	await waitFor(() => expect(portal.to(`PATCH ${path}`)).toHaveLength(2))
	const [, sent] = portal.to(`PATCH ${path}`)
	expect(sent?.body).toEqual({ attributes: { retention: "180" }, reason: "Storage" })
	expect(sent?.headers.get("If-Match")).toBe('"3"')
	expect(sent?.params.get("tenantId")).toBe("10")
})

test("what is set here can be inherited again, with a reason", async () => {
	const portal = open("/settings", {
		...tenantRoutes(setting()),
		...rules({ reasons: ["Storage", "Law"], free_text: false }),
		[`DELETE ${path}`]: () => ({
			body: setting({ origin: "default", from: undefined, objectId: null, revision: 0 }),
		}),
	})
	await userEvent.click(await screen.findByRole("button", { name: "Inherit…" }))
	expect(await screen.findByRole("button", { name: "Inherit" })).toBeDisabled()
	// Only a reason from the list is taken, so there is nothing to type.
	await userEvent.click(screen.getByRole("combobox", { name: /^Reason/ }))
	await userEvent.click(await screen.findByRole("option", { name: "Law" }))
	await userEvent.click(screen.getByRole("button", { name: "Inherit" }))
	await waitFor(() => expect(portal.to(`DELETE ${path}`)[0]?.params.get("reason")).toBe("Law"))
})

test("where every change needs a reason, no form goes without one", async () => {
	open("/objects/sbc.subscription/88?edit=true", {
		...tenantRoutes(),
		...rules({ reasons: ["Storage"], free_text: true, required: true }),
		"GET /catalog": () => ({
			body: {
				systems: [{ name: "sbc", label: "Spider", kinds: [kind({ fields: [field()] })], events: [] }],
				classes: [],
				states: [],
			},
		}),
		"GET /objects/sbc.subscription/88": () => ({
			body: managed({ attributes: { name: "x" }, actions: ["update"] }),
		}),
	})
	await userEvent.type(await screen.findByRole("textbox", { name: "Name" }), "y")
	expect(await screen.findByText("Say the reason.")).toBeVisible()
	expect(screen.getByText(/Choose one, or say it in your own words/)).toBeVisible()
})

test("what lies in another system is edited there, in a new tab", async () => {
	const edit = "https://spider.example.com/edit/302"
	open("/log", {
		"GET /catalog": () => ({
			body: { systems: [{ name: "sbc", label: "Spider", kinds: [], events: [] }], classes: [], states: [] },
		}),
		"GET /events": () => ({
			body: {
				items: [event({ links: { object: "/objects/sbc.subscription/88", edit, editState: "external" } })],
				next: null,
				total: { value: 1, relation: "eq" },
			},
		}),
	})
	const link = await screen.findByRole("link", { name: "Edit in Spider" })
	expect(link).toHaveAttribute("href", edit)
	expect(link).toHaveAttribute("target", "_blank")
	expect(link.getAttribute("rel")).toContain("noopener")
})
