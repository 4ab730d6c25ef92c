package auth

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime/quotedprintable"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"annals/backend/access"
	"annals/backend/audit"
	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/dbtest"
	"annals/backend/fault"
	"annals/backend/mail"
	"annals/backend/tenant"
	"annals/backend/user"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const goodPassword = "four words of wood"

// house is a service on a database of its own, with a small channel, a clock to turn and a folder for mail.
type house struct {
	*Service
	t       *testing.T
	owner   *sql.DB
	mailDir string
	hashes  atomic.Int64 // how many password hashes were computed
	clock   atomic.Int64 // microseconds

	root, org, dealer, rival tenant.Tenant
}

func newHouse(t *testing.T) *house {
	t.Helper()
	d, owner := dbtest.NewWithOwner(t)
	dbtest.Arrange(t, owner)
	c, err := catalog.Load("")
	if err != nil {
		t.Fatalf("load catalogue: %v", err)
	}
	k, err := DeriveKeys([]byte(strings.Repeat("k", minSecret)))
	if err != nil {
		t.Fatalf("derive keys: %v", err)
	}
	h := &house{t: t, owner: owner, mailDir: filepath.Join(t.TempDir(), "mail")}
	m, err := mail.New(mail.Options{Dir: h.mailDir, PublicURL: "http://portal.example", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("make mailer: %v", err)
	}
	h.Service = New(d, audit.NewLog(d, c, k.Fingerprint), k, m)
	argon := h.passwords.argon
	h.passwords.argon = func(password, salt []byte, time, memory uint32, lanes uint8, length uint32) []byte {
		h.hashes.Add(1)
		return argon(password, salt, time, memory, lanes, length)
	}
	h.clock.Store(time.Now().UnixMicro())
	h.now = func() time.Time { return time.UnixMicro(h.clock.Load()).UTC() }
	h.write(func(tx *db.Tx) error {
		root, err := tenant.FindRoot(tx)
		if err != nil {
			return err
		}
		if err := tx.As(tenant.Of(root).Wall()); err != nil {
			return err
		}
		h.root = root
		for _, x := range []struct {
			into   *tenant.Tenant
			parent *tenant.Tenant
			name   string
		}{{&h.org, &h.root, "Northwind Telecom"}, {&h.dealer, &h.org, "Harbor Dealers"}, {&h.rival, &h.root, "Meridian Networks"}} {
			if *x.into, err = tenant.Create(tx, *x.parent, x.name); err != nil {
				return err
			}
		}
		return nil
	})
	return h
}

func (h *house) write(fn func(*db.Tx) error) {
	h.t.Helper()
	if err := h.db.Write(h.t.Context(), db.Auth, fn); err != nil {
		h.t.Fatalf("prepare: %v", err)
	}
}

func (h *house) exec(statement string, args ...any) {
	h.t.Helper()
	if _, err := h.owner.ExecContext(h.t.Context(), statement, args...); err != nil {
		h.t.Fatalf("%s: %v", statement, err)
	}
}

// asRoot runs a statement on tables whose policies bind the owner, too.
func (h *house) asRoot(statement string, args ...any) {
	h.t.Helper()
	err := h.db.Write(h.t.Context(), tenant.Of(h.root).Wall(), func(tx *db.Tx) error { return tx.Exec(statement, args...).Error })
	if err != nil {
		h.t.Fatalf("%s: %v", statement, err)
	}
}

func (h *house) number(query string, args ...any) int {
	h.t.Helper()
	var n int
	if err := h.owner.QueryRowContext(h.t.Context(), query, args...).Scan(&n); err != nil {
		h.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// cheapHashes makes passwords cost nothing, for tests that count attempts.
func (h *house) cheapHashes() {
	h.passwords.argon = func(password, salt []byte, _, _ uint32, _ uint8, _ uint32) []byte {
		h.hashes.Add(1)
		sum := sha256.Sum256(append(salt, password...))
		return sum[:]
	}
}

func (h *house) wait(d time.Duration) { h.clock.Add(d.Microseconds()) }

// add makes a person with goodPassword.
func (h *house) add(t tenant.Tenant, name string, role access.Role) user.Listed {
	h.t.Helper()
	var u user.Listed
	h.write(func(tx *db.Tx) error {
		created, err := user.Create(tx, t, user.User{Email: name + "@example.com", Name: name, Role: role, State: user.Active})
		if err != nil {
			return err
		}
		if err := h.CreateCredentials(tx, created, goodPassword); err != nil {
			return err
		}
		u, err = user.FindByEmail(tx, created.Email)
		return err
	})
	return u
}

// enrol gives a person a second factor and returns its secret and the recovery codes.
func (h *house) enrol(u user.Listed) (string, []string) {
	h.t.Helper()
	setup, codes, err := h.EnrolMFA(h.t.Context(), audit.System("test"), u.Email)
	if err != nil {
		h.t.Fatalf("enrol %s: %v", u.Email, err)
	}
	return setup.Secret, codes
}

// code is what the authenticator shows, some steps from now.
func (h *house) code(secret string, steps int64) string {
	h.t.Helper()
	code, err := hotp.GenerateCodeCustom(secret, uint64(h.now().Unix()/totpPeriod+steps), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		h.t.Fatalf("compute code: %v", err)
	}
	return code
}

// wrongCode is none that the authenticator shows around now.
func (h *house) wrongCode(secret string) string {
	for n := 0; ; n++ {
		code := fmt.Sprintf("%06d", n)
		if !slices.Contains([]string{h.code(secret, -1), h.code(secret, 0), h.code(secret, 1), h.code(secret, 2)}, code) {
			return code
		}
	}
}

// from is a client at an address.
func from(ip string) Client {
	return Client{IP: netip.MustParseAddr(ip), UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", RequestID: "r1"}
}

var home = from("198.51.100.7")

// login signs in with goodPassword and must get this status.
func (h *house) login(u user.Listed, status string) Answer {
	h.t.Helper()
	a, err := h.Login(h.t.Context(), home, u.Email, goodPassword)
	if err != nil || a.Status != status {
		h.t.Fatalf("Login(%s) = %q, %v; want %q", u.Email, a.Status, err, status)
	}
	return a
}

// accepted gives answers to challenges, all at once, and returns how many were right; the others
// must be refused. An answer is a challenge and a code.
func (h *house) accepted(answers ...[2]string) (n int64) {
	h.t.Helper()
	var wg sync.WaitGroup
	for _, a := range answers {
		wg.Go(func() {
			_, err := h.Verify(h.t.Context(), home, a[0], a[1])
			if err == nil {
				atomic.AddInt64(&n, 1)
				return
			}
			wantFault(h.t, err, fault.Unauthenticated)
		})
	}
	wg.Wait()
	return n
}

// principal is who an access token stands for.
func (h *house) principal(a Answer) Principal {
	h.t.Helper()
	p, err := h.Authenticate(h.t.Context(), home, a.AccessToken)
	if err != nil {
		h.t.Fatalf("Authenticate: %v", err)
	}
	return p
}

// signIn gives a session, through the second factor if there is a secret.
func (h *house) signIn(u user.Listed, secret string) (Principal, Answer) {
	h.t.Helper()
	if secret == "" {
		a := h.login(u, StatusOK)
		return h.principal(a), a
	}
	a, err := h.Verify(h.t.Context(), home, h.login(u, StatusMFA).Challenge, h.code(secret, 0))
	if err != nil {
		h.t.Fatalf("Verify: %v", err)
	}
	return h.principal(a), a
}

// entry is what a test looks at of an event.
type entry struct {
	Type, Outcome, Code, Reason string
	Data                        map[string]string
	ActorName, ActorLevel       string
	ActorUserID, SubjectID      int64
	SalesOrgID                  int64
	ObjectKind, SessionID, IP   string
	Description                 string
}

func (e entry) String() string {
	s := e.Type
	if e.Data["Cause"] != "" {
		s += ": " + e.Data["Cause"]
	}
	return s
}

// entries are all events so far, but those of enrol, in the order of their writing.
func (h *house) entries() []entry {
	h.t.Helper()
	rows, err := h.owner.QueryContext(h.t.Context(), `SELECT type, outcome, code, reason, coalesce(data::text, '[]'), actor_name, actor_level, coalesce(actor_user_id, 0),
		coalesce(subject_id, 0), sales_org_id, object_kind, session_id, coalesce(host(ip), ''), description FROM event_inbox WHERE actor_kind <> 'system' ORDER BY inbox_id`)
	if err != nil {
		h.t.Fatalf("read entries: %v", err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err says what matters
	var out []entry
	for rows.Next() {
		var e entry
		var raw string
		if err := rows.Scan(&e.Type, &e.Outcome, &e.Code, &e.Reason, &raw, &e.ActorName, &e.ActorLevel, &e.ActorUserID, &e.SubjectID, &e.SalesOrgID, &e.ObjectKind, &e.SessionID, &e.IP, &e.Description); err != nil {
			h.t.Fatalf("read entry: %v", err)
		}
		var data []audit.Datum
		if err := json.Unmarshal([]byte(raw), &data); err != nil {
			h.t.Fatalf("read data of entry: %v", err)
		}
		e.Data = make(map[string]string)
		for _, d := range data {
			e.Data[d.Label] = d.Value
		}
		e.Type = strings.TrimPrefix(e.Type, "annals.")
		out = append(out, e)
	}
	if err := rows.Err(); err != nil {
		h.t.Fatalf("read entries: %v", err)
	}
	return out
}

// since are the entries after the first n.
func (h *house) since(n int) []string {
	h.t.Helper()
	out := []string{}
	for _, e := range h.entries()[n:] {
		out = append(out, e.String())
	}
	return out
}

func (h *house) wantEntries(n int, want ...string) {
	h.t.Helper()
	if got := h.since(n); !slices.Equal(got, want) {
		h.t.Errorf("entries = %q, want %q", got, want)
	}
}

// wantFault fails the test unless err is a fault of this kind.
func wantFault(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("err = %v, want a fault of kind %d", err, kind)
	}
}

var otpInMail = regexp.MustCompile(`\b(\d{4}) (\d{4})\b`)

// mails waits until everything is sent and returns the mails, oldest first.
func (h *house) mails() []string {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 10*time.Second)
	defer cancel()
	if err := h.mail.Close(ctx); err != nil {
		h.t.Fatal(err)
	}
	m, err := mail.New(mail.Options{Dir: h.mailDir, PublicURL: "http://portal.example", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		h.t.Fatal(err)
	}
	h.mail = m
	files, err := filepath.Glob(filepath.Join(h.mailDir, "*.eml"))
	if err != nil {
		h.t.Fatal(err)
	}
	slices.Sort(files)
	var out []string
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			h.t.Fatal(err)
		}
		text, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(string(b))))
		if err != nil {
			text = b
		}
		out = append(out, string(text))
	}
	return out
}

// mailedOTP is the one-time password in the newest mail.
func (h *house) mailedOTP() string {
	h.t.Helper()
	mails := h.mails()
	if len(mails) == 0 {
		h.t.Fatal("no mail was sent")
	}
	m := otpInMail.FindStringSubmatch(mails[len(mails)-1])
	if m == nil {
		h.t.Fatalf("no one-time password in %q", mails[len(mails)-1])
	}
	return m[1] + m[2]
}
