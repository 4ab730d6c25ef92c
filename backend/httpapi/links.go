package httpapi

import (
	"context"
	"fmt"
	"slices"

	"annals/backend/access"
	"annals/backend/audit"
	"annals/backend/auth"
	"annals/backend/db"
	"annals/backend/inventory"
	"annals/backend/tenant"
)

// Edit states of an event's object.
const (
	editable  = "editable"
	deleted   = "deleted"
	external  = "external"
	forbidden = "forbidden"
)

// ownPages are the pages of what has a table of its own, what opens the form there, and the rights to
// see it and to use its form. All other kinds are the inventory's, and have one page.
var ownPages = map[string]struct {
	page, form string
	see, edit  access.Permission
}{
	inventory.KindUser:   {"/people/%d", "?edit=true", access.ReadUsers, access.EditUsers},
	inventory.KindTenant: {"/organization/%d", "?edit=true", access.ReadTenants, access.EditTenants},
	inventory.KindAPIKey: {"/settings/api-keys?key=%d", "", access.ManageAPIKeys, access.ManageAPIKeys},
}

// about is what has the page of an event's object: that of a session is its person's.
func about(e audit.Event) audit.Object {
	switch {
	case e.Object == nil:
		return audit.Object{}
	case e.Object.Kind == inventory.KindSession && e.Subject != nil:
		return audit.Object{Kind: inventory.KindUser, Ref: e.Subject.ID}
	}
	return *e.Object
}

// tableOf is the table that States looks a kind up in.
func tableOf(kind string) string {
	if _, own := ownPages[kind]; own {
		return kind
	}
	return "objects"
}

// link gives each event the way to the page of its object, and says whether the viewer may edit it
// there: one statement for each table, whatever the number of events.
func (s *Server) link(ctx context.Context, events []audit.Event) error {
	p := who(ctx)
	refs := map[string][]int64{}
	for _, e := range events {
		if o := about(e); o.Ref != 0 {
			refs[tableOf(o.Kind)] = append(refs[tableOf(o.Kind)], o.Ref)
		}
	}
	states := map[string]map[int64]string{}
	var atSource map[int64]string
	if p.Scope.Level != tenant.User && p.May(access.ReadObjects) && len(refs) > 0 {
		err := s.read(ctx, func(tx *db.Tx) (err error) {
			for table, ids := range refs {
				if own, ok := ownPages[table]; ok && !p.May(own.see) {
					continue
				}
				if states[table], err = inventory.States(tx, p.Scope, table, ids); err != nil {
					return err
				}
			}
			atSource, err = inventory.EditURLs(tx, p.Scope, inState(states["objects"], inventory.StateExternal))
			return err
		})
		if err != nil {
			return fmt.Errorf("link events: %w", err)
		}
	}
	for i, e := range events {
		o := about(e)
		state := states[tableOf(o.Kind)][o.Ref]
		switch {
		case isOneself(p, o) && state == "":
			state = inventory.StateLive // nobody needs a right to see themselves
		case o.Kind == inventory.KindTenant && o.Ref != 0 && states[o.Kind] != nil && state == "":
			state = inventory.StateDeleted // an organization leaves no row; its page says what the log knows
		}
		if e.Object != nil && e.Object.Kind == inventory.KindSession && state != "" {
			state = inventory.StateDeleted // its entries tell of its end
		}
		events[i].Links = s.linkOf(p, o, state)
		if link, ok := atSource[o.Ref]; ok && state == inventory.StateExternal {
			events[i].Links.Edit = &link
		}
	}
	return nil
}

// inState are the ids of those in a state.
func inState(states map[int64]string, state string) (ids []int64) {
	for id, of := range states {
		if of == state {
			ids = append(ids, id)
		}
	}
	return ids
}

func isOneself(p auth.Principal, o audit.Object) bool {
	return o.Kind == inventory.KindUser && o.Ref != 0 && o.Ref == p.User.ID
}

// linkOf is the way to a thing in a state; "" is one that the viewer doesn't see, or that has no page.
func (s *Server) linkOf(p auth.Principal, o audit.Object, state string) *audit.Links {
	kind, _ := s.Log.Catalog().Kind(o.Kind)
	page, form := fmt.Sprintf("/objects/%s/%d", o.Kind, o.Ref), "?edit=true"
	may := p.May(access.EditObjects) && slices.Contains(kind.ManagedBy, string(p.Scope.Level))
	if own, ok := ownPages[o.Kind]; ok {
		page, form, may = fmt.Sprintf(own.page, o.Ref), own.form, p.May(own.edit)
	}
	if isOneself(p, o) {
		page, form, may = "/me", "?tab=profile", true
	}
	links := &audit.Links{EditState: forbidden}
	if state != "" {
		links.Object = &page
	}
	switch {
	case state == inventory.StateDeleted:
		links.EditState = deleted
	case state == inventory.StateExternal, o.Ref == 0 && o != (audit.Object{}) && kind.System != "annals":
		links.EditState = external // also what the source didn't name so that it could have a page
	case state == inventory.StateLive && may:
		edit := page + form
		links.Edit, links.EditState = &edit, editable
	}
	return links
}
