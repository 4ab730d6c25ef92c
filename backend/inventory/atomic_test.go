package inventory_test

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"annals/backend/access"
	"annals/backend/audit"
	"annals/backend/bulk"
	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/dbtest"
	"annals/backend/inventory"
	"annals/backend/ledger"
	"annals/backend/tenant"
	"annals/backend/user"
)

// wire is the connection between the server and PostgreSQL, which a test can cut at any message.
type wire struct {
	mu       sync.Mutex
	cutAt    int  // the message of the client at which it is cut, counted down; 0: never
	answered bool // it is cut only when PostgreSQL has answered, and the client hasn't heard it
	broken   bool
}

// cutAtMessage cuts at the client's n-th message from now on: before PostgreSQL gets it, or after it
// has done what it says.
func (w *wire) cutAtMessage(n int, answered bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cutAt, w.answered, w.broken = n, answered, false
}

// mend lets everything through again and reports whether it was cut.
func (w *wire) mend() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cutAt = 0
	return w.broken
}

// cuts counts a message and reports whether it is the one.
func (w *wire) cuts() (now, answered bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cutAt == 0 {
		return false, false
	}
	w.cutAt--
	w.broken = w.cutAt == 0
	return w.broken, w.answered
}

// openWire opens a database through a wire.
func openWire(t *testing.T, url string) (*db.DB, *wire) {
	t.Helper()
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf(".s.PGSQL.%d", cfg.Port)
	dir := t.TempDir()
	listener, err := net.Listen("unix", filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return // closed
			}
			server, err := net.Dial("unix", filepath.Join(cfg.Host, name))
			if err != nil {
				t.Error(err)
				return
			}
			running.Go(func() { w.carry(client, server) })
		}
	})
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		running.Wait()
	})
	d, _ := dbtest.Open(t, fmt.Sprintf("host=%s port=%d user=%s password=%s dbname=%s sslmode=disable", dir, cfg.Port, cfg.User, cfg.Password, cfg.Database))
	return d, w
}

// carry takes the client's messages to PostgreSQL and its answers back, until one of them ends or the
// wire is cut.
func (w *wire) carry(client, server net.Conn) {
	heard := make(chan struct{}, 1) // PostgreSQL has answered to a message whose answer is kept from the client
	var mu sync.Mutex
	silent := false
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 64<<10)
		for {
			n, err := server.Read(buf)
			mu.Lock()
			if silent && n > 0 {
				select {
				case heard <- struct{}{}:
				default:
				}
				n = 0
			}
			mu.Unlock()
			if _, writeErr := client.Write(buf[:n]); err != nil || writeErr != nil {
				_ = client.Close()
				return
			}
		}
	}()
	header := make([]byte, 5)
	start := true // the first message has no type
	for {
		head := header
		if start {
			head = header[:4]
		}
		if _, err := io.ReadFull(client, head); err != nil {
			break
		}
		body := make([]byte, binary.BigEndian.Uint32(head[len(head)-4:])-4)
		if _, err := io.ReadFull(client, body); err != nil {
			break
		}
		cut, answered := false, false
		if !start {
			cut, answered = w.cuts()
		}
		start = false
		if cut && !answered {
			break
		}
		mu.Lock()
		silent = cut
		mu.Unlock()
		if _, err := server.Write(slices.Concat(head, body)); err != nil {
			break
		}
		if cut {
			// A query and the end of a batch have an answer, what stands in the middle of a batch has none.
			if head[0] == 'Q' || head[0] == 'S' {
				select {
				case <-heard:
				case <-done:
				}
			}
			break
		}
	}
	_, _ = client.Close(), server.Close()
	<-done
}

// What is there of objects, tenants and people, and which entries speak of them. Each revision must
// have its entry, and each entry its revision.
const (
	selectState = `SELECT coalesce(string_agg(line, E'\n' ORDER BY line), '') FROM (
		SELECT 'object ' || id || ' ' || revision || ' ' || name || ' ' || state || ' ' || attributes || ' ' || (deleted_at IS NOT NULL) AS line FROM objects WHERE managed
		UNION ALL SELECT 'revision ' || object_id || ' ' || revision || ' ' || action || ' ' || attributes FROM object_revisions
		UNION ALL SELECT 'tenant ' || id || ' ' || revision || ' ' || path || ' ' || state || ' ' || mfa_policy FROM tenants
		UNION ALL SELECT 'user ' || id || ' ' || revision || ' ' || email || ' ' || name || ' ' || role || ' ' || state FROM users) AS x`
	logged        = `(SELECT event_id, type, object_kind, object_ref, object_revision FROM event_inbox UNION ALL SELECT event_id, type, object_kind, object_ref, object_revision FROM events)`
	selectEntries = `SELECT count(*), count(DISTINCT event_id) FROM ` + logged + ` AS l`
	selectOdd     = `SELECT coalesce(string_agg(line, '; '), '') FROM (
		SELECT 'revision ' || r.revision || ' of object ' || r.object_id || ' has no entry' AS line FROM object_revisions r JOIN objects o ON o.id = r.object_id
			WHERE NOT EXISTS (SELECT FROM ` + logged + ` l WHERE l.object_kind = o.kind AND l.object_ref = o.id AND l.object_revision = r.revision::text)
		UNION ALL SELECT l.type || ' speaks of revision ' || l.object_revision || ' of object ' || l.object_ref FROM ` + logged + ` l
			WHERE l.object_kind IN (SELECT kind FROM objects) AND NOT EXISTS (SELECT FROM object_revisions r WHERE r.object_id = l.object_ref AND r.revision::text = l.object_revision)
		UNION ALL SELECT 'object ' || id || ' is at revision ' || revision FROM objects o
			WHERE managed AND revision IS DISTINCT FROM (SELECT max(r.revision) FROM object_revisions r WHERE r.object_id = o.id)
		UNION ALL SELECT 'tenant ' || id || ' has no entry of revision ' || n FROM tenants t, generate_series(1, revision) n WHERE parent_id IS NOT NULL AND name <> 'Direct'
			AND NOT EXISTS (SELECT FROM ` + logged + ` l WHERE l.object_kind = 'annals.tenant' AND l.object_ref = t.id AND l.object_revision = n::text)
		UNION ALL SELECT 'user ' || id || ' has no entry of revision ' || n FROM users u, generate_series(1, revision) n
			WHERE NOT EXISTS (SELECT FROM ` + logged + ` l WHERE l.object_kind = 'annals.user' AND l.object_ref = u.id AND l.object_revision = n::text)) AS x`
)

// snapshot is the database at one moment.
type snapshot struct {
	state             string
	entries, distinct int
	odd               string
}

func look(t *testing.T, owner *sql.DB) (s snapshot) {
	t.Helper()
	tx, err := owner.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(tx.QueryRowContext(t.Context(), selectState).Scan(&s.state), tx.QueryRowContext(t.Context(), selectEntries).Scan(&s.entries, &s.distinct),
		tx.QueryRowContext(t.Context(), selectOdd).Scan(&s.odd), tx.Rollback())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// doing is one change on its way, through a database of its own.
type doing = func(*db.DB) error

// change is one kind of change; prepare makes what it needs, before the wire is cut.
type change struct {
	name    string
	prepare func() doing
	asks    bool // whoever does it asks afterwards what became of it, so its error is the truth
}

// changes are all kinds of change.
func changes(l *life) []change {
	did, _ := l.log.Catalog().Kind("mor.did")
	device, _ := l.log.Catalog().Kind("mor.device")
	owner, _ := l.log.Catalog().Kind("mor.user")
	client, _ := l.log.Catalog().Kind("alternet.client")
	top := tenant.Of(l.root)
	editing := func(fn func(*db.Tx, inventory.Editor) error) doing {
		return func(d *db.DB) error {
			return d.Write(l.t.Context(), top.Wall(), func(tx *db.Tx) error {
				return fn(tx, inventory.Editor{Log: l.log, Scope: top, Origin: audit.System("test")})
			})
		}
	}
	fresh := func() string { l.n++; return fmt.Sprintf("n%d", l.n) }
	deleted := func(k catalog.Kind) inventory.Object {
		o := l.create(k, true)
		l.must(l.edit(top, func(tx *db.Tx, e inventory.Editor) (err error) {
			o, err = e.DeleteObject(tx, k.Name, o.ID, o.Revision, inventory.Draft{Reason: "because"})
			return err
		}))
		return o
	}
	warned := func() inventory.Object {
		return l.set(owner, l.create(owner, true), map[string]any{"balance": "100", "warning_balance": "10"})
	}
	person := func(state string) (u user.Listed) {
		l.must(l.edit(top, func(tx *db.Tx, e inventory.Editor) (err error) {
			u, err = e.CreateUser(tx, l.root.ID, user.User{Email: fresh() + "@test.example", Name: fresh(), Role: access.User, State: state}, "")
			return err
		}))
		return u
	}
	return []change{
		{"create an object", func() doing {
			attributes := l.attributes(did.Fields)
			return editing(func(tx *db.Tx, e inventory.Editor) error {
				_, err := e.CreateObject(tx, did.Name, inventory.Draft{Attributes: attributes})
				return err
			})
		}, false},
		{"change fields with entries of their own", func() doing {
			o := l.create(device, true)
			return editing(func(tx *db.Tx, e inventory.Editor) error {
				_, err := e.UpdateObject(tx, device.Name, o.ID, o.Revision, inventory.Draft{Attributes: map[string]any{"name": fresh(), "pin": fresh(), "secret": fresh()}})
				return err
			})
		}, false},
		{"change a value past its limit", func() doing {
			o := warned()
			return editing(func(tx *db.Tx, e inventory.Editor) error {
				_, err := e.UpdateObject(tx, owner.Name, o.ID, o.Revision, inventory.Draft{Attributes: map[string]any{"balance": "1"}})
				return err
			})
		}, false},
		{"act on an object", func() doing {
			o := l.create(did, true)
			return editing(func(tx *db.Tx, e inventory.Editor) error {
				_, err := e.ActOn(tx, did.Name, o.ID, o.Revision, "close", inventory.Draft{})
				return err
			})
		}, false},
		{"delete an object", func() doing {
			o := l.create(did, true)
			return editing(func(tx *db.Tx, e inventory.Editor) error {
				_, err := e.DeleteObject(tx, did.Name, o.ID, o.Revision, inventory.Draft{})
				return err
			})
		}, false},
		{"restore an object", func() doing {
			o := deleted(did)
			return editing(func(tx *db.Tx, e inventory.Editor) error {
				_, err := e.RestoreObject(tx, did.Name, o.ID, o.Revision, 1, inventory.Draft{})
				return err
			})
		}, false},
		{"create an organization", func() doing {
			name := fresh()
			return editing(func(tx *db.Tx, e inventory.Editor) error {
				_, err := e.CreateTenant(tx, l.root.ID, name, "")
				return err
			})
		}, false},
		{"change an organization's name and policy", func() doing {
			o, name, policy := l.tenant(l.root, fresh()), fresh(), tenant.Required
			return editing(func(tx *db.Tx, e inventory.Editor) error {
				_, err := e.UpdateTenant(tx, o.ID, o.Revision, inventory.TenantChange{Name: &name, MFAPolicy: &policy})
				return err
			})
		}, false},
		{"delete an organization", func() doing {
			o := l.tenant(l.root, fresh())
			return editing(func(tx *db.Tx, e inventory.Editor) error { return e.DeleteTenant(tx, o.ID, "") })
		}, false},
		{"create a person", func() doing {
			name := fresh()
			return editing(func(tx *db.Tx, e inventory.Editor) error {
				_, err := e.CreateUser(tx, l.root.ID, user.User{Email: name + "@test.example", Name: name, Role: access.User, State: user.Active}, "")
				return err
			})
		}, false},
		{"change a person", func() doing {
			u, name, role := person(user.Active), fresh(), string(access.Auditor)
			return editing(func(tx *db.Tx, e inventory.Editor) error {
				_, err := e.UpdateUser(tx, u.ID, u.Revision, inventory.UserChange{Name: &name, Role: &role})
				return err
			})
		}, false},
		{"lock a person", func() doing {
			u := person(user.Active)
			return editing(func(tx *db.Tx, e inventory.Editor) error {
				_, err := e.StepUser(tx, u.ID, "lock", "because")
				return err
			})
		}, false},
		{"delete a person", func() doing {
			u := person(user.Pending)
			return editing(func(tx *db.Tx, e inventory.Editor) error {
				_, err := e.StepUser(tx, u.ID, "delete", "because")
				return err
			})
		}, false},
		{"close an organization", func() doing {
			o := l.tenant(l.root, fresh())
			return editing(func(tx *db.Tx, e inventory.Editor) error {
				_, err := e.StepTenant(tx, o.ID, "close", "because")
				return err
			})
		}, false},
		{"move an organization", func() doing {
			from, to := l.tenant(l.root, fresh()), l.tenant(l.root, fresh())
			o := l.tenant(from, fresh())
			return editing(func(tx *db.Tx, e inventory.Editor) error {
				_, err := e.MoveTenant(tx, o.ID, o.Revision, to.ID, "because")
				return err
			})
		}, false},
		{"set what was inherited", func() doing {
			o := l.tenant(l.root, fresh())
			return editing(func(tx *db.Tx, e inventory.Editor) error {
				return e.ChangeSetting(tx, "sbc.audit_log_retention", 0, inventory.Draft{TenantID: o.ID, Attributes: map[string]any{"retention": 400}, Reason: "because"})
			})
		}, false},
		{"what a timer does", func() doing {
			o := l.create(client, true)
			l.set(client, o, map[string]any{"expires_at": "2026-01-31T00:00:00Z"})
			return func(d *db.DB) error {
				_, err := inventory.NewTimers(d, l.log).Next(l.t.Context())
				return err
			}
		}, false},
		{"what a job has to say", func() doing {
			// Of another organization each time: a job that was cut holds one of its organization's places.
			org := l.tenant(l.root, fresh())
			o := l.object(tenant.Of(org), "alternet.router", map[string]any{"name": "core", "hostname": "core.test.example", "port": 8728})
			l.must(l.edit(top, func(tx *db.Tx, e inventory.Editor) error {
				_, err := e.ActOn(tx, o.Kind, o.ID, o.Revision, "check", inventory.Draft{})
				return err
			}))
			connect := inventory.Runner{Limit: time.Minute, Do: func(context.Context, inventory.Work) (inventory.Attributes, error) {
				return inventory.Attributes{"result": "reachable"}, nil
			}}
			return func(d *db.DB) error {
				_, err := inventory.NewJobs(d, l.log, map[string]inventory.Runner{"connect": connect}).Next(l.t.Context())
				return err
			}
		}, false},
		{"many objects from a file", func() doing {
			e := inventory.Editor{Log: l.log, Scope: top, Origin: ana}
			var p *bulk.Preview
			l.must(l.db.Write(l.t.Context(), top.Wall(), func(tx *db.Tx) (err error) {
				p, err = bulk.Prepare(tx, e, bulk.Request{Kind: "mor.dialplan", Matching: bulk.ByID, FileName: "list.csv"}, []byte("name\n"+fresh()+"\n"+fresh()+"\n"))
				return err
			}))
			p.Check(l.t.Context(), l.db, e)
			var c bulk.Change
			l.must(l.db.Write(l.t.Context(), top.Wall(), func(tx *db.Tx) (err error) {
				c, err = bulk.Begin(tx, e, p.ID, bulk.Why{})
				return err
			}))
			return func(d *db.DB) error {
				bulk.Apply(l.t.Context(), d, e, c, bulk.Why{})
				var state string
				if err := l.db.Read(l.t.Context(), top.Wall(), func(tx *db.Tx) error {
					return tx.Raw("SELECT state FROM bulk_changes WHERE id = ?", c.ID).Row().Scan(&state)
				}); err != nil || state == "done" {
					return err
				}
				return errors.New(state)
			}
		}, true},
	}
}

// A change and its entry are both there or both not, wherever between the server and PostgreSQL the
// connection is cut: at every message of every kind of change, COMMIT included.
func TestAChangeAndItsEntryAreOne(t *testing.T) {
	t.Parallel()
	for i, c := range changes(&life{house: newHouse(t)}) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cutEverywhere(t, func(l *life) change { return changes(l)[i] })
		})
	}
}

// cutEverywhere does a change again and again, cut at one message more each time, until it succeeds.
func cutEverywhere(t *testing.T, of func(*life) change) {
	t.Helper()
	url := dbtest.NewURL(t)
	d, owner := dbtest.Open(t, url)
	h := houseOn(t, d)
	through, w := openWire(t, url)
	c := of(newLife(h))
	for _, answered := range []bool{false, true} {
		unsure := 0 // changes of which the server never heard that they happened
		n := 1
		for ; ; n++ {
			fn := c.prepare()
			h.must(through.Ping(t.Context()))
			before := look(t, owner)
			w.cutAtMessage(n, answered)
			err := fn(through)
			cut := w.mend()
			after := look(t, owner)
			changed, recorded := after.state != before.state, after.entries != before.entries
			if changed != recorded || after.odd != "" {
				t.Fatalf("cut at message %d (answered: %t): changed %t, recorded %t; %s", n, answered, changed, recorded, after.odd)
			}
			if !c.asks && (err == nil) == cut || (c.asks || err == nil) && changed != (err == nil) {
				t.Fatalf("cut at message %d (answered: %t): cut %t, changed %t, error %v", n, answered, cut, changed, err)
			}
			if !cut {
				break
			}
			if changed && err != nil {
				unsure++
			}
		}
		if want := map[bool]int{true: 1}[answered && !c.asks]; unsure != want || n < 10 {
			t.Errorf("answered: %t: of %d cuts, %d left a change that nobody was told of, want %d: at COMMIT", answered, n-1, unsure, want)
		}
	}
}

// The sealer is cut at every message: an entry is in the inbox or in the log, once.
func TestAnEntryIsSealedOnce(t *testing.T) {
	t.Parallel()
	url := dbtest.NewURL(t)
	d, owner := dbtest.Open(t, url)
	h := houseOn(t, d)
	through, w := openWire(t, url)
	for _, answered := range []bool{false, true} {
		for n := 1; ; n++ {
			h.tenant(h.root, fmt.Sprintf("sealed %d %t", n, answered))
			h.must(through.Ping(t.Context()))
			before := look(t, owner)
			w.cutAtMessage(n, answered)
			_, err := ledger.NewSealer(through).Drain(context.WithoutCancel(t.Context()))
			cut := w.mend()
			if after := look(t, owner); after != before || after.entries != after.distinct || (err == nil) == cut {
				t.Fatalf("seal, cut at message %d (answered: %t): %d entries, %d of them different, want %d; %s; %v", n, answered, after.entries, after.distinct, before.entries, after.odd, err)
			}
			if err == nil {
				break
			}
		}
	}
}

// unguarded are the columns of guarded tables that may change without an entry: what a row is by birth
// or follows from others, and what is no change of the thing itself.
var unguarded = map[string][]string{
	"objects": {"id", "kind", "source", "importer_id", "external_id", "managed", "first_seen_at", "sales_org_id", "dealer_id", "reseller_id", "due_at", "unique_key"},
	"tenants": {"id", "level", "path", "sales_org_id", "dealer_id", "reseller_id", "created_at"},
	"users":   {"id", "sales_org_id", "dealer_id", "reseller_id", "last_sign_in_at", "created_at", "deleted_at", "invited_until"},
}

// Every column of a guarded table is guarded, or stands in the list of those that may change in
// silence: a new one is a decision.
func TestTheGuardWatchesEveryColumn(t *testing.T) {
	t.Parallel()
	d, owner := dbtest.NewWithOwner(t)
	h := houseOn(t, d)
	l := newLife(h)
	l.reference("mor.dialplan")
	l.reference(inventory.KindUser)
	rows, err := owner.QueryContext(t.Context(), `
		SELECT c.relname, a.attname, EXISTS (SELECT FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid
			WHERE p.proname = 'require_event' AND g.tgrelid = c.oid AND a.attnum = ANY (g.tgattr::int2[]))
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.oid IN (SELECT g.tgrelid FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid WHERE p.proname = 'require_event')`)
	h.must(err)
	var statements []string
	seen := map[string]bool{}
	for rows.Next() {
		var table, column string
		var guarded bool
		h.must(rows.Scan(&table, &column, &guarded))
		if guarded == slices.Contains(unguarded[table], column) {
			t.Errorf("%s.%s: guarded is %t, and the list says otherwise", table, column, guarded)
		}
		if guarded {
			statements = append(statements, fmt.Sprintf("UPDATE %s SET %s = %[2]s", table, column))
		}
		if !seen[table] {
			seen[table] = true
			statements = append(statements, fmt.Sprintf("DELETE FROM %s WHERE id = (SELECT max(id) FROM %[1]s)", table))
		}
	}
	h.must(errors.Join(rows.Err(), rows.Close()))
	if len(seen) != len(unguarded) {
		t.Errorf("guarded tables: %v", seen)
	}
	for _, statement := range statements {
		tx, err := owner.BeginTx(t.Context(), nil)
		h.must(err)
		// What belongs to a deleted row goes with it, as far as this test goes.
		_, err = tx.ExecContext(t.Context(), "DELETE FROM object_revisions; "+statement)
		h.must(err)
		if err := tx.Commit(); err == nil || db.Violation(err) != "change_without_entry" {
			t.Errorf("%s: %v", statement, err)
		}
	}
}
