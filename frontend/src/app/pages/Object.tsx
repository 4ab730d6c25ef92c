import { getRouteApi } from "@tanstack/react-router"
import { useCallback, useMemo } from "react"
import type { ObjectStub } from "@/api/types"
import { LogView } from "@/features/log/LogView"
import type { LogSearch } from "@/features/log/search"
import { ObjectPage } from "@/features/objects/ObjectPage"

const route = getRouteApi("/shell/objects/$kind/$id")

export function ObjectAndLog() {
	const { kind, id } = route.useParams()
	return <ObjectPage kind={kind} id={id} timeline={(object) => <Timeline object={object} />} />
}

function Timeline({ object }: { object: ObjectStub }) {
	const navigate = route.useNavigate()
	const onSearch = useCallback(
		(search: LogSearch, how?: { replace?: boolean }) => void navigate({ search, replace: how?.replace }),
		[navigate],
	)
	const fixed = useMemo(
		() => ({ objectKind: [object.kind], objectRef: [String(object.id)] }),
		[object.kind, object.id],
	)
	return <LogView search={route.useSearch()} onSearch={onSearch} fixed={fixed} />
}
