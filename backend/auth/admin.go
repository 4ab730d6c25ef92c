package auth

import (
	"context"
	"fmt"
	"strconv"

	"annals/backend/access"
	"annals/backend/audit"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/mail"
	"annals/backend/tenant"
	"annals/backend/user"
)

// onPerson runs what an administrator does to somebody else of the scope: the person is looked up
// behind the administrator's own wall, and the rest happens behind that of the sign-in.
func (s *Service) onPerson(ctx context.Context, p Principal, userID int64, do func(*db.Tx, person) error) error {
	return s.db.Write(ctx, p.Scope.Wall(), func(tx *db.Tx) error {
		u, err := user.Find(tx, p.Scope, userID)
		if err != nil {
			return err
		}
		if u.State == user.Deleted {
			return fault.Absent()
		}
		if err := tx.As(db.Auth); err != nil {
			return err
		}
		who, err := personByID(u.ID)(tx)
		if err != nil {
			return err
		}
		return do(tx, who)
	})
}

// ResetMFA removes somebody's second factor, for whom it is lost, and ends the sessions. Nobody
// does it to himself: the way out for oneself is a recovery code.
func (s *Service) ResetMFA(ctx context.Context, p Principal, userID int64, reason string) error {
	if err := p.must(access.ResetMFA); err != nil {
		return err
	}
	if err := checkReason(reason); err != nil {
		return err
	}
	return s.onPerson(ctx, p, userID, func(tx *db.Tx, who person) error {
		switch {
		case who.ID == p.User.ID:
			return fault.New(fault.Forbidden, "You can't reset your own second factor. Use a recovery code, or ask another administrator.")
		case !who.enrolled():
			return fault.New(fault.Conflict, "%s has no second factor.", who.Name)
		}
		return s.resetMFA(tx, p, who, reason)
	})
}

// ResetMFAForAll removes the second factor of everybody in an organization and below it, but the
// caller's own, which he proves by a code. It returns how many people it concerned. Each has an
// entry, and so has the whole.
func (s *Service) ResetMFAForAll(ctx context.Context, p Principal, tenantID int64, reason, code string) (int, error) {
	if err := p.must(access.ResetMFA); err != nil {
		return 0, err
	}
	if err := checkReason(reason); err != nil {
		return 0, err
	}
	var count int
	err := s.withCode(ctx, p, code, func(tx *db.Tx, _ person) error {
		if err := tx.As(p.Scope.Wall()); err != nil {
			return err
		}
		t, err := tenant.Find(tx, p.Scope, tenantID)
		if err != nil {
			return err
		}
		if err := tx.As(db.Auth); err != nil {
			return err
		}
		people, err := enrolledBelow(tx, t, p.User.ID)
		if err != nil {
			return err
		}
		count = len(people)
		all := p.Origin.Event("MFA_RST_ALL")
		all.Object = &audit.Object{Kind: "annals.tenant", ID: strconv.FormatInt(t.ID, 10), Name: t.Name, Ref: t.ID}
		all.Code = "MFA_RST_ALLtenant:" + t.Path
		all.Data = data("Users", strconv.Itoa(count))
		all.Reason = reason
		all.Belongs(t)
		if err := s.record(tx, all); err != nil {
			return err
		}
		for _, who := range people {
			if err := s.resetMFA(tx, p, who, reason); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return count, nil
}

// enrolledBelow finds the people in and below an organization who have a second factor.
func enrolledBelow(tx *db.Tx, t tenant.Tenant, except int64) ([]person, error) {
	where, args := tenant.Of(t).Predicate()
	if t.Level != tenant.Root {
		where = "u." + where
	}
	var out []person
	err := tx.Raw(selectPerson+" WHERE "+where+" AND c.totp_secret IS NOT NULL AND u.state <> 'deleted' AND u.id <> ? ORDER BY u.id", append(args, except)...).Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("find people with a second factor: %w", err)
	}
	return out, nil
}

// resetMFA removes one second factor, with its entries.
func (s *Service) resetMFA(tx *db.Tx, p Principal, who person, reason string) error {
	if err := s.dropMFA(tx, who.ID); err != nil {
		return err
	}
	e := s.entry(p.Origin, "MFA_RST", who.Listed)
	e.Reason = reason
	if err := s.record(tx, e); err != nil {
		return err
	}
	return s.endSessions(tx, p.Origin, who.Listed, "", reason)
}

// roomForMail refuses what an administrator causes to be mailed while much waits. What doesn't fit into
// the queue is lost: else the administrator of any organization could fill it, and nobody anywhere would
// get a one-time password.
func (s *Service) roomForMail() error {
	if !s.mail.Crowded() {
		return nil
	}
	return &fault.Fault{Kind: fault.TooMany, Detail: "Much mail is waiting to be sent. Try again in a moment.", RetryAfter: 10}
}

// ResetPassword takes somebody's password away, ends the sessions and mails a one-time password,
// with which the person signs in and chooses a new one.
func (s *Service) ResetPassword(ctx context.Context, p Principal, userID int64, reason string) error {
	if err := p.must(access.EditUsers); err != nil {
		return err
	}
	if err := checkReason(reason); err != nil {
		return err
	}
	if err := s.roomForMail(); err != nil {
		return err
	}
	var l *mail.Letter
	err := s.onPerson(ctx, p, userID, func(tx *db.Tx, who person) error {
		switch {
		case who.ID == p.User.ID:
			return fault.New(fault.Forbidden, "Change your own password under your own sign-ins.")
		case who.shutOut() != "":
			return fault.New(fault.Conflict, "%s can't sign in now (%s), so a new password would be of no use.", who.Name, who.shutOut())
		}
		if err := s.dropPending(tx, who.ID); err != nil {
			return err
		}
		err := tx.Exec(`INSERT INTO credentials (user_id) VALUES (?)
			ON CONFLICT (user_id) DO UPDATE SET password_hash = '', password_at = NULL`, who.ID).Error
		if err != nil {
			return fmt.Errorf("remove password: %w", err)
		}
		otp, err := s.newOTP(tx, who, true)
		if err != nil {
			return err
		}
		l = otpLetter(who.Listed, otp, otpLifeByAdmin, "")
		e := s.entry(p.Origin, "OTP_RST", who.Listed)
		e.Reason = reason
		if err := s.record(tx, e); err != nil {
			return err
		}
		return s.endSessions(tx, p.Origin, who.Listed, "", reason)
	})
	if err == nil {
		s.mail.Queue(*l)
	}
	return err
}
