package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"math/big"
	"time"

	"annals/backend/db"
	"annals/backend/fault"
)

// A one-time password has eight digits: five guesses among a hundred million.
const (
	otpDigits      = 8
	otpLife        = 10 * time.Minute
	otpLifeByAdmin = 24 * time.Hour // the person does not sit and wait for it
)

var otpRange = new(big.Int).Exp(big.NewInt(10), big.NewInt(otpDigits), nil)

// RequestOTP mails a one-time password to the person with this address. The answer is the same, and
// takes the same time, when there is none: the mail goes out later.
func (s *Service) RequestOTP(ctx context.Context, c Client, email string) error {
	if _, _, err := s.admit(ctx, c, asking, personByEmail(email)); err != nil {
		return err
	}
	var l *letter
	err := s.decide(ctx, func(tx *db.Tx) (*fault.Fault, error) {
		who, err := personByEmail(email)(tx)
		if err != nil {
			return nil, err
		}
		wide, err := s.wideGate(tx, asking, address(email), who.ID, c.IP)
		if err != nil {
			return nil, err
		}
		wait, err := s.pass(tx, wide)
		if err != nil {
			return nil, err
		}
		cause := who.shutOut()
		if cause == "" && wait > 0 {
			cause = causeTooMany // silently, or the mailbox fills
		}
		userID := who.ID
		if cause != "" {
			userID = 0
		}
		otp, err := s.newOTP(tx, userID, otpLife)
		if err != nil {
			return nil, err
		}
		if cause != "" {
			return nil, s.recordFailure(tx, c, "AUTH_FAIL", who, cause+" (asked for a one-time password)")
		}
		l = otpLetter(who.Listed, otp, otpLife, c.IP.Unmap().String())
		return nil, s.record(tx, s.entry(c.origin(ActorOf(who.Listed)), "OTP_RST", who.Listed))
	})
	if err == nil && l != nil {
		s.mail.send(*l)
	}
	return err
}

// newOTP replaces a person's one-time password. For user 0 it takes the same time and stores nothing.
func (s *Service) newOTP(tx *db.Tx, userID int64, life time.Duration) (string, error) {
	n, err := rand.Int(rand.Reader, otpRange)
	if err != nil {
		return "", fmt.Errorf("choose one-time password: %w", err)
	}
	otp := fmt.Sprintf("%0*d", otpDigits, n)
	err = tx.Exec(`INSERT INTO one_time_passwords (user_id, code_hash, expires_at) SELECT id, ?, ? FROM users WHERE id = ?
		ON CONFLICT (user_id) DO UPDATE SET code_hash = excluded.code_hash, expires_at = excluded.expires_at, attempts = 0`,
		s.keys.mac("otp", userID, otp), s.now().Add(life), userID).Error
	if err != nil {
		return "", fmt.Errorf("store one-time password: %w", err)
	}
	return otp, nil
}

// LoginOTP checks the other first factor, a one-time password that came by e-mail. It is used up;
// a second factor is asked for as after a password.
func (s *Service) LoginOTP(ctx context.Context, c Client, email, otp string) (Answer, error) {
	_, gates, err := s.admit(ctx, c, byOTP, personByEmail(email))
	if err != nil {
		return Answer{}, err
	}
	var answer Answer
	err = s.decide(ctx, func(tx *db.Tx) (*fault.Fault, error) {
		who, err := personByEmail(email)(tx)
		if err != nil {
			return nil, err
		}
		right, err := s.tryOTP(tx, who.ID, plain(otp))
		if err != nil {
			return nil, err
		}
		cause := who.shutOut()
		if cause == "" && !right {
			cause = causeOTP
		}
		if cause != "" {
			return errSignIn(), s.recordFailure(tx, c, "AUTH_FAIL", who, cause)
		}
		if answer, err = s.afterFirst(tx, c, who, methodOTP); err != nil {
			return nil, err
		}
		return nil, release(tx, gates)
	})
	if err != nil {
		return Answer{}, err
	}
	return answer, nil
}

// tryOTP counts a try and reports whether it is right. A right one is used up; the last wrong one
// that is allowed ends it, too.
func (s *Service) tryOTP(tx *db.Tx, userID int64, otp string) (bool, error) {
	var row struct {
		CodeHash  []byte
		ExpiresAt time.Time
		Attempts  int
	}
	err := tx.Raw("UPDATE one_time_passwords SET attempts = attempts + 1 WHERE user_id = ? RETURNING code_hash, expires_at, attempts", userID).Scan(&row).Error
	if err != nil {
		return false, fmt.Errorf("try one-time password: %w", err)
	}
	right := subtle.ConstantTimeCompare(row.CodeHash, s.keys.mac("otp", userID, otp)) == 1 && row.ExpiresAt.After(s.now())
	if right || row.Attempts >= maxWrongAnswers {
		if err := tx.Exec("DELETE FROM one_time_passwords WHERE user_id = ?", userID).Error; err != nil {
			return false, fmt.Errorf("use one-time password: %w", err)
		}
	}
	return right, nil
}
