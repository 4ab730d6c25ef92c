import { getRouteApi } from "@tanstack/react-router"
import { useMay, useMe } from "@/api/me"
import { SettingsPage } from "@/features/objects/SettingsPage"
import { Policy } from "@/features/organization/Policy"

const route = getRouteApi("/shell/settings")

export function Settings() {
	const search = route.useSearch()
	const navigate = route.useNavigate()
	const own = useMe().scope.tenantId
	const seesTenants = useMay("tenants.read")
	const tenantId = search.tenantId ?? own
	return (
		<SettingsPage
			tenantId={tenantId}
			edit={search.edit}
			onSearch={(next, how) =>
				void navigate({
					search: { tenantId: next.tenantId === own ? undefined : next.tenantId, edit: next.edit },
					ignoreBlocker: how?.unasked,
				})
			}
			policy={seesTenants && <Policy key={tenantId} tenantId={tenantId} />}
		/>
	)
}
