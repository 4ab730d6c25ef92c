package inventory

import (
	"fmt"
	"slices"
	"strings"

	"annals/backend/audit"
	"annals/backend/catalog"
)

// entries are what a step records, as its source documents it: one entry for each changed field, or
// each added or removed member, that has one of its own, and one of the action for all the rest. An
// action's own inputs may have their entries beside it: what they are when on, and when off.
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
	var beside []audit.Event
	for _, f := range s.action.Input {
		event := f.EventOff
		if v := s.input[f.Name]; v != nil && v != false {
			event = f.Event
		}
		if event == "" {
			continue
		}
		var set []fieldChange
		rest = slices.DeleteFunc(rest, func(c fieldChange) bool {
			_, ok := f.Sets[c.field.Name]
			if ok {
				set = append(set, c)
			}
			return ok
		})
		beside = append(beside, e.entry(s, event, set))
	}
	if s.action.Name != actUpdate || len(rest) > 0 {
		out = append(out, e.entry(s, s.action.Event, rest))
	}
	if s.allowed {
		beside = append(beside, e.entry(s, s.kind.Allowance.Event, nil))
	}
	return append(out, beside...)
}

// entry makes one event of a step.
func (e Editor) entry(s step, eventType string, changes []fieldChange) audit.Event {
	t, ok := e.Log.Catalog().Type(eventType)
	if !ok {
		panic("cannot happen: the catalogue is checked when it is loaded: " + eventType)
	}
	o := s.after
	ev := e.Origin.Event("")
	ev.System, ev.Type, ev.EventID, ev.Outcome = t.System, eventType, s.entryID, s.outcome
	ev.Object = &audit.Object{Kind: o.Kind, ID: o.ExternalID, Name: o.Name, Revision: fmt.Sprint(o.Revision), Ref: o.ID}
	ev.Reason, ev.Commentary, ev.ExpertMode = s.draft.Reason, s.draft.Commentary, s.draft.Expert
	ev.Belongs(tenantOf(o))
	for _, c := range changes {
		if !c.field.Untracked {
			ev.Changes = append(ev.Changes, c.told()...)
		}
	}
	if s.before.State != "" && s.before.State != o.State && eventType == s.action.Event {
		ev.Changes = append(ev.Changes, audit.Change{Field: "state", Old: s.before.State, New: o.State})
	}
	v := e.valuesFor(s, t, changes)
	if t.Code != "" {
		v.parts = notation(s, t, v)
		ev.Code = t.Code + strings.Join(v.parts, ":")
		ev.Actor = e.webUser()
	}
	ev.LinkedTo, ev.Customer = v.linked, v.customer
	if v.subject != "" {
		ev.Subject = &audit.Person{Name: v.subject}
	}
	for _, d := range t.Data {
		if value := v.of(d); value != "" && d.As != "ip" {
			ev.Data = append(ev.Data, audit.Datum{Label: d.Label, Value: value})
			if d.As == "returnValue" && value != "0" {
				ev.Outcome = audit.Failure
			}
		}
	}
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

// plain is a value as an entry keeps it: a reference by the name that it had, a file with its digest.
func plain(v any) any {
	if text, ok := showFile(v); ok {
		return text
	}
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
	changes                   []fieldChange
	keys                      []string          // "i_account=7": the object, then what it refers to
	given                     []fieldValue      // the inputs; for a new object its fields
	byLabel                   map[string]string // lower-case label of an input or a field
	parts                     []string          // of the compact notation
}

type fieldValue struct{ name, text string }

// valuesFor finds, among the action's inputs, the changes and the object's attributes, in this
// order, what the event type speaks of.
func (e Editor) valuesFor(s step, t catalog.EventType, changes []fieldChange) values {
	attributes, _ := decode(s.after.Attributes) // finish has read them
	v := values{object: s.after.Name, changes: changes, keys: []string{key(s.kind, s.after.ExternalID)}, byLabel: map[string]string{}}
	if len(changes) == 1 {
		v.change = &changes[0]
	}
	concerns := func(kind, name string) {
		switch short := kind[strings.LastIndexByte(kind, '.')+1:]; {
		case short == "user" && v.subject == "":
			v.subject = name
		case (short == "customer" || short == "client") && v.customer == "":
			v.customer = name
		}
	}
	note := func(f catalog.Field, value any) {
		if label := strings.ToLower(f.Label); v.byLabel[label] == "" {
			v.byLabel[label] = show(value)
		}
		refs := refsOf(value)
		if _, member := value.(Reference); len(refs) == 0 || f.Reference == "" || f.Type == "references" && !member {
			return // a file is nobody, and many are nobody in particular
		}
		ref := refs[0]
		concerns(f.Reference, ref.Name)
		if k, ok := e.Log.Catalog().Kind(f.Reference); ok {
			v.keys = append(v.keys, key(k, fmt.Sprint(ref.Ref)))
		}
		if v.linked == nil && f.Reference == t.LinkedTo {
			v.linked = &audit.Object{Kind: f.Reference, ID: fmt.Sprint(ref.Ref), Name: ref.Name, Ref: ref.Ref}
		}
	}
	inputs := s.action.Input
	if s.action.Job != nil {
		inputs = slices.Concat(s.action.Job.Output, inputs)
	}
	for _, f := range inputs {
		note(f, s.input[f.Name])
		v.give(f, s.input[f.Name])
	}
	for _, c := range changes {
		if c.field.Type == "references" && c.new == nil {
			note(c.field, c.old) // who was removed
		}
		note(c.field, c.new)
		if s.action.Name == actCreate {
			v.give(c.field, c.new)
		}
	}
	for _, f := range s.kind.Fields {
		note(f, attributes[f.Name])
	}
	concerns(s.kind.Name, s.after.Name)
	for _, f := range s.kind.Fields {
		if f.Type == "money" && v.byLabel["currency"] == "" {
			v.byLabel["currency"] = f.Unit
		}
	}
	return v
}

func (v *values) give(f catalog.Field, value any) {
	if text := show(value); text != "" && f.Type != "reference" {
		v.given = append(v.given, fieldValue{f.Name, text})
	}
}

// of is the value of one label.
func (v values) of(d catalog.DataLabel) string {
	if d.Fixed != "" {
		return d.Fixed
	}
	if at := slices.Index(partColumns, d.From); at >= 0 && at < len(v.parts) {
		return v.parts[at]
	}
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
