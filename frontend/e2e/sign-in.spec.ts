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

test("a wrong password and an unknown address get the same sentence", async ({ page }) => {
	await page.goto("/")
	const sentences = []
	for (const person of ["nadia.haddad", "nobody.at.all"]) {
		await enterPassword(page, person, "not the password at all")
		await expect(problem(page)).toBeVisible()
		sentences.push(await problem(page).innerText())
		await page.reload()
	}
	expect(sentences[0]).toMatch(/password/i)
	expect(sentences[1]).toBe(sentences[0])
})

test("root sets up a second factor before anything else, and signs in with it", async ({ page }) => {
	await page.goto("/people")
	await enterPassword(page, "root")
	await expect(page.getByRole("heading", { name: "Set up your second factor" })).toBeVisible()
	await expect(page.getByRole("img", { name: "QR code for the authenticator app" })).toBeVisible()
	const app = new Authenticator(await shownSecret(page))

	await enterCode(page, "Code from the app", await app.code())
	await expect(page.getByRole("heading", { name: "Your recovery codes" })).toBeVisible()
	await expect(page.getByRole("listitem")).toHaveCount(10)
	const codes = await page.getByRole("listitem").allInnerTexts()
	expect(new Set(codes).size).toBe(10)
	await expect(page.getByRole("button", { name: "Continue" })).toBeDisabled()
	await page.getByLabel("I have kept them").check()
	await page.getByRole("button", { name: "Continue" }).click()
	await expect(page, "the page that was asked for").toHaveURL("/people")
	await expect(page.getByRole("banner").getByText("All organizations")).toBeVisible()

	await signOut(page)
	await enterPassword(page, "root")
	const code = await app.code()
	await enterCode(page, "Code from your app", code)
	await expect(rows(page).first()).toBeVisible()

	await signOut(page)
	await enterPassword(page, "root")
	await enterCode(page, "Code from your app", code)
	await expect(problem(page), "a code is good for one sign-in").toBeVisible()
	await page.getByRole("button", { name: "Use a recovery code" }).click()
	await page.getByLabel("Recovery code").fill(codes[0] ?? "")
	await page.getByRole("button", { name: "Continue" }).click()
	await expect(rows(page).first()).toBeVisible()

	await page.goto("/me")
	await expect(page.getByText("password and recovery code").first()).toBeVisible()
	await page.goto(
		"/log?type=annals.AUTH_OK&type=annals.MFA_VRFY&type=annals.MFA_SETUP&last=15m&actor=ana.silva",
	)
	for (const type of ["annals.AUTH_OK", "annals.MFA_VRFY", "annals.MFA_SETUP"])
		await expect(rows(page).getByTitle(`(${type})`).first()).toBeVisible()
})

test("an e-mailed one-time password signs in, once", async ({ page }) => {
	await page.goto("/")
	await page.getByRole("button", { name: "E-mail me a one-time password instead" }).click()
	await page.getByLabel("E-mail").fill(address("org"))
	await page.getByRole("button", { name: "Send it" }).click()
	const field = page.getByLabel("One-time password")
	await expect(field).toBeVisible()
	const mailed = await mailedPassword("org")
	await field.fill(mailed)
	await page.getByRole("button", { name: "Sign in", exact: true }).click()
	await expect(rows(page).first()).toBeVisible()

	await page.goto("/me")
	await expect(page.getByText("one-time password").first()).toBeVisible()
	await signOut(page)
	await page.getByRole("button", { name: "E-mail me a one-time password instead" }).click()
	await page.getByLabel("E-mail").fill(address("org"))
	await page.getByRole("button", { name: "Send it" }).click()
	await field.fill(mailed)
	await page.getByRole("button", { name: "Sign in", exact: true }).click()
	await expect(problem(page)).toBeVisible()
})

test("too many tries are slowed down, and the wait is counted", async ({ page }) => {
	await page.goto("/")
	for (let tries = 0; tries < 5; tries++) {
		await enterPassword(page, "somebody.who.guesses", `wrong password ${tries}`)
		await expect(problem(page)).toBeVisible()
	}
	await enterPassword(page, "somebody.who.guesses", "wrong again, quickly")
	await expect(problem(page)).toContainText("Too many attempts.")
	await expect(problem(page)).toContainText("You can try again now.")
})

test("whoever signs out is out, in every tab", async ({ page, context }) => {
	await signIn(page, "org")
	const other = await context.newPage()
	await other.goto("/me")
	await expect(other.getByRole("heading", { name: "My sign-ins" })).toBeVisible()
	await signOut(page)
	await expect(other.getByRole("heading", { name: "Sign in" })).toBeVisible()
	await page.goto("/people")
	await expect(page).toHaveURL("/sign-in?next=%2Fpeople")
})
