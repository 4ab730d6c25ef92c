import { Button, Checkbox, Group, Stack } from "@mantine/core"
import { useClipboard } from "@mantine/hooks"
import { Check, Copy, Download, Printer } from "lucide-react"
import { useState } from "react"
import { offer } from "@/lib/download"

/** Codes that are shown once: copy, download, print, and only then go on. */
export function RecoveryCodes({
	codes,
	fileName,
	onKept,
}: {
	codes: string[]
	fileName: string
	onKept: () => void
}) {
	const [kept, setKept] = useState(false)
	const clipboard = useClipboard()
	const text = codes.join("\n")
	return (
		<Stack gap="sm">
			<ul
				style={{
					display: "grid",
					gridTemplateColumns: "1fr 1fr",
					gap: "2px 16px",
					margin: 0,
					padding: "12px 14px",
					listStyle: "none",
					borderRadius: 6,
					background: "var(--annals-sunken)",
					fontFamily: "var(--mantine-font-family-monospace)",
					fontSize: 13,
					lineHeight: "22px",
				}}
			>
				{codes.map((code) => (
					<li key={code}>{code}</li>
				))}
			</ul>
			<Group gap={6} className="no-print">
				<Button
					variant="default"
					leftSection={clipboard.copied ? <Check size={13} /> : <Copy size={13} />}
					onClick={() => clipboard.copy(text)}
				>
					{clipboard.copied ? "Copied" : "Copy"}
				</Button>
				<Button
					variant="default"
					leftSection={<Download size={13} />}
					onClick={() => offer(fileName, new Blob([`${text}\n`], { type: "text/plain" }))}
				>
					Download
				</Button>
				<Button variant="default" leftSection={<Printer size={13} />} onClick={() => window.print()}>
					Print
				</Button>
			</Group>
			<Checkbox
				className="no-print"
				label="I have kept them"
				checked={kept}
				onChange={(event) => setKept(event.currentTarget.checked)}
			/>
			<Button className="no-print" size="sm" disabled={!kept} onClick={onKept}>
				Continue
			</Button>
		</Stack>
	)
}
