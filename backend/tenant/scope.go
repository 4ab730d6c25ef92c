// Package tenant holds the channel: the tree root > sales organization > dealer > reseller, its
// rules, and Scope, the part of it that a principal may see.
package tenant

import "annals/backend/db"

// Level is a storey of the channel. The fifth, User, is a person.
type Level string

// The five levels, from the top.
const (
	Root     Level = "root"
	SalesOrg Level = "sales_org"
	Dealer   Level = "dealer"
	Reseller Level = "reseller"
	User     Level = "user"
)

// Levels from the top down.
func Levels() []Level { return []Level{Root, SalesOrg, Dealer, Reseller, User} }

// Rank counts from the top: root 0 … user 4. An unknown level ranks as root does, so that what
// can't be placed is hidden rather than shown.
func (l Level) Rank() int {
	for i, x := range Levels() {
		if x == l {
			return i
		}
	}
	return 0
}

// Label is the level's name on the screen.
func (l Level) Label() string {
	return map[Level]string{Root: "Platform operator", SalesOrg: "Sales organization", Dealer: "Dealer", Reseller: "Reseller", User: "User"}[l]
}

// Scope is what a principal may see: everything that belongs to one node of the channel, or to one
// person. The zero Scope sees nothing.
type Scope struct {
	Level    Level
	ID       int64 // of the node; the user's id at level User; root's tenant id at Root
	TenantID int64 // the principal's tenant
}

// Shown is a name as the scope may know it: of somebody who stands above, the level only. Nobody
// looks up.
func (s Scope) Shown(name string, of Level) string {
	if name != "" && of.Rank() < s.Level.Rank() {
		return of.Label()
	}
	return name
}

// Of returns the scope of a tenant.
func Of(t Tenant) Scope { return Scope{Level: t.Level, ID: t.ID, TenantID: t.ID} }

// OfPerson returns the scope of somebody who sees only what is his own.
func OfPerson(userID int64, tenantID int64) Scope {
	return Scope{Level: User, ID: userID, TenantID: tenantID}
}

// Predicate is the first wall: the condition that every statement on rows with the columns
// sales_org_id, dealer_id, reseller_id and user_id carries. One equality, as the plans need.
func (s Scope) Predicate() (sql string, args []any) {
	switch {
	case s.ID == 0:
		return "FALSE", nil
	case s.Level == Root:
		return "TRUE", nil
	case s.Level == SalesOrg:
		return "sales_org_id = ?", []any{s.ID}
	case s.Level == Dealer:
		return "dealer_id = ?", []any{s.ID}
	case s.Level == Reseller:
		return "reseller_id = ?", []any{s.ID}
	case s.Level == User:
		return "user_id = ?", []any{s.ID}
	}
	return "FALSE", nil
}

// Owned is Predicate on a table, under its alias, whose rows belong to tenants: objects, keys,
// imports. A person owns nothing in it.
func (s Scope) Owned(alias string) (sql string, args []any) {
	if s.Level == User {
		return "FALSE", nil
	}
	if sql, args = s.Predicate(); len(args) > 0 {
		sql = alias + "." + sql
	}
	return sql, args
}

// Wall is the second wall: the role and the id by which row-level security judges the transaction.
func (s Scope) Wall() db.Wall {
	if s.ID == 0 || s.Level == "" {
		return db.Wall{}
	}
	return db.Wall{Role: "annals_" + string(s.Level), Scope: s.ID, Tenant: s.TenantID}
}

// Sees reports whether a tenant lies in the scope.
func (s Scope) Sees(t Tenant) bool {
	switch {
	case s.ID == 0:
		return false
	case s.Level == Root:
		return true
	case s.Level == SalesOrg:
		return t.SalesOrgID == s.ID
	case s.Level == Dealer:
		return t.DealerID == s.ID
	case s.Level == Reseller:
		return t.ResellerID == s.ID
	}
	return false
}
