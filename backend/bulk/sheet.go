package bulk

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/importer"
	"annals/backend/inventory"
	"annals/backend/tenant"
)

// sheet is a file whose columns are fields of a kind.
type sheet struct {
	columns   []catalog.Field // the zero Field: our number of the object
	semicolon bool
	rows      []importer.SheetRow
}

// idColumn is the header of the column with our number of the object to change.
const idColumn = "id"

// readSheet reads a whole file whose header names fields of the kind, in any order.
func readSheet(k catalog.Kind, file io.Reader) (*sheet, error) {
	in, err := importer.OpenSheet(file)
	if err != nil {
		return nil, atFile(err)
	}
	s := &sheet{semicolon: in.Semicolon}
	var known []string
	for _, f := range fieldsOf(k) {
		known = append(known, f.Name)
	}
	taken := map[string]bool{}
	if strange := slices.DeleteFunc(slices.Clone(in.Header), func(name string) bool { _, ok := column(k, name); return ok }); 2*len(strange) > len(in.Header) {
		// A file without its header begins with a line, which may hold a password: it is not shown.
		return nil, fault.At("body.file", "The first line is not a header of %s. A column is id or one of %s.", k.Plural, strings.Join(known, ", "))
	}
	for _, name := range in.Header {
		f, ok := column(k, name)
		if !ok {
			return nil, fault.At("body.file", "%s have no field %q. A column is id or one of %s.", k.Plural, short(name), strings.Join(known, ", "))
		}
		if taken[f.Name] {
			return nil, fault.At("body.file", "The file has two columns for %s.", title(f))
		}
		taken[f.Name] = true
		s.columns = append(s.columns, f)
	}
	for {
		r, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, atFile(err)
		}
		if len(s.rows) == MaxLines {
			return nil, fault.At("body.file", "The file has more than %d lines.", MaxLines)
		}
		s.rows = append(s.rows, r)
	}
	if len(s.rows) == 0 {
		return nil, fault.At("body.file", "The file has a header and no lines.")
	}
	return s, nil
}

// fieldsOf are the fields that a file may have columns for: not the one that all lines share, nor
// what a job fills in.
func fieldsOf(k catalog.Kind) []catalog.Field {
	return slices.DeleteFunc(slices.Clone(k.Fields), func(f catalog.Field) bool { return f.ReadOnly || k.Bulk != nil && f.Name == k.Bulk.Within })
}

func column(k catalog.Kind, name string) (f catalog.Field, ok bool) {
	if strings.EqualFold(name, idColumn) {
		return f, true
	}
	for _, same := range []func(catalog.Field) bool{
		func(f catalog.Field) bool { return strings.EqualFold(f.Name, name) },
		func(f catalog.Field) bool { return strings.EqualFold(f.Label, name) },
	} {
		if at := slices.IndexFunc(k.Fields, same); at >= 0 && slices.ContainsFunc(fieldsOf(k), same) {
			return k.Fields[at], true
		}
	}
	return f, false
}

func title(f catalog.Field) string {
	if f.Name == "" {
		return idColumn
	}
	return f.Label
}

// short keeps a header that is none, such as a line of prose, from filling the screen.
func short(name string) string {
	if r := []rune(name); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return name
}

// atFile says of a file's fault that it is the upload's.
func atFile(err error) error {
	if f := fault.Of(err); f != nil {
		return fault.At("body.file", "%s", f.Detail)
	}
	return err
}

// cells are the values of a row by field, trimmed, without the number of the object.
func (s *sheet) cells(r importer.SheetRow) (cells map[string]string, id string) {
	cells = map[string]string{}
	for i, f := range s.columns {
		cell := strings.TrimSpace(r.Cells[i])
		if f.Name == "" {
			id = cell
		} else {
			cells[f.Name] = cell
		}
	}
	return cells, id
}

// names are the ids of what references may name, by kind and name.
type names map[string]map[string][]int64

// refers reports whether a field's cells name other things.
func refers(f catalog.Field) bool { return f.Reference != "" }

// findNames looks up everything that the file refers to, one statement for each kind.
func (s *sheet) findNames(tx *db.Tx, scope tenant.Scope) (names, error) {
	wanted := map[string][]string{}
	for i, f := range s.columns {
		if !refers(f) {
			continue
		}
		for _, r := range s.rows {
			if r.Wrong == "" {
				wanted[f.Reference] = append(wanted[f.Reference], items(f, r.Cells[i])...)
			}
		}
	}
	found := names{}
	for kind, texts := range wanted {
		slices.Sort(texts)
		query := "SELECT o.id, o.name FROM objects o WHERE o.kind = $1 AND o.deleted_at IS NULL AND o.name = ANY($2) AND "
		switch kind {
		case inventory.KindTenant:
			query = "SELECT DISTINCT o.id, n.name FROM tenants o, LATERAL (VALUES (o.name), (o.path)) n (name) WHERE $1 <> '' AND n.name = ANY($2) AND "
		case inventory.KindUser:
			query = "SELECT DISTINCT o.id, n.name FROM users o, LATERAL (VALUES (o.name), (o.email)) n (name) WHERE $1 <> '' AND o.state <> 'deleted' AND n.name = ANY($2) AND "
		}
		where, args := scope.Owned("o")
		var rows []struct {
			ID   int64
			Name string
		}
		err := tx.Raw(query+strings.ReplaceAll(where, "?", "$3")+" ORDER BY o.id", append([]any{kind, slices.Compact(texts)}, args...)...).Scan(&rows).Error
		if err != nil {
			return nil, fmt.Errorf("find what a file refers to: %w", err)
		}
		found[kind] = map[string][]int64{}
		for _, r := range rows {
			found[kind][r.Name] = append(found[kind][r.Name], r.ID)
		}
	}
	return found, nil
}

// items are the parts of a cell: one, but in a list.
func items(f catalog.Field, cell string) []string {
	if f.Type != "list" && f.Type != "references" {
		return []string{strings.TrimSpace(cell)}
	}
	var out []string
	for _, item := range strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune(",;\n", r) }) {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out
}

// decimalComma is a number as it is written where semicolons part the cells.
var decimalComma = regexp.MustCompile(`^-?\d+,\d+$`)

var booleans = map[string]bool{"true": true, "yes": true, "1": true, "false": false, "no": false, "0": false}

// value is what a cell says, as a form would send it. The message of its error completes a sentence
// that begins with the field's label.
func (s *sheet) value(f catalog.Field, cell string, known names) (any, error) {
	switch {
	case cell == "":
		return nil, nil //nolint:nilnil // no value is a value
	case f.Type == "boolean":
		if b, ok := booleans[strings.ToLower(cell)]; ok {
			return b, nil
		}
		return nil, fmt.Errorf("must be true or false")
	case f.Type == "reference":
		return reference(f, cell, known)
	case f.Type == "references", f.Type == "list":
		var out []any
		for _, item := range items(f, cell) {
			var one any = item
			if refers(f) {
				var err error
				if one, err = reference(f, item, known); err != nil {
					return nil, err
				}
			}
			out = append(out, one)
		}
		return out, nil
	case s.semicolon && (f.Type == "decimal" || f.Type == "money") && decimalComma.MatchString(cell):
		return strings.Replace(cell, ",", ".", 1), nil
	}
	return cell, nil
}

// reference finds what a cell names; a number that is nobody's name is our own number.
func reference(f catalog.Field, cell string, known names) (any, error) {
	switch ids := known[f.Reference][cell]; {
	case len(ids) == 1:
		return strconv.FormatInt(ids[0], 10), nil
	case len(ids) > 1:
		return nil, fmt.Errorf("names more than one: %q is the name of %d; give the number", short(cell), len(ids))
	}
	if _, err := strconv.ParseInt(cell, 10, 64); err != nil {
		return nil, fmt.Errorf("names %q, which isn't there", short(cell))
	}
	return cell, nil
}
