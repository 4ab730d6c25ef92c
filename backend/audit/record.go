package audit

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/tenant"
)

// Log records events and answers what readers ask of them.
type Log struct {
	db      *db.DB
	catalog *catalog.Catalog
	key     []byte
}

// NewLog makes a Log. The key makes fingerprints of secrets; it derives from ANNALS_SECRET_KEY.
func NewLog(d *db.DB, c *catalog.Catalog, fingerprintKey []byte) *Log {
	return &Log{db: d, catalog: c, key: fingerprintKey}
}

// Catalog is the one by which events are recorded.
func (l *Log) Catalog() *catalog.Catalog { return l.catalog }

// Origin is who causes an event and from where: what all events of one request have in common.
type Origin struct {
	Actor      Actor
	OnBehalfOf *Actor
	IP         netip.Addr
	UserAgent  string
	SessionID  string
	RequestID  string
	UsedAPI    bool
	ImportFile *FileLine // what a bulk change reads
}

// System is the origin of what no person caused.
func System(name string) Origin {
	return Origin{Actor: Actor{Kind: ActorSystem, Name: name, Level: string(tenant.User)}}
}

// Event begins an event of one of our own types with what its origin knows.
func (o Origin) Event(name string) Event {
	return Event{System: "annals", Type: "annals." + name, Actor: o.Actor, OnBehalfOf: o.OnBehalfOf, IP: o.IP,
		UserAgent: o.UserAgent, SessionID: o.SessionID, RequestID: o.RequestID, UsedAPI: o.UsedAPI, ImportFile: o.ImportFile}
}

// Belongs freezes whose event it is: the tenant that it concerns, with its ancestors as they are now.
func (e *Event) Belongs(t tenant.Tenant) {
	e.SalesOrg, e.Dealer, e.Reseller = nil, nil, nil
	for _, n := range tenant.Ancestors(t) {
		owner := &Owner{ID: n.ID, Name: n.Name}
		switch n.Level {
		case tenant.SalesOrg:
			e.SalesOrg = owner
		case tenant.Dealer:
			e.Dealer = owner
		case tenant.Reseller:
			e.Reseller = owner
		}
	}
}

// The longest texts, in bytes. What is longer is refused by import and cut by nobody.
const (
	MaxName = 500
	MaxText = 64 << 10
)

// The times that an event may carry: what a source can know, and a day for its clock.
var earliest = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)

const clockSkew = 24 * time.Hour

// prepare fills in what the catalogue and the clock know, makes fingerprints of secrets, and says
// what is wrong with the event.
func (l *Log) prepare(e *Event) error {
	t, ok := l.catalog.Type(e.Type)
	if !ok {
		return fault.At("type", "The catalogue has no event type %q.", e.Type)
	}
	e.System, e.Class = t.System, t.Class
	e.Category, e.Activity, e.State = cmp.Or(e.Category, t.Category), cmp.Or(e.Activity, t.Activity), cmp.Or(e.State, t.State)
	if e.Outcome == "" {
		e.Outcome = Outcome(t.Outcome)
	}
	if e.EventID == uuid.Nil {
		id, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("choose event id: %w", err)
		}
		e.EventID = id
	}
	e.RecordedAt = time.Now().UTC().Truncate(time.Microsecond)
	if e.OccurredAt.IsZero() {
		e.OccurredAt = e.RecordedAt
	}
	e.OccurredAt = e.OccurredAt.UTC().Truncate(time.Microsecond)
	if e.OccurredAt.Before(earliest) || e.OccurredAt.After(e.RecordedAt.Add(clockSkew)) {
		return fault.At("occurredAt", "The time %s lies outside 1990 to tomorrow.", e.OccurredAt.Format(time.RFC3339))
	}
	l.redact(e, t)
	if e.Description == "" {
		e.Description = t.Sentence(l.values(e))
	}
	if e.User == nil {
		switch {
		case e.Subject != nil && e.Subject.ID != 0:
			e.User = &Owner{ID: e.Subject.ID, Name: e.Subject.Name}
		case e.Actor.UserID != 0:
			e.User = &Owner{ID: e.Actor.UserID, Name: e.Actor.Name}
		}
	}
	e.IP = e.IP.Unmap().WithZone("")
	return e.check()
}

// redact replaces what the catalogue calls secret by its fingerprint.
func (l *Log) redact(e *Event, t catalog.EventType) {
	system, _ := l.catalog.System(t.System)
	for i, d := range e.Data {
		label := slices.IndexFunc(t.Data, func(x catalog.DataLabel) bool { return x.Label == d.Label })
		switch {
		case label < 0:
		case t.Data[label].Secret:
			e.Data[i].Value = l.Fingerprint(d.Value)
		case t.Data[label].Pairs:
			e.Data[i].Value = system.Redact(d.Value, l.Fingerprint)
		}
	}
	for i, c := range e.Changes {
		if system.SecretField(c.Field) {
			e.Changes[i].Old, e.Changes[i].New = l.fingerprintAny(c.Old), l.fingerprintAny(c.New)
		}
	}
	e.Code = system.Redact(e.Code, l.Fingerprint)
}

// Fingerprint stands for a secret: whether two are the same can be seen, what they are can't.
// A value that is one already stays, so that a retry has the same content.
func (l *Log) Fingerprint(secret string) string {
	const prefix = "changed ("
	if secret == "" || (strings.HasPrefix(secret, prefix) && len(secret) == len(prefix)+9 && strings.HasSuffix(secret, ")")) {
		return secret
	}
	mac := hmac.New(sha256.New, l.key)
	mac.Write([]byte(secret))
	return prefix + hex.EncodeToString(mac.Sum(nil)[:4]) + ")"
}

func (l *Log) fingerprintAny(v any) any {
	if v == nil {
		return nil
	}
	return l.Fingerprint(fmt.Sprint(v))
}

// values are what a sentence may speak of.
func (l *Log) values(e *Event) catalog.Values {
	v := catalog.Values{Customer: e.Customer, Object: l.title(e.Object), LinkedTo: l.title(e.LinkedTo), Data: make(map[string]string, len(e.Data))}
	if e.Subject != nil {
		v.Subject = e.Subject.Name
	}
	if len(e.Changes) == 1 {
		c := e.Changes[0]
		v.Field, v.Old, v.New = c.Field, textOf(c.Old), textOf(c.New)
	}
	for _, d := range e.Data {
		v.Data[d.Label] = d.Value
	}
	return v
}

func (l *Log) title(o *Object) string {
	if o == nil {
		return ""
	}
	if kind, ok := l.catalog.Kind(o.Kind); ok {
		return kind.Title(o.Name)
	}
	return o.Name
}

// check refuses what the database would refuse, with its place.
func (e *Event) check() error {
	for _, s := range e.strings() {
		switch {
		case len(*s.value) > s.max:
			return fault.At(s.name, "The %s has %d bytes; %d are allowed.", s.name, len(*s.value), s.max)
		case strings.ContainsRune(*s.value, 0), !utf8.ValidString(*s.value):
			// PostgreSQL keeps neither; a visible mark keeps the rest of the entry.
			*s.value = strings.ReplaceAll(strings.ToValidUTF8(*s.value, "\uFFFD"), "\x00", "\uFFFD")
		}
	}
	return nil
}

type text struct {
	name  string
	value *string
	max   int
}

// strings are all texts of the event that come from outside.
func (e *Event) strings() []text {
	out := []text{
		{"externalId", &e.ExternalID, MaxName}, {"source", &e.Source, MaxName}, {"description", &e.Description, MaxText},
		{"code", &e.Code, MaxText}, {"customer", &e.Customer, MaxName}, {"reason", &e.Reason, MaxName},
		{"commentary", &e.Commentary, MaxText}, {"node", &e.Node, MaxName}, {"userAgent", &e.UserAgent, MaxText},
		{"sessionId", &e.SessionID, MaxName}, {"requestId", &e.RequestID, MaxName},
		{"actor.id", &e.Actor.ID, MaxName}, {"actor.subId", &e.Actor.SubID, MaxName}, {"actor.name", &e.Actor.Name, MaxName},
	}
	if a := e.OnBehalfOf; a != nil {
		out = append(out, text{"onBehalfOf.id", &a.ID, MaxName}, text{"onBehalfOf.subId", &a.SubID, MaxName}, text{"onBehalfOf.name", &a.Name, MaxName})
	}
	for name, o := range map[string]*Object{"object": e.Object, "linkedTo": e.LinkedTo} {
		if o != nil {
			out = append(out, text{name + ".kind", &o.Kind, MaxName}, text{name + ".id", &o.ID, MaxName}, text{name + ".name", &o.Name, MaxName}, text{name + ".revision", &o.Revision, MaxName})
		}
	}
	if e.Subject != nil {
		out = append(out, text{"subject.name", &e.Subject.Name, MaxName})
	}
	for i := range e.Data {
		out = append(out, text{"data.label", &e.Data[i].Label, MaxName}, text{"data.value", &e.Data[i].Value, MaxText})
	}
	for i := range e.Changes {
		out = append(out, text{"changes.field", &e.Changes[i].Field, MaxName})
	}
	if e.ImportFile != nil {
		out = append(out, text{"importFile.id", &e.ImportFile.ID, MaxName})
	}
	if e.CDRFile != nil {
		out = append(out, text{"cdrFile.id", &e.CDRFile.ID, MaxName})
	}
	return out
}

// insert is the statement that writes one event and its key, in one round trip.
var insert = fmt.Sprintf(`WITH key AS (INSERT INTO event_keys (event_id, sales_org_id, occurred_at, digest) VALUES ($%d, $%d, $%d, ''))
	INSERT INTO event_inbox (%s) VALUES (%s)`, len(columns)+1, len(columns)+2, len(columns)+3, strings.Join(columns, ", "), placeholders(len(columns)))

func placeholders(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", i+1)
	}
	return b.String()
}

// Record writes an event in the caller's transaction: when that rolls back, nothing happened; when
// this fails, the caller must roll back. It returns the event as it was recorded.
func (l *Log) Record(tx *db.Tx, e Event) (Event, error) {
	if err := l.prepare(&e); err != nil {
		return e, fmt.Errorf("record %s: %w", e.Type, err)
	}
	args, err := e.row()
	if err != nil {
		return e, fmt.Errorf("record %s: %w", e.Type, err)
	}
	args = append(args, e.EventID, e.ledger(), e.OccurredAt)
	if err := tx.Exec(insert, args...).Error; err != nil {
		return e, fmt.Errorf("record %s: %w", e.Type, err)
	}
	return e, nil
}

// Reject is one event of a batch that was not taken.
type Reject struct {
	Index    int    `json:"index"`
	Location string `json:"location"`
	Message  string `json:"message"`
}

// Result counts what became of a batch.
type Result struct {
	Accepted   int
	Duplicates int
	Rejected   []Reject
}

// Ingest writes many events in the caller's transaction. An event whose id is known with the same
// content is a duplicate; with other content it is rejected. Events without an id get one from
// (sales organization, source, external id), so that the same entry is the same event for ever.
func (l *Log) Ingest(tx *db.Tx, events []Event) (Result, error) {
	var res Result
	reject := func(i int, err error) {
		f := fault.Of(err)
		r := Reject{Index: i, Message: f.Detail}
		if len(f.Fields) > 0 {
			r.Location = f.Fields[0].Location
		}
		res.Rejected = append(res.Rejected, r)
	}
	type keyed struct {
		index  int
		digest []byte
		row    []any
	}
	const otherContent = "An event with this id is there already, with other content."
	batch := make(map[uuid.UUID]keyed, len(events))
	ids := make([]uuid.UUID, 0, len(events))
	for i := range events {
		e := &events[i]
		if e.EventID == uuid.Nil {
			e.EventID = DerivedID(e.ledger(), e.Source, e.ExternalID)
		}
		sent := *e
		if err := l.prepare(e); err != nil {
			if fault.Of(err) == nil {
				return res, err
			}
			reject(i, err)
			continue
		}
		row, err := e.row()
		if err != nil {
			return res, err
		}
		sent.Code = e.Code // no secret is in it any more, as in the values that both share
		digest := sent.digest()
		if before, ok := batch[e.EventID]; ok {
			if string(before.digest) == string(digest) {
				res.Duplicates++
			} else {
				reject(i, fault.At("eventId", otherContent))
			}
			continue
		}
		batch[e.EventID] = keyed{i, digest, row}
		ids = append(ids, e.EventID)
	}
	// In one order everywhere, so that two writers with the same events wait for each other instead of
	// locking up.
	sorted := slices.SortedFunc(slices.Values(ids), func(x, y uuid.UUID) int { return bytes.Compare(x[:], y[:]) })
	orgs, times, digests := make([]int64, len(ids)), make([]time.Time, len(ids)), make([][]byte, len(ids))
	for n, id := range sorted {
		k := batch[id]
		orgs[n], times[n], digests[n] = events[k.index].ledger(), events[k.index].OccurredAt, k.digest
	}
	type claimed struct{ EventID uuid.UUID }
	isFresh := make(map[uuid.UUID]bool, len(ids))
	err := db.Stream(tx, func(k claimed) error {
		isFresh[k.EventID] = true
		return nil
	}, `SELECT id AS event_id FROM claim_events($1::uuid[], $2::bigint[], $3::timestamptz[], $4::bytea[]) AS id`,
		sorted, orgs, times, digests)
	if err != nil {
		return res, fmt.Errorf("claim event ids: %w", err)
	}
	res.Accepted = len(isFresh)
	if len(isFresh) < len(ids) {
		isSame := make(map[uuid.UUID]bool)
		err := db.Stream(tx, func(k claimed) error {
			isSame[k.EventID] = true
			return nil
		}, `SELECT id AS event_id FROM same_events($1::uuid[], $2::bigint[], $3::bytea[]) AS id`, sorted, orgs, digests)
		if err != nil {
			return res, fmt.Errorf("compare event ids: %w", err)
		}
		kept := ids[:0]
		for _, id := range ids {
			switch {
			case isFresh[id]:
				kept = append(kept, id)
			case isSame[id]:
				res.Duplicates++
			default:
				reject(batch[id].index, fault.At("eventId", otherContent))
			}
		}
		ids = kept
	}
	_, err = tx.Copy("event_inbox", columns, pgx.CopyFromSlice(len(ids), func(n int) ([]any, error) { return batch[ids[n]].row, nil }))
	return res, err
}

// namespace makes the ids that derive from a source's own ids.
var namespace = uuid.NewSHA1(uuid.NameSpaceURL, []byte("urn:annals:event"))

// DerivedID is the event id of an entry that came with its source's own id. Anybody may write any
// source's name, so whoever sends it is a part of it: nobody takes another's ids, nor meets them.
func DerivedID(tenantID int64, source, externalID string) uuid.UUID {
	return uuid.NewSHA1(namespace, fmt.Appendf(nil, "%d\x00%s\x00%s", tenantID, source, externalID))
}

// digest is over what was sent, and not over what we made of it: what the catalogue, the tree, the
// clock and the pages add may differ in a retry. It must stay the same when the API writes events
// otherwise, or a retry after an update would be taken for another event.
func (e Event) digest() []byte {
	e.OccurredAt, e.RecordedAt = e.OccurredAt.UTC().Truncate(time.Microsecond), time.Time{}
	e.SalesOrg, e.Dealer, e.Reseller, e.User, e.ImportFile = nil, nil, nil, nil, nil
	e.Actor.Level = ""
	if e.OnBehalfOf != nil {
		behalf := *e.OnBehalfOf
		behalf.Level = ""
		e.OnBehalfOf = &behalf
	}
	for _, o := range []**Object{&e.Object, &e.LinkedTo} {
		if *o != nil {
			c := **o
			c.Ref = 0
			*o = &c
		}
	}
	type plain Event // without the API's form of times
	b, err := json.Marshal(plain(e))
	if err != nil {
		panic("cannot happen: an event that has a row is JSON: " + err.Error())
	}
	sum := sha256.Sum256(b)
	return sum[:]
}

// ledger is the sales organization in whose ledger the event is sealed; 0 is the platform's own.
func (e *Event) ledger() int64 {
	if e.SalesOrg == nil {
		return 0
	}
	return e.SalesOrg.ID
}
