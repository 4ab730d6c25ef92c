package main

import (
	"bufio"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"annals/backend/postgres"
)

// tarpit is a mail server that takes a mail and then doesn't say so.
type tarpit struct {
	addr  string
	mails chan string   // the Message-ID of each
	say   chan struct{} // closed: from now on it answers
}

func newTarpit(t *testing.T) *tarpit {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	p := &tarpit{addr: l.Addr().String(), mails: make(chan string, 10), say: make(chan struct{})}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(conn)
		}
	}()
	return p
}

func (p *tarpit) serve(conn net.Conn) {
	defer conn.Close() //nolint:errcheck // the client is done
	answer := func(s string) { _, _ = fmt.Fprintf(conn, "%s\r\n", s) }
	answer("220 tarpit")
	inData := false
	for in := bufio.NewScanner(conn); in.Scan(); {
		line := in.Text()
		switch {
		case inData && strings.HasPrefix(line, "Message-ID: "):
			p.mails <- line
		case inData && line == ".":
			<-p.say
			inData = false
			answer("250 ok")
		case inData:
		case line == "DATA":
			inData = true
			answer("354 go on")
		default:
			answer("250 ok")
		}
	}
}

// TestAKilledServersMailIsRecordedOnce kills the server when the mail is out and nobody knows yet. The
// next one sends it again, as the same mail, and there is one entry.
func TestAKilledServersMailIsRecordedOnce(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	if out, code := runCommand(t, dir, password, "user", "create", "--email", "admin@test.example", "--role", "admin", "--tenant", "/Direct", "--password-stdin"); code != 0 {
		t.Fatalf("%d %s", code, out)
	}
	post := newTarpit(t)
	s := serve(t, dir, "--smtp-url", "smtp://"+post.addr)
	token := s.signIn(t)
	var o struct{ ID int64 }
	if status, err := s.call("POST", "/objects/mor.user", token, map[string]any{"attributes": map[string]any{"username": "kofi", "email": "kofi@test.example", "balance": "20", "warning_balance": "10"}}, &o); err != nil || status != http.StatusCreated {
		t.Fatal(status, err)
	}
	path := fmt.Sprintf("/objects/mor.user/%d", o.ID)
	if status, err := s.call("PATCH", path, token, map[string]any{"attributes": map[string]any{"balance": "5"}}, nil, "If-Match", `"1"`); err != nil || status != http.StatusOK {
		t.Fatal(status, err)
	}
	first := <-post.mails
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = s.cmd.Wait()
	close(post.say)

	s = serve(t, dir, "--smtp-url", "smtp://"+post.addr)
	token = s.signIn(t)
	url, running, err := postgres.Attach(dir, database)
	if err != nil || !running {
		t.Fatal(running, err)
	}
	owner, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	_, err = owner.ExecContext(t.Context(), "UPDATE jobs SET due_at = now()") // the lease of the dead one ends
	if err := errors.Join(err, owner.Close()); err != nil {
		t.Fatal(err)
	}
	if second := <-post.mails; second != first {
		t.Errorf("sent as %s, again as %s", first, second)
	}
	var log struct {
		Items []struct{ Type, EventID string }
	}
	for end := time.Now().Add(20 * time.Second); len(log.Items) == 0 && time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if _, err := s.call("GET", "/events?type=mor.warning_balance_send&type=mor.error", token, nil, &log); err != nil {
			t.Fatal(err)
		}
	}
	if len(log.Items) != 1 || log.Items[0].Type != "mor.warning_balance_send" || !strings.Contains(first, log.Items[0].EventID) {
		t.Errorf("recorded %+v of %s", log.Items, first)
	}
}
