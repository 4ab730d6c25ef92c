package inventory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"gorm.io/gorm"

	"annals/backend/audit"
	"annals/backend/catalog"
	"annals/backend/db"
)

// Timers do the actions of objects whose time has come: a subscription's period ends, a quota is
// reset. Any number of servers may run them: each object is taken by one.
type Timers struct {
	db  *db.DB
	log *audit.Log
	now func() time.Time
}

// NewTimers makes them; Run makes them work.
func NewTimers(d *db.DB, l *audit.Log) *Timers { return &Timers{db: d, log: l, now: time.Now} }

// How often is looked, and how long an object rests whose action failed, or waits for its job.
const (
	timerEvery = time.Second
	timerRest  = 10 * time.Minute
)

// Run does what is due until the context ends.
func (t *Timers) Run(ctx context.Context) {
	for tick := time.NewTicker(timerEvery); ; {
		for more := true; more && ctx.Err() == nil; {
			var err error
			if more, err = t.Next(ctx); err != nil && ctx.Err() == nil {
				slog.Error("timer", "err", err)
			}
		}
		select {
		case <-ctx.Done():
			tick.Stop()
			return
		case <-tick.C:
		}
	}
}

// Next does what is due for one object and reports whether there was one.
func (t *Timers) Next(ctx context.Context) (bool, error) {
	e, err := systemEditor(ctx, t.db, t.log)
	if err != nil {
		return false, err
	}
	e.Origin = audit.System("Timer")
	var o Object
	err = t.db.Write(ctx, e.Scope.Wall(), func(tx *db.Tx) error {
		err := tx.Raw("SELECT id, kind, revision FROM objects WHERE due_at <= ? AND deleted_at IS NULL ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED", t.now()).Take(&o).Error
		if err != nil {
			return err
		}
		return t.do(tx, e, o)
	})
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return false, nil
	}
	if err != nil && o.ID != 0 { // it must not be tried again at once, for ever
		err = fmt.Errorf("%s %d: %w", o.Kind, o.ID, err)
		return true, errors.Join(err, t.db.Write(ctx, e.Scope.Wall(), func(tx *db.Tx) error { return rest(tx, o, t.now()) }))
	}
	return err == nil, err
}

// rest leaves an object alone for a while.
func rest(tx *db.Tx, o Object, now time.Time) error {
	return tx.Exec("UPDATE objects SET due_at = ? WHERE id = ?", now.Add(timerRest), o.ID).Error
}

// do does the first due timer of an object. If it would be due again after its action, its field
// moves on by the timer's interval, or loses its value where it has none.
func (t *Timers) do(tx *db.Tx, e Editor, o Object) error {
	k, err := e.Kind(o.Kind)
	if err != nil {
		return err
	}
	o, err = e.locked(tx, k, o.ID, o.Revision)
	if err != nil {
		return err
	}
	for _, timer := range k.Timers {
		if !t.due(k, timer, o) {
			continue
		}
		o, err = e.change(tx, k.Name, o.ID, o.Revision, Draft{Reason: "Its time has come", Expert: true}, func(s *step) error {
			at := slices.IndexFunc(k.Actions, func(a catalog.Action) bool { return a.Name == timer.Action })
			if s.action = k.Actions[at]; s.action.Job != nil {
				return nil // the result moves the field on
			}
			after, values := s.after, Attributes{}
			after.State = cmp.Or(s.action.To, after.State)
			if t.due(k, timer, after) {
				if err := s.moveOn(timer, values, t.now()); err != nil {
					return err
				}
			}
			return e.act(tx, s, s.action, values)
		})
		if err == nil && actionOf(k, timer.Action).Job != nil { // until the result has moved the field on
			err = rest(tx, o, t.now())
		}
		return err
	}
	// Nothing is due after all: the catalogue may have changed since due_at was set.
	values, err := decode(o.Attributes)
	if err != nil {
		return err
	}
	return tx.Exec("UPDATE objects SET due_at = ? WHERE id = ?", nextDue(k, o, values), o.ID).Error
}

func (t *Timers) due(k catalog.Kind, timer catalog.Timer, o Object) bool {
	a := actionOf(k, timer.Action)
	values, err := decode(o.Attributes)
	if err != nil || !a.PossibleIn(o.State) {
		return false
	}
	at, ok := timeOf(values[timer.Field])
	return ok && !at.After(t.now())
}

// nextDue is when the earliest of the object's timers is due, or nil. A timer waits only in states
// from which its action is possible.
func nextDue(k catalog.Kind, o Object, values Attributes) *time.Time {
	var due *time.Time
	if o.DeletedAt != nil {
		return nil
	}
	for _, timer := range k.Timers {
		a := actionOf(k, timer.Action)
		if !a.PossibleIn(o.State) {
			continue
		}
		if at, ok := timeOf(values[timer.Field]); ok && (due == nil || at.Before(*due)) {
			due = &at
		}
	}
	return due
}

// timeOf reads a date, which is over when its day is, or a time.
func timeOf(v any) (time.Time, bool) {
	s, ok := v.(string)
	if !ok {
		return time.Time{}, false
	}
	if day, err := time.Parse(time.DateOnly, s); err == nil {
		return day.AddDate(0, 0, 1), true
	}
	at, err := time.Parse(time.RFC3339Nano, s)
	return at, err == nil
}
