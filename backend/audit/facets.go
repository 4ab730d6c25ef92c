package audit

import (
	"context"
	"fmt"
	"slices"
	"strings"

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
// above the viewer.
var facetFields = map[string]struct {
	value, label string
	actor        bool
}{
	"system": {value: "system"}, "category": {value: "category"}, "type": {value: "type"}, "class": {value: "class"},
	"state": {value: "state"}, "activity": {value: "activity"}, "outcome": {value: "outcome"}, "reason": {value: "reason"},
	"object": {value: "object_name"}, "objectKind": {value: "object_kind"},
	"actor": {value: "actor_name", actor: true}, "node": {value: "node", actor: true}, "ip": {value: "host(ip)", actor: true},
	"salesOrgId": {value: "NULLIF(sales_org_id, 0)::text", label: "sales_org_name"},
	"dealerId":   {value: "dealer_id::text", label: "dealer_name"}, "resellerId": {value: "reseller_id::text", label: "reseller_name"},
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
		if err := tx.Raw(query, append(args, MaxTotal, like(text), limit)...).Scan(&rows).Error; err != nil {
			return fmt.Errorf("count values of %s: %w", field, err)
		}
		for _, r := range rows {
			out.Items, out.Counted = append(out.Items, r.Facet), r.Counted
		}
		return nil
	})
	out.Relation = "eq"
	if out.Counted >= MaxTotal {
		out.Relation = "gte"
	}
	return out, err
}
