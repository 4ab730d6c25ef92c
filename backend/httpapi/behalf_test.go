package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// An administrator may say for whom something is done: it stands in the entry and in the revision,
// and is hidden from whoever is below that person.
func TestOnBehalfOfSomebodyInScope(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	type object struct{ ID, Revision int64 }
	create := func(behalf any) reply {
		return h.call("harbor", "POST", "/api/v1/objects/sbc.user", map[string]any{"tenantId": h.tenants["Quay"].ID,
			"attributes": map[string]any{"login": "x"}, "onBehalfOf": behalf, "commentary": "by telephone"})
	}
	var o object
	create(h.users["eve"].ID).json(t, &o)
	path := fmt.Sprintf("/api/v1/objects/sbc.user/%d", o.ID)
	step := func(method, path string, body any) {
		t.Helper()
		r := h.call("harbor", method, path, body, "If-Match", fmt.Sprintf("%q", fmt.Sprint(o.Revision)))
		if r.StatusCode != http.StatusOK {
			t.Fatalf("%s %s: %d %s", method, path, r.StatusCode, r.body)
		}
		r.json(t, &o)
	}
	harbor := h.users["harbor"].ID
	step("PATCH", path, map[string]any{"attributes": map[string]any{"login": "y"}, "onBehalfOf": harbor})
	step("POST", path+"/actions/activate", map[string]any{"onBehalfOf": harbor})
	step("DELETE", path+fmt.Sprintf("?onBehalfOf=%d", harbor), nil)
	step("POST", path+"/restore", map[string]any{"revision": 1})
	h.seal()

	type line struct{ Action, OnBehalfOf, Commentary string }
	for viewer, dealers := range map[string]string{"harbor": "harbor", "north": "harbor", "quay": "Dealer"} {
		var revisions struct{ Items []line }
		h.get(viewer, path+"/revisions", &revisions)
		want := []line{{Action: "restore"}, {"delete", dealers, ""}, {"activate", dealers, ""}, {"update", dealers, ""}, {"create", "eve", "by telephone"}}
		if fmt.Sprint(revisions.Items) != fmt.Sprint(want) {
			t.Errorf("%s sees the revisions %v, want %v", viewer, revisions.Items, want)
		}
		var page eventsPage
		h.get(viewer, fmt.Sprintf("/api/v1/events?objectKind=sbc.user&objectRef=%d&order=id", o.ID), &page)
		var got []string
		for _, e := range page.Items {
			name := "nobody"
			if b := e.OnBehalfOf; b != nil {
				name = b.Name
				if b.Hidden != (dealers == "Dealer" && name != "eve") || !b.Hidden && b.UserID == 0 {
					t.Errorf("%s sees %+v", viewer, b)
				}
			}
			got = append(got, name)
		}
		if want := []string{"eve", dealers, dealers, dealers, "nobody"}; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s sees the entries on behalf of %v, want %v", viewer, got, want)
		}
	}

	// Out of scope, above, deleted and absent are one answer.
	bob := h.users["bob"].ID
	if r := h.call("quay", "DELETE", fmt.Sprintf("/api/v1/users/%d?reason=gone", bob), nil, "If-Match", `"1"`); r.StatusCode >= 300 {
		t.Fatalf("delete bob: %d %s", r.StatusCode, r.body)
	}
	answer := func(id int64) string {
		r := create(id)
		if r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(string(r.body), `"body.onBehalfOf"`) {
			t.Errorf("on behalf of %d: %d %s", id, r.StatusCode, r.body)
		}
		return strings.ReplaceAll(anonymous(r.body), fmt.Sprintf("user %d.", id), "user N.")
	}
	absent := answer(999999)
	for _, name := range []string{"bob", "north", "fjord", "root"} {
		if got := answer(h.users[name].ID); got != absent {
			t.Errorf("on behalf of %s: %s, absent: %s", name, got, absent)
		}
	}
}
