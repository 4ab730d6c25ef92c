import { Alert, Button, Modal, Progress, SegmentedControl, Stack, Text } from "@mantine/core"
import { useState } from "react"
import { asProblem } from "@/api/client"
import type { BulkChange, BulkLine, Kind } from "@/api/types"
import { DialogBar } from "@/components/Dialogs"
import { Lines } from "@/components/Lines"
import { Dim, Mono, Page, Tag, Toolbar } from "@/components/Page"
import { PathLink } from "@/components/PathLink"
import { Empty, FailedPage, ProblemNote } from "@/components/States"
import { type Column, Table } from "@/components/Table"
import { Time } from "@/components/Time"
import { stringifySearch } from "@/lib/params"
import { inSentence, pathText, plural } from "@/lib/words"
import classes from "./Bulk.module.css"
import { ChangeState } from "./BulkStartPage"
import { countOf, lineWords, runs, useApplyBulk, useBulkChange, useBulkLines, useDiscardBulk } from "./bulk"
import { type BulkSearch, lineStates } from "./bulkSearch"
import { useWhy, WhyFields } from "./Form"
import { aboveKind, actionOf, bulkLabel, pathOf, startPath, useKind } from "./kinds"

/** One bulk change: what its lines would do, then how far it is, then what came of it. */
export function BulkPage({
	id,
	search,
	onSearch,
}: {
	id: number
	search: BulkSearch
	onSearch: (search: BulkSearch) => void
}) {
	const { data: change, error, refetch } = useBulkChange(id)
	const kind = useKind(change?.kind ?? "")
	if (error) return <FailedPage error={error} retry={refetch} />
	if (!change || !kind) return <Page title="Bulk change">{null}</Page>
	return (
		<Page
			title={`${bulkLabel(kind)}: ${change.fileName}`}
			above={aboveKind(kind.name, kind.plural)}
			meta={
				<>
					<ChangeState of={change} />
					<span>{change.withinName ? `within ${change.withinName}` : pathText(change.tenantPath)}</span>
					<span>
						{change.createdBy}, <Time at={change.createdAt} />
					</span>
				</>
			}
			actions={<Steps change={change} kind={kind} />}
			fill
		>
			<Standing change={change} kind={kind} />
			{(change.state === "ready" || change.state === "done") && (
				<ChangeLines change={change} kind={kind} search={search} onSearch={onSearch} />
			)}
		</Page>
	)
}

/** What can be done next. */
function Steps({ change, kind }: { change: BulkChange; kind: Kind }) {
	const [applying, setApplying] = useState(false)
	const discard = useDiscardBulk(change.id)
	if (change.state === "done")
		return (
			<Button
				component={PathLink}
				path={`/log${stringifySearch({ importFile: change.importFile })}`}
				variant="default"
			>
				Entries in the log
			</Button>
		)
	if (change.state === "failed" || change.state === "discarded") return <Again change={change} kind={kind} />
	const effective = change.creates + change.changes
	return (
		<>
			{change.state !== "applying" && (
				<Button variant="default" onClick={() => discard.mutate()} loading={discard.isPending}>
					Discard
				</Button>
			)}
			{change.state === "ready" &&
				(change.bad > 0 || effective === 0 ? (
					<Again change={change} kind={kind} />
				) : (
					<Button onClick={() => setApplying(true)}>Apply {plural(effective, "line")}…</Button>
				))}
			{applying && <ApplyDialog change={change} kind={kind} onClose={() => setApplying(false)} />}
		</>
	)
}

function Again({ change, kind }: { change: BulkChange; kind: Kind }) {
	return (
		<Button
			component={PathLink}
			path={`${startPath(kind.name)}${stringifySearch({ within: change.withinId })}`}
		>
			Upload again
		</Button>
	)
}

/** How it stands, in a sentence; while it runs, how far it is. */
function Standing({ change, kind }: { change: BulkChange; kind: Kind }) {
	const number = (value: number) => value.toLocaleString("en")
	if (runs(change))
		return (
			<div className={classes.standing} role="status">
				<Text size="sm">
					{change.state === "checking" ? "Checked" : "Applied"}: {number(change.progress)} of{" "}
					{plural(change.lines, "line")}. You may leave this page: it goes on.
				</Text>
				<Progress
					mt={6}
					value={change.lines > 0 ? (change.progress / change.lines) * 100 : 0}
					aria-label={change.state === "checking" ? "Lines checked" : "Lines applied"}
				/>
			</div>
		)
	if (change.state === "failed")
		return (
			<div className={classes.standing}>
				<Alert color="red" variant="light" p="xs" role="alert">
					{change.error}
				</Alert>
			</div>
		)
	if (change.state === "discarded") return <Empty title="Discarded">Nothing was changed by this file.</Empty>
	const name = inSentence(kind.plural)
	return (
		<div className={classes.standing}>
			<Text size="sm" role="status">
				{change.state === "done" ? (
					<>
						{number(change.creates)} created, {number(change.changes)} changed, {number(change.same)}{" "}
						unchanged
						{change.finishedAt && (
							<>
								, <Time at={change.finishedAt} />
							</>
						)}
						.
					</>
				) : change.bad > 0 ? (
					`Nothing is changed while a line is bad: mend ${change.bad === 1 ? "it" : "them"} in the file and upload it again.`
				) : change.creates + change.changes === 0 ? (
					`Nothing would change: the ${name} are what the file says.`
				) : (
					`Nothing has changed yet. ${number(change.creates)} ${name} would be created and ${number(change.changes)} changed, all or nothing.`
				)}
			</Text>
		</div>
	)
}

function ApplyDialog({ change, kind, onClose }: { change: BulkChange; kind: Kind; onClose: () => void }) {
	const apply = useApplyBulk(change.id)
	const needed =
		(change.creates > 0 && actionOf(kind, "create").reasonRequired) ||
		(change.changes > 0 && actionOf(kind, "update").reasonRequired)
	const why = useWhy(Boolean(needed))
	return (
		<Modal opened onClose={onClose} title={`Apply ${change.fileName}`} size="md">
			<form
				noValidate
				onSubmit={(event) => {
					event.preventDefault()
					apply.mutate(why.why, { onSuccess: onClose })
				}}
			>
				<Stack gap="sm">
					<Text size="sm">
						{plural(change.creates, `new ${inSentence(kind.label)}`, `new ${inSentence(kind.plural)}`)} and{" "}
						{plural(change.changes, "change")}, all or nothing. Each line leaves its entry with the file and
						the line's number.
					</Text>
					<WhyFields of={why} fields={[]} problem={apply.error ? asProblem(apply.error) : undefined} />
					<ProblemNote error={apply.error} />
					<DialogBar verb="Apply" missing={why.missing} busy={apply.isPending} onCancel={onClose} />
				</Stack>
			</form>
		</Modal>
	)
}

/** The lines of one state; the bad ones first, if there are any. */
function ChangeLines({
	change,
	kind,
	search,
	onSearch,
}: {
	change: BulkChange
	kind: Kind
	search: BulkSearch
	onSearch: (search: BulkSearch) => void
}) {
	const there = lineStates.filter((state) => countOf(change, state) > 0)
	const state = search.lines && there.includes(search.lines) ? search.lines : (there[0] ?? "same")
	const list = useBulkLines(change, state)
	const columns: Column<BulkLine>[] = [
		{ id: "line", label: "Line", width: 70, align: "end", cell: ({ line }) => <Mono>{line}</Mono> },
		{ id: "state", label: "What", width: 100, cell: (one) => <LineState of={one} /> },
		{ id: "name", label: kind.label, width: 200, cell: (one) => <LineName of={one} kind={kind} /> },
		{
			id: "how",
			label: state === "bad" ? "What is wrong" : "Values",
			width: 320,
			grow: true,
			cell: (one) => <What of={one} kind={kind} />,
		},
	]
	return (
		<>
			<Toolbar>
				<SegmentedControl
					size="xs"
					aria-label="Lines"
					value={state}
					onChange={(next) => onSearch({ lines: lineStates.find((one) => one === next) })}
					data={there.map((one) => ({
						value: one,
						label: `${lineWords[one].label} ${countOf(change, one).toLocaleString("en")}`,
					}))}
				/>
			</Toolbar>
			<Table
				label="Lines"
				columns={columns}
				data={list}
				rowId={({ n }) => String(n)}
				// What is wrong is there to be read whole.
				cardHeight={state === "bad" ? 104 : undefined}
				card={(one) => (
					<Lines
						first={
							<>
								{one.line} · <LineName of={one} kind={kind} />
							</>
						}
						aside={<LineState of={one} />}
						second={<What of={one} kind={kind} />}
					/>
				)}
				empty={<Empty title="No such lines">The file has none of these.</Empty>}
			/>
		</>
	)
}

function LineState({ of: { state } }: { of: BulkLine }) {
	return <Tag tone={lineWords[state].tone}>{lineWords[state].label}</Tag>
}

function LineName({ of, kind }: { of: BulkLine; kind: Kind }) {
	if (of.objectId === null) return of.name || <Dim>—</Dim>
	return <PathLink path={pathOf(kind.name, of.objectId)}>{of.name}</PathLink>
}

/** Why a line is bad, or what it says: one line, the whole on hover. */
function What({ of, kind }: { of: BulkLine; kind: Kind }) {
	if (of.state === "bad")
		return (
			<span className={classes.wrong} title={of.reason}>
				{of.reason}
			</span>
		)
	const labelOf = (name: string) => kind.fields.find((field) => field.name === name)?.label ?? name
	const text = of.changes
		.filter(({ field }) => field !== kind.bulk?.within) // the same for all
		.map(({ field, old, new: now }) =>
			of.state === "create" ? `${labelOf(field)} ${now}` : `${labelOf(field)} ${old || "—"} → ${now || "—"}`,
		)
	return <span title={text.join("\n")}>{text.join(" · ")}</span>
}
