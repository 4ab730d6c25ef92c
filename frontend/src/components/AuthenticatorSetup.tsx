import { Anchor, Button, Loader, Stack, Text } from "@mantine/core"
import { useState } from "react"
import { groupsOfFour } from "@/lib/words"
import classes from "./AuthenticatorSetup.module.css"
import { CodeInput } from "./Inputs"
import { CopyButton } from "./Page"
import { ProblemNote } from "./States"

/** A QR code to scan, the same secret to type, and a first code that proves it arrived. */
export function AuthenticatorSetup({
	setup,
	error,
	busy,
	onCode,
}: {
	setup: { secret: string; otpauthUrl: string; qrCode: string } | undefined
	error: unknown
	busy: boolean
	onCode: (code: string) => void
}) {
	const [code, setCode] = useState("")
	const [refused, setRefused] = useState({ by: error, times: 0 })
	// A code that was refused leaves empty boxes, ready for the next one.
	if (error !== refused.by) {
		setRefused({ by: error, times: error ? refused.times + 1 : refused.times })
		if (error) setCode("")
	}
	if (!setup) return error ? <ProblemNote error={error} /> : <Loader size="sm" aria-label="Loading" />
	return (
		<form
			onSubmit={(event) => {
				event.preventDefault()
				onCode(code)
			}}
		>
			<Stack gap="sm">
				<img className={classes.qr} src={setup.qrCode} alt="QR code for the authenticator app" />
				<div>
					<Text size="sm" c="dimmed" mb={4}>
						Can't scan? Type this secret, or{" "}
						<Anchor href={setup.otpauthUrl}>open the app on this device</Anchor>.
					</Text>
					<div className={classes.secret}>
						<span>{groupsOfFour(setup.secret)}</span>
						<CopyButton value={setup.secret} label="Copy the secret" />
					</div>
				</div>
				<Text size="sm">Then enter the six digits that the app shows.</Text>
				<CodeInput
					key={refused.times}
					label="Code from the app"
					value={code}
					onChange={setCode}
					onComplete={onCode}
					error={Boolean(error)}
					autoFocus={refused.times > 0}
				/>
				<ProblemNote error={error} />
				<Button type="submit" size="sm" loading={busy} disabled={code.length < 6}>
					Turn on
				</Button>
			</Stack>
		</form>
	)
}
