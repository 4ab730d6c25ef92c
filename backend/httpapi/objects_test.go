package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// Objects can be asked by state and by whether they are deleted; the pages of every question hold
// each object once, newest first.
func TestObjectsByStateAndDeletion(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	type object struct {
		ID, Revision int64
		Name         string
	}
	do := func(method, path string, revision int64, body any) (o object) {
		t.Helper()
		r := h.call("harbor", method, "/api/v1/objects/sbc.user"+path, body, "If-Match", fmt.Sprintf(`"%d"`, revision))
		if r.StatusCode >= 300 {
			t.Fatalf("%s %s: %d %s", method, path, r.StatusCode, r.body)
		}
		r.json(t, &o)
		return o
	}
	for n := range 9 {
		o := do("POST", "", 0, map[string]any{"attributes": map[string]any{"login": fmt.Sprintf("u%d", n)}})
		path := fmt.Sprintf("/%d", o.ID)
		if n%3 == 0 {
			o = do("POST", path+"/actions/activate", o.Revision, map[string]any{})
		}
		if n%4 == 0 {
			do("DELETE", path, o.Revision, nil)
		}
	}
	for query, want := range map[string]string{
		"":                               "u8 u7 u6 u5 u4 u3 u2 u1 u0",
		"state=active":                   "u6 u3 u0",
		"state=active&deleted=false":     "u6 u3",
		"state=pending&deleted=true":     "u8 u4",
		"deleted=true":                   "u8 u4 u0",
		"deleted=false":                  "u7 u6 u5 u3 u2 u1",
		"state=active&state=pending&q=u": "u8 u7 u6 u5 u4 u3 u2 u1 u0",
		"state=expired":                  "",
	} {
		for _, list := range []string{"/objects/sbc.user?", "/objects?kind=sbc.user&", "/objects?system=sbc&"} {
			var got []string
			for cursor := ""; ; {
				var page struct {
					Items []object
					Next  *string
				}
				h.get("harbor", "/api/v1"+list+query+"&limit=2"+cursor, &page)
				for _, o := range page.Items {
					got = append(got, o.Name)
				}
				if page.Next == nil {
					break
				}
				cursor = "&cursor=" + *page.Next
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%s%s: got %v, want %s", list, query, got, want)
			}
		}
	}
	for _, query := range []string{"deleted=maybe", "state=" + strings.Repeat("a&state=", 50) + "a"} {
		if r := h.call("harbor", "GET", "/api/v1/objects?"+query, nil); r.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%.30s: %d %s", query, r.StatusCode, r.body)
		}
	}
	var page struct{ Items []object }
	if h.get("fjord", "/api/v1/objects?deleted=true&state=active", &page); len(page.Items) != 0 {
		t.Errorf("a sibling sees %v", page.Items)
	}
}

// A subscription beyond the organization's license is refused, and the refusal stays in the log.
func TestASubscriptionBeyondTheLicenseIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	create := func(as, kind string, body map[string]any) reply {
		t.Helper()
		return h.call(as, "POST", "/api/v1/objects/"+kind, body)
	}
	made := func(r reply) (o struct{ ID int64 }) {
		t.Helper()
		if r.StatusCode != http.StatusCreated {
			t.Fatalf("%d %s", r.StatusCode, r.body)
		}
		r.json(t, &o)
		return o
	}
	article := made(create("north", "sbc.article", map[string]any{"attributes": map[string]any{"name": "Nordic"}}))
	owner := made(create("north", "sbc.user", map[string]any{"attributes": map[string]any{"login": "fjord"}}))
	subscription := map[string]any{"attributes": map[string]any{"type": "single", "article": article.ID, "owner": owner.ID}}
	made(create("root", "sbc.license", map[string]any{"tenantId": h.tenants["North"].ID, "attributes": map[string]any{"subscriptions": 1}}))
	made(create("north", "sbc.subscription", subscription))
	if r := create("north", "sbc.subscription", subscription); r.StatusCode != http.StatusConflict || !strings.Contains(string(r.body), "license") {
		t.Errorf("beyond the license: %d %s", r.StatusCode, r.body)
	}
	h.seal()
	var page eventsPage
	h.get("north", "/api/v1/events?category=License+check&order=id", &page)
	var got []string
	for _, e := range page.Items {
		got = append(got, fmt.Sprintf("%s %s %s", strings.TrimPrefix(e.Type, "sbc."), e.Outcome, e.Actor.Name))
	}
	if want := "[license_subscription_created success north license_subscription_failed failure north]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}
