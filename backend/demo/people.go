package demo

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"annals/backend/access"
	"annals/backend/audit"
	"annals/backend/auth"
	"annals/backend/db"
	"annals/backend/inventory"
	"annals/backend/tenant"
	"annals/backend/user"
)

// organizations are the demo's tenants below root, parents first. Direct is there already.
var organizations = []struct {
	path string
	mfa  tenant.MFAPolicy
}{
	{"/Northwind Telecom", tenant.Inherit},
	{"/Northwind Telecom/Harbor Dealers", tenant.Inherit},
	{"/Northwind Telecom/Harbor Dealers/Quay Phones", tenant.Inherit},
	{"/Northwind Telecom/Harbor Dealers/Pier Nine Mobile", tenant.Inherit},
	{"/Northwind Telecom/Fjord Link", tenant.Required},
	{"/Northwind Telecom/Fjord Link/Kystnett Samdrift – Fiber, Mobil og Telefoni for øyene utenfor Trøndelag", tenant.Inherit},
	{"/Meridian Networks", tenant.Inherit},
	{"/Meridian Networks/Sunbelt Voice", tenant.Inherit},
	{"/Meridian Networks/Cactus ISP", tenant.Inherit},
	{"/Meridian Networks/Rio Connect", tenant.Inherit},
	{"/Meridian Networks/Rio Connect/Fibra São João", tenant.Inherit},
	{"/Direct/Alpine Geo", tenant.Inherit},
	{"/Direct/Delta Survey", tenant.Inherit},
}

// someone is one of the demo's people. Those with an account can sign in with the password; the
// others are there to be looked at.
type someone struct {
	account string // what stands before the @ in the contract
	name    string
	tenant  string
	role    access.Role
	zone    string
	state   string // active if empty
	mfa     bool   // had a second factor until they were reset, see history
}

// people of the demo. In each organization the first one makes the others.
var people = []someone{
	{"root", "ana.silva", "/", access.Admin, "Europe/Lisbon", "", true},
	{"org", "bjorn.dahl", "/Northwind Telecom", access.Admin, "Europe/Oslo", "", true},
	{"dealer", "kofi.mensah", "/Northwind Telecom/Harbor Dealers", access.Admin, "Europe/Lisbon", "", false},
	{"reseller", "farah.aziz", "/Northwind Telecom/Harbor Dealers/Quay Phones", access.Admin, "Europe/Lisbon", "", false},
	{"user", "julia.meyer", "/Northwind Telecom/Harbor Dealers/Quay Phones", access.User, "Europe/Berlin", "", false},
	{"auditor", "hana.sato", "/Northwind Telecom", access.Auditor, "Asia/Tokyo", "", false},
	{"rival", "emeka.obi", "/Meridian Networks", access.Admin, "America/Chicago", "", true},

	{"", "lars.holm", "/", access.Admin, "Europe/Copenhagen", "", true},
	{"", "inês.duarte", "/", access.Auditor, "Europe/Lisbon", "", true},
	{"", "ingrid.solheim", "/Northwind Telecom", access.Admin, "Europe/Oslo", "", true},
	{"", "per.strand", "/Northwind Telecom", access.User, "Europe/Oslo", user.Pending, false},
	{"", "tiago.lourenço", "/Northwind Telecom/Harbor Dealers", access.Admin, "Europe/Lisbon", "", false},
	{"", "dora.novak", "/Northwind Telecom/Harbor Dealers", access.Auditor, "Europe/Prague", "", false},
	{"", "pedro.alves", "/Northwind Telecom/Harbor Dealers", access.User, "Europe/Lisbon", user.Deleted, false},
	{"", "goran.ilic", "/Northwind Telecom/Harbor Dealers/Quay Phones", access.Admin, "Europe/Belgrade", "", false},
	{"", "marta.reis", "/Northwind Telecom/Harbor Dealers/Quay Phones", access.Auditor, "Europe/Lisbon", "", false},
	{"", "chen.wei", "/Northwind Telecom/Harbor Dealers/Quay Phones", access.User, "Asia/Shanghai", "", false},
	{"", "zoë.krüger", "/Northwind Telecom/Harbor Dealers/Quay Phones", access.User, "Europe/Berlin", "", false},
	{"", "ivan.petrov", "/Northwind Telecom/Harbor Dealers/Quay Phones", access.User, "Europe/Sofia", user.Locked, false},
	{"", "maría-josé.de-la-fuente-y-villanueva", "/Northwind Telecom/Harbor Dealers/Quay Phones", access.User, "Europe/Madrid", user.Pending, false},
	{"", "otto.berg", "/Northwind Telecom/Harbor Dealers/Pier Nine Mobile", access.Admin, "Europe/Lisbon", "", false},
	{"", "nadia.haddad", "/Northwind Telecom/Harbor Dealers/Pier Nine Mobile", access.User, "Europe/Paris", "", false},
	{"", "þóra.björnsdóttir", "/Northwind Telecom/Fjord Link", access.Admin, "Atlantic/Reykjavik", "", true},
	{"", "sven.åkesson", "/Northwind Telecom/Fjord Link", access.Auditor, "Europe/Stockholm", "", true},
	{"", "aino.virtanen", "/Northwind Telecom/Fjord Link/Kystnett Samdrift – Fiber, Mobil og Telefoni for øyene utenfor Trøndelag", access.Admin, "Europe/Helsinki", user.Pending, false},
	{"", "paula.reyes", "/Meridian Networks", access.Auditor, "America/Mexico_City", "", false},
	{"", "jack.turner", "/Meridian Networks/Sunbelt Voice", access.Admin, "America/Phoenix", "", false},
	{"", "lucy.nguyen", "/Meridian Networks/Sunbelt Voice", access.User, "America/Phoenix", "", false},
	{"", "wanjiru.kamau", "/Meridian Networks/Cactus ISP", access.Admin, "Africa/Nairobi", "", false},
	{"", "baraka.mwangi", "/Meridian Networks/Cactus ISP", access.User, "Africa/Nairobi", "", false},
	{"", "rafael.souza", "/Meridian Networks/Rio Connect", access.Admin, "America/Sao_Paulo", "", false},
	{"", "beatriz.araújo", "/Meridian Networks/Rio Connect/Fibra São João", access.Admin, "America/Sao_Paulo", user.Pending, false},
	{"", "nina.keller", "/Direct/Alpine Geo", access.Admin, "Europe/Zurich", "", false},
	{"", "luca.bianchi", "/Direct/Alpine Geo", access.User, "Europe/Zurich", "", false},
	{"", "anika.rahman", "/Direct/Delta Survey", access.Admin, "Asia/Dhaka", "", false},
}

func (p someone) email() string {
	if p.account != "" {
		return p.account + domain
	}
	return plain.Replace(p.name) + domain
}

// plain writes the letters of names as addresses have them.
var plain = strings.NewReplacer("ê", "e", "ç", "c", "ë", "e", "ü", "ue", "í", "i", "é", "e", "þ", "th", "ó", "o", "ö", "o", "å", "aa", "ú", "u")

// title says who somebody is, for the greeting.
func (p someone) title() string {
	organization := p.tenant[strings.LastIndexByte(p.tenant, '/')+1:]
	if organization == "" {
		organization = "all organizations"
	}
	return map[access.Role]string{access.Admin: "administrator, ", access.Auditor: "auditor, ", access.User: "end user, "}[p.role] + organization
}

// found makes the organizations and the people, with the entries that tell when and by whom, in one
// transaction.
func (ld *loader) found(ctx context.Context, now time.Time) error {
	return ld.db.Write(ctx, tenant.Of(ld.root).Wall(), func(tx *db.Tx) error {
		f := founder{loader: ld, tx: tx, now: now, at: now.Add(-founding), operator: audit.System("annals user create"),
			tenants: map[string]tenant.Tenant{"/": ld.root}, admins: map[string]audit.Origin{}}
		direct, err := tenant.FindByPath(tx, tenant.Of(ld.root), "/"+tenant.Direct)
		if err != nil {
			return err
		}
		f.tenants[direct.Path] = direct
		made := make([]user.User, 0, len(people))
		for i, p := range people {
			for _, o := range organizations {
				if strings.HasPrefix(p.tenant+"/", o.path+"/") && f.tenants[o.path].ID == 0 {
					if err := f.organization(o.path, o.mfa); err != nil {
						return fmt.Errorf("make %s: %w", o.path, err)
					}
				}
			}
			u, err := f.person(p, i)
			if err != nil {
				return fmt.Errorf("make %s: %w", p.name, err)
			}
			made = append(made, u)
		}
		if err := f.configure(); err != nil {
			return err
		}
		if err := tx.As(db.Auth); err != nil {
			return err
		}
		for i, u := range made {
			secret := ""
			if people[i].account != "" {
				secret = password
			}
			if err := ld.auth.CreateCredentials(tx, u, secret); err != nil {
				return err
			}
		}
		return nil
	})
}

// founder makes what the channel consists of. The editor of package inventory does the same for
// people in the portal, but now; here it was done weeks ago.
type founder struct {
	*loader
	tx       *db.Tx
	now      time.Time
	at       time.Time // of the next entry
	begun    bool
	operator audit.Origin
	tenants  map[string]tenant.Tenant
	admins   map[string]audit.Origin // who makes people and organizations in an organization
}

// record writes the next entry, some minutes after the one before.
func (f *founder) record(e audit.Event) error {
	if !f.begun {
		e.EventID, f.begun = firstEntry, true
	}
	if e.OccurredAt.IsZero() {
		e.OccurredAt = f.at
	}
	f.at = f.at.Add(11*time.Minute + time.Duration(f.at.Unix()%400)*time.Second)
	_, err := f.log.Record(f.tx, e)
	return err
}

// by is who administers a part of the channel: its own people, or those above.
func (f *founder) by(path string) audit.Origin {
	for ; path != ""; path = path[:strings.LastIndexByte(path, '/')] {
		if o, ok := f.admins[path]; ok {
			return o
		}
	}
	if o, ok := f.admins["/"]; ok {
		return o
	}
	return f.operator
}

func (f *founder) organization(path string, mfa tenant.MFAPolicy) error {
	above, name := path[:strings.LastIndexByte(path, '/')], path[strings.LastIndexByte(path, '/')+1:]
	parent := f.tenants[above]
	if above == "" {
		parent = f.root
	}
	t, err := tenant.Create(f.tx, parent, name)
	if err != nil {
		return err
	}
	if err := exec(f.tx, "UPDATE tenants SET created_at = ? WHERE id = ?", f.at, t.ID); err != nil {
		return err
	}
	e := aboutTenant(f.by(above), "tenant_created", t)
	e.Data = []audit.Datum{{Label: "Level", Value: t.Level.Label()}}
	if err := f.record(e); err != nil {
		return err
	}
	if before := t.MFAPolicy; mfa != before {
		t.MFAPolicy = mfa
		if t, err = tenant.Update(f.tx, t); err != nil {
			return err
		}
		e := aboutTenant(f.by(above), "settings_updated", t)
		e.Changes, e.Reason = []audit.Change{{Field: "mfa_policy", Old: before, New: mfa}}, "Asked for by the customer's insurer"
		if err := f.record(e); err != nil {
			return err
		}
	}
	f.tenants[path] = t
	return nil
}

func aboutTenant(o audit.Origin, name string, t tenant.Tenant) audit.Event {
	e := o.Event(name)
	e.Object = &audit.Object{Kind: inventory.KindTenant, ID: strconv.FormatInt(t.ID, 10), Name: t.Name, Revision: strconv.FormatInt(t.Revision, 10), Ref: t.ID}
	e.Belongs(t)
	return e
}

// steps lead a new person to the state of the demo.
var steps = []struct {
	to, entry, reason string
	states            []string      // for whom
	ago               time.Duration // soon after the person was made if 0
}{
	{user.Active, "user_activated", "", []string{"", user.Locked, user.Deleted}, 0},
	{user.Locked, "user_locked", "Sign-ins from three countries in one night", []string{user.Locked}, 9*24*time.Hour + 25*time.Minute},
	{user.Deleted, "user_deleted", "Left the company", []string{user.Deleted}, 16*24*time.Hour + 50*time.Minute},
}

// end is how long before now somebody's activity ended, 0 if it goes on.
func (p someone) end() time.Duration {
	for _, s := range steps {
		if s.to == p.state {
			return s.ago
		}
	}
	return 0
}

func (f *founder) person(p someone, n int) (user.User, error) {
	t, by, state := f.tenants[p.tenant], f.by(p.tenant), user.Pending
	if len(f.admins) == 0 { // by command, which gives the password as well
		state = user.Active
	}
	u, err := user.Create(f.tx, t, user.User{Email: p.email(), Name: p.name, Role: p.role, State: state, TimeZone: p.zone, CreatedAt: f.at})
	if err != nil {
		return u, err
	}
	listed := func() user.Listed {
		return user.Listed{User: u, TenantName: t.Name, TenantPath: t.Path, TenantLevel: t.Level}
	}
	entry := func(name, reason string) audit.Event {
		e := by.Event(name)
		inventory.AboutPerson(&e, listed())
		e.Reason = reason
		return e
	}
	e := entry("user_created", "")
	e.Data = []audit.Datum{{Label: "Role", Value: string(u.Role)}}
	if err := f.record(e); err != nil {
		return u, err
	}
	for _, s := range steps {
		if !slices.Contains(s.states, p.state) || u.State == s.to {
			continue
		}
		at := f.at
		if s.ago > 0 {
			at = f.now.Add(-s.ago)
		}
		u.State = s.to
		if s.to == user.Deleted {
			u.DeletedAt = &at
		}
		if u, err = user.Update(f.tx, u); err != nil {
			return u, err
		}
		e := entry(s.entry, s.reason)
		e.OccurredAt = at
		if err := f.record(e); err != nil {
			return u, err
		}
	}
	if _, ok := f.admins[p.tenant]; !ok && p.role == access.Admin && u.State == user.Active {
		d := devices[n%len(devices)]
		f.admins[p.tenant] = audit.Origin{Actor: auth.ActorOf(listed()), IP: netip.MustParseAddr(p.worker(n).office()), UserAgent: d.agent}
	}
	return u, nil
}
