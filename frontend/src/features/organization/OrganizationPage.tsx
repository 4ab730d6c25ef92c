import { Alert, Button, Drawer, Menu, Modal, Radio, Stack, Tabs, Text, TextInput } from "@mantine/core"
import { useForm } from "@mantine/form"
import { useDisclosure } from "@mantine/hooks"
import { notifications } from "@mantine/notifications"
import { useQuery } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { ChevronDown, Network, Plus } from "lucide-react"
import { type ReactNode, useState } from "react"
import { useOutdate } from "@/api/channelChange"
import { asProblem } from "@/api/client"
import { lastEntryQuery } from "@/api/last"
import { useMay } from "@/api/me"
import { useReasons } from "@/api/reasons"
import { policyOf } from "@/api/tenants"
import type { Level, Tenant } from "@/api/types"
import { danger, ReasonDialog, SaveBar, UnsavedGuard } from "@/components/Dialogs"
import { CodeInput } from "@/components/Inputs"
import { LogButton } from "@/components/LogLink"
import { Page, Section, Tag, Values } from "@/components/Page"
import { lacksReason, ReasonInput } from "@/components/ReasonInput"
import { ProblemNote } from "@/components/States"
import { useNarrow } from "@/components/Table"
import { Time } from "@/components/Time"
import { pathText, plural } from "@/lib/words"
import { remove, tenantQuery, useCreateBelow, useResetMfa, useUpdate } from "./api"
import { CloseDialog } from "./CloseDialog"
import { Gone } from "./Gone"
import { MoveDialog } from "./MoveDialog"
import classes from "./Organization.module.css"
import { Tree } from "./Tree"

type OrganizationTab = "details" | "people" | "log"

const levelWords: Record<Level, string> = {
	root: "Platform",
	sales_org: "Sales organization",
	dealer: "Dealer",
	reseller: "Reseller",
	user: "End user",
}

/** What can be created below a level. */
const below: Partial<Record<Level, string>> = {
	root: "sales organization",
	sales_org: "dealer",
	dealer: "reseller",
}

/** The tree at the left, the chosen node at the right. */
export function OrganizationPage({
	id,
	tab,
	editing,
	onTab,
	people,
	log,
	gone,
}: {
	id: number
	tab: OrganizationTab
	/** Whoever comes to edit finds the cursor in the form. */
	editing: boolean
	onTab: (tab: OrganizationTab) => void
	people: ReactNode
	log: (tenant: Tenant) => ReactNode
	/** What the log says of the organization itself, where nothing else is left. */
	gone: ReactNode
}) {
	const { data: tenant, error, refetch } = useQuery(tenantQuery(id))
	const narrow = useNarrow()
	const [tree, sheet] = useDisclosure()
	return (
		<div className={classes.split}>
			{narrow ? (
				<div className={classes.narrowTree}>
					<Button variant="default" leftSection={<Network size={13} />} onClick={sheet.open}>
						Choose an organization
					</Button>
					<Drawer opened={tree} onClose={sheet.close} position="bottom" size="80%" title="Organizations">
						{/* biome-ignore lint/a11y/noStaticElementInteractions: closes the sheet when a link in it is followed */}
						{/* biome-ignore lint/a11y/useKeyWithClickEvents: links send a click for the keyboard too */}
						<div
							style={{ height: "60vh", display: "flex", flexDirection: "column" }}
							onClick={(event) =>
								event.target instanceof Element && event.target.closest("a") && sheet.close()
							}
						>
							<Tree current={id} />
						</div>
					</Drawer>
				</div>
			) : (
				<div className={classes.side}>
					<Tree current={id} />
				</div>
			)}
			{error ? (
				<Gone id={id} error={error} retry={refetch} log={gone} />
			) : tenant ? (
				<Page
					title={tenant.name}
					meta={
						<>
							<span>{levelWords[tenant.level]}</span>
							{tenant.state === "closed" ? (
								<Tag tone="fail">Closed</Tag>
							) : (
								tenant.closedAbove && <Tag tone="fail">Closed above</Tag>
							)}
							<span>
								{plural(tenant.users, "person", "people")}
								{tenant.children > 0 && `, ${tenant.children.toLocaleString("en")} below`}
							</span>
						</>
					}
					actions={
						<>
							<LogButton label="Organization log" open={tab === "log"} onOpen={() => onTab("log")} />
							<Acts tenant={tenant} />
						</>
					}
					tabs={
						<Tabs
							value={tab}
							onChange={(next) => onTab(next === "log" ? "log" : next === "people" ? "people" : "details")}
						>
							<Tabs.List>
								<Tabs.Tab value="details">Details</Tabs.Tab>
								<Tabs.Tab value="people">People</Tabs.Tab>
								<Tabs.Tab value="log">Log</Tabs.Tab>
							</Tabs.List>
						</Tabs>
					}
					fill={tab !== "details"}
				>
					{tab === "log" ? (
						log(tenant)
					) : tab === "people" ? (
						people
					) : (
						<Details tenant={tenant} focus={editing} />
					)}
				</Page>
			) : (
				<Page title="Organization">{null}</Page>
			)}
		</div>
	)
}

function Details({ tenant, focus }: { tenant: Tenant; focus: boolean }) {
	return (
		<>
			<ClosedNote tenant={tenant} />
			<Section title="About">
				<Values
					of={[
						["Path", pathText(tenant.path)],
						["Level", levelWords[tenant.level]],
						["Second factor", tenant.mfaRequired ? "Required for everybody here" : "Up to each person"],
						["Created", <Time key="created" at={tenant.createdAt} />],
						["Revision", tenant.revision],
					]}
				/>
			</Section>
			<Section title="Edit">
				{tenant.editable ? (
					<TenantForm key={`${tenant.id} ${tenant.revision}`} tenant={tenant} focus={focus} />
				) : (
					<Text size="sm" c="dimmed">
						You may see this organization, not change it.
					</Text>
				)}
			</Section>
		</>
	)
}

/** Why nobody gets in: who closed it, when and why, as the log has it. */
function ClosedNote({ tenant }: { tenant: Tenant }) {
	const closed = tenant.state === "closed"
	const { data } = useQuery({
		...lastEntryQuery("annals.tenant", tenant.id, "annals.tenant_closed"),
		enabled: closed,
	})
	if (!closed && !tenant.closedAbove) return null
	return (
		<Alert variant="light" color="red" my="md" p="xs">
			{closed ? (
				<>
					Closed
					{data && (
						<>
							{" "}
							<Time at={data.occurredAt} />
							{data.actor.name && ` by ${data.actor.name}`}
							{data.reason && ` (${data.reason})`}
						</>
					)}
					: nobody in it or below it gets in, and nothing new can be put here.
				</>
			) : (
				"An organization above it is closed: nobody here gets in, and nothing new can be put here."
			)}
		</Alert>
	)
}

function TenantForm({ tenant, focus }: { tenant: Tenant; focus: boolean }) {
	const update = useUpdate(tenant, () => notifications.show({ message: "Saved." }))
	const rules = useReasons(tenant.id)
	const form = useForm({
		initialValues: { name: tenant.name, mfaPolicy: policyOf(tenant), reason: "" },
		validate: { name: (name) => (name.trim() ? null : "Enter a name.") },
	})
	const { name, mfaPolicy, reason } = form.values
	const dirty = name.trim() !== tenant.name || mfaPolicy !== policyOf(tenant)
	return (
		<form
			style={{ maxWidth: 440 }}
			onSubmit={form.onSubmit(() =>
				update.mutate(
					{
						...(name.trim() !== tenant.name && { name: name.trim() }),
						...(mfaPolicy !== policyOf(tenant) && { mfaPolicy }),
						...(reason.trim() && { reason: reason.trim() }),
					},
					{ onError: (error) => form.setErrors(asProblem(error).byField) },
				),
			)}
		>
			<UnsavedGuard when={dirty && !update.isPending} />
			<Stack gap="sm">
				<TextInput label="Name" autoFocus={focus} {...form.getInputProps("name")} />
				<Radio.Group
					label="Second factor"
					description="A policy holds for everybody here and below. Below it can only be tightened."
					{...form.getInputProps("mfaPolicy")}
				>
					<Stack gap={8} mt={8}>
						{tenant.level !== "root" && (
							<Radio
								value="inherit"
								label="As above"
								description="Whatever the organization above asks for"
							/>
						)}
						<Radio value="optional" label="Optional" description="Each person decides" />
						<Radio value="required" label="Required" description="Nobody gets in without one" />
					</Stack>
				</Radio.Group>
				{dirty && <ReasonInput rules={rules} required={false} {...form.getInputProps("reason")} />}
				<ProblemNote error={update.error} />
			</Stack>
			<SaveBar
				dirty={dirty}
				missing={lacksReason(rules, false, reason) ? "Say the reason." : undefined}
				busy={update.isPending}
				onDiscard={form.reset}
			/>
		</form>
	)
}

function Acts({ tenant }: { tenant: Tenant }) {
	const [open, setOpen] = useState<"create" | "move" | "close" | "delete" | "reset">()
	const [code, setCode] = useState("")
	const outdate = useOutdate()
	const resetMfa = useResetMfa(tenant)
	const rules = useReasons(tenant.id)
	const navigate = useNavigate()
	const mayReset = useMay("users.reset_mfa")
	const mayEdit = useMay("tenants.edit")
	const shut = tenant.state === "closed" || tenant.closedAbove
	const child = below[tenant.level]
	const close = () => setOpen(undefined)
	return (
		<>
			{mayEdit && child && !shut && (
				<Button leftSection={<Plus size={14} />} onClick={() => setOpen("create")}>
					New {child}
				</Button>
			)}
			{(mayReset || mayEdit) && (
				<Menu position="bottom-end">
					<Menu.Target>
						<Button variant="default" rightSection={<ChevronDown size={13} />}>
							Actions
						</Button>
					</Menu.Target>
					<Menu.Dropdown>
						{tenant.movable && <Menu.Item onClick={() => setOpen("move")}>Move…</Menu.Item>}
						{tenant.closable && (
							<Menu.Item
								color={tenant.state === "closed" ? undefined : danger}
								onClick={() => setOpen("close")}
							>
								{tenant.state === "closed" ? "Reopen…" : "Close…"}
							</Menu.Item>
						)}
						{mayReset && (
							<Menu.Item color={danger} onClick={() => setOpen("reset")}>
								Reset everybody's second factor…
							</Menu.Item>
						)}
						{mayEdit && (
							<Menu.Item color={danger} disabled={!tenant.deletable} onClick={() => setOpen("delete")}>
								{tenant.deletable ? "Delete…" : "Delete (only what never held anything)"}
							</Menu.Item>
						)}
					</Menu.Dropdown>
				</Menu>
			)}
			{open === "create" && child && <CreateDialog tenant={tenant} child={child} onClose={close} />}
			{open === "move" && <MoveDialog tenant={tenant} onClose={close} />}
			{open === "close" && <CloseDialog tenant={tenant} onClose={close} />}
			{open === "delete" && (
				<ReasonDialog
					title={`Delete ${tenant.name}`}
					what="There is nothing in it, and never was. Its entries stay in the log under its name."
					verb="Delete"
					rules={rules}
					destructive
					onClose={close}
					act={async (reason) => {
						await remove(tenant, reason)
						await navigate({ to: "/organization" })
						await outdate()
						notifications.show({ message: `${tenant.name} has been deleted.` })
					}}
				/>
			)}
			{open === "reset" && (
				<ReasonDialog
					title={`Reset every second factor in ${tenant.name}`}
					what="Everybody here and below who has a second factor loses their authenticator and recovery codes and is signed out. You yourself keep yours. Prove that it is you with a code from your own app."
					verb="Reset for everybody"
					rules={rules}
					destructive
					ready={code.length === 6}
					onClose={close}
					act={async (reason) => {
						const { count } = await resetMfa.mutateAsync({ reason, code })
						notifications.show({
							message: `Reset for ${plural(count, "person", "people")} who had a second factor.`,
						})
					}}
				>
					<div>
						<Text size="sm" fw={500} mb={4}>
							Your code
						</Text>
						<CodeInput label="Your code" value={code} onChange={setCode} />
					</div>
				</ReasonDialog>
			)}
		</>
	)
}

function CreateDialog({ tenant, child, onClose }: { tenant: Tenant; child: string; onClose: () => void }) {
	const create = useCreateBelow(tenant.id)
	const rules = useReasons(tenant.id)
	const navigate = useNavigate()
	const [name, setName] = useState("")
	const [reason, setReason] = useState("")
	const refused = create.error ? asProblem(create.error).byField : {}
	return (
		<Modal opened onClose={onClose} title={`New ${child} in ${tenant.name}`} size="sm">
			<form
				onSubmit={(event) => {
					event.preventDefault()
					create.mutate(
						{ name: name.trim(), reason: reason.trim() || undefined },
						{
							onSuccess: (created) => {
								onClose()
								void navigate({ to: "/organization/$id", params: { id: created.id }, search: {} })
							},
						},
					)
				}}
			>
				<Stack gap="sm">
					<TextInput
						label="Name"
						required
						data-autofocus
						value={name}
						onChange={(event) => setName(event.currentTarget.value)}
						error={refused.name}
					/>
					{rules.required && (
						<ReasonInput
							rules={rules}
							required={false}
							value={reason}
							onChange={setReason}
							error={refused.reason}
						/>
					)}
					<ProblemNote error={create.error} />
					<Button
						type="submit"
						loading={create.isPending}
						disabled={name.trim() === "" || lacksReason(rules, false, reason)}
					>
						Create
					</Button>
				</Stack>
			</form>
		</Modal>
	)
}
