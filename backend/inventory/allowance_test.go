package inventory_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/inventory"
	"annals/backend/tenant"
)

const lots = `
  - name: license
    label: License
    plural: Licenses
    managedBy: [root]
    fields: [{name: seats, label: Seats, type: integer, min: 0}, {name: ends, label: Ends, type: date}]
    actions: []
  - name: lot
    label: Lot
    plural: Lots
    managedBy: [root, sales_org, dealer]
    allowance: {kind: license, field: seats, until: ends, event: granted, failed: declined}
    fields: [{name: name, label: Name, type: text, required: true}]
    actions: []
`

// lotHouse is a house in which dealers of two organizations make lots, of which licenses allow so many.
func lotHouse(t *testing.T) (l *life, org, dealer, other tenant.Tenant) {
	t.Helper()
	h := houseWith(t, lots)
	org = h.tenant(h.root, "North")
	return newLife(h), org, h.tenant(org, "Harbor"), h.tenant(h.root, "South")
}

func (l *life) write(s tenant.Scope, fn func(*db.Tx, inventory.Editor) error) error {
	e := l.editor(s)
	return e.Write(l.t.Context(), l.db, func(tx *db.Tx) error { return fn(tx, e) })
}

func (l *life) lot(s tenant.Scope) (o inventory.Object, err error) {
	err = l.write(s, func(tx *db.Tx, e inventory.Editor) (err error) {
		o, err = e.CreateObject(tx, "pbx.lot", inventory.Draft{Attributes: map[string]any{"name": "lot"}, Commentary: "please"})
		return err
	})
	return o, err
}

func (l *life) license(of tenant.Tenant, attributes map[string]any) (o inventory.Object) {
	l.t.Helper()
	l.must(l.write(tenant.Of(l.root), func(tx *db.Tx, e inventory.Editor) (err error) {
		o, err = e.CreateObject(tx, "pbx.license", inventory.Draft{TenantID: of.ID, Attributes: attributes})
		return err
	}))
	return o
}

func TestALicenseAllowsSoManyAndItsRefusalIsRecorded(t *testing.T) {
	t.Parallel()
	l, org, dealer, other := lotHouse(t)
	_, seen := l.since(0)
	told := func() string {
		t.Helper()
		var out []string
		entries, last := l.since(seen)
		for _, e := range entries {
			line := strings.TrimPrefix(strings.TrimPrefix(e.Type, "pbx."), "annals.")
			for _, d := range e.Data {
				line += " " + d.Label + ": " + d.Value
			}
			out = append(out, line)
		}
		seen = last
		return strings.Join(out, "; ")
	}
	expect := func(what string, err error, refused bool, want string) {
		t.Helper()
		if fault.Is(err, fault.Conflict) != refused || err != nil && !refused {
			t.Errorf("%s: %v", what, err)
		}
		if got := told(); got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
	_, err := l.lot(tenant.Of(dealer))
	expect("without a license", err, false, "object_created")
	license := l.license(org, map[string]any{"seats": 2})
	told()
	second, err := l.lot(tenant.Of(dealer))
	expect("the last place", err, false, "object_created; granted")
	_, err = l.lot(tenant.Of(dealer))
	expect("beyond it", err, true, "declined Cause: License: no place is left")
	_, err = l.lot(tenant.Of(other))
	expect("another organization, without a license", err, false, "object_created")
	more := l.license(org, map[string]any{"seats": 1, "ends": "2090-01-01"})
	told()
	_, err = l.lot(tenant.Of(org))
	expect("a second license", err, false, "object_created; granted")

	// What is deleted leaves its place, and must find one again.
	change := func(fn func(*db.Tx, inventory.Editor) error) error { return l.write(tenant.Of(l.root), fn) }
	l.must(change(func(tx *db.Tx, e inventory.Editor) (err error) {
		second, err = e.DeleteObject(tx, second.Kind, second.ID, second.Revision, inventory.Draft{})
		return err
	}))
	told()
	_, err = l.lot(tenant.Of(dealer))
	expect("in a place that was left", err, false, "object_created; granted")
	restore := func(tx *db.Tx, e inventory.Editor) error {
		_, err := e.RestoreObject(tx, second.Kind, second.ID, second.Revision, 1, inventory.Draft{})
		return err
	}
	expect("restored beyond it", change(restore), true, "declined Cause: License: no place is left")

	end := func(o inventory.Object, day any) {
		t.Helper()
		l.must(change(func(tx *db.Tx, e inventory.Editor) error {
			_, err := e.UpdateObject(tx, o.Kind, o.ID, o.Revision, inventory.Draft{Attributes: map[string]any{"ends": day}})
			return err
		}))
		told()
	}
	end(license, "2026-01-31")
	end(more, "2026-01-31")
	_, err = l.lot(tenant.Of(dealer))
	expect("after its end", err, true, "declined Cause: License: it has expired")
	l.license(org, map[string]any{})
	told()
	_, err = l.lot(tenant.Of(dealer))
	expect("a license without a number", err, false, "object_created; granted")

	// The refusal's entry belongs to whoever tried, says why, and is about no object that is there.
	entries, _ := l.since(0)
	for _, e := range entries {
		if e.Type == "pbx.declined" && (e.Dealer == nil || e.Dealer.ID != dealer.ID || e.Outcome != "failure" || e.Object.Kind != "pbx.lot" || e.Description == "") {
			t.Errorf("the refusal: %+v", e)
		}
	}
}

// Many want the last places at once: as many get one as there are.
func TestTheLastPlaceIsGivenOnce(t *testing.T) {
	t.Parallel()
	l, org, dealer, _ := lotHouse(t)
	l.license(org, map[string]any{"seats": 3})
	var group sync.WaitGroup
	var made, refused atomic.Int32
	for range 8 {
		group.Go(func() {
			switch _, err := l.lot(tenant.Of(dealer)); {
			case err == nil:
				made.Add(1)
			case fault.Is(err, fault.Conflict):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	group.Wait()
	if made.Load() != 3 || refused.Load() != 5 {
		t.Errorf("%d made and %d refused, want 3 and 5", made.Load(), refused.Load())
	}
	entries, _ := l.since(0)
	count := map[string]int{}
	for _, e := range entries {
		count[e.Type]++
	}
	if count["pbx.granted"] != 3 || count["pbx.declined"] != 5 {
		t.Errorf("entries: %v", count)
	}
}
