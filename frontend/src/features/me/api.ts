import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query"
import { api } from "@/api/client"
import { useList } from "@/api/list"
import type { Event, MfaActivated, MfaSetup, Session } from "@/api/types"

export const sessionsQuery = queryOptions({
	queryKey: ["sessions"],
	queryFn: async ({ signal }) =>
		(await api.get<{ items: Session[] }>("/me/sessions", undefined, signal)).items,
	refetchInterval: 30_000,
})

const signInClasses = [
	"auth.login",
	"auth.logout",
	"auth.failure",
	"auth.mfa",
	"auth.session",
	"auth.credential",
]

/** Own entries about signing in and out, the failed tries of others included. */
export const useHistory = (userId: number) =>
	useList<Event>("events", "/events", { userId, class: signInClasses })

function useOwnChange<Input, Answer>(change: (input: Input) => Promise<Answer>) {
	const queryClient = useQueryClient()
	return useMutation({
		mutationFn: change,
		onSuccess: () =>
			Promise.all(
				[["me"], ["sessions"], ["people"], ["events"]].map((queryKey) =>
					queryClient.invalidateQueries({ queryKey }),
				),
			),
	})
}

export const useRevoke = () => useOwnChange((id: string) => api.delete(`/me/sessions/${id}`))

export const useRevokeOthers = () => useOwnChange(() => api.delete("/me/sessions"))

export const useProfile = () =>
	useOwnChange((change: { name?: string; timeZone?: string }) => api.patch<unknown>("/me", change))

export const usePassword = () =>
	useOwnChange((change: { currentPassword: string; newPassword: string }) =>
		api.post<unknown>("/auth/password", change),
	)

export const setupQuery = queryOptions({
	queryKey: ["own-mfa-setup"],
	queryFn: () => api.post<MfaSetup>("/auth/mfa/setup", {}),
	staleTime: Number.POSITIVE_INFINITY,
	gcTime: 0,
	retry: false,
})

export const useActivate = () =>
	useOwnChange(async (code: string) => {
		const activated = await api.post<MfaActivated>("/auth/mfa/activate", { code })
		api.accept(activated)
		return activated.recoveryCodes
	})

export const useDisable = () =>
	useOwnChange((code: string) => api.post<unknown>("/auth/mfa/disable", { code }))

export const useNewCodes = () =>
	useOwnChange(
		async (code: string) =>
			(await api.post<{ recoveryCodes: string[] }>("/auth/mfa/recovery-codes", { code })).recoveryCodes,
	)
