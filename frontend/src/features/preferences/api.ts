import { useMutation, useQueryClient } from "@tanstack/react-query"
import { api } from "@/api/client"

export function useZoneChange() {
	const queryClient = useQueryClient()
	return useMutation({
		mutationFn: (timeZone: string) => api.patch<unknown>("/me", { timeZone }),
		onSuccess: () => queryClient.invalidateQueries({ queryKey: ["me"] }),
	})
}
