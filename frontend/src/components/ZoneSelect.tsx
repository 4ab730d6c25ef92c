import { Select } from "@mantine/core"
import { useMemo } from "react"
import { machineZone, offsetMinutes } from "@/lib/time"

/** All zones that this browser knows, each with its offset of today. */
export function ZoneSelect({
	value,
	onChange,
	error,
	label = "Time zone",
	description,
}: {
	value: string
	onChange: (zone: string) => void
	error?: string
	label?: string
	description?: string
}) {
	const zones = useMemo(() => {
		const now = new Date()
		const names = new Set(["UTC", machineZone(), ...Intl.supportedValuesOf("timeZone")])
		if (value) names.add(value)
		return [...names].map((name) => {
			const minutes = offsetMinutes(now, name)
			const sign = minutes < 0 ? "−" : "+"
			const hours = Math.floor(Math.abs(minutes) / 60)
			const rest = String(Math.abs(minutes) % 60).padStart(2, "0")
			return { value: name, label: `${name} (UTC${sign}${hours}:${rest})` }
		})
	}, [value])
	return (
		<Select
			label={label}
			description={description}
			data={zones}
			value={value || null}
			onChange={(zone) => zone && onChange(zone)}
			searchable
			limit={80}
			nothingFoundMessage="No such zone"
			error={error}
			allowDeselect={false}
		/>
	)
}
