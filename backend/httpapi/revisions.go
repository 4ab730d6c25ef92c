package httpapi

import (
	"context"
	"encoding/json"

	"annals/backend/db"
	"annals/backend/inventory"
)

type revisionJSON struct {
	Revision   int64           `json:"revision"`
	Action     string          `json:"action"`
	Name       string          `json:"name"`
	State      string          `json:"state"`
	Attributes json.RawMessage `json:"attributes"`
	Deleted    bool            `json:"deleted"`
	Reason     string          `json:"reason"`
	Commentary string          `json:"commentary"`
	Actor      string          `json:"actor"`
	OnBehalfOf string          `json:"onBehalfOf" doc:"The name of whom it was done for, or empty"`
	MadeAt     timestamp       `json:"madeAt"`
}

func revisionOf(r inventory.Revision) revisionJSON {
	return revisionJSON{Revision: r.Revision, Action: r.Action, Name: r.Name, State: r.State, Attributes: r.Attributes,
		Deleted: r.Deleted, Reason: r.Reason, Commentary: r.Commentary, Actor: r.ActorName, OnBehalfOf: r.BehalfName, MadeAt: timestamp(r.MadeAt)}
}

type revisionIn struct {
	ObjectPath
	Revision int64 `path:"revision"`
}

func (s *Server) objectRevision(ctx context.Context, in *revisionIn) (*body[revisionJSON], error) {
	var r inventory.Revision
	err := s.read(ctx, func(tx *db.Tx) (err error) {
		if _, err = inventory.Find(tx, who(ctx).Scope, in.Kind, in.ID); err != nil {
			return s.denied(ctx, err, "object", in.ID)
		}
		r, err = inventory.FindRevision(tx, who(ctx).Scope, in.ID, in.Revision)
		return err
	})
	if err != nil {
		return nil, err
	}
	return answer(revisionOf(r)), nil
}

type revisionsIn struct {
	ObjectPath
	Limit  int   `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor int64 `query:"cursor" minimum:"1"`
}

func (s *Server) objectRevisions(ctx context.Context, in *revisionsIn) (*body[list[revisionJSON]], error) {
	out := list[revisionJSON]{Items: []revisionJSON{}}
	err := s.read(ctx, func(tx *db.Tx) error {
		found, err := inventory.Revisions(tx, who(ctx).Scope, in.Kind, in.ID, in.Cursor, in.Limit+1)
		found, out.Next = page(found, in.Limit, func(r inventory.Revision) int64 { return r.Revision })
		for _, r := range found {
			out.Items = append(out.Items, revisionOf(r))
		}
		return err
	})
	if err != nil {
		return nil, s.denied(ctx, err, "object", in.ID)
	}
	return answer(out), nil
}
