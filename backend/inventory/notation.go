package inventory

import (
	"fmt"
	"slices"
	"strings"

	"annals/backend/audit"
	"annals/backend/catalog"
)

// notation is what follows an event type's code, part by part, as its syntax says.
func notation(s step, t catalog.EventType, v values) []string {
	switch t.Code {
	case "A", "U", "Q", "E":
		parts := []string{s.kind.Table, v.keys[0]}
		if fields := newValues(s, v); fields != "" {
			parts = append(parts, fields)
		}
		return parts
	case "D", "R":
		return []string{s.kind.Table, v.keys[0]}
	}
	if t.Syntax == "" { // the document cut it off; as its neighbours have it: whose kind, and who
		return []string{s.kind.Name[strings.LastIndexByte(s.kind.Name, '.')+1:], v.object}
	}
	return v.filled(t, s.kind.Table)
}

// newValues are those that a record gets: "username=ana,credit_limit=10".
func newValues(s step, v values) string {
	var fields []string
	for _, c := range v.changes {
		if !c.field.Untracked {
			fields = append(fields, c.field.Name+"="+show(c.new))
		}
	}
	for _, f := range s.action.Input {
		if value := show(s.input[f.Name]); value != "" && !slices.ContainsFunc(v.changes, func(c fieldChange) bool { return c.field.Name == f.Name }) {
			fields = append(fields, f.Name+"="+value)
		}
	}
	if s.before.State != "" && s.before.State != s.after.State {
		fields = append(fields, "state="+s.after.State)
	}
	return strings.Join(fields, ",")
}

// filled takes of each part of the syntax the alternative that is true here ("add|credit|debit" is
// "credit" where the input says so, "i_customer|i_account=" is "i_account=7"), and for the parts of
// which the source's document says no more than that they are there, the other values that were given.
func (v values) filled(t catalog.EventType, table string) []string {
	var parts []string
	given := v.given
	for _, part := range strings.Split(t.Syntax, ":") {
		alternatives := strings.Split(strings.TrimSuffix(strings.TrimSuffix(part, "id"), "="), "|")
		own := slices.IndexFunc(v.keys, func(k string) bool {
			name, _, _ := strings.Cut(k, "=")
			return slices.Contains(alternatives, name)
		})
		input := slices.IndexFunc(given, func(g fieldValue) bool { return slices.Contains(alternatives, g.text) })
		switch {
		case part == table:
			parts = append(parts, part)
		case own >= 0:
			parts = append(parts, v.keys[own])
		case input >= 0:
			parts = append(parts, given[input].text)
			given = slices.Delete(slices.Clone(given), input, input+1)
		case strings.HasPrefix(part, "i_"): // the document's misspelt i_accout
			parts = append(parts, v.keys[0])
		}
	}
	for _, g := range given {
		if len(parts) < len(t.Data) {
			parts = append(parts, g.text)
		}
	}
	return parts
}

// partColumns are the columns of what follows a code, between its colons.
var partColumns = []string{"part1", "part2", "part3"}

// key is an object as the compact notation has it: "i_account=7".
func key(k catalog.Kind, id string) string {
	name := "i_" + k.Name[strings.LastIndexByte(k.Name, '.')+1:]
	if at := slices.IndexFunc(k.Aliases, func(alias string) bool { return strings.HasPrefix(alias, "i_") }); at >= 0 {
		name = k.Aliases[at]
	}
	return name + "=" + id
}

// webUser is who acts in an entry that has a compact notation: there a person of ours is a web user
// of the organization that he works in.
func (e Editor) webUser() audit.Actor {
	a := e.Origin.Actor
	if a.Kind == audit.ActorUser && a.UserID != 0 {
		a.Kind, a.ID, a.SubID = audit.ActorWebUser, fmt.Sprint(e.Scope.TenantID), fmt.Sprint(a.UserID)
	}
	return a
}
