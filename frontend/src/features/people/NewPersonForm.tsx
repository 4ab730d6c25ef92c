import { Button, PasswordInput, Select, Stack, TextInput } from "@mantine/core"
import { useForm } from "@mantine/form"
import { asProblem } from "@/api/client"
import { useMe } from "@/api/me"
import { useTenantChoices } from "@/api/tenants"
import type { Role } from "@/api/types"
import { ProblemNote } from "@/components/States"
import { useCreate } from "./api"
import { roles } from "./search"
import { roleHints, roleWords } from "./words"

/** A new person: without a password they come in with a one-time password by e-mail. */
export function NewPersonForm({ onDone }: { onDone: (id: number) => void }) {
	const me = useMe()
	const choices = useTenantChoices()
	const create = useCreate()
	const form = useForm<{ tenantId: string; email: string; name: string; role: Role; password: string }>({
		initialValues: { tenantId: String(me.scope.tenantId), email: "", name: "", role: "user", password: "" },
		validate: {
			email: (email) => (/^\S+@\S+$/.test(email) ? null : "Enter an e-mail address."),
			name: (name) => (name.trim() ? null : "Enter a name."),
		},
	})
	return (
		<form
			onSubmit={form.onSubmit((values) =>
				create.mutate(
					{
						tenantId: Number(values.tenantId),
						email: values.email.trim(),
						name: values.name.trim(),
						role: values.role,
						password: values.password || undefined,
					},
					{
						onSuccess: (user) => onDone(user.id),
						onError: (error) => form.setErrors(asProblem(error).byField),
					},
				),
			)}
		>
			<Stack gap="sm">
				<TextInput label="Name" required data-autofocus {...form.getInputProps("name")} />
				<TextInput label="E-mail" type="email" required {...form.getInputProps("email")} />
				<Select
					label="Organization"
					data={choices}
					searchable
					allowDeselect={false}
					required
					{...form.getInputProps("tenantId")}
				/>
				<Select
					label="Role"
					description={roleHints[form.values.role]}
					data={roles.map((role) => ({ value: role, label: roleWords[role] }))}
					allowDeselect={false}
					required
					{...form.getInputProps("role")}
				/>
				<PasswordInput
					label="First password"
					description="Leave it empty, and they come in with a one-time password by e-mail."
					autoComplete="new-password"
					{...form.getInputProps("password")}
				/>
				<ProblemNote error={create.error} />
				<Button type="submit" loading={create.isPending}>
					Create
				</Button>
			</Stack>
		</form>
	)
}
