import { getRouteApi } from "@tanstack/react-router"
import { EventPage } from "@/features/log/EventPage"

const route = getRouteApi("/shell/events/$id")

export function Entry() {
	return <EventPage id={route.useParams().id} />
}
