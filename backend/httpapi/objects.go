package httpapi

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/inventory"
)

type objectJSON struct {
	ID          int64           `json:"id"`
	Kind        string          `json:"kind"`
	KindLabel   string          `json:"kindLabel"`
	System      string          `json:"system"`
	Source      string          `json:"source"`
	ExternalID  string          `json:"externalId"`
	Name        string          `json:"name"`
	State       string          `json:"state"`
	Managed     bool            `json:"managed"`
	DeletedAt   *timestamp      `json:"deletedAt" nullable:"true"`
	TenantID    int64           `json:"tenantId"`
	TenantPath  string          `json:"tenantPath"`
	Revision    int64           `json:"revision"`
	Attributes  json.RawMessage `json:"attributes"`
	EditState   string          `json:"editState" enum:"editable,deleted,external,forbidden"`
	EditURL     *string         `json:"editUrl" nullable:"true"`
	FirstSeenAt timestamp       `json:"firstSeenAt"`
	LastEventAt *timestamp      `json:"lastEventAt" nullable:"true"`
}

func (s *Server) objectOf(o inventory.Object) objectJSON {
	system, _, _ := strings.Cut(o.Kind, ".")
	out := objectJSON{ID: o.ID, Kind: o.Kind, KindLabel: o.Kind, System: system, Source: o.Source, ExternalID: o.ExternalID, Name: o.Name,
		State: o.State, Managed: o.Managed, DeletedAt: optional(o.DeletedAt), TenantID: o.TenantID, TenantPath: o.TenantPath, Revision: o.Revision,
		Attributes: o.Attributes, EditState: external, FirstSeenAt: timestamp(o.FirstSeenAt), LastEventAt: optional(o.LastEventAt)}
	if k, ok := s.Log.Catalog().Kind(o.Kind); ok {
		out.KindLabel = k.Label
	}
	if o.DeletedAt != nil {
		out.EditState = deleted
	}
	return out
}

type searchObjectsIn struct {
	Kind   string `query:"kind" maxLength:"200" doc:"As mor.device"`
	System string `query:"system" maxLength:"100"`
	Q      string `query:"q" maxLength:"200" doc:"Part of the name, or the source's id"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor int64  `query:"cursor" minimum:"1"`
}

func (s *Server) searchObjects(ctx context.Context, in *searchObjectsIn) (*body[list[objectJSON]], error) {
	if in.Kind != "" {
		if _, ok := s.Log.Catalog().Kind(in.Kind); !ok {
			return nil, fault.At("query.kind", "The catalogue has no kind %q.", in.Kind)
		}
	}
	out := list[objectJSON]{Items: []objectJSON{}}
	err := s.read(ctx, func(tx *db.Tx) error {
		found, err := inventory.Search(tx, who(ctx).Scope, inventory.Filter{Kind: in.Kind, System: in.System, Text: in.Q}, in.Cursor, in.Limit+1)
		if len(found) > in.Limit {
			found = found[:in.Limit]
			next := strconv.FormatInt(found[in.Limit-1].ID, 10)
			out.Next = &next
		}
		for _, o := range found {
			out.Items = append(out.Items, s.objectOf(o))
		}
		return err
	})
	return answer(out), err
}

type objectsOfKindIn struct {
	Kind   string `path:"kind" maxLength:"200"`
	Q      string `query:"q" maxLength:"200"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor int64  `query:"cursor" minimum:"1"`
}

func (s *Server) searchObjectsOfKind(ctx context.Context, in *objectsOfKindIn) (*body[list[objectJSON]], error) {
	if _, ok := s.Log.Catalog().Kind(in.Kind); !ok {
		return nil, fault.Absent()
	}
	return s.searchObjects(ctx, &searchObjectsIn{Kind: in.Kind, Q: in.Q, Limit: in.Limit, Cursor: in.Cursor})
}

type objectIn struct {
	Kind string `path:"kind" maxLength:"200"`
	ID   int64  `path:"id"`
}

func (s *Server) object(ctx context.Context, in *objectIn) (*body[objectJSON], error) {
	var o inventory.Object
	err := s.read(ctx, func(tx *db.Tx) (err error) {
		o, err = inventory.Find(tx, who(ctx).Scope, in.Kind, in.ID)
		return err
	})
	if err != nil {
		return nil, s.denied(ctx, err, "object", in.ID)
	}
	return answer(s.objectOf(o)), nil
}
