import { Button, Stack } from "@mantine/core"
import { notifications } from "@mantine/notifications"
import { type KeyboardEvent, useEffect, useRef, useState } from "react"
import { asProblem } from "@/api/client"
import type { Attributes, Kind, ObjectStub } from "@/api/types"
import { SaveBar, UnsavedGuard } from "@/components/Dialogs"
import { Section } from "@/components/Page"
import { ProblemNote } from "@/components/States"
import { fieldErrors, useChange, useReread } from "./api"
import { ConflictDialog } from "./ConflictDialog"
import { Fields, useDraft, useWhy, WhyFields } from "./Form"
import { actionOf, formFields } from "./kinds"
import classes from "./Object.module.css"

/**
 * Changes the values of an object. The form keeps to the revision with which it began; what somebody
 * else does meanwhile is met when it is saved, with both values in sight.
 */
export function EditForm({
	kind,
	object,
	onLeave,
}: {
	kind: Kind
	object: ObjectStub
	/** Asks about unsaved changes, unless there is nothing more to save. */
	onLeave: (how: { ask: boolean }) => void
}) {
	const [base] = useState(object)
	const [conflict, setConflict] = useState<ObjectStub>()
	const draft = useDraft(formFields(kind), base.attributes)
	const why = useWhy(Boolean(actionOf(kind, "update").reasonRequired), object.tenantId)
	const change = useChange()
	const reread = useReread()
	const problem = change.error ? asProblem(change.error) : undefined
	const stale = problem?.status === 412
	const form = useRef<HTMLFormElement>(null)
	useEffect(() => form.current?.querySelector<HTMLElement>("input:enabled, textarea:enabled")?.focus(), [])

	const save = (of: ObjectStub, attributes: Attributes) =>
		change.mutate(
			{ how: "update", of, attributes, why: why.why },
			{
				onSuccess: () => {
					notifications.show({ message: "Saved." })
					onLeave({ ask: false })
				},
				onError: async (error) => {
					const refused = asProblem(error)
					if (refused.status === 412) setConflict(await reread(of))
					else {
						setConflict(undefined)
						draft.refuse(fieldErrors(refused))
					}
				},
			},
		)

	return (
		<form
			noValidate
			ref={form}
			className={classes.form}
			onKeyDown={leaveField}
			onSubmit={(event) => {
				event.preventDefault()
				save(base, draft.changed)
			}}
		>
			<UnsavedGuard when={draft.dirty} param="edit" />
			<Section
				title="Edit"
				actions={
					<Button variant="subtle" color="gray" size="compact-xs" onClick={() => onLeave({ ask: true })}>
						Stop editing
					</Button>
				}
			>
				<Stack gap="sm">
					<Fields of={draft} expert={why.expert} />
				</Stack>
			</Section>
			<Section title="Why">
				<WhyFields of={why} fields={kind.fields} problem={problem} />
			</Section>
			{!stale && <ProblemNote error={change.error} />}
			<SaveBar
				dirty={draft.dirty}
				missing={draft.missing ?? why.missing}
				busy={change.isPending}
				onDiscard={draft.reset}
			/>
			{conflict && (
				<ConflictDialog
					key={conflict.revision}
					fields={formFields(kind)}
					base={base}
					now={conflict}
					draft={draft.draft}
					busy={change.isPending}
					error={stale ? undefined : change.error}
					onKeep={(attributes) => save(conflict, attributes)}
					onTakeTheirs={() => {
						notifications.show({ message: "Nothing of yours was saved." })
						onLeave({ ask: false })
					}}
					onClose={() => setConflict(undefined)}
				/>
			)}
		</form>
	)
}

/** Esc leaves the field, unless that has a list of its own to close; outside of fields it leaves the form. */
function leaveField(event: KeyboardEvent) {
	const { target } = event
	if (event.key !== "Escape" || !(target instanceof HTMLElement)) return
	if (target.getAttribute("aria-expanded") !== "true") target.blur()
}
