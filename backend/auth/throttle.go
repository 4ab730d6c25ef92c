package auth

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"annals/backend/db"
	"annals/backend/fault"
)

// purpose is what is guessed. Each is counted apart, so that knowing the password does not clear
// the count of guessed codes.
type purpose string

const (
	byPassword purpose = "password"
	byCode     purpose = "code" // of the second factor, recovery codes too
	byOTP      purpose = "otp"
	asking     purpose = "ask" // for a one-time password by e-mail
)

// How many failures are free before each further one doubles the wait, from a second up to longestWait.
const (
	freeAtAddress = 4  // for one account, from one address
	freeOfAddress = 20 // from one address, whatever the account: an office has one for many people
	freeOfAccount = 20 // for one account, from addresses where it never signed in; codes and mails only
	longestWait   = 5 * time.Minute
	forgetAfter   = time.Hour // without a failure
)

// gate counts the failures of one kind from one place.
type gate struct {
	key    string
	free   int
	shared bool // with other people: a success is no reason to forget their failures
}

// gates are what an attempt must pass, narrowest first. A stranger elsewhere has other ones, so he
// slows nobody down but himself.
func (s *Service) gates(what purpose, account string, ip netip.Addr) []gate {
	from := network(ip)
	var out []gate
	if account != "" {
		out = append(out, gate{key: s.gateKey(what, account, from), free: freeAtAddress})
	}
	return append(out, gate{key: s.gateKey("address", from), free: freeOfAddress, shared: true})
}

// wideGate counts for an account from everywhere, against guesses that are spread over many
// addresses. It is not asked where the person has signed in from the address before, so it can't
// be used to shut him out.
func (s *Service) wideGate(tx *db.Tx, what purpose, account string, userID int64, ip netip.Addr) ([]gate, error) {
	var known bool
	err := tx.Raw("SELECT EXISTS (SELECT 1 FROM sessions WHERE user_id = ? AND ip <<= NULLIF(?, '')::inet)", userID, network(ip)).Scan(&known).Error
	if err != nil {
		return nil, fmt.Errorf("look for an earlier sign-in from the address: %w", err)
	}
	if known {
		return nil, nil
	}
	return []gate{{key: s.gateKey(what, account, "everywhere"), free: freeOfAccount}}, nil
}

// gateKey hides what it is made of: an address typed by mistake may be a password.
func (s *Service) gateKey(what purpose, parts ...string) string {
	return base64.RawURLEncoding.EncodeToString(s.keys.mac("throttle "+string(what), 0, strings.Join(parts, "\x00")))
}

// network is what counts as one address: of IPv6 the /64, which one customer has to himself.
func network(ip netip.Addr) string {
	ip = ip.Unmap().WithZone("")
	if !ip.IsValid() {
		return ""
	}
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	return netip.PrefixFrom(ip, bits).Masked().String()
}

// delay is the wait after a number of failures.
func delay(failures, free int) time.Duration {
	over := failures - free
	switch {
	case over <= 0:
		return 0
	case over > 9: // 2^9 s is above the longest
		return longestWait
	}
	return min(time.Second<<(over-1), longestWait)
}

// pass counts an attempt at each gate as a failure, which a success takes back, so that many at
// once can't slip through together. It returns how long to wait where a gate is shut: then nothing
// may be checked. That an attempt comes too early makes the next wait longer, never this one.
func (s *Service) pass(tx *db.Tx, gates []gate) (time.Duration, error) {
	now := s.now()
	for _, g := range gates {
		var row struct {
			Failures int
			RetryAt  time.Time
		}
		err := tx.Raw(`INSERT INTO throttles AS t (key, failures, failed_at, retry_at) VALUES (?, 1, ?, 'epoch')
			ON CONFLICT (key) DO UPDATE SET failed_at = excluded.failed_at,
				failures = CASE WHEN t.failed_at < ? THEN 1 ELSE t.failures + 1 END
			RETURNING failures, retry_at`, g.key, now, now.Add(-forgetAfter)).Scan(&row).Error
		if err != nil {
			return 0, fmt.Errorf("count attempt: %w", err)
		}
		if wait := row.RetryAt.Sub(now); wait > 0 {
			return wait, nil
		}
		if d := delay(row.Failures, g.free); d > 0 {
			if err := tx.Exec("UPDATE throttles SET retry_at = ? WHERE key = ?", now.Add(d), g.key).Error; err != nil {
				return 0, fmt.Errorf("set wait: %w", err)
			}
		}
	}
	return 0, nil
}

// release takes back what pass counted, after a success. It comes last in its transaction: all
// others take these rows last, too.
func release(tx *db.Tx, gates []gate) error {
	for _, g := range gates {
		statement := "DELETE FROM throttles WHERE key = ?"
		if g.shared {
			statement = "UPDATE throttles SET failures = greatest(failures - 1, 0), retry_at = 'epoch' WHERE key = ?"
		}
		if err := tx.Exec(statement, g.key).Error; err != nil {
			return fmt.Errorf("clear attempts: %w", err)
		}
	}
	return nil
}

// admit counts an attempt before anything is checked, in a transaction of its own, so that it
// stays counted whatever becomes of it. It returns the person and the gates to release on success;
// while a wait lasts, it records the attempt and refuses it.
func (s *Service) admit(ctx context.Context, c Client, what purpose, find look) (who person, gates []gate, err error) {
	err = s.decide(ctx, func(tx *db.Tx) (*fault.Fault, error) {
		if who, err = find(tx); err != nil {
			return nil, err
		}
		account := who.Email
		if who.ID == 0 {
			account = strings.ToLower(strings.TrimSpace(who.typed))
		}
		gates = s.gates(what, account, c.IP)
		if what == byCode && who.ID != 0 {
			wide, err := s.wideGate(tx, what, account, who.ID, c.IP)
			if err != nil {
				return nil, err
			}
			gates = append(gates, wide...)
		}
		wait, err := s.pass(tx, gates)
		if err != nil || wait == 0 {
			return nil, err
		}
		entry := "AUTH_FAIL"
		if what == byCode {
			entry = "MFA_FAIL"
		}
		return tooMany(wait), s.recordFailure(tx, c, entry, who, causeTooMany)
	})
	return who, gates, err
}

func tooMany(wait time.Duration) *fault.Fault {
	seconds := int((wait + time.Second - 1) / time.Second)
	f := fault.New(fault.TooMany, "Too many attempts. Try again in %d seconds.", seconds)
	f.RetryAfter = seconds
	return f
}
