import { StrictMode } from "react"
import { createRoot } from "react-dom/client"

const element = document.getElementById("root")
if (element) {
	createRoot(element).render(
		<StrictMode>
			<h1>Annals</h1>
		</StrictMode>,
	)
}
