import { Menu } from "@mantine/core"
import { ArrowUpRight, Copy, Filter } from "lucide-react"
import { type ReactNode, useRef, useState } from "react"
import classes from "./Handle.module.css"
import { useFollow } from "./PathLink"

export type HandleActions = {
	/** What the value is, to say it in the menu: "Category", "Modified by". */
	field: string
	value: string
	/** Asks for entries with this value only. */
	include?: () => void
	/** Where the thing has its own page. */
	path?: string
	copy?: string
}

/**
 * A value that can be acted on: filter by it, open its page, copy it. The menu is built only when it
 * is asked for, because a screen holds hundreds of these.
 */
export function Handle({
	actions,
	children,
	title,
}: {
	actions: HandleActions
	children: ReactNode
	title?: string
}) {
	const [open, setOpen] = useState(false)
	const returning = useRef(false)
	const button = (
		<button
			type="button"
			className={classes.handle}
			title={title ?? actions.value}
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
