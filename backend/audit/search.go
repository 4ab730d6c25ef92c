package audit

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"annals/backend/db"
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

// Order is how a search is sorted.
type Order string

// The orders. Newest is the grid's; ByID is for readers who poll: numbers are given in the order of
// commits, so whoever remembers the last id misses none.
const (
	Newest Order = "-occurredAt"
	Oldest Order = "occurredAt"
	ByID   Order = "id"
)

// MaxLimit is the longest page; MaxTotal is how far a total is counted.
const (
	MaxLimit = 200
	MaxTotal = 10_000
)

// Total is a count that stops at MaxTotal.
type Total struct {
	Value    int64  `json:"value"`
	Relation string `json:"relation" enum:"eq,gte"`
}

// Page is a part of the log, and where the next one begins.
type Page struct {
	Items []Event `json:"items"`
	Next  *string `json:"next" doc:"Cursor of the next page, or null"`
	Total *Total  `json:"total,omitempty"`
}

// Paging says which page.
type Paging struct {
	Order  Order
	Limit  int
	Cursor string
	Total  bool
}

// cursor is where a page ended. It carries its order, so that it can't be used in another.
type cursor struct {
	Order Order     `json:"o"`
	At    time.Time `json:"t"`
	ID    int64     `json:"i"`
}

func (c cursor) String() string {
	b, err := json.Marshal(c)
	if err != nil {
		panic("cannot happen: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseCursor(s string, order Order) (cursor, error) {
	bad := fault.At("query.cursor", "The cursor is not one that this search gave.")
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return cursor{}, bad
	}
	var c cursor
	if err := json.Unmarshal(b, &c); err != nil || c.Order != order || c.ID < 1 {
		return cursor{}, bad
	}
	return c, nil
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
	if f.UserID != 0 {
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

// Search returns a page of the events of the scope that the filter lets through.
func (l *Log) Search(ctx context.Context, s tenant.Scope, f Filter, p Paging) (Page, error) {
	page := Page{Items: []Event{}}
	if p.Limit < 1 || p.Limit > MaxLimit {
		return page, fault.At("query.limit", "The limit is 1 to %d.", MaxLimit)
	}
	c, err := l.where(s, f)
	if err != nil {
		return page, err
	}
	filter := *c
	if p.Cursor != "" {
		at, err := parseCursor(p.Cursor, p.Order)
		if err != nil {
			return page, err
		}
		switch p.Order {
		case Newest:
			c.add("(occurred_at, id) < (?, ?)", at.At, at.ID)
		case Oldest:
			c.add("(occurred_at, id) > (?, ?)", at.At, at.ID)
		case ByID:
			c.add("id > ?", at.ID)
		}
	}
	err = l.db.Read(ctx, s.Wall(), func(tx *db.Tx) error {
		var rows []record
		query, args := c.page(p.Order, p.Limit+1)
		if err := tx.Raw(query, args...).Scan(&rows).Error; err != nil {
			return fmt.Errorf("search events: %w", err)
		}
		if len(rows) > p.Limit {
			rows = rows[:p.Limit]
			last := rows[len(rows)-1]
			next := cursor{p.Order, last.OccurredAt.UTC(), last.ID}.String()
			page.Next = &next
		}
		for _, r := range rows {
			e, err := r.event(s.Level)
			if err != nil {
				return err
			}
			page.Items = append(page.Items, e)
		}
		if p.Total {
			total, err := count(tx, &filter)
			page.Total = &total
			return err
		}
		return nil
	})
	return page, err
}

func orderBy(o Order) string {
	switch o {
	case Oldest:
		return " ORDER BY occurred_at, id"
	case ByID:
		return " ORDER BY id"
	}
	return " ORDER BY occurred_at DESC, id DESC"
}

func count(tx *db.Tx, c *condition) (Total, error) {
	var n int64
	where, args := c.where()
	query := "SELECT count(*) FROM (SELECT 1 FROM events WHERE " + where + " LIMIT ?) counted"
	if err := tx.Raw(query, append(args, MaxTotal+1)...).Scan(&n).Error; err != nil {
		return Total{}, fmt.Errorf("count events: %w", err)
	}
	if n > MaxTotal {
		return Total{MaxTotal, "gte"}, nil
	}
	return Total{n, "eq"}, nil
}

// Count counts the events of the scope that the filter lets through, up to MaxTotal.
func (l *Log) Count(ctx context.Context, s tenant.Scope, f Filter) (total Total, err error) {
	c, err := l.where(s, f)
	if err != nil {
		return total, err
	}
	err = l.db.Read(ctx, s.Wall(), func(tx *db.Tx) error {
		total, err = count(tx, c)
		return err
	})
	return total, err
}

// Find returns one event of the scope with everything in it.
func (l *Log) Find(ctx context.Context, s tenant.Scope, id int64) (Event, error) {
	return l.find(ctx, s, "id = ?", id)
}

// FindByEventID returns the event that its writer gave this id.
func (l *Log) FindByEventID(ctx context.Context, s tenant.Scope, id uuid.UUID) (Event, error) {
	return l.find(ctx, s, "event_id = ? AND occurred_at IN (SELECT event_times(?))", id, id)
}

func (l *Log) find(ctx context.Context, s tenant.Scope, condition string, args ...any) (e Event, err error) {
	scope, more := s.Predicate()
	err = l.db.Read(ctx, s.Wall(), func(tx *db.Tx) error {
		var r record
		err := tx.Raw("SELECT "+allColumns+" FROM events WHERE "+condition+" AND "+scope+" ORDER BY id DESC LIMIT 1", append(args, more...)...).Take(&r).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return fault.Absent()
		}
		if err != nil {
			return fmt.Errorf("find event: %w", err)
		}
		e, err = r.event(s.Level)
		return err
	})
	return e, err
}

// Neighbours returns the ids of the events before and after one in the grid's order, among those
// that the filter lets through; 0 is none.
func (l *Log) Neighbours(ctx context.Context, s tenant.Scope, f Filter, id int64) (newer, older int64, err error) {
	e, err := l.Find(ctx, s, id)
	if err != nil {
		return 0, 0, err
	}
	c, err := l.where(s, f)
	if err != nil {
		return 0, 0, err
	}
	err = l.db.Read(ctx, s.Wall(), func(tx *db.Tx) error {
		for _, side := range []struct {
			compare string
			order   Order
			into    *int64
		}{{">", Oldest, &newer}, {"<", Newest, &older}} {
			where, args := c.where()
			query := "SELECT id FROM events WHERE " + where + " AND (occurred_at, id) " + side.compare + " (?, ?)" + orderBy(side.order) + " LIMIT 1"
			if err := tx.Raw(query, append(args, e.OccurredAt, e.ID)...).Scan(side.into).Error; err != nil {
				return fmt.Errorf("neighbours of event %d: %w", id, err)
			}
		}
		return nil
	})
	return newer, older, err
}

// Export hands over every event of the scope that the filter lets through, with everything in it,
// oldest first, one at a time.
func (l *Log) Export(ctx context.Context, s tenant.Scope, f Filter, each func(Event) error) error {
	c, err := l.where(s, f)
	if err != nil {
		return err
	}
	return l.stream(ctx, s, c, orderBy(Oldest), func(r record) (string, []any) {
		return "(occurred_at, id) > (?, ?)", []any{r.OccurredAt, r.ID}
	}, each)
}

// PullBySourceID hands over events in the order of their source's own ids, those after one of them:
// what a reader needs who polls by these. Entries whose source gave no number are left out.
func (l *Log) PullBySourceID(ctx context.Context, s tenant.Scope, f Filter, after int64, each func(Event) error) error {
	c, err := l.where(s, f)
	if err != nil {
		return err
	}
	c.add("external_no > ?", after)
	return l.stream(ctx, s, c, " ORDER BY external_no, id", func(r record) (string, []any) {
		return "(external_no, id) > (?::bigint, ?)", []any{r.ExternalID, r.ID}
	}, each)
}

// FindBySourceID returns the newest event that a system's entry with this id of its own became.
func (l *Log) FindBySourceID(ctx context.Context, s tenant.Scope, system, id string) (Event, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return Event{}, fault.Absent()
	}
	return l.find(ctx, s, "system = ? AND external_no = ?", system, n)
}

// batchRows is how many rows a stream reads at a time. Each batch is a short transaction of its own:
// a client that reads slowly holds no connection.
const batchRows = 1000

// stream hands over what a condition finds, in the order of some columns; after gives the condition
// behind a row. Entries that are sealed meanwhile are left out, so that the end is reached.
func (l *Log) stream(ctx context.Context, s tenant.Scope, c *condition, order string, after func(record) (string, []any), each func(Event) error) error {
	var head int64
	for next, args := "TRUE", []any(nil); ; {
		var rows []record
		err := l.db.Read(ctx, s.Wall(), func(tx *db.Tx) error {
			if head == 0 {
				scope, args := s.Predicate()
				if err := tx.Raw("SELECT id FROM events WHERE "+scope+" ORDER BY id DESC LIMIT 1", args...).Scan(&head).Error; err != nil {
					return err
				}
			}
			where, whereArgs := c.where()
			query := "SELECT " + allColumns + " FROM events WHERE " + where + " AND " + next + " AND id <= ?" + order + " LIMIT ?"
			return tx.Raw(query, append(append(whereArgs, args...), head, batchRows)...).Scan(&rows).Error
		})
		if err != nil {
			return fmt.Errorf("stream events: %w", err)
		}
		for _, r := range rows {
			e, err := r.event(s.Level)
			if err != nil {
				return err
			}
			if err := each(e); err != nil {
				return err
			}
		}
		if len(rows) < batchRows {
			return nil
		}
		next, args = after(rows[len(rows)-1])
	}
}

// Facet is one value of a field and how many of the entries looked at have it.
type Facet struct {
	Value string `json:"value"`
	Label string `json:"label"`
	Count int64  `json:"count"`
}

// Facets are the most frequent values of a field among the newest entries.
type Facets struct {
	Items    []Facet `json:"items"`
	Counted  int64   `json:"counted" doc:"How many of the newest entries were looked at"`
	Relation string  `json:"relation" enum:"eq,gte" doc:"gte: there are more entries than were looked at"`
}

// facetFields: what can be counted, as value and label. Those of an actor leave out who stands
// above the viewer.
var facetFields = map[string]struct {
	value, label string
	actor        bool
}{
	"system": {value: "system"}, "category": {value: "category"}, "type": {value: "type"}, "class": {value: "class"},
	"state": {value: "state"}, "activity": {value: "activity"}, "outcome": {value: "outcome"}, "reason": {value: "reason"},
	"object": {value: "object_name"}, "objectKind": {value: "object_kind"},
	"actor": {value: "actor_name", actor: true}, "node": {value: "node", actor: true}, "ip": {value: "host(ip)", actor: true},
	"salesOrgId": {value: "NULLIF(sales_org_id, 0)::text", label: "sales_org_name"},
	"dealerId":   {value: "dealer_id::text", label: "dealer_name"}, "resellerId": {value: "reseller_id::text", label: "reseller_name"},
}

// FacetFields are the names of the fields that can be counted.
func FacetFields() []string {
	out := make([]string, 0, len(facetFields))
	for name := range facetFields {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// Facets counts the values of a field that hold text, among the newest MaxTotal entries of the filter.
func (l *Log) Facets(ctx context.Context, s tenant.Scope, f Filter, field, text string, limit int) (Facets, error) {
	out := Facets{Items: []Facet{}}
	column, ok := facetFields[field]
	if !ok {
		return out, fault.At("query.field", "The field is one of %s.", strings.Join(FacetFields(), ", "))
	}
	c, err := l.where(s, f)
	if err != nil {
		return out, err
	}
	if column.actor {
		c.add("actor_rank >= ?", s.Level.Rank())
	}
	if column.label == "" {
		column.label = column.value
	}
	where, args := c.where()
	query := `
		WITH newest AS MATERIALIZED (
			SELECT ` + column.value + ` AS value, ` + column.label + ` AS label FROM events
			WHERE ` + where + orderBy(Newest) + ` LIMIT ?
		)
		SELECT coalesce(value, '') AS value, max(label) AS label, count(*) AS count, (SELECT count(*) FROM newest) AS counted
		FROM newest WHERE value <> '' AND label ILIKE ? GROUP BY value ORDER BY count(*) DESC, value LIMIT ?`
	err = l.db.Read(ctx, s.Wall(), func(tx *db.Tx) error {
		var rows []struct {
			Facet
			Counted int64
		}
		if err := tx.Raw(query, append(args, MaxTotal, like(text), limit)...).Scan(&rows).Error; err != nil {
			return fmt.Errorf("count values of %s: %w", field, err)
		}
		for _, r := range rows {
			out.Items, out.Counted = append(out.Items, r.Facet), r.Counted
		}
		return nil
	})
	out.Relation = "eq"
	if out.Counted >= MaxTotal {
		out.Relation = "gte"
	}
	return out, err
}
