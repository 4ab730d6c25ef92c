/** How much of a form has been sent, from 0 to 1. */
export type OnSent = (part: number) => void

/** Sends a form and tells how far it is, which fetch can't. */
export function sendForm(
	url: string,
	form: FormData,
	headers: Headers,
	onSent: OnSent,
	signal?: AbortSignal,
): Promise<Response> {
	return new Promise((resolve, reject) => {
		const request = new XMLHttpRequest()
		request.open("POST", url)
		headers.forEach((value, name) => {
			request.setRequestHeader(name, value)
		})
		request.upload.onprogress = ({ loaded, total }) => onSent(total > 0 ? loaded / total : 0)
		request.onload = () => {
			const { status, responseText } = request
			const answered = new Headers()
			for (const name of ["Content-Type", "Retry-After", "X-Request-Id"]) {
				const value = request.getResponseHeader(name)
				if (value !== null) answered.set(name, value)
			}
			resolve(new Response(responseText || null, { status, headers: answered }))
		}
		request.onerror = () => reject(new TypeError("the form could not be sent"))
		request.onabort = () => reject(new DOMException("cancelled", "AbortError"))
		signal?.addEventListener("abort", () => request.abort())
		request.send(form)
	})
}
