package httpapi

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"annals/backend/access"
	"annals/backend/catalog"
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
	Actions     []string        `json:"actions" doc:"What the viewer may do to it as it is now; create, update, delete and restore among them"`
	Jobs        []jobJSON       `json:"jobs,omitempty" doc:"What its actions have asked for, newest first: the work that is under way, and the last result of each; not in lists"`
}

type jobJSON struct {
	ID     string    `json:"id" doc:"Also the eventId of the entry of its result"`
	Action string    `json:"action"`
	State  string    `json:"state" enum:"waiting,running,done,failed"`
	Since  timestamp `json:"since"`
	Result string    `json:"result" doc:"What came of it, in words"`
}

func (s *Server) objectOf(ctx context.Context, o inventory.Object) objectJSON {
	p := who(ctx)
	system, _, _ := strings.Cut(o.Kind, ".")
	out := objectJSON{ID: o.ID, Kind: o.Kind, KindLabel: o.Kind, System: system, Source: o.Source, ExternalID: o.ExternalID, Name: o.Name,
		State: o.State, Managed: o.Managed, DeletedAt: optional(o.DeletedAt), TenantID: o.TenantID, TenantPath: o.TenantPath, Revision: o.Revision,
		Attributes: o.Attributes, EditState: external, FirstSeenAt: timestamp(o.FirstSeenAt), LastEventAt: optional(o.LastEventAt)}
	if k, ok := s.Log.Catalog().Kind(o.Kind); ok {
		out.KindLabel = k.Label
	}
	out.Actions = []string{}
	if p.May(access.EditObjects) {
		out.Actions = s.editor(ctx).Possible(o)
	}
	switch {
	case o.DeletedAt != nil:
		out.EditState = deleted
	case o.Managed && slices.Contains(out.Actions, "update"):
		out.EditState = editable
	case o.Managed:
		out.EditState = forbidden
	}
	return out
}

// ObjectFilter is what every list of objects can be asked.
type ObjectFilter struct {
	Q       string   `query:"q" maxLength:"200" doc:"Part of the name, or the source's id"`
	State   []string `query:"state,explode" maxItems:"50" doc:"Any of these"`
	Deleted string   `query:"deleted" enum:"true,false" doc:"Only deleted ones, or only those that aren't; both if not given"`
	Limit   int      `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor  int64    `query:"cursor" minimum:"1"`
}

type searchObjectsIn struct {
	Kind   string `query:"kind" maxLength:"200" doc:"As mor.device"`
	System string `query:"system" maxLength:"100"`
	ObjectFilter
}

func (s *Server) searchObjects(ctx context.Context, in *searchObjectsIn) (*body[list[objectJSON]], error) {
	if in.Kind != "" {
		if _, ok := s.Log.Catalog().Kind(in.Kind); !ok {
			return nil, fault.At("query.kind", "The catalogue has no kind %q.", in.Kind)
		}
	}
	filter := inventory.Filter{Kind: in.Kind, System: in.System, Text: in.Q, States: in.State}
	if in.Deleted != "" {
		deleted := in.Deleted == "true"
		filter.Deleted = &deleted
	}
	out := list[objectJSON]{Items: []objectJSON{}}
	err := s.read(ctx, func(tx *db.Tx) error {
		found, err := inventory.Search(tx, who(ctx).Scope, filter, in.Cursor, in.Limit+1)
		found, out.Next = page(found, in.Limit, func(o inventory.Object) int64 { return o.ID })
		if err != nil {
			return err
		}
		out.Items, err = s.objectsOf(ctx, tx, found)
		return err
	})
	return answer(out), err
}

// objectsOf shows objects, each with the way to where it is edited.
func (s *Server) objectsOf(ctx context.Context, tx *db.Tx, objects []inventory.Object) ([]objectJSON, error) {
	out := []objectJSON{}
	var ids []int64
	for _, o := range objects {
		j := s.objectOf(ctx, o)
		if out = append(out, j); j.EditState == external {
			ids = append(ids, o.ID)
		}
	}
	links, err := inventory.EditURLs(tx, who(ctx).Scope, ids)
	for i := range out {
		if link, ok := links[out[i].ID]; ok {
			out[i].EditURL = &link
		}
	}
	return out, err
}

type objectsOfKindIn struct {
	Kind string `path:"kind" maxLength:"200"`
	ObjectFilter
}

func (s *Server) searchObjectsOfKind(ctx context.Context, in *objectsOfKindIn) (*body[list[objectJSON]], error) {
	if _, ok := s.Log.Catalog().Kind(in.Kind); !ok {
		return nil, fault.Absent()
	}
	return s.searchObjects(ctx, &searchObjectsIn{Kind: in.Kind, ObjectFilter: in.ObjectFilter})
}

// ObjectPath is the way to one object.
type ObjectPath struct {
	Kind string `path:"kind" maxLength:"200"`
	ID   int64  `path:"id"`
}

type objectOut struct {
	ETag string `header:"ETag"`
	Body objectJSON
}

func (s *Server) object(ctx context.Context, in *ObjectPath) (*objectOut, error) {
	return s.oneObject(ctx, in.ID, s.read, func(tx *db.Tx) (inventory.Object, error) {
		return inventory.Find(tx, who(ctx).Scope, in.Kind, in.ID)
	})
}

// oneObject answers with the object that fn finds or changes.
func (s *Server) oneObject(ctx context.Context, id int64, run func(context.Context, func(*db.Tx) error) error, fn func(*db.Tx) (inventory.Object, error)) (*objectOut, error) {
	var out []objectJSON
	err := run(ctx, func(tx *db.Tx) error {
		o, err := fn(tx)
		if err != nil {
			return err
		}
		if out, err = s.objectsOf(ctx, tx, []inventory.Object{o}); err != nil || !s.hasJobs(o.Kind) {
			return err
		}
		jobs, err := inventory.JobsOf(tx, o)
		for _, j := range jobs {
			out[0].Jobs = append(out[0].Jobs, jobJSON{j.ID.String(), j.Action, j.State, timestamp(j.Since), j.Result})
		}
		return err
	})
	if err != nil {
		return nil, s.denied(ctx, err, "object", id)
	}
	return &objectOut{ETag: etag(out[0].Revision), Body: out[0]}, nil
}

func (s *Server) hasJobs(kind string) bool {
	k, _ := s.Log.Catalog().Kind(kind)
	return slices.ContainsFunc(k.Actions, func(a catalog.Action) bool { return a.Job != nil })
}

func (s *Server) write(ctx context.Context, fn func(*db.Tx) error) error {
	return s.editor(ctx).Write(ctx, s.DB, fn)
}

// Said is why and for whom something is done.
type Said struct {
	Reason     string `json:"reason,omitempty" maxLength:"500"`
	Commentary string `json:"commentary,omitempty" maxLength:"16000"`
	OnBehalfOf int64  `json:"onBehalfOf,omitempty" minimum:"1" doc:"The user for whom it is done, one of the caller's scope"`
}

// Why is what every change of an object may say beside the values.
type Why struct {
	Said
	ExpertMode bool `json:"expertMode,omitempty" doc:"Dangerous fields may be changed; it is recorded"`
}

func (w Why) draft(attributes map[string]any) inventory.Draft {
	return inventory.Draft{Attributes: attributes, Reason: w.Reason, Commentary: w.Commentary, OnBehalfOf: w.OnBehalfOf, Expert: w.ExpertMode}
}

type createObjectIn struct {
	Kind string `path:"kind" maxLength:"200"`
	Body struct {
		TenantID   int64          `json:"tenantId,omitempty" minimum:"1" doc:"The caller's own if not given"`
		Attributes map[string]any `json:"attributes"`
		Why
	}
}

func (s *Server) createObject(ctx context.Context, in *createObjectIn) (*objectOut, error) {
	return s.oneObject(ctx, 0, s.write, func(tx *db.Tx) (inventory.Object, error) {
		d := in.Body.draft(in.Body.Attributes)
		d.TenantID = in.Body.TenantID
		return s.editor(ctx).CreateObject(tx, in.Kind, d)
	})
}

// ObjectChange is the way to one object and the revision that a change builds on.
type ObjectChange struct {
	ObjectPath
	IfMatch string `header:"If-Match" required:"true"`
}

// changeObject does fn to the object at the revision that the caller saw.
func (s *Server) changeObject(ctx context.Context, in ObjectChange, fn func(tx *db.Tx, e inventory.Editor, revision int64) (inventory.Object, error)) (*objectOut, error) {
	revision, err := ifMatch(in.IfMatch)
	if err != nil {
		return nil, err
	}
	return s.oneObject(ctx, in.ID, s.write, func(tx *db.Tx) (inventory.Object, error) { return fn(tx, s.editor(ctx), revision) })
}

type updateObjectIn struct {
	ObjectChange
	Body struct {
		Attributes map[string]any `json:"attributes" doc:"By field; what isn't there stays, null takes the value away"`
		Why
	}
}

func (s *Server) updateObject(ctx context.Context, in *updateObjectIn) (*objectOut, error) {
	return s.changeObject(ctx, in.ObjectChange, func(tx *db.Tx, e inventory.Editor, revision int64) (inventory.Object, error) {
		return e.UpdateObject(tx, in.Kind, in.ID, revision, in.Body.draft(in.Body.Attributes))
	})
}

// WhyQuery is Said for DELETE, which has no body.
type WhyQuery struct {
	Reason     string `query:"reason" maxLength:"500"`
	Commentary string `query:"commentary" maxLength:"16000"`
	OnBehalfOf int64  `query:"onBehalfOf" minimum:"1"`
}

func (w WhyQuery) draft() inventory.Draft {
	return inventory.Draft{Reason: w.Reason, Commentary: w.Commentary, OnBehalfOf: w.OnBehalfOf}
}

type deleteObjectIn struct {
	ObjectChange
	WhyQuery
}

func (s *Server) deleteObject(ctx context.Context, in *deleteObjectIn) (*objectOut, error) {
	return s.changeObject(ctx, in.ObjectChange, func(tx *db.Tx, e inventory.Editor, revision int64) (inventory.Object, error) {
		return e.DeleteObject(tx, in.Kind, in.ID, revision, in.draft())
	})
}

type actOnObjectIn struct {
	ObjectChange
	Action string `path:"action" maxLength:"200"`
	Body   struct {
		Attributes map[string]any `json:"attributes,omitempty" doc:"The action's inputs"`
		Why
	}
}

func (s *Server) actOnObject(ctx context.Context, in *actOnObjectIn) (*objectOut, error) {
	return s.changeObject(ctx, in.ObjectChange, func(tx *db.Tx, e inventory.Editor, revision int64) (inventory.Object, error) {
		return e.ActOn(tx, in.Kind, in.ID, revision, in.Action, in.Body.draft(in.Body.Attributes))
	})
}

type restoreObjectIn struct {
	ObjectChange
	Body struct {
		Revision int64 `json:"revision" minimum:"1"`
		Why
	}
}

func (s *Server) restoreObject(ctx context.Context, in *restoreObjectIn) (*objectOut, error) {
	return s.changeObject(ctx, in.ObjectChange, func(tx *db.Tx, e inventory.Editor, revision int64) (inventory.Object, error) {
		return e.RestoreObject(tx, in.Kind, in.ID, revision, in.Body.Revision, in.Body.draft(nil))
	})
}
