import "@mantine/dates/styles.css"
import { Group } from "@mantine/core"
import { DateInput, TimePicker } from "@mantine/dates"
import { useState } from "react"
import { instant, wallClock, wholeDay } from "@/lib/time"
import { useZone } from "./Time"

type Props = {
	label: string
	description?: string
	withAsterisk?: boolean
	disabled?: boolean
	error?: string
	value: string
	onChange: (value: string) => void
}

const calendar = {
	nextMonth: "Next month",
	previousMonth: "Previous month",
	nextYear: "Next year",
	previousYear: "Previous year",
	nextDecade: "Next decade",
	previousDecade: "Previous decade",
	monthLevelControl: "Choose a month",
	yearLevelControl: "Choose a year",
}

/** A day as 2026-03-01, typed or chosen from a calendar: the same in every country. */
export function DayInput({
	value,
	onChange,
	onOther,
	label,
	...rest
}: Props & {
	/** Is told what was typed that is no day; without it, that gives way to the day before it. */
	onOther?: (typed: string) => void
}) {
	const [last, setLast] = useState(wholeDay(value))
	return (
		<DateInput
			size="xs"
			label={label}
			placeholder="2026-03-01"
			valueFormat="YYYY-MM-DD"
			dateParser={wholeDay}
			value={value === "" ? null : (wholeDay(value) ?? last)}
			onChange={(typed) => {
				const day = typed?.slice(0, 10) ?? ""
				setLast(wholeDay(day))
				onChange(day)
			}}
			fixOnBlur={!onOther}
			onBlur={({ currentTarget }) => {
				const typed = currentTarget.value.trim()
				if (typed && !wholeDay(typed)) onOther?.(typed)
			}}
			clearable={!rest.withAsterisk}
			clearButtonProps={{ "aria-label": `Clear ${label}` }}
			firstDayOfWeek={1}
			weekendDays={[]}
			ariaLabels={calendar}
			style={{ flex: 1 }}
			{...rest}
		/>
	)
}

/** A moment as the viewer's wall clock shows it; it is kept in UTC. A day alone begins at midnight. */
export function MomentInput({ value, onChange, ...rest }: Props) {
	const zone = useZone()
	const wall = value ? wallClock(new Date(value), zone) : ""
	const day = wall.slice(0, 10)
	const time = wall.slice(11)
	const tell = (day: string, time: string) =>
		onChange(day ? instant(`${day}T${time || "00:00:00"}`, zone).toISOString() : "")
	return (
		<Group gap={6} align="flex-end" wrap="nowrap">
			<DayInput
				{...rest}
				description={rest.disabled ? rest.description : `In ${zone}`}
				value={day}
				onChange={(day) => tell(day, time)}
			/>
			<TimePicker
				size="xs"
				withSeconds
				disabled={rest.disabled || !day}
				value={time}
				onChange={(time) => time && tell(day, time)}
				hoursInputLabel={`${rest.label}: hours`}
				minutesInputLabel={`${rest.label}: minutes`}
				secondsInputLabel={`${rest.label}: seconds`}
			/>
		</Group>
	)
}
