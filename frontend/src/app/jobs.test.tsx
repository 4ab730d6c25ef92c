import { screen } from "@testing-library/react"
import userEvent from "@testing-library/user-event"
import type { Job } from "@/api/types"
import { field, kind, managed } from "@/test/data"
import { open } from "@/test/open"

const at = "/objects/sbc.subscription/88"

const receiver = kind({
	fields: [
		field({ name: "host", label: "Host", type: "hostname" }),
		field({ name: "seen", label: "Last seen", type: "text", readOnly: true }),
	],
	states: ["unchecked", "online", "offline"],
	actions: [
		{
			name: "check",
			label: "Check",
			to: "online",
			event: "sbc.checked",
			job: { run: "connect", failed: "sbc.silent", failedTo: "offline" },
		},
	],
})

const job = (more: Partial<Job>): Job => ({
	id: "0198c3a0-0000-7000-8000-000000000001",
	action: "check",
	state: "waiting",
	since: "2026-11-20T13:03:22.000000Z",
	result: "",
	...more,
})

const object = (state: string, jobs: Job[]) =>
	managed({ state, actions: ["update", "delete", "check"], attributes: { host: "rover.example" }, jobs })

test("an action with a job shows that it is under way, then what came of it", async () => {
	const answers = [
		object("unchecked", []),
		object("unchecked", [job({ state: "running" })]),
		object("offline", [job({ state: "failed", result: "the connection was refused" })]),
	]
	const portal = open(at, {
		"GET /catalog": () => ({
			body: {
				systems: [{ name: "sbc", label: "SBC", kinds: [receiver], events: [] }],
				classes: [],
				states: [],
			},
		}),
		[`GET ${at}`]: () => ({ body: answers.length > 1 ? answers.shift() : answers[0] }),
		[`POST ${at}/actions/check`]: () => ({ body: object("unchecked", [job({})]) }),
	})
	await userEvent.click(await screen.findByRole("button", { name: "Check…" }))
	expect(
		screen.getByText(/It begins at once.*it is online if that succeeds, offline if it fails\./),
	).toBeVisible()
	await userEvent.click(screen.getByRole("button", { name: "Check" }))

	const work = await screen.findByRole("region", { name: "Work" })
	expect(work).toHaveTextContent("CheckWaiting since")
	expect(screen.getByRole("button", { name: "Check…" })).toBeDisabled()
	// It looks again by itself, as long as something is under way.
	expect(await screen.findByText(/Under way since/, {}, { timeout: 3000 })).toBeVisible()
	expect(await screen.findByText("the connection was refused", {}, { timeout: 3000 })).toBeVisible()
	expect(work).toHaveTextContent("CheckFailed")
	expect(screen.getByText("Offline")).toBeVisible()
	expect(screen.getByRole("button", { name: "Check…" })).toBeEnabled()
	const asked = portal.to(`GET ${at}`).length
	await new Promise((resolve) => setTimeout(resolve, 1500))
	expect(portal.to(`GET ${at}`)).toHaveLength(asked)
})

test("what a job fills in has no input", async () => {
	open(`${at}?edit=true`, {
		"GET /catalog": () => ({
			body: {
				systems: [{ name: "sbc", label: "SBC", kinds: [receiver], events: [] }],
				classes: [],
				states: [],
			},
		}),
		[`GET ${at}`]: () => ({ body: object("online", []) }),
	})
	expect(await screen.findByRole("textbox", { name: "Host" })).toBeVisible()
	expect(screen.queryByRole("textbox", { name: "Last seen" })).not.toBeInTheDocument()
})
