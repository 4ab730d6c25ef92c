import { ActionIcon, Button, Checkbox, Drawer, Popover, TextInput } from "@mantine/core"
import { useDebouncedValue } from "@mantine/hooks"
import { ArrowLeft, Plus, X } from "lucide-react"
import { type ReactNode, useEffect, useState } from "react"
import classes from "./Filters.module.css"
import { useNarrow } from "./Table"

/** A question that a list can be asked. */
export type FilterField = {
	key: string
	label: string
	group: string
	/** Several values at once mean "any of them". */
	many?: boolean
	/** A yes-or-no question: choosing the field sets it to "true". */
	flag?: boolean
	/** Set by links alone: it has a chip, but isn't offered. */
	byLink?: boolean
	/** Whether values are suggested. */
	suggests?: boolean
	/** Whether what is typed is itself a value; else one of the suggestions must be chosen. */
	free?: boolean
	hint?: string
}

type Suggestion = { value: string; label: string; count?: number }
export type Suggestions = { items: Suggestion[]; note?: string; loading: boolean; failed: boolean }
export type FilterValues = Record<string, readonly string[]>

type Props = {
	fields: readonly FilterField[]
	values: FilterValues
	onChange: (key: string, values: string[]) => void
	onClear: () => void
	/** Tells which field's values are being chosen, and what was typed so far. */
	onAsk: (key: string, prefix: string) => void
	/** Values for what was asked last. */
	suggestions: Suggestions
	labelOf: (key: string, value: string) => string
}

/** Chips for what is asked, and a button to ask for more; on a narrow screen a sheet. */
export function Filters(props: Props) {
	const [open, setOpen] = useState<string>()
	const narrow = useNarrow()
	const active = props.fields.filter((field) => (props.values[field.key]?.length ?? 0) > 0)
	const picker = (
		<Picker {...props} start={open === "+" ? undefined : open} onDone={() => setOpen(undefined)} />
	)
	const chips = active.map((field) => (
		<Chip
			key={field.key}
			field={field}
			text={(props.values[field.key] ?? []).map((value) => props.labelOf(field.key, value)).join(", ")}
			opened={open === field.key && !narrow}
			onToggle={(opened) => !field.flag && setOpen(opened ? field.key : undefined)}
			onRemove={() => props.onChange(field.key, [])}
		>
			{picker}
		</Chip>
	))
	const add = (
		<Button
			variant="default"
			size="compact-sm"
			h={26}
			leftSection={<Plus size={13} />}
			onClick={() => setOpen(open === "+" ? undefined : "+")}
		>
			Filter
		</Button>
	)
	return (
		<div className={classes.bar}>
			{chips}
			{narrow ? (
				<>
					{add}
					<Drawer
						opened={open !== undefined}
						onClose={() => setOpen(undefined)}
						position="bottom"
						size="80%"
						title="Filter"
					>
						{open && picker}
					</Drawer>
				</>
			) : (
				<Popover
					opened={open === "+"}
					onChange={(opened) => !opened && setOpen(undefined)}
					position="bottom-start"
					width={400}
					trapFocus
					returnFocus
				>
					<Popover.Target>{add}</Popover.Target>
					<Popover.Dropdown p="xs" aria-label="Add a filter">
						{picker}
					</Popover.Dropdown>
				</Popover>
			)}
			{active.length > 1 && (
				<Button variant="subtle" color="gray" size="compact-sm" onClick={props.onClear}>
					Clear
				</Button>
			)}
		</div>
	)
}

function Chip({
	field,
	text,
	opened,
	onToggle,
	onRemove,
	children,
}: {
	field: FilterField
	text: string
	opened: boolean
	onToggle: (opened: boolean) => void
	onRemove: () => void
	children: ReactNode
}) {
	return (
		<span className={classes.chip}>
			<Popover opened={opened} onChange={onToggle} position="bottom-start" width={320} trapFocus returnFocus>
				<Popover.Target>
					<button
						type="button"
						className={classes.chipText}
						onClick={() => onToggle(!opened)}
						title={`${field.label}: ${text}`}
					>
						{field.flag ? (
							field.label
						) : (
							<>
								<span className={classes.chipField}>{field.label}: </span>
								{text}
							</>
						)}
					</button>
				</Popover.Target>
				<Popover.Dropdown p="xs" aria-label={`Filter by ${field.label}`}>
					{children}
				</Popover.Dropdown>
			</Popover>
			<button
				type="button"
				className={classes.chipRemove}
				aria-label={`Remove filter ${field.label}`}
				onClick={onRemove}
			>
				<X size={13} aria-hidden />
			</button>
		</span>
	)
}

function Picker(props: Props & { start?: string; onDone: () => void }) {
	const [key, setKey] = useState(props.start)
	const field = props.fields.find((one) => one.key === key)
	if (!field) return <FieldList {...props} onPick={setKey} />
	return <ValueList {...props} field={field} onBack={props.start ? undefined : () => setKey(undefined)} />
}

function FieldList(props: Props & { onPick: (key: string) => void; onDone: () => void }) {
	const offered = props.fields.filter((field) => !field.byLink)
	const groups = [...new Set(offered.map((field) => field.group))]
	return (
		<div className={classes.fields}>
			{groups.map((group) => (
				<div key={group} role="group" aria-label={group}>
					<div className={classes.group}>{group}</div>
					{offered
						.filter((field) => field.group === group)
						.map((field) => (
							<button
								key={field.key}
								type="button"
								className={classes.option}
								onClick={() => {
									if (!field.flag) return props.onPick(field.key)
									props.onChange(field.key, ["true"])
									props.onDone()
								}}
							>
								{field.label}
							</button>
						))}
				</div>
			))}
		</div>
	)
}

function ValueList(props: Props & { field: FilterField; onBack?: () => void; onDone: () => void }) {
	const { field } = props
	const [typed, setTyped] = useState("")
	const [prefix] = useDebouncedValue(typed.trim(), 180)
	const { suggestions, onAsk } = props
	useEffect(() => onAsk(field.suggests ? field.key : "", prefix), [onAsk, field, prefix])
	const chosen = props.values[field.key] ?? []
	const set = (value: string) => {
		if (!field.many) {
			props.onChange(field.key, [value])
			props.onDone()
		} else if (chosen.includes(value)) {
			props.onChange(
				field.key,
				chosen.filter((one) => one !== value),
			)
		} else props.onChange(field.key, [...chosen, value])
	}
	return (
		<form
			onSubmit={(event) => {
				event.preventDefault()
				const first = suggestions.items[0]
				if (field.free && typed.trim()) set(typed.trim())
				else if (first) set(first.value)
			}}
		>
			<TextInput
				aria-label={field.label}
				placeholder={field.suggests && !field.free ? `Find ${field.label.toLowerCase()}` : field.label}
				value={typed}
				onChange={(event) => setTyped(event.currentTarget.value)}
				data-autofocus
				leftSection={
					props.onBack && (
						<ActionIcon
							variant="subtle"
							color="gray"
							size="sm"
							aria-label="All filters"
							onClick={props.onBack}
						>
							<ArrowLeft size={14} />
						</ActionIcon>
					)
				}
				rightSectionWidth={64}
				rightSection={
					field.free &&
					typed.trim() && (
						<Button type="submit" size="compact-xs">
							Apply
						</Button>
					)
				}
			/>
			{field.hint && <div className={classes.hint}>{field.hint}</div>}
			{field.suggests && (
				<div className={classes.options}>
					{suggestions.items.map((one) => (
						<button key={one.value} type="button" className={classes.option} onClick={() => set(one.value)}>
							{field.many && <Checkbox.Indicator size="xs" checked={chosen.includes(one.value)} />}
							<span className={classes.optionLabel} title={one.label}>
								{one.label}
							</span>
							{field.many && chosen.includes(one.value) && <span className="visually-hidden">chosen</span>}
							{one.count !== undefined && (
								<span className={classes.count}>{one.count.toLocaleString("en")}</span>
							)}
						</button>
					))}
					{suggestions.items.length === 0 && (
						<div className={classes.hint}>
							{suggestions.loading
								? "Looking…"
								: suggestions.failed
									? "Suggestions are not available at the moment."
									: "Nothing here matches."}
						</div>
					)}
				</div>
			)}
			{suggestions.note && <div className={classes.hint}>{suggestions.note}</div>}
		</form>
	)
}
