package inventory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"annals/backend/audit"
	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/tenant"
)

// Refused is what an allowance does not permit. Its entry is recorded although nothing is changed:
// Write does so once the transaction of the attempt is rolled back.
type Refused struct {
	*fault.Fault
	entry audit.Event
}

func (r *Refused) Unwrap() error { return r.Fault }

// Write runs fn in a transaction of the editor. An attempt that an allowance refuses leaves its entry
// in a transaction of its own; where that can't be written, its error is returned in place of the refusal.
func (e Editor) Write(ctx context.Context, d *db.DB, fn func(*db.Tx) error) error {
	err := d.Write(ctx, e.Scope.Wall(), fn)
	if refused, ok := errors.AsType[*Refused](err); ok {
		if err := d.Write(ctx, e.Scope.Wall(), func(tx *db.Tx) error { return e.record(tx, refused.entry) }); err != nil {
			return fmt.Errorf("record the refusal: %w", err)
		}
	}
	return err
}

// allow holds a new or restored object against what its organization is allowed. Without an object
// that allows, everything is. It reports whether there is one.
func (e Editor) allow(tx *db.Tx, s step) (bool, error) {
	a := s.kind.Allowance
	if a == nil {
		return false, nil
	}
	org := s.after.SalesOrgID
	below := e.Scope.Level.Rank() > tenant.SalesOrg.Rank()
	if below { // what allows stands above the editor's wall, and so do others' objects
		if err := tx.As(tenant.Scope{Level: tenant.SalesOrg, ID: org, TenantID: org}.Wall()); err != nil {
			return false, err
		}
	}
	cause, found, err := exhausted(tx, *a, s.kind.Name, org, tx.NowFunc())
	if err == nil && below {
		err = tx.As(e.Scope.Wall())
	}
	if err != nil || cause == "" {
		return found, err
	}
	if e.Origin.OnBehalfOf, err = e.behalf(tx, s.draft.OnBehalfOf); err != nil {
		return found, err
	}
	k, _ := e.Log.Catalog().Kind(a.Kind)
	if s.after.Name == "" {
		s.after.Name = s.kind.Label // it never got a name
	}
	refused := e.entry(s, a.Failed, nil)
	refused.Object.Revision = ""
	refused.Data = append(refused.Data, audit.Datum{Label: "Cause", Value: fmt.Sprintf("%s: %s", k.Label, cause)})
	return found, &Refused{fault.New(fault.Conflict, "The organization's %s permits no other: %s.", strings.ToLower(k.Label), cause), refused}
}

// exhausted says why an organization can't have one more object of a kind, or "", and whether there is
// anything that allows any. It holds the rows that allow until the transaction ends: whoever wants the
// same place waits.
func exhausted(tx *db.Tx, a catalog.Allowance, kind string, org int64, now time.Time) (cause string, found bool, err error) {
	var rows []struct{ Attributes json.RawMessage }
	err = tx.Raw("SELECT attributes FROM objects WHERE kind = ? AND sales_org_id = ? AND managed AND deleted_at IS NULL ORDER BY id FOR UPDATE", a.Kind, org).Scan(&rows).Error
	if err != nil {
		return "", false, fmt.Errorf("find what allows %s: %w", kind, err)
	}
	if len(rows) == 0 {
		return "", false, nil
	}
	var allowed int64
	valid := false
	for _, row := range rows {
		values, err := decode(row.Attributes)
		if err != nil {
			return "", true, err
		}
		if until, ok := timeOf(values[a.Until]); ok && !until.After(now) {
			continue
		}
		number, ok := values[a.Field].(json.Number)
		if !ok {
			return "", true, nil // one without a number sets no limit
		}
		n, err := number.Int64()
		if err != nil {
			return "", true, fmt.Errorf("read %s: %w", a.Field, err)
		}
		allowed += n
		valid = true
	}
	if !valid {
		return "it has expired", true, nil
	}
	var taken int64
	if err := tx.Raw("SELECT count(*) FROM objects WHERE kind = ? AND sales_org_id = ? AND managed AND deleted_at IS NULL", kind, org).Scan(&taken).Error; err != nil {
		return "", true, fmt.Errorf("count %s: %w", kind, err)
	}
	if taken >= allowed {
		return "no place is left", true, nil
	}
	return "", true, nil
}
