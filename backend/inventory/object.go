package inventory

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/tenant"
)

// Object is something that events are about. One that we don't manage is a stub, made by the first
// event that speaks of it.
type Object struct {
	ID          int64
	Kind        string // "mor.device"
	Source      string // the installation that it lives in
	ExternalID  string // the source's own id
	Name        string
	State       string
	Managed     bool
	Attributes  json.RawMessage
	Revision    int64
	TenantID    int64
	SalesOrgID  int64
	DealerID    *int64
	ResellerID  *int64
	TenantPath  string `gorm:"->"`
	FirstSeenAt time.Time
	LastEventAt *time.Time `gorm:"->"`
	DeletedAt   *time.Time
}

// selectForUpdate reads a row and takes it until the transaction ends. Where it had to wait for a
// move, the row is the new one and the tenant's path would be the old one: then it finds nothing.
const selectForUpdate = `
	SELECT o.*, t.path AS tenant_path FROM objects o JOIN tenants t ON t.id = o.tenant_id
		AND coalesce(t.sales_org_id, 0) = o.sales_org_id AND t.dealer_id IS NOT DISTINCT FROM o.dealer_id`

const selectObject = `
	SELECT o.id, o.kind, o.source, o.external_id, o.name, o.state, o.managed, o.attributes, o.revision, o.tenant_id,
		o.sales_org_id, o.dealer_id, o.reseller_id, t.path AS tenant_path, o.first_seen_at, o.deleted_at,
		(SELECT max(e.occurred_at) FROM events e WHERE e.object_ref = o.id AND e.object_kind = o.kind) AS last_event_at
	FROM objects o JOIN tenants t ON t.id = o.tenant_id`

// Find returns one object of the scope.
func Find(tx *db.Tx, s tenant.Scope, kind string, id int64) (Object, error) {
	return find(tx, s, selectObject, "", kind, id)
}

func find(tx *db.Tx, s tenant.Scope, query, lock, kind string, id int64) (Object, error) {
	where, args := s.Owned("o")
	var o Object
	err := tx.Raw(query+" WHERE o.kind = ? AND o.id = ? AND "+where+lock, append([]any{kind, id}, args...)...).Take(&o).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return o, fault.Absent()
	}
	return o, err
}

// Filter says which objects are wanted.
type Filter struct {
	Kind    string // in full
	System  string
	Text    string   // in the name or the source's id
	States  []string // any of them
	Deleted *bool    // only those that are, or only those that aren't; nil: both
}

// Search returns objects of the scope, newest first, below the id where the last page ended (0: from
// the top). Only what is asked stands in the statement: a condition that may be empty has no index.
func Search(tx *db.Tx, s tenant.Scope, f Filter, below int64, limit int) ([]Object, error) {
	where, args := s.Owned("o")
	and := func(condition string, more ...any) {
		where += " AND " + condition
		args = append(args, more...)
	}
	if below > 0 {
		and("o.id < ?", below)
	}
	switch {
	case f.Kind != "":
		and("o.kind = ?", f.Kind)
	case f.System != "":
		and("starts_with(o.kind, ?)", f.System+".")
	}
	if len(f.States) > 0 {
		and("o.state IN ?", f.States)
	}
	if f.Deleted != nil {
		and(map[bool]string{true: "o.deleted_at IS NOT NULL", false: "o.deleted_at IS NULL"}[*f.Deleted])
	}
	if f.Text != "" {
		and("(position(lower(?) IN lower(o.name)) > 0 OR o.external_id = ?)", f.Text, f.Text)
	}
	var out []Object
	err := tx.Raw(selectObject+" WHERE "+where+" ORDER BY o.id DESC LIMIT ?", append(args, limit)...).Scan(&out).Error
	return out, err
}

func orNil(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

// What States says of an object.
const (
	StateLive     = "live"
	StateDeleted  = "deleted"
	StateExternal = "external" // we don't manage it
)

// States returns the state of those of the ids that lie in the scope, in one statement. table is
// KindUser, KindTenant, KindAPIKey, or "objects" for the kinds without a table of their own.
func States(tx *db.Tx, s tenant.Scope, table string, ids []int64) (map[int64]string, error) {
	query := map[string]string{
		KindUser:   "SELECT id, CASE WHEN state = 'deleted' THEN 'deleted' ELSE 'live' END AS state FROM users WHERE id = ANY($1)",
		KindTenant: "SELECT id, 'live' AS state FROM tenants WHERE id = ANY($1)",
		KindAPIKey: "SELECT id, CASE WHEN revoked_at IS NOT NULL THEN 'deleted' ELSE 'live' END AS state FROM api_keys WHERE id = ANY($1)",
		"objects":  "SELECT id, CASE WHEN deleted_at IS NOT NULL THEN 'deleted' WHEN managed THEN 'live' ELSE 'external' END AS state FROM objects WHERE id = ANY($1)",
	}[table]
	where, args := s.Predicate()
	where = strings.ReplaceAll(where, "?", "$2")
	var rows []struct {
		ID    int64
		State string
	}
	if err := tx.Raw(query+" AND "+where, append([]any{ids}, args...)...).Scan(&rows).Error; err != nil {
		return nil, err
	}
	out := make(map[int64]string, len(rows))
	for _, r := range rows {
		out[r.ID] = r.State
	}
	return out, nil
}

// Referring are the live objects of a kind and the scope that refer to an object, at most limit.
func Referring(tx *db.Tx, s tenant.Scope, k catalog.Kind, to Object, limit int) ([]Object, error) {
	where, args := s.Owned("o")
	var refers []string
	for _, f := range k.Fields {
		switch {
		case f.Reference != to.Kind:
		case f.Type == "references":
			refers = append(refers, "(o.attributes->?)::jsonb @> jsonb_build_array(jsonb_build_object('ref', ?::bigint))")
			args = append(args, f.Name, to.ID)
		default:
			refers = append(refers, "o.attributes->?->>'ref' = ?::text")
			args = append(args, f.Name, strconv.FormatInt(to.ID, 10))
		}
	}
	if len(refers) == 0 {
		return nil, nil
	}
	var out []Object
	err := tx.Raw(selectForUpdate+" WHERE "+where+" AND ("+strings.Join(refers, " OR ")+") AND o.kind = ? AND o.deleted_at IS NULL ORDER BY o.id LIMIT ?",
		append(args, k.Name, limit)...).Scan(&out).Error
	return out, err
}

// EachRow hands over all rows of the scope in a table, "objects" or "object_revisions", each as JSON
// with its columns' names: for a backup.
func EachRow(tx *db.Tx, s tenant.Scope, table string, each func(json.RawMessage) error) error {
	const page = 1000 // no statement runs for long
	id := map[string]string{"objects": "id", "object_revisions": "object_id"}[table]
	no := map[string]string{"objects": "0", "object_revisions": "revision"}[table]
	where, args := s.Owned("o")
	var lastID, lastNo int64
	for {
		var rows []struct {
			ID, No int64
			Row    json.RawMessage
		}
		err := tx.Raw("SELECT "+id+" AS id, "+no+" AS no, to_json(o) AS row FROM "+table+" o WHERE "+where+" AND ("+id+", "+no+") > (?, ?) ORDER BY 1, 2 LIMIT ?",
			append(slices.Clone(args), lastID, lastNo, page)...).Scan(&rows).Error
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := each(r.Row); err != nil {
				return err
			}
			lastID, lastNo = r.ID, r.No
		}
		if len(rows) < page {
			return nil
		}
	}
}

// tenantOf is the tenant of an object, as far as an event needs it.
func tenantOf(o Object) tenant.Tenant {
	t := tenant.Tenant{ID: o.TenantID, Path: o.TenantPath, SalesOrgID: o.SalesOrgID}
	if o.DealerID != nil {
		t.DealerID = *o.DealerID
	}
	if o.ResellerID != nil {
		t.ResellerID = *o.ResellerID
	}
	if t.SalesOrgID == 0 {
		t.Level = tenant.Root
	}
	return t
}

// scopeOf is what an object's own tenant sees.
func scopeOf(o Object) tenant.Scope {
	t := tenantOf(o)
	switch {
	case t.ResellerID != 0:
		t.Level = tenant.Reseller
	case t.DealerID != 0:
		t.Level = tenant.Dealer
	case t.SalesOrgID != 0:
		t.Level = tenant.SalesOrg
	}
	return tenant.Of(t)
}
