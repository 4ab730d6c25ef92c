package inventory_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"annals/backend/audit"
	"annals/backend/db"
	"annals/backend/dbtest"
	"annals/backend/fault"
	"annals/backend/inventory"
	"annals/backend/tenant"
)

// yard is a house with a router whose health is checked by what the test does.
type yard struct {
	*life
	owner  *sql.DB
	org    tenant.Tenant
	router inventory.Object
}

func newYard(t *testing.T) *yard {
	t.Helper()
	d, owner := dbtest.NewWithOwner(t)
	h := houseOn(t, d)
	y := &yard{life: newLife(h), owner: owner, org: h.tenant(h.root, "North")}
	y.router = y.object(tenant.Of(y.org), "alternet.router", map[string]any{"name": "core", "hostname": "core.test.example", "port": 8728})
	return y
}

// ask asks for an action of an object in Ann's name.
func (y *yard) ask(o inventory.Object, action string) error {
	y.t.Helper()
	return y.db.Write(y.t.Context(), tenant.Of(y.org).Wall(), func(tx *db.Tx) error {
		e := inventory.Editor{Log: y.log, Scope: tenant.Of(y.org), Origin: audit.Origin{Actor: audit.Actor{Kind: audit.ActorUser, ID: "7", Name: "Ann", Level: "sales_org"}, SessionID: "s1"}}
		_, err := e.ActOn(tx, o.Kind, o.ID, y.now(o).Revision, action, inventory.Draft{Reason: "Call from the customer", Commentary: "Ticket 4711"})
		return err
	})
}

func (y *yard) now(o inventory.Object) inventory.Object {
	y.t.Helper()
	y.must(y.db.Read(y.t.Context(), tenant.Of(y.org).Wall(), func(tx *db.Tx) (err error) {
		o, err = inventory.Find(tx, tenant.Of(y.org), o.Kind, o.ID)
		return err
	}))
	return o
}

// job is the one job of an object, as a scope sees it.
func (y *yard) job(s tenant.Scope, o inventory.Object) (j inventory.Job) {
	y.t.Helper()
	y.must(y.db.Read(y.t.Context(), s.Wall(), func(tx *db.Tx) error {
		all, err := inventory.JobsOf(tx, o)
		if len(all) == 1 {
			j = all[0]
		}
		return err
	}))
	return j
}

func (y *yard) exec(query string, args ...any) {
	y.t.Helper()
	_, err := y.owner.ExecContext(y.t.Context(), query, args...)
	y.must(err)
}

// connect is a runner for health checks.
func connect(do func(context.Context, inventory.Work) error) map[string]inventory.Runner {
	return map[string]inventory.Runner{"connect": {Limit: time.Minute, Do: func(ctx context.Context, w inventory.Work) (inventory.Attributes, error) {
		return inventory.Attributes{"result": "answered"}, do(ctx, w)
	}}}
}

func TestTheResultOfAJobIsWhatIsRecorded(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	for _, step := range []struct {
		failure            error
		event, state, data string
		outcome            audit.Outcome
	}{
		{errors.New("nobody is there"), "alternet.health_check_failed", "offline", "nobody is there", audit.Failure},
		{nil, "alternet.health_check", "online", "answered", audit.Success},
	} {
		_, seen := y.since(0)
		revision := y.now(y.router).Revision
		y.must(y.ask(y.router, "check"))
		if entries, _ := y.since(seen); len(entries) > 0 || y.now(y.router).Revision != revision {
			t.Fatalf("something is recorded before anything was done: %+v", entries)
		}
		asked := y.job(tenant.Of(y.org), y.router)
		if asked.State != "waiting" || asked.Action != "check" {
			t.Errorf("asked for: %+v", asked)
		}
		n := y.work(connect(func(_ context.Context, w inventory.Work) error {
			if w.ID != asked.ID || w.With["host"] != "core.test.example" || w.With["port"] != "8728" || w.Scope != tenant.Of(y.org) {
				t.Errorf("the runner got %+v", w)
			}
			if j := y.job(tenant.Of(y.org), y.router); j.State != "running" {
				t.Errorf("while it runs: %+v", j)
			}
			return step.failure
		}))
		entries, _ := y.since(seen)
		if n != 1 || len(entries) != 1 {
			t.Fatalf("%d jobs left %d entries", n, len(entries))
		}
		e := entries[0]
		if e.Type != step.event || e.Outcome != step.outcome || e.EventID != asked.ID || len(e.Data) != 1 || e.Data[0].Value != step.data {
			t.Errorf("the entry: %+v", e)
		}
		if e.Actor.Name != "Ann" || e.SessionID != "s1" || e.Reason != "Call from the customer" || e.Commentary != "Ticket 4711" || e.Object.Ref != y.router.ID {
			t.Errorf("who asked and why: %+v", e)
		}
		after := y.now(y.router)
		j := y.job(tenant.Of(y.org), y.router)
		if after.State != step.state || e.Object.Revision != fmt.Sprint(after.Revision) || j.Result != step.data || (j.State == "done") != (step.failure == nil) {
			t.Errorf("afterwards: state %s, revision %d, job %+v", after.State, after.Revision, j)
		}
	}
	// A result that changes nothing makes no revision.
	revision := y.now(y.router).Revision
	y.must(y.ask(y.router, "check"))
	y.work(connect(func(context.Context, inventory.Work) error { return nil }))
	if got := y.now(y.router).Revision; got != revision {
		t.Errorf("revision %d, want %d", got, revision)
	}
	// Nobody else sees a job.
	south := y.tenant(y.root, "South")
	if j := y.job(tenant.Of(south), y.router); j.Action != "" {
		t.Errorf("another organization sees %+v", j)
	}
}

func TestOneJobOfAnActionAtATime(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	y.must(y.ask(y.router, "check"))
	if err := y.ask(y.router, "check"); !fault.Is(err, fault.Conflict) {
		t.Errorf("asked again while it waits: %v", err)
	}
	began := 0
	y.work(connect(func(context.Context, inventory.Work) error {
		if began++; began > 1 {
			return nil
		}
		if err := y.ask(y.router, "check"); !fault.Is(err, fault.Conflict) {
			t.Errorf("asked again while it runs: %v", err)
		}
		return nil
	}))
	y.must(y.ask(y.router, "check"))
	bare := y.object(tenant.Of(y.org), "alternet.router", map[string]any{"name": "bare"})
	if err := y.ask(bare, "check"); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "Host, API port") {
		t.Errorf("without what it needs: %v", err)
	}
}

func TestADeadServersJobIsTakenAgain(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	_, seen := y.since(0)
	y.must(y.ask(y.router, "check"))
	// What a server leaves that took the job and died: its attempt, and a lease.
	y.exec("UPDATE jobs SET attempt = 1, due_at = now() + interval '1 minute'")
	well := connect(func(context.Context, inventory.Work) error { return nil })
	if n := y.work(well); n != 0 {
		t.Fatalf("taken %d times while another server has it", n)
	}
	y.exec("UPDATE jobs SET due_at = now() - interval '1 second'")
	y.work(connect(func(_ context.Context, w inventory.Work) error {
		if w.Attempt != 2 {
			t.Errorf("attempt %d", w.Attempt)
		}
		var left time.Duration
		y.must(y.owner.QueryRowContext(t.Context(), "SELECT extract(epoch FROM due_at - now())::bigint * 1000000000 FROM jobs").Scan(&left))
		if left <= time.Minute {
			t.Errorf("the lease ends in %s, before its work must", left)
		}
		// It wasn't dead: both do the work, and the other one is the last to take it.
		y.exec("UPDATE jobs SET attempt = 3")
		return nil
	}))
	if entries, _ := y.since(seen); len(entries) != 0 {
		t.Fatalf("who lost the lease recorded %+v", entries)
	}
	y.exec("UPDATE jobs SET due_at = now() - interval '1 second'")
	y.work(connect(func(context.Context, inventory.Work) error {
		t.Error("it is begun a fourth time")
		return nil
	}))
	entries, _ := y.since(seen)
	if len(entries) != 1 || entries[0].Type != "alternet.health_check_failed" || entries[0].Data[0].Value != "it was begun 3 times and never finished" {
		t.Errorf("entries: %+v", entries)
	}
}

func TestSlowJobsKeepNobodyElseWaiting(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	south := *y
	south.org = y.tenant(y.root, "South")
	done := func() (names []string) {
		y.work(connect(func(_ context.Context, w inventory.Work) error {
			names = append(names, w.Object.Name)
			return nil
		}))
		return names
	}
	for n := range 5 {
		o := y.object(tenant.Of(y.org), "alternet.router", map[string]any{"name": fmt.Sprintf("slow %d", n), "hostname": "slow.test.example", "port": 1})
		y.must(y.ask(o, "check"))
		if n < 4 { // another server works at it, and it takes long
			y.exec("UPDATE jobs SET attempt = 1, due_at = now() + interval '1 minute' WHERE object_id = $1", o.ID)
		}
	}
	o := south.object(tenant.Of(south.org), "alternet.router", map[string]any{"name": "quick", "hostname": "quick.test.example", "port": 1})
	south.must(south.ask(o, "check"))
	if names := done(); fmt.Sprint(names) != "[quick]" {
		t.Errorf("while four of North's are done: %q", names)
	}
	y.exec("UPDATE jobs SET finished_at = now(), outcome = 'success' WHERE object_id = (SELECT id FROM objects WHERE name = 'slow 0')")
	if names := done(); fmt.Sprint(names) != "[slow 4]" {
		t.Errorf("when one has ended: %q", names)
	}
}

func TestWhoAskedStaysBehindWhenTheObjectMoves(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	harbor, south := y.tenant(y.org, "Harbor"), y.tenant(y.root, "South")
	var o inventory.Object
	y.must(y.edit(tenant.Of(y.org), func(tx *db.Tx, e inventory.Editor) (err error) {
		o, err = e.CreateObject(tx, "alternet.router", inventory.Draft{TenantID: harbor.ID, Attributes: map[string]any{"name": "edge", "hostname": "edge.test.example", "port": 1}})
		return err
	}))
	y.must(y.ask(o, "check"))
	y.work(connect(func(context.Context, inventory.Work) error {
		y.must(y.edit(tenant.Of(y.root), func(tx *db.Tx, e inventory.Editor) error {
			_, err := e.MoveTenant(tx, harbor.ID, harbor.Revision, south.ID, "sold")
			return err
		}))
		return nil
	}))
	y.entries()
	page, err := y.log.Search(t.Context(), tenant.Of(south), audit.Filter{Type: []string{"alternet.health_check"}}, audit.Paging{Limit: 10})
	y.must(err)
	if len(page.Items) != 1 || page.Items[0].Actor.Name != "Job" || page.Items[0].Reason != "" || page.Items[0].SessionID != "" {
		t.Errorf("South reads %+v", page.Items)
	}
	var revisions []inventory.Revision
	y.must(y.db.Read(t.Context(), tenant.Of(south).Wall(), func(tx *db.Tx) (err error) {
		revisions, err = inventory.Revisions(tx, tenant.Of(south), o.Kind, o.ID, 0, 10)
		return err
	}))
	if len(revisions) != 2 || revisions[0].ActorName != "Job" {
		t.Errorf("the revisions: %+v", revisions)
	}
}

func TestAStoppingServerGivesItsJobBack(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	_, seen := y.since(0)
	y.must(y.ask(y.router, "check"))
	ctx, stop := context.WithCancel(t.Context())
	jobs := inventory.NewJobs(y.db, y.log, connect(func(ctx context.Context, _ inventory.Work) error {
		stop()
		<-ctx.Done()
		return ctx.Err()
	}))
	jobs.Run(ctx) // returns when it stops
	if entries, _ := y.since(seen); len(entries) != 0 {
		t.Errorf("recorded: %+v", entries)
	}
	if n := y.work(connect(func(_ context.Context, w inventory.Work) error {
		if w.Attempt != 1 {
			t.Errorf("attempt %d", w.Attempt)
		}
		return nil
	})); n != 1 {
		t.Errorf("taken %d times, want at once and once", n)
	}
}

func TestAJobOfADeletedObject(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	remove := func(o inventory.Object) {
		y.must(y.edit(tenant.Of(y.org), func(tx *db.Tx, e inventory.Editor) error {
			_, err := e.DeleteObject(tx, o.Kind, o.ID, o.Revision, inventory.Draft{})
			return err
		}))
	}
	// Deleted before: nothing is done, so nothing is recorded.
	y.must(y.ask(y.router, "check"))
	remove(y.router)
	_, seen := y.since(0)
	y.work(connect(func(context.Context, inventory.Work) error {
		t.Error("work for a deleted object")
		return nil
	}))
	if entries, _ := y.since(seen); len(entries) != 0 || y.job(tenant.Of(y.org), y.router).Action != "" {
		t.Errorf("left: %+v", entries)
	}
	// Deleted meanwhile: what was done has its entry, and the object stays deleted.
	other := y.object(tenant.Of(y.org), "alternet.router", map[string]any{"name": "other", "hostname": "other.test.example", "port": 8728})
	y.must(y.ask(other, "check"))
	_, seen = y.since(0)
	y.work(connect(func(context.Context, inventory.Work) error {
		remove(other)
		return nil
	}))
	entries, _ := y.since(seen)
	if len(entries) != 2 || entries[1].Type != "alternet.health_check" {
		t.Errorf("entries: %+v", entries)
	}
	if after := y.now(other); after.DeletedAt == nil || after.State != "unchecked" || after.Revision != 2 {
		t.Errorf("the object: %+v", after)
	}
}

func TestATimersJobMovesItsTimeOn(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	began := time.Now().UTC().Truncate(time.Second)
	due := began.Add(-90 * time.Minute)
	o := y.object(tenant.Of(y.org), "alternet.router", map[string]any{"name": "timed", "hostname": "timed.test.example", "port": 8728,
		"next_check_at": due.Format(time.RFC3339), "check_every": "hour"})
	_, seen := y.since(0)
	timers := inventory.NewTimers(y.db, y.log)
	for n := range 3 { // asked for once, however often is looked
		more, err := timers.Next(t.Context())
		y.must(err)
		if more != (n == 0) {
			t.Errorf("look %d: %v", n, more)
		}
	}
	if n := y.work(connect(func(context.Context, inventory.Work) error { return errors.New("nobody") })); n != 1 {
		t.Fatalf("%d jobs", n)
	}
	entries, _ := y.since(seen)
	if len(entries) != 1 || entries[0].Type != "alternet.health_check_failed" || entries[0].Actor.Kind != audit.ActorSystem || entries[0].Actor.Name != "Timer" {
		t.Errorf("entries: %+v", entries)
	}
	if next := attributesOf(y.now(o))["next_check_at"]; next != due.Add(2*time.Hour).Format(time.RFC3339) {
		t.Errorf("next at %v, after %s", next, due)
	}
	var at time.Time
	y.must(y.owner.QueryRowContext(t.Context(), "SELECT due_at FROM objects WHERE id = $1", o.ID).Scan(&at))
	if !at.Equal(due.Add(2 * time.Hour)) {
		t.Errorf("due at %s", at)
	}
}

// A warning that can't be sent is not said to have been sent, whoever asked for it.
func TestAFailedMailIsAnErrorToItsUser(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	o := y.object(tenant.Of(y.org), "mor.user", map[string]any{"username": "kofi", "balance": "20", "warning_balance": "10"})
	_, seen := y.since(0)
	y.must(y.edit(tenant.Of(y.org), func(tx *db.Tx, e inventory.Editor) error {
		_, err := e.UpdateObject(tx, "mor.user", o.ID, o.Revision, inventory.Draft{Attributes: map[string]any{"balance": "5"}})
		return err
	}))
	y.work(nil)
	entries, _ := y.since(seen)
	if len(entries) != 2 || entries[1].Type != "mor.error" {
		t.Fatalf("entries: %+v", entries)
	}
	e := entries[1]
	if fmt.Sprint(e.Data) != "[{User kofi} {Error Can't send email} {Error description E-mail has no value}]" || e.Subject == nil || e.Subject.Name != "kofi" || e.Actor.Name != "Limit" || e.Outcome != audit.Failure {
		t.Errorf("the entry: %+v", e)
	}
}
