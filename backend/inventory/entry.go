package inventory

import (
	"fmt"
	"slices"
	"strings"

	"annals/backend/audit"
	"annals/backend/catalog"
)

// entries are what a step records, as its source documents it: one entry for each changed field, or
// each added or removed member, that has one of its own, and one of the action for all the rest.
func (e Editor) entries(s step) []audit.Event {
	var out []audit.Event
	var rest []fieldChange
	own := func(c fieldChange) string {
		if on, ok := c.new.(bool); ok && !on && c.field.EventOff != "" {
			return c.field.EventOff
		}
		return c.field.Event
	}
	for _, c := range s.changes {
		added, removed := c.members()
		switch {
		case s.action.Name != actUpdate:
			rest = append(rest, c)
		case c.field.EventAdded != "":
			for _, r := range added {
				out = append(out, e.entry(s, c.field.EventAdded, []fieldChange{{c.field, nil, r}}))
			}
			for _, r := range removed {
				out = append(out, e.entry(s, c.field.EventRemoved, []fieldChange{{c.field, r, nil}}))
			}
		case own(c) != "":
			out = append(out, e.entry(s, own(c), []fieldChange{c}))
		default:
			rest = append(rest, c)
		}
	}
	if s.action.Name != actUpdate || len(rest) > 0 {
		out = append(out, e.entry(s, s.action.Event, rest))
	}
	return out
}

// entry makes one event of a step.
func (e Editor) entry(s step, eventType string, changes []fieldChange) audit.Event {
	t, ok := e.Log.Catalog().Type(eventType)
	if !ok {
		panic("cannot happen: the catalogue is checked when it is loaded: " + eventType)
	}
	o := s.after
	ev := e.Origin.Event("")
	ev.System, ev.Type = t.System, eventType
	ev.Object = &audit.Object{Kind: o.Kind, ID: o.ExternalID, Name: o.Name, Revision: fmt.Sprint(o.Revision), Ref: o.ID}
	ev.Reason, ev.Commentary, ev.ExpertMode = s.draft.Reason, s.draft.Commentary, s.draft.Expert
	ev.Belongs(tenantOf(o))
	for _, c := range changes {
		if !c.field.Untracked {
			ev.Changes = append(ev.Changes, c.told()...)
		}
	}
	if s.before.State != "" && s.before.State != o.State {
		ev.Changes = append(ev.Changes, audit.Change{Field: "state", Old: s.before.State, New: o.State})
	}
	v := e.valuesFor(s, t, changes)
	if v.linked != nil {
		ev.LinkedTo = v.linked
	}
	if v.subject != "" {
		ev.Subject = &audit.Person{Name: v.subject}
	}
	for _, d := range t.Data {
		if value := v.of(d); value != "" && d.As != "ip" {
			ev.Data = append(ev.Data, audit.Datum{Label: d.Label, Value: value})
		}
	}
	ev.Code = code(s, t, changes)
	return ev
}

// members are what a change adds to references and what it removes from them.
func (c fieldChange) members() (added, removed []Reference) {
	before, after := refsOf(c.old), refsOf(c.new)
	without := func(refs, others []Reference) []Reference {
		return slices.DeleteFunc(slices.Clone(refs), func(r Reference) bool {
			return slices.ContainsFunc(others, func(o Reference) bool { return o.Ref == r.Ref })
		})
	}
	return without(after, before), without(before, after)
}

// told is a change as an entry keeps it: a reference by the name that it had; of references what was
// added and what was removed, and not all the others again.
func (c fieldChange) told() []audit.Change {
	if c.field.Type != "references" {
		return []audit.Change{{Field: c.field.Name, Old: plain(c.old), New: plain(c.new)}}
	}
	var out []audit.Change
	added, removed := c.members()
	if len(added) > 0 {
		out = append(out, audit.Change{Field: c.field.Name, New: show(added)})
	}
	if len(removed) > 0 {
		out = append(out, audit.Change{Field: c.field.Name, Old: show(removed)})
	}
	return out
}

func plain(v any) any {
	if len(refsOf(v)) > 0 {
		return show(v)
	}
	return v
}

// values are what the labels of an event type may ask for.
type values struct {
	object, subject, customer string
	linked                    *audit.Object
	change                    *fieldChange
	byLabel                   map[string]string // lower-case label of an input or a field
}

// valuesFor finds, among the action's inputs, the changes and the object's attributes, in this
// order, what the event type speaks of.
func (e Editor) valuesFor(s step, t catalog.EventType, changes []fieldChange) values {
	attributes, _ := decode(s.after.Attributes) // finish has read them
	v := values{object: s.after.Name, byLabel: map[string]string{}}
	if len(changes) == 1 {
		v.change = &changes[0]
	}
	note := func(f catalog.Field, value any) {
		if label := strings.ToLower(f.Label); v.byLabel[label] == "" {
			v.byLabel[label] = show(value)
		}
		refs := refsOf(value)
		if _, member := value.(Reference); len(refs) == 0 || f.Type == "references" && !member {
			return // many are nobody in particular
		}
		ref := refs[0]
		short := f.Reference[strings.LastIndexByte(f.Reference, '.')+1:]
		switch {
		case short == "user" && v.subject == "":
			v.subject = ref.Name
		case (short == "customer" || short == "client") && v.customer == "":
			v.customer = ref.Name
		}
		if v.linked == nil && f.Reference == t.LinkedTo {
			v.linked = &audit.Object{Kind: f.Reference, ID: fmt.Sprint(ref.Ref), Name: ref.Name, Ref: ref.Ref}
		}
	}
	for _, f := range s.action.Input {
		note(f, s.input[f.Name])
	}
	for _, c := range changes {
		if c.field.Type == "references" && c.new == nil {
			note(c.field, c.old) // who was removed
		}
		note(c.field, c.new)
	}
	for _, f := range s.kind.Fields {
		note(f, attributes[f.Name])
	}
	return v
}

// of is the value of one label.
func (v values) of(d catalog.DataLabel) string {
	switch d.As {
	case "object":
		return v.object
	case "subject":
		return v.subject
	case "customer":
		return v.customer
	case "linkedTo":
		if v.linked != nil {
			return v.linked.Name
		}
		return ""
	case "field":
		if v.change != nil {
			return v.change.field.Label
		}
		return ""
	case "old":
		if v.change != nil {
			return show(v.change.old)
		}
		return ""
	case "new":
		if v.change != nil {
			return show(v.change.new)
		}
	}
	return v.byLabel[strings.ToLower(d.Label)]
}

// code is the entry in Sippy's notation, for the event types that have one.
func code(s step, t catalog.EventType, changes []fieldChange) string {
	if t.Code == "" {
		return ""
	}
	table := s.kind.Table
	key := "i_" + s.kind.Name[strings.LastIndexByte(s.kind.Name, '.')+1:] + "=" + s.after.ExternalID
	switch t.Code {
	case "A", "U", "Q", "E":
		parts := []string{t.Code + table, key}
		var fields []string
		for _, c := range changes {
			fields = append(fields, c.field.Name+"="+show(c.new))
		}
		for _, f := range s.action.Input {
			if value := show(s.input[f.Name]); value != "" && !slices.ContainsFunc(changes, func(c fieldChange) bool { return c.field.Name == f.Name }) {
				fields = append(fields, f.Name+"="+value)
			}
		}
		if len(fields) > 0 {
			parts = append(parts, strings.Join(fields, ","))
		}
		return strings.Join(parts, ":")
	case "D", "R":
		return t.Code + table + ":" + key
	}
	return notation(s, t, key)
}

// notation fills the syntax that the source documents for a code: the alternative that is this
// object's key, and the inputs for the rest ("add|credit|debit|recharge:i_customer|i_account=" with
// the input type=credit and amount=10 is "credit:i_account=7:10").
func notation(s step, t catalog.EventType, key string) string {
	name, _, _ := strings.Cut(key, "=")
	var parts []string
	used := map[string]bool{}
	for _, part := range strings.Split(t.Syntax, ":") {
		alternatives := strings.Split(strings.TrimSuffix(strings.TrimSuffix(part, "id"), "="), "|")
		switch {
		case slices.Contains(alternatives, name):
			parts = append(parts, key)
		case part == s.kind.Table:
			parts = append(parts, part)
		case strings.Contains(part, "=") && strings.HasPrefix(part, "i_"):
			parts = append(parts, key)
		default:
			for _, f := range s.action.Input {
				if value := show(s.input[f.Name]); slices.Contains(alternatives, value) {
					parts, used[f.Name] = append(parts, value), true
				}
			}
		}
	}
	for _, f := range s.action.Input {
		if value := show(s.input[f.Name]); value != "" && !used[f.Name] {
			parts = append(parts, value)
		}
	}
	return t.Code + strings.Join(parts, ":")
}
