package auth

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"annals/backend/access"
	"annals/backend/audit"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/mail"
	"annals/backend/user"
)

// invitationLife is how long the link of an invitation works.
const invitationLife = 7 * 24 * time.Hour

// errInvitation is the one answer to every link that doesn't work, whatever the cause.
func errInvitation() *fault.Fault {
	return refuse("body.token", "This invitation doesn't work any more: it was used, replaced or taken back, or it is older than seven days. Ask whoever invited you for a new one.")
}

// Invite mails somebody pending a link with which to choose a password and come in. An invitation
// that stands is void from then on.
func (s *Service) Invite(ctx context.Context, p Principal, userID int64) error {
	var send func()
	err := s.onPending(ctx, p, userID, func(tx *db.Tx, who person) (err error) {
		send, err = s.InviteWith(tx, p.Origin, who.User)
		return err
	})
	if err == nil {
		send()
	}
	return err
}

// InviteWith invites in the transaction that makes the person, behind the wall db.Auth. What it returns
// sends the mail, once that has committed.
func (s *Service) InviteWith(tx *db.Tx, o audit.Origin, u user.User) (send func(), err error) {
	who, err := personByID(u.ID)(tx)
	if err != nil {
		return nil, err
	}
	if who.Closed {
		return nil, fault.New(fault.Conflict, "%q or one above it is closed, so nobody can be invited to it.", who.TenantName)
	}
	if err := s.roomForMail(); err != nil {
		return nil, err
	}
	token, until := newToken(), s.now().Add(invitationLife)
	err = tx.Exec(`INSERT INTO invitations (user_id, token_hash) VALUES (?, ?)
		ON CONFLICT (user_id) DO UPDATE SET token_hash = excluded.token_hash`, who.ID, tokenHash(token)).Error
	if err != nil {
		return nil, fmt.Errorf("store invitation: %w", err)
	}
	if err := tx.Exec("UPDATE users SET invited_until = ? WHERE id = ?", until, who.ID).Error; err != nil {
		return nil, fmt.Errorf("note invitation: %w", err)
	}
	l := invitationLetter(who.Listed, token, until)
	return func() { s.mail.Queue(l) }, s.record(tx, s.personEntry(o, "user_invited", who.Listed))
}

// RevokeInvitation makes the link that somebody was sent void.
func (s *Service) RevokeInvitation(ctx context.Context, p Principal, userID int64) error {
	return s.onPending(ctx, p, userID, func(tx *db.Tx, who person) error {
		if who.InvitedUntil == nil {
			return fault.New(fault.Conflict, "%s has no invitation.", who.Name)
		}
		if err := dropInvitation(tx, who.ID); err != nil {
			return err
		}
		return s.record(tx, s.personEntry(p.Origin, "invitation_revoked", who.Listed))
	})
}

func (s *Service) onPending(ctx context.Context, p Principal, userID int64, do func(*db.Tx, person) error) error {
	if err := p.must(access.EditUsers); err != nil {
		return err
	}
	return s.onPerson(ctx, p, userID, func(tx *db.Tx, who person) error {
		if who.State != user.Pending {
			return fault.New(fault.Conflict, "%s is %s; only who is pending is invited.", who.Name, who.State)
		}
		return do(tx, who)
	})
}

func dropInvitation(tx *db.Tx, userID int64) error {
	for _, statement := range []string{"DELETE FROM invitations WHERE user_id = ?", "UPDATE users SET invited_until = NULL WHERE id = ?"} {
		if err := tx.Exec(statement, userID).Error; err != nil {
			return fmt.Errorf("void invitation: %w", err)
		}
	}
	return nil
}

// invitedBy finds the person of an invitation's token, or the unknown one.
func invitedBy(token string) look {
	return func(tx *db.Tx) (person, error) {
		return findPerson(tx, " WHERE u.id = (SELECT user_id FROM invitations WHERE token_hash = ?)", tokenHash(token))
	}
}

// mayAccept reports whether the person's invitation still works.
func (s *Service) mayAccept(who person) bool {
	return who.ID != 0 && who.State == user.Pending && !who.Closed && who.InvitedUntil != nil && who.InvitedUntil.After(s.now())
}

// Invitation says whom a link invites, so that the page can greet them.
func (s *Service) Invitation(ctx context.Context, c Client, token string) (user.Listed, error) {
	who, gates, err := s.admit(ctx, c, byInvitation, invitedBy(token))
	if err != nil {
		return user.Listed{}, err
	}
	err = s.decide(ctx, func(tx *db.Tx) (*fault.Fault, error) {
		if !s.mayAccept(who) {
			return errInvitation(), s.recordFailure(tx, c, "AUTH_FAIL", who, causeInvitation)
		}
		return nil, release(tx, gates)
	})
	if err != nil {
		return user.Listed{}, err
	}
	return who.Listed, nil
}

// AcceptInvitation gives an invited person a password and activates him. The link is used up by that,
// not by a password that the rules refuse. It is a first factor: a second one is set up or asked for
// as after a password.
func (s *Service) AcceptInvitation(ctx context.Context, c Client, token, password string) (Answer, error) {
	who, gates, err := s.admit(ctx, c, byInvitation, invitedBy(token))
	if err != nil {
		return Answer{}, err
	}
	wrong := fault.Of(CheckPassword("body.password", who.Email, password))
	var hash string
	if wrong == nil && s.mayAccept(who) { // a stranger doesn't make the server compute
		if hash, err = s.passwords.hash(ctx, password); err != nil {
			return Answer{}, err
		}
	}
	return s.step(ctx, func(tx *db.Tx) (answer Answer, refused *fault.Fault, err error) {
		// Read again, and held: somebody may have locked him, or used the link, while we computed.
		if who, err = findPerson(tx, " WHERE u.id = (SELECT user_id FROM invitations WHERE token_hash = ? FOR UPDATE)", tokenHash(token)); err != nil {
			return answer, nil, err
		}
		if !s.mayAccept(who) {
			return answer, errInvitation(), s.recordFailure(tx, c, "AUTH_FAIL", who, causeInvitation)
		}
		if wrong != nil {
			return answer, wrong, release(tx, gates)
		}
		if err := s.comeIn(tx, c, &who, hash); err != nil {
			return answer, nil, err
		}
		if answer, err = s.afterFirst(tx, c, who, methodInvitation); err != nil {
			return answer, nil, err
		}
		return answer, nil, release(tx, gates)
	})
}

// comeIn activates an invited person with the password that he chose.
func (s *Service) comeIn(tx *db.Tx, c Client, who *person, hash string) error {
	if err := dropInvitation(tx, who.ID); err != nil {
		return err
	}
	err := tx.Exec(`INSERT INTO credentials (user_id, password_hash, password_at) VALUES (?, ?, ?)
		ON CONFLICT (user_id) DO UPDATE SET password_hash = excluded.password_hash, password_at = excluded.password_at`, who.ID, hash, s.now()).Error
	if err != nil {
		return fmt.Errorf("store password: %w", err)
	}
	res := tx.Exec("UPDATE users SET state = 'active', revision = revision + 1 WHERE id = ? AND state = 'pending'", who.ID)
	if res.Error != nil {
		return fmt.Errorf("activate: %w", res.Error)
	}
	if res.RowsAffected == 0 { // an administrator was quicker
		return errInvitation()
	}
	who.State, who.InvitedUntil = user.Active, nil
	who.Revision++
	return s.record(tx, s.personEntry(c.origin(ActorOf(who.Listed)), "user_activated", who.Listed))
}

// personEntry begins an entry about what becomes of a person, which isn't a step of a sign-in.
func (s *Service) personEntry(o audit.Origin, name string, u user.Listed) audit.Event {
	e := s.entry(o, name, u)
	e.Code, e.Object.Revision = "", strconv.FormatInt(u.Revision, 10)
	return e
}

// invitationLetter carries the link. The token stands behind the #, which a browser sends to nobody.
func invitationLetter(u user.Listed, token string, until time.Time) mail.Letter {
	return mail.Letter{To: u.Email, Subject: "You are invited to Annals", Text: fmt.Sprintf(
		"Hello %s,\r\n\r\nyou are invited to Annals, for %s. Choose your password here:\r\n\r\n    {portal}/invitation#%s\r\n\r\nThe link works once, until %s UTC.\r\n\r\nIf you didn't expect this, ignore this mail: nobody can sign in without it.\r\n",
		u.Name, u.TenantName, token, until.Format("2 January 2006 15:04"))}
}
