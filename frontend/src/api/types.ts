/**
 * What the API says, by name. The shapes come from the server's own description (schema.gen.ts, made
 * by `npm run generate`); here they get the names that the pages use, and the few words that the
 * description leaves open are pinned down.
 */

import type { components } from "./schema.gen"

type Schema = components["schemas"]

export type User = Schema["User"]
export type Level = User["level"]
export type Role = User["role"]
export type Me = Schema["Me"]

/** The rights of the server's permission table that a page asks about. */
export type Permission =
	| "events.read"
	| "events.export"
	| "objects.read"
	| "objects.edit"
	| "objects.on_behalf"
	| "tenants.read"
	| "tenants.edit"
	| "users.read"
	| "users.edit"
	| "users.reset_mfa"
	| "api_keys.manage"
	| "imports.run"
	| "catalog.read"
	| "own.read"

/** Schema["SignIn"] has every step's fields in one shape; each status has only its own. */
export type SignInAnswer =
	| SignedIn
	| { status: "mfa_required"; challenge: string; methods: string[] }
	| { status: "mfa_setup_required"; challenge: string }
export type SignedIn = { status: "ok"; accessToken: string; expiresIn: number; user: User }
export type Invitation = Schema["InvitationOut"]
export type MfaSetup = Schema["SetupOut"]
export type MfaActivated = SignedIn & { recoveryCodes: string[] }

export type Tenant = Schema["Tenant"]
export type TenantContent = Schema["TenantContent"]
export type Session = Schema["Session"]
export type ApiKey = Schema["ApiKey"]
export type CreatedApiKey = Schema["CreatedAPIKey"]
export type KeyScope = Schema["CreateAPIKeyInBody"]["scopes"][number]
export type Import = Schema["Import"]
/** Values by field name, as the catalogue's kind describes them. */
export type Attributes = Record<string, unknown>
export type ObjectStub = Omit<Schema["Object"], "attributes"> & { attributes: Attributes }
export type Revision = Omit<Schema["Revision"], "attributes"> & { attributes: Attributes }
export type Setting = Omit<Schema["Setting"], "attributes"> & { attributes: Attributes }
export type Job = Schema["Job"]
/** A file as the value of a field has it. */
export type FileValue = Schema["File"]
/** Objects created and changed from a CSV file. */
export type BulkChange = Schema["Bulk"]
export type BulkLine = Schema["BulkLine"]
export type EditState = ObjectStub["editState"]

export type Actor = Schema["EventActor"]
export type EventObject = Schema["EventObject"]
export type Owner = Schema["EventOwner"]
export type Event = Omit<Schema["Event"], "outcome" | "links"> & {
	outcome: "success" | "failure"
	links?: Omit<Schema["EventLinks"], "editState"> & { editState: EditState }
}
export type Total = Schema["EventTotal"]
export type Facets = Schema["EventFacets"]
export type Related = Schema["RelatedItem"]
export type Neighbours = Schema["Neighbours"]

export type EventType = Schema["CatalogEventType"]
export type Kind = Schema["CatalogKind"]
export type Field = Schema["CatalogField"]
export type Action = Schema["CatalogAction"]
export type Catalog = Schema["Catalog"]

/** Every list has this shape; only the log counts, and only when asked. */
export type Page<Item> = { items: Item[]; next: string | null; total?: Total }
