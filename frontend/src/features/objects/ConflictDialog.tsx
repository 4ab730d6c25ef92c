import { Button, Group, Modal, SegmentedControl, Stack, Text } from "@mantine/core"
import { useState } from "react"
import type { Attributes, Field, ObjectStub } from "@/api/types"
import { ProblemNote } from "@/components/States"
import { Compare } from "./Compare"
import { type Draft, differs, draftWords, same, sent, words } from "./values"

type Pick = "mine" | "theirs"

/**
 * Two people changed the same object: both values of every field, and the person's choice between
 * them. What only the other one changed stays as it is there.
 */
export function ConflictDialog({
	fields,
	base,
	now,
	draft,
	busy,
	error,
	onKeep,
	onTakeTheirs,
	onClose,
}: {
	fields: readonly Field[]
	/** What the person saw when they began. */
	base: ObjectStub
	/** What is there by now. */
	now: ObjectStub
	draft: Draft
	busy: boolean
	error: unknown
	/** Saves these values on top of what is there now. */
	onKeep: (attributes: Attributes) => void
	onTakeTheirs: () => void
	onClose: () => void
}) {
	const [picks, setPicks] = useState<Record<string, Pick>>({})
	const mine = fields.filter((field) => differs(field, draft[field.name], base.attributes[field.name]))
	const theirs = fields.filter(
		(field) => !mine.includes(field) && !same(base.attributes[field.name], now.attributes[field.name]),
	)
	const kept = mine.filter((field) => picks[field.name] !== "theirs")
	return (
		<Modal opened onClose={onClose} title={`${now.name} was changed in the meantime`} size="xl">
			<Stack gap="sm">
				<Text size="sm">
					You began with revision {base.revision}; there is revision {now.revision} by now
					{now.deletedAt ? ", and it is deleted. Restore it before you change it." : "."} Nothing of yours is
					lost: choose for each field.
				</Text>
				<Compare
					heads={["When you began", "There now", "Yours", ""]}
					rows={[
						...mine.map((field) => ({
							label: field.label,
							differs: !same(base.attributes[field.name], now.attributes[field.name]),
							values: [
								words(field, base.attributes[field.name]),
								<span key="theirs" data-chosen={picks[field.name] === "theirs" || undefined}>
									{words(field, now.attributes[field.name])}
								</span>,
								<span key="mine" data-chosen={picks[field.name] !== "theirs" || undefined}>
									{draftWords(field, draft[field.name])}
								</span>,
								<SegmentedControl
									key="pick"
									size="xs"
									aria-label={`Which ${field.label}`}
									value={picks[field.name] ?? "mine"}
									onChange={(pick) =>
										setPicks({ ...picks, [field.name]: pick === "theirs" ? "theirs" : "mine" })
									}
									data={[
										{ value: "theirs", label: "Theirs" },
										{ value: "mine", label: "Mine" },
									]}
								/>,
							],
						})),
						...theirs.map((field) => ({
							label: field.label,
							differs: true,
							values: [
								words(field, base.attributes[field.name]),
								words(field, now.attributes[field.name]),
								"not changed by you",
								"",
							],
						})),
					]}
				/>
				<ProblemNote error={error} />
				<Group justify="flex-end" gap="xs">
					<Button variant="default" onClick={onClose}>
						Back to the form
					</Button>
					<Button variant="default" onClick={onTakeTheirs}>
						Take all of theirs
					</Button>
					<Button
						loading={busy}
						disabled={kept.length === 0 || now.deletedAt !== null}
						onClick={() =>
							onKeep(Object.fromEntries(kept.map((field) => [field.name, sent(draft[field.name])])))
						}
					>
						{kept.length === mine.length ? "Keep mine" : "Save my choice"}
					</Button>
				</Group>
			</Stack>
		</Modal>
	)
}
