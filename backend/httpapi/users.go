package httpapi

import (
	"context"
	"encoding/base64"
	"strconv"
	"strings"

	"annals/backend/access"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/inventory"
	"annals/backend/user"
)

type searchUsersIn struct {
	TenantID int64  `query:"tenantId" minimum:"1" doc:"Of this organization alone"`
	GroupID  int64  `query:"groupId" minimum:"1" doc:"Members of this group"`
	Q        string `query:"q" maxLength:"200" doc:"Part of the name or e-mail address"`
	Role     string `query:"role" enum:"admin,auditor,user"`
	State    string `query:"state" enum:"pending,active,locked,deleted"`
	Limit    int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor   string `query:"cursor" maxLength:"2000"`
}

func (s *Server) searchUsers(ctx context.Context, in *searchUsersIn) (*body[list[userJSON]], error) {
	out := list[userJSON]{Items: []userJSON{}}
	afterName, afterID, err := parseNameCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	p := who(ctx)
	err = s.read(ctx, func(tx *db.Tx) error {
		found, err := user.Search(tx, p.Scope, user.Filter{TenantID: in.TenantID, GroupID: in.GroupID, Text: in.Q, Role: in.Role, State: in.State}, afterName, afterID, in.Limit+1)
		found, out.Next = page(found, in.Limit, func(u user.Listed) string { return nameCursor(u.SortKey, u.ID) })
		for _, u := range found {
			out.Items = append(out.Items, personOf(u, p.May(access.EditUsers)))
		}
		return err
	})
	return answer(out), err
}

func nameCursor(name string, id int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(id, 10) + " " + name))
}

func parseNameCursor(s string) (name string, id int64, err error) {
	if s == "" {
		return "", 0, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	number, name, ok := strings.Cut(string(b), " ")
	id, errID := strconv.ParseInt(number, 10, 64)
	if err != nil || !ok || errID != nil {
		return "", 0, fault.At("query.cursor", "The cursor is not one that this search gave.")
	}
	return name, id, nil
}

type userOut struct {
	ETag string `header:"ETag"`
	Body userJSON
}

func (s *Server) oneUser(ctx context.Context, u user.Listed) *userOut {
	return &userOut{ETag: etag(u.Revision), Body: personOf(u, who(ctx).May(access.EditUsers))}
}

func (s *Server) user(ctx context.Context, in *ByID) (*userOut, error) {
	var u user.Listed
	err := s.read(ctx, func(tx *db.Tx) (err error) {
		u, err = user.Find(tx, who(ctx).Scope, in.ID)
		return err
	})
	if err != nil {
		return nil, s.denied(ctx, err, "user", in.ID)
	}
	return s.oneUser(ctx, u), nil
}

// maxGroups is how many groups of one person are shown.
const maxGroups = 200

func (s *Server) userGroups(ctx context.Context, in *ByID) (*body[list[objectJSON]], error) {
	out := list[objectJSON]{Items: []objectJSON{}}
	err := s.read(ctx, func(tx *db.Tx) error {
		u, err := user.Find(tx, who(ctx).Scope, in.ID)
		if err != nil {
			return err
		}
		kind, _ := s.Log.Catalog().Kind(inventory.KindGroup)
		groups, err := inventory.Referring(tx, who(ctx).Scope, kind, inventory.Object{Kind: inventory.KindUser, ID: u.ID}, maxGroups)
		for _, g := range groups {
			out.Items = append(out.Items, s.objectOf(ctx, g))
		}
		return err
	})
	return answer(out), s.denied(ctx, err, "user", in.ID)
}

type createUserIn struct {
	Body struct {
		TenantID int64       `json:"tenantId" minimum:"1"`
		Email    string      `json:"email" maxLength:"254"`
		Name     string      `json:"name" maxLength:"200"`
		Role     access.Role `json:"role" enum:"admin,auditor,user"`
		Password string      `json:"password,omitempty" maxLength:"1000" doc:"Without one the user is pending until activated, or until the invitation is accepted"`
		Invite   bool        `json:"invite,omitempty" doc:"Mail a link with which the user chooses a password; not with a password"`
		TimeZone string      `json:"timeZone,omitempty" maxLength:"100"`
		Reason   string      `json:"reason,omitempty" maxLength:"500"`
	}
}

func (s *Server) createUser(ctx context.Context, in *createUserIn) (*userOut, error) {
	if in.Body.Invite && in.Body.Password != "" {
		return nil, fault.At("body.invite", "Either give a password, or let the user choose one by invitation.")
	}
	var u user.Listed
	send := func() {}
	err := s.change(ctx, func(tx *db.Tx, e inventory.Editor) (err error) {
		state := user.Pending
		if in.Body.Password != "" {
			state = user.Active
		}
		u, err = e.CreateUser(tx, in.Body.TenantID, user.User{Email: in.Body.Email, Name: in.Body.Name, Role: in.Body.Role, TimeZone: in.Body.TimeZone, State: state}, in.Body.Reason)
		if err != nil {
			return err
		}
		if err := tx.As(db.Auth); err != nil {
			return err
		}
		if err := s.Auth.CreateCredentials(tx, u.User, in.Body.Password); err != nil || !in.Body.Invite {
			return err
		}
		if send, err = s.Auth.InviteWith(tx, e.Origin, u.User); err != nil {
			return err
		}
		if err := tx.As(e.Scope.Wall()); err != nil {
			return err
		}
		u, err = user.Find(tx, e.Scope, u.ID)
		return err
	})
	if err != nil {
		return nil, s.denied(ctx, err, "tenant", in.Body.TenantID)
	}
	send()
	return s.oneUser(ctx, u), nil
}

type updateUserIn struct {
	ByID
	IfMatch string `header:"If-Match" required:"true"`
	Body    struct {
		Name     *string `json:"name,omitempty" maxLength:"200"`
		Email    *string `json:"email,omitempty" maxLength:"254"`
		Role     *string `json:"role,omitempty" enum:"admin,auditor,user"`
		TimeZone *string `json:"timeZone,omitempty" maxLength:"100"`
		Reason   string  `json:"reason,omitempty" maxLength:"500"`
	}
}

func (s *Server) updateUser(ctx context.Context, in *updateUserIn) (*userOut, error) {
	revision, err := ifMatch(in.IfMatch)
	if err != nil {
		return nil, err
	}
	var u user.Listed
	err = s.change(ctx, func(tx *db.Tx, e inventory.Editor) (err error) {
		u, err = e.UpdateUser(tx, in.ID, revision, inventory.UserChange{Name: in.Body.Name, Email: in.Body.Email, Role: in.Body.Role, TimeZone: in.Body.TimeZone, Reason: in.Body.Reason})
		if err != nil || in.Body.Email == nil {
			return err
		}
		if err := tx.As(db.Auth); err != nil {
			return err
		}
		return s.Auth.AddressChanged(tx, u.ID) // what was mailed to the old address is void
	})
	if err != nil {
		return nil, s.denied(ctx, err, "user", in.ID)
	}
	return s.oneUser(ctx, u), nil
}

func (s *Server) deleteUser(ctx context.Context, in *deleteIn) (*nothing, error) {
	_, err := s.step(ctx, in.ID, "delete", in.Reason)
	return nil, err
}

type reasonIn struct {
	ByID
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"500"`
	}
}

func (s *Server) stepUser(name string) func(context.Context, *reasonIn) (*userOut, error) {
	return func(ctx context.Context, in *reasonIn) (*userOut, error) {
		u, err := s.step(ctx, in.ID, name, in.Body.Reason)
		if err != nil {
			return nil, err
		}
		return s.oneUser(ctx, u), nil
	}
}

// step does what can be done to a person; who is locked out or deleted is signed out as well.
func (s *Server) step(ctx context.Context, id int64, name, reason string) (u user.Listed, err error) {
	err = s.change(ctx, func(tx *db.Tx, e inventory.Editor) error {
		if u, err = e.StepUser(tx, id, name, reason); err != nil {
			return err
		}
		if u.State != user.Locked && u.State != user.Deleted {
			return nil
		}
		if err := tx.As(db.Auth); err != nil {
			return err
		}
		return s.Auth.EndSessions(tx, e.Origin, u, reason)
	})
	return u, s.denied(ctx, err, "user", id)
}

func (s *Server) invite(ctx context.Context, in *ByID) (*nothing, error) {
	return nil, s.denied(ctx, s.Auth.Invite(ctx, who(ctx), in.ID), "user", in.ID)
}

func (s *Server) revokeInvitation(ctx context.Context, in *ByID) (*nothing, error) {
	return nil, s.denied(ctx, s.Auth.RevokeInvitation(ctx, who(ctx), in.ID), "user", in.ID)
}

func (s *Server) resetMFA(ctx context.Context, in *reasonIn) (*nothing, error) {
	err := s.checkReason(ctx, in)
	if err == nil {
		err = s.Auth.ResetMFA(ctx, who(ctx), in.ID, in.Body.Reason)
	}
	return nil, s.denied(ctx, err, "user", in.ID)
}

// checkReason holds the reason of what package auth does to a person against the rules of the
// person's organization.
func (s *Server) checkReason(ctx context.Context, in *reasonIn) error {
	return s.read(ctx, func(tx *db.Tx) error {
		u, err := user.Find(tx, who(ctx).Scope, in.ID)
		if err != nil {
			return err
		}
		return s.editor(ctx).CheckReason(tx, u.TenantID, in.Body.Reason)
	})
}

func (s *Server) resetPassword(ctx context.Context, in *reasonIn) (*nothing, error) {
	err := s.checkReason(ctx, in)
	if err == nil {
		err = s.Auth.ResetPassword(ctx, who(ctx), in.ID, in.Body.Reason)
	}
	return nil, s.denied(ctx, err, "user", in.ID)
}

type resetAllIn struct {
	Body struct {
		TenantID int64  `json:"tenantId" minimum:"1"`
		Reason   string `json:"reason" minLength:"1" maxLength:"500"`
		Code     string `json:"code" maxLength:"100" doc:"The caller's own current code"`
	}
}

type resetCount struct {
	Count int64 `json:"count" doc:"Of people who had a second factor"`
}

func (s *Server) resetMFAForAll(ctx context.Context, in *resetAllIn) (*body[resetCount], error) {
	err := s.read(ctx, func(tx *db.Tx) error { return s.editor(ctx).CheckReason(tx, in.Body.TenantID, in.Body.Reason) })
	if err != nil {
		return nil, err
	}
	n, err := s.Auth.ResetMFAForAll(ctx, who(ctx), in.Body.TenantID, in.Body.Reason, in.Body.Code)
	if err != nil {
		return nil, s.denied(ctx, err, "tenant", in.Body.TenantID)
	}
	return answer(resetCount{int64(n)}), nil
}
