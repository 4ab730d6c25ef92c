package auth

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"annals/backend/access"
	"annals/backend/audit"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/tenant"
)

// keyPrefix begins every API key, so that a search for leaked ones finds it.
const keyPrefix = "annals_"

// shownPrefix is how many characters of a key are kept, to recognize it by.
const shownPrefix = len(keyPrefix) + 5

// APIKey is a program's way in: it acts for one organization, within its scopes.
type APIKey struct {
	ID          int64
	Name        string
	TenantID    int64
	TenantPath  string
	TenantLevel tenant.Level
	SalesOrgID  int64
	DealerID    int64
	ResellerID  int64
	Scopes      []string `gorm:"-"` // access.KeyRead, access.KeyIngest
	Prefix      string
	CreatedAt   time.Time
	CreatedBy   string // a name; of somebody above the key's organization only the level's
	LastUsedAt  *time.Time
	RevokedAt   *time.Time
}

func (k APIKey) id() string { return strconv.FormatInt(k.ID, 10) }

func (k APIKey) scope() tenant.Scope {
	return tenant.Scope{Level: k.TenantLevel, ID: k.TenantID, TenantID: k.TenantID}
}

type keyRow struct {
	APIKey
	ScopeList string
}

func (r keyRow) apiKey() APIKey {
	r.Scopes = strings.Split(r.ScopeList, ",")
	return r.APIKey
}

const selectKey = `
	SELECT k.id, k.name, k.tenant_id, k.sales_org_id, k.dealer_id, k.reseller_id, k.prefix, k.created_at, k.created_by,
		k.last_used_at, k.revoked_at, array_to_string(k.scopes, ',') AS scope_list, t.path AS tenant_path, t.level AS tenant_level
	FROM api_keys k JOIN tenants t ON t.id = k.tenant_id`

// CreateAPIKey makes a key for an organization of the caller's scope and returns it, once: only its
// hash is stored.
func (s *Service) CreateAPIKey(ctx context.Context, p Principal, tenantID int64, name string, scopes []string) (APIKey, string, error) {
	if err := p.must(access.ManageAPIKeys); err != nil {
		return APIKey{}, "", err
	}
	name = strings.TrimSpace(name)
	if name == "" || !utf8.ValidString(name) || utf8.RuneCountInString(name) > tenant.MaxName || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return APIKey{}, "", fault.At("body.name", "A name has 1 to %d characters, none of them a control character.", tenant.MaxName)
	}
	scopes = slices.Compact(slices.Sorted(slices.Values(scopes)))
	if len(scopes) == 0 || slices.ContainsFunc(scopes, func(x string) bool { return x != access.KeyRead && x != access.KeyIngest }) {
		return APIKey{}, "", fault.At("body.scopes", "A key has the scope %s, %s or both.", access.KeyRead, access.KeyIngest)
	}
	secret := keyPrefix + newToken()
	key := APIKey{Name: name, Scopes: scopes, Prefix: secret[:shownPrefix], CreatedAt: s.now(), CreatedBy: p.Origin.Actor.Name}
	err := s.db.Write(ctx, p.Scope.Wall(), func(tx *db.Tx) error {
		t, err := tenant.Open(tx, p.Scope, tenantID)
		if err != nil {
			return err
		}
		if p.User.ID != 0 && p.Scope.Level.Rank() < t.Level.Rank() {
			key.CreatedBy = p.Scope.Level.Label() // nobody below may know who stands above
		}
		key.TenantID, key.TenantPath, key.TenantLevel = t.ID, t.Path, t.Level
		key.SalesOrgID, key.DealerID, key.ResellerID = t.SalesOrgID, t.DealerID, t.ResellerID
		err = tx.Raw(`INSERT INTO api_keys (tenant_id, sales_org_id, dealer_id, reseller_id, name, key_hash, prefix, scopes, created_by, created_at)
			VALUES (?, NULLIF(?, 0), NULLIF(?, 0), NULLIF(?, 0), ?, ?, ?, string_to_array(?, ','), ?, ?) RETURNING id`,
			t.ID, t.SalesOrgID, t.DealerID, t.ResellerID, name, tokenHash(secret), key.Prefix, strings.Join(scopes, ","), key.CreatedBy, key.CreatedAt).Scan(&key.ID).Error
		if err != nil {
			return fmt.Errorf("store API key: %w", err)
		}
		e := keyEntry(p.Origin, "apikey_created", key, t)
		e.Data = data("Scopes", strings.Join(scopes, ", "))
		return s.record(tx, e)
	})
	if err != nil {
		return APIKey{}, "", err
	}
	return key, secret, nil
}

func keyEntry(o audit.Origin, name string, k APIKey, t tenant.Tenant) audit.Event {
	e := o.Event(name)
	e.Object = &audit.Object{Kind: "annals.api_key", ID: k.id(), Name: k.Name, Ref: k.ID}
	e.Belongs(t)
	return e
}

// ListAPIKeys returns keys of the scope, revoked ones included, the newest first, after the one
// where the last page ended (0: from the start).
func (s *Service) ListAPIKeys(ctx context.Context, p Principal, after int64, limit int) ([]APIKey, error) {
	if err := p.must(access.ManageAPIKeys); err != nil {
		return nil, err
	}
	out := []APIKey{}
	err := s.db.Read(ctx, p.Scope.Wall(), func(tx *db.Tx) error {
		where, args := p.Scope.Owned("k")
		var rows []keyRow
		err := tx.Raw(selectKey+" WHERE "+where+" AND (? = 0 OR k.id < ?) ORDER BY k.id DESC LIMIT ?", append(args, after, after, limit)...).Scan(&rows).Error
		for _, r := range rows {
			out = append(out, r.apiKey())
		}
		return err
	})
	return out, err
}

// RevokeAPIKey ends a key of the scope with its next call. One that is revoked stays so.
func (s *Service) RevokeAPIKey(ctx context.Context, p Principal, id int64) error {
	if err := p.must(access.ManageAPIKeys); err != nil {
		return err
	}
	return s.db.Write(ctx, p.Scope.Wall(), func(tx *db.Tx) error {
		where, args := p.Scope.Owned("k")
		var row keyRow
		if err := tx.Raw(selectKey+" WHERE k.id = ? AND "+where+" FOR UPDATE OF k", append([]any{id}, args...)...).Scan(&row).Error; err != nil {
			return fmt.Errorf("find API key: %w", err)
		}
		key := row.apiKey()
		switch {
		case key.ID == 0:
			return fault.Absent()
		case key.RevokedAt != nil:
			return nil
		}
		if err := tx.Exec("UPDATE api_keys SET revoked_at = ? WHERE id = ?", s.now(), id).Error; err != nil {
			return fmt.Errorf("revoke API key: %w", err)
		}
		t, err := tenant.Find(tx, p.Scope, key.TenantID)
		if err != nil {
			return err
		}
		return s.record(tx, keyEntry(p.Origin, "apikey_revoked", key, t))
	})
}
