package importer_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"annals/backend/audit"
	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/dbtest"
	"annals/backend/importer"
	"annals/backend/ledger"
	"annals/backend/tenant"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// house is a database with a log and a way to import into it.
type house struct {
	testing.TB
	db    *db.DB
	owner *sql.DB
	log   *audit.Log
	root  tenant.Tenant
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{TB: t}
	h.db, h.owner = dbtest.NewWithOwner(t)
	dbtest.Arrange(t, h.owner)
	c, err := catalog.Load("")
	if err != nil {
		t.Fatalf("load catalogue: %v", err)
	}
	h.log = audit.NewLog(h.db, c, []byte("a key for fingerprints"))
	if err := h.db.Read(t.Context(), db.Auth, func(tx *db.Tx) (err error) {
		h.root, err = tenant.FindRoot(tx)
		return err
	}); err != nil {
		t.Fatalf("find root: %v", err)
	}
	return h
}

// in is the house for a test of its own.
func (h house) in(t testing.TB) *house {
	h.TB = t
	return &h
}

// tenant makes a tenant under another.
func (h *house) tenant(parent tenant.Tenant, name string) (made tenant.Tenant) {
	h.Helper()
	if err := h.db.Write(h.Context(), tenant.Of(h.root).Wall(), func(tx *db.Tx) (err error) {
		made, err = tenant.Create(tx, parent, name)
		return err
	}); err != nil {
		h.Fatalf("make tenant %s: %v", name, err)
	}
	return made
}

type reject struct {
	line   int64
	reason string
	raw    string
}

// try imports a text for the platform itself, or as change says.
func (h *house) try(system, text string, change func(*importer.Options)) (importer.Result, []reject, error) {
	h.Helper()
	o := importer.Options{System: system, Scope: tenant.Of(h.root), Tenant: h.root, FileName: system + ".csv",
		Origin: audit.Origin{Actor: audit.Actor{Kind: audit.ActorUser, Name: "Ana", Level: "root"}}}
	if change != nil {
		change(&o)
	}
	var rejects []reject
	res, err := importer.Run(h.Context(), h.db, h.log, o, strings.NewReader(text), func(line int64, reason string, raw []byte) error {
		rejects = append(rejects, reject{line, reason, string(raw)})
		return nil
	})
	if got := res.Accepted + res.Duplicates + res.Rejected; got != res.Read || int64(len(rejects)) != res.Rejected {
		h.Errorf("%d rows are accounted for and %d named as rejected, want %+v", got, len(rejects), res)
	}
	return res, rejects, err
}

// load imports a text that must be read, and seals.
func (h *house) load(system, text string, change func(*importer.Options)) (importer.Result, []reject) {
	h.Helper()
	res, rejects, err := h.try(system, text, change)
	if err != nil {
		h.Fatalf("import %s: %v", system, err)
	}
	if _, err := ledger.NewSealer(h.db).Drain(h.Context()); err != nil {
		h.Fatalf("seal: %v", err)
	}
	return res, rejects
}

// events are the sealed events of a system, in the order of the file.
func (h *house) events(system string) (all []audit.Event) {
	h.Helper()
	err := h.log.Export(h.Context(), tenant.Of(h.root), audit.Filter{System: []string{system}}, func(e audit.Event) error {
		all = append(all, e)
		return nil
	})
	if err != nil {
		h.Fatalf("read events: %v", err)
	}
	return all
}

// one is the only event of a system.
func (h *house) one(system string) audit.Event {
	h.Helper()
	all := h.events(system)
	if len(all) != 1 {
		h.Fatalf("%d events, want 1", len(all))
	}
	return all[0]
}

// file is one of our excerpts: every action of the source's document, and one that nobody knows.
func file(t testing.TB, system string) string {
	t.Helper()
	name := system + ".csv"
	if system == "safe" {
		name = "safe.json"
	}
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func createTenants(o *importer.Options) { o.CreateTenants = true }

// rows counts an excerpt's rows.
var rows = map[string]int64{"mor": 40, "sippy": 29, "sbc": 16, "alternet": 22, "safe": 12}

func TestFilesImportWholeAndOnce(t *testing.T) {
	t.Parallel()
	for _, system := range systems {
		t.Run(system, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			res, rejects := h.load(system, file(t, system), createTenants)
			if want := (importer.Result{Read: rows[system], Accepted: rows[system]}); res != want {
				t.Errorf("first import: %+v, want %+v; rejected %v", res, want, rejects)
			}
			res, rejects = h.load(system, file(t, system), createTenants)
			if want := (importer.Result{Read: rows[system], Duplicates: rows[system]}); res != want {
				t.Errorf("second import: %+v, want %+v; rejected %v", res, want, rejects)
			}
			if n := len(h.events(system)); int64(n) != rows[system] {
				t.Errorf("%d events in the log, want %d", n, rows[system])
			}
		})
	}
}

// Every excerpt has exactly one row that nobody knows; its words must be found in the event.
func TestUnknownActionsAreKept(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for system, words := range map[string]string{"mor": "fax_sent", "sippy": "ZAPaccounts:i_account=31:", "sbc": "The barometer, which nobody knows, fell", "alternet": "Tea drunk", "safe": "Moon Phase"} {
		h.load(system, file(t, system), createTenants)
		var kept []string
		for _, e := range h.events(system) {
			if e.Type == system+".unknown" {
				for _, d := range e.Data {
					kept = append(kept, d.Value)
				}
			}
		}
		if !strings.Contains(strings.Join(kept, "\n"), words) {
			t.Errorf("%s: the unknown events say %q, want %q among it", system, kept, words)
		}
	}
}

func TestRepetitionsAreKept(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const row = "2024-10-01 07:00:00,User,Login successful,203.0.113.7,mia\n"
	text := "Timestamp,Activity Type,Description,IP Address,User\n" + row + row + row
	for _, want := range []importer.Result{{Read: 3, Accepted: 3}, {Read: 3, Duplicates: 3}} {
		if res, _ := h.load("alternet", text, nil); res != want {
			t.Errorf("import: %+v, want %+v", res, want)
		}
	}
	// A later export has them again, and one more; columns in another order are the same rows.
	text = "User,Timestamp,Activity Type,Description,IP Address\n" + strings.Repeat("mia,2024-10-01 07:00:00,User,Login successful,203.0.113.7\n", 4)
	if res, _ := h.load("alternet", text, nil); res.Accepted != 1 || res.Duplicates != 3 {
		t.Errorf("import with one more: %+v, want 1 accepted, 3 duplicates", res)
	}
}

func TestSameIDWithOtherContentIsRejected(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	text := strings.Join(morColumns, ",") + "\n1,2024-10-01 07:00:00,5,mia,login,203.0.113.7,,,,,\n"
	h.load("mor", text, nil)
	res, rejects := h.load("mor", text+"1,2024-10-01 07:00:00,5,mia,logout,,,,,,\n", nil)
	if want := (importer.Result{Read: 2, Duplicates: 1, Rejected: 1}); res != want || rejects[0].line != 3 {
		t.Errorf("%+v, rejected %v; want %+v and line 3", res, rejects, want)
	}
	// Another installation counts by itself.
	res, _ = h.load("mor", text, func(o *importer.Options) { o.Source = "mor-eu-2" })
	if res.Accepted != 1 {
		t.Errorf("from another source: %+v, want 1 accepted", res)
	}
}

var morColumns = strings.Split("id,date,user_id,username,action,data,data2,data3,data4,target_type,target_id", ",")

// The secrets in our excerpts. Those with commas and equals signs must go as a whole.
var secrets = []string{"Tr0ub4dor", "4711pin", "0815pin", "s3cr3t-0ld", "s3cr3t-n3w", "vm-0ld", "vm-n3w", "sesame-0pen", "sh1bboleth", "op3n", "pl41n-0ld",
	"pl41n-n3w", "hu,nt", "er2zz", "zapp3d", "old-pw-1", "new-pw-2", "abc-t0k3n", "l3t-me-in", "glu3d", "wr0ng-pw"}

func TestSecretsAreNowhere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var said []string
	for _, system := range systems {
		// Each row once as it is, and once cut short, so that it is rejected.
		text := file(t, system)
		h.load(system, text, createTenants)
		if system == "safe" {
			text = strings.ReplaceAll(text, `"activityTime"`, `"activityDate"`)
		} else {
			text = strings.ReplaceAll(text, "2024-", "late-")
		}
		_, rejects := h.load(system, text, createTenants)
		for _, r := range rejects {
			said = append(said, r.reason)
		}
		// A file without its header, and one of another system.
		_, rest, _ := strings.Cut(file(t, system), "\n")
		_, _, err := h.try(system, rest, nil)
		said = append(said, fmt.Sprint(err))
		for _, e := range h.events(system) {
			b, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			said = append(said, string(b))
		}
	}
	if len(said) < 200 {
		t.Fatalf("only %d texts were looked at", len(said))
	}
	for _, text := range append(said, h.texts()...) {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%q is in %s", secret, text)
			}
		}
	}
}

// texts are all texts in all tables.
func (h *house) texts() (all []string) {
	h.Helper()
	names := h.column("SELECT format('SELECT %I::text FROM %I.%I WHERE %1$I IS NOT NULL', column_name, table_schema, table_name) FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name) WHERE table_schema = 'public' AND table_type = 'BASE TABLE'")
	if len(names) < 100 {
		h.Fatalf("only %d columns were found", len(names))
	}
	for _, query := range names {
		all = append(all, h.column(query)...)
	}
	return all
}

func (h *house) column(query string) (all []string) {
	h.Helper()
	rows, err := h.owner.QueryContext(h.Context(), query)
	if err != nil {
		h.Fatalf("%s: %v", query, err)
	}
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			h.Fatal(err)
		}
		all = append(all, text)
	}
	if err := rows.Err(); err != nil {
		h.Fatal(err)
	}
	return all
}

func TestImportRecordsItself(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var steps []importer.Progress
	h.load("mor", file(t, "mor")+"cut short\n", func(o *importer.Options) {
		o.Progress = func(p importer.Progress) { steps = append(steps, p) }
	})
	if len(steps) != 1 || steps[0].Read != rows["mor"]+1 || steps[0].Bytes != int64(len(file(t, "mor"))+len("cut short\n")) {
		t.Errorf("progress %+v, want one step over all rows and bytes", steps)
	}
	e := h.one("annals")
	if want := "Import finished: mor.csv, 40 accepted, 0 duplicates, 1 rejected"; e.Type != "annals.import_finished" || e.Description != want || e.Actor.Name != "Ana" {
		t.Errorf("%s by %s: %q, want annals.import_finished by Ana: %q", e.Type, e.Actor.Name, e.Description, want)
	}
}

func TestEveryObjectHasItsStub(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.load("mor", file(t, "mor"), nil)
	refs := map[string]int64{}
	for _, e := range h.events("mor") {
		for _, o := range []*audit.Object{e.Object, e.LinkedTo} {
			if o == nil || o.ID == "" {
				continue
			}
			name := o.Kind + " " + o.ID
			if before, seen := refs[name]; o.Ref == 0 || seen && before != o.Ref {
				t.Errorf("%s of event %d has page %d, before %d", name, e.ID, o.Ref, before)
			}
			refs[name] = o.Ref
		}
	}
	if n := len(h.column("SELECT id::text FROM objects")); n != len(refs) || n < 15 {
		t.Errorf("%d stubs for %d objects", n, len(refs))
	}
}

func (h *house) scope() tenant.Scope { return tenant.Of(h.root) }

// brokenAfter reads a text and then fails.
func brokenAfter(text string, err error) io.Reader {
	return io.MultiReader(strings.NewReader(text), iotest.ErrReader(err))
}

// Whatever happens to a file on its way, no row of it stops the others: our excerpts, damaged at random.
func TestDamagedFilesAreImported(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	imports := 0
	rapid.Check(t, func(t *rapid.T) {
		system := rapid.SampledFrom(systems).Draw(t, "system")
		text := file(h, system)
		for range rapid.IntRange(1, 5).Draw(t, "damages") {
			from := rapid.IntRange(strings.IndexByte(text, '\n')+1, len(text)).Draw(t, "from")
			to := min(len(text), from+rapid.SampledFrom([]int{0, 0, 1, 2, 50}).Draw(t, "length"))
			text = text[:from] + rapid.SampledFrom([]string{"", `"`, ",", "\n", "\x00", "\xFF", `\u0000`, `\`, "{", "}", "]", "'", ":", "=", strings.Repeat("x", 70_000)}).Draw(t, "with") + text[to:]
		}
		imports++
		change := func(o *importer.Options) { o.Source, o.CreateTenants = fmt.Sprint("damaged ", imports), true }
		first, _, err := h.try(system, text, change)
		if err != nil {
			t.Fatalf("%s: %v", system, err)
		}
		again, _, err := h.try(system, text, change)
		if want := (importer.Result{Read: first.Read, Duplicates: first.Accepted + first.Duplicates, Rejected: first.Rejected}); err != nil || again != want {
			t.Fatalf("%s again: %+v, %v; want %+v", system, again, err, want)
		}
	})
}
