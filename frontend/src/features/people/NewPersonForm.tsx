import { Button, PasswordInput, Radio, Select, Stack, TextInput } from "@mantine/core"
import { useForm } from "@mantine/form"
import { asProblem } from "@/api/client"
import { useMe } from "@/api/me"
import { useReasons } from "@/api/reasons"
import { useTenantChoices } from "@/api/tenants"
import type { Role } from "@/api/types"
import { lacksReason, ReasonInput } from "@/components/ReasonInput"
import { ProblemNote } from "@/components/States"
import { useCreate } from "./api"
import { roles } from "./search"
import { roleHints, roleWords } from "./words"

type Way = "invite" | "password" | "later"

/** A new person, and how they come in: by a link in a mail, or with a password that is told to them. */
export function NewPersonForm({ onDone }: { onDone: (id: number) => void }) {
	const me = useMe()
	const choices = useTenantChoices()
	const create = useCreate()
	const form = useForm<{
		tenantId: string
		email: string
		name: string
		role: Role
		way: Way
		password: string
		reason: string
	}>({
		initialValues: {
			tenantId: String(me.scope.tenantId),
			email: "",
			name: "",
			role: "user",
			way: "invite",
			password: "",
			reason: "",
		},
		validate: {
			email: (email) => (/^\S+@\S+$/.test(email) ? null : "Enter an e-mail address."),
			name: (name) => (name.trim() ? null : "Enter a name."),
			password: (password, { way }) => (way === "password" && !password ? "Enter a password." : null),
		},
	})
	const rules = useReasons(Number(form.values.tenantId))
	return (
		<form
			noValidate
			onSubmit={form.onSubmit((values) =>
				create.mutate(
					{
						tenantId: Number(values.tenantId),
						email: values.email.trim(),
						name: values.name.trim(),
						role: values.role,
						password: values.way === "password" ? values.password : undefined,
						reason: values.reason.trim() || undefined,
						invite: values.way === "invite" || undefined,
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
				<Radio.Group label="How they come in" {...form.getInputProps("way")}>
					<Stack gap={8} mt={6}>
						<Radio
							value="invite"
							label="By invitation"
							description="A mail with a link, for seven days, with which they choose a password"
						/>
						<Radio value="password" label="With a password" description="You choose it and tell them" />
						<Radio
							value="later"
							label="Not yet"
							description="They stay pending until you invite or activate them"
						/>
					</Stack>
				</Radio.Group>
				{form.values.way === "password" && (
					<PasswordInput
						label="First password"
						autoComplete="new-password"
						required
						{...form.getInputProps("password")}
					/>
				)}
				{rules.required && <ReasonInput rules={rules} required={false} {...form.getInputProps("reason")} />}
				<ProblemNote error={create.error} />
				<Button
					type="submit"
					loading={create.isPending}
					disabled={lacksReason(rules, false, form.values.reason)}
				>
					{form.values.way === "invite" ? "Create and invite" : "Create"}
				</Button>
			</Stack>
		</form>
	)
}
