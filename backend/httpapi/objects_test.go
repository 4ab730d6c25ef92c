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
