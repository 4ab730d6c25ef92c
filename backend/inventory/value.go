package inventory

import (
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
	"annals/backend/fault"
	"annals/backend/tenant"
	"annals/backend/user"
)

// Attributes are the values of an object by field name, as JSON keeps them: text, choices, dates
// (2026-03-01), times (RFC 3339, UTC) and exact decimals are strings; integers are numbers; a list
// is an array of strings; a reference is a Reference; a secret is its fingerprint.
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
	maxList = 200
)

var (
	decimal  = regexp.MustCompile(`^-?\d{1,15}(\.\d{1,6})?$`)
	hostname = regexp.MustCompile(`^([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)*[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$`)
)

// parse reads what a client sends as the value of a field. "" and null are no value. The message of
// its error completes a sentence that begins with the field's label.
func (e Editor) parse(tx *db.Tx, f catalog.Field, sent any) (any, error) {
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
		return e.parseReference(tx, f, sent)
	case "list":
		return parseList(sent)
	}
	s, ok := sent.(string)
	if !ok {
		return nil, fmt.Errorf("must be a text")
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
	unit := strings.TrimRight(" "+f.Unit, " ")
	if f.Min != nil && n < *f.Min {
		return fmt.Errorf("must be at least %v%s", *f.Min, unit)
	}
	if f.Max != nil && n > *f.Max {
		return fmt.Errorf("must be at most %v%s", *f.Max, unit)
	}
	return nil
}

func parseList(sent any) (any, error) {
	items, ok := sent.([]any)
	if !ok || len(items) > maxList {
		return nil, fmt.Errorf("must be a list of at most %d texts", maxList)
	}
	out := make([]string, 0, len(items))
	for _, item := range items {
		s, ok := item.(string)
		if s = strings.TrimSpace(s); !ok || s == "" || len(s) > maxLine {
			return nil, fmt.Errorf("must be a list of texts of at most %d bytes", maxLine)
		}
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return nil, nil //nolint:nilnil // an empty list is no value
	}
	return out, nil
}

// parseReference finds what is referred to within the editor's scope: what lies outside is as absent
// as what isn't there.
func (e Editor) parseReference(tx *db.Tx, f catalog.Field, sent any) (any, error) {
	if m, ok := sent.(map[string]any); ok {
		sent = m["ref"] // a client may send back what it got
	}
	id, err := strconv.ParseInt(digits(sent), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("must be the id of what it refers to")
	}
	var name string
	switch f.Reference {
	case KindTenant:
		var t tenant.Tenant
		t, err = tenant.Find(tx, e.Scope, id)
		name = t.Name
	case KindUser:
		var u user.Listed
		u, err = user.Find(tx, e.Scope, id)
		name = u.Name
	default:
		var o Object
		o, err = Find(tx, e.Scope, f.Reference, id)
		name = o.Name
	}
	if fault.Is(err, fault.NotFound) {
		return nil, fmt.Errorf("refers to %d, which isn't there", id)
	}
	return Reference{id, name}, err
}

// show is a value as a sentence or an entry shows it.
func show(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case Reference:
		return x.Name
	case map[string]any: // a reference that was read back
		return fmt.Sprint(x["name"])
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
