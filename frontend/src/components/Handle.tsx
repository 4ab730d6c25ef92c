import { Menu } from "@mantine/core"
import { ArrowUpRight, ChevronDown, Copy, Filter } from "lucide-react"
import { type ReactNode, useRef, useState } from "react"
import classes from "./Handle.module.css"
import { PathLink, useFollow } from "./PathLink"

type HandleActions = {
	/** What the value is, to say it in the menu: "Category", "Modified by". */
	field: string
	value: string
	/** Asks for entries with this value only. */
	include?: () => void
	/** Where the thing has its own page. */
	path?: string
	copy?: string
}

type Props = { actions: HandleActions; children: ReactNode; title?: string }

/**
 * A value that can be acted on: a click opens its page, and what else can be done is in a menu beside it;
 * a value without a page opens the menu itself. Button and menu are built only when they are near,
 * because a screen holds hundreds of these.
 */
export function Handle(props: Props) {
	return props.actions.path ? (
		<PageHandle {...props} path={props.actions.path} />
	) : (
		<MenuHandle {...props} label={undefined} className={classes.handle} />
	)
}

function PageHandle({ actions, children, title, path }: Props & { path: string }) {
	const [near, setNear] = useState(false)
	return (
		// biome-ignore lint/a11y/noStaticElementInteractions: what it shows can be reached by Tab as well
		<span
			className={classes.frame}
			onPointerEnter={() => setNear(true)}
			onPointerLeave={() => setNear(false)}
			onFocus={() => setNear(true)}
			onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && setNear(false)}
		>
			<PathLink path={path} className={classes.handle} title={title ?? actions.value}>
				{children}
			</PathLink>
			<MenuHandle
				actions={actions}
				label={`${actions.field}: ${actions.value}`}
				className={near ? classes.more : undefined}
			>
				<ChevronDown size={13} aria-hidden />
			</MenuHandle>
		</span>
	)
}

/** Opens the menu; without a class it isn't shown unless its menu is open. */
function MenuHandle({
	actions,
	children,
	title,
	label,
	className,
}: Props & { label: string | undefined; className: string | undefined }) {
	const [open, setOpen] = useState(false)
	const returning = useRef(false)
	if (!className && !open) return null
	const button = (
		<button
			type="button"
			className={className ?? classes.more}
			title={title ?? actions.value}
			aria-label={label}
			aria-haspopup="menu"
			onClick={() => setOpen(true)}
			ref={(node) => {
				if (node && returning.current) node.focus({ preventScroll: true })
				returning.current = false
			}}
		>
			{children}
		</button>
	)
	if (!open) return button
	return (
		<Menu
			opened
			position="bottom-start"
			returnFocus={false}
			onClose={() => {
				returning.current = true
				setOpen(false)
			}}
		>
			<Menu.Target>{button}</Menu.Target>
			<HandleMenu actions={actions} />
		</Menu>
	)
}

function HandleMenu({ actions }: { actions: HandleActions }) {
	const follow = useFollow()
	const { path, include } = actions
	return (
		<Menu.Dropdown maw={340}>
			<Menu.Label style={{ overflow: "hidden", textOverflow: "ellipsis" }}>
				{actions.field}: {actions.value}
			</Menu.Label>
			{path && (
				<Menu.Item
					component="a"
					href={path}
					leftSection={<ArrowUpRight size={14} />}
					onClick={(event: React.MouseEvent) => follow(event, path)}
				>
					Open
				</Menu.Item>
			)}
			{include && (
				<Menu.Item leftSection={<Filter size={14} />} onClick={include}>
					Only entries with this
				</Menu.Item>
			)}
			<Menu.Item
				leftSection={<Copy size={14} />}
				onClick={() => navigator.clipboard.writeText(actions.copy ?? actions.value)}
			>
				Copy
			</Menu.Item>
		</Menu.Dropdown>
	)
}
