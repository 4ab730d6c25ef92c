package inventory

import (
	"encoding/json"
	"math/big"

	"annals/backend/audit"
	"annals/backend/catalog"
	"annals/backend/db"
)

// limits does the actions of the limits that the step has passed, in the system's name.
func (e Editor) limits(tx *db.Tx, s step) (Object, error) {
	o := s.after
	for _, limit := range s.kind.Limits {
		before, err := passed(limit, s.before.Attributes)
		if err != nil {
			return o, err
		}
		after, err := passed(limit, o.Attributes)
		if err != nil {
			return o, err
		}
		a := actionOf(s.kind, limit.Action)
		if before || !after || o.DeletedAt != nil || !a.PossibleIn(o.State) {
			continue
		}
		system := Editor{Log: e.Log, Scope: e.Scope, Origin: audit.System("Limit"), system: true}
		if o, err = system.ActOn(tx, s.kind.Name, o.ID, o.Revision, limit.Action, Draft{}); err != nil {
			return o, err
		}
	}
	return o, nil
}

// passed reports whether a value is beyond its limit; without both there is none.
func passed(limit catalog.Limit, attributes json.RawMessage) (bool, error) {
	values, err := decode(attributes)
	if err != nil {
		return false, err
	}
	number := func(field string) (*big.Rat, bool) { return new(big.Rat).SetString(show(values[field])) }
	value, ok := number(limit.Field)
	bound, bounded := number(limit.Above + limit.Below)
	if !ok || !bounded {
		return false, nil
	}
	if limit.Above != "" {
		return value.Cmp(bound) > 0, nil
	}
	return value.Cmp(bound) < 0, nil
}
