import { defineConfig } from "@playwright/test"

/**
 * Walks through the real binary in a real browser. Whoever starts them starts the server and says
 * where it is: E2E_BASE_URL=http://127.0.0.1:8080 npm run e2e.
 */
export default defineConfig({
	testDir: ".",
	outputDir: "./test-results",
	forbidOnly: Boolean(process.env.CI),
	// One server, one demo: what one walk changes, another would see.
	workers: 1,
	timeout: 60_000,
	expect: { timeout: 10_000 },
	reporter: [["list"]],
	use: {
		baseURL: process.env.E2E_BASE_URL ?? "http://127.0.0.1:8080",
		viewport: { width: 1440, height: 860 },
		locale: "en-GB",
		timezoneId: "Europe/Lisbon",
		trace: "retain-on-failure",
		launchOptions: {
			executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
			// No request may leave the machine, the browser's own included.
			args: [
				"--no-sandbox",
				"--disable-gpu",
				"--disable-quic",
				"--no-first-run",
				"--disable-background-networking",
				"--disable-component-update",
				"--disable-sync",
			],
		},
	},
})
