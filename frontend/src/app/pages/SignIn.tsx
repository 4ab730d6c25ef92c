import { useQueryClient } from "@tanstack/react-query"
import { getRouteApi, useRouter } from "@tanstack/react-router"
import { SignInPage } from "@/features/signin/SignInPage"

const route = getRouteApi("/sign-in")

export function SignIn() {
	const { next } = route.useSearch()
	const router = useRouter()
	const queryClient = useQueryClient()
	return (
		<SignInPage
			onDone={() => {
				queryClient.clear()
				// The back button leads to what was before, not to the form again.
				router.history.replace(next ?? "/log")
			}}
		/>
	)
}
