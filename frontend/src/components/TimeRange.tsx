import { Button, Popover } from "@mantine/core"
import { Clock } from "lucide-react"
import { lazy, Suspense, useState } from "react"
import { type Range, rangeLabel, relativeRanges } from "@/lib/range"
import classes from "./Filters.module.css"
import { useZone } from "./Time"

// The calendar is heavy and seldom needed.
const AbsoluteRange = lazy(() => import("./AbsoluteRange").then((m) => ({ default: m.AbsoluteRange })))

/** "Last 7 days", or from one minute to another in the viewer's zone. */
export function TimeRange({ value, onChange }: { value: Range; onChange: (range: Range) => void }) {
	const [open, setOpen] = useState(false)
	const zone = useZone()
	const choose = (range: Range) => {
		onChange(range)
		setOpen(false)
	}
	return (
		<Popover opened={open} onChange={setOpen} position="bottom-end" trapFocus returnFocus>
			<Popover.Target>
				<Button
					variant="default"
					size="compact-sm"
					h={26}
					leftSection={<Clock size={13} />}
					onClick={() => setOpen(!open)}
				>
					{rangeLabel(value, zone)}
				</Button>
			</Popover.Target>
			<Popover.Dropdown p="xs" aria-label="Time range">
				<div style={{ display: "flex", flexWrap: "wrap", gap: 12, maxWidth: "calc(100vw - 48px)" }}>
					<div style={{ minWidth: 140 }}>
						{relativeRanges.map((range) => (
							<button
								key={range.token}
								type="button"
								className={classes.option}
								aria-pressed={value.last === range.token}
								onClick={() => choose({ last: range.token })}
							>
								{range.label}
							</button>
						))}
						<button
							type="button"
							className={classes.option}
							aria-pressed={!value.last && !value.from && !value.to}
							onClick={() => choose({})}
						>
							All time
						</button>
					</div>
					{open && (
						<Suspense fallback={<div style={{ width: 260, height: 380 }} />}>
							<AbsoluteRange value={value} onChange={choose} />
						</Suspense>
					)}
				</div>
				<div className={classes.hint}>Times are in {zone}.</div>
			</Popover.Dropdown>
		</Popover>
	)
}
