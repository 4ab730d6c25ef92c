import { Radio, SegmentedControl, Stack, Text, useMantineColorScheme } from "@mantine/core"
import { notifications } from "@mantine/notifications"
import { useQuery } from "@tanstack/react-query"
import { useState } from "react"
import { asProblem } from "@/api/client"
import { useMay, useMe, zoneOf } from "@/api/me"
import { policyOf } from "@/api/tenants"
import type { Tenant } from "@/api/types"
import { ReasonDialog } from "@/components/Dialogs"
import { ZoneSelect } from "@/components/Inputs"
import { Page, Section } from "@/components/Page"
import { Failure } from "@/components/States"
import { clock } from "@/lib/time"
import { ownTenantQuery, usePolicyChange, useZoneChange } from "./api"

/** How this person sees the portal, and how their organization signs in. */
export function SettingsPage() {
	const me = useMe()
	const change = useZoneChange()
	const { colorScheme, setColorScheme } = useMantineColorScheme()
	const seesTenants = useMay("tenants.read")
	return (
		<Page title="Settings">
			<Section
				title="Time zone"
				hint="All times are shown in this zone; UTC is a hover away. The API and CSV files use UTC."
			>
				<div style={{ maxWidth: 380 }}>
					<ZoneSelect
						value={zoneOf(me)}
						onChange={(zone) =>
							change.mutate(zone, {
								onSuccess: () => notifications.show({ message: `Times are now shown in ${zone}.` }),
							})
						}
						error={change.error ? asProblem(change.error).message : undefined}
					/>
					<Text size="xs" c="dimmed" mt={6}>
						It is {clock(new Date(), zoneOf(me))} there now.
					</Text>
				</div>
			</Section>
			<Section title="Appearance">
				<SegmentedControl
					size="xs"
					aria-label="Light or dark"
					value={colorScheme}
					onChange={(scheme) => setColorScheme(scheme)}
					data={[
						{ value: "light", label: "Light" },
						{ value: "dark", label: "Dark" },
						{ value: "auto", label: "As the system" },
					]}
				/>
			</Section>
			{seesTenants && <OwnPolicy tenantId={me.scope.tenantId} />}
		</Page>
	)
}

function OwnPolicy({ tenantId }: { tenantId: number }) {
	const { data: tenant, error, refetch } = useQuery(ownTenantQuery(tenantId))
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
	const change = usePolicyChange(tenant)
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
					onClose={() => setWanted(undefined)}
					act={async (reason) => {
						await change.mutateAsync({ mfaPolicy: wanted, reason })
						notifications.show({ message: "The policy has been changed." })
					}}
				/>
			)}
		</Section>
	)
}
