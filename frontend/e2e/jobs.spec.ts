import { expect, test } from "@playwright/test"
import { rows, signIn } from "./portal"

test("a health check is done by the server, and its result is on the page and in the log", async ({
	page,
}) => {
	await signIn(page, "org", "/objects/alternet.router/new")
	await page.getByRole("textbox", { name: "Name" }).fill("core-77")
	await page.getByRole("textbox", { name: "Host" }).fill("localhost")
	await page.getByRole("textbox", { name: "API port" }).fill("8728")
	await page.getByRole("button", { name: "Create" }).click()
	await expect(page.getByRole("heading", { name: "core-77" })).toBeVisible()
	await expect(page.getByText("Unchecked")).toBeVisible()

	await page.getByRole("button", { name: "More actions" }).click() // it also happens by itself
	await page.getByRole("menuitem", { name: "Check…" }).click()
	await page.getByRole("dialog").getByRole("combobox", { name: "Reason" }).fill("Customer called")
	await page.getByRole("dialog").getByRole("button", { name: "Check" }).click()
	const work = page.getByRole("region", { name: "Work" })
	await expect(work).toContainText(/router core-77 unreachable at localhost:8728: .*this server/)
	await expect(page.getByText("Offline")).toBeVisible()

	await page.getByRole("tab", { name: "Log" }).click()
	await expect(rows(page).filter({ hasText: "Health check: router core-77 unreachable" })).toHaveCount(1)
})
