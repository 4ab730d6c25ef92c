import { Autocomplete, Select, TextInput } from "@mantine/core"
import type { ReasonRules } from "@/api/reasons"

/** Why something is done: chosen from the organization's list, in own words, or both. */
export function ReasonInput({
	rules,
	required,
	value = "",
	onChange,
	error,
	autoFocus,
}: {
	rules: ReasonRules
	/** Whether the act itself needs one, whatever the rules say. */
	required: boolean
	value?: string
	onChange: (reason: string) => void
	error?: string
	autoFocus?: boolean
}) {
	const needed = required || rules.required
	const common = {
		size: "xs",
		label: "Reason",
		withAsterisk: needed,
		"aria-required": needed,
		error,
		"data-autofocus": autoFocus || undefined,
	}
	const kept = "Kept in the log with this change."
	if (rules.reasons.length === 0)
		return (
			<TextInput
				{...common}
				description={kept}
				maxLength={longest}
				value={value}
				onChange={(event) => onChange(event.currentTarget.value)}
			/>
		)
	if (rules.freeText)
		return (
			<Autocomplete
				{...common}
				description={`${kept} Choose one, or say it in your own words.`}
				data={rules.reasons}
				maxLength={longest}
				value={value}
				onChange={onChange}
				clearable
				clearButtonProps={{ "aria-label": "Clear the reason" }}
			/>
		)
	return (
		<Select
			{...common}
			description={kept}
			data={rules.reasons}
			value={value || null}
			onChange={(chosen) => onChange(chosen ?? "")}
			placeholder="Choose"
			searchable={rules.reasons.length > 8}
			clearable={!needed}
			clearButtonProps={{ "aria-label": "Clear the reason" }}
		/>
	)
}

/** As the API allows. */
const longest = 500

/** Whether a reason is still missing. */
export const lacksReason = (rules: ReasonRules, required: boolean, reason: string) =>
	(required || rules.required) && reason.trim() === ""
