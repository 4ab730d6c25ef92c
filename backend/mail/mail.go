// Package mail sends mail: by SMTP, or into a folder where there is no server for it.
package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// queueSize bounds the queue: what waits in it is lost when the server is killed, and asked for again.
const queueSize = 100

// Patience is how long one mail may take.
const Patience = 20 * time.Second

// sender is the name beside the address that mail comes from.
const sender = "Annals"

// Options say where mail goes.
type Options struct {
	SMTPURL   string // smtp:// (STARTTLS where offered) or smtps://, with user and password; ?from=ADDRESS names the sender
	Dir       string // without an SMTPURL: each mail becomes a file here
	PublicURL string // of the portal
	Log       *slog.Logger
}

// Mailer sends mail: at once, or behind the back of the request that causes it.
type Mailer struct {
	queue   chan Letter
	done    chan struct{}
	deliver func(context.Context, *gomail.Msg) error
	from    string
	portal  string
	log     *slog.Logger
}

// Letter is a mail to one person. {portal} in the text of a queued one is the portal's address.
type Letter struct {
	ID                string // tells a repetition from another mail; "" for one that is never repeated
	To, Subject, Text string
}

// New reads the options and begins to take letters.
func New(o Options) (*Mailer, error) {
	m := &Mailer{queue: make(chan Letter, queueSize), done: make(chan struct{}), portal: o.PublicURL, log: o.Log, from: senderAddress("", o.PublicURL)}
	if o.SMTPURL == "" {
		m.deliver = func(_ context.Context, msg *gomail.Msg) error { return writeMail(o.Dir, msg) }
	} else {
		// The URL holds a password, so no error shows it.
		u, err := url.Parse(o.SMTPURL)
		if err != nil || u.Hostname() == "" {
			return nil, errors.New("ANNALS_SMTP_URL is not a URL such as smtp://user:password@host:587")
		}
		client, err := smtpClient(u)
		if err != nil {
			return nil, fmt.Errorf("ANNALS_SMTP_URL: %w", err)
		}
		m.deliver = func(ctx context.Context, msg *gomail.Msg) error { return deliver(ctx, client, msg) }
		m.from = senderAddress(u.Query().Get("from"), o.PublicURL)
		if name := u.User.Username(); u.Query().Get("from") == "" && strings.Contains(name, "@") {
			m.from = name
		}
	}
	if err := gomail.NewMsg().From(m.from); err != nil {
		return nil, errors.New("ANNALS_SMTP_URL: from is not an e-mail address")
	}
	go m.run()
	return m, nil
}

// deliver hands a mail to the server. Once that has taken it, it is sent, however the farewell goes.
func deliver(ctx context.Context, client *gomail.Client, msg *gomail.Msg) error {
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return err
	}
	defer client.CloseWithSMTPClient(conn) //nolint:errcheck // as said above
	return client.SendWithSMTPClient(conn, msg)
}

func senderAddress(from, publicURL string) string {
	if from != "" {
		return from
	}
	host := "localhost"
	if u, err := url.Parse(publicURL); err == nil && u.Hostname() != "" {
		host = u.Hostname()
	}
	return "annals@" + host
}

func smtpClient(u *url.URL) (*gomail.Client, error) {
	// The default ports of RFC 6409 and RFC 8314.
	port, options := 587, []gomail.Option{gomail.WithTimeout(Patience), gomail.WithTLSConfig(&tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12})}
	switch u.Scheme {
	case "smtp":
		options = append(options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	case "smtps":
		port, options = 465, append(options, gomail.WithSSL())
	default:
		return nil, fmt.Errorf("the scheme is smtp or smtps, not %q", u.Scheme)
	}
	if u.Port() != "" {
		p, err := strconv.Atoi(u.Port())
		if err != nil {
			return nil, fmt.Errorf("the port %q is not a number", u.Port())
		}
		port = p
	}
	if password, ok := u.User.Password(); ok {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	return gomail.NewClient(u.Hostname(), append(options, gomail.WithPort(port))...)
}

// Queue takes a letter to be sent soon. It never waits: how long sending takes must not tell whether
// there was anybody to write to.
func (m *Mailer) Queue(l Letter) {
	l.Text = strings.ReplaceAll(l.Text, "{portal}", m.portal)
	select {
	case m.queue <- l:
	default:
		m.log.Error("mail not sent: too many are waiting", "to", l.To, "subject", l.Subject)
	}
}

// Crowded reports whether so much waits that a mail which somebody causes for others should come later:
// the rest of the queue is kept for people who are signing in.
func (m *Mailer) Crowded() bool { return len(m.queue) >= queueSize/2 }

func (m *Mailer) run() {
	defer close(m.done)
	for l := range m.queue {
		if err := m.Send(context.Background(), l); err != nil {
			m.log.Error("mail not sent", "to", l.To, "subject", l.Subject, "err", err)
		}
	}
}

// Send sends a letter and says what became of it.
func (m *Mailer) Send(ctx context.Context, l Letter) error {
	msg := gomail.NewMsg()
	if err := msg.FromFormat(sender, m.from); err != nil {
		return err
	}
	if err := msg.To(l.To); err != nil {
		return err
	}
	msg.Subject(l.Subject)
	msg.SetDate()
	msg.SetMessageID()
	if l.ID != "" {
		_, host, _ := strings.Cut(m.from, "@")
		msg.SetMessageIDWithValue(l.ID + "@" + host)
	}
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no out-of-office answers
	msg.SetBodyString(gomail.TypeTextPlain, l.Text)
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	return m.deliver(ctx, msg)
}

// Close sends what waits, as long as the context allows. Nothing may be queued afterwards.
func (m *Mailer) Close(ctx context.Context) error {
	close(m.queue)
	select {
	case <-m.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("mail is left unsent: %w", ctx.Err())
	}
}

// writeMail puts a mail into a file of its own, which appears whole and for the owner only.
func writeMail(dir string, msg *gomail.Msg) (err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".unsent-*") // with mode 0600
	if err != nil {
		return err
	}
	_, err = msg.WriteTo(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	name := time.Now().UTC().Format("20060102T150405.000000000Z") + strings.TrimPrefix(filepath.Base(f.Name()), ".unsent") + ".eml"
	return os.Rename(f.Name(), filepath.Join(dir, name))
}
