package auth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"annals/backend/audit"
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

	byInvitation purpose = "invitation"
)

// How many failures are free before each further one doubles the wait, from a second up to the longest.
const (
	freeAtAddress = 4  // for one account, from one address
	freeOfAddress = 20 // from one address, whatever the account: an office has one for many people
	freeOfAccount = 20 // for one account, from addresses where it never signed in; codes and mails only

	longestWait      = 5 * time.Minute
	longestOfAddress = 30 * time.Second // others wait with him who failed
	longestElsewhere = time.Minute      // for a one-time password: one stranger, who has a try in five minutes, leaves four free

	forgetAfter = time.Hour // without a failure
)

// gate counts the failures of one kind from one place.
type gate struct {
	key     string
	free    int
	longest time.Duration
	person  bool // counts one person's attempts alone
	address bool // counts one address's attempts alone
	open    bool // counts this attempt, but does not stop it
}

// gates are what an attempt must pass, in the order in which they are asked: the address comes
// first, so that guessing at ever new accounts leaves no trace for each of them.
//
// A stranger elsewhere has other gates, so he slows nobody down but himself. One behind the same
// address can't stop whoever signed in from there before and does not fail now; that he can tell
// such an account by it is the price.
func (s *Service) gates(tx *db.Tx, what purpose, who person, ip netip.Addr) ([]gate, error) {
	account, from := who.account(), network(ip)
	ofAddress := gate{key: s.gateKey("address", from), free: freeOfAddress, longest: longestOfAddress, address: true}
	if account == "" {
		return []gate{ofAddress}, nil
	}
	pair := gate{key: s.gateKey(what, account, from), free: freeAtAddress, longest: longestWait, person: true, address: true}
	known, err := signedInFrom(tx, who.ID, from)
	if err != nil {
		return nil, err
	}
	switch {
	case known:
		err := tx.Raw("SELECT NOT EXISTS (SELECT FROM throttles WHERE key = ? AND failures > ? AND failed_at >= ?)",
			pair.key, pair.free, s.now().Add(-forgetAfter)).Scan(&ofAddress.open).Error
		if err != nil {
			return nil, fmt.Errorf("look for failures: %w", err)
		}
	case what == byCode:
		return []gate{ofAddress, pair, s.wideGate(what, account, longestWait)}, nil
	case what == byOTP:
		return []gate{ofAddress, pair, s.wideGate(what, account, longestElsewhere)}, nil
	}
	return []gate{ofAddress, pair}, nil
}

// wideGate counts for an account from everywhere, against guesses that are spread over many
// addresses. It is not asked where the person has signed in from the address before, so it can't
// be used to shut him out.
func (s *Service) wideGate(what purpose, account string, longest time.Duration) gate {
	return gate{key: s.gateKey(what, account, "everywhere"), free: freeOfAccount, longest: longest, person: true}
}

// signedInFrom reports whether a person has lately signed in from a network.
func signedInFrom(tx *db.Tx, userID int64, from string) (known bool, err error) {
	err = tx.Raw("SELECT EXISTS (SELECT FROM sessions WHERE user_id = ? AND ip <<= NULLIF(?, '')::inet)", userID, from).Scan(&known).Error
	if err != nil {
		return false, fmt.Errorf("look for an earlier sign-in from the address: %w", err)
	}
	return known, nil
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
func delay(failures, free int, longest time.Duration) time.Duration {
	over := failures - free
	switch {
	case over <= 0:
		return 0
	case over > 9: // 2^9 s is above the longest
		return longest
	}
	return min(time.Second<<(over-1), longest)
}

// attempt is a try as its entry tells it when it is turned away.
type attempt struct {
	client Client
	entry  string // AUTH_FAIL or MFA_FAIL
	who    person
	cause  string
}

// count is what a gate has counted.
type count struct {
	Key          string
	Failures     int
	RetryAt      time.Time
	Refused      int    // turned away during the last wait; the first of them has an entry of its own
	RefusedEntry []byte // the one entry for the others: an audit.Event
}

// pass counts an attempt at each gate as a failure, which a success takes back, so that many at
// once can't slip through together. It returns how long to wait where a gate is shut: then nothing
// may be checked. That an attempt comes too early makes the next wait longer, never this one.
func (s *Service) pass(tx *db.Tx, gates []gate, a attempt) (time.Duration, error) {
	now := s.now()
	for _, g := range gates {
		var c count
		err := tx.Raw(`INSERT INTO throttles AS t (key, failures, failed_at, retry_at) VALUES (?, 1, ?, 'epoch')
			ON CONFLICT (key) DO UPDATE SET failed_at = excluded.failed_at,
				failures = CASE WHEN t.failed_at < ? THEN 1 ELSE t.failures + 1 END
			RETURNING key, failures, retry_at, refused, refused_entry`, g.key, now, now.Add(-forgetAfter)).Scan(&c).Error
		if err != nil {
			return 0, fmt.Errorf("count attempt: %w", err)
		}
		if g.open {
			continue
		}
		if wait := c.RetryAt.Sub(now); wait > 0 {
			return wait, s.turnAway(tx, g, c, a)
		}
		if err := s.tellRefused(tx, c); err != nil {
			return 0, err
		}
		if d := delay(c.Failures, g.free, g.longest); d > 0 {
			if err := tx.Exec("UPDATE throttles SET retry_at = ? WHERE key = ?", now.Add(d), g.key).Error; err != nil {
				return 0, fmt.Errorf("set wait: %w", err)
			}
		}
	}
	return 0, nil
}

// turnAway counts an attempt that came during a wait. The first is recorded as it is; the others
// become one entry once the wait is over, which says only what they have in common.
func (s *Service) turnAway(tx *db.Tx, g gate, c count, a attempt) error {
	var entry any
	switch c.Refused {
	case 0:
		if err := s.recordFailure(tx, a.client, a.entry, a.who, a.cause); err != nil {
			return err
		}
	case 1:
		if !g.person {
			a.who, a.entry = person{}, "AUTH_FAIL"
		}
		if !g.address {
			a.client.IP = netip.Addr{}
		}
		e := s.failure(Client{IP: a.client.IP}, a.entry, a.who, a.cause)
		e.OccurredAt = s.now()
		b, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("keep entry: %w", err)
		}
		entry = string(b)
	}
	err := tx.Exec("UPDATE throttles SET refused = refused + 1, refused_entry = coalesce(?::jsonb, refused_entry) WHERE key = ?", entry, g.key).Error
	if err != nil {
		return fmt.Errorf("count refused attempt: %w", err)
	}
	return nil
}

// tellRefused writes the one entry of the attempts that a wait turned away after the first of them.
func (s *Service) tellRefused(tx *db.Tx, c count) error {
	if c.Refused == 0 {
		return nil
	}
	if n := c.Refused - 1; n > 0 {
		var e audit.Event
		if err := json.Unmarshal(c.RefusedEntry, &e); err != nil {
			return fmt.Errorf("read kept entry: %w", err)
		}
		e.Data = append(e.Data, audit.Datum{Label: "Times", Value: strconv.Itoa(n)})
		if err := s.record(tx, e); err != nil {
			return err
		}
	}
	if err := tx.Exec("UPDATE throttles SET refused = 0, refused_entry = NULL WHERE key = ?", c.Key).Error; err != nil {
		return fmt.Errorf("clear refused attempts: %w", err)
	}
	return nil
}

// sweepBatch is how many counts one transaction of Sweep takes.
const sweepBatch = 500

// sweepRefused tells of the attempts turned away where the wait is over and nobody came since.
func (s *Service) sweepRefused(ctx context.Context) error {
	for {
		var counts []count
		err := s.db.Write(ctx, db.Auth, func(tx *db.Tx) error {
			err := tx.Raw(`SELECT key, refused, refused_entry FROM throttles WHERE refused > 0 AND retry_at <= ?
				LIMIT ? FOR UPDATE SKIP LOCKED`, s.now(), sweepBatch).Scan(&counts).Error
			if err != nil {
				return fmt.Errorf("find refused attempts: %w", err)
			}
			for _, c := range counts {
				if err := s.tellRefused(tx, c); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(counts) < sweepBatch {
			return err
		}
	}
}

// release takes back what pass counted, after a success: of a person all, of others with whom he
// shares a gate only his own. What was turned away meanwhile stays to be told. It comes last in its
// transaction: all others take these rows last, too, and in the same order.
func release(tx *db.Tx, gates []gate) error {
	for _, g := range gates {
		set := "failures = greatest(failures - 1, 0)"
		switch {
		case g.person:
			set = "failures = 0, retry_at = 'epoch'"
		case !g.open: // the wait is this attempt's own: it was over before
			set += ", retry_at = 'epoch'"
		}
		if err := tx.Exec("UPDATE throttles SET "+set+" WHERE key = ?", g.key).Error; err != nil {
			return fmt.Errorf("clear attempts: %w", err)
		}
	}
	return nil
}

// admit counts an attempt before anything is checked, in a transaction of its own, so that it
// stays counted whatever becomes of it. It returns the person and the gates to release on success;
// while a wait lasts, it refuses.
func (s *Service) admit(ctx context.Context, c Client, what purpose, find look) (who person, gates []gate, err error) {
	err = s.decide(ctx, func(tx *db.Tx) (*fault.Fault, error) {
		if who, err = find(tx); err != nil {
			return nil, err
		}
		if gates, err = s.gates(tx, what, who, c.IP); err != nil {
			return nil, err
		}
		entry := "AUTH_FAIL"
		if what == byCode {
			entry = "MFA_FAIL"
		}
		wait, err := s.pass(tx, gates, attempt{client: c, entry: entry, who: who, cause: causeTooMany})
		if err != nil || wait == 0 {
			return nil, err
		}
		return tooMany(wait), nil
	})
	return who, gates, err
}

func tooMany(wait time.Duration) *fault.Fault {
	seconds := int((wait + time.Second - 1) / time.Second)
	f := fault.New(fault.TooMany, "Too many attempts. Try again in %d seconds.", seconds)
	f.RetryAfter = seconds
	return f
}
