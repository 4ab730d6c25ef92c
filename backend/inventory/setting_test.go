package inventory_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/inventory"
	"annals/backend/tenant"
)

const (
	retention = "sbc.audit_log_retention"
	reasons   = "annals.reasons"
)

// set makes a setting what it says for a tenant, as its own administrator would.
func (h *house) set(t tenant.Tenant, kind string, revision int64, values map[string]any) error {
	h.t.Helper()
	return h.edit(tenant.Of(t), func(tx *db.Tx, e inventory.Editor) error {
		return e.ChangeSetting(tx, kind, revision, inventory.Draft{TenantID: t.ID, Attributes: values, Reason: "because"})
	})
}

// setting is what an editor of a scope is told of a tenant's setting.
func (h *house) setting(s tenant.Scope, t tenant.Tenant, kind string) (out inventory.Setting, err error) {
	err = h.edit(s, func(tx *db.Tx, e inventory.Editor) (err error) {
		out, err = e.Setting(tx, t.ID, kind)
		return err
	})
	return out, err
}

func TestASettingHoldsBelowUntilOneBelowHasItsOwn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	org := h.tenant(h.root, "North")
	dealer := h.tenant(org, "Harbor")
	quay := h.tenant(dealer, "Quay")
	south := h.tenant(h.root, "South")
	expect := func(what string, of tenant.Tenant, from tenant.Level, own bool, list string) {
		t.Helper()
		s, err := h.setting(tenant.Of(of), of, reasons)
		h.must(err)
		if got := fmt.Sprint(s.Values["reasons"]); s.From != from || (s.Own.ID != 0) != own || got != list || !s.Settable {
			t.Errorf("%s: from %q, own %v, %s, settable %v", what, s.From, s.Own.ID != 0, got, s.Settable)
		}
	}
	expect("nobody has set it", quay, "", false, "<nil>")
	if s, err := h.setting(tenant.Of(quay), quay, reasons); err != nil || s.Values["free_text"] != true || s.Values["required"] != false {
		t.Errorf("the defaults: %v %v", s.Values, err)
	}
	h.must(h.set(org, reasons, 0, map[string]any{"reasons": []any{"Fraud", "Customer asked"}}))
	expect("set above", quay, tenant.SalesOrg, false, "[Fraud Customer asked]")
	expect("set here", org, tenant.SalesOrg, true, "[Fraud Customer asked]")
	expect("set elsewhere", south, "", false, "<nil>")
	h.must(h.set(h.root, reasons, 0, map[string]any{"reasons": []any{"Platform"}}))
	expect("set further above", quay, tenant.SalesOrg, false, "[Fraud Customer asked]")
	h.must(h.set(dealer, reasons, 0, map[string]any{"reasons": []any{"Harbor's"}}))
	expect("the nearest holds", quay, tenant.Dealer, false, "[Harbor's]")
	h.must(h.set(dealer, reasons, 1, map[string]any{"reasons": []any{"Harbor's own"}}))
	expect("changed", quay, tenant.Dealer, false, "[Harbor's own]")
	h.must(h.edit(tenant.Of(dealer), func(tx *db.Tx, e inventory.Editor) error {
		return e.InheritSetting(tx, reasons, 2, inventory.Draft{TenantID: dealer.ID})
	}))
	expect("no longer set there", quay, tenant.SalesOrg, false, "[Fraud Customer asked]")
	expect("set by root alone", south, tenant.Root, false, "[Platform]")
	h.must(h.set(dealer, reasons, 0, map[string]any{"required": true}))
	expect("set again, beginning as what holds", quay, tenant.Dealer, false, "[Fraud Customer asked]")
	if got := h.entries(); strings.Count(got, "reasons_changed:Reasons for changes") != 5 || strings.Count(got, "setting_inherited:Reasons for changes") != 1 {
		t.Errorf("recorded %s", got)
	}
}

func TestASettingKeepsItsRules(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	org := h.tenant(h.root, "North")
	dealer := h.tenant(org, "Harbor")
	refused := func(what string, err error, kind fault.Kind, location string) {
		t.Helper()
		f := fault.Of(err)
		if f == nil || f.Kind != kind || location != "" && (len(f.Fields) == 0 || f.Fields[0].Location != location) {
			t.Errorf("%s: %v %+v", what, err, f)
		}
	}
	refused("another's", func() error { _, err := h.setting(tenant.Of(dealer), org, reasons); return err }(), fault.NotFound, "")
	refused("one that isn't for a dealer", h.set(dealer, retention, 0, map[string]any{"retention": 90}), fault.NotFound, "")
	refused("for a dealer by root, as an object", h.edit(tenant.Of(h.root), func(tx *db.Tx, e inventory.Editor) error {
		_, err := e.CreateObject(tx, retention, inventory.Draft{TenantID: dealer.ID, Attributes: map[string]any{"retention": 90}, Reason: "because"})
		return err
	}), fault.Invalid, "body.tenantId")
	refused("no setting", h.set(org, "sbc.xpos_server", 0, map[string]any{"root_path": "/"}), fault.NotFound, "")
	refused("below the bounds", h.set(org, retention, 0, map[string]any{"retention": 0}), fault.Invalid, "body.attributes.retention")
	refused("above the bounds", h.set(org, retention, 0, map[string]any{"retention": 3651}), fault.Invalid, "body.attributes.retention")
	refused("a revision of what isn't there", h.set(org, retention, 1, map[string]any{"retention": 90}), fault.Stale, "")
	refused("nothing to take away", h.edit(tenant.Of(org), func(tx *db.Tx, e inventory.Editor) error {
		return e.InheritSetting(tx, retention, 0, inventory.Draft{TenantID: org.ID})
	}), fault.Conflict, "")
	h.must(h.set(org, retention, 0, map[string]any{"retention": 3650}))
	refused("set twice", h.set(org, retention, 0, map[string]any{"retention": 90}), fault.Stale, "")
	refused("a second object", h.edit(tenant.Of(org), func(tx *db.Tx, e inventory.Editor) error {
		_, err := e.CreateObject(tx, retention, inventory.Draft{Attributes: map[string]any{"retention": 90}, Reason: "because"})
		return err
	}), fault.Conflict, "")

	many := func(n, length int) []any {
		out := make([]any, n)
		for i := range out {
			out[i] = fmt.Sprintf("%0*d", length, i)
		}
		return out
	}
	refused("51 reasons", h.set(org, reasons, 0, map[string]any{"reasons": many(51, 3)}), fault.Invalid, "body.attributes.reasons")
	refused("a reason of 101 characters", h.set(org, reasons, 0, map[string]any{"reasons": []any{strings.Repeat("é", 101)}}), fault.Invalid, "body.attributes.reasons")
	refused("the same twice", h.set(org, reasons, 0, map[string]any{"reasons": []any{"Fraud", " fraud"}}), fault.Invalid, "body.attributes.reasons")
	refused("an empty one", h.set(org, reasons, 0, map[string]any{"reasons": []any{"Fraud", " "}}), fault.Invalid, "body.attributes.reasons")
	h.must(h.set(org, reasons, 0, map[string]any{"reasons": many(50, 100)}))
}

func TestOneOfManyWritersSetsASetting(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	org := h.tenant(h.root, "North")
	errs := make([]error, 8)
	var wait sync.WaitGroup
	for i := range errs {
		wait.Go(func() { errs[i] = h.set(org, retention, 0, map[string]any{"retention": 100 + i}) })
	}
	wait.Wait()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Stale):
			t.Errorf("a loser got %v", err)
		}
	}
	if got := strings.Count(h.entries(), "sbc.retention_changed"); won != 1 || got != 1 {
		t.Errorf("%d writers won, %d entries", won, got)
	}
}

// TestNobodyReadsASettingSideways: the function that looks upwards as the owner asks the caller's role.
func TestNobodyReadsASettingSideways(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	org, south := h.tenant(h.root, "North"), h.tenant(h.root, "South")
	dealer := h.tenant(org, "Harbor")
	fjord := h.tenant(org, "Fjord")
	for _, x := range []tenant.Tenant{h.root, org, dealer, fjord} {
		h.must(h.set(x, reasons, 0, map[string]any{"reasons": []any{"of " + x.Name}}))
	}
	seen := func(w db.Wall, id int64) (n int64) {
		t.Helper()
		h.must(h.db.Read(t.Context(), w, func(tx *db.Tx) error {
			return tx.Raw("SELECT count(*) FROM held_by(ARRAY[?::bigint], ARRAY['annals.reasons'], ARRAY[''])", id).Scan(&n).Error
		}))
		return n
	}
	for _, test := range []struct {
		name  string
		scope tenant.Scope
		of    tenant.Tenant
		want  int64
	}{
		{"root of anybody's", tenant.Of(h.root), dealer, 1},
		{"an organization of its dealer's", tenant.Of(org), dealer, 1},
		{"an organization of another's", tenant.Of(south), dealer, 0},
		{"an organization of root's", tenant.Of(south), h.root, 0},
		{"a dealer of its own", tenant.Of(dealer), dealer, 1},
		{"a dealer of its sibling's", tenant.Of(dealer), fjord, 0},
		{"a dealer of the one above", tenant.Of(dealer), org, 0},
		{"a person of their own", tenant.OfPerson(1, dealer.ID), dealer, 1},
		{"a person of another's", tenant.OfPerson(1, dealer.ID), fjord, 0},
	} {
		if got := seen(test.scope.Wall(), test.of.ID); got != test.want {
			t.Errorf("%s: %d rows, want %d", test.name, got, test.want)
		}
	}
}
