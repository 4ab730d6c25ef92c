package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"annals/backend/access"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/inventory"
	"annals/backend/tenant"
	"annals/backend/user"
)

// userJSON is a user as the API shows one.
type userJSON struct {
	ID           int64        `json:"id"`
	Email        string       `json:"email"`
	Name         string       `json:"name"`
	Role         access.Role  `json:"role" enum:"admin,auditor,user"`
	State        string       `json:"state" enum:"pending,active,locked,deleted"`
	TenantID     int64        `json:"tenantId"`
	TenantName   string       `json:"tenantName"`
	TenantPath   string       `json:"tenantPath"`
	Level        tenant.Level `json:"level" enum:"root,sales_org,dealer,reseller,user"`
	TimeZone     string       `json:"timeZone"`
	MFAEnabled   bool         `json:"mfaEnabled"`
	CreatedAt    timestamp    `json:"createdAt"`
	LastSignInAt *timestamp   `json:"lastSignInAt" nullable:"true"`
	InvitedUntil *timestamp   `json:"invitedUntil" nullable:"true" doc:"When the invitation of somebody pending ends, or ended"`
	Revision     int64        `json:"revision"`
	Editable     bool         `json:"editable"`
}

func personOf(u user.Listed, mayEdit bool) userJSON {
	return userJSON{ID: u.ID, Email: u.Email, Name: u.Name, Role: u.Role, State: u.State, TenantID: u.TenantID, TenantName: u.TenantName,
		TenantPath: u.TenantPath, Level: u.Level(), TimeZone: u.TimeZone, MFAEnabled: u.MFAEnabled, CreatedAt: timestamp(u.CreatedAt),
		LastSignInAt: optional(u.LastSignInAt), InvitedUntil: optional(u.InvitedUntil), Revision: u.Revision, Editable: mayEdit && u.State != user.Deleted}
}

// timestamp is a time as everywhere in the API: RFC 3339, UTC, always six digits of the second.
type timestamp time.Time

// MarshalJSON writes it so.
func (t timestamp) MarshalJSON() ([]byte, error) { return json.Marshal(micros(time.Time(t))) }

// Scan reads it from a row.
func (t *timestamp) Scan(v any) error {
	at, ok := v.(time.Time)
	if !ok {
		return fmt.Errorf("a time is expected, not %T", v)
	}
	*t = timestamp(at)
	return nil
}

// Schema describes it in the API's document.
func (timestamp) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time"}
}

func optional(t *time.Time) *timestamp { return (*timestamp)(t) }

type scopeNode struct {
	ID    *int64       `json:"id" nullable:"true" doc:"null where the viewer may not open it"`
	Name  string       `json:"name"`
	Level tenant.Level `json:"level"`
}

type meJSON struct {
	User  userJSON `json:"user"`
	Scope struct {
		Level      tenant.Level `json:"level" enum:"root,sales_org,dealer,reseller,user"`
		TenantID   int64        `json:"tenantId"`
		TenantName string       `json:"tenantName"`
		Path       []scopeNode  `json:"path"`
		Label      string       `json:"label"`
	} `json:"scope"`
	Permissions []access.Permission `json:"permissions"`
	TimeZone    string              `json:"timeZone"`
	MFA         struct {
		Enabled           bool `json:"enabled"`
		Required          bool `json:"required"`
		RecoveryCodesLeft int  `json:"recoveryCodesLeft"`
	} `json:"mfa"`
	SessionID string `json:"sessionId"`
}

func (s *Server) me(ctx context.Context, _ *nothing) (*body[meJSON], error) {
	p := who(ctx)
	mfa, err := s.Auth.MFA(ctx, p)
	if err != nil {
		return nil, err
	}
	var out meJSON
	out.User, out.Permissions, out.TimeZone, out.SessionID = personOf(p.User, true), p.Permissions, p.User.TimeZone, p.SessionID
	out.MFA.Enabled, out.MFA.Required, out.MFA.RecoveryCodesLeft = mfa.Enabled, mfa.Required, mfa.RecoveryCodesLeft
	out.Scope.Level, out.Scope.TenantID, out.Scope.TenantName = p.Scope.Level, p.User.TenantID, p.User.TenantName
	out.Scope.Path = []scopeNode{}
	var names []string
	for _, n := range tenant.Ancestors(home(p)) {
		node := scopeNode{Name: n.Name, Level: n.Level}
		if n.ID == p.User.TenantID && p.May(access.ReadTenants) {
			node.ID = &n.ID
		}
		out.Scope.Path = append(out.Scope.Path, node)
		names = append(names, n.Name)
	}
	if out.Scope.Label = strings.Join(names, " › "); len(names) == 0 {
		out.Scope.Label = p.User.TenantName
	}
	return answer(out), nil
}

type updateMeIn struct {
	Body struct {
		Name     *string `json:"name,omitempty" maxLength:"200"`
		TimeZone *string `json:"timeZone,omitempty" maxLength:"100"`
	}
}

func (s *Server) updateMe(ctx context.Context, in *updateMeIn) (*body[userJSON], error) {
	p := who(ctx)
	var out userJSON
	err := s.DB.Write(ctx, tenant.OfPerson(p.User.ID, p.User.TenantID).Wall(), func(tx *db.Tx) error {
		e := s.editor(ctx)
		e.Scope = tenant.OfPerson(p.User.ID, p.User.TenantID) // nobody needs a right to change their own profile
		u, err := e.UpdateUser(tx, p.User.ID, p.User.Revision, inventory.UserChange{Name: in.Body.Name, TimeZone: in.Body.TimeZone})
		out = personOf(u, true)
		return err
	})
	return answer(out), err
}

type sessionJSON struct {
	ID         uuid.UUID `json:"id"`
	Current    bool      `json:"current"`
	CreatedAt  timestamp `json:"createdAt"`
	LastSeenAt timestamp `json:"lastSeenAt"`
	ExpiresAt  timestamp `json:"expiresAt"`
	IP         string    `json:"ip"`
	UserAgent  string    `json:"userAgent"`
	Method     string    `json:"method"`
}

type list[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next" nullable:"true"`
}

// page cuts off the row by which more was asked for than the limit, and says where the next page
// begins if it was there.
func page[Row any, Cursor int64 | string](rows []Row, limit int, cursor func(last Row) Cursor) ([]Row, *string) {
	if len(rows) <= limit {
		return rows, nil
	}
	next := fmt.Sprint(cursor(rows[limit-1]))
	return rows[:limit], &next
}

func (s *Server) mySessions(ctx context.Context, _ *nothing) (*body[list[sessionJSON]], error) {
	p := who(ctx)
	sessions, err := s.Auth.Sessions(ctx, p)
	if err != nil {
		return nil, err
	}
	out := list[sessionJSON]{Items: []sessionJSON{}}
	for _, x := range sessions {
		out.Items = append(out.Items, sessionJSON{ID: x.ID, Current: x.ID.String() == p.SessionID, CreatedAt: timestamp(x.CreatedAt), LastSeenAt: timestamp(x.LastSeenAt),
			ExpiresAt: timestamp(x.ExpiresAt), IP: x.IP, UserAgent: x.UserAgent, Method: x.Method})
	}
	return answer(out), nil
}

type sessionIn struct {
	ID string `path:"id" maxLength:"100"`
}

func (s *Server) revokeSession(ctx context.Context, in *sessionIn) (*nothing, error) {
	id, err := uuid.Parse(in.ID)
	if err != nil {
		return nil, fault.Absent()
	}
	return nil, s.Auth.RevokeSession(ctx, who(ctx), id)
}

func (s *Server) revokeOthers(ctx context.Context, _ *nothing) (*nothing, error) {
	return nil, s.Auth.RevokeOthers(ctx, who(ctx))
}

// token takes the token out of an Authorization header.
func token(header string) string {
	token, ok := strings.CutPrefix(header, "Bearer ")
	if !ok {
		return ""
	}
	return token
}
