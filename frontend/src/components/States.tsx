import { Alert, Button } from "@mantine/core"
import { type ReactNode, useEffect, useRef } from "react"
import { asProblem } from "@/api/client"
import classes from "./States.module.css"
import { Time } from "./Time"

/** Why there is nothing here, and what to do next. */
export function Empty({
	title,
	children,
	action,
}: {
	title: string
	children?: ReactNode
	action?: ReactNode
}) {
	return (
		<div className={classes.state}>
			<h2 className={classes.title}>{title}</h2>
			{children && <div className={classes.text}>{children}</div>}
			{action}
		</div>
	)
}

function headline(error: unknown): string {
	const { status } = asProblem(error)
	return status === 404 ? "Not found" : status === 0 ? "No connection" : "That didn't work"
}

/** In place of a whole page: the window says so too. */
export function FailedPage(of: { error: unknown; retry?: () => void }) {
	return (
		<>
			<title>{`${headline(of.error)} · Annals`}</title>
			<Failure {...of} />
		</>
	)
}

/** What failed, in the server's words, with the number to quote and another try. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
	const problem = asProblem(error)
	return (
		<div className={classes.state} role="alert">
			<h2 className={classes.title}>{headline(error)}</h2>
			<div className={classes.text}>{problem.message}</div>
			{problem.requestId && <div className={classes.request}>Request {problem.requestId}</div>}
			{retry && problem.status !== 404 && (
				<Button variant="default" onClick={retry}>
					Try again
				</Button>
			)}
		</div>
	)
}

/** Of what was deleted: when, by whom and why, as far as that is known. */
export function DeletedNote({ at, by, reason }: { at: string; by?: string; reason?: string }) {
	return (
		<Alert color="gray" p="xs" my="sm" maw={860}>
			Deleted <Time at={at} />
			{by && ` by ${by}`}
			{reason && ` (${reason})`}; this is its last state.
		</Alert>
	)
}

/** What failed, inside a form or a dialog: one line or two. The first field that is wrong gets the focus. */
export function ProblemNote({ error }: { error: unknown }) {
	const note = useRef<HTMLDivElement>(null)
	useEffect(() => {
		if (error) note.current?.closest("form")?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
	}, [error])
	if (!error) return null
	const problem = asProblem(error)
	return (
		<Alert ref={note} color="red" variant="light" role="alert" p="xs">
			{problem.message}
			{problem.fields.length > 0 &&
				problem.fields.every((field) => !problem.message.includes(field.message)) && (
					<ul style={{ margin: "4px 0 0", paddingInlineStart: 18 }}>
						{problem.fields.map((field) => (
							<li key={field.location + field.message}>{field.message}</li>
						))}
					</ul>
				)}
			{problem.requestId && <div className={classes.request}>Request {problem.requestId}</div>}
		</Alert>
	)
}
