/** A span of time as a person chooses it: "the last 7 days", or from one minute to another. */

import { dayAndMinute } from "./time"

export const relativeRanges = [
	{ token: "15m", label: "Last 15 minutes", minutes: 15 },
	{ token: "1h", label: "Last hour", minutes: 60 },
	{ token: "4h", label: "Last 4 hours", minutes: 240 },
	{ token: "24h", label: "Last 24 hours", minutes: 1440 },
	{ token: "7d", label: "Last 7 days", minutes: 7 * 1440 },
	{ token: "30d", label: "Last 30 days", minutes: 30 * 1440 },
	{ token: "90d", label: "Last 90 days", minutes: 90 * 1440 },
] as const

type RangeToken = (typeof relativeRanges)[number]["token"]

/** Either `last`, or `from` (inclusive) and `to` (exclusive) as instants; nothing means all time. */
export type Range = { last?: RangeToken; from?: string; to?: string }

/** The instants to ask for. A relative range is counted back from now. */
export function bounds(range: Range, now = new Date()): { from?: string; to?: string } {
	const relative = relativeRanges.find((r) => r.token === range.last)
	if (relative) return { from: new Date(now.getTime() - relative.minutes * 60_000).toISOString() }
	return { from: range.from, to: range.to }
}

export function rangeLabel(range: Range, zone: string): string {
	const relative = relativeRanges.find((r) => r.token === range.last)
	if (relative) return relative.label
	if (range.from && range.to) return `${dayAndMinute(range.from, zone)} – ${dayAndMinute(range.to, zone)}`
	if (range.from) return `Since ${dayAndMinute(range.from, zone)}`
	if (range.to) return `Until ${dayAndMinute(range.to, zone)}`
	return "All time"
}
