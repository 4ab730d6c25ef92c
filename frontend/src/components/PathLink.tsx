import { useRouter } from "@tanstack/react-router"
import type { ComponentProps, MouseEvent } from "react"

/** Goes to a path of this portal that comes as data. */
export function useGoTo(): (path: string) => void {
	const router = useRouter()
	return (path) => router.history.push(path)
}

/** Follows a path of this portal without loading it anew, unless the person wants another tab. */
export function useFollow(): (event: MouseEvent, path: string) => void {
	const goTo = useGoTo()
	return (event, path) => {
		if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
		if (!path.startsWith("/")) return
		event.preventDefault()
		goTo(path)
	}
}

/** A link to a path that comes as data (from the API); pages that are known by name use Link. */
export function PathLink({ path, children, ...rest }: Omit<ComponentProps<"a">, "href"> & { path: string }) {
	const follow = useFollow()
	const external = path.startsWith("/") ? {} : { target: "_blank", rel: "noopener noreferrer" }
	return (
		<a {...rest} {...external} href={path} onClick={(event) => follow(event, path)}>
			{children}
		</a>
	)
}
