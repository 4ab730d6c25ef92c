package httpapi_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"annals/backend/access"
	"annals/backend/audit"
	"annals/backend/auth"
	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/tenant"
)

// viewers are one of each level who sees what is Quay's, and an auditor.
var viewers = []struct {
	name  string
	level tenant.Level
	role  access.Role
}{{"root", tenant.Root, access.Admin}, {"north", tenant.SalesOrg, access.Admin}, {"auditor", tenant.SalesOrg, access.Auditor},
	{"harbor", tenant.Dealer, access.Admin}, {"quay", tenant.Reseller, access.Admin}, {"eve", tenant.User, access.User}}

// aboutOne records an entry about an object of Quay's, in the transaction that makes the object, and
// returns the object's id. Eve is its subject, so that she sees it as well.
func (h *house) aboutOne(k catalog.Kind, managed, deleted bool) int64 {
	h.t.Helper()
	quay, eve := h.tenants["Quay"], h.users["eve"]
	var id int64
	h.must(h.db.Write(h.t.Context(), tenant.Of(h.tenants["root"]).Wall(), func(tx *db.Tx) error {
		err := tx.Raw(`INSERT INTO objects (kind, source, external_id, name, managed, revision, tenant_id, sales_org_id, dealer_id, reseller_id, deleted_at)
			VALUES (?, '', gen_random_uuid()::text, 'One', ?, 1, ?, ?, ?, ?, CASE WHEN ? THEN now() END) RETURNING id`,
			k.Name, managed, quay.ID, quay.SalesOrgID, quay.DealerID, quay.ResellerID, deleted).Scan(&id).Error
		if err != nil {
			return err
		}
		e := audit.Event{Type: k.System + ".unknown", Source: "s", Object: &audit.Object{Kind: k.Name, ID: fmt.Sprint(id), Name: "One", Ref: id},
			Subject: &audit.Person{ID: eve.ID, Name: eve.Name}, Actor: audit.System("test").Actor}
		e.Belongs(quay)
		_, err = h.log.Record(tx, e)
		return err
	}))
	return id
}

// links are those of an entry about a kind's object, as somebody sees it.
func (h *house) links(as, kind string, ref int64) *audit.Links {
	h.t.Helper()
	var page eventsPage
	h.get(as, fmt.Sprintf("/api/v1/events?objectKind=%s&limit=1&objectId=%d", kind, ref), &page)
	if len(page.Items) == 0 {
		return nil
	}
	return page.Items[0].Links
}

func said(l *audit.Links) string {
	if l == nil {
		return "no entry"
	}
	text := func(s *string) string {
		if s == nil {
			return "-"
		}
		return *s
	}
	return l.EditState + " " + text(l.Object) + " " + text(l.Edit)
}

// TestEveryKindsEntriesLeadToItsPage walks the catalogue: an entry about an object of each kind, in
// each state, as each level, leads to the object's page and to its form, or says why not; and the
// page says the same.
func TestEveryKindsEntriesLeadToItsPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	type one struct {
		kind  catalog.Kind
		id    int64
		state string
	}
	var all []one
	own := []string{}
	for _, system := range h.log.Catalog().Systems() {
		for _, k := range system.Kinds {
			if k.OwnTable {
				own = append(own, k.Name)
				continue
			}
			all = append(all, one{k, h.aboutOne(k, true, false), "live"}, one{k, h.aboutOne(k, true, true), "deleted"}, one{k, h.aboutOne(k, false, false), "external"})
		}
	}
	h.seal()
	if want := []string{"annals.user", "annals.tenant", "annals.session", "annals.api_key"}; !slices.Equal(own, want) {
		t.Fatalf("kinds with tables of their own: %v; TestEntriesLeadToWhatHasATableOfItsOwn knows %v", own, want)
	}
	for _, x := range all {
		for _, v := range viewers {
			page := fmt.Sprintf("/objects/%s/%d", x.kind.Name, x.id)
			want := "deleted " + page + " -"
			switch {
			case v.role == access.User:
				want = "forbidden - -" // their own entries, and no objects
			case x.state == "external":
				want = "external " + page + " -"
			case x.state == "live" && v.role == access.Admin && slices.Contains(x.kind.ManagedBy, string(v.level)):
				want = "editable " + page + " " + page + "?edit=true"
			case x.state == "live":
				want = "forbidden " + page + " -"
			}
			links := h.links(v.name, x.kind.Name, x.id)
			if got := said(links); got != want {
				t.Errorf("%s, %s, as %s: got %s, want %s", x.kind.Name, x.state, v.name, got, want)
			}
			if v.role == access.User {
				continue
			}
			var o struct{ EditState string }
			if h.get(v.name, "/api/v1"+page, &o); o.EditState != links.EditState {
				t.Errorf("%s, %s, as %s: the entry says %s, the page %s", x.kind.Name, x.state, v.name, links.EditState, o.EditState)
			}
		}
	}
}

func TestEntriesLeadToWhatHasATableOfItsOwn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	eve, bob, quay := h.users["eve"].ID, h.users["bob"].ID, h.users["quay"].ID
	key := func(name string) int64 {
		k, _, err := h.auth.CreateAPIKey(t.Context(), auth.Operator(h.tenants["root"], "test"), h.tenants["Quay"].ID, name, []string{access.KeyRead})
		h.must(err)
		return k.ID
	}
	live, revoked := key("live"), key("revoked")
	var gone struct{ ID int64 }
	h.call("harbor", "POST", "/api/v1/tenants", map[string]any{"parentId": h.tenants["Harbor"].ID, "name": "Gone"}).json(t, &gone)
	h.call("", "POST", "/api/v1/auth/login", map[string]string{"email": "quay@test.example", "password": password}) // a second session
	for _, call := range []string{fmt.Sprintf("/api-keys/%d", revoked), fmt.Sprintf("/tenants/%d?reason=x", gone.ID), fmt.Sprintf("/users/%d?reason=x", bob)} {
		if r := h.call("harbor", "DELETE", "/api/v1"+call, nil); r.StatusCode != http.StatusNoContent {
			t.Fatalf("%s: %d %s", call, r.StatusCode, r.body)
		}
	}
	if r := h.call("quay", "DELETE", "/api/v1/me/sessions", nil); r.StatusCode != http.StatusNoContent {
		t.Fatalf("%d %s", r.StatusCode, r.body)
	}
	h.seal()
	edit := func(page, form string) [3]string {
		return [3]string{"editable " + page + " " + page + form, "forbidden " + page + " -", "no entry"}
	}
	ended := func(page string) [3]string {
		return [3]string{"deleted " + page + " -", "deleted " + page + " -", "no entry"}
	}
	none := int64(0)
	for name, x := range map[string]struct {
		kind string
		id   int64
		want [3]string         // to administrators, the auditor, and eve
		self map[string]string // where it is the viewer's own
	}{
		"a person":                 {"annals.user", eve, edit(fmt.Sprintf("/people/%d", eve), "?edit=true"), map[string]string{"eve": "editable /me /me?tab=profile"}},
		"a deleted person":         {"annals.user", bob, ended(fmt.Sprintf("/people/%d", bob)), nil},
		"an organization":          {"annals.tenant", h.tenants["Quay"].ID, edit(fmt.Sprintf("/organization/%d", h.tenants["Quay"].ID), "?edit=true"), nil},
		"a deleted organization":   {"annals.tenant", gone.ID, ended(fmt.Sprintf("/organization/%d", gone.ID)), map[string]string{"quay": "no entry"}},
		"a key":                    {"annals.api_key", live, [3]string{edit(fmt.Sprintf("/settings/api-keys?key=%d", live), "")[0], "forbidden - -", "no entry"}, nil},
		"a revoked key":            {"annals.api_key", revoked, [3]string{ended(fmt.Sprintf("/settings/api-keys?key=%d", revoked))[0], "forbidden - -", "no entry"}, nil},
		"somebody's ended session": {"annals.session", none, ended(fmt.Sprintf("/people/%d", quay)), map[string]string{"quay": "deleted /me -"}},
	} {
		for _, v := range viewers {
			want := x.want[slices.Index([]access.Role{access.Admin, access.Auditor, access.User}, v.role)]
			if self, ok := x.self[v.name]; ok {
				want = self
			}
			links := h.links(v.name, x.kind, x.id)
			if x.id == none { // a session's id is no number
				var page eventsPage
				if h.get(v.name, "/api/v1/events?type=SESSION_REVOKE&userId="+fmt.Sprint(quay), &page); len(page.Items) > 0 {
					links = page.Items[0].Links
				}
			}
			if got := said(links); got != want {
				t.Errorf("%s as %s: got %s, want %s", name, v.name, got, want)
			}
		}
	}
}

func TestAnEntryOfAnotherSystemWithoutAnIDSaysThatItIsKeptThere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	nameless, none := h.login("x", h.tenants["North"].CreatedAt), audit.Event{Type: "annals.log_exported", Actor: audit.System("test").Actor}
	nameless.Object = &audit.Object{Kind: "mor.tariff"}
	none.Belongs(h.tenants["Harbor"])
	h.record(nameless, none)
	for query, want := range map[string]string{"type=mor.login": "external - -", "type=log_exported": "forbidden - -"} {
		var page eventsPage
		h.get("harbor", "/api/v1/events?"+query, &page)
		if got := said(page.Items[0].Links); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
}

func TestARevisionIsWhatTheObjectWasThen(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var o struct {
		ID       int64
		Revision int64
	}
	r := h.call("north", "POST", "/api/v1/objects/mor.dialplan", map[string]any{"tenantId": h.tenants["Harbor"].ID, "attributes": map[string]any{"name": "before"}})
	if r.json(t, &o); r.StatusCode != http.StatusCreated {
		t.Fatalf("%d %s", r.StatusCode, r.body)
	}
	path := fmt.Sprintf("/api/v1/objects/mor.dialplan/%d", o.ID)
	if r := h.call("north", "PATCH", path, map[string]any{"attributes": map[string]any{"name": "after"}}, "If-Match", `"1"`); r.StatusCode != 200 {
		t.Fatalf("%d %s", r.StatusCode, r.body)
	}
	for revision, name := range map[int]string{1: "before", 2: "after"} {
		for viewer, actor := range map[string]string{"north": "north", "harbor": "Sales organization"} {
			var got struct {
				Revision   int
				Name       string
				Actor      string
				Attributes map[string]any
			}
			h.get(viewer, fmt.Sprintf("%s/revisions/%d", path, revision), &got)
			if got.Revision != revision || got.Name != name || got.Attributes["name"] != name || got.Actor != actor {
				t.Errorf("revision %d as %s: %+v", revision, viewer, got)
			}
		}
	}
	if r := h.call("harbor", "GET", path+"/revisions/3", nil); r.StatusCode != http.StatusNotFound {
		t.Errorf("what isn't there: %d %s", r.StatusCode, r.body)
	}
	if r := h.call("fjord", "GET", path+"/revisions/1", nil); r.StatusCode != http.StatusNotFound {
		t.Errorf("a sibling's: %d %s", r.StatusCode, r.body)
	}
	// What isn't there of one's own object is no attempt on somebody else's.
	h.server.FlushDenials(t.Context())
	h.seal()
	var page eventsPage
	if h.get("root", "/api/v1/events?type=AUTHZ_DENIED", &page); len(page.Items) != 1 || page.Items[0].Actor.Name != "fjord" {
		t.Errorf("attempts: %+v", page.Items)
	}
}
