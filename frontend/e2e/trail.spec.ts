import { type APIRequestContext, expect, type Page, test } from "@playwright/test"
import type { Event, Page as ListPage, ObjectStub, Tenant, User } from "@/api/types"
import { asking, changing, drawer, rows, signIn } from "./portal"

/** The ways between an entry and the thing that it is about. */

/** Entries are sealed a moment after their change. */
async function entryOf(request: APIRequestContext, person: string, question: string): Promise<Event> {
	const ask = await asking(request, person)
	let found: Event | undefined
	await expect(async () => {
		found = (await ask<ListPage<Event>>(`/events?limit=1&${question}`)).items[0]
		expect(found).toBeDefined()
	}).toPass()
	if (!found) throw new Error("cannot happen: the poll has found it")
	return found
}

const moments = (page: Page) => page.getByRole("region", { name: "Before, after and now" })
const cells = (page: Page, field: string) =>
	moments(page)
		.getByRole("row", { name: new RegExp(`^${field}`) })
		.getByRole("cell")

test("an entry shows its object before, after and now, also when it is gone, and leads to its form", async ({
	page,
	request,
}) => {
	const act = await changing(request, "dealer")
	const kind = "/objects/mor.dialplan"
	const name = `plan ${Date.now()}`
	const made = await act<ObjectStub>("POST", kind, { attributes: { name } })
	const at = `${kind}/${made.id}`
	await act("PATCH", at, { attributes: { name: `${name} two` } }, 1)
	await act("PATCH", at, { attributes: { name: `${name} three` } }, 2)
	const question = `objectKind=mor.dialplan&objectRef=${made.id}&order=id`
	const created = await entryOf(request, "dealer", question)
	const second = await entryOf(request, "dealer", `${question}&idAfter=${created.id}`)

	await signIn(page, "dealer", `/log?event=${second.id}`)
	await expect(cells(page, "Name").first()).toHaveText(name)
	expect(await cells(page, "Name").allInnerTexts()).toEqual([name, `${name} two`, `${name} three`])
	await expect(moments(page).locator("mark").first()).toHaveText(`${name} two`)

	await drawer(page).getByRole("link", { name: "Open and edit" }).click()
	await expect(page).toHaveURL(new RegExp(`${at}\\?edit=true`))
	await expect(page.getByLabel("Name")).toBeFocused()
	await page.keyboard.press("Escape")
	await expect(page.getByLabel("Name")).not.toBeFocused()
	await page.keyboard.press("Escape")
	await expect(page.getByRole("region", { name: "Edit" })).toBeHidden()
	await page.keyboard.press("e")
	await expect(page.getByLabel("Name")).toBeFocused()
	await page.keyboard.press("Escape")
	await page.keyboard.press("Escape")
	await page.getByRole("button", { name: "Object log" }).click()
	await expect(rows(page)).toHaveCount(3)

	await page.getByRole("button", { name: "More actions" }).click()
	await page.getByRole("menuitem", { name: "Delete…" }).click()
	await page.getByRole("dialog").getByRole("combobox", { name: "Reason" }).fill("Replaced by another")
	await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click()
	await expect(page.getByText("Delete: done.")).toBeVisible()

	// An old entry still leads to it, as it was last; nothing can be edited, but it can be restored.
	await page.goto(`/events/${created.id}`)
	await expect(moments(page)).toContainText(/by kofi\.mensah \(Replaced by another\); this is its last state/)
	await expect(page.getByRole("link", { name: "Open and edit" })).toHaveCount(0)
	await page.getByRole("link", { name: "Open the object" }).click()
	await expect(page.getByText(/this is its last state/)).toBeVisible()
	await expect(page.getByText(`${name} three`).first()).toBeVisible()
	await expect(page.getByRole("button", { name: "Edit" })).toHaveCount(0)
	await page.getByRole("button", { name: "Restore…" }).click()
	await page.getByRole("dialog").getByRole("combobox", { name: "Reason" }).fill("It was needed after all")
	await page.getByRole("dialog").getByRole("button", { name: "Restore" }).click()
	await expect(page.getByRole("button", { name: "Edit" })).toBeVisible()
})

test("a deleted person and a deleted organization open from their entries as they were last", async ({
	page,
	request,
}) => {
	const act = await changing(request, "dealer")
	const { items } = await act<ListPage<Tenant>>("GET", "/tenants?q=Harbor%20Dealers")
	const harbor = items[0]?.id
	const name = `Short Lived ${Date.now()}`
	const tenant = await act<Tenant>("POST", "/tenants", { parentId: harbor, name })
	const person = await act<User>("POST", "/users", {
		tenantId: harbor,
		email: `short.lived.${Date.now()}@demo.annals.example`,
		name: "short.lived",
		role: "auditor",
	})
	await act("DELETE", `/tenants/${tenant.id}?reason=Never%20opened`)
	await act("DELETE", `/users/${person.id}?reason=Left`)
	const about = (kind: string, id: number) => `objectKind=annals.${kind}&objectRef=${id}&order=id`
	const opened = await entryOf(request, "dealer", about("tenant", tenant.id))
	const joined = await entryOf(request, "dealer", about("user", person.id))

	await signIn(page, "dealer", `/events/${opened.id}`)
	await page.getByRole("link", { name: "Open the object" }).click()
	await expect(page.getByRole("heading", { name })).toBeVisible()
	await expect(page.getByText(/by kofi\.mensah \(Never opened\); this is its last state/)).toBeVisible()
	await expect(rows(page)).toHaveCount(2)

	await page.goto(`/events/${joined.id}`)
	await page.getByRole("link", { name: "Open the object" }).click()
	await expect(page.getByText(/by kofi\.mensah \(Left\); this is its last state/)).toBeVisible()
	await expect(page.getByRole("button", { name: "Save" })).toHaveCount(0)
	await expect(page.getByText("Auditor").first()).toBeVisible()
})

test("one click leads to the log of a person, an object, an organization and a key", async ({
	page,
	request,
}) => {
	const act = await changing(request, "dealer")
	const { items } = await act<ListPage<Tenant>>("GET", "/tenants?q=Harbor%20Dealers")
	const key = `walk ${Date.now()}`
	await act("POST", "/api-keys", { tenantId: items[0]?.id, name: key, scopes: ["read"] })

	await signIn(page, "dealer", "/people?q=kofi.mensah")
	await page.getByRole("link", { name: "User log of kofi.mensah" }).click()
	await expect(page).toHaveURL(/\/people\/\d+\?tab=log/)
	await expect(rows(page).first()).toBeVisible()
	const actors = async () => new Set(await rows(page).getByRole("cell").nth(1).allInnerTexts())
	await page.getByText("What they did").click()
	await expect(page).toHaveURL(/as=actor/)
	await expect.poll(async () => [...(await actors())]).toEqual(["kofi.mensah"])
	await page.getByText("What was done to them").click()
	await expect(page).toHaveURL(/as=concerned/)
	await expect.poll(async () => (await actors()).has("kofi.mensah")).toBe(false)

	await page.goto("/objects?kind=mor.device")
	await page
		.getByRole("link", { name: /^Object log of / })
		.first()
		.click()
	await expect(rows(page).first()).toBeVisible()

	await page.goto("/organization")
	await page.getByRole("button", { name: "Organization log" }).click()
	await expect(rows(page).first()).toBeVisible()

	await page.goto("/settings/api-keys")
	await page.getByRole("link", { name: `Log of the key ${key}` }).click()
	await expect(rows(page)).toHaveCount(1)
	await rows(page).first().getByRole("link", { name: "Open and edit" }).click()
	await expect(page).toHaveURL(/\/settings\/api-keys\?key=\d+/)
	await expect(page.locator("[data-selected]")).toContainText(key)
})

test("every entry on the screen leads somewhere, or says why not", async ({ page }) => {
	await signIn(page, "org")
	await expect(rows(page).first()).toBeVisible()
	for (const row of await rows(page).all()) {
		const last = row.getByRole("cell").last()
		const link = last.getByRole("link")
		const reason = last.getByRole("img")
		const without = (await row.innerText()).match(/Import|Export/) !== null
		expect((await link.count()) + (await reason.count()), await row.innerText()).toBe(without ? 0 : 1)
	}
})
