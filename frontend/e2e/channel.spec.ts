import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, type Page, test } from "@playwright/test"
import { signIn, signOut } from "./portal"

/** Changes of the channel, on organizations that the walk makes itself. */

const newPassword = "four words of wood"

async function create(page: Page, child: string, name: string) {
	await page.getByRole("button", { name: `New ${child}` }).click()
	await page.getByRole("dialog").getByLabel("Name").fill(name)
	await page.getByRole("dialog").getByRole("button", { name: "Create" }).click()
	await expect(page.getByRole("heading", { level: 1, name })).toBeVisible()
}

async function act(page: Page, name: string) {
	await page.getByRole("button", { name: "Actions" }).click()
	await page.getByRole("menuitem", { name }).click()
}

/** The address in the newest invitation to somebody, its lines joined as a mail program does. */
async function invitedTo(email: string): Promise<string> {
	const folder = join(process.env.E2E_DATA_DIR ?? "data", "mail")
	let found: string | undefined
	await expect(() => {
		const mails = readdirSync(folder)
			.sort()
			.map((name) => readFileSync(join(folder, name), "utf8").replaceAll("=\r\n", ""))
			.filter((mail) => mail.includes(`To: <${email}>`))
		found = mails.at(-1)?.match(/\/invitation#\S+/)?.[0]
		expect(found).toBeDefined()
	}).toPass()
	return found ?? ""
}

test("a reseller moves, somebody is invited to it, and closing it shuts them out", async ({ page }) => {
	const email = "ivy@demo.annals.example"
	await signIn(page, "org", "/organization")
	const top = page.url()
	await create(page, "dealer", "Walk West")
	await page.goto(top)
	await create(page, "dealer", "Walk East")
	await create(page, "reseller", "Walk Shop")
	const shop = page.url()

	await act(page, "Move…")
	await page.getByRole("combobox", { name: "To which dealer" }).click()
	await expect(page.getByRole("option", { name: "Walk East" })).toHaveCount(0)
	await page.getByRole("option", { name: "Walk West" }).click()
	await expect(page.getByText("Entries until today stay with Walk East.")).toBeVisible()
	await page.getByRole("combobox", { name: "Reason" }).fill("The dealer gave it up")
	await page.getByRole("button", { name: "Move", exact: true }).click()
	await expect(page.getByText("Walk Shop stands under Walk West now.")).toBeVisible()
	await expect(page.getByText("Northwind Telecom › Walk West › Walk Shop")).toBeVisible()

	await page.goto("/people?create=true")
	const form = page.getByRole("dialog")
	await form.getByLabel("Name").fill("Ivy Walker")
	await form.getByLabel("E-mail").fill(email)
	await form.getByRole("combobox", { name: "Organization" }).fill("Walk Shop")
	await page.getByRole("option", { name: /Walk Shop/ }).click()
	await form.getByRole("button", { name: "Create and invite" }).click()
	await expect(page.getByText("The link in the mail works until")).toBeVisible()
	const first = await invitedTo(email)
	await act(page, "Invite again")
	await expect(page.getByText(`An invitation is on its way to ${email}.`)).toBeVisible()
	await expect(async () => expect(await invitedTo(email)).not.toBe(first)).toPass()
	await signOut(page)

	await page.goto(first)
	await expect(page.getByRole("heading", { name: "This invitation has ended" })).toBeVisible()
	await page.goto("/sign-in")
	await page.goto(await invitedTo(email))
	await expect(page.getByRole("heading", { name: "Welcome, Ivy Walker" })).toBeVisible()
	expect(page.url()).not.toContain("#")
	await page.getByLabel("Password", { exact: true }).fill("short")
	await page.getByRole("button", { name: "Set password and continue" }).click()
	await expect(page.getByText("A password has 12 to 200 characters.")).toBeVisible()
	await page.getByLabel("Password", { exact: true }).fill(newPassword)
	await page.getByRole("button", { name: "Set password and continue" }).click()
	await expect(page.getByText("User Ivy Walker created with role user")).toBeVisible()
	await signOut(page)

	await signIn(page, "org", new URL(shop).pathname)
	await act(page, "Close…")
	await page.getByRole("combobox", { name: "Reason" }).fill("Unpaid")
	await page.getByRole("button", { name: "Close organization" }).click()
	await expect(page.getByText(/nobody in it or below it gets in/)).toBeVisible()
	await signOut(page)
	await page.getByLabel("E-mail", { exact: true }).fill(email)
	await page.getByLabel("Password", { exact: true }).fill(newPassword)
	await page.getByRole("button", { name: "Sign in", exact: true }).click()
	await expect(page.getByText(/this account can't sign in/)).toBeVisible()
})
