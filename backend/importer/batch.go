package importer

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"

	"annals/backend/audit"
	"annals/backend/db"
)

// batch is the rows of one transaction.
type batch struct {
	line       int64  // of the first row
	bytes      int64  // of the file, up to the end of the batch
	err        error  // why the file can't be read further
	raw        []byte // the rows as they stand in the file, one after the other
	entries    []entry
	rejects    []rejected
	accepted   int
	duplicates int
}

// place is where a row stands: in the file, and in the batch's raw.
type place struct {
	line     int64
	from, to int
}

type rejected struct {
	place
	reason string
}

func (b *batch) reject(p place, reason string) {
	b.rejects = append(b.rejects, rejected{p, reason})
}

// read reads rows until the batch is full, and says whether there may be more.
func (im *run) read() (b *batch, more bool) {
	b = &batch{entries: make([]entry, 0, batchRows)}
	for len(b.entries)+len(b.rejects) < batchRows && len(b.raw) < batchBytes {
		r, err := im.rows.next()
		b.bytes = im.rows.bytes()
		if errors.Is(err, io.EOF) {
			return b, false
		}
		if err != nil {
			b.err = err
			return b, false
		}
		if b.line == 0 {
			b.line = r.line
		}
		p := place{line: r.line, from: len(b.raw), to: len(b.raw) + len(r.raw)}
		b.raw = append(b.raw, r.raw...)
		e, wrong := im.translate(r)
		if wrong != "" {
			b.reject(p, wrong)
			continue
		}
		e.place = p
		b.entries = append(b.entries, e)
	}
	return b, true
}

// translate says what a row means, or why it is rejected.
func (im *run) translate(r row) (e entry, wrong string) {
	if r.wrong != "" {
		return e, r.wrong
	}
	e, f := im.format.translate(&im.translator, r)
	if f != nil {
		return e, f.Detail
	}
	if e.event.ExternalID == "" {
		e.event.ExternalID = im.repeats.id(e.identity)
	}
	return e, ""
}

// write puts a batch into the log.
func (im *run) write(ctx context.Context, d *db.DB, b *batch) error {
	if err := im.owners.find(ctx, d, b); err != nil {
		return err
	}
	return d.Write(ctx, im.scope.Wall(), func(tx *db.Tx) error { return im.ingest(tx, b) })
}

func (im *run) ingest(tx *db.Tx, b *batch) error {
	if err := im.owners.settle(tx, b.entries); err != nil {
		return err
	}
	events := make([]audit.Event, len(b.entries))
	for i := range b.entries {
		events[i] = b.entries[i].event
		events[i].EventID = audit.DerivedID(im.Scope.TenantID, events[i].Source, events[i].ExternalID)
	}
	res, err := im.log.Ingest(tx, events)
	if err != nil {
		return err
	}
	refused := map[int]bool{}
	for _, r := range res.Rejected {
		b.reject(b.entries[r.Index].place, r.Message)
		refused[r.Index] = true
	}
	if err := im.owners.live(tx, b.entries, refused); err != nil {
		return err
	}
	b.accepted, b.duplicates = res.Accepted, res.Duplicates
	return nil
}

func (b *batch) result() Result {
	r := Result{Accepted: int64(b.accepted), Duplicates: int64(b.duplicates), Rejected: int64(len(b.rejects))}
	r.Read = r.Accepted + r.Duplicates + r.Rejected
	return r
}

// report names the rejected rows in the order of the file.
func (b *batch) report(reject Reject) error {
	slices.SortStableFunc(b.rejects, func(x, y rejected) int { return cmp.Compare(x.from, y.from) })
	for _, r := range b.rejects {
		if err := reject(r.line, r.reason, b.raw[r.from:r.to]); err != nil {
			return err
		}
	}
	return nil
}
