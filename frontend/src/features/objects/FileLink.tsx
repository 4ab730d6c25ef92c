import { Anchor } from "@mantine/core"
import { notifications } from "@mantine/notifications"
import { asProblem } from "@/api/client"
import type { FileValue } from "@/api/types"
import { Dim, Mono } from "@/components/Page"
import { save } from "@/lib/download"
import { bytes } from "@/lib/words"
import { openFile } from "./api"
import classes from "./Object.module.css"

/** A file to be saved: its name, size and the beginning of its digest, which stands whole in the entry. */
export function FileLink({ of }: { of: FileValue }) {
	return (
		<span className={classes.file}>
			<Anchor
				component="button"
				type="button"
				inherit
				className={classes.fileName}
				title={`Save ${of.name}`}
				onClick={() =>
					save(
						of.name,
						() => openFile(of.ref),
						() => undefined,
					).catch((error) => notifications.show({ color: "red", message: asProblem(error).message }))
				}
			>
				{of.name}
			</Anchor>
			<Dim>{bytes(of.size)}</Dim>
			<span title={`SHA-256 ${of.sha256}`}>
				<Mono>{of.sha256.slice(0, 12)}</Mono>
			</span>
		</span>
	)
}
