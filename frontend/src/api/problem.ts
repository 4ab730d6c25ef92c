/** What went wrong, as the server says it (RFC 9457), or as we say it when no server answered. */

type FieldProblem = { location: string; message: string }

export class Problem extends Error {
	readonly status: number
	readonly fields: FieldProblem[]
	readonly requestId: string | undefined
	/** When another try makes sense (milliseconds since 1970), where the server said so. */
	readonly retryAt: number | undefined

	constructor(
		status: number,
		message: string,
		more: { fields?: FieldProblem[]; requestId?: string; retryAfter?: number } = {},
	) {
		super(message)
		this.name = "Problem"
		this.status = status
		this.fields = more.fields ?? []
		this.requestId = more.requestId
		this.retryAt = more.retryAfter && Date.now() + more.retryAfter * 1000
	}

	/** Field messages by the name that a form uses: "body.email" is the form's "email". */
	get byField(): Record<string, string> {
		return Object.fromEntries(
			this.fields.map(({ location, message }) => [location.split(".").at(-1) ?? location, message]),
		)
	}
}

export const unreachable = () =>
	new Problem(0, "The server can't be reached. Check the connection and try again.")

export async function problemOf(response: Response): Promise<Problem> {
	const wait = Number(response.headers.get("Retry-After"))
	const more = {
		requestId: response.headers.get("X-Request-Id") ?? undefined,
		retryAfter: wait > 0 ? wait : undefined,
	}
	try {
		const body: { title?: string; detail?: string; errors?: FieldProblem[]; requestId?: string } =
			await response.json()
		return new Problem(response.status, body.detail || body.title || fallback(response.status), {
			...more,
			fields: body.errors?.filter((field) => field.location && field.message),
			requestId: body.requestId ?? more.requestId,
		})
	} catch {
		return new Problem(response.status, fallback(response.status), more)
	}
}

function fallback(status: number): string {
	if (status === 404) return "There is nothing here."
	if (status === 412) return "Somebody else changed this in the meantime."
	if (status === 413) return "That is too large."
	if (status === 429) return "Too many tries."
	if (status >= 500) return "The server can't do this at the moment."
	return `The server refused this (${status}).`
}
