package catalog

import "strings"

// Word is one entry of a vocabulary that all systems share: the word in the data and on the screen.
type Word struct {
	Name  string `json:"name"`
	Label string `json:"label"`
}

// Classes lists what an event can mean, whatever system it comes from.
func Classes() []Word {
	return []Word{
		{"auth.login", "Signed in"},
		{"auth.logout", "Signed out"},
		{"auth.failure", "Sign-in failed"},
		{"auth.mfa", "Second factor"},
		{"auth.credential", "Password or one-time password changed"},
		{"auth.session", "Session ended or misused"},
		{"object.create", "Created"},
		{"object.update", "Changed"},
		{"object.delete", "Deleted"},
		{"object.restore", "Restored"},
		{"object.state", "State changed"},
		{"object.expire", "Expired"},
		{"quota.exceed", "Limit exceeded"},
		{"quota.change", "Quota changed or reset"},
		{"money.payment", "Payment"},
		{"money.refund", "Refund"},
		{"money.adjust", "Balance adjusted"},
		{"money.bill", "Billing"},
		{"call.start", "Call made"},
		{"call.end", "Call ended"},
		{"notify.email", "E-mail sent"},
		{"notify.sms", "Text message"},
		{"system.task", "Task done"},
		{"system.health", "Health check"},
		{"system.error", "System error"},
		{"security.denied", "Access refused"},
		{"config.change", "Settings changed"},
		{"data.import", "Data imported"},
		{"data.export", "Data exported"},
		{"other", "Not classified"},
	}
}

// States lists the nine event states of the Spider Business Center, which all systems use.
func States() []Word {
	return []Word{
		{"creation", "Creation"},
		{"activation", "Activation"},
		{"modification", "Modification"},
		{"expiration", "Expiration"},
		{"exceedance", "Exceedance"},
		{"renewal", "Renewal"},
		{"quota_reset", "Quota Reset"},
		{"increase", "Increase"},
		{"deletion", "Deletion"},
	}
}

// StateOf finds a state by a source's word for it, in any case: "Quota Reset" is quota_reset. The
// Spider Business Center spells exceedance "Exceedence".
func StateOf(word string) (string, bool) {
	if strings.EqualFold(word, "Exceedence") {
		return "exceedance", true
	}
	for _, state := range States() {
		if strings.EqualFold(word, state.Label) || strings.EqualFold(word, state.Name) {
			return state.Name, true
		}
	}
	return "", false
}

// Activities lists who or what sets an event in motion: the activity types of Alternet.
func Activities() []Word {
	return []Word{{"system", "System"}, {"user", "User"}, {"administrative", "Administrative"}}
}

// Outcomes lists whether what was attempted happened.
func Outcomes() []Word { return []Word{{"success", "Succeeded"}, {"failure", "Failed"}} }

// The closed sets of single words. Where a row may leave one out, the first is meant.
func severities() []string { return []string{"info", "notice", "warning", "error", "critical"} }
func retentions() []string { return []string{"standard", "operational", "security", "financial"} }
func outcomes() []string   { return []string{"success", "failure"} }
func origins() []string    { return []string{"action", "timer", "ingest"} }
func levels() []string     { return []string{"root", "sales_org", "dealer", "reseller", "user"} }
func intervals() []string  { return []string{"hour", "day", "week", "month", "year"} }
func fieldTypes() []string {
	return []string{
		"text", "multiline", "integer", "decimal", "money", "boolean", "date", "time",
		"choice", "reference", "references", "list", "email", "hostname", "address", "url", "file",
		"system", "template", "templates",
	}
}

// meanings are the parts of an event that a value can fill (see Reading).
func meanings() []string {
	return []string{"object", "linkedTo", "subject", "customer", "field", "old", "new", "ip", "returnValue"}
}

// Run is a sort of work that a job can do.
type Run struct {
	Name  string
	Error string   // what its failure is, where the cause stands beside it
	Needs []string // what With must say
	Gives []string // what Output may name, beside "result", what came of it in words, and "error"
}

// Runs lists the sorts of work; package job does them.
func Runs() []Run {
	return []Run{
		{"connect", "Can't connect", []string{"what", "host", "port"}, nil},
		{"post", "Can't post", []string{"url"}, []string{"count"}},
		{"mail", "Can't send email", []string{"to", "subject", "text"}, []string{"to", "subject"}}, // MOR's own words
		{"backup", "Can't back up", []string{"content"}, []string{"return_value", "file", "size", "sha256"}},
	}
}

func runs() []string {
	var out []string
	for _, r := range Runs() {
		out = append(out, r.Name)
	}
	return out
}
