/**
 * What the API says, by name. Pages import these names only, so the source of the shapes can change
 * here without a page noticing.
 */

export type Level = "root" | "sales_org" | "dealer" | "reseller" | "user"
export type Role = "admin" | "auditor" | "user"

export type Permission =
	| "events.read"
	| "events.export"
	| "objects.read"
	| "tenants.read"
	| "tenants.edit"
	| "users.read"
	| "users.edit"
	| "users.reset_mfa"
	| "api_keys.manage"
	| "imports.run"
	| "catalog.read"
	| "own.read"

export type User = {
	id: number
	email: string
	name: string
	role: Role
	state: "pending" | "active" | "locked" | "deleted"
	tenantId: number
	tenantName: string
	tenantPath: string
	level: Level
	timeZone: string
	mfaEnabled: boolean
	createdAt: string
	lastSignInAt: string | null
	revision: number
	editable: boolean
}

export type Scope = {
	level: Level
	tenantId: number
	tenantName: string
	path: { id: number | null; name: string; level: Level }[]
	label: string
}

export type Me = {
	user: User
	scope: Scope
	permissions: string[]
	timeZone: string
	mfa: { enabled: boolean; required: boolean; recoveryCodesLeft: number }
	sessionId: string
}

export type SignedIn = { status: "ok"; accessToken: string; expiresIn: number; user: User }

export type SignInAnswer =
	| SignedIn
	| { status: "mfa_required"; challenge: string; methods: ("totp" | "recovery")[] }
	| { status: "mfa_setup_required"; challenge: string }

export type MfaSetup = { secret: string; otpauthUrl: string; qrCode: string }
export type MfaActivated = SignedIn & { recoveryCodes: string[] }

export type Tenant = {
	id: number
	parentId: number | null
	level: Level
	name: string
	path: string
	state: "active" | "closed"
	mfaPolicy: "inherit" | "optional" | "required"
	mfaRequired: boolean
	children: number
	users: number
	revision: number
	editable: boolean
	deletable: boolean
	createdAt: string
}

export type Session = {
	id: string
	current: boolean
	createdAt: string
	lastSeenAt: string
	expiresAt: string
	ip: string
	userAgent: string
	method: string
}

export type ApiKey = {
	id: number
	name: string
	tenantId: number
	tenantPath: string
	scopes: ("read" | "ingest")[]
	prefix: string
	createdAt: string
	createdBy: string
	lastUsedAt: string | null
	revokedAt: string | null
}

export type EditState = "editable" | "deleted" | "external" | "forbidden"

export type ObjectStub = {
	id: number
	kind: string
	kindLabel: string
	system: string
	source: string
	externalId: string
	name: string
	state: string
	managed: boolean
	deletedAt: string | null
	tenantId: number
	tenantPath: string
	revision: number
	attributes: Record<string, unknown>
	editState: EditState
	editUrl: string | null
	firstSeenAt: string
	lastEventAt: string | null
}

export type Import = {
	id: number
	system: string
	source: string
	fileName: string
	state: "running" | "done" | "failed"
	read: number
	accepted: number
	duplicates: number
	rejected: number
	startedAt: string
	finishedAt: string | null
	error: string
}

export type Total = { value: number; relation: "eq" | "gte" }
export type Page<Item> = { items: Item[]; next: string | null; total?: Total }

export type Actor = {
	kind?: string
	id?: string
	subId?: string
	name?: string
	level?: string
	userId?: number
	hidden?: boolean
}

export type EventObject = { kind?: string; id?: string; name?: string; revision?: string; ref?: number }
export type Change = { field: string; old: unknown; new: unknown }
export type FileLine = { id: string; line?: number }
export type Owner = { id: number; name: string }

export type Event = {
	id: number
	eventId: string
	seq: number
	system: string
	source?: string
	externalId?: string
	occurredAt: string
	recordedAt: string
	type: string
	class?: string
	category?: string
	activity?: string
	state?: string
	outcome: "success" | "failure"
	description: string
	code?: string
	actor: Actor
	onBehalfOf?: Actor
	object?: EventObject
	linkedTo?: EventObject
	subject?: { id?: number; name?: string }
	customer?: string
	changes?: Change[]
	data?: { label: string; value: string }[]
	reason?: string
	commentary?: string
	ip?: string
	node?: string
	userAgent?: string
	sessionId?: string
	requestId?: string
	usedApi?: boolean
	fromProvider?: boolean
	expertMode?: boolean
	importFile?: FileLine
	cdrFile?: FileLine
	salesOrg?: Owner
	dealer?: Owner
	reseller?: Owner
	user?: Owner
	original?: unknown
	links?: { object: string | null; edit: string | null; editState: EditState }
}

export type Facet = { value: string; label: string; count: number }
export type Related = { label: string; filter: Record<string, string>; count: Total }

export type EventType = {
	name: string
	system: string
	label: string
	category: string
	activity?: string
	state?: string
	class: string
	object?: string
	template: string
	code?: string
	syntax?: string
	severity?: string
	retention?: string
	outcome?: string
	origin?: string
	data?: { label: string; secret?: boolean }[]
}

export type Kind = {
	name: string
	system: string
	label: string
	plural: string
	fields?: { name: string; label: string; type?: string; unit?: string; secret?: boolean }[]
	states?: string[]
}

type Word = { name: string; label: string }

export type Catalog = {
	systems: { name: string; label: string; events: EventType[]; kinds: Kind[] }[]
	classes: Word[]
	states: Word[]
}
