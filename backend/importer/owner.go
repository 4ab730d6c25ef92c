package importer

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"annals/backend/audit"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/inventory"
	"annals/backend/tenant"
)

// owners finds out whose the entries are, and remembers it between batches. What it remembers is
// bounded: a map that is full is emptied.
type owners struct {
	*run
	named   map[[2]string]named
	tenants map[int64]tenant.Tenant
	objects map[inventory.Key]inventory.Known
	seen    map[int64]time.Time // when an object was last known to be there
}

// named is what became of a sales organization and dealer that rows name.
type named struct {
	tenant tenant.Tenant
	wrong  string // why rows that name them are rejected
}

// maxKnown is how many tenants, and how many objects, are remembered.
const maxKnown = 50_000

func newOwners(im *run) owners {
	return owners{run: im, named: map[[2]string]named{}, tenants: map[int64]tenant.Tenant{im.Tenant.ID: im.Tenant},
		objects: map[inventory.Key]inventory.Known{}, seen: map[int64]time.Time{}}
}

// remember notes a value in a bounded map.
func remember[K comparable, V any](m map[K]V, key K, value V) {
	if len(m) >= maxKnown {
		clear(m)
	}
	m[key] = value
}

// find gives each entry of a batch the tenant that its row names, and rejects those whose tenant
// isn't to be had.
func (o *owners) find(ctx context.Context, d *db.DB, b *batch) error {
	kept := b.entries[:0]
	for _, e := range b.entries {
		whose, wrong, err := o.byName(ctx, d, e.salesOrg, e.dealer)
		if err != nil {
			return err
		}
		if wrong != "" {
			b.reject(e.place, wrong)
			continue
		}
		e.whose = whose
		kept = append(kept, e)
	}
	b.entries = kept
	return nil
}

// settle gives each entry its owner and its objects' pages.
func (o *owners) settle(tx *db.Tx, entries []entry) error {
	known, err := o.pages(tx, entries)
	if err != nil {
		return err
	}
	for i := range entries {
		e := &entries[i]
		whose := e.whose
		if at, ok := known[o.key(whose, e.event.Source, e.event.Object)]; ok {
			e.event.Object.Ref = at.ID
			if e.salesOrg == "" {
				if whose, err = o.byID(tx, at.TenantID); err != nil {
					return err
				}
			}
		}
		if at, ok := known[o.key(e.whose, e.event.Source, e.event.LinkedTo)]; ok {
			e.event.LinkedTo.Ref = at.ID
		}
		e.event.Belongs(whose)
		e.rank(e.whose.Level, o.Tenant.Level)
	}
	return nil
}

// pages returns the objects that entries are about or linked to, and makes stubs of the new ones.
func (o *owners) pages(tx *db.Tx, entries []entry) (map[inventory.Key]inventory.Known, error) {
	known, fresh := map[inventory.Key]inventory.Known{}, map[inventory.Key]inventory.Stub{}
	for i := range entries {
		e := &entries[i]
		for _, about := range []*audit.Object{e.event.Object, e.event.LinkedTo} {
			k := o.key(e.whose, e.event.Source, about)
			if k.ExternalID == "" {
				continue
			}
			if at, ok := o.objects[k]; ok {
				known[k] = at
			} else {
				fresh[k] = inventory.Stub{Key: k, Name: about.Name, Tenant: e.whose}
			}
		}
	}
	if len(fresh) == 0 {
		return known, nil
	}
	stubs := make([]inventory.Stub, 0, len(fresh))
	for _, s := range fresh {
		stubs = append(stubs, s)
	}
	// In one order everywhere, so that two imports that meet wait for each other instead of locking up.
	slices.SortFunc(stubs, func(x, y inventory.Stub) int { return compareKeys(x.Key, y.Key) })
	found, err := inventory.EnsureStubs(tx, stubs)
	if err != nil {
		return nil, err
	}
	for k, at := range found {
		known[k] = at
		remember(o.objects, k, at)
	}
	return known, nil
}

func compareKeys(x, y inventory.Key) int {
	return cmp.Or(cmp.Compare(x.SalesOrgID, y.SalesOrgID), cmp.Compare(x.ImporterID, y.ImporterID), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Source, y.Source), cmp.Compare(x.ExternalID, y.ExternalID))
}

// key identifies an object that can have a page: one of a known kind with an id. Any other has the
// zero key. A text that is too long is for the log to refuse, with its reason.
func (o *owners) key(whose tenant.Tenant, source string, about *audit.Object) inventory.Key {
	if about == nil || about.Kind == "" || about.ID == "" || len(about.ID) > audit.MaxName || len(about.Name) > audit.MaxName {
		return inventory.Key{}
	}
	return inventory.Key{SalesOrgID: whose.SalesOrgID, ImporterID: o.Scope.TenantID, Kind: about.Kind, Source: source, ExternalID: about.ID}
}

// byID is the tenant of a known object, if the import reaches it.
func (o *owners) byID(tx *db.Tx, id int64) (tenant.Tenant, error) {
	if t, ok := o.tenants[id]; ok {
		return t, nil
	}
	t, err := tenant.Find(tx, o.scope, id)
	if fault.Is(err, fault.NotFound) {
		t, err = o.Tenant, nil
	}
	if err == nil {
		remember(o.tenants, id, t)
	}
	return t, err
}

// byName is the tenant that a row names, or why the row is rejected. A row that names none belongs
// to the import's tenant. Each is found, or made, in a transaction of its own: one that held several
// organizations, or one of them and a batch's objects, would lock up with another import's.
func (o *owners) byName(ctx context.Context, d *db.DB, salesOrg, dealer string) (t tenant.Tenant, wrong string, err error) {
	if salesOrg == "" && dealer == "" {
		return o.Tenant, "", nil
	}
	names := [2]string{salesOrg, dealer}
	if n, ok := o.named[names]; ok {
		return n.tenant, n.wrong, nil
	}
	err = d.Write(ctx, o.scope.Wall(), func(tx *db.Tx) error {
		t, wrong, err = o.lookUp(tx, salesOrg, dealer)
		return err
	})
	if err == nil {
		remember(o.named, names, named{t, wrong})
	}
	return t, wrong, err
}

// lookUp walks from the import's own tenant to the one that a row names. What is wrong says what to
// do, and the same of what lies elsewhere as of what doesn't exist. An error ends the import.
func (o *owners) lookUp(tx *db.Tx, salesOrg, dealer string) (at tenant.Tenant, wrong string, err error) {
	if salesOrg == "" {
		return at, "The dealer has no sales organization.", nil
	}
	at = o.Tenant
	path := []string{salesOrg, dealer}
	for _, own := range tenant.Ancestors(o.Tenant) {
		if len(path) > 0 && !strings.EqualFold(own.Name, path[0]) {
			return at, fmt.Sprintf("The row belongs to another part of the channel than this import, which is for %s.", o.Tenant.Path), nil
		}
		if len(path) > 0 {
			path = path[1:]
		}
	}
	for _, name := range path {
		if name == "" {
			break
		}
		if at, wrong, err = o.child(tx, at, name); wrong != "" || err != nil {
			return at, wrong, err
		}
	}
	return at, "", nil
}

// child finds a tenant by its name under its parent, or makes it.
func (o *owners) child(tx *db.Tx, parent tenant.Tenant, name string) (t tenant.Tenant, wrong string, err error) {
	level, err := tenant.ChildLevel(parent.Level)
	if err != nil {
		return t, "", err
	}
	label := strings.ToLower(level.Label())
	if f := fault.Of(tenant.CheckName(name)); f != nil {
		return t, fmt.Sprintf("The row's %s can't be one. %s", label, f.Detail), nil
	}
	if t, err = tenant.FindChild(tx, o.scope, parent, name); !fault.Is(err, fault.NotFound) {
		return t, "", err
	}
	if !o.CreateTenants {
		return t, fmt.Sprintf("There is no %s %q in %s: make it, or import with --create-tenants.", label, name, parent.Path), nil
	}
	// Another import may have just made it: whoever holds the parent's row looks again.
	if parent, err = tenant.Lock(tx, o.scope, parent.ID); err != nil {
		return t, "", err
	}
	if t, err = tenant.FindChild(tx, o.scope, parent, name); !fault.Is(err, fault.NotFound) {
		return t, "", err
	}
	// A tenant that is made is recorded, or is not made; where the parent is closed, the row says so.
	editor := inventory.Editor{Log: o.log, Scope: o.scope, Origin: o.Origin, Unasked: true}
	t, err = editor.CreateTenant(tx, parent.ID, name, "Named in "+o.FileName)
	if f := fault.Of(err); f != nil && f.Kind == fault.Conflict {
		return t, f.Detail, nil
	}
	return t, "", err
}
