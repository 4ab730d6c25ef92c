import { getRouteApi } from "@tanstack/react-router"
import { useCallback, useMemo } from "react"
import type { ObjectStub } from "@/api/types"
import { LogView } from "@/features/log/LogView"
import { type LogSearch, logSearch } from "@/features/log/search"
import { ObjectPage } from "@/features/objects/ObjectPage"
import { objectSearch } from "@/features/objects/search"
import { around } from "../around"

const route = getRouteApi("/shell/objects/$kind/$id")

export function ObjectAndLog() {
	const { kind, id } = route.useParams()
	const search = route.useSearch()
	const navigate = route.useNavigate()
	return (
		<ObjectPage
			key={`${kind} ${id}`}
			kind={kind}
			id={id}
			search={useMemo(() => objectSearch(search), [search])}
			onSearch={(next, how) => void navigate({ search: next, ignoreBlocker: how?.unasked })}
			timeline={(object) => <Timeline object={object} />}
		/>
	)
}

function Timeline({ object }: { object: ObjectStub }) {
	const search = route.useSearch()
	const navigate = route.useNavigate()
	const onSearch = useCallback(
		(next: LogSearch, how?: { replace?: boolean }) =>
			void navigate({ search: object.managed ? { ...next, tab: "log" } : next, replace: how?.replace }),
		[navigate, object.managed],
	)
	const question = useMemo(() => logSearch(search), [search])
	const fixed = useMemo(
		() => ({ objectKind: [object.kind], objectRef: [String(object.id)] }),
		[object.kind, object.id],
	)
	return <LogView around={around} search={question} onSearch={onSearch} fixed={fixed} />
}
