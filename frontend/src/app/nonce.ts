/** The number that the content security policy lets our styles in by; the server writes it. */
export function styleNonce(): string {
	return document.querySelector<HTMLMetaElement>("meta[name=csp-nonce]")?.content ?? ""
}
