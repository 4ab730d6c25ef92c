import { Stack, Text, TextInput } from "@mantine/core"
import { useForm } from "@mantine/form"
import { notifications } from "@mantine/notifications"
import { asProblem } from "@/api/client"
import { zoneOf } from "@/api/me"
import type { Me } from "@/api/types"
import { SaveBar, UnsavedGuard } from "@/components/Dialogs"
import { Section } from "@/components/Page"
import { ProblemNote } from "@/components/States"
import { ZoneSelect } from "@/components/ZoneSelect"
import { clock } from "@/lib/time"
import { useProfile } from "./api"

export function Profile({ me }: { me: Me }) {
	return (
		<Section title="Name and time zone">
			<ProfileForm key={me.user.revision} me={me} />
		</Section>
	)
}

function ProfileForm({ me }: { me: Me }) {
	const save = useProfile()
	const form = useForm({
		initialValues: { name: me.user.name, timeZone: zoneOf(me) },
		validate: { name: (name) => (name.trim() ? null : "Enter a name.") },
	})
	const dirty = form.isDirty()
	return (
		<form
			style={{ maxWidth: 380 }}
			onSubmit={form.onSubmit(({ name, timeZone }) =>
				save.mutate(
					{
						...(name.trim() !== me.user.name && { name: name.trim() }),
						...(timeZone !== me.timeZone && { timeZone }),
					},
					{
						onSuccess: () => {
							form.resetDirty()
							notifications.show({ message: "Saved." })
						},
						onError: (error) => form.setErrors(asProblem(error).byField),
					},
				),
			)}
		>
			<UnsavedGuard when={dirty && !save.isPending} />
			<Stack gap="sm">
				<TextInput label="Name" autoComplete="name" {...form.getInputProps("name")} />
				<ZoneSelect
					value={form.values.timeZone}
					onChange={(zone) => form.setFieldValue("timeZone", zone)}
					description="All times are shown in this zone, with UTC on hover."
				/>
				<Text size="xs" c="dimmed">
					It is {clock(new Date(), form.values.timeZone)} there now.
				</Text>
				<ProblemNote error={save.error} />
			</Stack>
			<SaveBar dirty={dirty} busy={save.isPending} onDiscard={form.reset} />
		</form>
	)
}
