package audit_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"annals/backend/audit"
	"annals/backend/db"
	"annals/backend/tenant"
)

// node is a tenant of the generated tree with its ancestors, itself included, as the model keeps them.
type node struct {
	tenant.Tenant
	chain []int64
	users []int64
}

// modelled is an event as the naive model knows it: whose it is and who did it, in plain Go.
type modelled struct {
	audit.Event
	chain []int64 // the tenants that it belongs to, from the top, root left out
	user  int64
}

// seesModel is the rule of DESIGN.md in the simplest words.
func seesModel(s tenant.Scope, e modelled) bool {
	switch s.Level {
	case tenant.Root:
		return true
	case tenant.User:
		return e.user == s.ID
	}
	return slices.Contains(e.chain, s.ID)
}

// knowsModel: nobody looks up.
func knowsModel(s tenant.Scope, e modelled) bool {
	return slices.Index(tenant.Levels(), tenant.Level(e.Actor.Level)) >= slices.Index(tenant.Levels(), s.Level)
}

type world struct {
	log    *audit.Log
	db     *db.DB
	scopes []tenant.Scope
	events []modelled
}

// generate makes a random channel with people in it and a log of what they did to whom.
func generate(t *testing.T, seed uint64) (*world, func(string)) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 1))
	l, d, owner := newLog(t)
	w := &world{log: l, db: d}
	nodes := []node{{Tenant: root(t, d)}}
	userID := int64(1000)
	write(t, d, func(tx *db.Tx) error {
		for i := range 30 {
			parent := nodes[rnd.IntN(len(nodes))]
			if parent.Level == tenant.Reseller {
				continue
			}
			c, err := tenant.Create(tx, parent.Tenant, fmt.Sprintf("T%d", i))
			if err != nil {
				return err
			}
			nodes = append(nodes, node{Tenant: c, chain: append(slices.Clone(parent.chain), c.ID)})
		}
		return nil
	})
	for i := range nodes {
		w.scopes = append(w.scopes, tenant.Of(nodes[i].Tenant))
		for range 2 {
			userID++
			nodes[i].users = append(nodes[i].users, userID)
			w.scopes = append(w.scopes, tenant.OfPerson(userID, nodes[i].ID))
		}
	}
	base := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	types := []string{"annals.AUTH_OK", "mor.login", "sbc.unknown", "sippy.AUTH_OK", "safe.unknown"}
	var events []audit.Event
	for i := range 400 {
		about, by := nodes[rnd.IntN(len(nodes))], nodes[rnd.IntN(len(nodes))]
		level := string(by.Level)
		if rnd.IntN(4) == 0 {
			level = string(tenant.User)
		}
		e := audit.Event{Type: types[rnd.IntN(len(types))], EventID: uuid.Must(uuid.NewV7()),
			// Few distinct times, over several months, so that equal ones and partition borders occur.
			OccurredAt: base.Add(time.Duration(rnd.IntN(40)) * 36 * time.Hour),
			Actor:      audit.Actor{Kind: "user", Name: fmt.Sprintf("actor-%d", rnd.IntN(30)), Level: level, UserID: by.users[rnd.IntN(2)]},
			IP:         netip.AddrFrom4([4]byte{198, 51, 100, byte(rnd.IntN(8))}), Node: fmt.Sprintf("node-%d", rnd.IntN(3)), SessionID: fmt.Sprint(rnd.IntN(9)),
			Object: &audit.Object{Kind: "annals.user", ID: fmt.Sprint(i % 17), Name: fmt.Sprintf("Object_%d%%", i%17), Ref: int64(1 + i%17)}}
		if rnd.IntN(3) == 0 {
			e.LinkedTo = &audit.Object{Kind: "annals.user", ID: "x", Name: "linked", Ref: int64(1 + rnd.IntN(17))}
		}
		if rnd.IntN(3) == 0 {
			e.Subject = &audit.Person{ID: about.users[rnd.IntN(2)], Name: "subject"}
		}
		e.Belongs(about.Tenant)
		user := e.Actor.UserID
		if e.Subject != nil {
			user = e.Subject.ID
		}
		w.events = append(w.events, modelled{Event: e, chain: about.chain, user: user})
		events = append(events, e)
	}
	write(t, d, func(tx *db.Tx) error {
		for i, e := range events {
			e, err := l.Record(tx, e)
			if err != nil {
				return err
			}
			w.events[i].Description = e.Description
		}
		return nil
	})
	seal(t, d)
	for i := range w.events {
		w.events[i].ID = int64(i + 1) // sealed in the order of the inbox
	}
	return w, func(statement string) {
		if _, err := owner.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

// model answers a search in plain Go.
func (w *world) model(s tenant.Scope, f audit.Filter, o audit.Order) []int64 {
	var found []modelled
	for _, e := range w.events {
		known := knowsModel(s, e)
		switch {
		case !seesModel(s, e),
			!f.From.IsZero() && e.OccurredAt.Before(f.From), !f.To.IsZero() && !e.OccurredAt.Before(f.To),
			f.Actor != "" && !(known && strings.Contains(e.Actor.Name, f.Actor)),
			f.IP != "" && !(known && e.IP.String() == f.IP),
			f.Node != "" && !(known && e.Node == f.Node),
			f.SessionID != "" && !(known && e.SessionID == f.SessionID),
			f.UserID != 0 && (e.Subject == nil || e.Subject.ID != f.UserID) && !(known && e.Actor.UserID == f.UserID),
			f.Object != "" && !strings.Contains(strings.ToLower(e.Object.Name), strings.ToLower(f.Object)),
			len(f.System) > 0 && !slices.ContainsFunc(f.System, func(x string) bool { return strings.HasPrefix(e.Type, x+".") }),
			f.ObjectRef != 0 && e.Object.Ref != f.ObjectRef && (e.LinkedTo == nil || e.LinkedTo.Ref != f.ObjectRef),
			f.IDAfter != 0 && e.ID <= f.IDAfter:
			continue
		}
		if f.Q != "" {
			text := strings.ToLower(e.Description + "\n" + e.Object.Name + "\n" + e.Type)
			if known {
				text += "\n" + e.Actor.Name + "\n" + e.IP.String()
			}
			if !strings.Contains(text, strings.ToLower(f.Q)) {
				continue
			}
		}
		found = append(found, e)
	}
	slices.SortFunc(found, func(a, b modelled) int {
		if o == audit.ByID {
			return cmp.Compare(a.ID, b.ID)
		}
		c := cmp.Or(a.OccurredAt.Compare(b.OccurredAt), cmp.Compare(a.ID, b.ID))
		if o == audit.Newest {
			return -c
		}
		return c
	})
	ids := make([]int64, len(found))
	for i, e := range found {
		ids[i] = e.ID
	}
	return ids
}

// drawFilter draws a filter that finds something now and then.
func drawFilter(t *rapid.T) (f audit.Filter) {
	base := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	draw := func(name string, set func()) {
		if rapid.IntRange(0, 5).Draw(t, name) == 0 {
			set()
		}
	}
	draw("from", func() { f.From = base.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "day")) * 24 * time.Hour) })
	draw("to", func() { f.To = base.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "day")) * 24 * time.Hour) })
	draw("actor", func() { f.Actor = rapid.SampledFrom([]string{"actor-1", "actor-22", "ctor", "nobody"}).Draw(t, "a") })
	draw("ip", func() { f.IP = fmt.Sprintf("198.51.100.%d", rapid.IntRange(0, 9).Draw(t, "i")) })
	draw("node", func() { f.Node = "node-1" })
	draw("session", func() { f.SessionID = "3" })
	draw("user", func() { f.UserID = rapid.Int64Range(1001, 1012).Draw(t, "u") })
	draw("object", func() { f.Object = rapid.SampledFrom([]string{"object_1", "_1%", "%", "OBJECT", `\`}).Draw(t, "o") })
	draw("timeline", func() { f.ObjectKind, f.ObjectRef = "annals.user", rapid.Int64Range(1, 18).Draw(t, "ref") })
	draw("system", func() { f.System = []string{"mor", "sippy"} })
	draw("q", func() {
		f.Q = rapid.SampledFrom([]string{"actor-1", "198.51.100.3", "object_16%", "auth_ok", "sign", "%", "no such"}).Draw(t, "q")
	})
	draw("after", func() { f.IDAfter = rapid.Int64Range(1, 400).Draw(t, "id") })
	return f
}

// check compares every way to read the log with the model: pages in each order by cursor, totals,
// exports, single entries, facets, and what is shown of an actor.
func (w *world) check(t *rapid.T) {
	ctx := t.Context()
	s := rapid.SampledFrom(w.scopes).Draw(t, "scope")
	f := drawFilter(t)
	o := rapid.SampledFrom([]audit.Order{audit.Newest, audit.Oldest, audit.ByID}).Draw(t, "order")
	want := w.model(s, f, o)
	var got []int64
	p := audit.Paging{Order: o, Limit: rapid.IntRange(1, 60).Draw(t, "limit"), Total: true}
	for {
		page, err := w.log.Search(ctx, s, f, p)
		if err != nil {
			t.Fatal(err)
		}
		if page.Total.Value != int64(len(want)) {
			t.Fatalf("%+v sees a total of %d, want %d", s, page.Total.Value, len(want))
		}
		for _, e := range page.Items {
			got = append(got, e.ID)
			w.checkHidden(t, s, e)
		}
		if page.Next == nil {
			break
		}
		p.Cursor = *page.Next
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%+v with %+v in order %s got %v, want %v", s, f, o, got, want)
	}
	var exported []int64
	if err := w.log.Export(ctx, s, f, func(e audit.Event) error {
		exported = append(exported, e.ID)
		w.checkHidden(t, s, e)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if want := w.model(s, f, audit.Oldest); !slices.Equal(exported, want) {
		t.Fatalf("%+v exports %v, want %v", s, exported, want)
	}
	e := rapid.SampledFrom(w.events).Draw(t, "event")
	if _, err := w.log.Find(ctx, s, e.ID); (err == nil) != seesModel(s, e) {
		t.Fatalf("%+v finds event %d: %v", s, e.ID, err)
	}
	if _, err := w.log.FindByEventID(ctx, s, e.EventID); (err == nil) != seesModel(s, e) {
		t.Fatalf("%+v finds event %s: %v", s, e.EventID, err)
	}
	facets, err := w.log.Facets(ctx, s, f, "actor", "", 100)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]int64{}
	for _, id := range want {
		if e := w.events[id-1]; knowsModel(s, e) {
			names[e.Actor.Name]++
		}
	}
	if len(facets.Items) != len(names) {
		t.Fatalf("%+v sees %d actors, want %d", s, len(facets.Items), len(names))
	}
	for _, x := range facets.Items {
		if names[x.Value] != x.Count {
			t.Fatalf("%+v counts %s %d times, want %d", s, x.Value, x.Count, names[x.Value])
		}
	}
}

func (w *world) checkHidden(t *rapid.T, s tenant.Scope, e audit.Event) {
	m := w.events[e.ID-1]
	if knowsModel(s, m) {
		if e.Actor.Name != m.Actor.Name || e.IP != m.IP {
			t.Fatalf("%+v should know who did event %d", s, e.ID)
		}
		return
	}
	if !e.Actor.Hidden || e.Actor.UserID != 0 || e.IP.IsValid() || e.Node != "" || e.SessionID != "" || strings.Contains(fmt.Sprintf("%+v", e), m.Actor.Name) {
		t.Fatalf("%+v learns who did event %d: %+v", s, e.ID, e)
	}
}

func TestBothWallsTogether(t *testing.T) {
	t.Parallel()
	w, _ := generate(t, 1)
	rapid.Check(t, w.check)
}

// Row-level security is off: the query layer alone must hold.
func TestFirstWallAlone(t *testing.T) {
	t.Parallel()
	w, owner := generate(t, 2)
	owner("ALTER TABLE events DISABLE ROW LEVEL SECURITY")
	rapid.Check(t, w.check)
}

// Statements name no scope: row-level security alone must hold.
func TestSecondWallAlone(t *testing.T) {
	t.Parallel()
	w, _ := generate(t, 3)
	for _, s := range w.scopes {
		var got []int64
		if err := w.db.Read(t.Context(), s.Wall(), func(tx *db.Tx) error {
			return tx.Raw("SELECT id FROM events ORDER BY id").Scan(&got).Error
		}); err != nil {
			t.Fatal(err)
		}
		if want := w.model(s, audit.Filter{}, audit.ByID); !slices.Equal(got, want) {
			t.Errorf("%+v: row-level security shows %v, want %v", s, got, want)
		}
	}
}

func TestTheZeroScopeSeesNothing(t *testing.T) {
	t.Parallel()
	w, _ := generate(t, 4)
	for _, s := range []tenant.Scope{{}, {Level: tenant.Root}, {Level: "admin", ID: 1}, {Level: tenant.Dealer}} {
		if p, err := w.log.Search(t.Context(), s, audit.Filter{}, audit.Paging{Order: audit.Newest, Limit: 10}); err == nil && len(p.Items) > 0 {
			t.Errorf("%+v sees %d events", s, len(p.Items))
		}
	}
	// The runtime's login, without a role taken, can't read at all; and no scope can write or change.
	err := w.db.Read(t.Context(), db.Wall{Role: "annals_app"}, func(tx *db.Tx) error { return tx.Exec("SELECT FROM events").Error })
	if err == nil {
		t.Error("the runtime's own role reads events")
	}
	for _, statement := range []string{"UPDATE events SET description = ''", "DELETE FROM events", "TRUNCATE events", "INSERT INTO events SELECT * FROM events",
		"SELECT * FROM credentials", "SELECT * FROM event_inbox", "SET ROLE postgres", "ALTER TABLE events DISABLE ROW LEVEL SECURITY", "SELECT * FROM events_202609"} {
		for _, s := range []tenant.Scope{w.scopes[0], w.scopes[3], w.scopes[4]} {
			if err := w.db.Write(t.Context(), s.Wall(), func(tx *db.Tx) error { return tx.Exec(statement).Error }); err == nil {
				t.Errorf("%s may %s", s.Level, statement)
			}
		}
	}
}
