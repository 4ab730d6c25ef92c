// Package bulk changes many objects of one kind from a CSV file: first it says line by line what
// would happen, then it does it, all or nothing. Both go through the inventory's own editor, so that a
// line can do no more, and leaves no less, than a person who fills in the form.
package bulk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/inventory"
	"annals/backend/tenant"
)

// The limits of a file.
const (
	MaxBytes = 10 << 20
	MaxLines = 10_000
)

// How a line without an id finds the object that it changes.
const (
	ByID   = "id"   // not at all: it creates
	ByName = "name" // by its name in the organization, and creates where there is none
)

// The states of a change.
const (
	Checking  = "checking"
	Ready     = "ready"
	Applying  = "applying"
	Done      = "done"
	Failed    = "failed"
	Discarded = "discarded"
)

// The states of a line: what it does.
const (
	Create = "create"
	Update = "change"
	Same   = "same"
	Bad    = "bad"
)

// keptFor is how long a change can be looked up. Its entries stay in the log.
const keptFor = 30 * 24 * time.Hour

// Change is one bulk change: a file, what its lines would do, and how far it is. It belongs to the
// tenant of whoever prepared it, because its lines show what that scope may see.
type Change struct {
	ID           int64
	Kind         string
	TargetID     int64 // whose the new objects become
	TargetPath   string
	WithinID     *int64 // the object that all lines belong to
	WithinName   string
	Matching     string
	ExpertMode   bool
	FileName     string
	FileSHA256   string
	State        string
	Lines        int64
	Progress     int64 // lines that the present step has done
	Creates      int64
	Changes      int64
	Same         int64
	Bad          int64
	Error        string
	CreatedBy    string
	CreatedLevel tenant.Level
	CreatedAt    time.Time
	FinishedAt   *time.Time
}

// ImportFile is what the entries of its lines call the file: its name and the beginning of its digest.
func (c Change) ImportFile() string { return c.FileName + "/" + c.FileSHA256[:12] }

// Line is one row of the file and what it does.
type Line struct {
	N        int64 // counts the rows from 1
	Line     int64 // where the row begins in the file
	State    string
	ObjectID *int64
	Revision int64
	Name     string
	Wrong    string                 // the field that is wrong, where it is one
	Reason   string                 // why the line is bad
	Changes  []inventory.Difference `gorm:"-"`

	attributes map[string]any
}

// silence is after how long a change that says nothing has been cut off with its server.
const (
	heartbeat = time.Second
	silence   = time.Minute
)

// cutOff tells a change whose server ended: nothing of it was done, because it is one transaction.
var cutOff = fmt.Sprintf("b.state IN ('checking', 'applying') AND b.progressed_at < now() - interval '%d seconds'", int(silence.Seconds()))

var selectChange = `SELECT b.*, t.path AS target_path, coalesce(o.name, '') AS within_name,
	CASE WHEN ` + cutOff + ` THEN 'failed' ELSE b.state END AS state,
	CASE WHEN ` + cutOff + ` THEN 'The server ended meanwhile. Nothing was changed; upload the file again.' ELSE b.error END AS error
	FROM bulk_changes b LEFT JOIN tenants t ON t.id = b.target_id LEFT JOIN objects o ON o.id = b.within_id WHERE `

// Find returns one change of the scope.
func Find(tx *db.Tx, s tenant.Scope, id int64) (Change, error) { return find(tx, s, id, "") }

func find(tx *db.Tx, s tenant.Scope, id int64, lock string) (c Change, err error) {
	where, args := s.Owned("b")
	err = tx.Raw(selectChange+where+" AND b.id = ?"+lock, append(args, id)...).Take(&c).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return c, fault.Absent()
	}
	c.CreatedBy = s.Shown(c.CreatedBy, c.CreatedLevel)
	return c, err
}

// Search returns changes of the scope, of one kind or ("") of all, newest first, below the id where
// the last page ended (0: from the top).
func Search(tx *db.Tx, s tenant.Scope, kind string, below int64, limit int) ([]Change, error) {
	where, args := s.Owned("b")
	var out []Change
	args = append(args, kind, kind, below, below, limit)
	err := tx.Raw(selectChange+where+" AND (? = '' OR b.kind = ?) AND (? = 0 OR b.id < ?) ORDER BY b.id DESC LIMIT ?", args...).Scan(&out).Error
	for i := range out {
		out[i].CreatedBy = s.Shown(out[i].CreatedBy, out[i].CreatedLevel)
	}
	return out, err
}

// Lines returns lines of a change, those of one state or ("") all, in the order of the file, behind the
// one where the last page ended.
func Lines(tx *db.Tx, s tenant.Scope, id int64, state string, after int64, limit int) ([]Line, error) {
	if _, err := Find(tx, s, id); err != nil {
		return nil, err
	}
	return lines(tx, "bulk_id = ? AND (? = '' OR state = ?) AND n > ? ORDER BY n LIMIT ?", id, state, state, after, limit)
}

func lines(tx *db.Tx, where string, args ...any) ([]Line, error) {
	var rows []struct {
		Line
		Attributes, Changes json.RawMessage
	}
	if err := tx.Raw("SELECT n, line, state, object_id, revision, name, wrong, reason, attributes, changes FROM bulk_lines WHERE "+where, args...).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read lines: %w", err)
	}
	out := make([]Line, len(rows))
	for i, r := range rows {
		out[i] = r.Line
		if err := errors.Join(unmarshal(r.Changes, &out[i].Changes), unmarshal(r.Attributes, &out[i].attributes)); err != nil {
			return nil, fmt.Errorf("read line %d: %w", r.Line.Line, err)
		}
	}
	return out, nil
}

func unmarshal(raw json.RawMessage, into any) error {
	if len(raw) == 0 {
		return nil
	}
	return json.Unmarshal(raw, into)
}

// Discard gives a change up before it is applied.
func Discard(tx *db.Tx, s tenant.Scope, id int64) error {
	c, err := find(tx, s, id, " FOR UPDATE OF b")
	if err != nil {
		return err
	}
	if c.State != Ready && c.State != Checking {
		return fault.New(fault.Conflict, "This bulk change %s.", standing[c.State])
	}
	return tx.Exec("UPDATE bulk_changes SET state = 'discarded', finished_at = now() WHERE id = ?", id).Error
}

// standing says of a state why a change in it can't be applied or given up.
var standing = map[string]string{Checking: "is still being checked", Ready: "is waiting", Applying: "is being applied", Done: "is done", Failed: "has failed", Discarded: "was discarded"}

// Sweep removes changes, with their lines, that are older than a month.
func Sweep(ctx context.Context, d *db.DB) error {
	err := d.Write(ctx, db.Root, func(tx *db.Tx) error {
		return tx.Exec("DELETE FROM bulk_changes WHERE created_at < ?", tx.NowFunc().Add(-keptFor)).Error
	})
	if err != nil {
		return fmt.Errorf("sweep bulk changes: %w", err)
	}
	return nil
}

// fail keeps why a change came to nothing, also when its context has ended.
func fail(ctx context.Context, d *db.DB, s tenant.Scope, id int64, err error) {
	message := "Something went wrong on our side. Nothing was changed; upload the file again."
	if f := fault.Of(err); f != nil {
		message = strings.TrimSuffix(f.Detail, ".") + ". Nothing was changed."
	} else if ctx.Err() == nil {
		slog.Error("bulk change", "id", id, "err", err)
	} else {
		message = "The server ended meanwhile. Nothing was changed; upload the file again."
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := d.Write(ending, s.Wall(), func(tx *db.Tx) error {
		return tx.Exec("UPDATE bulk_changes SET state = 'failed', error = ?, finished_at = now() WHERE id = ? AND state IN ('checking', 'applying')", message, id).Error
	}); err != nil {
		slog.Error("save that a bulk change failed", "id", id, "err", err)
	}
}

// beat shows from outside of the one transaction how many lines are done, until it is stopped.
func beat(ctx context.Context, d *db.DB, s tenant.Scope, id int64, done *atomic.Int64) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for tick := time.NewTicker(heartbeat); ; {
			select {
			case <-ctx.Done():
				tick.Stop()
				return
			case <-tick.C:
			}
			err := d.Write(ctx, s.Wall(), func(tx *db.Tx) error {
				return tx.Exec("UPDATE bulk_changes SET progress = ?, progressed_at = now() WHERE id = ? AND state IN ('checking', 'applying')", done.Load(), id).Error
			})
			if err != nil && ctx.Err() == nil {
				slog.Warn("save the progress of a bulk change", "id", id, "err", err)
			}
		}
	}()
	return func() { cancel(); <-ended }
}
