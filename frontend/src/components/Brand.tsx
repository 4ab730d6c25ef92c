/** The mark: lines of a ledger, the last one sealed. */
export function Mark({ size = 20 }: { size?: number }) {
	return (
		<svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
			<rect width="32" height="32" rx="7" fill="#0f6b65" />
			<path d="M9 9h14M9 14.5h14M9 20h8" stroke="#fff" strokeWidth="2.6" strokeLinecap="round" />
			<circle cx="22" cy="21.5" r="2.6" fill="#7fe0d2" />
		</svg>
	)
}
