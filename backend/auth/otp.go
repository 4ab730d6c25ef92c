package auth

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"time"

	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/mail"
	"annals/backend/user"
)

// A one-time password has eight digits, a hundred million. Wrong tries never end it, or a stranger
// could; they are slowed (see gates), so that few fit into its life:
//   - from one address 5 at once and 9 more in the first nine minutes, then 12 an hour;
//   - from all addresses together where the person never signed in, 21 at once, 6 more in the next
//     minute, then 60 an hour: under 40 in the ten minutes of one that was asked for, which is odds
//     of 1 in 2,500,000, and 1,500 in the day of an administrator's, or of one asked for again and
//     again: 1 in 65,000. A second factor is asked for on top.
const (
	otpDigits      = 8
	otpLife        = 10 * time.Minute
	otpLifeByAdmin = 24 * time.Hour // the person does not sit and wait for it
	otpPause       = time.Minute    // before the next mail, or a stranger's request spoils the code just mailed
)

var otpRange = new(big.Int).Exp(big.NewInt(10), big.NewInt(otpDigits), nil)

// RequestOTP mails a one-time password to the person with this address, unless one stands that was
// mailed just now or by an administrator. The answer is the same, and takes the same time, when
// there is nobody: the mail goes out later.
func (s *Service) RequestOTP(ctx context.Context, c Client, email string) error {
	if _, _, err := s.admit(ctx, c, asking, personByEmail(email)); err != nil {
		return err
	}
	const asked = " (asked for a one-time password)"
	var l *mail.Letter
	err := s.decide(ctx, func(tx *db.Tx) (*fault.Fault, error) {
		who, err := personByEmail(email)(tx)
		if err != nil {
			return nil, err
		}
		known, err := signedInFrom(tx, who.ID, network(c.IP))
		if err != nil {
			return nil, err
		}
		if !known {
			wide := []gate{s.wideGate(asking, who.account(), longestWait)}
			wait, err := s.pass(tx, wide, attempt{client: c, entry: "AUTH_FAIL", who: who, cause: causeTooMany + asked})
			if err != nil || wait > 0 { // silently, or the mailbox fills
				return nil, err
			}
		}
		cause, mailed := who.shutOut(), who
		if cause != "" {
			mailed = person{}
		}
		otp, err := s.newOTP(tx, mailed, false)
		if err != nil {
			return nil, err
		}
		if cause == "" && otp == "" {
			cause = causeOTPStands
		}
		if cause != "" {
			return nil, s.recordFailure(tx, c, "AUTH_FAIL", who, cause+asked)
		}
		l = otpLetter(who.Listed, otp, otpLife, c.IP.Unmap().String())
		return nil, s.record(tx, s.entry(c.origin(ActorOf(who.Listed)), "OTP_RST", who.Listed))
	})
	if err == nil && l != nil {
		s.mail.Queue(*l)
	}
	return err
}

// newOTP gives a person a one-time password, or "" where one stands that must not be replaced: only
// an administrator's replaces that. For nobody it takes the same time and stores nothing.
func (s *Service) newOTP(tx *db.Tx, who person, byAdmin bool) (string, error) {
	life, stands := otpLife, otpPause
	if byAdmin {
		life, stands = otpLifeByAdmin, otpLifeByAdmin
	}
	n, err := rand.Int(rand.Reader, otpRange)
	if err != nil {
		return "", fmt.Errorf("choose one-time password: %w", err)
	}
	otp, now := fmt.Sprintf("%0*d", otpDigits, n), s.now()
	res := tx.Exec(`INSERT INTO one_time_passwords AS o (user_id, code_hash, stands_until, expires_at) SELECT id, ?, ?, ? FROM users WHERE id = ?
		ON CONFLICT (user_id) DO UPDATE SET code_hash = excluded.code_hash, stands_until = excluded.stands_until, expires_at = excluded.expires_at
		WHERE ? OR o.stands_until <= ?`,
		s.otpHash(who, otp), now.Add(stands), now.Add(life), who.ID, byAdmin, now)
	if res.Error != nil {
		return "", fmt.Errorf("store one-time password: %w", res.Error)
	}
	if res.RowsAffected == 0 {
		return "", nil
	}
	return otp, nil
}

// otpHash binds a one-time password to the e-mail address that it goes to: it proves nothing else.
func (s *Service) otpHash(who person, otp string) []byte {
	return s.keys.mac("otp", who.ID, who.Email+"\x00"+otp)
}

// LoginOTP checks the other first factor, a one-time password that came by e-mail. It is used up;
// a second factor is asked for as after a password.
func (s *Service) LoginOTP(ctx context.Context, c Client, email, otp string) (Answer, error) {
	_, gates, err := s.admit(ctx, c, byOTP, personByEmail(email))
	if err != nil {
		return Answer{}, err
	}
	return s.firstFactor(ctx, c, email, methodOTP, gates, func(tx *db.Tx, who person) (string, error) {
		used, err := s.useOTP(tx, who, plain(otp))
		if err == nil && !used {
			return causeOTP, nil
		}
		return "", err
	})
}

// useOTP reports whether this is the person's one-time password; it is used then.
func (s *Service) useOTP(tx *db.Tx, who person, otp string) (bool, error) {
	res := tx.Exec("DELETE FROM one_time_passwords WHERE user_id = ? AND code_hash = ? AND expires_at > ?", who.ID, s.otpHash(who, otp), s.now())
	if res.Error != nil {
		return false, fmt.Errorf("use one-time password: %w", res.Error)
	}
	return res.RowsAffected == 1, nil
}

// otpLetter is the mail that carries a one-time password. Who asked for it is the address of the
// request, or "" for an administrator.
func otpLetter(u user.Listed, otp string, life time.Duration, asker string) *mail.Letter {
	valid, who := fmt.Sprintf("%d minutes", int(life.Minutes())), "It was asked for from the address "+asker+". If that was not you, ignore this mail: nobody can sign in without it."
	if life >= time.Hour {
		valid = fmt.Sprintf("%d hours", int(life.Hours()))
	}
	if asker == "" {
		who = "An administrator reset your password. After signing in, choose a new one under your own sign-ins within a quarter of an hour."
	}
	return &mail.Letter{To: u.Email, Subject: "Your one-time password for Annals", Text: fmt.Sprintf(
		"Your one-time password is\r\n\r\n    %s\r\n\r\nIt works once, for %s, at {portal}\r\n\r\n%s\r\n", otp[:4]+" "+otp[4:], valid, who)}
}
