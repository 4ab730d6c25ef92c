package catalog

import (
	"cmp"
	"errors"
	"regexp"
	"slices"
	"strings"
)

// What names look like. An event's may be in capitals, as Sippy's codes are.
var (
	plainName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
	eventName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,63}$`)
)

var errNotAnchored = errors.New("must end with $, because it begins with ^")

// unique notes the values that must not occur twice.
type unique map[string]int

// add reports the line where the value was first seen, or 0.
func (u unique) add(value string, line int) int {
	if first, ok := u[value]; ok {
		return first
	}
	u[value] = line
	return 0
}

// check validates a file and completes it: full names, defaults, parsed sentences. kinds are
// the labels of all kinds in all files, by full name.
func (f *file) check(kinds map[string]string) {
	s := &f.system
	if !plainName.MatchString(s.Name) {
		f.problem(f.line("system"), "system must be a name in lower case, like mor")
	}
	if s.Label == "" {
		f.problem(f.line("label"), "label is missing")
	}
	columns := unique{}
	for i, column := range s.Columns {
		line := f.line("columns", i)
		if column.Name == "" || column.Label == "" {
			f.problem(line, "a column needs a name and a label")
		}
		if first := columns.add(column.Name, line); first > 0 {
			f.problem(line, "column %q is on line %d already", column.Name, first)
		}
	}
	f.checkEvents(columns, kinds)
	events := map[string]bool{}
	for _, t := range s.Events {
		events[t.Name] = true
	}
	f.checkKinds(events, kinds)

	s.fieldNames = map[string]bool{}
	for _, k := range s.Kinds {
		for _, field := range k.Fields {
			s.fieldNames[field.Name] = s.fieldNames[field.Name] || field.Secret
		}
	}
	for _, name := range s.SecretFields {
		s.fieldNames[strings.ToLower(name)] = true
	}
	secrets := System{fieldNames: s.fieldNames}
	for i := range s.Events {
		t := &s.Events[i]
		t.objectLabel = cmp.Or(kinds[t.Object], "Object")
		t.secrets = &secrets
	}
}

// oneOf reports a word that is not in a vocabulary, and says which are.
func (f *file) oneOf(what, word string, words []string, path ...any) {
	if !slices.Contains(words, word) {
		f.problem(f.line(path...), "unknown %s %q: use one of %s", what, word, strings.Join(words, ", "))
	}
}

func names(words []Word) []string {
	all := make([]string, len(words))
	for i, word := range words {
		all[i] = word.Name
	}
	return all
}

// full adds the system to the short name of a kind or an event type.
func (f *file) full(name string) string {
	if name == "" || strings.Contains(name, ".") {
		return name
	}
	return f.system.Name + "." + name
}

func (f *file) checkEvents(columns unique, kinds map[string]string) {
	s := &f.system
	seen, labels, matches := unique{}, unique{}, unique{}
	for i := range s.Events {
		t := &s.Events[i]
		at := func(key ...any) []any { return append([]any{"events", i}, key...) }
		line := f.line(at()...)
		if !eventName.MatchString(t.Name) {
			f.problem(f.line(at("name")...), "event %q needs a name of letters, digits and _", t.Name)
		} else if first := seen.add(t.Name, line); first > 0 {
			f.problem(line, "event %q is on line %d already", t.Name, first)
		}
		if t.Label == "" {
			f.problem(line, "event %q has no label", t.Name)
		} else if first := labels.add(t.Label, line); first > 0 {
			f.problem(f.line(at("label")...), "label %q is on line %d already", t.Label, first)
		}
		if t.Category == "" {
			f.problem(line, "event %q has no category", t.Name)
		}
		if t.Match != "" {
			if first := matches.add(t.Match, line); first > 0 {
				f.problem(f.line(at("match")...), "match %q is on line %d already", t.Match, first)
			}
		}
		f.checkWords(t, at)
		groups := f.checkMatch(t, at("match")...)
		f.checkData(t, i, columns, groups)
		f.checkSentence(t, at("sentence")...)
		t.Object, t.LinkedTo = f.full(t.Object), f.full(t.LinkedTo)
		f.checkKindName(t.Object, kinds, at("object")...)
		f.checkKindName(t.LinkedTo, kinds, at("linkedTo")...)
		t.System, t.Name = s.Name, f.full(t.Name)
	}
	if _, ok := seen["unknown"]; !ok {
		f.problem(f.line("events"), "every system needs an event named unknown")
	}
}

// checkWords fills in what a row left out and compares its words with the vocabularies.
func (f *file) checkWords(t *EventType, at func(key ...any) []any) {
	t.Severity = cmp.Or(t.Severity, severities()[0])
	t.Retention = cmp.Or(t.Retention, retentions()[0])
	t.Outcome = cmp.Or(t.Outcome, outcomes()[0])
	t.Origin = cmp.Or(t.Origin, origins()[0])
	f.oneOf("activity", t.Activity, names(Activities()), at("activity")...)
	f.oneOf("class", t.Class, names(Classes()), at("class")...)
	f.oneOf("severity", t.Severity, severities(), at("severity")...)
	f.oneOf("retention", t.Retention, retentions(), at("retention")...)
	f.oneOf("outcome", t.Outcome, outcomes(), at("outcome")...)
	f.oneOf("origin", t.Origin, origins(), at("origin")...)
	if t.State != "" {
		f.oneOf("state", t.State, names(States()), at("state")...)
	}
	if t.Actor != "" {
		f.oneOf("actor", t.Actor, []string{"system", "admin"}, at("actor")...)
	}
}

func (f *file) checkKindName(name string, kinds map[string]string, path ...any) {
	if _, ok := kinds[name]; name != "" && !ok {
		f.problem(f.line(path...), "unknown kind %q", name)
	}
}

// checkMatch returns the named groups of a pattern.
func (f *file) checkMatch(t *EventType, path ...any) []string {
	if !isPattern(t.Match) {
		return nil
	}
	re, _, err := compileAnchored(t.Match)
	if err != nil {
		f.problem(f.line(path...), "match %q: %s", t.Match, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		return nil
	}
	return re.SubexpNames()
}

func (f *file) checkData(t *EventType, row int, columns unique, groups []string) {
	labels := unique{}
	for i, d := range t.Data {
		at := []any{"events", row, "data", i}
		line := f.line(at...)
		if d.Label == "" || strings.ContainsAny(d.Label, "[]{}") {
			f.problem(line, "a value needs a label without brackets and braces")
		} else if labels.add(d.Label, line) > 0 {
			f.problem(line, "label %q occurs twice in event %q", d.Label, t.Name)
		}
		if _, column := columns[d.From]; d.From != "" && !column && !slices.Contains(groups, d.From) {
			f.problem(line, "%q is neither a column of the system nor a named group of match", d.From)
		}
		if d.As != "" {
			f.oneOf("meaning", d.As, meanings(), append(at, "as")...)
		}
		if (d.Cut == "") != (d.Keep == "") || d.Keep != "" && d.Keep != "before" && d.Keep != "after" {
			f.problem(line, "cut goes with keep: before or keep: after")
		}
		if d.Secret && d.As != "" && d.As != "old" && d.As != "new" {
			f.problem(line, "a secret can't be the event's %s", d.As)
		}
	}
}

// checkSentence parses the template. A value that may be missing must be in brackets; what must not
// be read there is refused: secrets, and addresses, which are hidden with their actor.
func (f *file) checkSentence(t *EventType, path ...any) {
	if t.Template == "" {
		f.problem(f.line(path...), "event %q has no sentence", t.Name)
		return
	}
	segments, err := parseSentence(t.Template)
	if err != nil {
		f.problem(f.line(path...), "%s", err)
		return
	}
	t.sentence = segments
	for _, s := range segments {
		for _, p := range s.parts {
			if !p.value {
				continue
			}
			if reason := t.misplaced(p.text); reason != "" {
				f.problem(f.line(path...), "{%s} %s", p.text, reason)
			} else if !s.optional && p.text != "object" {
				f.problem(f.line(path...), "{%s} may be missing: put it and the words around it in [ ]", p.text)
			}
		}
	}
}

// misplaced says why a sentence can't have this placeholder, or "".
func (t *EventType) misplaced(name string) string {
	label, isData := strings.CutPrefix(name, "data.")
	if !isData {
		if !slices.Contains([]string{"object", "linkedTo", "subject", "customer", "field", "old", "new"}, name) {
			return "is not a value that a sentence can have"
		}
		return ""
	}
	at := slices.IndexFunc(t.Data, func(d DataLabel) bool { return d.Label == label })
	switch {
	case at < 0:
		return "is not among the labels of data"
	case t.Data[at].Secret:
		return "is secret and can't be in a sentence"
	case t.Data[at].As == "ip":
		return "is an address, which is shown and hidden with the actor, not in a sentence"
	}
	return ""
}

// filled makes a list that JSON shows as [], not as null.
func filled[T any](list []T) []T { return append([]T{}, list...) }
