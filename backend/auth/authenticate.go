package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"annals/backend/access"
	"annals/backend/audit"
	"annals/backend/db"
	"annals/backend/user"
)

// Authenticate says who calls, by an access token or an API key. It looks at the session, the person
// and the organizations each time, in one statement: what was revoked is over with the next call.
func (s *Service) Authenticate(ctx context.Context, c Client, bearer string) (Principal, error) {
	switch {
	case bearer == "" || len(bearer) > maxBearer:
		return Principal{}, errSession()
	case strings.HasPrefix(bearer, keyPrefix):
		return s.authenticateKey(ctx, c, bearer)
	}
	userID, session, err := s.parse(bearer)
	if err != nil {
		return Principal{}, err
	}
	return s.authenticateSession(ctx, c, userID, session)
}

var selectSession = `
	SELECT u.*, t.name AS tenant_name, t.path AS tenant_path, t.level AS tenant_level,
		s.method AS session_method, s.created_at AS session_created_at, s.last_seen_at AS session_seen_at
	FROM sessions s JOIN users u ON u.id = s.user_id JOIN tenants t ON t.id = u.tenant_id
	WHERE s.id = ? AND s.user_id = ? AND s.revoked_at IS NULL AND s.expires_at > ? AND u.state = 'active' AND NOT ` + closed("u")

func (s *Service) authenticateSession(ctx context.Context, c Client, userID int64, session uuid.UUID) (Principal, error) {
	now := s.now()
	var row struct {
		user.Listed
		SessionMethod    string
		SessionCreatedAt time.Time
		SessionSeenAt    time.Time
	}
	err := s.db.Read(ctx, db.Auth, func(tx *db.Tx) error {
		return tx.Raw(selectSession, session, userID, now).Take(&row).Error
	})
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Principal{}, errSession()
	}
	if err != nil {
		return Principal{}, fmt.Errorf("find session: %w", err)
	}
	if now.Sub(row.SessionSeenAt) >= seenEvery {
		if err := s.db.Write(ctx, db.Auth, func(tx *db.Tx) error { return s.seen(tx, session, now) }); err != nil {
			return Principal{}, err
		}
	}
	c.sessionID = session.String()
	return Principal{User: row.Listed, Scope: row.Scope(), Permissions: access.Of(row.Role), SessionID: session.String(),
		Origin: c.origin(ActorOf(row.Listed)), method: row.SessionMethod, signedInAt: row.SessionCreatedAt}, nil
}

func (s *Service) authenticateKey(ctx context.Context, c Client, bearer string) (Principal, error) {
	now := s.now()
	var row keyRow
	err := s.db.Read(ctx, db.Auth, func(tx *db.Tx) error {
		return tx.Raw(selectKey+" WHERE k.key_hash = ? AND k.revoked_at IS NULL AND NOT "+closed("k"), tokenHash(bearer)).Take(&row).Error
	})
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Principal{}, errSession()
	}
	if err != nil {
		return Principal{}, fmt.Errorf("find API key: %w", err)
	}
	key := row.apiKey()
	if key.LastUsedAt == nil || now.Sub(*key.LastUsedAt) >= seenEvery {
		err := s.db.Write(ctx, db.Auth, func(tx *db.Tx) error {
			return tx.Exec("UPDATE api_keys SET last_used_at = ? WHERE id = ?", now, key.ID).Error
		})
		if err != nil {
			return Principal{}, fmt.Errorf("note use of API key: %w", err)
		}
	}
	o := c.origin(audit.Actor{Kind: audit.ActorAPIKey, ID: key.id(), Name: key.Name, Level: string(key.TenantLevel)})
	o.UsedAPI = true
	return Principal{Key: &key, Scope: key.scope(), Permissions: access.OfKey(key.Scopes), Origin: o}, nil
}
