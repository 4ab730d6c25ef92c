package httpapi

import (
	"cmp"
	"context"

	"annals/backend/access"
	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/inventory"
)

type settingJSON struct {
	Name       string               `json:"name" doc:"Its kind in the catalogue, as sbc.audit_log_retention"`
	Label      string               `json:"label"`
	TenantID   int64                `json:"tenantId" doc:"The organization for which it holds"`
	Attributes inventory.Attributes `json:"attributes" doc:"What holds, by field"`
	Fields     []catalog.Field      `json:"fields" doc:"What each value means: type, unit, bounds, default"`
	Origin     string               `json:"origin" enum:"here,above,default"`
	From       *settingFrom         `json:"from,omitempty" doc:"Where it is set; absent where the defaults hold"`
	ObjectID   *int64               `json:"objectId" nullable:"true" doc:"The object that is set here, with its revisions and entries"`
	Revision   int64                `json:"revision" doc:"0 while nothing is set here"`
	Editable   bool                 `json:"editable"`
}

// settingFrom names who has set it; above the viewer by the level alone.
type settingFrom struct {
	Level    string  `json:"level" enum:"root,sales_org,dealer,reseller"`
	Label    string  `json:"label"`
	TenantID *int64  `json:"tenantId" nullable:"true"`
	Name     *string `json:"name" nullable:"true"`
}

func (s *Server) settingOf(ctx context.Context, tenantID int64, x inventory.Setting) settingJSON {
	out := settingJSON{Name: x.Kind.Name, Label: x.Kind.Label, TenantID: tenantID, Attributes: x.Values, Fields: x.Kind.Fields, Origin: "default",
		ObjectID: orNull(x.Own.ID), Revision: x.Own.Revision, Editable: x.Settable && who(ctx).May(access.EditObjects)}
	switch {
	case x.Own.ID != 0:
		out.Origin = "here"
	case x.From != "":
		out.Origin = "above"
	}
	if x.From != "" {
		out.From = &settingFrom{Level: string(x.From), Label: x.From.Label(), TenantID: orNull(x.Holder.ID)}
		if x.Holder.ID != 0 {
			out.From.Name = &x.Holder.Name
		}
	}
	return out
}

// OfTenant says whose settings are meant.
type OfTenant struct {
	TenantID int64 `query:"tenantId" minimum:"1" doc:"The caller's own organization if not given"`
}

func (in OfTenant) id(ctx context.Context) int64 {
	return cmp.Or(in.TenantID, who(ctx).Scope.TenantID)
}

func (s *Server) listSettings(ctx context.Context, in *OfTenant) (*body[list[settingJSON]], error) {
	out := list[settingJSON]{Items: []settingJSON{}}
	id := in.id(ctx)
	err := s.read(ctx, func(tx *db.Tx) error {
		found, err := s.editor(ctx).Settings(tx, id)
		for _, x := range found {
			out.Items = append(out.Items, s.settingOf(ctx, id, x))
		}
		return err
	})
	return answer(out), s.denied(ctx, err, "tenant", id)
}

// SettingPath is the way to one setting of an organization.
type SettingPath struct {
	OfTenant
	Name string `path:"name" maxLength:"200"`
}

type settingOut struct {
	ETag string `header:"ETag"`
	Body settingJSON
}

func (s *Server) setting(ctx context.Context, in *SettingPath) (*settingOut, error) {
	return s.oneSetting(ctx, *in, s.read, func(*db.Tx) error { return nil })
}

// oneSetting answers with a setting as it is after fn.
func (s *Server) oneSetting(ctx context.Context, in SettingPath, run func(context.Context, func(*db.Tx) error) error, fn func(*db.Tx) error) (*settingOut, error) {
	id := in.id(ctx)
	var x inventory.Setting
	err := run(ctx, func(tx *db.Tx) (err error) {
		if err := fn(tx); err != nil {
			return err
		}
		x, err = s.editor(ctx).Setting(tx, id, in.Name)
		return err
	})
	if err != nil {
		return nil, s.denied(ctx, err, "tenant", id)
	}
	return &settingOut{ETag: etag(x.Own.Revision), Body: s.settingOf(ctx, id, x)}, nil
}

// SettingChange is the way to one setting and the revision that a change builds on.
type SettingChange struct {
	SettingPath
	IfMatch string `header:"If-Match" required:"true"`
}

type changeSettingIn struct {
	SettingChange
	Body struct {
		Attributes map[string]any `json:"attributes" doc:"By field; what isn't there stays as it holds, null takes the value away"`
		Why
	}
}

func (s *Server) changeSetting(ctx context.Context, in *changeSettingIn) (*settingOut, error) {
	revision, err := ifMatch(in.IfMatch)
	if err != nil {
		return nil, err
	}
	d := in.Body.draft(in.Body.Attributes)
	d.TenantID = in.id(ctx)
	return s.oneSetting(ctx, in.SettingPath, s.write, func(tx *db.Tx) error { return s.editor(ctx).ChangeSetting(tx, in.Name, revision, d) })
}

type inheritSettingIn struct {
	SettingChange
	WhyQuery
}

func (s *Server) inheritSetting(ctx context.Context, in *inheritSettingIn) (*settingOut, error) {
	revision, err := ifMatch(in.IfMatch)
	if err != nil {
		return nil, err
	}
	d := in.draft()
	d.TenantID = in.id(ctx)
	return s.oneSetting(ctx, in.SettingPath, s.write, func(tx *db.Tx) error { return s.editor(ctx).InheritSetting(tx, in.Name, revision, d) })
}
