package bulk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"

	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/importer"
	"annals/backend/inventory"
	"annals/backend/tenant"
)

// Request is what somebody wants changed, beside the file.
type Request struct {
	Kind       string
	TenantID   int64 // whose the new objects become; 0: the editor's own
	WithinID   int64 // the object that all lines belong to, of a kind that asks for one
	Matching   string
	ExpertMode bool
	FileName   string
}

// Preview is a change on its way to being checked.
type Preview struct {
	Change
	kind  catalog.Kind
	sheet *sheet
}

// Prepare reads a file and keeps what is wanted; Check then says what would happen.
func Prepare(tx *db.Tx, e inventory.Editor, r Request, content []byte) (*Preview, error) {
	k, err := e.Kind(r.Kind)
	if err != nil {
		return nil, err
	}
	if k.Setting {
		return nil, fault.New(fault.Conflict, "%s is a setting: an organization has one, which is changed on its own page.", k.Label)
	}
	if _, ok := inventory.NameField(k); r.Matching == ByName && !ok {
		return nil, fault.At("body.match", "%s have no name of their own, so none is found by it.", k.Plural)
	}
	c := Change{Kind: k.Name, TargetID: r.TenantID, Matching: r.Matching, ExpertMode: r.ExpertMode, State: Checking, FileName: inventory.FileName(r.FileName),
		CreatedBy: e.Origin.Actor.Name, CreatedLevel: tenant.Level(e.Origin.Actor.Level)}
	if c.TargetID == 0 {
		c.TargetID = e.Scope.TenantID
	}
	if k.Bulk != nil && k.Bulk.Within != "" {
		within, err := findWithin(tx, e, k, r.WithinID)
		if err != nil {
			return nil, err
		}
		c.WithinID, c.TargetID = &within.ID, within.TenantID
	} else if r.WithinID != 0 {
		return nil, fault.At("body.withinId", "%s don't belong to one object.", k.Plural)
	}
	if _, err := tenant.Find(tx, e.Scope, c.TargetID); err != nil {
		return nil, err
	}
	if len(content) > MaxBytes {
		return nil, fault.At("body.file", "The file has %d bytes; %d are allowed.", len(content), MaxBytes)
	}
	s, err := readSheet(k, strings.NewReader(string(content)))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(content)
	c.FileSHA256, c.Lines = hex.EncodeToString(sum[:]), int64(len(s.rows))
	home, err := tenant.Open(tx, e.Scope, e.Scope.TenantID)
	if err != nil {
		return nil, err
	}
	err = tx.Raw(`INSERT INTO bulk_changes (tenant_id, sales_org_id, dealer_id, reseller_id, target_id, kind, within_id, matching, expert_mode, file_name, file_sha256, lines, created_by, created_level)
		VALUES (?, ?, NULLIF(?, 0), NULLIF(?, 0), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`, home.ID, home.SalesOrgID, home.DealerID, home.ResellerID,
		c.TargetID, c.Kind, c.WithinID, c.Matching, c.ExpertMode, c.FileName, c.FileSHA256, c.Lines, c.CreatedBy, c.CreatedLevel).Row().Scan(&c.ID)
	if err != nil {
		return nil, fmt.Errorf("keep a bulk change: %w", err)
	}
	return &Preview{c, k, s}, nil
}

// findWithin finds the object that all lines belong to.
func findWithin(tx *db.Tx, e inventory.Editor, k catalog.Kind, id int64) (inventory.Object, error) {
	f := sharedField(k)
	if id == 0 {
		return inventory.Object{}, fault.At("body.withinId", "Choose the %s that the lines belong to.", strings.ToLower(f.Label))
	}
	return inventory.Find(tx, e.Scope, f.Reference, id)
}

// sharedField is the one that all lines of a bulk change of the kind share, or the zero Field.
func sharedField(k catalog.Kind) (f catalog.Field) {
	for _, f := range k.Fields {
		if k.Bulk != nil && f.Name == k.Bulk.Within {
			return f
		}
	}
	return f
}

// errUndone ends the transaction of a check, so that nothing of it stays.
var errUndone = errors.New("only a preview")

// Check does what the lines say in a transaction that is rolled back, and keeps what would have
// happened. What is refused makes its own line bad and no other.
func (p *Preview) Check(ctx context.Context, d *db.DB, e inventory.Editor) {
	var done atomic.Int64
	stop := beat(ctx, d, e.Scope, p.ID, &done)
	var out []Line
	err := d.Write(ctx, e.Scope.Wall(), func(tx *db.Tx) (err error) {
		if out, err = p.rehearse(tx, e, &done); err != nil {
			return err
		}
		return errUndone
	})
	stop()
	if errors.Is(err, errUndone) {
		err = d.Write(ctx, e.Scope.Wall(), func(tx *db.Tx) error { return p.save(tx, out) })
	}
	if err != nil {
		fail(ctx, d, e.Scope, p.ID, err)
	}
}

// rehearsal is what a check knows while it goes through the lines.
type rehearsal struct {
	*Preview
	names   names
	objects map[int64]inventory.Object // that lines change, as they were before
	byName  map[string][]int64
	seen    map[string]int64 // the line that has an object or a name already
}

func (p *Preview) rehearse(tx *db.Tx, e inventory.Editor, done *atomic.Int64) ([]Line, error) {
	r := rehearsal{Preview: p, seen: map[string]int64{}}
	var err error
	if r.names, err = p.sheet.findNames(tx, e.Scope); err != nil {
		return nil, err
	}
	if r.byName, err = p.findByName(tx, e); err != nil {
		return nil, err
	}
	var ids []int64
	for _, row := range p.sheet.rows {
		if row.Wrong != "" {
			continue
		}
		if _, id := p.sheet.cells(row); id != "" {
			if n, err := strconv.ParseInt(id, 10, 64); err == nil {
				ids = append(ids, n)
			}
		}
	}
	for _, found := range r.byName {
		ids = append(ids, found...)
	}
	if r.objects, err = e.LockAll(tx, p.kind.Name, ids); err != nil {
		return nil, err
	}
	out := make([]Line, 0, len(p.sheet.rows))
	for i, row := range p.sheet.rows {
		l := Line{N: int64(i + 1), Line: row.Line, State: Bad, Reason: row.Wrong}
		if row.Wrong == "" {
			if err := r.try(tx, e, row, &l); err != nil {
				return nil, fmt.Errorf("line %d: %w", row.Line, err)
			}
		}
		out = append(out, l)
		done.Add(1)
	}
	return out, nil
}

// findByName finds the objects of the target that the lines may mean by their names.
func (p *Preview) findByName(tx *db.Tx, e inventory.Editor) (map[string][]int64, error) {
	f, _ := inventory.NameField(p.kind)
	var wanted []string
	for _, row := range p.sheet.rows {
		if row.Wrong == "" && p.Matching == ByName {
			cells, _ := p.sheet.cells(row)
			wanted = append(wanted, cells[f.Name])
		}
	}
	return named(tx, e, p.Change, sharedField(p.kind), wanted)
}

// named are the ids of the target's live objects that have one of the names, where there is one
// object that all belong to, of that one's.
func named(tx *db.Tx, e inventory.Editor, c Change, shared catalog.Field, wanted []string) (map[string][]int64, error) {
	found := map[string][]int64{}
	if len(wanted) == 0 {
		return found, nil
	}
	where, args := e.Scope.Owned("o")
	var within int64
	if c.WithinID != nil {
		within = *c.WithinID
	}
	var rows []struct {
		ID   int64
		Name string
	}
	err := tx.Raw(`SELECT o.id, o.name FROM objects o WHERE o.kind = $1 AND o.tenant_id = $2 AND o.managed AND o.deleted_at IS NULL AND o.name = ANY($3)
		AND ($4 = 0 OR (o.attributes -> $5 ->> 'ref')::bigint = $4) AND `+strings.ReplaceAll(where, "?", "$6")+" ORDER BY o.id",
		append([]any{c.Kind, c.TargetID, wanted, within, shared.Name}, args...)...).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("find objects by name: %w", err)
	}
	for _, r := range rows {
		found[r.Name] = append(found[r.Name], r.ID)
	}
	return found, nil
}

// wrongAt makes a line bad by a field (or "") of it.
func (l *Line) wrongAt(field, reason string) { l.State, l.Wrong, l.Reason = Bad, field, reason }

// try does what one row says and notes what came of it. Its error is not about the row.
func (r *rehearsal) try(tx *db.Tx, e inventory.Editor, row importer.SheetRow, l *Line) error {
	cells, id := r.sheet.cells(row)
	if f, ok := inventory.NameField(r.kind); ok {
		l.Name = cells[f.Name]
	}
	attributes := map[string]any{}
	for _, f := range r.sheet.columns {
		cell := cells[f.Name]
		if f.Name == "" || f.Secret && cell == "" { // a secret is in no list that somebody may have saved
			continue
		}
		v, err := r.sheet.value(f, cell, r.names)
		if err != nil {
			l.wrongAt(f.Name, f.Label+" "+err.Error())
			return nil
		}
		if s, ok := v.(string); ok && f.Secret {
			v = e.Log.Fingerprint(s) // what is kept for the second step is no secret any more
		}
		attributes[f.Name] = v
	}
	if f := sharedField(r.kind); f.Name != "" {
		attributes[f.Name] = strconv.FormatInt(*r.WithinID, 10)
	}
	before, known := r.meant(cells, id, l)
	if l.Reason != "" {
		return nil
	}
	if err := tx.SavePoint("line").Error; err != nil {
		return err
	}
	draft := inventory.Draft{Attributes: attributes, TenantID: r.TargetID, Expert: r.ExpertMode, Rehearsal: true}
	after, err := inventory.Object{}, error(nil)
	if l.attributes = attributes; known {
		after, err = e.UpdateObject(tx, r.kind.Name, before.ID, before.Revision, draft)
	} else {
		after, err = e.CreateObject(tx, r.kind.Name, draft)
	}
	f := fault.Of(err)
	if err != nil && (f == nil || f.Kind == fault.Unavailable) {
		return err
	}
	if f != nil {
		if err := tx.RollbackTo("line").Error; err != nil {
			return err
		}
		l.attributes = nil
		l.wrongAt("", strings.TrimSuffix(f.Detail, "."))
		if len(f.Fields) > 0 {
			field, _ := strings.CutPrefix(f.Fields[0].Location, "body.attributes.")
			l.wrongAt(field, f.Fields[0].Message)
		}
		return nil
	}
	if err := tx.Exec("RELEASE SAVEPOINT line").Error; err != nil {
		return err
	}
	l.Name, l.State = after.Name, Create
	if known {
		l.ObjectID, l.Revision, l.State = &before.ID, before.Revision, Update
	}
	if known && after.Revision == before.Revision {
		l.State = Same
	}
	l.Changes, err = inventory.Differences(r.kind, before.Attributes, after.Attributes)
	return err
}

// meant finds the object that a row changes, or says that there is none or that it isn't clear.
func (r *rehearsal) meant(cells map[string]string, id string, l *Line) (o inventory.Object, known bool) {
	name, hasName := inventory.NameField(r.kind)
	what := "id " + id
	switch {
	case id != "":
		n, err := strconv.ParseInt(id, 10, 64)
		if o, known = r.objects[n]; err != nil || !known || o.DeletedAt != nil {
			l.wrongAt(idColumn, fmt.Sprintf("There is no %s %s that you may change", strings.ToLower(r.kind.Label), short(id)))
			return o, false
		}
	case r.Matching == ByName && hasName:
		if cells[name.Name] == "" {
			return o, false // the engine says whether that will do
		}
		what = "name " + cells[name.Name]
		ids := r.byName[cells[name.Name]]
		if len(ids) > 1 {
			l.wrongAt(name.Name, fmt.Sprintf("%d objects have this name; give the id of the one that is meant", len(ids)))
			return o, false
		}
		if len(ids) == 1 {
			o, known = r.objects[ids[0]]
		}
	default:
		return o, false
	}
	if known {
		what = "id " + strconv.FormatInt(o.ID, 10)
	}
	if first, twice := r.seen[what]; twice {
		l.wrongAt("", fmt.Sprintf("Line %d is about the same object", first))
		return o, false
	}
	r.seen[what] = l.Line
	return o, known
}

// save keeps what a check has found, unless the change was discarded meanwhile.
func (p *Preview) save(tx *db.Tx, all []Line) error {
	counts := map[string]int64{}
	for _, l := range all {
		counts[l.State]++
	}
	done := tx.Exec(`UPDATE bulk_changes SET state = 'ready', progress = lines, creates = ?, changes = ?, same = ?, bad = ?, progressed_at = now()
		WHERE id = ? AND state = 'checking'`, counts[Create], counts[Update], counts[Same], counts[Bad], p.ID)
	if done.Error != nil || done.RowsAffected == 0 {
		return done.Error
	}
	const batch = 1000
	for ; len(all) > 0; all = all[min(batch, len(all)):] {
		if err := saveLines(tx, p.ID, all[:min(batch, len(all))]); err != nil {
			return err
		}
	}
	return nil
}

func saveLines(tx *db.Tx, id int64, all []Line) error {
	n := len(all)
	ns, numbers, objects, revisions := make([]int64, n), make([]int64, n), make([]*int64, n), make([]int64, n)
	states, names, wrongs, reasons, attributes, changes := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i, l := range all {
		ns[i], numbers[i], objects[i], revisions[i] = l.N, l.Line, l.ObjectID, l.Revision
		states[i], names[i], wrongs[i], reasons[i] = l.State, l.Name, l.Wrong, l.Reason
		a, err := json.Marshal(l.attributes)
		if err != nil {
			return err
		}
		c, err := json.Marshal(l.Changes)
		if err != nil {
			return err
		}
		attributes[i], changes[i] = string(a), string(c)
	}
	err := tx.Exec(`INSERT INTO bulk_lines (bulk_id, n, line, state, object_id, revision, name, wrong, reason, attributes, changes)
		SELECT $1, l.n, l.line, l.state, l.object_id, l.revision, l.name, l.wrong, l.reason, l.attributes::json, l.changes::json
		FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[])
			AS l (n, line, state, object_id, revision, name, wrong, reason, attributes, changes)`,
		id, ns, numbers, states, objects, revisions, names, wrongs, reasons, attributes, changes).Error
	if err != nil {
		return fmt.Errorf("keep the lines: %w", err)
	}
	return nil
}
