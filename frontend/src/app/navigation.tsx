import {
	Building2,
	FileUp,
	KeyRound,
	LibraryBig,
	type LucideIcon,
	Package,
	ScrollText,
	Settings,
	ShieldCheck,
	SunMoon,
	Users,
} from "lucide-react"
import type { Permission } from "@/api/types"

type Item = {
	to:
		| "/log"
		| "/me"
		| "/objects"
		| "/people"
		| "/organization"
		| "/catalogue"
		| "/preferences"
		| "/settings"
		| "/settings/api-keys"
		| "/settings/imports"
	label: string
	icon: LucideIcon
	permission: Permission
	group?: string
}

/** What the left side offers, in this order, to whoever has the permission. */
export const navigation: Item[] = [
	{ to: "/log", label: "Log", icon: ScrollText, permission: "events.read" },
	{ to: "/me", label: "My sign-ins", icon: ShieldCheck, permission: "own.read" },
	{ to: "/objects", label: "Objects", icon: Package, permission: "objects.read" },
	{ to: "/people", label: "People", icon: Users, permission: "users.read" },
	{ to: "/organization", label: "Organization", icon: Building2, permission: "tenants.read" },
	{ to: "/catalogue", label: "Catalogue", icon: LibraryBig, permission: "catalog.read" },
	{ to: "/preferences", label: "Preferences", icon: SunMoon, permission: "own.read", group: "Settings" },
	{ to: "/settings", label: "Settings", icon: Settings, permission: "objects.read", group: "Settings" },
	{
		to: "/settings/api-keys",
		label: "API keys",
		icon: KeyRound,
		permission: "api_keys.manage",
		group: "Settings",
	},
	{ to: "/settings/imports", label: "Imports", icon: FileUp, permission: "imports.run", group: "Settings" },
]
