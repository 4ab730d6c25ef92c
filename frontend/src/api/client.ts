/**
 * The one way to the server. It carries the access token, which lives in memory only, and renews it
 * with the refresh cookie when it has run out.
 */

import { Problem, problemOf, unreachable } from "./problem"
import type { OnSent } from "./sendForm"
import type { SignedIn } from "./types"

type Params = Record<string, string | number | boolean | readonly string[] | undefined>
type Call = {
	params?: Params
	body?: unknown
	form?: FormData
	onSent?: OnSent
	revision?: number
	signal?: AbortSignal
}

/** The part of navigator.locks that is needed: one holder at a time over all tabs. */
type Locks = { request<Result>(name: string, work: () => Promise<Result>): Promise<Result> }

export class Client {
	private token: string | undefined
	private renewing: Promise<boolean> | undefined
	private readonly onSignedOut = new Set<() => void>()

	constructor(
		private readonly fetch: typeof globalThis.fetch,
		private readonly locks: Locks | undefined,
	) {}

	get = <Answer>(path: string, params?: Params, signal?: AbortSignal) =>
		this.json<Answer>("GET", path, { params, signal })
	/** With a revision: acts on what is still at it; somebody else's change in between is refused. */
	post = <Answer>(path: string, body?: unknown, revision?: number) =>
		this.json<Answer>("POST", path, { body, revision })
	patch = <Answer>(path: string, body: unknown, revision?: number) =>
		this.json<Answer>("PATCH", path, { body, revision })
	delete = <Answer = undefined>(path: string, params?: Params, revision?: number) =>
		this.json<Answer>("DELETE", path, { params, revision })
	upload = <Answer>(path: string, form: FormData, onSent?: OnSent, signal?: AbortSignal) =>
		this.json<Answer>("POST", path, { form, onSent, signal })

	/** The answer itself, for what is streamed into a file. */
	async open(path: string, params?: Params, signal?: AbortSignal): Promise<Response> {
		return await this.send("GET", path, { params, signal })
	}

	/** Keeps what a sign-in has given. */
	accept(signedIn: Pick<SignedIn, "accessToken">): void {
		this.token = signedIn.accessToken
	}

	/** Whether there is a session, renewing its token when there is none in memory yet. */
	async resume(): Promise<boolean> {
		return this.token !== undefined || (await this.renew(undefined))
	}

	async signOut(): Promise<void> {
		try {
			await this.post("/auth/logout")
		} finally {
			this.forget()
		}
	}

	/** Drops the token without telling anybody: another tab has ended the session. */
	drop(): void {
		this.token = undefined
	}

	/** Drops the token and tells whoever listens, without asking the server. */
	private forget(): void {
		this.drop()
		for (const listener of this.onSignedOut) listener()
	}

	/** Calls back when the session is over; the answer takes the listener off again. */
	whenSignedOut(listener: () => void): () => void {
		this.onSignedOut.add(listener)
		return () => this.onSignedOut.delete(listener)
	}

	private async json<Answer>(method: string, path: string, call: Call): Promise<Answer> {
		const response = await this.send(method, path, call)
		if (response.status === 204 || response.headers.get("Content-Length") === "0") return undefined as Answer
		const text = await response.text()
		return (text === "" ? undefined : JSON.parse(text)) as Answer
	}

	private async send(method: string, path: string, call: Call): Promise<Response> {
		const used = this.token
		let response = await this.attempt(method, path, call)
		// The sign-in calls answer 401 for a wrong password: there is no token to renew then.
		if (response.status === 401 && used !== undefined) {
			if (await this.renew(used)) response = await this.attempt(method, path, call)
			else this.forget()
		}
		if (!response.ok) throw await problemOf(response)
		return response
	}

	private async attempt(method: string, path: string, call: Call): Promise<Response> {
		const headers = new Headers({ Accept: "application/json" })
		if (this.token) headers.set("Authorization", `Bearer ${this.token}`)
		if (call.body !== undefined) headers.set("Content-Type", "application/json")
		if (call.revision !== undefined) headers.set("If-Match", `"${call.revision}"`)
		try {
			const url = `/api/v1${path}${query(call.params)}`
			if (call.form && call.onSent) {
				const { sendForm } = await import("./sendForm")
				return await sendForm(url, call.form, headers, call.onSent, call.signal)
			}
			return await this.fetch(url, {
				method,
				headers,
				body: call.form ?? (call.body === undefined ? undefined : JSON.stringify(call.body)),
				signal: call.signal,
				credentials: "same-origin",
			})
		} catch (error) {
			if (call.signal?.aborted) throw error
			throw unreachable()
		}
	}

	/**
	 * Gets a new token, unless somebody got one since `used` was sent. Refresh tokens are good for one
	 * use and a second use ends the session, so tabs take turns; within a tab all wait for one call.
	 */
	private renew(used: string | undefined): Promise<boolean> {
		if (this.token !== used) return Promise.resolve(this.token !== undefined)
		this.renewing ??= this.inTurn(() => this.refresh()).finally(() => {
			this.renewing = undefined
		})
		return this.renewing
	}

	private inTurn(work: () => Promise<boolean>): Promise<boolean> {
		return this.locks ? this.locks.request("annals-refresh", work) : work()
	}

	private async refresh(): Promise<boolean> {
		let response: Response
		try {
			// keepalive: the new cookie arrives even if the page is left meanwhile.
			response = await this.fetch("/api/v1/auth/refresh", {
				method: "POST",
				credentials: "same-origin",
				keepalive: true,
			})
		} catch {
			throw unreachable()
		}
		if (response.status === 401) return false
		if (!response.ok) throw await problemOf(response)
		const { accessToken }: { accessToken: string } = await response.json()
		this.token = accessToken
		return true
	}
}

function query(params: Params = {}): string {
	const search = new URLSearchParams()
	for (const [key, value] of Object.entries(params)) {
		if (value === undefined || value === "") continue
		for (const one of Array.isArray(value) ? value : [value]) search.append(key, String(one))
	}
	const text = search.toString()
	return text && `?${text}`
}

/** The portal's own client. */
export const api = new Client((...call) => globalThis.fetch(...call), globalThis.navigator?.locks)

/** A problem of any origin as one that can be shown. */
export function asProblem(error: unknown): Problem {
	if (error instanceof Problem) return error
	return new Problem(0, error instanceof Error ? error.message : String(error))
}
