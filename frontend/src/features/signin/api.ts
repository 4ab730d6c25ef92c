import { queryOptions } from "@tanstack/react-query"
import { api } from "@/api/client"
import type { Invitation, MfaActivated, MfaSetup, SignedIn, SignInAnswer } from "@/api/types"

export const signIn = (email: string, password: string) =>
	api.post<SignInAnswer>("/auth/login", { email, password })

export const verify = (challenge: string, code: string) =>
	api.post<SignedIn>("/auth/mfa/verify", { challenge, code })

/** Each call makes another secret, so it is asked for once for each challenge. */
export const setupQuery = (challenge: string) =>
	queryOptions({
		queryKey: ["mfa-setup", challenge],
		queryFn: () => api.post<MfaSetup>("/auth/mfa/setup", { challenge }),
		staleTime: Number.POSITIVE_INFINITY,
		gcTime: 0,
		retry: false,
	})

export const activate = (challenge: string, code: string) =>
	api.post<MfaActivated>("/auth/mfa/activate", { challenge, code })

/** Whom the link of an invitation is for. */
export const invitationQuery = (token: string) =>
	queryOptions({
		queryKey: ["invitation", token],
		queryFn: () => api.post<Invitation>("/auth/invitation", { token }),
		enabled: token !== "",
		staleTime: Number.POSITIVE_INFINITY,
		gcTime: 0,
		retry: false,
	})

export const acceptInvitation = (token: string, password: string) =>
	api.post<SignInAnswer>("/auth/invitation/accept", { token, password })

export const requestOtp = (email: string) => api.post("/auth/otp/request", { email })

export const signInWithOtp = (email: string, otp: string) =>
	api.post<SignInAnswer>("/auth/otp/login", { email, otp })
