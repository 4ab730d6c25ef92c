import { createContext, type ReactNode, useContext } from "react"
import { clock, dayAndMinute, exact, inUtc, machineZone, relative } from "@/lib/time"

const ZoneContext = createContext(machineZone())

/** Everything below shows its times in this zone. */
export function ZoneProvider({ zone, children }: { zone: string; children: ReactNode }) {
	return <ZoneContext value={zone}>{children}</ZoneContext>
}

export function useZone(): string {
	return useContext(ZoneContext)
}

/** A moment in the viewer's zone; UTC and the offset are a hover away. */
export function Time({ at, as = "minute" }: { at: string; as?: "clock" | "minute" | "exact" | "relative" }) {
	const zone = useZone()
	const shown = {
		clock: () => clock(at, zone),
		minute: () => dayAndMinute(at, zone),
		exact: () => exact(at, zone),
		relative: () => relative(at),
	}[as]()
	return (
		<time dateTime={at} title={inUtc(at, zone)}>
			{shown}
		</time>
	)
}
