// Package ledger makes a ledger of the log: it gives committed events their numbers.
package ledger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"annals/backend/db"
)

// batch is how many rows one sealing transaction moves. Larger ones gain little and hold the head
// longer.
const batch = 2000

// Sealer moves committed events from the inbox to the log. Any number may run, in any number of
// servers: the lock on the head lets one work at a time.
type Sealer struct {
	db   *db.DB
	wake chan struct{}
}

// NewSealer makes a sealer; Run makes it work.
func NewSealer(d *db.DB) *Sealer { return &Sealer{db: d, wake: make(chan struct{}, 1)} }

// Wake tells the sealer that something may have been committed. It never blocks.
func (s *Sealer) Wake() {
	select {
	case s.wake <- struct{}{}:
	default: // it is to look already
	}
}

// How long a sealer waits when it wasn't woken, for what other programs write, and after an error. After
// it has sealed it rests, so that under load one transaction seals what many have committed; an entry
// that comes after a quiet time is sealed at once.
const (
	poll  = 250 * time.Millisecond
	pause = time.Second
	rest  = 20 * time.Millisecond
)

// Run seals until the context ends.
func (s *Sealer) Run(ctx context.Context) {
	failed := false
	for ctx.Err() == nil {
		wait := poll
		sealed, err := s.Drain(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			if wait = pause; !failed { // once for an outage, not once a second
				slog.Error("seal", "err", err)
			}
			failed = true
		} else if failed {
			failed = false
			slog.Info("sealing again")
		}
		if sealed > 0 {
			select {
			case <-ctx.Done():
			case <-time.After(rest):
			}
		}
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-time.After(wait):
		}
	}
}

// Drain seals until the inbox is empty and returns how many events it sealed. After as many as an
// import brings, it sees to it that they can be read by good plans at once.
func (s *Sealer) Drain(ctx context.Context) (int64, error) {
	var total int64
	for {
		n, err := s.Seal(ctx)
		total += n
		switch {
		case err != nil, total < batch:
			return total, err
		case n < batch:
			return total, s.analyze(ctx)
		}
	}
}

// analyze gathers statistics of the partitions that have none, each in a transaction of its own.
func (s *Sealer) analyze(ctx context.Context) error {
	for fresh := true; fresh; {
		err := s.db.Seal(ctx, func(tx *db.Tx) error {
			return tx.Raw("SELECT analyze_fresh_events()").Scan(&fresh).Error
		})
		if err != nil {
			return fmt.Errorf("analyze sealed events: %w", err)
		}
	}
	return nil
}

// Seal gives numbers to one batch of committed events.
func (s *Sealer) Seal(ctx context.Context) (int64, error) {
	var n int64
	err := s.db.Seal(ctx, func(tx *db.Tx) error {
		var waiting bool
		if err := tx.Raw("SELECT EXISTS (SELECT FROM event_inbox)").Scan(&waiting).Error; err != nil || !waiting {
			return err
		}
		return tx.Raw("SELECT sealed FROM seal_events(?)", batch).Scan(&n).Error
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		err = fmt.Errorf("seal batch: %w", err)
	}
	return n, err
}
