import { useRef, useState } from "react"
import { asProblem } from "@/api/client"
import type { Field } from "@/api/types"
import { FileDrop } from "@/components/FileDrop"
import { fieldErrors, uploadFile } from "./api"
import { type Entered, isFile } from "./values"

/** Sends a file as soon as it is chosen; the form then takes its number. */
export function FileFieldInput({
	field,
	value,
	description,
	disabled,
	error,
	onChange,
}: {
	field: Field
	value: Entered | undefined
	description?: string
	disabled?: boolean
	error?: string
	onChange: (value: Entered) => void
}) {
	const [sending, setSending] = useState<{ file: File; sent: number }>()
	const [refused, setRefused] = useState<string>()
	const stop = useRef<AbortController>(undefined)

	async function choose(file: File | null) {
		stop.current?.abort()
		setRefused(undefined)
		setSending(undefined)
		if (!file) return onChange(null)
		const wrong = complaintOf(field, file)
		if (wrong) return setRefused(wrong)
		const controller = new AbortController()
		stop.current = controller
		setSending({ file, sent: 0 })
		try {
			onChange(await uploadFile(file, (sent) => setSending({ file, sent }), controller.signal))
		} catch (failure) {
			const problem = asProblem(failure)
			if (!controller.signal.aborted) setRefused(fieldErrors(problem)[field.name] ?? problem.message)
		}
		if (!controller.signal.aborted) setSending(undefined)
	}

	return (
		<FileDrop
			label={field.label}
			description={[description, `${endings(field)}At most ${field.maxSize} MiB.`].filter(Boolean).join(" ")}
			required={field.required}
			disabled={disabled}
			error={refused ?? error}
			accept={field.accept}
			file={sending?.file ?? (isFile(value) ? value : null)}
			sent={sending?.sent}
			onFile={(file) => void choose(file)}
		/>
	)
}

const endings = ({ accept }: Field) => (accept ? `${accept.join(", ")}. ` : "")

/** What can be told of a file before it is sent. */
function complaintOf({ label, maxSize = 16, accept }: Field, { name, size }: File): string | undefined {
	if (size === 0) return `${label} is empty: choose a file with something in it`
	if (size > maxSize * 1024 * 1024) return `${label} is larger than ${maxSize} MiB`
	if (accept && !accept.some((end) => name.toLowerCase().endsWith(end)))
		return `${label} must be a file whose name ends with ${accept.join(" or ")}`
	return undefined
}
