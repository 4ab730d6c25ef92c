import { Button, Stack, Switch, Textarea } from "@mantine/core"
import { ChevronDown, ChevronUp } from "lucide-react"
import { useState } from "react"
import { useMe } from "@/api/me"
import type { Problem } from "@/api/problem"
import { useReasons } from "@/api/reasons"
import type { Attributes, Field } from "@/api/types"
import { lacksReason, ReasonInput } from "@/components/ReasonInput"
import type { Why } from "./api"
import { FieldInput } from "./FieldInput"
import classes from "./Object.module.css"
import { changedBy, complaint, type Draft, draftOf, type Entered, isReference } from "./values"

/** What is being typed into the fields of a kind or of an action, beside what is stored. */
export function useDraft(fields: readonly Field[], stored: Attributes) {
	const [draft, setDraft] = useState<Draft>(() => draftOf(fields, stored))
	const [refused, setRefused] = useState<Record<string, string>>({})
	const changed = changedBy(draft, fields, stored)
	const complaints = fields.flatMap((field) => {
		const message = complaint(field, draft[field.name], stored[field.name])
		return message ? [{ field, message }] : []
	})
	return {
		fields,
		stored,
		draft,
		/** By field, as the API takes it. */
		changed,
		dirty: Object.keys(changed).length > 0,
		/** The first thing that stands in the way, as a sentence. */
		missing: complaints[0] && `${complaints[0].message}.`,
		/** What the server said of a field, else what we say of one that was touched. */
		errorOf: (field: Field) =>
			refused[field.name] ??
			(field.name in changed ? complaints.find((one) => one.field === field)?.message : undefined),
		set: (field: Field, value: Entered) => {
			setDraft((before) => ({ ...before, [field.name]: value }))
			setRefused(({ [field.name]: _answered, ...others }) => others)
		},
		refuse: setRefused,
		reset: () => setDraft(draftOf(fields, stored)),
	}
}

export type DraftState = ReturnType<typeof useDraft>

export function Fields({ of, expert }: { of: DraftState; expert: boolean }) {
	return of.fields.map((field) => (
		<FieldInput
			key={field.name}
			field={field}
			value={of.draft[field.name]}
			stored={of.stored[field.name]}
			onChange={(value) => of.set(field, value)}
			error={of.errorOf(field)}
			expert={expert}
		/>
	))
}

/** Why and for whom something is done, and whether dangerous fields are open meanwhile. */
export function useWhy(
	/** Whether the action itself needs a reason. */
	required: boolean,
	/** Whose it is; without one, the viewer's own. */
	tenantId?: number,
) {
	const own = useMe().scope.tenantId
	const rules = useReasons(tenantId ?? own)
	const [reason, setReason] = useState("")
	const [commentary, setCommentary] = useState("")
	const [behalf, setBehalf] = useState<Entered>(null)
	const [expert, setExpert] = useState(false)
	const why: Why = {}
	if (reason.trim()) why.reason = reason.trim()
	if (commentary.trim()) why.commentary = commentary.trim()
	if (isReference(behalf)) why.onBehalfOf = behalf.ref
	if (expert) why.expertMode = true
	return {
		why,
		required,
		rules,
		missing: lacksReason(rules, required, reason) ? "Say the reason." : undefined,
		reason,
		setReason,
		commentary,
		setCommentary,
		behalf,
		setBehalf,
		expert,
		setExpert,
	}
}

type WhyState = ReturnType<typeof useWhy>

/** The reason, and behind "More" what few need: commentary, on whose behalf, expert mode. */
export function WhyFields({
	of,
	fields,
	problem,
}: {
	of: WhyState
	/** Those of the form: where one is dangerous, expert mode is offered. */
	fields: readonly Field[]
	problem: Problem | undefined
}) {
	const { permissions } = useMe()
	const refused = problem && whyErrors(problem)
	const [opened, setOpened] = useState(false)
	const more = opened || refused?.onBehalfOf !== undefined
	return (
		<Stack gap="sm">
			<ReasonInput
				rules={of.rules}
				required={of.required}
				value={of.reason}
				onChange={of.setReason}
				error={refused?.reason}
			/>
			<Button
				variant="subtle"
				color="gray"
				size="compact-xs"
				className={classes.moreButton}
				aria-expanded={more}
				rightSection={more ? <ChevronUp size={13} /> : <ChevronDown size={13} />}
				onClick={() => setOpened(!more)}
			>
				More
			</Button>
			{more && (
				<>
					<Textarea
						label="Commentary"
						autosize
						minRows={2}
						maxRows={8}
						maxLength={16_000}
						value={of.commentary}
						onChange={(event) => of.setCommentary(event.currentTarget.value)}
					/>
					{permissions.includes("objects.on_behalf") && (
						<FieldInput
							field={behalfField}
							value={of.behalf}
							onChange={of.setBehalf}
							error={refused?.onBehalfOf}
							expert
						/>
					)}
					<ExpertSwitch of={of} fields={fields} />
				</>
			)}
		</Stack>
	)
}

const behalfField: Field = {
	name: "onBehalfOf",
	label: "On behalf of",
	type: "reference",
	reference: "annals.user",
}

/** The server's word on why and for whom; DELETE takes them in its address. */
function whyErrors(problem: Problem): { reason?: string; onBehalfOf?: string } {
	const at = (name: string) =>
		problem.fields.find(({ location }) => location === `body.${name}` || location === `query.${name}`)
			?.message
	return { reason: at("reason"), onBehalfOf: at("onBehalfOf") }
}

/** Opens the dangerous fields; there only where there are any. */
function ExpertSwitch({ of, fields }: { of: WhyState; fields: readonly Field[] }) {
	const dangerous = fields.filter((field) => field.expert)
	if (dangerous.length === 0) return null
	return (
		<Switch
			size="xs"
			label="Expert mode"
			description={`Opens ${dangerous.map((field) => field.label).join(", ")}: a wrong value there can stop a service. The log says that the change was made in expert mode.`}
			checked={of.expert}
			onChange={(event) => of.setExpert(event.currentTarget.checked)}
		/>
	)
}
