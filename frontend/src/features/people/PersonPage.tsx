import { Button, Menu, Select, Stack, Tabs, Text, TextInput } from "@mantine/core"
import { useForm } from "@mantine/form"
import { notifications } from "@mantine/notifications"
import { useQuery } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { ChevronDown } from "lucide-react"
import { Fragment, type ReactNode, useState } from "react"
import { useOutdate } from "@/api/channelChange"
import { asProblem } from "@/api/client"
import { lastEntryQuery } from "@/api/last"
import { useMay, useMe } from "@/api/me"
import { useReasons } from "@/api/reasons"
import type { ObjectStub, User } from "@/api/types"
import { danger, ReasonDialog, SaveBar, UnsavedGuard } from "@/components/Dialogs"
import { LogButton } from "@/components/LogLink"
import { Page, Section, Values } from "@/components/Page"
import { PathLink } from "@/components/PathLink"
import { lacksReason, ReasonInput } from "@/components/ReasonInput"
import { DeletedNote, FailedPage, ProblemNote } from "@/components/States"
import { Time } from "@/components/Time"
import { ZoneSelect } from "@/components/ZoneSelect"
import { humanize, pathText } from "@/lib/words"
import {
	groupsQuery,
	type PersonAct,
	type PersonChange,
	personQuery,
	remove,
	useAct,
	useInvite,
	useUpdate,
} from "./api"
import { roles } from "./search"
import { invitationOf, PersonState, roleHints, roleWords } from "./words"

/** One person: who they are, what can be done, and everything that they did or that was done to them. */
export function PersonPage({
	id,
	tab,
	editing,
	onTab,
	log,
}: {
	id: number
	tab: "details" | "log"
	/** Whoever comes to edit finds the cursor in the form. */
	editing: boolean
	onTab: (tab: "details" | "log") => void
	log: ReactNode
}) {
	const { data: user, error, refetch } = useQuery(personQuery(id))
	const { data: groups = [] } = useQuery(groupsQuery(id))
	if (error) return <FailedPage error={error} retry={refetch} />
	if (!user) return <Page title="Person">{null}</Page>
	return (
		<Page
			title={user.name || user.email}
			above={[["People", "/people"]]}
			meta={
				<>
					<span>{roleWords[user.role]}</span>
					<PersonState user={user} />
					<span>{pathText(user.tenantPath)}</span>
				</>
			}
			actions={
				<>
					<LogButton label="User log" open={tab === "log"} onOpen={() => onTab("log")} />
					<Acts user={user} />
				</>
			}
			tabs={
				<Tabs value={tab} onChange={(next) => onTab(next === "log" ? "log" : "details")}>
					<Tabs.List>
						<Tabs.Tab value="details">Details</Tabs.Tab>
						<Tabs.Tab value="log">Log</Tabs.Tab>
					</Tabs.List>
				</Tabs>
			}
			fill={tab === "log"}
		>
			{tab === "log" ? (
				log
			) : (
				<>
					{user.state === "deleted" && <Deleted user={user} />}
					<Section title="About">
						<Values
							of={[
								["Name", user.name],
								["E-mail", user.email],
								["Role", roleWords[user.role]],
								["Level", humanize(user.level)],
								["Organization", pathText(user.tenantPath)],
								["Invitation", user.state === "pending" && <Invitation key="invitation" user={user} />],
								["Groups", groups.length > 0 && <Groups key="groups" of={groups} />],
								["Second factor", user.mfaEnabled ? "On" : "Off"],
								["Time zone", user.timeZone],
								["Last sign-in", user.lastSignInAt ? <Time at={user.lastSignInAt} /> : "Never"],
								["Created", <Time key="created" at={user.createdAt} />],
								["Revision", user.revision],
							]}
						/>
					</Section>
					{user.state !== "deleted" && (
						<Section title="Edit">
							{user.editable ? (
								<PersonForm key={user.revision} user={user} focus={editing} />
							) : (
								<Text size="sm" c="dimmed">
									You may see this person, not change them.
								</Text>
							)}
						</Section>
					)}
				</>
			)}
		</Page>
	)
}

/** The groups that they are in, each with its page, where it is changed. */
function Groups({ of }: { of: ObjectStub[] }) {
	return of.map((group, at) => (
		<Fragment key={group.id}>
			{at > 0 && ", "}
			<PathLink path={`/objects/${group.kind}/${group.id}`}>{group.name}</PathLink>
		</Fragment>
	))
}

function Invitation({ user }: { user: User }) {
	const state = invitationOf(user)
	if (state === "none" || !user.invitedUntil) return "None. Invite them, or activate them yourself."
	return (
		<>
			{state === "stands" ? "The link in the mail works until " : "Ended "}
			<Time at={user.invitedUntil} />
		</>
	)
}

/** Who deleted them, when and why, as the log has it. */
function Deleted({ user }: { user: User }) {
	const { data } = useQuery(lastEntryQuery("annals.user", user.id, "annals.user_deleted"))
	return data && <DeletedNote at={data.occurredAt} by={data.actor.name} reason={data.reason} />
}

function PersonForm({ user, focus }: { user: User; focus: boolean }) {
	const update = useUpdate(user, () => notifications.show({ message: "Saved." }))
	const rules = useReasons(user.tenantId)
	const self = useMe().user.id === user.id
	const form = useForm({
		initialValues: {
			name: user.name,
			email: user.email,
			role: user.role,
			timeZone: user.timeZone,
			reason: "",
		},
		validate: {
			email: (email) => (/^\S+@\S+$/.test(email) ? null : "Enter an e-mail address."),
			name: (name) => (name.trim() ? null : "Enter a name."),
		},
	})
	const dirty = form.isDirty()
	return (
		<form
			noValidate
			style={{ maxWidth: 380 }}
			onSubmit={form.onSubmit((values) =>
				update.mutate(changed(user, values), {
					onError: (error) => form.setErrors(asProblem(error).byField),
				}),
			)}
		>
			<UnsavedGuard when={dirty && !update.isPending} />
			<Stack gap="sm">
				<TextInput label="Name" autoFocus={focus} {...form.getInputProps("name")} />
				<TextInput label="E-mail" type="email" {...form.getInputProps("email")} />
				<Select
					label="Role"
					description={self ? "Nobody changes their own role." : roleHints[form.values.role]}
					disabled={self}
					data={roles.map((role) => ({ value: role, label: roleWords[role] }))}
					allowDeselect={false}
					{...form.getInputProps("role")}
				/>
				<ZoneSelect
					value={form.values.timeZone}
					onChange={(zone) => form.setFieldValue("timeZone", zone)}
					error={typeof form.errors.timeZone === "string" ? form.errors.timeZone : undefined}
				/>
				{dirty && !self && <ReasonInput rules={rules} required={false} {...form.getInputProps("reason")} />}
				<ProblemNote error={update.error} />
			</Stack>
			<SaveBar
				dirty={dirty}
				missing={!self && lacksReason(rules, false, form.values.reason) ? "Say the reason." : undefined}
				busy={update.isPending}
				onDiscard={form.reset}
			/>
		</form>
	)
}

/** Only what differs: an unchanged field is not a change, and must not be in the log as one. */
function changed(user: User, values: Required<PersonChange>): PersonChange {
	const change: PersonChange = {}
	if (values.name.trim() !== user.name) change.name = values.name.trim()
	if (values.email.trim() !== user.email) change.email = values.email.trim()
	if (values.role !== user.role) change.role = values.role
	if (values.timeZone !== user.timeZone) change.timeZone = values.timeZone
	if (values.reason.trim()) change.reason = values.reason.trim()
	return change
}

type ActRow = {
	act: PersonAct | "delete"
	label: string
	title: (name: string) => string
	what: string
	done: string
	destructive?: boolean
	states: User["state"][]
}

const acts: ActRow[] = [
	{
		act: "activate",
		label: "Activate",
		title: (name) => `Activate ${name}`,
		what: "They can sign in from now on.",
		done: "Activated.",
		states: ["pending"],
	},
	{
		act: "lock",
		label: "Lock",
		title: (name) => `Lock ${name}`,
		what: "They are signed out everywhere and can't sign in until somebody unlocks them.",
		done: "Locked.",
		destructive: true,
		states: ["active"],
	},
	{
		act: "unlock",
		label: "Unlock",
		title: (name) => `Unlock ${name}`,
		what: "They can sign in again.",
		done: "Unlocked.",
		states: ["locked"],
	},
	{
		act: "reset-mfa",
		label: "Reset second factor",
		title: (name) => `Reset the second factor of ${name}`,
		what: "Their authenticator and recovery codes stop working, and they are signed out. Where a second factor is required they set up a new one at the next sign-in.",
		done: "Second factor reset.",
		destructive: true,
		states: ["active", "pending", "locked"],
	},
	{
		act: "reset-password",
		label: "Reset password",
		title: (name) => `Reset the password of ${name}`,
		what: "Their password stops working, and they are signed out. They come back with a one-time password by e-mail.",
		done: "Password reset.",
		destructive: true,
		states: ["active"],
	},
	{
		act: "delete",
		label: "Delete",
		title: (name) => `Delete ${name}`,
		what: "They can't sign in any more. Their entries stay in the log under their name.",
		done: "Deleted.",
		destructive: true,
		states: ["active", "pending", "locked"],
	},
]

function Acts({ user }: { user: User }) {
	const [chosen, setChosen] = useState<ActRow>()
	const act = useAct(user)
	const invite = useInvite(user)
	const rules = useReasons(user.tenantId)
	const invitation = invitationOf(user)
	const outdate = useOutdate()
	const navigate = useNavigate()
	const mayReset = useMay("users.reset_mfa")
	const self = useMe().user.id === user.id
	const offered = acts.filter(
		(row) => row.states.includes(user.state) && (row.act !== "reset-mfa" || (mayReset && user.mfaEnabled)),
	)
	const send = (act: "invite" | "revoke-invitation", done: string) =>
		invite.mutate(act, {
			onSuccess: () => notifications.show({ message: done }),
			onError: (error) => notifications.show({ color: "red", message: asProblem(error).message }),
		})
	if (!user.editable || self || offered.length === 0) return null
	return (
		<>
			<Menu position="bottom-end">
				<Menu.Target>
					<Button variant="default" rightSection={<ChevronDown size={13} />}>
						Actions
					</Button>
				</Menu.Target>
				<Menu.Dropdown>
					{user.state === "pending" && (
						<Menu.Item onClick={() => send("invite", `An invitation is on its way to ${user.email}.`)}>
							{invitation === "none" ? "Invite by e-mail" : "Invite again"}
						</Menu.Item>
					)}
					{invitation === "stands" && (
						<Menu.Item
							onClick={() => send("revoke-invitation", "The link in the mail doesn't work any more.")}
						>
							Revoke invitation
						</Menu.Item>
					)}
					{offered.map((row) => (
						<Menu.Item
							key={row.act}
							color={row.destructive ? danger : undefined}
							onClick={() => setChosen(row)}
						>
							{row.label}…
						</Menu.Item>
					))}
				</Menu.Dropdown>
			</Menu>
			{chosen && (
				<ReasonDialog
					title={chosen.title(user.name || user.email)}
					what={chosen.what}
					verb={chosen.label}
					rules={rules}
					destructive={chosen.destructive}
					onClose={() => setChosen(undefined)}
					act={async (reason) => {
						if (chosen.act === "delete") {
							await remove(user, reason)
							await navigate({ to: "/people" })
							await outdate()
						} else await act.mutateAsync({ act: chosen.act, reason })
						notifications.show({ message: chosen.done })
					}}
				/>
			)}
		</>
	)
}
