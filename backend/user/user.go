// Package user holds the people who sign in: what is always true of them, and their table. What
// proves who they are is package auth's.
package user

import (
	"errors"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"annals/backend/access"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/tenant"
)

// The states of a user. A pending one has never been activated, a locked one was shut out by an
// administrator, a deleted one stays as a row so that old entries lead somewhere.
const (
	Pending = "pending"
	Active  = "active"
	Locked  = "locked"
	Deleted = "deleted"
)

// User is a person who signs in. The ids of the tenant's ancestors stand in the row, because
// row-level security compares them.
type User struct {
	ID           int64 `gorm:"primaryKey"`
	TenantID     int64
	SalesOrgID   int64 `gorm:"default:null"`
	DealerID     int64 `gorm:"default:null"`
	ResellerID   int64 `gorm:"default:null"`
	Email        string
	Name         string
	Role         access.Role
	State        string
	TimeZone     string
	MFAEnabled   bool `gorm:"column:mfa_enabled"`
	LastSignInAt *time.Time
	InvitedUntil *time.Time // of a pending one: when the invitation ends, or ended
	Revision     int64
	CreatedAt    time.Time
	DeletedAt    *time.Time
}

// Listed is a user with the tenant's name and path.
type Listed struct {
	User
	TenantName  string
	TenantPath  string
	TenantLevel tenant.Level
	SortKey     string // the name as the database sorts it
}

// Level is the person's storey in the channel: an end user's is the fifth, all others have their tenant's.
func (u Listed) Level() tenant.Level {
	if u.Role == access.User {
		return tenant.User
	}
	return u.TenantLevel
}

// Scope is what the person may see.
func (u Listed) Scope() tenant.Scope {
	if u.Role == access.User {
		return tenant.OfPerson(u.ID, u.TenantID)
	}
	return tenant.Scope{Level: u.TenantLevel, ID: u.TenantID, TenantID: u.TenantID}
}

var violations = map[string]*fault.Fault{
	"user_email_taken": {Kind: fault.Conflict, Detail: "Somebody has this e-mail address already.", Fields: []fault.Field{{Location: "body.email", Message: "Somebody has this e-mail address already"}}},
}

// NormalizeEmail returns an address as it is stored, or says what is wrong with it.
func NormalizeEmail(s string) (string, error) {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != strings.TrimSpace(s) || len(s) > 254 || !utf8.ValidString(s) {
		return "", fault.At("body.email", "This is not an e-mail address such as ana@example.com.")
	}
	return strings.ToLower(a.Address), nil
}

func (u *User) check() error {
	email, err := NormalizeEmail(u.Email)
	if err != nil {
		return err
	}
	u.Email = email
	if u.Name = strings.TrimSpace(u.Name); u.Name == "" || utf8.RuneCountInString(u.Name) > 200 || strings.ContainsFunc(u.Name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return fault.At("body.name", "A name has 1 to 200 characters, none of them a control character.")
	}
	if len(access.Of(u.Role)) == 0 {
		return fault.At("body.role", "The role is admin, auditor or user.")
	}
	if _, err := time.LoadLocation(u.TimeZone); err != nil || u.TimeZone == "" || u.TimeZone == "Local" {
		return fault.At("body.timeZone", "%q is not a time zone such as Europe/Lisbon.", u.TimeZone)
	}
	return nil
}

// Create adds a person to a tenant.
func Create(tx *db.Tx, t tenant.Tenant, u User) (User, error) {
	u.TenantID, u.SalesOrgID, u.DealerID, u.ResellerID, u.Revision = t.ID, t.SalesOrgID, t.DealerID, t.ResellerID, 1
	if u.TimeZone == "" {
		u.TimeZone = "UTC"
	}
	if err := u.check(); err != nil {
		return u, err
	}
	err := gorm.G[User](tx.DB).Create(tx.Context(), &u)
	return u, db.Explain(err, violations)
}

// Update stores what may change of a person (email, name, role, state, time zone) if the revision is
// still the one that was read.
func Update(tx *db.Tx, u User) (User, error) {
	if err := u.check(); err != nil {
		return u, err
	}
	res := tx.Exec(`UPDATE users SET email = ?, name = ?, role = ?, state = ?, time_zone = ?, deleted_at = ?, revision = revision + 1
		WHERE id = ? AND revision = ?`, u.Email, u.Name, u.Role, u.State, u.TimeZone, u.DeletedAt, u.ID, u.Revision)
	if res.Error != nil {
		return u, db.Explain(res.Error, violations)
	}
	if res.RowsAffected == 0 {
		return u, fault.New(fault.Stale, "Somebody else changed this meanwhile. Load it again, then repeat your change.")
	}
	u.Revision++
	return u, nil
}

const selectListed = `
	SELECT u.*, t.name AS tenant_name, t.path AS tenant_path, t.level AS tenant_level, lower(u.name) AS sort_key
	FROM users u JOIN tenants t ON t.id = u.tenant_id`

// Find returns one person of the scope, deleted ones included.
func Find(tx *db.Tx, s tenant.Scope, id int64) (Listed, error) {
	where, args := people(s)
	return take(tx, selectListed+" WHERE u.id = ? AND "+where, append([]any{id}, args...)...)
}

// FindByEmail returns the person with this address for the sign-in, which comes before any scope:
// it runs behind the wall db.Auth.
func FindByEmail(tx *db.Tx, email string) (Listed, error) {
	return take(tx, selectListed+" WHERE u.email = ? AND u.state <> 'deleted'", strings.ToLower(strings.TrimSpace(email)))
}

func take(tx *db.Tx, query string, args ...any) (Listed, error) {
	var u Listed
	err := tx.Raw(query, args...).Take(&u).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return u, fault.Absent()
	}
	return u, err
}

// people is the scope's predicate on the table of users, where a person sees himself.
func people(s tenant.Scope) (string, []any) {
	if s.Level == tenant.User {
		return "u.id = ?", []any{s.ID}
	}
	return s.Owned("u")
}

// Filter says which people are wanted.
type Filter struct {
	TenantID int64 // of this tenant alone
	GroupID  int64 // members of this group
	Text     string
	Role     string
	State    string
}

// members are the people of a live group; the scope's condition on it follows.
const members = `SELECT (m->>'ref')::bigint FROM objects g, json_array_elements(g.attributes->'members') m
		WHERE g.id = ? AND g.kind = 'annals.group' AND g.deleted_at IS NULL`

// Search returns people of the scope in the order of their names, after the one where the last page ended.
func Search(tx *db.Tx, s tenant.Scope, f Filter, afterName string, afterID int64, limit int) ([]Listed, error) {
	where, args := people(s)
	groups, groupArgs := s.Owned("g")
	query := selectListed + " WHERE " + where + ` AND (lower(u.name), u.id) > (?, ?)
		AND (? = 0 OR u.tenant_id = ?) AND (? = '' OR u.role = ?) AND (CASE WHEN ? = '' THEN u.state <> 'deleted' ELSE u.state = ? END)
		AND (? = '' OR position(lower(?) IN lower(u.name)) > 0 OR position(lower(?) IN u.email) > 0)
		AND (? = 0 OR u.id IN (` + members + " AND " + groups + `))
		ORDER BY lower(u.name), u.id LIMIT ?`
	args = append(args, afterName, afterID, f.TenantID, f.TenantID, f.Role, f.Role, f.State, f.State, f.Text, f.Text, f.Text, f.GroupID, f.GroupID)
	args = append(append(args, groupArgs...), limit)
	var out []Listed
	err := tx.Raw(query, args...).Scan(&out).Error
	return out, err
}
