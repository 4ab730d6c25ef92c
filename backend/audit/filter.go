package audit

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"annals/backend/fault"
	"annals/backend/tenant"
)

// Filter says which events are wanted; all parts must hold, the values of a repeatable one are
// alternatives. Its tags are the parameters of GET /events and of everything else that filters.
type Filter struct {
	Q            string    `query:"q" maxLength:"200" doc:"Text that occurs in the entry, in any case"`
	From         time.Time `query:"from" doc:"Not before this time, with offset"`
	To           time.Time `query:"to" doc:"Before this time, with offset"`
	System       []string  `query:"system,explode" doc:"System, repeatable"`
	Category     []string  `query:"category,explode" doc:"Category, repeatable"`
	Type         []string  `query:"type,explode" doc:"Event type, as mor.login or, in every system that has it, login; repeatable"`
	Class        []string  `query:"class,explode" doc:"Class, repeatable"`
	State        []string  `query:"state,explode" doc:"Event state, repeatable"`
	Activity     []string  `query:"activity,explode" enum:"system,user,administrative" doc:"Activity, repeatable"`
	Outcome      []string  `query:"outcome,explode" enum:"success,failure" doc:"Outcome, repeatable"`
	Actor        string    `query:"actor" maxLength:"500" doc:"Name of the actor or a part of it, or Sippy's notation u:12:34:name"`
	ActorName    string    `query:"actorName" maxLength:"500" doc:"Name of the actor, whole"`
	ActorID      string    `query:"actorId" maxLength:"500" doc:"The actor's id in its system"`
	UserID       int64     `query:"userId" minimum:"1" doc:"A user: acted or was concerned"`
	UserAs       string    `query:"userAs" enum:"actor,concerned" doc:"With userId: only what the user did, or only what others did to the user"`
	ObjectKind   string    `query:"objectKind" maxLength:"500" doc:"Kind of the object, as mor.device"`
	ObjectID     string    `query:"objectId" maxLength:"500" doc:"The object's id in its system"`
	ObjectRef    int64     `query:"objectRef" minimum:"1" doc:"With objectKind: the id of the object's page; also finds what is linked to it"`
	Object       string    `query:"object" maxLength:"500" doc:"Name of the object or a part of it"`
	SalesOrgID   int64     `query:"salesOrgId" minimum:"1" doc:"Sales organization"`
	DealerID     int64     `query:"dealerId" minimum:"1" doc:"Dealer"`
	ResellerID   int64     `query:"resellerId" minimum:"1" doc:"Reseller"`
	IP           string    `query:"ip" maxLength:"50" doc:"Address, or network as 198.51.100.0/24"`
	Node         string    `query:"node" maxLength:"500" doc:"Node of the source"`
	Reason       string    `query:"reason" maxLength:"500" doc:"Reason"`
	UsedAPI      string    `query:"usedApi" enum:"true,false" doc:"Through an API"`
	ExpertMode   string    `query:"expertMode" enum:"true,false" doc:"In expert mode"`
	FromProvider string    `query:"fromProvider" enum:"true,false" doc:"By a provider"`
	ImportFile   string    `query:"importFile" maxLength:"500" doc:"Bulk import file that caused it"`
	CDRFile      string    `query:"cdrFile" maxLength:"500" doc:"CDR file that caused it"`
	RequestID    string    `query:"requestId" maxLength:"500" doc:"Request"`
	SessionID    string    `query:"sessionId" maxLength:"500" doc:"Session"`
	IDAfter      int64     `query:"idAfter" minimum:"0" doc:"Only entries with a higher id"`
}

// condition collects the parts of a WHERE.
type condition struct {
	parts []string
	args  []any
	// either is an alternative beside the parts, as two conditions that exclude each other: a page of
	// it is the best of two ordered walks, where an OR would sort all that both find.
	either []alternative
}

type alternative struct {
	sql  string
	args []any
}

func (c *condition) add(sql string, args ...any) {
	c.parts, c.args = append(c.parts, sql), append(c.args, args...)
}

// where is the whole condition and its arguments.
func (c *condition) where() (string, []any) {
	parts, args := slices.Clone(c.parts), slices.Clone(c.args)
	if len(c.either) > 0 {
		var either []string
		for _, a := range c.either {
			either, args = append(either, "("+a.sql+")"), append(args, a.args...)
		}
		parts = append(parts, "("+strings.Join(either, " OR ")+")")
	}
	return strings.Join(parts, " AND "), args
}

// page is the statement that reads the first rows of an order.
func (c *condition) page(o Order, limit int) (string, []any) {
	if len(c.either) == 0 {
		where, args := c.where()
		return "SELECT " + listColumns + " FROM events WHERE " + where + orderBy(o) + " LIMIT ?", append(args, limit)
	}
	var walks []string
	var args []any
	for _, a := range c.either {
		one := &condition{parts: append(slices.Clone(c.parts), a.sql), args: append(slices.Clone(c.args), a.args...)}
		query, more := one.page(o, limit)
		walks, args = append(walks, "("+query+")"), append(args, more...)
	}
	return "SELECT * FROM (" + strings.Join(walks, " UNION ALL ") + ") walks" + orderBy(o) + " LIMIT ?", append(args, limit)
}

// where builds the condition of a filter within a scope. What a viewer may not know of an actor who
// stands above is not found by it either.
func (l *Log) where(s tenant.Scope, f Filter) (*condition, error) {
	c := &condition{}
	scope, args := s.Predicate()
	c.add(scope, args...)
	known := func(sql string, args ...any) {
		c.add("actor_rank >= ?", s.Level.Rank())
		c.add(sql, args...)
	}
	if !f.From.IsZero() {
		c.add("occurred_at >= ?", f.From)
	}
	if !f.To.IsZero() {
		c.add("occurred_at < ?", f.To)
	}
	types, err := l.types(f)
	if err != nil {
		return nil, err
	}
	for _, in := range []struct {
		column string
		values []string
	}{{"system", f.System}, {"category", f.Category}, {"type", types}, {"class", f.Class}, {"state", f.State}, {"activity", f.Activity}, {"outcome", f.Outcome}} {
		if len(in.values) > 0 {
			c.add(in.column+" IN ?", in.values)
		}
	}
	for _, eq := range []struct{ column, value string }{{"object_id", f.ObjectID}, {"reason", f.Reason},
		{"import_file_id", f.ImportFile}, {"cdr_file_id", f.CDRFile}, {"request_id", f.RequestID}} {
		if eq.value != "" {
			c.add(eq.column+" = ?", eq.value)
		}
	}
	for _, eq := range []struct {
		column string
		id     int64
	}{{"sales_org_id", f.SalesOrgID}, {"dealer_id", f.DealerID}, {"reseller_id", f.ResellerID}} {
		if eq.id != 0 {
			c.add(eq.column+" = ?", eq.id)
		}
	}
	for _, flag := range []struct{ column, value string }{{"used_api", f.UsedAPI}, {"expert_mode", f.ExpertMode}, {"from_provider", f.FromProvider}} {
		if flag.value != "" {
			c.add(flag.column+" = ?", flag.value == "true")
		}
	}
	switch {
	case f.ObjectRef != 0 && f.ObjectKind == "":
		return nil, fault.At("query.objectKind", "An objectRef needs its objectKind: each kind counts its own.")
	case f.ObjectRef != 0: // whichever role it has: a timeline must not miss what was linked to it
		c.either = []alternative{{"object_ref = ? AND object_kind = ?", []any{f.ObjectRef, f.ObjectKind}},
			{"linked_ref = ? AND linked_kind = ? AND (object_ref = ? AND object_kind = ?) IS NOT TRUE", []any{f.ObjectRef, f.ObjectKind, f.ObjectRef, f.ObjectKind}}}
	case f.ObjectKind != "":
		c.add("object_kind = ?", f.ObjectKind)
	}
	if f.Object != "" {
		c.add("(object_name ILIKE ? OR linked_name ILIKE ?)", like(f.Object), like(f.Object))
	}
	switch {
	case f.UserAs != "" && f.UserID == 0:
		return nil, fault.At("query.userId", "userAs needs its userId.")
	case f.UserAs == "actor":
		known("actor_user_id = ?", f.UserID)
	case f.UserAs == "concerned":
		c.add("user_id = ? AND subject_id IS NOT NULL AND actor_user_id IS DISTINCT FROM ?", f.UserID, f.UserID)
	case f.UserID != 0:
		// user_id is the subject, and the actor where there is no subject: then it may not be told.
		c.add("((user_id = ? AND (subject_id IS NOT NULL OR actor_rank >= ?)) OR (actor_user_id = ? AND actor_rank >= ?))", f.UserID, s.Level.Rank(), f.UserID, s.Level.Rank())
	}
	if f.ActorID != "" {
		known("actor_id = ?", f.ActorID)
	}
	if f.Actor != "" {
		if a, ok := ParseActor(f.Actor); ok {
			known("actor_kind = ? AND actor_id = ? AND actor_sub_id = ? AND actor_name = ?", a.Kind, a.ID, a.SubID, a.Name)
		} else {
			known("actor_name ILIKE ?", like(f.Actor))
		}
	}
	if f.ActorName != "" {
		known("actor_name = ?", f.ActorName)
	}
	if f.Node != "" {
		known("node = ?", f.Node)
	}
	if f.SessionID != "" {
		known("session_id = ?", f.SessionID)
	}
	if f.IP != "" {
		network, err := ParseNetwork(f.IP)
		if err != nil {
			return nil, err
		}
		known("ip <<= ?::inet", network.String())
	}
	if f.Q != "" {
		pattern := like(strings.ToLower(f.Q))
		c.add("(search_text LIKE ? OR (actor_rank >= ? AND actor_text LIKE ?))", pattern, s.Level.Rank(), pattern)
	}
	if f.IDAfter != 0 {
		c.add("id > ?", f.IDAfter)
	}
	return c, nil
}

// types resolves the names of a filter: "login" means the login of every system that has one.
func (l *Log) types(f Filter) ([]string, error) {
	for _, name := range f.System {
		if _, ok := l.catalog.System(name); !ok {
			return nil, fault.At("query.system", "There is no system %q.", name)
		}
	}
	var out []string
	for _, name := range f.Type {
		n := len(out)
		for _, system := range l.catalog.Systems() {
			for _, t := range system.Events {
				if t.Name == name || strings.TrimPrefix(t.Name, system.Name+".") == name {
					out = append(out, t.Name)
				}
			}
		}
		if len(out) == n {
			return nil, fault.At("query.type", "The catalogue has no event type %q.", name)
		}
	}
	return out, nil
}

// like makes a pattern that finds s anywhere, with the pattern's own signs taken literally.
func like(s string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ReplaceAll(s, "\x00", "")) + "%"
}

// ParseNetwork reads an address or a network.
func ParseNetwork(s string) (netip.Prefix, error) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), nil
	}
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, fault.At("query.ip", "%q is neither an address nor a network such as 198.51.100.0/24.", s)
	}
	return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
}
