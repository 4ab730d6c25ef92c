import { type RawSearch, text } from "@/lib/params"

/** Where to go after signing in: a path on this host, never another host. */
type SignInSearch = { next?: string }

export function signInSearch(raw: RawSearch): SignInSearch {
	const next = text(raw.next)
	const local = next?.startsWith("/") && !/^\/[/\\]/.test(next) && !next.startsWith("/sign-in")
	return local ? { next } : {}
}
