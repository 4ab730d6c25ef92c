import { ActionIcon, Input, Progress } from "@mantine/core"
import { FileUp, X } from "lucide-react"
import { useId, useState } from "react"
import { bytes } from "@/lib/words"
import classes from "./FileDrop.module.css"

/** A place to drop a file on, or to choose one; it says what is there, and how far it is. */
export function FileDrop({
	label,
	description,
	required,
	disabled,
	error,
	accept,
	file,
	sent,
	onFile,
}: {
	label: string
	/** What may be chosen, and how large. */
	description: string
	required?: boolean
	disabled?: boolean
	error?: string
	/** Endings, as ".csv". */
	accept?: readonly string[]
	file: { name: string; size: number } | null
	/** How much of it has been sent, from 0 to 1, while it is on its way. */
	sent?: number
	onFile: (file: File | null) => void
}) {
	const id = useId()
	const [over, setOver] = useState(false)
	const sending = sent !== undefined
	return (
		<Input.Wrapper
			id={id}
			size="xs"
			label={label}
			description={description}
			withAsterisk={required}
			error={error}
			inputWrapperOrder={["label", "description", "input", "error"]}
		>
			<div
				className={classes.drop}
				data-over={over || undefined}
				data-error={error ? true : undefined}
				data-disabled={disabled || undefined}
			>
				<FileUp size={16} className={classes.icon} aria-hidden />
				<span className={classes.what}>
					{file ? (
						<>
							{file.name} <span className={classes.size}>{bytes(file.size)}</span>
						</>
					) : (
						"Drop a file here, or choose one"
					)}
					{sending && <Progress value={sent * 100} size="xs" mt={4} aria-label={`Sending ${file?.name}`} />}
				</span>
				<input
					id={id}
					type="file"
					className={classes.input}
					accept={accept?.join(",")}
					disabled={disabled || sending}
					required={required}
					aria-describedby={error ? `${id}-description ${id}-error` : `${id}-description`}
					aria-invalid={error ? true : undefined}
					title=""
					onDragEnter={() => setOver(true)}
					onDragLeave={() => setOver(false)}
					onDrop={() => setOver(false)}
					onChange={(event) => {
						const chosen = event.currentTarget.files?.[0]
						event.currentTarget.value = "" // the same one may be chosen again
						if (chosen) onFile(chosen)
					}}
				/>
				{file && !disabled && (
					<ActionIcon
						variant="subtle"
						color="gray"
						size="sm"
						className={classes.clear}
						aria-label={sending ? `Stop sending ${file.name}` : `Take ${file.name} away`}
						onClick={() => onFile(null)}
					>
						<X size={14} />
					</ActionIcon>
				)}
			</div>
		</Input.Wrapper>
	)
}
