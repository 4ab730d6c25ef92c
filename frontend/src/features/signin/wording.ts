import { Problem } from "@/api/problem"

/** What happened, in one clear sentence; how long to wait is said beside it. */
export function sentence(error: unknown): string {
	if (!(error instanceof Problem)) return "Something went wrong. Try again."
	return error.status === 429 ? "Too many attempts." : error.message
}

/** The step between two factors is over: it took too long, or had too many wrong codes. */
export function isChallengeOver(error: unknown): error is Problem {
	return (
		error instanceof Problem &&
		error.status === 401 &&
		error.fields.some((field) => field.location === "body.challenge")
	)
}
