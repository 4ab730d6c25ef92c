package catalog

import (
	"regexp"
	"strings"
)

// pairName finds the name of a pair: `web_password=`, `"password"=>`, `user[password]=`, `"pin": `.
// What must stand before it keeps the `=` of a Base64 value from ending another name.
var pairName = regexp.MustCompile(`(?:^|[\s,:;&?({\["'])(:?[A-Za-z_][\w.%\[\]-]*)["']?\s*(?:=>|=|["']:)\s*`)

// SecretField reports whether a field's value must never be stored: it is listed as secret, is a
// secret field of a kind, or ends in such a name ("new_web_password").
func (s System) SecretField(name string) bool {
	name = strings.ToLower(name)
	for {
		if s.fieldNames[name] {
			return true
		}
		_, rest, more := strings.Cut(name, "_")
		if !more {
			return false
		}
		name = rest
	}
}

// Redact conceals the values of secret fields in a text of name=value pairs: Sippy's notation, a
// query string, a Ruby or JSON hash. A secret ends where its quote closes, at &, or before a name
// that the catalogue knows; so a password with commas and equals signs is concealed as a whole, at
// the price of an unknown field after it.
func (s System) Redact(text string, conceal func(secret string) string) string {
	found := pairName.FindAllStringSubmatchIndex(text, -1)
	var b strings.Builder
	kept := 0
	for i, at := range found {
		start := at[1]
		if start < kept || !s.secretPair(text[at[2]:at[3]]) {
			continue
		}
		end := len(text)
		for _, next := range found[i+1:] {
			if s.knownPair(text[next[2]:next[3]]) {
				end = next[0]
				break
			}
		}
		start, end = secretSpan(text, start, end)
		if start == end {
			continue
		}
		b.WriteString(text[kept:start])
		b.WriteString(conceal(text[start:end]))
		kept = end
	}
	b.WriteString(text[kept:])
	return b.String()
}

// secretSpan narrows what may be a secret's value: inside its quotes, or up to an &.
func secretSpan(text string, start, end int) (int, int) {
	if start < len(text) && (text[start] == '"' || text[start] == '\'') {
		for i := start + 1; i < len(text); i++ {
			if text[i] == '\\' {
				i++
			} else if text[i] == text[start] {
				if i+1 == len(text) || strings.IndexByte(",:;&)}] \t\r\n", text[i+1]) >= 0 {
					return start + 1, i
				}
				break
			}
		}
	}
	if i := strings.IndexByte(text[start:end], '&'); i >= 0 {
		end = start + i
	}
	return start, end
}

// brackets are those of a query string's names, as they are escaped there.
var brackets = strings.NewReplacer("%5b", " ", "%5d", " ")

// secretPair reports whether any part of a name like user[password] or user%5Bpassword%5D is secret.
func (s System) secretPair(name string) bool {
	name = brackets.Replace(strings.ToLower(name))
	parts := strings.FieldsFunc(name, func(r rune) bool {
		return r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	for _, part := range parts {
		if s.SecretField(part) {
			return true
		}
	}
	return false
}

// knownPair reports whether the catalogue knows a field of this name.
func (s System) knownPair(name string) bool {
	_, known := s.fieldNames[strings.ToLower(name)]
	return known
}
