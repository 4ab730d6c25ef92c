import { Problem } from "@/api/problem"

export type Step = "password" | "code" | "setup" | "otp"

const wrong: Record<Step, string> = {
	password: "E-mail or password is not right.",
	code: "That code is not right, or it has been used already.",
	setup: "That code is not right. Wait for the next one and try again.",
	otp: "That password is not right, or it has expired. Ask for a new one.",
}

/** What happened, in one clear sentence; what it means to wait is said beside it. */
export function sentence(error: unknown, step: Step): string {
	if (!(error instanceof Problem)) return "Something went wrong. Try again."
	if (error.status === 401) return wrong[step]
	if (error.status === 429) return "Too many tries."
	if (error.status === 503)
		return "Signing in is not possible at the moment, because it could not be recorded. Try again shortly."
	return error.message
}

/** A challenge is good for a few minutes; after that the password must be given again. */
export function isExpired(error: unknown): boolean {
	return error instanceof Problem && error.status === 401 && /expired/i.test(error.message)
}
