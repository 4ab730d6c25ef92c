import { Button } from "@mantine/core"
import { ScrollText } from "lucide-react"
import classes from "./LogLink.module.css"
import { PathLink } from "./PathLink"

/** One click from a row of a list to the log of what it stands for. */
export function LogLink({ path, label }: { path: string; label: string }) {
	return (
		<PathLink path={path} className={classes.link} aria-label={label} title={label}>
			<ScrollText size={14} aria-hidden />
		</PathLink>
	)
}

/** The same from a thing's own page: to the tab with its log. */
export function LogButton({ label, open, onOpen }: { label: string; open: boolean; onOpen: () => void }) {
	return (
		<Button variant="default" leftSection={<ScrollText size={13} />} onClick={onOpen} disabled={open}>
			{label}
		</Button>
	)
}
