import { Button, Group, Modal, Stack, Text } from "@mantine/core"
import { useBlocker } from "@tanstack/react-router"
import { type ReactNode, useState } from "react"
import { asProblem } from "@/api/client"
import type { ReasonRules } from "@/api/reasons"
import { lacksReason, ReasonInput } from "./ReasonInput"
import { ProblemNote } from "./States"

/** The colour of what ends something, in a menu: red that can be read in both themes. */
export const danger = "var(--mantine-color-error)"

/** Asks before a destructive act: what will happen, to what, and why it is done. */
export function ReasonDialog({
	title,
	what,
	verb,
	rules,
	destructive,
	children,
	ready = true,
	onClose,
	act,
}: {
	title: string
	what: ReactNode
	verb: string
	/** Of the organization whose it is. */
	rules: ReasonRules
	destructive?: boolean
	/** Further fields. */
	children?: ReactNode
	/** Whether the further fields are filled in. */
	ready?: boolean
	onClose: () => void
	act: (reason: string) => Promise<unknown>
}) {
	const [reason, setReason] = useState("")
	const [error, setError] = useState<unknown>()
	const [busy, setBusy] = useState(false)
	async function submit(event: React.FormEvent) {
		event.preventDefault()
		setBusy(true)
		setError(undefined)
		try {
			await act(reason.trim())
			onClose()
		} catch (problem) {
			setError(problem)
			setBusy(false)
		}
	}
	return (
		<Modal opened onClose={onClose} title={title} size="md">
			<form onSubmit={submit}>
				<Stack gap="sm">
					<Text size="sm">{what}</Text>
					<ReasonInput
						rules={rules}
						required
						autoFocus
						value={reason}
						onChange={setReason}
						error={error === undefined ? undefined : asProblem(error).byField.reason}
					/>
					{children}
					<ProblemNote error={error} />
					<DialogBar
						verb={verb}
						disabled={lacksReason(rules, true, reason) || !ready}
						busy={busy}
						destructive={destructive}
						onCancel={onClose}
					/>
				</Stack>
			</form>
		</Modal>
	)
}

/** Asks before a page with unsaved changes is left. */
export function UnsavedGuard({
	when,
	param,
}: {
	when: boolean
	/** The parameter of the address by which the form is open, where the page is more than the form. */
	param?: string
}) {
	const blocker = useBlocker({
		shouldBlockFn: ({ current, next }) =>
			when && (current.pathname !== next.pathname || (param !== undefined && !(param in next.search))),
		enableBeforeUnload: when,
		withResolver: true,
	})
	if (blocker.status !== "blocked") return null
	return (
		<Modal opened onClose={blocker.reset} title="Leave without saving?" size="sm">
			<Stack gap="sm">
				<Text size="sm">What you changed here has not been saved.</Text>
				<Group justify="flex-end" gap="xs">
					<Button variant="default" onClick={blocker.reset} data-autofocus>
						Stay
					</Button>
					<Button color="red" onClick={blocker.proceed}>
						Leave
					</Button>
				</Group>
			</Stack>
		</Modal>
	)
}

/** Save and Discard below a form; Save says why it can't be pressed. */
export function SaveBar({
	verb = "Save",
	dirty,
	missing,
	busy,
	onDiscard,
}: {
	verb?: string
	dirty: boolean
	/** What still stands in the way, in a sentence. */
	missing?: string
	busy: boolean
	onDiscard?: () => void
}) {
	const why = dirty ? missing : "Nothing has been changed."
	return (
		<Group gap="xs" mt="sm">
			<Button type="submit" disabled={why !== undefined} loading={busy}>
				{verb}
			</Button>
			{dirty && onDiscard && (
				<Button variant="subtle" color="gray" onClick={onDiscard}>
					Discard
				</Button>
			)}
			{why && (
				<Text size="xs" c="dimmed">
					{why}
				</Text>
			)}
		</Group>
	)
}

/** Cancel and the act itself below a dialog's form; it says what still stands in the way of the act. */
export function DialogBar({
	verb,
	missing,
	disabled = missing !== undefined,
	busy,
	destructive,
	onCancel,
}: {
	verb: string
	missing?: string
	/** Also where nothing is said about why. */
	disabled?: boolean
	busy: boolean
	destructive?: boolean
	onCancel: () => void
}) {
	return (
		<Group justify="flex-end" gap="xs">
			{missing && (
				<Text size="xs" c="dimmed" flex={1}>
					{missing}
				</Text>
			)}
			<Button variant="default" onClick={onCancel}>
				Cancel
			</Button>
			<Button type="submit" color={destructive ? "red" : undefined} loading={busy} disabled={disabled}>
				{verb}
			</Button>
		</Group>
	)
}
