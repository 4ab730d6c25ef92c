package auth

import (
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"annals/backend/audit"
	"annals/backend/db"
	"annals/backend/tenant"
	"annals/backend/user"
)

// person is somebody who tries to sign in, with what the sign-in needs to know. Where nobody has
// the address that was typed, all but typed is zero: an unknown person takes the same way as a known one.
type person struct {
	user.Listed
	Closed       bool // the organization, or one above it
	MFARequired  bool `gorm:"column:mfa_required"` // by policy
	PasswordHash string
	TOTPSecret   []byte `gorm:"column:totp_secret"`
	TOTPPending  []byte `gorm:"column:totp_pending"`

	typed string // the address as it was entered
}

// closed tells that an organization, or one above it, is closed: u is the person, or the key.
func closed(u string) string {
	return strings.ReplaceAll(`EXISTS (SELECT 1 FROM tenants a
		WHERE a.id IN (u.tenant_id, u.sales_org_id, u.dealer_id, u.reseller_id) AND a.state = 'closed')`, "u.", u+".")
}

var selectPerson = `
	SELECT u.*, t.name AS tenant_name, t.path AS tenant_path, t.level AS tenant_level, ` + closed("u") + ` AS closed,
		(t.level = 'root' AND u.role = 'admin') OR tenant_mfa_required(u.tenant_id) AS mfa_required,
		c.password_hash, c.totp_secret, c.totp_pending
	FROM users u JOIN tenants t ON t.id = u.tenant_id LEFT JOIN credentials c ON c.user_id = u.id`

// look finds the person of an attempt, or the unknown one.
type look func(*db.Tx) (person, error)

func personByID(id int64) look {
	return func(tx *db.Tx) (person, error) { return findPerson(tx, " WHERE u.id = ?", id) }
}

// personByEmail finds a deleted person too, so that the entry can tell.
func personByEmail(typed string) look {
	return func(tx *db.Tx) (person, error) {
		p, err := findPerson(tx, " WHERE u.email = ? ORDER BY u.state = 'deleted', u.id DESC LIMIT 1", address(typed))
		p.typed = typed
		return p, err
	}
}

func findPerson(tx *db.Tx, where string, arg any) (person, error) {
	var p person
	err := tx.Raw(selectPerson+where, arg).Take(&p).Error
	if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		return person{}, fmt.Errorf("find person: %w", err)
	}
	return p, nil
}

// address is what was typed as an e-mail address as it is stored, or "" when it is none: then it
// may be a password in the wrong field.
func address(typed string) string {
	email, err := user.NormalizeEmail(typed)
	if err != nil {
		return ""
	}
	return email
}

// enrolled reports whether the person has a second factor.
func (p person) enrolled() bool { return p.TOTPSecret != nil }

// Why a sign-in is refused, as the entries tell it. The answer is the same for all.
const (
	causeUnknown        = "unknown user"
	causeDeleted        = "deleted user"
	causeLocked         = "locked user"
	causePending        = "user not activated yet"
	causeClosed         = "closed organization"
	causePassword       = "wrong password"
	causePasswordChange = "wrong current password at a password change"
	causeOTP            = "wrong or expired one-time password"
	causeInvitation     = "wrong, used or expired invitation"
	causeOTPStands      = "an earlier one-time password still stands"
	causeTooMany        = "too many attempts"
	causeCode           = "wrong code"
	causeCodeUsed       = "code used before"
	causeNoFactor       = "no second factor set up"
	causeExpired        = "step of the sign-in expired"
)

// account is what the attempts on this person are counted for; "" where nothing tells whose they are.
func (p person) account() string {
	if p.ID != 0 {
		return p.Email
	}
	return strings.ToLower(strings.TrimSpace(p.typed))
}

// shutOut says why the person may not sign in whatever he knows, or "".
func (p person) shutOut() string {
	switch {
	case p.ID == 0:
		return causeUnknown
	case p.State == user.Deleted:
		return causeDeleted
	case p.State == user.Locked:
		return causeLocked
	case p.State == user.Pending:
		return causePending
	case p.Closed:
		return causeClosed
	}
	return ""
}

// tenantOf is the person's organization, as far as an entry needs it.
func tenantOf(u user.Listed) tenant.Tenant {
	return tenant.Tenant{ID: u.TenantID, Level: u.TenantLevel, Name: u.TenantName, Path: u.TenantPath,
		SalesOrgID: u.SalesOrgID, DealerID: u.DealerID, ResellerID: u.ResellerID}
}

// actor is the person of an attempt as its entry names him. An unknown one is what was typed, but
// only where that has the form of an address: people type passwords into the wrong field.
func (s *Service) actor(p person) audit.Actor {
	if p.ID != 0 {
		return ActorOf(p.Listed)
	}
	return audit.Actor{Kind: audit.ActorUser, Name: s.shown(p.typed), Level: string(tenant.User)}
}

// maxEmail is the longest address, in bytes.
const maxEmail = 254

func (s *Service) shown(typed string) string {
	if email := address(typed); email != "" {
		return cut(email, maxEmail)
	}
	return s.log.Fingerprint(typed)
}
