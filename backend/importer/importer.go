// Package importer reads the export files of the five systems into the log: one file of this package
// for each format. What can't be read is set aside with its line and the reason; a file that is
// imported twice adds nothing.
package importer

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"annals/backend/audit"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/tenant"
)

// Options say what is imported, for whom and by whom.
type Options struct {
	System        string         // mor, sippy, sbc, alternet, safe
	Source        string         // the installation; the system's name if empty
	Scope         tenant.Scope   // of whoever imports: the tenant must lie in it, and ids of other importers don't count
	Origin        audit.Origin   // who imports, for the entries that the import itself makes
	Tenant        tenant.Tenant  // to whom the entries belong, unless their object or their row says more
	CreateTenants bool           // make the sales organizations and dealers that rows name and nobody knows
	Location      *time.Location // of times without an offset; UTC if nil
	FileName      string         // for the entries that the import itself makes; its first maxFileName bytes
	Progress      func(Progress) // called after each committed batch; may be nil
}

// Result counts what became of a file's rows: Read = Accepted + Duplicates + Rejected.
type Result struct {
	Read, Accepted, Duplicates, Rejected int64
}

// Progress is how far an import has come.
type Progress struct {
	Result
	Bytes int64 // of the file
}

// Reject takes a row that was set aside. The reason never quotes the row, because it may hold a
// password; raw, which is the row itself (of a longer one the first MaxRow bytes), may. It is valid
// during the call only. An error ends the import.
type Reject func(line int64, reason string, raw []byte) error

// maxFileName leaves room in the reason of an entry for the words around the name.
const maxFileName = 200

// MaxRow is how many bytes one row may have.
const MaxRow = 1 << 20

// A batch is one transaction. It ends at whichever limit comes first, so that memory doesn't grow
// with the size of rows.
const (
	batchRows  = 2000
	batchBytes = 4 << 20
)

// Run imports a file. Each batch is one transaction, so after an error everything that Result counts
// is in the log, and the same file can be imported again. The entries wait for their seal.
func Run(ctx context.Context, d *db.DB, log *audit.Log, o Options, file io.Reader, reject Reject) (Result, error) {
	im, err := begin(log, o, file)
	if err != nil {
		return Result{}, err
	}
	err = d.Write(ctx, o.Scope.Wall(), func(tx *db.Tx) error {
		_, err := tenant.Open(tx, o.Scope, o.Tenant.ID)
		return err
	})
	if err != nil {
		return Result{}, err
	}
	done, err := im.entries(ctx, d, reject)
	if err != nil {
		return done, fmt.Errorf("import %s: %w", o.FileName, err)
	}
	err = d.Write(ctx, im.scope.Wall(), func(tx *db.Tx) error {
		_, err := log.Record(tx, im.finished(done))
		return err
	})
	return done, err
}

// entries imports the rows of the file. The next batch is read while one is written.
func (im *run) entries(ctx context.Context, d *db.DB, reject Reject) (done Result, err error) {
	batches, stop := make(chan *batch), make(chan struct{})
	go im.readAll(batches, stop)
	defer func() {
		close(stop)
		for range batches { // the file is nobody's but the reader's until it has stopped
		}
	}()
	for b := range batches {
		if len(b.entries)+len(b.rejects) > 0 {
			if err := im.write(ctx, d, b); err != nil {
				return done, fmt.Errorf("write the rows from line %d: %w", b.line, err)
			}
			done.add(b.result())
		}
		if err := b.report(reject); err != nil {
			return done, fmt.Errorf("set rejected rows aside: %w", err)
		}
		if im.Progress != nil {
			im.Progress(Progress{Result: done, Bytes: b.bytes})
		}
		if b.err != nil {
			return done, fmt.Errorf("read: %w", b.err)
		}
	}
	return done, nil
}

// readAll hands over the file's batches, until its end or an error or stop.
func (im *run) readAll(batches chan<- *batch, stop <-chan struct{}) {
	defer close(batches)
	for {
		b, more := im.read()
		select {
		case batches <- b:
		case <-stop:
			return
		}
		if !more {
			return
		}
	}
}

func (r *Result) add(more Result) {
	r.Read += more.Read
	r.Accepted += more.Accepted
	r.Duplicates += more.Duplicates
	r.Rejected += more.Rejected
}

// run is one import under way.
type run struct {
	Options
	log        *audit.Log
	scope      tenant.Scope // the import may do no more than its tenant may
	format     format
	rows       rows
	translator translator
	repeats    repeats
	owners     owners
}

func begin(log *audit.Log, o Options, file io.Reader) (*run, error) {
	f, ok := formats[o.System]
	system, known := log.Catalog().System(o.System)
	if !ok || !known {
		return nil, fault.At("system", "There is no import for the system %q: choose mor, sippy, sbc, alternet or safe.", o.System)
	}
	if !o.Scope.Sees(o.Tenant) {
		return nil, fault.Absent()
	}
	if o.Source == "" {
		o.Source = o.System
	}
	if len(o.Source) > audit.MaxName {
		return nil, fault.At("source", "The source's name has %d bytes; %d are allowed.", len(o.Source), audit.MaxName)
	}
	o.FileName = strings.ToValidUTF8(o.FileName, "\uFFFD")
	if len(o.FileName) > maxFileName {
		o.FileName = strings.ToValidUTF8(o.FileName[:maxFileName], "") // without the half of a letter
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	rows, err := f.open(file, f.columns)
	if err != nil {
		return nil, err
	}
	im := &run{Options: o, log: log, scope: tenant.Of(o.Tenant), format: f, rows: rows, repeats: repeats{}}
	im.translator = translator{catalog: log.Catalog(), system: system, source: o.Source, location: o.Location, conceal: log.Fingerprint}
	im.owners = newOwners(im)
	return im, nil
}

// finished is the entry that the import itself makes.
func (im *run) finished(done Result) audit.Event {
	e := im.Origin.Event("import_finished")
	e.Belongs(im.Tenant)
	e.Data = []audit.Datum{{Label: "File", Value: im.FileName}, {Label: "System", Value: im.System}}
	for _, n := range []struct {
		label string
		count int64
	}{{"Read", done.Read}, {"Accepted", done.Accepted}, {"Duplicates", done.Duplicates}, {"Rejected", done.Rejected}} {
		e.Data = append(e.Data, audit.Datum{Label: n.label, Value: strconv.FormatInt(n.count, 10)})
	}
	return e
}
