import { Link, useNavigate } from "@tanstack/react-router"
import { ShieldCheck } from "lucide-react"
import type { ReactNode } from "react"
import type { User } from "@/api/types"
import { Lines } from "@/components/Lines"
import { LogLink } from "@/components/LogLink"
import { Dim } from "@/components/Page"
import { type Column, type Rows, Table } from "@/components/Table"
import { Time } from "@/components/Time"
import { pathText } from "@/lib/words"
import { PersonState, roleWords } from "./words"

export function PeopleTable({ data, empty }: { data: Rows<User>; empty: ReactNode }) {
	const navigate = useNavigate()
	return (
		<Table
			label="People"
			columns={columns}
			data={data}
			rowId={(user) => String(user.id)}
			onOpen={(user) => navigate({ to: "/people/$id", params: { id: user.id } })}
			card={(user) => (
				<Lines
					first={<Name user={user} />}
					aside={
						<>
							<PersonState user={user} /> <UserLog of={user} />
						</>
					}
					second={`${roleWords[user.role]} · ${user.tenantName} · ${user.email}`}
				/>
			)}
			empty={empty}
		/>
	)
}

function UserLog({ of }: { of: User }) {
	return <LogLink path={`/people/${of.id}?tab=log`} label={`User log of ${of.name || of.email}`} />
}

function Name({ user }: { user: User }) {
	return (
		<Link to="/people/$id" params={{ id: user.id }} className="plain" style={{ fontWeight: 500 }}>
			{user.name || user.email}
		</Link>
	)
}

const columns: Column<User>[] = [
	{ id: "name", label: "Name", width: 220, cell: (user) => <Name user={user} /> },
	{ id: "email", label: "E-mail", width: 240, grow: true, cell: (user) => user.email },
	{ id: "role", label: "Role", width: 80, cell: (user) => roleWords[user.role] },
	{ id: "state", label: "State", width: 96, cell: (user) => <PersonState user={user} /> },
	{
		id: "mfa",
		label: "Second factor",
		width: 110,
		cell: (user) =>
			user.mfaEnabled ? (
				<span style={{ display: "inline-flex", gap: 5, alignItems: "center" }}>
					<ShieldCheck size={13} aria-hidden /> On
				</span>
			) : (
				<Dim>Off</Dim>
			),
	},
	{
		id: "tenant",
		label: "Organization",
		width: 180,
		cell: (user) => <span title={pathText(user.tenantPath)}>{user.tenantName}</span>,
	},
	{
		id: "last",
		label: "Last sign-in",
		width: 140,
		cell: (user) => (user.lastSignInAt ? <Time at={user.lastSignInAt} as="relative" /> : <Dim>Never</Dim>),
	},
	{ id: "log", label: "Log", width: 44, cell: (user) => <UserLog of={user} /> },
]
