package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"annals/backend/dbtest"
)

// binary is the program under test, built once; tests run it as its users do.
var binary string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "annals-cmd-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	binary = filepath.Join(dir, "annals")
	build := exec.Command("go", "build", "-o", binary, ".")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// command prepares a run of the program in the project's root, where it finds PostgreSQL.
func command(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	root, err := dbtest.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(binary, append(args, "--data-dir", dir)...)
	c.Dir = root
	c.Env = append(os.Environ(), "ANNALS_LOG_LEVEL=error")
	return c
}

// run runs a command and returns its output and exit code.
func runCommand(t *testing.T, dir, stdin string, args ...string) (string, int) {
	t.Helper()
	c := command(t, dir, args...)
	c.Stdin = strings.NewReader(stdin)
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out), c.ProcessState.ExitCode()
}

// dataDir is a folder that PostgreSQL's unprivileged user can reach.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "annals-data-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// server is a running annals.
type server struct {
	cmd  *exec.Cmd
	addr string
	log  bytes.Buffer
}

func serve(t *testing.T, dir string, flags ...string) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{addr: l.Addr().String()}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s.cmd = command(t, dir, append([]string{"serve", "--addr", s.addr}, flags...)...)
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	})
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if resp, err := http.Get("http://" + s.addr + "/readyz"); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return s
			}
		}
	}
	t.Fatalf("the server is not ready after 30 s: %s", s.log.String())
	return nil
}

func (s *server) call(method, path, token string, body any, into any, headers ...string) (int, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, "http://"+s.addr+"/api/v1"+path, bytes.NewReader(b))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close() //nolint:errcheck // read whole
	read, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	if into != nil && resp.StatusCode < 300 {
		return resp.StatusCode, json.Unmarshal(read, into)
	}
	return resp.StatusCode, nil
}

const password = "a password of the tests"

// signIn signs in as an administrator of Direct, who needs no second factor.
func (s *server) signIn(t *testing.T) string {
	t.Helper()
	var in struct{ AccessToken string }
	status, err := s.call("POST", "/auth/login", "", map[string]string{"email": "admin@test.example", "password": password}, &in)
	if err != nil || status != 200 {
		t.Fatalf("sign in: %d %v", status, err)
	}
	return in.AccessToken
}

// TestNothingAcknowledgedIsMissingAfterKill creates organizations over HTTP while the server, its
// PostgreSQL, or both are killed. After the last start each one that was acknowledged is there, with
// exactly one entry, and no entry is there without its organization.
func TestNothingAcknowledgedIsMissingAfterKill(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	if out, code := runCommand(t, dir, password, "user", "create", "--email", "admin@test.example", "--role", "admin", "--tenant", "/Direct", "--password-stdin"); code != 0 {
		t.Fatalf("%d %s", code, out)
	}
	acknowledged := map[string]bool{}
	var mu sync.Mutex
	var direct int64
	for round := range 4 {
		s := serve(t, dir)
		token := s.signIn(t)
		if direct == 0 {
			var me struct{ User struct{ TenantID int64 } }
			if _, err := s.call("GET", "/me", token, nil, &me); err != nil {
				t.Fatal(err)
			}
			direct = me.User.TenantID
		}
		var writers sync.WaitGroup
		for w := range 4 {
			writers.Go(func() {
				for i := 0; ; i++ {
					name := fmt.Sprintf("org %d-%d-%d", round, w, i)
					status, err := s.call("POST", "/tenants", token, map[string]any{"parentId": direct, "name": name}, nil)
					if err != nil || status >= 500 {
						return // killed: not acknowledged
					}
					if status == http.StatusCreated {
						mu.Lock()
						acknowledged[name] = true
						mu.Unlock()
					}
				}
			})
		}
		time.Sleep(400 * time.Millisecond)
		if round%3 != 0 { // PostgreSQL
			if pid, err := postmaster(dir); err != nil {
				t.Error(err)
			} else if p, err := os.FindProcess(pid); err == nil {
				_ = p.Kill()
			}
		}
		if round%3 != 1 { // the server
			_ = s.cmd.Process.Kill()
		}
		writers.Wait()
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	}
	if len(acknowledged) < 40 {
		t.Fatalf("only %d were acknowledged: the test tests nothing", len(acknowledged))
	}
	s := serve(t, dir)
	token := s.signIn(t)
	there, entries := map[string]bool{}, map[string]int{}
	var tree struct{ Items []struct{ Name string } }
	if _, err := s.call("GET", "/tenants/tree", token, nil, &tree); err != nil {
		t.Fatal(err)
	}
	for _, x := range tree.Items {
		there[x.Name] = true
	}
	for cursor := ""; ; {
		var page struct {
			Items []struct{ Object struct{ Name string } }
			Next  *string
		}
		if _, err := s.call("GET", "/events?type=tenant_created&limit=200&cursor="+cursor, token, nil, &page); err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Items {
			entries[e.Object.Name]++
		}
		if page.Next == nil {
			break
		}
		cursor = *page.Next
	}
	for name := range acknowledged {
		if !there[name] {
			t.Errorf("%s was acknowledged and is missing", name)
		}
	}
	for name := range there {
		if strings.HasPrefix(name, "org ") && entries[name] != 1 {
			t.Errorf("%s has %d entries, want 1", name, entries[name])
		}
	}
	for name := range entries {
		if !there[name] {
			t.Errorf("%s has an entry and isn't there", name)
		}
	}
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("an orderly end: %v\n%s", err, s.log.String())
	}
}

func postmaster(dir string) (int, error) {
	b, err := os.ReadFile(filepath.Join(dir, "postgres", "data", "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return strconv.Atoi(line)
}

func TestCommandsSayWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	serve(t, dir) // the commands work beside a running server
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	header := "id,date,user_id,username,action,data,data2,data3,data4,target_type,target_id\n"
	good := file("good.csv", header+"1,2026-03-01 00:00:00,8,ann,login,198.51.100.7,,,,,\n2,2026-03-01 00:00:01,8,ann,device_pin_changed,4711,4712,,,device,3\n")
	bad := file("bad.csv", header+"3,2026-03-01 00:00:00,8,ann,login,198.51.100.7,,,,,\n4,yesterday,8,ann,logout,,,,,,\n")
	for _, step := range []struct {
		name  string
		stdin string
		args  []string
		code  int
		want  string
	}{
		{"first import", "", []string{"import", "--system", "mor", "--source", "m1", good}, 0, "accepted   2\nduplicates 0\nrejected   0"},
		{"second import", "", []string{"import", "--system", "mor", "--source", "m1", good}, 0, "accepted   0\nduplicates 2\nrejected   0"},
		{"some rejected", "", []string{"import", "--system", "mor", "--source", "m1", bad}, 3, "accepted   1\nduplicates 0\nrejected   1"},
		{"no such file", "", []string{"import", "--system", "mor", dir + "/none.csv"}, 1, "none.csv"},
		{"no such system", "", []string{"import", "--system", "asterisk", good}, 1, "asterisk"},
		{"wrong header", "", []string{"import", "--system", "sippy", good}, 1, "Resource"},
		{"no such organization", "", []string{"import", "--system", "mor", "--tenant", "/Nowhere", good}, 1, "/Nowhere"},
		{"no such zone", "", []string{"import", "--system", "mor", "--time-zone", "Mars/Base", good}, 1, "Mars/Base"},
		{"user", "long enough to pass\n", []string{"user", "create", "--email", "ann@test.example", "--role", "admin", "--tenant", "/", "--password-stdin"}, 0, "can sign in"},
		{"same user", "long enough to pass\n", []string{"user", "create", "--email", "ANN@test.example", "--role", "admin", "--tenant", "/", "--password-stdin"}, 1, "already"},
		{"short password", "short", []string{"user", "create", "--email", "bob@test.example", "--role", "user", "--tenant", "/Direct", "--password-stdin"}, 1, "12"},
		{"totp", "", []string{"user", "totp", "--email", "ann@test.example"}, 0, "otpauth://totp/Annals:ann@test.example"},
		{"key", "", []string{"apikey", "create", "--tenant", "/Direct", "--name", "k", "--scope", "ingest,read"}, 0, "annals_"},
		{"bad scope", "", []string{"apikey", "create", "--tenant", "/Direct", "--name", "k", "--scope", "write"}, 1, "write"},
		{"migrate", "", []string{"migrate"}, 0, "newest version"},
	} {
		out, code := runCommand(t, dir, step.stdin, step.args...)
		if code != step.code || !strings.Contains(out, step.want) || strings.Contains(out, "long enough to pass") {
			t.Errorf("%s: exit %d, want %d; %s", step.name, code, step.code, out)
		}
	}
	rejected, err := os.ReadFile(bad + ".rejected.csv")
	if err != nil || !strings.HasPrefix(string(rejected), "line,reason,row\n3,") || !strings.Contains(string(rejected), "yesterday") {
		t.Errorf("rejected rows: %s %v", rejected, err)
	}
}
