import { Alert, Button, Group, Modal, Select, Stack, Text } from "@mantine/core"
import { notifications } from "@mantine/notifications"
import { useQuery } from "@tanstack/react-query"
import { type ReactNode, useState } from "react"
import { asProblem } from "@/api/client"
import { useMe } from "@/api/me"
import { useTenantChoices } from "@/api/tenants"
import type { Attributes, Field, Level, Setting } from "@/api/types"
import { DialogBar, SaveBar, UnsavedGuard } from "@/components/Dialogs"
import { Page, Section } from "@/components/Page"
import { PathLink } from "@/components/PathLink"
import { Failure, ProblemNote } from "@/components/States"
import { stringifySearch } from "@/lib/params"
import { pathText } from "@/lib/words"
import { fieldErrors } from "./api"
import { Compare } from "./Compare"
import { Fields, useDraft, useWhy, WhyFields } from "./Form"
import { actionOf, pathOf, useKind } from "./kinds"
import classes from "./Object.module.css"
import type { SettingsSearch } from "./search"
import { settingsQuery, useSettingChange } from "./settings"
import { Value } from "./Value"
import { same, words } from "./values"

/** What an organization has decided for itself and for those below: each setting with where it comes from. */
export function SettingsPage({
	tenantId,
	edit,
	onSearch,
	policy,
}: {
	tenantId: number
	edit: string | undefined
	/** Unasked: whatever a form still holds is given up. */
	onSearch: (search: SettingsSearch, how?: { unasked?: boolean }) => void
	policy: ReactNode
}) {
	const { scope } = useMe()
	const choices = useTenantChoices()
	const { data: settings, error, refetch } = useQuery(settingsQuery(tenantId))
	return (
		<Page title="Settings" meta={choices.length < 2 && <span>{pathText(scope.label)}</span>}>
			{choices.length > 1 && (
				<Select
					aria-label="Organization"
					data={choices}
					value={String(tenantId)}
					onChange={(chosen) => chosen && onSearch({ tenantId: Number(chosen) })}
					searchable
					allowDeselect={false}
					w={340}
					maw="100%"
					my={6}
				/>
			)}
			{error ? (
				<Failure error={error} retry={refetch} />
			) : (
				settings?.map((setting) => (
					<SettingSection
						key={`${tenantId} ${setting.name}`}
						setting={setting}
						editing={edit === setting.name && setting.editable}
						onEdit={() => onSearch({ tenantId, edit: setting.name })}
						onLeave={({ ask }) => onSearch({ tenantId }, { unasked: !ask })}
					/>
				))
			)}
			{policy}
			{settings && <Sources />}
		</Page>
	)
}

/** The levels as they stand in a sentence about where something is set. */
const above: Record<Exclude<Level, "user">, string> = {
	root: "the platform operator",
	sales_org: "the sales organization",
	dealer: "the dealer",
	reseller: "the reseller",
}

/** Where a value comes from, in a sentence. */
function originOf({ origin, from, fields }: Setting): string {
	if (origin === "here") return "Set here."
	if (origin === "above" && from) return `Inherited from ${from.name ?? above[from.level]}.`
	return fields.some((field) => field.default !== undefined)
		? "Nobody has set it; this is what holds without."
		: "Nobody has set it."
}

function SettingSection({
	setting,
	editing,
	onEdit,
	onLeave,
}: {
	setting: Setting
	editing: boolean
	onEdit: () => void
	onLeave: (how: { ask: boolean }) => void
}) {
	const [leaving, setLeaving] = useState(false)
	const { objectId } = setting
	return (
		<Section
			title={setting.label}
			hint={originOf(setting)}
			actions={
				editing ? (
					<Button variant="subtle" color="gray" size="compact-xs" onClick={() => onLeave({ ask: true })}>
						Stop editing
					</Button>
				) : (
					<Group gap={6}>
						{setting.editable && (
							<Button variant="default" size="compact-xs" onClick={onEdit}>
								{setting.origin === "here" ? "Edit" : "Set here"}
							</Button>
						)}
						{setting.editable && setting.origin === "here" && (
							<Button variant="default" size="compact-xs" onClick={() => setLeaving(true)}>
								Inherit…
							</Button>
						)}
						<LinkButton path={`/log${stringifySearch({ objectKind: [setting.name] })}`}>Log</LinkButton>
						{objectId && (
							<LinkButton path={`${pathOf(setting.name, objectId)}${stringifySearch({ tab: "revisions" })}`}>
								Revisions ({setting.revision})
							</LinkButton>
						)}
					</Group>
				)
			}
		>
			{editing ? (
				<SettingForm setting={setting} onDone={() => onLeave({ ask: false })} />
			) : (
				<dl className={classes.settings}>
					{setting.fields.map((field) => (
						<div key={field.name}>
							<dt className={classes.settingLabel}>{field.label}</dt>
							<dd className={classes.settingValue}>
								<Value field={field} of={setting.attributes[field.name]} />
								{field.help && <p className={classes.settingHelp}>{field.help}</p>}
							</dd>
						</div>
					))}
				</dl>
			)}
			{leaving && <InheritDialog setting={setting} onClose={() => setLeaving(false)} />}
		</Section>
	)
}

function LinkButton({ path, children }: { path: string; children: ReactNode }) {
	return (
		<Button component={PathLink} path={path} variant="subtle" color="gray" size="compact-xs">
			{children}
		</Button>
	)
}

/** Changes what holds here. It begins as what holds, and keeps to the revision with which it began. */
function SettingForm({ setting, onDone }: { setting: Setting; onDone: () => void }) {
	const [base, setBase] = useState(setting)
	const [before, setBefore] = useState<Setting>()
	const kind = useKind(setting.name)
	const draft = useDraft(setting.fields, base.attributes)
	const first = base.origin !== "here"
	const why = useWhy(
		Boolean(actionOf(kind ?? null, first ? "create" : "update").reasonRequired),
		setting.tenantId,
	)
	const change = useSettingChange(setting)
	const problem = change.error ? asProblem(change.error) : undefined
	const stale = base.revision !== setting.revision
	return (
		<form
			noValidate
			className={classes.form}
			onSubmit={(event) => {
				event.preventDefault()
				change.mutate(
					{ revision: base.revision, attributes: draft.changed, why: why.why },
					{
						onSuccess: () => {
							notifications.show({ message: "Saved." })
							onDone()
						},
						onError: (error) => draft.refuse(fieldErrors(asProblem(error))),
					},
				)
			}}
		>
			<UnsavedGuard when={draft.dirty} param="edit" />
			<Stack gap="sm">
				<Fields of={draft} expert={why.expert} />
				<WhyFields of={why} fields={setting.fields} problem={problem} />
				{stale && (
					<Alert color="yellow" variant="light" p="xs" title="Somebody else has changed this">
						<Changed fields={setting.fields} before={base.attributes} now={setting.attributes} />
						<Button
							variant="default"
							size="compact-xs"
							mt={8}
							onClick={() => {
								setBefore(base)
								setBase(setting)
								change.reset()
							}}
						>
							Go on from there
						</Button>
					</Alert>
				)}
				{before && !stale && (
					<Text size="xs" c="dimmed">
						What you have typed is kept; saving it replaces what the other person saved.
					</Text>
				)}
				{!stale && <ProblemNote error={change.error} />}
			</Stack>
			<SaveBar
				verb={first ? "Set" : "Save"}
				dirty={draft.dirty || first}
				missing={stale ? "Look at what has changed first." : (draft.missing ?? why.missing)}
				busy={change.isPending}
				onDiscard={draft.dirty ? draft.reset : undefined}
			/>
		</form>
	)
}

function Changed({ fields, before, now }: { fields: readonly Field[]; before: Attributes; now: Attributes }) {
	const rows = fields
		.filter((field) => !same(before[field.name], now[field.name]))
		.map((field) => ({
			label: field.label,
			values: [words(field, before[field.name]), words(field, now[field.name])],
		}))
	return rows.length > 0 ? (
		<Compare heads={["When you began", "Now"]} rows={rows} />
	) : (
		<Text size="sm">Its values are as they were.</Text>
	)
}

/** Takes away what is set here, so that what is above holds again. */
function InheritDialog({ setting, onClose }: { setting: Setting; onClose: () => void }) {
	const kind = useKind(setting.name)
	const why = useWhy(Boolean(actionOf(kind ?? null, "delete").reasonRequired), setting.tenantId)
	const change = useSettingChange(setting)
	const problem = change.error ? asProblem(change.error) : undefined
	return (
		<Modal opened onClose={onClose} title={`Inherit: ${setting.label}`} size="md">
			<form
				noValidate
				onSubmit={(event) => {
					event.preventDefault()
					change.mutate(
						{ revision: setting.revision, why: why.why },
						{
							onSuccess: () => {
								notifications.show({ message: "What is inherited holds again." })
								onClose()
							},
						},
					)
				}}
			>
				<Stack gap="sm">
					<Text size="sm">
						What is set here no longer holds, here and below. Instead that of the nearest organization above
						does, or nothing where none has set it.
					</Text>
					<WhyFields of={why} fields={[]} problem={problem} />
					<ProblemNote error={change.error} />
					<DialogBar
						verb="Inherit"
						missing={why.missing}
						busy={change.isPending}
						destructive
						onCancel={onClose}
					/>
				</Stack>
			</form>
		</Modal>
	)
}

function Sources() {
	return (
		<Section
			title="Sources"
			hint="The installations of the systems that feed the log, and the addresses where their objects are edited."
			actions={
				<LinkButton path={`/objects${stringifySearch({ kind: "annals.source" })}`}>Open sources</LinkButton>
			}
		/>
	)
}
