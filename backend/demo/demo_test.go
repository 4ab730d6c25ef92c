package demo

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"annals/backend/access"
	"annals/backend/audit"
	"annals/backend/auth"
	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/dbtest"
	"annals/backend/fault"
	"annals/backend/ledger"
	"annals/backend/mail"
	"annals/backend/tenant"
	"annals/backend/user"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// house is an empty database with all that Load needs.
type house struct {
	testing.TB
	db    *db.DB
	owner *sql.DB
	log   *audit.Log
	auth  *auth.Service
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{TB: t}
	h.db, h.owner = dbtest.NewWithOwner(t)
	c, err := catalog.Load("")
	if err != nil {
		t.Fatalf("load catalogue: %v", err)
	}
	keys, err := auth.DeriveKeys([]byte("a secret of at least thirty-two bytes"))
	if err != nil {
		t.Fatalf("derive keys: %v", err)
	}
	mailer, err := mail.New(mail.Options{Dir: t.TempDir(), PublicURL: "http://portal.example", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("make mailer: %v", err)
	}
	t.Cleanup(func() {
		if err := mailer.Close(context.Background()); err != nil {
			t.Errorf("close mailer: %v", err)
		}
	})
	h.log = audit.NewLog(h.db, c, keys.Fingerprint)
	h.auth = auth.New(h.db, h.log, keys, mailer)
	return h
}

func (h *house) load(now time.Time) {
	h.Helper()
	if err := load(h.Context(), h.db, h.log, h.auth, now); err != nil {
		h.Fatalf("load: %v", err)
	}
	h.seal()
}

func (h *house) seal() {
	h.Helper()
	if _, err := ledger.NewSealer(h.db).Drain(h.Context()); err != nil {
		h.Fatalf("seal: %v", err)
	}
}

// texts runs a query as the owner and returns its one column.
func (h *house) texts(query string, args ...any) []string {
	h.Helper()
	rows, err := h.owner.QueryContext(h.Context(), query, args...)
	if err != nil {
		h.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			h.Fatalf("%s: %v", query, err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		h.Fatalf("%s: %v", query, err)
	}
	return out
}

func (h *house) number(query string, args ...any) int {
	h.Helper()
	var n int
	if err := h.owner.QueryRowContext(h.Context(), query, args...).Scan(&n); err != nil {
		h.Fatalf("%s: %v", query, err)
	}
	return n
}

// everything is the whole log but for what differs between two loads: ids, the entries that the
// imports make about themselves, and when the load itself set something up.
func (h *house) everything() []string {
	return h.texts(`SELECT concat_ws('|', CASE WHEN actor_name <> 'annals demo' THEN occurred_at END, system, external_id, type, outcome, actor_name, object_kind, object_name, description, sales_org_name, dealer_name, reseller_name, user_name, data, changes)
		FROM events WHERE type <> 'annals.import_finished' ORDER BY 1`)
}

// noon is a Thursday at midday in Lisbon, with the clocks put back in the six weeks before.
var noon = time.Date(2026, 11, 19, 12, 0, 30, 0, time.UTC)

func TestLoadMakesAnInterestingLogOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.load(time.Now())
	before := h.everything()
	if len(before) < 3000 || len(before) > 9000 {
		t.Errorf("the demo has %d entries, want a few thousand", len(before))
	}
	h.db.OnCommit(func() { t.Error("the second load writes something") })
	h.load(time.Now().Add(time.Hour))
	if after := h.everything(); !slices.Equal(before, after) {
		t.Errorf("the second load made %d entries of %d", len(after), len(before))
	}
	for _, x := range []struct {
		column string
		want   []string
	}{
		{"system", []string{"alternet", "annals", "mor", "safe", "sbc", "sippy"}},
		{"state", []string{"", "activation", "creation", "deletion", "exceedance", "expiration", "increase", "modification", "quota_reset", "renewal"}},
		{"activity", []string{"administrative", "system", "user"}},
		{"outcome", []string{"failure", "success"}},
	} {
		if got := h.texts("SELECT DISTINCT " + x.column + " FROM events ORDER BY 1"); !slices.Equal(got, x.want) {
			t.Errorf("%s has the values %q, want %q", x.column, got, x.want)
		}
	}
	for _, system := range []string{"alternet", "annals", "mor", "safe", "sbc", "sippy"} {
		n := h.number("SELECT count(*) FROM events WHERE system = $1 AND occurred_at BETWEEN now() - interval '1 hour' AND now() AND type <> 'annals.import_finished'", system)
		if n < 2 {
			t.Errorf("%s has %d entries of the last hour, want 2 or more", system, n)
		}
		weeks := h.number("SELECT count(DISTINCT floor(extract(epoch FROM now() - occurred_at) / 604800)) FROM events WHERE system = $1", system)
		if weeks < 6 {
			t.Errorf("%s has entries in %d weeks, want 6", system, weeks)
		}
	}
	if n := h.number("SELECT count(*) FROM events WHERE occurred_at > now()"); n != 0 {
		t.Errorf("%d entries are of the future", n)
	}
	if n := h.number("SELECT count(*) FROM (SELECT object_ref FROM events WHERE object_ref IS NOT NULL AND system <> 'annals' GROUP BY 1 HAVING count(*) >= 5) busy"); n < 100 {
		t.Errorf("%d objects have a timeline of 5 entries or more, want 100", n)
	}
	if got := h.texts("SELECT DISTINCT type FROM events WHERE type LIKE '%.unknown' ORDER BY 1"); !slices.Equal(got, []string{"alternet.unknown", "mor.unknown", "safe.unknown", "sippy.unknown"}) {
		t.Errorf("unknown entries are %q", got)
	}
}

func TestNoSecretIsStored(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.load(noon)
	secret := `(Lisboa|hunter|Winter|quayside|tr0mbone|Benfica)[0-9]{2,4}`
	files := 0
	for _, f := range exports(noon) {
		files += strings.Count(string(f.text), "hunter")
	}
	if files == 0 {
		t.Error("the exports have no secrets in them, so this test shows nothing")
	}
	if got := h.texts("SELECT e::text FROM events e WHERE e::text ~ $1 LIMIT 3", secret); len(got) > 0 {
		t.Errorf("secrets are in the log: %q", got)
	}
	if got := h.texts("SELECT o::text FROM objects o WHERE o::text ~ $1 LIMIT 3", secret); len(got) > 0 {
		t.Errorf("secrets are in objects: %q", got)
	}
	if n := h.number("SELECT count(*) FROM events WHERE changes::text ~ 'changed \\([0-9a-f]{8}\\)'"); n == 0 {
		t.Error("no entry has the fingerprint of a secret")
	}
}

// TestEveryAccountSeesItsPartOnly compares what each account finds with what the columns say.
func TestEveryAccountSeesItsPartOnly(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.load(time.Now())
	total := h.number("SELECT count(*) FROM events")
	for account, mine := range map[string]string{
		"root":     "TRUE",
		"org":      "sales_org_name = 'Northwind Telecom'",
		"auditor":  "sales_org_name = 'Northwind Telecom'",
		"dealer":   "dealer_name = 'Harbor Dealers'",
		"reseller": "reseller_name = 'Quay Phones'",
		"user":     "user_name = 'julia.meyer'",
		"rival":    "sales_org_name = 'Meridian Networks'",
	} {
		u := h.find(account)
		want := h.number("SELECT count(*) FROM events WHERE " + mine)
		got := 0
		err := h.log.Export(t.Context(), u.Scope(), audit.Filter{}, func(audit.Event) error { got++; return nil })
		if err != nil {
			t.Fatalf("export as %s: %v", account, err)
		}
		if got != want || got < 30 || (account != "root" && got > total*2/3) {
			t.Errorf("%s sees %d of %d entries, want the %d where %s", account, got, total, want, mine)
		}
	}
	failed := h.number("SELECT count(*) FROM events WHERE user_name = 'julia.meyer' AND class = 'auth.failure'")
	agents := h.number("SELECT count(DISTINCT user_agent) FROM events WHERE user_name = 'julia.meyer' AND class = 'auth.login'")
	if failed < 5 || agents < 3 {
		t.Errorf("the end user has %d failed sign-ins and %d devices, want some of both", failed, agents)
	}
}

func (h *house) find(account string) user.Listed {
	h.Helper()
	var u user.Listed
	err := h.db.Read(h.Context(), db.Auth, func(tx *db.Tx) (err error) {
		u, err = user.FindByEmail(tx, account+domain)
		return err
	})
	if err != nil {
		h.Fatalf("find %s: %v", account, err)
	}
	return u
}

func TestEveryAccountCanSignIn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.load(noon)
	type place struct {
		path, status string
		role         access.Role
		level        tenant.Level
	}
	const harbor = "/Northwind Telecom/Harbor Dealers"
	want := map[string]place{
		"root":     {"/", auth.StatusMFASetup, access.Admin, tenant.Root},
		"org":      {"/Northwind Telecom", auth.StatusOK, access.Admin, tenant.SalesOrg},
		"dealer":   {harbor, auth.StatusOK, access.Admin, tenant.Dealer},
		"reseller": {harbor + "/Quay Phones", auth.StatusOK, access.Admin, tenant.Reseller},
		"user":     {harbor + "/Quay Phones", auth.StatusOK, access.User, tenant.User},
		"auditor":  {"/Northwind Telecom", auth.StatusOK, access.Auditor, tenant.SalesOrg},
		"rival":    {"/Meridian Networks", auth.StatusOK, access.Admin, tenant.SalesOrg},
	}
	greeting := Greeting()
	for account, want := range want {
		answer, err := h.auth.Login(t.Context(), auth.Client{IP: netip.MustParseAddr("127.0.0.1")}, account+domain, "annals-demo-2026")
		if err != nil {
			t.Errorf("sign in as %s: %v", account, err)
			continue
		}
		u := h.find(account)
		if got := (place{u.TenantPath, answer.Status, u.Role, u.Level()}); got != want {
			t.Errorf("%s signs in to %+v, want %+v", account, got, want)
		}
		if !strings.Contains(greeting, account+"@demo.annals.example") {
			t.Errorf("the greeting doesn't name %s", account)
		}
	}
	if !strings.Contains(greeting, "annals-demo-2026") || !strings.Contains(greeting, "TOTP") {
		t.Errorf("the greeting leaves out the password or the second factor: %s", greeting)
	}
	for _, state := range []string{user.Pending, user.Active, user.Locked, user.Deleted} {
		if n := h.number("SELECT count(*) FROM users WHERE state = $1", state); n == 0 {
			t.Errorf("nobody is %s", state)
		}
	}
}

// TestAKilledLoadGoesOn stops the load after one of its transactions, and starts it again later.
func TestAKilledLoadGoesOn(t *testing.T) {
	t.Parallel()
	whole := newHouse(t)
	transactions := 0
	whole.db.OnCommit(func() { transactions++ })
	whole.load(noon)
	want := whole.everything()
	for _, after := range []int{1, transactions / 2, transactions - 1} {
		t.Run(fmt.Sprintf("%d of %d", after, transactions), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			ctx, kill := context.WithCancel(t.Context())
			left := after
			h.db.OnCommit(func() {
				if left--; left == 0 {
					kill()
				}
			})
			if err := load(ctx, h.db, h.log, h.auth, noon); err == nil {
				t.Fatal("the load that was killed says that it is done")
			}
			h.load(noon.Add(26 * time.Hour))
			got := h.everything()
			if !slices.Equal(got, want) {
				t.Errorf("there are %d entries, want the same %d as without the kill; first difference: %s", len(got), len(want), difference(got, want))
			}
		})
	}
}

func difference(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return "got " + got[i] + ", want " + want[i]
		}
	}
	return "one is longer"
}

func TestADatabaseInUseIsRefused(t *testing.T) {
	t.Parallel()
	for name, use := range map[string]string{
		"a person":        "INSERT INTO users (tenant_id, email, name, role) SELECT id, 'ana@example.com', 'Ana', 'admin' FROM tenants WHERE level = 'root'",
		"an organization": "INSERT INTO tenants (parent_id, level, name, path) SELECT id, 'sales_org', 'Acme', '/Acme' FROM tenants WHERE level = 'root'",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			dbtest.Arrange(t, h.owner)
			if _, err := h.owner.ExecContext(t.Context(), use); err != nil {
				t.Fatalf("prepare: %v", err)
			}
			count := func() []int {
				return []int{h.number("SELECT count(*) FROM users"), h.number("SELECT count(*) FROM tenants"), h.number("SELECT count(*) FROM event_keys")}
			}
			before := count()
			if err := Load(t.Context(), h.db, h.log, h.auth); !fault.Is(err, fault.Conflict) {
				t.Errorf("load into a database with %s: %v, want a conflict", name, err)
			}
			if after := count(); !slices.Equal(after, before) {
				t.Errorf("there are %v users, tenants and entries, want %v as before", after, before)
			}
		})
	}
}

// TestACompleteDemoIsLeftAlone: whoever tries it out adds people and renames accounts.
func TestACompleteDemoIsLeftAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.load(noon)
	dbtest.Arrange(t, h.owner)
	for _, use := range []string{
		"INSERT INTO users (tenant_id, email, name, role) SELECT id, 'ana@example.com', 'Ana', 'admin' FROM tenants WHERE level = 'root'",
		"UPDATE users SET email = 'somebody@example.com' WHERE email = 'root@demo.annals.example'",
		"UPDATE tenants SET name = 'Quay', path = replace(path, 'Quay Phones', 'Quay') WHERE name = 'Quay Phones'",
	} {
		if _, err := h.owner.ExecContext(t.Context(), use); err != nil {
			t.Fatalf("%s: %v", use, err)
		}
	}
	before := h.everything()
	h.load(time.Now())
	if after := h.everything(); !slices.Equal(after, before) {
		t.Errorf("there are %d entries, want %d as before", len(after), len(before))
	}
}

// stamp finds the times in an export of any system.
var stamp = regexp.MustCompile(`(\d{4}-\d\d-\d\d)(?:[ T]|",\s*"activityTime": ")(\d\d:\d\d:\d\d)`)

// TestExportsEndNow looks at them at all hours of the week, in summer and in winter.
func TestExportsEndNow(t *testing.T) {
	t.Parallel()
	for i := range 12 {
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * 677 * time.Hour)
		for _, f := range exports(now) {
			oldest, newest := now, time.Time{}
			for _, found := range stamp.FindAllSubmatch(f.text, -1) {
				at, err := time.Parse(time.DateTime, string(found[1])+" "+string(found[2]))
				if err != nil {
					t.Fatalf("%s has a time that isn't one: %v", f.name, err)
				}
				if at.Before(oldest) {
					oldest = at
				}
				if at.After(newest) {
					newest = at
				}
			}
			if newest.After(now) || newest.Before(now.Add(-time.Hour)) || oldest.Before(now.Add(-span-time.Minute)) || oldest.After(now.Add(7*24*time.Hour-span)) {
				t.Errorf("at %s the entries of %s are from %s to %s, want six weeks up to now", now, f.name, oldest, newest)
			}
		}
	}
}

func TestExportsAreTheSameEachTime(t *testing.T) {
	t.Parallel()
	again := exports(noon)
	for i, f := range exports(noon) {
		if !bytes.Equal(f.text, again[i].text) {
			t.Errorf("%s is another one when it is made again", f.name)
		}
	}
}

// BenchmarkLoad is the first start's; 3 s are allowed.
func BenchmarkLoad(b *testing.B) {
	var took time.Duration
	n := 0
	for ; b.Loop(); n++ {
		h := newHouse(b)
		start := time.Now()
		if err := Load(b.Context(), h.db, h.log, h.auth); err != nil {
			b.Fatalf("load: %v", err)
		}
		took += time.Since(start)
	}
	b.ReportMetric(took.Seconds()/float64(n), "load-s/op")
	b.ReportMetric(3, "limit-s/op")
}
