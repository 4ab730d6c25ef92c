import { Button, Text } from "@mantine/core"
import { notifications } from "@mantine/notifications"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { Laptop, Smartphone, X } from "lucide-react"
import { asProblem } from "@/api/client"
import type { Me, Session } from "@/api/types"
import { Section } from "@/components/Page"
import { Failure } from "@/components/States"
import { Time } from "@/components/Time"
import { device } from "@/lib/agent"
import { sessionsQuery, useHistory, useRevoke, useRevokeOthers } from "./api"
import classes from "./Me.module.css"

export function SignIns({ me }: { me: Me }) {
	return (
		<>
			<Sessions />
			<History me={me} />
		</>
	)
}

const methods: Record<string, string> = {
	password: "password",
	"password+totp": "password and code",
	"password+recovery": "password and recovery code",
	otp: "one-time password",
	"otp+totp": "one-time password and code",
}

function Sessions() {
	const sessions = useQuery(sessionsQuery)
	const revoke = useRevoke()
	const revokeOthers = useRevokeOthers()
	const fail = (error: unknown) => notifications.show({ color: "red", message: asProblem(error).message })
	if (sessions.error) return <Failure error={sessions.error} retry={sessions.refetch} />
	const all = sessions.data ?? []
	const ordered = [...all.filter((one) => one.current), ...all.filter((one) => !one.current)]
	return (
		<Section
			title="Where you are signed in"
			actions={
				all.length > 1 && (
					<Button
						variant="default"
						size="compact-sm"
						loading={revokeOthers.isPending}
						onClick={() =>
							revokeOthers.mutate(undefined, {
								onSuccess: () => notifications.show({ message: "Signed out everywhere else." }),
								onError: fail,
							})
						}
					>
						Sign out everywhere else
					</Button>
				)
			}
		>
			<ul className={classes.list}>
				{ordered.map((session) => (
					<SessionLine
						key={session.id}
						session={session}
						busy={revoke.isPending && revoke.variables === session.id}
						onRevoke={() => revoke.mutate(session.id, { onError: fail })}
					/>
				))}
			</ul>
		</Section>
	)
}

function SessionLine({ session, busy, onRevoke }: { session: Session; busy: boolean; onRevoke: () => void }) {
	const Icon = /iPhone|Android/.test(session.userAgent) ? Smartphone : Laptop
	return (
		<li className={classes.session}>
			<Icon size={16} className={classes.quiet} aria-hidden />
			<div>
				<div>
					<span className={classes.device} title={session.userAgent}>
						{device(session.userAgent)}
					</span>
					{session.current && <span className={classes.here}>This device</span>}
				</div>
				<div className={classes.quiet}>
					<span className={classes.mono}>{session.ip}</span> · {methods[session.method] ?? session.method} ·
					signed in <Time at={session.createdAt} />
					{!session.current && (
						<>
							{" "}
							· last seen <Time at={session.lastSeenAt} as="relative" />
						</>
					)}
				</div>
			</div>
			{!session.current && (
				<Button variant="default" size="compact-sm" loading={busy} onClick={onRevoke}>
					Sign out
				</Button>
			)}
		</li>
	)
}

function History({ me }: { me: Me }) {
	const history = useHistory(me.user.id)
	if (history.error) return <Failure error={history.error} retry={history.retry} />
	return (
		<Section
			title="History"
			hint="Every sign-in as you, and every failed try. If one wasn't you, sign out everywhere else and change your password."
		>
			{history.rows.length === 0 && !history.isPending && (
				<Text size="sm" c="dimmed">
					Nothing yet.
				</Text>
			)}
			<ul className={classes.list}>
				{history.rows.map((event) => (
					<li key={event.id} className={classes.history}>
						<Link to="/events/$id" params={{ id: event.id }} className="plain">
							<Time at={event.occurredAt} />
						</Link>
						<span
							className={event.outcome === "failure" ? classes.failed : undefined}
							title={event.description}
						>
							{event.outcome === "failure" && (
								<X size={13} aria-label="Failed:" style={{ verticalAlign: -2 }} />
							)}{" "}
							{event.description}
						</span>
						<span className={classes.quiet} title={event.userAgent}>
							{event.userAgent && device(event.userAgent)}
						</span>
						<span className={`${classes.mono} ${classes.quiet}`}>{event.ip}</span>
					</li>
				))}
			</ul>
			{history.more.available && (
				<Button variant="default" mt="sm" loading={history.more.loading} onClick={history.more.load}>
					Show older ones
				</Button>
			)}
		</Section>
	)
}
