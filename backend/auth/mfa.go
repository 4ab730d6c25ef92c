package auth

import (
	"context"
	"fmt"

	"annals/backend/audit"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/user"
)

// MFA is the state of a person's second factor.
type MFA struct {
	Enabled           bool
	Required          bool // by policy
	RecoveryCodesLeft int
}

// MFA says how the caller's second factor stands.
func (s *Service) MFA(ctx context.Context, p Principal) (MFA, error) {
	var m MFA
	if err := p.person(); err != nil {
		return m, err
	}
	err := s.db.Read(ctx, db.Auth, func(tx *db.Tx) error {
		who, err := personByID(p.User.ID)(tx)
		if err != nil {
			return err
		}
		m.Enabled, m.Required = who.enrolled(), who.MFARequired
		return tx.Raw("SELECT count(*) FROM recovery_codes WHERE user_id = ? AND used_at IS NULL", p.User.ID).Scan(&m.RecoveryCodesLeft).Error
	})
	return m, err
}

// SetupMFA begins the set-up that the sign-in asked for. Each call makes a new secret: one that
// somebody else saw, who knows the password, must not become the person's.
func (s *Service) SetupMFA(ctx context.Context, c Client, challenge string) (Setup, error) {
	var setup Setup
	err := s.decide(ctx, func(tx *db.Tx) (*fault.Fault, error) {
		ch, refused, err := s.open(tx, c, challenge, toSetUp, 0)
		if refused != nil || err != nil {
			return refused, err
		}
		setup, err = s.beginSetup(tx, ch.who)
		return nil, err
	})
	return setup, err
}

// SetupOwnMFA begins the set-up for somebody signed in: a first authenticator, or another one
// instead, which takes a recent sign-in.
func (s *Service) SetupOwnMFA(ctx context.Context, p Principal) (Setup, error) {
	var setup Setup
	if err := p.person(); err != nil {
		return setup, err
	}
	err := s.db.Write(ctx, db.Auth, func(tx *db.Tx) error {
		who, err := personByID(p.User.ID)(tx)
		if err != nil {
			return err
		}
		if err := s.mayReplace(p, who); err != nil {
			return err
		}
		setup, err = s.beginSetup(tx, who)
		return err
	})
	return setup, err
}

// mayReplace keeps whoever found an open session from taking over the second factor.
func (s *Service) mayReplace(p Principal, who person) error {
	if who.enrolled() && !s.fresh(p) {
		return fault.New(fault.Forbidden, "You signed in too long ago to change your authenticator. Sign out and in again, then change it.")
	}
	return nil
}

func (s *Service) beginSetup(tx *db.Tx, who person) (Setup, error) {
	setup, err := newSetup(who.Email)
	if err != nil {
		return Setup{}, err
	}
	err = tx.Exec(`INSERT INTO credentials (user_id, totp_pending) VALUES (?, ?)
		ON CONFLICT (user_id) DO UPDATE SET totp_pending = excluded.totp_pending`, who.ID, s.keys.sealFor(who.ID, setup.Secret)).Error
	if err != nil {
		return Setup{}, fmt.Errorf("store TOTP secret: %w", err)
	}
	return setup, nil
}

// ActivateMFA ends the set-up that the sign-in asked for: the first code proves that the
// authenticator works, and opens the session. That code is used.
func (s *Service) ActivateMFA(ctx context.Context, c Client, challenge, code string) (Answer, error) {
	var codes []string
	answer, err := s.secondStep(ctx, c, challenge, toSetUp, func(tx *db.Tx, who person) (method, cause string, err error) {
		codes, cause, err = s.activate(tx, c.origin(ActorOf(who.Listed)), who, code)
		return methodTOTP, cause, err
	})
	if err == nil {
		answer.RecoveryCodes = codes
	}
	return answer, err
}

// ActivateOwnMFA ends the set-up of somebody signed in. The session stays; the answer has a new
// access token for it, and no refresh token.
func (s *Service) ActivateOwnMFA(ctx context.Context, p Principal, code string) (Answer, error) {
	var codes []string
	err := s.tryOwnCode(ctx, p, func(tx *db.Tx, who person) (cause string, err error) {
		if err := s.mayReplace(p, who); err != nil {
			return "", err
		}
		codes, cause, err = s.activate(tx, p.Origin, who, code)
		return cause, err
	})
	if err != nil {
		return Answer{}, err
	}
	answer, err := s.issue(p.User, p.SessionID)
	answer.RecoveryCodes = codes
	answer.User.MFAEnabled = true
	return answer, err
}

// wrongOwnCode is the answer to somebody signed in: not Unauthenticated, because the session stands.
func wrongOwnCode() *fault.Fault {
	return fault.At("body.code", "The code is wrong or was used already.")
}

// activate makes the pending secret the person's second factor if the code is one of it, and
// returns new recovery codes; else the cause of the refusal.
func (s *Service) activate(tx *db.Tx, o audit.Origin, who person, code string) (codes []string, cause string, err error) {
	if who.TOTPPending == nil {
		return nil, causeNoFactor, nil
	}
	secret, err := s.keys.open(who.ID, who.TOTPPending)
	if err != nil {
		return nil, "", err
	}
	matching, err := steps(secret, plain(code), s.now())
	if err != nil {
		return nil, "", err
	}
	if len(matching) == 0 {
		return nil, causeCode, nil
	}
	res := tx.Exec(`UPDATE credentials SET totp_secret = totp_pending, totp_pending = NULL, totp_last_step = greatest(totp_last_step, ?)
		WHERE user_id = ? AND totp_pending = ?`, matching[len(matching)-1], who.ID, who.TOTPPending)
	if res.Error != nil {
		return nil, "", fmt.Errorf("activate second factor: %w", res.Error)
	}
	if res.RowsAffected == 0 { // set up, or begun anew, meanwhile
		return nil, causeCodeUsed, nil
	}
	codes, err = s.enrolled(tx, o, who.Listed)
	return codes, "", err
}

// enrolled does what follows once a second factor is there.
func (s *Service) enrolled(tx *db.Tx, o audit.Origin, u user.Listed) ([]string, error) {
	if err := markMFA(tx, u.ID, true); err != nil {
		return nil, err
	}
	codes, err := s.newRecoveryCodes(tx, u.ID)
	if err != nil {
		return nil, err
	}
	e := s.entry(o, "MFA_SETUP", u)
	e.Data = data("Method", "TOTP")
	return codes, s.record(tx, e)
}

// markMFA repeats in the list of people what credentials holds.
func markMFA(tx *db.Tx, userID int64, enabled bool) error {
	if err := tx.Exec("UPDATE users SET mfa_enabled = ? WHERE id = ?", enabled, userID).Error; err != nil {
		return fmt.Errorf("mark second factor: %w", err)
	}
	return nil
}

// EnrolMFA gives a person a second factor by command, without a first code, and returns the recovery codes.
func (s *Service) EnrolMFA(ctx context.Context, o audit.Origin, email string) (setup Setup, codes []string, err error) {
	err = s.db.Write(ctx, db.Auth, func(tx *db.Tx) error {
		u, err := user.FindByEmail(tx, email)
		if err != nil {
			return err
		}
		if setup, err = newSetup(u.Email); err != nil {
			return err
		}
		err = tx.Exec(`INSERT INTO credentials (user_id, totp_secret) VALUES (?, ?)
			ON CONFLICT (user_id) DO UPDATE SET totp_secret = excluded.totp_secret, totp_pending = NULL, totp_last_step = 0`,
			u.ID, s.keys.sealFor(u.ID, setup.Secret)).Error
		if err != nil {
			return fmt.Errorf("store TOTP secret: %w", err)
		}
		codes, err = s.enrolled(tx, o, u)
		return err
	})
	return setup, codes, err
}

// tryOwnCode tries a code of somebody signed in, in one transaction with what follows from it. The
// try gives the cause of a refusal, or "".
func (s *Service) tryOwnCode(ctx context.Context, p Principal, try func(*db.Tx, person) (cause string, err error)) error {
	if err := p.person(); err != nil {
		return err
	}
	c := p.client()
	_, gates, err := s.admit(ctx, c, byCode, personByID(p.User.ID))
	if err != nil {
		return err
	}
	return s.decide(ctx, func(tx *db.Tx) (*fault.Fault, error) {
		who, err := personByID(p.User.ID)(tx)
		if err != nil {
			return nil, err
		}
		cause, err := try(tx, who)
		if err != nil {
			return nil, err
		}
		if cause != "" {
			return wrongOwnCode(), s.recordFailure(tx, c, "MFA_FAIL", who, cause)
		}
		return nil, release(tx, gates)
	})
}

// withCode does something that takes a code of the caller's own second factor.
func (s *Service) withCode(ctx context.Context, p Principal, code string, then func(*db.Tx, person) error) error {
	return s.tryOwnCode(ctx, p, func(tx *db.Tx, who person) (string, error) {
		_, cause, err := s.secondFactor(tx, who, code)
		if err != nil || cause != "" {
			return cause, err
		}
		return "", then(tx, who)
	})
}

// DisableMFA switches the caller's second factor off, where the policy leaves that to him.
func (s *Service) DisableMFA(ctx context.Context, p Principal, code string) error {
	return s.withCode(ctx, p, code, func(tx *db.Tx, who person) error {
		if who.MFARequired {
			return fault.New(fault.Forbidden, "Your organization requires a second factor.")
		}
		if err := s.dropMFA(tx, who.ID); err != nil {
			return err
		}
		return s.record(tx, s.entry(p.Origin, "MFA_OFF", p.User))
	})
}

// NewRecoveryCodes replaces the caller's recovery codes.
func (s *Service) NewRecoveryCodes(ctx context.Context, p Principal, code string) (codes []string, err error) {
	err = s.withCode(ctx, p, code, func(tx *db.Tx, who person) error {
		if codes, err = s.newRecoveryCodes(tx, who.ID); err != nil {
			return err
		}
		return s.record(tx, s.entry(p.Origin, "RECOVERY_NEW", p.User))
	})
	return codes, err
}

// dropMFA removes a person's second factor with all that belongs to it.
func (s *Service) dropMFA(tx *db.Tx, userID int64) error {
	for _, statement := range []string{
		"UPDATE credentials SET totp_secret = NULL, totp_pending = NULL, totp_last_step = 0 WHERE user_id = ?",
		"DELETE FROM recovery_codes WHERE user_id = ?",
	} {
		if err := tx.Exec(statement, userID).Error; err != nil {
			return fmt.Errorf("remove second factor: %w", err)
		}
	}
	return markMFA(tx, userID, false)
}
