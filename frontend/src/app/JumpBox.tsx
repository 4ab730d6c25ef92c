import "@mantine/spotlight/styles.css"
import { useDebouncedValue } from "@mantine/hooks"
import { Spotlight, spotlight } from "@mantine/spotlight"
import { useQuery } from "@tanstack/react-query"
import { useRouter } from "@tanstack/react-router"
import { Building2, Hash, Package, Search, UserRound } from "lucide-react"
import { type ReactNode, useEffect, useState } from "react"
import { api } from "@/api/client"
import { useMe } from "@/api/me"
import type { Event, ObjectStub, Page, Tenant, User } from "@/api/types"
import { navigation } from "./navigation"

type Hit = { id: string; label: string; description?: string; icon: ReactNode; path: string }
type Found = { group: string; hits: Hit[] }

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Jumps to anything that has a name or a number: pages, people, objects, organizations, entries. */
export function JumpBox({ asked }: { asked: number }) {
	const me = useMe()
	const router = useRouter()
	const [opened, setOpened] = useState(false)
	const [query, setQuery] = useState("")
	const [text] = useDebouncedValue(query.trim(), 180)
	// The box has a store of its own; each time it is asked for, it opens.
	useEffect(() => {
		if (asked > 0) spotlight.open()
	}, [asked])
	const found = useQuery({
		queryKey: ["jump", text],
		queryFn: ({ signal }) => find(text, me.permissions, signal),
		enabled: opened && text.length > 1,
		staleTime: 30_000,
	})
	// Enter means the first line. The box marks it when the text changes, and what is found later
	// would push the mark down.
	useEffect(() => {
		if (!found.data) return
		document.querySelector("[data-action][data-selected]")?.removeAttribute("data-selected")
		document.querySelector("[data-action]")?.setAttribute("data-selected", "true")
	}, [found.data])
	const words = query.trim().toLowerCase()
	const pages: Hit[] = navigation
		.filter((item) => me.permissions.includes(item.permission) && item.label.toLowerCase().includes(words))
		.map((item) => ({ id: item.to, label: item.label, icon: <item.icon size={16} />, path: item.to }))
	const groups: Found[] = [
		...(words && found.data && text === query.trim() ? found.data : []),
		{ group: "Pages", hits: pages },
		...(words
			? [
					{
						group: "Log",
						hits: [
							{
								id: "search",
								label: `Search the log for “${query.trim()}”`,
								icon: <Search size={16} />,
								path: `/log?${new URLSearchParams({ q: query.trim() })}`,
							},
						],
					},
				]
			: []),
	]
	return (
		<Spotlight
			onSpotlightOpen={() => setOpened(true)}
			onSpotlightClose={() => setOpened(false)}
			shortcut={null}
			query={query}
			onQueryChange={setQuery}
			clearQueryOnClose
			overlayProps={{ backgroundOpacity: 0.35, blur: 0 }}
			transitionProps={{ duration: 100, transition: "fade" }}
			styles={{ actionsGroup: { textTransform: "none" } }}
			scrollable
			maxHeight={420}
			attributes={{ content: { "aria-label": "Search or jump" } }}
			scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}
			filter={(_query, actions) => actions}
			nothingFound={found.isFetching ? "Looking…" : "Nothing by that name."}
			searchProps={{
				"aria-label": "Search or jump",
				placeholder: "A page, a person, an object, an organization, or the number of an entry",
				leftSection: <Search size={16} />,
			}}
			actions={groups
				.filter((group) => group.hits.length > 0)
				.map((group) => ({
					group: group.group,
					actions: group.hits.map((hit) => ({
						id: `${group.group} ${hit.id}`,
						label: hit.label,
						description: hit.description,
						leftSection: hit.icon,
						onClick: () => router.history.push(hit.path),
					})),
				}))}
		/>
	)
}

async function find(text: string, permissions: string[], signal: AbortSignal): Promise<Found[]> {
	const may = (permission: string) => permissions.includes(permission)
	const list = async <Item,>(permission: string, path: string, hit: (item: Item) => Hit): Promise<Hit[]> => {
		if (!may(permission)) return []
		const page = await api.get<Page<Item>>(path, { q: text, limit: 5 }, signal)
		return page.items.map(hit)
	}
	const searches: [string, Promise<Hit[]>][] = [
		["Entry", entry(text, signal)],
		[
			"People",
			list<User>("users.read", "/users", (user) => ({
				id: String(user.id),
				label: user.name,
				description: `${user.email} · ${user.tenantName}`,
				icon: <UserRound size={16} />,
				path: `/people/${user.id}`,
			})),
		],
		[
			"Organizations",
			list<Tenant>("tenants.read", "/tenants", (tenant) => ({
				id: String(tenant.id),
				label: tenant.name,
				description: tenant.path,
				icon: <Building2 size={16} />,
				path: `/organization/${tenant.id}`,
			})),
		],
		[
			"Objects",
			list<ObjectStub>("objects.read", "/objects", (object) => ({
				id: String(object.id),
				label: object.name || object.externalId,
				description: `${object.kindLabel} · ${object.system}`,
				icon: <Package size={16} />,
				path: `/objects/${object.kind}/${object.id}`,
			})),
		],
	]
	// What one of them can't answer must not hide what the others found.
	return await Promise.all(
		searches.map(async ([group, hits]) => ({ group, hits: await hits.catch(() => []) })),
	)
}

async function entry(text: string, signal: AbortSignal): Promise<Hit[]> {
	const path = uuid.test(text)
		? `/events/by-event-id/${text.toLowerCase()}`
		: /^#?\d+$/.test(text)
			? `/events/${text.replace("#", "")}`
			: undefined
	if (!path) return []
	const event = await api.get<Event>(path, undefined, signal)
	return [
		{
			id: String(event.id),
			label: `Entry ${event.id}`,
			description: event.description,
			icon: <Hash size={16} />,
			path: `/events/${event.id}`,
		},
	]
}
