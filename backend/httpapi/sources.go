package httpapi

import (
	"context"

	"annals/backend/inventory"
)

// Sources are objects of one kind under the name that a client looks for: what else can be done to
// one is done by /objects/annals.source.

func (s *Server) searchSources(ctx context.Context, in *ObjectFilter) (*body[list[objectJSON]], error) {
	return s.searchObjects(ctx, &searchObjectsIn{Kind: inventory.KindSource, ObjectFilter: *in})
}

type createSourceIn struct {
	Body struct {
		TenantID   int64          `json:"tenantId,omitempty" minimum:"1" doc:"The caller's own if not given"`
		Attributes map[string]any `json:"attributes"`
		Why
	}
}

func (s *Server) createSource(ctx context.Context, in *createSourceIn) (*objectOut, error) {
	return s.createObject(ctx, &createObjectIn{Kind: inventory.KindSource, Body: in.Body})
}

// SourceChange is the way to one source and the revision that a change builds on.
type SourceChange struct {
	ByID
	IfMatch string `header:"If-Match" required:"true"`
}

func (c SourceChange) object() ObjectChange {
	return ObjectChange{ObjectPath: ObjectPath{Kind: inventory.KindSource, ID: c.ID}, IfMatch: c.IfMatch}
}

type updateSourceIn struct {
	SourceChange
	Body struct {
		Attributes map[string]any `json:"attributes" doc:"By field; what isn't there stays, null takes the value away"`
		Why
	}
}

func (s *Server) updateSource(ctx context.Context, in *updateSourceIn) (*objectOut, error) {
	return s.updateObject(ctx, &updateObjectIn{ObjectChange: in.object(), Body: in.Body})
}

type deleteSourceIn struct {
	SourceChange
	WhyQuery
}

func (s *Server) deleteSource(ctx context.Context, in *deleteSourceIn) (*objectOut, error) {
	return s.deleteObject(ctx, &deleteObjectIn{ObjectChange: in.object(), WhyQuery: in.WhyQuery})
}
