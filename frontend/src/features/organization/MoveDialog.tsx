import { List, Modal, Select, Stack, Text } from "@mantine/core"
import { useForm } from "@mantine/form"
import { notifications } from "@mantine/notifications"
import { useQuery } from "@tanstack/react-query"
import { asProblem } from "@/api/client"
import { useReasons } from "@/api/reasons"
import { treeQuery } from "@/api/tenants"
import type { Tenant } from "@/api/types"
import { DialogBar } from "@/components/Dialogs"
import { lacksReason, ReasonInput } from "@/components/ReasonInput"
import { ProblemNote } from "@/components/States"
import { contentQuery, useMove } from "./api"
import { contentText } from "./content"
import { places } from "./places"

/** Chooses another place for an organization, and says before it moves what will be whose. */
export function MoveDialog({ tenant, onClose }: { tenant: Tenant; onClose: () => void }) {
	const { data: tree = [], isPending } = useQuery(treeQuery)
	const { data: content } = useQuery(contentQuery(tenant.id))
	const move = useMove(tenant)
	const rules = useReasons(tenant.id)
	const form = useForm<{ parentId: string | null; reason: string }>({
		initialValues: { parentId: null, reason: "" },
	})
	const groups = places(tree, tenant)
	const above = tree.find((one) => one.id === tenant.parentId)?.name ?? "its place now"
	const target = tree.find((one) => String(one.id) === form.values.parentId)
	const word = tenant.level === "dealer" ? "sales organization" : "dealer"
	const nowhere = !isPending && groups.every((group) => group.items.length === 0)
	return (
		<Modal opened onClose={onClose} title={`Move ${tenant.name}`} size="md">
			<form
				onSubmit={form.onSubmit((values) =>
					move.mutate(
						{ parentId: Number(values.parentId), reason: values.reason.trim() },
						{
							onSuccess: (moved) => {
								notifications.show({ message: `${moved.name} stands under ${target?.name} now.` })
								onClose()
							},
							onError: (error) => form.setErrors(asProblem(error).byField),
						},
					),
				)}
			>
				<Stack gap="sm">
					<Select
						label={`To which ${word}`}
						placeholder={nowhere ? `There is no other open ${word}` : "Type a part of its name"}
						data={groups}
						searchable
						disabled={nowhere}
						nothingFoundMessage={`No ${word} of that name that is open`}
						limit={100}
						required
						data-autofocus
						{...form.getInputProps("parentId")}
					/>
					{target && (
						<Text size="sm" component="div">
							<List size="sm" spacing={4}>
								<List.Item>
									{tenant.name} goes from {above} to {target.name}
									{content && contentText(content) && `, with ${contentText(content)}`}.
								</List.Item>
								<List.Item>
									{target.name} and those above it see all of that, and its entries, from now on. {above}{" "}
									doesn't any more.
								</List.Item>
								<List.Item>Entries until today stay with {above}.</List.Item>
								<List.Item>Settings and the second factor's policy of {target.name} hold for it.</List.Item>
							</List>
						</Text>
					)}
					<ReasonInput rules={rules} required {...form.getInputProps("reason")} />
					<ProblemNote error={move.error} />
					<DialogBar
						verb="Move"
						disabled={!form.values.parentId || lacksReason(rules, true, form.values.reason)}
						busy={move.isPending}
						onCancel={onClose}
					/>
				</Stack>
			</form>
		</Modal>
	)
}
