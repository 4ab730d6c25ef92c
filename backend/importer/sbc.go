package importer

import (
	"strings"

	"annals/backend/catalog"
	"annals/backend/fault"
)

// sbcColumns are those of the grid, without its edit button.
var sbcColumns = []string{"Modified Time", "Modified By", "Category", "Event", "Object", "Description", "Sales Organization", "Dealer"}

// sbcNames are the catalogue's names for them.
var sbcNames = []string{"modified_time", "modified_by", "category", "event", "object", "description", "sales_organization", "dealer"}

// sbc reads a row of the Spider Business Center's audit log.
func (t *translator) sbc(r row) (entry, *fault.Fault) {
	cells := make([]string, len(r.cells))
	for i, text := range r.cells {
		cells[i] = strings.TrimSpace(text)
	}
	description := t.redact(cells[5])
	cells[5] = description
	occurred, wrong := t.time("Modified Time", cells[0])
	if wrong != nil {
		return entry{}, wrong
	}
	by, category, state, object := cells[1], cells[2], cells[3], cells[4]
	what, groups, known := t.find(category + "|" + state + "|" + description)
	plain := byName(sbcNames, cells)
	reading := what.Read(func(column string) string {
		if value, ok := groups[column]; ok {
			return value
		}
		if column == "object" { // the cell is read below
			return ""
		}
		return plain(column)
	}, t.conceal)
	e := entry{event: t.event(what, occurred, reading), identity: cells, salesOrg: cells[6], dealer: cells[7]}
	if !known {
		e.event.Category = category
	}
	e.event.State, _ = catalog.StateOf(state)
	if object != "" {
		e.event.Object = t.named("", object)
		if e.event.Object.Kind == "" {
			e.event.Object.Kind = what.Object
		}
	}
	e.event.Actor = t.person(by)
	return e, nil
}
