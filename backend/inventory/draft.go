package inventory

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"annals/backend/audit"
	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/user"
)

// Draft is what somebody wants an object to become, and why.
type Draft struct {
	Attributes map[string]any // by field; a field that isn't there stays, null takes its value away
	TenantID   int64          // of a new object; 0: the editor's own
	Reason     string
	Commentary string
	OnBehalfOf int64 // a user of the editor's scope; 0: nobody
	Expert     bool  // expert mode: dangerous fields may be changed
	Rehearsal  bool  // it is rolled back: the reason is asked for when it is meant
}

// read takes the sent values of fields of an object as it is; every wrong one has its own error at
// its own place.
func (e Editor) read(tx *db.Tx, fields []catalog.Field, o Object, d Draft) (Attributes, error) {
	stored, err := decode(o.Attributes)
	if err != nil {
		return nil, err
	}
	e.home = scopeOf(o)
	values := Attributes{}
	wrong := &fault.Fault{Kind: fault.Invalid}
	add := func(field, message string) {
		wrong.Fields = append(wrong.Fields, fault.Field{Location: "body.attributes." + field, Message: message})
	}
	for _, f := range fields {
		sent, ok := d.Attributes[f.Name]
		if !ok {
			continue
		}
		if f.ReadOnly {
			add(f.Name, f.Label+" is filled in by the server")
			continue
		}
		if f.Expert && !d.Expert {
			add(f.Name, f.Label+" is changed in expert mode only")
			continue
		}
		v, err := e.parse(tx, f, sent, stored[f.Name])
		if err != nil {
			if _, ok := err.(interface{ Unwrap() error }); ok {
				return nil, err // not about the value
			}
			add(f.Name, f.Label+" "+err.Error())
			continue
		}
		values[f.Name] = v
	}
	for name := range d.Attributes {
		if !slices.ContainsFunc(fields, func(f catalog.Field) bool { return f.Name == name }) {
			add(name, fmt.Sprintf("%q is not a field here", name))
		}
	}
	if len(wrong.Fields) > 0 {
		slices.SortFunc(wrong.Fields, func(a, b fault.Field) int { return strings.Compare(a.Location, b.Location) })
		wrong.Detail = wrong.Fields[0].Message + "."
		return nil, wrong
	}
	return values, nil
}

// complete says which required values are missing.
func complete(fields []catalog.Field, values Attributes) error {
	wrong := &fault.Fault{Kind: fault.Invalid}
	for _, f := range fields {
		if f.Required && values[f.Name] == nil {
			wrong.Fields = append(wrong.Fields, fault.Field{Location: "body.attributes." + f.Name, Message: f.Label + " is required"})
		}
	}
	if len(wrong.Fields) == 0 {
		return nil
	}
	wrong.Detail = wrong.Fields[0].Message + "."
	return wrong
}

// behalf is the user for whom the editor acts, as an entry names them; nil for nobody.
func (e Editor) behalf(tx *db.Tx, id int64) (*audit.Actor, error) {
	if id == 0 {
		return e.Origin.OnBehalfOf, nil
	}
	if !e.Behalf {
		return nil, fault.New(fault.Forbidden, "You may not act on behalf of others.")
	}
	u, err := user.Find(tx, e.Scope, id)
	if fault.Is(err, fault.NotFound) || err == nil && u.State == user.Deleted {
		return nil, fault.At("body.onBehalfOf", "There is no user %d.", id)
	}
	return &audit.Actor{Kind: audit.ActorUser, ID: strconv.FormatInt(u.ID, 10), Name: u.Name, Level: string(u.Level()), UserID: u.ID}, err
}
