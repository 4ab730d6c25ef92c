import { UnstyledButton } from "@mantine/core"
import { type ReactNode, useState } from "react"
import { useSystemLabel } from "@/api/me"
import type { Field } from "@/api/types"
import { Dim, Mono } from "@/components/Page"
import { PathLink } from "@/components/PathLink"
import { Time } from "@/components/Time"
import { FileLink } from "./FileLink"
import { pathOf } from "./kinds"
import classes from "./Object.module.css"
import { has, isFile, isReference, type Reference, referencesIn, textsIn, words } from "./values"

const exactTypes = ["hostname", "address", "template"]
const numberTypes = ["integer", "decimal", "money"]

/** A stored value as its field means it: a reference leads to its page, a secret is only "set". */
export function Value({ field, of: value }: { field: Field | undefined; of: unknown }): ReactNode {
	if (field?.secret || !has(value)) return <Dim>{words(field, value)}</Dim>
	if (field?.reference && isReference(value))
		return <PathLink path={pathOf(field.reference, value.ref)}>{value.name}</PathLink>
	if (isFile(value)) return <FileLink of={value} />
	if (field?.type === "references") return <Members kind={field.reference ?? ""} of={referencesIn(value)} />
	if (field?.type === "time" && typeof value === "string") return <Time at={value} />
	if (field?.type === "system") return <SystemName of={words(field, value)} />
	if (field?.type === "url") return <PathLink path={words(field, value)}>{words(field, value)}</PathLink>
	if (field?.type === "templates") return <Lines of={textsIn(value)} />
	if (field && exactTypes.includes(field.type)) return <Mono>{words(field, value)}</Mono>
	if (field && numberTypes.includes(field.type))
		return <span className={classes.number}>{words(field, value)}</span>
	if (field?.type === "multiline") return <span className={classes.multiline}>{words(field, value)}</span>
	return words(field, value)
}

const SystemName = ({ of }: { of: string }) => useSystemLabel(of)

function Lines({ of }: { of: string[] }) {
	return of.map((line) => (
		<div key={line}>
			<Mono>{line}</Mono>
		</div>
	))
}

/** Each with its page, by name; many of them are folded. */
function Members({ kind, of }: { kind: string; of: Reference[] }) {
	const [all, setAll] = useState(false)
	const sorted = of.toSorted((a, b) => a.name.localeCompare(b.name))
	const shown = all ? sorted : sorted.slice(0, folded)
	return (
		<span className={classes.members}>
			{shown.map(({ ref, name }) => (
				<PathLink key={ref} path={pathOf(kind, ref)}>
					{name}
				</PathLink>
			))}
			{of.length > folded && (
				<UnstyledButton className={classes.more} onClick={() => setAll(!all)} aria-expanded={all}>
					{all ? "Show fewer" : `and ${of.length - folded} more`}
				</UnstyledButton>
			)}
		</span>
	)
}

/** How many members are shown unasked. */
const folded = 10
