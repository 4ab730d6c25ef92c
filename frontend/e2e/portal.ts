import { createHmac } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { type APIRequestContext, expect, type Locator, type Page } from "@playwright/test"

/** What the walks know of the demo, and how they move in the portal. */

export const password = "annals-demo-2026"

export const address = (person: string) => `${person}@demo.annals.example`

/** Fills in the first step of signing in; what comes after it depends on the person. */
export async function enterPassword(page: Page, person: string, secret = password) {
	await page.getByLabel("E-mail", { exact: true }).fill(address(person))
	await page.getByLabel("Password", { exact: true }).fill(secret)
	await page.getByRole("button", { name: "Sign in", exact: true }).click()
}

/** Signs a person in, at the page that they asked for. */
export async function signIn(page: Page, person: string, path = "/") {
	await page.goto(path)
	await enterPassword(page, person)
	await expect(page.getByRole("navigation", { name: "Pages" }).or(menu(page)).first()).toBeVisible()
}

const menu = (page: Page) => page.getByRole("button", { name: "Open the menu" })

export async function signOut(page: Page) {
	await page.getByRole("button", { name: /^Account of/ }).click()
	await page.getByRole("menuitem", { name: "Sign out" }).click()
	await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible()
}

/** What a form says went wrong; messages in the corner are alerts too. */
export const problem = (page: Page) => page.getByRole("main").getByRole("alert")

/** The rows of the log, without its head and the headings of days. */
export const rows = (page: Page): Locator =>
	page
		.getByRole("table", { name: "Entries" })
		.getByRole("row")
		.filter({ has: page.locator('a[href^="/events/"]') })

export const searchBox = (page: Page) => page.getByRole("searchbox", { name: "Search the log" })

export const drawer = (page: Page) => page.getByRole("complementary")

/** "92 entries" above the log, as a number. */
export async function entries(page: Page): Promise<number> {
	const total = page.getByRole("status").filter({ hasText: /\d (entry|entries)$/ })
	await expect(total).toBeVisible()
	return Number((await total.innerText()).replace(/\D/g, ""))
}

/** Types six digits into the six boxes, which send them by themselves. */
export async function enterCode(page: Page, group: string, code: string) {
	await page.getByRole("group", { name: group }).getByLabel("Digit 1 of 6").click()
	await page.keyboard.type(code)
}

const stepMillis = 30_000

/** An authenticator app (RFC 6238). The server takes each code once, and those of the steps beside now. */
export class Authenticator {
	private last = 0
	constructor(private readonly secret: string) {}

	/** A code that was not used before; waits only when all that count now are used up. */
	async code(): Promise<string> {
		const step = Math.max(this.last + 1, Math.floor(Date.now() / stepMillis) - 1)
		const early = (step - 1) * stepMillis - Date.now()
		if (early > 0) await new Promise((resolve) => setTimeout(resolve, early))
		this.last = step
		const counter = Buffer.alloc(8)
		counter.writeBigUInt64BE(BigInt(step))
		const mac = createHmac("sha1", unbase32(this.secret)).update(counter).digest()
		const digits = mac.readUInt32BE((mac.at(-1) ?? 0) & 15) & 0x7fffffff
		return String(digits % 1_000_000).padStart(6, "0")
	}
}

function unbase32(text: string): Buffer {
	const letters = [...text.replaceAll(/[\s=]/g, "")]
	const bits = letters.map((letter) =>
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"),
	)
	return Buffer.from((bits.join("").match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

/** Reads the secret that the set-up shows in groups of four. */
export async function shownSecret(page: Page): Promise<string> {
	return (await page.getByText(/^([A-Z2-7]{4} ?){4,}[A-Z2-7]*$/).innerText()).replaceAll(" ", "")
}

/** The newest one-time password that was mailed to somebody. */
export async function mailedPassword(person: string): Promise<string> {
	const folder = join(process.env.E2E_DATA_DIR ?? "data", "mail")
	let found: string | undefined
	await expect(() => {
		const mails = readdirSync(folder)
			.sort()
			.map((name) => readFileSync(join(folder, name), "utf8"))
			.filter((mail) => mail.includes(`To: <${address(person)}>`))
		found = mails.at(-1)?.match(/password is\s+(\d{4} \d{4})/)?.[1]
		expect(found).toBeDefined()
	}).toPass()
	return found ?? ""
}

/** Asks the API as somebody, for what a walk must know beforehand: the numbers of things. */
export async function asking(request: APIRequestContext, person: string) {
	const answer = await request.post("/api/v1/auth/login", {
		data: { email: address(person), password },
	})
	const { accessToken } = await answer.json()
	return async <Answer>(path: string): Promise<Answer> => {
		const got = await request.get(`/api/v1${path}`, { headers: { Authorization: `Bearer ${accessToken}` } })
		expect(got.status(), path).toBe(200)
		return got.json()
	}
}

/** Changes things as somebody, beside the browser. */
export async function changing(request: APIRequestContext, person: string) {
	const answer = await request.post("/api/v1/auth/login", { data: { email: address(person), password } })
	const { accessToken } = await answer.json()
	return async <Answer>(method: string, path: string, data?: unknown, revision?: number): Promise<Answer> => {
		const headers: Record<string, string> = { Authorization: `Bearer ${accessToken}` }
		if (revision) headers["If-Match"] = `"${revision}"`
		const got = await request.fetch(`/api/v1${path}`, { method, data, headers })
		expect(got.ok(), `${method} ${path}: ${await got.text()}`).toBe(true)
		return got.status() === 204 ? (undefined as Answer) : got.json()
	}
}
