package httpapi

import (
	"context"
	"strconv"

	"annals/backend/access"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/inventory"
	"annals/backend/tenant"
)

type tenantJSON struct {
	ID          int64            `json:"id"`
	ParentID    *int64           `json:"parentId" nullable:"true" doc:"null at the top of what the viewer may see"`
	Level       tenant.Level     `json:"level" enum:"root,sales_org,dealer,reseller"`
	Name        string           `json:"name"`
	Path        string           `json:"path"`
	State       string           `json:"state" enum:"active,closed"`
	MFAPolicy   tenant.MFAPolicy `json:"mfaPolicy" enum:"inherit,optional,required"`
	MFARequired bool             `json:"mfaRequired" doc:"What the policies of this and all above it come to"`
	Children    int64            `json:"children"`
	Users       int64            `json:"users"`
	Revision    int64            `json:"revision"`
	Editable    bool             `json:"editable"`
	Deletable   bool             `json:"deletable"`
	Closable    bool             `json:"closable" doc:"May be closed or, when it is, reopened"`
	Movable     bool             `json:"movable" doc:"There may be another place for it in the viewer's scope"`
	ClosedAbove bool             `json:"closedAbove" doc:"One above it is closed, so nobody gets in here either"`
	CreatedAt   timestamp        `json:"createdAt"`
}

func (s *Server) organizationOf(ctx context.Context, t tenant.Listed) tenantJSON {
	p := who(ctx)
	o := tenantJSON{ID: t.ID, Level: t.Level, Name: t.Name, Path: t.Path, State: t.State, MFAPolicy: t.MFAPolicy, MFARequired: t.MFARequired,
		Children: t.Children, Users: t.Users, Revision: t.Revision, CreatedAt: timestamp(t.CreatedAt), ClosedAbove: t.ClosedAbove}
	if p.May(access.EditTenants) {
		e := s.editor(ctx)
		o.Editable, o.Deletable, o.Closable, o.Movable = true, e.CanDelete(t), e.CanClose(t), e.CanMove(t)
	}
	if t.ID != p.Scope.TenantID { // nobody looks up
		o.ParentID = orNull(t.ParentID)
	}
	return o
}

type searchTenantsIn struct {
	ParentID int64  `query:"parentId" minimum:"1"`
	Q        string `query:"q" maxLength:"200" doc:"Part of the name"`
	Limit    int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor   string `query:"cursor" maxLength:"3000"`
}

func (s *Server) searchTenants(ctx context.Context, in *searchTenantsIn) (*body[list[tenantJSON]], error) {
	return s.tenants(ctx, in.ParentID, in.Q, in.Cursor, in.Limit)
}

// maxTree is how many organizations the whole tree shows; beyond it the list is searched.
const maxTree = 5000

func (s *Server) tenantTree(ctx context.Context, _ *nothing) (*body[list[tenantJSON]], error) {
	return s.tenants(ctx, 0, "", "", maxTree)
}

func (s *Server) tenants(ctx context.Context, parent int64, text, after string, limit int) (*body[list[tenantJSON]], error) {
	out := list[tenantJSON]{Items: []tenantJSON{}}
	err := s.read(ctx, func(tx *db.Tx) error {
		found, err := tenant.Search(tx, who(ctx).Scope, parent, text, after, limit+1)
		found, out.Next = page(found, limit, func(t tenant.Listed) string { return t.Path })
		for _, t := range found {
			out.Items = append(out.Items, s.organizationOf(ctx, t))
		}
		return err
	})
	return answer(out), err
}

type tenantOut struct {
	ETag string `header:"ETag"`
	Body tenantJSON
}

func (s *Server) tenant(ctx context.Context, in *ByID) (*tenantOut, error) {
	var out *tenantOut
	err := s.read(ctx, func(tx *db.Tx) (err error) {
		out, err = s.oneTenant(ctx, tx, in.ID)
		return err
	})
	return out, s.denied(ctx, err, "tenant", in.ID)
}

func (s *Server) oneTenant(ctx context.Context, tx *db.Tx, id int64) (*tenantOut, error) {
	t, err := tenant.FindListed(tx, who(ctx).Scope, id)
	if err != nil {
		return nil, err
	}
	return &tenantOut{ETag: etag(t.Revision), Body: s.organizationOf(ctx, t)}, nil
}

func etag(revision int64) string { return `"` + strconv.FormatInt(revision, 10) + `"` }

// ifMatch reads the revision that a change builds on.
func ifMatch(header string) (int64, error) {
	text, err := strconv.Unquote(header)
	if err != nil {
		text = header
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fault.At("header.If-Match", "Give the revision that you saw, as the ETag of the last answer has it.")
	}
	return n, nil
}

type createTenantIn struct {
	Body struct {
		ParentID int64         `json:"parentId" minimum:"1"`
		Level    *tenant.Level `json:"level,omitempty" enum:"sales_org,dealer,reseller" doc:"Follows from the parent; checked when given"`
		Name     string        `json:"name" maxLength:"200"`
		Reason   string        `json:"reason,omitempty" maxLength:"500"`
	}
}

func (s *Server) createTenant(ctx context.Context, in *createTenantIn) (*tenantOut, error) {
	var out *tenantOut
	err := s.change(ctx, func(tx *db.Tx, e inventory.Editor) error {
		t, err := e.CreateTenant(tx, in.Body.ParentID, in.Body.Name, in.Body.Reason)
		if err != nil {
			return err
		}
		if in.Body.Level != nil && *in.Body.Level != t.Level {
			return fault.At("body.level", "Below this parent stands a %s.", t.Level.Label())
		}
		out, err = s.oneTenant(ctx, tx, t.ID)
		return err
	})
	return out, s.denied(ctx, err, "tenant", in.Body.ParentID)
}

type updateTenantIn struct {
	ByID
	IfMatch string `header:"If-Match" required:"true"`
	Body    struct {
		Name      *string           `json:"name,omitempty" maxLength:"200"`
		MFAPolicy *tenant.MFAPolicy `json:"mfaPolicy,omitempty" enum:"inherit,optional,required"`
		Reason    string            `json:"reason,omitempty" maxLength:"500"`
	}
}

func (s *Server) updateTenant(ctx context.Context, in *updateTenantIn) (*tenantOut, error) {
	revision, err := ifMatch(in.IfMatch)
	if err != nil {
		return nil, err
	}
	var out *tenantOut
	err = s.change(ctx, func(tx *db.Tx, e inventory.Editor) error {
		if _, err := e.UpdateTenant(tx, in.ID, revision, inventory.TenantChange{Name: in.Body.Name, MFAPolicy: in.Body.MFAPolicy, Reason: in.Body.Reason}); err != nil {
			return err
		}
		out, err = s.oneTenant(ctx, tx, in.ID)
		return err
	})
	return out, s.denied(ctx, err, "tenant", in.ID)
}

type deleteIn struct {
	ID     int64  `path:"id"`
	Reason string `query:"reason" maxLength:"500"`
}

func (s *Server) deleteTenant(ctx context.Context, in *deleteIn) (*nothing, error) {
	err := s.change(ctx, func(tx *db.Tx, e inventory.Editor) error { return e.DeleteTenant(tx, in.ID, in.Reason) })
	return nil, s.denied(ctx, err, "tenant", in.ID)
}

func (s *Server) stepTenant(name string) func(context.Context, *reasonIn) (*tenantOut, error) {
	return func(ctx context.Context, in *reasonIn) (out *tenantOut, err error) {
		err = s.change(ctx, func(tx *db.Tx, e inventory.Editor) error {
			if _, err := e.StepTenant(tx, in.ID, name, in.Body.Reason); err != nil {
				return err
			}
			out, err = s.oneTenant(ctx, tx, in.ID)
			return err
		})
		return out, s.denied(ctx, err, "tenant", in.ID)
	}
}

type moveTenantIn struct {
	ByID
	IfMatch string `header:"If-Match" required:"true"`
	Body    struct {
		ParentID int64  `json:"parentId" minimum:"1"`
		Reason   string `json:"reason" minLength:"1" maxLength:"500"`
	}
}

func (s *Server) moveTenant(ctx context.Context, in *moveTenantIn) (*tenantOut, error) {
	revision, err := ifMatch(in.IfMatch)
	if err != nil {
		return nil, err
	}
	var out *tenantOut
	err = s.change(ctx, func(tx *db.Tx, e inventory.Editor) error {
		if _, err := e.MoveTenant(tx, in.ID, revision, in.Body.ParentID, in.Body.Reason); err != nil {
			return err
		}
		out, err = s.oneTenant(ctx, tx, in.ID)
		return err
	})
	return out, s.denied(ctx, err, "tenant", in.ID)
}

// tenantContent is what a move or a closing concerns. Each number is counted to tenant.ContentCap.
type tenantContent struct {
	Organizations int64 `json:"organizations" doc:"Below it; 10000 stands for that and more, here and in the others"`
	People        int64 `json:"people"`
	Objects       int64 `json:"objects"`
	APIKeys       int64 `json:"apiKeys"`
}

func (s *Server) tenantContent(ctx context.Context, in *ByID) (*body[tenantContent], error) {
	var c tenant.Content
	err := s.read(ctx, func(tx *db.Tx) error {
		t, err := tenant.Find(tx, who(ctx).Scope, in.ID)
		if err != nil {
			return err
		}
		c, err = tenant.Count(tx, t)
		return err
	})
	if err != nil {
		return nil, s.denied(ctx, err, "tenant", in.ID)
	}
	return answer(tenantContent(c)), nil
}
