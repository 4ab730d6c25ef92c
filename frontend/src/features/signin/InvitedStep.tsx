import { Anchor, Button, PasswordInput, Skeleton, Stack, TextInput } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { type ReactNode, useState } from "react"
import { asProblem } from "@/api/client"
import { Problem } from "@/api/problem"
import { invitationQuery } from "./api"
import classes from "./SignIn.module.css"
import { isOver } from "./wording"

/** Whoever was invited chooses a password. A link that has ended says what to do. */
export function InvitedStep(props: {
	token: string
	busy: boolean
	error: unknown
	note: ReactNode
	onSubmit: (password: string) => void
}) {
	const invitation = useQuery(invitationQuery(props.token))
	const [password, setPassword] = useState("")
	if (props.token === "")
		return (
			<Ended title="Open the link once more">
				The address lacks what lets you in. Open the link in the mail that invited you again.
			</Ended>
		)
	const over = [props.error, invitation.error].find((error) => isOver(error, "body.token"))
	if (over) return <Ended title="This invitation has ended">{asProblem(over).message}</Ended>
	if (invitation.error) return <Ended title="That didn't work">{asProblem(invitation.error).message}</Ended>
	if (!invitation.data) return <Skeleton height={216} />
	const { name, email, organization } = invitation.data
	const wrong = props.error instanceof Problem ? props.error.byField.password : undefined
	return (
		<form
			onSubmit={(event) => {
				event.preventDefault()
				props.onSubmit(password)
			}}
		>
			<h1 className={classes.title}>Welcome, {name}</h1>
			<p className={classes.text}>
				You are invited to {organization}. Choose a password, and you are in; the link in your mail is used up
				by it.
			</p>
			<Stack gap="sm">
				<TextInput
					label="E-mail"
					type="email"
					name="email"
					autoComplete="username"
					size="sm"
					readOnly
					value={email}
				/>
				<PasswordInput
					label="Password"
					description="12 characters or more. A few words that don't belong together are better than one with signs in it."
					name="password"
					autoComplete="new-password"
					size="sm"
					required
					withAsterisk={false}
					autoFocus
					value={password}
					onChange={(event) => setPassword(event.currentTarget.value)}
					error={wrong}
					aria-invalid={wrong !== undefined}
				/>
				{!wrong && props.note}
				<Button type="submit" size="sm" loading={props.busy} disabled={password === ""}>
					Set password and continue
				</Button>
			</Stack>
		</form>
	)
}

function Ended({ title, children }: { title: string; children: ReactNode }) {
	return (
		<>
			<h1 className={classes.title}>{title}</h1>
			<p className={classes.text} role="alert">
				{children}
			</p>
			<Anchor component={Link} to="/sign-in" size="sm">
				I have a password already
			</Anchor>
		</>
	)
}
