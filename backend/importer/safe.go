package importer

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"annals/backend/audit"
	"annals/backend/fault"
)

// safeColumns are the fields of an entry of SAFE's user activity log, in the order of its document.
var safeColumns = []string{"user", "onBehalfOfUser", "customerID", "activityType", "activityDate", "activityTime", "usedExpertMode",
	"bulkImportFileID", "bulkImportFileLineNumber", "CDRFileID", "CDRFileLineNumber", "usedAPI", "fromProvider", "linkedToType",
	"linkedTo", "linkedToRevisionNumber", "activityReason", "activityDetails", "activityCommentary", "id", "activityOnType",
	"activityOn", "activityOnRevisionNumber"}

// safe reads an element of SAFE's user activity log. What came in is kept, so that the
// SAFE-compatible API gives out the same.
func (t *translator) safe(r row) (entry, *fault.Fault) {
	cell := byName(safeColumns, r.cells)
	id := strings.TrimSpace(cell("id"))
	if id == "" {
		return entry{}, fault.At("id", "The field id is missing or empty.")
	}
	occurred, wrong := t.time("activityDate with activityTime", strings.TrimSpace(cell("activityDate"))+" "+strings.TrimSpace(cell("activityTime")))
	if wrong != nil {
		return entry{}, wrong
	}
	what, _, _ := t.find(cell("activityType"))
	e := entry{event: t.event(what, occurred, what.Read(cell, t.conceal))}
	ev := &e.event
	ev.ExternalID, ev.Customer = id, cell("customerID")
	ev.Reason, ev.Commentary = cell("activityReason"), t.redact(cell("activityCommentary"))
	ev.Actor = t.person(cell("user"))
	if name := cell("onBehalfOfUser"); name != "" {
		behalf := t.person(name)
		ev.OnBehalfOf = &behalf
	}
	ev.Object = t.safeObject(cell("activityOnType"), cell("activityOn"), cell("activityOnRevisionNumber"))
	ev.LinkedTo = t.safeObject(cell("linkedToType"), cell("linkedTo"), cell("linkedToRevisionNumber"))
	if ev.Object == nil && ev.Customer != "" {
		ev.Object = t.safeObject("customer", ev.Customer, "")
	}
	for field, into := range map[string]*bool{"usedExpertMode": &ev.ExpertMode, "usedAPI": &ev.UsedAPI, "fromProvider": &ev.FromProvider} {
		if *into, wrong = yes(field, cell(field)); wrong != nil {
			return entry{}, wrong
		}
	}
	for _, f := range []struct {
		id, line string
		into     **audit.FileLine
	}{{"bulkImportFileID", "bulkImportFileLineNumber", &ev.ImportFile}, {"CDRFileID", "CDRFileLineNumber", &ev.CDRFile}} {
		at := audit.FileLine{ID: cell(f.id)}
		if at.Line, wrong = lineNumber(f.line, cell(f.line)); wrong != nil {
			return entry{}, wrong
		}
		if at != (audit.FileLine{}) {
			*f.into = &at
		}
	}
	ev.Original = t.redactJSON(r.original)
	return e, nil
}

func (t *translator) safeObject(kind, id, revision string) *audit.Object {
	if kind+id == "" {
		return nil
	}
	o := t.numbered(kind, id)
	o.Revision = revision
	return o
}

// yes reads SAFE's Yes and No.
func yes(field, text string) (bool, *fault.Fault) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "yes", "true":
		return true, nil
	case "no", "false", "":
		return false, nil
	}
	return false, fault.At(field, "%s is neither Yes nor No.", field)
}

// lineNumber reads a line number, which is there only with a file.
func lineNumber(field, text string) (int64, *fault.Fault) {
	if text = strings.TrimSpace(text); text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, fault.At(field, "%s is not a line number.", field)
	}
	return n, nil
}

// redactJSON conceals secrets in the strings of a flat JSON object without white space; all else
// stays byte for byte.
func (t *translator) redactJSON(original []byte) json.RawMessage {
	var out bytes.Buffer
	for rest := original; len(rest) > 0; {
		if rest[0] != '"' {
			out.WriteByte(rest[0])
			rest = rest[1:]
			continue
		}
		var value []byte
		value, rest = token(rest)
		said := text(value)
		if safe := t.redact(said); safe != said {
			quoted, err := json.Marshal(safe)
			if err != nil {
				panic("cannot happen: a text is JSON: " + err.Error())
			}
			value = quoted
		}
		out.Write(value)
	}
	return out.Bytes()
}
