package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"annals/backend/access"
	"annals/backend/auth"
)

type organization struct {
	ID, Revision                              int64
	Path, State                               string
	Closable, Movable, Deletable, ClosedAbove bool
}

// TestAClosedOrganizationShutsEverybodyBelowOut: sessions, keys and new sign-ins, with the next call.
func TestAClosedOrganizationShutsEverybodyBelowOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, key, err := h.auth.CreateAPIKey(t.Context(), auth.Operator(h.tenants["root"], "test"), h.tenants["Quay"].ID, "k", []string{access.KeyRead})
	h.must(err)
	withKey := func() int {
		return h.call("", "GET", "/api/v1/events", nil, "Authorization", "Bearer "+key).StatusCode
	}
	signIn := h.call("", "POST", "/api/v1/auth/login", map[string]string{"email": "quay@test.example", "password": password})
	cookie := strings.SplitN(signIn.Header.Get("Set-Cookie"), ";", 2)[0]
	for _, name := range []string{"harbor", "quay", "eve", "north", "fjord"} {
		h.token(name)
	}
	path := fmt.Sprintf("/api/v1/tenants/%d", h.tenants["Harbor"].ID)
	if r := h.call("north", "POST", path+"/close", map[string]string{"reason": ""}); r.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("closed without a reason: %d", r.StatusCode)
	}
	var closed organization
	h.call("north", "POST", path+"/close", map[string]string{"reason": "unpaid"}).json(t, &closed)
	if closed.State != "closed" || !closed.Closable {
		t.Errorf("closed: %+v", closed)
	}
	for _, name := range []string{"harbor", "quay", "eve"} {
		if r := h.call(name, "GET", "/api/v1/me", nil); r.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s in or below a closed organization: %d", name, r.StatusCode)
		}
		if r := h.call("", "POST", "/api/v1/auth/login", map[string]string{"email": name + "@test.example", "password": password}); r.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s signs in below a closed organization: %d", name, r.StatusCode)
		}
	}
	if got := withKey(); got != http.StatusUnauthorized {
		t.Errorf("a key below a closed organization: %d", got)
	}
	if r := h.call("", "POST", "/api/v1/auth/refresh", nil, "Cookie", cookie); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("a refresh token below a closed organization: %d", r.StatusCode)
	}
	if r := h.call("fjord", "GET", "/api/v1/me", nil); r.StatusCode != http.StatusOK {
		t.Errorf("a sibling of the closed one: %d", r.StatusCode)
	}
	var quay organization
	h.get("north", fmt.Sprintf("/api/v1/tenants/%d", h.tenants["Quay"].ID), &quay)
	if quay.State != "active" || !quay.ClosedAbove {
		t.Errorf("below the closed one: %+v", quay)
	}
	for what, body := range map[string]map[string]any{
		"users":    {"tenantId": quay.ID, "email": "x@test.example", "name": "X", "role": "user"},
		"tenants":  {"parentId": closed.ID, "name": "X"},
		"api-keys": {"tenantId": quay.ID, "name": "X", "scopes": []string{"read"}},
	} {
		if r := h.call("north", "POST", "/api/v1/"+what, body); r.StatusCode != http.StatusConflict || !strings.Contains(string(r.body), "is closed") {
			t.Errorf("%s in what is closed: %d %s", what, r.StatusCode, r.body)
		}
	}
	h.seal()
	var log eventsPage
	h.get("north", fmt.Sprintf("/api/v1/events?dealerId=%d&type=annals.tenant_closed", closed.ID), &log)
	if len(log.Items) != 1 || log.Items[0].Reason != "unpaid" {
		t.Errorf("the log of what is closed: %+v", log.Items)
	}
	h.call("north", "POST", path+"/reopen", map[string]string{"reason": "paid"}).json(t, &closed)
	if r := h.call("quay", "GET", "/api/v1/me", nil); closed.State != "active" || r.StatusCode != http.StatusOK || withKey() != http.StatusOK {
		t.Errorf("reopened: %s, session %d, key %d", closed.State, r.StatusCode, withKey())
	}
}

func TestMovingAnOrganization(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	quay := h.tenants["Quay"]
	path := fmt.Sprintf("/api/v1/tenants/%d", quay.ID)
	var content map[string]int64
	h.get("north", fmt.Sprintf("/api/v1/tenants/%d/content", h.tenants["North"].ID), &content)
	if content["organizations"] != 4 || content["people"] != 8 {
		t.Errorf("content of North: %v", content)
	}
	for viewer, want := range map[string]bool{"root": true, "north": true, "harbor": false} {
		var o organization
		if h.get(viewer, path, &o); o.Movable != want {
			t.Errorf("%s may move Quay: %t", viewer, o.Movable)
		}
	}
	to := func(id int64) map[string]any { return map[string]any{"parentId": id, "reason": "sold"} }
	if r := h.call("north", "POST", path+"/move", to(h.tenants["Fjord"].ID), "If-Match", `"7"`); r.StatusCode != http.StatusPreconditionFailed {
		t.Errorf("at another revision: %d", r.StatusCode)
	}
	sibling, absent := h.call("north", "POST", path+"/move", to(h.tenants["Reef"].ID), "If-Match", `"1"`), h.call("north", "POST", path+"/move", to(999999), "If-Match", `"1"`)
	if want := strings.ReplaceAll(anonymous(absent.body), "999999", fmt.Sprint(h.tenants["Reef"].ID)); sibling.StatusCode != http.StatusUnprocessableEntity || anonymous(sibling.body) != want {
		t.Errorf("to a dealer of somebody else's: %d %s; to none: %d %s", sibling.StatusCode, sibling.body, absent.StatusCode, absent.body)
	}
	var group struct{ ID int64 }
	h.call("harbor", "POST", "/api/v1/objects/annals.group", map[string]any{"tenantId": quay.ID, "attributes": map[string]any{"name": "Night"}, "onBehalfOf": h.users["harbor"].ID}).json(t, &group)
	var moved organization
	h.call("north", "POST", path+"/move", to(h.tenants["Fjord"].ID), "If-Match", `"1"`).json(t, &moved)
	if moved.Path != "/North/Fjord/Quay" || moved.Revision != 2 {
		t.Errorf("moved: %+v", moved)
	}
	for viewer, want := range map[string]int{"fjord": http.StatusOK, "harbor": http.StatusNotFound, "quay": http.StatusOK} {
		if r := h.call(viewer, "GET", fmt.Sprintf("/api/v1/users/%d", h.users["eve"].ID), nil); r.StatusCode != want {
			t.Errorf("%s asks for eve after the move: %d", viewer, r.StatusCode)
		}
	}
	// What came along was made by people who stay where they are, and nobody's business here.
	type made struct{ Actor, OnBehalfOf string }
	for viewer, want := range map[string]made{"fjord": {"Dealer", "Dealer"}, "quay": {"Dealer", "Dealer"}, "north": {"harbor", "harbor"}, "root": {"harbor", "harbor"}} {
		revisions := fmt.Sprintf("/api/v1/objects/annals.group/%d/revisions", group.ID)
		var all struct{ Items []made }
		var one made
		h.get(viewer, revisions, &all)
		if h.get(viewer, revisions+"/1", &one); len(all.Items) != 1 || all.Items[0] != want || one != want {
			t.Errorf("%s sees that it was made by %+v, %+v", viewer, all.Items, one)
		}
	}
}
