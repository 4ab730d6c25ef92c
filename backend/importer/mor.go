package importer

import (
	"strings"

	"annals/backend/audit"
	"annals/backend/fault"
)

// morColumns are those of MOR's table actions.
var morColumns = []string{"id", "date", "user_id", "username", "action", "data", "data2", "data3", "data4", "target_type", "target_id"}

// morAdmin is the id of MOR's own administrator, who runs the switch.
const morAdmin = "0"

// mor reads a row of MOR's action log.
func (t *translator) mor(r row) (entry, *fault.Fault) {
	cell := byName(morColumns, r.cells)
	id, userID, username := strings.TrimSpace(cell("id")), strings.TrimSpace(cell("user_id")), strings.TrimSpace(cell("username"))
	if id == "" {
		return entry{}, fault.At("id", "The id is empty.")
	}
	occurred, wrong := t.time("date", cell("date"))
	if wrong != nil {
		return entry{}, wrong
	}
	action := strings.TrimSpace(cell("action"))
	what, _, known := t.find(action)
	if !known && t.speaksOfSecrets(action) {
		plain := cell
		cell = func(column string) string {
			if strings.HasPrefix(column, "data") {
				return t.conceal(plain(column))
			}
			return plain(column)
		}
	}
	reading := what.Read(cell, t.conceal)
	e := entry{event: t.event(what, occurred, reading)}
	e.event.ExternalID = id
	e.event.Actor, e.operator = t.morActor(what.Actor, userID, username)

	targetType, targetID := strings.TrimSpace(cell("target_type")), strings.TrimSpace(cell("target_id"))
	switch {
	case targetID != "":
		e.event.Object = t.numbered(targetType, targetID)
	case reading.Object != "":
		e.event.Object = t.named(what.Object, reading.Object)
	case what.Object == "mor.user" && what.Actor == "" && reading.Subject != "": // a message to a user, by id
		e.event.Object = t.named(what.Object, reading.Subject)
	case what.Object == "mor.user" && userID != "": // the user of the row
		e.event.Object = &audit.Object{Kind: what.Object, ID: userID, Name: username}
	case what.Object != "":
		e.event.Object = &audit.Object{Kind: what.Object}
	}
	if reading.LinkedTo != "" {
		e.event.LinkedTo = t.named(what.LinkedTo, reading.LinkedTo)
	}
	return e, nil
}

// morActor is who did it: the row's user, unless that column tells whom it concerns.
func (t *translator) morActor(instead, userID, username string) (who audit.Actor, operator bool) {
	switch {
	case instead == "admin":
		return audit.Actor{Kind: audit.ActorUser, ID: morAdmin, Name: "admin"}, true
	case instead == "system", userID+username == "":
		return t.itself(), false
	}
	return audit.Actor{Kind: audit.ActorUser, ID: userID, Name: username}, userID == morAdmin
}

// speaksOfSecrets reports whether an action that nobody knows may have secrets for its data, by the
// words of its name: other versions of MOR log more than the document says.
func (t *translator) speaksOfSecrets(action string) bool {
	words := strings.FieldsFunc(strings.ToLower(action), func(r rune) bool { return r < 'a' || r > 'z' })
	for _, word := range words {
		if strings.Contains(word, "login") || strings.Contains(word, "pass") || t.system.SecretField(word) {
			return true
		}
	}
	return false
}
