package db_test

import (
	"strings"
	"testing"

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
