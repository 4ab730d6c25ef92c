import { Fragment, type ReactNode } from "react"
import { useNarrow } from "@/components/Table"
import classes from "./Object.module.css"

export type Row = { label: string; values: ReactNode[]; differs?: boolean }

type Props = { heads: ReactNode[]; rows: Row[] }

/**
 * Values of several moments, field by field; what differs stands out. They stand beside each other, on
 * a narrow screen below each other.
 */
export function Compare(props: Props) {
	return useNarrow() ? <Blocks {...props} /> : <Columns {...props} />
}

function Blocks({ heads, rows }: Props) {
	return rows.map((row) => (
		<section key={row.label} className={classes.block} aria-label={row.label}>
			<div className={classes.blockTitle}>{row.label}</div>
			<dl className={classes.blockValues} data-differs={row.differs || undefined}>
				{row.values.map((value, at) => (
					// biome-ignore lint/suspicious/noArrayIndexKey: values keep their places
					<Fragment key={at}>
						<dt>{heads[at]}</dt>
						<dd>{value}</dd>
					</Fragment>
				))}
			</dl>
		</section>
	))
}

function Columns({ heads, rows }: Props) {
	return (
		<div className={classes.compareFrame}>
			<table className={classes.compare}>
				<thead>
					<tr>
						<th scope="col">Field</th>
						{heads.map((head, at) => (
							// biome-ignore lint/suspicious/noArrayIndexKey: columns keep their places
							<th key={at} scope="col">
								{head}
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{rows.map((row) => (
						<tr key={row.label} data-differs={row.differs || undefined}>
							<th scope="row">{row.label}</th>
							{row.values.map((value, at) => (
								// biome-ignore lint/suspicious/noArrayIndexKey: columns keep their places
								<td key={at}>{value}</td>
							))}
						</tr>
					))}
				</tbody>
			</table>
		</div>
	)
}
