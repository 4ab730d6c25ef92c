import {
	Button,
	Group,
	MultiSelect,
	PasswordInput,
	Select,
	Switch,
	TagsInput,
	Textarea,
	TextInput,
} from "@mantine/core"
import { useDebouncedValue } from "@mantine/hooks"
import { useQuery } from "@tanstack/react-query"
import { useState } from "react"
import { useCatalog } from "@/api/me"
import type { Field } from "@/api/types"
import { DayInput, MomentInput } from "@/components/DateInputs"
import { candidatesQuery } from "./api"
import { FileFieldInput } from "./FileFieldInput"
import classes from "./Object.module.css"
import { bounds, type Entered, has, isReference, type Reference, referencesIn, textsIn } from "./values"

type Props = {
	field: Field
	value: Entered | undefined
	/** The value that the object has now, to say whether a secret is set. */
	stored?: unknown
	onChange: (value: Entered) => void
	error?: string
	/** Fields for experts are shown, but closed, while expert mode is off. */
	expert: boolean
}

/** The input that fits a field of the catalogue: one for each field type, none for a kind. */
export function FieldInput(props: Props) {
	const { field, value, onChange, error, expert } = props
	const closed = field.expert && !expert
	const common = {
		size: "xs",
		label: field.label,
		description: closed ? "Can be changed in expert mode only, see More." : hint(field),
		withAsterisk: field.required,
		"aria-required": field.required,
		disabled: closed,
		error,
	}
	const { withAsterisk: _asterisk, ...bare } = common
	const text = typeof value === "string" ? value : ""
	const unit = field.unit && (
		<span className={classes.unit} aria-hidden>
			{field.unit}
		</span>
	)
	const line = {
		...common,
		value: text,
		onChange: (event: React.ChangeEvent<HTMLInputElement>) => onChange(event.currentTarget.value),
		rightSection: unit,
		rightSectionWidth: field.unit ? field.unit.length * 8 + 18 : undefined,
		rightSectionPointerEvents: "none" as const,
		autoComplete: "off",
	}
	if (field.secret) return <SecretInput {...props} closed={Boolean(closed)} />
	switch (field.type) {
		case "multiline":
			return (
				<Textarea
					{...common}
					value={text}
					autosize
					minRows={3}
					maxRows={16}
					onChange={(event) => onChange(event.currentTarget.value)}
				/>
			)
		case "choice":
			return (
				<Select
					{...common}
					data={field.values ?? []}
					value={text || null}
					onChange={(chosen) => onChange(chosen ?? "")}
					placeholder="Choose"
					clearable={!field.required}
					clearButtonProps={{ "aria-label": `Clear ${field.label}` }}
					searchable={(field.values?.length ?? 0) > 8}
				/>
			)
		case "integer":
			return <TextInput {...line} inputMode="numeric" />
		case "decimal":
		case "money":
			return <TextInput {...line} inputMode="decimal" />
		case "email":
			return <TextInput {...line} type="email" />
		case "boolean":
			return (
				<Switch
					{...bare}
					checked={value === true}
					onChange={(event) => onChange(event.currentTarget.checked)}
				/>
			)
		case "date":
			return <DayInput {...common} value={text} onChange={onChange} onOther={onChange} />
		case "time":
			return <MomentInput {...common} value={text} onChange={onChange} />
		case "reference":
			return <ReferenceInput {...common} field={field} value={value} onChange={onChange} />
		case "references":
			return <ReferencesInput {...common} field={field} value={value} onChange={onChange} />
		case "system":
			return <SystemInput {...common} value={text} onChange={onChange} />
		case "templates":
			return (
				<Textarea
					{...common}
					value={textsIn(value).join("\n")}
					onChange={(event) => onChange(event.currentTarget.value.split("\n"))}
					autosize
					minRows={2}
					maxRows={12}
					spellCheck={false}
					classNames={{ input: classes.exact }}
				/>
			)
		case "list":
			return (
				<TagsInput
					{...common}
					splitChars={[]} // a comma belongs to the text
					value={textsIn(value)}
					onChange={onChange}
					placeholder={textsIn(value).length > 0 ? undefined : "Type one, then press Enter"}
					clearable
					clearButtonProps={{ "aria-label": `Clear ${field.label}` }}
				/>
			)
		case "file":
			return (
				<FileFieldInput
					field={field}
					value={value}
					description={common.description}
					disabled={closed}
					error={error}
					onChange={onChange}
				/>
			)
		case "hostname":
		case "address":
		case "url":
		case "template":
			return <TextInput {...line} spellCheck={false} classNames={{ input: classes.exact }} />
		default:
			return <TextInput {...line} />
	}
}

/** What it is for and what may be typed; that an amount isn't negative goes without saying. */
function hint(field: Field): string | undefined {
	const range = field.min === 0 && field.max === undefined ? undefined : bounds(field)
	const may = range && range.charAt(0).toUpperCase() + range.slice(1)
	return field.help && may ? `${field.help} ${may}.` : (field.help ?? may)
}

type Shared = {
	size: string
	label: string
	description?: string
	withAsterisk?: boolean
	disabled?: boolean
	error?: string
}

/** One of the catalogue's systems. */
function SystemInput({
	value,
	onChange,
	...common
}: Shared & { value: string; onChange: (value: Entered) => void }) {
	const catalog = useCatalog()
	return (
		<Select
			{...common}
			data={(catalog?.systems ?? []).map(({ name, label }) => ({ value: name, label }))}
			value={value || null}
			onChange={(chosen) => onChange(chosen ?? "")}
			placeholder="Choose"
		/>
	)
}

type ReferenceProps = Shared & {
	field: Field
	value: Entered | undefined
	onChange: (value: Entered) => void
}

/** What both inputs of references have: the search while a name is typed, and its answers as options. */
function useCandidates(field: Field, chosen: readonly Reference[]) {
	const [typed, setTyped] = useState("")
	const [opened, setOpened] = useState(false)
	const [q] = useDebouncedValue(chosen.some(({ name }) => name === typed) ? "" : typed.trim(), 180)
	const { data, isFetching, isError } = useQuery({ ...candidatesQuery(field, q), enabled: opened })
	const found = data ?? []
	const known = chosen.filter(({ ref }) => !found.some(({ id }) => id === ref))
	return {
		referenceTo: (ref: string | null): Reference | undefined => {
			const one = found.find(({ id }) => String(id) === ref)
			return one ? { ref: one.id, name: one.name } : chosen.find((each) => String(each.ref) === ref)
		},
		input: {
			data: [
				...known.map(({ ref, name }) => ({ value: String(ref), label: name })),
				...found.map(({ id, name }) => ({ value: String(id), label: name })),
			],
			searchable: true,
			searchValue: typed,
			onSearchChange: setTyped,
			onDropdownOpen: () => setOpened(true),
			renderOption: ({ option }: { option: { value: string; label: string } }) => {
				const one = found.find(({ id }) => String(id) === option.value)
				return (
					<span className={classes.candidate}>
						<span>{option.label}</span>
						{one && <span className={classes.candidateHint}>{one.hint}</span>}
					</span>
				)
			},
			nothingFoundMessage: isError
				? "The search failed."
				: isFetching || !data
					? "Looking…"
					: "Nothing that you may see has this name.",
			clearButtonProps: { "aria-label": `Clear ${field.label}` },
		},
	}
}

/** Finds what is referred to while its name is typed. */
function ReferenceInput({ field, value, onChange, ...common }: ReferenceProps) {
	const chosen = isReference(value) ? value : undefined
	const { input, referenceTo } = useCandidates(field, chosen ? [chosen] : [])
	return (
		<Select
			{...common}
			{...input}
			value={chosen ? String(chosen.ref) : null}
			onChange={(ref) => onChange(referenceTo(ref) ?? null)}
			// The server has searched, by more than the name.
			filter={({ options }) => options}
			placeholder="Type a name"
			clearable={!field.required}
		/>
	)
}

/** Many of one kind, each found by its name. */
function ReferencesInput({ field, value, onChange, ...common }: ReferenceProps) {
	const chosen = referencesIn(value)
	const { input, referenceTo } = useCandidates(field, chosen)
	const picked = chosen.map(({ ref }) => String(ref))
	return (
		<MultiSelect
			{...common}
			{...input}
			value={picked}
			onChange={(refs) => onChange(refs.flatMap((ref) => referenceTo(ref) ?? []))}
			// The server has searched; what is chosen already is no offer.
			filter={({ options }) => options.filter((one) => "value" in one && !picked.includes(one.value))}
			maxValues={200}
			placeholder={chosen.length > 0 ? undefined : "Type a name"}
			clearable
		/>
	)
}

/** A secret can be set or taken away, never read: nobody has it but who typed it. */
function SecretInput({ field, value, stored, onChange, error, closed }: Props & { closed: boolean }) {
	const set = has(stored)
	const removed = value === null
	return (
		<Group gap={6} align="flex-end" wrap="nowrap">
			<PasswordInput
				size="xs"
				style={{ flex: 1 }}
				label={field.label}
				description={
					closed
						? "Can be changed in expert mode only, see More."
						: "It is never shown again; the log keeps a fingerprint."
				}
				withAsterisk={field.required}
				disabled={closed || removed}
				error={error}
				placeholder={removed ? "Will be removed" : set ? "Set; type to replace it" : "Not set"}
				autoComplete="new-password"
				value={typeof value === "string" ? value : ""}
				onChange={(event) => onChange(event.currentTarget.value)}
				visibilityToggleButtonProps={{ "aria-label": `Show or hide ${field.label}`, tabIndex: 0 }}
			/>
			{set && !field.required && !closed && (
				<Button variant="default" onClick={() => onChange(removed ? "" : null)}>
					{removed ? "Keep" : "Remove"}
				</Button>
			)}
		</Group>
	)
}
