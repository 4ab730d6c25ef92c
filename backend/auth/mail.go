package auth

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

	"github.com/wneessen/go-mail"

	"annals/backend/user"
)

// The bounds of the queue: what waits in it is lost when the server is killed, and asked for again.
const (
	mailQueue   = 100
	mailTimeout = 20 * time.Second
)

// MailOptions say where mail goes.
type MailOptions struct {
	SMTPURL   string // smtp:// (STARTTLS where offered) or smtps://, with user and password; ?from=ADDRESS names the sender
	Dir       string // without an SMTPURL: each mail becomes a file here
	PublicURL string // of the portal
	Log       *slog.Logger
}

// Mailer sends mail behind the back of the request that causes it: how long that takes must not
// tell whether there was anybody to write to.
type Mailer struct {
	queue   chan letter
	done    chan struct{}
	deliver func(context.Context, *mail.Msg) error
	from    string
	portal  string
	log     *slog.Logger
}

// letter is a mail to one person.
type letter struct{ to, subject, text string }

// NewMailer reads the options and starts to send.
func NewMailer(o MailOptions) (*Mailer, error) {
	m := &Mailer{queue: make(chan letter, mailQueue), done: make(chan struct{}), portal: o.PublicURL, log: o.Log, from: sender("", o.PublicURL)}
	if o.SMTPURL == "" {
		m.deliver = func(_ context.Context, msg *mail.Msg) error { return writeMail(o.Dir, msg) }
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
		m.deliver = func(ctx context.Context, msg *mail.Msg) error { return client.DialAndSendWithContext(ctx, msg) }
		m.from = sender(u.Query().Get("from"), o.PublicURL)
		if name := u.User.Username(); u.Query().Get("from") == "" && strings.Contains(name, "@") {
			m.from = name
		}
	}
	if err := mail.NewMsg().From(m.from); err != nil {
		return nil, errors.New("ANNALS_SMTP_URL: from is not an e-mail address")
	}
	go m.run()
	return m, nil
}

func sender(from, publicURL string) string {
	if from != "" {
		return from
	}
	host := "localhost"
	if u, err := url.Parse(publicURL); err == nil && u.Hostname() != "" {
		host = u.Hostname()
	}
	return "annals@" + host
}

func smtpClient(u *url.URL) (*mail.Client, error) {
	// The default ports of RFC 6409 and RFC 8314.
	port, options := 587, []mail.Option{mail.WithTimeout(mailTimeout), mail.WithTLSConfig(&tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12})}
	switch u.Scheme {
	case "smtp":
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	case "smtps":
		port, options = 465, append(options, mail.WithSSL())
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
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(u.User.Username()), mail.WithPassword(password))
	}
	return mail.NewClient(u.Hostname(), append(options, mail.WithPort(port))...)
}

// send puts a letter into the queue. It never waits.
func (m *Mailer) send(l letter) {
	l.text = strings.ReplaceAll(l.text, "{portal}", m.portal)
	select {
	case m.queue <- l:
	default:
		m.log.Error("mail not sent: too many are waiting", "to", l.to, "subject", l.subject)
	}
}

func (m *Mailer) run() {
	defer close(m.done)
	for l := range m.queue {
		if err := m.post(l); err != nil {
			m.log.Error("mail not sent", "to", l.to, "subject", l.subject, "err", err)
		}
	}
}

func (m *Mailer) post(l letter) error {
	msg := mail.NewMsg()
	if err := msg.FromFormat(issuer, m.from); err != nil {
		return err
	}
	if err := msg.To(l.to); err != nil {
		return err
	}
	msg.Subject(l.subject)
	msg.SetDate()
	msg.SetMessageID()
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no out-of-office answers
	msg.SetBodyString(mail.TypeTextPlain, l.text)
	ctx, cancel := context.WithTimeout(context.Background(), mailTimeout)
	defer cancel()
	return m.deliver(ctx, msg)
}

// Close sends what waits, as long as the context allows. Nothing may be sent afterwards.
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
func writeMail(dir string, msg *mail.Msg) (err error) {
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

// otpLetter is the mail that carries a one-time password. Who asked for it is the address of the
// request, or "" for an administrator.
func otpLetter(u user.Listed, otp string, life time.Duration, asker string) *letter {
	valid, who := fmt.Sprintf("%d minutes", int(life.Minutes())), "It was asked for from the address "+asker+". If that was not you, ignore this mail: nobody can sign in without it."
	if life >= time.Hour {
		valid = fmt.Sprintf("%d hours", int(life.Hours()))
	}
	if asker == "" {
		who = "An administrator reset your password. After signing in, choose a new one under your own sign-ins within a quarter of an hour."
	}
	return &letter{to: u.Email, subject: "Your one-time password for Annals", text: fmt.Sprintf(
		"Your one-time password is\r\n\r\n    %s\r\n\r\nIt works once, for %s, at {portal}\r\n\r\n%s\r\n", otp[:4]+" "+otp[4:], valid, who)}
}
