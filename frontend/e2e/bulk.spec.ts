import { createHash } from "node:crypto"
import { expect, type Page, test } from "@playwright/test"
import { rows, signIn } from "./portal"

/** A picture for whoever asks for pictures; a walk otherwise has none. */
async function shoot(page: Page, name: string) {
	if (process.env.E2E_PICTURES) await page.screenshot({ path: `${process.env.E2E_PICTURES}/${name}.png` })
}

const csv = (name: string, text: string) => ({ name, mimeType: "text/csv", buffer: Buffer.from(text) })

test("a tariff's rates come from a file: bad lines first, then all of it, then its entries", async ({
	page,
}) => {
	await signIn(page, "dealer", "/objects/mor.tariff/new")
	await page.getByLabel("Name").fill("Walked retail")
	await page.getByRole("button", { name: "Create", exact: true }).click()
	await expect(page.getByRole("heading", { name: "Walked retail" })).toBeVisible()
	await shoot(page, "tariff")
	await page.getByRole("link", { name: "Rates: Import from CSV…" }).click()

	await expect(page.getByRole("combobox", { name: "Tariff" })).toHaveValue("Walked retail")
	await expect(page.getByRole("button", { name: "Preview" })).toBeDisabled()
	await shoot(page, "start")
	const file = page.getByLabel("CSV file")
	await file.setInputFiles(csv("rates.csv", "Prefix;Colour\n47;red\n"))
	await page.getByRole("button", { name: "Preview" }).click()
	await expect(page.getByText('Rates have no field "Colour"', { exact: false })).toBeVisible()
	await shoot(page, "start-wrong")
	await file.setInputFiles(
		csv("rates.csv", "Prefix;Destination;Rate\n47;Norway;0,05\n351;Portugal;cheap\n;Nowhere;1\n"),
	)
	await page.getByRole("button", { name: "Preview" }).click()

	await expect(page.getByText("Rate must be a number", { exact: false })).toBeVisible()
	await expect(page.getByText("Prefix is required")).toBeVisible()
	await expect(page.getByRole("button", { name: /^Apply/ })).toHaveCount(0)
	await shoot(page, "bad")
	await page.getByText("New 1", { exact: true }).click()
	await expect(page.getByText("Norway", { exact: false })).toBeVisible()
	await page.getByRole("link", { name: "Upload again" }).click()

	await file.setInputFiles(csv("rates.csv", "Prefix;Destination;Rate\n47;Norway;0,05\n351;Portugal;0,018\n"))
	await page.getByRole("button", { name: "Preview" }).click()
	await expect(
		page.getByText("Nothing has changed yet. 2 rates would be created and 0 changed, all or nothing."),
	).toBeVisible()
	await shoot(page, "ready")
	await page.getByRole("button", { name: "Apply 2 lines…" }).click()
	await page.getByRole("dialog").getByRole("combobox", { name: "Reason" }).fill("New price list")
	await shoot(page, "apply")
	await page.getByRole("dialog").getByRole("button", { name: "Apply" }).click()
	await expect(page.getByText(/2 created, 0 changed, 0 unchanged/)).toBeVisible()
	await shoot(page, "done")
	await page.getByRole("link", { name: "Entries in the log" }).click()
	await expect(rows(page)).toHaveCount(4)
	await expect(rows(page).filter({ hasText: "Tariff imported: Tariff_was_imported_from_CSV" })).toHaveCount(1)
	await shoot(page, "entries")
	await page.setViewportSize({ width: 360, height: 740 })
	for (const [name, path] of [
		["start-360", "/objects/mor.rate/bulk"],
		["clients-360", "/objects/alternet.client/bulk"],
	] as const) {
		await page.goto(path)
		await expect(page.getByText("Columns", { exact: true })).toBeVisible()
		await shoot(page, name)
	}
	await page.getByRole("link", { name: "rates.csv" }).first().waitFor({ state: "detached" })
	await page.goto("/objects/mor.rate/bulk")
	await page
		.getByRole("link", { name: /rates\.csv/ })
		.first()
		.click()
	await expect(page.getByText(/2 created/)).toBeVisible()
	await shoot(page, "done-360")
})

test("a file of an object is given in, seen with its digest, and fetched again", async ({ page }) => {
	await signIn(page, "org", "/objects/sbc.antex_file/new")
	const input = page.getByLabel(/^File/)
	await input.setInputFiles({ name: "igs20.exe", mimeType: "text/plain", buffer: Buffer.from("x") })
	await expect(
		page.getByText("File must be a file whose name ends with .atx", { exact: false }),
	).toBeVisible()
	await shoot(page, "file-wrong")
	const content = Buffer.from(
		"     1.4            M                                       ANTEX VERSION / SYST\n",
	)
	await input.setInputFiles({ name: "igs20.atx", mimeType: "text/plain", buffer: content })
	await expect(page.getByRole("button", { name: "Take igs20.atx away" })).toBeVisible()
	await shoot(page, "file-form")
	await page.getByRole("button", { name: "Upload", exact: true }).click()
	await expect(page.getByRole("heading", { name: "igs20.atx" })).toBeVisible()
	await expect(page.getByText(createHash("sha256").update(content).digest("hex").slice(0, 12))).toBeVisible()
	await shoot(page, "file-object")
	await page.addInitScript(() => Reflect.deleteProperty(window, "showSaveFilePicker")) // no dialog of the system's
	await page.reload()
	const download = page.waitForEvent("download")
	await page.getByRole("button", { name: "igs20.atx" }).click()
	const saved = await download
	expect(saved.suggestedFilename()).toBe("igs20.atx")
	expect(Buffer.concat(await (await saved.createReadStream()).toArray())).toEqual(content)
	await page.getByRole("tab", { name: "Log" }).click()
	await page.getByText("New ANTEX file has been uploaded").first().click()
	await expect(page.getByText(/igs20\.atx \(\d+ bytes, SHA-256 [0-9a-f]{64}\)/)).toBeVisible()
	await shoot(page, "file-entry")
})
