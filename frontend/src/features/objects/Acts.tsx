import { ActionIcon, Button, Menu } from "@mantine/core"
import { Ellipsis, Pencil } from "lucide-react"
import { useState } from "react"
import { useCatalog } from "@/api/me"
import type { Action, Kind, ObjectStub } from "@/api/types"
import { danger } from "@/components/Dialogs"
import { ActDialog } from "./ActDialog"
import { isUnderWay } from "./api"
import { actionOf, happensByItself, isDestructive } from "./kinds"

/** How many actions stand beside the title; the others are in the menu. */
const beside = 2

/** What can be done to the object as it is now; what ends something is a step further away. */
export function Acts({
	object,
	kind,
	editing,
	onEdit,
}: {
	object: ObjectStub
	kind: Kind
	editing: boolean
	onEdit: () => void
}) {
	const catalog = useCatalog()
	const [chosen, setChosen] = useState<Action>()
	const actions = object.actions
		.filter((name) => name !== "update" && name !== "create")
		.map((name) => actionOf(kind, name))
	const underWay = (action: Action) =>
		object.jobs?.some((job) => job.action === action.name && isUnderWay(job)) ?? false
	const destructive = (action: Action) => isDestructive(action, catalog)
	const plain = actions.filter((action) => !destructive(action) && !happensByItself(kind, action))
	const rest = actions.filter((action) => !destructive(action) && happensByItself(kind, action))
	const more = [...plain.slice(beside), ...rest, ...actions.filter(destructive)]
	return (
		<>
			{plain.slice(0, beside).map((action) => (
				<Button
					key={action.name}
					variant="default"
					disabled={underWay(action)}
					onClick={() => setChosen(action)}
				>
					{action.label}…
				</Button>
			))}
			{object.actions.includes("update") && (
				<Button leftSection={<Pencil size={13} />} onClick={onEdit} disabled={editing}>
					{actionOf(kind, "update").label}
				</Button>
			)}
			{more.length > 0 && (
				<Menu position="bottom-end">
					<Menu.Target>
						<ActionIcon variant="default" size={30} aria-label="More actions">
							<Ellipsis size={15} />
						</ActionIcon>
					</Menu.Target>
					<Menu.Dropdown>
						{more.map((action) => (
							<Menu.Item
								key={action.name}
								color={destructive(action) ? danger : undefined}
								disabled={underWay(action)}
								onClick={() => setChosen(action)}
							>
								{action.label}…
							</Menu.Item>
						))}
					</Menu.Dropdown>
				</Menu>
			)}
			{chosen && (
				<ActDialog
					object={object}
					kind={kind}
					action={chosen}
					// The last revision of a deleted object is its deletion; what it was is the one before.
					revision={chosen.name === "restore" ? object.revision - 1 : undefined}
					destructive={destructive(chosen)}
					onClose={() => setChosen(undefined)}
				/>
			)}
		</>
	)
}
