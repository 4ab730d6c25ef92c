import { readFileSync } from "node:fs"
import { expect, type Page, test } from "@playwright/test"
import type { Event, Page as ListPage } from "@/api/types"
import { asking, drawer, entries, rows, searchBox, signIn } from "./portal"

test("a dealer finds an entry, and the address keeps the question", async ({ page }) => {
	await signIn(page, "dealer")
	const all = await entries(page)
	await searchBox(page).fill("Subscription 42")
	await expect(page).toHaveURL(/q=Subscription(\+|%20)42/)
	await expect.poll(() => entries(page)).toBeLessThan(all)
	await expect(rows(page).first()).toContainText("Subscription 42")
	const found = await entries(page)

	await page.getByRole("button", { name: "Filter", exact: true }).click()
	await page.getByRole("button", { name: "State", exact: true }).click()
	await page
		.getByRole("dialog")
		.getByRole("button", { name: /^Creation/ })
		.click()
	await page.keyboard.press("Escape")
	await expect(page.getByRole("button", { name: "State: Creation" })).toBeVisible()
	await expect(page).toHaveURL(/state=creation/)
	await expect.poll(() => entries(page)).toBeLessThan(found)
	const both = await entries(page)

	await page.reload()
	await expect(page.getByRole("button", { name: "State: Creation" })).toBeVisible()
	await expect(searchBox(page)).toHaveValue("Subscription 42")
	await expect.poll(() => entries(page)).toBe(both)

	await page.goBack()
	await expect(page.getByRole("button", { name: "State: Creation" })).toBeHidden()
	await expect.poll(() => entries(page)).toBe(found)
	await page.goForward()
	await page.getByRole("button", { name: "Remove filter State" }).click()
	await expect.poll(() => entries(page)).toBe(found)
})

test("an entry leads to its object, and what is changed there is the next entry", async ({ page }) => {
	const [person, renamed] = ["zoë.krüger", `zoë.krüger-lindqvist ${Date.now()}`]
	await signIn(page, "dealer", `/log?object=${encodeURIComponent(person)}&system=annals`)
	await rows(page).nth(1).getByRole("link").first().click()
	await expect(page).toHaveURL(/event=\d+/)
	const entry = page.url()
	await page.keyboard.press("j")
	await expect(page).not.toHaveURL(entry)
	await page.keyboard.press("k")
	await expect(page).toHaveURL(entry)

	await drawer(page).getByRole("link", { name: "Open and edit" }).click()
	await expect(page).toHaveURL(/\/people\/\d+/)
	const name = page.getByLabel("Name")
	const before = await name.inputValue()
	expect(before).toContain(person)
	await expect(page.getByRole("button", { name: "Save" })).toBeDisabled()
	await name.fill(renamed)
	await page.getByRole("button", { name: "Save" }).click()
	await expect(page.getByText("Saved.")).toBeVisible()

	await page.goBack()
	await expect(page).toHaveURL(entry)
	await page.keyboard.press("Escape")
	await expect(rows(page).first()).toContainText("kofi.mensah")
	await expect(rows(page).first()).toContainText(renamed)
	await rows(page).first().getByRole("link").first().click()
	const changes = drawer(page).getByRole("region", { name: "Changes" }).getByRole("row")
	await expect(changes.nth(1)).toContainText("name")
	await expect(changes.nth(1).getByRole("deletion")).toHaveText(before)
	await expect(changes.nth(1).getByRole("insertion")).toHaveText(renamed)
})

test("the list is as it was left when one comes back", async ({ page }) => {
	await signIn(page, "dealer")
	await expect(rows(page).first()).toBeVisible()
	const region = page.getByRole("region", { name: "Entries" })
	await expect(async () => {
		await region.evaluate((list) => list.scrollBy(0, 2000))
		expect(await region.evaluate((list) => list.scrollTop)).toBeGreaterThan(5000)
	}, "more entries come as one scrolls").toPass()
	const left = await region.evaluate((list) => list.scrollTop)
	await page.getByRole("link", { name: "Catalogue" }).click()
	await expect(page.getByRole("heading", { name: "Catalogue" })).toBeVisible()
	await page.goBack()
	await expect.poll(() => region.evaluate((list) => list.scrollTop)).toBe(left)
})

test("an export is exactly the filter", async ({ page, request }) => {
	// A browser that asks where to save can't be answered by a walk.
	await page.addInitScript(() => Object.assign(window, { showSaveFilePicker: undefined }))
	const ask = await asking(request, "dealer")
	const { items } = await ask<ListPage<Event>>("/events?category=Subscription&q=renew&limit=200")
	const wanted = items.map((event) => event.id).sort()
	await signIn(page, "dealer", "/log?category=Subscription&q=renew")
	expect(await entries(page)).toBe(wanted.length)

	const csv = await exported(page, /^CSV/)
	const exportedIds = [...csv.matchAll(/^(\d+),[0-9a-f-]{36},/gm)].map((line) => Number(line[1]))
	expect(exportedIds.sort()).toEqual(wanted)

	const ndjson = (await exported(page, /^NDJSON/)).trimEnd().split("\n")
	expect(ndjson.map((line): number => JSON.parse(line).id).sort()).toEqual(wanted)

	await page.goto("/log?category=Export&last=15m")
	await expect(rows(page).first(), "an export is an entry itself").toContainText("kofi.mensah")
})

async function exported(page: Page, format: RegExp): Promise<string> {
	await page.getByRole("button", { name: "Export" }).click()
	const [file] = await Promise.all([
		page.waitForEvent("download"),
		page.getByRole("menuitem", { name: format }).click(),
	])
	return readFileSync(await file.path(), "utf8")
}

test("an entry has an address of its own", async ({ page }) => {
	await signIn(page, "dealer", "/log?category=Subscription")
	await rows(page).nth(2).getByRole("link").first().click()
	await drawer(page).getByRole("link", { name: "Open as a page" }).click()
	await expect(page).toHaveURL(/\/events\/\d+$/)
	await expect(page.getByRole("heading", { name: /^Entry \d+$/ })).toBeVisible()
	await page.getByRole("button", { name: "Raw JSON" }).click()
	await expect(page.getByText('"eventId"')).toBeVisible()
	const at = page.url()
	await page.getByRole("button", { name: "Next entry" }).click()
	await expect(page).not.toHaveURL(at)
	await page.getByRole("button", { name: "Previous entry" }).click()
	await expect(page).toHaveURL(at)
})

test("an address that means nothing says so", async ({ page }) => {
	await signIn(page, "dealer", "/no/such/page")
	await expect(page.getByRole("heading", { name: "Not found" })).toBeVisible()
	await page.getByRole("link", { name: "Go to the log" }).click()
	await expect(rows(page).first()).toBeVisible()
})

test("a policy that is tightened is an entry with its reason", async ({ page, request }) => {
	const ask = await asking(request, "dealer")
	const { items } = await ask<ListPage<{ id: number }>>("/tenants?q=Pier%20Nine")
	await signIn(page, "dealer", `/organization/${items[0]?.id}`)
	await page.getByRole("radio", { name: "Required" }).check()
	await page.getByRole("combobox", { name: "Reason" }).fill("The insurer asks for it")
	await page.getByRole("button", { name: "Save" }).click()
	await expect(page.getByText("Required for everybody here")).toBeVisible()
	await page.getByRole("tab", { name: "Log" }).click()
	await rows(page).first().getByRole("link").first().click()
	await expect(drawer(page)).toContainText("The insurer asks for it")
	await expect(drawer(page).getByRole("region", { name: "Changes" })).toContainText("required")
})
