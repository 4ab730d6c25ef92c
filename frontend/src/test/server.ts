/** The network edge of a test: answers by method and path, and remembers what was asked. */

type Call = { method: string; path: string; params: URLSearchParams; body: unknown; headers: Headers }
type Answer = { status?: number; body?: unknown; headers?: Record<string, string> }
type Routes = Record<string, (call: Call) => Answer>

export function fakeServer(routes: Routes) {
	const calls: Call[] = []
	const fetch = async (input: RequestInfo | URL, init: RequestInit = {}) => {
		const url = new URL(String(input), "http://portal.test")
		const call: Call = {
			method: init.method ?? "GET",
			path: url.pathname.replace("/api/v1", ""),
			params: url.searchParams,
			body: typeof init.body === "string" ? JSON.parse(init.body) : init.body,
			headers: new Headers(init.headers),
		}
		calls.push(call)
		const answer = routes[`${call.method} ${call.path}`]?.(call) ?? {
			status: 404,
			body: { title: "Not Found", status: 404, detail: "There is nothing here.", requestId: "req-404" },
		}
		return new Response(answer.body === undefined ? null : JSON.stringify(answer.body), {
			status: answer.status ?? 200,
			headers: answer.headers,
		})
	}
	/** What sends forms whose progress is shown: the same network, all at once. */
	class FormRequest {
		upload: { onprogress?: (event: { loaded: number; total: number }) => void } = {}
		onload?: () => void
		status = 0
		responseText = ""
		private address = ["", ""] as [string, string]
		private readonly sent = new Headers()
		private answered = new Headers()
		open(method: string, url: string) {
			this.address = [method, url]
		}
		setRequestHeader(name: string, value: string) {
			this.sent.set(name, value)
		}
		getResponseHeader(name: string) {
			return this.answered.get(name)
		}
		abort() {}
		async send(body: FormData) {
			const [method, url] = this.address
			const response = await fetch(url, { method, body, headers: this.sent })
			this.upload.onprogress?.({ loaded: 1, total: 1 })
			this.status = response.status
			this.responseText = await response.text()
			this.answered = response.headers
			this.onload?.()
		}
	}
	return {
		fetch,
		FormRequest,
		calls,
		/** The calls of one route, oldest first. */
		to: (route: string) => calls.filter((call) => `${call.method} ${call.path}` === route),
	}
}
