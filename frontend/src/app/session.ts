import type { QueryClient } from "@tanstack/react-query"
import type { Router } from "@tanstack/react-router"
import { api } from "@/api/client"

/**
 * When the session is over, here or in another tab, nothing that it showed stays: the cache is
 * emptied and the sign-in page comes up, which afterwards leads back to where the person was.
 */
export function followSession(
	queryClient: QueryClient,
	// biome-ignore lint/suspicious/noExplicitAny: any router will do, and its type parameters are many
	router: Router<any, any, any, any, any>,
): void {
	const tabs = new BroadcastChannel("annals-session")
	const leave = () => {
		queryClient.clear()
		const { pathname, href } = router.state.location
		if (pathname === "/sign-in") return
		router.navigate({ to: "/sign-in", search: { next: href } })
	}
	api.whenSignedOut(() => {
		tabs.postMessage("signed out")
		leave()
	})
	tabs.onmessage = () => {
		api.drop()
		leave()
	}
}
