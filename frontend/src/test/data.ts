/** Things as the API gives them; a test names only what matters to it. */

import type { Event, Field, Kind, Me, ObjectStub, Tenant, User } from "@/api/types"

export function user(more: Partial<User> = {}): User {
	return {
		id: 7,
		email: "ana@harbor.example",
		name: "Ana Silva",
		role: "admin",
		state: "active",
		tenantId: 10,
		tenantName: "Harbor Dealers",
		tenantPath: "/Northwind Telecom/Harbor Dealers",
		level: "dealer",
		timeZone: "Europe/Lisbon",
		mfaEnabled: false,
		createdAt: "2026-03-01T08:00:00.000000Z",
		invitedUntil: null,
		lastSignInAt: null,
		revision: 3,
		editable: true,
		...more,
	}
}

export const allPermissions = [
	"events.read",
	"events.export",
	"objects.read",
	"objects.edit",
	"objects.on_behalf",
	"tenants.read",
	"tenants.edit",
	"users.read",
	"users.edit",
	"users.reset_mfa",
	"api_keys.manage",
	"imports.run",
	"catalog.read",
	"own.read",
]

export function me(more: Partial<Me> = {}): Me {
	return {
		user: user(),
		scope: {
			level: "dealer",
			tenantId: 10,
			tenantName: "Harbor Dealers",
			path: [
				{ id: null, name: "Northwind Telecom", level: "sales_org" },
				{ id: 10, name: "Harbor Dealers", level: "dealer" },
			],
			label: "Northwind Telecom › Harbor Dealers",
		},
		permissions: allPermissions,
		timeZone: "Europe/Lisbon",
		mfa: { enabled: false, required: false, recoveryCodesLeft: 0 },
		sessionId: "s-1",
		...more,
	}
}

export function event(more: Partial<Event> = {}): Event {
	return {
		id: 100,
		eventId: "0193d0a2-7a11-7c3e-9f10-000000000100",
		seq: 12,
		system: "sbc",
		occurredAt: "2026-07-20T13:03:22.184000Z",
		recordedAt: "2026-07-20T13:03:22.190000Z",
		type: "sbc.subscription_renewed",
		category: "Subscription",
		state: "renewal",
		outcome: "success",
		description: "Subscription 302 has been renewed",
		actor: { kind: "user", name: "kofi.mensah", level: "dealer", userId: 21 },
		object: { kind: "sbc.subscription", id: "302", name: "Subscription 302", ref: 88 },
		salesOrg: { id: 2, name: "Northwind Telecom" },
		dealer: { id: 10, name: "Harbor Dealers" },
		ip: "198.51.100.7",
		links: { object: "/objects/sbc.subscription/88", edit: null, editState: "external" },
		...more,
	}
}

export function tenant(more: Partial<Tenant> = {}): Tenant {
	return {
		id: 10,
		parentId: null,
		level: "dealer",
		name: "Harbor Dealers",
		path: "/Northwind Telecom/Harbor Dealers",
		state: "active",
		mfaPolicy: "inherit",
		mfaRequired: false,
		children: 0,
		users: 4,
		revision: 2,
		editable: true,
		deletable: false,
		closable: true,
		movable: false,
		closedAbove: false,
		createdAt: "2026-03-01T08:00:00.000000Z",
		...more,
	}
}

export function kind(more: Partial<Kind> = {}): Kind {
	return {
		name: "sbc.subscription",
		system: "sbc",
		label: "Subscription",
		plural: "Subscriptions",
		managedBy: ["root", "sales_org", "dealer"],
		fields: [],
		actions: [],
		...more,
	}
}

export function field(more: Partial<Field> = {}): Field {
	return { name: "name", label: "Name", type: "text", ...more }
}

export function managed(more: Partial<ObjectStub> = {}): ObjectStub {
	return {
		id: 88,
		kind: "sbc.subscription",
		kindLabel: "Subscription",
		system: "sbc",
		source: "",
		externalId: "88",
		name: "Subscription 88",
		state: "active",
		managed: true,
		deletedAt: null,
		tenantId: 10,
		tenantPath: "/Northwind Telecom/Harbor Dealers",
		revision: 7,
		attributes: {},
		editState: "editable",
		editUrl: null,
		firstSeenAt: "2026-03-01T08:00:00.000000Z",
		lastEventAt: null,
		actions: ["update", "delete"],
		...more,
	}
}
