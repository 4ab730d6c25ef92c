import { expect, test } from "@playwright/test"
import {
	Authenticator,
	address,
	enterCode,
	enterPassword,
	mailedPassword,
	problem,
	rows,
	shownSecret,
	signIn,
	signOut,
} from "./portal"

test("a person sets up a second factor, makes new recovery codes and turns it off", async ({ page }) => {
	await signIn(page, "reseller", "/me?tab=security")
	await page.getByRole("button", { name: "Set up" }).click()
	const dialog = page.getByRole("dialog")
	const app = new Authenticator(await shownSecret(page))
	await enterCode(page, "Code from the app", await app.code())
	await expect(dialog.getByRole("listitem")).toHaveCount(10)
	const first = await dialog.getByRole("listitem").allInnerTexts()
	await dialog.getByLabel("I have kept them").check()
	await dialog.getByRole("button", { name: "Continue" }).click()
	await expect(page.getByText("10 recovery codes left")).toBeVisible()

	await page.getByRole("button", { name: "New recovery codes" }).click()
	await enterCode(page, "Code from your app", await app.code())
	await dialog.getByRole("button", { name: "Make new ones" }).click()
	await expect(dialog.getByRole("listitem")).toHaveCount(10)
	const second = await dialog.getByRole("listitem").allInnerTexts()
	expect(second.filter((code) => first.includes(code))).toEqual([])
	await dialog.getByLabel("I have kept them").check()
	await dialog.getByRole("button", { name: "Continue" }).click()

	await page.getByRole("button", { name: "Turn off" }).click()
	await enterCode(page, "Code from your app", await app.code())
	await dialog.getByRole("button", { name: "Turn off" }).click()
	await expect(page.getByRole("button", { name: "Set up" })).toBeVisible()
	await signOut(page)
	await enterPassword(page, "reseller")
	await expect(rows(page).first(), "the password is enough again").toBeVisible()
})

test("a new person comes in by mail and chooses a password", async ({ page, browser }) => {
	const person = "wanda.walker"
	await signIn(page, "dealer", "/people")
	await page.getByRole("button", { name: "New person" }).click()
	const form = page.getByRole("dialog", { name: "New person" })
	await form.getByLabel("Name").fill("Wanda Walker")
	await form.getByLabel("E-mail").fill(address(person))
	await form.getByRole("radio", { name: "With a password" }).check()
	await form.getByLabel("First password").fill("a first password")
	await form.getByRole("button", { name: "Create" }).click()
	await expect(page.getByRole("heading", { name: "Wanda Walker" })).toBeVisible()
	const hers = await browser.newContext()
	const there = await hers.newPage()
	await there.goto("/")
	await there.getByRole("button", { name: "E-mail me a one-time password instead" }).click()
	await there.getByLabel("E-mail").fill(address(person))
	await there.getByRole("button", { name: "Send it" }).click()
	await there.getByLabel("One-time password").fill(await mailedPassword(person))
	await there.getByRole("button", { name: "Sign in", exact: true }).click()
	await expect(rows(there).first()).toBeVisible()

	await there.goto("/me?tab=security")
	const change = async (current: string, next: string) => {
		await there.getByLabel("Current password").fill(current)
		await there.getByLabel("New password", { exact: true }).fill(next)
		await there.getByLabel("New password, again").fill(next)
		await there.getByRole("button", { name: "Change password" }).click()
	}
	await change("", "password1234")
	await expect(there.getByText(/guessed first/).first()).toBeVisible()
	await change("", "harbour lanterns at dusk")
	await expect(there.getByText("Your password has been changed.")).toBeVisible()
	await signOut(there)
	await enterPassword(there, person, "a first password")
	await expect(problem(there)).toBeVisible()
	await enterPassword(there, person, "harbour lanterns at dusk")
	await expect(rows(there).first()).toBeVisible()

	await there.goto("/me?tab=security")
	await change("not her password", "seven quiet herons")
	await expect(there.getByText("This is not your current password.").first()).toBeVisible()
	await change("harbour lanterns at dusk", "seven quiet herons")
	await expect(there.getByText("Your password has been changed.")).toBeVisible()

	await page.getByRole("button", { name: "Actions" }).click()
	await page.getByRole("menuitem", { name: "Lock…" }).click()
	await page.getByRole("combobox", { name: "Reason" }).fill("Left her badge in the bus")
	await page.getByRole("button", { name: "Lock", exact: true }).click()
	await expect(page.getByText("Locked", { exact: true })).toBeVisible()
	await there.reload()
	await expect(there.getByRole("heading", { name: "Sign in" }), "a lock ends her sessions").toBeVisible()
	await hers.close()
})

test("sessions are listed, and the others can be signed out", async ({ page, browser }) => {
	const elsewhere = await browser.newContext()
	const other = await elsewhere.newPage()
	await signIn(other, "auditor", "/me")
	await signIn(page, "auditor", "/me")
	await expect(page.getByText("This device")).toHaveCount(1)
	await page.getByRole("button", { name: "Sign out everywhere else" }).click()
	await expect(page.getByText("Signed out everywhere else.")).toBeVisible()
	await other.reload()
	await expect(other.getByRole("heading", { name: "Sign in" })).toBeVisible()
	await elsewhere.close()
})
