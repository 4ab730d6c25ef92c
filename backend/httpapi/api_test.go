package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"database/sql"

	"annals/backend/access"
	"annals/backend/audit"
	"annals/backend/auth"
	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/dbtest"
	"annals/backend/httpapi"
	"annals/backend/inventory"
	"annals/backend/ledger"
	"annals/backend/mail"
	"annals/backend/tenant"
	"annals/backend/user"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const password = "correct horse battery"

// house is a server over a database of the test's own, with a small channel:
//
//	/ (root) ─ North (org) ─ Harbor (dealer) ─ Quay (reseller) ─ eve (user)
//	         │             └ Fjord (dealer)  ─ Pier (reseller)
//	         └ South (org) ─ Reef (dealer)
//
// On each node stands an administrator of its name ("harbor@test.example"), and an auditor on North.
type house struct {
	t       testing.TB
	db      *db.DB
	owner   *sql.DB
	log     *audit.Log
	auth    *auth.Service
	mails   string // the folder of what was mailed
	server  *httpapi.Server
	tenants map[string]tenant.Tenant
	users   map[string]user.Listed
	tokens  map[string]string
}

func newHouse(t testing.TB) *house {
	t.Helper()
	return newHouseWith(t, "")
}

// newHouseWith is a house whose operator has systems of his own in a folder.
func newHouseWith(t testing.TB, catalogDir string) *house {
	t.Helper()
	d, owner := dbtest.NewWithOwner(t)
	c, err := catalog.Load(catalogDir)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := auth.DeriveKeys([]byte("a secret of at least 32 characters"))
	if err != nil {
		t.Fatal(err)
	}
	mails := t.TempDir()
	mailer, err := mail.New(mail.Options{Dir: mails, PublicURL: "http://test.example"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := mailer.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	h := &house{t: t, db: d, owner: owner, mails: mails, log: audit.NewLog(d, c, keys.Fingerprint), tenants: map[string]tenant.Tenant{}, users: map[string]user.Listed{}, tokens: map[string]string{}}
	h.auth = auth.New(d, h.log, keys, mailer)
	h.server, err = httpapi.New(httpapi.Deps{DB: d, Log: h.log, Auth: h.auth, Ready: func() bool { return true },
		Portal: fstest.MapFS{"index.html": {Data: []byte(`<meta name="csp-nonce" content="__CSP_NONCE__">`)}, "assets/a.js": {Data: []byte("1")}}})
	if err != nil {
		t.Fatal(err)
	}
	var root tenant.Tenant
	h.must(d.Read(t.Context(), db.Auth, func(tx *db.Tx) (err error) {
		root, err = tenant.FindRoot(tx)
		return err
	}))
	h.tenants["root"] = root
	h.must(d.Write(t.Context(), tenant.Of(root).Wall(), func(tx *db.Tx) error {
		e := inventory.Editor{Log: h.log, Scope: tenant.Of(root), Origin: audit.System("test")}
		for _, x := range [][2]string{{"root", "North"}, {"root", "South"}, {"North", "Harbor"}, {"North", "Fjord"}, {"South", "Reef"}, {"Harbor", "Quay"}, {"Fjord", "Pier"}} {
			made, err := e.CreateTenant(tx, h.tenants[x[0]].ID, x[1], "")
			if err != nil {
				return err
			}
			h.tenants[x[1]] = made
		}
		for name, x := range map[string]struct {
			tenant string
			role   access.Role
		}{"root": {"root", access.Admin}, "north": {"North", access.Admin}, "south": {"South", access.Admin}, "harbor": {"Harbor", access.Admin},
			"fjord": {"Fjord", access.Admin}, "reef": {"Reef", access.Admin}, "quay": {"Quay", access.Admin}, "pier": {"Pier", access.Admin},
			"auditor": {"North", access.Auditor}, "eve": {"Quay", access.User}, "bob": {"Quay", access.User}} {
			u, err := e.CreateUser(tx, h.tenants[x.tenant].ID, user.User{Email: name + "@test.example", Name: name, Role: x.role, State: user.Active}, "")
			if err != nil {
				return err
			}
			h.users[name] = u
		}
		if err := tx.As(db.Auth); err != nil {
			return err
		}
		for _, u := range h.users {
			if err := h.auth.CreateCredentials(tx, u.User, password); err != nil {
				return err
			}
		}
		return nil
	}))
	h.seal()
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) seal() {
	h.t.Helper()
	_, err := ledger.NewSealer(h.db).Drain(h.t.Context())
	h.must(err)
}

// reply is an answer with its body read.
type reply struct {
	*http.Response
	body []byte
}

func (r reply) json(t testing.TB, into any) {
	t.Helper()
	if err := json.Unmarshal(r.body, into); err != nil {
		t.Fatalf("%s: %v", r.body, err)
	}
}

// call makes a request as somebody; "" is nobody.
func (h *house) call(as, method, path string, body any, headers ...string) reply {
	h.t.Helper()
	var b io.Reader
	if body != nil {
		if s, ok := body.(string); ok {
			b = strings.NewReader(s)
		} else {
			j, err := json.Marshal(body)
			h.must(err)
			b = bytes.NewReader(j)
		}
	}
	r := httptest.NewRequest(method, path, b)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if as != "" {
		r.Header.Set("Authorization", "Bearer "+h.token(as))
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := h.server.App().Test(r, -1)
	h.must(err)
	defer resp.Body.Close()
	read, err := io.ReadAll(resp.Body)
	h.must(err)
	return reply{resp, read}
}

// token signs somebody in, once. Root needs a second factor first.
func (h *house) token(name string) string {
	h.t.Helper()
	if h.tokens[name] == "" {
		if name == "root" {
			h.tokens[name] = h.signInRoot()
		} else {
			var in struct{ AccessToken string }
			h.call("", "POST", "/api/v1/auth/login", map[string]string{"email": name + "@test.example", "password": password}).json(h.t, &in)
			h.tokens[name] = in.AccessToken
		}
		if h.tokens[name] == "" {
			h.t.Fatalf("%s can't sign in", name)
		}
		h.seal()
	}
	return h.tokens[name]
}

func (h *house) signInRoot() string {
	h.t.Helper()
	_, codes, err := h.auth.EnrolMFA(h.t.Context(), audit.System("test"), "root@test.example")
	h.must(err)
	var challenge struct{ Status, Challenge string }
	h.call("", "POST", "/api/v1/auth/login", map[string]string{"email": "root@test.example", "password": password}).json(h.t, &challenge)
	if challenge.Status != "mfa_required" {
		h.t.Fatalf("root signs in with %q", challenge.Status)
	}
	var in struct{ AccessToken string }
	h.call("", "POST", "/api/v1/auth/mfa/verify", map[string]string{"challenge": challenge.Challenge, "code": codes[0]}).json(h.t, &in)
	return in.AccessToken
}

func (h *house) get(as, path string, into any) {
	h.t.Helper()
	r := h.call(as, "GET", path, nil)
	if r.StatusCode != http.StatusOK {
		h.t.Fatalf("GET %s as %s: %d %s", path, as, r.StatusCode, r.body)
	}
	if into != nil {
		r.json(h.t, into)
	}
}

type eventsPage struct {
	Items []audit.Event
	Next  *string
	Total *audit.Total
}

func TestEachLevelSeesItsOwnPart(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, name := range []string{"north", "south", "harbor", "fjord", "quay", "eve", "bob", "auditor", "root"} {
		h.token(name)
	}
	may := map[string][]string{
		"root": {"north", "south", "harbor", "fjord", "quay", "eve", "bob", "auditor", "root"}, "north": {"north", "harbor", "fjord", "quay", "eve", "bob", "auditor"}, "auditor": {"north", "harbor", "fjord", "quay", "eve", "bob", "auditor"},
		"south": {"south"}, "harbor": {"harbor", "quay", "eve", "bob"}, "fjord": {"fjord"}, "quay": {"quay", "eve", "bob"}, "eve": {"eve"}, "bob": {"bob"},
	}
	for viewer, want := range may {
		var page eventsPage
		h.get(viewer, "/api/v1/events?type=AUTH_OK&limit=200&total=true", &page)
		got := map[string]bool{}
		for _, e := range page.Items {
			got[e.Subject.Name] = true
		}
		if len(got) != len(want) || page.Total.Value != int64(len(want)) {
			t.Errorf("%s sees the sign-ins of %v, want %v", viewer, got, want)
		}
		for _, name := range want {
			if !got[name] {
				t.Errorf("%s doesn't see %s's sign-in", viewer, name)
			}
		}
	}
}

func TestOpenAPIIsServed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var doc struct {
		OpenAPI string
		Paths   map[string]any
	}
	h.get("", "/openapi.json", &doc)
	if doc.OpenAPI != "3.1.0" || doc.Paths["/api/v1/events"] == nil {
		t.Errorf("got %s with %d paths", doc.OpenAPI, len(doc.Paths))
	}
	for _, path := range []string{"/docs", "/healthz", "/readyz", "/metrics", "/", "/log", "/assets/a.js"} {
		h.get("", path, nil)
	}
	index := h.call("", "GET", "/people/7", nil)
	nonce := strings.SplitN(strings.SplitN(index.Header.Get("Content-Security-Policy"), "'nonce-", 2)[1], "'", 2)[0]
	if !strings.Contains(string(index.body), fmt.Sprintf("content=%q", nonce)) {
		t.Errorf("the page's nonce is not the policy's: %s", index.body)
	}
}

// safeEvent is an entry that came in from SAFE.
func safeEvent(id string) audit.Event {
	return audit.Event{Type: "safe.unknown", Source: "safe", ExternalID: id, Actor: audit.Actor{Kind: "user", Name: "x", Level: "user"},
		Original: json.RawMessage(`{"id":"` + id + `","user":"x"}`)}
}
