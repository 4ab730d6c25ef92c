package inventory

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/user"
)

// Attributes are the values of an object by field name, as JSON keeps them: text, choices, dates
// (2026-03-01), times (RFC 3339, UTC) and exact decimals are strings; integers are numbers; a list
// is an array of strings; a reference is a Reference, references are an array of them by id; a file is
// a File; a secret is its fingerprint.
type Attributes map[string]any

// Reference points to another object and remembers its name as it was then.
type Reference struct {
	Ref  int64  `json:"ref"`
	Name string `json:"name"`
}

// The longest values.
const (
	maxLine = 500
	maxText = 16 << 10
	maxList = 200 // texts of a list, members of references
)

var (
	decimal  = regexp.MustCompile(`^-?\d{1,15}(\.\d{1,6})?$`)
	hostname = regexp.MustCompile(`^([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)*[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$`)
)

// parse reads what a client sends as the value of a field that has the stored value now. "" and null
// are no value. The message of its error completes a sentence that begins with the field's label.
func (e Editor) parse(tx *db.Tx, f catalog.Field, sent, stored any) (any, error) {
	if sent == nil || sent == "" {
		return nil, nil //nolint:nilnil // no value is a value
	}
	if f.Secret {
		s, ok := sent.(string)
		if !ok || len(s) > maxLine {
			return nil, fmt.Errorf("must be a text of at most %d bytes", maxLine)
		}
		return e.Log.Fingerprint(s), nil
	}
	switch f.Type {
	case "integer":
		return parseInteger(f, sent)
	case "decimal", "money":
		return parseDecimal(f, sent)
	case "boolean":
		if b, ok := sent.(bool); ok {
			return b, nil
		}
		return nil, fmt.Errorf("must be true or false")
	case "reference":
		refs, err := e.parseReferences(tx, f.Reference, []any{sent}, stored)
		if err != nil {
			return nil, err
		}
		return refs[0], nil
	case "references":
		items, ok := sent.([]any)
		if !ok || len(items) > maxList {
			return nil, fmt.Errorf("must be a list of at most %d ids", maxList)
		}
		if len(items) == 0 {
			return nil, nil //nolint:nilnil // none is no value
		}
		return e.parseReferences(tx, f.Reference, items, stored)
	case "list":
		return parseList(f, sent)
	case "templates":
		return parseTemplates(e.Log.Catalog(), f, sent)
	case "file":
		return e.parseFile(tx, f, sent)
	}
	s, ok := sent.(string)
	if !ok {
		return nil, fmt.Errorf("must be a text")
	}
	if _, known := e.Log.Catalog().System(s); f.Type == "system" && !known {
		return nil, fmt.Errorf("must be a system of the catalogue such as mor")
	}
	return parseText(f, s)
}

func parseText(f catalog.Field, s string) (any, error) {
	most := maxLine
	if f.Type == "multiline" {
		most = maxText
	}
	if len(s) > most {
		return nil, fmt.Errorf("has %d bytes; %d are allowed", len(s), most)
	}
	if n := utf8.RuneCountInString(s); f.MaxLength > 0 && n > f.MaxLength {
		return nil, fmt.Errorf("has %d characters; %d are allowed", n, f.MaxLength)
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && (f.Type != "multiline" || r != '\n' && r != '\t') || r == 0x7f }) {
		return nil, fmt.Errorf("must not contain control characters")
	}
	switch f.Type {
	case "choice":
		if !slices.Contains(f.Values, s) {
			return nil, fmt.Errorf("must be one of %s", strings.Join(f.Values, ", "))
		}
	case "email":
		email, err := user.NormalizeEmail(s)
		if err != nil {
			return nil, fmt.Errorf("must be an e-mail address such as ana@example.com")
		}
		return email, nil
	case "date":
		if _, err := time.Parse(time.DateOnly, s); err != nil {
			return nil, fmt.Errorf("must be a date such as 2026-03-01")
		}
	case "time":
		t, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			return nil, fmt.Errorf("must be a time with offset such as 2026-03-01T12:00:00Z")
		}
		return t.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano), nil
	case "address":
		a, err := netip.ParseAddr(s)
		if err != nil || a.Zone() != "" {
			return nil, fmt.Errorf("must be an address such as 198.51.100.7")
		}
		return a.Unmap().String(), nil
	case "url":
		return s, checkURL(s)
	case "template":
		return s, checkTemplate(s)
	case "hostname":
		if len(s) > 253 || !hostname.MatchString(s) {
			return nil, fmt.Errorf("must be a host name such as xpos.example.com")
		}
		return strings.ToLower(s), nil
	}
	return s, nil
}

func parseInteger(f catalog.Field, sent any) (any, error) {
	n, err := strconv.ParseInt(digits(sent), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("must be a whole number")
	}
	return json.Number(strconv.FormatInt(n, 10)), inBounds(f, float64(n))
}

// digits is a number as it is written; a JSON number arrives as a float, without an exponent here.
func digits(sent any) string {
	if f, ok := sent.(float64); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return fmt.Sprint(sent)
}

// parseDecimal keeps the digits as they are: money is never a float.
func parseDecimal(f catalog.Field, sent any) (any, error) {
	s := digits(sent)
	if !decimal.MatchString(s) {
		return nil, fmt.Errorf("must be a number such as 401.40, with at most 15 digits before and 6 behind the point")
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil, fmt.Errorf("must be a number")
	}
	return s, inBounds(f, n)
}

func inBounds(f catalog.Field, n float64) error {
	if f.Min != nil && n < *f.Min {
		return fmt.Errorf("must be at least %s", f.WithUnit(digits(*f.Min)))
	}
	if f.Max != nil && n > *f.Max {
		return fmt.Errorf("must be at most %s", f.WithUnit(digits(*f.Max)))
	}
	return nil
}

func parseList(f catalog.Field, sent any) (any, error) {
	most := maxList
	if f.Max != nil {
		most = int(*f.Max)
	}
	items, ok := sent.([]any)
	if !ok || len(items) > most {
		return nil, fmt.Errorf("must be a list of at most %d texts", most)
	}
	out := make([]string, 0, len(items))
	for _, item := range items {
		s, ok := item.(string)
		if s = strings.TrimSpace(s); !ok || s == "" {
			return nil, fmt.Errorf("must be a list of texts, none of them empty")
		}
		if _, err := parseText(catalog.Field{Type: "text", MaxLength: f.MaxLength}, s); err != nil {
			return nil, fmt.Errorf("has “%s”, which %v", shorten(s), err)
		}
		if slices.ContainsFunc(out, func(other string) bool { return strings.EqualFold(other, s) }) {
			return nil, fmt.Errorf("has “%s” twice", shorten(s))
		}
		out = append(out, s)
	}
	if f.Min != nil && len(out) < int(*f.Min) {
		return nil, fmt.Errorf("must be a list of at least %d texts", int(*f.Min))
	}
	if len(out) == 0 {
		return nil, nil //nolint:nilnil // an empty list is no value
	}
	return out, nil
}

// shorten is the beginning of a text that an error names.
func shorten(s string) string {
	if runes := []rune(s); len(runes) > 40 {
		return string(runes[:40]) + "…"
	}
	return s
}

// parseReferences finds what is referred to within the editor's scope, each once: what lies outside is
// as absent as what isn't there or is deleted, and so are people who don't belong to the object's
// organization or below it. What the object refers to already stays as it was
// noted, wherever it is by now.
func (e Editor) parseReferences(tx *db.Tx, kind string, sent []any, stored any) ([]Reference, error) {
	known := map[int64]string{}
	for _, r := range refsOf(stored) {
		known[r.Ref] = r.Name
	}
	var ids, strange []int64
	for _, one := range sent {
		if m, ok := one.(map[string]any); ok {
			one = m["ref"] // a client may send back what it got
		}
		id, err := strconv.ParseInt(digits(one), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("must be the id of what it refers to")
		}
		ids = append(ids, id)
		if _, ok := known[id]; !ok {
			strange = append(strange, id)
		}
	}
	if err := e.addNames(tx, kind, strange, known); err != nil {
		return nil, err
	}
	slices.Sort(ids)
	var out []Reference
	for _, id := range slices.Compact(ids) {
		name, ok := known[id]
		if !ok {
			return nil, fmt.Errorf("refers to %d, which isn't there", id)
		}
		out = append(out, Reference{id, name})
	}
	return out, nil
}

// addNames notes the names of those of the ids that are there, in one statement.
func (e Editor) addNames(tx *db.Tx, kind string, ids []int64, names map[int64]string) error {
	if len(ids) == 0 {
		return nil
	}
	scope := e.Scope
	if kind == KindUser { // whoever reads the object reads their names: nobody looks up
		scope = e.home
	}
	where, args := scope.Owned("o")
	query, args := " AND o.id IN ? AND "+where, append([]any{ids}, args...)
	switch kind {
	case KindTenant:
		query = "SELECT o.id, o.name FROM tenants o WHERE true" + query
	case KindUser:
		query = "SELECT o.id, o.name FROM users o WHERE o.state <> 'deleted'" + query
	default:
		query, args = "SELECT o.id, o.name FROM objects o WHERE o.kind = ? AND o.deleted_at IS NULL"+query, append([]any{kind}, args...)
	}
	var rows []struct {
		ID   int64
		Name string
	}
	if err := tx.Raw(query, args...).Scan(&rows).Error; err != nil {
		return fmt.Errorf("find %s: %w", kind, err)
	}
	for _, r := range rows {
		names[r.ID] = r.Name
	}
	return nil
}

// refsOf are the references in a value, whether it was just parsed or read back.
func refsOf(v any) []Reference {
	switch x := v.(type) {
	case Reference:
		return []Reference{x}
	case []Reference:
		return x
	case map[string]any:
		id, err := strconv.ParseInt(fmt.Sprint(x["ref"]), 10, 64)
		if err == nil {
			return []Reference{{id, fmt.Sprint(x["name"])}}
		}
	case []any:
		var out []Reference
		for _, one := range x {
			out = append(out, refsOf(one)...)
		}
		return out
	}
	return nil
}

// show is a value as a sentence or an entry shows it: a reference by the name that it had.
func show(v any) string {
	if refs := refsOf(v); len(refs) > 0 {
		names := make([]string, len(refs))
		for i, r := range refs {
			names[i] = r.Name
		}
		return strings.Join(names, ", ")
	}
	switch x := v.(type) {
	case nil:
		return ""
	case []string:
		return strings.Join(x, ", ")
	case []any:
		parts := make([]string, len(x))
		for i, p := range x {
			parts[i] = fmt.Sprint(p)
		}
		return strings.Join(parts, ", ")
	}
	return fmt.Sprint(v)
}

// decode reads attributes with their numbers as they are written.
func decode(raw json.RawMessage) (Attributes, error) {
	values := Attributes{}
	if len(raw) == 0 {
		return values, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&values); err != nil {
		return nil, fmt.Errorf("read attributes: %w", err)
	}
	return values, nil
}
