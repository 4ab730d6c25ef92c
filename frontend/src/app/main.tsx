import "@mantine/core/styles.css"
import "@mantine/notifications/styles.css"
import "./global.css"
import { createRoot } from "react-dom/client"
import { Providers } from "./Providers"

const element = document.getElementById("root")
if (!element) throw new Error("index.html has no #root")
createRoot(element).render(<Providers />)
