import { ActionIcon, Tooltip } from "@mantine/core"
import { useClipboard } from "@mantine/hooks"
import { Check, Copy, X } from "lucide-react"
import { Fragment, type ReactNode, useEffect, useRef } from "react"
import classes from "./Page.module.css"
import { PathLink } from "./PathLink"

/** The frame of every page: a title, what is known about it, what can be done, and the content. */
export function Page({
	title,
	above,
	meta,
	actions,
	tabs,
	fill,
	children,
}: {
	title: string
	/** The pages that this one stands below, from the top. */
	above?: [label: string, path: string][]
	meta?: ReactNode
	actions?: ReactNode
	tabs?: ReactNode
	/** The content scrolls by itself (a table). */
	fill?: boolean
	children: ReactNode
}) {
	return (
		<div className={classes.page}>
			<title>{`${title} · Annals`}</title>
			{above && (
				<nav className={classes.above} aria-label="Above">
					{above.map(([label, path]) => (
						<Fragment key={path}>
							<PathLink path={path} className="plain">
								{label}
							</PathLink>{" "}
							<span aria-hidden>›</span>{" "}
						</Fragment>
					))}
				</nav>
			)}
			<header className={classes.header}>
				<h1 className={classes.title}>{title}</h1>
				{meta && <div className={classes.meta}>{meta}</div>}
				{actions && <div className={classes.actions}>{actions}</div>}
			</header>
			{tabs && <div className={classes.tabs}>{tabs}</div>}
			<div className={fill ? classes.fill : classes.body}>{children}</div>
		</div>
	)
}

/** Search fields and buttons above a table. */
export function Toolbar({ children }: { children: ReactNode }) {
	return <div className={classes.toolbar}>{children}</div>
}

export function Section({
	title,
	hint,
	actions,
	children,
}: {
	title: string
	hint?: ReactNode
	actions?: ReactNode
	children?: ReactNode
}) {
	return (
		<section className={classes.section} aria-label={title}>
			<div className={classes.sectionHead}>
				<h2 className={classes.sectionTitle}>{title}</h2>
				{actions}
				{hint && <div className={classes.sectionHint}>{hint}</div>}
			</div>
			{children}
		</section>
	)
}

/** Names and values, one below the other; a value that isn't there has no line. */
export function Values({ of }: { of: [label: string, value: ReactNode][] }) {
	const present = of.filter(
		([, value]) => value !== undefined && value !== null && value !== "" && value !== false,
	)
	if (present.length === 0) return null
	return (
		<dl className={classes.values}>
			{present.map(([label, value]) => (
				<Fragment key={label}>
					<dt>{label}</dt>
					<dd>{value}</dd>
				</Fragment>
			))}
		</dl>
	)
}

/** Ids, codes and addresses. */
export function Mono({ children }: { children: ReactNode }) {
	return <span className={classes.mono}>{children}</span>
}

export function Code({ children }: { children: ReactNode }) {
	return <pre className={classes.code}>{children}</pre>
}

export function Dim({ children }: { children: ReactNode }) {
	return <span className={classes.dim}>{children}</span>
}

export type Tone = "ok" | "warn" | "fail" | "quiet"

const toneColor: Record<Tone, string> = {
	ok: "var(--annals-ok)",
	warn: "var(--annals-warn)",
	fail: "var(--annals-fail)",
	quiet: "var(--mantine-color-dimmed)",
}

/** A state in a word, with a dot for the eye that scans. */
export function Tag({ tone, children }: { tone: Tone; children: ReactNode }) {
	return (
		<span className={classes.tag}>
			<span aria-hidden className={classes.dot} style={{ background: toneColor[tone] }} />
			{children}
		</span>
	)
}

const hues = [172, 212, 262, 322, 22, 48, 96, 140, 232, 292]

/** A small dot whose colour stands for a name, so that equal names are found with the eye. */
export function NameDot({ name }: { name: string }) {
	let sum = 0
	for (const letter of name) sum = (sum * 31 + letter.charCodeAt(0)) % 997
	const hue = hues[sum % hues.length] ?? 200
	return <span aria-hidden className={classes.dot} style={{ background: `hsl(${hue} 42% 52%)` }} />
}

export function CopyButton({ value, label }: { value: string; label: string }) {
	const clipboard = useClipboard({ timeout: 1200 })
	const text = clipboard.copied ? "Copied" : label
	return (
		<Tooltip label={text}>
			<ActionIcon
				variant="subtle"
				color="gray"
				size="sm"
				aria-label={text}
				onClick={() => clipboard.copy(value)}
			>
				{clipboard.copied ? <Check size={13} /> : <Copy size={13} />}
			</ActionIcon>
		</Tooltip>
	)
}

function shown(value: unknown): string {
	if (value === null || value === undefined || value === "") return "—"
	return typeof value === "object" ? JSON.stringify(value) : String(value)
}

/** Old and new values, field by field. */
export function Diff({ of }: { of: { field: string; old: unknown; new: unknown }[] }) {
	return (
		<table className={classes.diff}>
			<thead>
				<tr>
					<th scope="col">Field</th>
					<th scope="col">Before</th>
					<th scope="col">After</th>
				</tr>
			</thead>
			<tbody>
				{of.map((change, at) => (
					// biome-ignore lint/suspicious/noArrayIndexKey: what was added to a field and what was removed are two lines
					<tr key={at}>
						<td>{change.field}</td>
						<td>
							<del className={`${classes.old} ${classes.mono}`}>{shown(change.old)}</del>
						</td>
						<td>
							<ins style={{ textDecoration: "none" }} className={classes.mono}>
								{shown(change.new)}
							</ins>
						</td>
					</tr>
				))}
			</tbody>
		</table>
	)
}

/** A drawer that leaves the list beside it alive: not modal, closed by Esc or its button. */
export function SidePanel({
	title,
	lead,
	onClose,
	children,
}: {
	title: string
	lead?: ReactNode
	onClose: () => void
	children: ReactNode
}) {
	const panel = useRef<HTMLElement>(null)
	useEffect(() => {
		const before = document.activeElement
		panel.current?.focus()
		return () => {
			if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true })
		}
	}, [])
	return (
		<aside ref={panel} className={classes.panel} aria-label={title} tabIndex={-1}>
			<div className={classes.panelBar}>
				{lead}
				<h2 className={classes.panelTitle} title={title}>
					{title}
				</h2>
				<Tooltip label="Close (Esc)">
					<ActionIcon variant="subtle" color="gray" aria-label="Close" onClick={onClose}>
						<X size={16} />
					</ActionIcon>
				</Tooltip>
			</div>
			<div className={classes.panelBody}>{children}</div>
		</aside>
	)
}
