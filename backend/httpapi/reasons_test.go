package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestConfiguredReasonsHoldForEveryChange walks the calls that change an object, a person or an
// organization: each takes a reason of the nearest list, and refuses others and none at its field.
func TestConfiguredReasonsHoldForEveryChange(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	set := func(as string, attributes map[string]any) {
		t.Helper()
		if r := h.call(as, "PATCH", "/api/v1/settings/annals.reasons", map[string]any{"attributes": attributes, "reason": "Fraud"}, "If-Match", `"0"`); r.StatusCode != http.StatusOK {
			t.Fatalf("%d %s", r.StatusCode, r.body)
		}
	}
	set("north", map[string]any{"reasons": []string{"Fraud", "Customer asked"}, "free_text": false, "required": true})
	quay, pier := h.tenants["Quay"].ID, h.tenants["Pier"].ID
	bob := h.users["bob"].ID
	const did = "/api/v1/objects/mor.did"
	// Each row is done three times: without a reason, with a strange one, with one of the list. What
	// comes next builds on the revision that the last one left.
	for _, call := range []struct {
		method, path string
		revision     int
		body         map[string]any
	}{
		{"POST", did, 0, map[string]any{"tenantId": quay, "attributes": map[string]any{"number": "3512"}}},
		{"PATCH", did + "/ID", 1, map[string]any{"attributes": map[string]any{"number": "3513"}}},
		{"POST", did + "/ID/actions/close", 2, map[string]any{}},
		{"POST", did + "/ID/restore", 3, map[string]any{"revision": 1}},
		{"DELETE", did + "/ID", 4, nil},
		{"POST", "/api/v1/sources", 0, map[string]any{"tenantId": quay, "attributes": map[string]any{"name": "m", "system": "mor"}}},
		{"POST", "/api/v1/users", 0, map[string]any{"tenantId": quay, "email": "new@test.example", "name": "New", "role": "user"}},
		{"PATCH", fmt.Sprintf("/api/v1/users/%d", bob), 1, map[string]any{"name": "Bobby"}},
		{"POST", fmt.Sprintf("/api/v1/users/%d/lock", bob), 0, map[string]any{}},
		{"POST", fmt.Sprintf("/api/v1/users/%d/unlock", bob), 0, map[string]any{}},
		{"POST", fmt.Sprintf("/api/v1/users/%d/reset-mfa", bob), 0, map[string]any{}},
		{"POST", fmt.Sprintf("/api/v1/users/%d/reset-password", bob), 0, map[string]any{}},
		{"DELETE", fmt.Sprintf("/api/v1/users/%d", bob), 0, nil},
		{"POST", "/api/v1/tenants", 0, map[string]any{"parentId": h.tenants["Fjord"].ID, "name": "Skerry"}},
		{"PATCH", fmt.Sprintf("/api/v1/tenants/%d", pier), 1, map[string]any{"mfaPolicy": "required"}},
	} {
		var id string
		for _, reason := range []string{"", "Just so", "Customer asked"} {
			path := call.path
			if strings.Contains(path, "ID") {
				if err := h.owner.QueryRowContext(t.Context(), "SELECT id FROM objects WHERE kind = 'mor.did'").Scan(&id); err != nil {
					t.Fatal(err)
				}
				path = strings.Replace(path, "ID", id, 1)
			}
			var body any
			if call.body == nil {
				path += "?reason=" + strings.ReplaceAll(reason, " ", "%20")
			} else {
				call.body["reason"] = reason
				body = call.body
			}
			r := h.call("north", call.method, path, body, "If-Match", fmt.Sprintf("%q", fmt.Sprint(call.revision)))
			refused := r.StatusCode == http.StatusUnprocessableEntity && strings.Contains(string(r.body), `"body.reason"`)
			done := r.StatusCode < 300 || strings.HasSuffix(path, "/reset-mfa") && r.StatusCode == http.StatusConflict // there is none
			if done != (reason == "Customer asked") || !done && !refused {
				t.Errorf("%s %s because of %q: %d %s", call.method, path, reason, r.StatusCode, r.body)
			}
		}
	}
	// Nobody is asked why they change themselves.
	if r := h.call("eve", "PATCH", "/api/v1/me", map[string]any{"name": "Eve"}); r.StatusCode != http.StatusOK {
		t.Errorf("one's own profile: %d %s", r.StatusCode, r.body)
	}
	// The nearest list holds; where it is empty, or lets people write, any words do.
	set("harbor", map[string]any{"reasons": nil, "required": false})
	for _, reason := range []string{"", "Just so"} {
		r := h.call("quay", "POST", did, map[string]any{"attributes": map[string]any{"number": "1" + reason}, "reason": reason})
		if r.StatusCode != http.StatusCreated {
			t.Errorf("below Harbor because of %q: %d %s", reason, r.StatusCode, r.body)
		}
	}
	// Another organization has nothing to do with it.
	if r := h.call("reef", "POST", did, map[string]any{"attributes": map[string]any{"number": "9"}}); r.StatusCode != http.StatusCreated {
		t.Errorf("another organization: %d %s", r.StatusCode, r.body)
	}
}
