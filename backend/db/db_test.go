package db_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"annals/backend/db"
	"annals/backend/dbtest"
	"annals/backend/fault"
	"annals/migrations"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// A server of somebody's own: the owner of the database is no superuser, it may create roles only.
func TestAPlainOwnerCanMigrate(t *testing.T) {
	url, owner := dbtest.NewPlainURL(t)
	if err := db.Migrate(t.Context(), url, "test", migrations.Files); err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(t.Context(), url, "test")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close() //nolint:errcheck // the test is over
	var required bool
	if err := d.Read(t.Context(), db.Auth, func(tx *db.Tx) error {
		return tx.Raw("SELECT tenant_mfa_required(id) FROM tenants WHERE level = 'sales_org'").Scan(&required).Error
	}); err != nil {
		t.Errorf("the functions of a plain owner: %v", err)
	}
	var super bool
	if err := owner.QueryRowContext(t.Context(), "SELECT rolsuper FROM pg_roles WHERE rolname = current_user").Scan(&super); err != nil || super {
		t.Errorf("the owner is a superuser: the test tests nothing (%v)", err)
	}
}

func TestAnotherKeyIsRefused(t *testing.T) {
	url := dbtest.NewURL(t)
	if err := db.Migrate(t.Context(), url, "test", migrations.Files); err != nil {
		t.Fatal(err)
	}
	err := db.Migrate(t.Context(), url, "another", migrations.Files)
	if f := fault.Of(err); f == nil || !strings.Contains(f.Detail, "another secret key") {
		t.Errorf("got %v", err)
	}
	// It is as it was.
	d, err := db.Open(t.Context(), url, "test")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

func TestTheZeroWallLetsNothingThrough(t *testing.T) {
	d := dbtest.New(t)
	err := d.Read(t.Context(), db.Wall{}, func(*db.Tx) error { t.Error("it runs"); return nil })
	if !fault.Is(err, fault.NotFound) {
		t.Errorf("got %v", err)
	}
}

func TestNULIsTheCallersMistake(t *testing.T) {
	d := dbtest.New(t)
	err := d.Read(t.Context(), db.Auth, func(tx *db.Tx) error {
		return tx.Exec("SELECT ?::text", "a\x00b").Error
	})
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("got %v", err)
	}
}

// Whatever ends a transaction but its commit takes back what it did, and leaves none open behind it.
func TestATransactionEndsInEveryCase(t *testing.T) {
	d, owner := dbtest.NewWithOwner(t)
	dbtest.Arrange(t, owner)
	name := func(tx *db.Tx) error { return tx.Exec("UPDATE tenants SET name = 'x' WHERE name = 'Direct'").Error }
	root := db.Wall{Role: "annals_root"}
	for ending, run := range map[string]func(context.Context, context.CancelFunc) error{
		"an error": func(ctx context.Context, _ context.CancelFunc) error {
			return d.Write(ctx, root, func(tx *db.Tx) error { return errors.Join(name(tx), errors.New("no")) })
		},
		"a refused statement that is passed over": func(ctx context.Context, _ context.CancelFunc) error {
			return d.Write(ctx, root, func(tx *db.Tx) error {
				_ = tx.Exec("SELECT 1/0").Error
				return nil
			})
		},
		"a panic": func(ctx context.Context, _ context.CancelFunc) (err error) {
			defer func() { err = recover().(error) }() //nolint:forcetypeassert // it is the one below
			return d.Write(ctx, root, func(tx *db.Tx) error { panic(errors.Join(name(tx), errors.New("no"))) })
		},
		"a client that goes away": func(ctx context.Context, leave context.CancelFunc) error {
			return d.Write(ctx, root, func(tx *db.Tx) error {
				err := name(tx)
				leave()
				return err
			})
		},
	} {
		ctx, leave := context.WithCancel(t.Context())
		if err := run(ctx, leave); err == nil {
			t.Errorf("%s: no error", ending)
		}
		leave()
		var kept, open int
		for begun := time.Now(); ; time.Sleep(time.Millisecond) { // PostgreSQL takes a moment to see a closed connection
			if err := owner.QueryRowContext(t.Context(), `SELECT (SELECT count(*) FROM tenants WHERE name = 'x'),
				(SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%')`).Scan(&kept, &open); err != nil {
				t.Fatal(err)
			}
			if open == 0 || time.Since(begun) > 5*time.Second {
				break
			}
		}
		if kept != 0 || open != 0 || d.Stats().InUse != 0 {
			t.Errorf("after %s: %d kept, %d transactions open, %d connections in use", ending, kept, open, d.Stats().InUse)
		}
	}
}
