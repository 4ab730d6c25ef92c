package inventory_test

import (
	"fmt"
	"testing"

	"annals/backend/db"
	"annals/backend/inventory"
	"annals/backend/tenant"
)

// A renewal says whether the quota counter starts again, in an entry of its own, and then it does.
func TestARenewalResetsTheQuotaCounterOrNot(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	l := newLife(h)
	k, _ := h.log.Catalog().Kind("sbc.subscription")
	o := l.create(k, true)
	do := func(action string, attributes map[string]any) string {
		t.Helper()
		_, seen := l.since(0)
		h.must(h.edit(tenant.Of(h.root), func(tx *db.Tx, e inventory.Editor) (err error) {
			d := inventory.Draft{Attributes: attributes}
			if action == "update" {
				o, err = e.UpdateObject(tx, k.Name, o.ID, o.Revision, d)
			} else {
				o, err = e.ActOn(tx, k.Name, o.ID, o.Revision, action, d)
			}
			return err
		}))
		return l.told(seen)
	}
	do("activate", nil)
	do("update", map[string]any{"consumption_limit": "500", "consumption": "412", "period_end": "2090-01-01"})
	for _, step := range []struct {
		name, action string
		attributes   map[string]any
		want         string
		consumption  any
	}{
		{"not reset", "renew", map[string]any{"period_end": "2091-01-01"}, "subscription_renewed period_end 2090-01-01>2091-01-01; quota_not_reset", "412"},
		{"not reset, said so", "renew", map[string]any{"period_end": "2092-01-01", "reset_quota": false}, "subscription_renewed period_end 2091-01-01>2092-01-01; quota_not_reset", "412"},
		{"reset", "renew", map[string]any{"period_end": "2093-01-01", "reset_quota": true}, "subscription_renewed period_end 2092-01-01>2093-01-01; quota_reset", "0"},
		{"used again", "update", map[string]any{"consumption": "3"}, "subscription_modified", "3"},
		{"reset by hand", "reset_quota", nil, "quota_reset", "0"},
		{"ended", "expire", nil, "subscription_expired state active>expired", "0"},
		{"renewed after its end", "renew", map[string]any{"period_end": "2094-01-01", "reset_quota": true}, "subscription_renewed period_end 2093-01-01>2094-01-01 state expired>active; quota_reset", "0"},
	} {
		if got := do(step.action, step.attributes); got != step.want {
			t.Errorf("%s:\n got %s\nwant %s", step.name, got, step.want)
		}
		if got := attributesOf(o)["consumption"]; fmt.Sprint(got) != step.consumption {
			t.Errorf("%s: consumption is %v, want %v", step.name, got, step.consumption)
		}
	}
}
