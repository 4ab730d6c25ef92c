import { SegmentedControl, Text, useMantineColorScheme } from "@mantine/core"
import { notifications } from "@mantine/notifications"
import { asProblem } from "@/api/client"
import { useMe, zoneOf } from "@/api/me"
import { Page, Section } from "@/components/Page"
import { ZoneSelect } from "@/components/ZoneSelect"
import { clock } from "@/lib/time"
import { useZoneChange } from "./api"

/** How this person sees the portal. */
export function PreferencesPage() {
	const me = useMe()
	const change = useZoneChange()
	const { colorScheme, setColorScheme } = useMantineColorScheme()
	return (
		<Page title="Preferences">
			<Section
				title="Time zone"
				hint="All times are shown in this zone; UTC is a hover away. The API and CSV files use UTC."
			>
				<div style={{ maxWidth: 380 }}>
					<ZoneSelect
						value={zoneOf(me)}
						onChange={(zone) =>
							change.mutate(zone, {
								onSuccess: () => notifications.show({ message: `Times are now shown in ${zone}.` }),
							})
						}
						error={change.error ? asProblem(change.error).message : undefined}
					/>
					<Text size="xs" c="dimmed" mt={6}>
						It is {clock(new Date(), zoneOf(me))} there now.
					</Text>
				</div>
			</Section>
			<Section title="Appearance">
				<SegmentedControl
					size="xs"
					aria-label="Light or dark"
					value={colorScheme}
					onChange={(scheme) => setColorScheme(scheme)}
					data={[
						{ value: "light", label: "Light" },
						{ value: "dark", label: "Dark" },
						{ value: "auto", label: "As the system" },
					]}
				/>
			</Section>
		</Page>
	)
}
