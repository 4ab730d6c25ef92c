import type { ReactNode } from "react"
import classes from "./Object.module.css"

export type Row = { label: string; values: ReactNode[]; differs?: boolean }

/** Values of several moments beside each other, field by field; what differs stands out. */
export function Compare({ heads, rows }: { heads: ReactNode[]; rows: Row[] }) {
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
