package audit

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/tenant"
)

// Facet is one value of a field and how many of the entries looked at have it.
type Facet struct {
	Value string `json:"value"`
	Label string `json:"label"`
	Count int64  `json:"count"`
}

// Facets are the most frequent values of a field among the newest entries.
type Facets struct {
	Items    []Facet `json:"items"`
	Counted  int64   `json:"counted" doc:"How many of the newest entries were looked at"`
	Relation string  `json:"relation" enum:"eq,gte" doc:"gte: there are more entries than were looked at"`
}

// facetFields: what can be counted, as value and label. Those of an actor leave out who stands
// above the viewer; the catalogue has the words for those of its names.
var facetFields = map[string]struct {
	value, label string
	actor        bool
	words        func(c *catalog.Catalog, name string) string
}{
	"system": {value: "system", words: systemLabel}, "type": {value: "type", words: typeLabel}, "objectKind": {value: "object_kind", words: kindLabel},
	"class": {value: "class", words: wordOf(catalog.Classes())}, "state": {value: "state", words: wordOf(catalog.States())},
	"activity": {value: "activity", words: wordOf(catalog.Activities())}, "outcome": {value: "outcome", words: wordOf(catalog.Outcomes())},
	"category": {value: "category"}, "reason": {value: "reason"}, "object": {value: "object_name"},
	"actor": {value: "actor_name", actor: true}, "node": {value: "node", actor: true}, "ip": {value: "host(ip)", actor: true},
	"salesOrgId": {value: "NULLIF(sales_org_id, 0)::text", label: "sales_org_name"},
	"dealerId":   {value: "dealer_id::text", label: "dealer_name"}, "resellerId": {value: "reseller_id::text", label: "reseller_name"},
}

func systemLabel(c *catalog.Catalog, name string) string {
	s, _ := c.System(name)
	return s.Label
}

func typeLabel(c *catalog.Catalog, name string) string {
	t, _ := c.Type(name)
	return t.Label
}

func kindLabel(c *catalog.Catalog, name string) string {
	k, _ := c.Kind(name)
	return k.Label
}

func wordOf(words []catalog.Word) func(*catalog.Catalog, string) string {
	return func(_ *catalog.Catalog, name string) string {
		if at := slices.IndexFunc(words, func(w catalog.Word) bool { return w.Name == name }); at >= 0 {
			return words[at].Label
		}
		return ""
	}
}

// FacetFields are the names of the fields that can be counted.
func FacetFields() []string {
	out := make([]string, 0, len(facetFields))
	for name := range facetFields {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// Facets counts the values of a field that hold text, among the newest MaxTotal entries of the filter.
func (l *Log) Facets(ctx context.Context, s tenant.Scope, f Filter, field, text string, limit int) (Facets, error) {
	out := Facets{Items: []Facet{}}
	column, ok := facetFields[field]
	if !ok {
		return out, fault.At("query.field", "The field is one of %s.", strings.Join(FacetFields(), ", "))
	}
	c, err := l.where(s, f)
	if err != nil {
		return out, err
	}
	if column.actor {
		c.add("actor_rank >= ?", s.Level.Rank())
	}
	if column.label == "" {
		column.label = column.value
	}
	pattern, most := text, limit
	if column.words != nil { // the text is looked for in words that SQL doesn't know
		pattern, most = "", maxNames
	}
	where, args := c.where()
	query := `
		WITH newest AS MATERIALIZED (
			SELECT ` + column.value + ` AS value, ` + column.label + ` AS label FROM events
			WHERE ` + where + orderBy(Newest) + ` LIMIT ?
		)
		SELECT coalesce(value, '') AS value, max(label) AS label, count(*) AS count, (SELECT count(*) FROM newest) AS counted
		FROM newest WHERE value <> '' AND label ILIKE ? GROUP BY value ORDER BY count(*) DESC, value LIMIT ?`
	err = l.db.Read(ctx, s.Wall(), func(tx *db.Tx) error {
		var rows []struct {
			Facet
			Counted int64
		}
		if err := tx.Raw(query, append(args, MaxTotal, like(pattern), most)...).Scan(&rows).Error; err != nil {
			return fmt.Errorf("count values of %s: %w", field, err)
		}
		for _, r := range rows {
			out.Items, out.Counted = append(out.Items, r.Facet), r.Counted
		}
		return nil
	})
	if column.words != nil {
		out.Items = l.inWords(out.Items, column.words, text, limit)
	}
	out.Relation = "eq"
	if out.Counted >= MaxTotal {
		out.Relation = "gte"
	}
	return out, err
}

// maxNames is more than the catalogue has of anything.
const maxNames = 5000

// inWords gives names the catalogue's words, and keeps those that hold the text in either. Where two
// systems say the same ("User"), the word is followed by the system's.
func (l *Log) inWords(items []Facet, word func(*catalog.Catalog, string) string, text string, limit int) []Facet {
	same := map[string]int{}
	for i, item := range items {
		if w := word(l.catalog, item.Value); w != "" {
			items[i].Label = w
		}
		same[items[i].Label]++
	}
	out := []Facet{}
	text = strings.ToLower(text)
	for _, item := range items {
		if system, _, ok := strings.Cut(item.Value, "."); ok && same[item.Label] > 1 {
			item.Label += " · " + systemLabel(l.catalog, system)
		}
		if len(out) < limit && (strings.Contains(strings.ToLower(item.Label), text) || strings.Contains(strings.ToLower(item.Value), text)) {
			out = append(out, item)
		}
	}
	return out
}
