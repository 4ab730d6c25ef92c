package importer

import (
	"strings"

	"annals/backend/audit"
	"annals/backend/catalog"
	"annals/backend/fault"
)

// alternetColumns are those of the activity log.
var alternetColumns = []string{"Timestamp", "Activity Type", "Description", "IP Address", "User"}

// alternetNames are the catalogue's names for them.
var alternetNames = []string{"timestamp", "activity", "description", "ip", "user"}

// alternet reads a row of Alternet's activity log, whose description tells what happened.
func (t *translator) alternet(r row) (entry, *fault.Fault) {
	cells := make([]string, len(r.cells))
	for i, text := range r.cells {
		cells[i] = strings.TrimSpace(text)
	}
	cells[2] = t.redact(cells[2])
	activity, description, address, user := cells[1], cells[2], cells[3], cells[4]
	occurred, wrong := t.time("Timestamp", cells[0])
	if wrong != nil {
		return entry{}, wrong
	}
	what, groups, _ := t.find(description)
	plain := byName(alternetNames, cells)
	reading := what.Read(func(column string) string {
		if value, ok := groups[column]; ok {
			return value
		}
		return plain(column)
	}, t.conceal)
	e := entry{event: t.event(what, occurred, reading), identity: cells}
	// The source knows better than our row who set it in motion.
	for _, a := range catalog.Activities() {
		if strings.EqualFold(activity, a.Label) {
			e.event.Activity = a.Name
		}
	}
	if e.event.Activity == "" && activity != "" {
		e.event.Data = append(e.event.Data, audit.Datum{Label: alternetColumns[1], Value: activity})
	}
	switch {
	case reading.Object != "":
		e.event.Object = t.named(what.Object, reading.Object)
	case what.Object != "":
		e.event.Object = &audit.Object{Kind: what.Object}
	}
	from(&e.event, address)
	e.event.Actor = t.person(user)
	return e, nil
}
