package auth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"annals/backend/db"
	"annals/backend/fault"
)

// How a session was opened: the first factor, then "+" and the second.
const (
	methodPassword = "password"
	methodOTP      = "otp"
	methodTOTP     = "totp"
	methodRecovery = "recovery"

	methodInvitation = "invitation" // with which a password is chosen
)

// The bounds of a step between two factors.
const (
	challengeLife   = 10 * time.Minute
	maxWrongAnswers = 5
)

// What a challenge asks for.
const (
	toVerify = "verify" // a code of the second factor
	toSetUp  = "setup"  // a second factor to be set up
)

// errSignIn is the one answer to every sign-in that fails, whatever the cause.
func errSignIn() *fault.Fault {
	return fault.New(fault.Unauthenticated, "E-mail address and password don't belong together, or this account can't sign in.")
}

// errChallenge is the answer where a step between two factors is over.
func errChallenge() *fault.Fault {
	return refuse("body.challenge", "This sign-in took too long or had too many wrong codes. Begin again.")
}

// errCode is the answer to a wrong code while the challenge stands.
func errCode() *fault.Fault { return refuse("body.code", "The code is wrong or was used already.") }

func refuse(location, message string) *fault.Fault {
	return &fault.Fault{Kind: fault.Unauthenticated, Detail: message, Fields: []fault.Field{{Location: location, Message: message}}}
}

// Login checks the first factor, a password. An unknown address takes the same steps and the same
// time as a known one with a wrong password. The answer is a session, or the challenge of the second factor.
func (s *Service) Login(ctx context.Context, c Client, email, password string) (Answer, error) {
	who, gates, err := s.admit(ctx, c, byPassword, personByEmail(email))
	if err != nil {
		return Answer{}, err
	}
	hash := who.PasswordHash
	right, err := s.passwords.matches(ctx, hash, password)
	if err != nil {
		return Answer{}, err
	}
	return s.firstFactor(ctx, c, email, methodPassword, gates, func(_ *db.Tx, who person) (string, error) {
		if !right || who.PasswordHash != hash {
			return causePassword, nil
		}
		return "", nil
	})
}

// firstFactor decides about a first factor and goes on from it. The check gives the cause of a refusal, or "".
func (s *Service) firstFactor(ctx context.Context, c Client, email, method string, gates []gate, check func(*db.Tx, person) (string, error)) (Answer, error) {
	return s.step(ctx, func(tx *db.Tx) (answer Answer, refused *fault.Fault, err error) {
		// Read again: somebody may have been locked, or changed the password, while we computed.
		who, err := personByEmail(email)(tx)
		if err != nil {
			return answer, nil, err
		}
		cause, err := check(tx, who)
		if err != nil {
			return answer, nil, err
		}
		if out := who.shutOut(); out != "" {
			cause = out
		}
		if cause != "" {
			return answer, errSignIn(), s.recordFailure(tx, c, "AUTH_FAIL", who, cause)
		}
		if answer, err = s.afterFirst(tx, c, who, method); err != nil {
			return answer, nil, err
		}
		return answer, nil, release(tx, gates)
	})
}

// step is decide for what has an answer, which is given only where all went well.
func (s *Service) step(ctx context.Context, fn func(*db.Tx) (Answer, *fault.Fault, error)) (Answer, error) {
	var answer Answer
	err := s.decide(ctx, func(tx *db.Tx) (refused *fault.Fault, err error) {
		answer, refused, err = fn(tx)
		return refused, err
	})
	if err != nil {
		return Answer{}, err
	}
	return answer, nil
}

// afterFirst goes on from a first factor that was right: to the second one, to its set-up where the
// policy requires it, or to a session.
func (s *Service) afterFirst(tx *db.Tx, c Client, who person, method string) (Answer, error) {
	answer, purpose := Answer{Status: StatusMFASetup}, toSetUp
	e := s.entry(c.origin(ActorOf(who.Listed)), "MFA_PEND", who.Listed)
	switch {
	case who.enrolled():
		answer, purpose = Answer{Status: StatusMFA, Methods: []string{methodTOTP, methodRecovery}}, toVerify
		e = s.entry(c.origin(ActorOf(who.Listed)), "MFA_RQRD", who.Listed)
		e.Data = data("Method", "TOTP")
	case !who.MFARequired:
		return s.openSession(tx, c, who, method)
	}
	if err := s.record(tx, e); err != nil {
		return Answer{}, err
	}
	token := newToken()
	err := tx.Exec("INSERT INTO challenges (user_id, token_hash, purpose, method, expires_at) VALUES (?, ?, ?, ?, ?)",
		who.ID, tokenHash(token), purpose, method, s.now().Add(challengeLife)).Error
	if err != nil {
		return Answer{}, fmt.Errorf("store challenge: %w", err)
	}
	answer.Challenge = token
	return answer, nil
}

// challenged is a step between two factors, and whose it is.
type challenged struct {
	UserID    int64
	Method    string
	Attempts  int
	ExpiresAt time.Time
	who       person
}

// challengedBy finds the person of a challenge, or the unknown one.
func challengedBy(token string) look {
	return func(tx *db.Tx) (person, error) {
		return findPerson(tx, " WHERE u.id = (SELECT user_id FROM challenges WHERE token_hash = ?)", tokenHash(token))
	}
}

// open opens a challenge of this purpose, counts the tries (one for a code) and holds it for the
// transaction. It refuses, and records, where the challenge or the person can't go on.
func (s *Service) open(tx *db.Tx, c Client, token, purpose string, tries int) (ch challenged, refused *fault.Fault, err error) {
	err = tx.Raw(`UPDATE challenges SET attempts = attempts + ? WHERE token_hash = ? AND purpose = ?
		RETURNING user_id, method, attempts, expires_at`, tries, tokenHash(token), purpose).Scan(&ch).Error
	if err != nil {
		return ch, nil, fmt.Errorf("open challenge: %w", err)
	}
	if ch.who, err = personByID(ch.UserID)(tx); err != nil {
		return ch, nil, err
	}
	if ch.UserID == 0 { // never was, or is over: nobody to name
		return ch, errChallenge(), s.recordFailure(tx, c, "MFA_FAIL", ch.who, causeExpired)
	}
	cause := ch.who.shutOut()
	switch {
	case cause != "":
	case !ch.ExpiresAt.After(s.now()):
		cause = causeExpired
	case purpose == toSetUp && ch.who.enrolled():
		// Somebody else who knows the password must not replace what was set up meanwhile.
		cause = causeExpired
	default:
		return ch, nil, nil
	}
	if err := dropChallenge(tx, token); err != nil {
		return ch, nil, err
	}
	return ch, errChallenge(), s.recordFailure(tx, c, "MFA_FAIL", ch.who, cause)
}

// wrong records a wrong code and ends the challenge when it was the last one allowed.
func (s *Service) wrong(tx *db.Tx, c Client, ch challenged, token, cause string) (*fault.Fault, error) {
	refused := errCode()
	if ch.Attempts >= maxWrongAnswers {
		refused = errChallenge()
		if err := dropChallenge(tx, token); err != nil {
			return nil, err
		}
	}
	return refused, s.recordFailure(tx, c, "MFA_FAIL", ch.who, cause)
}

func dropChallenge(tx *db.Tx, token string) error {
	if err := tx.Exec("DELETE FROM challenges WHERE token_hash = ?", tokenHash(token)).Error; err != nil {
		return fmt.Errorf("end challenge: %w", err)
	}
	return nil
}

// secondStep answers a challenge with a code and opens the session. The check gives the method, or
// the cause of a refusal.
func (s *Service) secondStep(ctx context.Context, c Client, challenge, purpose string, check func(*db.Tx, person) (method, cause string, err error)) (Answer, error) {
	_, gates, err := s.admit(ctx, c, byCode, challengedBy(challenge))
	if err != nil {
		return Answer{}, err
	}
	return s.step(ctx, func(tx *db.Tx) (answer Answer, refused *fault.Fault, err error) {
		ch, refused, err := s.open(tx, c, challenge, purpose, 1)
		if refused != nil || err != nil {
			return answer, refused, err
		}
		method, cause, err := check(tx, ch.who)
		if err != nil {
			return answer, nil, err
		}
		if cause != "" {
			refused, err = s.wrong(tx, c, ch, challenge, cause)
			return answer, refused, err
		}
		if err := dropChallenge(tx, challenge); err != nil {
			return answer, nil, err
		}
		if answer, err = s.openSession(tx, c, ch.who, ch.Method+"+"+method); err != nil {
			return answer, nil, err
		}
		return answer, nil, release(tx, gates)
	})
}

// Verify answers a challenge with a code of the authenticator or a recovery code.
func (s *Service) Verify(ctx context.Context, c Client, challenge, code string) (Answer, error) {
	return s.secondStep(ctx, c, challenge, toVerify, func(tx *db.Tx, who person) (method, cause string, err error) {
		method, cause, err = s.secondFactor(tx, who, code)
		if err != nil || cause != "" {
			return method, cause, err
		}
		e := s.entry(c.origin(ActorOf(who.Listed)), "MFA_VRFY", who.Listed)
		e.Data = data("Method", methodLabel(method))
		return method, "", s.record(tx, e)
	})
}

// newToken is an opaque token that can't be guessed: 256 bits.
func newToken() string { return base64.RawURLEncoding.EncodeToString(random(32)) }

// tokenHash is what is stored of such a token, and how it is found again: without a comparison
// that could tell by its time.
func tokenHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
