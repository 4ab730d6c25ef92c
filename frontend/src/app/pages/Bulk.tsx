import { getRouteApi } from "@tanstack/react-router"
import { BulkPage } from "@/features/objects/BulkPage"

const route = getRouteApi("/shell/objects/$kind/bulk/$id")

export function Bulk() {
	const navigate = route.useNavigate()
	const { id } = route.useParams()
	return (
		<BulkPage
			key={id}
			id={id}
			search={route.useSearch()}
			onSearch={(search) => void navigate({ search, replace: true })}
		/>
	)
}
