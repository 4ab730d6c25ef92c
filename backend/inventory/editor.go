// Package inventory changes what the channel consists of: tenants, people, and the objects of all
// systems. Every change is recorded in the transaction that makes it.
package inventory

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"annals/backend/access"
	"annals/backend/audit"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/tenant"
	"annals/backend/user"
)

// Editor is somebody who changes the inventory: what they see, who they are, and where it is recorded.
type Editor struct {
	Log    *audit.Log
	Scope  tenant.Scope
	Origin audit.Origin
	Behalf bool // may act on behalf of others in the scope

	// Nobody is asked for a reason: what is done follows from a file, whose name is the reason.
	Unasked bool

	home   tenant.Scope // of the object that is changed: it names none but its own people
	system bool         // a timer: it may do what nobody's level may
}

// Kinds of the objects that have tables of their own.
const (
	KindTenant  = "annals.tenant"
	KindUser    = "annals.user"
	KindAPIKey  = "annals.api_key"
	KindSession = "annals.session"
)

// KindGroup is a group of people, which is an object like all others.
const KindGroup = "annals.group"

// about begins an event of ours about a tenant: it belongs to the tenant that it concerns.
func (e Editor) about(name string, t tenant.Tenant, reason string) audit.Event {
	ev := e.Origin.Event(name)
	ev.Object = &audit.Object{Kind: KindTenant, ID: strconv.FormatInt(t.ID, 10), Name: t.Name, Revision: strconv.FormatInt(t.Revision, 10), Ref: t.ID}
	ev.Reason = reason
	ev.Belongs(t)
	return ev
}

// CreateTenant puts a new tenant under a parent of the scope.
func (e Editor) CreateTenant(tx *db.Tx, parentID int64, name, reason string) (tenant.Tenant, error) {
	parent, err := tenant.Lock(tx, e.Scope, parentID)
	if err != nil {
		return tenant.Tenant{}, err
	}
	t, err := tenant.Create(tx, parent, name)
	if err != nil {
		return t, err
	}
	ev := e.about("tenant_created", t, reason)
	ev.Data = []audit.Datum{{Label: "Level", Value: t.Level.Label()}}
	return t, e.record(tx, ev)
}

// TenantChange is what may change of a tenant; nil stays.
type TenantChange struct {
	Name      *string
	MFAPolicy *tenant.MFAPolicy
	Reason    string
}

// UpdateTenant changes a tenant whose revision is still the one that the caller saw. A name is an
// edit, a policy is a setting: each has its own entry.
func (e Editor) UpdateTenant(tx *db.Tx, id, revision int64, change TenantChange) (tenant.Tenant, error) {
	t, err := tenant.Lock(tx, e.Scope, id)
	if err != nil {
		return t, err
	}
	if t.Revision != revision {
		return t, stale(revision, t.Revision)
	}
	before := t
	own := t.ID == e.Scope.TenantID && t.Level != tenant.Root
	if own && change.Name != nil && *change.Name != t.Name {
		// Also, a name that is taken would tell of a sibling.
		return t, fault.At("body.name", "An organization is renamed by those above it.")
	}
	if own && change.MFAPolicy != nil && t.MFAPolicy == tenant.Required && *change.MFAPolicy != tenant.Required {
		return t, fault.At("body.mfaPolicy", "What is required here can be loosened by those above only.")
	}
	if change.Name != nil {
		if t.Name = *change.Name; t.Name != before.Name && (before.Permanent("renamed") != nil) {
			return t, fault.At("body.name", "%q keeps its name.", before.Name)
		}
	}
	if change.MFAPolicy != nil {
		t.MFAPolicy = *change.MFAPolicy
	}
	if t == before {
		return t, nil
	}
	if t, err = tenant.Update(tx, t); err != nil {
		return t, err
	}
	if t.Name != before.Name {
		ev := e.about("tenant_updated", t, change.Reason)
		ev.Changes = []audit.Change{{Field: "name", Old: before.Name, New: t.Name}}
		if err := e.record(tx, ev); err != nil {
			return t, err
		}
	}
	if t.MFAPolicy != before.MFAPolicy {
		ev := e.about("settings_updated", t, change.Reason)
		ev.Changes = []audit.Change{{Field: "mfa_policy", Old: before.MFAPolicy, New: t.MFAPolicy}}
		if err := e.record(tx, ev); err != nil {
			return t, err
		}
	}
	return t, nil
}

// DeleteTenant removes an empty tenant of the scope, but not the editor's own.
func (e Editor) DeleteTenant(tx *db.Tx, id int64, reason string) error {
	t, err := tenant.Lock(tx, e.Scope, id)
	if err != nil {
		return err
	}
	if t.ID == e.Scope.TenantID {
		return fault.New(fault.Conflict, "Nobody deletes the organization that they work in.")
	}
	if err := e.CheckReason(tx, t.ID, reason); err != nil { // afterwards nothing holds for it
		return err
	}
	if err := tenant.Delete(tx, t); err != nil {
		return err
	}
	return e.record(tx, e.about("tenant_deleted", t, reason))
}

// CanDelete reports whether DeleteTenant would succeed.
func (e Editor) CanDelete(t tenant.Listed) bool { return t.Empty && e.canStep(t.Tenant, "deleted") }

// CanClose reports whether StepTenant would close the tenant, or reopen it.
func (e Editor) CanClose(t tenant.Listed) bool { return e.canStep(t.Tenant, "closed") }

// CanMove reports whether there may be another place for the tenant in the scope: a dealer's is under
// another sales organization, a reseller's under another dealer.
func (e Editor) CanMove(t tenant.Listed) bool {
	return e.canStep(t.Tenant, "moved") && e.Scope.Level.Rank() < t.Level.Rank()-1
}

func (e Editor) canStep(t tenant.Tenant, done string) bool {
	return t.ID != e.Scope.TenantID && t.Permanent(done) == nil
}

// tenantSteps are what can be done to a tenant, from which state, and the entry of each.
var tenantSteps = map[string]struct{ from, to, done, event string }{
	"close":  {tenant.Active, tenant.Closed, "closed", "tenant_closed"},
	"reopen": {tenant.Closed, tenant.Active, "reopened", "tenant_reopened"},
}

// StepTenant closes or reopens a tenant of the scope. Whoever works in a closed one, or below it, is
// cut off with the next call, because every call looks at the state.
func (e Editor) StepTenant(tx *db.Tx, id int64, step, reason string) (tenant.Tenant, error) {
	how, ok := tenantSteps[step]
	if !ok {
		return tenant.Tenant{}, fault.Absent()
	}
	t, err := tenant.Lock(tx, e.Scope, id)
	if err != nil {
		return t, err
	}
	if err := t.Permanent(how.done); err != nil {
		return t, err
	}
	if t.ID == e.Scope.TenantID {
		return t, fault.New(fault.Conflict, "Nobody closes the organization that they work in.")
	}
	if t.State != how.from {
		return t, fault.New(fault.Conflict, "%q is %s already.", t.Name, t.State)
	}
	t.State = how.to
	if t, err = tenant.Update(tx, t); err != nil {
		return t, err
	}
	return t, e.record(tx, e.about(how.event, t, reason))
}

// MoveTenant puts a tenant, whose revision is still the one that the caller saw, under another parent
// of the scope. It makes three entries: one for whoever is above both places, with both; and one for
// each place, which tells nothing of the other.
func (e Editor) MoveTenant(tx *db.Tx, id, revision, parentID int64, reason string) (tenant.Tenant, error) {
	before, err := tenant.Lock(tx, e.Scope, id)
	if err != nil {
		return before, err
	}
	parent, err := tenant.Lock(tx, e.Scope, parentID)
	if fault.Is(err, fault.NotFound) {
		return before, fault.At("body.parentId", "There is no organization %d that you may see.", parentID)
	}
	switch {
	case err != nil:
		return before, err
	case before.Revision != revision:
		return before, stale(revision, before.Revision)
	case before.ID == e.Scope.TenantID && before.Level != tenant.Root:
		return before, fault.New(fault.Conflict, "Nobody moves the organization that they work in.")
	}
	// Once, where it stands: the two places may ask for reasons of which no one fits both.
	if err := e.CheckReason(tx, before.ID, reason); err != nil {
		return before, err
	}
	t, err := tenant.Move(tx, before, parent)
	if err != nil {
		return t, err
	}
	above, err := tenant.Common(tx, e.Scope, before, t)
	if err != nil {
		return t, err
	}
	for _, entry := range []struct {
		name     string
		whose    tenant.Tenant
		old, new any
	}{
		{"tenant_moved", above, parentPath(before), parentPath(t)},
		{"tenant_left", before, parentPath(before), nil},
		{"tenant_joined", t, nil, parentPath(t)},
	} {
		ev := e.about(entry.name, t, reason)
		ev.Belongs(entry.whose)
		ev.Changes = []audit.Change{{Field: "parent", Old: entry.old, New: entry.new}}
		if _, err := e.Log.Record(tx, ev); err != nil {
			return t, err
		}
	}
	return t, nil
}

func parentPath(t tenant.Tenant) string { return t.Path[:strings.LastIndexByte(t.Path, '/')] }

func stale(seen, now int64) error {
	return fault.New(fault.Stale, "You changed revision %d, but there is revision %d by now. Load it again, then repeat your change.", seen, now)
}

// person begins an event of ours about a person.
func (e Editor) person(name string, u user.Listed, reason string) audit.Event {
	ev := e.Origin.Event(name)
	AboutPerson(&ev, u)
	ev.Reason = reason
	return ev
}

// AboutPerson makes an event concern a person: its object, its subject, and whose it is.
func AboutPerson(ev *audit.Event, u user.Listed) {
	ev.Object = &audit.Object{Kind: KindUser, ID: strconv.FormatInt(u.ID, 10), Name: u.Name, Revision: strconv.FormatInt(u.Revision, 10), Ref: u.ID}
	ev.Subject = &audit.Person{ID: u.ID, Name: u.Name}
	ev.Belongs(tenant.Tenant{Level: u.TenantLevel, Path: u.TenantPath, SalesOrgID: u.SalesOrgID, DealerID: u.DealerID, ResellerID: u.ResellerID})
}

// CreateUser adds a person to a tenant of the scope. The state is pending until activated, unless
// the caller says active.
func (e Editor) CreateUser(tx *db.Tx, tenantID int64, u user.User, reason string) (user.Listed, error) {
	t, err := tenant.Open(tx, e.Scope, tenantID)
	if err != nil {
		return user.Listed{}, err
	}
	if u, err = user.Create(tx, t, u); err != nil {
		return user.Listed{}, err
	}
	listed := user.Listed{User: u, TenantName: t.Name, TenantPath: t.Path, TenantLevel: t.Level}
	ev := e.person("user_created", listed, reason)
	ev.Data = []audit.Datum{{Label: "Role", Value: string(u.Role)}}
	return listed, e.record(tx, ev)
}

// UserChange is what may change of a person; nil stays.
type UserChange struct {
	Email, Name, TimeZone *string
	Role                  *string
	Reason                string
}

// lock takes a person's row until the transaction ends.
func (e Editor) lock(tx *db.Tx, id int64) (user.Listed, error) {
	u, err := user.Find(tx, e.Scope, id)
	if err != nil {
		return u, err
	}
	if err := tx.Exec("SELECT 1 FROM users WHERE id = ? FOR UPDATE", id).Error; err != nil {
		return u, fmt.Errorf("lock user: %w", err)
	}
	return user.Find(tx, e.Scope, id)
}

// UpdateUser changes a person whose revision is still the one that the caller saw.
func (e Editor) UpdateUser(tx *db.Tx, id, revision int64, change UserChange) (user.Listed, error) {
	u, err := e.lock(tx, id)
	if err != nil {
		return u, err
	}
	if u.State == user.Deleted {
		return u, fault.New(fault.Conflict, "%s is deleted.", u.Name)
	}
	if u.Revision != revision {
		return u, stale(revision, u.Revision)
	}
	var changes []audit.Change
	set := func(field string, into *string, value *string) {
		if value != nil && *into != *value {
			changes = append(changes, audit.Change{Field: field, Old: *into, New: *value})
			*into = *value
		}
	}
	role := string(u.Role)
	set("email", &u.Email, change.Email)
	set("name", &u.Name, change.Name)
	set("role", &role, change.Role)
	set("time_zone", &u.TimeZone, change.TimeZone)
	if len(changes) == 0 {
		return u, nil
	}
	if role != string(u.Role) {
		if u.ID == e.Origin.Actor.UserID {
			return u, fault.At("body.role", "Nobody changes their own role.")
		}
		if err := e.keepsAdmin(tx, u); err != nil {
			return u, err
		}
		u.Role = access.Role(role)
	}
	if u.User, err = user.Update(tx, u.User); err != nil {
		return u, err
	}
	name := "user_updated"
	if u.ID == e.Origin.Actor.UserID {
		name = "profile_updated"
	}
	ev := e.person(name, u, change.Reason)
	ev.Changes = changes
	return u, e.record(tx, ev)
}

// keepsAdmin refuses to take away the last person who can administer the platform. Of two who take
// away each other at once, the second one waits here for the first.
func (e Editor) keepsAdmin(tx *db.Tx, u user.Listed) error {
	if u.TenantLevel != tenant.Root || u.Role != access.Admin || u.State != user.Active {
		return nil
	}
	if err := tx.Exec("SELECT FROM tenants WHERE id = ? FOR NO KEY UPDATE", u.TenantID).Error; err != nil {
		return fmt.Errorf("lock root: %w", err)
	}
	var others int64
	err := tx.Raw("SELECT count(*) FROM users WHERE tenant_id = ? AND role = 'admin' AND state = 'active' AND id <> ?", u.TenantID, u.ID).Scan(&others).Error
	if err == nil && others == 0 {
		return fault.New(fault.Conflict, "%s is the last root administrator. Make another one first.", u.Name)
	}
	return err
}

// steps are what can be done to a person, from which states, and the entry of each.
var steps = map[string]struct {
	from  []string
	to    string
	event string
}{
	"activate": {[]string{user.Pending}, user.Active, "user_activated"},
	"lock":     {[]string{user.Active}, user.Locked, "user_locked"},
	"unlock":   {[]string{user.Locked}, user.Active, "user_unlocked"},
	"delete":   {[]string{user.Pending, user.Active, user.Locked}, user.Deleted, "user_deleted"},
}

// StepUser activates, locks, unlocks or deletes a person. Who is locked or deleted is cut off with
// the next call, because every call looks at the state.
func (e Editor) StepUser(tx *db.Tx, id int64, step, reason string) (user.Listed, error) {
	how, ok := steps[step]
	if !ok {
		return user.Listed{}, fault.Absent()
	}
	u, err := e.lock(tx, id)
	if err != nil {
		return u, err
	}
	if !slices.Contains(how.from, u.State) {
		return u, fault.New(fault.Conflict, "%s is %s; that can't be done now.", u.Name, u.State)
	}
	if how.to == user.Locked || how.to == user.Deleted {
		if u.ID == e.Origin.Actor.UserID {
			return u, fault.New(fault.Conflict, "Nobody locks or deletes themselves.")
		}
		if err := e.keepsAdmin(tx, u); err != nil {
			return u, err
		}
	}
	u.State = how.to
	if how.to == user.Deleted {
		now := tx.NowFunc()
		u.DeletedAt = &now
	}
	if u.User, err = user.Update(tx, u.User); err != nil {
		return u, err
	}
	return u, e.record(tx, e.person(how.event, u, reason))
}
