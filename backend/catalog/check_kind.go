package catalog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func (f *file) checkKinds(events map[string]bool, kinds map[string]string) {
	s := &f.system
	seen, words := unique{}, map[string]string{}
	for i := range s.Kinds {
		k := &s.Kinds[i]
		line := f.line("kinds", i)
		if !plainName.MatchString(k.Name) {
			f.problem(line, "kind %q needs a name in lower case", k.Name)
		} else if first := seen.add(k.Name, line); first > 0 {
			f.problem(line, "kind %q is on line %d already", k.Name, first)
			continue
		}
		if k.Label == "" || k.Plural == "" {
			f.problem(line, "kind %q needs a label and a plural", k.Name)
		}
		f.checkAliases(k, i, words)
		for _, level := range k.ManagedBy {
			f.oneOf("level", level, levels(), "kinds", i, "managedBy")
		}
		f.checkStates(k, i)
		f.checkFields(k.Fields, nil, events, kinds, "kinds", i, "fields")
		f.checkOneOf(k, i)
		f.checkActions(k, i, events, kinds)
		f.checkTimers(k, i)
		f.checkLimits(k, i)
		f.checkBulk(k, i, events)
		f.checkTitle(k, i)
		f.checkAllowance(k, i, events)
		k.System, k.Name = s.Name, f.full(k.Name)
		k.ManagedBy, k.Fields, k.Actions = filled(k.ManagedBy), filled(k.Fields), filled(k.Actions)
	}
	s.Kinds = filled(s.Kinds)
}

// checkAliases reports a word that already names another kind of the system; words are those so far.
func (f *file) checkAliases(k *Kind, row int, words map[string]string) {
	for _, word := range k.words() {
		if isPattern(word) {
			if _, _, err := compileAnchored(word); err != nil {
				f.problem(f.line("kinds", row, "aliases"), "alias %q: %s", word, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
			}
			continue
		}
		if other, taken := words[strings.ToLower(word)]; taken && other != k.Name {
			f.problem(f.line("kinds", row), "%q names kind %q already", word, other)
		}
		words[strings.ToLower(word)] = k.Name
	}
}

// words are all the source's words for a kind.
func (k Kind) words() []string {
	short := k.Name[strings.LastIndexByte(k.Name, '.')+1:]
	words := append([]string{short, k.Label, k.Plural, k.Table}, k.Aliases...)
	return slices.DeleteFunc(words, func(word string) bool { return word == "" })
}

// checkTitle parses the template of a title. What has a name of its own needs none; secrets can't be
// in it.
func (f *file) checkTitle(k *Kind, row int) {
	if k.Template == "" {
		return
	}
	line := f.line("kinds", row, "title")
	segments, err := parseSentence(k.Template)
	if err != nil {
		f.problem(line, "%s", strings.Replace(err.Error(), "sentence", "title", 1))
		return
	}
	k.title = segments
	for _, s := range segments {
		for _, p := range s.parts {
			known := func(field Field) bool { return field.Name == p.text && !field.Secret }
			if p.value && p.text != "id" && !slices.ContainsFunc(k.Fields, known) {
				f.problem(line, "{%s} is neither id nor a field that may be shown", p.text)
			}
		}
	}
}

func (f *file) checkStates(k *Kind, row int) {
	states := unique{}
	for j, state := range k.States {
		if !plainName.MatchString(state) {
			f.problem(f.line("kinds", row, "states", j), "state %q needs a name in lower case", state)
		}
		if states.add(state, j+1) > 0 {
			f.problem(f.line("kinds", row, "states", j), "state %q occurs twice", state)
		}
	}
}

// checkFields validates fields of a kind or inputs of an action. An input that is only named is the
// field of that name, from known.
func (f *file) checkFields(fields, known []Field, events map[string]bool, kinds map[string]string, path ...any) {
	seen := unique{}
	for i := range fields {
		field := &fields[i]
		at := append(slices.Clone(path), i)
		line := f.line(at...)
		if field.Label == "" && field.Type == "" {
			if j := slices.IndexFunc(known, func(k Field) bool { return k.Name == field.Name }); j >= 0 {
				required := field.Required
				*field = known[j]
				field.Required = field.Required || required
				field.Event, field.EventOff, field.EventAdded, field.EventRemoved = "", "", "", "" // the action's stands for it
				continue
			}
		}
		if !plainName.MatchString(field.Name) {
			f.problem(line, "field %q needs a name in lower case", field.Name)
		} else if seen.add(field.Name, line) > 0 {
			f.problem(line, "field %q occurs twice", field.Name)
		}
		if field.Label == "" {
			f.problem(line, "field %q has no label", field.Name)
		}
		f.oneOf("type", field.Type, fieldTypes(), append(at, "type")...)
		if (field.Type == "reference" || field.Type == "references") != (field.Reference != "") {
			f.problem(line, "field %q: type reference goes with a reference to a kind, and so does references", field.Name)
		}
		if (field.Type == "choice") != (len(field.Values) > 0) {
			f.problem(line, "field %q: type choice goes with values", field.Name)
		}
		if field.Min != nil && field.Max != nil && *field.Min > *field.Max {
			f.problem(line, "field %q: min is above max", field.Name)
		}
		if field.MaxLength != 0 && (field.MaxLength < 0 || !slices.Contains([]string{"text", "multiline", "list"}, field.Type)) {
			f.problem(line, "field %q: maxLength is a number of characters, of a text, multiline or list", field.Name)
		}
		f.checkFile(field, line)
		if field.EventOff != "" && (field.Type != "boolean" || field.Event == "") {
			f.problem(line, "field %q: eventOff goes with a boolean that has an event", field.Name)
		}
		if (field.EventAdded == "") != (field.EventRemoved == "") || field.EventAdded != "" && (field.Type != "references" || field.Event != "") {
			f.problem(line, "field %q: eventAdded and eventRemoved go together, with references, in place of event", field.Name)
		}
		field.Reference = f.full(field.Reference)
		for key, event := range map[string]*string{"event": &field.Event, "eventOff": &field.EventOff, "eventAdded": &field.EventAdded, "eventRemoved": &field.EventRemoved} {
			*event = f.full(*event)
			f.checkEventName(*event, events, append(at, key)...)
		}
		f.checkKindName(field.Reference, kinds, append(at, "reference")...)
	}
}

// checkOneOf validates what an organization has at most one of: a setting, or an object of a unique
// value.
func (f *file) checkOneOf(k *Kind, row int) {
	at := func(field int) int { return f.line("kinds", row, "fields", field) }
	if k.Setting && (k.OwnTable || len(k.Fields) == 0) {
		f.problem(f.line("kinds", row, "setting"), "kind %q: a setting has fields and no table of its own", k.Name)
	}
	unique := ""
	for j, field := range k.Fields {
		switch {
		case k.Setting && (strings.HasPrefix(field.Type, "reference") || field.Type == "file" || field.Secret):
			// Those below read the value: it must not lead to what there is above.
			f.problem(at(j), "field %q: a setting can't hold a reference, a file or a secret", field.Name)
		case field.Default != nil && !k.Setting:
			f.problem(at(j), "field %q: only a setting has a default", field.Name)
		case field.Default != nil && !fits(field, field.Default):
			f.problem(at(j), "field %q: its default is no %s within its bounds", field.Name, field.Type)
		case field.Unique && (k.Setting || unique != ""):
			f.problem(at(j), "kind %q: at most one field is unique, and none of a setting", k.Name)
		case field.Unique && (!field.Required || field.Secret || field.Type != "text"):
			f.problem(at(j), "field %q: what is unique is a required text that is no secret", field.Name)
		}
		if field.Unique {
			unique = field.Name
		}
	}
}

// checkFile validates what a field says of its files.
func (f *file) checkFile(field *Field, line int) {
	if field.Type != "file" {
		if field.MaxSize != 0 || field.Accept != nil {
			f.problem(line, "field %q: maxSize and accept go with type file", field.Name)
		}
		return
	}
	if field.MaxSize == 0 {
		field.MaxSize = MaxFileSize
	}
	if field.MaxSize < 1 || field.MaxSize > MaxFileSize {
		f.problem(line, "field %q: maxSize is from 1 to %d (MiB)", field.Name, MaxFileSize)
	}
	for _, end := range field.Accept {
		if !strings.HasPrefix(end, ".") || len(end) < 2 || end != strings.ToLower(end) {
			f.problem(line, "field %q: accept %q is not an ending such as .csv", field.Name, end)
		}
	}
}

// fits reports whether a default is of its field's type and within its bounds. Exact decimals are
// texts.
func fits(f Field, value any) bool {
	switch v := value.(type) {
	case int:
		return f.Type == "integer" && (f.Min == nil || float64(v) >= *f.Min) && (f.Max == nil || float64(v) <= *f.Max)
	case bool:
		return f.Type == "boolean"
	case string:
		return f.Type == "choice" && slices.Contains(f.Values, v) || slices.Contains([]string{"text", "hostname"}, f.Type)
	}
	return false
}

func (f *file) checkEventName(name string, events map[string]bool, path ...any) {
	if name != "" && !events[name] {
		f.problem(f.line(path...), "unknown event %q", name)
	}
}

func (f *file) checkActions(k *Kind, row int, events map[string]bool, kinds map[string]string) {
	seen := unique{}
	for i := range k.Actions {
		a := &k.Actions[i]
		at := func(key string) []any { return []any{"kinds", row, "actions", i, key} }
		line := f.line("kinds", row, "actions", i)
		if !plainName.MatchString(a.Name) {
			f.problem(line, "action %q needs a name in lower case", a.Name)
		} else if seen.add(a.Name, line) > 0 {
			f.problem(line, "action %q occurs twice", a.Name)
		}
		if a.Label == "" || a.Event == "" && !slices.Contains([]string{"create", "update", "delete", "restore"}, a.Name) {
			f.problem(line, "action %q needs a label and an event", a.Name)
		}
		a.Event = f.full(a.Event)
		f.checkEventName(a.Event, events, at("event")...)
		for _, state := range a.From {
			f.checkState(k, state, at("from")...)
		}
		if a.To != "" {
			f.checkState(k, a.To, at("to")...)
		}
		f.checkFields(a.Input, k.Fields, events, kinds, at("input")...)
		if a.Job != nil {
			f.checkJob(k, a, events, kinds, at("job")...)
		}
		f.checkSets(a.Sets, k, at("sets")...)
		for j, input := range a.Input {
			if len(input.Sets) > 0 && input.Type != "boolean" {
				f.problem(f.line(append(at("input"), j)...), "input %q: sets goes with a boolean", input.Name)
			}
			f.checkSets(input.Sets, k, append(at("input"), j, "sets")...)
		}
	}
}

// checkJob checks the work behind an action: what it is, what it needs and what it gives.
func (f *file) checkJob(k *Kind, a *Action, events map[string]bool, kinds map[string]string, path ...any) {
	j := a.Job
	at := func(key ...any) []any { return append(slices.Clone(path), key...) }
	if slices.Contains([]string{"update", "delete", "restore"}, a.Name) {
		f.problem(f.line(path...), "%q is done at once and has no job", a.Name)
	}
	i := slices.IndexFunc(Runs(), func(r Run) bool { return r.Name == j.Run })
	if i < 0 {
		f.problem(f.line(at("run")...), "unknown run %q: use one of %s", j.Run, strings.Join(runs(), ", "))
		return
	}
	run := Runs()[i]
	for _, need := range run.Needs {
		if j.With[need] == "" {
			f.problem(f.line(at("with")...), "%s needs with: %s", run.Name, need)
		}
	}
	for need := range j.With {
		if !slices.Contains(run.Needs, need) {
			f.problem(f.line(at("with", need)...), "%s does not need %q", run.Name, need)
		}
	}
	for need, names := range j.names() {
		for _, name := range names {
			field := slices.IndexFunc(slices.Concat(a.Input, k.Fields), func(field Field) bool { return field.Name == name })
			switch {
			case field < 0:
				f.problem(f.line(at("with", need)...), "{%s} is neither a field of the kind nor an input of the action", name)
			case slices.Concat(a.Input, k.Fields)[field].Secret:
				f.problem(f.line(at("with", need)...), "{%s} is secret: only its fingerprint is kept", name)
			}
		}
	}
	if j.Objects != "" && j.Run != "post" {
		f.problem(f.line(at("objects")...), "only post sends objects along")
	}
	j.Objects = f.full(j.Objects)
	f.checkKindName(j.Objects, kinds, at("objects")...)
	if j.Failed == "" {
		f.problem(f.line(path...), "a job needs the event of its failure: failed")
	}
	j.Failed = f.full(j.Failed)
	f.checkEventName(j.Failed, events, at("failed")...)
	if j.FailedTo != "" {
		f.checkState(k, j.FailedTo, at("failedTo")...)
	}
	f.checkFields(j.Output, k.Fields, events, kinds, at("output")...)
	gives := append([]string{"result", "error"}, run.Gives...)
	for n, field := range j.Output {
		if slices.ContainsFunc(k.Fields, func(x Field) bool { return x.Name == field.Name && !x.ReadOnly }) {
			f.problem(f.line(at("output", n)...), "field %q is filled in by a job: say readOnly", field.Name)
		}
		if !slices.Contains(gives, field.Name) {
			f.problem(f.line(at("output", n)...), "%s gives %s, not %q", run.Name, strings.Join(gives, ", "), field.Name)
		}
	}
}

// checkAllowance finds the kind that allows, in the same file, and its fields.
func (f *file) checkAllowance(k *Kind, row int, events map[string]bool) {
	a := k.Allowance
	if a == nil {
		return
	}
	at := func(key string) []any { return []any{"kinds", row, "allowance", key} }
	has := func(fields []Field, name string, types ...string) bool {
		return slices.ContainsFunc(fields, func(field Field) bool { return field.Name == name && slices.Contains(types, field.Type) })
	}
	i := slices.IndexFunc(f.system.Kinds, func(other Kind) bool { return f.full(other.Name) == f.full(a.Kind) })
	switch {
	case i < 0:
		f.problem(f.line(at("kind")...), "unknown kind %q in this file", a.Kind)
	case !has(f.system.Kinds[i].Fields, a.Field, "integer"):
		f.problem(f.line(at("field")...), "kind %q has no integer %q", a.Kind, a.Field)
	case a.Until != "" && !has(f.system.Kinds[i].Fields, a.Until, "date", "time"):
		f.problem(f.line(at("until")...), "kind %q has no date or time %q", a.Kind, a.Until)
	}
	if a.Event == "" || a.Failed == "" {
		f.problem(f.line("kinds", row, "allowance"), "an allowance needs an event, and one for failed")
	}
	a.Kind, a.Event, a.Failed = f.full(a.Kind), f.full(a.Event), f.full(a.Failed)
	f.checkEventName(a.Event, events, at("event")...)
	f.checkEventName(a.Failed, events, at("failed")...)
}

// checkSets holds the values that an action gives to fields against their types.
func (f *file) checkSets(sets map[string]any, k *Kind, path ...any) {
	for name, value := range sets {
		line := f.line(append(slices.Clone(path), name)...)
		at := slices.IndexFunc(k.Fields, func(field Field) bool { return field.Name == name })
		if at < 0 {
			f.problem(line, "kind %q has no field %q", k.Name, name)
			continue
		}
		text := fmt.Sprint(value)
		_, isBool := value.(bool)
		_, err := strconv.ParseFloat(text, 64)
		fits := map[string]bool{"boolean": isBool, "choice": slices.Contains(k.Fields[at].Values, text), "integer": err == nil, "decimal": err == nil, "money": err == nil}
		if !fits[k.Fields[at].Type] {
			f.problem(line, "%q can't be set to %v: only numbers, choices and booleans are, to what they may be", name, value)
		}
	}
}

func (f *file) checkState(k *Kind, state string, path ...any) {
	if !slices.Contains(k.States, state) {
		f.problem(f.line(path...), "kind %q has no state %q", k.Name, state)
	}
}

func (f *file) checkLimits(k *Kind, row int) {
	for i, limit := range k.Limits {
		at := func(key string) int { return f.line("kinds", row, "limits", i, key) }
		if (limit.Above == "") == (limit.Below == "") {
			f.problem(f.line("kinds", row, "limits", i), "a limit is either above or below a field")
		}
		for key, name := range map[string]string{"field": limit.Field, "above": limit.Above, "below": limit.Below} {
			number := slices.ContainsFunc(k.Fields, func(field Field) bool {
				return field.Name == name && slices.Contains([]string{"integer", "decimal", "money"}, field.Type)
			})
			if name != "" && !number {
				f.problem(at(key), "kind %q has no number %q", k.Name, name)
			}
		}
		if !slices.ContainsFunc(k.Actions, func(a Action) bool { return a.Name == limit.Action }) {
			f.problem(at("action"), "kind %q has no action %q", k.Name, limit.Action)
		}
	}
}

// checkBulk validates what a kind records of a bulk change.
func (f *file) checkBulk(k *Kind, row int, events map[string]bool) {
	b := k.Bulk
	if b == nil {
		return
	}
	at := func(key string) int { return f.line("kinds", row, "bulk", key) }
	if b.Label == "" || b.Event == "" {
		f.problem(f.line("kinds", row, "bulk"), "the bulk change of kind %q needs a label and an event", k.Name)
	}
	b.Event = f.full(b.Event)
	f.checkEventName(b.Event, events, "kinds", row, "bulk", "event")
	within := slices.IndexFunc(k.Fields, func(field Field) bool { return field.Name == b.Within })
	if b.Within != "" && (within < 0 || k.Fields[within].Type != "reference" || !k.Fields[within].Required) {
		f.problem(at("within"), "kind %q has no required reference %q", k.Name, b.Within)
	}
	for _, t := range f.system.Events {
		if t.Name != b.Event {
			continue
		}
		if t.Object != "" && (within < 0 || k.Fields[within].Reference != t.Object) {
			f.problem(at("event"), "event %q is about %s, which the lines of kind %q don't share", b.Event, t.Object, k.Name)
		}
		for label := range b.Data {
			if !slices.ContainsFunc(t.Data, func(d DataLabel) bool { return d.Label == label }) {
				f.problem(at("data"), "event %q has no value %q", b.Event, label)
			}
		}
	}
}

func (f *file) checkTimers(k *Kind, row int) {
	for i, timer := range k.Timers {
		at := slices.IndexFunc(k.Fields, func(field Field) bool { return field.Name == timer.Field })
		switch {
		case at < 0:
			f.problem(f.line("kinds", row, "timers", i, "field"), "kind %q has no field %q", k.Name, timer.Field)
		case k.Fields[at].Type != "date" && k.Fields[at].Type != "time":
			f.problem(f.line("kinds", row, "timers", i, "field"), "field %q is not a date or time", timer.Field)
		}
		held := slices.ContainsFunc(k.Fields, func(field Field) bool {
			return field.Name == timer.Every && field.Type == "choice" && !slices.ContainsFunc(field.Values, func(v string) bool { return !slices.Contains(intervals(), v) })
		})
		if timer.Every != "" && !held {
			f.oneOf("every", timer.Every, intervals(), "kinds", row, "timers", i, "every")
		}
		if !slices.ContainsFunc(k.Actions, func(a Action) bool { return a.Name == timer.Action }) {
			f.problem(f.line("kinds", row, "timers", i, "action"), "kind %q has no action %q", k.Name, timer.Action)
		}
	}
}
