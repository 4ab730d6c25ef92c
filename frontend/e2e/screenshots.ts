import { join } from "node:path"
import { expect, test } from "@playwright/test"
import type { Event, Page as ListPage, ObjectStub } from "@/api/types"
import { asking, changing, enterPassword } from "./portal"

/**
 * Makes the pictures in docs/screenshots again, by hand: E2E_SCREENSHOTS=1 bash .ci/e2e
 * They show the demo as a dealer sees it.
 */

const folder = join(import.meta.dirname, "../../docs/screenshots")

// The list of sessions shows what people have, not what makes pictures.
test.use({
	userAgent:
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
})

test("the pictures", async ({ page, request }) => {
	const shoot = async (name: string, shows: RegExp) => {
		await expect(page.locator("body")).toContainText(shows)
		await page.mouse.move(0, 0)
		await page.screenshot({ path: join(folder, `${name}.png`) })
	}
	await page.goto("/")
	await shoot("sign-in", /one-time password/)
	await enterPassword(page, "dealer")
	await shoot("log", /\d entries/)
	await page.setViewportSize({ width: 360, height: 740 })
	await shoot("log-360", /\d entries/)
	await page.setViewportSize({ width: 1440, height: 900 })
	await page.emulateMedia({ colorScheme: "dark" })
	await page.reload()
	await shoot("log-dark", /\d entries/)
	await page.emulateMedia({ colorScheme: "light" })

	for (const [name, shows] of [
		["me", /This device/],
		["people", /tiago\.lourenço/],
		["organization", /Nothing has been changed/],
		["catalogue", /Second factor accepted/],
	] as const) {
		await page.goto(`/${name}`)
		await shoot(name, shows)
	}

	const ask = await asking(request, "dealer")
	const changed = await ask<ListPage<Event>>("/events?type=mor.user_tariff_changed&limit=1")
	await page.goto(`/log?category=User&event=${changed.items[0]?.id}`)
	await shoot("event", /Related/)
	const objects = await ask<ListPage<ObjectStub>>("/objects?kind=mor.device&limit=1")
	await page.goto(`/objects/mor.device/${objects.items[0]?.id}`)
	await shoot("object", /No older entries/)
	const act = await changing(request, "dealer")
	const account = await act<ObjectStub>("POST", "/objects/sippy.account", {
		attributes: { username: "quay-101", balance: "12.50", credit_limit: "500.00", lifetime: 30 },
		reason: "Customer request",
	})
	const at = `/objects/sippy.account/${account.id}`
	await act("PATCH", at, { attributes: { credit_limit: "750.00" }, reason: "Contract renewal" }, 1)
	await act("POST", `${at}/actions/extend_lifetime`, { attributes: { lifetime: 90 } }, 2)
	await page.goto(`${at}?tab=revisions&older=1&newer=3`)
	await shoot("revisions", /From revision/)

	const tariff = await act<ObjectStub>("POST", "/objects/mor.tariff", { attributes: { name: "Retail 2027" } })
	await page.goto(`/objects/mor.tariff/${tariff.id}`)
	await page.getByRole("link", { name: "Rates: Import from CSV…" }).click()
	const rates = ["47;Norway", "351;Portugal", "353;Ireland", "385;Croatia", "420;Czechia", "49;Germany"]
	await page.getByLabel("CSV file").setInputFiles({
		name: "retail-2027.csv",
		mimeType: "text/csv",
		buffer: Buffer.from(
			["Prefix;Destination;Rate", ...rates.map((rate, n) => `${rate};0,0${n + 12}`)].join("\n"),
		),
	})
	await page.getByRole("button", { name: "Preview" }).click()
	await shoot("bulk", /Nothing has changed yet/)
	await page.goto("/settings")
	await shoot("settings", /Second factor in/)
})
