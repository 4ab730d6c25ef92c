package ledger_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"annals/backend/audit"
	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/dbtest"
	"annals/backend/ledger"
	"annals/backend/tenant"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// TestNumbersAreDenseAndNoneIsMissedUnderKill lets 16 writers record, some in transactions that they
// roll back or that live long, while 3 sealers seal and are killed in the middle of it, and a reader
// tails by id. At the end the numbers have no gap and no double, every acknowledged event is there
// once, and the reader has seen all of them in order.
func TestNumbersAreDenseAndNoneIsMissedUnderKill(t *testing.T) {
	t.Parallel()
	d, owner := dbtest.NewWithOwner(t)
	dbtest.Arrange(t, owner)
	c, err := catalog.Load("")
	if err != nil {
		t.Fatal(err)
	}
	log := audit.NewLog(d, c, []byte("key"))
	top, orgs := channel(t, d, 4)
	ctx, stop := context.WithCancel(t.Context())

	var sealers, writers, killer, tail sync.WaitGroup
	for range 3 {
		sealers.Go(func() { ledger.NewSealer(d).Run(ctx) })
	}
	killer.Go(func() { killBackends(ctx, t, owner) })
	var acknowledged sync.Map
	var n atomic.Int64
	for w := range 16 {
		writers.Go(func() {
			for i := range 60 {
				e := audit.System(fmt.Sprintf("writer %d", w)).Event("settings_updated")
				e.EventID = uuid.Must(uuid.NewV7())
				e.Belongs(orgs[rand.IntN(len(orgs))])
				if i%3 == 0 { // the first of its sales organization and of its month, again and again
					e.SalesOrg = &audit.Owner{ID: int64(1000 + 100*w + i), Name: "new"}
					e.OccurredAt = time.Date(2000+w, time.Month(1+i/5), 1, 0, 0, 0, 0, time.UTC)
				}
				err := d.Write(ctx, tenant.Of(top).Wall(), func(tx *db.Tx) error {
					if _, err := log.Record(tx, e); err != nil {
						return err
					}
					if i%7 == 3 { // commits late: others who began later are numbered first
						time.Sleep(time.Duration(rand.IntN(5)) * time.Millisecond)
					}
					if i%11 == 5 {
						return context.DeadlineExceeded // changed its mind
					}
					return nil
				})
				if err == nil {
					acknowledged.Store(e.EventID, true)
					n.Add(1)
				}
			}
		})
	}
	seen := map[uuid.UUID]bool{}
	var last int64
	read := func(ctx context.Context) error {
		page, err := log.Search(ctx, tenant.Of(top), audit.Filter{IDAfter: last}, audit.Paging{Order: audit.ByID, Limit: audit.MaxLimit})
		if err != nil {
			return err // its backend was killed; it asks again
		}
		for _, e := range page.Items {
			if e.ID != last+1 {
				t.Errorf("the reader saw id %d after %d", e.ID, last)
			}
			last, seen[e.EventID] = e.ID, true
		}
		return nil
	}
	tail.Go(func() {
		for ctx.Err() == nil {
			_ = read(ctx)
		}
	})
	writers.Wait()
	stop()
	killer.Wait()
	sealers.Wait()
	tail.Wait()
	again := func(what string, fn func() error) { // the pool still has connections that were killed
		t.Helper()
		var err error
		for range 50 {
			if err = fn(); err == nil {
				return
			}
		}
		t.Fatalf("%s: %v", what, err)
	}
	again("seal the rest", func() error {
		_, err := ledger.NewSealer(d).Drain(t.Context())
		return err
	})
	for before := int64(-1); before != last; {
		before = last
		again("read the rest", func() error { return read(t.Context()) })
	}
	if n.Load() < 300 {
		t.Fatalf("only %d events were acknowledged: the test tests nothing", n.Load())
	}
	acknowledged.Range(func(id, _ any) bool {
		if !seen[id.(uuid.UUID)] {
			t.Errorf("acknowledged event %s was never seen by the reader", id)
		}
		return true
	})
	for name, query := range map[string]string{
		"gaps or doubles among all": "SELECT count(*) - coalesce(max(id), 0) + count(*) - count(DISTINCT id) FROM events",
		"gaps or doubles in a ledger": `SELECT coalesce(sum(abs(n - top) + n - d), 0) FROM
			(SELECT count(*) AS n, max(seq) AS top, count(DISTINCT seq) AS d FROM events GROUP BY sales_org_id) x`,
		"events written twice":     "SELECT count(*) - count(DISTINCT event_id) FROM events",
		"heads that count wrong":   "SELECT count(*) FROM ledger_heads h WHERE size <> (SELECT count(*) FROM events WHERE sales_org_id = h.ledger OR h.ledger = -1)",
		"events that stay behind":  "SELECT count(*) FROM event_inbox",
		"keys without their event": "SELECT count(*) FROM event_keys k WHERE NOT EXISTS (SELECT FROM events e WHERE e.event_id = k.event_id)",
	} {
		var wrong int64
		if err := owner.QueryRowContext(t.Context(), query).Scan(&wrong); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if wrong != 0 {
			t.Errorf("%s: %d", name, wrong)
		}
	}
}

// channel makes sales organizations.
func channel(t *testing.T, d *db.DB, n int) (top tenant.Tenant, orgs []tenant.Tenant) {
	t.Helper()
	if err := d.Read(t.Context(), db.Auth, func(tx *db.Tx) (err error) {
		top, err = tenant.FindRoot(tx)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	orgs = []tenant.Tenant{top}
	err := d.Write(t.Context(), tenant.Of(top).Wall(), func(tx *db.Tx) error {
		for i := range n {
			o, err := tenant.Create(tx, top, fmt.Sprintf("Org %d", i))
			if err != nil {
				return err
			}
			orgs = append(orgs, o)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return top, orgs
}

// killBackends ends a random connection of the runtime's every few milliseconds, as a crash would.
func killBackends(ctx context.Context, t *testing.T, owner *sql.DB) {
	for ctx.Err() == nil {
		_, err := owner.ExecContext(ctx, `SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity
			WHERE usename = 'annals_app' AND datname = current_database() ORDER BY random() LIMIT 1) victim`)
		if err != nil && ctx.Err() == nil {
			t.Errorf("kill: %v", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(8 * time.Millisecond):
		}
	}
}

func TestAFullInboxIsDrainedInTheOrderOfCommits(t *testing.T) {
	t.Parallel()
	d, owner := dbtest.NewWithOwner(t)
	c, err := catalog.Load("")
	if err != nil {
		t.Fatal(err)
	}
	log := audit.NewLog(d, c, []byte("key"))
	top, _ := channel(t, d, 0)
	const many = 4500 // more than two batches
	var want []uuid.UUID
	for begin := 0; begin < many; begin += 500 {
		events := make([]audit.Event, 500)
		for i := range events {
			events[i] = audit.System("x").Event("settings_updated")
			events[i].EventID = uuid.Must(uuid.NewV7())
			want = append(want, events[i].EventID)
		}
		if err := d.Write(t.Context(), tenant.Of(top).Wall(), func(tx *db.Tx) error {
			_, err := log.Ingest(tx, events)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := ledger.NewSealer(d).Drain(t.Context()); err != nil || n != many {
		t.Fatalf("sealed %d, %v; want %d", n, err, many)
	}
	var blind int // before autovacuum has come by
	if err := owner.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE inhparent = 'events'::regclass AND c.reltuples < 0").Scan(&blind); err != nil || blind != 0 {
		t.Errorf("%d partitions without statistics, %v", blind, err)
	}
	var i int
	for last := int64(0); i < many; {
		page, err := log.Search(t.Context(), tenant.Of(top), audit.Filter{IDAfter: last}, audit.Paging{Order: audit.ByID, Limit: 200})
		if err != nil || len(page.Items) == 0 {
			t.Fatalf("after %d: %v", last, err)
		}
		for _, e := range page.Items {
			if e.EventID != want[i] || e.ID != int64(i+1) || e.Seq != e.ID {
				t.Fatalf("number %d (seq %d) is %s, want %s", e.ID, e.Seq, e.EventID, want[i])
			}
			last, i = e.ID, i+1
		}
	}
}

// TestWhatIsCommittedDuringTheSealWaitsForTheNext holds a sealer up in the middle of its work, where
// it makes the head of a new ledger, and commits the first event of another new ledger meanwhile.
func TestWhatIsCommittedDuringTheSealWaitsForTheNext(t *testing.T) {
	t.Parallel()
	d, owner := dbtest.NewWithOwner(t)
	dbtest.Arrange(t, owner)
	c, err := catalog.Load("")
	if err != nil {
		t.Fatal(err)
	}
	log := audit.NewLog(d, c, []byte("key"))
	top, _ := channel(t, d, 0)
	record := func(org int64, at time.Time) {
		e := audit.System("x").Event("settings_updated")
		e.SalesOrg, e.OccurredAt = &audit.Owner{ID: org, Name: "new"}, at
		if err := d.Write(t.Context(), tenant.Of(top).Wall(), func(tx *db.Tx) error {
			_, err := log.Record(tx, e)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	record(77, time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC))
	holding, err := owner.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := holding.ExecContext(t.Context(), "INSERT INTO ledger_heads (ledger, size) VALUES (77, 0)"); err != nil {
		t.Fatal(err)
	}
	sealed := make(chan error, 1)
	go func() {
		_, err := ledger.NewSealer(d).Seal(t.Context())
		sealed <- err
	}()
	for waiting := false; !waiting; time.Sleep(5 * time.Millisecond) {
		err := owner.QueryRowContext(t.Context(), "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%seal_events%' AND datname = current_database())").Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
	}
	record(78, time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC))
	if err := holding.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-sealed; err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.NewSealer(d).Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	page, err := log.Search(t.Context(), tenant.Of(top), audit.Filter{}, audit.Paging{Order: audit.ByID, Limit: 10})
	if err != nil || len(page.Items) != 2 || page.Items[0].SalesOrg.ID != 77 || page.Items[1].SalesOrg.ID != 78 || page.Items[1].ID != 2 || page.Items[1].Seq != 1 {
		t.Errorf("got %+v, %v", page.Items, err)
	}
}

// A page without a time range locks every partition: old history must not make hundreds of them.
func TestOldHistoryLiesInAFewPartitions(t *testing.T) {
	t.Parallel()
	d, owner := dbtest.NewWithOwner(t)
	c, err := catalog.Load("")
	if err != nil {
		t.Fatal(err)
	}
	log := audit.NewLog(d, c, []byte("key"))
	top, _ := channel(t, d, 0)
	var events []audit.Event
	now := time.Now().UTC()
	for at := time.Date(1990, 1, 31, 23, 59, 59, 0, time.UTC); at.Before(now); at = at.AddDate(0, 0, 27) {
		e := audit.System("x").Event("settings_updated")
		e.EventID, e.OccurredAt = uuid.Must(uuid.NewV7()), at
		events = append(events, e)
	}
	if err := d.Write(t.Context(), tenant.Of(top).Wall(), func(tx *db.Tx) error {
		_, err := log.Ingest(tx, events)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if n, err := ledger.NewSealer(d).Drain(t.Context()); err != nil || n != int64(len(events)) {
		t.Fatalf("sealed %d of %d, %v", n, len(events), err)
	}
	var partitions int
	if err := owner.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_inherits WHERE inhparent = 'events'::regclass").Scan(&partitions); err != nil {
		t.Fatal(err)
	}
	if limit := now.Year() - 1990 + 24; partitions > limit {
		t.Errorf("%d partitions, at most %d are wanted", partitions, limit)
	}
	var readers sync.WaitGroup
	for range 16 {
		readers.Go(func() {
			if _, err := log.Search(t.Context(), tenant.Of(top), audit.Filter{}, audit.Paging{Order: audit.ByID, Limit: 10}); err != nil {
				t.Errorf("a reader among many: %v", err)
			}
		})
	}
	readers.Wait()
}
