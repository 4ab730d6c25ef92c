import { expect, type Page, test } from "@playwright/test"
import { drawer, rows, signIn } from "./portal"

/** frontend/e2e/catalog/marina.yaml is a system that only a file knows; its berths are managed like all else. */

const revisions = (page: Page) => page.getByRole("table", { name: "Revisions" }).getByRole("row")

test("a kind that an operator's file describes is managed in the portal", async ({ page }) => {
	const berth = `Berth ${Date.now()}`
	await signIn(page, "dealer", "/objects")
	await page.getByRole("button", { name: "New", exact: true }).click()
	await page
		.getByRole("searchbox", { name: "Kind of object" })
		.or(page.getByLabel("Kind of object"))
		.first()
		.fill("berth")
	await page.getByRole("option", { name: "Berth" }).click()

	await expect(page.getByRole("heading", { name: "New berth" })).toBeVisible()
	const layOut = page.getByRole("button", { name: "Lay out" })
	await page.getByRole("textbox", { name: "Name", exact: true }).fill(berth)
	await expect(layOut, "the length is missing").toBeDisabled()
	const length = page.getByRole("textbox", { name: "Length" })
	await length.fill("2")
	await expect(page.getByText("Length must be between 3 and 60 m", { exact: true })).toBeVisible()
	await expect(layOut, "with a length out of bounds").toBeDisabled()
	await length.fill("12.5")
	await page.getByRole("combobox", { name: "Shore power" }).click()
	await page.getByRole("option", { name: "16 A" }).click()
	await page.getByRole("textbox", { name: "Gate code" }).fill("4711")
	await layOut.click()
	await expect(page.getByRole("heading", { name: berth })).toBeVisible()
	await expect(page.getByText("12.5 m")).toBeVisible()
	await expect(page.getByText("4711")).toHaveCount(0)

	await page.getByRole("button", { name: "Edit", exact: true }).click()
	await page.getByRole("combobox", { name: "Shore power" }).click()
	await page.getByRole("option", { name: "32 A" }).click()
	await page.getByRole("combobox", { name: "Reason" }).fill("The old cable is gone")
	await page.getByRole("button", { name: "Save" }).click()
	await expect(page.getByText("Saved.")).toBeVisible()
	await expect(page.getByText("32 A")).toBeVisible()

	await page.getByRole("button", { name: "Let…" }).click()
	const dialog = page.getByRole("dialog")
	await expect(dialog.getByText("It is free now and let afterwards.")).toBeVisible()
	await expect(
		dialog.getByRole("button", { name: "Let", exact: true }),
		"a berth is let to a boat",
	).toBeDisabled()
	await dialog.getByRole("textbox", { name: "Boat" }).fill("Nautilus")
	await dialog.getByRole("button", { name: "Let", exact: true }).click()
	await expect(page.getByText("Let: done.")).toBeVisible()
	await expect(
		page
			.getByRole("button", { name: "Vacate…" })
			.or(page.getByRole("button", { name: "More actions" }))
			.first(),
	).toBeVisible()

	await page.getByRole("tab", { name: "Log" }).click()
	await expect(rows(page)).toHaveCount(3)
	await expect(rows(page).first()).toContainText("let to Nautilus")
	await expect(rows(page).nth(1)).toContainText("power from 16 A to 32 A")
	await expect(rows(page).nth(2)).toContainText("laid out")
	await rows(page).nth(1).getByRole("link").first().click()
	await expect(drawer(page)).toContainText("The old cable is gone")
	await drawer(page).getByRole("link", { name: "Open and edit" }).click()
	await expect(page, "the entry leads to the form of its object").toHaveURL(
		/\/objects\/marina\.berth\/\d+.*edit=true/,
	)
	await expect(page.getByRole("combobox", { name: "Shore power" })).toHaveValue("32 A")

	await page.getByRole("tab", { name: "Revisions (3)" }).click()
	await expect(revisions(page).filter({ hasText: "Lay out" })).toHaveCount(1)
	await revisions(page)
		.filter({ hasText: "The old cable is gone" })
		.getByRole("button", { name: "Compare" })
		.click()
	await expect(page).toHaveURL(/older=1&newer=2/)
	await expect(page.getByText("16 A").first()).toBeVisible()
})
