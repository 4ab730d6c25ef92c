import type { User } from "@/api/types"
import { Tag } from "@/components/Page"

export const roleWords: Record<User["role"], string> = { admin: "Admin", auditor: "Auditor", user: "User" }

export const roleHints: Record<User["role"], string> = {
	admin: "Sees and changes everything of the organization and below it",
	auditor: "Sees everything of the organization and below it, changes nothing",
	user: "Sees their own entries only",
}

const tones = { active: "ok", pending: "warn", locked: "fail", deleted: "quiet" } as const
const words = { active: "Active", pending: "Pending", locked: "Locked", deleted: "Deleted" }

export function PersonState({ user }: { user: Pick<User, "state" | "invitedUntil"> }) {
	return <Tag tone={tones[user.state]}>{invitationOf(user) === "stands" ? "Invited" : words[user.state]}</Tag>
}

/** Whether somebody pending has an invitation. */
export function invitationOf(user: Pick<User, "state" | "invitedUntil">): "none" | "stands" | "ended" {
	if (user.state !== "pending" || !user.invitedUntil) return "none"
	return Date.parse(user.invitedUntil) > Date.now() ? "stands" : "ended"
}
