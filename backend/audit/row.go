package audit

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"annals/backend/tenant"
)

// columns of event_inbox that a writer fills, in the order of row. The table events has them too,
// after id and seq.
var columns = strings.Fields(`event_id sales_org_id system source external_id external_no occurred_at recorded_at
	type class category activity state outcome description code
	actor_kind actor_id actor_sub_id actor_name actor_level actor_rank actor_user_id behalf
	object_kind object_id object_name object_revision object_ref
	linked_kind linked_id linked_name linked_revision linked_ref
	subject_name subject_id customer changes data reason commentary
	ip node user_agent session_id request_id used_api from_provider expert_mode
	import_file_id import_file_line cdr_file_id cdr_file_line
	sales_org_name dealer_id dealer_name reseller_id reseller_name user_id user_name original
	search_text actor_text`)

// row is the event as values of columns.
func (e *Event) row() ([]any, error) {
	object, linked := orZero(e.Object), orZero(e.LinkedTo)
	subject, org, dealer := orZero(e.Subject), orZero(e.SalesOrg), orZero(e.Dealer)
	reseller, user := orZero(e.Reseller), orZero(e.User)
	file, cdr := orZero(e.ImportFile), orZero(e.CDRFile)
	behalf, err := jsonOrNull(e.OnBehalfOf, e.OnBehalfOf == nil)
	if err != nil {
		return nil, err
	}
	changes, err := jsonOrNull(e.Changes, len(e.Changes) == 0)
	if err != nil {
		return nil, err
	}
	data, err := jsonOrNull(e.Data, len(e.Data) == 0)
	if err != nil {
		return nil, err
	}
	var ip, original any
	if len(e.Original) > 0 {
		original = string(e.Original) // as it came, not as we would write it
	}
	if e.IP.IsValid() {
		ip = netip.PrefixFrom(e.IP, e.IP.BitLen())
	}
	return []any{e.EventID, e.ledger(), e.System, e.Source, e.ExternalID, e.externalNo(), e.OccurredAt, e.RecordedAt,
		e.Type, e.Class, e.Category, e.Activity, e.State, string(e.Outcome), e.Description, e.Code,
		e.Actor.Kind, e.Actor.ID, e.Actor.SubID, e.Actor.Name, e.Actor.Level, e.rank(), orNull(e.Actor.UserID), behalf,
		object.Kind, object.ID, object.Name, object.Revision, orNull(object.Ref),
		linked.Kind, linked.ID, linked.Name, linked.Revision, orNull(linked.Ref),
		subject.Name, orNull(subject.ID), e.Customer, changes, data, e.Reason, e.Commentary,
		ip, e.Node, e.UserAgent, e.SessionID, e.RequestID, e.UsedAPI, e.FromProvider, e.ExpertMode,
		file.ID, orNull(file.Line), cdr.ID, orNull(cdr.Line),
		org.Name, orNull(dealer.ID), dealer.Name, orNull(reseller.ID), reseller.Name, orNull(user.ID), user.Name, original,
		e.searchText(), e.actorText()}, nil
}

// externalNo is the source's own id as a number, where it is one: the order in which it counts.
func (e *Event) externalNo() any {
	n, err := strconv.ParseInt(e.ExternalID, 10, 64)
	if err != nil || n < 0 {
		return nil
	}
	return n
}

// rank is the storey of whoever stands highest among those who acted: a viewer below may find none of them.
func (e *Event) rank() int16 {
	r := tenant.Level(e.Actor.Level).Rank()
	if e.OnBehalfOf != nil {
		r = min(r, tenant.Level(e.OnBehalfOf.Level).Rank())
	}
	return int16(r)
}

func orZero[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

func orNull(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

func jsonOrNull(v any, null bool) (any, error) {
	if null {
		return nil, nil //nolint:nilnil // SQL's NULL
	}
	b, err := json.Marshal(v)
	return string(b), err
}

// searchText is what a text search looks at: everything that the grid shows but who and from where,
// which a viewer below the actor may not find either.
func (e *Event) searchText() string {
	object, linked := orZero(e.Object), orZero(e.LinkedTo)
	parts := []string{e.OccurredAt.Format("2006-01-02 15:04:05"), e.Description, e.Code, e.Type, e.Category, e.State,
		object.Name, object.ID, linked.Name, linked.ID, orZero(e.Subject).Name, e.Customer, e.Reason, e.Commentary, e.ExternalID,
		orZero(e.SalesOrg).Name, orZero(e.Dealer).Name, orZero(e.Reseller).Name, orZero(e.ImportFile).ID, orZero(e.CDRFile).ID}
	for _, d := range e.Data {
		parts = append(parts, d.Value)
	}
	for _, c := range e.Changes {
		parts = append(parts, c.Field, textOf(c.Old), textOf(c.New))
	}
	return join(parts)
}

func (e *Event) actorText() string {
	parts := []string{e.Actor.Name, e.Actor.Notation(), e.Node, orZero(e.OnBehalfOf).Name}
	if e.IP.IsValid() {
		parts = append(parts, e.IP.String())
	}
	return join(parts)
}

// textOf is a changed value as a person reads it.
func textOf(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case []string:
		return strings.Join(x, ", ")
	case []any:
		parts := make([]string, len(x))
		for i, p := range x {
			parts[i] = textOf(p)
		}
		return strings.Join(parts, ", ")
	}
	return fmt.Sprint(v)
}

// join drops empty and repeated parts.
func join(parts []string) string {
	seen := make(map[string]bool, len(parts))
	var b strings.Builder
	for _, p := range parts {
		p = strings.ToLower(p)
		if p == "" || seen[p] {
			continue
		}
		seen[p] = true
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(p)
	}
	return b.String()
}

// letters are Sippy's for the kinds of actor.
var letters = map[string]string{ActorWebUser: "u", ActorAccount: "a", ActorCustomer: "c", ActorVendor: "v", ActorTrustedAPI: "t"}

// Notation is the actor as Sippy writes it: "u:12:34:alice". Other kinds have none.
func (a Actor) Notation() string {
	letter, ok := letters[a.Kind]
	if !ok {
		return ""
	}
	zero := func(s string) string {
		if s == "" {
			return "0"
		}
		return s
	}
	return letter + ":" + zero(a.ID) + ":" + zero(a.SubID) + ":" + a.Name
}

// ParseActor reads Sippy's notation; ok is false for anything else.
func ParseActor(s string) (a Actor, ok bool) {
	parts := strings.SplitN(s, ":", 4)
	if len(parts) != 4 {
		return Actor{}, false
	}
	for kind, letter := range letters {
		if letter == parts[0] {
			return Actor{Kind: kind, ID: parts[1], SubID: parts[2], Name: parts[3]}, true
		}
	}
	return Actor{}, false
}

// listColumns are what a page of the grid selects: never the wide ones.
const listColumns = `id, seq, event_id, system, source, external_id, occurred_at, recorded_at, type, class, category,
	activity, state, outcome, description, code, actor_kind, actor_id, actor_sub_id, actor_name, actor_level, actor_user_id, behalf,
	object_kind, object_id, object_name, object_revision, object_ref, linked_kind, linked_id, linked_name, linked_revision, linked_ref,
	subject_name, subject_id, customer, reason, ip, node, user_agent, session_id, request_id, used_api, from_provider, expert_mode,
	import_file_id, import_file_line, cdr_file_id, cdr_file_line, sales_org_id, sales_org_name, dealer_id, dealer_name,
	reseller_id, reseller_name, user_id, user_name`

const allColumns = listColumns + `, changes, data, commentary, original`

// record is a row of events as it is read.
type record struct {
	ID, Seq                                               int64
	EventID                                               uuid.UUID
	System, Source, ExternalID                            string
	OccurredAt, RecordedAt                                time.Time
	Type, Class, Category, Activity, State                string
	Outcome                                               Outcome
	Description, Code                                     string
	ActorKind, ActorID, ActorSubID, ActorName, ActorLevel string
	ActorUserID                                           *int64
	Behalf                                                *string
	ObjectKind, ObjectID, ObjectName, ObjectRevision      string
	ObjectRef                                             *int64
	LinkedKind, LinkedID, LinkedName, LinkedRevision      string
	LinkedRef                                             *int64
	SubjectName                                           string
	SubjectID                                             *int64
	Customer, Reason                                      string
	IP                                                    *string
	Node, UserAgent, SessionID, RequestID                 string
	UsedAPI, FromProvider, ExpertMode                     bool
	ImportFileID                                          string
	ImportFileLine                                        *int64
	CDRFileID                                             string `gorm:"column:cdr_file_id"`
	CDRFileLine                                           *int64 `gorm:"column:cdr_file_line"`
	SalesOrgID                                            int64
	SalesOrgName                                          string
	DealerID                                              *int64
	DealerName                                            string
	ResellerID                                            *int64
	ResellerName                                          string
	UserID                                                *int64
	UserName                                              string
	Changes, Data, Original                               *string
	Commentary                                            string
}

// event is the row as the viewer may see it.
func (r record) event(viewer tenant.Level) (Event, error) {
	e := Event{ID: r.ID, Seq: r.Seq, EventID: r.EventID, System: r.System, Source: r.Source, ExternalID: r.ExternalID,
		OccurredAt: r.OccurredAt.UTC(), RecordedAt: r.RecordedAt.UTC(), Type: r.Type, Class: r.Class, Category: r.Category,
		Activity: r.Activity, State: r.State, Outcome: r.Outcome, Description: r.Description, Code: r.Code,
		Actor:    Actor{Kind: r.ActorKind, ID: r.ActorID, SubID: r.ActorSubID, Name: r.ActorName, Level: r.ActorLevel, UserID: orZero(r.ActorUserID)},
		Object:   object(r.ObjectKind, r.ObjectID, r.ObjectName, r.ObjectRevision, r.ObjectRef),
		LinkedTo: object(r.LinkedKind, r.LinkedID, r.LinkedName, r.LinkedRevision, r.LinkedRef),
		Customer: r.Customer, Reason: r.Reason, Commentary: r.Commentary, Node: r.Node, UserAgent: r.UserAgent,
		SessionID: r.SessionID, RequestID: r.RequestID, UsedAPI: r.UsedAPI, FromProvider: r.FromProvider, ExpertMode: r.ExpertMode,
		ImportFile: fileLine(r.ImportFileID, r.ImportFileLine), CDRFile: fileLine(r.CDRFileID, r.CDRFileLine),
		SalesOrg: owner(r.SalesOrgID, r.SalesOrgName), Dealer: owner(orZero(r.DealerID), r.DealerName),
		Reseller: owner(orZero(r.ResellerID), r.ResellerName), User: owner(orZero(r.UserID), r.UserName)}
	if r.SubjectName != "" || r.SubjectID != nil {
		e.Subject = &Person{ID: orZero(r.SubjectID), Name: r.SubjectName}
	}
	if r.IP != nil {
		ip, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimSuffix(*r.IP, "/32"), "/128"))
		if err != nil {
			return e, fmt.Errorf("event %d: address: %w", r.ID, err)
		}
		e.IP = ip
	}
	if r.Original != nil {
		e.Original = json.RawMessage(*r.Original)
	}
	for _, f := range []struct {
		text *string
		into any
	}{{r.Behalf, &e.OnBehalfOf}, {r.Changes, &e.Changes}, {r.Data, &e.Data}} {
		if f.text != nil {
			if err := json.Unmarshal([]byte(*f.text), f.into); err != nil {
				return e, fmt.Errorf("event %d: %w", r.ID, err)
			}
		}
	}
	e.hide(viewer)
	return e, nil
}

func object(kind, id, name, revision string, ref *int64) *Object {
	if kind == "" && id == "" && name == "" {
		return nil
	}
	return &Object{Kind: kind, ID: id, Name: name, Revision: revision, Ref: orZero(ref)}
}

func fileLine(id string, line *int64) *FileLine {
	if id == "" && line == nil {
		return nil
	}
	return &FileLine{ID: id, Line: orZero(line)}
}

func owner(id int64, name string) *Owner {
	if id == 0 {
		return nil
	}
	return &Owner{ID: id, Name: name}
}

// hide takes away what a viewer may not know of somebody who stands above: nobody looks up.
func (e *Event) hide(viewer tenant.Level) {
	above := func(a Actor) bool { return tenant.Level(a.Level).Rank() < viewer.Rank() }
	general := func(a Actor) Actor {
		return Actor{Kind: ActorUser, Level: a.Level, Name: tenant.Level(a.Level).Label(), Hidden: true}
	}
	if e.OnBehalfOf != nil && above(*e.OnBehalfOf) {
		hidden := general(*e.OnBehalfOf)
		e.OnBehalfOf = &hidden
		e.Original = nil // what the source said word for word names them
	}
	if !above(e.Actor) {
		return
	}
	if e.User != nil && e.User.ID == e.Actor.UserID {
		e.User = nil
	}
	if e.Subject != nil && e.Subject.ID != 0 && e.Subject.ID == e.Actor.UserID {
		e.Subject = nil
	}
	e.Actor = general(e.Actor)
	e.IP, e.Node, e.UserAgent, e.SessionID = netip.Addr{}, "", "", ""
	e.Original = nil
}

// MarshalJSON writes times as everywhere in the API: RFC 3339, UTC, always six digits of the second.
func (e Event) MarshalJSON() ([]byte, error) {
	type fields Event
	return json.Marshal(struct {
		fields
		OccurredAt string `json:"occurredAt"`
		RecordedAt string `json:"recordedAt"`
	}{fields(e), e.OccurredAt.UTC().Format(TimeFormat), e.RecordedAt.UTC().Format(TimeFormat)})
}

// TimeFormat is how times are written.
const TimeFormat = "2006-01-02T15:04:05.000000Z07:00"
