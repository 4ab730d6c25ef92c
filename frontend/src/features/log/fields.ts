import type { FilterField } from "@/components/Filters"

/**
 * The questions that the log answers, in the order in which they are offered. `key` is the API's
 * parameter; `facet` is the name under which /events/facets counts its values.
 */
const fields = [
	{ key: "category", label: "Category", group: "What", many: true, facet: "category" },
	{ key: "type", label: "Event type", group: "What", many: true, facet: "type" },
	{ key: "class", label: "Meaning", group: "What", many: true, facet: "class" },
	{ key: "state", label: "State", group: "What", many: true, facet: "state" },
	{ key: "activity", label: "Activity", group: "What", many: true, facet: "activity" },
	{ key: "outcome", label: "Outcome", group: "What", many: true, facet: "outcome" },
	{ key: "reason", label: "Reason", group: "What", facet: "reason", free: true },

	{
		key: "actor",
		label: "Modified by",
		group: "Who",
		facet: "actor",
		free: true,
		hint: "A name, a part of one, or Sippy's notation: u:12:34:alice",
	},
	{ key: "actorId", label: "Actor's id", group: "Who", free: true },
	{ key: "userId", label: "Person", group: "Who", free: true, hint: "The number of one of our users" },

	{ key: "object", label: "Object", group: "On what", facet: "object", free: true },
	{ key: "objectKind", label: "Kind of object", group: "On what", facet: "objectKind" },
	{ key: "objectId", label: "Object's id", group: "On what", free: true },
	{ key: "objectRef", label: "Object's page", group: "On what", byLink: true, free: true },

	{ key: "system", label: "System", group: "Where", many: true, facet: "system" },
	{ key: "salesOrgId", label: "Sales organization", group: "Where", facet: "salesOrgId", tenant: true },
	{ key: "dealerId", label: "Dealer", group: "Where", facet: "dealerId", tenant: true },
	{ key: "resellerId", label: "Reseller", group: "Where", facet: "resellerId", tenant: true },
	{
		key: "ip",
		label: "Address",
		group: "Where",
		facet: "ip",
		free: true,
		hint: "An address, or a network: 198.51.100.0/24",
	},
	{ key: "node", label: "Node", group: "Where", facet: "node", free: true },

	{ key: "usedApi", label: "Through the API", group: "How", flag: true },
	{ key: "expertMode", label: "In expert mode", group: "How", flag: true },
	{ key: "fromProvider", label: "By the provider", group: "How", flag: true },
	{ key: "importFile", label: "Import file", group: "How", free: true },
	{ key: "cdrFile", label: "CDR file", group: "How", free: true },
	{ key: "sessionId", label: "Session", group: "How", free: true },
	{ key: "requestId", label: "Request", group: "How", free: true },
] as const

export type LogField = (typeof fields)[number]["key"]

type Row = Omit<FilterField, "suggests"> & { key: LogField; facet?: string; tenant?: boolean }

export const logFields: readonly Row[] = fields

/** The same for the filter bar, without those that the page has already answered. */
export function filterFields(fixed: readonly string[]): FilterField[] {
	return logFields
		.filter((field) => !fixed.includes(field.key))
		.map((field) => ({ ...field, suggests: field.facet !== undefined }))
}
