// Package access says what each role may do. It is one table; everything that allows or refuses
// reads it, and a test walks it.
package access

import "slices"

// Permission names one thing that may be allowed.
type Permission string

// The permissions. Anyone signed in has Own; Public and Ingest are for routes without a person.
const (
	Own           Permission = "own.read" // own sign-ins, sessions, password, second factor
	ReadEvents    Permission = "events.read"
	ExportEvents  Permission = "events.export"
	ReadObjects   Permission = "objects.read"
	EditObjects   Permission = "objects.edit"
	ActOnBehalf   Permission = "objects.on_behalf" // say for whom an object is changed
	ReadTenants   Permission = "tenants.read"
	EditTenants   Permission = "tenants.edit"
	ReadUsers     Permission = "users.read"
	EditUsers     Permission = "users.edit"
	ResetMFA      Permission = "users.reset_mfa"
	ManageAPIKeys Permission = "api_keys.manage"
	Import        Permission = "imports.run"
	ReadCatalog   Permission = "catalog.read"

	Public Permission = "public" // no sign-in needed
)

// Role is what a user is within the tenant.
type Role string

// The roles. An auditor reads everything in scope and changes nothing; a user sees what is his own.
const (
	Admin   Role = "admin"
	Auditor Role = "auditor"
	User    Role = "user"
)

// Scopes of an API key.
const (
	KeyRead   = "read"
	KeyIngest = "ingest"
)

// table is the one list of who may do what.
var table = []struct {
	Permission Permission
	Roles      []Role
	Keys       []string
}{
	{Own, []Role{Admin, Auditor, User}, nil},
	{ReadEvents, []Role{Admin, Auditor, User}, []string{KeyRead}},
	{ExportEvents, []Role{Admin, Auditor, User}, []string{KeyRead}},
	{ReadCatalog, []Role{Admin, Auditor, User}, []string{KeyRead}},
	{ReadObjects, []Role{Admin, Auditor}, []string{KeyRead}},
	{ReadTenants, []Role{Admin, Auditor}, nil},
	{ReadUsers, []Role{Admin, Auditor}, nil},
	{EditObjects, []Role{Admin}, nil},
	{ActOnBehalf, []Role{Admin}, nil},
	{EditTenants, []Role{Admin}, nil},
	{EditUsers, []Role{Admin}, nil},
	{ResetMFA, []Role{Admin}, nil},
	{ManageAPIKeys, []Role{Admin}, nil},
	{Import, []Role{Admin}, nil},
}

// Permissions lists all of them, in the table's order.
func Permissions() []Permission {
	var out []Permission
	for _, row := range table {
		out = append(out, row.Permission)
	}
	return out
}

// Of returns what a role may do.
func Of(r Role) []Permission {
	var out []Permission
	for _, row := range table {
		if slices.Contains(row.Roles, r) {
			out = append(out, row.Permission)
		}
	}
	return out
}

// OfKey returns what an API key with these scopes may do.
func OfKey(scopes []string) []Permission {
	var out []Permission
	for _, row := range table {
		if slices.ContainsFunc(row.Keys, func(k string) bool { return slices.Contains(scopes, k) }) {
			out = append(out, row.Permission)
		}
	}
	return out
}
