package inventory

import (
	"slices"
	"strings"

	"annals/backend/audit"
	"annals/backend/db"
	"annals/backend/fault"
)

// KindReasons is the setting that says which reasons people give for changes.
const KindReasons = "annals.reasons"

// CheckReason holds the reason for a change of what is an organization's against what is set there,
// or at the nearest one above. Every change of an object, a person or an organization passes here.
// What happens without a person to ask needs none.
func (e Editor) CheckReason(tx *db.Tx, organization int64, reason string) error {
	if e.system || e.Unasked || e.Origin.Actor.Kind == audit.ActorSystem {
		return nil
	}
	found, err := findHeld(tx, []int64{organization}, []string{KindReasons}, []string{""})
	if err != nil || len(found) == 0 {
		return err
	}
	said, err := decode(found[0].Attributes)
	if err != nil {
		return err
	}
	k, _ := e.Log.Catalog().Kind(KindReasons)
	rules := holding(k, said)
	reasons := textsOf(rules["reasons"])
	given := strings.TrimSpace(reason) != ""
	switch {
	case !given && rules["required"] == true && len(reasons) > 0:
		return fault.At("body.reason", "Every change needs a reason here, such as %q.", reasons[0])
	case !given && rules["required"] == true:
		return fault.At("body.reason", "Every change needs a reason here.")
	case given && len(reasons) > 0 && rules["free_text"] != true && !slices.Contains(reasons, reason):
		return fault.At("body.reason", "This is not one of the reasons here. Choose %s.", choice(reasons))
	}
	return nil
}

// choice names what may be chosen: the first few, and how many more there are.
func choice(of []string) string {
	const named = 5
	if len(of) > named {
		return "“" + strings.Join(of[:named], "”, “") + "” or another from the settings"
	}
	return "“" + strings.Join(of, "” or “") + "”"
}

// textsOf are the texts of a stored list.
func textsOf(v any) (out []string) {
	items, _ := v.([]any)
	for _, item := range items {
		if s, ok := item.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// record holds the reason of a change of a person or an organization against the rules, and writes
// its event; when it can't, the change must not be either. Nobody is asked why they change
// themselves.
func (e Editor) record(tx *db.Tx, ev audit.Event) error {
	if ev.Subject == nil || ev.Subject.ID != e.Origin.Actor.UserID {
		if err := e.CheckReason(tx, e.owner(ev), ev.Reason); err != nil {
			return err
		}
	}
	_, err := e.Log.Record(tx, ev)
	return err
}

// owner is the organization that an event of the editor's belongs to.
func (e Editor) owner(ev audit.Event) int64 {
	for _, o := range []*audit.Owner{ev.Reseller, ev.Dealer, ev.SalesOrg} {
		if o != nil {
			return o.ID
		}
	}
	return e.Scope.TenantID // the platform's own: nobody else reaches it
}

// checkWhy holds a step against the rules for reasons: its action's, then those of the
// organization that the object belongs to.
func (e Editor) checkWhy(tx *db.Tx, s step) error {
	if s.draft.Rehearsal {
		return nil
	}
	if s.action.Reason && !e.system && strings.TrimSpace(s.draft.Reason) == "" {
		return fault.At("body.reason", "%s needs a reason.", s.action.Label)
	}
	return e.CheckReason(tx, s.after.TenantID, s.draft.Reason)
}
