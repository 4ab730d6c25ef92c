package catalog

import (
	"regexp"
	"strings"
)

// matcher finds the row and the kind for a source's own words, in one system.
type matcher struct {
	exact       map[string]string // text -> full event type name
	patterns    []pattern         // in the order of the file: the first that matches wins
	kinds       map[string]string // lower-case word -> full kind name
	kindPattern []pattern
}

type pattern struct {
	prefix string // what every match begins with: refuses most texts without running re
	re     *regexp.Regexp
	groups []string
	name   string // event type or kind, in full
}

// Match finds the row for a source's own text and the values of its named groups. The text is, for
// mor the action, for sippy the code, for safe the activity type, for alternet the description, and
// for sbc "Category|Event|Description". False means that the system has no such row: the event is
// then of type "<system>.unknown", which every system has.
func (c *Catalog) Match(system, text string) (EventType, map[string]string, bool) {
	m, ok := c.matchers[system]
	if !ok {
		return EventType{}, nil, false
	}
	if name, ok := m.exact[text]; ok {
		return c.types[name], nil, true
	}
	for _, p := range m.patterns {
		if values, ok := p.match(text); ok {
			return c.types[p.name], values, true
		}
	}
	return EventType{}, nil, false
}

// match returns the named groups that hold something.
func (p pattern) match(text string) (map[string]string, bool) {
	if !strings.HasPrefix(text, p.prefix) {
		return nil, false
	}
	found := p.re.FindStringSubmatchIndex(text)
	if found == nil {
		return nil, false
	}
	values := make(map[string]string, len(p.groups))
	for i, group := range p.groups {
		if from, to := found[2*i], found[2*i+1]; group != "" && from >= 0 && to > from {
			values[group] = text[from:to]
		}
	}
	return values, true
}

// KindByAlias finds a kind by a source's own word for it, in any case: its name, label, plural,
// table or alias ("accounts", "i_account", "X-pos Server", "C00290").
func (c *Catalog) KindByAlias(system, word string) (Kind, bool) {
	m, ok := c.matchers[system]
	if !ok {
		return Kind{}, false
	}
	if name, ok := m.kinds[strings.ToLower(word)]; ok {
		return c.kinds[name], true
	}
	for _, p := range m.kindPattern {
		if strings.HasPrefix(word, p.prefix) && p.re.MatchString(word) {
			return c.kinds[p.name], true
		}
	}
	return Kind{}, false
}

// SplitObject reads a source's notation of an object, a kind and an id after the last space:
// "ERP System Data file 303" is the kind sbc.erp_file and "303".
func (c *Catalog) SplitObject(system, text string) (Kind, string, bool) {
	text = strings.TrimSpace(text)
	at := strings.LastIndexByte(text, ' ')
	if at < 0 {
		return Kind{}, "", false
	}
	k, ok := c.KindByAlias(system, strings.TrimSpace(text[:at]))
	if !ok {
		return Kind{}, "", false
	}
	return k, text[at+1:], true
}
