import { getRouteApi } from "@tanstack/react-router"
import { useCallback } from "react"
import { LogPage } from "@/features/log/LogPage"
import type { LogSearch } from "@/features/log/search"
import { around } from "../around"

const route = getRouteApi("/shell/log")

export function Log() {
	const navigate = route.useNavigate()
	const onSearch = useCallback(
		(search: LogSearch, how?: { replace?: boolean }) => void navigate({ search, replace: how?.replace }),
		[navigate],
	)
	return <LogPage around={around} search={route.useSearch()} onSearch={onSearch} />
}
