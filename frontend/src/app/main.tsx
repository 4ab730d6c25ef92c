import "@mantine/core/styles.css"
import "@mantine/notifications/styles.css"
import "./global.css"
import { createRoot } from "react-dom/client"
import { styleNonce } from "./nonce"
import { Providers } from "./Providers"

// Mantine takes the nonce as a property; the library that keeps the page from scrolling below a
// dialog looks for it here.
Object.assign(globalThis, { __webpack_nonce__: styleNonce() })

const element = document.getElementById("root")
if (!element) throw new Error("index.html has no #root")
createRoot(element).render(<Providers />)
