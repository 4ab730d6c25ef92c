package inventory

import (
	"encoding/json"
	"fmt"
	"strings"

	"annals/backend/catalog"
	"annals/backend/db"
)

// What a bulk change asks of the inventory beside creating and updating.

// NameField is the field that gives objects of a kind their name; ok is false where they have none of
// their own.
func NameField(k catalog.Kind) (f catalog.Field, ok bool) {
	if fields := nameFields(k); k.Template == "" && len(fields) > 0 && fields[0].Type != "file" {
		return fields[0], true
	}
	return f, false
}

// For is the editor acting on behalf of a user; 0: of nobody else than before.
func (e Editor) For(tx *db.Tx, userID int64) (Editor, error) {
	behalf, err := e.behalf(tx, userID)
	e.Origin.OnBehalfOf = behalf
	return e, err
}

// LockAll takes the rows of those of the ids that are objects of the kind in the editor's scope until
// the transaction ends, and returns them. It takes them in the order of their ids, so that two bulk
// changes never wait for each other.
func (e Editor) LockAll(tx *db.Tx, kind string, ids []int64) (map[int64]Object, error) {
	where, args := e.Scope.Owned("o")
	where = strings.ReplaceAll(where, "?", "$3")
	var rows []Object
	err := tx.Raw(selectForUpdate+" WHERE o.kind = $1 AND o.id = ANY($2) AND "+where+" ORDER BY o.id FOR UPDATE OF o", append([]any{kind, ids}, args...)...).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("lock objects: %w", err)
	}
	out := make(map[int64]Object, len(rows))
	for _, o := range rows {
		out[o.ID] = o
	}
	return out, nil
}

// Difference is one value of an object before and after, as a person reads it; "" is none.
type Difference struct {
	Field string `json:"field"` // its name
	Old   string `json:"old"`
	New   string `json:"new"`
}

// Differences are what differs between two states of an object's attributes, in the order of the
// kind's fields. A secret is only said to be there.
func Differences(k catalog.Kind, before, after json.RawMessage) ([]Difference, error) {
	old, err := decode(before)
	if err != nil {
		return nil, err
	}
	now, err := decode(after)
	if err != nil {
		return nil, err
	}
	out := []Difference{}
	for _, f := range k.Fields {
		if same(old[f.Name], now[f.Name]) {
			continue
		}
		d := Difference{Field: f.Name, Old: show(old[f.Name]), New: show(now[f.Name])}
		if f.Secret {
			d.Old, d.New = hidden(d.Old), hidden(d.New)
		}
		out = append(out, d)
	}
	return out, nil
}

func hidden(secret string) string {
	if secret == "" {
		return ""
	}
	return "•••"
}
