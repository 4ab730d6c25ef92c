package inventory_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"annals/backend/audit"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/inventory"
	"annals/backend/tenant"
)

// told are the entries since a number: type, and what the changes add and remove.
func (l *life) told(id int64) string {
	l.t.Helper()
	entries, _ := l.since(id)
	var out []string
	for _, e := range entries {
		line := strings.TrimPrefix(e.Type, "sbc.")
		for _, c := range e.Changes {
			line += fmt.Sprintf(" %s %v>%v", c.Field, c.Old, c.New)
		}
		if e.LinkedTo != nil {
			line += " about " + e.LinkedTo.Name
		}
		out = append(out, line)
	}
	return strings.Join(out, "; ")
}

func TestEachMemberThatComesOrGoesHasItsEntry(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	l := newLife(h)
	top := tenant.Of(h.root)
	var ids []any
	for _, name := range []string{"RTK", "RINEX", "X-pos"} {
		ids = append(ids, l.object(top, "sbc.product", map[string]any{"name": name}).ID)
	}
	article := l.object(top, "sbc.article", map[string]any{"name": "Nordic"})
	set := func(products any) (string, error) {
		t.Helper()
		_, seen := l.since(0)
		err := h.edit(top, func(tx *db.Tx, e inventory.Editor) error {
			after, err := e.UpdateObject(tx, article.Kind, article.ID, article.Revision, inventory.Draft{Attributes: map[string]any{"products": products}})
			if err == nil {
				article = after
			}
			return err
		})
		return l.told(seen), err
	}
	for _, step := range []struct {
		name     string
		products any
		want     string
	}{
		{"two added, one of them named twice", []any{ids[1], ids[0], ids[1]}, "article_product_added products <nil>>RTK about RTK; article_product_added products <nil>>RINEX about RINEX"},
		{"another order", []any{ids[0], ids[1]}, ""},
		{"one for another, and what was sent may be what was read", []any{ids[2], map[string]any{"ref": ids[1], "name": "forged"}},
			"article_product_added products <nil>>X-pos about X-pos; article_product_removed products RTK><nil> about RTK"},
		{"all taken away", []any{}, "article_product_removed products RINEX><nil> about RINEX; article_product_removed products X-pos><nil> about X-pos"},
	} {
		got, err := set(step.products)
		if h.must(err); got != step.want {
			t.Errorf("%s:\n got %s\nwant %s", step.name, got, step.want)
		}
	}
	tooMany := make([]any, 201)
	for i := range tooMany {
		tooMany[i] = ids[0]
	}
	for name, products := range map[string]any{"no list": ids[0], "no ids": []any{"RTK"}, "nothing there": []any{424242}, "another kind": []any{article.ID}, "201": tooMany} {
		if _, err := set(products); !fault.Is(err, fault.Invalid) || fault.Of(err).Fields[0].Location != "body.attributes.products" {
			t.Errorf("%s: got %v", name, err)
		}
	}
	_, err := set(tooMany[:200])
	h.must(err)
}

// What somebody above has put into the list stays there, though the editor doesn't see it; adding it
// is as impossible as adding what isn't there.
func TestMembersOutsideTheScopeStayAndCannotBeAdded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	l := newLife(h)
	org := h.tenant(h.root, "North")
	above, other, own := l.object(tenant.Of(h.root), "sbc.product", map[string]any{"name": "Above"}), l.object(tenant.Of(h.root), "sbc.product", map[string]any{"name": "Other"}), l.object(tenant.Of(org), "sbc.product", map[string]any{"name": "Own"})
	var article inventory.Object
	h.must(h.edit(tenant.Of(h.root), func(tx *db.Tx, e inventory.Editor) (err error) {
		article, err = e.CreateObject(tx, "sbc.article", inventory.Draft{TenantID: org.ID, Attributes: map[string]any{"name": "Nordic", "products": []any{above.ID}}})
		return err
	}))
	put := func(ids ...any) error {
		return h.edit(tenant.Of(org), func(tx *db.Tx, e inventory.Editor) error {
			after, err := e.UpdateObject(tx, article.Kind, article.ID, article.Revision, inventory.Draft{Attributes: map[string]any{"products": ids}})
			if err == nil {
				article = after
			}
			return err
		})
	}
	h.must(put(above.ID, own.ID))
	hidden, nowhere := put(above.ID, other.ID), put(above.ID, 424242)
	if !fault.Is(hidden, fault.Invalid) || strings.ReplaceAll(hidden.Error(), fmt.Sprint(other.ID), "424242") != nowhere.Error() {
		t.Errorf("outside: %v, nowhere: %v", hidden, nowhere)
	}
	h.must(h.edit(tenant.Of(org), func(tx *db.Tx, e inventory.Editor) error {
		_, err := e.DeleteObject(tx, own.Kind, own.ID, own.Revision, inventory.Draft{})
		return err
	}))
	h.must(put(own.ID)) // it is deleted by now, and stays
	if err := put(own.ID, own.ID+1000); err == nil {
		t.Error("what isn't there was added")
	}
	h.must(put())
	if err := put(own.ID); !fault.Is(err, fault.Invalid) {
		t.Errorf("a deleted one was added: %v", err)
	}
	var stored struct{ Products []inventory.Reference }
	if err := json.Unmarshal(article.Attributes, &stored); err != nil || len(stored.Products) != 0 {
		t.Errorf("stored %s, %v", article.Attributes, err)
	}
}

func TestReferencesWithoutEventsOfTheirOwnShareTheUpdates(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	l := newLife(h)
	top := tenant.Of(h.root)
	a, b, c := l.object(top, "sbc.region", map[string]any{"name": "Norway"}), l.object(top, "sbc.region", map[string]any{"name": "Sweden"}), l.object(top, "sbc.region", map[string]any{"name": "Finland"})
	k, _ := h.log.Catalog().Kind("sbc.subscription")
	o := l.create(k, true)
	_, seen := l.since(0)
	for _, ids := range [][]any{{a.ID, b.ID}, {b.ID, c.ID}} {
		h.must(h.edit(top, func(tx *db.Tx, e inventory.Editor) (err error) {
			o, err = e.UpdateObject(tx, k.Name, o.ID, o.Revision, inventory.Draft{Attributes: map[string]any{"regions": ids}})
			return err
		}))
	}
	entries, _ := l.since(seen)
	if len(entries) != 2 || entries[1].Type != "sbc.region_restriction_modified" {
		t.Fatalf("got %+v", entries)
	}
	want := []audit.Change{{Field: "regions", New: "Finland"}, {Field: "regions", Old: "Norway"}}
	if fmt.Sprint(entries[1].Changes) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", entries[1].Changes, want)
	}
}
