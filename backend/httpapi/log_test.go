package httpapi_test

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"annals/backend/access"
	"annals/backend/audit"
	"annals/backend/auth"
	"annals/backend/db"
	"annals/backend/httpapi"
	"annals/backend/importer"
	"annals/backend/tenant"
	"annals/backend/user"
)

// record writes events as root and seals them.
func (h *house) record(events ...audit.Event) {
	h.t.Helper()
	h.must(h.db.Write(h.t.Context(), tenant.Of(h.tenants["root"]).Wall(), func(tx *db.Tx) error {
		for _, e := range events {
			if _, err := h.log.Record(tx, e); err != nil {
				return err
			}
		}
		return nil
	}))
	h.seal()
}

// login is an entry of MOR's at Harbor.
func (h *house) login(actor string, at time.Time) audit.Event {
	e := audit.Event{Type: "mor.login", Source: "mor-1", OccurredAt: at, Actor: audit.Actor{Kind: "user", ID: "7", Name: actor, Level: "dealer"}, IP: netip.MustParseAddr("198.51.100.7")}
	e.Belongs(h.tenants["Harbor"])
	return e
}

func TestUnknownParametersAndValuesAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, test := range []struct{ query, location string }{
		{"acter=ann", "query.acter"}, {"limit=0", "query.limit"}, {"limit=201", "query.limit"}, {"limit=1&limit=2", "query.limit"}, {"limit=x", "query.limit"},
		{"from=2026-01-01", "query.from"}, {"from=2026-01-01T00:00:00", "query.from"}, {"from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", "query.to"},
		{"system=asterisk", "query.system"}, {"type=nonsense", "query.type"}, {"outcome=maybe", "query.outcome[0]"}, {"order=random", "query.order"},
		{"ip=300.1.1.1", "query.ip"}, {"ip=10.0.0.0/33", "query.ip"}, {"cursor=abc", "query.cursor"}, {"q=" + strings.Repeat("x", 201), "query.q"},
		{"usedApi=perhaps", "query.usedApi"}, {"userId=-1", "query.userId"}, {"idAfter=1e3", "query.idAfter"},
	} {
		r := h.call("north", "GET", "/api/v1/events?"+test.query, nil)
		var p struct {
			Status    int
			Errors    []struct{ Location string }
			RequestID string
		}
		r.json(t, &p)
		if r.StatusCode != 422 || r.Header.Get("Content-Type") != "application/problem+json" || len(p.Errors) == 0 || p.Errors[0].Location != test.location || p.RequestID == "" {
			t.Errorf("%s: %d %s", test.query, r.StatusCode, r.body)
		}
	}
	for _, test := range []struct{ body, location string }{
		{`{"email":"a@b.example","password":"hunter2","remember":true}`, "body.remember"}, {`{"email":"a@b.example"}`, "body"}, {`{`, ""}, {`[]`, "body"}, {`{"email":1,"password":"hunter2"}`, "body.email"},
	} {
		r := h.call("", "POST", "/api/v1/auth/login", test.body)
		if r.StatusCode != 422 && r.StatusCode != 400 || !strings.Contains(string(r.body), test.location) || strings.Contains(string(r.body), "hunter2") {
			t.Errorf("%s: %d %s", test.body, r.StatusCode, r.body)
		}
	}
	// A cursor belongs to its order, and a filter in the body of a GET is no filter.
	var page eventsPage
	h.get("north", "/api/v1/events?limit=1", &page)
	if r := h.call("north", "GET", "/api/v1/events?order=id&cursor="+*page.Next, nil); r.StatusCode != 422 {
		t.Errorf("a cursor of another order: %d %s", r.StatusCode, r.body)
	}
	h.get("north", "/api/v1/events?limit=200", &page)
	all := len(page.Items)
	r := h.call("north", "GET", "/api/v1/events?limit=200", map[string]string{"q": "no such text"})
	if r.json(t, &page); len(page.Items) != all {
		t.Errorf("a body filters: %d of %d", len(page.Items), all)
	}
}

func TestSearchReadsEachSystemsOwnNotation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	at := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	sippy := audit.Event{Type: "sippy.FUNDS", Source: "s", OccurredAt: at, Code: "FUNDSdebit:i_account=170:447.20",
		Actor: audit.Actor{Kind: audit.ActorWebUser, ID: "28", SubID: "6", Name: "ana.silva", Level: "dealer"}, Node: "node-4"}
	sippy.Belongs(h.tenants["Harbor"])
	six := h.login("bob", at.Add(time.Second))
	six.IP = netip.MustParseAddr("2001:db8::7")
	h.record(sippy, h.login("100%_sure", at), six)
	for query, want := range map[string]int{
		"actor=u:28:6:ana.silva": 1, "actor=u:28:0:ana.silva": 0, "actor=ANA": 1, "q=fundsdebit:i_account%3D170": 1, "q=2026-05-04+03:02": 3, "node=node-4": 1,
		"ip=198.51.100.0/24": 1, "ip=2001:db8::/32": 1, "ip=2001:db8::7": 1, "ip=0.0.0.0/0": 1, "actor=100%25_sure": 1, "actor=%25": 1, "actor=_": 1,
		"type=login": 2, "type=mor.login": 2, "type=mor.login&type=FUNDS": 3, "system=mor&system=sippy": 3, "class=auth.login&system=mor": 2,
		"from=2026-05-04T05:02:02%2B02:00&to=2026-05-04T05:02:03%2B02:00": 1, "from=2026-05-04T03:02:01Z&to=2026-05-04T03:02:02Z": 2,
	} {
		var page eventsPage
		if !strings.Contains(query, "to=") {
			query += "&to=2026-06-01T00:00:00Z" // before the sign-ins of this test
		}
		h.get("harbor", "/api/v1/events?total=true&"+query, &page)
		if len(page.Items) != want || page.Total.Value != int64(want) {
			t.Errorf("%s: got %d, want %d", query, len(page.Items), want)
		}
	}
	for i := range 20 {
		h.record(h.login("pager", at.Add(time.Duration(i%3)*time.Second)))
	}
	for _, order := range []string{"-occurredAt", "occurredAt", "id"} {
		seen, cursor := map[int64]bool{}, ""
		for pages := 0; ; pages++ {
			var page eventsPage
			h.get("harbor", "/api/v1/events?actor=pager&limit=7&order="+order+"&cursor="+cursor, &page)
			for _, e := range page.Items {
				if seen[e.ID] {
					t.Errorf("%s: %d comes twice", order, e.ID)
				}
				seen[e.ID] = true
			}
			if page.Next == nil {
				break
			}
			cursor = *page.Next
		}
		if len(seen) != 20 {
			t.Errorf("%s: %d of 20", order, len(seen))
		}
	}
}

func TestNobodyLooksUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	// North's administrator changes Harbor's dealer: Harbor sees that, and not who.
	north := h.users["harbor"]
	r := h.call("north", "PATCH", fmt.Sprintf("/api/v1/users/%d", north.ID), map[string]string{"name": "Harbor Master"}, "If-Match", fmt.Sprintf("%q", fmt.Sprint(north.Revision)), "X-Forwarded-For", "203.0.113.9")
	if r.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", r.StatusCode, r.body)
	}
	h.seal()
	var page eventsPage
	h.get("harbor", "/api/v1/events?type=user_updated", &page)
	if len(page.Items) != 1 {
		t.Fatalf("harbor sees %d changes", len(page.Items))
	}
	e := page.Items[0]
	if !e.Actor.Hidden || e.Actor.Name != "Sales organization" || e.Actor.ID != "" || e.Actor.UserID != 0 || e.IP.IsValid() || e.SessionID != "" {
		t.Errorf("harbor learns %+v", e.Actor)
	}
	for _, path := range []string{fmt.Sprintf("/api/v1/events/%d", e.ID), fmt.Sprintf("/api/v1/events/%d/related", e.ID), "/api/v1/events/export?format=ndjson&type=user_updated", "/api/v1/events/facets?field=actor&type=user_updated", "/api/v1/events?actor=north", "/api/v1/events?q=north@test"} {
		if r := h.call("harbor", "GET", path, nil); r.StatusCode != 200 || strings.Contains(string(r.body), `"north"`) || strings.Contains(string(r.body), "north@") {
			t.Errorf("%s tells: %s", path, r.body)
		}
	}
	var own eventsPage
	h.get("north", "/api/v1/events?type=user_updated", &own)
	if own.Items[0].Actor.Name != "north" || own.Items[0].Links.EditState != "editable" || *own.Items[0].Links.Edit != fmt.Sprintf("/people/%d?edit=true", north.ID) {
		t.Errorf("north sees %+v %+v", own.Items[0].Actor, own.Items[0].Links)
	}
}

func TestAConcurrentEditIsNotLost(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := fmt.Sprintf("/api/v1/tenants/%d", h.tenants["Harbor"].ID)
	if r := h.call("north", "PATCH", path, map[string]string{"name": "Harbor One"}, "If-Match", `"1"`); r.StatusCode != 200 || r.Header.Get("ETag") != `"2"` {
		t.Fatalf("%d %s", r.StatusCode, r.body)
	}
	if r := h.call("root", "PATCH", path, map[string]string{"name": "Harbor Two"}, "If-Match", `"1"`); r.StatusCode != http.StatusPreconditionFailed {
		t.Errorf("a stale edit: %d %s", r.StatusCode, r.body)
	}
	if r := h.call("root", "PATCH", path, map[string]string{"name": "Harbor Two"}); r.StatusCode != 422 {
		t.Errorf("an edit without a revision: %d %s", r.StatusCode, r.body)
	}
	var tree struct{ Items []struct{ Path string } }
	h.get("north", "/api/v1/tenants/tree", &tree)
	if got := fmt.Sprint(tree.Items); !strings.Contains(got, "/North/Harbor One/Quay") || strings.Contains(got, "/North/Harbor/") {
		t.Errorf("paths below did not follow: %s", got)
	}
}

func TestExportIsTheFilterWholeAndNeutral(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	at := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	var events []audit.Event
	for i, name := range []string{"=1+1", "+cmd", "-x", "@sum", "\tx", "\rx", "plain", "ü, \"quoted\"\nline"} {
		events = append(events, h.login(name, at.Add(time.Duration(i)*time.Second)))
	}
	for range 300 { // more than a page
		events = append(events, h.login("many", at.Add(time.Hour)))
	}
	h.record(events...)
	r := h.call("harbor", "GET", "/api/v1/events/export?format=csv&type=mor.login", nil)
	rows, err := csv.NewReader(bytes.NewReader(r.body)).ReadAll()
	if err != nil || len(rows) != 309 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	column := 0
	for i, name := range rows[0] {
		if name == "actor" {
			column = i
		}
	}
	for i, want := range []string{"'=1+1", "'+cmd", "'-x", "'@sum", "'\tx", "'\rx", "plain", "ü, \"quoted\"\nline"} {
		if got := rows[i+1][column]; got != want {
			t.Errorf("row %d: got %q, want %q", i+1, got, want)
		}
	}
	r = h.call("harbor", "GET", "/api/v1/events/export?format=ndjson&actor=many", nil)
	lines := bufio.NewScanner(bytes.NewReader(r.body))
	n := 0
	for ; lines.Scan(); n++ {
		var e audit.Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil || e.Actor.Name != "many" {
			t.Fatalf("%s: %v", lines.Bytes(), err)
		}
	}
	if n != 300 {
		t.Errorf("%d lines, want 300", n)
	}
	h.seal()
	var page eventsPage
	h.get("harbor", "/api/v1/events?type=log_exported", &page)
	if len(page.Items) != 2 || page.Items[0].Actor.Name != "harbor" || !strings.Contains(page.Items[0].Description, "300 rows") {
		t.Errorf("the exports left %+v", page.Items)
	}
}

func TestWhatCameFromSAFEGoesOutTheSame(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	source := `[{"id":"90000","user":"emeka.obi","onBehalfOfUser":"","customerID":"C00290","activityType":"Login","activityDate":"2026-03-01","activityTime":"00:29:05","usedExpertMode":"Yes","bulkImportFileID":"","bulkImportFileLineNumber":null,"CDRFileID":"CDR9","CDRFileLineNumber":77058,"usedAPI":"Yes","fromProvider":"No","linkedToType":"Contract","linkedTo":"768","linkedToRevisionNumber":"7","activityReason":"Billing correction","activityDetails":"Login by goran.ilic","activityCommentary":"a\nb","activityOnType":"Service","activityOn":"274","activityOnRevisionNumber":"14"},
	{"id":"90002","user":"x","onBehalfOfUser":"y","customerID":"","activityType":"Never heard of","activityDate":"2026-04-01","activityTime":"10:00:00","usedExpertMode":"No","bulkImportFileID":"B1","bulkImportFileLineNumber":3,"CDRFileID":"","CDRFileLineNumber":null,"usedAPI":"No","fromProvider":"Yes","linkedToType":"","linkedTo":"","linkedToRevisionNumber":"","activityReason":"","activityDetails":"","activityCommentary":"","activityOnType":"","activityOn":"","activityOnRevisionNumber":""}]`
	_, err := importer.Run(t.Context(), h.db, h.log, importer.Options{System: "safe", Scope: tenant.Of(h.tenants["root"]), Tenant: h.tenants["North"], Origin: audit.System("test"), FileName: "f.json"},
		strings.NewReader(source), func(line int64, reason string, _ []byte) error { return fmt.Errorf("line %d: %s", line, reason) })
	h.must(err)
	h.seal()
	key := func(node string) string {
		_, secret, err := h.auth.CreateAPIKey(t.Context(), auth.Operator(h.tenants["root"], "test"), h.tenants[node].ID, "k", []string{access.KeyRead})
		h.must(err)
		return secret
	}
	h.tokens["client"], h.tokens["other"] = key("North"), key("South")
	var want, got []map[string]any
	h.must(json.Unmarshal([]byte(source), &want))
	h.get("client", "/backend/api/v1/userActivityLog/", &got)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	for query, n := range map[string]int{"?idAfter=90000": 1, "?idAfter=90002": 0, "?createdSince=2026-03-15T00:00:00Z": 1, "?updatedSince=2026-05-01T00:00:00Z": 0, "?idAfter=0&createdSince=2026-01-01T00:00:00Z": 2} {
		h.get("client", "/backend/api/v1/userActivityLog/"+query, &got)
		if len(got) != n {
			t.Errorf("%s: %d entries, want %d", query, len(got), n)
		}
	}
	var one map[string]any
	h.get("client", "/backend/api/v1/userActivityLog/90002", &one)
	if !reflect.DeepEqual(one, want[1]) {
		t.Errorf("one: got %v", one)
	}
	if r := h.call("other", "GET", "/backend/api/v1/userActivityLog/90002", nil); r.StatusCode != 404 {
		t.Errorf("another organization's client: %d %s", r.StatusCode, r.body)
	}
	if r := h.call("client", "GET", "/backend/api/v1/userActivityLog/?limit=5", nil); r.StatusCode != 422 {
		t.Errorf("a fourth parameter: %d", r.StatusCode)
	}
	if h.get("other", "/backend/api/v1/userActivityLog/", &got); len(got) != 0 {
		t.Errorf("another organization's client gets %v", got)
	}
}

func TestAttemptsOnWhatIsSomebodyElsesAreCounted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	victim := fmt.Sprintf("/api/v1/users/%d", h.users["fjord"].ID)
	for range 3 {
		h.call("harbor", "GET", victim, nil)
		h.call("harbor", "GET", "/api/v1/users/424242", nil) // nothing there: no entry
	}
	h.server.FlushDenials(t.Context())
	h.seal()
	var page eventsPage
	h.get("root", "/api/v1/events?type=AUTHZ_DENIED", &page)
	if len(page.Items) != 1 || !strings.Contains(page.Items[0].Description, "3 times") || page.Items[0].Actor.Name != "harbor" {
		t.Errorf("root sees %+v", page.Items)
	}
	// In the caller's own log the entry would tell that the thing exists.
	if h.get("harbor", "/api/v1/events?type=AUTHZ_DENIED", &page); len(page.Items) != 0 {
		t.Errorf("harbor sees %+v", page.Items)
	}
}

// serve listens for a test that needs a real connection.
func (h *house) serve() string {
	h.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	h.must(err)
	go func() { _ = h.server.Serve(l) }()
	h.t.Cleanup(func() { _ = h.server.App().Shutdown() })
	return l.Addr().String()
}

// Clients that go away in the middle of an export end their own stream and nothing else.
func TestAnAbortedExportEndsNothingElse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var events []audit.Event
	for i := range 3000 {
		events = append(events, h.login(fmt.Sprintf("somebody with quite a long name %d", i), time.Date(2026, 5, 4, 3, 2, i, 0, time.UTC)))
	}
	h.record(events...)
	addr, token := h.serve(), h.token("harbor")
	for range 20 {
		conn, err := net.Dial("tcp", addr)
		h.must(err)
		_, err = fmt.Fprintf(conn, "GET /api/v1/events/export?format=ndjson HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", token)
		h.must(err)
		_, err = io.ReadFull(conn, make([]byte, 2000))
		h.must(err)
		h.must(conn.Close())
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) { // the places are free again
		r, err := http.Get("http://" + addr + "/healthz")
		h.must(err)
		_ = r.Body.Close()
		if r := h.call("harbor", "GET", "/api/v1/events/export?format=csv&actor=nobody", nil); r.StatusCode == 200 {
			return
		} else if time.Now().After(end) {
			t.Fatalf("no place for a stream is free: %d %s", r.StatusCode, r.body)
		}
	}
}

func TestEveryForwardedLineCounts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	app := fiber.New()
	app.Get("/", func(c *fiber.Ctx) error { return c.SendString(httpapi.ForwardedFor(c)) })
	r := httptest.NewRequest("GET", "/", nil)
	r.Header["X-Forwarded-For"] = []string{"1.2.3.4", "198.51.100.7"}
	resp, err := app.Test(r)
	h.must(err)
	got, err := io.ReadAll(resp.Body)
	h.must(err)
	if string(got) != "1.2.3.4,198.51.100.7" {
		t.Errorf("got %s", got)
	}
}

func TestTextThatIsNoTextIsTheCallersMistake(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, path := range []string{"/events?q=%00", "/events?category=a%00b", "/events?actor=%ff", "/events?reason=%00", "/users?q=%00", "/tenants?q=%ff", "/objects?q=%00",
		"/events/facets?field=actor&prefix=%ff", "/users?cursor=MSAAAA"} {
		if r := h.call("north", "GET", "/api/v1"+path, nil); r.StatusCode != 422 {
			t.Errorf("%s: %d %s", path, r.StatusCode, r.body)
		}
	}
	if r := h.call("north", "GET", "/api/v1/objects/%00/1", nil); r.StatusCode != 404 {
		t.Errorf("a kind with NUL: %d %s", r.StatusCode, r.body)
	}
	if r := h.call("north", "POST", "/api/v1/api-keys", map[string]any{"tenantId": h.tenants["North"].ID, "name": "a\x00b", "scopes": []string{"read"}}); r.StatusCode != 422 {
		t.Errorf("a name with NUL: %d %s", r.StatusCode, r.body)
	}
}

func TestOnesOwnOrganizationIsNotOnesOwnToLoosen(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := fmt.Sprintf("/api/v1/tenants/%d", h.tenants["Harbor"].ID)
	patch := func(as string, revision int, body map[string]string) int {
		return h.call(as, "PATCH", path, body, "If-Match", fmt.Sprintf(`"%d"`, revision)).StatusCode
	}
	for _, step := range []struct {
		as   string
		rev  int
		body map[string]string
		want int
	}{
		{"harbor", 1, map[string]string{"name": "Fjord"}, 422}, {"harbor", 1, map[string]string{"name": "Free"}, 422}, // the same for a name that is taken
		{"harbor", 1, map[string]string{"mfaPolicy": "required"}, 200}, {"harbor", 2, map[string]string{"mfaPolicy": "optional"}, 422},
		{"north", 2, map[string]string{"mfaPolicy": "optional"}, 200}, {"north", 3, map[string]string{"name": "Free"}, 200},
	} {
		if got := patch(step.as, step.rev, step.body); got != step.want {
			t.Errorf("%s %v: %d, want %d", step.as, step.body, got, step.want)
		}
	}
}

func TestFacetsSpeakTheWordsOfTheScreen(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	at := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	about := func(eventType, kind string) audit.Event {
		e := h.login("bob", at)
		e.Type, e.Object = eventType, &audit.Object{Kind: kind, ID: "7", Name: "7"}
		return e
	}
	h.record(about("sbc.quota_reset", "sbc.subscription"), about("sbc.user_created", "sbc.user"), about("mor.user_created", "mor.user"), about("mor.bad_login", "mor.user"))
	for query, want := range map[string]string{
		"field=state&prefix=QUOTA+r":       "[{quota_reset Quota Reset 1}]",
		"field=state&prefix=quota_r":       "[{quota_reset Quota Reset 1}]",
		"field=objectKind&system=sbc":      "[{sbc.subscription Subscription 1} {sbc.user User 1}]",
		"field=objectKind&prefix=user":     "[{mor.user User · Kolmisoft MOR 2} {sbc.user User · Leica Spider Business Center 1}]",
		"field=objectKind&limit=1":         "[{mor.user User · Kolmisoft MOR 2}]",
		"field=outcome&prefix=fail":        "[{failure Failed 1}]",
		"field=class&prefix=sign-in":       "[{auth.failure Sign-in failed 1}]",
		"field=activity&prefix=adm":        "[{administrative Administrative 2}]",
		"field=system&prefix=spider":       "[{sbc Leica Spider Business Center 2}]",
		"field=type&prefix=quota+":         "[{sbc.quota_reset Quota counter reset 1}]",
		"field=category&prefix=subscr":     "[{Subscription Subscription 1}]",
		"field=objectKind&prefix=nonsense": "[]",
	} {
		var got audit.Facets
		if h.get("north", "/api/v1/events/facets?to=2026-06-01T00:00:00Z&"+query, &got); fmt.Sprint(got.Items) != want {
			t.Errorf("%s: got %v, want %s", query, got.Items, want)
		}
	}
}

func TestWhatAPersonDidAndWhatWasDoneToThem(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	quay, eve := h.users["quay"], h.users["eve"]
	rename := func(as string, u user.Listed, name string) {
		var now struct{ Revision int64 }
		h.get("root", fmt.Sprintf("/api/v1/users/%d", u.ID), &now)
		if r := h.call(as, "PATCH", fmt.Sprintf("/api/v1/users/%d", u.ID), map[string]string{"name": name}, "If-Match", fmt.Sprintf("%q", fmt.Sprint(now.Revision))); r.StatusCode != 200 {
			t.Fatalf("%d %s", r.StatusCode, r.body)
		}
	}
	rename("quay", eve, "by quay")
	rename("quay", quay, "by quay themselves")
	rename("harbor", quay, "by harbor")
	h.seal()
	for as, want := range map[string]map[string]string{
		"harbor": {"": "by harbor, by quay themselves, by quay", "&userAs=actor": "by quay themselves, by quay", "&userAs=concerned": "by harbor"},
		"quay":   {"": "by harbor, by quay themselves, by quay", "&userAs=actor": "by quay themselves, by quay", "&userAs=concerned": "by harbor"},
	} {
		for query, want := range want {
			var page eventsPage
			h.get(as, fmt.Sprintf("/api/v1/events?category=User&state=modification&userId=%d%s", quay.ID, query), &page)
			var got []string
			for _, e := range page.Items {
				got = append(got, e.Object.Name)
			}
			if strings.Join(got, ", ") != want {
				t.Errorf("%s as %s: got %q, want %q", query, as, got, want)
			}
		}
	}
	// Nobody looks up: what somebody above did is not found by who did it.
	var page eventsPage
	if h.get("quay", fmt.Sprintf("/api/v1/events?userAs=actor&userId=%d", h.users["harbor"].ID), &page); len(page.Items) != 0 {
		t.Errorf("quay finds by their number what harbor did: %+v", page.Items)
	}
	if r := h.call("quay", "GET", "/api/v1/events?userAs=actor", nil); r.StatusCode != 422 {
		t.Errorf("nobody's acts: %d %s", r.StatusCode, r.body)
	}
}
