import { Problem } from "@/api/problem"

/** What happened, in one clear sentence; how long to wait is said beside it. */
export function sentence(error: unknown): string {
	if (!(error instanceof Problem)) return "Something went wrong. Try again."
	return error.status === 429 ? "Too many attempts." : error.message
}

/** What was brought along has ended: a challenge that took too long, an invitation that was used. */
export function isOver(error: unknown, location: "body.challenge" | "body.token"): error is Problem {
	return (
		error instanceof Problem &&
		error.status === 401 &&
		error.fields.some((field) => field.location === location)
	)
}
