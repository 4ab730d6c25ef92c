package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"annals/backend/access"
	"annals/backend/audit"
	"annals/backend/auth"
	"annals/backend/db"
	"annals/backend/inventory"
	"annals/backend/tenant"
)

// operation is a route as the API's own document has it.
type operation struct {
	Method, Path string
	ID           string            `json:"operationId"`
	Permission   access.Permission `json:"x-permission"`
	RequestBody  any               `json:"requestBody"`
	Parameters   []struct {
		Name, In string
		Required bool
	}
}

func operations(h *house) []operation {
	var doc struct {
		Paths map[string]map[string]json.RawMessage
	}
	h.get("", "/openapi.json", &doc)
	var out []operation
	for path, methods := range doc.Paths {
		for method, raw := range methods {
			o := operation{Method: strings.ToUpper(method), Path: path}
			h.must(json.Unmarshal(raw, &o))
			out = append(out, o)
		}
	}
	if len(out) < 50 {
		h.t.Fatalf("the document has only %d operations", len(out))
	}
	return out
}

// things are ids of what belongs to one tenant, by the words in paths.
type things map[string]string

// furnish makes one of everything on a node.
func (h *house) furnish(node, admin string) things {
	h.t.Helper()
	h.token(admin)
	t := h.tenants[node]
	x := things{"users": fmt.Sprint(h.users[admin].ID), "tenants": fmt.Sprint(t.ID), "settings": "annals.reasons"}
	scan := func(into string, query string, args ...any) {
		var id string
		if err := h.owner.QueryRowContext(h.t.Context(), query, args...).Scan(&id); err != nil {
			h.t.Fatalf("%s: %v", into, err)
		}
		x[into] = id
	}
	scan("objects", `INSERT INTO objects (kind, source, external_id, name, tenant_id, sales_org_id, dealer_id, reseller_id)
		VALUES ('mor.device', 'm', $1, 'Device', $2, $3, NULLIF($4, 0), NULLIF($5, 0)) RETURNING id`, node, t.ID, t.SalesOrgID, t.DealerID, t.ResellerID)
	h.must(h.db.Write(h.t.Context(), tenant.Of(t).Wall(), func(tx *db.Tx) error {
		e := inventory.Editor{Log: h.log, Scope: tenant.Of(t), Origin: audit.System("test")}
		o, err := e.CreateObject(tx, inventory.KindSource, inventory.Draft{Attributes: map[string]any{"name": "m", "system": "mor"}})
		x["sources"] = fmt.Sprint(o.ID)
		return err
	}))
	// Its revision has the object's own number: the walk fills every hole of a path with one id.
	_, err := h.owner.ExecContext(h.t.Context(), `INSERT INTO object_revisions (object_id, revision, action, name, state, attributes, deleted, reason, actor_name, actor_level, made_at, sales_org_id, dealer_id, reseller_id)
		SELECT id, id, 'create', name, '', '{}', false, '', 'x', 'root', now(), sales_org_id, dealer_id, reseller_id FROM objects WHERE id = $1`, x["objects"])
	h.must(err)
	scan("imports", `INSERT INTO imports (system, source, file_name, state, created_by, tenant_id, sales_org_id, dealer_id, reseller_id)
		VALUES ('mor', 'm', 'f.csv', 'done', 'x', $1, $2, NULLIF($3, 0), NULLIF($4, 0)) RETURNING id`, t.ID, t.SalesOrgID, t.DealerID, t.ResellerID)
	scan("files", `INSERT INTO files (object_id, name, size, sha256, content, uploaded_by, tenant_id, sales_org_id, dealer_id, reseller_id)
		VALUES ($1, 'f', 1, '', 'f', 0, $2, $3, NULLIF($4, 0), NULLIF($5, 0)) RETURNING id`, x["objects"], t.ID, t.SalesOrgID, t.DealerID, t.ResellerID)
	scan("bulk", `INSERT INTO bulk_changes (target_id, kind, matching, expert_mode, file_name, file_sha256, lines, created_by, created_level, tenant_id, sales_org_id, dealer_id, reseller_id)
		VALUES ($1, 'mor.device', 'id', false, 'f.csv', repeat('0', 64), 1, 'x', 'root', $1, $2, NULLIF($3, 0), NULLIF($4, 0)) RETURNING id`, t.ID, t.SalesOrgID, t.DealerID, t.ResellerID)
	key, _, err := h.auth.CreateAPIKey(h.t.Context(), auth.Operator(h.tenants["root"], "test"), t.ID, "key of "+node, []string{access.KeyRead})
	h.must(err)
	x["api-keys"] = fmt.Sprint(key.ID)
	h.seal()
	scan("events", "SELECT min(id) FROM events WHERE subject_id = $1", h.users[admin].ID)
	scan("by-event-id", "SELECT event_id FROM events WHERE id = $1", x["events"])
	scan("sessions", "SELECT id FROM sessions WHERE user_id = $1", h.users[admin].ID)
	scan("userActivityLog", "INSERT INTO objects (kind, source, external_id, name, tenant_id) VALUES ('safe.bill', '', $1, '', $2) RETURNING id + 90000", node, t.ID)
	h.must(h.db.Write(h.t.Context(), tenant.Of(h.tenants["root"]).Wall(), func(tx *db.Tx) error {
		e := safeEvent(x["userActivityLog"])
		e.Belongs(t)
		_, err := h.log.Record(tx, e)
		return err
	}))
	h.seal()
	return x
}

var param = regexp.MustCompile(`([\w-]+)/(?:\{kind\}/)?\{\w+\}`)

var fill = strings.NewReplacer("{kind}", "mor.device", "{action}", "make_available")

// address fills a path with the ids of things; ok is false where it has none.
func address(path string, x things) (filled string, ok bool) {
	m := param.FindStringSubmatch(path)
	if m == nil {
		return path, false
	}
	if strings.HasSuffix(path, "/objects/{kind}") {
		return strings.Replace(path, "{kind}", "mor.device", 1), false
	}
	filled = fill.Replace(path)
	id, known := x[m[1]]
	if !known {
		panic("the walk doesn't know an id for " + path)
	}
	return regexp.MustCompile(`\{\w+\}`).ReplaceAllString(filled, id), true
}

// bodies are a valid body for each route that takes one. A new route without one fails here.
func bodies(h *house, x things) map[string]any {
	reason := map[string]any{"reason": "because"}
	mfa := map[string]any{"challenge": "none", "code": "000000"}
	tenantID := json.Number(x["tenants"])
	return map[string]any{
		"post-auth-login": map[string]any{"email": "nobody@test.example", "password": "x"}, "post-auth-mfa-verify": mfa, "post-auth-mfa-setup": map[string]any{"challenge": "none"},
		"post-auth-mfa-activate": mfa, "post-auth-mfa-disable": map[string]any{"code": "000000"}, "post-auth-mfa-recovery-codes": map[string]any{"code": "000000"},
		"post-auth-invitation": map[string]any{"token": "none"}, "post-auth-invitation-accept": map[string]any{"token": "none", "password": "another good one"},
		"post-auth-otp-request": map[string]any{"email": "nobody@test.example"}, "post-auth-otp-login": map[string]any{"email": "nobody@test.example", "otp": "0"},
		"post-auth-password": map[string]any{"currentPassword": "wrong", "newPassword": "another good one"}, "patch-me": map[string]any{"timeZone": "Europe/Lisbon"},
		"post-tenants": map[string]any{"parentId": tenantID, "name": "New"}, "patch-tenants-id": map[string]any{"mfaPolicy": "optional"},
		"post-tenants-id-close": reason, "post-tenants-id-reopen": reason, "post-tenants-id-move": map[string]any{"parentId": 1, "reason": "because"},
		"post-users":           map[string]any{"tenantId": tenantID, "email": "new@test.example", "name": "New", "role": "user"},
		"post-users-reset-mfa": map[string]any{"tenantId": tenantID, "reason": "because", "code": "000000"}, "patch-users-id": map[string]any{"name": "Renamed"},
		"post-users-id-activate": reason, "post-users-id-lock": reason, "post-users-id-unlock": reason, "post-users-id-reset-mfa": reason, "post-users-id-reset-password": reason,
		"post-objects-kind": map[string]any{"tenantId": tenantID, "attributes": map[string]any{"name": "New"}}, "patch-objects-kind-id": map[string]any{"attributes": map[string]any{"name": "New"}},
		"post-objects-kind-id-actions-action": map[string]any{"attributes": map[string]any{}}, "post-objects-kind-id-restore": map[string]any{"revision": 1},
		"post-sources": map[string]any{"tenantId": tenantID, "attributes": map[string]any{"name": "New", "system": "mor"}}, "patch-sources-id": map[string]any{"attributes": map[string]any{"description": "New"}},
		"patch-settings-name": map[string]any{"attributes": map[string]any{"reasons": []string{"Fraud"}}},
		"post-api-keys":       map[string]any{"tenantId": tenantID, "name": "k", "scopes": []string{"read"}},
		"post-imports":        "--b\r\nContent-Disposition: form-data; name=\"system\"\r\n\r\nmor\r\n--b\r\nContent-Disposition: form-data; name=\"tenant\"\r\n\r\n" + x["tenants"] + "\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f.csv\"\r\nContent-Type: text/csv\r\n\r\nid\r\n--b--\r\n",
		"post-files":          "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f.atx\"\r\n\r\nf\r\n--b--\r\n", "post-bulk-id-apply": reason,
		"post-objects-kind-bulk": "--b\r\nContent-Disposition: form-data; name=\"tenantId\"\r\n\r\n" + x["tenants"] + "\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f.csv\"\r\n\r\nname\r\na\r\n--b--\r\n",
	}
}

// send makes the call of an operation upon things as somebody.
func (h *house) send(as string, o operation, x things) (r reply, about bool) {
	h.t.Helper()
	path, about := address(o.Path, x)
	var body any
	var headers []string
	if o.RequestBody != nil {
		var ok bool
		if body, ok = bodies(h, x)[o.ID]; !ok {
			h.t.Fatalf("the walk has no body for %s", o.ID)
		}
		if _, ok := body.(map[string]any); ok {
			about = about || strings.Contains(fmt.Sprint(body), "tenantId") || strings.Contains(fmt.Sprint(body), "parentId")
		} else {
			about, headers = o.ID != "post-files", []string{"Content-Type", "multipart/form-data; boundary=b"}
		}
	}
	for _, p := range o.Parameters {
		if p.In == "header" && p.Name == "If-Match" {
			headers = append(headers, "If-Match", `"1"`)
		}
		if p.In == "query" && p.Name == "tenantId" && strings.Contains(o.Path, "/settings") {
			path, about = path+"?tenantId="+x["tenants"], true
		}
		if p.In == "query" && p.Name == "field" {
			path += "?field=actor"
		}
	}
	return h.call(as, o.Method, path, body, headers...), about
}

// TestEveryRouteAsEverybody walks the whole table: as nobody, as each level, and upon the things of
// a sibling, of those above and of those below a sibling. What is out of scope looks absent.
func TestEveryRouteAsEverybody(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	fjord, north, south := h.furnish("Fjord", "fjord"), h.furnish("North", "north"), h.furnish("South", "south")
	absent := things{"users": "999999", "tenants": "999999", "objects": "999999", "imports": "999999", "files": "999999", "bulk": "999999", "api-keys": "999999", "events": "999999",
		"by-event-id": "00000000-0000-7000-8000-000000000000", "sessions": "00000000-0000-7000-8000-000000000000", "userActivityLog": "999999", "settings": "annals.reasons", "sources": "999999"}
	roles := map[string]access.Role{"root": access.Admin, "north": access.Admin, "auditor": access.Auditor, "harbor": access.Admin, "quay": access.Admin, "reef": access.Admin, "eve": access.User}
	ownSessionEnds := []string{"post-auth-logout", "post-auth-password", "delete-me-sessions"}
	for _, o := range operations(h) {
		if o.Permission != access.Public {
			if r, _ := h.send("", o, absent); r.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s %s as nobody: %d %s", o.Method, o.Path, r.StatusCode, r.body)
			}
		}
		for as, role := range roles {
			if slices.Contains(ownSessionEnds, o.ID) {
				continue
			}
			r, about := h.send(as, o, absent)
			may := o.Permission == access.Public || slices.Contains(access.Of(role), o.Permission)
			switch {
			case !may && r.StatusCode != http.StatusForbidden:
				t.Errorf("%s %s as %s without permission: %d %s", o.Method, o.Path, as, r.StatusCode, r.body)
			case may && (r.StatusCode >= 500 || r.StatusCode == http.StatusForbidden):
				t.Errorf("%s %s as %s: %d %s", o.Method, o.Path, as, r.StatusCode, r.body)
			}
			if !may || !about || as == "root" {
				continue
			}
			for whose, x := range map[string]things{"fjord": fjord, "north": north, "south": south} {
				if whose == "fjord" && (as == "north" || as == "auditor") || whose == "north" && (as == "north" || as == "auditor") {
					continue // in their scope
				}
				got, _ := h.send(as, o, x)
				if o.ID == "post-users-reset-mfa" && got.StatusCode == http.StatusTooManyRequests {
					continue // wrong codes slow down before the organization is looked up
				}
				if got.StatusCode != r.StatusCode || anonymous(got.body) != anonymous(r.body) {
					t.Errorf("%s %s as %s upon what is %s's differs from absent:\n%d %s\n%d %s", o.Method, o.Path, as, whose, got.StatusCode, got.body, r.StatusCode, r.body)
				}
				if r.StatusCode != http.StatusNotFound && o.ID != "post-users-reset-mfa" {
					t.Errorf("%s %s as %s upon what is absent: %d %s", o.Method, o.Path, as, r.StatusCode, r.body)
				}
			}
		}
	}
	// Who may see it does: the walk's ids are real.
	for _, o := range operations(h) {
		if o.Method == "GET" && o.ID != "get-me-sessions-id" {
			if r, about := h.send("north", o, fjord); about && r.StatusCode != http.StatusOK {
				t.Errorf("%s %s as the organization above: %d %s", o.Method, o.Path, r.StatusCode, r.body)
			}
		}
	}
}

// anonymous leaves out what differs from call to call.
func anonymous(body []byte) string {
	return regexp.MustCompile(`"requestId":"[^"]*"`).ReplaceAllString(string(body), "")
}
