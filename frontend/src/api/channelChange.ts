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

/**
 * Changes the channel, and is under way until what was out of date has been read again. A form that
 * begins anew with the next revision is gone by then, so what it has to say stands in `done`.
 */
export function useChannelChange<Input, Answer>(
	change: (input: Input) => Promise<Answer>,
	done?: () => void,
) {
	const outdate = useOutdate()
	return useMutation({
		mutationFn: change,
		onSuccess: () => {
			done?.()
			return outdate()
		},
	})
}
