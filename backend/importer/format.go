package importer

import (
	"encoding/json"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"annals/backend/audit"
	"annals/backend/catalog"
	"annals/backend/fault"
	"annals/backend/tenant"
)

// format is how one system writes its export.
type format struct {
	columns   []string // of a CSV file's header, or the fields of a JSON element
	open      func(file io.Reader, columns []string) (rows, error)
	translate func(*translator, row) (entry, *fault.Fault) // the fault says why the row is rejected
}

// formats are the exports that can be imported, by system.
var formats = map[string]format{
	"mor":      {morColumns, openCSV, (*translator).mor},
	"sippy":    {sippyColumns, openCSV, (*translator).sippy},
	"sbc":      {sbcColumns, openCSV, (*translator).sbc},
	"alternet": {alternetColumns, openCSV, (*translator).alternet},
	"safe":     {safeColumns, openJSON, (*translator).safe},
}

// rows is a file that is being read.
type rows interface {
	next() (row, error) // io.EOF at the end
	bytes() int64       // read so far
}

// row is one row of a file: its cells in the order of the format's columns, or what is wrong with it.
type row struct {
	line     int64  // where it begins, from 1
	raw      []byte // as it stands in the file; valid until the next row is read
	cells    []string
	original json.RawMessage // a JSON element as it came, if that must be kept
	wrong    string          // why it can't be read
}

// entry is what a row says happened.
type entry struct {
	place
	event    audit.Event
	operator bool   // the actor is the one who runs the source
	salesOrg string // whose it is, by name, where the row says so
	dealer   string
	whose    tenant.Tenant // the same, found
	identity []string      // what tells the row from others, where the source has no id for it
}

// translator knows what one system's cells mean.
type translator struct {
	catalog  *catalog.Catalog
	system   catalog.System
	source   string
	location *time.Location
	conceal  func(secret string) string
}

// find returns the row of the catalogue for a source's own words, and the values of its named
// groups; for words that nobody knows the row "unknown", which keeps them.
func (t *translator) find(text string) (what catalog.EventType, groups map[string]string, known bool) {
	what, groups, known = t.catalog.Match(t.system.Name, text)
	if !known {
		what, _ = t.catalog.Type(t.system.Name + ".unknown")
	}
	return what, groups, known
}

// event begins an event with what the catalogue reads in the source's values.
func (t *translator) event(what catalog.EventType, occurred time.Time, r catalog.Reading) audit.Event {
	e := audit.Event{System: t.system.Name, Source: t.source, Type: what.Name, OccurredAt: occurred, Customer: r.Customer, IP: r.IP}
	if r.Failed {
		e.Outcome = audit.Failure
	}
	if r.Subject != "" {
		e.Subject = &audit.Person{Name: r.Subject}
	}
	if r.Field != "" && r.Old+r.New != "" {
		e.Changes = []audit.Change{{Field: r.Field, Old: orNil(r.Old), New: orNil(r.New)}}
	}
	for _, d := range r.Data {
		e.Data = append(e.Data, audit.Datum{Label: d.Label, Value: d.Value})
	}
	return e
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// named is an object of a kind that the source speaks of by a name, from which its id is taken where
// the name is the kind and an id: "dialplan 5". A name without an id identifies it.
func (t *translator) named(kind, name string) *audit.Object {
	if k, id, ok := t.catalog.SplitObject(t.system.Name, name); ok && (k.Name == kind || kind == "") {
		return &audit.Object{Kind: k.Name, ID: id, Name: name}
	}
	return &audit.Object{Kind: kind, ID: name, Name: name}
}

// numbered is an object that the source names by its own word for the kind and an id. Where nobody
// knows the word, the object has no kind, hence no page, but its name says all.
func (t *translator) numbered(word, id string) *audit.Object {
	if k, ok := t.catalog.KindByAlias(t.system.Name, word); ok {
		return &audit.Object{Kind: k.Name, ID: id, Name: id}
	}
	return &audit.Object{ID: id, Name: strings.TrimSpace(word + " " + id)}
}

// person is somebody whom the source names; nobody is the system itself.
func (t *translator) person(name string) audit.Actor {
	if name == "" {
		return t.itself()
	}
	return audit.Actor{Kind: audit.ActorUser, Name: name}
}

// itself is the source as an actor, where no person acted.
func (t *translator) itself() audit.Actor { return audit.System(t.source).Actor }

// from puts an address into the event, or a node where it isn't one.
func from(e *audit.Event, text string) {
	text = strings.TrimSpace(text)
	if ip, err := netip.ParseAddr(text); err == nil {
		e.IP = ip
	} else {
		e.Node = text
	}
}

// redact conceals secrets in free text of name=value pairs. Most texts have none, which is seen faster
// than Redact sees it.
func (t *translator) redact(text string) string {
	if strings.IndexByte(text, '=') < 0 && (strings.IndexByte(text, ':') < 0 || !strings.ContainsAny(text, `"'`)) {
		return text
	}
	return t.system.Redact(text, t.conceal)
}

// rank says on which storey the actors of an imported entry stand. The files don't tell. What is sure
// is that whoever acted works at the tenant that the row names, or else at the one whose file it is,
// which hides them from those below, also where the object belongs to these; and that who runs the
// source stands where the source does. The system itself is nobody, and is never hidden.
func (e *entry) rank(row, source tenant.Level) {
	level := row
	if e.operator {
		level = source
	}
	for _, a := range []*audit.Actor{&e.event.Actor, e.event.OnBehalfOf} {
		if a != nil && a.Kind != audit.ActorSystem {
			a.Level = string(level)
		}
	}
}

// The layouts of times, first those without an offset; each second may have a fraction.
var layouts = []string{time.DateTime, "2006-01-02T15:04:05", time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 Z07:00", "2006-01-02 15:04:05 -0700"}

const withoutOffset = 2

// time reads a time; one without an offset is in the import's zone.
func (t *translator) time(column, text string) (time.Time, *fault.Fault) {
	text = strings.TrimSpace(text)
	for i, layout := range layouts {
		at, err := time.ParseInLocation(layout, text, t.location)
		if err != nil {
			continue
		}
		if i >= withoutOffset {
			return at.UTC(), nil
		}
		clock, err := time.Parse(layout, text)
		if err != nil || at.Format(time.DateTime) != clock.Format(time.DateTime) {
			return at, fault.At(column, "%s is a time that was left out in %s, where the clocks were put forward. Is it the right time zone?", column, t.location)
		}
		return earlier(at).UTC(), nil
	}
	return time.Time{}, fault.At(column, "%s can't be read as a time: it looks like 2026-03-01 14:03:22 or 2026-03-01T14:03:22+01:00.", column)
}

// earlier is the first of two times that a clock showed alike, because it was put back between them.
func earlier(at time.Time) time.Time {
	start, _ := at.ZoneBounds()
	if start.IsZero() {
		return at
	}
	_, before := start.Add(-time.Nanosecond).Zone()
	_, after := at.Zone()
	if first := at.Add(time.Duration(after-before) * time.Second); before > after && first.Before(start) {
		return first
	}
	return at
}

// byName gives the cells of a row under the names that the catalogue has for the columns.
func byName(columns, cells []string) func(column string) string {
	return func(column string) string {
		if i := slices.Index(columns, column); i >= 0 {
			return cells[i]
		}
		return ""
	}
}
