package audit

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/tenant"
)

// Order is how a search is sorted.
type Order string

// The orders. Newest is the grid's; ByID is for readers who poll: numbers are given in the order of
// commits, so whoever remembers the last id misses none.
const (
	Newest Order = "-occurredAt"
	Oldest Order = "occurredAt"
	ByID   Order = "id"
)

// MaxLimit is the longest page; MaxTotal is how far a total is counted.
const (
	MaxLimit = 200
	MaxTotal = 10_000
)

// Total is a count that stops at MaxTotal.
type Total struct {
	Value    int64  `json:"value"`
	Relation string `json:"relation" enum:"eq,gte"`
}

// Page is a part of the log, and where the next one begins.
type Page struct {
	Items []Event `json:"items"`
	Next  *string `json:"next" doc:"Cursor of the next page, or null"`
	Total *Total  `json:"total,omitempty"`
}

// Paging says which page.
type Paging struct {
	Order  Order
	Limit  int
	Cursor string
	Total  bool
}

// cursor is where a page ended. It carries its order, so that it can't be used in another.
type cursor struct {
	Order Order     `json:"o"`
	At    time.Time `json:"t"`
	ID    int64     `json:"i"`
}

func (c cursor) String() string {
	b, err := json.Marshal(c)
	if err != nil {
		panic("cannot happen: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseCursor(s string, order Order) (cursor, error) {
	bad := fault.At("query.cursor", "The cursor is not one that this search gave.")
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return cursor{}, bad
	}
	var c cursor
	if err := json.Unmarshal(b, &c); err != nil || c.Order != order || c.ID < 1 {
		return cursor{}, bad
	}
	return c, nil
}

// Search returns a page of the events of the scope that the filter lets through.
func (l *Log) Search(ctx context.Context, s tenant.Scope, f Filter, p Paging) (Page, error) {
	page := Page{Items: []Event{}}
	if p.Limit < 1 || p.Limit > MaxLimit {
		return page, fault.At("query.limit", "The limit is 1 to %d.", MaxLimit)
	}
	c, err := l.where(s, f)
	if err != nil {
		return page, err
	}
	filter := *c
	if p.Cursor != "" {
		at, err := parseCursor(p.Cursor, p.Order)
		if err != nil {
			return page, err
		}
		switch p.Order {
		case Newest:
			c.add("(occurred_at, id) < (?, ?)", at.At, at.ID)
		case Oldest:
			c.add("(occurred_at, id) > (?, ?)", at.At, at.ID)
		case ByID:
			c.add("id > ?", at.ID)
		}
	}
	err = l.db.Read(ctx, s.Wall(), func(tx *db.Tx) error {
		var rows []record
		query, args := c.page(p.Order, p.Limit+1)
		if err := tx.Raw(query, args...).Scan(&rows).Error; err != nil {
			return fmt.Errorf("search events: %w", err)
		}
		if len(rows) > p.Limit {
			rows = rows[:p.Limit]
			last := rows[len(rows)-1]
			next := cursor{p.Order, last.OccurredAt.UTC(), last.ID}.String()
			page.Next = &next
		}
		for _, r := range rows {
			e, err := r.event(s.Level)
			if err != nil {
				return err
			}
			page.Items = append(page.Items, e)
		}
		if p.Total {
			total, err := count(tx, &filter)
			page.Total = &total
			return err
		}
		return nil
	})
	return page, err
}

func orderBy(o Order) string {
	switch o {
	case Oldest:
		return " ORDER BY occurred_at, id"
	case ByID:
		return " ORDER BY id"
	}
	return " ORDER BY occurred_at DESC, id DESC"
}

func count(tx *db.Tx, c *condition) (Total, error) {
	var n int64
	where, args := c.where()
	query := "SELECT count(*) FROM (SELECT 1 FROM events WHERE " + where + " LIMIT ?) counted"
	if err := tx.Raw(query, append(args, MaxTotal+1)...).Scan(&n).Error; err != nil {
		return Total{}, fmt.Errorf("count events: %w", err)
	}
	if n > MaxTotal {
		return Total{MaxTotal, "gte"}, nil
	}
	return Total{n, "eq"}, nil
}

// Count counts the events of the scope that the filter lets through, up to MaxTotal.
func (l *Log) Count(ctx context.Context, s tenant.Scope, f Filter) (total Total, err error) {
	c, err := l.where(s, f)
	if err != nil {
		return total, err
	}
	err = l.db.Read(ctx, s.Wall(), func(tx *db.Tx) error {
		total, err = count(tx, c)
		return err
	})
	return total, err
}

// Find returns one event of the scope with everything in it.
func (l *Log) Find(ctx context.Context, s tenant.Scope, id int64) (Event, error) {
	return l.find(ctx, s, "id = ?", id)
}

// FindByEventID returns the event that its writer gave this id.
func (l *Log) FindByEventID(ctx context.Context, s tenant.Scope, id uuid.UUID) (Event, error) {
	return l.find(ctx, s, "event_id = ? AND occurred_at IN (SELECT event_times(?))", id, id)
}

func (l *Log) find(ctx context.Context, s tenant.Scope, condition string, args ...any) (e Event, err error) {
	scope, more := s.Predicate()
	err = l.db.Read(ctx, s.Wall(), func(tx *db.Tx) error {
		var r record
		err := tx.Raw("SELECT "+allColumns+" FROM events WHERE "+condition+" AND "+scope+" ORDER BY id DESC LIMIT 1", append(args, more...)...).Take(&r).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return fault.Absent()
		}
		if err != nil {
			return fmt.Errorf("find event: %w", err)
		}
		e, err = r.event(s.Level)
		return err
	})
	return e, err
}

// Neighbours returns the ids of the events before and after one in the grid's order, among those
// that the filter lets through; 0 is none.
func (l *Log) Neighbours(ctx context.Context, s tenant.Scope, f Filter, id int64) (newer, older int64, err error) {
	e, err := l.Find(ctx, s, id)
	if err != nil {
		return 0, 0, err
	}
	c, err := l.where(s, f)
	if err != nil {
		return 0, 0, err
	}
	err = l.db.Read(ctx, s.Wall(), func(tx *db.Tx) error {
		for _, side := range []struct {
			compare string
			order   Order
			into    *int64
		}{{">", Oldest, &newer}, {"<", Newest, &older}} {
			where, args := c.where()
			query := "SELECT id FROM events WHERE " + where + " AND (occurred_at, id) " + side.compare + " (?, ?)" + orderBy(side.order) + " LIMIT 1"
			if err := tx.Raw(query, append(args, e.OccurredAt, e.ID)...).Scan(side.into).Error; err != nil {
				return fmt.Errorf("neighbours of event %d: %w", id, err)
			}
		}
		return nil
	})
	return newer, older, err
}

// Export hands over every event of the scope that the filter lets through, with everything in it,
// oldest first, one at a time.
func (l *Log) Export(ctx context.Context, s tenant.Scope, f Filter, each func(Event) error) error {
	c, err := l.where(s, f)
	if err != nil {
		return err
	}
	return l.stream(ctx, s, c, orderBy(Oldest), func(r record) (string, []any) {
		return "(occurred_at, id) > (?, ?)", []any{r.OccurredAt, r.ID}
	}, each)
}

// PullBySourceID hands over events in the order of their source's own ids, those after one of them:
// what a reader needs who polls by these. Entries whose source gave no number are left out.
func (l *Log) PullBySourceID(ctx context.Context, s tenant.Scope, f Filter, after int64, each func(Event) error) error {
	c, err := l.where(s, f)
	if err != nil {
		return err
	}
	c.add("external_no > ?", after)
	return l.stream(ctx, s, c, " ORDER BY external_no, id", func(r record) (string, []any) {
		return "(external_no, id) > (?::bigint, ?)", []any{r.ExternalID, r.ID}
	}, each)
}

// FindBySourceID returns the newest event that a system's entry with this id of its own became.
func (l *Log) FindBySourceID(ctx context.Context, s tenant.Scope, system, id string) (Event, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return Event{}, fault.Absent()
	}
	return l.find(ctx, s, "system = ? AND external_no = ?", system, n)
}

// batchRows is how many rows a stream reads at a time. Each batch is a short transaction of its own:
// a client that reads slowly holds no connection.
const batchRows = 1000

// stream hands over what a condition finds, in the order of some columns; after gives the condition
// behind a row. Entries that are sealed meanwhile are left out, so that the end is reached.
func (l *Log) stream(ctx context.Context, s tenant.Scope, c *condition, order string, after func(record) (string, []any), each func(Event) error) error {
	var head int64
	for next, args := "TRUE", []any(nil); ; {
		var rows []record
		err := l.db.Read(ctx, s.Wall(), func(tx *db.Tx) error {
			if head == 0 {
				scope, args := s.Predicate()
				if err := tx.Raw("SELECT id FROM events WHERE "+scope+" ORDER BY id DESC LIMIT 1", args...).Scan(&head).Error; err != nil {
					return err
				}
			}
			where, whereArgs := c.where()
			query := "SELECT " + allColumns + " FROM events WHERE " + where + " AND " + next + " AND id <= ?" + order + " LIMIT ?"
			return tx.Raw(query, append(append(whereArgs, args...), head, batchRows)...).Scan(&rows).Error
		})
		if err != nil {
			return fmt.Errorf("stream events: %w", err)
		}
		for _, r := range rows {
			e, err := r.event(s.Level)
			if err != nil {
				return err
			}
			if err := each(e); err != nil {
				return err
			}
		}
		if len(rows) < batchRows {
			return nil
		}
		next, args = after(rows[len(rows)-1])
	}
}
