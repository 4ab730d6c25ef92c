package inventory_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"annals/backend/access"
	"annals/backend/audit"
	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/dbtest"
	"annals/backend/fault"
	"annals/backend/inventory"
	"annals/backend/ledger"
	"annals/backend/tenant"
	"annals/backend/user"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

type house struct {
	t    *testing.T
	db   *db.DB
	log  *audit.Log
	root tenant.Tenant
}

func newHouse(t *testing.T) *house {
	t.Helper()
	return houseOn(t, dbtest.New(t))
}

func houseOn(t *testing.T, d *db.DB) *house {
	t.Helper()
	c, err := catalog.Load("")
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, db: d, log: audit.NewLog(d, c, []byte("key"))}
	h.must(d.Read(t.Context(), db.Auth, func(tx *db.Tx) (err error) {
		h.root, err = tenant.FindRoot(tx)
		return err
	}))
	return h
}

// edit runs fn as an editor of a scope.
func (h *house) edit(s tenant.Scope, fn func(*db.Tx, inventory.Editor) error) error {
	return h.db.Write(h.t.Context(), s.Wall(), func(tx *db.Tx) error {
		return fn(tx, h.editor(s))
	})
}

func (h *house) editor(s tenant.Scope) inventory.Editor {
	return inventory.Editor{Log: h.log, Scope: s, Origin: audit.System("test")}
}

func (h *house) tenant(parent tenant.Tenant, name string) (made tenant.Tenant) {
	h.t.Helper()
	h.must(h.edit(tenant.Of(h.root), func(tx *db.Tx, e inventory.Editor) (err error) {
		made, err = e.CreateTenant(tx, parent.ID, name, "")
		return err
	}))
	return made
}

// object makes an object of the scope's own tenant.
func (h *house) object(s tenant.Scope, kind string, attributes map[string]any) (o inventory.Object) {
	h.t.Helper()
	h.must(h.edit(s, func(tx *db.Tx, e inventory.Editor) (err error) {
		o, err = e.CreateObject(tx, kind, inventory.Draft{Attributes: attributes})
		return err
	}))
	return o
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// entries are the types of what is recorded, in order.
func (h *house) entries() string {
	h.t.Helper()
	_, err := ledger.NewSealer(h.db).Drain(h.t.Context())
	h.must(err)
	var out []string
	page, err := h.log.Search(h.t.Context(), tenant.Of(h.root), audit.Filter{}, audit.Paging{Order: audit.ByID, Limit: 200})
	h.must(err)
	for _, e := range page.Items {
		out = append(out, strings.TrimPrefix(e.Type, "annals.")+":"+e.Object.Name)
	}
	return strings.Join(out, " ")
}

func TestTheTreeKeepsItsRules(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	org := h.tenant(h.root, "North")
	dealer := h.tenant(org, "Harbor")
	reseller := h.tenant(dealer, "Quay")
	if reseller.SalesOrgID != org.ID || reseller.DealerID != dealer.ID || reseller.ResellerID != reseller.ID || reseller.Path != "/North/Harbor/Quay" || reseller.Level != tenant.Reseller {
		t.Errorf("got %+v", reseller)
	}
	top := tenant.Of(h.root)
	refused := func(name string, kind fault.Kind, fn func(*db.Tx, inventory.Editor) error) {
		t.Helper()
		if err := h.edit(top, fn); !fault.Is(err, kind) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	create := func(parent int64, name string) func(*db.Tx, inventory.Editor) error {
		return func(tx *db.Tx, e inventory.Editor) error {
			_, err := e.CreateTenant(tx, parent, name, "")
			return err
		}
	}
	refused("below a reseller", fault.Invalid, create(reseller.ID, "x"))
	refused("the same name in another case", fault.Conflict, create(org.ID, "HARBOR"))
	refused("an empty name", fault.Invalid, create(org.ID, " "))
	refused("a slash", fault.Invalid, create(org.ID, "a/b"))
	refused("a control character", fault.Invalid, create(org.ID, "a\nb"))
	refused("201 characters", fault.Invalid, create(org.ID, strings.Repeat("ü", tenant.MaxName+1)))
	refused("no such parent", fault.NotFound, create(424242, "x"))
	h.must(h.edit(top, create(org.ID, strings.Repeat("ü", tenant.MaxName))))
	remove := func(id int64) func(*db.Tx, inventory.Editor) error {
		return func(tx *db.Tx, e inventory.Editor) error { return e.DeleteTenant(tx, id, "gone") }
	}
	refused("with content", fault.Conflict, remove(dealer.ID))
	refused("root", fault.Conflict, remove(h.root.ID))
	var direct tenant.Tenant
	h.must(h.db.Read(t.Context(), top.Wall(), func(tx *db.Tx) (err error) {
		direct, err = tenant.FindByPath(tx, top, "/Direct")
		return err
	}))
	refused("Direct", fault.Conflict, remove(direct.ID))
	name := "Other"
	refused("Direct's name", fault.Invalid, func(tx *db.Tx, e inventory.Editor) error {
		_, err := e.UpdateTenant(tx, direct.ID, direct.Revision, inventory.TenantChange{Name: &name})
		return err
	})
	h.must(h.edit(top, remove(reseller.ID)))
	if got := h.entries(); !strings.HasSuffix(got, "tenant_deleted:Quay") || strings.Contains(got, "HARBOR") {
		t.Errorf("entries: %s", got)
	}
	// A sibling's tenant is absent, whatever one does to it.
	rival := h.tenant(h.root, "South")
	for _, fn := range []func(*db.Tx, inventory.Editor) error{create(dealer.ID, "x"), remove(dealer.ID)} {
		if err := h.edit(tenant.Of(rival), fn); !fault.Is(err, fault.NotFound) {
			t.Errorf("a rival: %v", err)
		}
	}
}

func TestThePolicyIsInheritedAndOnlyTightened(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	org := h.tenant(h.root, "North")
	dealer := h.tenant(org, "Harbor")
	set := func(id, revision int64, p tenant.MFAPolicy) {
		t.Helper()
		h.must(h.edit(tenant.Of(h.root), func(tx *db.Tx, e inventory.Editor) error {
			_, err := e.UpdateTenant(tx, id, revision, inventory.TenantChange{MFAPolicy: &p})
			return err
		}))
	}
	required := func() (got bool) {
		t.Helper()
		h.must(h.db.Read(t.Context(), tenant.Of(dealer).Wall(), func(tx *db.Tx) (err error) {
			got, err = tenant.MFARequired(tx, dealer.ID)
			return err
		}))
		return got
	}
	if required() {
		t.Error("required without a policy")
	}
	set(org.ID, 1, tenant.Required)
	set(dealer.ID, 1, tenant.Optional) // can't loosen
	if !required() {
		t.Error("the dealer loosened what its organization requires")
	}
	set(org.ID, 2, tenant.Optional)
	if required() {
		t.Error("still required")
	}
	if got := h.entries(); !strings.HasSuffix(got, "settings_updated:North settings_updated:Harbor settings_updated:North") {
		t.Errorf("entries: %s", got)
	}
}

func TestPeopleKeepTheirRules(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	top := tenant.Of(h.root)
	var root user.Listed
	h.must(h.edit(top, func(tx *db.Tx, e inventory.Editor) (err error) {
		root, err = e.CreateUser(tx, h.root.ID, user.User{Email: "Root@Test.Example", Name: "root", Role: access.Admin, State: user.Active}, "")
		return err
	}))
	if root.Email != "root@test.example" {
		t.Errorf("got %s", root.Email)
	}
	for name, u := range map[string]user.User{
		"no address":     {Email: "root", Name: "x", Role: access.User},
		"two addresses":  {Email: "a@b.example, c@d.example", Name: "x", Role: access.User},
		"no name":        {Email: "a@b.example", Name: "  ", Role: access.User},
		"a strange role": {Email: "a@b.example", Name: "x", Role: "owner"},
		"a strange zone": {Email: "a@b.example", Name: "x", Role: access.User, TimeZone: "Local"},
	} {
		if err := h.edit(top, func(tx *db.Tx, e inventory.Editor) error {
			u.State = user.Active
			_, err := e.CreateUser(tx, h.root.ID, u, "")
			return err
		}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if err := h.edit(top, func(tx *db.Tx, e inventory.Editor) error {
		_, err := e.CreateUser(tx, h.root.ID, user.User{Email: "ROOT@test.example", Name: "x", Role: access.User, State: user.Active}, "")
		return err
	}); !fault.Is(err, fault.Conflict) {
		t.Errorf("the same address: %v", err)
	}
	step := func(as int64, id int64, name string) error {
		return h.edit(top, func(tx *db.Tx, e inventory.Editor) error {
			e.Origin.Actor.UserID = as
			_, err := e.StepUser(tx, id, name, "because")
			return err
		})
	}
	if err := step(root.ID, root.ID, "lock"); !fault.Is(err, fault.Conflict) {
		t.Errorf("locks himself: %v", err)
	}
	if err := step(0, root.ID, "delete"); !fault.Is(err, fault.Conflict) {
		t.Errorf("the last root administrator: %v", err)
	}
	if err := step(0, root.ID, "promote"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a strange step: %v", err)
	}
	var second user.Listed
	h.must(h.edit(top, func(tx *db.Tx, e inventory.Editor) (err error) {
		second, err = e.CreateUser(tx, h.root.ID, user.User{Email: "b@test.example", Name: "b", Role: access.Admin, State: user.Pending}, "")
		return err
	}))
	for _, name := range []string{"activate", "lock", "unlock", "delete"} {
		h.must(step(root.ID, second.ID, name))
		if err := step(root.ID, second.ID, name); !fault.Is(err, fault.Conflict) {
			t.Errorf("%s twice: %v", name, err)
		}
	}
	if got := h.entries(); !strings.HasSuffix(got, "user_created:b user_activated:b user_locked:b user_unlocked:b user_deleted:b") {
		t.Errorf("entries: %s", got)
	}
	// The address of a deleted person is free again, and the person is still found.
	h.must(h.edit(top, func(tx *db.Tx, e inventory.Editor) error {
		if u, err := user.Find(tx, top, second.ID); err != nil || u.State != user.Deleted {
			return fmt.Errorf("the deleted person: %+v, %w", u, err)
		}
		_, err := e.CreateUser(tx, h.root.ID, user.User{Email: "b@test.example", Name: "b", Role: access.User, State: user.Active}, "")
		return err
	}))
}

// A change without its entry must not be: where the entry can't be written, nothing changes.
func TestNoChangeWithoutItsEntry(t *testing.T) {
	t.Parallel()
	d, owner := dbtest.NewWithOwner(t)
	h := houseOn(t, d)
	if _, err := owner.ExecContext(t.Context(), "REVOKE INSERT ON event_inbox FROM annals_root"); err != nil {
		t.Fatal(err)
	}
	if err := h.edit(tenant.Of(h.root), func(tx *db.Tx, e inventory.Editor) error {
		_, err := e.CreateTenant(tx, h.root.ID, "North", "")
		return err
	}); err == nil || errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	var n int
	if err := owner.QueryRowContext(t.Context(), "SELECT count(*) FROM tenants WHERE name = 'North'").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d organizations without an entry, %v", n, err)
	}
}

func TestStubsAreFoundAgainAndBelongToOneOrganization(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	north, south := h.tenant(h.root, "North"), h.tenant(h.root, "South")
	stub := func(o tenant.Tenant, id string) inventory.Stub {
		return inventory.Stub{Key: inventory.Key{SalesOrgID: o.SalesOrgID, Kind: "mor.device", Source: "m", ExternalID: id}, Name: "Device " + id, Tenant: o}
	}
	ensure := func(s tenant.Scope, stubs ...inventory.Stub) (got map[inventory.Key]inventory.Known) {
		t.Helper()
		h.must(h.db.Write(t.Context(), s.Wall(), func(tx *db.Tx) (err error) {
			got, err = inventory.EnsureStubs(tx, stubs)
			return err
		}))
		return got
	}
	a, b := stub(north, "1"), stub(south, "1")
	first := ensure(tenant.Of(h.root), a, a, b)
	if len(first) != 2 || first[a.Key].ID == first[b.Key].ID || first[a.Key].TenantID != north.ID {
		t.Fatalf("got %+v", first)
	}
	if again := ensure(tenant.Of(north), a); again[a.Key] != first[a.Key] {
		t.Errorf("again: %+v, first %+v", again, first)
	}
	h.must(h.db.Read(t.Context(), tenant.Of(north).Wall(), func(tx *db.Tx) error {
		if _, err := inventory.Find(tx, tenant.Of(north), "mor.device", first[b.Key].ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("another organization's object: %v", err)
		}
		found, err := inventory.Search(tx, tenant.Of(north), inventory.Filter{Kind: "mor.device", System: "mor", Text: "device"}, 0, 10)
		if err != nil || len(found) != 1 || found[0].TenantPath != "/North" {
			t.Errorf("search: %+v, %v", found, err)
		}
		return nil
	}))
}

// The database itself refuses to commit a change that nothing was recorded of, whoever makes it.
func TestTheDatabaseRefusesASilentChange(t *testing.T) {
	t.Parallel()
	d, owner := dbtest.NewWithOwner(t)
	h := houseOn(t, d)
	k, _ := h.log.Catalog().Kind("mor.dialplan")
	o := newLife(h).create(k, true)
	for name, statement := range map[string]string{
		"an object's name":  fmt.Sprintf("UPDATE objects SET name = 'x' WHERE id = %d", o.ID),
		"an object's end":   fmt.Sprintf("UPDATE objects SET deleted_at = now() WHERE id = %d", o.ID),
		"a new object":      "INSERT INTO objects (kind, source, external_id, name, managed, tenant_id) SELECT 'mor.did', '', 'x', 'x', true, id FROM tenants LIMIT 1",
		"a tenant's name":   "UPDATE tenants SET name = 'x' WHERE name = 'Direct'",
		"a tenant's policy": "UPDATE tenants SET mfa_policy = 'optional'",
		"a new person":      "INSERT INTO users (tenant_id, email, name, role) SELECT id, 'x@test.example', 'x', 'admin' FROM tenants LIMIT 1",
	} {
		for _, by := range []string{"the runtime", "the owner"} {
			var err error
			if by == "the owner" {
				_, err = owner.ExecContext(t.Context(), statement)
			} else {
				err = d.Write(t.Context(), tenant.Of(h.root).Wall(), func(tx *db.Tx) error { return tx.Exec(statement).Error })
			}
			if err == nil || db.Violation(err) != "change_without_entry" {
				t.Errorf("%s changes %s in silence: %v", by, name, err)
			}
		}
	}
}

// The guard finds the entry by key: with a full inbox, as during an import, an edit is as quick.
func TestTheGuardReadsOneEntry(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k, _ := h.log.Catalog().Kind("mor.dialplan")
	o := newLife(h).create(k, true)
	h.must(h.edit(tenant.Of(h.root), func(tx *db.Tx, e inventory.Editor) error {
		_, err := e.UpdateObject(tx, k.Name, o.ID, o.Revision, inventory.Draft{Attributes: map[string]any{"name": "other"}})
		if err == nil {
			err = tx.Exec("SET CONSTRAINTS ALL IMMEDIATE").Error
		}
		var scans int
		if err == nil {
			err = tx.Raw("SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'event_inbox'").Scan(&scans).Error
		}
		if scans != 0 {
			t.Errorf("the inbox was read %d times from end to end", scans)
		}
		return err
	}))
}
