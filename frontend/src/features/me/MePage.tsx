import { Tabs } from "@mantine/core"
import { getRouteApi } from "@tanstack/react-router"
import { useMe } from "@/api/me"
import { Page } from "@/components/Page"
import { Profile } from "./Profile"
import { Security } from "./Security"
import { SignIns } from "./SignIns"

const route = getRouteApi("/shell/me")

/** What everybody has: their own sign-ins and sessions, password and second factor, name and zone. */
export function MePage() {
	const { tab = "sign-ins" } = route.useSearch()
	const navigate = route.useNavigate()
	const me = useMe()
	return (
		<Page
			title="My sign-ins"
			meta={
				<span>
					{me.user.name} · {me.user.email}
				</span>
			}
			tabs={
				<Tabs
					value={tab}
					onChange={(next) =>
						navigate({ search: next === "security" || next === "profile" ? { tab: next } : {} })
					}
				>
					<Tabs.List>
						<Tabs.Tab value="sign-ins">Sign-ins</Tabs.Tab>
						<Tabs.Tab value="security">Password and second factor</Tabs.Tab>
						<Tabs.Tab value="profile">Name and time zone</Tabs.Tab>
					</Tabs.List>
				</Tabs>
			}
		>
			{tab === "sign-ins" ? (
				<SignIns me={me} />
			) : tab === "security" ? (
				<Security me={me} />
			) : (
				<Profile me={me} />
			)}
		</Page>
	)
}
