import { Button } from "@mantine/core"
import { useMediaQuery } from "@mantine/hooks"
import {
	type ColumnSizingState,
	type ColumnVisibilityState,
	columnResizingFeature,
	columnSizingFeature,
	columnVisibilityFeature,
	createColumnHelper,
	type OnChangeFn,
	tableFeatures,
	useTable,
} from "@tanstack/react-table"
import { useVirtualizer } from "@tanstack/react-virtual"
import { type ReactNode, useEffect, useMemo, useRef } from "react"
import { Failure } from "./States"
import classes from "./Table.module.css"

export type Column<Row> = {
	id: string
	label: string
	/** What stands in the head, when it is more than the label. */
	head?: ReactNode
	width: number
	/** Takes its part of the room that is left; a number: so many parts. */
	grow?: boolean | number
	align?: "end"
	cell: (row: Row) => ReactNode
}

/** What a list query gives: enough for rows, more rows, waiting and failing. */
export type Rows<Row> = {
	rows: Row[]
	isPending: boolean
	/** Other rows are on their way; these are the old ones. */
	isStale?: boolean
	error: unknown
	retry: () => void
	more?: { available: boolean; loading: boolean; load: () => void }
}

export type Layout = {
	visibility: ColumnVisibilityState
	onVisibility: OnChangeFn<ColumnVisibilityState>
	sizing: ColumnSizingState
	onSizing: OnChangeFn<ColumnSizingState>
}

type Props<Row> = {
	label: string
	columns: Column<Row>[]
	data: Rows<Row>
	rowId: (row: Row) => string
	/** The row as two lines, for a narrow screen. */
	card: (row: Row) => ReactNode
	cardHeight?: number
	empty: ReactNode
	rowHeight?: number
	/** Rows with the same heading that follow each other stand under it. */
	heading?: (row: Row) => string
	selected?: string
	onOpen?: (row: Row) => void
	layout?: Layout
	/** Where the list was left, to come back to. */
	scroll?: { initial: number; onScroll: (top: number) => void }
	foot?: ReactNode
}

type Item<Row> = { heading: string; key: string } | { row: Row; index: number; key: string }

const features = tableFeatures({ columnVisibilityFeature, columnSizingFeature, columnResizingFeature })
const headingHeight = 36

/** Whether rows are shown as cards. */
export function useNarrow(): boolean {
	return useMediaQuery("(max-width: 47.99em)", false, { getInitialValueInEffect: false })
}

/**
 * The one list of this portal: columns that can be hidden and resized, virtual rows, more on scroll,
 * cards on a narrow screen; and waiting, emptiness and failure, so that no page handles them again.
 */
export function Table<Row extends object>(props: Props<Row>) {
	const { data, columns, rowId, heading, rowHeight = 36, cardHeight = 60 } = props
	const narrow = useNarrow()
	const scroller = useRef<HTMLDivElement>(null)

	const definitions = useMemo(() => {
		const helper = createColumnHelper<typeof features, Row>()
		return columns.map((column) =>
			helper.display({
				id: column.id,
				size: column.width,
				minSize: 48,
			}),
		)
	}, [columns])
	const table = useTable({
		features,
		columns: definitions,
		data: data.rows,
		getRowId: rowId,
		columnResizeMode: "onChange",
		state: props.layout && {
			columnVisibility: props.layout.visibility,
			columnSizing: props.layout.sizing,
		},
		onColumnVisibilityChange: props.layout?.onVisibility,
		onColumnSizingChange: props.layout?.onSizing,
	})
	const items = useMemo(() => group(data.rows, rowId, heading), [data.rows, rowId, heading])

	const virtual = useVirtualizer({
		count: items.length,
		getScrollElement: () => scroller.current,
		estimateSize: (index) => {
			const item = items[index]
			if (item && "heading" in item) return headingHeight
			return narrow ? cardHeight : rowHeight
		},
		getItemKey: (index) => items[index]?.key ?? index,
		overscan: 16,
		initialOffset: props.scroll?.initial ?? 0,
	})
	// The virtualizer keeps measured sizes; another density or screen width makes them wrong.
	// biome-ignore lint/correctness/useExhaustiveDependencies: the heights are what makes the sizes old
	useEffect(() => virtual.measure(), [virtual, rowHeight, cardHeight, narrow])

	const visible = virtual.getVirtualItems()
	const lastVisible = visible.at(-1)?.index ?? 0
	const { more } = data
	const wantsMore = more?.available && !more.loading && !data.error && lastVisible >= items.length - 20
	useEffect(() => {
		if (wantsMore) more?.load()
	}, [wantsMore, more])

	const selectedIndex = items.findIndex((item) => "row" in item && item.key === props.selected)
	useEffect(() => {
		if (selectedIndex >= 0) virtual.scrollToIndex(selectedIndex, { align: "auto" })
	}, [selectedIndex, virtual])

	const byId = useMemo(() => new Map(columns.map((column) => [column.id, column])), [columns])
	const visibleColumns = table.getVisibleLeafColumns()
	const template = visibleColumns
		.map((column) => {
			const resized = props.layout?.sizing[column.id] !== undefined
			const grows = resized ? undefined : byId.get(column.id)?.grow
			return grows ? `minmax(${column.getSize()}px, ${Number(grows)}fr)` : `${column.getSize()}px`
		})
		.join(" ")
	const shown = visibleColumns.map((column) => byId.get(column.id)).filter((column) => column !== undefined)

	if (data.error && data.rows.length === 0) return <Failure error={data.error} retry={data.retry} />
	if (!data.isPending && data.rows.length === 0) return <>{props.empty}</>
	return (
		<div className={classes.frame}>
			<section
				ref={scroller}
				className={classes.scroller}
				aria-label={props.label}
				aria-busy={data.isPending || data.isStale}
				// biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
				tabIndex={0}
				onScroll={(event) => props.scroll?.onScroll(event.currentTarget.scrollTop)}
			>
				{data.isPending ? (
					<Bones height={narrow ? cardHeight : rowHeight} />
				) : narrow ? (
					<div
						role="list"
						className={classes.body}
						data-stale={data.isStale || undefined}
						style={{ height: virtual.getTotalSize() }}
					>
						{visible.map((place) => {
							const item = items[place.index]
							return (
								item && (
									<div key={place.key} role="listitem" className={classes.item} style={placed(place)}>
										<Card item={item} {...props} />
									</div>
								)
							)
						})}
					</div>
				) : (
					<div
						role="table"
						className={classes.table}
						style={{ minWidth: table.getTotalSize() }}
						aria-label={props.label}
						aria-rowcount={more?.available ? -1 : data.rows.length + 1}
					>
						<div role="rowgroup" className={classes.head}>
							{table.getHeaderGroups().map((headers) => (
								<div
									key={headers.id}
									role="row"
									aria-rowindex={1}
									className={classes.row}
									style={{ gridTemplateColumns: template }}
								>
									{headers.headers.map((header) => (
										<div
											key={header.id}
											role="columnheader"
											className={classes.headCell}
											data-align={byId.get(header.column.id)?.align}
										>
											{byId.get(header.column.id)?.head ?? byId.get(header.column.id)?.label}
											{props.layout && (
												<span
													aria-hidden
													className={classes.resizer}
													data-resizing={header.column.getIsResizing() || undefined}
													onMouseDown={header.getResizeHandler()}
													onTouchStart={header.getResizeHandler()}
												/>
											)}
										</div>
									))}
								</div>
							))}
						</div>
						<div
							role="rowgroup"
							className={classes.body}
							data-stale={data.isStale || undefined}
							style={{ height: virtual.getTotalSize() }}
						>
							{visible.map((place) => {
								const item = items[place.index]
								if (!item) return null
								if ("heading" in item) {
									return (
										<div key={place.key} role="row" className={classes.item} style={placed(place)}>
											<div role="cell" className={classes.heading}>
												<span className={classes.headingText}>{item.heading}</span>
											</div>
										</div>
									)
								}
								return (
									// biome-ignore lint/a11y/useKeyWithClickEvents: every row that opens has a link for the keyboard
									<div
										key={place.key}
										role="row"
										aria-rowindex={item.index + 2}
										className={`${classes.item} ${classes.row} ${classes.dataRow}`}
										data-opens={props.onOpen ? true : undefined}
										data-selected={item.key === props.selected || undefined}
										style={{ ...placed(place), gridTemplateColumns: template }}
										onClick={(event) => opens(event) && props.onOpen?.(item.row)}
									>
										{shown.map((column) => (
											<div key={column.id} role="cell" className={classes.cell} data-align={column.align}>
												{column.cell(item.row)}
											</div>
										))}
									</div>
								)
							})}
						</div>
					</div>
				)}
				{!data.isPending && <Foot data={data}>{props.foot}</Foot>}
			</section>
		</div>
	)
}

function placed({ size, start }: { size: number; start: number }) {
	return { height: size, transform: `translateY(${start}px)` }
}

function Card<Row>({
	item,
	card,
	selected,
	onOpen,
}: { item: Item<Row> } & Pick<Props<Row>, "card" | "selected" | "onOpen">) {
	if ("heading" in item) return <div className={classes.heading}>{item.heading}</div>
	return (
		// biome-ignore lint/a11y/noStaticElementInteractions: every card that opens has a link for the keyboard
		// biome-ignore lint/a11y/useKeyWithClickEvents: see above
		<div
			className={classes.card}
			data-opens={onOpen ? true : undefined}
			data-selected={item.key === selected || undefined}
			onClick={(event) => opens(event) && onOpen?.(item.row)}
		>
			{card(item.row)}
		</div>
	)
}

function Foot<Row>({ data, children }: { data: Rows<Row>; children: ReactNode }) {
	if (data.error) {
		return (
			<div className={classes.foot} role="alert">
				The next rows could not be loaded.{" "}
				<Button size="compact-xs" variant="default" onClick={() => data.more?.load()}>
					Try again
				</Button>
			</div>
		)
	}
	return <div className={classes.foot}>{data.more?.loading ? "Loading more…" : children}</div>
}

/** A click on the row itself: not on a control in it, and not the end of a text selection. */
function opens(event: React.MouseEvent): boolean {
	const control = event.target instanceof Element && event.target.closest("a, button, input, label")
	return !control && !window.getSelection()?.toString()
}

function group<Row>(
	rows: Row[],
	rowId: (row: Row) => string,
	heading: ((row: Row) => string) | undefined,
): Item<Row>[] {
	const items: Item<Row>[] = []
	let current: string | undefined
	for (const [index, row] of rows.entries()) {
		const next = heading?.(row)
		if (next !== undefined && next !== current) items.push({ heading: next, key: `heading ${rowId(row)}` })
		current = next
		items.push({ row, index, key: rowId(row) })
	}
	return items
}

const boneWidths = [64, 110, 90, 140, 320, 120]

function Bones({ height }: { height: number }) {
	return (
		<div role="status" aria-label="Loading">
			{Array.from({ length: 14 }, (_, row) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: the bones have no identity
				<div key={row} className={classes.skeleton} style={{ height }}>
					{boneWidths.map((width) => (
						<span
							key={width}
							className={classes.bone}
							style={{ width: width + ((row * 37 + width) % 5) * 8, flexShrink: 1 }}
						/>
					))}
				</div>
			))}
		</div>
	)
}
