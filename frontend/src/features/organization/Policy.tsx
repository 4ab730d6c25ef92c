import { Radio, Stack, Text } from "@mantine/core"
import { notifications } from "@mantine/notifications"
import { useQuery, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import { useReasons } from "@/api/reasons"
import { policyOf } from "@/api/tenants"
import type { Tenant } from "@/api/types"
import { ReasonDialog } from "@/components/Dialogs"
import { Section } from "@/components/Page"
import { Failure } from "@/components/States"
import { tenantQuery, useUpdate } from "./api"

/** Whether the people of an organization need a second factor. */
export function Policy({ tenantId }: { tenantId: number }) {
	const { data: tenant, error, refetch } = useQuery(tenantQuery(tenantId))
	if (error) return <Failure error={error} retry={refetch} />
	if (!tenant) return null
	return <PolicySection tenant={tenant} />
}

const policies: { value: Tenant["mfaPolicy"]; label: string; description: string }[] = [
	{ value: "inherit", label: "As above", description: "Whatever the organization above asks for" },
	{ value: "optional", label: "Optional", description: "Each person decides" },
	{ value: "required", label: "Required", description: "Nobody gets in without one" },
]

function PolicySection({ tenant }: { tenant: Tenant }) {
	const [wanted, setWanted] = useState<Tenant["mfaPolicy"]>()
	const change = useUpdate(tenant)
	const rules = useReasons(tenant.id)
	const queryClient = useQueryClient()
	return (
		<Section
			title={`Second factor in ${tenant.name}`}
			hint={
				tenant.mfaRequired
					? "Required at the moment, for everybody here and below."
					: "Not required at the moment. A policy holds here and below; below it can only be tightened."
			}
		>
			<Radio.Group
				aria-label={`Second factor in ${tenant.name}`}
				value={policyOf(tenant)}
				onChange={(value) => setWanted(policies.find((policy) => policy.value === value)?.value)}
			>
				<Stack gap={8}>
					{policies
						.filter((policy) => policy.value !== "inherit" || tenant.level !== "root")
						.map((policy) => (
							<Radio key={policy.value} {...policy} disabled={!tenant.editable} />
						))}
				</Stack>
			</Radio.Group>
			{!tenant.editable && (
				<Text size="xs" c="dimmed" mt={8}>
					You may see this, not change it.
				</Text>
			)}
			{wanted && wanted !== policyOf(tenant) && (
				<ReasonDialog
					title={`Second factor: ${policies.find((policy) => policy.value === wanted)?.label.toLowerCase()}`}
					what={
						wanted === "required"
							? "Whoever has none, you included, is signed out within minutes and sets one up at the next sign-in, before anything else."
							: "People can sign in with their password alone, unless the organization above asks for more."
					}
					verb="Change"
					rules={rules}
					onClose={() => setWanted(undefined)}
					act={async (reason) => {
						await change.mutateAsync({ mfaPolicy: wanted, reason })
						await queryClient.invalidateQueries({ queryKey: ["me"] }) // it says whether one is required
						notifications.show({ message: "The policy has been changed." })
					}}
				/>
			)}
		</Section>
	)
}
