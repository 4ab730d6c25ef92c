// Sets the colour scheme before the first paint, so that a dark screen doesn't flash white. It is a
// file of its own because the content security policy forbids inline scripts.
;(() => {
	let chosen = null
	try {
		chosen = localStorage.getItem("mantine-color-scheme-value")
	} catch {
		// Storage may be blocked; the system's scheme serves.
	}
	const dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches)
	document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light")
})()
