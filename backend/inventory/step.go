package inventory

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/google/uuid"

	"annals/backend/audit"
	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/fault"
)

// step is one change of an object on its way: what it was, what it becomes, by which action.
type step struct {
	kind    catalog.Kind
	action  catalog.Action
	before  Object
	after   Object
	input   Attributes // of the action, where it isn't a field
	draft   Draft
	changes []fieldChange
	allowed bool          // something allowed it, which has its own entry
	entryID uuid.UUID     // of its entry, where that was chosen before
	outcome audit.Outcome // of a job; else the catalogue says it
}

type fieldChange struct {
	field    catalog.Field
	old, new any
}

// act makes a step of an action: the state that it leads to, the values that it sets, and those of
// the inputs that are fields of the kind.
func (e Editor) act(tx *db.Tx, s *step, a catalog.Action, values Attributes) error {
	s.action = a
	if a.To != "" {
		s.after.State = a.To
	}
	sets := []map[string]any{a.Sets}
	for _, f := range a.Input {
		if s.input[f.Name] == true {
			sets = append(sets, f.Sets)
		}
	}
	fields := maps.Clone(values)
	for _, f := range s.kind.Fields {
		for _, set := range sets {
			v, ok := set[f.Name]
			if !ok {
				continue
			}
			var err error
			if fields[f.Name], err = e.parse(tx, f, v, nil); err != nil {
				return fmt.Errorf("set %s of %s: %w", f.Name, s.kind.Name, err)
			}
		}
	}
	return s.set(fields)
}

// set puts values into the object and notes what changes by that.
func (s *step) set(values Attributes) error {
	old, err := decode(s.before.Attributes)
	if err != nil {
		return err
	}
	now := Attributes{}
	for name, v := range old {
		now[name] = v
	}
	for _, f := range s.kind.Fields {
		v, ok := values[f.Name]
		if !ok || same(old[f.Name], v) {
			continue
		}
		if v == nil && f.Required {
			return fault.At("body.attributes."+f.Name, "%s is required", f.Label)
		}
		s.changes = append(s.changes, fieldChange{f, old[f.Name], v})
		if now[f.Name] = v; v == nil {
			delete(now, f.Name)
		}
	}
	s.after.Attributes, err = json.Marshal(now)
	return err
}

// finish stores the step as the next revision and records its entries: one transaction, no change
// without its entry.
func (e Editor) finish(tx *db.Tx, s step) (Object, error) {
	if err := e.checkWhy(tx, s); err != nil {
		return s.before, err
	}
	behalf, err := e.behalf(tx, s.draft.OnBehalfOf)
	if err != nil {
		return s.before, err
	}
	e.Origin.OnBehalfOf = behalf
	o := &s.after
	o.Revision++
	values, err := decode(o.Attributes)
	if err != nil {
		return *o, err
	}
	o.Name = nameOf(s.kind, *o, values)
	due := nextDue(s.kind, *o, values)
	now := tx.NowFunc()
	err = tx.Exec(`UPDATE objects SET external_id = ?, name = ?, state = ?, attributes = ?::json, revision = ?, deleted_at = ?, due_at = ?, unique_key = ? WHERE id = ?`,
		o.ExternalID, o.Name, o.State, string(o.Attributes), o.Revision, o.DeletedAt, due, uniqueKey(s.kind, values), o.ID).Error
	if err = db.Explain(err, map[string]*fault.Fault{"object_taken": taken(s.kind)}); err != nil {
		return *o, fmt.Errorf("store %s %d: %w", o.Kind, o.ID, err)
	}
	actor := e.Origin.Actor
	if behalf == nil {
		behalf = &audit.Actor{}
	}
	if err := tx.Exec(`INSERT INTO object_revisions (object_id, revision, action, name, state, attributes, deleted, reason, commentary,
			actor_name, actor_level, actor_user_id, behalf_name, behalf_level, behalf_user_id, made_at, sales_org_id, dealer_id, reseller_id)
		VALUES (?, ?, ?, ?, ?, ?::json, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, o.ID, o.Revision, s.action.Name, o.Name, o.State, string(o.Attributes), o.DeletedAt != nil,
		s.draft.Reason, s.draft.Commentary, actor.Name, actor.Level, orNil(actor.UserID), behalf.Name, behalf.Level, orNil(behalf.UserID), now, o.SalesOrgID, o.DealerID, o.ResellerID).Error; err != nil {
		return *o, fmt.Errorf("store revision %d of %s %d: %w", o.Revision, o.Kind, o.ID, err)
	}
	if err := takeFiles(tx, s); err != nil {
		return *o, err
	}
	for _, ev := range e.entries(s) {
		if _, err := e.Log.Record(tx, ev); err != nil {
			return *o, err
		}
	}
	return e.limits(tx, s)
}

// same compares values as they are stored; a reference is the same under another name.
func same(a, b any) bool {
	if refs, others := refsOf(a), refsOf(b); len(refs)+len(others) > 0 {
		return slices.EqualFunc(refs, others, func(x, y Reference) bool { return x.Ref == y.Ref })
	}
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	return errA == nil && errB == nil && (bytes.Equal(x, y) || reflect.DeepEqual(a, b))
}
