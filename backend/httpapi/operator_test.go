package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"annals/backend/audit"
	"annals/backend/inventory"
)

// A system that an operator drops into his folder is all there with no code: its page in the
// catalogue, lists, forms with their errors, actions, timers, revisions, entries and walls.
func TestAKindOfTheOperatorsIsAllThere(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("../../frontend/e2e/catalog/marina.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "marina.yaml"), file, 0o600); err != nil {
		t.Fatal(err)
	}
	h := newHouseWith(t, dir)
	const berths = "/api/v1/objects/marina.berth"
	type object struct {
		ID, Revision                      int64
		Name, State, KindLabel, EditState string
		Attributes                        map[string]any
		Actions                           []string
		DeletedAt                         *string
	}
	// do makes a change at the revision that o has, as harbor, and reads what became of it.
	do := func(o object, method, path string, body any, status int) object {
		t.Helper()
		r := h.call("harbor", method, fmt.Sprintf("%s/%d%s", berths, o.ID, path), body, "If-Match", fmt.Sprintf("%q", fmt.Sprint(o.Revision)))
		if r.StatusCode != status {
			t.Fatalf("%s %s: %d %s, want %d", method, path, r.StatusCode, r.body, status)
		}
		if status == http.StatusOK {
			o = object{}
			r.json(t, &o)
		}
		return o
	}
	// refused are the places of the errors of an answer.
	refused := func(r reply, status int) (places []string) {
		t.Helper()
		var problem struct {
			Errors []struct{ Location, Message string }
		}
		r.json(t, &problem)
		if r.StatusCode != status {
			t.Errorf("got %d %s, want %d", r.StatusCode, r.body, status)
		}
		for _, e := range problem.Errors {
			places = append(places, e.Location)
		}
		return places
	}
	type m = map[string]any

	var catalogue struct {
		Systems []struct {
			Name   string
			Kinds  []struct{ Name, Plural string }
			Events []struct{ Name string }
		}
	}
	h.get("harbor", "/api/v1/catalog", &catalogue)
	last := catalogue.Systems[len(catalogue.Systems)-1]
	if last.Name != "marina" || len(last.Kinds) != 1 || last.Kinds[0].Plural != "Berths" || len(last.Events) != 6 {
		t.Errorf("the catalogue shows %+v", last)
	}

	got := refused(h.call("harbor", "POST", berths, m{"attributes": m{"length": "2", "power": "64 A", "colour": "red"}}), http.StatusUnprocessableEntity)
	if want := []string{"body.attributes.colour", "body.attributes.length", "body.attributes.power"}; !slices.Equal(got, want) {
		t.Errorf("wrong at %q, want %q", got, want)
	}
	if got := refused(h.call("harbor", "POST", berths, m{"attributes": m{"length": "12"}}), http.StatusUnprocessableEntity); !slices.Equal(got, []string{"body.attributes.name"}) {
		t.Errorf("without a name: wrong at %q", got)
	}
	refused(h.call("quay", "POST", berths, m{"attributes": m{"name": "A1", "length": "12"}}), http.StatusForbidden) // resellers don't manage it
	made := h.call("harbor", "POST", berths, m{"attributes": m{"name": "A1", "length": "12.5", "power": "16 A", "gate_code": "4711"}})
	var o object
	made.json(t, &o)
	if made.StatusCode != http.StatusCreated || made.Header.Get("ETag") != `"1"` || o.KindLabel != "Berth" || o.State != "free" || o.EditState != "editable" ||
		o.Attributes["length"] != "12.5" || strings.Contains(string(made.body), "4711") {
		t.Fatalf("created: %d %s", made.StatusCode, made.body)
	}

	changed := do(o, "PATCH", "", m{"attributes": m{"power": "32 A", "gate_code": "0815"}}, http.StatusOK)
	do(o, "PATCH", "", m{"attributes": m{"power": "none"}}, http.StatusPreconditionFailed) // somebody was faster
	o = changed
	if got := refused(h.call("harbor", "POST", fmt.Sprintf("%s/%d/actions/let", berths, o.ID), m{}, "If-Match", `"2"`), http.StatusUnprocessableEntity); !slices.Equal(got, []string{"body.attributes.boat"}) {
		t.Errorf("let to nobody: wrong at %q", got)
	}
	do(o, "POST", "/actions/vacate", m{"reason": "x"}, http.StatusConflict) // it is free
	o = do(o, "POST", "/actions/let", m{"attributes": m{"boat": "Nautilus"}}, http.StatusOK)
	if got := refused(h.call("harbor", "POST", fmt.Sprintf("%s/%d/actions/vacate", berths, o.ID), m{}, "If-Match", `"3"`), http.StatusUnprocessableEntity); !slices.Equal(got, []string{"body.reason"}) {
		t.Errorf("vacated for no reason: wrong at %q", got)
	}
	o = do(o, "PATCH", "", m{"attributes": m{"let_until": "2026-01-31"}}, http.StatusOK)
	if more, err := inventory.NewTimers(h.db, h.log).Next(t.Context()); err != nil || !more {
		t.Fatalf("the timer: %t, %v", more, err)
	}
	h.get("harbor", fmt.Sprintf("%s/%d", berths, o.ID), &o)
	if o.State != "free" || o.Revision != 5 || !slices.Contains(o.Actions, "let") || slices.Contains(o.Actions, "vacate") {
		t.Errorf("after its time: %+v", o)
	}
	o = do(o, "DELETE", "?reason=Dredged", nil, http.StatusOK)
	if o.DeletedAt == nil || o.EditState != "deleted" {
		t.Errorf("deleted: %+v", o)
	}
	do(o, "PATCH", "", m{"attributes": m{"power": "none"}}, http.StatusConflict)
	o = do(o, "POST", "/restore", m{"revision": 1}, http.StatusOK)
	if o.DeletedAt != nil || o.Attributes["power"] != "16 A" || o.Attributes["boat"] != nil {
		t.Errorf("restored: %+v", o)
	}

	var revisions struct {
		Items []struct {
			Action, Actor, State string
			Attributes           json.RawMessage
		}
	}
	h.get("harbor", fmt.Sprintf("%s/%d/revisions", berths, o.ID), &revisions)
	var steps []string
	for _, r := range revisions.Items {
		steps = append(steps, r.Action+" by "+r.Actor+": "+r.State)
	}
	if want := "restore by harbor: free, delete by harbor: free, vacate by Timer: free, update by harbor: let, let by harbor: let, update by harbor: free, create by harbor: free"; strings.Join(steps, ", ") != want {
		t.Errorf("revisions %q, want %q", strings.Join(steps, ", "), want)
	}

	h.seal()
	timeline := fmt.Sprintf("/api/v1/events?objectKind=marina.berth&objectId=%d&order=occurredAt&limit=50", o.ID)
	var page eventsPage
	h.get("harbor", timeline, &page)
	var said []string
	for _, e := range page.Items {
		said = append(said, e.Type+": "+e.Description)
	}
	want := []string{"marina.berth_created: Berth A1 laid out", "marina.code_changed: Berth A1: gate code changed", "marina.berth_changed: Berth A1 changed: power from 16 A to 32 A",
		"marina.berth_let: Berth A1 let to Nautilus", "marina.berth_changed: Berth A1 changed: let_until", "marina.berth_vacated: Berth A1 vacated",
		"annals.object_deleted: Berth A1 deleted", "annals.object_restored: Berth A1 restored"}
	if !slices.Equal(said, want) {
		t.Errorf("the timeline:\n%s\nwant\n%s", strings.Join(said, "\n"), strings.Join(want, "\n"))
	}
	var e audit.Event
	h.get("harbor", fmt.Sprintf("/api/v1/events/%d", page.Items[1].ID), &e)
	if e.Links.EditState != "editable" || e.Links.Edit == nil || !strings.HasPrefix(*e.Links.Edit, fmt.Sprintf("/objects/marina.berth/%d", o.ID)) ||
		len(e.Data) != 2 || e.Data[0].Value != h.log.Fingerprint("4711") || e.Data[1].Value != h.log.Fingerprint("0815") || e.Actor.Name != "harbor" || e.Object.Revision != "2" {
		t.Errorf("the entry: %+v", e)
	}

	var list struct{ Items []object }
	h.get("harbor", berths+"?q=a1", &list)
	if len(list.Items) != 1 || list.Items[0].ID != o.ID {
		t.Errorf("the list: %+v", list)
	}
	h.get("south", berths, &list)
	var none eventsPage
	h.get("south", timeline, &none)
	if len(list.Items)+len(none.Items) != 0 {
		t.Errorf("another organization sees %d berths and %d entries", len(list.Items), len(none.Items))
	}
	one := fmt.Sprintf("%s/%d", berths, o.ID)
	for _, c := range []struct {
		method, path string
		body         any
	}{{"GET", "", nil}, {"GET", "/revisions", nil}, {"PATCH", "", m{"attributes": m{"name": "mine"}}}, {"DELETE", "", nil},
		{"POST", "/actions/let", m{"attributes": m{"boat": "x"}}}, {"POST", "/restore", m{"revision": 1}}} {
		if r := h.call("south", c.method, one+c.path, c.body, "If-Match", `"7"`); r.StatusCode != http.StatusNotFound {
			t.Errorf("another organization: %s %s: %d %s", c.method, c.path, r.StatusCode, r.body)
		}
	}
	h.get("north", one, &o) // whoever stands above sees it
	if o.Name != "A1" {
		t.Errorf("seen from above: %+v", o)
	}
}
