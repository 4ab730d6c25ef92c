// Package catalog holds what every system can say: its event types and its object kinds, as data.
// Each system is one YAML file; validation, sentences, filter menus, redaction and forms follow
// from its rows. docs/catalogue.md says how to write one.
package catalog

import (
	"regexp"
	"slices"
	"strings"
)

// Catalog is everything that was loaded. It does not change after Load, so any number of
// goroutines may read it; what it returns is shared and must not be written to.
type Catalog struct {
	systems  []System // ours first, then the operator's, by name
	byName   map[string]int
	types    map[string]EventType
	kinds    map[string]Kind
	matchers map[string]*matcher
}

// System is one source of events: a product that feeds us, or Annals itself.
type System struct {
	Name         string      `yaml:"system" json:"name"`
	Label        string      `yaml:"label" json:"label"`
	Columns      []Column    `yaml:"columns" json:"columns,omitempty"`
	SecretFields []string    `yaml:"secretFields" json:"-"` // the source's field names whose values are secret
	Events       []EventType `yaml:"events" json:"events"`
	Kinds        []Kind      `yaml:"kinds" json:"kinds"`

	fieldNames map[string]bool // true: secret
}

// Column is one column or field of the source's export.
type Column struct {
	Name  string `yaml:"name" json:"name"`
	Label string `yaml:"label" json:"label"`
}

// EventType is one row: something that can happen in a system, and how we show and treat it.
type EventType struct {
	Name       string      `yaml:"name" json:"name"` // in the file "login", loaded "mor.login"
	System     string      `yaml:"-" json:"system"`
	Label      string      `yaml:"label" json:"label"`
	Category   string      `yaml:"category" json:"category"`
	Activity   string      `yaml:"activity" json:"activity"`       // system, user, administrative
	State      string      `yaml:"state" json:"state,omitempty"`   // one of States
	Class      string      `yaml:"class" json:"class"`             // one of Classes
	Object     string      `yaml:"object" json:"object,omitempty"` // kind of what it is about, in full: "mor.device"
	LinkedTo   string      `yaml:"linkedTo" json:"linkedTo,omitempty"`
	Field      string      `yaml:"field" json:"field,omitempty"` // the one field whose old and new values it gives
	Actor      string      `yaml:"actor" json:"actor,omitempty"` // who did it where the source's user column names somebody else: system, admin
	Template   string      `yaml:"sentence" json:"template"`
	Match      string      `yaml:"match" json:"match,omitempty"`   // the source's text, or an anchored regexp: ^…$
	Code       string      `yaml:"code" json:"code,omitempty"`     // Sippy's action code
	Syntax     string      `yaml:"syntax" json:"syntax,omitempty"` // what follows the code
	Severity   string      `yaml:"severity" json:"severity"`       // info unless the row says otherwise
	Retention  string      `yaml:"retention" json:"retention"`     // standard unless the row says otherwise
	Outcome    string      `yaml:"outcome" json:"outcome"`         // success unless the row says otherwise
	Origin     string      `yaml:"origin" json:"origin"`           // action (in the portal, the default), timer, ingest
	Data       []DataLabel `yaml:"data" json:"data,omitempty"`
	Documented []string    `yaml:"documented" json:"documented,omitempty"` // the source document's own words for it

	sentence    []segment
	objectLabel string // stands for an object without a name
	secrets     *System
}

// DataLabel names one of the source's own values and says what it means.
type DataLabel struct {
	Label  string `yaml:"label" json:"label"`
	From   string `yaml:"from" json:"from,omitempty"` // a column of the system or a named group of Match
	Cut    string `yaml:"cut" json:"cut,omitempty"`   // only a part of the cell: split at the first Cut
	Keep   string `yaml:"keep" json:"keep,omitempty"` // before (nothing without a Cut), after (all without a Cut)
	As     string `yaml:"as" json:"as,omitempty"`     // the part of the event that it fills, see Reading
	Secret bool   `yaml:"secret" json:"secret,omitempty"`
	Pairs  bool   `yaml:"pairs" json:"pairs,omitempty"` // holds name=value pairs, secret ones among them
	Fixed  string `yaml:"fixed" json:"fixed,omitempty"` // what our own entries always say here
}

// Kind is one kind of object: what it consists of, its life, and who may manage it.
type Kind struct {
	Name      string     `yaml:"name" json:"name"` // in the file "device", loaded "mor.device"
	System    string     `yaml:"-" json:"system"`
	Label     string     `yaml:"label" json:"label"`
	Plural    string     `yaml:"plural" json:"plural"`
	Table     string     `yaml:"table" json:"table,omitempty"`     // the source's table
	Aliases   []string   `yaml:"aliases" json:"aliases,omitempty"` // the source's other words for it; ^…$ is a regexp
	ManagedBy []string   `yaml:"managedBy" json:"managedBy"`       // levels whose administrators may manage it; empty: nobody
	Fields    []Field    `yaml:"fields" json:"fields"`
	States    []string   `yaml:"states" json:"states,omitempty"` // the first is the one of a new object
	Actions   []Action   `yaml:"actions" json:"actions"`
	Timers    []Timer    `yaml:"timers" json:"timers,omitempty"`
	Limits    []Limit    `yaml:"limits" json:"limits,omitempty"`
	Bulk      *Bulk      `yaml:"bulk" json:"bulk,omitempty"`
	OwnTable  bool       `yaml:"ownTable" json:"ownTable,omitempty"`   // kept in a table and by calls of its own, not by the inventory's engine
	Setting   bool       `yaml:"setting" json:"setting,omitempty"`     // an organization has at most one; without one, that of the nearest above holds
	Allowance *Allowance `yaml:"allowance" json:"allowance,omitempty"` // of which an organization may have only so many
	Template  string     `yaml:"title" json:"title,omitempty"`         // what an object of it is called, over its fields; see TitleOf

	title []segment
}

// Field is one attribute of a kind, or one input of an action.
type Field struct {
	Name      string   `yaml:"name" json:"name"`
	Label     string   `yaml:"label" json:"label"`
	Type      string   `yaml:"type" json:"type"`
	Help      string   `yaml:"help" json:"help,omitempty"` // what a form says under it
	Unit      string   `yaml:"unit" json:"unit,omitempty"`
	Required  bool     `yaml:"required" json:"required,omitempty"`
	Reference string   `yaml:"reference" json:"reference,omitempty"` // kind that it points to, in full; of references: each of them
	Values    []string `yaml:"values" json:"values,omitempty"`       // of a choice
	Min       *float64 `yaml:"min" json:"min,omitempty"`             // of a list: how many it holds
	Max       *float64 `yaml:"max" json:"max,omitempty"`
	MaxLength int      `yaml:"maxLength" json:"maxLength,omitempty"` // of a text, or of each in a list: characters
	Default   any      `yaml:"default" json:"default,omitempty"`     // of a setting: what holds while nobody has set it
	Unique    bool     `yaml:"unique" json:"unique,omitempty"`       // no two live objects of an organization share its value
	MaxSize   int64    `yaml:"maxSize" json:"maxSize,omitempty"`     // of a file, in MiB; MaxFileSize unless the row says less
	Accept    []string `yaml:"accept" json:"accept,omitempty"`       // how a file's name may end: .atx
	Secret    bool     `yaml:"secret" json:"secret,omitempty"`
	Untracked bool     `yaml:"untracked" json:"untracked,omitempty"` // kept in revisions, not listed in entries
	Expert    bool     `yaml:"expert" json:"expert,omitempty"`       // dangerous: edited in expert mode only
	ReadOnly  bool     `yaml:"readOnly" json:"readOnly,omitempty"`   // filled in by a job, by nobody else
	Event     string   `yaml:"event" json:"event,omitempty"`         // what a change of it records, where that is not the event of "update"
	EventOff  string   `yaml:"eventOff" json:"eventOff,omitempty"`   // of a boolean that has an event: what switching it off records

	EventAdded   string `yaml:"eventAdded" json:"eventAdded,omitempty"`     // of references: what is recorded for each one that is added
	EventRemoved string `yaml:"eventRemoved" json:"eventRemoved,omitempty"` // and for each one that is removed

	Sets map[string]any `yaml:"sets" json:"sets,omitempty"` // of a boolean input: the values that fields get when it is on
}

// WithUnit is a number of this field as a person reads it: "30 days", "1 day", "10°".
func (f Field) WithUnit(number string) string {
	switch {
	case f.Unit == "" || strings.HasPrefix(f.Unit, "°"):
		return number + f.Unit
	case number == "1" && len(f.Unit) > 2:
		return number + " " + strings.TrimSuffix(f.Unit, "s")
	}
	return number + " " + f.Unit
}

// Action is something that can be done to an object. "create", "update", "delete" and "restore"
// are what every object has; a kind lists those for which it records an event.
type Action struct {
	Name   string   `yaml:"name" json:"name"`
	Label  string   `yaml:"label" json:"label"`
	From   []string `yaml:"from" json:"from,omitempty"` // states in which it is offered; empty: all
	To     string   `yaml:"to" json:"to,omitempty"`     // state afterwards; empty: as before
	Input  []Field  `yaml:"input" json:"input,omitempty"`
	Event  string   `yaml:"event" json:"event"`                             // event type, in full; what every object has may have none of its own
	Reason bool     `yaml:"reasonRequired" json:"reasonRequired,omitempty"` // it is refused without a reason
	Job    *Job     `yaml:"job" json:"job,omitempty"`                       // work that must be done first; its result is what is recorded

	Sets map[string]any `yaml:"sets" json:"sets,omitempty"` // the values that fields get by it
}

// Allowance says where it is written how many objects of a kind an organization may have: in a field
// of objects of another kind, a license. Without one there is no limit.
type Allowance struct {
	Kind   string `yaml:"kind" json:"kind"`             // in full
	Field  string `yaml:"field" json:"field"`           // how many; those of several are added up, one without a number is no limit
	Until  string `yaml:"until" json:"until,omitempty"` // the day or time after which it allows nothing
	Event  string `yaml:"event" json:"event"`           // recorded beside a creation that is allowed, in full
	Failed string `yaml:"failed" json:"failed"`         // recorded of a creation that is not, in full
}

// Limit does an action when the value of a field passes that of another one: consumption its limit,
// a balance the amount below which its owner is warned.
type Limit struct {
	Field  string `yaml:"field" json:"field"`
	Above  string `yaml:"above" json:"above,omitempty"` // either this
	Below  string `yaml:"below" json:"below,omitempty"` // or this
	Action string `yaml:"action" json:"action"`
}

// Bulk is what a kind says of being changed from a CSV file, beside what holds for every kind.
type Bulk struct {
	Label  string            `yaml:"label" json:"label"`
	Event  string            `yaml:"event" json:"event"`             // what the whole records, beside the entry of each line
	Data   map[string]string `yaml:"data" json:"data,omitempty"`     // the event's values, by label
	Within string            `yaml:"within" json:"within,omitempty"` // the reference that all lines share: a rate's tariff, whose event it then is
}

// MaxFileSize is the most that a file may have, in MiB.
const MaxFileSize = 16

// PossibleIn reports whether the action is offered in a state.
func (a Action) PossibleIn(state string) bool {
	return len(a.From) == 0 || slices.Contains(a.From, state)
}

// Systems lists all systems: ours in a fixed order, then the operator's by name.
func (c *Catalog) Systems() []System { return slices.Clone(c.systems) }

// System finds a system by its name: "mor".
func (c *Catalog) System(name string) (System, bool) {
	i, ok := c.byName[name]
	if !ok {
		return System{}, false
	}
	return c.systems[i], true
}

// Type finds an event type by its full name: "mor.login".
func (c *Catalog) Type(name string) (EventType, bool) {
	t, ok := c.types[name]
	return t, ok
}

// Kind finds an object kind by its full name: "mor.device".
func (c *Catalog) Kind(name string) (Kind, bool) {
	k, ok := c.kinds[name]
	return k, ok
}

// Title is how a sentence names an object of this kind: "Device 64", "User ana.silva". A name that
// already begins with the kind's label stays as it is; without a name it is the label alone.
func (k Kind) Title(name string) string {
	switch {
	case name == "":
		return k.Label
	case len(name) >= len(k.Label) && strings.EqualFold(name[:len(k.Label)], k.Label):
		return name
	default:
		return k.Label + " " + name
	}
}

// isPattern tells an anchored regexp from a plain text.
func isPattern(text string) bool { return strings.HasPrefix(text, "^") }

// compileAnchored compiles ^…$ so that both anchors hold for every alternative, and returns the
// literal with which each matching text begins.
func compileAnchored(text string) (re *regexp.Regexp, prefix string, err error) {
	inner, closed := strings.CutSuffix(strings.TrimPrefix(text, "^"), "$")
	if !closed || strings.HasSuffix(inner, `\`) {
		return nil, "", errNotAnchored
	}
	loose, err := regexp.Compile(inner)
	if err != nil {
		return nil, "", err
	}
	prefix, _ = loose.LiteralPrefix()
	re, err = regexp.Compile(`^(?s:` + inner + `)$`)
	return re, prefix, err
}
