package auth

import (
	"log/slog"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"annals/backend/access"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/mail"
	"annals/backend/tenant"
	"annals/backend/user"
)

var tokenInMail = regexp.MustCompile(`http://portal\.example/invitation#(\S+)`)

// pending adds somebody without a password who was never activated.
func (h *house) pending(t tenant.Tenant, name string) user.Listed {
	h.t.Helper()
	u := h.add(t, name, access.Admin)
	h.exec("DELETE FROM credentials WHERE user_id = $1", u.ID)
	h.asRoot("UPDATE users SET state = 'pending' WHERE id = ?", u.ID)
	u.State = user.Pending
	return u
}

// mailedToken is that of the last invitation.
func (h *house) mailedToken() string {
	h.t.Helper()
	mails := h.mails()
	if len(mails) == 0 {
		h.t.Fatal("no mail was sent")
	}
	m := tokenInMail.FindStringSubmatch(mails[len(mails)-1])
	if m == nil {
		h.t.Fatalf("no invitation in %q", mails[len(mails)-1])
	}
	return m[1]
}

func TestAnInvitationLetsInOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	boss := h.add(h.org, "boss", access.Admin)
	p, _ := h.signIn(boss, "")
	ana := h.pending(h.dealer, "ana")
	n := len(h.entries())
	if err := h.Invite(t.Context(), p, ana.ID); err != nil {
		t.Fatal(err)
	}
	token := h.mailedToken()
	for _, want := range []string{"To: <ana@example.com>", "for Harbor Dealers", "works once, until " + h.now().Add(invitationLife).Format("2 January 2006 15:04")} {
		if mail := h.mails()[0]; !strings.Contains(mail, want) {
			t.Errorf("the mail lacks %q:\n%s", want, mail)
		}
	}
	greeted, err := h.Invitation(t.Context(), home, token)
	if err != nil || greeted.Email != ana.Email {
		t.Fatalf("Invitation = %+v, %v", greeted, err)
	}
	_, err = h.AcceptInvitation(t.Context(), home, token, "short")
	if f := fault.Of(err); f == nil || f.Kind != fault.Invalid || f.Fields[0].Location != "body.password" {
		t.Errorf("a password that the rules refuse: %v", err)
	}
	_, err = h.AcceptInvitation(t.Context(), home, token, ana.Email)
	wantFault(t, err, fault.Invalid)
	a, err := h.AcceptInvitation(t.Context(), home, token, goodPassword)
	if err != nil || a.Status != StatusOK || a.User.State != user.Active {
		t.Fatalf("AcceptInvitation = %+v, %v", a, err)
	}
	_, err = h.AcceptInvitation(t.Context(), home, token, goodPassword+"!")
	wantFault(t, err, fault.Unauthenticated)
	h.login(ana, StatusOK)
	h.wantEntries(n, "user_invited", "user_activated", "AUTH_OK", "AUTH_FAIL: "+causeInvitation, "AUTH_OK")
	all := h.entries()[n:]
	if e := all[0]; e.ActorUserID != boss.ID || e.SubjectID != ana.ID || e.Code != "" {
		t.Errorf("invited: %+v", e)
	}
	if e := all[1]; e.ActorUserID != ana.ID || e.SubjectID != ana.ID {
		t.Errorf("activated: %+v", e)
	}
	// Nothing that is kept holds the token.
	if got := h.number("SELECT count(*) FROM event_inbox e WHERE position($1 IN e::text) > 0", token); got != 0 {
		t.Errorf("%d entries hold the token", got)
	}
	if got := h.number("SELECT count(*) FROM invitations"); got != 0 {
		t.Errorf("%d invitations are left", got)
	}
}

// TestAnInvitationThatEndedSaysNoMore: the answer is the same for all causes, and for a guess.
func TestAnInvitationThatEndedSaysNoMore(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.cheapHashes()
	p, _ := h.signIn(h.add(h.org, "boss", access.Admin), "")
	for name, end := range map[string]func(user.Listed){
		"guessed":            nil,
		"replaced":           func(u user.Listed) { h.must(h.Invite(t.Context(), p, u.ID)) },
		"revoked":            func(u user.Listed) { h.must(h.RevokeInvitation(t.Context(), p, u.ID)) },
		"of who is active":   func(u user.Listed) { h.asRoot("UPDATE users SET state = 'active' WHERE id = ?", u.ID) },
		"of who is deleted":  func(u user.Listed) { h.asRoot("UPDATE users SET state = 'deleted' WHERE id = ?", u.ID) },
		"of a closed one":    func(user.Listed) { h.asRoot("UPDATE tenants SET state = 'closed' WHERE id = ?", h.dealer.ID) },
		"to another address": func(u user.Listed) { h.write(func(tx *db.Tx) error { return h.AddressChanged(tx, u.ID) }) },
		"expired":            func(user.Listed) { h.wait(invitationLife) },
	} {
		u := h.pending(h.dealer, strings.ReplaceAll(name, " ", ""))
		token := newToken()
		if end != nil {
			h.must(h.Invite(t.Context(), p, u.ID))
			token = h.mailedToken()
			end(u)
		}
		_, look := h.Invitation(t.Context(), home, token)
		_, accept := h.AcceptInvitation(t.Context(), home, token, goodPassword)
		for _, err := range []error{look, accept} {
			if f := fault.Of(err); f == nil || f.Kind != fault.Unauthenticated || f.Detail != errInvitation().Detail {
				t.Errorf("%s: %v", name, err)
			}
		}
		if h.number("SELECT count(*) FROM credentials WHERE user_id = $1", u.ID) != 0 {
			t.Errorf("%s: the password was stored", name)
		}
		h.asRoot("UPDATE tenants SET state = 'active' WHERE id = ?", h.dealer.ID)
		h.wait(2 * time.Hour) // the count of failures is forgotten
		p, _ = h.signIn(h.add(h.org, "next"+strings.ReplaceAll(name, " ", ""), access.Admin), "")
	}
}

func TestGuessingInvitationsSlowsDown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for n := range 40 {
		_, err := h.AcceptInvitation(t.Context(), home, newToken(), goodPassword)
		if fault.Is(err, fault.TooMany) {
			if n < freeOfAddress {
				t.Errorf("after %d", n)
			}
			if h.hashes.Load() != 0 {
				t.Error("a guess made the server compute a hash")
			}
			return
		}
		wantFault(t, err, fault.Unauthenticated)
	}
	t.Error("never")
}

func TestOnlyOneOfTwoAccepts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, _ := h.signIn(h.add(h.org, "boss", access.Admin), "")
	ana := h.pending(h.dealer, "ana")
	h.must(h.Invite(t.Context(), p, ana.ID))
	token := h.mailedToken()
	var both sync.WaitGroup
	var errs [2]error
	for i := range errs {
		both.Go(func() { _, errs[i] = h.AcceptInvitation(t.Context(), home, token, goodPassword+strings.Repeat("!", i)) })
	}
	both.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("both or neither: %v, %v", errs[0], errs[1])
	}
}

// TestAnInvitationIsNoWayAroundTheSecondFactor: a policy that requires one asks for its set-up.
func TestAnInvitationIsNoWayAroundTheSecondFactor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.asRoot("UPDATE tenants SET mfa_policy = 'required' WHERE id = ?", h.org.ID)
	boss := h.add(h.org, "boss", access.Admin)
	secret, _ := h.enrol(boss)
	p, _ := h.signIn(boss, secret)
	ana := h.pending(h.dealer, "ana")
	h.must(h.Invite(t.Context(), p, ana.ID))
	a, err := h.AcceptInvitation(t.Context(), home, h.mailedToken(), goodPassword)
	if err != nil || a.Status != StatusMFASetup || a.AccessToken != "" {
		t.Fatalf("AcceptInvitation = %+v, %v", a, err)
	}
	setup, err := h.SetupMFA(t.Context(), home, a.Challenge)
	h.must(err)
	in, err := h.ActivateMFA(t.Context(), home, a.Challenge, h.code(setup.Secret, 0))
	h.must(err)
	if got := h.principal(in); got.method != methodInvitation+"+"+methodTOTP {
		t.Errorf("method %q", got.method)
	}
}

func TestWhoMayInvite(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, _ := h.signIn(h.add(h.org, "boss", access.Admin), "")
	reader, _ := h.signIn(h.add(h.org, "auditor", access.Auditor), "")
	active, stranger, ana := h.add(h.dealer, "active", access.User), h.pending(h.rival, "stranger"), h.pending(h.dealer, "ana")
	n := len(h.entries())
	for name, x := range map[string]struct {
		by   Principal
		id   int64
		want fault.Kind
	}{
		"by an auditor": {reader, ana.ID, fault.Forbidden}, "somebody active": {p, active.ID, fault.Conflict},
		"out of scope": {p, stranger.ID, fault.NotFound}, "nobody": {p, 999, fault.NotFound},
	} {
		for _, err := range []error{h.Invite(t.Context(), x.by, x.id), h.RevokeInvitation(t.Context(), x.by, x.id)} {
			if !fault.Is(err, x.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	wantFault(t, h.RevokeInvitation(t.Context(), p, ana.ID), fault.Conflict)
	h.wantEntries(n)
	if mails := h.mails(); len(mails) != 0 {
		t.Errorf("mailed: %q", mails)
	}
}

// TestNobodysInvitationsKeepOthersOut: the queue of mails is everybody's, and what doesn't fit is lost.
func TestNobodysInvitationsKeepOthersOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.cheapHashes()
	p, _ := h.signIn(h.add(h.org, "boss", access.Admin), "")
	ana, active := h.pending(h.dealer, "ana"), h.add(h.dealer, "active", access.User)
	silent, err := net.Listen("tcp", "127.0.0.1:0") // a mail server that never answers
	h.must(err)
	defer silent.Close() //nolint:errcheck // the test is over
	open := h.mail
	defer func() { h.mail = open }()
	h.mail, err = mail.New(mail.Options{SMTPURL: "smtp://" + silent.Addr().String(), PublicURL: "http://portal.example", Log: slog.New(slog.DiscardHandler)})
	h.must(err)
	sent := 0
	for ; sent < 200 && err == nil; sent++ {
		err = h.Invite(t.Context(), p, ana.ID)
	}
	wantFault(t, err, fault.TooMany)
	if sent < 50 || sent > 55 {
		t.Errorf("refused after %d", sent)
	}
	n := len(h.entries())
	wantFault(t, h.ResetPassword(t.Context(), p, active.ID, "forgotten"), fault.TooMany)
	h.wantEntries(n)
	h.must(h.RequestOTP(t.Context(), home, active.Email))
	h.wantEntries(n, "OTP_RST")
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}
