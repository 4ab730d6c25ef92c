// Package auth proves who is calling: password, e-mailed one-time password, second factor, tokens,
// sessions and API keys. Each step writes its entry in the transaction that it belongs to; a
// sign-in that can't be recorded does not happen. Everything here stands behind the wall db.Auth,
// except the look-up of the person or organization that an administrator acts on.
package auth

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	"annals/backend/access"
	"annals/backend/audit"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/mail"
	"annals/backend/tenant"
	"annals/backend/user"
)

// Service signs people in and says who a caller is.
type Service struct {
	db        *db.DB
	log       *audit.Log
	mail      *mail.Mailer
	keys      Keys
	passwords *hasher
	now       func() time.Time
}

// New makes the service. The mailer stays the caller's to close.
func New(d *db.DB, log *audit.Log, k Keys, m *mail.Mailer) *Service {
	return &Service{db: d, log: log, mail: m, keys: k, passwords: newHasher(),
		// Postgres keeps microseconds; a time that comes back must equal the one that went in.
		now: func() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }}
}

// Client is where a call comes from.
type Client struct {
	IP        netip.Addr
	UserAgent string
	RequestID string

	sessionID string // of a call by somebody signed in
}

// The lengths, in bytes, at which what a client says about itself is cut.
const (
	maxUserAgent = 500
	maxRequestID = 100
)

// origin is what all entries of a call by this person have in common.
func (c Client) origin(actor audit.Actor) audit.Origin {
	return audit.Origin{Actor: actor, IP: c.IP, UserAgent: cut(c.UserAgent, maxUserAgent), RequestID: cut(c.RequestID, maxRequestID), SessionID: c.sessionID}
}

// cut shortens a text to a number of bytes, at the border of a character, and leaves out what
// PostgreSQL can't keep.
func cut(s string, most int) string {
	if len(s) > most {
		s = s[:most]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "")
}

// Principal is who calls: a person with a session, or an API key.
type Principal struct {
	User        user.Listed // zero for a key
	Key         *APIKey     // nil for a person
	Scope       tenant.Scope
	Permissions []access.Permission
	SessionID   string // "" for a key
	Origin      audit.Origin

	method     string    // how the session was opened
	signedInAt time.Time // when
}

// Operator is who runs a command on the machine itself: everything is in scope, and the entries
// name the command.
func Operator(root tenant.Tenant, command string) Principal {
	return Principal{Scope: tenant.Of(root), Permissions: access.Of(access.Admin), Origin: audit.System(command)}
}

// May reports whether the principal has a permission.
func (p Principal) May(x access.Permission) bool { return slices.Contains(p.Permissions, x) }

// must refuses a principal that lacks a permission.
func (p Principal) must(x access.Permission) error {
	if !p.May(x) {
		return fault.New(fault.Forbidden, "You may not do this.")
	}
	return nil
}

// person refuses an API key where only a person with a session can mean it.
func (p Principal) person() error {
	if p.User.ID == 0 || p.SessionID == "" {
		return fault.New(fault.Forbidden, "Only a person who is signed in can do this.")
	}
	return nil
}

func (p Principal) client() Client {
	return Client{IP: p.Origin.IP, UserAgent: p.Origin.UserAgent, RequestID: p.Origin.RequestID, sessionID: p.SessionID}
}

// recently is how long after a sign-in its proof still counts for what would otherwise need another one.
const recently = 15 * time.Minute

func (s *Service) fresh(p Principal) bool { return s.now().Sub(p.signedInAt) < recently }

// What a step of the sign-in leads to.
const (
	StatusOK       = "ok"
	StatusMFA      = "mfa_required"
	StatusMFASetup = "mfa_setup_required"
)

// Answer is the result of a step of the sign-in.
type Answer struct {
	Status        string
	AccessToken   string
	ExpiresIn     int    // seconds
	RefreshToken  string // for the cookie; "" when the one that the client has stays
	Challenge     string // what the next step must bring, when Status is not StatusOK
	Methods       []string
	User          user.Listed
	RecoveryCodes []string // shown once, after a second factor was set up
}

// decide runs fn in a transaction that commits also when fn refuses: the entry of a failure stays.
func (s *Service) decide(ctx context.Context, fn func(*db.Tx) (refused *fault.Fault, err error)) error {
	var refused *fault.Fault
	err := s.db.Write(ctx, db.Auth, func(tx *db.Tx) (err error) {
		refused, err = fn(tx)
		return err
	})
	if err == nil && refused != nil {
		return refused
	}
	return err
}
