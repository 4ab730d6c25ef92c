package inventory

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"annals/backend/audit"
	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/tenant"
)

// Job is work that an action of an object has asked for, or its last result.
type Job struct {
	ID     uuid.UUID // also of the entry of its result
	Action string
	State  string // waiting, running, done, failed
	Since  time.Time
	Result string // in words
}

// JobsOf are the jobs of an object that the transaction may see, one for each action that was ever
// asked for.
func JobsOf(tx *db.Tx, o Object) ([]Job, error) {
	var out []Job
	err := tx.Raw(`SELECT id, action, result, coalesce(finished_at, asked_at) AS since,
			CASE WHEN outcome = 'success' THEN 'done' WHEN outcome = 'failure' THEN 'failed' WHEN attempt > 0 THEN 'running' ELSE 'waiting' END AS state
		FROM jobs WHERE object_id = ? ORDER BY since DESC, action`, o.ID).Scan(&out).Error
	return out, err
}

// request is who asks for a job and why: what the entry of its result says.
type request struct {
	Origin audit.Origin `json:"origin"`
	Scope  tenant.Scope `json:"scope"` // of whoever asks
	Draft  Draft        `json:"draft"`
	Input  Attributes   `json:"input,omitempty"`
}

// ask puts the job of a step's action into the queue. It is refused while the same one is under way.
func (e Editor) ask(tx *db.Tx, s step) error {
	if err := e.checkWhy(tx, s); err != nil {
		return err
	}
	behalf, err := e.behalf(tx, s.draft.OnBehalfOf)
	if err != nil {
		return err
	}
	e.Origin.OnBehalfOf, s.draft.OnBehalfOf = behalf, 0
	s.draft.Attributes = nil // as they were sent, secrets among them
	content, err := json.Marshal(request{e.Origin, e.Scope, s.draft, s.input})
	if err != nil {
		return fmt.Errorf("ask for %s: %w", s.action.Name, err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("choose job id: %w", err)
	}
	if !e.system { // a timer's or limit's failure is recorded
		if _, missing := s.action.Job.Filled(valueOf(s.after, s.input)); len(missing) > 0 {
			return fault.New(fault.Conflict, "%s needs a value for %s. Edit %s first.", s.action.Label, labels(s.kind, missing), s.before.Name)
		}
	}
	now := tx.NowFunc()
	done := tx.Exec(`INSERT INTO jobs AS j (id, object_id, action, request, asked_at, due_at) VALUES (?, ?, ?, ?::json, ?, ?)
		ON CONFLICT (object_id, action) DO UPDATE SET id = excluded.id, request = excluded.request, asked_at = excluded.asked_at, due_at = excluded.due_at,
			attempt = 0, finished_at = NULL, outcome = '', result = ''
		WHERE j.finished_at IS NOT NULL`, id, s.after.ID, s.action.Name, string(content), now, now)
	if done.Error != nil {
		return fmt.Errorf("ask for %s: %w", s.action.Name, done.Error)
	}
	if done.RowsAffected == 0 && !e.system { // what a timer or limit asks for is under way
		return fault.New(fault.Conflict, "%s is under way for %s. Wait for its result.", s.action.Label, s.after.Name)
	}
	return nil
}

// valueOf gives the values of an object and of an action's inputs, as texts.
func valueOf(o Object, input Attributes) func(string) string {
	values, _ := decode(o.Attributes) // whoever asks has read them
	return func(name string) string {
		if v, ok := input[name]; ok {
			return show(v)
		}
		return show(values[name])
	}
}

func labels(k catalog.Kind, names []string) string {
	out := slices.Clone(names)
	for _, f := range k.Fields {
		if at := slices.Index(out, f.Name); at >= 0 {
			out[at] = f.Label
		}
	}
	return strings.Join(out, ", ")
}

// Work is a job as its runner gets it.
type Work struct {
	ID      uuid.UUID // the same in every attempt
	Attempt int
	Action  string
	Object  Object
	Kind    catalog.Kind
	Job     catalog.Job
	With    map[string]string // what the catalogue says, with the object's values
	Objects catalog.Kind      // of what is sent along; without a name: nothing
	Scope   tenant.Scope      // of the object's own tenant: nothing else may be read for it
}

// Runner does one sort of work outside of any transaction. It returns what it has to say by the names
// that the catalogue knows ("result" among them); an error is the failure's cause, for everybody to read.
type Runner struct {
	Limit time.Duration // the longest that the work takes
	Do    func(ctx context.Context, w Work) (Attributes, error)
}

// Jobs does what actions have asked for and records the results. Any number of servers may run them.
type Jobs struct {
	db      *db.DB
	log     *audit.Log
	runners map[string]Runner // by the catalogue's word
	now     func() time.Time
}

// NewJobs makes them; Run makes them work.
func NewJobs(d *db.DB, l *audit.Log, runners map[string]Runner) *Jobs {
	return &Jobs{db: d, log: l, runners: runners, now: time.Now}
}

// How often is looked, how many jobs a server does at once, how many of one sales organization are done
// at a time so that its slow ones don't keep all others waiting, how often the same one is begun before
// it counts as failed, and what its lease is longer than its work.
const (
	jobEvery    = 500 * time.Millisecond
	jobsAtOnce  = 8
	jobsOfOne   = 4
	jobAttempts = 3
	jobMargin   = 15 * time.Second
)

// Run does what is asked for until the context ends; what is unfinished then is given back.
func (j *Jobs) Run(ctx context.Context) {
	var workers sync.WaitGroup
	defer workers.Wait()
	places := make(chan struct{}, jobsAtOnce)
	for tick := time.NewTicker(jobEvery); ; {
		for ctx.Err() == nil {
			places <- struct{}{}
			do, err := j.next(ctx)
			if err != nil {
				if !errors.Is(err, errIdle) && ctx.Err() == nil {
					slog.Error("take a job", "err", err)
				}
				<-places
				break
			}
			workers.Go(func() {
				defer func() { <-places }()
				if err := do(); err != nil {
					slog.Error("job", "err", err)
				}
			})
		}
		select {
		case <-ctx.Done():
			tick.Stop()
			return
		case <-tick.C:
		}
	}
}

// leased is a job that this server holds until its lease ends.
type leased struct {
	ID       uuid.UUID
	ObjectID int64
	Action   string
	Attempt  int
	Request  json.RawMessage
	Kind     string
	request  request
}

// Next does one job and reports whether there was one.
func (j *Jobs) Next(ctx context.Context) (bool, error) {
	do, err := j.next(ctx)
	switch {
	case errors.Is(err, errIdle):
		return false, nil
	case err != nil:
		return false, err
	}
	return true, do()
}

// errIdle says that nobody waits for a job.
var errIdle = errors.New("no job waits")

// next takes one job and returns what does it.
func (j *Jobs) next(ctx context.Context) (do func() error, err error) {
	e, err := systemEditor(ctx, j.db, j.log)
	if err != nil {
		return nil, err
	}
	job, work, err := j.take(ctx, e)
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound):
		return nil, errIdle
	case err != nil:
		return nil, err
	case work == nil:
		return func() error { return nil }, nil
	}
	return func() error {
		values, failure := j.do(ctx, job, *work)
		if ctx.Err() != nil { // the server stops: another one begins again
			return j.giveBack(context.WithoutCancel(ctx), e, job)
		}
		if err := j.record(ctx, e, job, values, failure); err != nil {
			return fmt.Errorf("record %s of %s %d: %w", job.Action, job.Kind, job.ObjectID, err)
		}
		return nil
	}, nil
}

// systemEditor is who acts where no person does.
func systemEditor(ctx context.Context, d *db.DB, l *audit.Log) (Editor, error) {
	var root tenant.Tenant
	err := d.Read(ctx, db.Auth, func(tx *db.Tx) (err error) {
		root, err = tenant.FindRoot(tx)
		return err
	})
	if err != nil {
		return Editor{}, fmt.Errorf("find root: %w", err)
	}
	return Editor{Log: l, Scope: tenant.Of(root), system: true}, nil
}

// take makes the next job this server's until its lease ends. Work is nil if there is nothing to do
// for it any more: its object was deleted, or its action left the catalogue.
func (j *Jobs) take(ctx context.Context, e Editor) (job leased, work *Work, err error) {
	err = j.db.Write(ctx, e.Scope.Wall(), func(tx *db.Tx) error {
		err := tx.Raw(`SELECT j.id, j.object_id, j.action, j.attempt + 1 AS attempt, j.request, o.kind FROM jobs j JOIN objects o ON o.id = j.object_id
			WHERE j.finished_at IS NULL AND j.due_at <= @now AND o.sales_org_id NOT IN (
				SELECT busy.sales_org_id FROM jobs r JOIN objects busy ON busy.id = r.object_id
				WHERE r.finished_at IS NULL AND r.attempt > 0 AND r.due_at > @now GROUP BY 1 HAVING count(*) >= @most)
			ORDER BY j.due_at LIMIT 1 FOR UPDATE OF j SKIP LOCKED`, sql.Named("now", j.now()), sql.Named("most", jobsOfOne)).Take(&job).Error
		if err != nil {
			return err
		}
		if err := json.Unmarshal(job.Request, &job.request); err != nil {
			return fmt.Errorf("read request of job %s: %w", job.ID, err)
		}
		o, err := find(tx, e.Scope, selectForUpdate, "", job.Kind, job.ObjectID)
		if err != nil {
			return err
		}
		k, _ := j.log.Catalog().Kind(job.Kind)
		a := actionOf(k, job.Action)
		if a.Job == nil || o.DeletedAt != nil { // nothing was done, so there is nothing to record
			return tx.Exec("DELETE FROM jobs WHERE id = ?", job.ID).Error
		}
		work = &Work{ID: job.ID, Attempt: job.Attempt, Action: job.Action, Object: o, Kind: k, Job: *a.Job, Scope: scopeOf(o)}
		work.Objects, _ = j.log.Catalog().Kind(a.Job.Objects)
		lease := j.now().Add(j.runners[a.Job.Run].Limit + jobMargin)
		return tx.Exec("UPDATE jobs SET attempt = ?, due_at = ? WHERE id = ?", job.Attempt, lease, job.ID).Error
	})
	return job, work, err
}

// do does the work, unless it has been begun too often.
func (j *Jobs) do(ctx context.Context, job leased, w Work) (Attributes, error) {
	if job.Attempt > jobAttempts {
		return nil, fmt.Errorf("it was begun %d times and never finished", jobAttempts)
	}
	var missing []string
	if w.With, missing = w.Job.Filled(valueOf(w.Object, job.request.Input)); len(missing) > 0 {
		return nil, fmt.Errorf("%s has no value", labels(w.Kind, missing))
	}
	runner, ok := j.runners[w.Job.Run]
	if !ok {
		return nil, fmt.Errorf("this server has no %s", w.Job.Run)
	}
	ctx, cancel := context.WithTimeout(ctx, runner.Limit)
	defer cancel()
	return runner.Do(ctx, w)
}

// giveBack lets another server take the job at once.
func (j *Jobs) giveBack(ctx context.Context, e Editor, job leased) error {
	ctx, cancel := context.WithTimeout(ctx, jobMargin)
	defer cancel()
	return j.db.Write(ctx, e.Scope.Wall(), func(tx *db.Tx) error {
		return tx.Exec("UPDATE jobs SET attempt = attempt - 1, due_at = ? WHERE id = ? AND attempt = ? AND finished_at IS NULL", j.now(), job.ID, job.Attempt).Error
	})
}

// longestResult is how much of a result's words the object's page shows.
const longestResult = 500

// record writes what came of a job, once: the change of its object and the entry in the name of
// whoever asked, together with the end of the job. Whoever lost the lease meanwhile writes nothing.
func (j *Jobs) record(ctx context.Context, e Editor, job leased, values Attributes, failure error) error {
	if values == nil {
		values = Attributes{}
	}
	outcome := audit.Success
	if failure != nil {
		outcome, values["result"] = audit.Failure, failure.Error()
	}
	// Words from elsewhere, as a mail server's answer.
	result := strings.ReplaceAll(strings.ToValidUTF8(show(values["result"]), "\uFFFD"), "\x00", "\uFFFD")
	e.Origin = job.request.Origin
	return j.db.Write(ctx, e.Scope.Wall(), func(tx *db.Tx) error {
		ended := tx.Exec("UPDATE jobs SET finished_at = ?, outcome = ?, result = left(?, ?) WHERE id = ? AND attempt = ? AND finished_at IS NULL",
			tx.NowFunc(), outcome, result, longestResult, job.ID, job.Attempt)
		if ended.Error != nil || ended.RowsAffected == 0 {
			return ended.Error
		}
		return e.conclude(tx, job, values, outcome, j.now())
	})
}

// conclude does the step of an object that the result of its job is. One that was deleted while the
// work was done stays as it is, but what was done has its entry.
func (e Editor) conclude(tx *db.Tx, job leased, values Attributes, outcome audit.Outcome, now time.Time) error {
	k, err := e.Kind(job.Kind)
	if err != nil {
		return err
	}
	o, err := find(tx, e.Scope, selectForUpdate, " FOR UPDATE OF o", k.Name, job.ObjectID)
	if err != nil {
		return err
	}
	if !job.request.Scope.Sees(tenantOf(o)) { // it moved meanwhile: who asked, and why, is nobody's business there
		e.Origin, job.request.Draft = audit.System("Job"), Draft{}
	}
	s := step{kind: k, action: actionOf(k, job.Action), before: o, after: o, input: Attributes{}, draft: job.request.Draft, entryID: job.ID}
	if s.action.Job == nil {
		return nil // the catalogue has lost it meanwhile
	}
	to := s.action.To
	if outcome == audit.Failure {
		run := slices.IndexFunc(catalog.Runs(), func(r catalog.Run) bool { return r.Name == s.action.Job.Run })
		values["error"] = catalog.Runs()[run].Error
		s.outcome, s.action.Event, to = outcome, s.action.Job.Failed, s.action.Job.FailedTo
	}
	fields := Attributes{}
	for _, given := range []Attributes{job.request.Input, values} {
		for name, v := range given {
			s.input[name] = v
			if slices.ContainsFunc(k.Fields, func(f catalog.Field) bool { return f.Name == name }) {
				fields[name] = v
			}
		}
	}
	if o.DeletedAt == nil {
		if to != "" && s.action.PossibleIn(o.State) {
			s.after.State = to
		}
		for _, timer := range k.Timers { // whoever asked: what was due is done
			if timer.Action == s.action.Name {
				if err := s.moveOn(timer, fields, now); err != nil {
					return err
				}
			}
		}
		if err := s.set(fields); err != nil {
			return err
		}
	}
	if len(s.changes) > 0 || s.after.State != o.State {
		_, err = e.finish(tx, s)
		return err
	}
	for _, ev := range e.entries(s) {
		if err := e.record(tx, ev); err != nil {
			return err
		}
	}
	return nil
}

// moveOn moves the field of a timer whose time has come to its next one.
func (s *step) moveOn(timer catalog.Timer, fields Attributes, now time.Time) error {
	values, err := decode(s.before.Attributes)
	if err != nil {
		return err
	}
	if at, ok := timeOf(values[timer.Field]); ok && !at.After(now) {
		fields[timer.Field] = timer.Next(values, now)
	}
	return nil
}
