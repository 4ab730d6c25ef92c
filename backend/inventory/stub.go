package inventory

import (
	"fmt"
	"time"

	"annals/backend/db"
	"annals/backend/tenant"
)

// Key identifies an object by what its source calls it, within a sales organization and to whoever
// imports: anybody may write any source's name, so nobody's stub stands in for another's.
type Key struct {
	SalesOrgID, ImporterID   int64 // the importer's tenant; 0 for what we manage
	Kind, Source, ExternalID string
}

// Stub is an object that an event speaks of.
type Stub struct {
	Key
	Name   string
	Tenant tenant.Tenant // whose it is, if it isn't known yet
}

// Known is where an object is found.
type Known struct {
	ID       int64
	TenantID int64
}

// EnsureStubs returns the object of each key, and makes a stub of each that isn't there yet. What
// lies in the sales organization but outside of the transaction's wall is left out.
func EnsureStubs(tx *db.Tx, stubs []Stub) (map[Key]Known, error) {
	n := len(stubs)
	kinds, sources, ids, names := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	tenants, orgs, importers := make([]int64, n), make([]int64, n), make([]int64, n)
	for i, s := range stubs {
		kinds[i], sources[i], ids[i], names[i] = s.Kind, s.Source, s.ExternalID, s.Name
		tenants[i], orgs[i], importers[i] = s.Tenant.ID, s.SalesOrgID, s.ImporterID
	}
	// The ancestors are read with the tenants held: one may have moved since the import looked it up.
	err := tx.Exec(`
		WITH held AS (SELECT id, sales_org_id, dealer_id, reseller_id FROM tenants WHERE id = ANY($5::bigint[]) ORDER BY id FOR SHARE)
		INSERT INTO objects (kind, source, external_id, name, importer_id, tenant_id, sales_org_id, dealer_id, reseller_id)
		SELECT n.kind, n.source, n.external_id, n.name, n.importer_id, held.id, coalesce(held.sales_org_id, 0), held.dealer_id, held.reseller_id
		FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[]) AS n (kind, source, external_id, name, tenant_id, importer_id)
		JOIN held ON held.id = n.tenant_id
		ON CONFLICT DO NOTHING`, kinds, sources, ids, names, tenants, importers).Error
	if err != nil {
		return nil, err
	}
	var rows []struct {
		Key
		Known
	}
	err = tx.Raw(`
		SELECT o.id, o.tenant_id, o.sales_org_id, o.importer_id, o.kind, o.source, o.external_id FROM objects o
		JOIN unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[]) AS k (sales_org_id, importer_id, kind, source, external_id)
		USING (sales_org_id, importer_id, kind, source, external_id)`, orgs, importers, kinds, sources, ids).Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	out := make(map[Key]Known, len(rows))
	for _, r := range rows {
		out[r.Key] = r.Known
	}
	return out, nil
}

// LifeSign is when an object that we don't manage was deleted in its system, or known to be there.
type LifeSign struct {
	ID int64
	At time.Time
}

// NoteLife marks stubs that were deleted in their system, unless the log has a later entry by which
// they are there, and unmarks those that are there again.
func NoteLife(tx *db.Tx, ended, there []LifeSign) error {
	split := func(signs []LifeSign) (ids []int64, times []time.Time) {
		for _, s := range signs {
			ids, times = append(ids, s.ID), append(times, s.At)
		}
		return ids, times
	}
	if ids, times := split(ended); len(ids) > 0 {
		err := tx.Exec(`
			UPDATE objects o SET deleted_at = s.at FROM unnest($1::bigint[], $2::timestamptz[]) AS s (id, at)
			WHERE o.id = s.id AND NOT o.managed AND (o.deleted_at < s.at OR o.deleted_at IS NULL AND NOT EXISTS (
				SELECT FROM events e WHERE e.object_ref = o.id AND e.object_kind = o.kind AND e.occurred_at > s.at
					AND e.class LIKE 'object.%' AND e.class <> 'object.delete'))`, ids, times).Error
		if err != nil {
			return fmt.Errorf("mark what was deleted in its system: %w", err)
		}
	}
	if ids, times := split(there); len(ids) > 0 {
		err := tx.Exec(`
			UPDATE objects o SET deleted_at = NULL FROM unnest($1::bigint[], $2::timestamptz[]) AS s (id, at)
			WHERE o.id = s.id AND NOT o.managed AND o.deleted_at IS NOT NULL AND o.deleted_at < s.at`, ids, times).Error
		if err != nil {
			return fmt.Errorf("unmark what is there again: %w", err)
		}
	}
	return nil
}
