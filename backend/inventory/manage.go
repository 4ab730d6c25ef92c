package inventory

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"annals/backend/audit"
	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/tenant"
	"annals/backend/user"
)

// Draft is what somebody wants an object to become, and why.
type Draft struct {
	Attributes map[string]any // by field; a field that isn't there stays, null takes its value away
	TenantID   int64          // of a new object; 0: the editor's own
	Reason     string
	Commentary string
	OnBehalfOf int64 // a user of the editor's scope; 0: nobody
	Expert     bool  // expert mode: dangerous fields may be changed
	Rehearsal  bool  // it is rolled back: the reason is asked for when it is meant
}

// The actions that every object has, whether or not its kind documents an entry for them.
const (
	actCreate  = "create"
	actUpdate  = "update"
	actDelete  = "delete"
	actRestore = "restore"
)

// undocumented is what a step records for which the source documents no entry: nothing is silent.
func undocumented(k catalog.Kind, action string) string {
	if k.Setting && action == actDelete {
		return "annals.setting_inherited"
	}
	return map[string]string{actCreate: "annals.object_created", actUpdate: "annals.object_updated", actDelete: "annals.object_deleted", actRestore: "annals.object_restored"}[action]
}

// kind returns a kind that the editor may manage.
func (e Editor) kind(name string) (catalog.Kind, error) {
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
	k, err := e.kind(o.Kind)
	if err != nil || !o.Managed {
		return out
	}
	if o.DeletedAt != nil {
		return append(out, actRestore)
	}
	out = append(out, actUpdate, actDelete)
	for _, a := range k.Actions {
		if slices.Contains([]string{actCreate, actUpdate, actDelete, actRestore}, a.Name) || len(a.From) > 0 && !slices.Contains(a.From, o.State) {
			continue
		}
		out = append(out, a.Name)
	}
	return out
}

// read takes the sent values of fields of an object as it is; every wrong one has its own error at
// its own place.
func (e Editor) read(tx *db.Tx, fields []catalog.Field, o Object, d Draft) (Attributes, error) {
	stored, err := decode(o.Attributes)
	if err != nil {
		return nil, err
	}
	values := Attributes{}
	wrong := &fault.Fault{Kind: fault.Invalid}
	add := func(field, message string) {
		wrong.Fields = append(wrong.Fields, fault.Field{Location: "body.attributes." + field, Message: message})
	}
	for _, f := range fields {
		sent, ok := d.Attributes[f.Name]
		if !ok {
			continue
		}
		if f.ReadOnly {
			add(f.Name, f.Label+" is filled in by the server")
			continue
		}
		if f.Expert && !d.Expert {
			add(f.Name, f.Label+" is changed in expert mode only")
			continue
		}
		v, err := e.parse(tx, f, sent, stored[f.Name])
		if err != nil {
			if _, ok := err.(interface{ Unwrap() error }); ok {
				return nil, err // not about the value
			}
			add(f.Name, f.Label+" "+err.Error())
			continue
		}
		values[f.Name] = v
	}
	for name := range d.Attributes {
		if !slices.ContainsFunc(fields, func(f catalog.Field) bool { return f.Name == name }) {
			add(name, fmt.Sprintf("%q is not a field here", name))
		}
	}
	if len(wrong.Fields) > 0 {
		slices.SortFunc(wrong.Fields, func(a, b fault.Field) int { return strings.Compare(a.Location, b.Location) })
		wrong.Detail = wrong.Fields[0].Message + "."
		return nil, wrong
	}
	return values, nil
}

// complete says which required values are missing.
func complete(fields []catalog.Field, values Attributes) error {
	wrong := &fault.Fault{Kind: fault.Invalid}
	for _, f := range fields {
		if f.Required && values[f.Name] == nil {
			wrong.Fields = append(wrong.Fields, fault.Field{Location: "body.attributes." + f.Name, Message: f.Label + " is required"})
		}
	}
	if len(wrong.Fields) == 0 {
		return nil
	}
	wrong.Detail = wrong.Fields[0].Message + "."
	return wrong
}

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

// CreateObject makes a managed object.
func (e Editor) CreateObject(tx *db.Tx, kind string, d Draft) (Object, error) {
	k, err := e.kind(kind)
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
	values, err := e.read(tx, k.Fields, Object{}, d)
	if err != nil {
		return Object{}, err
	}
	if err := complete(k.Fields, values); err != nil {
		return Object{}, err
	}
	s := step{kind: k, action: actionOf(k, actCreate), draft: d}
	s.after = Object{Kind: k.Name, Managed: true, TenantID: t.ID, SalesOrgID: t.SalesOrgID, DealerID: orNil(t.DealerID), ResellerID: orNil(t.ResellerID), TenantPath: t.Path}
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
		if at < 0 || slices.Contains([]string{actCreate, actUpdate, actDelete, actRestore}, action) {
			return fault.Absent()
		}
		a := s.kind.Actions[at]
		if len(a.From) > 0 && !slices.Contains(a.From, s.before.State) {
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
	k, err := e.kind(kind)
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
	k, err := e.kind(kind)
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

// same compares values as they are stored; a reference is the same under another name.
func same(a, b any) bool {
	if refs, others := refsOf(a), refsOf(b); len(refs)+len(others) > 0 {
		return slices.EqualFunc(refs, others, func(x, y Reference) bool { return x.Ref == y.Ref })
	}
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	return errA == nil && errB == nil && (bytes.Equal(x, y) || reflect.DeepEqual(a, b))
}

// decode reads attributes with their numbers as they are written.
func decode(raw json.RawMessage) (Attributes, error) {
	values := Attributes{}
	if len(raw) == 0 {
		return values, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&values); err != nil {
		return nil, fmt.Errorf("read attributes: %w", err)
	}
	return values, nil
}

// finish stores the step as the next revision and records its entries: one transaction, no change
// without its entry.
func (e Editor) finish(tx *db.Tx, s step) (Object, error) {
	if err := e.checkReason(tx, s); err != nil {
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
			actor_name, actor_level, behalf_name, behalf_level, made_at, sales_org_id, dealer_id, reseller_id)
		VALUES (?, ?, ?, ?, ?, ?::json, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, o.ID, o.Revision, s.action.Name, o.Name, o.State, string(o.Attributes), o.DeletedAt != nil,
		s.draft.Reason, s.draft.Commentary, actor.Name, actor.Level, behalf.Name, behalf.Level, now, o.SalesOrgID, o.DealerID, o.ResellerID).Error; err != nil {
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

// checkReason holds a step against the rules for reasons: its action's, then those of the
// organization that the object belongs to.
func (e Editor) checkReason(tx *db.Tx, s step) error {
	if s.draft.Rehearsal {
		return nil
	}
	if s.action.Reason && !e.system && strings.TrimSpace(s.draft.Reason) == "" {
		return fault.At("body.reason", "%s needs a reason.", s.action.Label)
	}
	return e.CheckReason(tx, s.after.TenantID, s.draft.Reason)
}

// behalf is the user for whom the editor acts, as an entry names them; nil for nobody.
func (e Editor) behalf(tx *db.Tx, id int64) (*audit.Actor, error) {
	if id == 0 {
		return e.Origin.OnBehalfOf, nil
	}
	if !e.Behalf {
		return nil, fault.New(fault.Forbidden, "You may not act on behalf of others.")
	}
	u, err := user.Find(tx, e.Scope, id)
	if fault.Is(err, fault.NotFound) || err == nil && u.State == user.Deleted {
		return nil, fault.At("body.onBehalfOf", "There is no user %d.", id)
	}
	return &audit.Actor{Kind: audit.ActorUser, ID: strconv.FormatInt(u.ID, 10), Name: u.Name, Level: string(u.Level()), UserID: u.ID}, err
}

// limits does the actions of the limits that the step has passed, in the system's name.
func (e Editor) limits(tx *db.Tx, s step) (Object, error) {
	o := s.after
	for _, limit := range s.kind.Limits {
		before, err := passed(limit, s.before.Attributes)
		if err != nil {
			return o, err
		}
		after, err := passed(limit, o.Attributes)
		if err != nil {
			return o, err
		}
		a := actionOf(s.kind, limit.Action)
		if before || !after || o.DeletedAt != nil || len(a.From) > 0 && !slices.Contains(a.From, o.State) {
			continue
		}
		system := Editor{Log: e.Log, Scope: e.Scope, Origin: audit.System("Limit"), system: true}
		if o, err = system.ActOn(tx, s.kind.Name, o.ID, o.Revision, limit.Action, Draft{}); err != nil {
			return o, err
		}
	}
	return o, nil
}

// passed reports whether a value is beyond its limit; without both there is none.
func passed(limit catalog.Limit, attributes json.RawMessage) (bool, error) {
	values, err := decode(attributes)
	if err != nil {
		return false, err
	}
	number := func(field string) (*big.Rat, bool) { return new(big.Rat).SetString(show(values[field])) }
	value, ok := number(limit.Field)
	bound, bounded := number(limit.Above + limit.Below)
	if !ok || !bounded {
		return false, nil
	}
	if limit.Above != "" {
		return value.Cmp(bound) > 0, nil
	}
	return value.Cmp(bound) < 0, nil
}

// nameOf is what a list calls the object: a setting by its kind, what its kind's title says, its name
// where it has one, else the first text, then file, that it must have, else its kind and number.
func nameOf(k catalog.Kind, o Object, values Attributes) string {
	if k.Setting {
		return k.Label
	}
	title := k.TitleOf(func(field string) string {
		if field == "id" {
			return o.ExternalID
		}
		at := slices.IndexFunc(k.Fields, func(f catalog.Field) bool { return f.Name == field })
		if value := show(values[field]); value != "" {
			return k.Fields[at].WithUnit(value)
		}
		return ""
	})
	if title != "" {
		return strings.ToValidUTF8(title[:min(len(title), maxLine)], "")
	}
	for _, f := range nameFields(k) {
		if name := show(values[f.Name]); name != "" {
			return name
		}
	}
	return k.Title(o.ExternalID)
}

func nameFields(k catalog.Kind) (out []catalog.Field) {
	for _, want := range []func(catalog.Field) bool{
		func(f catalog.Field) bool { return f.Name == "name" },
		func(f catalog.Field) bool { return f.Required && f.Type == "text" && !f.Secret },
		func(f catalog.Field) bool { return f.Required && f.Type == "file" },
	} {
		if at := slices.IndexFunc(k.Fields, want); at >= 0 {
			out = append(out, k.Fields[at])
		}
	}
	return out
}

// nextDue is when the earliest of the object's timers is due, or nil. A timer waits only in states
// from which its action is possible.
func nextDue(k catalog.Kind, o Object, values Attributes) *time.Time {
	var due *time.Time
	if o.DeletedAt != nil {
		return nil
	}
	for _, timer := range k.Timers {
		a := actionOf(k, timer.Action)
		if len(a.From) > 0 && !slices.Contains(a.From, o.State) {
			continue
		}
		if at, ok := timeOf(values[timer.Field]); ok && (due == nil || at.Before(*due)) {
			due = &at
		}
	}
	return due
}

// timeOf reads a date, which is over when its day is, or a time.
func timeOf(v any) (time.Time, bool) {
	s, ok := v.(string)
	if !ok {
		return time.Time{}, false
	}
	if day, err := time.Parse(time.DateOnly, s); err == nil {
		return day.AddDate(0, 0, 1), true
	}
	at, err := time.Parse(time.RFC3339Nano, s)
	return at, err == nil
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
