package inventory_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"annals/backend/access"
	"annals/backend/audit"
	"annals/backend/db"
	"annals/backend/dbtest"
	"annals/backend/fault"
	"annals/backend/inventory"
	"annals/backend/ledger"
	"annals/backend/tenant"
	"annals/backend/user"
)

// channel is a tree that changes, with an eye on what is really stored.
type channel struct {
	*house
	owner *sql.DB
	mu    sync.Mutex
	n     int
}

func newChannel(t *testing.T) *channel {
	t.Helper()
	d, owner := dbtest.NewWithOwner(t)
	return &channel{house: houseOn(t, d), owner: owner}
}

// fresh is a name that nobody has.
func (c *channel) fresh(what string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	return fmt.Sprintf("%s %d", what, c.n)
}

func (c *channel) top() tenant.Scope { return tenant.Of(c.root) }

// below makes a tenant; unlike tenant it may be called by many at once.
func (c *channel) below(parent int64) (made tenant.Tenant, err error) {
	err = c.edit(c.top(), func(tx *db.Tx, e inventory.Editor) (err error) {
		made, err = e.CreateTenant(tx, parent, c.fresh("Tenant"), "")
		return err
	})
	return made, err
}

// furnish puts a person, an object and what an import speaks of into a tenant.
func (c *channel) furnish(id int64) error {
	return c.edit(c.top(), func(tx *db.Tx, e inventory.Editor) error {
		name := c.fresh("p")
		if _, err := e.CreateUser(tx, id, user.User{Email: strings.ReplaceAll(name, " ", "") + "@test.example", Name: name, Role: access.Admin, State: user.Active}, ""); err != nil {
			return err
		}
		o, err := e.CreateObject(tx, "mor.device", inventory.Draft{TenantID: id, Attributes: device(name)})
		if err != nil {
			return err
		}
		if _, err := e.DeleteObject(tx, o.Kind, o.ID, o.Revision, inventory.Draft{}); err != nil {
			return err
		}
		t, err := tenant.Find(tx, c.top(), id)
		if err != nil {
			return err
		}
		// The same device of the same source in every organization: as a whole it is known once in each.
		_, err = inventory.EnsureStubs(tx, []inventory.Stub{{Key: inventory.Key{SalesOrgID: t.SalesOrgID, ImporterID: c.root.ID, Kind: "mor.device", Source: "mor", ExternalID: "7"}, Name: "7", Tenant: t}})
		return err
	})
}

func device(name string) map[string]any { return map[string]any{"name": name} }

func (c *channel) move(s tenant.Scope, id, parent int64) error {
	return c.edit(s, func(tx *db.Tx, e inventory.Editor) error {
		t, err := tenant.Find(tx, s, id)
		if err != nil {
			return err
		}
		_, err = e.MoveTenant(tx, id, t.Revision, parent, "sold")
		return err
	})
}

func (c *channel) rename(id int64) error {
	return c.edit(c.top(), func(tx *db.Tx, e inventory.Editor) error {
		t, err := tenant.Lock(tx, c.top(), id)
		if err != nil {
			return err
		}
		name := c.fresh("Renamed")
		_, err = e.UpdateTenant(tx, id, t.Revision, inventory.TenantChange{Name: &name})
		return err
	})
}

// wrong lists the rows whose ancestors or path are not those of the tree.
func (c *channel) wrong() []string {
	c.t.Helper()
	var out []string
	tree := `WITH RECURSIVE tree AS (
		SELECT id, '/' AS path, NULL::bigint AS so, NULL::bigint AS de, NULL::bigint AS re FROM tenants WHERE level = 'root'
		UNION ALL SELECT t.id, rtrim(p.path, '/') || '/' || t.name, CASE t.level WHEN 'sales_org' THEN t.id ELSE p.so END,
			CASE t.level WHEN 'dealer' THEN t.id ELSE p.de END, CASE t.level WHEN 'reseller' THEN t.id ELSE p.re END
		FROM tenants t JOIN tree p ON p.id = t.parent_id) `
	const differ = "(nullif(x.sales_org_id, 0), x.dealer_id, x.reseller_id) IS DISTINCT FROM (tree.so, tree.de, tree.re)"
	for table, from := range map[string]string{
		"tenants":          "tenants x JOIN tree ON tree.id = x.id WHERE x.path <> tree.path OR " + differ,
		"users":            "users x JOIN tree ON tree.id = x.tenant_id WHERE " + differ,
		"api_keys":         "api_keys x JOIN tree ON tree.id = x.tenant_id WHERE " + differ,
		"files":            "files x JOIN tree ON tree.id = x.tenant_id WHERE " + differ,
		"bulk_changes":     "bulk_changes x JOIN tree ON tree.id = x.tenant_id WHERE " + differ,
		"imports":          "imports x JOIN tree ON tree.id = x.tenant_id WHERE " + differ,
		"objects":          "objects x JOIN tree ON tree.id = x.tenant_id WHERE " + differ,
		"object_revisions": "object_revisions x JOIN objects o ON o.id = x.object_id JOIN tree ON tree.id = o.tenant_id WHERE " + differ,
	} {
		var n int
		if err := c.owner.QueryRow(tree + "SELECT count(*) FROM " + from).Scan(&n); err != nil {
			c.t.Fatalf("%s: %v", table, err)
		}
		if n > 0 {
			out = append(out, fmt.Sprintf("%d of %s", n, table))
		}
	}
	return out
}

// TestEveryRowFollowsItsTenant makes a tree by chance, changes and moves it by chance, and looks each
// time whether every row names the ancestors that the tree gives it.
func TestEveryRowFollowsItsTenant(t *testing.T) {
	t.Parallel()
	c := newChannel(t)
	rapid.Check(t, func(r *rapid.T) {
		var nodes []tenant.Tenant
		add := func(parent int64) {
			if made, err := c.below(parent); err == nil {
				nodes = append(nodes, made)
			} else if !fault.Is(err, fault.Invalid) { // below a reseller
				r.Fatal(err)
			}
		}
		add(c.root.ID)
		add(c.root.ID)
		for range rapid.IntRange(2, 14).Draw(r, "steps") {
			x := rapid.SampledFrom(nodes).Draw(r, "node")
			var err error
			switch rapid.SampledFrom([]string{"add", "add", "furnish", "furnish", "rename", "move", "move"}).Draw(r, "step") {
			case "add":
				add(x.ID)
			case "furnish":
				err = c.furnish(x.ID)
			case "rename":
				err = c.rename(x.ID)
			case "move":
				err = c.move(c.top(), x.ID, rapid.SampledFrom(nodes).Draw(r, "to").ID)
				if fault.Is(err, fault.Invalid) { // the wrong level, or there already
					err = nil
				}
			}
			if err != nil {
				r.Fatal(err)
			}
		}
		if wrong := c.wrong(); wrong != nil {
			r.Fatalf("rows without their ancestors: %v", wrong)
		}
		// What a scope sees is what stands below its node.
		x := rapid.SampledFrom(nodes).Draw(r, "viewer")
		h := tenant.Scope{Level: x.Level, ID: x.ID, TenantID: x.ID}
		c.must(c.db.Read(t.Context(), h.Wall(), func(tx *db.Tx) error {
			found, err := inventory.Search(tx, h, inventory.Filter{}, 0, 1000)
			if err != nil {
				return err
			}
			var want int
			err = c.owner.QueryRow(`WITH RECURSIVE below AS (SELECT $1::bigint AS id UNION ALL SELECT t.id FROM tenants t JOIN below ON t.parent_id = below.id)
				SELECT count(*) FROM objects WHERE tenant_id IN (SELECT id FROM below)`, x.ID).Scan(&want)
			if len(found) != want {
				r.Fatalf("%s sees %d objects, want %d", x.Level, len(found), want)
			}
			return err
		}))
	})
}

// TestChangesOfTheTreeMeet lets many move, rename and put things into the same part at once.
func TestChangesOfTheTreeMeet(t *testing.T) {
	t.Parallel()
	c := newChannel(t)
	var orgs, dealers, resellers []int64
	make := func(into *[]int64, parent int64) {
		made, err := c.below(parent)
		c.must(err)
		*into = append(*into, made.ID)
	}
	for range 2 {
		make(&orgs, c.root.ID)
	}
	for i := range 4 {
		make(&dealers, orgs[i%2])
	}
	for i := range 4 {
		make(&resellers, dealers[i])
		c.must(c.furnish(resellers[i]))
	}
	pick := func(ids []int64) int64 { return ids[rand.IntN(len(ids))] } //nolint:gosec // a test
	everything := slices.Concat(orgs, dealers, resellers)
	acts := []func() error{
		func() error { return c.move(c.top(), pick(dealers), pick(orgs)) },
		func() error { return c.move(c.top(), pick(resellers), pick(dealers)) },
		func() error {
			return c.move(tenant.Scope{Level: tenant.SalesOrg, ID: orgs[0], TenantID: orgs[0]}, pick(resellers), pick(dealers))
		},
		func() error { return c.rename(pick(everything)) },
		func() error { return c.furnish(pick(everything)) },
		func() error { _, err := c.below(pick(slices.Concat(orgs, dealers))); return err },
		func() error { return c.editSomething() },
		func() error { return c.upload(pick(resellers)) },
	}
	var all sync.WaitGroup
	for w := range 2 * len(acts) {
		all.Go(func() {
			for range 15 {
				// A stale revision, a move to where it stands, and what left the scope are no errors here.
				if err := acts[w%len(acts)](); err != nil && (fault.Of(err) == nil || fault.Is(err, fault.Unavailable)) {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if wrong := c.wrong(); wrong != nil {
		t.Errorf("rows without their ancestors: %v", wrong)
	}
	// An entry names its ancestors as they were called: no id goes with a name that was never its own.
	_, err := ledger.NewSealer(c.db).Drain(t.Context())
	c.must(err)
	var torn int
	c.must(c.owner.QueryRow(`SELECT count(*) FROM events e, LATERAL (VALUES (e.sales_org_id, e.sales_org_name), (e.dealer_id, e.dealer_name), (e.reseller_id, e.reseller_name)) AS a (id, name)
		WHERE a.id > 0 AND NOT EXISTS (SELECT FROM events n WHERE n.object_kind = 'annals.tenant' AND n.object_ref = a.id AND n.object_name = a.name)`).Scan(&torn))
	if torn > 0 {
		t.Errorf("%d entries with the id of one organization and the name of another", torn)
	}
}

// upload keeps a file for somebody of a reseller.
func (c *channel) upload(id int64) error {
	return c.edit(tenant.Scope{Level: tenant.Reseller, ID: id, TenantID: id}, func(tx *db.Tx, e inventory.Editor) error {
		_, err := e.Upload(tx, "rates.csv", []byte("rate"))
		return err
	})
}

// editSomething changes an object by chance.
func (c *channel) editSomething() error {
	return c.edit(c.top(), func(tx *db.Tx, e inventory.Editor) error {
		var o inventory.Object
		if err := tx.Raw("SELECT id, kind, revision, deleted_at FROM objects WHERE managed ORDER BY random() LIMIT 1").Scan(&o).Error; err != nil {
			return err
		}
		_, err := e.RestoreObject(tx, o.Kind, o.ID, o.Revision, 1, inventory.Draft{})
		return err
	})
}

func TestAMoveLeavesTheEntriesWhereTheyWere(t *testing.T) {
	t.Parallel()
	c := newChannel(t)
	north, south := c.tenant(c.root, "North"), c.tenant(c.root, "South")
	harbor, reef := c.tenant(north, "Harbor"), c.tenant(south, "Reef")
	fjord := c.tenant(north, "Fjord")
	quay := c.tenant(harbor, "Quay")
	c.must(c.furnish(quay.ID))
	c.must(c.move(tenant.Of(north), quay.ID, fjord.ID))
	c.must(c.move(c.top(), fjord.ID, south.ID))
	c.must(c.furnish(quay.ID))
	_, err := ledger.NewSealer(c.db).Drain(t.Context())
	c.must(err)
	sees := func(x tenant.Tenant) string {
		s := tenant.Scope{Level: x.Level, ID: x.ID, TenantID: x.ID}
		page, err := c.log.Search(t.Context(), s, audit.Filter{}, audit.Paging{Order: audit.ByID, Limit: 200})
		c.must(err)
		var out []string
		for _, e := range page.Items {
			if name := strings.TrimPrefix(e.Type, "annals."); e.Object.Name == "Quay" || e.Object.Name == "Fjord" || strings.HasPrefix(name, "user_") {
				out = append(out, name+":"+e.Object.Name+":"+e.Description)
			}
		}
		return strings.Join(out, " | ")
	}
	const (
		made, moved   = "tenant_created:Quay:Organization Quay created", "Organization Quay moved from /North/Harbor to /North/Fjord"
		left, joined  = "tenant_left:Quay:Organization Quay moved away from /North/Harbor", "tenant_joined:Quay:Organization Quay moved here, to /North/Fjord"
		fLeft, fCame  = "tenant_left:Fjord:Organization Fjord moved away from /North", "tenant_joined:Fjord:Organization Fjord moved here, to /South"
		first, second = "user_created:p 1:User p 1 created with role admin", "user_created:p 2:User p 2 created with role admin"
		fMoved        = "tenant_moved:Fjord:Organization Fjord moved from /North to /South"
		fMade         = "tenant_created:Fjord:Organization Fjord created"
	)
	join := func(parts ...string) string { return strings.Join(parts, " | ") }
	for _, x := range []struct {
		who  tenant.Tenant
		want string
	}{
		{north, join(fMade, made, first, "tenant_moved:Quay:"+moved, left, joined, fLeft)},
		{south, join(fCame, second)},
		{harbor, join(made, first, left)},
		{fjord, join(fMade, joined, fLeft, fCame, second)},
		{quay, join(made, first, left, joined, second)},
		{reef, ""},
		{c.root, join(fMade, made, first, "tenant_moved:Quay:"+moved, left, joined, fMoved, fLeft, fCame, second)},
	} {
		if got := sees(x.who); got != x.want {
			t.Errorf("%s sees\n%s\nwant\n%s", x.who.Name, got, x.want)
		}
	}
}

// TestAMoveIsReasonedWhereItBegins: what the new place asks for holds from then on.
func TestAMoveIsReasonedWhereItBegins(t *testing.T) {
	t.Parallel()
	c := newChannel(t)
	north := c.tenant(c.root, "North")
	harbor, fjord := c.tenant(north, "Harbor"), c.tenant(north, "Fjord")
	quay := c.tenant(harbor, "Quay")
	for _, x := range []struct {
		at     tenant.Tenant
		reason string
	}{{harbor, "Sold"}, {fjord, "Bought"}} {
		c.must(c.edit(c.top(), func(tx *db.Tx, e inventory.Editor) error {
			_, err := e.CreateObject(tx, inventory.KindReasons, inventory.Draft{TenantID: x.at.ID,
				Attributes: map[string]any{"reasons": []any{x.reason}, "free_text": false, "required": true}})
			return err
		}))
	}
	move := func(reason string) error {
		return c.edit(tenant.Of(north), func(tx *db.Tx, e inventory.Editor) error {
			e.Origin = audit.Origin{Actor: audit.Actor{Kind: "user", Name: "ana", Level: "sales_org", UserID: 1}}
			_, err := e.MoveTenant(tx, quay.ID, quay.Revision, fjord.ID, reason)
			return err
		})
	}
	for _, reason := range []string{"", "Bought"} {
		if err := move(reason); !fault.Is(err, fault.Invalid) {
			t.Errorf("for the reason %q: %v", reason, err)
		}
	}
	c.must(move("Sold"))
}

func TestWhatCantBeMoved(t *testing.T) {
	t.Parallel()
	c := newChannel(t)
	north, south := c.tenant(c.root, "North"), c.tenant(c.root, "South")
	harbor, fjord, reef := c.tenant(north, "Harbor"), c.tenant(north, "Fjord"), c.tenant(south, "Reef")
	quay := c.tenant(harbor, "Quay")
	shut := c.tenant(south, "Shut")
	direct := c.direct()
	c.must(c.edit(c.top(), func(tx *db.Tx, e inventory.Editor) error {
		_, err := e.StepTenant(tx, shut.ID, "close", "r")
		return err
	}))
	c.tenant(reef, "Quay")
	for name, x := range map[string]struct {
		scope  tenant.Scope
		id, to int64
		kind   fault.Kind
		says   string
	}{
		"root":                       {c.top(), c.root.ID, north.ID, fault.Conflict, "always exists"},
		"Direct":                     {c.top(), direct.ID, north.ID, fault.Conflict, "always exists"},
		"a sales organization":       {c.top(), north.ID, south.ID, fault.Invalid, "can't stand under"},
		"into itself":                {c.top(), harbor.ID, harbor.ID, fault.Invalid, "can't stand under"},
		"below itself":               {c.top(), harbor.ID, quay.ID, fault.Invalid, "can't stand under"},
		"to where it stands":         {c.top(), harbor.ID, north.ID, fault.Invalid, "already"},
		"to the wrong level":         {c.top(), quay.ID, south.ID, fault.Invalid, "can't stand under"},
		"into what is closed":        {c.top(), quay.ID, shut.ID, fault.Conflict, `"Shut" is closed`},
		"to where the name is taken": {c.top(), quay.ID, reef.ID, fault.Invalid, `"Reef" already has an organization named "Quay"`},
		"out of the scope":           {tenant.Of(north), quay.ID, reef.ID, fault.Invalid, "no organization"},
		"what is not in the scope":   {tenant.Of(south), quay.ID, shut.ID, fault.NotFound, ""},
		"a dealer by its own org":    {tenant.Of(north), harbor.ID, south.ID, fault.Invalid, "no organization"},
		"oneself":                    {tenant.Of(harbor), harbor.ID, north.ID, fault.Invalid, "no organization"},
	} {
		err := c.move(x.scope, x.id, x.to)
		if !fault.Is(err, x.kind) || !strings.Contains(err.Error(), x.says) {
			t.Errorf("%s: got %v, want %q", name, err, x.says)
		}
	}
	err := c.edit(c.top(), func(tx *db.Tx, e inventory.Editor) error {
		_, err := e.MoveTenant(tx, quay.ID, quay.Revision+1, fjord.ID, "r")
		return err
	})
	if !fault.Is(err, fault.Stale) {
		t.Errorf("at another revision: got %v", err)
	}
	if got := c.wrong(); got != nil {
		t.Error(got)
	}
}

func (c *channel) direct() (t tenant.Tenant) {
	c.t.Helper()
	c.must(c.db.Read(c.t.Context(), c.top().Wall(), func(tx *db.Tx) (err error) {
		t, err = tenant.FindByPath(tx, c.top(), "/Direct")
		return err
	}))
	return t
}

// TestNothingIsPutIntoWhatIsClosed also holds for what stands below it.
func TestNothingIsPutIntoWhatIsClosed(t *testing.T) {
	t.Parallel()
	c := newChannel(t)
	north := c.tenant(c.root, "North")
	harbor := c.tenant(north, "Harbor")
	quay := c.tenant(harbor, "Quay")
	step := func(s tenant.Scope, id int64, name string) error {
		return c.edit(s, func(tx *db.Tx, e inventory.Editor) error { _, err := e.StepTenant(tx, id, name, "unpaid"); return err })
	}
	for name, err := range map[string]error{
		"root": step(c.top(), c.root.ID, "close"), "Direct": step(c.top(), c.direct().ID, "close"), "one's own": step(tenant.Of(harbor), harbor.ID, "close"),
		"what is open, reopened": step(c.top(), harbor.ID, "reopen"),
	} {
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	c.must(step(tenant.Of(north), harbor.ID, "close"))
	for _, id := range []int64{harbor.ID, quay.ID} {
		if err := c.furnish(id); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), `"Harbor" is closed`) {
			t.Errorf("a person or object in %d: %v", id, err)
		}
	}
	if _, err := c.below(harbor.ID); !fault.Is(err, fault.Conflict) {
		t.Errorf("an organization below: %v", err)
	}
	c.must(step(tenant.Of(north), harbor.ID, "reopen"))
	c.must(c.furnish(quay.ID))
	if got := c.entries(); !strings.Contains(got, "tenant_closed:Harbor tenant_reopened:Harbor user_created") {
		t.Errorf("entries: %s", got)
	}
}

// TestDeletableTellsTheTruth counts deleted people, too: entries lead to them.
func TestDeletableTellsTheTruth(t *testing.T) {
	t.Parallel()
	c := newChannel(t)
	north := c.tenant(c.root, "North")
	check := func(want bool) {
		t.Helper()
		var listed tenant.Listed
		c.must(c.edit(c.top(), func(tx *db.Tx, e inventory.Editor) (err error) {
			listed, err = tenant.FindListed(tx, c.top(), north.ID)
			if got := e.CanDelete(listed); got != want {
				t.Errorf("deletable: got %t, want %t", got, want)
			}
			return err
		}))
	}
	check(true)
	c.must(c.edit(c.top(), func(tx *db.Tx, e inventory.Editor) error {
		u, err := e.CreateUser(tx, north.ID, user.User{Email: "x@test.example", Name: "X", Role: access.Admin, State: user.Active}, "")
		if err != nil {
			return err
		}
		_, err = e.StepUser(tx, u.ID, "delete", "left")
		return err
	}))
	check(false)
	err := c.edit(c.top(), func(tx *db.Tx, e inventory.Editor) error { return e.DeleteTenant(tx, north.ID, "r") })
	if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "Close it instead") {
		t.Errorf("got %v", err)
	}
}

// TestTwoRootAdministratorsDontLockEachOther: one of them stays, at whatever moment both try.
func TestTwoRootAdministratorsDontLockEachOther(t *testing.T) {
	t.Parallel()
	c := newChannel(t)
	for range 10 {
		var pair [2]user.Listed
		c.must(c.edit(c.top(), func(tx *db.Tx, e inventory.Editor) (err error) {
			for i := range pair {
				name := c.fresh("a")
				pair[i], err = e.CreateUser(tx, c.root.ID, user.User{Email: strings.ReplaceAll(name, " ", "") + "@test.example", Name: name, Role: access.Admin, State: user.Active}, "")
				if err != nil {
					return err
				}
			}
			return nil
		}))
		var both sync.WaitGroup
		var results [2]error
		for i := range pair {
			both.Go(func() {
				results[i] = c.edit(c.top(), func(tx *db.Tx, e inventory.Editor) error {
					e.Origin = audit.Origin{Actor: audit.Actor{Kind: "user", Name: pair[1-i].Name, Level: "root", UserID: pair[1-i].ID}}
					_, err := e.StepUser(tx, pair[i].ID, "lock", "r")
					return err
				})
			})
		}
		both.Wait()
		if (results[0] == nil) == (results[1] == nil) {
			t.Fatalf("both or neither: %v, %v", results[0], results[1])
		}
		// The next pair stands alone again.
		_, err := c.owner.Exec("ALTER TABLE users DISABLE TRIGGER users_recorded; UPDATE users SET state = 'deleted'; ALTER TABLE users ENABLE TRIGGER users_recorded")
		c.must(err)
	}
}
