package catalog

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Values are what a sentence can mention. All are for the screen: Object is a Kind's Title, secrets
// are concealed already. The actor is not among them: the portal has a column for who, and hides it
// from those below.
type Values struct {
	Object, LinkedTo, Subject, Customer string
	Field, Old, New                     string
	Data                                map[string]string // by label
}

// longestValue is how many bytes of one value a sentence shows: it is one line on a screen.
const longestValue = 200

// segment is a piece of a template. An optional one, written in brackets, is left out unless all of
// its values are there.
type segment struct {
	optional bool
	parts    []part
}

// part is literal text or the name of a value.
type part struct {
	text  string
	value bool
}

// Sentence says what happened, in one line and without its actor. Values that are missing leave a
// readable sentence: an object is then called by its kind, and optional parts are left out.
func (t EventType) Sentence(v Values) string {
	var b strings.Builder
	for _, s := range t.sentence {
		if s.optional && slices.ContainsFunc(s.parts, func(p part) bool { return p.value && v.of(p.text) == "" }) {
			continue
		}
		for _, p := range s.parts {
			switch value := v.of(p.text); {
			case !p.value:
				b.WriteString(p.text)
			case value == "": // only {object} stands outside of brackets
				b.WriteString(t.objectLabel)
			default:
				b.WriteString(oneLine(value))
			}
		}
	}
	return b.String()
}

// TitleOf names an object of the kind by its values, as the row's template says: "Payment of 10.00
// KES". of gives the value of a field, or of "id", as the screen shows it. The title is empty without a
// template, and without a value outside of brackets.
func (k Kind) TitleOf(of func(field string) string) string {
	var b strings.Builder
	for _, s := range k.title {
		if slices.ContainsFunc(s.parts, func(p part) bool { return p.value && of(p.text) == "" }) {
			if !s.optional {
				return ""
			}
			continue
		}
		for _, p := range s.parts {
			if p.value {
				b.WriteString(oneLine(of(p.text)))
			} else {
				b.WriteString(p.text)
			}
		}
	}
	return b.String()
}

// of gives the value that a placeholder names.
func (v Values) of(name string) string {
	switch name {
	case "object":
		return v.Object
	case "linkedTo":
		return v.LinkedTo
	case "subject":
		return v.Subject
	case "customer":
		return v.Customer
	case "field":
		return v.Field
	case "old":
		return v.Old
	case "new":
		return v.New
	default:
		return v.Data[strings.TrimPrefix(name, "data.")]
	}
}

// oneLine keeps a value from breaking or flooding the line.
func oneLine(value string) string {
	if strings.ContainsFunc(value, unicode.IsControl) {
		value = strings.Join(strings.FieldsFunc(value, func(r rune) bool {
			return unicode.IsControl(r) || unicode.IsSpace(r)
		}), " ")
	}
	if len(value) <= longestValue {
		return value
	}
	end := longestValue
	for end > 0 && !utf8.RuneStart(value[end]) {
		end--
	}
	return value[:end] + "…"
}

// parseSentence reads a template: text, {values}, and [optional parts].
func parseSentence(template string) ([]segment, error) {
	segments := []segment{{}}
	for rest := template; rest != ""; {
		last := &segments[len(segments)-1]
		at := strings.IndexAny(rest, "[]{}")
		if at < 0 {
			last.parts = append(last.parts, part{text: rest})
			break
		}
		if at > 0 {
			last.parts = append(last.parts, part{text: rest[:at]})
		}
		mark := rest[at]
		rest = rest[at+1:]
		switch mark {
		case '[':
			if last.optional {
				return nil, fmt.Errorf("the sentence has a [ inside of [ ]")
			}
			segments = append(segments, segment{optional: true})
		case ']':
			if !last.optional {
				return nil, fmt.Errorf("the sentence has a ] without its [")
			}
			segments = append(segments, segment{})
		case '{':
			name, after, ok := strings.Cut(rest, "}")
			if !ok || strings.ContainsAny(name, "[]{") {
				return nil, fmt.Errorf("the sentence has a { without its }")
			}
			last.parts = append(last.parts, part{text: name, value: true})
			rest = after
		case '}':
			return nil, fmt.Errorf("the sentence has a } without its {")
		}
	}
	if segments[len(segments)-1].optional {
		return nil, fmt.Errorf("the sentence has a [ without its ]")
	}
	return segments, nil
}
