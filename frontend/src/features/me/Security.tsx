import { Button, Group, Modal, PasswordInput, Stack, Text } from "@mantine/core"
import { useForm } from "@mantine/form"
import { notifications } from "@mantine/notifications"
import { useQuery } from "@tanstack/react-query"
import { useState } from "react"
import { asProblem } from "@/api/client"
import type { Me } from "@/api/types"
import { AuthenticatorSetup } from "@/components/AuthenticatorSetup"
import { CodeInput } from "@/components/Inputs"
import { Section, Tag } from "@/components/Page"
import { RecoveryCodes } from "@/components/RecoveryCodes"
import { ProblemNote } from "@/components/States"
import { plural } from "@/lib/words"
import { sessionsQuery, setupQuery, useActivate, useDisable, useNewCodes, usePassword } from "./api"

export function Security({ me }: { me: Me }) {
	return (
		<>
			<Section title="Password" hint="Changing it signs you out everywhere else.">
				<PasswordForm />
			</Section>
			<SecondFactor me={me} />
		</>
	)
}

function PasswordForm() {
	const change = usePassword()
	const sessions = useQuery(sessionsQuery)
	// Whoever has just come in by mail may have no password, or none that they know.
	const byMail = sessions.data?.some((one) => one.current && one.method.startsWith("otp"))
	const form = useForm({
		initialValues: { currentPassword: "", newPassword: "", again: "" },
		validate: {
			newPassword: (value) => (value.length < 12 ? "At least 12 characters." : null),
			again: (value, values) => (value === values.newPassword ? null : "The two are not the same."),
		},
	})
	return (
		<form
			style={{ maxWidth: 340 }}
			onSubmit={form.onSubmit(({ currentPassword, newPassword }) =>
				change.mutate(
					{ currentPassword, newPassword },
					{
						onSuccess: () => {
							form.reset()
							notifications.show({ message: "Your password has been changed." })
						},
						onError: (error) => form.setErrors(asProblem(error).byField),
					},
				),
			)}
		>
			<Stack gap="sm">
				<PasswordInput
					label="Current password"
					description={byMail && "Not needed right after a one-time password by e-mail."}
					autoComplete="current-password"
					{...form.getInputProps("currentPassword")}
				/>
				<PasswordInput
					label="New password"
					description="At least 12 characters; a few words are easier than a riddle."
					autoComplete="new-password"
					{...form.getInputProps("newPassword")}
				/>
				<PasswordInput
					label="New password, again"
					autoComplete="new-password"
					{...form.getInputProps("again")}
				/>
				<ProblemNote error={change.error} />
				<Group>
					<Button
						type="submit"
						loading={change.isPending}
						disabled={(!form.values.currentPassword && !byMail) || !form.values.newPassword}
					>
						Change password
					</Button>
				</Group>
			</Stack>
		</form>
	)
}

type Open = "set up" | "codes" | "turn off"

function SecondFactor({ me }: { me: Me }) {
	const [open, setOpen] = useState<Open>()
	const { enabled, required, recoveryCodesLeft } = me.mfa
	const close = () => setOpen(undefined)
	return (
		<Section
			title="Second factor"
			hint={
				required
					? "Your organization requires one."
					: "A code from an app on your phone, asked for after the password."
			}
		>
			<Stack gap="xs" fz="sm">
				<div>
					{enabled ? <Tag tone="ok">On</Tag> : <Tag tone="warn">Off</Tag>}
					{enabled && (
						<Text span size="sm" c={recoveryCodesLeft < 3 ? undefined : "dimmed"} ml="sm">
							{plural(recoveryCodesLeft, "recovery code")} left
						</Text>
					)}
				</div>
				<Group gap={6}>
					{enabled ? (
						<>
							<Button variant="default" onClick={() => setOpen("codes")}>
								New recovery codes
							</Button>
							<Button
								variant="default"
								disabled={required}
								title={required ? "Your organization requires a second factor." : undefined}
								onClick={() => setOpen("turn off")}
							>
								Turn off
							</Button>
						</>
					) : (
						<Button onClick={() => setOpen("set up")}>Set up</Button>
					)}
				</Group>
			</Stack>
			{open === "set up" && <SetupDialog onClose={close} />}
			{open === "codes" && <CodesDialog onClose={close} />}
			{open === "turn off" && <TurnOffDialog onClose={close} />}
		</Section>
	)
}

function SetupDialog({ onClose }: { onClose: () => void }) {
	const setup = useQuery(setupQuery)
	const activate = useActivate()
	return (
		<Modal
			opened
			onClose={onClose}
			title={activate.data ? "Your recovery codes" : "Set up your second factor"}
			closeOnClickOutside={false}
		>
			{activate.data ? (
				<Kept codes={activate.data} onKept={onClose} />
			) : (
				<AuthenticatorSetup
					setup={setup.data}
					error={setup.error ?? activate.error}
					busy={activate.isPending}
					onCode={(code) => activate.mutate(code)}
				/>
			)}
		</Modal>
	)
}

function Kept({ codes, onKept }: { codes: string[]; onKept: () => void }) {
	return (
		<>
			<Text size="sm" c="dimmed" mb="sm">
				Each of them signs you in once, should you lose your phone. They are not shown again.
			</Text>
			<RecoveryCodes codes={codes} fileName="annals-recovery-codes.txt" onKept={onKept} />
		</>
	)
}

function CodesDialog({ onClose }: { onClose: () => void }) {
	const renew = useNewCodes()
	return (
		<Modal opened onClose={onClose} title="New recovery codes" closeOnClickOutside={false}>
			{renew.data ? (
				<Kept codes={renew.data} onKept={onClose} />
			) : (
				<CodeForm
					what="The old ones stop working. Enter a code from your app."
					verb="Make new ones"
					error={renew.error}
					busy={renew.isPending}
					onCode={(code) => renew.mutate(code)}
				/>
			)}
		</Modal>
	)
}

function TurnOffDialog({ onClose }: { onClose: () => void }) {
	const disable = useDisable()
	return (
		<Modal opened onClose={onClose} title="Turn off your second factor">
			<CodeForm
				what="Your password alone will be enough to sign in as you. Enter a code from your app."
				verb="Turn off"
				error={disable.error}
				busy={disable.isPending}
				onCode={(code) => disable.mutate(code, { onSuccess: onClose })}
			/>
		</Modal>
	)
}

function CodeForm(props: {
	what: string
	verb: string
	error: unknown
	busy: boolean
	onCode: (code: string) => void
}) {
	const [code, setCode] = useState("")
	return (
		<form
			onSubmit={(event) => {
				event.preventDefault()
				props.onCode(code)
			}}
		>
			<Stack gap="sm">
				<Text size="sm">{props.what}</Text>
				<CodeInput
					label="Code from your app"
					value={code}
					onChange={setCode}
					error={Boolean(props.error)}
					autoFocus
				/>
				<ProblemNote error={props.error} />
				<Group justify="flex-end">
					<Button type="submit" loading={props.busy} disabled={code.length < 6}>
						{props.verb}
					</Button>
				</Group>
			</Stack>
		</form>
	)
}
