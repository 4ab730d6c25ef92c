import { getRouteApi } from "@tanstack/react-router"
import { type ComponentProps, useCallback, useMemo } from "react"
import type { Tenant } from "@/api/types"
import { LogView } from "@/features/log/LogView"
import { type LogSearch, logSearch } from "@/features/log/search"
import { OrganizationPage } from "@/features/organization/OrganizationPage"
import { PeopleOf } from "@/features/people/PeopleOf"
import { around } from "../around"

const route = getRouteApi("/shell/organization/$id")

export function OrganizationAndLog() {
	const { id } = route.useParams()
	const { tab, edit } = route.useSearch()
	const navigate = route.useNavigate()
	return (
		<OrganizationPage
			id={id}
			tab={tab ?? "details"}
			editing={edit === "true"}
			onTab={(next) => navigate({ search: next === "details" ? {} : { tab: next } })}
			people={<PeopleOf key={id} tenantId={id} />}
			log={(tenant) => <LogWithin tenant={tenant} />}
			gone={<LogAbout id={id} />}
		/>
	)
}

/** Everything that happened in an organization and below it. */
function LogWithin({ tenant }: { tenant: Tenant }) {
	const fixed = useMemo(() => within(tenant), [tenant])
	return <Log fixed={fixed} tab="log" />
}

/** What happened to the organization itself. */
function LogAbout({ id }: { id: number }) {
	const fixed = useMemo(() => ({ objectKind: ["annals.tenant"], objectRef: [String(id)] }), [id])
	return <Log fixed={fixed} />
}

function Log({ fixed, tab }: { fixed: ComponentProps<typeof LogView>["fixed"]; tab?: "log" }) {
	const search = route.useSearch()
	const navigate = route.useNavigate()
	const onSearch = useCallback(
		(next: LogSearch, how?: { replace?: boolean }) =>
			void navigate({ search: { ...next, tab }, replace: how?.replace }),
		[navigate, tab],
	)
	const question = useMemo(() => logSearch(search), [search])
	return <LogView around={around} search={question} onSearch={onSearch} fixed={fixed} />
}

/** The filter for everything of a node and below it; the platform's own node has all. */
function within(tenant: Tenant) {
	const id = [String(tenant.id)]
	if (tenant.level === "sales_org") return { salesOrgId: id }
	if (tenant.level === "dealer") return { dealerId: id }
	if (tenant.level === "reseller") return { resellerId: id }
	return {}
}
