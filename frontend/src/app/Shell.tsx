import { ActionIcon, AppShell, Burger, Menu, useMantineColorScheme } from "@mantine/core"
import { useDisclosure, useHotkeys } from "@mantine/hooks"
import { useQueryClient } from "@tanstack/react-query"
import { Link, Outlet, useNavigate } from "@tanstack/react-router"
import { ChevronDown, CircleHelp, LogOut, Monitor, Moon, Search, Sun, UserRound } from "lucide-react"
import { Fragment, lazy, Suspense, useState } from "react"
import { api } from "@/api/client"
import { useMe, zoneOf } from "@/api/me"
import type { Level, Me } from "@/api/types"
import { Mark } from "@/components/Brand"
import { ZoneProvider } from "@/components/Time"
import { navigation } from "./navigation"
import classes from "./Shell.module.css"

// Nobody needs these on the first screen.
const Help = lazy(() => import("./Help").then((m) => ({ default: m.Help })))
const JumpBox = lazy(() => import("./JumpBox").then((m) => ({ default: m.JumpBox })))

/** The frame around every page of a person who is signed in. */
export function Shell() {
	const me = useMe()
	const [menu, { toggle, close }] = useDisclosure()
	const [help, helping] = useDisclosure()
	const [jumps, setJumps] = useState(0)
	const jump = () => setJumps((before) => before + 1)
	useHotkeys([
		["shift+?", helping.open],
		["?", helping.open],
	])
	// Out of a field as well: it is no letter.
	useHotkeys([["mod+K", jump]], [])
	return (
		<ZoneProvider zone={zoneOf(me)}>
			<AppShell
				header={{ height: 48 }}
				navbar={{ width: 168, breakpoint: "sm", collapsed: { mobile: !menu } }}
				transitionDuration={0}
			>
				<a href="#main" className={classes.skip}>
					Skip to the content
				</a>
				<AppShell.Header className={classes.header} withBorder={false}>
					<Burger
						opened={menu}
						onClick={toggle}
						hiddenFrom="sm"
						size="sm"
						aria-label={menu ? "Close the menu" : "Open the menu"}
					/>
					<Link to="/log" className={classes.brand} aria-label="Annals, the log">
						<Mark />
						<span className={classes.brandName}>Annals</span>
					</Link>
					<ScopePath me={me} />
					<button type="button" className={classes.jump} onClick={jump} aria-label="Search or jump">
						<Search size={14} aria-hidden />
						<span>Search or jump…</span>
						<kbd>{/Mac/.test(navigator.userAgent) ? "⌘K" : "Ctrl K"}</kbd>
					</button>
					<UserMenu me={me} onHelp={helping.open} />
				</AppShell.Header>
				<AppShell.Navbar className={classes.nav} withBorder={false} aria-label="Pages">
					<Navigation me={me} onFollow={close} />
				</AppShell.Navbar>
				<AppShell.Main id="main" tabIndex={-1} className={classes.main}>
					<Outlet />
				</AppShell.Main>
			</AppShell>
			{jumps > 0 && (
				<Suspense>
					<JumpBox asked={jumps} />
				</Suspense>
			)}
			{help && (
				<Suspense>
					<Help onClose={helping.close} />
				</Suspense>
			)}
		</ZoneProvider>
	)
}

const levels: Record<Level, string> = {
	root: "platform",
	sales_org: "sales organization",
	dealer: "dealer",
	reseller: "reseller",
	user: "end user",
}

/** Whose log this is: always in sight. */
function ScopePath({ me }: { me: Me }) {
	const { scope } = me
	return (
		<div className={classes.scope} title={`${scope.label} (${levels[scope.level]})`}>
			<span className={classes.path}>
				{scope.level === "root"
					? "All organizations"
					: scope.path.map((node, index) => (
							<span key={node.name} className={index < scope.path.length - 1 ? classes.ancestor : undefined}>
								{node.name}
							</span>
						))}
			</span>
			<span className={classes.level}>{levels[scope.level]}</span>
		</div>
	)
}

function Navigation({ me, onFollow }: { me: Me; onFollow: () => void }) {
	const queryClient = useQueryClient()
	const items = navigation.filter((item) => me.permissions.includes(item.permission))
	return items.map((item, index) => (
		<Fragment key={item.to}>
			{item.group && item.group !== items[index - 1]?.group && (
				<div className={classes.group}>{item.group}</div>
			)}
			<Link
				to={item.to}
				className={classes.link}
				activeOptions={{ exact: item.to === "/settings", includeSearch: false }}
				onClick={() => {
					// Coming here by the menu, a person wants what is new, not what they left.
					if (item.to === "/log") queryClient.resetQueries({ queryKey: ["events"] })
					onFollow()
				}}
			>
				<item.icon size={15} aria-hidden />
				{item.label}
			</Link>
		</Fragment>
	))
}

function UserMenu({ me, onHelp }: { me: Me; onHelp: () => void }) {
	const { colorScheme, setColorScheme } = useMantineColorScheme()
	const navigate = useNavigate()
	const schemes = [
		{ value: "light", label: "Light", icon: Sun },
		{ value: "dark", label: "Dark", icon: Moon },
		{ value: "auto", label: "As the system", icon: Monitor },
	] as const
	const Current = schemes.find((scheme) => scheme.value === colorScheme)?.icon ?? Monitor
	const signOut = async () => {
		// Whatever the server says, this browser forgets.
		await api.signOut().catch(() => undefined)
		await navigate({ to: "/sign-in" })
	}
	return (
		<>
			<Menu position="bottom-end">
				<Menu.Target>
					<ActionIcon variant="subtle" color="gray" aria-label="Light or dark">
						<Current size={15} />
					</ActionIcon>
				</Menu.Target>
				<Menu.Dropdown>
					{schemes.map((scheme) => (
						<Menu.Item
							key={scheme.value}
							leftSection={<scheme.icon size={14} />}
							onClick={() => setColorScheme(scheme.value)}
							fw={scheme.value === colorScheme ? 600 : undefined}
						>
							{scheme.label}
						</Menu.Item>
					))}
				</Menu.Dropdown>
			</Menu>
			<Menu position="bottom-end" width={220}>
				<Menu.Target>
					<button type="button" className={classes.user} aria-label={`Account of ${me.user.name}`}>
						<UserRound size={15} aria-hidden />
						<span className={classes.userName}>{me.user.name}</span>
						<ChevronDown size={13} aria-hidden />
					</button>
				</Menu.Target>
				<Menu.Dropdown>
					<Menu.Label>{me.user.email}</Menu.Label>
					<Menu.Item component={Link} to="/me" leftSection={<UserRound size={14} />}>
						My sign-ins and account
					</Menu.Item>
					<Menu.Item leftSection={<CircleHelp size={14} />} onClick={onHelp}>
						Keyboard
					</Menu.Item>
					<Menu.Divider />
					<Menu.Item leftSection={<LogOut size={14} />} onClick={signOut}>
						Sign out
					</Menu.Item>
				</Menu.Dropdown>
			</Menu>
		</>
	)
}
