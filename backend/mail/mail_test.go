package mail

import (
	"bufio"
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"
)

// smtpServer speaks enough SMTP to take mails, and sends what it was told to the channel.
func smtpServer(t *testing.T) (address string, mails <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() }) //nolint:errcheck // the test is over
	out := make(chan string, 10)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serveSMTP(conn, out)
		}
	}()
	return l.Addr().String(), out
}

func serveSMTP(conn net.Conn, mails chan<- string) {
	defer conn.Close()                                       //nolint:errcheck // the test is over
	say := func(s string) { conn.Write([]byte(s + "\r\n")) } //nolint:errcheck // the client will notice
	say("220 test")
	var mail strings.Builder
	in := bufio.NewScanner(conn)
	for inData := false; in.Scan(); {
		line := in.Text()
		mail.WriteString(line + "\n")
		switch {
		case inData && line == ".":
			inData = false
			say("250 ok")
			mails <- mail.String()
		case inData:
		case strings.HasPrefix(line, "DATA"):
			inData = true
			say("354 go on")
		case strings.HasPrefix(line, "QUIT"):
			say("421 not now") // what was taken is sent all the same
			return
		default:
			say("250 ok")
		}
	}
}

func TestMailGoesOutBySMTP(t *testing.T) {
	t.Parallel()
	address, mails := smtpServer(t)
	m, err := New(Options{SMTPURL: "smtp://" + address + "?from=log@example.com", PublicURL: "https://log.example.com", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	m.Queue(Letter{To: "ana@example.com", Subject: "Hello", Text: "at {portal}"})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := m.Close(ctx); err != nil { // what waits is sent first
		t.Fatal(err)
	}
	select {
	case got := <-mails:
		for _, want := range []string{"MAIL FROM:<log@example.com>", "RCPT TO:<ana@example.com>", "Subject: Hello", "at https://log.example.com"} {
			if !strings.Contains(got, want) {
				t.Errorf("the mail lacks %q:\n%s", want, got)
			}
		}
	default:
		t.Error("no mail arrived")
	}
}

func TestALetterCanBeToldFromItsRepetition(t *testing.T) {
	t.Parallel()
	address, mails := smtpServer(t)
	m, err := New(Options{SMTPURL: "smtp://" + address + "?from=log@example.com", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close(t.Context()) //nolint:errcheck // nothing is queued
	if err := m.Send(t.Context(), Letter{ID: "0198-4711", To: "ana@example.com", Subject: "Hello", Text: "at {portal}"}); err != nil {
		t.Fatal(err)
	}
	if got := <-mails; !strings.Contains(got, "Message-ID: <0198-4711@example.com>") || !strings.Contains(got, "at {portal}") {
		t.Errorf("sent:\n%s", got)
	}
	if err := m.Send(t.Context(), Letter{To: "nobody", Subject: "Hello", Text: "x"}); err == nil {
		t.Error("a mail to no address is said to be sent")
	}
}

func TestUnsentMailIsLoggedWithoutItsText(t *testing.T) {
	t.Parallel()
	var logged strings.Builder
	m, err := New(Options{SMTPURL: "smtp://user:pass-word@127.0.0.1:1", Log: slog.New(slog.NewTextHandler(&logged, nil))})
	if err != nil {
		t.Fatal(err)
	}
	for range queueSize + 10 { // never waits, even when nothing is taken
		m.Queue(Letter{To: "ana@example.com", Subject: "Hello", Text: "4711 0815"})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := m.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if got := logged.String(); !strings.Contains(got, "mail not sent") || strings.Contains(got, "4711") || strings.Contains(got, "pass-word") {
		t.Errorf("log = %s", got)
	}
}

func TestBadMailSettingsAreNamedWithoutThePassword(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"http://u:pass-word@host", "smtp://u:pass-word@host:x", "smtp://", "smtp://u:pass-word@host?from=nobody", "::"} {
		_, err := New(Options{SMTPURL: url, Log: slog.New(slog.DiscardHandler)})
		if err == nil || !strings.Contains(err.Error(), "ANNALS_SMTP_URL") || strings.Contains(err.Error(), "pass-word") {
			t.Errorf("%s: %v", url, err)
		}
	}
}
