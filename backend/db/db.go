// Package db opens the database and runs transactions in it. Every transaction names the role that
// row-level security judges it by; there is no way to a table without one.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"annals/backend/fault"
)

// Wall is what row-level security is told about a transaction: the role whose policy judges it, and
// the ids that the policy compares. The zero Wall lets nothing through.
type Wall struct {
	Role   string
	Scope  int64 // the id of the role's own level
	Tenant int64 // the principal's tenant
}

// The walls of the house itself, which no request chooses.
var (
	Auth   = Wall{Role: "annals_auth"}   // signing in, before there is a principal
	Sealer = Wall{Role: "annals_sealer"} // giving numbers
	Root   = Wall{Role: "annals_root"}   // tidying up in all organizations
)

// DB is the pool of connections of the role that owns nothing.
type DB struct {
	pool     *sql.DB
	gorm     *gorm.DB
	onCommit func()
}

// Tx is one transaction: GORM for rows, COPY for many, on one connection.
type Tx struct {
	*gorm.DB
	conn *sql.Conn
	ctx  context.Context
}

// appRole is who the server logs in as. Migration 0001 makes it.
const appRole = "annals_app"

// maxConnections keeps the pool below the embedded server's limit, with room for commands beside it.
const maxConnections = 40

// patience is how long a call waits for one of them.
const patience = 10 * time.Second

// Open connects to a migrated database as the role that owns nothing, whose password Migrate set.
func Open(ctx context.Context, ownerURL, appPassword string) (*DB, error) {
	cfg, err := pgx.ParseConfig(ownerURL)
	if err != nil {
		return nil, errBadURL
	}
	cfg.User, cfg.Password = appRole, appPassword
	cfg.RuntimeParams["application_name"] = "annals"
	cfg.RuntimeParams["timezone"] = "UTC"
	cfg.RuntimeParams["statement_timeout"] = "30s"
	cfg.RuntimeParams["idle_in_transaction_session_timeout"] = "5min"
	pool := stdlib.OpenDB(*cfg)
	pool.SetMaxOpenConns(maxConnections)
	pool.SetMaxIdleConns(maxConnections)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(explainConnect(err), pool.Close())
	}
	g, err := gorm.Open(postgres.New(postgres.Config{Conn: pool}), &gorm.Config{
		SkipDefaultTransaction: true,
		Logger:                 logger.Discard, // errors are wrapped and logged once, by whoever handles them
		NowFunc:                func() time.Time { return time.Now().UTC().Truncate(time.Microsecond) },
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open gorm: %w", err), pool.Close())
	}
	return &DB{pool: pool, gorm: g, onCommit: func() {}}, nil
}

// OnCommit makes f run after every committed write. It must be set before the first one.
func (d *DB) OnCommit(f func()) { d.onCommit = f }

// Close ends all connections.
func (d *DB) Close() error { return d.pool.Close() }

// Ping reports whether the database answers.
func (d *DB) Ping(ctx context.Context) error { return d.pool.PingContext(ctx) }

// Stats are the pool's figures, for the metrics.
func (d *DB) Stats() sql.DBStats { return d.pool.Stats() }

// Read runs fn in a read-only transaction of one snapshot behind a wall.
func (d *DB) Read(ctx context.Context, w Wall, fn func(*Tx) error) error {
	return d.run(ctx, w, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", fn)
}

// Write runs fn in a transaction behind a wall and commits it when fn returns nil.
func (d *DB) Write(ctx context.Context, w Wall, fn func(*Tx) error) error {
	if err := d.run(ctx, w, "BEGIN", fn); err != nil {
		return err
	}
	d.onCommit()
	return nil
}

// Seal runs fn as the sealer, without the call of OnCommit that would wake it again.
func (d *DB) Seal(ctx context.Context, fn func(*Tx) error) error {
	return d.run(ctx, Sealer, "BEGIN", fn)
}

func (d *DB) run(ctx context.Context, w Wall, begin string, fn func(*Tx) error) error {
	if w.Role == "" {
		return fault.Absent() // the zero wall sees nothing
	}
	waiting, cancel := context.WithTimeout(ctx, patience)
	conn, err := d.pool.Conn(waiting)
	cancel()
	if err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return fault.Wrap(fault.Unavailable, err, "The server is busy. Nothing was done; try again in a moment.")
	}
	if err != nil {
		return outage(fmt.Errorf("connect: %w", err))
	}
	defer func() {
		if err := conn.Close(); err != nil && !errors.Is(err, sql.ErrConnDone) {
			slog.Warn("return connection", "err", err)
		}
	}()
	session := d.gorm.Session(&gorm.Session{NewDB: true, Context: ctx})
	session.Statement.ConnPool = conn
	tx := &Tx{DB: session, conn: conn, ctx: ctx}
	return outage(tx.run(begin+"; "+w.take(), fn))
}

// run begins the transaction and takes its role in one message, which database/sql can't.
func (tx *Tx) run(begin string, fn func(*Tx) error) error {
	var t pgx.Tx
	err := tx.onConn(func(c *pgx.Conn) (err error) {
		t, err = c.BeginTx(tx.ctx, pgx.TxOptions{BeginQuery: begin})
		return err
	})
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	ended := false
	defer func() {
		if !ended { // also after a panic, and when the client has gone
			ctx, cancel := context.WithTimeout(context.WithoutCancel(tx.ctx), patience)
			defer cancel()
			_ = tx.onConn(func(*pgx.Conn) error { return t.Rollback(ctx) }) // else the connection ends, and the transaction with it
		}
	}()
	if err := fn(tx); err != nil {
		return err
	}
	ended = true
	return tx.onConn(func(*pgx.Conn) error { return t.Commit(tx.ctx) })
}

// onConn gives the driver's own connection to fn.
func (tx *Tx) onConn(fn func(*pgx.Conn) error) error {
	return tx.conn.Raw(func(c any) error { return fn(c.(*stdlib.Conn).Conn()) })
}

// As changes the wall for the rest of the transaction, for a step that another role must take.
func (tx *Tx) As(w Wall) error {
	if _, err := tx.Statement.ConnPool.ExecContext(tx.ctx, w.take(), pgx.QueryExecModeSimpleProtocol); err != nil {
		return fmt.Errorf("take role %s: %w", w.Role, err)
	}
	return nil
}

// take is the SQL that puts the wall up until the transaction ends, in one round trip. The role's name
// is one of ours; the ids are numbers.
func (w Wall) take() string {
	return "SET LOCAL ROLE " + pgx.Identifier{w.Role}.Sanitize() +
		"; SET LOCAL annals.scope = '" + id(w.Scope) + "'; SET LOCAL annals.tenant = '" + id(w.Tenant) + "'"
}

func id(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// Context is the transaction's.
func (tx *Tx) Context() context.Context { return tx.ctx }

// Copy writes many rows with COPY and returns how many.
func (tx *Tx) Copy(table string, columns []string, rows pgx.CopyFromSource) (int64, error) {
	var n int64
	err := tx.onConn(func(c *pgx.Conn) (err error) {
		n, err = c.CopyFrom(tx.ctx, pgx.Identifier{table}, columns, rows)
		return err
	})
	if err != nil {
		return n, fmt.Errorf("copy into %s: %w", table, err)
	}
	return n, nil
}

// Stream runs a query and hands over its rows one by one, so that a result of any size needs the
// memory of one row.
func Stream[T any](tx *Tx, each func(T) error, query string, args ...any) error {
	rows, err := tx.Raw(query, args...).Rows()
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err says what matters
	for rows.Next() {
		var row T
		if err := tx.ScanRows(rows, &row); err != nil {
			return err
		}
		if err := each(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Violation returns the name of the constraint that err says was violated, or "".
func Violation(err error) string {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && strings.HasPrefix(pg.Code, "23") {
		return pg.ConstraintName
	}
	return ""
}

// Explain turns the violation of a constraint that stands in the table into its fault; other errors
// stay as they are.
func Explain(err error, table map[string]*fault.Fault) error {
	if f, ok := table[Violation(err)]; ok {
		return f
	}
	return err
}

// outage makes a fault of the errors that mean "the database can't now": the same request may work
// later. After a lost connection on COMMIT nobody knows whether it happened; ids chosen before the
// first try make the retry safe.
func outage(err error) error {
	if err == nil || fault.Of(err) != nil || errors.Is(err, context.Canceled) {
		return err
	}
	const later = "The database can't answer now. Nothing is lost; try again in a moment."
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch {
		case pg.Code == "22021", pg.Code == "22P05":
			return fault.Wrap(fault.Invalid, err, "A text holds a character that is not text, such as NUL.")
		case strings.HasPrefix(pg.Code, "08"), strings.HasPrefix(pg.Code, "28"), strings.HasPrefix(pg.Code, "57P"), strings.HasPrefix(pg.Code, "58"),
			pg.Code == "53300", pg.Code == "25006", pg.Code == "40P01", pg.Code == "40001":
			return fault.Wrap(fault.Unavailable, err, later)
		case strings.HasPrefix(pg.Code, "53"):
			return fault.Wrap(fault.Unavailable, err, "The database is out of space or memory, so nothing can be recorded. Nothing that was acknowledged is lost.")
		case pg.Code == "57014":
			return fault.Wrap(fault.Unavailable, err, "This took longer than the limit and was stopped. Narrow the time range or the filter.")
		}
		return err
	}
	_, connect := errors.AsType[*pgconn.ConnectError](err)
	if connect || pgconn.Timeout(err) || errors.Is(err, sql.ErrConnDone) || lost(err) {
		return fault.Wrap(fault.Unavailable, err, later)
	}
	return err
}
