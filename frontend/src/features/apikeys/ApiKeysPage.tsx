import { Button, Checkbox, Group, Modal, Select, Stack, Text, TextInput } from "@mantine/core"
import { notifications } from "@mantine/notifications"
import { getRouteApi } from "@tanstack/react-router"
import { Plus } from "lucide-react"
import { useMemo, useState } from "react"
import { asProblem } from "@/api/client"
import { useMe } from "@/api/me"
import { useTenantChoices } from "@/api/tenants"
import type { ApiKey, KeyScope } from "@/api/types"
import { Lines } from "@/components/Lines"
import { LogLink } from "@/components/LogLink"
import { Code, CopyButton, Dim, Mono, Page, Tag } from "@/components/Page"
import { Empty, ProblemNote } from "@/components/States"
import { type Column, Table } from "@/components/Table"
import { Time } from "@/components/Time"
import { pathText } from "@/lib/words"
import { useApiKeys, useCreateKey, useRevokeKey } from "./api"

const route = getRouteApi("/shell/settings/api-keys")

/** Keys for programs: what they may do, for whom, and when they were last used. */
export function ApiKeysPage() {
	const { key } = route.useSearch()
	const keys = useApiKeys()
	const [creating, setCreating] = useState(false)
	const [revoking, setRevoking] = useState<ApiKey>()
	const columns = useMemo(() => keyColumns(setRevoking), [])
	const create = (
		<Button leftSection={<Plus size={14} />} onClick={() => setCreating(true)}>
			New key
		</Button>
	)
	return (
		<Page title="API keys" fill actions={create}>
			<Table
				label="API keys"
				columns={columns}
				data={keys}
				rowId={(one) => String(one.id)}
				selected={key === undefined ? undefined : String(key)}
				card={(key) => (
					<Lines
						first={key.name}
						aside={
							<>
								{key.revokedAt ? (
									<Tag tone="quiet">Revoked</Tag>
								) : (
									<Button size="compact-xs" variant="default" onClick={() => setRevoking(key)}>
										Revoke
									</Button>
								)}{" "}
								<KeyLog of={key} />
							</>
						}
						second={`${key.prefix}… · ${key.scopes.join(", ")} · ${pathText(key.tenantPath)}`}
					/>
				)}
				empty={
					<Empty title="No keys yet" action={create}>
						A key lets a program read the log of one organization, or send entries to it, without a person
						signing in.
					</Empty>
				}
			/>
			{creating && <CreateDialog onClose={() => setCreating(false)} />}
			{revoking && <RevokeDialog apiKey={revoking} onClose={() => setRevoking(undefined)} />}
		</Page>
	)
}

function KeyLog({ of }: { of: ApiKey }) {
	const path = `/log?objectKind=annals.api_key&objectRef=${of.id}`
	return <LogLink path={path} label={`Log of the key ${of.name}`} />
}

function keyColumns(onRevoke: (key: ApiKey) => void): Column<ApiKey>[] {
	return [
		{ id: "name", label: "Name", width: 200, grow: true, cell: (key) => <strong>{key.name}</strong> },
		{ id: "prefix", label: "Begins with", width: 130, cell: (key) => <Mono>{key.prefix}…</Mono> },
		{ id: "scopes", label: "May", width: 110, cell: (key) => key.scopes.join(", ") },
		{ id: "tenant", label: "Organization", width: 230, cell: (key) => pathText(key.tenantPath) },
		{ id: "by", label: "Created by", width: 150, cell: (key) => key.createdBy },
		{ id: "created", label: "Created", width: 150, cell: (key) => <Time at={key.createdAt} /> },
		{
			id: "used",
			label: "Last used",
			width: 130,
			cell: (key) => (key.lastUsedAt ? <Time at={key.lastUsedAt} as="relative" /> : <Dim>Never</Dim>),
		},
		{
			id: "revoke",
			label: "State",
			width: 110,
			cell: (key) =>
				key.revokedAt ? (
					<Tag tone="quiet">Revoked</Tag>
				) : (
					<Button size="compact-xs" variant="default" onClick={() => onRevoke(key)}>
						Revoke
					</Button>
				),
		},
		{ id: "log", label: "Log", width: 44, cell: (key) => <KeyLog of={key} /> },
	]
}

function CreateDialog({ onClose }: { onClose: () => void }) {
	const me = useMe()
	const choices = useTenantChoices()
	const create = useCreateKey()
	const [name, setName] = useState("")
	const [tenantId, setTenantId] = useState(String(me.scope.tenantId))
	const [scopes, setScopes] = useState<KeyScope[]>(["read"])
	const fields = create.error ? asProblem(create.error).byField : {}
	const toggle = (scope: KeyScope, on: boolean) =>
		setScopes((before) => (on ? [...before, scope] : before.filter((one) => one !== scope)))
	if (create.data) {
		return (
			<Modal opened onClose={onClose} title="Your new key" closeOnClickOutside={false}>
				<Stack gap="sm">
					<Text size="sm">
						It is shown this once. Keep it where the program finds it and nobody else does.
					</Text>
					<Code>{create.data.key}</Code>
					<Group justify="space-between">
						<Group gap={6}>
							<CopyButton value={create.data.key} label="Copy the key" />
							<Text size="sm">Copy</Text>
						</Group>
						<Button onClick={onClose}>I have kept it</Button>
					</Group>
				</Stack>
			</Modal>
		)
	}
	return (
		<Modal opened onClose={onClose} title="New key">
			<form
				onSubmit={(event) => {
					event.preventDefault()
					create.mutate({ name: name.trim(), tenantId: Number(tenantId), scopes })
				}}
			>
				<Stack gap="sm">
					<TextInput
						label="Name"
						description="What will use it: “billing export”"
						required
						data-autofocus
						value={name}
						onChange={(event) => setName(event.currentTarget.value)}
						error={fields.name}
					/>
					<Select
						label="Organization"
						description="It sees and sends entries of this organization and below."
						data={choices}
						value={tenantId}
						onChange={(value) => value && setTenantId(value)}
						searchable
						allowDeselect={false}
						error={fields.tenantId}
					/>
					<Checkbox.Group label="It may">
						<Stack gap={10} mt={6}>
							<Checkbox
								size="xs"
								label="Read the log"
								checked={scopes.includes("read")}
								onChange={(event) => toggle("read", event.currentTarget.checked)}
							/>
							<Checkbox
								size="xs"
								label="Send entries"
								checked={scopes.includes("ingest")}
								onChange={(event) => toggle("ingest", event.currentTarget.checked)}
							/>
						</Stack>
					</Checkbox.Group>
					<ProblemNote error={create.error} />
					<Button
						type="submit"
						loading={create.isPending}
						disabled={name.trim() === "" || scopes.length === 0}
					>
						Create
					</Button>
				</Stack>
			</form>
		</Modal>
	)
}

function RevokeDialog({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
	const revoke = useRevokeKey()
	return (
		<Modal opened onClose={onClose} title={`Revoke ${apiKey.name}`} size="sm">
			<Stack gap="sm">
				<Text size="sm">
					Whatever uses <Mono>{apiKey.prefix}…</Mono> stops working at once. This can't be undone.
				</Text>
				<ProblemNote error={revoke.error} />
				<Group justify="flex-end" gap="xs">
					<Button variant="default" onClick={onClose} data-autofocus>
						Cancel
					</Button>
					<Button
						color="red"
						loading={revoke.isPending}
						onClick={() =>
							revoke.mutate(apiKey.id, {
								onSuccess: () => {
									notifications.show({ message: `${apiKey.name} has been revoked.` })
									onClose()
								},
							})
						}
					>
						Revoke
					</Button>
				</Group>
			</Stack>
		</Modal>
	)
}
