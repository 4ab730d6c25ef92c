package httpapi_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestGroupsOfPeople: a group is an object; its members are found from both ends, and each that comes
// or goes has an entry.
func TestGroupsOfPeople(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	eve, bob, reef := h.users["eve"].ID, h.users["bob"].ID, h.users["reef"].ID
	create := func(as, name string, members ...int64) reply {
		return h.call(as, "POST", "/api/v1/objects/annals.group", map[string]any{"attributes": map[string]any{"name": name, "members": members}})
	}
	var night, own struct{ ID, Revision int64 }
	create("harbor", "Night shift", eve, bob).json(t, &night)
	create("quay", "Counter", eve).json(t, &own)
	if r := create("harbor", "Strangers", reef); r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(string(r.body), "body.attributes.members") {
		t.Errorf("with somebody out of the scope: %d %s", r.StatusCode, r.body)
	}
	for who, want := range map[string]int{"root": 422, "north": 422, "fjord": 422, "quay": 201} { // those of Harbor would read who it is
		r := h.call("root", "POST", "/api/v1/objects/annals.group", map[string]any{"tenantId": h.tenants["Harbor"].ID, "attributes": map[string]any{"name": "With " + who, "members": []int64{h.users[who].ID}}})
		if r.StatusCode != want {
			t.Errorf("a group of Harbor's with %s: %d %s", who, r.StatusCode, r.body)
		}
	}
	if r := create("harbor", "Night shift"); r.StatusCode != http.StatusConflict && r.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("with a name that is taken: %d %s", r.StatusCode, r.body)
	}
	names := func(as, path string) string {
		var page struct{ Items []struct{ Name string } }
		h.get(as, path, &page)
		var out []string
		for _, x := range page.Items {
			out = append(out, x.Name)
		}
		slices.Sort(out)
		return strings.Join(out, ",")
	}
	for _, x := range []struct{ as, path, want string }{
		{"harbor", fmt.Sprintf("/api/v1/users/%d/groups", eve), "Counter,Night shift"},
		{"quay", fmt.Sprintf("/api/v1/users/%d/groups", eve), "Counter"}, // nobody looks up
		{"harbor", fmt.Sprintf("/api/v1/users?groupId=%d", night.ID), "bob,eve"},
		{"quay", fmt.Sprintf("/api/v1/users?groupId=%d", night.ID), ""},
		{"quay", fmt.Sprintf("/api/v1/users?groupId=%d", own.ID), "eve"},
		{"fjord", fmt.Sprintf("/api/v1/users?groupId=%d", own.ID), ""},
	} {
		if got := names(x.as, x.path); got != x.want {
			t.Errorf("%s asks %s: %q, want %q", x.as, x.path, got, x.want)
		}
	}
	path := fmt.Sprintf("/api/v1/objects/annals.group/%d", night.ID)
	r := h.call("harbor", "PATCH", path, map[string]any{"attributes": map[string]any{"description": "After ten", "members": []int64{bob, h.users["quay"].ID}}}, "If-Match", fmt.Sprint(night.Revision))
	if r.StatusCode != http.StatusOK {
		t.Fatalf("changed: %d %s", r.StatusCode, r.body)
	}
	if r := h.call("harbor", "DELETE", path+"?reason=over", nil, "If-Match", fmt.Sprint(night.Revision+1)); r.StatusCode >= 300 {
		t.Fatalf("deleted: %d %s", r.StatusCode, r.body)
	}
	if got := names("harbor", fmt.Sprintf("/api/v1/users?groupId=%d", night.ID)); got != "" {
		t.Errorf("members of a deleted group: %q", got)
	}
	h.seal()
	var log eventsPage
	h.get("harbor", fmt.Sprintf("/api/v1/events?objectKind=annals.group&objectRef=%d&order=id", night.ID), &log)
	var got []string
	for _, e := range log.Items {
		line := strings.TrimPrefix(e.Type, "annals.")
		if e.LinkedTo != nil {
			line += " " + e.LinkedTo.Name
		}
		got = append(got, line)
	}
	if want := "group_created, group_member_added quay, group_member_removed eve, group_updated, group_deleted"; strings.Join(got, ", ") != want {
		t.Errorf("entries: %s, want %s", strings.Join(got, ", "), want)
	}
}
