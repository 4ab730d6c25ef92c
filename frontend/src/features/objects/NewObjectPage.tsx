import { Select, Stack } from "@mantine/core"
import { notifications } from "@mantine/notifications"
import { getRouteApi, useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import { asProblem } from "@/api/client"
import { useMe } from "@/api/me"
import { useTenantChoices } from "@/api/tenants"
import type { Kind } from "@/api/types"
import { SaveBar, UnsavedGuard } from "@/components/Dialogs"
import { Page, Section } from "@/components/Page"
import { Empty, ProblemNote } from "@/components/States"
import { inSentence, pathText } from "@/lib/words"
import { fieldErrors, useChange } from "./api"
import { Fields, useDraft, useWhy, WhyFields } from "./Form"
import { aboveKind, actionOf, formFields, mayCreate, useKind } from "./kinds"
import classes from "./Object.module.css"

const route = getRouteApi("/shell/objects/$kind/new")

/** A new object of any kind: its form is the kind's fields. */
export function NewObjectPage() {
	const { kind: name } = route.useParams()
	const kind = useKind(name)
	const me = useMe()
	if (kind === undefined) return <Page title="New object">{null}</Page>
	if (kind === null || !mayCreate(kind, me))
		return (
			<Page title="New object">
				<Empty title="There is nothing to create here">
					{kind
						? `Administrators of your level don't create ${inSentence(kind.plural)}.`
						: "The catalogue doesn't know this kind of object."}
				</Empty>
			</Page>
		)
	return <NewObject key={kind.name} kind={kind} />
}

const nothing = {}

function NewObject({ kind }: { kind: Kind }) {
	const { scope } = useMe()
	const choices = useTenantChoices()
	const navigate = useNavigate()
	const [tenantId, setTenantId] = useState(String(scope.tenantId))
	const draft = useDraft(formFields(kind), nothing)
	const create = actionOf(kind, "create")
	const why = useWhy(Boolean(create.reasonRequired), Number(tenantId))
	const change = useChange()
	const problem = change.error ? asProblem(change.error) : undefined
	return (
		<Page
			title={`New ${inSentence(kind.label)}`}
			above={aboveKind(kind.name, kind.plural)}
			meta={<span>{kind.name}</span>}
		>
			<form
				noValidate
				className={classes.form}
				onSubmit={(event) => {
					event.preventDefault()
					change.mutate(
						{
							how: "create",
							kind: kind.name,
							tenantId: Number(tenantId),
							attributes: draft.changed,
							why: why.why,
						},
						{
							onSuccess: ({ id }) => {
								notifications.show({ message: "Created." })
								void navigate({
									to: "/objects/$kind/$id",
									params: { kind: kind.name, id },
									search: {},
									ignoreBlocker: true,
								})
							},
							onError: (error) => draft.refuse(fieldErrors(asProblem(error))),
						},
					)
				}}
			>
				<UnsavedGuard when={draft.dirty} />
				<Section title={kind.label}>
					<Stack gap="sm">
						<Fields of={draft} expert={why.expert} />
						<Select
							label="Organization"
							description="Whose it is, and who will see it."
							data={choices.length > 0 ? choices : [{ value: tenantId, label: pathText(scope.label) }]}
							value={tenantId}
							onChange={(chosen) => chosen && setTenantId(chosen)}
							searchable
							allowDeselect={false}
							withAsterisk
						/>
					</Stack>
				</Section>
				<Section title="Why">
					<WhyFields of={why} fields={kind.fields} problem={problem} />
				</Section>
				<ProblemNote error={change.error} />
				<SaveBar verb={create.label} dirty missing={draft.missing ?? why.missing} busy={change.isPending} />
			</form>
		</Page>
	)
}
