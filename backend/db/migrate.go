package db

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"annals/backend/fault"
)

var errBadURL = errors.New("the database URL can't be read: it looks like postgres://user:password@host:5432/annals")

// Migrate brings the database to the newest version as its owner and gives the runtime role its
// password. Any number of servers may do so at once: a lock in the database lets one through.
func Migrate(ctx context.Context, ownerURL, appPassword string, files fs.FS) error {
	cfg, err := pgx.ParseConfig(ownerURL)
	if err != nil {
		return errBadURL
	}
	owner := stdlib.OpenDB(*cfg)
	defer owner.Close() //nolint:errcheck // nothing depends on how it ends
	if err := owner.PingContext(ctx); err != nil {
		return explainConnect(err)
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return fmt.Errorf("migration lock: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, owner, files, goose.WithSessionLocker(locker))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if newest, have := p.ListSources(), int64(0); len(newest) > 0 {
		// goose makes its table on the first look, so this also works on an empty database.
		if have, err = p.GetDBVersion(ctx); err != nil {
			return fmt.Errorf("read the database's version: %w", err)
		}
		if last := newest[len(newest)-1].Version; have > last {
			return fault.New(fault.Unavailable, "The database is at version %d, this program knows %d: it was migrated by a newer Annals. Start that one; nothing was changed.", have, last)
		}
	}
	if _, err := p.Up(ctx); err != nil {
		if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "42501" {
			return fault.Wrap(fault.Unavailable, err, "The database user %q may not do what a migration needs (%s). It must own the database and have CREATEROLE.", cfg.User, pg.Message)
		}
		return fmt.Errorf("migrate: %w", err)
	}
	if err := sameKey(ctx, owner, appPassword); err != nil {
		return err
	}
	return setPassword(ctx, cfg, owner, appPassword)
}

// sameKey refuses a server whose secret key is not the one that this database began with: nobody's
// second factor could be read, and the other servers would lose their password.
func sameKey(ctx context.Context, conn *sql.DB, password string) error {
	digest := sha256.Sum256([]byte("annals key of " + password))
	if _, err := conn.ExecContext(ctx, "INSERT INTO installation (key_digest) VALUES ($1) ON CONFLICT DO NOTHING", digest[:]); err != nil {
		return fmt.Errorf("note the key: %w", err)
	}
	var known []byte
	if err := conn.QueryRowContext(ctx, "SELECT key_digest FROM installation").Scan(&known); err != nil {
		return fmt.Errorf("read the key's digest: %w", err)
	}
	if !bytes.Equal(known, digest[:]) {
		return fault.New(fault.Unavailable, "This database belongs to another secret key. Start with the ANNALS_SECRET_KEY, or the secret.key in the data directory, that it began with. Nothing was changed.")
	}
	return nil
}

// setPassword gives the runtime role its password, unless it works already.
func setPassword(ctx context.Context, owner *pgx.ConnConfig, conn *sql.DB, password string) error {
	var mayLogIn bool
	if err := conn.QueryRowContext(ctx, "SELECT rolcanlogin FROM pg_roles WHERE rolname = $1", appRole).Scan(&mayLogIn); err != nil {
		return fmt.Errorf("look up %s: %w", appRole, err)
	}
	if mayLogIn {
		app := owner.Copy()
		app.User, app.Password = appRole, password
		c, err := pgx.ConnectConfig(ctx, app)
		if err == nil {
			return c.Close(ctx)
		}
		if pg, ok := errors.AsType[*pgconn.PgError](err); !ok || pg.Code != "28P01" {
			return explainConnect(err)
		}
		// Roles belong to the whole server: another installation on it goes by this one.
		return fault.Wrap(fault.Unavailable, err, "The role %s of this PostgreSQL server has another password: another Annals with another secret key uses the server. Give both the same ANNALS_SECRET_KEY, or each its own server. If there is no other one, run ALTER ROLE %s NOLOGIN and start again.", appRole, appRole)
	}
	// ALTER ROLE takes no parameters; the password is hexadecimal, from the key.
	statement := fmt.Sprintf("ALTER ROLE %s LOGIN PASSWORD '%s'", appRole, strings.ReplaceAll(password, "'", "''"))
	var err error
	for range 5 { // "tuple concurrently updated": another server does the same
		if _, err = conn.ExecContext(ctx, statement); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("give %s its password: %w", appRole, err)
}

// explainConnect says in one sentence why the database can't be reached.
func explainConnect(err error) error {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch pg.Code {
		case "3D000":
			return fault.Wrap(fault.Unavailable, err, "The database server has no database of that name. Create it, or correct ANNALS_DATABASE_URL.")
		case "28P01", "28000":
			return fault.Wrap(fault.Unavailable, err, "The database server refuses the user or password of ANNALS_DATABASE_URL.")
		case "57P03":
			return fault.Wrap(fault.Unavailable, err, "The database server is starting up or shutting down. Try again in a moment.")
		}
		return fault.Wrap(fault.Unavailable, err, "The database server refuses the connection: %s.", pg.Message)
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return fault.Wrap(fault.Unavailable, err, "The host of ANNALS_DATABASE_URL is unknown.")
	}
	if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, fs.ErrNotExist) {
		return fault.Wrap(fault.Unavailable, err, "Nothing answers at the address of ANNALS_DATABASE_URL. Is PostgreSQL running there?")
	}
	return fault.Wrap(fault.Unavailable, err, "The database can't be reached.")
}

// lost reports whether the connection broke under a statement.
func lost(err error) bool {
	_, network := errors.AsType[net.Error](err)
	return network || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || strings.Contains(err.Error(), "conn closed")
}

// CreateDatabase makes a database in the embedded server unless it is there.
func CreateDatabase(ctx context.Context, serverURL, name string) error {
	conn, err := pgx.Connect(ctx, serverURL)
	if err != nil {
		return explainConnect(err)
	}
	defer conn.Close(ctx) //nolint:errcheck // nothing depends on how it ends
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "42P04" {
		return nil // it is there
	}
	return err
}
