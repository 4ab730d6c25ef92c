import { screen, waitFor, within } from "@testing-library/react"
import userEvent from "@testing-library/user-event"
import type { BulkChange, BulkLine } from "@/api/types"
import { field, kind } from "@/test/data"
import { open } from "@/test/open"

const rate = kind({
	name: "mor.rate",
	system: "mor",
	label: "Rate",
	plural: "Rates",
	fields: [
		field({ name: "tariff", label: "Tariff", type: "reference", reference: "mor.tariff", required: true }),
		field({ name: "prefix", label: "Prefix", required: true }),
		field({ name: "price", label: "Rate", type: "decimal", min: 0 }),
	],
	actions: [],
	bulk: { label: "Import from CSV", event: "mor.tariff_import", within: "tariff" },
})

const change = (more: Partial<BulkChange> = {}): BulkChange => ({
	id: 5,
	kind: "mor.rate",
	tenantId: 10,
	tenantPath: "/Northwind Telecom/Harbor Dealers",
	withinId: 9,
	withinName: "Retail",
	match: "name",
	expertMode: false,
	fileName: "rates.csv",
	sha256: "ab".repeat(32),
	importFile: "rates.csv/abababababab",
	state: "ready",
	lines: 3,
	progress: 3,
	creates: 1,
	changes: 1,
	same: 1,
	bad: 0,
	error: "",
	createdBy: "Ana Silva",
	createdAt: "2026-07-20T13:03:22.184000Z",
	finishedAt: null,
	...more,
})

const line = (more: Partial<BulkLine>): BulkLine => ({
	n: 1,
	line: 2,
	state: "create",
	objectId: null,
	name: "47",
	column: "",
	reason: "",
	changes: [],
	...more,
})

const catalog = {
	"GET /catalog": () => ({
		body: { systems: [{ name: "mor", label: "MOR", kinds: [rate], events: [] }], classes: [], states: [] },
	}),
	"GET /tenants/tree": () => ({ body: { items: [] } }),
	"GET /bulk": () => ({ body: { items: [], next: null } }),
}

test("a file is given in for one tariff, and what is wrong with it stands at the file", async () => {
	let tries = 0
	const portal = open("/objects/mor.rate/bulk?within=9", {
		...catalog,
		"GET /objects/mor.tariff/9": () => ({
			body: { id: 9, name: "Retail", kindLabel: "Tariff", externalId: "9" },
		}),
		"POST /objects/mor.rate/bulk": () => {
			tries += 1
			if (tries > 1) return { status: 202, body: { id: 5 } }
			const message = "The file has a header and no lines."
			return {
				status: 422,
				body: { status: 422, detail: message, errors: [{ location: "body.file", message }] },
			}
		},
		"GET /bulk/5": () => ({ body: change() }),
		"GET /bulk/5/lines": () => ({ body: { items: [], next: null } }),
	})
	const preview = await screen.findByRole("button", { name: "Preview" })
	expect(preview).toBeDisabled()
	expect(screen.getByRole("combobox", { name: /Tariff/ })).toHaveValue("Retail")
	expect(screen.getByRole("row", { name: /prefix Prefix text, required/ })).toBeVisible()
	expect(screen.queryByRole("row", { name: /tariff/ })).toBeNull()
	await userEvent.upload(screen.getByLabelText(/CSV file/), new File(["prefix\n"], "rates.csv"))
	await userEvent.click(preview)
	expect(await screen.findByText("The file has a header and no lines.")).toBeVisible()
	await userEvent.upload(screen.getByLabelText(/CSV file/), new File(["prefix\n47\n"], "rates.csv"))
	await userEvent.click(screen.getByRole("button", { name: "Preview" }))
	await waitFor(() => expect(portal.address()).toBe("/objects/mor.rate/bulk/5"))
	const sent = portal.to("POST /objects/mor.rate/bulk")[1]?.body
	expect(
		sent instanceof FormData &&
			[...sent.entries()].map(([key, value]) => (key === "file" ? key : [key, value])),
	).toEqual([["withinId", "9"], ["match", "name"], "file"])
})

test("bad lines come first, with their reasons, and nothing can be applied", async () => {
	const portal = open("/objects/mor.rate/bulk/5", {
		...catalog,
		"GET /bulk/5": () => ({ body: change({ bad: 2 }) }),
		"GET /bulk/5/lines": ({ params }) => ({
			body: {
				items:
					params.get("state") === "bad"
						? [line({ state: "bad", line: 7, name: "", column: "price", reason: "Rate must be a number" })]
						: [],
				next: null,
			},
		}),
	})
	expect(await screen.findByText("Rate must be a number")).toBeVisible()
	expect(
		screen.getByText("Nothing is changed while a line is bad: mend them in the file and upload it again."),
	).toBeVisible()
	expect(screen.queryByRole("button", { name: /Apply/ })).toBeNull()
	expect(screen.getByRole("link", { name: "Upload again" })).toHaveAttribute(
		"href",
		"/objects/mor.rate/bulk?within=9",
	)
	expect(portal.to("GET /bulk/5/lines")[0]?.params.get("state")).toBe("bad")
})

test("it is applied with a reason, goes on by itself, and ends at its entries", async () => {
	let state: BulkChange["state"] = "ready"
	let looks = 0
	const portal = open("/objects/mor.rate/bulk/5", {
		...catalog,
		"GET /bulk/5": () => {
			if (state === "applying" && looks++ > 0) state = "done"
			return { body: change({ state, progress: state === "applying" ? 1 : 3 }) }
		},
		"GET /bulk/5/lines": () => ({
			body: { items: [line({ changes: [{ field: "price", old: "", new: "0.05" }] })], next: null },
		}),
		"POST /bulk/5/apply": () => {
			state = "applying"
			return { status: 202, body: { id: 5 } }
		},
	})
	expect(await screen.findByText("Rate 0.05")).toBeVisible()
	await userEvent.click(screen.getByRole("button", { name: "Apply 2 lines…" }))
	const dialog = await screen.findByRole("dialog")
	await userEvent.type(within(dialog).getByRole("textbox", { name: "Reason" }), "New prices")
	await userEvent.click(within(dialog).getByRole("button", { name: "Apply" }))
	expect(await screen.findByText(/Applied: 1 of 3 lines/)).toBeVisible()
	expect(portal.to("POST /bulk/5/apply")[0]?.body).toEqual({ reason: "New prices" })
	expect(
		await screen.findByText(/1 created, 1 changed, 1 unchanged/, undefined, { timeout: 4000 }),
	).toBeVisible()
	expect(screen.getByRole("link", { name: "Entries in the log" })).toHaveAttribute(
		"href",
		"/log?importFile=rates.csv%2Fabababababab",
	)
})
