package httpapi

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"annals/backend/audit"
	"annals/backend/auth"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/tenant"
)

// denials records attempts on things that exist outside of the caller's scope. The caller gets the
// same answer as for what is absent, at once; whether it exists is looked up afterwards, so that the
// time tells nothing either. Repeated attempts become one entry with their exact count.
//
// The entry belongs to the platform, and not to the caller's organization: there it would tell the
// caller that the thing exists.
type denials struct {
	db  *db.DB
	log *audit.Log

	mu      sync.Mutex
	waiting map[attempt]*tries
}

type attempt struct {
	actor string // session or key
	noun  string
	id    int64
	more  bool // too many different ids to keep apart: their sum
}

type tries struct {
	origin audit.Origin
	scope  tenant.Scope
	n      int
	first  time.Time
}

// window is how long attempts are collected into one entry; maxWaiting bounds the memory that
// somebody who tries every id can take.
const (
	window     = 10 * time.Second
	maxWaiting = 10_000
)

// nouns are the tables in which a thing may exist, for the look-up.
var nouns = map[string]string{
	"event":       "SELECT EXISTS (SELECT FROM events WHERE id = ?)",
	"tenant":      "SELECT EXISTS (SELECT FROM tenants WHERE id = ?)",
	"user":        "SELECT EXISTS (SELECT FROM users WHERE id = ?)",
	"object":      "SELECT EXISTS (SELECT FROM objects WHERE id = ?)",
	"api_key":     "SELECT EXISTS (SELECT FROM api_keys WHERE id = ?)",
	"file":        "SELECT EXISTS (SELECT FROM files WHERE id = ?)",
	"import":      "SELECT EXISTS (SELECT FROM imports WHERE id = ?)",
	"bulk_change": "SELECT EXISTS (SELECT FROM bulk_changes WHERE id = ?)",
}

func newDenials(d *db.DB, l *audit.Log) *denials {
	return &denials{db: d, log: l, waiting: map[attempt]*tries{}}
}

// denied notes a call that found nothing under an id, and passes its error on.
func (s *Server) denied(ctx context.Context, err error, noun string, id int64) error {
	if fault.Is(err, fault.NotFound) {
		s.denials.note(who(ctx), noun, id)
	}
	return err
}

func (d *denials) note(p auth.Principal, noun string, id int64) {
	if p.Scope.Level == tenant.Root || p.Scope.ID == 0 {
		return // root sees all: what root doesn't find isn't there
	}
	a := attempt{actor: p.SessionID + "/" + p.Origin.Actor.ID, noun: noun, id: id}
	d.mu.Lock()
	defer d.mu.Unlock()
	t, ok := d.waiting[a]
	if !ok {
		if len(d.waiting) >= maxWaiting {
			a.id, a.more = 0, true
			if t, ok = d.waiting[a]; ok {
				t.n++
				return
			}
		}
		t = &tries{origin: p.Origin, scope: p.Scope, first: time.Now()}
		d.waiting[a] = t
	}
	t.n++
}

// run records what was noted, until the context ends; then what is left.
func (d *denials) run(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			d.flush(last, 0)
			cancel()
			return
		case <-tick.C:
			d.flush(ctx, window)
		}
	}
}

func (d *denials) flush(ctx context.Context, age time.Duration) {
	d.mu.Lock()
	due := map[attempt]*tries{}
	for a, t := range d.waiting {
		if time.Since(t.first) >= age {
			due[a] = t
			delete(d.waiting, a)
		}
	}
	d.mu.Unlock()
	for a, t := range due {
		if err := d.record(ctx, a, t); err != nil {
			slog.Error("record refused access", "err", err)
			d.mu.Lock() // it is tried again: the count must be exact
			if again, ok := d.waiting[a]; ok {
				t.n += again.n
			}
			d.waiting[a] = t
			d.mu.Unlock()
		}
	}
}

func (d *denials) record(ctx context.Context, a attempt, t *tries) error {
	var root tenant.Tenant
	if err := d.db.Read(ctx, db.Auth, func(tx *db.Tx) (err error) {
		root, err = tenant.FindRoot(tx)
		return err
	}); err != nil {
		return err
	}
	return d.db.Write(ctx, tenant.Of(root).Wall(), func(tx *db.Tx) error {
		request := "several ids of kind " + a.noun
		if !a.more {
			var exists bool
			if err := tx.Raw(nouns[a.noun], a.id).Scan(&exists).Error; err != nil || !exists {
				return err
			}
			request = fmt.Sprintf("%s %d", a.noun, a.id)
		}
		e := t.origin.Event("AUTHZ_DENIED")
		e.Data = []audit.Datum{{Label: "Request", Value: request}}
		if t.n > 1 {
			e.Data = append(e.Data, audit.Datum{Label: "Times", Value: strconv.Itoa(t.n)})
		}
		e.OccurredAt = t.first
		e.User = &audit.Owner{} // nobody's own sign-in history
		_, err := d.log.Record(tx, e)
		return err
	})
}
