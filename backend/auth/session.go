package auth

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"annals/backend/audit"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/user"
)

// How long a session lasts: SessionLife at most, SessionIdle without a call.
const (
	SessionLife = 7 * 24 * time.Hour
	SessionIdle = 12 * time.Hour
)

// seenEvery is how often a call's time is written down, for sessions and keys.
const seenEvery = time.Minute

// Session is one sign-in that still stands.
type Session struct {
	ID         uuid.UUID
	Current    bool // the caller's own
	CreatedAt  time.Time
	LastSeenAt time.Time
	ExpiresAt  time.Time
	IP         string
	UserAgent  string
	Method     string // password, otp or invitation; +totp or +recovery
}

// openSession ends a sign-in that went well: the session, its tokens and the entry.
func (s *Service) openSession(tx *db.Tx, c Client, who person, method string) (Answer, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Answer{}, fmt.Errorf("choose session id: %w", err)
	}
	now := s.now()
	ip := ""
	if c.IP.IsValid() {
		ip = c.IP.Unmap().WithZone("").String()
	}
	err = tx.Exec(`INSERT INTO sessions (id, user_id, method, ip, user_agent, created_at, last_seen_at, expires_at)
		VALUES (?, ?, ?, NULLIF(?, '')::inet, ?, ?, ?, ?)`, id, who.ID, method, ip, cut(c.UserAgent, maxUserAgent), now, now, now.Add(SessionIdle)).Error
	if err != nil {
		return Answer{}, fmt.Errorf("store session: %w", err)
	}
	if err := tx.Exec("UPDATE users SET last_sign_in_at = ? WHERE id = ?", now, who.ID).Error; err != nil {
		return Answer{}, fmt.Errorf("note sign-in: %w", err)
	}
	refresh, err := s.newRefreshToken(tx, id)
	if err != nil {
		return Answer{}, err
	}
	c.sessionID = id.String()
	name := "AUTH_OK"
	if strings.HasPrefix(method, methodOTP) {
		name = "AUTH_OTP"
	}
	e := s.entry(c.origin(ActorOf(who.Listed)), name, who.Listed)
	if name == "AUTH_OK" {
		e.Data = append(data("Method", methodLabel(method)), audit.Datum{Label: "Device", Value: device(cut(c.UserAgent, maxUserAgent))})
	}
	if err := s.record(tx, e); err != nil {
		return Answer{}, err
	}
	who.LastSignInAt = &now
	answer, err := s.issue(who.Listed, id.String())
	answer.RefreshToken = refresh
	return answer, err
}

func (s *Service) newRefreshToken(tx *db.Tx, session uuid.UUID) (string, error) {
	token := newToken()
	err := tx.Exec("INSERT INTO refresh_tokens (session_id, token_hash, created_at) VALUES (?, ?, ?)", session, tokenHash(token), s.now()).Error
	if err != nil {
		return "", fmt.Errorf("store refresh token: %w", err)
	}
	return token, nil
}

// errSession is the answer where a session is over, whatever ended it.
func errSession() *fault.Fault { return fault.New(fault.Unauthenticated, "Sign in.") }

// refreshed is the session of a refresh token.
type refreshed struct {
	SessionID uuid.UUID
	UserID    int64
	UserAgent string
	Standing  bool // neither revoked nor expired
}

const selectRefreshed = `
	SELECT s.id AS session_id, s.user_id, s.user_agent, s.revoked_at IS NULL AND s.expires_at > ? AS standing
	FROM refresh_tokens r JOIN sessions s ON s.id = r.session_id WHERE r.token_hash = ?`

// Refresh gives a new access token and a new refresh token for one that was not used yet. One that
// comes a second time was stolen, from the client or by it: the session ends for both.
func (s *Service) Refresh(ctx context.Context, c Client, token string) (Answer, error) {
	var answer Answer
	err := s.decide(ctx, func(tx *db.Tx) (*fault.Fault, error) {
		res := tx.Exec("UPDATE refresh_tokens SET used_at = ? WHERE token_hash = ? AND used_at IS NULL", s.now(), tokenHash(token))
		if res.Error != nil {
			return nil, fmt.Errorf("use refresh token: %w", res.Error)
		}
		var r refreshed
		if err := tx.Raw(selectRefreshed, s.now(), tokenHash(token)).Scan(&r).Error; err != nil {
			return nil, fmt.Errorf("find session of refresh token: %w", err)
		}
		if !r.Standing {
			return errSession(), nil
		}
		who, err := personByID(r.UserID)(tx)
		if err != nil {
			return nil, err
		}
		c.sessionID = r.SessionID.String()
		if res.RowsAffected == 0 {
			return errSession(), s.reused(tx, c, who.Listed, r)
		}
		if who.shutOut() != "" || (who.MFARequired && !who.enrolled()) {
			return errSession(), nil // with the next sign-in comes the entry, or the set-up
		}
		if err := s.seen(tx, r.SessionID, s.now()); err != nil {
			return nil, err
		}
		refresh, err := s.newRefreshToken(tx, r.SessionID)
		if err != nil {
			return nil, err
		}
		answer, err = s.issue(who.Listed, r.SessionID.String())
		answer.RefreshToken = refresh
		return nil, err
	})
	if err != nil {
		return Answer{}, err
	}
	return answer, nil
}

// reused ends the session whose refresh token came a second time.
func (s *Service) reused(tx *db.Tx, c Client, u user.Listed, r refreshed) error {
	ended, err := s.end(tx, "id = ?", r.SessionID)
	if err != nil || len(ended) == 0 { // of two at once the other one has said so
		return err
	}
	return s.record(tx, s.sessionEntry(c.origin(ActorOf(u)), "REFRESH_REUSE", u, r.SessionID, r.UserAgent))
}

// sessionEntry begins an entry about one session of a person.
func (s *Service) sessionEntry(o audit.Origin, name string, u user.Listed, id uuid.UUID, userAgent string) audit.Event {
	e := s.entry(o, name, u)
	e.Object = &audit.Object{Kind: "annals.session", ID: id.String(), Name: device(userAgent)}
	e.Code = name + "session:id=" + id.String()
	e.Data = data("Device", device(userAgent))
	return e
}

// Logout ends the session of a refresh token. It never fails for want of one: whoever signs out
// without being signed in has what he wanted.
func (s *Service) Logout(ctx context.Context, c Client, token string) error {
	return s.db.Write(ctx, db.Auth, func(tx *db.Tx) error {
		var r refreshed
		if err := tx.Raw(selectRefreshed+" FOR UPDATE OF s", s.now(), tokenHash(token)).Scan(&r).Error; err != nil {
			return fmt.Errorf("find session of refresh token: %w", err)
		}
		if !r.Standing {
			return nil
		}
		who, err := personByID(r.UserID)(tx)
		if err != nil {
			return err
		}
		if _, err := s.end(tx, "id = ?", r.SessionID); err != nil {
			return err
		}
		c.sessionID = r.SessionID.String()
		return s.record(tx, s.entry(c.origin(ActorOf(who.Listed)), "AUTH_LOGOUT", who.Listed))
	})
}

// Sessions lists the caller's sessions that stand, the newest first.
func (s *Service) Sessions(ctx context.Context, p Principal) ([]Session, error) {
	if err := p.person(); err != nil {
		return nil, err
	}
	out := []Session{}
	err := s.db.Read(ctx, db.Auth, func(tx *db.Tx) error {
		return tx.Raw(`SELECT id, id::text = ? AS current, created_at, last_seen_at, expires_at, coalesce(host(ip), '') AS ip, user_agent, method
			FROM sessions WHERE user_id = ? AND revoked_at IS NULL AND expires_at > ? ORDER BY created_at DESC, id LIMIT 500`,
			p.SessionID, p.User.ID, s.now()).Scan(&out).Error
	})
	return out, err
}

// RevokeSession ends one session of the caller, also the current one.
func (s *Service) RevokeSession(ctx context.Context, p Principal, id uuid.UUID) error {
	if err := p.person(); err != nil {
		return err
	}
	return s.db.Write(ctx, db.Auth, func(tx *db.Tx) error {
		ended, err := s.end(tx, "user_id = ? AND id = ?", p.User.ID, id)
		if err != nil {
			return err
		}
		if len(ended) == 0 {
			return fault.Absent()
		}
		return s.recordEnded(tx, p.Origin, p.User, ended, "")
	})
}

// RevokeOthers ends all sessions of the caller but the current one.
func (s *Service) RevokeOthers(ctx context.Context, p Principal) error {
	if err := p.person(); err != nil {
		return err
	}
	return s.db.Write(ctx, db.Auth, func(tx *db.Tx) error {
		return s.endSessions(tx, p.Origin, p.User, p.SessionID, "")
	})
}

// EndSessions ends all sessions of a person, and the sign-ins under way: whoever locks or deletes
// somebody calls it in the same transaction, behind the wall db.Auth, or the sessions would stand
// again after an unlock.
func (s *Service) EndSessions(tx *db.Tx, o audit.Origin, u user.Listed, reason string) error {
	if err := s.dropPending(tx, u.ID); err != nil {
		return err
	}
	return s.endSessions(tx, o, u, "", reason)
}

// ended is a session that was just revoked.
type ended struct {
	ID        uuid.UUID
	UserID    int64
	UserAgent string
}

func (s *Service) endSessions(tx *db.Tx, o audit.Origin, u user.Listed, except, reason string) error {
	ended, err := s.end(tx, "user_id = ? AND id::text <> ?", u.ID, except)
	if err != nil {
		return err
	}
	return s.recordEnded(tx, o, u, ended, reason)
}

// end revokes the sessions that stand among those of a condition.
func (s *Service) end(tx *db.Tx, where string, args ...any) ([]ended, error) {
	var out []ended
	now := s.now()
	err := tx.Raw("UPDATE sessions SET revoked_at = ? WHERE revoked_at IS NULL AND expires_at > ? AND "+where+" RETURNING id, user_id, user_agent",
		append([]any{now, now}, args...)...).Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("end sessions: %w", err)
	}
	return out, nil
}

func (s *Service) recordEnded(tx *db.Tx, o audit.Origin, u user.Listed, ended []ended, reason string) error {
	for _, x := range ended {
		e := s.sessionEntry(o, "SESSION_REVOKE", u, x.ID, x.UserAgent)
		e.Reason = reason
		if err := s.record(tx, e); err != nil {
			return err
		}
	}
	return nil
}

// seen writes down that a session is in use, which moves the end of its idle time.
func (s *Service) seen(tx *db.Tx, id uuid.UUID, now time.Time) error {
	err := tx.Exec("UPDATE sessions SET last_seen_at = ?, expires_at = least(created_at + make_interval(secs => ?), ?) WHERE id = ? AND revoked_at IS NULL",
		now, SessionLife.Seconds(), now.Add(SessionIdle), id).Error
	if err != nil {
		return fmt.Errorf("note use of session: %w", err)
	}
	return nil
}

// Sweep removes what is over: steps of sign-ins, one-time passwords, invitations, counts of failures, and
// sessions a month after their end; attempts turned away and not told of yet become an entry first.
// Any number of servers may do so, now and then.
func (s *Service) Sweep(ctx context.Context) error {
	if err := s.sweepRefused(ctx); err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, db.Auth, func(tx *db.Tx) error {
		for _, x := range []struct {
			statement string
			before    time.Time
		}{
			{"DELETE FROM challenges WHERE expires_at < ?", now.Add(-challengeLife)},
			{"DELETE FROM one_time_passwords WHERE expires_at < ?", now},
			{"DELETE FROM invitations i USING users u WHERE u.id = i.user_id AND (u.state <> 'pending' OR u.invited_until < ?)", now},
			{"DELETE FROM throttles WHERE key IN (SELECT key FROM throttles WHERE failed_at < ? AND refused = 0 FOR UPDATE SKIP LOCKED)", now.Add(-forgetAfter)},
			{"DELETE FROM sessions WHERE coalesce(revoked_at, expires_at) < ?", now.Add(-30 * 24 * time.Hour)},
		} {
			if err := tx.Exec(x.statement, x.before).Error; err != nil {
				return fmt.Errorf("sweep: %w", err)
			}
		}
		return nil
	})
}
