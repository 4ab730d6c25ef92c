import { defineConfig } from "@playwright/test"

/**
 * Walks through the real binary in a real browser. `bash .ci/e2e` starts it on a fresh data directory
 * and says where it is (E2E_BASE_URL) and where its mail goes (E2E_DATA_DIR).
 */
export default defineConfig({
	testDir: ".",
	testMatch: process.env.E2E_SCREENSHOTS ? "screenshots.ts" : "*.spec.ts",
	outputDir: "./test-results",
	forbidOnly: Boolean(process.env.CI),
	fullyParallel: true,
	workers: 2,
	timeout: 40_000,
	expect: { timeout: 10_000 },
	reporter: [["list"]],
	use: {
		baseURL: process.env.E2E_BASE_URL ?? "http://127.0.0.1:8080",
		viewport: { width: 1440, height: 900 },
		locale: "en-GB",
		timezoneId: "Europe/Lisbon",
		contextOptions: { reducedMotion: "reduce" },
		screenshot: "only-on-failure",
		launchOptions: {
			executablePath: process.env.E2E_CHROMIUM ?? "/usr/bin/chromium",
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
