import type { Actor, EventObject, Level, Me, Owner } from "@/api/types"
import { stringifySearch } from "@/lib/params"
import type { LogSearch } from "./search"

/** Where things that an entry names have their pages; undefined where they have none for this viewer. */

export const entryPath = (id: number) => `/events/${id}`

/** The same as a link that can be sent to somebody. */
export const entryLink = (id: number) => `${window.location.origin}${entryPath(id)}`

export const logPath = (search: LogSearch | Record<string, string>) => `/log${stringifySearch(search)}`

export function objectPath(object: EventObject | undefined): string | undefined {
	if (!object?.ref || !object.kind) return undefined
	if (object.kind === "annals.user") return `/people/${object.ref}`
	if (object.kind === "annals.tenant") return `/organization/${object.ref}`
	return `/objects/${object.kind}/${object.ref}`
}

export function actorPath(actor: Actor | undefined, me: Me): string | undefined {
	if (!actor?.userId || actor.hidden) return undefined
	if (actor.userId === me.user.id) return "/me"
	return me.permissions.includes("users.read") ? `/people/${actor.userId}` : undefined
}

const ranks: Level[] = ["root", "sales_org", "dealer", "reseller", "user"]

/** What stands above the viewer has no page for them. */
export function ownerPath(owner: Owner | undefined, level: Level, me: Me): string | undefined {
	const visible =
		me.permissions.includes("tenants.read") && ranks.indexOf(level) >= ranks.indexOf(me.scope.level)
	return owner && visible ? `/organization/${owner.id}` : undefined
}

const sippyLetters: Record<string, string> = {
	user: "u",
	web_user: "u",
	account: "a",
	customer: "c",
	vendor: "v",
	trusted_api: "t",
}

/** "u:12:34:alice": how Sippy writes who did it. */
export function sippyNotation(actor: Actor): string | undefined {
	const letter = sippyLetters[actor.kind ?? ""]
	if (!letter || actor.hidden) return undefined
	return `${letter}:${actor.id || 0}:${actor.subId || 0}:${actor.name ?? ""}`
}
