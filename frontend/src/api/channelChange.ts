import { useMutation, useQueryClient } from "@tanstack/react-query"

/** A change of the channel, its organizations or people: these and the log are out of date afterwards. */
export function useOutdate(): () => Promise<unknown> {
	const queryClient = useQueryClient()
	return () =>
		Promise.all([
			queryClient.invalidateQueries({ queryKey: ["tenants"] }),
			queryClient.invalidateQueries({ queryKey: ["people"] }),
			queryClient.resetQueries({ queryKey: ["events"] }),
		])
}

export function useChannelChange<Input, Answer>(change: (input: Input) => Promise<Answer>) {
	return useMutation({ mutationFn: change, onSuccess: useOutdate() })
}
