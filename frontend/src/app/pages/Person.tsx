import { SegmentedControl } from "@mantine/core"
import { getRouteApi } from "@tanstack/react-router"
import { useCallback, useMemo } from "react"
import { LogView } from "@/features/log/LogView"
import { type LogSearch, logSearch } from "@/features/log/search"
import { PersonPage } from "@/features/people/PersonPage"
import { around } from "../around"
import type { PersonPart } from "../tabs"

const parts = [
	{ value: "", label: "Everything" },
	{ value: "actor", label: "What they did" },
	{ value: "concerned", label: "What was done to them" },
] as const

function Parts({ value, onChange }: { value?: PersonPart; onChange: (part?: PersonPart) => void }) {
	return (
		<SegmentedControl<PersonPart | "">
			size="xs"
			aria-label="Part of the log"
			value={value ?? ""}
			onChange={(part) => onChange(part || undefined)}
			data={[...parts]}
		/>
	)
}

const route = getRouteApi("/shell/people/$id")

export function PersonAndLog() {
	const { id } = route.useParams()
	const search = route.useSearch()
	const navigate = route.useNavigate()
	const { as } = search
	const onSearch = useCallback(
		(next: LogSearch, how?: { replace?: boolean }) =>
			void navigate({ search: { ...next, as, tab: "log" }, replace: how?.replace }),
		[navigate, as],
	)
	const question = useMemo(() => logSearch(search), [search])
	const fixed = useMemo(() => ({ userId: [String(id)], ...(as && { userAs: [as] }) }), [id, as])
	return (
		<PersonPage
			key={id}
			id={id}
			tab={search.tab ?? "details"}
			editing={search.edit === "true"}
			onTab={(tab) => navigate({ search: tab === "log" ? { tab } : {} })}
			log={
				<LogView
					around={around}
					search={question}
					onSearch={onSearch}
					fixed={fixed}
					lead={
						<Parts
							value={as}
							onChange={(as) => navigate({ search: { ...question, event: undefined, as, tab: "log" } })}
						/>
					}
				/>
			}
		/>
	)
}
