package inventory_test

import (
	"strings"
	"testing"

	"annals/backend/db"
	"annals/backend/inventory"
	"annals/backend/tenant"
)

func TestANamelessKindIsCalledAsItsTitleSays(t *testing.T) {
	t.Parallel()
	h := houseWith(t, `
  - name: payment
    label: Payment
    plural: Payments
    title: "Payment {id} of {amount}[ by {payer}][, {note}]"
    managedBy: [root]
    fields:
      - {name: reference, label: Reference, type: text, required: true}
      - {name: amount, label: Amount, type: money, unit: KES}
      - {name: payer, label: Payer, type: reference, reference: payment}
      - {name: note, label: Note, type: multiline}
    actions: []
`)
	make := func(attributes map[string]any) (o inventory.Object) {
		t.Helper()
		attributes["reference"] = "R1"
		h.must(h.edit(tenant.Of(h.root), func(tx *db.Tx, e inventory.Editor) (err error) {
			o, err = e.CreateObject(tx, "pbx.payment", inventory.Draft{Attributes: attributes})
			return err
		}))
		return o
	}
	first := make(map[string]any{})
	for want, attributes := range map[string]map[string]any{
		"Payment # of 10.00 KES":            {"amount": "10.00"},
		"Payment # of 10.00 KES by R1":      {"amount": "10.00", "payer": first.ID},
		"Payment # of 10.00 KES, two lines": {"amount": "10.00", "note": "two\nlines"},
		"R1":                                {"note": "without an amount"},
		"Payment # of 1 KES, " + strings.Repeat("x", 200) + "…": {"amount": "1", "note": strings.Repeat("x", 500)},
	} {
		if o := make(attributes); o.Name != strings.ReplaceAll(want, "#", o.ExternalID) {
			t.Errorf("got %q, want %q", o.Name, want)
		}
	}
}
