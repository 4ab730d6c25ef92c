import { Button, Drawer, Select } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import { Plus, Users } from "lucide-react"
import { useMay } from "@/api/me"
import { SearchInput } from "@/components/Inputs"
import { Page, Toolbar } from "@/components/Page"
import { PathLink } from "@/components/PathLink"
import { Empty } from "@/components/States"
import { humanize, total } from "@/lib/words"
import { allGroupsQuery, usePeople } from "./api"
import { NewPersonForm } from "./NewPersonForm"
import { PeopleTable } from "./PeopleTable"
import { roles, states } from "./search"
import { roleWords } from "./words"

const route = getRouteApi("/shell/people")

/** Everybody of the viewer's scope who signs in. */
export function PeoplePage() {
	const { create, ...filter } = route.useSearch()
	const navigate = route.useNavigate()
	const mayEdit = useMay("users.edit")
	const list = usePeople(filter)
	const { data: groups = [] } = useQuery(allGroupsQuery)
	const filtered = filter.q || filter.role || filter.state || filter.groupId
	return (
		<Page
			title="People"
			fill
			meta={list.total && total(list.total, "person", "people")}
			actions={
				<>
					<Button
						component={PathLink}
						path="/objects?kind=annals.group"
						variant="default"
						leftSection={<Users size={13} />}
					>
						Groups
					</Button>
					{mayEdit && (
						<Button
							leftSection={<Plus size={14} />}
							onClick={() => navigate({ search: { ...filter, create: "true" } })}
						>
							New person
						</Button>
					)}
				</>
			}
		>
			<Toolbar>
				<SearchInput
					aria-label="Search people"
					placeholder="Name or e-mail"
					w={260}
					value={filter.q ?? ""}
					onSearch={(q) => navigate({ search: { ...filter, q: q || undefined }, replace: true })}
				/>
				<Select
					aria-label="Role"
					placeholder="Every role"
					data={roles.map((role) => ({ value: role, label: roleWords[role] }))}
					value={filter.role ?? null}
					onChange={(role) => navigate({ search: { ...filter, role: role ?? undefined } })}
					clearable
					clearButtonProps={{ "aria-label": "Every role" }}
					w={130}
				/>
				<Select
					aria-label="State"
					placeholder="Every state"
					data={states.map((state) => ({ value: state, label: humanize(state) }))}
					value={filter.state ?? null}
					onChange={(state) => navigate({ search: { ...filter, state: state ?? undefined } })}
					clearable
					clearButtonProps={{ "aria-label": "Every state" }}
					w={130}
				/>
				{(groups.length > 0 || filter.groupId) && (
					<Select
						aria-label="Group"
						placeholder="Every group"
						data={groups.map((group) => ({ value: String(group.id), label: group.name }))}
						value={filter.groupId ? String(filter.groupId) : null}
						onChange={(group) =>
							navigate({ search: { ...filter, groupId: group ? Number(group) : undefined } })
						}
						searchable
						clearable
						clearButtonProps={{ "aria-label": "Every group" }}
						w={160}
					/>
				)}
			</Toolbar>
			<PeopleTable
				data={list}
				empty={
					<Empty title={filtered ? "Nobody matches" : "Nobody here yet"}>
						{filtered
							? "Try a part of the name or the address, or another role."
							: "People who may sign in appear here."}
					</Empty>
				}
			/>
			<Drawer
				opened={Boolean(create && mayEdit)}
				onClose={() => navigate({ search: filter })}
				position="right"
				title="New person"
			>
				<NewPersonForm onDone={(id) => navigate({ to: "/people/$id", params: { id } })} />
			</Drawer>
		</Page>
	)
}
