package httpapi

import (
	"context"
	"strconv"
	"time"

	"github.com/google/uuid"

	"annals/backend/audit"
	"annals/backend/fault"
)

// timeRange checks what the filter's own tags can't: that it is not empty by mistake.
func timeRange(f audit.Filter) error {
	if !f.From.IsZero() && !f.To.IsZero() && !f.From.Before(f.To) {
		return fault.At("query.to", "The range ends at %s, which is not after its begin.", f.To.Format(time.RFC3339))
	}
	return nil
}

type searchIn struct {
	audit.Filter
	Order  string `query:"order" enum:"-occurredAt,occurredAt,id" default:"-occurredAt"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" maxLength:"500"`
	Total  bool   `query:"total" doc:"Also count, up to 10,000"`
}

func (s *Server) searchEvents(ctx context.Context, in *searchIn) (*body[audit.Page], error) {
	if err := timeRange(in.Filter); err != nil {
		return nil, err
	}
	page, err := s.Log.Search(ctx, who(ctx).Scope, in.Filter, audit.Paging{Order: audit.Order(in.Order), Limit: in.Limit, Cursor: in.Cursor, Total: in.Total})
	if err != nil {
		return nil, err
	}
	return answer(page), s.link(ctx, page.Items)
}

func (s *Server) event(ctx context.Context, in *ByID) (*body[audit.Event], error) {
	e, err := s.Log.Find(ctx, who(ctx).Scope, in.ID)
	return s.oneEvent(ctx, e, s.denied(ctx, err, "event", in.ID))
}

type eventUUIDIn struct {
	UUID string `path:"uuid" maxLength:"100"`
}

func (s *Server) eventByEventID(ctx context.Context, in *eventUUIDIn) (*body[audit.Event], error) {
	id, err := uuid.Parse(in.UUID)
	if err != nil {
		return nil, fault.At("path.uuid", "This is not a UUID.")
	}
	e, err := s.Log.FindByEventID(ctx, who(ctx).Scope, id)
	return s.oneEvent(ctx, e, err)
}

func (s *Server) oneEvent(ctx context.Context, e audit.Event, err error) (*body[audit.Event], error) {
	if err != nil {
		return nil, err
	}
	one := []audit.Event{e}
	if err := s.link(ctx, one); err != nil {
		return nil, err
	}
	return answer(one[0]), nil
}

type neighboursIn struct {
	ByID
	audit.Filter
}

type neighbours struct {
	Previous *int64 `json:"previous" nullable:"true" doc:"The next newer entry"`
	Next     *int64 `json:"next" nullable:"true" doc:"The next older entry"`
}

func (s *Server) neighbours(ctx context.Context, in *neighboursIn) (*body[neighbours], error) {
	newer, older, err := s.Log.Neighbours(ctx, who(ctx).Scope, in.Filter, in.ID)
	if err != nil {
		return nil, s.denied(ctx, err, "event", in.ID)
	}
	return answer(neighbours{orNull(newer), orNull(older)}), nil
}

func orNull(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

type relatedItem struct {
	Label  string            `json:"label"`
	Filter map[string]string `json:"filter" doc:"Parameters of GET /events"`
	Count  audit.Total       `json:"count"`
}

func (s *Server) related(ctx context.Context, in *ByID) (*body[list[relatedItem]], error) {
	p := who(ctx)
	e, err := s.Log.Find(ctx, p.Scope, in.ID)
	if err != nil {
		return nil, s.denied(ctx, err, "event", in.ID)
	}
	out := list[relatedItem]{Items: []relatedItem{}}
	add := func(label string, f audit.Filter, params map[string]string) {
		if err != nil {
			return
		}
		var total audit.Total
		if total, err = s.Log.Count(ctx, p.Scope, f); err == nil {
			out.Items = append(out.Items, relatedItem{label, params, total})
		}
	}
	if o := e.Object; o != nil && o.Ref != 0 {
		ref := strconv.FormatInt(o.Ref, 10)
		add("This object", audit.Filter{ObjectKind: o.Kind, ObjectRef: o.Ref}, map[string]string{"objectKind": o.Kind, "objectRef": ref})
	} else if o != nil && o.ID != "" {
		add("This object", audit.Filter{ObjectKind: o.Kind, ObjectID: o.ID}, map[string]string{"objectKind": o.Kind, "objectId": o.ID})
	}
	if !e.Actor.Hidden && e.Actor.Name != "" {
		if n := e.Actor.Notation(); n != "" {
			add("This actor", audit.Filter{Actor: n}, map[string]string{"actor": n})
		} else if e.Actor.UserID != 0 {
			id := strconv.FormatInt(e.Actor.UserID, 10)
			add("This person", audit.Filter{UserID: e.Actor.UserID}, map[string]string{"userId": id})
		} else {
			add("This actor", audit.Filter{ActorName: e.Actor.Name}, map[string]string{"actorName": e.Actor.Name})
		}
	}
	if e.IP.IsValid() {
		add("This address", audit.Filter{IP: e.IP.String()}, map[string]string{"ip": e.IP.String()})
	}
	if e.SessionID != "" {
		add("This session", audit.Filter{SessionID: e.SessionID}, map[string]string{"sessionId": e.SessionID})
	}
	if e.RequestID != "" {
		add("This request", audit.Filter{RequestID: e.RequestID}, map[string]string{"requestId": e.RequestID})
	}
	if e.ImportFile != nil && e.ImportFile.ID != "" {
		add("This import file", audit.Filter{ImportFile: e.ImportFile.ID}, map[string]string{"importFile": e.ImportFile.ID})
	}
	return answer(out), err
}

type facetsIn struct {
	audit.Filter
	Field  string `query:"field" required:"true" enum:"system,category,type,class,state,activity,outcome,actor,object,objectKind,reason,node,ip,salesOrgId,dealerId,resellerId"`
	Prefix string `query:"prefix" maxLength:"200" doc:"Only values that hold this text"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"20"`
}

func (s *Server) facets(ctx context.Context, in *facetsIn) (*body[audit.Facets], error) {
	if err := timeRange(in.Filter); err != nil {
		return nil, err
	}
	f, err := s.Log.Facets(ctx, who(ctx).Scope, in.Filter, in.Field, in.Prefix, in.Limit)
	if err != nil {
		return nil, err
	}
	return answer(f), nil
}
