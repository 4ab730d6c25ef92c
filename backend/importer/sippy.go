package importer

import (
	"regexp"
	"strings"

	"annals/backend/audit"
	"annals/backend/catalog"
	"annals/backend/fault"
)

// sippyColumns are those of the Audit Logs Viewer's download.
var sippyColumns = []string{"Resource", "Action", "Action by", "Date", "User IP/Node"}

// sippy reads a row of Sippy's audit log.
func (t *translator) sippy(r row) (entry, *fault.Fault) {
	resource, action, by, date, node := r.cells[0], strings.TrimSpace(r.cells[1]), strings.TrimSpace(r.cells[2]), r.cells[3], r.cells[4]
	occurred, wrong := t.time("Date", date)
	if wrong != nil {
		return entry{}, wrong
	}
	code := sippyCode.FindString(action)
	rest := strings.TrimSpace(action[len(code):])
	what, _, known := t.find(code)
	// The code stands before the first name without a mark between: apart from it, the name is known.
	notation := code + t.redact(rest)
	part := map[string]string{}
	if known {
		part["part1"], part["part2"], part["part3"] = sippyParts(what, rest)
	} else {
		part["action"] = notation
	}
	reading := what.Read(func(column string) string { return part[column] }, t.conceal)
	e := entry{event: t.event(what, occurred, reading), identity: []string{resource, notation, by, date, node}}
	e.event.Code = notation
	e.event.Object = t.sippyObject(what, resource)
	from(&e.event, node)
	if strings.HasPrefix(what.Class, "object.") {
		e.event.Changes = sippyChanges(t.redact(part["part3"]))
	}
	e.event.Actor = t.person(by)
	if actor, ok := audit.ParseActor(by); ok {
		e.event.Actor, e.operator = actor, actor.Kind == audit.ActorTrustedAPI
	}
	return e, nil
}

// sippyCode is an action's code: what follows it begins in lower case.
var sippyCode = regexp.MustCompile(`^[A-Z][A-Z0-9_]*`)

// Where the next name=value pair begins: in a list of them, and the first of the next part.
var (
	sippyNextPair = regexp.MustCompile(`,\w+=`)
	sippyNextPart = regexp.MustCompile(`:\w+=`)
)

// sippyParts splits what follows a code at its colons, into as many parts as the catalogue has labels
// for. A value may have colons in it: the second part ends before the first colon that a pair
// follows, or else at the last one.
func sippyParts(what catalog.EventType, rest string) (one, two, three string) {
	parts := 0
	for _, d := range what.Data {
		for i, column := range []string{"part1", "part2", "part3"} {
			if d.From == column {
				parts = max(parts, i+1)
			}
		}
	}
	if parts < 2 {
		return rest, "", ""
	}
	one, two, _ = strings.Cut(rest, ":")
	if parts < 3 {
		return one, two, ""
	}
	at := strings.LastIndexByte(two, ':')
	if pair := sippyNextPart.FindStringIndex(two); pair != nil {
		at = pair[0]
	}
	if at < 0 {
		return one, two, ""
	}
	return one, two[:at], two[at+1:]
}

// sippyObject is what the resource names, "accounts:288": a table and an id.
func (t *translator) sippyObject(what catalog.EventType, resource string) *audit.Object {
	table, id, _ := strings.Cut(strings.TrimSpace(resource), ":")
	switch {
	case table == "" && what.Object == "":
		return nil
	case table == "":
		return &audit.Object{Kind: what.Object}
	}
	return t.numbered(table, id)
}

// sippyChanges are the new values of a record; Sippy doesn't tell the old ones. Secrets in them are
// concealed already. A comma that no name follows belongs to the value.
func sippyChanges(values string) []audit.Change {
	var changes []audit.Change
	for values != "" {
		pair, rest := values, ""
		if next := sippyNextPair.FindStringIndex(values); next != nil {
			pair, rest = values[:next[0]], values[next[0]+1:]
		}
		field, value, _ := strings.Cut(pair, "=")
		changes = append(changes, audit.Change{Field: field, New: value})
		values = rest
	}
	return changes
}
