package job_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"annals/backend/audit"
	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/dbtest"
	"annals/backend/inventory"
	"annals/backend/job"
	"annals/backend/ledger"
	"annals/backend/mail"
	"annals/backend/tenant"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// house is a channel whose jobs are really done: to this machine, by mail into a folder.
type house struct {
	t       *testing.T
	db      *db.DB
	log     *audit.Log
	root    tenant.Tenant
	org     tenant.Tenant
	dir     string
	options job.Options
	seen    int64
}

func newHouse(t *testing.T) *house {
	t.Helper()
	c, err := catalog.Load("")
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, db: dbtest.New(t), dir: t.TempDir()}
	h.log = audit.NewLog(h.db, c, []byte("key"))
	h.must(h.db.Read(t.Context(), db.Auth, func(tx *db.Tx) (err error) {
		h.root, err = tenant.FindRoot(tx)
		return err
	}))
	h.org = h.tenant("North")
	mailer, err := mail.New(mail.Options{Dir: filepath.Join(h.dir, "mail"), Log: slog.New(slog.DiscardHandler)})
	h.must(err)
	t.Cleanup(func() { h.must(mailer.Close(context.Background())) })
	h.options = job.Options{DB: h.db, Mail: mailer, BackupDir: filepath.Join(h.dir, "backups"), Loopback: true}
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) edit(s tenant.Scope, fn func(*db.Tx, inventory.Editor) error) {
	h.t.Helper()
	h.must(h.db.Write(h.t.Context(), s.Wall(), func(tx *db.Tx) error {
		return fn(tx, inventory.Editor{Log: h.log, Scope: s, Origin: audit.Origin{Actor: audit.Actor{Kind: audit.ActorUser, Name: "Ann", Level: "root"}}})
	}))
}

func (h *house) tenant(name string) (made tenant.Tenant) {
	h.t.Helper()
	h.edit(tenant.Of(h.root), func(tx *db.Tx, e inventory.Editor) (err error) {
		made, err = e.CreateTenant(tx, h.root.ID, name, "")
		return err
	})
	return made
}

func (h *house) create(in tenant.Tenant, kind string, attributes map[string]any) (o inventory.Object) {
	h.t.Helper()
	h.edit(tenant.Of(h.root), func(tx *db.Tx, e inventory.Editor) (err error) {
		o, err = e.CreateObject(tx, kind, inventory.Draft{TenantID: in.ID, Attributes: attributes})
		return err
	})
	return o
}

// act does an action with its job and returns the object and the last entry.
func (h *house) act(o inventory.Object, action string, attributes map[string]any) (inventory.Object, audit.Event) {
	h.t.Helper()
	h.edit(tenant.Of(h.root), func(tx *db.Tx, e inventory.Editor) (err error) {
		_, err = e.ActOn(tx, o.Kind, o.ID, o.Revision, action, inventory.Draft{Attributes: attributes})
		return err
	})
	return h.work(o)
}

// work does the jobs that wait.
func (h *house) work(o inventory.Object) (inventory.Object, audit.Event) {
	h.t.Helper()
	jobs := inventory.NewJobs(h.db, h.log, job.Runners(h.options))
	for more := true; more; {
		var err error
		more, err = jobs.Next(h.t.Context())
		h.must(err)
	}
	h.must(h.db.Read(h.t.Context(), tenant.Of(h.root).Wall(), func(tx *db.Tx) (err error) {
		o, err = inventory.Find(tx, tenant.Of(h.root), o.Kind, o.ID)
		return err
	}))
	_, err := ledger.NewSealer(h.db).Drain(h.t.Context())
	h.must(err)
	page, err := h.log.Search(h.t.Context(), tenant.Of(h.root), audit.Filter{}, audit.Paging{Limit: 1})
	h.must(err)
	e, err := h.log.Find(h.t.Context(), tenant.Of(h.root), page.Items[0].ID)
	h.must(err)
	if e.Object == nil || e.Object.Ref != o.ID {
		h.t.Fatalf("the last entry is about %+v", e.Object)
	}
	return o, e
}

// data are the values of an entry, by their labels.
func data(e audit.Event) map[string]string {
	out := map[string]string{}
	for _, d := range e.Data {
		out[d.Label] = d.Value
	}
	return out
}

func attributes(o inventory.Object) (out map[string]any) {
	if err := json.Unmarshal(o.Attributes, &out); err != nil {
		panic(err)
	}
	return out
}

func TestAHealthCheckConnects(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	h.must(err)
	port := l.Addr().(*net.TCPAddr).Port
	o := h.create(h.org, "alternet.router", map[string]any{"name": "core", "hostname": "127.0.0.1", "port": port})
	o, e := h.act(o, "check", nil)
	if e.Type != "alternet.health_check" || o.State != "online" || !strings.Contains(data(e)["Result"], fmt.Sprintf("router core reachable at 127.0.0.1:%d in", port)) {
		t.Errorf("listening: %s %+v, state %s", e.Type, e.Data, o.State)
	}
	h.must(l.Close())
	o, e = h.act(o, "check", nil)
	if e.Type != "alternet.health_check_failed" || o.State != "offline" || !strings.HasSuffix(data(e)["Result"], "the connection was refused") {
		t.Errorf("closed: %s %+v, state %s", e.Type, e.Data, o.State)
	}
	h.options.Loopback = false
	if _, e := h.act(o, "check", nil); e.Type != "alternet.health_check_failed" || !strings.Contains(data(e)["Result"], "belongs to this server") {
		t.Errorf("to this server: %s %+v", e.Type, e.Data)
	}
	h.options.Unreachable = []netip.Prefix{netip.MustParsePrefix("192.168.0.0/16")}
	intern := h.create(h.org, "alternet.router", map[string]any{"name": "intern", "hostname": "192.168.1.1", "port": 1})
	if _, e := h.act(intern, "check", nil); !strings.Contains(data(e)["Result"], "not reached from here") {
		t.Errorf("to the operator's own network: %s %+v", e.Type, e.Data)
	}
}

func TestASynchronizationPostsTheRouterAndItsClients(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var got struct {
		Job, Action string
		Object      map[string]any
		Objects     []map[string]any
	}
	var key string
	status := http.StatusNoContent
	remote := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key = r.Header.Get("Idempotency-Key")
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("got %s %v", r.Method, err)
		}
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "a body that nobody keeps")
	}))
	defer remote.Close()
	o := h.create(h.org, "alternet.router", map[string]any{"name": "core", "sync_url": remote.URL + "/sync?key=hunter2"})
	plan := h.create(h.org, "alternet.plan", map[string]any{"name": "Home"})
	h.create(h.org, "alternet.client", map[string]any{"name": "Ana", "plan": plan.ID, "router": o.ID})
	h.create(h.org, "alternet.client", map[string]any{"name": "Ben", "plan": plan.ID})
	south := h.tenant("South")
	h.create(south, "alternet.client", map[string]any{"name": "Eve", "plan": plan.ID, "router": o.ID}) // another organization's
	o, e := h.act(o, "sync", nil)
	if e.Type != "alternet.auto_sync" || data(e)["Clients"] != "1" || e.Description != "Router core: auto-sync completed, 1 clients" {
		t.Errorf("%s %q %+v", e.Type, e.Description, e.Data)
	}
	if got.Job != e.EventID.String() || key != got.Job || got.Action != "sync" || got.Object["name"] != "core" || len(got.Objects) != 1 || got.Objects[0]["name"] != "Ana" || got.Objects[0]["state"] != "active" {
		t.Errorf("posted %+v with key %s", got, key)
	}
	for _, code := range []int{http.StatusFound, http.StatusInternalServerError} {
		status, got.Job = code, ""
		_, e = h.act(o, "sync", nil)
		cause := data(e)["Cause"]
		if e.Type != "alternet.auto_sync_failed" || !strings.Contains(cause, fmt.Sprintf("answered %d", code)) || strings.Contains(fmt.Sprint(e), "nobody keeps") || strings.Contains(cause, "hunter2") {
			t.Errorf("%d: %s %s", code, e.Type, cause)
		}
	}
	remote.Close()
	if _, e = h.act(o, "sync", nil); e.Type != "alternet.auto_sync_failed" || !strings.HasSuffix(data(e)["Cause"], "the connection was refused") || strings.Contains(data(e)["Cause"], "hunter2") {
		t.Errorf("nobody there: %s %+v", e.Type, e.Data)
	}
}

func TestATaskThatIsTooSlowFails(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	release := make(chan struct{})
	remote := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer remote.Close()
	defer close(release)
	o := h.create(h.org, "alternet.task", map[string]any{"name": "Nightly", "url": remote.URL})
	began := time.Now()
	if _, e := h.act(o, "run", nil); e.Type != "alternet.task_failed" || !strings.HasSuffix(data(e)["Cause"], "no answer in time") {
		t.Errorf("%s %+v", e.Type, e.Data)
	}
	if took := time.Since(began); took > 12*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestAMailIsReallySent(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.create(h.org, "mor.user", map[string]any{"username": "kofi", "email": "kofi@test.example", "balance": "4.50"})
	_, e := h.act(o, "send_email", map[string]any{"subject": "Maintenance {balance}", "text": "Tonight.\nFrom two to three."})
	if e.Type != "mor.email_send" || e.Actor.Name != "Ann" || fmt.Sprint(e.Data) != "[{For user kofi} {E-mail Maintenance {balance}} {Address kofi@test.example}]" {
		t.Errorf("%s by %s %+v", e.Type, e.Actor.Name, e.Data)
	}
	_, warned := h.act(o, "send_balance_warning", nil)
	if warned.Type != "mor.warning_balance_send" {
		t.Errorf("%s %+v", warned.Type, warned.Data)
	}
	files, err := filepath.Glob(filepath.Join(h.dir, "mail", "*.eml"))
	h.must(err)
	if len(files) != 2 {
		t.Fatalf("%d mails", len(files))
	}
	slices.Sort(files)
	for i, wants := range [][]string{{"To: <kofi@test.example>", "Subject: Maintenance {balance}", "Tonight.\r\nFrom two", "Message-ID: <" + e.EventID.String()}, {"your account kofi is 4.50 EUR"}} {
		text, err := os.ReadFile(files[i])
		h.must(err)
		for _, want := range wants {
			if !strings.Contains(string(text), want) {
				t.Errorf("mail %d lacks %q:\n%s", i, want, text)
			}
		}
	}
	// The folder is gone: the error is the user's, without the server's paths.
	h.must(os.RemoveAll(filepath.Join(h.dir, "mail")))
	h.must(os.WriteFile(filepath.Join(h.dir, "mail"), nil, 0o600))
	if _, e := h.act(o, "send_balance_warning", nil); e.Type != "mor.error" || fmt.Sprint(e.Data) != "[{User kofi} {Error Can't send email} {Error description not a directory}]" {
		t.Errorf("%s %+v", e.Type, e.Data)
	}
}

func TestABackupHoldsWhatTheOrganizationHas(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	south := h.tenant("South")
	h.create(south, "mor.user", map[string]any{"username": "zelda"})
	h.create(h.org, "mor.user", map[string]any{"username": "kofi", "password": "hunter2"})
	asked := h.create(h.org, "mor.backup", map[string]any{"content": "objects and revisions"})
	if asked.State != "running" {
		t.Errorf("asked for, it is %s", asked.State)
	}
	o, e := h.work(asked)
	if e.Type != "mor.backup_created" || e.Outcome != audit.Success || fmt.Sprint(e.Data) != "[{Backed up objects and revisions} {Return value 0}]" || o.State != "written" {
		t.Fatalf("%s %s %+v, state %s", e.Type, e.Outcome, e.Data, o.State)
	}
	a := attributes(o)
	path := filepath.Join(h.dir, "backups", fmt.Sprint(a["file"]))
	content, err := os.ReadFile(path)
	h.must(err)
	sum := sha256.Sum256(content)
	info, err := os.Stat(path)
	h.must(err)
	if a["sha256"] != hex.EncodeToString(sum[:]) || a["size"] != float64(len(content)) || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has %d bytes, sum %x, mode %s; said is %v", len(content), sum, info.Mode(), a)
	}
	f, err := os.Open(path)
	h.must(err)
	defer f.Close() //nolint:errcheck // only read
	packed, err := gzip.NewReader(f)
	h.must(err)
	var lines []string
	for s := bufio.NewScanner(packed); s.Scan(); {
		lines = append(lines, s.Text())
	}
	all := strings.Join(lines, "\n")
	// A head; kofi and the backup; a revision of each; the count.
	if len(lines) != 6 || !strings.Contains(lines[0], `"of":"/North"`) || lines[5] != `{"object_revisions":2,"objects":2}` || !strings.Contains(lines[1], `"name":"kofi"`) {
		t.Errorf("%d lines:\n%s", len(lines), all)
	}
	if strings.Contains(all, "zelda") || strings.Contains(all, "hunter2") {
		t.Error("it holds what is another's, or a secret")
	}
	// So many and no more; those of others don't count.
	for n := range 19 {
		for _, of := range []int64{h.org.ID, south.ID} {
			h.must(os.WriteFile(filepath.Join(h.dir, "backups", fmt.Sprintf("backup-%d-%d.ndjson.gz", of, n)), nil, 0o600))
		}
	}
	o, e = h.work(h.create(h.org, "mor.backup", map[string]any{"content": "objects"}))
	if e.Outcome != audit.Failure || o.State != "failed" {
		t.Errorf("one more than fit: %s, state %s", e.Outcome, o.State)
	}
	if o, _ = h.work(h.create(south, "mor.backup", map[string]any{"content": "objects"})); o.State != "written" {
		t.Errorf("the other organization's: %s", o.State)
	}
	h.options.BackupDir = path // no folder
	o, e = h.work(h.create(h.org, "mor.backup", map[string]any{"content": "objects"}))
	if e.Type != "mor.backup_created" || e.Outcome != audit.Failure || fmt.Sprint(e.Data) != "[{Backed up objects} {Return value 1}]" || o.State != "failed" {
		t.Errorf("%s %s %+v, state %s", e.Type, e.Outcome, e.Data, o.State)
	}
	left, err := os.ReadDir(filepath.Join(h.dir, "backups"))
	if h.must(err); len(left) != 40 {
		t.Errorf("%d files are left, want 20 of each", len(left))
	}
}

// What people may ask the server to reach, and what it never does, whatever name leads there.
func TestNobodyReachesIntoThisServer(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"127.0.0.1", "127.8.9.10", "::1", "0.0.0.0", "0.1.2.3", "::", "169.254.169.254", "fe80::1", "fd00:ec2::254", "100.100.100.200", "192.0.0.192", "168.63.129.16", "fd20:ce::254",
		"224.0.0.1", "ff02::1", "255.255.255.255", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"} {
		if err := job.Reachable(address); err == nil {
			t.Errorf("%s can be reached", address)
		}
	}
	for _, address := range []string{"198.51.100.7", "10.0.0.1", "192.168.1.1", "2001:db8::1", "::ffff:198.51.100.7"} {
		if err := job.Reachable(address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	intranet := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for address, want := range map[string]bool{"10.1.2.3": false, "::ffff:10.1.2.3": false, "fd12::1": false, "127.0.0.1": false, "192.168.1.1": true} {
		if err := job.Reachable(address, intranet...); (err == nil) != want {
			t.Errorf("%s with a closed intranet: %v", address, err)
		}
	}
}
