import { queryOptions } from "@tanstack/react-query"
import { useChannelChange } from "@/api/channelChange"
import { api } from "@/api/client"
import { useList } from "@/api/list"
import type { ObjectStub, Page, Role, User } from "@/api/types"

export const usePeople = (filter: {
	q?: string
	role?: string
	state?: string
	tenantId?: number
	groupId?: number
}) => useList<User>("people", "/users", filter)

export const personQuery = (id: number) =>
	queryOptions({
		queryKey: ["people", "one", id],
		queryFn: ({ signal }) => api.get<User>(`/users/${id}`, undefined, signal),
	})

/** The groups that a person is in, as far as the viewer sees them. */
export const groupsQuery = (id: number) =>
	queryOptions({
		queryKey: ["people", "groups", id],
		queryFn: async ({ signal }) =>
			(await api.get<Page<ObjectStub>>(`/users/${id}/groups`, undefined, signal)).items,
	})

/** The groups to choose from. */
export const allGroupsQuery = queryOptions({
	queryKey: ["people", "groups"],
	queryFn: async ({ signal }) =>
		(await api.get<Page<ObjectStub>>("/objects/annals.group", { deleted: "false", limit: 200 }, signal))
			.items,
})

type NewPerson = {
	tenantId: number
	email: string
	name: string
	role: Role
	password?: string
	invite?: boolean
	reason?: string
}

export type PersonChange = { name?: string; email?: string; role?: Role; timeZone?: string; reason?: string }

export const useCreate = () => useChannelChange((person: NewPerson) => api.post<User>("/users", person))

export const useUpdate = (user: User, done: () => void) =>
	useChannelChange(
		(change: PersonChange) => api.patch<User>(`/users/${user.id}`, change, user.revision),
		done,
	)

export type PersonAct = "activate" | "lock" | "unlock" | "reset-mfa" | "reset-password"

export const useAct = (user: User) =>
	useChannelChange(({ act, reason }: { act: PersonAct; reason: string }) =>
		api.post<unknown>(`/users/${user.id}/${act}`, { reason }),
	)

/** Mails a link with which somebody pending chooses a password, or makes it void. */
export const useInvite = (user: User) =>
	useChannelChange((act: "invite" | "revoke-invitation") => api.post<unknown>(`/users/${user.id}/${act}`))

/** Whoever removes leaves the page before the cache is told, or the page would ask for what is gone. */
export const remove = (user: User, reason: string) => api.delete(`/users/${user.id}`, { reason })
