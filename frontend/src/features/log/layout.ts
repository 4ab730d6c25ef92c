import { functionalUpdate } from "@tanstack/react-table"
import { useMemo, useState } from "react"
import { useMe } from "@/api/me"
import type { Layout } from "@/components/Table"
import { readStored, storedRecord, writeStored } from "@/lib/stored"
import { hiddenAtFirst } from "./columns"

export type Density = "compact" | "roomy"

const keys = { visibility: "annals.log.columns", sizing: "annals.log.widths", density: "annals.log.density" }

const isBoolean = (value: unknown): value is boolean => typeof value === "boolean"
const isWidth = (value: unknown): value is number => typeof value === "number" && value >= 40 && value <= 2000

/** Which columns are shown, how wide and how high: remembered in this browser. */
export function useLayout(): { layout: Layout; density: Density; setDensity: (density: Density) => void } {
	const { level } = useMe().scope
	const [chosen, setChosen] = useState(() => storedRecord(readStored(keys.visibility), isBoolean))
	const visibility = useMemo<Record<string, boolean>>(
		() => ({ ...Object.fromEntries(hiddenAtFirst(level).map((id) => [id, false])), ...chosen }),
		[level, chosen],
	)
	const [sizing, setSizing] = useState(() => storedRecord(readStored(keys.sizing), isWidth))
	const [density, setDensity] = useState<Density>(() =>
		readStored(keys.density) === "roomy" ? "roomy" : "compact",
	)
	const layout = useMemo<Layout>(
		() => ({
			visibility,
			onVisibility: (updater) => {
				// Only what was chosen: another person in this browser begins with what is theirs to see.
				const next = Object.entries(functionalUpdate(updater, visibility))
				const changed = next.filter(([id, shown]) => (visibility[id] ?? true) !== shown)
				const all = { ...chosen, ...Object.fromEntries(changed) }
				writeStored(keys.visibility, all)
				setChosen(all)
			},
			sizing,
			onSizing: (updater) => {
				const next = functionalUpdate(updater, sizing)
				writeStored(keys.sizing, next)
				setSizing(next)
			},
		}),
		[visibility, chosen, sizing],
	)
	return {
		layout,
		density,
		setDensity: (next) => {
			writeStored(keys.density, next)
			setDensity(next)
		},
	}
}
