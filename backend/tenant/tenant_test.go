package tenant

import (
	"database/sql"
	"slices"
	"testing"

	"annals/backend/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// TestEveryTableOfTenantsIsListed compares the lists of this package with the database: whoever adds
// a table adds it there, and to the test of what a move carries.
func TestEveryTableOfTenantsIsListed(t *testing.T) {
	t.Parallel()
	_, owner := dbtest.NewWithOwner(t)
	for _, x := range []struct {
		what, query string
		listed      []string
	}{
		{"tables that name ancestors, which a move carries", `
			SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE a.attname = 'reseller_id' AND NOT a.attisdropped AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname = 'public'
				AND c.relname NOT IN ('events', 'event_inbox')`, carriers},
		{"columns that refer to tenants, at which deleting looks", `
			SELECT c.conrelid::regclass || '.' || a.attname FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
			WHERE c.confrelid = 'tenants'::regclass AND c.contype = 'f'`, content},
	} {
		got, want := column(t, owner, x.query), slices.Sorted(slices.Values(x.listed))
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n%v in the database\n%v in the list", x.what, got, want)
		}
	}
}

func column(t *testing.T, d *sql.DB, query string) []string {
	t.Helper()
	rows, err := d.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // only read
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}
