package httpapi

import (
	"context"

	"annals/backend/auth"
)

type apiKeyJSON struct {
	ID         int64      `json:"id"`
	Name       string     `json:"name"`
	TenantID   int64      `json:"tenantId"`
	TenantPath string     `json:"tenantPath"`
	Scopes     []string   `json:"scopes"`
	Prefix     string     `json:"prefix"`
	CreatedAt  timestamp  `json:"createdAt"`
	CreatedBy  string     `json:"createdBy"`
	LastUsedAt *timestamp `json:"lastUsedAt" nullable:"true"`
	RevokedAt  *timestamp `json:"revokedAt" nullable:"true"`
}

func apiKeyOf(k auth.APIKey) apiKeyJSON {
	return apiKeyJSON{ID: k.ID, Name: k.Name, TenantID: k.TenantID, TenantPath: k.TenantPath, Scopes: k.Scopes, Prefix: k.Prefix,
		CreatedAt: timestamp(k.CreatedAt), CreatedBy: k.CreatedBy, LastUsedAt: optional(k.LastUsedAt), RevokedAt: optional(k.RevokedAt)}
}

type listAPIKeysIn struct {
	Limit  int   `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor int64 `query:"cursor" minimum:"1"`
}

func (s *Server) listAPIKeys(ctx context.Context, in *listAPIKeysIn) (*body[list[apiKeyJSON]], error) {
	keys, err := s.Auth.ListAPIKeys(ctx, who(ctx), in.Cursor, in.Limit+1)
	if err != nil {
		return nil, err
	}
	out := list[apiKeyJSON]{Items: []apiKeyJSON{}}
	keys, out.Next = page(keys, in.Limit, func(k auth.APIKey) int64 { return k.ID })
	for _, k := range keys {
		out.Items = append(out.Items, apiKeyOf(k))
	}
	return answer(out), nil
}

type createAPIKeyIn struct {
	Body struct {
		Name     string   `json:"name" minLength:"1" maxLength:"200"`
		TenantID int64    `json:"tenantId" minimum:"1"`
		Scopes   []string `json:"scopes" minItems:"1" enum:"read,ingest"`
	}
}

type createdAPIKey struct {
	APIKey apiKeyJSON `json:"apiKey"`
	Key    string     `json:"key" doc:"Shown once"`
}

func (s *Server) createAPIKey(ctx context.Context, in *createAPIKeyIn) (*body[createdAPIKey], error) {
	k, secret, err := s.Auth.CreateAPIKey(ctx, who(ctx), in.Body.TenantID, in.Body.Name, in.Body.Scopes)
	if err != nil {
		return nil, s.denied(ctx, err, "tenant", in.Body.TenantID)
	}
	return answer(createdAPIKey{apiKeyOf(k), secret}), nil
}

func (s *Server) revokeAPIKey(ctx context.Context, in *ByID) (*nothing, error) {
	return nil, s.denied(ctx, s.Auth.RevokeAPIKey(ctx, who(ctx), in.ID), "api_key", in.ID)
}
