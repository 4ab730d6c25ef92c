import { Alert, Anchor, Button, PasswordInput, Stack, Text, TextInput } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react"
import { api } from "@/api/client"
import { Problem } from "@/api/problem"
import type { SignedIn, SignInAnswer } from "@/api/types"
import { Mark } from "@/components/Brand"
import { CodeInput } from "@/components/Inputs"
import { acceptInvitation, activate, requestOtp, setupQuery, signIn, signInWithOtp, verify } from "./api"
import classes from "./SignIn.module.css"
import { isOver, sentence } from "./wording"

// Seldom needed, and never on the way of somebody who signs in every day.
const AuthenticatorSetup = lazy(() =>
	import("@/components/AuthenticatorSetup").then((m) => ({ default: m.AuthenticatorSetup })),
)
const InvitedStep = lazy(() => import("./InvitedStep").then((m) => ({ default: m.InvitedStep })))
const RecoveryCodes = lazy(() =>
	import("@/components/RecoveryCodes").then((m) => ({ default: m.RecoveryCodes })),
)

type State =
	| { step: "password"; notice?: string }
	| { step: "code"; challenge: string; recovery: boolean }
	| { step: "setup"; challenge: string }
	| { step: "codes"; codes: string[] }
	| { step: "otp"; sent: boolean }
	| { step: "invited"; token: string }

/** Signing in, step by step; `onDone` is called once there is a session. */
export function SignInPage({
	invitation,
	onDone,
}: {
	/** The token of whoever was invited, who chooses a password first. */
	invitation?: string
	onDone: () => void
}) {
	const [state, setState] = useState<State>(
		invitation === undefined ? { step: "password" } : { step: "invited", token: invitation },
	)
	const [email, setEmail] = useState("")
	const [error, setError] = useState<unknown>()
	const [busy, setBusy] = useState(false)

	function go(next: State) {
		setError(undefined)
		setState(next)
	}
	function finish(signedIn: SignedIn) {
		api.accept(signedIn)
		onDone()
	}
	function follow(answer: SignInAnswer) {
		if (answer.status === "ok") finish(answer)
		else if (answer.status === "mfa_required")
			go({ step: "code", challenge: answer.challenge, recovery: false })
		else go({ step: "setup", challenge: answer.challenge })
	}
	/** Runs one step and shows what went wrong with it. */
	async function attempt(work: () => Promise<void>) {
		setBusy(true)
		setError(undefined)
		try {
			await work()
		} catch (problem) {
			if (isOver(problem, "body.challenge")) go({ step: "password", notice: problem.message })
			else setError(problem)
		} finally {
			setBusy(false)
		}
	}

	const note = Boolean(error) && <SignInProblem error={error} />
	return (
		<main className={classes.page}>
			<title>Sign in · Annals</title>
			<div className={classes.card}>
				<div className={classes.brand}>
					<Mark size={24} /> Annals
				</div>
				{state.step === "password" && (
					<PasswordStep
						email={email}
						setEmail={setEmail}
						busy={busy}
						note={note || (state.notice && <Alert p="xs">{state.notice}</Alert>)}
						onSubmit={(password) => attempt(async () => follow(await signIn(email.trim(), password)))}
						onOtp={() => go({ step: "otp", sent: false })}
					/>
				)}
				{state.step === "code" && (
					<CodeStep
						recovery={state.recovery}
						setRecovery={(recovery) => go({ ...state, recovery })}
						busy={busy}
						failed={Boolean(error)}
						note={note}
						onSubmit={(code) => attempt(async () => finish(await verify(state.challenge, code)))}
						onBack={() => go({ step: "password" })}
					/>
				)}
				{state.step === "setup" && (
					<SetupStep
						challenge={state.challenge}
						busy={busy}
						error={error}
						onCode={(code) =>
							attempt(async () => {
								const activated = await activate(state.challenge, code)
								api.accept(activated)
								go({ step: "codes", codes: activated.recoveryCodes })
							})
						}
						onBack={() => go({ step: "password" })}
					/>
				)}
				{state.step === "codes" && (
					<>
						<h1 className={classes.title}>Your recovery codes</h1>
						<p className={classes.text}>
							Each of them signs you in once, should you lose your phone. They are not shown again.
						</p>
						<Suspense>
							<RecoveryCodes codes={state.codes} fileName="annals-recovery-codes.txt" onKept={onDone} />
						</Suspense>
					</>
				)}
				{state.step === "invited" && (
					<Suspense>
						<InvitedStep
							token={state.token}
							busy={busy}
							error={error}
							note={note}
							onSubmit={(password) =>
								attempt(async () => follow(await acceptInvitation(state.token, password)))
							}
						/>
					</Suspense>
				)}
				{state.step === "otp" && (
					<OtpStep
						email={email}
						setEmail={setEmail}
						sent={state.sent}
						busy={busy}
						note={note}
						onRequest={() =>
							attempt(async () => {
								await requestOtp(email.trim())
								go({ step: "otp", sent: true })
							})
						}
						onSubmit={(otp) => attempt(async () => follow(await signInWithOtp(email.trim(), otp)))}
						onBack={() => go({ step: "password" })}
					/>
				)}
			</div>
		</main>
	)
}

function SignInProblem({ error }: { error: unknown }) {
	const wait = useCountdown(error instanceof Problem ? (error.retryAt ?? 0) : 0)
	const throttled = error instanceof Problem && error.status === 429
	return (
		<Alert color={throttled ? "yellow" : "red"} p="xs" role="alert">
			{sentence(error)}
			{throttled &&
				(wait > 0 ? <span aria-live="off"> Try again in {wait} s.</span> : " You can try again now.")}
		</Alert>
	)
}

/** Whole seconds until then. */
function useCountdown(until: number): number {
	const [now, setNow] = useState(() => Date.now())
	useEffect(() => {
		const timer = setInterval(() => setNow(Date.now()), 500)
		return () => clearInterval(timer)
	}, [])
	return Math.max(0, Math.ceil((until - now) / 1000))
}

function PasswordStep(props: {
	email: string
	setEmail: (email: string) => void
	busy: boolean
	note: ReactNode
	onSubmit: (password: string) => void
	onOtp: () => void
}) {
	const [password, setPassword] = useState("")
	return (
		<form
			onSubmit={(event) => {
				event.preventDefault()
				props.onSubmit(password)
			}}
		>
			<h1 className={classes.title}>Sign in</h1>
			<p className={classes.text}>Every sign-in, and every failed one, is kept in the log.</p>
			<Stack gap="sm">
				<TextInput
					label="E-mail"
					type="email"
					name="email"
					autoComplete="username"
					size="sm"
					required
					withAsterisk={false}
					autoFocus
					value={props.email}
					onChange={(event) => props.setEmail(event.currentTarget.value)}
				/>
				<PasswordInput
					label="Password"
					name="password"
					autoComplete="current-password"
					size="sm"
					required
					withAsterisk={false}
					value={password}
					onChange={(event) => setPassword(event.currentTarget.value)}
				/>
				{props.note}
				<Button type="submit" size="sm" loading={props.busy}>
					Sign in
				</Button>
				<Anchor component="button" type="button" size="sm" onClick={props.onOtp}>
					E-mail me a one-time password instead
				</Anchor>
			</Stack>
		</form>
	)
}

function CodeStep(props: {
	recovery: boolean
	setRecovery: (recovery: boolean) => void
	busy: boolean
	failed: boolean
	note: ReactNode
	onSubmit: (code: string) => Promise<void>
	onBack: () => void
}) {
	const [code, setCode] = useState("")
	const [tries, setTries] = useState(0)
	/** A code that was refused leaves empty boxes, ready for the next one. */
	async function submit(given: string) {
		await props.onSubmit(given)
		setCode("")
		setTries((before) => before + 1)
	}
	return (
		<form
			onSubmit={(event) => {
				event.preventDefault()
				void submit(code.trim())
			}}
		>
			<h1 className={classes.title}>{props.recovery ? "Use a recovery code" : "Enter your code"}</h1>
			<p className={classes.text}>
				{props.recovery
					? "One of the ten that you kept when you set up your second factor. It works once."
					: "The six digits that your authenticator app shows now."}
			</p>
			<Stack gap="sm">
				{props.recovery ? (
					<TextInput
						label="Recovery code"
						size="sm"
						autoComplete="off"
						spellCheck={false}
						autoFocus
						value={code}
						onChange={(event) => setCode(event.currentTarget.value)}
					/>
				) : (
					<CodeInput
						key={tries}
						label="Code from your app"
						value={code}
						onChange={setCode}
						onComplete={submit}
						error={props.failed}
						autoFocus
					/>
				)}
				{props.note}
				<Button
					type="submit"
					size="sm"
					loading={props.busy}
					disabled={props.recovery ? code.trim() === "" : code.length < 6}
				>
					Continue
				</Button>
				<Anchor
					component="button"
					type="button"
					size="sm"
					onClick={() => {
						setCode("")
						props.setRecovery(!props.recovery)
					}}
				>
					{props.recovery ? "Use the app's code" : "Use a recovery code"}
				</Anchor>
				<Anchor component="button" type="button" size="sm" c="dimmed" onClick={props.onBack}>
					Start again
				</Anchor>
			</Stack>
		</form>
	)
}

function SetupStep(props: {
	challenge: string
	busy: boolean
	error: unknown
	onCode: (code: string) => void
	onBack: () => void
}) {
	const setup = useQuery(setupQuery(props.challenge))
	return (
		<>
			<h1 className={classes.title}>Set up your second factor</h1>
			<p className={classes.text}>
				Your organization asks for one. Scan this with an authenticator app; after that you get ten recovery
				codes, and you are in.
			</p>
			<Suspense>
				<AuthenticatorSetup
					setup={setup.data}
					error={setup.error ?? props.error}
					busy={props.busy}
					onCode={props.onCode}
				/>
			</Suspense>
			<Anchor component="button" type="button" size="sm" c="dimmed" mt="sm" onClick={props.onBack}>
				Start again
			</Anchor>
		</>
	)
}

function OtpStep(props: {
	email: string
	setEmail: (email: string) => void
	sent: boolean
	busy: boolean
	note: ReactNode
	onRequest: () => void
	onSubmit: (otp: string) => void
	onBack: () => void
}) {
	const [otp, setOtp] = useState("")
	return (
		<form
			onSubmit={(event) => {
				event.preventDefault()
				if (props.sent) props.onSubmit(otp.trim())
				else props.onRequest()
			}}
		>
			<h1 className={classes.title}>One-time password</h1>
			<p className={classes.text}>
				{props.sent
					? `If ${props.email.trim()} may sign in, a password is on its way there. It works once and for a few minutes.`
					: "We send a password to your e-mail address. It works once."}
			</p>
			<Stack gap="sm">
				{props.sent ? (
					<TextInput
						label="One-time password"
						size="sm"
						autoComplete="one-time-code"
						spellCheck={false}
						autoFocus
						required
						withAsterisk={false}
						value={otp}
						onChange={(event) => setOtp(event.currentTarget.value)}
					/>
				) : (
					<TextInput
						label="E-mail"
						type="email"
						autoComplete="username"
						size="sm"
						autoFocus
						required
						withAsterisk={false}
						value={props.email}
						onChange={(event) => props.setEmail(event.currentTarget.value)}
					/>
				)}
				{props.note}
				<Button type="submit" size="sm" loading={props.busy}>
					{props.sent ? "Sign in" : "Send it"}
				</Button>
				{props.sent && (
					<Anchor component="button" type="button" size="sm" onClick={props.onRequest}>
						Send another one
					</Anchor>
				)}
				<Anchor component="button" type="button" size="sm" c="dimmed" onClick={props.onBack}>
					<Text inherit span>
						Sign in with my password
					</Text>
				</Anchor>
			</Stack>
		</form>
	)
}
