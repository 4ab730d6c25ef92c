/// <reference types="vitest/config" />
import { fileURLToPath } from "node:url"
import react from "@vitejs/plugin-react"
import { defineConfig } from "vite"

export default defineConfig({
	plugins: [react()],
	resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
	build: { assetsInlineLimit: 0, chunkSizeWarningLimit: 900 },
	server: { proxy: { "/api": process.env.ANNALS_DEV_SERVER ?? "http://127.0.0.1:8080" } },
	test: {
		environment: "happy-dom",
		globals: true,
		include: ["src/**/*.test.{ts,tsx}"],
		testTimeout: 30_000,
		setupFiles: "./src/test/setup.ts",
	},
})
