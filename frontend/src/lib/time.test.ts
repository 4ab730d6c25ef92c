import { bounds, rangeLabel } from "./range"
import {
	clock,
	dayHeading,
	exact,
	instant,
	inUtc,
	knownZone,
	offsetMinutes,
	relative,
	wallClock,
} from "./time"

test("the same instant is another clock and another day elsewhere", () => {
	const at = "2026-11-20T23:30:05.184Z"
	expect(clock(at, "Europe/Lisbon")).toBe("23:30:05")
	expect(clock(at, "Asia/Kathmandu")).toBe("05:15:05")
	expect(dayHeading(at, "Europe/Lisbon", new Date("2026-12-01"))).toBe("Friday 20 November")
	expect(dayHeading(at, "Asia/Kathmandu", new Date("2027-12-01"))).toBe("Saturday 21 November 2026")
	expect(exact(at, "UTC")).toBe("20 Nov 2026 23:30:05.184")
})

test("a hover gives UTC to the microsecond, and the viewer's offset", () => {
	expect(inUtc("2026-07-20T13:03:22.184912Z", "Europe/Lisbon")).toBe(
		"2026-07-20 13:03:22.184912 UTC · shown in Europe/Lisbon, UTC+01:00",
	)
	expect(inUtc("2026-07-20T13:03:22Z", "America/St_Johns")).toContain("UTC−02:30")
})

test("offsets follow daylight saving and fractions of an hour", () => {
	expect(offsetMinutes(new Date("2026-01-01T00:00:00Z"), "Europe/Lisbon")).toBe(0)
	expect(offsetMinutes(new Date("2026-07-01T00:00:00Z"), "Europe/Lisbon")).toBe(60)
	expect(offsetMinutes(new Date("2026-07-01T00:00:00.900Z"), "Asia/Kathmandu")).toBe(345)
})

test.each(["UTC", "Europe/Lisbon", "America/St_Johns", "Asia/Kathmandu", "Pacific/Auckland"])(
	"wall clock and instant are each other's reverse in %s",
	(zone) => {
		for (let hour = 0; hour < 24 * 366; hour += 7) {
			const at = new Date(Date.UTC(2026, 0, 1, hour))
			const back = instant(wallClock(at, zone), zone)
			// In the hour that comes twice, the first of the two is meant.
			expect(wallClock(back, zone)).toBe(wallClock(at, zone))
			expect(at.getTime() - back.getTime()).toSatisfy((gap: number) => gap === 0 || gap === 3_600_000)
		}
	},
)

test("the hour that spring skips is taken as after the jump", () => {
	expect(instant("2026-03-29T01:30:00", "Europe/Lisbon").toISOString()).toBe("2026-03-29T01:30:00.000Z")
})

test("relative times read as people say them", () => {
	const now = new Date("2026-11-20T14:00:00Z")
	expect(relative("2026-11-20T13:59:40Z", now)).toBe("just now")
	expect(relative("2026-11-20T13:57:00Z", now)).toBe("3 minutes ago")
	expect(relative("2026-11-18T14:00:00Z", now)).toBe("2 days ago")
})

test("a zone that the browser doesn't know is told apart", () => {
	expect(knownZone("Europe/Lisbon")).toBe(true)
	expect(knownZone("Mars/Olympus")).toBe(false)
})

test("a relative range counts back from now, an absolute one stands", () => {
	const now = new Date("2026-11-20T14:00:00Z")
	expect(bounds({ last: "1h" }, now)).toEqual({ from: "2026-11-20T13:00:00.000Z" })
	expect(bounds({ from: "a", to: "b" }, now)).toEqual({ from: "a", to: "b" })
	expect(bounds({}, now)).toEqual({})
	expect(rangeLabel({ last: "7d" }, "UTC")).toBe("Last 7 days")
	expect(rangeLabel({ from: "2026-11-20T13:00:00Z" }, "Europe/Oslo")).toBe("Since 20 Nov 2026, 14:00")
})
