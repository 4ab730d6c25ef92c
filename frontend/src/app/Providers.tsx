import { MantineProvider } from "@mantine/core"
import { Notifications } from "@mantine/notifications"
import { QueryClientProvider } from "@tanstack/react-query"
import { RouterProvider } from "@tanstack/react-router"
import { StrictMode } from "react"
import { styleNonce } from "./nonce"
import { createQueryClient } from "./queries"
import { createAppRouter } from "./router"
import { followSession } from "./session"
import { cssVariables, theme } from "./theme"

const queryClient = createQueryClient()
const router = createAppRouter(queryClient)
followSession(queryClient, router)

export function Providers() {
	return (
		<StrictMode>
			<MantineProvider
				theme={theme}
				cssVariablesResolver={cssVariables}
				defaultColorScheme="auto"
				getStyleNonce={styleNonce}
			>
				<Notifications position="bottom-right" autoClose={5000} limit={3} />
				<QueryClientProvider client={queryClient}>
					<RouterProvider router={router} />
				</QueryClientProvider>
			</MantineProvider>
		</StrictMode>
	)
}
