package importer_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"annals/backend/audit"
	"annals/backend/fault"
	"annals/backend/importer"
	"annals/backend/tenant"
)

const sbcHeader = "Modified Time,Modified By,Category,Event,Object,Description,Sales Organization,Dealer\n"

func sbcRow(salesOrg, dealer string) string {
	return fmt.Sprintf("2024-10-01T07:00:00Z,mia,User,Deletion,User 1,User has been deleted,%s,%s\n", salesOrg, dealer)
}

// owner is to whom an event belongs, as a path.
func owner(e audit.Event) string {
	path := ""
	for _, o := range []*audit.Owner{e.SalesOrg, e.Dealer, e.Reseller} {
		if o != nil {
			path += "/" + o.Name
		}
	}
	return path
}

func TestRowsNameTheirTenant(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	polar := h.tenant(h.root, "Polar")
	fjell := h.tenant(polar, "Fjell")
	shop := h.tenant(fjell, "Shop")
	closed := h.tenant(h.root, "Shut")
	if _, err := h.owner.Exec("UPDATE tenants SET state = 'closed' WHERE id = $1", closed.ID); err != nil {
		t.Fatal(err)
	}
	const none, make, other, closedOne = "The dealer has no sales organization.", "make it, or import with --create-tenants.", "another part of the channel", `"Shut" is closed, so nothing new can be put into it or below it. Reopen it first.`
	for _, c := range []struct {
		at               tenant.Tenant
		create           bool
		salesOrg, dealer string
		want             string // the path, or the reason
	}{
		{h.root, false, "", "", ""},
		{h.root, false, "Polar", "", "/Polar"},
		{h.root, false, " POLAR ", "fjell", "/Polar/Fjell"},
		{h.root, false, "", "Fjell", none},
		{h.root, false, "Nobody", "", make},
		{h.root, false, "Polar", "Nobody", make},
		{h.root, true, "Polar", "Søn & Co", "/Polar/Søn & Co"},
		{h.root, true, "Atlas", "Medina", "/Atlas/Medina"},
		{h.root, true, "ATLAS", "MEDINA", "/Atlas/Medina"},
		{h.root, true, "a/b", "", "must not contain a slash"},
		{h.root, true, "Polar", strings.Repeat("n", 201), "has 201 characters"},
		{h.root, true, "Shut", "New", closedOne},
		{polar, false, "", "", "/Polar"},
		{polar, false, "polar", "Fjell", "/Polar/Fjell"},
		{polar, true, "Polar", "Vidda", "/Polar/Vidda"},
		{polar, true, "Atlas", "", other},
		{polar, true, "No such", "", other},
		{fjell, true, "Polar", "Fjell", "/Polar/Fjell"},
		{fjell, true, "Polar", "", other},
		{fjell, true, "Polar", "Vidda", other},
		{shop, true, "Polar", "Fjell", "/Polar/Fjell/Shop"},
	} {
		source := fmt.Sprintf("%s %v %q %q", c.at.Path, c.create, c.salesOrg, c.dealer)
		_, rejects := h.load("sbc", sbcHeader+sbcRow(c.salesOrg, c.dealer), func(o *importer.Options) { o.Tenant, o.CreateTenants, o.Source = c.at, c.create, source })
		got := "not imported"
		for _, e := range h.events("sbc") {
			if e.Source == source {
				got = owner(e)
			}
		}
		if len(rejects) > 0 {
			got = rejects[0].reason
		}
		if got != c.want && (len(rejects) == 0 || !strings.Contains(got, c.want) || c.want == "") {
			t.Errorf("%s: %q, want %q", source, got, c.want)
		}
	}
	if _, _, err := h.try("sbc", sbcHeader+sbcRow("", ""), func(o *importer.Options) { o.Tenant = closed }); !fault.Is(err, fault.Conflict) {
		t.Errorf("for what is closed: %v", err)
	}
	made := h.column("SELECT path FROM tenants WHERE id > " + fmt.Sprint(closed.ID) + " ORDER BY path")
	if want := []string{"/Atlas", "/Atlas/Medina", "/Polar/Søn & Co", "/Polar/Vidda"}; !slices.Equal(made, want) {
		t.Errorf("made %q, want %q", made, want)
	}
	var recorded []string
	for _, e := range h.events("annals") {
		if e.Type == "annals.tenant_created" {
			recorded = append(recorded, owner(e)+" by "+e.Actor.Name)
		}
	}
	slices.Sort(recorded)
	if want := []string{"/Atlas by Ana", "/Atlas/Medina by Ana", "/Polar/Søn & Co by Ana", "/Polar/Vidda by Ana"}; !slices.Equal(recorded, want) {
		t.Errorf("recorded %q, want %q", recorded, want)
	}
}

func TestImportNeedsItsTenantInScope(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	polar, atlas := h.tenant(h.root, "Polar"), h.tenant(h.root, "Atlas")
	_, _, err := h.try("alternet", alternetHeader+alternetRow, func(o *importer.Options) { o.Scope, o.Tenant = tenant.Of(polar), atlas })
	if !fault.Is(err, fault.NotFound) {
		t.Errorf("got %v, want the answer for what does not exist", err)
	}
}

// An event belongs to the tenant of the object that it is about, as far as the import reaches.
func TestEventBelongsToItsObjectsTenant(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	polar := h.tenant(h.root, "Polar")
	fjell, vidda := h.tenant(polar, "Fjell"), h.tenant(polar, "Vidda")
	device := strings.Join(morColumns, ",") + "\n%d,2024-10-01 07:00:00,5,mia,device_created,,,,,device,%d\n"
	at := func(where tenant.Tenant) func(*importer.Options) {
		return func(o *importer.Options) { o.Tenant = where }
	}
	h.load("mor", fmt.Sprintf(device, 1, 64), at(fjell)) // makes the stub
	h.load("mor", fmt.Sprintf(device, 2, 64), at(polar)) // reaches it
	h.load("mor", fmt.Sprintf(device, 3, 64), at(vidda)) // does not, and does not learn of it
	h.load("mor", fmt.Sprintf(device, 4, 65), at(polar))
	var got []string
	var refs []bool
	for _, e := range h.events("mor") {
		got, refs = append(got, owner(e)+" "+e.Actor.Level), append(refs, e.Object.Ref != 0)
	}
	// Mia of the second row works at Polar, as far as its file tells: below, nobody learns her name.
	if want := []string{"/Polar/Fjell dealer", "/Polar/Fjell sales_org", "/Polar/Vidda dealer", "/Polar sales_org"}; !slices.Equal(got, want) {
		t.Errorf("owners and levels %q, want %q", got, want)
	}
	if want := []bool{true, true, false, true}; !slices.Equal(refs, want) {
		t.Errorf("pages %v, want %v", refs, want)
	}
}

// What somebody imports neither takes events of others, nor keeps them out, nor learns of them:
// everybody may write any source's name.
func TestImportsOfOthersDontMeet(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	polar := h.tenant(h.root, "Polar")
	fjell, vidda := h.tenant(polar, "Fjell"), h.tenant(polar, "Vidda")
	load := func(by, whose tenant.Tenant, user string, ids ...int) (importer.Result, []reject) {
		text := strings.Join(morColumns, ",") + "\n"
		for _, id := range ids {
			text += fmt.Sprintf("%d,2024-10-01 07:00:00,5,%s,device_created,,,,,device,%[1]d\n", id, user)
		}
		return h.load("mor", text, func(o *importer.Options) { o.Scope, o.Tenant, o.Source = tenant.Of(by), whose, "mor-eu-9" })
	}
	load(fjell, fjell, "squatter", 1, 2, 3, 4)
	for _, c := range []struct {
		by, whose tenant.Tenant
		ids       []int // of events, and of the devices that they are about
		want      string
	}{
		{vidda, vidda, []int{1, 2}, "/Polar/Vidda"},
		{polar, polar, []int{1, 2}, "/Polar"},
		{polar, fjell, []int{3, 4}, "/Polar/Fjell"},
		{h.root, polar, []int{1, 2}, "/Polar"},
		{h.root, h.root, []int{1, 2}, ""},
	} {
		user := "of " + c.by.Path + " for " + c.whose.Path
		if res, rejects := load(c.by, c.whose, user, c.ids...); res.Accepted != 2 {
			t.Errorf("%s: %+v, rejected %v", user, res, rejects)
		}
		if res, _ := load(c.by, c.whose, user, c.ids...); res.Duplicates != 2 {
			t.Errorf("%s, again: %+v", user, res)
		}
		for _, e := range h.events("mor") {
			if e.Actor.Name == user && (owner(e) != c.want || e.Object.Ref == 0) {
				t.Errorf("%s: event of %q with page %d, want one of %q with a page", user, owner(e), e.Object.Ref, c.want)
			}
		}
	}
}

// A tenant is made with its entry or not at all: what fails after it was made is no row's fault.
func TestTenantsAreMadeWithTheirEntry(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	res, rejects, err := h.try("sbc", sbcHeader+sbcRow("Polar", ""), func(o *importer.Options) {
		o.CreateTenants, o.Origin.SessionID = true, strings.Repeat("s", audit.MaxName+1)
	})
	if f := fault.Of(err); f == nil || !strings.Contains(f.Detail, "sessionId") || res.Read != 0 {
		t.Errorf("%+v, rejected %v, %v; want the import to end for its session's id", res, rejects, err)
	}
	if n := h.column("SELECT count(*)::text FROM tenants WHERE name = 'Polar'"); n[0] != "0" {
		t.Errorf("%s tenants without their entry", n[0])
	}
	for i, name := range []string{strings.Repeat("n", 600), strings.Repeat("é", 300), "x" + strings.Repeat("日", 200), strings.Repeat("\xFF", 600), "\xE6\x97"} {
		org := fmt.Sprint("Org ", i)
		if res, rejects := h.load("sbc", sbcHeader+sbcRow(org, ""), func(o *importer.Options) { o.CreateTenants, o.FileName, o.Source = true, name, org }); res.Accepted != 1 {
			t.Errorf("a file name of %d bytes: %+v, rejected %v", len(name), res, rejects)
		}
	}
	reasons := 0
	for _, e := range h.events("annals") {
		if e.Type != "annals.tenant_created" {
			continue
		}
		reasons++
		name := strings.TrimPrefix(e.Reason, "Named in ")
		if len(name) > 200 || len(name) < 3 || !utf8.ValidString(name) {
			t.Errorf("the reason is %q", e.Reason)
		}
	}
	if reasons != 5 {
		t.Errorf("%d tenants have their entry, want 5", reasons)
	}
}

// Imports of the same rows at the same time: each row is one event, each tenant is made once.
func TestImportsThatMeet(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var rows []string
	for i := range 6000 {
		rows = append(rows, fmt.Sprintf("2024-10-01T07:00:00Z,mia,User,Deletion,User %d,User has been deleted,Org %d,Dealer %d\n", i*7919%5000, i%5, i%50))
	}
	texts := []string{strings.Join(rows, ""), strings.Join(rows, ""), ""}
	slices.Reverse(rows) // in the worst order for locks
	texts[2] = strings.Join(rows, "")
	results := h.together("sbc", func(n int) string { return sbcHeader + texts[n] }, 3)
	var accepted, duplicates int64
	for _, r := range results {
		accepted, duplicates = accepted+r.Accepted, duplicates+r.Duplicates
	}
	if accepted != 6000 || duplicates != 12000 {
		t.Errorf("%d accepted, %d duplicates; want 6000 and 12000", accepted, duplicates)
	}
	if n := h.column("SELECT count(*)::text FROM tenants WHERE name LIKE 'Org %'"); n[0] != "5" {
		t.Errorf("%s sales organizations, want 5", n[0])
	}
}

// Imports of the same objects at the same time make their stubs in one order, or they would lock up.
func TestImportsThatMeetOnObjects(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	text := strings.Join(morColumns, ",") + "\n"
	for i := range 4000 {
		text += fmt.Sprintf("%d,2024-10-01 07:00:00,5,mia,device_created,,,,,device,%d\n", i, i)
	}
	for n, r := range h.together("mor", func(int) string { return text }, 3) {
		if r.Accepted+r.Duplicates != 4000 {
			t.Errorf("import %d: %+v", n, r)
		}
	}
	if n := h.column("SELECT count(*)::text FROM objects"); n[0] != "4000" {
		t.Errorf("%s stubs, want 4000", n[0])
	}
}

// Imports make dealers under the same organizations, in opposite orders.
func TestImportsThatMeetOnTenants(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const orgs = 40
	for i := range orgs {
		h.tenant(h.root, fmt.Sprint("Org ", i))
	}
	text := func(n int) string {
		var rows []string
		for i := range orgs {
			rows = append(rows, sbcRow(fmt.Sprint("Org ", i), fmt.Sprint("Dealer ", n)))
		}
		if n%2 == 1 {
			slices.Reverse(rows)
		}
		return sbcHeader + strings.Join(rows, "")
	}
	for n, r := range h.together("sbc", text, 4) {
		if r.Accepted != orgs {
			t.Errorf("import %d: %+v", n, r)
		}
	}
}

// together imports n texts for the platform at the same time.
func (h *house) together(system string, text func(n int) string, n int) []importer.Result {
	h.Helper()
	results := make([]importer.Result, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			o := importer.Options{System: system, Scope: h.scope(), Tenant: h.root, CreateTenants: true, Origin: audit.System("test")}
			var err error
			results[i], err = importer.Run(h.Context(), h.db, h.log, o, strings.NewReader(text(i)), func(line int64, reason string, _ []byte) error {
				return fmt.Errorf("line %d: %s", line, reason)
			})
			if err != nil {
				h.Errorf("import %d: %v", i, err)
			}
		})
	}
	all.Wait()
	return results
}

// A retry after an object went to another tenant is the same event still.
func TestRetryAfterAnObjectMoved(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	polar := h.tenant(h.root, "Polar")
	fjell := h.tenant(polar, "Fjell")
	at := func(o *importer.Options) { o.Tenant = polar }
	h.load("mor", file(t, "mor"), at)
	if _, err := h.owner.Exec("UPDATE objects SET tenant_id = $1, dealer_id = $1", fjell.ID); err != nil {
		t.Fatal(err)
	}
	res, rejects := h.load("mor", file(t, "mor"), at)
	if want := (importer.Result{Read: rows["mor"], Duplicates: rows["mor"]}); res != want {
		t.Errorf("%+v, want %+v; rejected %v", res, want, rejects)
	}
}
