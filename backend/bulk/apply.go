package bulk

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"

	"annals/backend/audit"
	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/inventory"
	"annals/backend/tenant"
)

// Why is said once for all lines.
type Why struct {
	Reason     string
	Commentary string
	OnBehalfOf int64 // a user of the editor's scope; 0: nobody
}

// Begin takes a change that is ready to be applied, once: a second call is refused. It looks whether
// the objects are still as the preview saw them, and whether the reason will do, so that who asks is
// told at once.
func Begin(tx *db.Tx, e inventory.Editor, id int64, why Why) (Change, error) {
	c, err := find(tx, e.Scope, id, " FOR UPDATE OF b")
	if err != nil {
		return c, err
	}
	switch {
	case c.State != Ready:
		return c, fault.New(fault.Conflict, "This bulk change %s.", standing[c.State])
	case c.Bad > 0:
		return c, fault.New(fault.Conflict, "%d lines are bad. Mend the file and upload it again.", c.Bad)
	case c.Creates+c.Changes == 0:
		return c, fault.New(fault.Conflict, "Nothing would change: everything is as the file says.")
	}
	k, err := e.Kind(c.Kind)
	if err != nil {
		return c, err
	}
	if e, err = e.For(tx, why.OnBehalfOf); err != nil {
		return c, err
	}
	all, err := effective(tx, c)
	if err != nil {
		return c, err
	}
	if err := unchanged(tx, e, c, k, all); err != nil {
		return c, err
	}
	if err := tx.SavePoint("trial").Error; err != nil {
		return c, err
	}
	tried := map[string]bool{}
	for _, l := range all {
		if tried[l.State] {
			continue
		}
		tried[l.State] = true
		if err := do(tx, e, c, l, why); err != nil {
			return c, err
		}
	}
	if err := tx.RollbackTo("trial").Error; err != nil {
		return c, err
	}
	c.State = Applying
	return c, tx.Exec("UPDATE bulk_changes SET state = 'applying', progress = 0, progressed_at = now() WHERE id = ?", id).Error
}

// effective are the lines that do something.
func effective(tx *db.Tx, c Change) ([]Line, error) {
	return lines(tx, "bulk_id = ? AND state IN ('create', 'change') ORDER BY n", c.ID)
}

// unchanged refuses what the preview did not see: an object that was changed since, or one that has
// got the name of one to be created.
func unchanged(tx *db.Tx, e inventory.Editor, c Change, k catalog.Kind, all []Line) error {
	var ids []int64
	var created []string
	for _, l := range all {
		if l.ObjectID != nil {
			ids = append(ids, *l.ObjectID)
		} else if c.Matching == ByName {
			created = append(created, l.Name)
		}
	}
	objects, err := e.LockAll(tx, c.Kind, ids)
	if err != nil {
		return err
	}
	others := 0
	for _, l := range all {
		if l.ObjectID != nil && objects[*l.ObjectID].Revision != l.Revision {
			others++
		}
	}
	taken, err := named(tx, e, c, sharedField(k), created)
	if err != nil {
		return err
	}
	if others+len(taken) > 0 {
		return fault.New(fault.Conflict, "%d objects were changed since the preview. Upload the file again to see what would happen now.", others+len(taken))
	}
	return nil
}

// do does what one line says, in the name of the file's line.
func do(tx *db.Tx, e inventory.Editor, c Change, l Line, why Why) error {
	e.Origin.ImportFile = &audit.FileLine{ID: c.ImportFile(), Line: l.Line}
	draft := inventory.Draft{Attributes: l.attributes, TenantID: c.TargetID, Reason: why.Reason, Commentary: why.Commentary, Expert: c.ExpertMode}
	if l.ObjectID == nil {
		_, err := e.CreateObject(tx, c.Kind, draft)
		return err
	}
	_, err := e.UpdateObject(tx, c.Kind, *l.ObjectID, l.Revision, draft)
	return err
}

// Apply does what the lines of a change that was begun say: in one transaction, all or nothing, each
// with its entry, and one entry for the whole.
func Apply(ctx context.Context, d *db.DB, e inventory.Editor, c Change, why Why) {
	var done atomic.Int64
	stop := beat(ctx, d, e.Scope, c.ID, &done)
	err := e.Write(ctx, d, func(tx *db.Tx) error {
		k, err := e.Kind(c.Kind)
		if err != nil {
			return err
		}
		e, err := e.For(tx, why.OnBehalfOf)
		if err != nil {
			return err
		}
		all, err := effective(tx, c)
		if err != nil {
			return err
		}
		if err := unchanged(tx, e, c, k, all); err != nil {
			return err
		}
		for _, l := range all {
			if err := do(tx, e, c, l, why); err != nil {
				return at(l, err)
			}
			done.Add(1)
		}
		if err := finished(tx, e, c, k, why); err != nil {
			return err
		}
		ended := tx.Exec("UPDATE bulk_changes SET state = 'done', progress = lines, finished_at = now() WHERE id = ? AND state = 'applying'", c.ID)
		if ended.Error == nil && ended.RowsAffected == 0 {
			return errors.New("the bulk change is not being applied any more")
		}
		return ended.Error
	})
	stop()
	if err != nil {
		fail(ctx, d, e.Scope, c.ID, err)
	}
}

// at says of a fault in which line it lies.
func at(l Line, err error) error {
	if f := fault.Of(err); f != nil {
		return fault.Wrap(f.Kind, err, "Line %d: %s", l.Line, f.Detail)
	}
	return fmt.Errorf("line %d: %w", l.Line, err)
}

// finished records what the whole was, about the organization: as ours, and as the kind's system
// documents it.
func finished(tx *db.Tx, e inventory.Editor, c Change, k catalog.Kind, why Why) error {
	target, err := tenant.Find(tx, e.Scope, c.TargetID)
	if err != nil {
		return err
	}
	e.Origin.ImportFile = &audit.FileLine{ID: c.ImportFile()}
	whole := e.Origin.Event("bulk_finished")
	whole.Object = &audit.Object{Kind: inventory.KindTenant, ID: strconv.FormatInt(target.ID, 10), Name: target.Name, Revision: strconv.FormatInt(target.Revision, 10), Ref: target.ID}
	for _, d := range []audit.Datum{{Label: "Kind", Value: k.Plural}, {Label: "File", Value: c.FileName}, {Label: "SHA-256", Value: c.FileSHA256},
		{Label: "Created", Value: strconv.FormatInt(c.Creates, 10)}, {Label: "Changed", Value: strconv.FormatInt(c.Changes, 10)}, {Label: "Unchanged", Value: strconv.FormatInt(c.Same, 10)}} {
		whole.Data = append(whole.Data, d)
	}
	events := []audit.Event{whole}
	if k.Bulk != nil {
		documented, err := asDocumented(tx, e, c, k)
		if err != nil {
			return err
		}
		events = append(events, documented)
	}
	for _, ev := range events {
		if ev.Object == nil {
			ev.Object = whole.Object
		}
		ev.Reason, ev.Commentary, ev.ExpertMode = why.Reason, why.Commentary, c.ExpertMode
		ev.Belongs(target)
		if _, err := e.Log.Record(tx, ev); err != nil {
			return err
		}
	}
	return nil
}

// asDocumented is the entry of the whole that the kind's system has for it: about the object that all
// lines belong to, where there is one.
func asDocumented(tx *db.Tx, e inventory.Editor, c Change, k catalog.Kind) (audit.Event, error) {
	ev := e.Origin.Event("")
	ev.System, ev.Type = k.System, k.Bulk.Event
	t, _ := e.Log.Catalog().Type(ev.Type)
	for _, label := range t.Data { // in the type's order
		if value, ok := k.Bulk.Data[label.Label]; ok {
			ev.Data = append(ev.Data, audit.Datum{Label: label.Label, Value: value})
		}
	}
	if c.WithinID != nil {
		o, err := inventory.Find(tx, e.Scope, sharedField(k).Reference, *c.WithinID)
		if err != nil {
			return ev, err
		}
		ev.Object = &audit.Object{Kind: o.Kind, ID: o.ExternalID, Name: o.Name, Revision: strconv.FormatInt(o.Revision, 10), Ref: o.ID}
	}
	return ev, nil
}
