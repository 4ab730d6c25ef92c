package inventory

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/tenant"
)

// The actions that every object has, whether or not its kind documents an entry for them.
const (
	actCreate  = "create"
	actUpdate  = "update"
	actDelete  = "delete"
	actRestore = "restore"
)

func everyObjectHas(action string) bool {
	return slices.Contains([]string{actCreate, actUpdate, actDelete, actRestore}, action)
}

// undocumented is what a step records for which the source documents no entry: nothing is silent.
func undocumented(k catalog.Kind, action string) string {
	if k.Setting && action == actDelete {
		return "annals.setting_inherited"
	}
	return map[string]string{actCreate: "annals.object_created", actUpdate: "annals.object_updated", actDelete: "annals.object_deleted", actRestore: "annals.object_restored"}[action]
}

// Kind returns a kind that the editor may manage.
func (e Editor) Kind(name string) (catalog.Kind, error) {
	k, ok := e.Log.Catalog().Kind(name)
	if !ok || k.OwnTable {
		return k, fault.Absent()
	}
	if !e.system && !slices.Contains(k.ManagedBy, string(e.Scope.Level)) {
		return k, fault.New(fault.Forbidden, "Administrators of your level don't manage %s.", k.Plural)
	}
	return k, nil
}

// actionOf is the kind's row for an action; a row without an event where the kind has none.
func actionOf(k catalog.Kind, name string) catalog.Action {
	for _, a := range k.Actions {
		if a.Name == name {
			if a.Event == "" {
				a.Event = undocumented(k, name)
			}
			return a
		}
	}
	return catalog.Action{Name: name, Event: undocumented(k, name)}
}

// Possible are the actions that the editor may do to an object as it is now.
func (e Editor) Possible(o Object) []string {
	out := []string{}
	k, err := e.Kind(o.Kind)
	if err != nil || !o.Managed {
		return out
	}
	if o.DeletedAt != nil {
		return append(out, actRestore)
	}
	out = append(out, actUpdate, actDelete)
	for _, a := range k.Actions {
		if everyObjectHas(a.Name) || !a.PossibleIn(o.State) {
			continue
		}
		out = append(out, a.Name)
	}
	return out
}

// CreateObject makes a managed object.
func (e Editor) CreateObject(tx *db.Tx, kind string, d Draft) (Object, error) {
	k, err := e.Kind(kind)
	if err != nil {
		return Object{}, err
	}
	if d.TenantID == 0 {
		d.TenantID = e.Scope.TenantID
	}
	t, err := tenant.Open(tx, e.Scope, d.TenantID)
	if err != nil {
		return Object{}, err
	}
	if !settable(k, t) {
		return Object{}, fault.At("body.tenantId", "%s is not set for a %s.", k.Label, strings.ToLower(t.Level.Label()))
	}
	s := step{kind: k, action: actionOf(k, actCreate), draft: d}
	s.after = Object{Kind: k.Name, Managed: true, TenantID: t.ID, SalesOrgID: t.SalesOrgID, DealerID: orNil(t.DealerID), ResellerID: orNil(t.ResellerID), TenantPath: t.Path}
	values, err := e.read(tx, k.Fields, s.after, d)
	if err != nil {
		return Object{}, err
	}
	if err := complete(k.Fields, values); err != nil {
		return Object{}, err
	}
	if s.after.State = s.action.To; (s.after.State == "" || s.action.Job != nil) && len(k.States) > 0 {
		s.after.State = k.States[0]
	}
	if err := s.set(values); err != nil {
		return Object{}, err
	}
	if s.allowed, err = e.allow(tx, s); err != nil {
		return Object{}, err
	}
	err = tx.Raw(`INSERT INTO objects (kind, source, external_id, name, state, managed, attributes, revision, tenant_id, sales_org_id, dealer_id, reseller_id)
		VALUES (?, '', gen_random_uuid()::text, '', '', true, '{}', 0, ?, ?, ?, ?) RETURNING id, first_seen_at`,
		k.Name, t.ID, t.SalesOrgID, s.after.DealerID, s.after.ResellerID).Row().Scan(&s.after.ID, &s.after.FirstSeenAt)
	if err != nil {
		return Object{}, fmt.Errorf("create %s: %w", k.Name, err)
	}
	s.after.ExternalID = strconv.FormatInt(s.after.ID, 10) // a managed object's own id is ours
	if s.action.Job == nil {
		return e.finish(tx, s)
	}
	asked := s
	s.action.Event = undocumented(k, actCreate) // the documented one is the result's
	if s.after, err = e.finish(tx, s); err != nil {
		return s.after, err
	}
	asked.after, asked.before = s.after, s.after
	return s.after, e.ask(tx, asked)
}

// locked takes a managed object's row until the transaction ends, at the revision that the editor saw.
func (e Editor) locked(tx *db.Tx, k catalog.Kind, id, revision int64) (Object, error) {
	o, err := find(tx, e.Scope, selectForUpdate, " FOR UPDATE OF o", k.Name, id)
	if fault.Is(err, fault.NotFound) { // perhaps it moved just now
		o, err = find(tx, e.Scope, selectForUpdate, " FOR UPDATE OF o", k.Name, id)
	}
	switch {
	case err != nil:
		return o, err
	case !o.Managed:
		return o, fault.New(fault.Conflict, "%s is managed in its own system.", o.Name)
	case o.Revision != revision:
		return o, stale(revision, o.Revision)
	}
	return o, nil
}

// UpdateObject changes values of an object.
func (e Editor) UpdateObject(tx *db.Tx, kind string, id, revision int64, d Draft) (Object, error) {
	return e.change(tx, kind, id, revision, d, func(s *step) error {
		s.action = actionOf(s.kind, actUpdate)
		values, err := e.read(tx, s.kind.Fields, s.before, d)
		if err != nil {
			return err
		}
		return s.set(values)
	})
}

// ActOn does one of the kind's own actions to an object.
func (e Editor) ActOn(tx *db.Tx, kind string, id, revision int64, action string, d Draft) (Object, error) {
	return e.change(tx, kind, id, revision, d, func(s *step) error {
		at := slices.IndexFunc(s.kind.Actions, func(a catalog.Action) bool { return a.Name == action })
		if at < 0 || everyObjectHas(action) {
			return fault.Absent()
		}
		a := s.kind.Actions[at]
		if !a.PossibleIn(s.before.State) {
			return fault.New(fault.Conflict, "%s is %s; %q is possible when it is %s.", s.before.Name, s.before.State, a.Label, strings.Join(a.From, " or "))
		}
		values, err := e.read(tx, a.Input, s.before, d)
		if err != nil {
			return err
		}
		if err := complete(a.Input, values); err != nil {
			return err
		}
		s.input = values
		return e.act(tx, s, a, values)
	})
}

// DeleteObject deletes an object; its last revision stays to be seen and restored.
func (e Editor) DeleteObject(tx *db.Tx, kind string, id, revision int64, d Draft) (Object, error) {
	return e.change(tx, kind, id, revision, d, func(s *step) error {
		s.action = actionOf(s.kind, actDelete)
		now := tx.NowFunc()
		s.after.DeletedAt = &now
		return nil
	})
}

// RestoreObject makes an object what it was at a revision, also one that was deleted since.
func (e Editor) RestoreObject(tx *db.Tx, kind string, id, revision, to int64, d Draft) (Object, error) {
	k, err := e.Kind(kind)
	if err != nil {
		return Object{}, err
	}
	o, err := e.locked(tx, k, id, revision)
	if err != nil {
		return o, err
	}
	was, err := findRevision(tx, id, to)
	if err != nil {
		return o, err
	}
	if was.Deleted {
		return o, fault.At("body.revision", "Revision %d is the deletion itself.", to)
	}
	s := step{kind: k, action: actionOf(k, actRestore), before: o, after: o, draft: d}
	s.after.DeletedAt, s.after.State = nil, was.State
	values, err := decode(was.Attributes)
	if err != nil {
		return o, err
	}
	for _, f := range k.Fields { // what it didn't have then, it doesn't have again
		if _, ok := values[f.Name]; !ok {
			values[f.Name] = nil
		}
	}
	if err := s.set(values); err != nil {
		return o, err
	}
	for _, c := range s.changes {
		if c.field.Expert && !d.Expert {
			return o, fault.At("body.expertMode", "%s would change, which is done in expert mode only", c.field.Label)
		}
	}
	if o.DeletedAt != nil {
		if _, err := e.allow(tx, s); err != nil {
			return o, err
		}
	}
	if len(s.changes) == 0 && o.DeletedAt == nil && s.after.State == o.State {
		return o, fault.New(fault.Conflict, "%s is as it was at revision %d.", o.Name, to)
	}
	return e.finish(tx, s)
}

// change does one step to a live object.
func (e Editor) change(tx *db.Tx, kind string, id, revision int64, d Draft, how func(*step) error) (Object, error) {
	k, err := e.Kind(kind)
	if err != nil {
		return Object{}, err
	}
	o, err := e.locked(tx, k, id, revision)
	if err != nil {
		return o, err
	}
	if o.DeletedAt != nil {
		return o, fault.New(fault.Conflict, "%s is deleted. Restore it first.", o.Name)
	}
	s := step{kind: k, before: o, after: o, draft: d}
	if err := how(&s); err != nil {
		return o, err
	}
	if s.action.Name == actUpdate && len(s.changes) == 0 {
		return o, nil // nothing changed, so nothing is recorded
	}
	if s.action.Job != nil {
		return o, e.ask(tx, s)
	}
	return e.finish(tx, s)
}
