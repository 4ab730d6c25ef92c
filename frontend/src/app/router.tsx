import { Button } from "@mantine/core"
import type { QueryClient } from "@tanstack/react-query"
import {
	createRootRouteWithContext,
	createRoute,
	createRouter,
	Link,
	lazyRouteComponent,
	notFound,
	type RouterHistory,
	redirect,
} from "@tanstack/react-router"
import { meQuery } from "@/api/me"
import { Problem } from "@/api/problem"
import type { Me, Permission } from "@/api/types"
import { Page } from "@/components/Page"
import { Empty, Failure } from "@/components/States"
import { apiKeysSearch } from "@/features/apikeys/search"
import { catalogueSearch } from "@/features/catalogue/search"
import { logSearch } from "@/features/log/search"
import { bulkSearch, bulkStartSearch } from "@/features/objects/bulkSearch"
import { objectSearch, objectsSearch, settingsSearch } from "@/features/objects/search"
import { peopleSearch } from "@/features/people/search"
import { signInSearch } from "@/features/signin/search"
import { id, parseSearch, type RawSearch, stringifySearch } from "@/lib/params"
import { Shell } from "./Shell"
import { editing, meTab, organizationTab, personPart, personTab } from "./tabs"

/** The number of nothing: what an address says whose number can't be read. */
const nobody = 0

/** A page of one thing, by its number. */
const numbered = {
	parse: ({ id: text }: { id: string }) => ({ id: id(text) ?? nobody }),
	stringify: ({ id: value }: { id: number }) => ({ id: String(value) }),
}

const ofKind = {
	parse: ({ kind, id: text }: { kind: string; id: string }) => ({ kind, id: id(text) ?? nobody }),
	stringify: ({ kind, id: value }: { kind: string; id: number }) => ({ kind, id: String(value) }),
}

type Context = { queryClient: QueryClient }

const root = createRootRouteWithContext<Context>()()

const signIn = createRoute({
	getParentRoute: () => root,
	path: "/sign-in",
	validateSearch: signInSearch,
	component: lazyRouteComponent(() => import("./pages/SignIn"), "SignIn"),
})

const invitation = createRoute({
	getParentRoute: () => root,
	path: "/invitation",
	component: lazyRouteComponent(() => import("./pages/Invitation"), "Invitation"),
})

/** Everything below needs a session; without one the way leads through the sign-in and back. */
const shell = createRoute({
	getParentRoute: () => root,
	id: "shell",
	beforeLoad: async ({ context, location }) => {
		try {
			return { me: await context.queryClient.ensureQueryData(meQuery) }
		} catch (error) {
			if (error instanceof Problem && error.status === 401)
				throw redirect({
					to: "/sign-in",
					search: { next: location.href === "/" ? undefined : location.href },
				})
			throw error
		}
	},
	component: Shell,
	errorComponent: ({ error, reset }) => <Failure error={error} retry={reset} />,
})

/** A page that the viewer has no permission for is one that doesn't exist. */
const needs =
	(permission: Permission) =>
	({ context, params }: { context: { me: Me }; params?: { id?: number } }) => {
		if (!context.me.permissions.includes(permission) || params?.id === nobody) throw notFound()
	}

const home = createRoute({
	getParentRoute: () => shell,
	path: "/",
	beforeLoad: () => {
		throw redirect({ to: "/log" })
	},
})

const log = createRoute({
	getParentRoute: () => shell,
	path: "/log",
	validateSearch: logSearch,
	loader: needs("events.read"),
	component: lazyRouteComponent(() => import("./pages/Log"), "Log"),
})

const event = createRoute({
	getParentRoute: () => shell,
	path: "/events/$id",
	loader: needs("events.read"),
	params: numbered,
	component: lazyRouteComponent(() => import("./pages/Entry"), "Entry"),
})

const objects = createRoute({
	getParentRoute: () => shell,
	path: "/objects",
	validateSearch: objectsSearch,
	loader: needs("objects.read"),
	component: lazyRouteComponent(() => import("@/features/objects/ObjectsPage"), "ObjectsPage"),
})

const newObject = createRoute({
	getParentRoute: () => shell,
	path: "/objects/$kind/new",
	loader: ({ context }) => needs("objects.edit")({ context }),
	component: lazyRouteComponent(() => import("@/features/objects/NewObjectPage"), "NewObjectPage"),
})

const startBulk = createRoute({
	getParentRoute: () => shell,
	path: "/objects/$kind/bulk",
	validateSearch: bulkStartSearch,
	loader: ({ context }) => needs("objects.edit")({ context }),
	component: lazyRouteComponent(() => import("@/features/objects/BulkStartPage"), "BulkStartPage"),
})

const bulk = createRoute({
	getParentRoute: () => shell,
	path: "/objects/$kind/bulk/$id",
	validateSearch: bulkSearch,
	loader: needs("objects.edit"),
	params: ofKind,
	component: lazyRouteComponent(() => import("./pages/Bulk"), "Bulk"),
})

const object = createRoute({
	getParentRoute: () => shell,
	path: "/objects/$kind/$id",
	validateSearch: (raw: RawSearch) => ({ ...logSearch(raw), ...objectSearch(raw) }),
	loader: needs("objects.read"),
	params: ofKind,
	component: lazyRouteComponent(() => import("./pages/Object"), "ObjectAndLog"),
})

const people = createRoute({
	getParentRoute: () => shell,
	path: "/people",
	validateSearch: peopleSearch,
	loader: needs("users.read"),
	component: lazyRouteComponent(() => import("@/features/people/PeoplePage"), "PeoplePage"),
})

const person = createRoute({
	getParentRoute: () => shell,
	path: "/people/$id",
	validateSearch: (raw: RawSearch) => ({
		...logSearch(raw),
		...personTab(raw),
		...personPart(raw),
		...editing(raw),
	}),
	loader: needs("users.read"),
	params: numbered,
	component: lazyRouteComponent(() => import("./pages/Person"), "PersonAndLog"),
})

const organization = createRoute({
	getParentRoute: () => shell,
	path: "/organization",
	loader: ({ context }) => {
		needs("tenants.read")({ context })
		throw redirect({ to: "/organization/$id", params: { id: context.me.scope.tenantId }, replace: true })
	},
})

const tenant = createRoute({
	getParentRoute: () => shell,
	path: "/organization/$id",
	validateSearch: (raw: RawSearch) => ({ ...logSearch(raw), ...organizationTab(raw), ...editing(raw) }),
	loader: needs("tenants.read"),
	params: numbered,
	component: lazyRouteComponent(() => import("./pages/Organization"), "OrganizationAndLog"),
})

const mine = createRoute({
	getParentRoute: () => shell,
	path: "/me",
	validateSearch: meTab,
	loader: needs("own.read"),
	component: lazyRouteComponent(() => import("@/features/me/MePage"), "MePage"),
})

const catalogue = createRoute({
	getParentRoute: () => shell,
	path: "/catalogue",
	validateSearch: catalogueSearch,
	loader: needs("catalog.read"),
	component: lazyRouteComponent(() => import("@/features/catalogue/CataloguePage"), "CataloguePage"),
})

const preferences = createRoute({
	getParentRoute: () => shell,
	path: "/preferences",
	loader: needs("own.read"),
	component: lazyRouteComponent(() => import("@/features/preferences/PreferencesPage"), "PreferencesPage"),
})

const settings = createRoute({
	getParentRoute: () => shell,
	path: "/settings",
	validateSearch: settingsSearch,
	loader: needs("objects.read"),
	component: lazyRouteComponent(() => import("./pages/Settings"), "Settings"),
})

const apiKeys = createRoute({
	getParentRoute: () => shell,
	path: "/settings/api-keys",
	validateSearch: apiKeysSearch,
	loader: needs("api_keys.manage"),
	component: lazyRouteComponent(() => import("@/features/apikeys/ApiKeysPage"), "ApiKeysPage"),
})

const imports = createRoute({
	getParentRoute: () => shell,
	path: "/settings/imports",
	loader: needs("imports.run"),
	component: lazyRouteComponent(() => import("@/features/imports/ImportsPage"), "ImportsPage"),
})

/** An address that means nothing still has the shell around it. */
const nothing = createRoute({ getParentRoute: () => shell, path: "$", component: NotFound })

const routeTree = root.addChildren([
	signIn,
	invitation,
	shell.addChildren([
		home,
		log,
		event,
		objects,
		newObject,
		startBulk,
		bulk,
		object,
		people,
		person,
		organization,
		tenant,
		mine,
		catalogue,
		preferences,
		settings,
		apiKeys,
		imports,
		nothing,
	]),
])

/** Every page of the portal; the address reads as the API's parameters do. */
export function createAppRouter(queryClient: QueryClient, history?: RouterHistory) {
	return createRouter({
		history,
		routeTree,
		context: { queryClient },
		parseSearch: (text) => parseSearch(text),
		stringifySearch,
		defaultPreload: "intent",
		defaultPreloadStaleTime: 0,
		defaultErrorComponent: ({ error, reset }) => <Failure error={error} retry={reset} />,
		defaultNotFoundComponent: NotFound,
		scrollRestoration: false,
	})
}

declare module "@tanstack/react-router" {
	interface Register {
		router: ReturnType<typeof createAppRouter>
	}
}

function NotFound() {
	return (
		<Page title="Not found">
			<Empty
				title="There is nothing here"
				action={
					<Button component={Link} to="/log" variant="default">
						Go to the log
					</Button>
				}
			>
				Nothing at this address, or nothing that you may see.
			</Empty>
		</Page>
	)
}
