package inventory_test

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"annals/backend/audit"
	"annals/backend/catalog"
	"annals/backend/importer"
	"annals/backend/inventory"
	"annals/backend/tenant"
)

// documented is what a source's document says of one event: a row of testdata/<system>.txt, which
// was written from the document and not from our catalogue.
type documented struct {
	line    int
	columns []string
	seen    bool
}

// documents reads the rows of a system, by event type and kind.
func (l *life) documents(system string) map[string]*documented {
	l.t.Helper()
	text, err := os.ReadFile("testdata/" + system + ".txt")
	l.must(err)
	rows := map[string]*documented{}
	for i, line := range strings.Split(string(text), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "|")
		for j := range cells {
			cells[j] = strings.TrimSpace(cells[j])
		}
		name := system + "." + cells[0] + " of " + system + "." + cells[1]
		if _, ok := l.log.Catalog().Type(system + "." + cells[0]); !ok || rows[name] != nil {
			l.t.Errorf("testdata/%s.txt:%d: %s is not there, or twice", system, i+1, name)
		}
		rows[name] = &documented{line: i + 1, columns: cells[2:]}
	}
	return rows
}

// isDocumented compares every entry of the walk with what its source's document says of it, in the
// form in which that source writes it; and importing that form must make the same event again.
func (l *life) isDocumented() {
	l.t.Helper()
	performed := map[string]bool{}
	for _, s := range l.log.Catalog().Systems() {
		if s.Name == "annals" {
			continue
		}
		rows := l.documents(s.Name)
		var all []audit.Event
		var file [][]string
		for _, d := range l.deeds {
			for _, e := range d.entries {
				if e.System != s.Name {
					continue
				}
				performed[e.Type] = true
				if e.Object.Kind == inventory.KindTenant {
					continue // SAFE's bulk import, of many objects: about the organization
				}
				row := rows[e.Type+" of "+e.Object.Kind]
				if row == nil {
					l.t.Errorf("%s: testdata/%s.txt has no row for %s of %s", d.what, s.Name, e.Type, e.Object.Kind)
					continue
				}
				row.seen = true
				written := l.written(e)
				l.compare(d, e, row, written)
				all, file = append(all, e), append(file, written)
			}
		}
		for name, row := range rows {
			if !row.seen {
				l.t.Errorf("testdata/%s.txt:%d: nothing made %s", s.Name, row.line, name)
			}
		}
		l.comesBack(s.Name, all, file)
	}
	counts := map[string]int{}
	for _, c := range l.log.Catalog().Coverage() {
		switch {
		case performed[c.Event.Name]:
			counts["performed"]++
		case c.How != "sign-in" && c.How != "import":
			l.t.Errorf("%s comes about by %s (%s), and nothing performed it", c.Event.Name, c.How, strings.Join(c.By, "; "))
		default:
			counts[c.How]++
		}
	}
	l.t.Logf("event types of the five sources: %d performed here, %d by signing in, %d by import only", counts["performed"], counts["sign-in"], counts["import"])
}

// The columns of each source's export, as its sample files have them.
var exported = map[string][]string{
	"mor":      {"id", "date", "user_id", "username", "action", "data", "data2", "data3", "data4", "target_type", "target_id"},
	"sippy":    {"Resource", "Action", "Action by", "Date", "User IP/Node"},
	"sbc":      {"Modified Time", "Modified By", "Category", "Event", "Object", "Description", "Sales Organization", "Dealer"},
	"alternet": {"Timestamp", "Activity Type", "Description", "IP Address", "User"},
	"safe": {"id", "user", "onBehalfOfUser", "customerID", "activityType", "activityDate", "activityTime", "usedExpertMode", "usedAPI", "fromProvider",
		"linkedToType", "linkedTo", "activityReason", "activityDetails", "activityCommentary", "activityOnType", "activityOn", "activityOnRevisionNumber"},
}

// written is an event as its source would have written it.
func (l *life) written(e audit.Event) []string {
	l.t.Helper()
	c := l.log.Catalog()
	t, _ := c.Type(e.Type)
	k, _ := c.Kind(e.Object.Kind)
	at := e.OccurredAt.Format("2006-01-02 15:04:05")
	actor := e.Actor.Name
	if e.Actor.Kind == audit.ActorSystem {
		actor = "" // no source has a word for itself
	}
	cells := map[string]string{}
	switch e.System {
	case "mor":
		cells = map[string]string{"id": fmt.Sprint(e.ID), "date": at, "username": actor, "action": t.Match, "target_type": k.Table[:len(k.Table)-1], "target_id": e.Object.ID}
		for _, d := range t.Data {
			cells[d.From] = valueOf(e, d.Label)
			if d.As == "object" || d.As == "subject" && t.Object == "mor.user" {
				cells["target_type"], cells["target_id"] = "", "" // named already
			}
		}
	case "sippy":
		cells = map[string]string{"Resource": k.Table + ":" + e.Object.ID, "Action": e.Code, "Action by": cmp.Or(e.Actor.Notation(), actor), "Date": at, "User IP/Node": address(e)}
	case "sbc":
		state := slices.IndexFunc(catalog.States(), func(w catalog.Word) bool { return w.Name == e.State })
		cells = map[string]string{"Modified Time": at, "Modified By": actor, "Category": e.Category, "Event": catalog.States()[state].Label,
			"Object": strings.TrimSpace(k.Label + " " + e.Object.ID), "Description": e.Description}
	case "alternet":
		activity := slices.IndexFunc(catalog.Activities(), func(w catalog.Word) bool { return w.Name == e.Activity })
		cells = map[string]string{"Timestamp": at, "Activity Type": catalog.Activities()[activity].Label, "Description": l.sentence(t, e), "IP Address": address(e), "User": actor}
	case "safe":
		yes := map[bool]string{true: "Yes", false: "No"}
		cells = map[string]string{"id": fmt.Sprint(e.ID), "user": actor, "customerID": e.Customer, "activityType": t.Match, "activityDate": at[:10], "activityTime": at[11:],
			"usedExpertMode": yes[e.ExpertMode], "usedAPI": yes[e.UsedAPI], "fromProvider": yes[e.FromProvider], "activityReason": e.Reason, "activityDetails": e.Description,
			"activityCommentary": e.Commentary, "activityOnType": k.Label, "activityOn": e.Object.ID, "activityOnRevisionNumber": e.Object.Revision}
		if e.OnBehalfOf != nil {
			cells["onBehalfOfUser"] = e.OnBehalfOf.Name
		}
	}
	var row []string
	for _, column := range exported[e.System] {
		row = append(row, cells[column])
	}
	return row
}

func valueOf(e audit.Event, label string) string {
	for _, d := range e.Data {
		if d.Label == label {
			return d.Value
		}
	}
	return ""
}

func address(e audit.Event) string {
	if e.IP.IsValid() {
		return e.IP.String()
	}
	return ""
}

// sentence is the text that a type's pattern reads the event from: the pattern with the event's
// values for its groups, and of what may be left out only what the event has.
func (l *life) sentence(t catalog.EventType, e audit.Event) string {
	l.t.Helper()
	if !strings.HasPrefix(t.Match, "^") {
		return t.Match
	}
	tree, err := syntax.Parse(t.Match, syntax.Perl)
	l.must(err)
	values := map[string]string{"object": e.Object.Name}
	if e.LinkedTo != nil && e.LinkedTo.Kind == t.Object {
		values["object"] = e.LinkedTo.Name
	}
	if len(e.Changes) == 1 {
		values["field"], values["old"], values["new"] = e.Changes[0].Field, text(e.Changes[0].Old), text(e.Changes[0].New)
	}
	for _, d := range t.Data {
		if d.From != "object" {
			values[d.From] = valueOf(e, d.Label)
		}
	}
	said, _ := fill(tree, values)
	return said
}

// fill writes a text that a pattern matches; false: a value for it is missing.
func fill(re *syntax.Regexp, values map[string]string) (string, bool) {
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune), true
	case syntax.OpCapture:
		return values[re.Name], values[re.Name] != ""
	case syntax.OpConcat:
		var b strings.Builder
		for _, sub := range re.Sub {
			part, ok := fill(sub, values)
			if !ok {
				return "", false
			}
			b.WriteString(part)
		}
		return b.String(), true
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			if part, ok := fill(sub, values); ok {
				return part, true
			}
		}
		return "", false
	case syntax.OpQuest:
		if re.Sub[0].Op == syntax.OpLiteral { // a plural's s
			return string(re.Sub[0].Rune), true
		}
		part, _ := fill(re.Sub[0], values)
		return part, true
	}
	return "", true
}

// text is a value as a person reads it.
func text(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case map[string]any:
		return fmt.Sprint(x["name"])
	case []any:
		parts := make([]string, len(x))
		for i, part := range x {
			parts[i] = text(part)
		}
		return strings.Join(parts, ", ")
	}
	return fmt.Sprint(v)
}

var placeholder = regexp.MustCompile(`\{[^}]*\}`)

// compare holds the columns of which the document speaks against what was written.
func (l *life) compare(d deed, e audit.Event, row *documented, written []string) {
	l.t.Helper()
	by := func(column string) string { return written[slices.Index(exported[e.System], column)] }
	var got []string
	switch e.System {
	case "mor":
		got = []string{by("username"), strings.TrimSpace(by("target_type") + " " + by("target_id")), by("data"), by("data2"), by("data3"), by("data4")}
	case "sippy":
		got = []string{by("Resource"), by("Action"), by("Action by")}
	case "sbc":
		got = []string{by("Category"), by("Event"), by("Object"), by("Description")}
	case "alternet":
		got = []string{by("Activity Type"), by("Description")}
	case "safe":
		got = []string{by("activityType"), by("activityOnType"), by("customerID"), by("activityDetails")}
	}
	for i, column := range got {
		want := ""
		if i < len(row.columns) {
			want = placeholder.ReplaceAllStringFunc(row.columns[i], func(name string) string { return l.know(d, strings.Trim(name, "{}"), e) })
		}
		if state, ok := catalog.StateOf(want); ok && e.System == "sbc" && i == 1 {
			want, column = state, e.State // the document's own spelling
		}
		if column != want && (e.System != "mor" || i != 1 || want != "") { // no target where the document has none
			l.t.Errorf("%s: testdata/%s.txt:%d: column %d of %s is %q, want %q", d.what, e.System, row.line, i+1, e.Type, column, want)
		}
	}
	// What every source says of every entry: who, for whom, from where, and why.
	actor, ip, behalf, reason := e.Actor.Name, address(e), "", e.Reason
	if e.OnBehalfOf != nil {
		behalf = e.OnBehalfOf.Name
	}
	want := []string{d.actor, "", "", reason, "false"}
	if d.actor == ana.Actor.Name && e.Actor.Kind != audit.ActorSystem {
		want = []string{d.actor, ana.IP.String(), ana.OnBehalfOf.Name, why.Reason, "true"}
		if e.Commentary != why.Commentary || !e.ExpertMode {
			l.t.Errorf("%s: %s says %q in expert mode %t", d.what, e.Type, e.Commentary, e.ExpertMode)
		}
	} else if e.Actor.Kind == audit.ActorSystem {
		want[0] = strings.Replace(d.actor, ana.Actor.Name, "Limit", 1) // a limit goes off within somebody's deed
	}
	if said := []string{actor, ip, behalf, reason, fmt.Sprint(e.UsedAPI)}; !slices.Equal(said, want) {
		l.t.Errorf("%s: %s says %q, want %q", d.what, e.Type, said, want)
	}
	if e.Object.ID != d.after.ExternalID || e.Object.Kind != d.kind.Name || e.Object.Name != d.after.Name {
		l.t.Errorf("%s: %s is about %+v, want %s %s %q", d.what, e.Type, e.Object, d.kind.Name, d.after.ExternalID, d.after.Name)
	}
}

// know is what a deed knows under a name: by the object itself and what was sent, not by the entry.
func (l *life) know(d deed, name string, e audit.Event) string {
	l.t.Helper()
	before, after := map[string]any{}, precise(d.after)
	if len(d.before.Attributes) > 0 {
		before = precise(d.before)
	}
	var only string
	for f := range d.sent {
		only = f
	}
	switch name {
	case "id":
		return fmt.Sprint(d.after.ID)
	case "name":
		return d.after.Name
	case "result": // of a job that failed, as worked says it
		return "unreachable"
	case "actor":
		if e.Actor.Kind == audit.ActorSystem {
			return "" // a timer or a limit: nobody
		}
		return d.actor
	case "by":
		if e.Actor.Kind == audit.ActorSystem {
			return ""
		}
		return fmt.Sprintf("u:%d:7:ana.silva", l.root.ID)
	case "changed":
		return only
	case "old":
		return text(before[only])
	case "new":
		return text(after[only])
	case "set":
		var all []string
		for _, f := range d.kind.Fields {
			if _, ok := d.sent[f.Name]; ok && !f.Untracked {
				all = append(all, f.Name+"="+text(after[f.Name]))
			}
		}
		return strings.Join(all, ",")
	}
	if field, ok := strings.CutPrefix(name, "old "); ok {
		return text(before[field])
	}
	if field, ok := strings.CutSuffix(name, ".ref"); ok {
		return fmt.Sprint(after[field].(map[string]any)["ref"])
	}
	if v, ok := after[name]; ok {
		return text(v)
	}
	return text(d.sent[name])
}

// precise are an object's attributes with their numbers as they are written.
func precise(o inventory.Object) map[string]any {
	var out map[string]any
	d := json.NewDecoder(bytes.NewReader(o.Attributes))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		panic(err)
	}
	return out
}

// comesBack imports what was written, as a file of the source's export, and compares the events.
func (l *life) comesBack(system string, all []audit.Event, rows [][]string) {
	l.t.Helper()
	var b bytes.Buffer
	if system == "safe" {
		var elements []map[string]string
		for _, row := range rows {
			element := map[string]string{}
			for i, column := range exported[system] {
				element[column] = row[i]
			}
			elements = append(elements, element)
		}
		l.must(json.NewEncoder(&b).Encode(elements))
	} else {
		w := csv.NewWriter(&b)
		l.must(w.Write(exported[system]))
		l.must(w.WriteAll(rows))
	}
	done, err := importer.Run(l.t.Context(), l.db, l.log, importer.Options{System: system, Source: "written", Scope: tenant.Of(l.root), Tenant: l.root, Origin: ana}, &b,
		func(line int64, reason string, raw []byte) error {
			l.t.Errorf("%s: line %d is refused: %s %s", system, line, reason, raw)
			return nil
		})
	if err != nil || done.Accepted != int64(len(all)) {
		l.t.Fatalf("import %s: %+v of %d, %v", system, done, len(all), err)
	}
	l.entries()
	var back []audit.Event
	l.must(l.log.Export(l.t.Context(), tenant.Of(l.root), audit.Filter{System: []string{system}}, func(e audit.Event) error {
		if e.Source == "written" {
			back = append(back, e)
		}
		return nil
	}))
	slices.SortFunc(back, func(a, b audit.Event) int { return cmp.Compare(a.ID, b.ID) })
	for i, was := range all {
		for _, difference := range l.differences(was, back[i]) {
			l.t.Errorf("%s, written as %q and imported: %s", was.Type, rows[i], difference)
		}
	}
}

// differences are what an event lost on its way through its source's form, as far as that has a place
// for it.
func (l *life) differences(was, back audit.Event) (all []string) {
	say := func(what string, got, want any) {
		if fmt.Sprint(got) != fmt.Sprint(want) {
			all = append(all, fmt.Sprintf("%s is %v, want %v", what, got, want))
		}
	}
	say("type", back.Type, was.Type)
	say("class, category, activity and state", []string{back.Class, back.Category, back.Activity, back.State}, []string{was.Class, was.Category, was.Activity, was.State})
	say("outcome", back.Outcome, was.Outcome)
	t, _ := l.log.Catalog().Type(was.Type)
	if was.Actor.Kind == audit.ActorSystem {
		say("actor", back.Actor.Kind == audit.ActorSystem || t.Actor == "admin", true)
	} else if t.Actor == "" {
		say("actor", back.Actor.Name, was.Actor.Name)
	}
	same := func(o *audit.Object) bool {
		return back.Object != nil && o != nil && back.Object.Kind == o.Kind && (back.Object.ID == o.ID || back.Object.Name == o.Name || back.Object.ID == "")
	}
	say(fmt.Sprintf("object %+v", back.Object), same(was.Object) || same(was.LinkedTo) || t.Object == "" && back.Object == nil, true)
	for _, c := range back.Changes {
		if !slices.ContainsFunc(was.Changes, func(w audit.Change) bool {
			return w.Field == c.Field && text(w.New) == text(c.New) && (c.Old == nil || text(w.Old) == text(c.Old))
		}) {
			all = append(all, fmt.Sprintf("changes: %+v is not among %+v", c, was.Changes))
		}
	}
	data := func(e audit.Event) (out []audit.Datum) {
		for _, d := range e.Data {
			at := slices.IndexFunc(t.Data, func(x catalog.DataLabel) bool { return x.Label == d.Label })
			if at >= 0 && t.Data[at].From != "" && d.Value != was.Description { // the whole sentence is no value of its own
				out = append(out, d)
			}
		}
		return out
	}
	say("data", data(back), data(was))
	if was.System == "safe" || back.Customer != "" {
		say("customer", back.Customer, was.Customer)
	}
	return all
}
