package tenant

import (
	"fmt"
	"strings"

	"annals/backend/db"
	"annals/backend/fault"
)

// carriers are the tables whose rows name the ancestors of the tenant that they belong to, so that
// each wall is one equality. A test compares them with the database. Events name them too, but keep
// those that they had: whose an event is was settled when it happened.
var carriers = []string{"tenants", "users", "api_keys", "objects", "object_revisions", "imports", "files", "bulk_changes"}

// moving is how long one statement of a move may take: it is rare, and writes every row of the subtree.
const moving = "5min"

// Move puts a tenant, with all that stands below it, under another parent. Both come from Lock. What
// belongs to the subtree belongs to its new ancestors from now on; its entries don't.
func Move(tx *db.Tx, t, parent Tenant) (Tenant, error) {
	if err := t.mayStandUnder(parent); err != nil {
		return t, err
	}
	if err := parent.open(tx); err != nil {
		return t, err
	}
	before := t
	t.ParentID, t.Path = parent.ID, strings.TrimRight(parent.Path, "/")+"/"+t.Name
	t.SalesOrgID, t.Revision = parent.SalesOrgID, t.Revision+1
	if t.Level == Reseller {
		t.DealerID = parent.DealerID
	}
	if err := tx.Exec("SET LOCAL statement_timeout = '" + moving + "'").Error; err != nil {
		return t, fmt.Errorf("allow time: %w", err)
	}
	if err := before.holdBelow(tx); err != nil {
		return t, err
	}
	err := tx.Exec("UPDATE tenants SET parent_id = ?, path = ?, revision = ? WHERE id = ?", t.ParentID, t.Path, t.Revision, t.ID).Error
	if db.Violation(err) == "tenant_name_taken" {
		return t, fault.At("body.parentId", "%q already has an organization named %q. Rename one of the two first.", parent.Name, t.Name)
	}
	if err != nil {
		return t, fmt.Errorf("move: %w", err)
	}
	if err := follow(tx, before.Path, t.Path); err != nil {
		return t, err
	}
	for _, table := range carriers {
		if err := t.carry(tx, table); err != nil {
			return t, fmt.Errorf("move what is in %s: %w", table, err)
		}
	}
	return t, nil
}

// mayStandUnder says why a tenant can't be put under a parent. That it isn't one of its own children
// follows from the levels.
func (t Tenant) mayStandUnder(parent Tenant) error {
	if err := t.Permanent("moved"); err != nil {
		return err
	}
	child, err := ChildLevel(parent.Level)
	switch {
	case t.ParentID == parent.ID:
		return fault.At("body.parentId", "%q stands under %q already.", t.Name, parent.Name)
	case err != nil || child != t.Level || t.Level == SalesOrg:
		return fault.At("body.parentId", "%q is a %s and can't stand under %q, which is a %s.", t.Name, strings.ToLower(t.Level.Label()), parent.Name, strings.ToLower(parent.Level.Label()))
	}
	return nil
}

// carry writes the new ancestors into every row of the subtree. The rows are found by the tenant's
// own level, which stays.
func (t Tenant) carry(tx *db.Tx, table string) error {
	set, args := "sales_org_id = ?", []any{t.SalesOrgID}
	if t.Level == Reseller {
		set, args = set+", dealer_id = ?", append(args, t.DealerID)
	}
	where, id := Of(t).Predicate()
	switch table {
	case "objects":
		// A stub that is known at the new place already stays as a page of its own, but no import will
		// find it again: numbers below zero are no importers.
		err := tx.Exec(`UPDATE objects o SET importer_id = -o.id WHERE o.`+where+` AND EXISTS (SELECT FROM objects n
			WHERE n.sales_org_id = ? AND n.sales_org_id <> o.sales_org_id AND (n.importer_id, n.kind, n.source, n.external_id) = (o.importer_id, o.kind, o.source, o.external_id))`,
			append(id, t.SalesOrgID)...).Error
		if err != nil {
			return err
		}
	case "object_revisions": // by the key of their objects: whoever changes one holds its row, and is through by now
		where = "object_id IN (SELECT id FROM objects WHERE " + where + ")"
	}
	return tx.Exec("UPDATE "+table+" SET "+set+" WHERE "+where, append(args, id...)...).Error
}

// follow gives everything below a path its new beginning.
func follow(tx *db.Tx, old, now string) error {
	err := tx.Exec("UPDATE tenants SET path = ? || substr(path, length(?) + 1) WHERE starts_with(path, ?)", now, old, old+"/").Error
	if err != nil {
		return fmt.Errorf("rename the paths below: %w", err)
	}
	return nil
}

// Common is the lowest tenant above two places of the tree that a move lies between.
func Common(tx *db.Tx, s Scope, from, to Tenant) (Tenant, error) {
	if from.SalesOrgID == to.SalesOrgID {
		return Find(tx, s, from.SalesOrgID)
	}
	return FindRoot(tx)
}

// Content counts what stands in a tenant and below it, each up to a cap.
type Content struct {
	Organizations, People, Objects, APIKeys int64
}

// ContentCap is the highest number that Count gives; there may be more.
const ContentCap = 10_000

// Count counts what belongs to a tenant of the scope and to all below it, without the tenant itself
// and without what is deleted or revoked.
func Count(tx *db.Tx, t Tenant) (Content, error) {
	where, args := Of(t).Predicate()
	capped := func(table, more string) string {
		return "(SELECT count(*) FROM (SELECT FROM " + table + " WHERE " + where + " AND " + more + fmt.Sprintf(" LIMIT %d) c)", ContentCap)
	}
	var all []any
	for range 4 {
		all = append(all, args...)
	}
	var c Content
	err := tx.Raw("SELECT "+capped("tenants", fmt.Sprintf("id <> %d", t.ID))+" AS organizations, "+capped("users", "state <> 'deleted'")+" AS people, "+
		capped("objects", "deleted_at IS NULL")+" AS objects, "+capped("api_keys", "revoked_at IS NULL")+" AS api_keys", all...).Scan(&c).Error
	return c, err
}
