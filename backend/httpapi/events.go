package httpapi

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"annals/backend/access"
	"annals/backend/audit"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/inventory"
	"annals/backend/tenant"
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
	if in.Field == "type" {
		for i, item := range f.Items {
			if t, ok := s.Log.Catalog().Type(item.Value); ok {
				f.Items[i].Label = t.Label
			}
		}
	}
	return answer(f), nil
}

// Edit states of an event's object.
const (
	editable  = "editable"
	deleted   = "deleted"
	external  = "external"
	forbidden = "forbidden"
)

// link gives each event the way to the page of its object, and says whether the viewer may edit it
// there: one statement for each table, whatever the number of events.
func (s *Server) link(ctx context.Context, events []audit.Event) error {
	p := who(ctx)
	refs := map[string][]int64{}
	for _, e := range events {
		if e.Object != nil && e.Object.Ref != 0 {
			table := "objects"
			if e.Object.Kind == inventory.KindUser || e.Object.Kind == inventory.KindTenant {
				table = e.Object.Kind
			}
			refs[table] = append(refs[table], e.Object.Ref)
		}
	}
	states := map[string]map[int64]string{}
	if p.Scope.Level != tenant.User && p.May(access.ReadObjects) && len(refs) > 0 {
		err := s.read(ctx, func(tx *db.Tx) (err error) {
			for table, ids := range refs {
				if states[table], err = inventory.States(tx, p.Scope, table, ids); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("link events: %w", err)
		}
	}
	for i := range events {
		may := p.May
		if o := events[i].Object; o != nil {
			if k, ok := s.Log.Catalog().Kind(o.Kind); ok && !slices.Contains(k.ManagedBy, string(p.Scope.Level)) {
				may = func(access.Permission) bool { return false }
			}
		}
		events[i].Links = linkOf(p.Scope, p.User.ID, may, events[i].Object, states)
	}
	return nil
}

func linkOf(scope tenant.Scope, me int64, may func(access.Permission) bool, o *audit.Object, states map[string]map[int64]string) *audit.Links {
	none := &audit.Links{EditState: forbidden}
	if o == nil || o.Ref == 0 {
		return none
	}
	page, right, table := fmt.Sprintf("/objects/%s/%d", o.Kind, o.Ref), access.EditObjects, "objects"
	switch o.Kind {
	case inventory.KindUser:
		page, right, table = fmt.Sprintf("/people/%d", o.Ref), access.EditUsers, o.Kind
		if o.Ref == me {
			self := "/me"
			return &audit.Links{Object: &self, Edit: &self, EditState: editable}
		}
	case inventory.KindTenant:
		page, right, table = fmt.Sprintf("/organization/%d", o.Ref), access.EditTenants, o.Kind
	}
	state, seen := states[table][o.Ref]
	switch {
	case scope.Level == tenant.User, !seen && o.Kind != inventory.KindTenant:
		return none
	case !seen: // a tenant is deleted for good; its entries are all that is left
		return &audit.Links{EditState: deleted}
	case state == inventory.StateDeleted:
		return &audit.Links{Object: &page, EditState: deleted}
	case state == inventory.StateExternal:
		return &audit.Links{Object: &page, EditState: external}
	case !may(right):
		return &audit.Links{Object: &page, EditState: forbidden}
	}
	return &audit.Links{Object: &page, Edit: &page, EditState: editable}
}
