package auth

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/user"
)

// argon2id as OWASP's password storage cheat sheet has it: 19 MiB, two passes, one lane.
const (
	argonMemory = 19 << 10 // KiB
	argonTime   = 2
	argonLanes  = 1
	argonSalt   = 16
	argonKey    = 32
)

// The bounds of a password.
const (
	MinPassword      = 12  // characters
	MaxPassword      = 200 // characters
	maxPasswordBytes = MaxPassword * utf8.UTFMax
)

// hashWait is how long a sign-in queues for a place to compute before the server says that it is busy.
const hashWait = 5 * time.Second

// commonest are the passwords of twelve characters and more that stand at the top of every list.
var commonest = []string{
	"123456789012", "1234567890123", "12345678901234", "123456789012345", "1234567890123456", "12345678910111213",
	"password1234", "password12345", "password123456", "passwordpassword", "passw0rd1234", "p@ssw0rd1234",
	"qwertyuiop12", "qwertyuiop123", "qwertyuiopasdf", "qwerty123456", "qwerty1234567", "1q2w3e4r5t6y", "1qaz2wsx3edc", "q1w2e3r4t5y6",
	"administrator", "adminadminadmin", "admin1234567", "letmeinletmein", "iloveyou1234", "welcome12345", "changemechangeme", "correcthorsebatterystaple",
}

// minDistinct is how many different characters a password has: fewer are a pattern.
const minDistinct = 4

// CheckPassword says what is wrong with a new password of somebody with this e-mail address.
// The place is where in the input it stands: "body.password".
func CheckPassword(place, email, password string) error {
	lower, local := strings.ToLower(password), email
	if at := strings.LastIndexByte(email, '@'); at >= 0 {
		local = email[:at]
	}
	distinct := make(map[rune]bool)
	for _, r := range password {
		distinct[r] = true
	}
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password):
		return fault.At(place, "The password is not valid text.")
	case n < MinPassword || n > MaxPassword:
		return fault.At(place, "A password has %d to %d characters.", MinPassword, MaxPassword)
	case email != "" && (lower == strings.ToLower(email) || lower == strings.ToLower(local)):
		return fault.At(place, "The password must not be the e-mail address.")
	case len(distinct) < minDistinct || slices.Contains(commonest, lower):
		return fault.At(place, "This password is one of those that are guessed first. A few words that don't belong together are better.")
	}
	return nil
}

// hasher computes and compares password hashes. Its places bound the memory that any number of
// sign-ins at once takes.
type hasher struct {
	places chan struct{}
	argon  func(password, salt []byte, time, memory uint32, lanes uint8, length uint32) []byte
	dummy  string // of no password; compared where there is no hash, so that the answer takes the same time
}

func newHasher() *hasher {
	return &hasher{places: make(chan struct{}, max(2, runtime.GOMAXPROCS(0))), argon: argon2.IDKey, dummy: phc(random(argonSalt), random(argonKey))}
}

func (h *hasher) compute(ctx context.Context, password string, salt []byte) ([]byte, error) {
	wait := time.NewTimer(hashWait)
	defer wait.Stop()
	select {
	case h.places <- struct{}{}:
		defer func() { <-h.places }()
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-wait.C:
		return nil, fault.New(fault.Unavailable, "Very many people are signing in right now. Try again in a moment.")
	}
	return h.argon([]byte(password), salt, argonTime, argonMemory, argonLanes, argonKey), nil
}

// hash returns what is stored of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := random(argonSalt)
	key, err := h.compute(ctx, password, salt)
	if err != nil {
		return "", err
	}
	return phc(salt, key), nil
}

// matches reports whether a password has this hash. Where there is none, and where the password is
// longer than any can be, it computes as long and says no.
func (h *hasher) matches(ctx context.Context, hash, password string) (bool, error) {
	if hash == "" || len(password) > maxPasswordBytes {
		hash, password = h.dummy, ""
	}
	salt, want, err := parsePHC(hash)
	if err != nil {
		return false, err
	}
	got, err := h.compute(ctx, password, salt)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

var errPHC = errors.New("the stored password hash is not one of ours")

var phcPrefix = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, argonMemory, argonTime, argonLanes)

// phc writes a hash in the PHC string format, which names its parameters.
func phc(salt, key []byte) string {
	return phcPrefix + base64.RawStdEncoding.EncodeToString(salt) + "$" + base64.RawStdEncoding.EncodeToString(key)
}

func parsePHC(hash string) (salt, key []byte, err error) {
	rest, ok := strings.CutPrefix(hash, phcPrefix)
	first, second, two := strings.Cut(rest, "$")
	if !ok || !two {
		return nil, nil, errPHC
	}
	strict := base64.RawStdEncoding.Strict()
	salt, err1 := strict.DecodeString(first)
	key, err2 := strict.DecodeString(second)
	if err1 != nil || err2 != nil || len(salt) != argonSalt || len(key) != argonKey || phc(salt, key) != hash {
		return nil, nil, errPHC
	}
	return salt, key, nil
}

// CreateCredentials gives a new person a password, or none ("") to somebody who will first sign in
// with an e-mailed one-time password. The transaction stands behind the wall db.Auth.
func (s *Service) CreateCredentials(tx *db.Tx, u user.User, password string) error {
	var hash string
	if password != "" {
		if err := CheckPassword("body.password", u.Email, password); err != nil {
			return err
		}
		var err error
		if hash, err = s.passwords.hash(tx.Context(), password); err != nil {
			return err
		}
	}
	err := tx.Exec("INSERT INTO credentials (user_id, password_hash, password_at) VALUES (?, ?, ?)", u.ID, hash, s.now()).Error
	if err != nil {
		return fmt.Errorf("create credentials of user %d: %w", u.ID, err)
	}
	return nil
}

// ChangePassword gives the caller a new password and signs out all other sessions. Somebody who has
// just signed in with an e-mailed one-time password need not know the old one.
func (s *Service) ChangePassword(ctx context.Context, p Principal, current, next string) error {
	if err := p.person(); err != nil {
		return err
	}
	if err := CheckPassword("body.newPassword", p.User.Email, next); err != nil {
		return err
	}
	if current == next {
		return fault.At("body.newPassword", "The new password is the one that you have.")
	}
	c := p.client()
	who, gates, err := s.admit(ctx, c, byPassword, personByID(p.User.ID))
	if err != nil {
		return err
	}
	proven := s.fresh(p) && strings.HasPrefix(p.method, methodOTP)
	if !proven {
		if proven, err = s.passwords.matches(ctx, who.PasswordHash, current); err != nil {
			return err
		}
	}
	var hash string
	if proven {
		if hash, err = s.passwords.hash(ctx, next); err != nil {
			return err
		}
	}
	return s.decide(ctx, func(tx *db.Tx) (*fault.Fault, error) {
		if !proven {
			return fault.At("body.currentPassword", "This is not your current password."), s.recordFailure(tx, c, "AUTH_FAIL", who, causePasswordChange)
		}
		if err := s.dropPending(tx, p.User.ID); err != nil {
			return nil, err
		}
		res := tx.Exec(`INSERT INTO credentials (user_id, password_hash, password_at) VALUES (?, ?, ?)
			ON CONFLICT (user_id) DO UPDATE SET password_hash = excluded.password_hash, password_at = excluded.password_at
			WHERE credentials.password_hash = ?`, p.User.ID, hash, s.now(), who.PasswordHash)
		if res.Error != nil {
			return nil, fmt.Errorf("store password: %w", res.Error)
		}
		if res.RowsAffected == 0 {
			return nil, fault.New(fault.Stale, "Your password was changed elsewhere meanwhile. Sign in again.")
		}
		if err := s.record(tx, s.entry(p.Origin, "PSWD_CHNG", p.User)); err != nil {
			return nil, err
		}
		if err := s.endSessions(tx, p.Origin, p.User, p.SessionID, ""); err != nil {
			return nil, err
		}
		return nil, release(tx, gates)
	})
}

// dropPending forgets the steps of sign-ins that are under way and the one-time password: what they
// built on has changed.
func (s *Service) dropPending(tx *db.Tx, userID int64) error {
	for _, table := range []string{"challenges", "one_time_passwords"} {
		if err := tx.Exec("DELETE FROM "+table+" WHERE user_id = ?", userID).Error; err != nil {
			return fmt.Errorf("forget %s: %w", table, err)
		}
	}
	return nil
}

// AddressChanged forgets what was sent to somebody's former e-mail address and where it led: whoever
// changes the address calls it in the same transaction, behind the wall db.Auth.
func (s *Service) AddressChanged(tx *db.Tx, userID int64) error {
	if err := dropInvitation(tx, userID); err != nil {
		return err
	}
	return s.dropPending(tx, userID)
}
