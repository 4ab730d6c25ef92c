import { useMutation, useQueryClient } from "@tanstack/react-query"
import { api } from "@/api/client"
import { useList } from "@/api/list"
import type { ApiKey, CreatedApiKey, KeyScope } from "@/api/types"

export const useApiKeys = () => useList<ApiKey>("api-keys", "/api-keys", {})

function useChange<Input, Answer>(change: (input: Input) => Promise<Answer>) {
	const queryClient = useQueryClient()
	return useMutation({
		mutationFn: change,
		onSuccess: () => queryClient.invalidateQueries({ queryKey: ["api-keys"] }),
	})
}

type NewKey = { name: string; tenantId: number; scopes: KeyScope[] }

export const useCreateKey = () => useChange((key: NewKey) => api.post<CreatedApiKey>("/api-keys", key))

export const useRevokeKey = () => useChange((id: number) => api.delete(`/api-keys/${id}`))
