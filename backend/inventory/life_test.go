package inventory_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"annals/backend/access"
	"annals/backend/audit"
	"annals/backend/bulk"
	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/inventory"
	"annals/backend/tenant"
	"annals/backend/user"
)

// life makes objects of any kind with values that fit, for the walks over the catalogue.
type life struct {
	*house
	made  map[string]inventory.Object // one of each kind, for references
	n     int
	deeds []deed
	seen  int64 // the last entry that a deed left
	vain  bool  // jobs fail
}

func newLife(h *house) *life { return &life{house: h, made: map[string]inventory.Object{}} }

// value is one that fits a field, a new one on each call.
func (l *life) value(f catalog.Field) any {
	l.t.Helper()
	l.n++
	switch f.Type {
	case "integer", "decimal", "money":
		n := float64(l.n)
		if f.Min != nil {
			n += *f.Min
		}
		if f.Max != nil {
			n = float64(l.n % int(*f.Max))
		}
		if f.Type == "integer" {
			return int(n)
		}
		return fmt.Sprintf("%.2f", n)
	case "boolean":
		return true
	case "date":
		return fmt.Sprintf("2090-01-%02d", 1+l.n%28)
	case "time":
		return fmt.Sprintf("2090-01-%02dT00:00:00Z", 1+l.n%28)
	case "choice":
		return f.Values[l.n%len(f.Values)]
	case "list":
		return []any{why.Reason, fmt.Sprintf("item %d", l.n)} // a list of reasons has the one that is given
	case "email":
		return fmt.Sprintf("p%d@test.example", l.n)
	case "hostname":
		return fmt.Sprintf("h%d.test.example", l.n)
	case "url", "template":
		return fmt.Sprintf("https://h%d.test.example/", l.n)
	case "templates":
		return []any{fmt.Sprintf("mor.device https://h%d.test.example/", l.n)}
	case "system":
		return []string{"mor", "sippy", "sbc", "safe"}[l.n%4]
	case "address":
		return fmt.Sprintf("198.51.100.%d", l.n%250)
	case "references": // two kinds may refer to each other, so only to what is there
		if o, ok := l.made[f.Reference]; ok {
			return []any{o.ID}
		}
		if f.Reference == inventory.KindTenant || f.Reference == inventory.KindUser {
			return []any{l.reference(f.Reference)}
		}
		return nil
	case "reference":
		return l.reference(f.Reference)
	case "file":
		return l.upload(fmt.Sprintf("file %d%s", l.n, strings.Join(f.Accept[:min(1, len(f.Accept))], "")))
	}
	return fmt.Sprintf("text-%d", l.n)
}

func (l *life) reference(kind string) int64 {
	l.t.Helper()
	switch kind {
	case inventory.KindTenant:
		return l.root.ID
	case inventory.KindUser:
		var u user.Listed
		l.must(l.edit(tenant.Of(l.root), func(tx *db.Tx, e inventory.Editor) (err error) {
			l.n++
			u, err = e.CreateUser(tx, l.root.ID, user.User{Email: fmt.Sprintf("u%d@test.example", l.n), Name: "Someone", Role: access.User, State: user.Active}, "")
			return err
		}))
		return u.ID
	}
	if o, ok := l.made[kind]; ok {
		return o.ID
	}
	k, _ := l.log.Catalog().Kind(kind)
	return l.create(k, true).ID
}

func (l *life) upload(name string) (id int64) {
	l.t.Helper()
	l.must(l.edit(tenant.Of(l.root), func(tx *db.Tx, e inventory.Editor) error {
		e.Origin = ana
		f, err := e.Upload(tx, name, []byte(name))
		id = f.Ref
		return err
	}))
	return id
}

func (l *life) attributes(fields []catalog.Field) map[string]any {
	l.t.Helper()
	out := map[string]any{}
	for _, f := range fields {
		if !f.ReadOnly {
			out[f.Name] = l.value(f)
		}
	}
	return out
}

// worked does the jobs that wait, well or in vain, and reads an object again.
func (l *life) worked(o inventory.Object) inventory.Object {
	l.t.Helper()
	runner := inventory.Runner{Limit: time.Minute, Do: func(_ context.Context, w inventory.Work) (inventory.Attributes, error) {
		said := inventory.Attributes{"subject": w.With["subject"], "to": w.With["to"], "count": 3, "return_value": 0, "result": strings.TrimSpace(w.With["what"] + " reachable")}
		if !l.vain {
			return said, nil
		}
		said["return_value"] = 1
		return said, errors.New(strings.TrimSpace(w.With["what"] + " unreachable"))
	}}
	l.work(map[string]inventory.Runner{"connect": runner, "post": runner, "mail": runner, "backup": runner})
	l.must(l.db.Read(l.t.Context(), tenant.Of(l.root).Wall(), func(tx *db.Tx) (err error) {
		o, err = inventory.Find(tx, tenant.Of(l.root), o.Kind, o.ID)
		return err
	}))
	return o
}

// work does the jobs that wait and returns how many there were.
func (h *house) work(runners map[string]inventory.Runner) (n int) {
	h.t.Helper()
	jobs := inventory.NewJobs(h.db, h.log, runners)
	for {
		more, err := jobs.Next(h.t.Context())
		h.must(err)
		if !more {
			return n
		}
		n++
	}
}

// create makes an object, by SQL where nobody may create one: then it came in from its system.
func (l *life) create(k catalog.Kind, managed bool) (o inventory.Object) {
	l.t.Helper()
	if !slices.Contains(k.ManagedBy, "root") {
		l.must(l.edit(tenant.Of(l.root), func(tx *db.Tx, _ inventory.Editor) error {
			l.n++
			known, err := inventory.EnsureStubs(tx, []inventory.Stub{{Key: inventory.Key{Kind: k.Name, Source: "s", ExternalID: fmt.Sprint(l.n)}, Name: "Stub", Tenant: l.root}})
			for _, x := range known {
				o = inventory.Object{ID: x.ID, Kind: k.Name}
			}
			return err
		}))
	} else {
		l.must(l.edit(tenant.Of(l.root), func(tx *db.Tx, e inventory.Editor) (err error) {
			e.Origin = ana
			o, err = e.CreateObject(tx, k.Name, inventory.Draft{Attributes: l.attributes(k.Fields), Expert: true, Reason: "because"})
			return err
		}))
		o = l.worked(o)
	}
	l.made[k.Name] = o
	return o
}

// last are the entries since a number.
func (l *life) since(id int64) (out []audit.Event, last int64) {
	l.t.Helper()
	l.entries()
	page, err := l.log.Search(l.t.Context(), tenant.Of(l.root), audit.Filter{IDAfter: id}, audit.Paging{Order: audit.ByID, Limit: 200})
	l.must(err)
	for _, e := range page.Items {
		full, err := l.log.Find(l.t.Context(), tenant.Of(l.root), e.ID)
		l.must(err)
		out, last = append(out, full), e.ID
	}
	return out, max(last, id)
}

// deed is one thing that was done to an object, and the entries that it left.
type deed struct {
	what          string
	kind          catalog.Kind
	before, after inventory.Object
	sent          map[string]any // the values that were given
	actor         string
	entries       []audit.Event
}

// ana does what the walk does, through the API and for zoë.
var ana = audit.Origin{Actor: audit.Actor{Kind: audit.ActorUser, ID: "7", Name: "ana.silva", Level: "root", UserID: 7},
	OnBehalfOf: &audit.Actor{Kind: audit.ActorUser, ID: "8", Name: "zoë.krüger", Level: "root", UserID: 8}, IP: netip.MustParseAddr("198.51.100.7"), UsedAPI: true}

// why is what each of her deeds says beside its values.
var why = inventory.Draft{Reason: "Customer request", Commentary: "As agreed.\nOn the phone.", Expert: true}

// do does something to an object as ana, notes it, and expects one of its entries to be of a type.
func (l *life) do(k catalog.Kind, what, event string, before inventory.Object, sent map[string]any, fn func(*db.Tx, inventory.Editor, inventory.Draft) (inventory.Object, error)) inventory.Object {
	l.t.Helper()
	_, seen := l.since(l.seen)
	d := deed{what: k.Name + " " + what, kind: k, before: before, sent: sent, actor: ana.Actor.Name}
	draft := why
	draft.Attributes = sent
	if err := l.edit(tenant.Of(l.root), func(tx *db.Tx, e inventory.Editor) (err error) {
		e.Origin = ana
		d.after, err = fn(tx, e, draft)
		return err
	}); err != nil {
		l.t.Fatalf("%s: %v", d.what, err)
	}
	d.after = l.worked(d.after)
	d.entries, l.seen = l.since(seen)
	l.note(d, event)
	return d.after
}

// note keeps a deed for the test and expects one of its entries to be of a type.
func (l *life) note(d deed, event string) {
	l.t.Helper()
	l.deeds = append(l.deeds, d)
	if !slices.ContainsFunc(d.entries, func(e audit.Event) bool { return e.Type == event }) {
		l.t.Errorf("%s left %d entries, none of them %s: %+v", d.what, len(d.entries), event, d.entries)
	}
	for _, e := range d.entries {
		if strings.ContainsAny(e.Description, "{}[]") || e.Description == "" || e.Object == nil || e.Object.Ref == 0 && e.Outcome == audit.Success || e.Object.Name == "" {
			l.t.Errorf("%s: %q about %+v", d.what, e.Description, e.Object)
		}
	}
}

// TestEveryKindLivesItsLife walks the catalogue: an object of each kind is created, each of its
// fields is changed, each of its actions is done from a state in which it is possible, each of its
// timers and limits goes off, it is deleted and restored. Each step leaves the entry that the kind's
// row names, in a readable sentence; and each entry is what its source's document says of it.
func TestEveryKindLivesItsLife(t *testing.T) {
	t.Parallel()
	l := newLife(newHouse(t))
	for _, system := range l.log.Catalog().Systems() {
		for _, k := range system.Kinds {
			if !k.OwnTable && slices.Contains(k.ManagedBy, "root") {
				l.live(k)
			}
		}
	}
	l.isDocumented()
}

// live takes an object of a kind through its whole life.
func (l *life) live(k catalog.Kind) {
	l.t.Helper()
	eventOf := func(action string) string {
		if at := slices.IndexFunc(k.Actions, func(a catalog.Action) bool { return a.Name == action }); at >= 0 && k.Actions[at].Event != "" {
			return k.Actions[at].Event
		}
		if k.Setting && action == "delete" {
			return "annals.setting_inherited"
		}
		return "annals.object_" + action + "d"
	}
	for _, f := range k.Fields { // what is referred to leaves its own entries
		if f.Reference != "" {
			l.reference(f.Reference)
		}
	}
	sent := l.attributes(k.Fields)
	o := l.do(k, "create", eventOf("create"), inventory.Object{}, sent, func(tx *db.Tx, e inventory.Editor, d inventory.Draft) (inventory.Object, error) {
		return e.CreateObject(tx, k.Name, d)
	})
	l.made[k.Name] = o
	update := func(what, event string, o inventory.Object, sent map[string]any) inventory.Object {
		l.t.Helper()
		return l.do(k, what, event, o, sent, func(tx *db.Tx, e inventory.Editor, d inventory.Draft) (inventory.Object, error) {
			return e.UpdateObject(tx, k.Name, o.ID, o.Revision, d)
		})
	}
	for _, f := range k.Fields {
		value, ok := l.another(f, o)
		if !ok || f.ReadOnly {
			continue
		}
		o = update("field "+f.Name, cmp.Or(f.EventOff, f.EventRemoved, f.Event, eventOf("update")), o, map[string]any{f.Name: value})
		if entries := l.deeds[len(l.deeds)-1].entries; !f.Untracked && !slices.ContainsFunc(entries, func(e audit.Event) bool {
			return slices.ContainsFunc(e.Changes, func(c audit.Change) bool { return c.Field == f.Name })
		}) {
			l.t.Errorf("%s field %s: no entry says what changed: %+v", k.Name, f.Name, entries)
		}
		if f.Type == "boolean" || f.Type == "references" { // and back
			o = update("field "+f.Name+" again", cmp.Or(f.EventAdded, f.Event, eventOf("update")), o, map[string]any{f.Name: sent[f.Name]})
		}
	}
	for _, a := range k.Actions {
		if slices.Contains([]string{"create", "update", "delete", "restore"}, a.Name) {
			continue
		}
		on := o
		if len(a.From) > 0 && !slices.Contains(a.From, o.State) {
			on = l.bring(k, a.From)
		}
		own := on.ID == o.ID
		act := func(what, event string, input map[string]any) {
			l.t.Helper()
			on = l.do(k, what, event, on, input, func(tx *db.Tx, e inventory.Editor, d inventory.Draft) (inventory.Object, error) {
				return e.ActOn(tx, k.Name, on.ID, on.Revision, a.Name, d)
			})
		}
		act(a.Name, a.Event, l.attributes(a.Input))
		for _, f := range a.Input {
			if f.EventOff != "" {
				input := l.attributes(a.Input)
				input[f.Name] = false
				act(a.Name+" without "+f.Name, f.EventOff, input)
			}
		}
		if a.To != "" && on.State != a.To {
			l.t.Errorf("%s %s: state %s, want %s", k.Name, a.Name, on.State, a.To)
		}
		if a.Job != nil {
			l.vain = true
			on = l.do(k, a.Name+" in vain", a.Job.Failed, on, l.attributes(a.Input), func(tx *db.Tx, e inventory.Editor, d inventory.Draft) (inventory.Object, error) {
				return e.ActOn(tx, k.Name, on.ID, on.Revision, a.Name, d)
			})
			l.vain = false
		}
		if own {
			o = on
		}
	}
	if k.Bulk != nil {
		l.bulk(k)
	}
	for _, timer := range k.Timers {
		l.goOff(k, timer)
	}
	for _, limit := range k.Limits {
		l.pass(k, limit)
	}
	if k.Allowance != nil {
		l.isAllowed(k)
	}
	was := attributesOf(o)
	o = l.do(k, "delete", eventOf("delete"), o, nil, func(tx *db.Tx, e inventory.Editor, d inventory.Draft) (inventory.Object, error) {
		return e.DeleteObject(tx, k.Name, o.ID, o.Revision, d)
	})
	o = l.do(k, "restore", eventOf("restore"), o, nil, func(tx *db.Tx, e inventory.Editor, d inventory.Draft) (inventory.Object, error) {
		return e.RestoreObject(tx, k.Name, o.ID, o.Revision, o.Revision-1, d)
	})
	if got := attributesOf(o); fmt.Sprint(got) != fmt.Sprint(was) || o.DeletedAt != nil {
		l.t.Errorf("%s restored as %v, want %v", k.Name, got, was)
	}
	if k.Setting { // what it says would hold for all others
		l.must(l.edit(tenant.Of(l.root), func(tx *db.Tx, e inventory.Editor) error {
			_, err := e.DeleteObject(tx, k.Name, o.ID, o.Revision, why)
			return err
		}))
	}
}

// bulk creates an object from a CSV file, and notes what the whole recorded.
func (l *life) bulk(k catalog.Kind) {
	l.t.Helper()
	r := bulk.Request{Kind: k.Name, Matching: bulk.ByID, ExpertMode: true, FileName: "list.csv"}
	d := deed{what: k.Name + " bulk", kind: k, actor: ana.Actor.Name}
	var header, line []string
	for _, f := range k.Fields {
		if f.Name == k.Bulk.Within {
			d.kind, _ = l.log.Catalog().Kind(f.Reference)
			d.after = l.create(d.kind, true)
			r.WithinID = d.after.ID
		} else {
			header, line = append(header, f.Name), append(line, fmt.Sprint(l.value(f)))
		}
	}
	_, seen := l.since(l.seen)
	e := inventory.Editor{Log: l.log, Scope: tenant.Of(l.root), Origin: ana}
	var p *bulk.Preview
	l.must(l.db.Write(l.t.Context(), e.Scope.Wall(), func(tx *db.Tx) (err error) {
		p, err = bulk.Prepare(tx, e, r, []byte(strings.Join(header, ",")+"\n"+strings.Join(line, ",")+"\n"))
		return err
	}))
	p.Check(l.t.Context(), l.db, e)
	said := bulk.Why{Reason: why.Reason, Commentary: why.Commentary}
	var c bulk.Change
	l.must(l.db.Write(l.t.Context(), e.Scope.Wall(), func(tx *db.Tx) (err error) {
		c, err = bulk.Begin(tx, e, p.ID, said)
		return err
	}))
	bulk.Apply(l.t.Context(), l.db, e, c, said)
	d.entries, l.seen = l.since(seen)
	for _, one := range d.entries {
		if one.ImportFile == nil || one.ImportFile.ID != c.ImportFile() || one.Reason != why.Reason || one.Commentary != why.Commentary || !one.ExpertMode || one.OnBehalfOf == nil || one.Actor.Name != d.actor {
			l.t.Errorf("%s: %+v", d.what, one)
		}
	}
	d.entries = slices.DeleteFunc(d.entries, func(one audit.Event) bool { return one.Type != k.Bulk.Event })
	if len(d.entries) != 1 {
		l.t.Errorf("%s left %d entries of the whole", d.what, len(d.entries))
	}
	l.deeds = append(l.deeds, d)
}

// another is a value of a field that the object doesn't have yet, if there is one.
func (l *life) another(f catalog.Field, o inventory.Object) (any, bool) {
	l.t.Helper()
	switch f.Type {
	case "boolean":
		return false, true // it was true
	case "system":
		return "annals", true // it was another one
	case "references":
		return nil, true // takes the one away
	case "choice":
		current, _ := attributesOf(o)[f.Name].(string)
		return f.Values[(slices.Index(f.Values, current)+1)%len(f.Values)], len(f.Values) > 1
	case "reference":
		if k, ok := l.log.Catalog().Kind(f.Reference); ok && !k.OwnTable {
			return l.create(k, true).ID, true
		}
		return l.reference(f.Reference), f.Reference != inventory.KindTenant // there is one root
	}
	return l.value(f), true
}

// goOff lets a timer's time come.
func (l *life) goOff(k catalog.Kind, timer catalog.Timer) {
	l.t.Helper()
	a := k.Actions[slices.IndexFunc(k.Actions, func(a catalog.Action) bool { return a.Name == timer.Action })]
	past := "2026-01-31"
	if k.Fields[slices.IndexFunc(k.Fields, func(f catalog.Field) bool { return f.Name == timer.Field })].Type == "time" {
		past += "T00:00:00Z"
	}
	d := deed{what: k.Name + " timer " + timer.Action, kind: k, before: l.set(k, l.bring(k, a.From), map[string]any{timer.Field: past}), actor: "Timer"}
	_, seen := l.since(l.seen)
	more, err := inventory.NewTimers(l.db, l.log).Next(l.t.Context())
	if err != nil || !more {
		l.t.Fatalf("%s: %t, %v", d.what, more, err)
	}
	d.after = l.worked(d.before)
	d.entries, l.seen = l.since(seen)
	l.note(d, a.Event)
}

// pass lets a value pass its limit; what it was before must leave no such entry.
func (l *life) pass(k catalog.Kind, limit catalog.Limit) {
	l.t.Helper()
	a := k.Actions[slices.IndexFunc(k.Actions, func(a catalog.Action) bool { return a.Name == limit.Action })]
	within, beyond := 5, 20
	if limit.Below != "" {
		within, beyond = beyond, within
	}
	d := deed{what: k.Name + " limit " + limit.Action, kind: k, actor: "Limit", sent: map[string]any{limit.Field: beyond},
		before: l.set(k, l.bring(k, a.From), map[string]any{limit.Above + limit.Below: 10, limit.Field: within})}
	_, seen := l.since(l.seen)
	d.after = l.set(k, d.before, d.sent)
	d.entries, l.seen = l.since(seen)
	d.entries = slices.DeleteFunc(d.entries, func(e audit.Event) bool { return e.Actor.Kind != audit.ActorSystem })
	l.note(d, a.Event)
}

// isAllowed makes one object more of a kind as it is allowed, and one that isn't.
func (l *life) isAllowed(k catalog.Kind) {
	l.t.Helper()
	a := k.Allowance
	allows, _ := l.log.Catalog().Kind(a.Kind)
	license := l.set(allows, l.create(allows, true), map[string]any{a.Field: 1_000_000})
	sent := l.attributes(k.Fields)
	create := func(tx *db.Tx, e inventory.Editor, d inventory.Draft) (inventory.Object, error) {
		return e.CreateObject(tx, k.Name, d)
	}
	l.do(k, "create as allowed", a.Event, inventory.Object{}, sent, create)
	license = l.set(allows, license, map[string]any{a.Field: 0})
	_, seen := l.since(l.seen)
	e := l.editor(tenant.Of(l.root))
	e.Origin = ana
	d := deed{what: k.Name + " create, not allowed", kind: k, sent: sent, actor: ana.Actor.Name, after: inventory.Object{Name: k.Label}}
	draft := why
	draft.Attributes = sent
	err := e.Write(l.t.Context(), l.db, func(tx *db.Tx) error {
		_, err := create(tx, e, draft)
		return err
	})
	if !fault.Is(err, fault.Conflict) {
		l.t.Errorf("%s: %v", d.what, err)
	}
	d.entries, l.seen = l.since(seen)
	l.note(d, a.Failed)
	l.set(allows, license, map[string]any{a.Field: nil})
}

// set changes values of an object, of which nothing is noted.
func (l *life) set(k catalog.Kind, o inventory.Object, attributes map[string]any) inventory.Object {
	l.t.Helper()
	l.must(l.edit(tenant.Of(l.root), func(tx *db.Tx, e inventory.Editor) (err error) {
		e.Origin = ana
		o, err = e.UpdateObject(tx, k.Name, o.ID, o.Revision, inventory.Draft{Attributes: attributes, Expert: true})
		return err
	}))
	return l.worked(o)
}

// bring makes an object of a kind in one of some states, by the actions that lead there.
func (l *life) bring(k catalog.Kind, states []string) inventory.Object {
	l.t.Helper()
	o := l.create(k, true)
	for range 5 {
		if len(states) == 0 || slices.Contains(states, o.State) {
			return o
		}
		at := slices.IndexFunc(k.Actions, func(a catalog.Action) bool {
			return a.To != "" && a.To != o.State && a.Name != "create" && (len(a.From) == 0 || slices.Contains(a.From, o.State)) && (slices.Contains(states, a.To) || a.To != k.States[0])
		})
		if at < 0 {
			break
		}
		a := k.Actions[at]
		input := l.attributes(a.Input)
		l.must(l.edit(tenant.Of(l.root), func(tx *db.Tx, e inventory.Editor) (err error) {
			o, err = e.ActOn(tx, k.Name, o.ID, o.Revision, a.Name, inventory.Draft{Attributes: input, Expert: true, Reason: "because"})
			return err
		}))
		o = l.worked(o)
	}
	l.t.Fatalf("%s can't be brought to %v from %s", k.Name, states, o.State)
	return o
}

func attributesOf(o inventory.Object) map[string]any {
	var out map[string]any
	if err := json.Unmarshal(o.Attributes, &out); err != nil {
		panic(err)
	}
	return out
}

func TestObjectsKeepTheirRules(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	l := newLife(h)
	did, _ := h.log.Catalog().Kind("mor.did")
	o := l.create(did, true)
	try := func(name string, kind fault.Kind, location string, fn func(*db.Tx, inventory.Editor) error) {
		t.Helper()
		err := h.edit(tenant.Of(h.root), fn)
		f := fault.Of(err)
		if f == nil || f.Kind != kind || location != "" && (len(f.Fields) == 0 || f.Fields[0].Location != location) {
			t.Errorf("%s: got %v %+v", name, err, f)
		}
	}
	update := func(revision int64, attributes map[string]any) func(*db.Tx, inventory.Editor) error {
		return func(tx *db.Tx, e inventory.Editor) error {
			_, err := e.UpdateObject(tx, "mor.did", o.ID, revision, inventory.Draft{Attributes: attributes})
			return err
		}
	}
	act := func(action string, attributes map[string]any) func(*db.Tx, inventory.Editor) error {
		return func(tx *db.Tx, e inventory.Editor) error {
			_, err := e.ActOn(tx, "mor.did", o.ID, o.Revision, action, inventory.Draft{Attributes: attributes})
			return err
		}
	}
	try("an unknown field", fault.Invalid, "body.attributes.colour", update(o.Revision, map[string]any{"colour": "red"}))
	try("a wrong number", fault.Invalid, "body.attributes.rate", update(o.Revision, map[string]any{"rate": "cheap"}))
	try("a required value taken away", fault.Invalid, "body.attributes.number", update(o.Revision, map[string]any{"number": nil}))
	try("a reference to nothing", fault.Invalid, "body.attributes.provider", update(o.Revision, map[string]any{"provider": 424242}))
	try("an old revision", fault.Stale, "", update(o.Revision-1, map[string]any{"rate": "1"}))
	try("an action without its input", fault.Invalid, "body.attributes.dialplan", act("assign", nil))
	try("an unknown action", fault.NotFound, "", act("explode", nil))
	try("create as an action", fault.NotFound, "", act("create", nil))
	h.must(h.edit(tenant.Of(h.root), act("close", nil)))
	o.Revision++
	try("from a state in which it is not possible", fault.Conflict, "", act("close", nil))
	// A dealer doesn't manage what only organizations do, and finds nothing of others.
	org := h.tenant(h.root, "North")
	if err := h.edit(tenant.Of(org), update(o.Revision, map[string]any{"rate": "1"})); !fault.Is(err, fault.NotFound) {
		t.Errorf("another organization: %v", err)
	}
	dealer := h.tenant(org, "Harbor")
	if err := h.edit(tenant.Of(dealer), func(tx *db.Tx, e inventory.Editor) error {
		_, err := e.CreateObject(tx, "mor.provider", inventory.Draft{Attributes: map[string]any{"name": "x"}})
		return err
	}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a dealer makes a provider: %v", err)
	}
	xpos, _ := h.log.Catalog().Kind("sbc.xpos_server")
	x := l.create(xpos, true)
	try("a dangerous field", fault.Invalid, "body.attributes.root_path", func(tx *db.Tx, e inventory.Editor) error {
		_, err := e.UpdateObject(tx, "sbc.xpos_server", x.ID, x.Revision, inventory.Draft{Attributes: map[string]any{"root_path": "/"}})
		return err
	})
	h.must(h.edit(tenant.Of(h.root), func(tx *db.Tx, e inventory.Editor) (err error) {
		x, err = e.UpdateObject(tx, "sbc.xpos_server", x.ID, x.Revision, inventory.Draft{Attributes: map[string]any{"root_path": "/elsewhere"}, Expert: true})
		return err
	}))
	try("a dangerous field by way of an old revision", fault.Invalid, "body.expertMode", func(tx *db.Tx, e inventory.Editor) error {
		_, err := e.RestoreObject(tx, "sbc.xpos_server", x.ID, x.Revision, 1, inventory.Draft{})
		return err
	})
	h.must(h.edit(tenant.Of(h.root), func(tx *db.Tx, e inventory.Editor) error {
		_, err := e.RestoreObject(tx, "sbc.xpos_server", x.ID, x.Revision, 1, inventory.Draft{Expert: true})
		return err
	}))
	// The secret itself is nowhere.
	device, _ := h.log.Catalog().Kind("mor.device")
	d := l.create(device, true)
	h.must(h.edit(tenant.Of(h.root), func(tx *db.Tx, e inventory.Editor) error {
		after, err := e.UpdateObject(tx, "mor.device", d.ID, d.Revision, inventory.Draft{Attributes: map[string]any{"pin": "hunter2"}})
		if strings.Contains(string(after.Attributes), "hunter2") {
			t.Errorf("the PIN is stored: %s", after.Attributes)
		}
		return err
	}))
	entries, _ := l.since(0)
	last := entries[len(entries)-1]
	if last.Type != "mor.device_pin_changed" || strings.Contains(fmt.Sprintf("%+v", last), "hunter2") || len(last.Data) != 2 || last.Data[0].Value == last.Data[1].Value {
		t.Errorf("the entry: %+v", last)
	}
}

func TestTimersDoWhatIsDueOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	l := newLife(h)
	k, _ := h.log.Catalog().Kind("sbc.subscription")
	act := func(o inventory.Object, action string, attributes map[string]any) inventory.Object {
		t.Helper()
		h.must(h.edit(tenant.Of(h.root), func(tx *db.Tx, e inventory.Editor) (err error) {
			o, err = e.ActOn(tx, k.Name, o.ID, o.Revision, action, inventory.Draft{Attributes: attributes})
			return err
		}))
		return o
	}
	update := func(o inventory.Object, attributes map[string]any) inventory.Object {
		t.Helper()
		h.must(h.edit(tenant.Of(h.root), func(tx *db.Tx, e inventory.Editor) (err error) {
			o, err = e.UpdateObject(tx, k.Name, o.ID, o.Revision, inventory.Draft{Attributes: attributes})
			return err
		}))
		return o
	}
	ended := act(l.create(k, true), "activate", nil)
	update(ended, map[string]any{"period_end": "2026-01-31", "quota_resets_on": nil})
	monthly := act(l.create(k, true), "activate", nil)
	update(monthly, map[string]any{"quota_resets_on": "2026-01-31", "period_end": "2090-01-01"})
	pending := l.create(k, true)
	update(pending, map[string]any{"period_end": "2026-01-31"}) // not active: nothing ends
	_, seen := l.since(0)
	timers := inventory.NewTimers(h.db, h.log)
	done := 0
	for ; done < 10; done++ {
		more, err := timers.Next(t.Context())
		h.must(err)
		if !more {
			break
		}
	}
	if done != 2 {
		t.Errorf("%d timers went off, want 2", done)
	}
	entries, _ := l.since(seen)
	got := map[string]string{}
	for _, e := range entries {
		got[e.Object.ID] += e.Type + " by " + e.Actor.Kind + " "
	}
	want := map[string]string{fmt.Sprint(ended.ID): "sbc.subscription_expired by system ", fmt.Sprint(monthly.ID): "sbc.quota_reset by system "}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	h.must(h.db.Read(t.Context(), tenant.Of(h.root).Wall(), func(tx *db.Tx) error {
		after, err := inventory.Find(tx, tenant.Of(h.root), k.Name, monthly.ID)
		if next := fmt.Sprint(attributesOf(after)["quota_resets_on"]); err == nil && (next <= "2026-11-01" || !slices.Contains([]string{"28", "29", "30", "31"}, next[8:])) {
			t.Errorf("the quota is reset next on %s", next)
		}
		return err
	}))
}

func TestALimitThatIsPassedLeavesItsEntryOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	l := newLife(h)
	k, _ := h.log.Catalog().Kind("mor.user")
	o := l.create(k, true)
	set := func(attributes map[string]any) (types []string) {
		t.Helper()
		_, seen := l.since(0)
		h.must(h.edit(tenant.Of(h.root), func(tx *db.Tx, e inventory.Editor) (err error) {
			o, err = e.UpdateObject(tx, k.Name, o.ID, o.Revision, inventory.Draft{Attributes: attributes})
			return err
		}))
		o = l.worked(o)
		entries, _ := l.since(seen)
		for _, e := range entries {
			types = append(types, strings.TrimPrefix(e.Type, "mor."))
		}
		return types
	}
	set(map[string]any{"balance": "100.00", "warning_balance": "10"})
	for _, step := range []struct{ balance, want string }{
		{"10.000", "[user_balance_changed]"}, {"9.999999", "[user_balance_changed warning_balance_send]"}, {"5", "[user_balance_changed]"},
		{"10", "[user_balance_changed]"}, {"-3.5", "[user_balance_changed warning_balance_send]"},
	} {
		if got := fmt.Sprint(set(map[string]any{"balance": step.balance})); got != step.want {
			t.Errorf("to %s: got %s, want %s", step.balance, got, step.want)
		}
	}
}
