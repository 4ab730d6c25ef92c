import { Modal, Table } from "@mantine/core"

const keys = [
	["/", "Search the log"],
	["Ctrl K or ⌘K", "Jump to a page, a person, an object or an entry"],
	["j, k", "Next, previous entry"],
	["Enter", "Open what is focused"],
	["e", "Edit the object"],
	["r", "Show the newest entries"],
	["Esc", "Leave the field, close the drawer, stop editing"],
	["?", "This list"],
] as const

/** What the keyboard does. */
export function Help({ onClose }: { onClose: () => void }) {
	return (
		<Modal opened onClose={onClose} title="Keyboard" size="sm">
			<Table withRowBorders={false} fz="sm">
				<Table.Tbody>
					{keys.map(([key, what]) => (
						<Table.Tr key={key}>
							<Table.Td w={120}>
								<kbd>{key}</kbd>
							</Table.Td>
							<Table.Td>{what}</Table.Td>
						</Table.Tr>
					))}
				</Table.Tbody>
			</Table>
		</Modal>
	)
}
