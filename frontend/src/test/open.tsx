import { MantineProvider } from "@mantine/core"
import { Notifications } from "@mantine/notifications"
import { QueryClientProvider } from "@tanstack/react-query"
import { createMemoryHistory, RouterProvider } from "@tanstack/react-router"
import { render } from "@testing-library/react"
import { createQueryClient } from "@/app/queries"
import { createAppRouter } from "@/app/router"
import { cssVariables, theme } from "@/app/theme"
import { me } from "./data"
import { fakeServer } from "./server"

/** Opens the portal at an address, signed in unless the routes say otherwise. */
export function open(address: string, routes: Parameters<typeof fakeServer>[0] = {}) {
	const server = fakeServer({
		"POST /auth/refresh": () => ({ body: { accessToken: "token", expiresIn: 300 } }),
		"GET /me": () => ({ body: me() }),
		"GET /catalog": () => ({ body: { systems: [], classes: [], states: [] } }),
		...routes,
	})
	vi.stubGlobal("fetch", server.fetch)
	vi.stubGlobal("XMLHttpRequest", server.FormRequest)
	const queryClient = createQueryClient()
	const history = createMemoryHistory({ initialEntries: [address] })
	const router = createAppRouter(queryClient, history)
	render(
		<MantineProvider theme={theme} cssVariablesResolver={cssVariables} env="test">
			<Notifications />
			<QueryClientProvider client={queryClient}>
				<RouterProvider router={router} />
			</QueryClientProvider>
		</MantineProvider>,
	)
	return { ...server, address: () => history.location.href }
}
