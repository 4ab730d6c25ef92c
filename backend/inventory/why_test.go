package inventory_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"annals/backend/audit"
	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/dbtest"
	"annals/backend/fault"
	"annals/backend/inventory"
	"annals/backend/tenant"
)

// houseWith knows a system "pbx" with these kinds beside ours.
func houseWith(t *testing.T, kinds string) *house {
	t.Helper()
	dir := t.TempDir()
	content := "system: pbx\nlabel: PBX\nevents:\n  - {name: unknown, label: Unknown, category: Other, activity: system, class: other, sentence: Unknown entry}\n" +
		"  - {name: granted, label: Granted, category: Lot, activity: user, class: other, sentence: \"{object} granted\"}\n" +
		"  - {name: declined, label: Declined, category: Lot, activity: user, class: other, outcome: failure, sentence: \"{object} declined\"}\nkinds:\n" + kinds
	if err := os.WriteFile(filepath.Join(dir, "pbx.yaml"), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	h := houseOn(t, dbtest.New(t))
	h.log = audit.NewLog(h.db, c, []byte("key"))
	return h
}

func TestEveryStepAsksForTheReasonThatItsRowRequires(t *testing.T) {
	t.Parallel()
	h := houseWith(t, `
  - name: door
    label: Door
    plural: Doors
    managedBy: [root]
    fields: [{name: name, label: Name, type: text, required: true}]
    states: [open, closed]
    actions:
      - {name: create, label: Create, reasonRequired: true}
      - {name: update, label: Edit, reasonRequired: true}
      - {name: delete, label: Delete, reasonRequired: true}
      - {name: restore, label: Restore, reasonRequired: true}
      - {name: close, label: Close, to: closed, event: unknown, reasonRequired: true}
`)
	const kind = "pbx.door"
	var o inventory.Object
	for _, step := range []struct {
		name string
		do   func(*db.Tx, inventory.Editor, inventory.Draft) (inventory.Object, error)
	}{
		{"create", func(tx *db.Tx, e inventory.Editor, d inventory.Draft) (inventory.Object, error) {
			d.Attributes = map[string]any{"name": "front"}
			return e.CreateObject(tx, kind, d)
		}},
		{"update", func(tx *db.Tx, e inventory.Editor, d inventory.Draft) (inventory.Object, error) {
			d.Attributes = map[string]any{"name": "back"}
			return e.UpdateObject(tx, kind, o.ID, o.Revision, d)
		}},
		{"close", func(tx *db.Tx, e inventory.Editor, d inventory.Draft) (inventory.Object, error) {
			return e.ActOn(tx, kind, o.ID, o.Revision, "close", d)
		}},
		{"delete", func(tx *db.Tx, e inventory.Editor, d inventory.Draft) (inventory.Object, error) {
			return e.DeleteObject(tx, kind, o.ID, o.Revision, d)
		}},
		{"restore", func(tx *db.Tx, e inventory.Editor, d inventory.Draft) (inventory.Object, error) {
			return e.RestoreObject(tx, kind, o.ID, o.Revision, 1, d)
		}},
	} {
		try := func(d inventory.Draft) error {
			return h.edit(tenant.Of(h.root), func(tx *db.Tx, e inventory.Editor) error {
				after, err := step.do(tx, e, d)
				if err == nil {
					o = after
				}
				return err
			})
		}
		if err := try(inventory.Draft{Reason: " \t", Commentary: "no reason"}); !fault.Is(err, fault.Invalid) || fault.Of(err).Fields[0].Location != "body.reason" {
			t.Errorf("%s without a reason: %v", step.name, err)
		}
		h.must(try(inventory.Draft{Reason: "because", Commentary: "of the wind"}))
	}
	h.must(h.db.Read(t.Context(), tenant.Of(h.root).Wall(), func(tx *db.Tx) error {
		revisions, err := inventory.Revisions(tx, tenant.Of(h.root), kind, o.ID, 0, 10)
		var got []string
		for _, r := range revisions {
			got = append(got, r.Action+" "+r.Reason+" "+r.Commentary)
		}
		if want := "[restore because of the wind delete because of the wind close because of the wind update because of the wind create because of the wind]"; fmt.Sprint(got) != want {
			t.Errorf("revisions: %v, want %s", got, want)
		}
		return err
	}))
}
