import { useMemo } from "react"
import { useCatalog, useMe } from "@/api/me"
import type { Action, Catalog, Kind, Me } from "@/api/types"

/** A kind by its name; null where the catalogue has none, undefined while it is being read. */
export function useKind(name: string): Kind | null | undefined {
	const catalog = useCatalog()
	return useMemo(
		() => catalog && (allKinds(catalog).find((kind) => kind.name === name) ?? null),
		[catalog, name],
	)
}

export const allKinds = (catalog: Catalog) => catalog.systems.flatMap((system) => system.kinds)

/** What has a table of its own (people, tenants, sessions, keys) has its own pages; so have settings. */
export function mayCreate(kind: Kind, me: Me): boolean {
	return (
		!kind.ownTable &&
		!kind.setting &&
		kind.managedBy.includes(me.scope.level) &&
		me.permissions.includes("objects.edit")
	)
}

/** What a bulk change is called: "Bulk change", or in the words of the kind's system. */
export const bulkLabel = (kind: Kind) => kind.bulk?.label ?? "Bulk change"

/** Where a bulk change of a kind begins. */
export const startPath = (kind: string) => `/objects/${encodeURIComponent(kind)}/bulk`

export type KindGroup = { group: string; items: { value: string; label: string }[] }

function grouped(catalog: Catalog | undefined, keep: (kind: Kind) => boolean): KindGroup[] {
	return (catalog?.systems ?? [])
		.map((system) => ({
			group: system.label,
			items: system.kinds.filter(keep).map((kind) => ({ value: kind.name, label: kind.label })),
		}))
		.filter(({ items }) => items.length > 0)
}

/** Kinds under their systems, as choices: all of them, or those that the viewer may create. */
export function useKindChoices(): { all: KindGroup[]; creatable: KindGroup[] } {
	const catalog = useCatalog()
	const me = useMe()
	return useMemo(
		() => ({ all: grouped(catalog, () => true), creatable: grouped(catalog, (kind) => mayCreate(kind, me)) }),
		[catalog, me],
	)
}

/** The fields that people fill in; the others are a job's. */
export const formFields = (kind: Kind) => kind.fields.filter((field) => !field.readOnly)

/** What every object has, whether or not its kind documents an entry for it. */
const always: Record<string, string> = {
	create: "Create",
	update: "Edit",
	delete: "Delete",
	restore: "Restore",
}

/** The kind's row for an action; where it has none, one without inputs. */
export function actionOf(kind: Kind | null, name: string): Action {
	return kind?.actions.find((one) => one.name === name) ?? { name, label: always[name] ?? name, event: "" }
}

const ends = ["deletion", "expiration"]

/** Whether an action ends something: it then stands in the menu, not beside the title. */
export function isDestructive(action: Action, catalog: Catalog | undefined): boolean {
	if (action.name === "delete") return true
	const type = catalog?.systems.flatMap((system) => system.events).find((one) => one.name === action.event)
	return ends.includes(type?.state ?? "")
}

const ownPages: Record<string, string> = { "annals.user": "/people", "annals.tenant": "/organization" }

/** Whether a timer or a limit does an action: a person seldom has to, so it stands in the menu. */
export function happensByItself({ timers, limits }: Kind, { name }: Action): boolean {
	return [...(timers ?? []), ...(limits ?? [])].some(({ action }) => action === name)
}

/** Where a thing of a kind has its page. */
export function pathOf(kind: string, id: number): string {
	return `${ownPages[kind] ?? `/objects/${encodeURIComponent(kind)}`}/${id}`
}

/** The lists that a thing of a kind stands in. */
export function aboveKind(kind: string, plural: string): [string, string][] {
	return [
		["Objects", "/objects"],
		[plural, `/objects?kind=${encodeURIComponent(kind)}`],
	]
}
