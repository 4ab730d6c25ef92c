import { getRouteApi } from "@tanstack/react-router"
import { useCallback, useMemo } from "react"
import { LogView } from "@/features/log/LogView"
import { type LogSearch, logSearch } from "@/features/log/search"
import { PersonPage } from "@/features/people/PersonPage"
import { around } from "../around"

const route = getRouteApi("/shell/people/$id")

export function PersonAndLog() {
	const { id } = route.useParams()
	const search = route.useSearch()
	const navigate = route.useNavigate()
	const onSearch = useCallback(
		(next: LogSearch, how?: { replace?: boolean }) =>
			void navigate({ search: { ...next, tab: "log" }, replace: how?.replace }),
		[navigate],
	)
	const question = useMemo(() => logSearch(search), [search])
	const fixed = useMemo(() => ({ userId: [String(id)] }), [id])
	return (
		<PersonPage
			key={id}
			id={id}
			tab={search.tab ?? "details"}
			editing={search.edit === "true"}
			onTab={(tab) => navigate({ search: tab === "log" ? { tab } : {} })}
			log={<LogView around={around} search={question} onSearch={onSearch} fixed={fixed} />}
		/>
	)
}
