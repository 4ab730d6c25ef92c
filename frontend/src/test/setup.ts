import "@testing-library/jest-dom/vitest"
import { cleanup, configure } from "@testing-library/react"
import { api } from "@/api/client"

// A page is loaded when it is opened; on a busy machine that takes its time.
configure({ asyncUtilTimeout: 8_000 })

// The virtual list asks its elements how large they are; without a layout engine nobody answers.
for (const [name, size] of [
	["clientWidth", 1400],
	["clientHeight", 900],
] as const)
	Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => size })
window.ResizeObserver = class {
	observe() {}
	unobserve() {}
	disconnect() {}
}
// A text area that grows waits for its fonts.
Object.defineProperty(document, "fonts", { value: new EventTarget() })

afterEach(() => {
	cleanup()
	api.drop()
	localStorage.clear()
	vi.unstubAllGlobals()
})
