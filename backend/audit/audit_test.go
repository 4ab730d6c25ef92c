package audit_test

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"annals/backend/audit"
	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/dbtest"
	"annals/backend/ledger"
	"annals/backend/tenant"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// newLog opens a database of the test's own, with the catalogue that ships.
func newLog(t testing.TB) (*audit.Log, *db.DB, *sql.DB) {
	t.Helper()
	d, owner := dbtest.NewWithOwner(t)
	dbtest.Arrange(t, owner)
	c, err := catalog.Load("")
	if err != nil {
		t.Fatal(err)
	}
	return audit.NewLog(d, c, []byte("a key of the tests")), d, owner
}

func root(t testing.TB, d *db.DB) (found tenant.Tenant) {
	t.Helper()
	if err := d.Read(t.Context(), db.Auth, func(tx *db.Tx) (err error) {
		found, err = tenant.FindRoot(tx)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return found
}

// write runs fn as root.
func write(t testing.TB, d *db.DB, fn func(*db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), tenant.Of(root(t, d)).Wall(), fn); err != nil {
		t.Fatal(err)
	}
}

func record(t testing.TB, l *audit.Log, d *db.DB, events ...audit.Event) {
	t.Helper()
	write(t, d, func(tx *db.Tx) error {
		for _, e := range events {
			if _, err := l.Record(tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	seal(t, d)
}

func seal(t testing.TB, d *db.DB) {
	t.Helper()
	if _, err := ledger.NewSealer(d).Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func search(t testing.TB, l *audit.Log, s tenant.Scope, f audit.Filter) []audit.Event {
	t.Helper()
	p, err := l.Search(t.Context(), s, f, audit.Paging{Order: audit.ByID, Limit: audit.MaxLimit, Total: true})
	if err != nil {
		t.Fatal(err)
	}
	if p.Total.Value != int64(len(p.Items)) {
		t.Errorf("total %d, but %d items", p.Total.Value, len(p.Items))
	}
	return p.Items
}

func TestRecordedEventIsReadBackWhole(t *testing.T) {
	t.Parallel()
	l, d, _ := newLog(t)
	top := tenant.Of(root(t, d))
	at := time.Date(2026, 10, 25, 1, 30, 0, 123456000, time.UTC) // the hour that daylight saving repeats
	want := audit.Event{Type: "mor.user_tariff_changed", Source: "mor-eu-1", ExternalID: "7033", OccurredAt: at, Code: "code",
		Actor:      audit.Actor{Kind: "user", ID: "13", Name: "goran.ilic", Level: "dealer"},
		OnBehalfOf: &audit.Actor{Kind: "user", ID: "14", Name: "ana", Level: "dealer"},
		Object:     &audit.Object{Kind: "mor.user", ID: "3", Name: "3", Revision: "7"}, LinkedTo: &audit.Object{Kind: "mor.tariff", ID: "9", Name: "Retail"},
		Subject: &audit.Person{Name: "user 3"}, Customer: "C1", Changes: []audit.Change{{Field: "tariff", Old: "Retail EU", New: "Retail World"}},
		Data: []audit.Datum{{Label: "note", Value: "a\u00e4\U0001F600"}}, Reason: "Contract renewal", Commentary: "line 1\nline 2", Node: "node-4", UserAgent: "curl",
		SessionID: "s", RequestID: "r", UsedAPI: true, FromProvider: true, ExpertMode: true,
		ImportFile: &audit.FileLine{ID: "B12", Line: 43}, CDRFile: &audit.FileLine{ID: "CDR9", Line: 7}, Original: []byte(`{"b":1,  "a":2}`)}
	record(t, l, d, want)
	items := search(t, l, top, audit.Filter{})
	if len(items) != 1 {
		t.Fatalf("got %d events, want 1", len(items))
	}
	got, err := l.Find(t.Context(), top, items[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.ID != 1 || got.Seq != 1 || !got.OccurredAt.Equal(at) || got.System != "mor" || got.Description == "" || got.Class == "" {
		t.Errorf("filled in: %+v", got)
	}
	for name, pair := range map[string][2]any{
		"actor": {got.Actor, want.Actor}, "behalf": {*got.OnBehalfOf, *want.OnBehalfOf}, "object": {*got.Object, *want.Object}, "linked": {*got.LinkedTo, *want.LinkedTo},
		"changes": {fmt.Sprint(got.Changes), fmt.Sprint(want.Changes)}, "data": {fmt.Sprint(got.Data), fmt.Sprint(want.Data)}, "commentary": {got.Commentary, want.Commentary},
		"import file": {*got.ImportFile, *want.ImportFile}, "cdr file": {*got.CDRFile, *want.CDRFile}, "original, byte for byte": {string(got.Original), string(want.Original)},
		"flags": {[]bool{got.UsedAPI, got.FromProvider, got.ExpertMode}[2], true}, "reason": {got.Reason, want.Reason}, "node": {got.Node, want.Node},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: got %v, want %v", name, pair[0], pair[1])
		}
	}
	byUUID, err := l.FindByEventID(t.Context(), top, got.EventID)
	if err != nil || byUUID.ID != got.ID {
		t.Errorf("by event id: %v, %v", byUUID.ID, err)
	}
}

func TestNoEventWithoutItsTransaction(t *testing.T) {
	t.Parallel()
	l, d, _ := newLog(t)
	top := tenant.Of(root(t, d))
	stop := errors.New("the business change failed")
	err := d.Write(t.Context(), top.Wall(), func(tx *db.Tx) error {
		if _, err := l.Record(tx, audit.System("test").Event("settings_updated")); err != nil {
			return err
		}
		return stop
	})
	if !errors.Is(err, stop) {
		t.Fatalf("got %v", err)
	}
	seal(t, d)
	if got := search(t, l, top, audit.Filter{}); len(got) != 0 {
		t.Errorf("got %d events of a transaction that was rolled back", len(got))
	}
}

func TestRetryIsADuplicateAndOtherContentIsRejected(t *testing.T) {
	t.Parallel()
	l, d, _ := newLog(t)
	event := func(id, name string) audit.Event {
		return audit.Event{Type: "mor.login", Source: "m", ExternalID: id, OccurredAt: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), Actor: audit.Actor{Kind: "user", Name: name, Level: "root"}}
	}
	ingest := func(events ...audit.Event) (r audit.Result) {
		write(t, d, func(tx *db.Tx) (err error) {
			r, err = l.Ingest(tx, events)
			return err
		})
		return r
	}
	if r := ingest(event("1", "ann"), event("2", "bob"), event("1", "ann")); r.Accepted != 2 || r.Duplicates != 1 || len(r.Rejected) != 0 {
		t.Errorf("first: %+v", r)
	}
	if r := ingest(event("1", "ann"), event("2", "eve"), event("3", "cat")); r.Accepted != 1 || r.Duplicates != 1 || len(r.Rejected) != 1 || r.Rejected[0].Index != 1 {
		t.Errorf("again: %+v", r)
	}
	seal(t, d)
	if r := ingest(event("1", "ann")); r.Duplicates != 1 {
		t.Errorf("after the seal: %+v", r)
	}
	if got := search(t, l, tenant.Of(root(t, d)), audit.Filter{}); len(got) != 3 {
		t.Errorf("got %d events, want 3", len(got))
	}
	future := event("9", "ann")
	future.OccurredAt = time.Now().Add(48 * time.Hour)
	if r := ingest(future, event("10", "ann")); r.Accepted != 1 || len(r.Rejected) != 1 || r.Rejected[0].Location != "occurredAt" {
		t.Errorf("a bad event among good ones: %+v", r)
	}
}

func TestSecretsBecomeFingerprints(t *testing.T) {
	t.Parallel()
	l, d, owner := newLog(t)
	record(t, l, d, audit.Event{Type: "mor.device_pin_changed", Actor: audit.Actor{Kind: "user", Name: "ann", Level: "root"},
		Object: &audit.Object{Kind: "mor.device", ID: "30", Name: "30"}, Changes: []audit.Change{{Field: "pin", Old: "1234", New: "98761"}}, Code: "Udevices:i=1:pin=98761"})
	var whole string
	if err := owner.QueryRowContext(t.Context(), "SELECT string_agg(e::text, '') FROM events e").Scan(&whole); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"1234,", `"1234"`, "98761"} {
		if strings.Contains(whole, secret) {
			t.Errorf("%s is stored: %s", secret, whole)
		}
	}
	if a, b := l.Fingerprint("x"), l.Fingerprint(l.Fingerprint("x")); a != b || a == l.Fingerprint("y") || a == "x" {
		t.Errorf("fingerprints: %q %q", a, b)
	}
}

func TestUnknownTypeIsRefused(t *testing.T) {
	t.Parallel()
	l, d, _ := newLog(t)
	err := d.Write(t.Context(), tenant.Of(root(t, d)).Wall(), func(tx *db.Tx) error {
		_, err := l.Record(tx, audit.Event{Type: "mor.no_such_thing"})
		return err
	})
	if err == nil {
		t.Error("an event of an unknown type was recorded")
	}
}

func TestDerivedIDsDifferByOrganizationSourceAndID(t *testing.T) {
	t.Parallel()
	ids := []uuid.UUID{audit.DerivedID(1, "a", "b"), audit.DerivedID(2, "a", "b"), audit.DerivedID(1, "ab", ""), audit.DerivedID(1, "a", "c")}
	for i, id := range ids {
		if slices.Contains(ids[i+1:], id) {
			t.Errorf("id %d is not its own", i)
		}
	}
	if ids[0] != audit.DerivedID(1, "a", "b") {
		t.Error("the same entry has two ids")
	}
}
