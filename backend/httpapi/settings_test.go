package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"annals/backend/audit"
	"annals/backend/db"
	"annals/backend/tenant"
)

type settingReply struct {
	Name       string
	Attributes map[string]any
	Origin     string
	From       *struct {
		Level, Label string
		TenantID     *int64
		Name         *string
	}
	ObjectID *int64
	Revision int64
	Editable bool
}

// TestASettingSaysWhereItComesFrom: who stands above is told by the level alone.
func TestASettingSaysWhereItComesFrom(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const path = "/api/v1/settings/annals.reasons"
	patch := func(as string, revision int, query string, attributes map[string]any) reply {
		return h.call(as, "PATCH", path+query, map[string]any{"attributes": attributes, "reason": "because"}, "If-Match", fmt.Sprintf("%q", fmt.Sprint(revision)))
	}
	r := patch("north", 0, "", map[string]any{"reasons": []string{"Fraud"}})
	if r.StatusCode != http.StatusOK || r.Header.Get("ETag") != `"1"` {
		t.Fatalf("%d %s %s", r.StatusCode, r.Header.Get("ETag"), r.body)
	}
	var s settingReply
	h.get("harbor", path, &s)
	if s.Origin != "above" || s.From.Label != "Sales organization" || s.From.TenantID != nil || s.From.Name != nil || s.ObjectID != nil || s.Revision != 0 || !s.Editable {
		t.Errorf("the dealer is told %+v %+v", s, s.From)
	}
	if r := h.call("harbor", "GET", path, nil); strings.Contains(string(r.body), "North") {
		t.Errorf("the dealer learns who stands above: %s", r.body)
	}
	s = settingReply{}
	h.get("north", path+fmt.Sprintf("?tenantId=%d", h.tenants["Quay"].ID), &s)
	if s.Origin != "above" || s.From.Name == nil || *s.From.Name != "North" {
		t.Errorf("the organization is told of its reseller %+v %+v", s, s.From)
	}
	s = settingReply{}
	h.get("south", path, &s)
	if s.Origin != "default" || s.From != nil || s.Attributes["free_text"] != true {
		t.Errorf("the other organization is told %+v", s)
	}
	// An auditor sees it and can't change it.
	s = settingReply{}
	h.get("auditor", path, &s)
	if s.Origin != "here" || s.Editable || s.ObjectID == nil {
		t.Errorf("the auditor is told %+v", s)
	}
	if r := patch("north", 0, "", map[string]any{"required": true}); r.StatusCode != http.StatusPreconditionFailed {
		t.Errorf("an old revision: %d %s", r.StatusCode, r.body)
	}
	if r := patch("north", 1, "", map[string]any{"reasons": []string{strings.Repeat("x", 101)}}); r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(string(r.body), `"body.attributes.reasons"`) {
		t.Errorf("too long: %d %s", r.StatusCode, r.body)
	}
	var object struct{ Name, Kind string }
	h.get("north", fmt.Sprintf("/api/v1/objects/annals.reasons/%d", mustID(t, s.ObjectID)), &object)
	if object.Name != "Reasons for changes" {
		t.Errorf("its object is %+v", object)
	}
	if r := h.call("north", "DELETE", path, nil, "If-Match", `"1"`); r.StatusCode != http.StatusOK || !strings.Contains(string(r.body), `"origin":"default"`) {
		t.Errorf("back to what is inherited: %d %s", r.StatusCode, r.body)
	}
	h.seal()
	var log struct {
		Items []struct{ Type, Description string }
	}
	h.get("north", "/api/v1/events?category=Configuration&order=id", &log)
	if len(log.Items) != 2 || log.Items[0].Type != "annals.reasons_changed" || log.Items[1].Description != "Reasons for changes: no longer set here, what is inherited holds" {
		t.Errorf("recorded %+v", log.Items)
	}
}

func mustID(t *testing.T, id *int64) int64 {
	t.Helper()
	if id == nil {
		t.Fatal("no id")
	}
	return *id
}

// TestRetentionIsChangedAsTheSourceSays: with bounds, a reason, and the entry that SBC documents.
func TestRetentionIsChangedAsTheSourceSays(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const path = "/api/v1/settings/sbc.audit_log_retention"
	change := func(revision, days int, reason string) reply {
		return h.call("north", "PATCH", path, map[string]any{"attributes": map[string]any{"retention": days}, "reason": reason}, "If-Match", fmt.Sprintf("%q", fmt.Sprint(revision)))
	}
	for _, test := range []struct {
		revision, days int
		reason         string
		status         int
		location       string
	}{
		{0, 0, "because", 422, "body.attributes.retention"}, {0, 3651, "because", 422, "body.attributes.retention"}, {0, 365, "because", 200, ""},
		{1, 180, " ", 422, "body.reason"}, {1, 180, "Storage", 200, ""},
	} {
		if r := change(test.revision, test.days, test.reason); r.StatusCode != test.status || !strings.Contains(string(r.body), test.location) {
			t.Errorf("%+v: %d %s", test, r.StatusCode, r.body)
		}
	}
	h.seal()
	var log struct {
		Items []struct{ Type, Description, State, Category, Reason string }
	}
	h.get("north", "/api/v1/events?type=sbc.retention_changed&order=id", &log)
	if len(log.Items) != 2 || log.Items[0].Description != "Audit log retention changed to 365" || log.Items[1].Description != "Audit log retention changed to 180" ||
		log.Items[1].Category != "Configuration" || log.Items[1].State != "modification" || log.Items[1].Reason != "Storage" {
		t.Errorf("recorded %+v", log.Items)
	}
	// A dealer neither has nor sees one.
	if r := h.call("harbor", "GET", path, nil); r.StatusCode != http.StatusNotFound {
		t.Errorf("a dealer: %d %s", r.StatusCode, r.body)
	}
}

// TestAnExternalObjectIsEditedAtItsSource: on its page, in lists, and from each of its entries.
func TestAnExternalObjectIsEditedAtItsSource(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	x := h.furnish("Harbor", "harbor")
	made := h.call("north", "POST", "/api/v1/sources", map[string]any{"attributes": map[string]any{"name": "m", "system": "mor", "edit_url": "https://mor.example.com/{kind}/{id}"}})
	if made.StatusCode != http.StatusCreated {
		t.Fatalf("%d %s", made.StatusCode, made.body)
	}
	h.call("harbor", "DELETE", "/api/v1/sources/"+x["sources"], nil, "If-Match", `"1"`) // its own of that name, without a template
	h.must(h.db.Write(t.Context(), tenant.Of(h.tenants["root"]).Wall(), func(tx *db.Tx) error {
		var ref int64
		if err := tx.Raw("SELECT id FROM objects WHERE id = ?", x["objects"]).Scan(&ref).Error; err != nil {
			return err
		}
		e := audit.Event{Type: "mor.device_created", Source: "m", ExternalID: "1", Actor: audit.Actor{Kind: "user", Name: "x", Level: "dealer"},
			Object: &audit.Object{Kind: "mor.device", ID: "Harbor", Name: "Device", Ref: ref}}
		e.Belongs(h.tenants["Harbor"])
		_, err := h.log.Record(tx, e)
		return err
	}))
	h.seal()
	const want = "https://mor.example.com/device/Harbor"
	for _, as := range []string{"root", "north", "harbor", "auditor"} {
		var one struct {
			EditURL   *string
			EditState string
		}
		h.get(as, "/api/v1/objects/mor.device/"+x["objects"], &one)
		var list struct {
			Items []struct{ EditURL *string }
		}
		h.get(as, "/api/v1/objects?kind=mor.device", &list)
		var log struct {
			Items []struct {
				Links struct {
					Edit      *string
					EditState string
				}
			}
		}
		h.get(as, "/api/v1/events?type=mor.device_created", &log)
		if one.EditURL == nil || *one.EditURL != want || one.EditState != "external" || len(list.Items) != 1 || list.Items[0].EditURL == nil || len(log.Items) != 1 ||
			log.Items[0].Links.Edit == nil || *log.Items[0].Links.Edit != want || log.Items[0].Links.EditState != "external" {
			t.Errorf("%s sees %+v, %+v, %+v", as, one, list, log)
		}
	}
}
