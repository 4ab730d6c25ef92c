package inventory_test

import (
	"fmt"
	"strings"
	"testing"

	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/inventory"
	"annals/backend/tenant"
)

// source makes one for a tenant, as its own administrator would.
func (h *house) source(t tenant.Tenant, attributes map[string]any) (o inventory.Object, err error) {
	h.t.Helper()
	err = h.edit(tenant.Of(t), func(tx *db.Tx, e inventory.Editor) (err error) {
		o, err = e.CreateObject(tx, inventory.KindSource, inventory.Draft{Attributes: attributes})
		return err
	})
	return o, err
}

// stub makes an object that a source speaks of.
func (h *house) stub(t tenant.Tenant, kind, source, id, name string) (ref int64) {
	h.t.Helper()
	h.must(h.edit(tenant.Of(h.root), func(tx *db.Tx, _ inventory.Editor) error {
		known, err := inventory.EnsureStubs(tx, []inventory.Stub{{Key: inventory.Key{SalesOrgID: t.SalesOrgID, ImporterID: t.ID, Kind: kind, Source: source, ExternalID: id}, Name: name, Tenant: t}})
		for _, k := range known {
			ref = k.ID
		}
		return err
	}))
	return ref
}

func TestAnEditURLLeadsToAWebPageOnly(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i, test := range []struct {
		field string
		value any
		want  string // in the message; "": it is taken
	}{
		{"edit_url", "https://mor.example.com/{kind}/edit/{id}?name={name}", ""},
		{"edit_url", "http://10.0.0.7:8080/d/{id}#x", ""},
		{"edit_url", "https://mor.example.com", ""},
		{"edit_url", "javascript:alert({id})", "must be an address"},
		{"edit_url", "JavaScript://mor.example.com/%0aalert(1)", "must be an address"},
		{"edit_url", "data:text/html,{id}", "must be an address"},
		{"edit_url", "//mor.example.com/{id}", "must be an address"},
		{"edit_url", "/devices/{id}", "must be an address"},
		{"edit_url", "https:///{id}", "must be an address"},
		{"edit_url", "https://{name}/devices/{id}", "in the name of the server"},
		{"edit_url", "https://{name}.example.com/", "in the name of the server"},
		{"edit_url", "https://mor.example.com:{id}", "must be an address"},
		{"edit_url", "https://mor@example.com/{id}", "must be an address"},
		{"edit_url", "https://mor.example.com/{secret}", "has {secret}"},
		{"edit_url", "https://mor.example.com/{}", "has {}"},
		{"edit_url", "https://mor.example.com/{id", "must be an address"},
		{"edit_url", "https://mor.example.com/a b", "must be an address"},
		{"edit_url", `https://mor.example.com\@evil.example/`, "must be an address"},
		{"edit_url", "https://mor.example.com/" + strings.Repeat("x", 500), "500 are allowed"},
		{"base_url", "https://mor.example.com/{id}", "must be an address"},
		{"base_url", "javascript:alert(1)", "must be an address"},
		{"edit_urls", []any{"mor.device https://mor.example.com/{id}", "mor.did https://mor.example.com/dids/{id}"}, ""},
		{"edit_urls", []any{"mor.spaceship https://mor.example.com/{id}"}, "no kind of the catalogue"},
		{"edit_urls", []any{"https://mor.example.com/{id}"}, "no kind of the catalogue"},
		{"edit_urls", []any{"mor.device javascript:alert(1)"}, "for mor.device must be an address"},
		{"edit_urls", []any{"mor.device https://a.example/", "mor.device https://b.example/"}, "has mor.device twice"},
		{"system", "asterisk", "must be a system of the catalogue"},
	} {
		attributes := map[string]any{"name": fmt.Sprint("source ", i), "system": "mor"}
		attributes[test.field] = test.value
		_, err := h.source(h.root, attributes)
		f := fault.Of(err)
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%v: %v", test.value, err)
		case test.want != "" && (f == nil || f.Fields[0].Location != "body.attributes."+test.field || !strings.Contains(f.Fields[0].Message, test.want)):
			t.Errorf("%v: got %v, want %q", test.value, err, test.want)
		}
	}
}

// TestAnEditURLIsTheNearestSources: that of the object's organization or the nearest above, by name,
// filled so that a value stays in its place.
func TestAnEditURLIsTheNearestSources(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	org, south := h.tenant(h.root, "North"), h.tenant(h.root, "South")
	dealer := h.tenant(org, "Harbor")
	made, err := h.source(org, map[string]any{"name": "MOR-eu-1", "system": "mor", "edit_url": "https://mor.example.com/{kind}/{id}?n={name}",
		"edit_urls": []any{"mor.did https://mor.example.com/numbers/{id}"}})
	h.must(err)
	if _, err := h.source(org, map[string]any{"name": "mor-EU-1", "system": "mor"}); !fault.Is(err, fault.Conflict) || fault.Of(err).Fields[0].Location != "body.attributes.name" {
		t.Errorf("the same name in another case: %v", err)
	}
	device := h.stub(dealer, "mor.device", "mor-eu-1", "64", "Line & Sons/2")
	did := h.stub(dealer, "mor.did", "mor-eu-1", "351?x=1#y", "")
	upwards := h.stub(dealer, "mor.did", "mor-eu-1", "..", "")
	nameless := h.stub(dealer, "mor.device", "mor-eu-1", "65", "")
	elsewhere := h.stub(south, "mor.device", "mor-eu-1", "64", "x")
	otherSource := h.stub(dealer, "mor.device", "mor-eu-2", "64", "x")
	all := []int64{device, did, upwards, nameless, elsewhere, otherSource}
	links := func(s tenant.Scope) (out map[int64]string) {
		t.Helper()
		h.must(h.db.Read(t.Context(), s.Wall(), func(tx *db.Tx) (err error) {
			out, err = inventory.EditURLs(tx, s, all)
			return err
		}))
		return out
	}
	for _, who := range []tenant.Tenant{h.root, org, dealer} {
		got := links(tenant.Of(who))
		if len(got) != 2 || got[device] != "https://mor.example.com/device/64?n=Line%20%26%20Sons%2F2" || got[did] != "https://mor.example.com/numbers/351%3Fx%3D1%23y" {
			t.Errorf("%s: %v", who.Name, got)
		}
	}
	if got := links(tenant.Of(south)); len(got) != 0 {
		t.Errorf("another organization: %v", got)
	}
	_, err = h.source(dealer, map[string]any{"name": "mor-eu-1", "system": "mor", "edit_url": "https://harbor.example/{id}"})
	h.must(err)
	if got := links(tenant.Of(org)); got[device] != "https://harbor.example/64" {
		t.Errorf("the nearest holds: %v", got)
	}
	own := func(fn func(*db.Tx, inventory.Editor) error) { t.Helper(); h.must(h.edit(tenant.Of(org), fn)) }
	own(func(tx *db.Tx, e inventory.Editor) error {
		var id, revision int64
		err := tx.Raw("SELECT id, revision FROM objects WHERE tenant_id = ? AND kind = ?", dealer.ID, inventory.KindSource).Row().Scan(&id, &revision)
		if err == nil {
			_, err = e.DeleteObject(tx, inventory.KindSource, id, revision, inventory.Draft{})
		}
		return err
	})
	if got := links(tenant.Of(dealer)); got[device] != "https://mor.example.com/device/64?n=Line%20%26%20Sons%2F2" {
		t.Errorf("a deleted one no longer holds: %v", got)
	}
	own(func(tx *db.Tx, e inventory.Editor) (err error) {
		made, err = e.ActOn(tx, inventory.KindSource, made.ID, made.Revision, "retire", inventory.Draft{})
		return err
	})
	if got := links(tenant.Of(dealer)); len(got) != 0 {
		t.Errorf("a retired one leads nowhere: %v", got)
	}
	// Its name is free after its deletion, and it can't come back while another has it.
	own(func(tx *db.Tx, e inventory.Editor) (err error) {
		made, err = e.DeleteObject(tx, inventory.KindSource, made.ID, made.Revision, inventory.Draft{})
		return err
	})
	_, err = h.source(org, map[string]any{"name": "mor-eu-1", "system": "mor"})
	h.must(err)
	err = h.edit(tenant.Of(org), func(tx *db.Tx, e inventory.Editor) error {
		_, err := e.RestoreObject(tx, inventory.KindSource, made.ID, made.Revision, 1, inventory.Draft{})
		return err
	})
	if !fault.Is(err, fault.Conflict) {
		t.Errorf("restored beside another of its name: %v", err)
	}
}
