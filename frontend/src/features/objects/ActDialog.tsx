import { Alert, Modal, Stack, Text } from "@mantine/core"
import { notifications } from "@mantine/notifications"
import { useState } from "react"
import { asProblem } from "@/api/client"
import type { Action, Attributes, Field, Kind, ObjectStub } from "@/api/types"
import { DialogBar } from "@/components/Dialogs"
import { ProblemNote } from "@/components/States"
import { humanize } from "@/lib/words"
import { type Change, fieldErrors, useChange, useReread } from "./api"
import { Compare } from "./Compare"
import { type DraftState, Fields, useDraft, useWhy, WhyFields } from "./Form"
import { objectTitle } from "./title"
import { same, sent, words } from "./values"

const none: Field[] = []

/**
 * Does one action to an object: its inputs as the catalogue names them, why, and what was changed by
 * somebody else in the meantime, if anything was.
 */
export function ActDialog({
	object,
	kind,
	action,
	revision,
	destructive,
	onClose,
}: {
	object: ObjectStub
	kind: Kind
	action: Action
	/** The revision to go back to, of "restore". */
	revision?: number
	destructive: boolean
	onClose: () => void
}) {
	const inputs = action.input ?? none
	const [base, setBase] = useState(object)
	const [before, setBefore] = useState<ObjectStub>()
	const draft = useDraft(inputs, withoutSecrets(inputs, object.attributes))
	const why = useWhy(Boolean(action.reasonRequired), object.tenantId)
	const change = useChange()
	const reread = useReread()
	const problem = change.error ? asProblem(change.error) : undefined
	const possible = action.name === "restore" || base.actions.includes(action.name)
	const missing = possible
		? (draft.missing ?? why.missing)
		: `That is no longer possible: it is ${base.deletedAt ? "deleted" : humanize(base.state).toLowerCase()} by now.`

	function submit(event: React.FormEvent) {
		event.preventDefault()
		change.mutate(request(base, action, revision, inputsOf(draft), why.why), {
			onSuccess: () => {
				notifications.show({ message: `${action.label}: ${action.job ? "under way" : "done"}.` })
				onClose()
			},
			onError: async (error) => {
				const refused = asProblem(error)
				if (refused.status !== 412) return draft.refuse(fieldErrors(refused))
				const now = await reread(base)
				setBefore(base)
				setBase(now)
			},
		})
	}

	return (
		<Modal opened onClose={onClose} title={`${action.label}: ${objectTitle(object)}`} size="md">
			<form noValidate onSubmit={submit}>
				<Stack gap="sm">
					<Text size="sm">{outcome(object, action, revision)}</Text>
					<Fields of={draft} expert={why.expert} />
					<WhyFields of={why} fields={action.name === "restore" ? kind.fields : inputs} problem={problem} />
					{before && (
						<Alert color="yellow" variant="light" p="xs" title={`There is revision ${base.revision} by now`}>
							<MeanwhileChanged kind={kind} before={before} now={base} />
						</Alert>
					)}
					{problem?.status !== 412 && <ProblemNote error={change.error} />}
					<DialogBar
						verb={before ? `${action.label} all the same` : action.label}
						missing={missing}
						busy={change.isPending}
						destructive={destructive}
						onCancel={onClose}
					/>
				</Stack>
			</form>
		</Modal>
	)
}

function outcome(object: ObjectStub, action: Action, revision: number | undefined): string {
	if (action.name === "delete") return "Its last state stays to be seen, and it can be restored."
	if (action.name === "restore")
		return object.deletedAt
			? `It becomes again what it was at revision ${revision}, before it was deleted.`
			: `Its values become again what they were at revision ${revision}. What came after stays among the revisions.`
	if (action.job) {
		const then = [
			action.to && `it is ${humanize(action.to).toLowerCase()} if that succeeds`,
			action.job.failedTo && `${humanize(action.job.failedTo).toLowerCase()} if it fails`,
		].filter(Boolean)
		return `It begins at once and may take a moment. What comes of it is noted in the log and on the object's page${then.length > 0 ? `; ${then.join(", ")}` : ""}.`
	}
	if (action.to && action.to !== object.state)
		return `It is ${humanize(object.state).toLowerCase()} now and ${humanize(action.to).toLowerCase()} afterwards.`
	return "It is noted in the log, and in the object's revisions."
}

/** An input that is also a field starts with the field's value; a secret never does. */
function withoutSecrets(inputs: readonly Field[], attributes: Attributes): Attributes {
	return Object.fromEntries(
		inputs.filter((field) => !field.secret).map((field) => [field.name, attributes[field.name]]),
	)
}

/** An action takes all its inputs, whether or not they differ from what is stored. */
function inputsOf({ fields, draft, changed }: DraftState): Attributes {
	const given = fields.filter((field) => sent(draft[field.name]) !== null || field.name in changed)
	return Object.fromEntries(given.map((field) => [field.name, sent(draft[field.name])]))
}

function request(
	of: ObjectStub,
	action: Action,
	revision: number | undefined,
	attributes: Attributes,
	why: Change["why"],
): Change {
	if (action.name === "delete") return { how: "delete", of, why }
	if (action.name === "restore") return { how: "restore", of, revision: revision ?? of.revision, why }
	return { how: "act", of, action: action.name, attributes, why }
}

function MeanwhileChanged({ kind, before, now }: { kind: Kind; before: ObjectStub; now: ObjectStub }) {
	const rows = [
		...(before.state === now.state
			? []
			: [{ label: "State", values: [humanize(before.state), humanize(now.state)] }]),
		...kind.fields
			.filter((field) => !same(before.attributes[field.name], now.attributes[field.name]))
			.map((field) => ({
				label: field.label,
				values: [words(field, before.attributes[field.name]), words(field, now.attributes[field.name])],
			})),
	]
	return rows.length > 0 ? (
		<Compare heads={["When you began", "Now"]} rows={rows} />
	) : (
		<Text size="sm">Its values are as they were.</Text>
	)
}
