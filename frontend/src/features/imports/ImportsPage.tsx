import { Autocomplete, Button, Checkbox, Drawer, FileInput, Select, Stack } from "@mantine/core"
import { useForm } from "@mantine/form"
import { notifications } from "@mantine/notifications"
import { Download, FileUp } from "lucide-react"
import { useState } from "react"
import { asProblem } from "@/api/client"
import { useCatalog, useMe } from "@/api/me"
import { useTenantChoices } from "@/api/tenants"
import type { Import } from "@/api/types"
import { Lines } from "@/components/Lines"
import { LogLink } from "@/components/LogLink"
import { Page, Tag } from "@/components/Page"
import { Empty, ProblemNote } from "@/components/States"
import { type Column, Table } from "@/components/Table"
import { Time } from "@/components/Time"
import { ZoneSelect } from "@/components/ZoneSelect"
import { save } from "@/lib/download"
import { bytes } from "@/lib/words"
import { openRejected, type Upload, useImports, useSources, useUpload } from "./api"

/** Export files of other systems, brought in; what could not be read is named and can be fetched. */
export function ImportsPage() {
	const list = useImports()
	const [open, setOpen] = useState(false)
	const start = (
		<Button leftSection={<FileUp size={14} />} onClick={() => setOpen(true)}>
			Import a file
		</Button>
	)
	return (
		<Page title="Imports" fill actions={start}>
			<Table
				label="Imports"
				columns={columns}
				data={list}
				rowId={(one) => String(one.id)}
				cardHeight={84}
				card={(one) => (
					<>
						<Lines
							first={one.fileName}
							aside={
								<>
									<ImportState of={one} /> <ImportLog of={one} />
								</>
							}
							second={counts(one)}
						/>
						<Rejected of={one} />
					</>
				)}
				empty={
					<Empty title="Nothing has been imported yet" action={start}>
						Bring in the export of a softswitch, an ISP's billing, a correction service or a billing platform.
						Importing a file twice adds nothing.
					</Empty>
				}
			/>
			<Drawer opened={open} onClose={() => setOpen(false)} position="right" title="Import a file">
				<UploadForm onDone={() => setOpen(false)} />
			</Drawer>
		</Page>
	)
}

function counts(one: Import): string {
	const number = (value: number) => value.toLocaleString("en")
	return `${one.system} · ${number(one.read)} read, ${number(one.accepted)} new, ${number(one.duplicates)} known, ${number(one.rejected)} rejected`
}

function ImportState({ of }: { of: Import }) {
	if (of.state === "failed") return <Tag tone="fail">Failed</Tag>
	if (of.state === "running") return <Tag tone="warn">Running</Tag>
	return <Tag tone={of.rejected > 0 ? "warn" : "ok"}>{of.rejected > 0 ? "Done, some rejected" : "Done"}</Tag>
}

/** The entries that tell of the import itself. */
function ImportLog({ of }: { of: Import }) {
	const search = new URLSearchParams({ type: "annals.import_finished", q: of.fileName })
	return <LogLink path={`/log?${search}`} label={`Log of the import of ${of.fileName}`} />
}

function Rejected({ of }: { of: Import }) {
	if (of.rejected === 0) return null
	return (
		<Button
			size="compact-xs"
			variant="default"
			leftSection={<Download size={12} />}
			onClick={() =>
				save(
					`${of.fileName}.rejected.csv`,
					() => openRejected(of.id),
					() => undefined,
				).catch((error) => notifications.show({ color: "red", message: asProblem(error).message }))
			}
		>
			{of.rejected.toLocaleString("en")} rejected
		</Button>
	)
}

const columns: Column<Import>[] = [
	{
		id: "file",
		label: "File",
		width: 240,
		grow: true,
		cell: (one) => (
			<span title={one.error || one.fileName}>
				{one.fileName}
				{one.error && ` — ${one.error}`}
			</span>
		),
	},
	{ id: "system", label: "System", width: 90, cell: (one) => one.system },
	{ id: "source", label: "Source", width: 110, cell: (one) => one.source },
	{ id: "state", label: "State", width: 160, cell: (one) => <ImportState of={one} /> },
	{ id: "read", label: "Read", width: 90, align: "end", cell: (one) => one.read.toLocaleString("en") },
	{ id: "accepted", label: "New", width: 90, align: "end", cell: (one) => one.accepted.toLocaleString("en") },
	{
		id: "known",
		label: "Known",
		width: 90,
		align: "end",
		cell: (one) => one.duplicates.toLocaleString("en"),
	},
	{ id: "rejected", label: "Rejected", width: 130, cell: (one) => <Rejected of={one} /> },
	{ id: "started", label: "Started", width: 150, cell: (one) => <Time at={one.startedAt} /> },
	{ id: "log", label: "Log", width: 44, cell: (one) => <ImportLog of={one} /> },
]

function UploadForm({ onDone }: { onDone: () => void }) {
	const me = useMe()
	const catalog = useCatalog()
	const choices = useTenantChoices()
	const upload = useUpload()
	const sources = useSources()
	const form = useForm<Omit<Upload, "file"> & { file: File | null }>({
		initialValues: {
			file: null,
			system: "",
			tenantId: String(me.scope.tenantId),
			source: "",
			createTenants: false,
			timeZone: "UTC",
		},
		validate: {
			file: (file) => (file ? null : "Choose a file."),
			system: (system) => (system ? null : "Choose the system that wrote it."),
		},
	})
	return (
		<form
			onSubmit={form.onSubmit(({ file, ...rest }) => {
				if (!file) return
				upload.mutate(
					{ file, ...rest },
					{
						onSuccess: () => {
							notifications.show({ message: `${file.name} is being imported.` })
							onDone()
						},
						onError: (error) => form.setErrors(asProblem(error).byField),
					},
				)
			})}
		>
			<Stack gap="sm">
				<FileInput
					label="File"
					placeholder="Choose a CSV or JSON file"
					description={form.values.file ? bytes(form.values.file.size) : "As the system exports it"}
					accept=".csv,.json,text/csv,application/json"
					required
					clearable
					clearButtonProps={{ "aria-label": "Choose no file" }}
					{...form.getInputProps("file")}
				/>
				<Select
					label="System"
					placeholder="Which system wrote it"
					data={
						catalog?.systems
							.filter((system) => system.name !== "annals")
							.map((system) => ({ value: system.name, label: system.label })) ?? []
					}
					required
					{...form.getInputProps("system")}
				/>
				<Autocomplete
					size="xs"
					label="Source"
					description="One installation of it, such as mor-eu-1; empty: the only one. Sources that are set up are offered, another name is kept as it is."
					data={sources.filter(({ system }) => system === form.values.system).map(({ name }) => name)}
					{...form.getInputProps("source")}
				/>
				<Select
					label="Organization"
					description="Whose entries these are, where the file doesn't say"
					data={choices}
					searchable
					allowDeselect={false}
					{...form.getInputProps("tenantId")}
				/>
				<ZoneSelect
					label="Time zone of the file"
					description="For times that are written without one"
					value={form.values.timeZone}
					onChange={(zone) => form.setFieldValue("timeZone", zone)}
				/>
				<Checkbox
					size="xs"
					label="Create organizations that the file names and that don't exist yet"
					{...form.getInputProps("createTenants", { type: "checkbox" })}
				/>
				<ProblemNote error={upload.error} />
				<Button type="submit" loading={upload.isPending}>
					Import
				</Button>
			</Stack>
		</form>
	)
}
