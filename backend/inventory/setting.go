package inventory

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/tenant"
)

// Setting is what holds for an organization of one kind that the catalogue marks as a setting: its
// own object, or that of the nearest organization above that has one, or the kind's defaults.
type Setting struct {
	Kind     catalog.Kind
	Values   Attributes
	Own      held          // the zero one: it is not set here
	From     tenant.Level  // where it is set; "": nowhere
	Holder   tenant.Tenant // where it is set, if the editor may see that
	Settable bool          // the editor may set it here

	inherited Attributes // without defaults
}

// held is an object that an organization has at most one of, and for whom it holds.
type held struct {
	Organization int64
	Kind         string
	UniqueKey    string
	ID           int64
	Holder       int64 // whose it is: the organization's own, or one above
	Level        tenant.Level
	State        string
	Attributes   json.RawMessage
	Revision     int64
}

// findHeld returns, for each organization of the transaction's wall, kind and key, the nearest live
// object upwards: one statement for all.
func findHeld(tx *db.Tx, organizations []int64, kinds, keys []string) (out []held, err error) {
	err = tx.Raw("SELECT * FROM held_by($1, $2, $3)", organizations, kinds, keys).Scan(&out).Error
	return out, err
}

// uniqueKey is what no other live object of the kind and organization may share: a setting is there
// once, what has a unique field once by its value without regard to case.
func uniqueKey(k catalog.Kind, values Attributes) *string {
	key := ""
	if k.Setting {
		return &key
	}
	at := slices.IndexFunc(k.Fields, func(f catalog.Field) bool { return f.Unique })
	if at < 0 {
		return nil
	}
	key = strings.ToLower(show(values[k.Fields[at].Name]))
	return &key
}

// taken is the fault of two live objects where there may be one.
func taken(k catalog.Kind) *fault.Fault {
	at := slices.IndexFunc(k.Fields, func(f catalog.Field) bool { return f.Unique })
	if at < 0 {
		return fault.New(fault.Conflict, "%s is set here already. Change that one.", k.Label)
	}
	f := k.Fields[at]
	return &fault.Fault{Kind: fault.Conflict, Detail: "There is a " + strings.ToLower(k.Label) + " of this " + strings.ToLower(f.Label) + " here already.",
		Fields: []fault.Field{{Location: "body.attributes." + f.Name, Message: f.Label + " is taken here"}}}
}

// settable reports whether a tenant can have an object of a kind: a setting stands where those who
// manage it stand.
func settable(k catalog.Kind, t tenant.Tenant) bool {
	return !k.Setting || slices.Contains(k.ManagedBy, string(t.Level))
}

// Settings are those that an organization of the scope can have, with what holds for it.
func (e Editor) Settings(tx *db.Tx, tenantID int64) ([]Setting, error) {
	t, err := tenant.Find(tx, e.Scope, tenantID)
	if err != nil {
		return nil, err
	}
	var out []Setting
	var names []string
	for _, system := range e.Log.Catalog().Systems() {
		for _, k := range system.Kinds {
			if k.Setting && settable(k, t) {
				_, err := e.Kind(k.Name)
				out = append(out, Setting{Kind: k, Settable: err == nil && t.State == "active"})
				names = append(names, k.Name)
			}
		}
	}
	found, err := findHeld(tx, []int64{t.ID}, names, []string{""})
	if err != nil {
		return nil, err
	}
	for i := range out {
		s := &out[i]
		var h held
		if at := slices.IndexFunc(found, func(h held) bool { return h.Kind == s.Kind.Name }); at >= 0 {
			h = found[at]
			s.From = h.Level
			if s.Holder, err = tenant.Find(tx, e.Scope, h.Holder); err != nil && !fault.Is(err, fault.NotFound) {
				return nil, err
			}
		}
		if h.Holder == t.ID {
			s.Own = h
		}
		if s.inherited, err = decode(h.Attributes); err != nil {
			return nil, err
		}
		s.Values = holding(s.Kind, s.inherited)
	}
	return out, nil
}

// Setting is one of the Settings of an organization.
func (e Editor) Setting(tx *db.Tx, tenantID int64, name string) (Setting, error) {
	all, err := e.Settings(tx, tenantID)
	if err != nil {
		return Setting{}, err
	}
	at := slices.IndexFunc(all, func(s Setting) bool { return s.Kind.Name == name })
	if at < 0 {
		return Setting{}, fault.Absent()
	}
	return all[at], nil
}

// holding are a setting's values, with the defaults for what nobody has said.
func holding(k catalog.Kind, said Attributes) Attributes {
	values := maps.Clone(said)
	for _, f := range k.Fields {
		if values[f.Name] == nil && f.Default != nil {
			values[f.Name] = f.Default
		}
	}
	return values
}

// ChangeSetting changes what an organization has set at the revision that the editor saw; at
// revision 0, where nothing is set, it sets it.
func (e Editor) ChangeSetting(tx *db.Tx, name string, revision int64, d Draft) error {
	s, err := e.Setting(tx, d.TenantID, name)
	if err != nil {
		return err
	}
	if s.Own.ID == 0 && revision == 0 { // it begins as what holds
		values := s.inherited
		for field, v := range d.Attributes {
			values[field] = v
		}
		d.Attributes = values
		_, err = e.CreateObject(tx, name, d)
		return err
	}
	if s.Own.ID == 0 {
		return stale(revision, 0)
	}
	_, err = e.UpdateObject(tx, name, s.Own.ID, revision, d)
	return err
}

// InheritSetting takes away what an organization has set, so that what is above holds again.
func (e Editor) InheritSetting(tx *db.Tx, name string, revision int64, d Draft) error {
	s, err := e.Setting(tx, d.TenantID, name)
	if err != nil {
		return err
	}
	if s.Own.ID == 0 {
		return fault.New(fault.Conflict, "%s is not set here.", s.Kind.Label)
	}
	_, err = e.DeleteObject(tx, name, s.Own.ID, revision, d)
	return err
}
