import { Button, Checkbox, SegmentedControl, Stack } from "@mantine/core"
import type { Layout } from "@/components/Table"
import { columnIds, columnLabels } from "./columns"
import type { Density } from "./layout"

/** How high rows are and which columns are shown. */
export function ColumnsForm({
	layout,
	density,
	setDensity,
}: {
	layout: Layout
	density: Density
	setDensity: (density: Density) => void
}) {
	return (
		<Stack gap={8}>
			<SegmentedControl
				size="xs"
				fullWidth
				aria-label="Height of rows"
				value={density}
				onChange={setDensity}
				data={[
					{ value: "compact", label: "Compact" },
					{ value: "roomy", label: "Roomy" },
				]}
			/>
			{columnIds.map((id) => (
				<Checkbox
					key={id}
					label={columnLabels[id]}
					checked={layout.visibility[id] !== false}
					disabled={id === "time"}
					onChange={(event) => {
						const visible = event.currentTarget.checked
						layout.onVisibility((before) => ({ ...before, [id]: visible }))
					}}
				/>
			))}
			<Button variant="subtle" color="gray" size="compact-xs" onClick={() => layout.onSizing({})}>
				Reset widths
			</Button>
		</Stack>
	)
}
