import { notifications } from "@mantine/notifications"
import { useQuery } from "@tanstack/react-query"
import { useReasons } from "@/api/reasons"
import type { Tenant } from "@/api/types"
import { ReasonDialog } from "@/components/Dialogs"
import { contentQuery, useStep } from "./api"
import { contentText } from "./content"

/** Closes an organization, or reopens it, after saying what that means. */
export function CloseDialog({ tenant, onClose }: { tenant: Tenant; onClose: () => void }) {
	const { data: content } = useQuery(contentQuery(tenant.id))
	const step = useStep(tenant)
	const rules = useReasons(tenant.id)
	const closed = tenant.state === "closed"
	const concerned = content && contentText({ ...content, objects: 0 })
	return (
		<ReasonDialog
			title={`${closed ? "Reopen" : "Close"} ${tenant.name}`}
			what={
				closed ? (
					<>
						Its people get in again, and so do those below it, with the passwords and keys that they had
						{concerned && ` (${concerned})`}. What was closed below it on its own stays closed.
					</>
				) : (
					<>
						Nobody in it or below it gets in from the next call on, by session, password or API key
						{concerned && ` (${concerned})`}. Nothing new can be put there. What is there stays, its periods
						and quotas go on, and you keep reading its log. It can be reopened.
					</>
				)
			}
			verb={closed ? "Reopen organization" : "Close organization"}
			rules={rules}
			destructive={!closed}
			onClose={onClose}
			act={async (reason) => {
				await step.mutateAsync({ step: closed ? "reopen" : "close", reason })
				notifications.show({ message: `${tenant.name} is ${closed ? "open again" : "closed"}.` })
			}}
		/>
	)
}
