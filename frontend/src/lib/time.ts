/** Times on the screen: always in a named zone, never in the machine's, with UTC within reach. */

const locale = "en-GB"
const formats = new Map<string, Intl.DateTimeFormat>()

function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
	const key = `${zone} ${JSON.stringify(options)}`
	let found = formats.get(key)
	if (!found) {
		found = new Intl.DateTimeFormat(locale, { timeZone: zone, hourCycle: "h23", ...options })
		formats.set(key, found)
	}
	return found
}

/** The zone of this machine, for people who have not chosen one. */
export function machineZone(): string {
	return Intl.DateTimeFormat().resolvedOptions().timeZone
}

/** Whether this browser knows the zone; a zone it doesn't know would throw in every format. */
export function knownZone(zone: string): boolean {
	try {
		format(zone, {})
		return true
	} catch {
		return false
	}
}

/** A day counts when it is typed whole, and exists. */
export function wholeDay(typed: string): string | null {
	const day = new Date(`${typed.trim()}T00:00:00Z`)
	const real = /^[12]\d{3}-\d\d-\d\d$/.test(typed.trim()) && !Number.isNaN(day.getTime())
	return real && day.toISOString().startsWith(typed.trim()) ? typed.trim() : null
}

/** "14:03:22" */
export function clock(at: string | Date, zone: string): string {
	return format(zone, { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(new Date(at))
}

/** "Friday 20 November", with the year when it isn't this one. */
export function dayHeading(at: string | Date, zone: string, now = new Date()): string {
	const date = new Date(at)
	const year = format(zone, { year: "numeric" })
	const sameYear = year.format(date) === year.format(now)
	return format(zone, {
		weekday: "long",
		day: "numeric",
		month: "long",
		...(sameYear ? {} : { year: "numeric" }),
	})
		.format(date)
		.replace(",", "")
}

/** "20 Nov 2026" */
export function day(at: string | Date, zone: string): string {
	return format(zone, { day: "numeric", month: "short", year: "numeric" }).format(new Date(at))
}

/** "20 Nov 2026, 14:03" */
export function dayAndMinute(at: string | Date, zone: string): string {
	return `${day(at, zone)}, ${format(zone, { hour: "2-digit", minute: "2-digit" }).format(new Date(at))}`
}

/** "20 Nov 2026 14:03:22.184": as exact as a browser's clock goes. */
export function exact(at: string | Date, zone: string): string {
	const date = new Date(at)
	const millis = String(date.getUTCMilliseconds()).padStart(3, "0")
	return `${day(date, zone)} ${clock(date, zone)}.${millis}`
}

/** "Europe/Lisbon, UTC+00:00" */
export function zoneWithOffset(at: string | Date, zone: string): string {
	return `${zone}, UTC${offsetText(offsetMinutes(new Date(at), zone))}`
}

/** What a hover shows: the instant in UTC with everything the API gave, then the viewer's offset. */
export function inUtc(at: string, zone: string): string {
	const utc = at.replace("T", " ").replace(/Z$|\+00:00$/, "")
	return `${utc} UTC · shown in ${zoneWithOffset(at, zone)}`
}

/** "3 minutes ago", "in 2 hours" */
export function relative(at: string | Date, now = new Date()): string {
	const seconds = Math.round((new Date(at).getTime() - now.getTime()) / 1000)
	const text = new Intl.RelativeTimeFormat("en", { numeric: "auto" })
	const size = Math.abs(seconds)
	if (size < 45) return "just now"
	if (size < 45 * 60) return text.format(Math.round(seconds / 60), "minute")
	if (size < 22 * 3600) return text.format(Math.round(seconds / 3600), "hour")
	if (size < 26 * 86400) return text.format(Math.round(seconds / 86400), "day")
	if (size < 320 * 86400) return text.format(Math.round(seconds / (30.4 * 86400)), "month")
	return text.format(Math.round(seconds / (365 * 86400)), "year")
}

/** Minutes that the zone's clocks are ahead of UTC at this instant. */
export function offsetMinutes(at: Date, zone: string): number {
	const wall = Date.parse(`${wallClock(at, zone)}Z`)
	return Math.round((wall - Math.floor(at.getTime() / 1000) * 1000) / 60_000)
}

function offsetText(minutes: number): string {
	const size = Math.abs(minutes)
	const hours = String(Math.floor(size / 60)).padStart(2, "0")
	return `${minutes < 0 ? "−" : "+"}${hours}:${String(size % 60).padStart(2, "0")}`
}

/** What a clock on the wall shows: "2026-11-20T14:03:22", without a zone. */
export function wallClock(at: Date, zone: string): string {
	const parts = new Map(
		format(zone, {
			year: "numeric",
			month: "2-digit",
			day: "2-digit",
			hour: "2-digit",
			minute: "2-digit",
			second: "2-digit",
		})
			.formatToParts(at)
			.map((part) => [part.type, part.value]),
	)
	const of = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? "00"
	return `${of("year")}-${of("month")}-${of("day")}T${of("hour")}:${of("minute")}:${of("second")}`
}

/**
 * The instant at which a zone's wall clock shows this time. In the hour that is skipped in spring it
 * is the instant as far after the jump; in the hour that comes twice in autumn, the first one.
 */
export function instant(wall: string, zone: string): Date {
	const asUtc = new Date(`${wall}Z`)
	const before = offsetMinutes(new Date(asUtc.getTime() - 86_400_000), zone)
	const first = new Date(asUtc.getTime() - before * 60_000)
	if (wallClock(first, zone) === wallClock(asUtc, "UTC")) return first
	const after = offsetMinutes(new Date(asUtc.getTime() + 86_400_000), zone)
	const second = new Date(asUtc.getTime() - after * 60_000)
	return wallClock(second, zone) === wallClock(asUtc, "UTC") ? second : first
}
