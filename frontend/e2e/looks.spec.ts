import { gzipSync } from "node:zlib"
import { AxeBuilder } from "@axe-core/playwright"
import { type APIRequestContext, expect, type Page, test } from "@playwright/test"
import type { Event, Page as ListPage, ObjectStub, User } from "@/api/types"
import { asking, enterPassword, rows, signIn } from "./portal"

const mayLoad = 260 // KB of scripts, gzipped, up to the first screen

/** Wide and narrow, light and dark: each page must pass in all of them. */
const looks = [
	{ width: 1440, colorScheme: "light" },
	{ width: 1440, colorScheme: "dark" },
	{ width: 360, colorScheme: "dark" },
	{ width: 360, colorScheme: "light" },
] as const

/** What a page of the portal never does: complain, break its own policy, or ask another host. */
function watch(page: Page, home: string | undefined): string[] {
	const complaints: string[] = []
	page.on("console", (message) => {
		// A visitor without a session is told so by a 401, which the browser writes down.
		if (message.location().url.endsWith("/api/v1/auth/refresh")) return
		if (["error", "warning"].includes(message.type())) complaints.push(message.text())
	})
	page.on("pageerror", (error) => complaints.push(error.message))
	page.on("request", (request) => {
		const url = new URL(request.url())
		if (!["data:", "blob:"].includes(url.protocol) && url.origin !== home)
			complaints.push(`asked ${url.host}`)
	})
	return complaints
}

async function violations(page: Page): Promise<string[]> {
	const { violations } = await new AxeBuilder({ page })
		.options({ resultTypes: ["violations"], preload: false })
		.withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"])
		.setLegacyMode()
		.analyze()
	return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join("\n")}`)
}

async function check(page: Page, complaints: string[]) {
	for (const { width, colorScheme } of looks) {
		await page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
		await page.setViewportSize({ width, height: width === 360 ? 740 : 900 })
		await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", colorScheme)
		const name = `${width} ${colorScheme}`
		await expect
			.poll(() => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth), {
				message: `${name}: pixels to scroll sideways`,
			})
			.toBeLessThanOrEqual(0)
		// Asked again while something is found: on a busy machine text takes its new colour late.
		await expect.poll(() => violations(page), { message: `${name}: WCAG 2.2 AA` }).toEqual([])
	}
	expect(complaints).toEqual([])
}

type Place = { path: string | ((request: APIRequestContext) => Promise<string>); shows: RegExp }

const numbered = (list: string, path: (id: number) => string) => async (request: APIRequestContext) => {
	const ask = await asking(request, "dealer")
	const { items } = await ask<ListPage<Event | User>>(list)
	return path(items[0]?.id ?? 0)
}

const someObject = async (request: APIRequestContext) => {
	const ask = await asking(request, "dealer")
	const object = (await ask<ListPage<ObjectStub>>("/objects?kind=mor.device&limit=1")).items[0]
	return `/objects/${object?.kind}/${object?.id}`
}

const entry = "/events?category=User&system=annals&limit=1"
const person = "/users?q=mar%C3%ADa-jos%C3%A9"

/** Every page of the portal, and what is on it once it is there. */
const places: Record<string, Place> = {
	"the log": { path: "/log", shows: /\d entries/ },
	"the log, an entry beside it": {
		path: numbered(entry, (id) => `/log?event=${id}`),
		shows: /Number in its ledger/,
	},
	"the log, when nothing matches": { path: "/log?q=zzzzzz", shows: /No entry matches/ },
	"an entry": { path: numbered(entry, (id) => `/events/${id}`), shows: /Number in its ledger/ },
	"my sign-ins": { path: "/me", shows: /This device/ },
	"my password": { path: "/me?tab=security", shows: /Change password/ },
	"my name": { path: "/me?tab=profile", shows: /It is .* there now/ },
	objects: { path: "/objects", shows: /Last entry/ },
	"an object": { path: someObject, shows: /\d entr/ },
	"an object's form": { path: "/objects/mor.tariff/new", shows: /Whose it is/ },
	"a bulk change": { path: "/objects/alternet.client/bulk", shows: /Drop a file here/ },
	people: { path: "/people", shows: /tiago\.lourenço/ },
	"a person with a long name": {
		path: numbered(person, (id) => `/people/${id}`),
		shows: /Nothing has been changed/,
	},
	"a person's log": { path: numbered(person, (id) => `/people/${id}?tab=log`), shows: /\d entr/ },
	"the organization": { path: "/organization", shows: /Nothing has been changed/ },
	"its people": { path: "/organization/4?tab=people", shows: /tiago\.lourenço/ },
	"its log": { path: "/organization/4?tab=log", shows: /\d entries/ },
	"the catalogue": { path: "/catalogue", shows: /Second factor accepted/ },
	preferences: { path: "/preferences", shows: /All times are shown in this zone/ },
	settings: { path: "/settings", shows: /Second factor in/ },
	"API keys": { path: "/settings/api-keys", shows: /New key/ },
	imports: { path: "/settings/imports", shows: /Import a file/ },
	"no page": { path: "/no/such/page", shows: /There is nothing here/ },
}

for (const [name, { path, shows }] of Object.entries(places)) {
	test(`${name}: for every eye, on every screen`, async ({ page, request, baseURL }) => {
		const complaints = watch(page, baseURL)
		await signIn(page, "dealer", typeof path === "string" ? path : await path(request))
		await expect(page.locator("body")).toContainText(shows)
		await check(page, complaints)
	})
}

test("signing in: for every eye, on every screen", async ({ page, baseURL }) => {
	const complaints = watch(page, baseURL)
	await page.goto("/")
	await expect(page.getByLabel("E-mail")).toBeVisible()
	await check(page, complaints)
	await page.getByRole("button", { name: "E-mail me a one-time password instead" }).click()
	await check(page, complaints)
})

for (const [name, open, shows] of [
	[
		"filters",
		(page: Page) => page.getByRole("button", { name: "Filter", exact: true }).click(),
		"Event type",
	],
	["the range of time", (page: Page) => page.getByRole("button", { name: "All time" }).click(), "Apply"],
	["the keyboard's help", (page: Page) => page.keyboard.press("?"), "Search the log"],
	["the jump box", (page: Page) => page.keyboard.press("Control+k"), "A page, a person"],
] as const) {
	test(`${name}: for every eye, in light and dark`, async ({ page, baseURL }) => {
		const complaints = watch(page, baseURL)
		await signIn(page, "dealer")
		await expect(rows(page).first()).toBeVisible()
		await open(page)
		await expect(
			page.getByRole("dialog").getByText(shows).or(page.getByPlaceholder(shows)).first(),
		).toBeVisible()
		await check(page, complaints)
	})
}

test("what ends something: for every eye, on every screen", async ({ page, request, baseURL }) => {
	const complaints = watch(page, baseURL)
	await signIn(page, "dealer", await numbered(person, (id) => `/people/${id}`)(request))
	await page.getByRole("button", { name: "Actions" }).click()
	await expect(page.getByRole("menuitem", { name: "Delete…" })).toBeVisible()
	await check(page, complaints)
	await page.getByRole("menuitem", { name: "Delete…" }).click()
	await page.getByRole("dialog").getByRole("combobox", { name: "Reason" }).fill("Left")
	await expect(page.getByRole("dialog").getByRole("button", { name: "Delete" })).toBeEnabled()
	await check(page, complaints)
})

test(`the first screen needs at most ${mayLoad} KB of scripts`, async ({ page }) => {
	const scripts = new Map<string, Promise<Buffer>>()
	page.on("response", (response) => {
		if (response.request().resourceType() === "script") scripts.set(response.url(), response.body())
	})
	await page.goto("/")
	await enterPassword(page, "dealer")
	await expect(rows(page).first()).toBeVisible()
	let bytes = 0
	for (const body of scripts.values()) bytes += gzipSync(await body).length
	const loaded = Math.ceil(bytes / 1000)
	test.info().annotations.push({ type: "scripts", description: `${loaded} KB` })
	process.stdout.write(
		`scripts up to the log: ${loaded} KB gzip in ${scripts.size} files, at most ${mayLoad} KB\n`,
	)
	expect(loaded).toBeLessThanOrEqual(mayLoad)
})
