// Package dbtest gives tests a real PostgreSQL: one private server for each test binary, and in it
// one migrated database for each test that commits.
package dbtest

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"annals/backend/db"
	"annals/backend/postgres"
	"annals/migrations"
)

// appPassword is the runtime role's in every test database.
const appPassword = "test"

var (
	server   *postgres.Server
	template = "annals_template"
	made     atomic.Int64
)

// Main starts the server, runs the tests and stops it: func TestMain(m *testing.M) { dbtest.Main(m) }.
func Main(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (code int) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "annals-test-")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	root, err := ModuleRoot()
	if err != nil {
		return fail(err)
	}
	// A zone with daylight saving and a fractional offset: what silently takes local time for UTC fails here.
	settings := map[string]string{"timezone": "Australia/Lord_Howe"}
	if os.Getenv("ANNALS_TEST_DURABLE") == "" { // make bench measures what is really waited for
		maps.Copy(settings, map[string]string{"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"})
	}
	server, err = postgres.Start(ctx, postgres.Options{DataDir: dir, NodeDirs: []string{filepath.Join(root, "tools", "postgres")}, Log: slog.New(slog.DiscardHandler), Settings: settings})
	if err != nil {
		return fail(err)
	}
	defer server.Stop(10 * time.Second) //nolint:errcheck // the test is over
	if err := create(ctx, template, ""); err != nil {
		return fail(err)
	}
	if err := db.Migrate(ctx, server.DSN(template), appPassword, migrations.Files); err != nil {
		return fail(err)
	}
	return m.Run()
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, "dbtest: no PostgreSQL for the tests:", err)
	return 1
}

// ModuleRoot is the folder of go.mod.
func ModuleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", fmt.Errorf("no go.mod above %s", dir)
		}
		dir = up
	}
}

func create(ctx context.Context, name, from string) error {
	pool, err := sql.Open("pgx", server.DSN("postgres"))
	if err != nil {
		return err
	}
	defer pool.Close() //nolint:errcheck // one statement
	statement := fmt.Sprintf("CREATE DATABASE %q", name)
	if from != "" {
		statement += fmt.Sprintf(" TEMPLATE %q", from)
	}
	_, err = pool.ExecContext(ctx, statement)
	return err
}

// New makes a database of the test's own and opens it as the runtime does.
func New(t testing.TB) *db.DB {
	t.Helper()
	d, _ := NewWithOwner(t)
	return d
}

// NewWithOwner also returns the owner's connection, which no wall stands before: for looking at
// what is really stored, and for taking a wall away.
func NewWithOwner(t testing.TB) (*db.DB, *sql.DB) {
	t.Helper()
	return Open(t, NewURL(t))
}

// Open opens a database of NewURL as the runtime does, and as its owner.
func Open(t testing.TB, url string) (*db.DB, *sql.DB) {
	t.Helper()
	d, err := db.Open(t.Context(), url, appPassword)
	if err != nil {
		t.Fatalf("open test database: %v", err)
	}
	owner, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatalf("open test database as owner: %v", err)
	}
	t.Cleanup(func() {
		if err := owner.Close(); err != nil {
			t.Errorf("close owner's connection: %v", err)
		}
		if err := d.Close(); err != nil {
			t.Errorf("close test database: %v", err)
		}
	})
	return d, owner
}

// NewURL makes a database of the test's own and returns the owner's URL of it.
func NewURL(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test_%d", made.Add(1))
	if err := create(t.Context(), name, template); err != nil {
		t.Fatalf("make test database: %v", err)
	}
	return server.DSN(name)
}

// Arrange lets a test put tenants and people into its database by SQL: the guard that refuses changes
// without their entry is off in it.
func Arrange(t testing.TB, owner *sql.DB) {
	t.Helper()
	_, err := owner.ExecContext(t.Context(), "ALTER TABLE tenants DISABLE TRIGGER tenants_recorded; ALTER TABLE users DISABLE TRIGGER users_recorded")
	if err != nil {
		t.Fatalf("take the guard away: %v", err)
	}
}

// NewPlainURL makes an empty database whose owner is no superuser and returns the owner's URL and
// connection.
func NewPlainURL(t testing.TB) (string, *sql.DB) {
	t.Helper()
	admin, err := sql.Open("pgx", server.DSN("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close() //nolint:errcheck // some statements
	name := fmt.Sprintf("plain_%d", made.Add(1))
	for _, statement := range []string{"CREATE ROLE " + name + " LOGIN CREATEROLE PASSWORD 'plain'", "CREATE DATABASE " + name + " OWNER " + name,
		// On this server a superuser made the roles; on one's own server the plain owner does.
		"GRANT annals_app, annals_root, annals_sales_org, annals_dealer, annals_reseller, annals_user, annals_auth, annals_sealer TO " + name + " WITH ADMIN OPTION"} {
		if _, err := admin.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	cfg, err := pgx.ParseConfig(server.DSN(name))
	if err != nil {
		t.Fatal(err)
	}
	url := fmt.Sprintf("host=%s port=%d user=%s password=plain dbname=%s sslmode=disable", cfg.Host, cfg.Port, name, name)
	owner, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := owner.Close(); err != nil {
			t.Error(err)
		}
	})
	return url, owner
}
