import { useState } from "react"
import { SearchInput } from "@/components/Inputs"
import { Toolbar } from "@/components/Page"
import { Empty } from "@/components/States"
import { usePeople } from "./api"
import { PeopleTable } from "./PeopleTable"

/** The people of one organization, for its page. */
export function PeopleOf({ tenantId }: { tenantId: number }) {
	const [q, setQ] = useState("")
	const list = usePeople({ tenantId, q: q || undefined })
	return (
		<>
			<div style={{ height: 10 }} />
			<Toolbar>
				<SearchInput
					aria-label="Search people"
					placeholder="Name or e-mail"
					w={260}
					value={q}
					onSearch={setQ}
				/>
			</Toolbar>
			<PeopleTable
				data={list}
				empty={
					<Empty title={q ? "Nobody matches" : "Nobody signs in here"}>
						{q ? "Try a part of the name or the address." : "Create a person on the page People."}
					</Empty>
				}
			/>
		</>
	)
}
