package httpapi_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"annals/backend/audit"
	"annals/backend/bulk"
	"annals/backend/inventory"
)

// form sends a file with the fields of a form.
func (h *house) form(as, path, name string, content []byte, fields ...string) reply {
	h.t.Helper()
	var b bytes.Buffer
	for i := 0; i < len(fields); i += 2 {
		fmt.Fprintf(&b, "--b\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", fields[i], fields[i+1])
	}
	fmt.Fprintf(&b, "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=%q\r\nContent-Type: text/csv\r\n\r\n%s\r\n--b--\r\n", name, content)
	return h.call(as, "POST", path, b.String(), "Content-Type", "multipart/form-data; boundary=b")
}

type bulkChange struct {
	ID                                           int64
	State, Error, ImportFile                     string
	Lines, Progress, Creates, Changes, Same, Bad int64
}

type bulkLine struct {
	Line                  int64
	State, Column, Reason string
	Name                  string
	Changes               []inventory.Difference
}

// settled waits until a bulk change is neither checked nor applied any more.
func (h *house) settled(as string, id int64) (c bulkChange) {
	h.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		h.get(as, fmt.Sprintf("/api/v1/bulk/%d", id), &c)
		if c.State != "checking" && c.State != "applying" {
			return c
		}
	}
	h.t.Fatalf("the bulk change %d does not come to an end: %+v", id, c)
	return c
}

// preview uploads a file and waits for its preview.
func (h *house) preview(as, kind, content string, fields ...string) bulkChange {
	h.t.Helper()
	r := h.form(as, "/api/v1/objects/"+kind+"/bulk", "list.csv", []byte(content), fields...)
	if r.StatusCode != http.StatusAccepted {
		h.t.Fatalf("bulk: %d %s", r.StatusCode, r.body)
	}
	var x struct{ ID int64 }
	r.json(h.t, &x)
	return h.settled(as, x.ID)
}

func (h *house) lines(as string, id int64, state string) (out []bulkLine) {
	h.t.Helper()
	path := fmt.Sprintf("/api/v1/bulk/%d/lines?limit=200", id)
	if state != "" {
		path += "&state=" + state
	}
	var page struct{ Items []bulkLine }
	h.get(as, path, &page)
	return page.Items
}

func (h *house) make(as, kind string, attributes map[string]any) (o struct {
	ID, Revision int64
	Attributes   map[string]any
}) {
	h.t.Helper()
	r := h.call(as, "POST", "/api/v1/objects/"+kind, map[string]any{"attributes": attributes})
	if r.StatusCode != http.StatusCreated {
		h.t.Fatalf("create %s: %d %s", kind, r.StatusCode, r.body)
	}
	r.json(h.t, &o)
	return o
}

func (h *house) count(query string, args ...any) (n int) {
	h.t.Helper()
	h.must(h.owner.QueryRowContext(h.t.Context(), query, args...).Scan(&n))
	return n
}

func TestBulkSaysWhatWillHappenAndThenDoesIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	plan := h.make("north", "alternet.plan", map[string]any{"name": "Home 20"})
	h.make("north", "alternet.plan", map[string]any{"name": "Twin"})
	h.make("north", "alternet.plan", map[string]any{"name": "Twin"})
	ada := h.make("north", "alternet.client", map[string]any{"name": "Ada", "plan": plan.ID, "balance": "10"})
	h.make("north", "alternet.client", map[string]any{"name": "Bo", "plan": plan.ID})
	objects, entries := h.count("SELECT count(*) FROM objects"), h.count("SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM event_inbox)")
	// A byte order mark, semicolons, \r\n, a quoted line break, labels and names in any case, any Unicode.
	file := fmt.Sprintf("\uFEFFID;name;PLAN;Balance\r\n%d;Ada;Home 20;12,50\r\n;Bo;%d;\r\n;\"Çelik; Žofie 北京\";Home 20;1\r\n;;Home 20;1\r\n;\"a\r\nb\";Home 20;\r\n;X;Twin;\r\n;Y;Nowhere;\r\n"+
		"999999;Z;Home 20;\r\n;V;Home 20;much\r\n;short\r\n;Ada;Home 20;3\r\n", ada.ID, plan.ID)
	c := h.preview("north", "alternet.client", file, "match", "name")
	if c.State != "ready" || c.Creates != 1 || c.Changes != 1 || c.Same != 1 || c.Bad != 8 {
		t.Fatalf("the preview is %+v\n%+v", c, h.lines("north", c.ID, ""))
	}
	if now := h.count("SELECT count(*) FROM objects"); now != objects || h.count("SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM event_inbox)") != entries {
		t.Errorf("the preview has changed something: %d objects, %d before", now, objects)
	}
	want := map[int64]string{5: "name Name is required", 6: "name Name must not contain control characters", 8: "plan Plan names more than one", 9: `plan Plan names "Nowhere", which isn't there`,
		10: "id There is no client 999999", 11: "balance Balance must be a number", 12: " The row has 2 cells, the header has 4.", 13: " Line 2 is about the same object"}
	for _, l := range h.lines("north", c.ID, "bad") {
		if got := l.Column + " " + l.Reason; want[l.Line] == "" || !strings.HasPrefix(got, want[l.Line]) {
			t.Errorf("line %d: %s, want %s", l.Line, got, want[l.Line])
		}
	}
	changed := h.lines("north", c.ID, "change")[0]
	if changed.Line != 2 || fmt.Sprint(changed.Changes) != "[{balance 10 12.50}]" {
		t.Errorf("the change is %+v", changed)
	}
	if r := h.call("north", "POST", fmt.Sprintf("/api/v1/bulk/%d/apply", c.ID), map[string]any{}); r.StatusCode != http.StatusConflict || !strings.Contains(string(r.body), "8 lines are bad") {
		t.Errorf("applied with bad lines: %d %s", r.StatusCode, r.body)
	}

	good := strings.Join(strings.SplitAfter(file, "\r\n")[:4], "")
	c = h.preview("north", "alternet.client", good, "match", "name")
	if c.State != "ready" || c.Bad != 0 {
		t.Fatalf("the preview is %+v", c)
	}
	apply := fmt.Sprintf("/api/v1/bulk/%d/apply", c.ID)
	if r := h.call("north", "POST", apply, map[string]any{"reason": "New prices", "commentary": "As agreed"}); r.StatusCode != http.StatusAccepted {
		t.Fatalf("apply: %d %s", r.StatusCode, r.body)
	}
	if c = h.settled("north", c.ID); c.State != "done" || c.Progress != c.Lines {
		t.Fatalf("applied: %+v", c)
	}
	for _, again := range []string{"POST", "DELETE"} {
		if r := h.call("north", again, strings.TrimSuffix(apply, map[string]string{"DELETE": "/apply"}[again]), map[string]any{}); r.StatusCode != http.StatusConflict {
			t.Errorf("%s when it is done: %d %s", again, r.StatusCode, r.body)
		}
	}
	h.seal()
	sum := sha256.Sum256([]byte(good))
	if want := "list.csv/" + hex.EncodeToString(sum[:])[:12]; c.ImportFile != want {
		t.Errorf("the file is called %q, want %q", c.ImportFile, want)
	}
	var page eventsPage
	h.get("north", "/api/v1/events?order=id&importFile="+c.ImportFile, &page)
	got := []string{}
	for _, e := range page.Items {
		var full audit.Event
		h.get("north", fmt.Sprintf("/api/v1/events/%d", e.ID), &full)
		got = append(got, fmt.Sprintf("%s %d %s %s", full.Type, full.ImportFile.Line, full.Reason, full.Commentary))
	}
	if fmt.Sprint(got) != "[alternet.client_modified 2 New prices As agreed alternet.client_created 4 New prices As agreed annals.bulk_finished 0 New prices As agreed]" {
		t.Errorf("the entries are %v", got)
	}
	last := page.Items[len(page.Items)-1]
	if last.Description != "Bulk change of Clients finished: 1 created, 1 changed, 1 as they were" {
		t.Errorf("the closing entry: %s", last.Description)
	}
	if n := h.count("SELECT count(*) FROM objects WHERE kind = 'alternet.client' AND name = 'Çelik; Žofie 北京'"); n != 1 {
		t.Errorf("%d clients have the name of the file", n)
	}
}

func TestABulkChangeIsAllOrNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	file := "name\n" + strings.Repeat("Plan\n", 30) + "Last\n"
	c := h.preview("north", "alternet.plan", file)
	_, err := h.owner.ExecContext(t.Context(), `CREATE FUNCTION fail_at_last() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.name = 'Last' THEN RAISE 'no more'; END IF; RETURN NEW; END $$;
		CREATE TRIGGER fail_at_last BEFORE UPDATE ON objects FOR EACH ROW EXECUTE FUNCTION fail_at_last()`)
	h.must(err)
	// The trial looks at the first line only; the last one breaks the whole.
	if r := h.call("north", "POST", fmt.Sprintf("/api/v1/bulk/%d/apply", c.ID), map[string]any{}); r.StatusCode != http.StatusAccepted {
		t.Fatalf("apply: %d %s", r.StatusCode, r.body)
	}
	c = h.settled("north", c.ID)
	if c.State != "failed" || strings.Contains(c.Error, "no more") || !strings.Contains(c.Error, "Nothing was changed") {
		t.Errorf("it is %+v", c)
	}
	if n := h.count("SELECT count(*) FROM objects WHERE kind = 'alternet.plan'"); n != 0 {
		t.Errorf("%d of 31 are there", n)
	}
	// One whose server has ended is over, and can't be applied by another.
	_, err = h.owner.ExecContext(t.Context(), "DROP TRIGGER fail_at_last ON objects")
	h.must(err)
	for _, state := range []string{"checking", "applying"} {
		c = h.preview("north", "alternet.plan", file)
		_, err = h.owner.ExecContext(t.Context(), "UPDATE bulk_changes SET state = $1, progressed_at = now() - interval '2 minutes' WHERE id = $2", state, c.ID)
		h.must(err)
		if c = h.settled("north", c.ID); c.State != "failed" || !strings.Contains(c.Error, "The server ended") {
			t.Errorf("cut off while %s: %+v", state, c)
		}
		if r := h.call("north", "POST", fmt.Sprintf("/api/v1/bulk/%d/apply", c.ID), map[string]any{}); r.StatusCode != http.StatusConflict {
			t.Errorf("applied after its server ended: %d %s", r.StatusCode, r.body)
		}
	}
	// A server that is told to stop undoes what it has done.
	c = h.preview("north", "alternet.plan", file)
	if r := h.call("north", "POST", fmt.Sprintf("/api/v1/bulk/%d/apply", c.ID), map[string]any{}); r.StatusCode != http.StatusAccepted {
		t.Fatalf("apply: %d %s", r.StatusCode, r.body)
	}
	h.must(h.server.Shutdown(context.WithoutCancel(t.Context())))
	if n := h.count("SELECT count(*) FROM objects WHERE kind = 'alternet.plan'"); n != 0 && n != 31 {
		t.Errorf("%d of 31 are there", n)
	}
	if state := h.count("SELECT count(*) FROM bulk_changes WHERE id = $1 AND state IN ('done', 'failed')", c.ID); state != 1 {
		t.Error("it is neither done nor failed")
	}
}

func TestABulkChangeIsRefusedWhenObjectsHaveChanged(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	plan := h.make("north", "alternet.plan", map[string]any{"name": "Home", "speed": 20})
	byID := h.preview("north", "alternet.plan", fmt.Sprintf("id,speed\n%d,30\n", plan.ID))
	byName := h.preview("north", "alternet.plan", "name,speed\nNew,30\n", "match", "name")
	if r := h.call("north", "PATCH", fmt.Sprintf("/api/v1/objects/alternet.plan/%d", plan.ID), map[string]any{"attributes": map[string]any{"speed": 25}}, "If-Match", `"1"`); r.StatusCode != http.StatusOK {
		t.Fatalf("edit: %d %s", r.StatusCode, r.body)
	}
	h.make("north", "alternet.plan", map[string]any{"name": "New"})
	for _, c := range []bulkChange{byID, byName} {
		r := h.call("north", "POST", fmt.Sprintf("/api/v1/bulk/%d/apply", c.ID), map[string]any{})
		if r.StatusCode != http.StatusConflict || !strings.Contains(string(r.body), "1 objects were changed since the preview") {
			t.Errorf("%d %s", r.StatusCode, r.body)
		}
	}
	if r := h.call("north", "DELETE", fmt.Sprintf("/api/v1/bulk/%d", byID.ID), nil); r.StatusCode != http.StatusNoContent {
		t.Errorf("discard: %d %s", r.StatusCode, r.body)
	}
	if c := h.settled("north", byID.ID); c.State != "discarded" {
		t.Errorf("it is %s", c.State)
	}
}

func TestABulkChangeIsAppliedOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c := h.preview("north", "alternet.plan", "name\n"+strings.Repeat("Plan\n", 200))
	answers := make([]int, 8)
	var wait sync.WaitGroup
	for i := range answers {
		wait.Go(func() {
			answers[i] = h.call("north", "POST", fmt.Sprintf("/api/v1/bulk/%d/apply", c.ID), map[string]any{}).StatusCode
		})
	}
	wait.Wait()
	if c = h.settled("north", c.ID); c.State != "done" {
		t.Fatalf("it is %+v", c)
	}
	accepted := 0
	for _, status := range answers {
		if status == http.StatusAccepted {
			accepted++
		} else if status != http.StatusConflict && status != http.StatusTooManyRequests {
			t.Errorf("answered with %d", status)
		}
	}
	if n := h.count("SELECT count(*) FROM objects WHERE kind = 'alternet.plan'"); accepted != 1 || n != 200 {
		t.Errorf("accepted %d times, %d of 200 objects", accepted, n)
	}
}

func TestOneOrganizationsBulkChangesKeepNobodyWaiting(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var held struct{ ID int64 }
	h.call("north", "POST", "/api/v1/objects/alternet.plan", map[string]any{"attributes": map[string]any{"name": "Held"}}).json(t, &held)
	tx, err := h.owner.BeginTx(t.Context(), nil)
	h.must(err)
	defer tx.Rollback() //nolint:errcheck // the test is over
	_, err = tx.ExecContext(t.Context(), "SELECT FROM objects WHERE id = $1 FOR UPDATE", held.ID)
	h.must(err)
	start := func(as string) (reply, int64) {
		r := h.form(as, "/api/v1/objects/alternet.plan/bulk", "plans.csv", fmt.Appendf(nil, "id,name\n%d,New\n", held.ID))
		var c bulkChange
		if r.StatusCode == http.StatusAccepted {
			r.json(t, &c)
		}
		return r, c.ID
	}
	var waiting []int64
	for _, as := range []string{"north", "north"} { // both wait for the object
		r, id := start(as)
		if waiting = append(waiting, id); r.StatusCode != http.StatusAccepted {
			t.Fatalf("%d %s", r.StatusCode, r.body)
		}
	}
	if r, _ := start("north"); r.StatusCode != http.StatusTooManyRequests || r.Header.Get("Retry-After") == "" {
		t.Errorf("North's third: %d %s", r.StatusCode, r.body)
	}
	r, id := start("south")
	if r.StatusCode != http.StatusAccepted {
		t.Fatalf("South's first: %d %s", r.StatusCode, r.body)
	}
	h.settled("south", id)
	h.must(tx.Rollback())
	for _, id := range waiting {
		h.settled("north", id)
	}
	r, id = start("north")
	for end := time.Now().Add(10 * time.Second); r.StatusCode == http.StatusTooManyRequests && time.Now().Before(end); r, id = start("north") {
		time.Sleep(20 * time.Millisecond) // a place is left a moment after its work has ended
	}
	if r.StatusCode != http.StatusAccepted {
		t.Fatalf("North's next: %d %s", r.StatusCode, r.body)
	}
	h.settled("north", id)
}

func TestABulkChangeAsksForItsReasonAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	client := h.make("north", "alternet.client", map[string]any{"name": "Ada", "plan": h.make("north", "alternet.plan", map[string]any{"name": "P"}).ID})
	// The preview needs no reason, applying does, and says so at the reason.
	c := h.preview("north", "alternet.adjustment", fmt.Sprintf("client,amount\n%d,5\n", client.ID))
	if c.Creates != 1 {
		t.Fatalf("the preview: %+v", h.lines("north", c.ID, ""))
	}
	apply := fmt.Sprintf("/api/v1/bulk/%d/apply", c.ID)
	if r := h.call("north", "POST", apply, map[string]any{}); r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(string(r.body), "body.reason") {
		t.Errorf("without a reason: %d %s", r.StatusCode, r.body)
	}
	if r := h.call("north", "POST", apply, map[string]any{"reason": "Goodwill", "onBehalfOf": 424242}); r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(string(r.body), "body.onBehalfOf") {
		t.Errorf("for nobody: %d %s", r.StatusCode, r.body)
	}
	if r := h.call("north", "POST", apply, map[string]any{"reason": "Goodwill", "onBehalfOf": h.users["eve"].ID}); r.StatusCode != http.StatusAccepted {
		t.Errorf("with one: %d %s", r.StatusCode, r.body)
	}
	if c = h.settled("north", c.ID); c.State != "done" {
		t.Errorf("it is %+v", c)
	}
	h.seal()
	var page eventsPage
	h.get("north", "/api/v1/events?importFile="+c.ImportFile, &page)
	for _, e := range page.Items {
		if e.OnBehalfOf == nil || e.OnBehalfOf.Name != "eve" {
			t.Errorf("%s is on behalf of %+v", e.Type, e.OnBehalfOf)
		}
	}
	if len(page.Items) != 2 {
		t.Errorf("%d entries", len(page.Items))
	}
}

func TestATariffsRatesComeFromAFile(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	retail := h.make("north", "mor.tariff", map[string]any{"name": "Retail"})
	other := h.make("north", "mor.tariff", map[string]any{"name": "Wholesale"})
	h.make("north", "mor.rate", map[string]any{"tariff": other.ID, "prefix": "351", "price": "0.01"})
	h.make("north", "mor.rate", map[string]any{"tariff": retail.ID, "prefix": "351", "price": "0.02"})
	file := "Prefix,Destination,Rate,Connection fee,Increment,Minimal time\n351,Portugal,0.018,0,60,0\n47,Norway,0.05,,1,\n"
	if r := h.form("north", "/api/v1/objects/mor.rate/bulk", "rates.csv", []byte(file), "match", "name"); r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(string(r.body), "body.withinId") {
		t.Errorf("without a tariff: %d %s", r.StatusCode, r.body)
	}
	c := h.preview("north", "mor.rate", file, "match", "name", "withinId", fmt.Sprint(retail.ID))
	if c.Creates != 1 || c.Changes != 1 {
		t.Fatalf("the preview is %+v\n%+v", c, h.lines("north", c.ID, ""))
	}
	if r := h.call("north", "POST", fmt.Sprintf("/api/v1/bulk/%d/apply", c.ID), map[string]any{}); r.StatusCode != http.StatusAccepted {
		t.Fatalf("apply: %d %s", r.StatusCode, r.body)
	}
	if c = h.settled("north", c.ID); c.State != "done" {
		t.Fatalf("applied: %+v", c)
	}
	h.seal()
	var page eventsPage
	h.get("north", "/api/v1/events?type=mor.tariff_import", &page)
	if len(page.Items) != 1 {
		t.Fatalf("%d entries of the whole", len(page.Items))
	}
	var e audit.Event
	h.get("north", fmt.Sprintf("/api/v1/events/%d", page.Items[0].ID), &e)
	if e.Object == nil || e.Object.Ref != retail.ID || len(e.Data) != 1 || e.Data[0].Value != "Tariff_was_imported_from_CSV" || e.Actor.Name != "north" {
		t.Errorf("the entry as the source documents it: %+v %+v", e.Object, e.Data)
	}
	if n := h.count("SELECT count(*) FROM objects WHERE kind = 'mor.rate' AND (attributes -> 'tariff' ->> 'ref')::bigint = $1", retail.ID); n != 2 {
		t.Errorf("the tariff has %d rates, want 2", n)
	}
}

func TestABulkChangeStaysInItsScope(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	mine := h.make("harbor", "alternet.client", map[string]any{"name": "Ada", "plan": h.make("harbor", "alternet.plan", map[string]any{"name": "P"}).ID})
	theirs := h.make("fjord", "alternet.client", map[string]any{"name": "Bo", "plan": h.make("fjord", "alternet.plan", map[string]any{"name": "Q"}).ID})
	c := h.preview("harbor", "alternet.client", fmt.Sprintf("id,name,plan\n%d,Adam,\n%d,Bob,\n,New,Q\n", mine.ID, theirs.ID))
	lines := h.lines("harbor", c.ID, "bad")
	if len(lines) != 3 || !strings.HasPrefix(lines[1].Reason, "There is no client") || !strings.Contains(lines[2].Reason, "isn't there") {
		t.Errorf("lines: %+v", lines) // the first: a plan is required
	}
	path := fmt.Sprintf("/api/v1/bulk/%d", c.ID)
	for as, want := range map[string]int{"north": 200, "harbor": 200, "fjord": 404, "quay": 404, "south": 404, "auditor": 403} {
		if r := h.call(as, "GET", path, nil); r.StatusCode != want {
			t.Errorf("%s sees it: %d", as, r.StatusCode)
		}
	}
	// A secret is nowhere once the file is read.
	c = h.preview("north", "mor.device", "name,pin\nPhone,hunter2\n")
	if c.State != "ready" || h.count("SELECT count(*) FROM bulk_lines WHERE bulk_lines::text LIKE '%hunter2%'") != 0 || h.count("SELECT count(*) FROM bulk_lines WHERE bulk_id = $1", c.ID) != 1 {
		t.Errorf("the PIN is kept, or the line isn't: %+v", c)
	}
}

func TestTheLimitsOfABulkFile(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	start := func(content []byte) reply {
		h.t.Helper()
		return h.form("root", "/api/v1/objects/alternet.plan/bulk", "f.csv", content)
	}
	refused := func(name string, content []byte, want string) {
		t.Helper()
		if r := start(content); r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(string(r.body), want) || !strings.Contains(string(r.body), "body.file") {
			t.Errorf("%s: %d %s", name, r.StatusCode, r.body)
		}
	}
	// Wrong rows, so that nothing is tried.
	lines := "name,speed\n" + strings.Repeat("x\n", bulk.MaxLines)
	c := h.preview("root", "alternet.plan", lines)
	if c.Lines != bulk.MaxLines || c.Bad != bulk.MaxLines {
		t.Errorf("the most lines: %+v", c)
	}
	refused("one line more", []byte(lines+"x\n"), "more than 10000 lines")
	most := append([]byte("name\n"), bytes.Repeat([]byte("x"), bulk.MaxBytes-6)...)
	for at := 500_000; at < len(most); at += 500_000 {
		most[at] = '\n'
	}
	if r := start(append(most, '\n')); r.StatusCode != http.StatusAccepted {
		t.Errorf("the most bytes: %d %s", r.StatusCode, r.body)
	}
	refused("one byte more", append(most, '\n', '\n'), "10485761 bytes")
	refused("no lines", []byte("name\n"), "no lines")
	refused("nothing", nil, "empty")
	refused("a strange column", []byte("name,colour\nx,red\n"), `no field \"colour\"`)
	refused("the same column twice", []byte("name,NAME\nx,y\n"), "two columns for Name")
	if r := start([]byte("hunter2,sesame\nx,y\n")); r.StatusCode != http.StatusUnprocessableEntity || strings.Contains(string(r.body), "hunter2") {
		t.Errorf("without a header: %d %s", r.StatusCode, r.body)
	}
}

func TestFilesGoInAndOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	upload := func(as, name string, content []byte) (f inventory.File, r reply) {
		h.t.Helper()
		if r = h.form(as, "/api/v1/files", name, content); r.StatusCode == http.StatusCreated {
			r.json(t, &f)
		}
		return f, r
	}
	most := bytes.Repeat([]byte{0, 'x', 0xff, '\r'}, inventory.MaxFileSize/4)
	if f, r := upload("harbor", "most.bin", most); r.StatusCode != http.StatusCreated || f.Size != int64(len(most)) {
		t.Errorf("the largest file: %d %s", r.StatusCode, r.body)
	} else if r := h.call("harbor", "GET", fmt.Sprintf("/api/v1/files/%d", f.Ref), nil); r.StatusCode != http.StatusOK || !bytes.Equal(r.body, most) {
		t.Errorf("the largest file comes back as %d with %d bytes", r.StatusCode, len(r.body))
	}
	if _, r := upload("harbor", "more.bin", append(most, 'x')); r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(string(r.body), "16777216 are allowed") {
		t.Errorf("one byte more: %d %s", r.StatusCode, r.body)
	}
	content := []byte("<script>alert(1)</script>\x00\xff")
	f, r := upload("north", `C:\tmp\Kärnten "1".html`, content)
	sum := sha256.Sum256(content)
	if r.StatusCode != http.StatusCreated || f.SHA256 != hex.EncodeToString(sum[:]) || f.Size != int64(len(content)) {
		t.Fatalf("upload: %d %s", r.StatusCode, r.body)
	}
	path := fmt.Sprintf("/api/v1/files/%d", f.Ref)
	for as, want := range map[string]int{"north": 200, "root": 404, "auditor": 404, "harbor": 404, "south": 404, "eve": 403} {
		if r := h.call(as, "GET", path, nil); r.StatusCode != want {
			t.Errorf("an upload that nobody uses, as %s: %d", as, r.StatusCode)
		}
	}
	r = h.call("north", "POST", "/api/v1/objects/sbc.erp_file", map[string]any{"tenantId": h.tenants["Harbor"].ID, "attributes": map[string]any{"file": f.Ref}})
	if r.StatusCode != http.StatusCreated {
		t.Fatalf("create: %d %s", r.StatusCode, r.body)
	}
	var o struct{ Attributes json.RawMessage }
	r.json(t, &o)
	if !strings.Contains(string(o.Attributes), f.SHA256) {
		t.Errorf("the value is %s", o.Attributes)
	}
	for as, want := range map[string]int{"north": 200, "root": 200, "auditor": 200, "harbor": 200, "quay": 404, "fjord": 404, "south": 404, "eve": 403} {
		r := h.call(as, "GET", path, nil)
		if r.StatusCode != want || want == 200 && !bytes.Equal(r.body, content) {
			t.Errorf("an object's file, as %s: %d %q", as, r.StatusCode, r.body)
		}
		if want == 200 && (!strings.HasPrefix(r.Header.Get("Content-Disposition"), "attachment;") || r.Header.Get("X-Content-Type-Options") != "nosniff" || r.Header.Get("Content-Type") != "application/octet-stream") {
			t.Errorf("as %s: %v", as, r.Header)
		}
	}
	if disposition := h.call("north", "GET", path, nil).Header.Get("Content-Disposition"); strings.ContainsAny(disposition, "\\\r\n") {
		t.Errorf("the name is sent as %s", disposition)
	}
}

// Who asks for large files and doesn't read them takes up no memory, because few are read at a time.
func TestSlowReadersOfFilesAreFew(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var f inventory.File
	h.form("north", "/api/v1/files", "most.bin", bytes.Repeat([]byte("x"), inventory.MaxFileSize)).json(t, &f)
	addr, token := h.serve(), h.token("north")
	for range 30 {
		conn, err := net.Dial("tcp", addr)
		h.must(err)
		defer conn.Close() //nolint:errcheck // the test is over
		h.must(conn.SetDeadline(time.Now().Add(20 * time.Second)))
		_, err = fmt.Fprintf(conn, "GET /api/v1/files/%d HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", f.Ref, token)
		h.must(err)
		head := make([]byte, len("HTTP/1.1 200"))
		_, err = io.ReadFull(conn, head)
		h.must(err)
		if string(head) == "HTTP/1.1 429" {
			return
		}
	}
	t.Error("30 of them were let in")
}
