import { Button } from "@mantine/core"
import { useCatalog, useMe } from "@/api/me"
import type { ObjectStub } from "@/api/types"
import { PathLink } from "@/components/PathLink"
import { allKinds, bulkLabel, mayCreate, startPath, useKind } from "./kinds"

/** Leads to where objects of the kind that the list shows are changed from a file. */
export function BulkButton({ kind: name }: { kind: string | undefined }) {
	const me = useMe()
	const kind = useKind(name ?? "")
	if (!kind || !mayCreate(kind, me)) return null
	return (
		<Button component={PathLink} path={startPath(kind.name)} variant="default">
			{bulkLabel(kind)}…
		</Button>
	)
}

/** What belongs to an object and comes from a file: the rates of a tariff. */
export function PartsButtons({ object }: { object: ObjectStub }) {
	const catalog = useCatalog()
	const me = useMe()
	if (!catalog || object.deletedAt) return null
	const parts = allKinds(catalog)
		.filter((kind) =>
			kind.fields.some(({ name, reference }) => name === kind.bulk?.within && reference === object.kind),
		)
		.filter((kind) => mayCreate(kind, me))
	return parts.map((kind) => (
		<Button
			key={kind.name}
			component={PathLink}
			path={`${startPath(kind.name)}?within=${object.id}`}
			variant="default"
		>
			{kind.plural}: {bulkLabel(kind)}…
		</Button>
	))
}
