import "@mantine/dates/styles.css"
import { Button, Group, Stack, Text } from "@mantine/core"
import { DatePicker, TimeInput } from "@mantine/dates"
import { useState } from "react"
import type { Range } from "@/lib/range"
import { instant, wallClock } from "@/lib/time"
import { useZone } from "./Time"

/** Days from a calendar and times from the keyboard, both as the viewer's wall clock shows them. */
export function AbsoluteRange({ value, onChange }: { value: Range; onChange: (range: Range) => void }) {
	const zone = useZone()
	const [start] = useState(() => {
		const { from, to } = value
		return {
			from: from ? wallClock(new Date(from), zone) : undefined,
			to: to ? wallClock(new Date(to), zone) : undefined,
		}
	})
	const [days, setDays] = useState<[string | null, string | null]>([
		start.from?.slice(0, 10) ?? null,
		start.to?.slice(0, 10) ?? null,
	])
	const [fromTime, setFromTime] = useState(start.from?.slice(11, 16) ?? "00:00")
	const [toTime, setToTime] = useState(start.to?.slice(11, 16) ?? "24:00")
	const [first, last] = days
	const from = first && instant(`${first}T${fromTime || "00:00"}:00`, zone)
	const to = first && end(last ?? first, toTime, zone)
	const backwards = from && to && from >= to
	return (
		<Stack gap={8}>
			<DatePicker
				type="range"
				size="xs"
				allowSingleDateInRange
				hideOutsideDates
				weekendDays={[]}
				value={days}
				onChange={setDays}
				firstDayOfWeek={1}
				ariaLabels={{
					nextMonth: "Next month",
					previousMonth: "Previous month",
					nextYear: "Next year",
					previousYear: "Previous year",
					nextDecade: "Next decade",
					previousDecade: "Previous decade",
					monthLevelControl: "Choose a month",
					yearLevelControl: "Choose a year",
				}}
			/>
			<Group gap={8} grow wrap="nowrap" maw={250}>
				<TimeInput
					label="From"
					value={fromTime}
					onChange={(event) => setFromTime(event.currentTarget.value)}
				/>
				<TimeInput
					label="To"
					value={toTime === "24:00" ? "" : toTime}
					onChange={(event) => setToTime(event.currentTarget.value || "24:00")}
				/>
			</Group>
			<Text size="xs" c={backwards ? "red" : "dimmed"} maw={250}>
				{backwards
					? "The end lies before the beginning."
					: toTime === "24:00"
						? "Without a time, the last day is included whole."
						: "The end itself is not included."}
			</Text>
			<Button
				size="compact-sm"
				disabled={!from || !to || Boolean(backwards)}
				onClick={() => from && to && onChange({ from: from.toISOString(), to: to.toISOString() })}
			>
				Apply
			</Button>
		</Stack>
	)
}

function end(lastDay: string, time: string, zone: string): Date {
	if (time !== "24:00") return instant(`${lastDay}T${time}:00`, zone)
	const next = new Date(`${lastDay}T00:00:00Z`)
	next.setUTCDate(next.getUTCDate() + 1)
	return instant(`${next.toISOString().slice(0, 10)}T00:00:00`, zone)
}
