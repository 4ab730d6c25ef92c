import { Button, Checkbox, Radio, Select, Stack } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router"
import { Download } from "lucide-react"
import { useState } from "react"
import { asProblem } from "@/api/client"
import { useMe } from "@/api/me"
import { useTenantChoices } from "@/api/tenants"
import type { BulkChange, Field, Kind } from "@/api/types"
import { FileDrop } from "@/components/FileDrop"
import { Lines } from "@/components/Lines"
import { Mono, Page, Section, Tag } from "@/components/Page"
import { Empty, ProblemNote } from "@/components/States"
import { type Column, Table } from "@/components/Table"
import { Time } from "@/components/Time"
import { offer } from "@/lib/download"
import { inSentence, pathText, plural } from "@/lib/words"
import { objectQuery } from "./api"
import classes from "./Bulk.module.css"
import {
	bulkFields,
	maxLines,
	maxMiB,
	sharedField,
	stateWords,
	template,
	useBulkChanges,
	useStartBulk,
} from "./bulk"
import { FieldInput } from "./FieldInput"
import { aboveKind, bulkLabel, mayCreate, useKind } from "./kinds"
import frame from "./Object.module.css"
import { objectTitle } from "./title"
import { bounds, type Entered, isReference } from "./values"

const route = getRouteApi("/shell/objects/$kind/bulk")

/** Where a CSV file is given in; its lines are shown before anything changes. */
export function BulkStartPage() {
	const { kind: name } = route.useParams()
	const { within } = route.useSearch()
	const kind = useKind(name)
	const me = useMe()
	const shared = kind ? sharedField(kind) : undefined
	const object = useQuery({
		...objectQuery(shared?.reference ?? "", within ?? 0),
		enabled: within !== undefined && shared !== undefined,
	})
	if (kind === undefined || object.isLoading) return <Page title="Bulk change">{null}</Page>
	if (kind === null || !mayCreate(kind, me))
		return (
			<Page title="Bulk change">
				<Empty title="There is nothing to change here">
					{kind
						? `Administrators of your level don't change ${inSentence(kind.plural)}.`
						: "The catalogue doesn't know this kind of object."}
				</Empty>
			</Page>
		)
	const known = object.data && { ref: object.data.id, name: objectTitle(object.data) }
	return <BulkStart key={`${kind.name} ${within}`} kind={kind} shared={shared} within={known ?? null} />
}

function BulkStart({ kind, shared, within }: { kind: Kind; shared: Field | undefined; within: Entered }) {
	const { scope } = useMe()
	const choices = useTenantChoices()
	const navigate = useNavigate()
	const start = useStartBulk()
	const [file, setFile] = useState<File | null>(null)
	const [sent, setSent] = useState<number>()
	const [chosen, setChosen] = useState<Entered>(within)
	const [tenantId, setTenantId] = useState(String(scope.tenantId))
	const named = namedBy(kind)
	// Rates come again and again with their prefix as their name; elsewhere it is said.
	const [match, setMatch] = useState<"id" | "name">(shared && named ? "name" : "id")
	const [expertMode, setExpertMode] = useState(false)
	const problem = start.error ? asProblem(start.error) : undefined
	const errors = problem?.byField ?? {}
	const tooLarge =
		file && file.size > maxMiB * 1024 * 1024 ? `The file is larger than ${maxMiB} MiB.` : undefined
	const dangerous = kind.fields.filter((field) => field.expert)
	const missing = !file
		? "Choose a file."
		: (tooLarge ?? (shared && !isReference(chosen) ? `Choose the ${inSentence(shared.label)}.` : undefined))
	return (
		<Page title={`${bulkLabel(kind)}: ${inSentence(kind.plural)}`} above={aboveKind(kind.name, kind.plural)}>
			<form
				noValidate
				className={frame.form}
				onSubmit={(event) => {
					event.preventDefault()
					if (!file || missing) return
					start.mutate(
						{
							kind: kind.name,
							file,
							tenantId,
							withinId: isReference(chosen) ? chosen.ref : undefined,
							match,
							expertMode,
							onSent: setSent,
						},
						{
							onSuccess: ({ id }) =>
								void navigate({ to: "/objects/$kind/bulk/$id", params: { kind: kind.name, id }, search: {} }),
							onSettled: () => setSent(undefined),
						},
					)
				}}
			>
				<Section
					title="File"
					hint="Each line creates or changes one. What would happen is shown before anything does."
				>
					<Stack gap="sm">
						<FileDrop
							label="CSV file"
							description={`UTF-8, separated by commas or semicolons. At most ${maxMiB} MiB and ${maxLines.toLocaleString("en")} lines.`}
							required
							accept={[".csv", ".txt", "text/csv"]}
							error={tooLarge ?? errors.file}
							file={file}
							sent={sent}
							onFile={(next) => {
								setFile(next)
								start.reset()
							}}
						/>
						{shared ? (
							<FieldInput
								field={{ ...shared, help: "All lines belong to it." }}
								value={chosen}
								onChange={setChosen}
								error={errors.withinId}
								expert
							/>
						) : (
							<Select
								label="Organization"
								description="Whose the new ones become."
								data={choices.length > 0 ? choices : [{ value: tenantId, label: pathText(scope.label) }]}
								value={tenantId}
								onChange={(next) => next && setTenantId(next)}
								searchable
								allowDeselect={false}
							/>
						)}
						{named && (
							<Radio.Group
								size="xs"
								label="A line without an id"
								value={match}
								onChange={(next) => setMatch(next === "name" ? "name" : "id")}
							>
								<Stack gap={10} mt={6}>
									<Radio value="id" label="creates a new one" />
									<Radio
										value="name"
										label={`changes the one with the same ${inSentence(named.label)}, and creates it where there is none`}
									/>
								</Stack>
							</Radio.Group>
						)}
						{dangerous.length > 0 && (
							<Checkbox
								label="Expert mode"
								description={`Opens ${dangerous.map((field) => field.label).join(", ")}.`}
								checked={expertMode}
								onChange={(event) => setExpertMode(event.currentTarget.checked)}
							/>
						)}
						{problem && !errors.file && !errors.withinId && <ProblemNote error={start.error} />}
						<div className={classes.startBar}>
							<Button type="submit" disabled={missing !== undefined} loading={start.isPending}>
								Preview
							</Button>
							<Button
								variant="default"
								leftSection={<Download size={13} />}
								onClick={() => offer(`${kind.name}.csv`, template(kind))}
							>
								Template
							</Button>
							{missing && <span className={classes.startWhy}>{missing}</span>}
						</div>
					</Stack>
				</Section>
			</form>
			<Section
				title="Columns"
				hint="By name or label, in any order. What has no column stays as it is; an empty cell takes the value away."
			>
				<Columns kind={kind} />
			</Section>
			<Earlier kind={kind} />
		</Page>
	)
}

/** The field that gives a line its name: "name", else the first text that every one must have. */
function namedBy(kind: Kind): Field | undefined {
	return (
		kind.fields.find(({ name }) => name === "name") ??
		kind.fields.find(({ required, type, secret }) => required && type === "text" && !secret)
	)
}

function Columns({ kind }: { kind: Kind }) {
	return (
		<table className={classes.columns}>
			<thead>
				<tr>
					<th scope="col">Column</th>
					<th scope="col">Or</th>
					<th scope="col">What it holds</th>
				</tr>
			</thead>
			<tbody>
				<tr>
					<th scope="row">
						<Mono>id</Mono>
					</th>
					<td>—</td>
					<td>our number of the {inSentence(kind.label)} to change, from its page; empty for a new one</td>
				</tr>
				{bulkFields(kind).map((field) => (
					<tr key={field.name}>
						<th scope="row">
							<Mono>{field.name}</Mono>
						</th>
						<td>{field.label}</td>
						<td>
							{holds(field)}
							{field.required && ", required"}
						</td>
					</tr>
				))}
			</tbody>
		</table>
	)
}

const typeWords: Record<string, string> = {
	integer: "a whole number",
	decimal: "a number such as 401.40",
	money: "an amount such as 401.40",
	boolean: "true or false",
	date: "a date such as 2026-03-01",
	time: "a time with offset such as 2026-03-01T12:00:00Z",
	reference: "a name, or our number",
	references: "names or our numbers, separated by commas",
	list: "texts, separated by commas",
	templates: "texts, separated by commas",
	file: "the number of an upload",
}

function holds(field: Field): string {
	if (field.values) return `one of ${field.values.join(", ")}`
	const what = typeWords[field.type] ?? "text"
	const range = field.min === 0 && field.max === undefined ? undefined : bounds(field)
	const unit = field.unit && !range ? `, in ${field.unit}` : ""
	return `${what}${range ? `, ${range}` : unit}${field.secret ? ", secret: an empty cell leaves it" : ""}`
}

/** What was prepared before, by anybody of the organization. */
function Earlier({ kind }: { kind: Kind }) {
	const list = useBulkChanges(kind.name)
	if (!list.error && list.rows.length === 0) return null
	return (
		<Section title="Earlier bulk changes">
			<div className={classes.earlier}>
				<Table
					label="Earlier bulk changes"
					columns={earlierColumns}
					data={list}
					rowId={({ id }) => String(id)}
					card={(one) => (
						<Lines
							first={<ChangeLink of={one} />}
							aside={<ChangeState of={one} />}
							second={
								<>
									{plural(one.lines, "line")} · {one.createdBy} · <Time at={one.createdAt} />
								</>
							}
						/>
					)}
					empty={null}
				/>
			</div>
		</Section>
	)
}

function ChangeLink({ of }: { of: BulkChange }) {
	return (
		<Link
			to="/objects/$kind/bulk/$id"
			params={{ kind: of.kind, id: of.id }}
			search={{}}
			className="plain"
			title={of.fileName}
		>
			{of.withinName ? `${of.withinName}: ${of.fileName}` : of.fileName}
		</Link>
	)
}

export function ChangeState({ of }: { of: BulkChange }) {
	const { label, tone } = stateWords[of.state]
	return (
		<Tag tone={tone}>{of.state === "ready" && of.bad > 0 ? `${of.bad.toLocaleString("en")} bad` : label}</Tag>
	)
}

const earlierColumns: Column<BulkChange>[] = [
	{ id: "file", label: "File", width: 220, grow: true, cell: (one) => <ChangeLink of={one} /> },
	{ id: "state", label: "State", width: 130, cell: (one) => <ChangeState of={one} /> },
	{ id: "lines", label: "Lines", width: 80, align: "end", cell: (one) => one.lines.toLocaleString("en") },
	{ id: "by", label: "By", width: 150, cell: (one) => one.createdBy },
	{ id: "when", label: "When", width: 150, cell: (one) => <Time at={one.createdAt} /> },
]
