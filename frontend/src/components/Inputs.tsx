import { PinInput, TextInput, type TextInputProps } from "@mantine/core"
import { useDebouncedCallback } from "@mantine/hooks"
import { Search } from "lucide-react"
import { type Ref, useState } from "react"

/** Six boxes for a code; they accept a paste and hand over the code when it is whole. */
export function CodeInput({
	label,
	value,
	onChange,
	onComplete,
	error,
	autoFocus,
}: {
	label: string
	value: string
	onChange: (code: string) => void
	onComplete?: (code: string) => void
	error?: boolean
	autoFocus?: boolean
}) {
	return (
		<PinInput
			length={6}
			type="number"
			inputMode="numeric"
			oneTimeCode
			size="md"
			value={value}
			error={error}
			autoFocus={autoFocus}
			placeholder=""
			rootRef={(node) => {
				node?.setAttribute("role", "group")
				node?.setAttribute("aria-label", label)
			}}
			getInputProps={(index) => ({ "aria-label": `Digit ${index + 1} of 6` })}
			onChange={onChange}
			onComplete={onComplete}
		/>
	)
}

/** A search field that tells its value after a pause in typing. */
export function SearchInput({
	value,
	onSearch,
	inputRef,
	...rest
}: Omit<TextInputProps, "value" | "onChange"> & {
	value: string
	onSearch: (text: string) => void
	inputRef?: Ref<HTMLInputElement>
}) {
	const [typed, setTyped] = useState({ text: value, from: value })
	// The same text again is no new question: it would close what was opened meanwhile.
	const tell = useDebouncedCallback((text: string) => text !== value && onSearch(text), 250)
	// The address changed from outside (back button, a chip removed): it wins over what was typed.
	if (typed.from !== value) setTyped({ text: typed.text.trim() === value ? typed.text : value, from: value })
	return (
		<TextInput
			ref={inputRef}
			type="search"
			leftSection={<Search size={14} aria-hidden />}
			spellCheck={false}
			autoComplete="off"
			{...rest}
			value={typed.text}
			onChange={(event) => {
				setTyped({ text: event.currentTarget.value, from: value })
				tell(event.currentTarget.value.trim())
			}}
			// Who leaves may be on the way to another page, from which a late question would fetch them back.
			onBlur={() => tell.flush()}
		/>
	)
}
