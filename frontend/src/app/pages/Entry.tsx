import { getRouteApi } from "@tanstack/react-router"
import { EventPage } from "@/features/log/EventPage"
import { around } from "../around"

const route = getRouteApi("/shell/events/$id")

export function Entry() {
	return <EventPage around={around} id={route.useParams().id} />
}
