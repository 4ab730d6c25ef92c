import { type APIRequestContext, expect, type Page, test } from "@playwright/test"
import type { Event, Page as ListPage, Tenant, User } from "@/api/types"
import { asking, drawer, rows, searchBox, signIn } from "./portal"

const nothing = 999_999_999

/** Addresses of somebody else's things, as their owner sees them. */
async function things(request: APIRequestContext, owner: string, within = ""): Promise<string[]> {
	const ask = await asking(request, owner)
	const tenants = (await ask<{ items: Tenant[] }>("/tenants/tree")).items.filter(
		(tenant) => !within || tenant.name === within,
	)
	const paths = tenants.slice(0, 2).map((tenant) => `/organization/${tenant.id}`)
	for (const tenant of tenants.slice(0, 2)) {
		const people = await ask<ListPage<User>>(`/users?tenantId=${tenant.id}&limit=1`)
		paths.push(...people.items.map((person) => `/people/${person.id}`))
	}
	const dealer = within ? `dealerId=${tenants[0]?.id}&` : ""
	const events = (await ask<ListPage<Event>>(`/events?${dealer}limit=200`)).items
	paths.push(...events.slice(0, 1).flatMap((event) => [`/events/${event.id}`, `/log?event=${event.id}`]))
	const objects = events.flatMap((event) => event.links?.object ?? [])
	paths.push(...objects.filter((path) => path.startsWith("/objects/")).slice(0, 1))
	return paths
}

/** What a page says, without what differs from one request to the next. */
async function saying(page: Page, path: string): Promise<string> {
	await page.goto(path)
	const alert = page.getByRole("alert")
	await expect(alert, path).toContainText("Not found")
	return (await alert.innerText()).replace(/Request \S+/, "")
}

for (const [whose, owner, within] of [
	["another sales organization's", "rival", ""],
	["a sibling's", "org", "Fjord Link"],
] as const) {
	test(`to a dealer, ${whose} things are as absent as what never was`, async ({ page, request }) => {
		const paths = await things(request, owner, within)
		expect(paths.length).toBeGreaterThan(4)
		await signIn(page, "dealer")
		for (const path of paths) {
			const absent = path.replace(/\d+$/, String(nothing))
			expect(await saying(page, path), path).toBe(await saying(page, absent))
		}
	})
}

test("a dealer's search finds nothing of the rival", async ({ page }) => {
	await signIn(page, "dealer")
	for (const name of ["Meridian", "emeka.obi", "Cactus", "wanjiru.kamau", "Fjord Link"]) {
		await searchBox(page).fill(name)
		await expect(page.getByRole("heading", { name: "No entry matches" }), name).toBeVisible()
	}
	await page.keyboard.press("Control+k")
	const box = page.getByRole("dialog", { name: "Search or jump" })
	await box.getByRole("textbox").fill("wanjiru")
	await expect(box.getByText("Search the log for “wanjiru”")).toBeVisible()
	await expect(box.getByRole("button")).toHaveCount(1)
})

test("who stands above has no name", async ({ page, request }) => {
	const ask = await asking(request, "org")
	const { items } = await ask<ListPage<Tenant>>("/tenants?q=Harbor%20Dealers")
	const above = await ask<ListPage<Event>>(`/events?dealerId=${items[0]?.id}&actor=bjorn.dahl&limit=1`)
	const event = above.items[0]
	expect(event, "something that Northwind Telecom did to its dealer").toBeDefined()
	await signIn(page, "dealer", `/log?event=${event?.id}`)
	await expect(drawer(page).getByText("Sales organization").first()).toBeVisible()
	await expect(drawer(page).getByRole("region", { name: "Who", exact: true })).toBeVisible()
	await drawer(page).getByRole("button", { name: "Raw JSON" }).click()
	await expect(drawer(page).getByText('"hidden": true')).toBeVisible()
	expect(await page.locator("body").innerText()).not.toMatch(/bjorn|dahl/i)
	await searchBox(page).fill("bjorn.dahl")
	await expect(page.getByRole("heading", { name: "No entry matches" })).toBeVisible()
})

test("an end user sees their own entries and sign-ins, and nobody else", async ({ page }) => {
	await signIn(page, "user")
	await expect(rows(page).first()).toBeVisible()
	const pages = page.getByRole("navigation", { name: "Pages" })
	await expect(pages.getByRole("link", { name: "My sign-ins" })).toBeVisible()
	await expect(pages.getByRole("link", { name: "People" })).toHaveCount(0)
	await expect(pages.getByRole("link", { name: "Organization" })).toHaveCount(0)
	for (const name of ["goran.ilic", "chen.wei"]) {
		await searchBox(page).fill(name)
		await expect(page.getByRole("heading", { name: "No entry matches" }), name).toBeVisible()
	}
	await pages.getByRole("link", { name: "My sign-ins" }).click()
	await expect(page.getByText("This device")).toBeVisible()
	await expect(page.getByRole("region", { name: "History" }).getByRole("listitem").first()).toBeVisible()
	for (const path of ["/people", "/organization", "/settings/api-keys", "/settings/imports"]) {
		await page.goto(path)
		await expect(page.getByRole("heading", { name: "Not found" }), path).toBeVisible()
	}
})

test("an auditor sees everything and changes nothing", async ({ page, request }) => {
	const ask = await asking(request, "auditor")
	const people = await ask<ListPage<User>>("/users?q=chen.wei")
	await signIn(page, "auditor", `/people/${people.items[0]?.id}`)
	await expect(page.getByText("You may see this person, not change them.")).toBeVisible()
	await expect(page.getByRole("button", { name: "Save" })).toHaveCount(0)
	await expect(page.getByRole("button", { name: "Actions" })).toHaveCount(0)
	await page.getByRole("link", { name: "Organization" }).click()
	await expect(page.getByText("You may see this organization, not change it.")).toBeVisible()
	await expect(page.getByRole("button", { name: /^New / })).toHaveCount(0)
	await page.getByRole("link", { name: "People", exact: true }).click()
	await expect(page.getByText("chen.wei").first()).toBeVisible()
	await expect(page.getByRole("button", { name: "New person" })).toHaveCount(0)
	await expect(page.getByRole("link", { name: "API keys" })).toHaveCount(0)
	await expect(page.getByRole("link", { name: "Imports" })).toHaveCount(0)
})
