import { useQueryClient } from "@tanstack/react-query"
import { useRouter } from "@tanstack/react-router"
import { useEffect, useState } from "react"
import { SignInPage } from "@/features/signin/SignInPage"

/** Where the link of an invitation leads. Its token stands behind the #, and leaves the address at once. */
export function Invitation() {
	const router = useRouter()
	const queryClient = useQueryClient()
	const [token] = useState(() => router.latestLocation.hash)
	useEffect(() => router.history.replace("/invitation"), [router])
	return (
		<SignInPage
			invitation={token}
			onDone={() => {
				queryClient.clear()
				router.history.replace("/log")
			}}
		/>
	)
}
