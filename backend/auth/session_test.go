package auth

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"annals/backend/access"
	"annals/backend/db"
	"annals/backend/fault"
)

func TestRefreshTokenIsGoodOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, a := h.signIn(h.add(h.org, "ana", access.Admin), "")
	b, err := h.Refresh(t.Context(), home, a.RefreshToken)
	if err != nil || b.RefreshToken == a.RefreshToken || b.RefreshToken == "" {
		t.Fatalf("Refresh = %+v, %v", b, err)
	}
	p := h.principal(b)
	h.wantEntries(0, "AUTH_OK")
	_, err = h.Refresh(t.Context(), from("203.0.113.9"), a.RefreshToken) // the thief, or his victim
	wantFault(t, err, fault.Unauthenticated)
	_, err = h.Refresh(t.Context(), home, b.RefreshToken)
	wantFault(t, err, fault.Unauthenticated)
	_, err = h.Authenticate(t.Context(), home, b.AccessToken)
	wantFault(t, err, fault.Unauthenticated)
	_, err = h.Refresh(t.Context(), home, a.RefreshToken) // said once
	wantFault(t, err, fault.Unauthenticated)
	h.wantEntries(0, "AUTH_OK", "REFRESH_REUSE")
	if e := h.entries()[1]; e.SessionID != p.SessionID || e.IP != "203.0.113.9" || e.Outcome != "failure" || e.ObjectKind != "annals.session" {
		t.Errorf("entry = %+v", e)
	}
	_, err = h.Refresh(t.Context(), home, "no token of ours")
	wantFault(t, err, fault.Unauthenticated)
}

func TestConcurrentRefreshIsReuse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, a := h.signIn(h.add(h.org, "ana", access.Admin), "")
	var wg sync.WaitGroup
	answers := make(chan Answer, 4)
	for range cap(answers) {
		wg.Go(func() {
			if b, err := h.Refresh(t.Context(), home, a.RefreshToken); err == nil {
				answers <- b
			} else if !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("Refresh: %v", err)
			}
		})
	}
	wg.Wait()
	close(answers)
	if len(answers) != 1 {
		t.Fatalf("%d refreshes succeeded, want 1", len(answers))
	}
	_, err := h.Authenticate(t.Context(), home, (<-answers).AccessToken)
	wantFault(t, err, fault.Unauthenticated)
	h.wantEntries(0, "AUTH_OK", "REFRESH_REUSE")
}

func TestLogoutEndsTheSession(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, a := h.signIn(h.add(h.org, "ana", access.Admin), "")
	for range 2 {
		if err := h.Logout(t.Context(), home, a.RefreshToken); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Logout(t.Context(), home, ""); err != nil {
		t.Fatal(err)
	}
	_, err := h.Authenticate(t.Context(), home, a.AccessToken)
	wantFault(t, err, fault.Unauthenticated)
	_, err = h.Refresh(t.Context(), home, a.RefreshToken)
	wantFault(t, err, fault.Unauthenticated)
	h.wantEntries(0, "AUTH_OK", "AUTH_LOGOUT")
	if e := h.entries()[1]; e.SessionID != p.SessionID {
		t.Errorf("entry = %+v", e)
	}
}

func TestSessionLastsTwelveHoursIdleAndSevenDaysAtMost(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ana := h.add(h.org, "ana", access.Admin)
	_, idle := h.signIn(ana, "")
	h.wait(SessionIdle)
	_, err := h.Refresh(t.Context(), home, idle.RefreshToken)
	wantFault(t, err, fault.Unauthenticated)

	_, a := h.signIn(ana, "")
	opened := h.now()
	const step = SessionIdle - time.Minute
	for err = nil; err == nil && h.now().Sub(opened) < 2*SessionLife; {
		h.wait(step)
		a, err = h.Refresh(t.Context(), home, a.RefreshToken)
	}
	wantFault(t, err, fault.Unauthenticated)
	if lasted := h.now().Sub(opened); lasted < SessionLife || lasted >= SessionLife+step {
		t.Errorf("the session in use ended after %v, want %v", lasted, SessionLife)
	}
}

func TestLastSeenIsWrittenOnceAMinute(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, a := h.signIn(h.add(h.org, "ana", access.Admin), "")
	opened := h.now()
	seen := func() time.Duration {
		t.Helper()
		list, err := h.Sessions(t.Context(), p)
		if err != nil || len(list) != 1 {
			t.Fatalf("Sessions = %+v, %v", list, err)
		}
		return list[0].LastSeenAt.Sub(opened)
	}
	for _, want := range []time.Duration{0, time.Minute, time.Minute, 2 * time.Minute} {
		h.principal(a)
		if got := seen(); got != want {
			t.Errorf("last seen %v after the sign-in, want %v", got, want)
		}
		if h.wait(30 * time.Second); want == 0 {
			h.wait(30 * time.Second)
		}
	}
}

func TestSessionsAreListedAndRevoked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ana, kofi := h.add(h.org, "ana", access.Admin), h.add(h.org, "kofi", access.Admin)
	p1, a1 := h.signIn(ana, "")
	h.wait(time.Second)
	p2, a2 := h.signIn(ana, "")
	_, a3 := h.signIn(ana, "")
	other, _ := h.signIn(kofi, "")
	list, err := h.Sessions(t.Context(), p1)
	if err != nil || len(list) != 3 {
		t.Fatalf("Sessions = %+v, %v", list, err)
	}
	if last := list[2]; last.ID.String() != p1.SessionID || !last.Current || list[0].Current || last.IP != "198.51.100.7" || last.Method != "password" || !strings.Contains(last.UserAgent, "Firefox") || last.ExpiresAt.Sub(last.CreatedAt) != SessionIdle {
		t.Errorf("session = %+v", last)
	}
	n := len(h.entries())
	wantFault(t, h.RevokeSession(t.Context(), p1, uuid.MustParse(other.SessionID)), fault.NotFound)
	wantFault(t, h.RevokeSession(t.Context(), p1, uuid.New()), fault.NotFound)
	if err := h.RevokeSession(t.Context(), p1, uuid.MustParse(p2.SessionID)); err != nil {
		t.Fatal(err)
	}
	wantFault(t, h.RevokeSession(t.Context(), p1, uuid.MustParse(p2.SessionID)), fault.NotFound)
	_, err = h.Authenticate(t.Context(), home, a2.AccessToken)
	wantFault(t, err, fault.Unauthenticated)
	if err := h.RevokeOthers(t.Context(), p1); err != nil {
		t.Fatal(err)
	}
	_, err = h.Authenticate(t.Context(), home, a3.AccessToken)
	wantFault(t, err, fault.Unauthenticated)
	h.principal(a1)
	h.wantEntries(n, "SESSION_REVOKE", "SESSION_REVOKE")
	if e := h.entries()[n]; e.Description != "Session revoked: Firefox on Linux" || e.Code != "SESSION_REVOKEsession:id="+p2.SessionID || e.SubjectID != ana.ID {
		t.Errorf("entry = %+v", e)
	}
}

func TestWhatIsShutOutIsOutWithTheNextCall(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ana := h.add(h.dealer, "ana", access.Admin)
	_, a := h.signIn(ana, "")
	for shut, open := range map[string]string{
		"UPDATE users SET state = 'locked' WHERE id = ?":                                 "UPDATE users SET state = 'active' WHERE id = ?",
		"UPDATE users SET state = 'deleted' WHERE id = ?":                                "UPDATE users SET state = 'active' WHERE id = ?",
		"UPDATE tenants SET state = 'closed' WHERE name = 'Northwind Telecom' AND ? > 0": "UPDATE tenants SET state = 'active' WHERE ? > 0",
	} {
		h.asRoot(shut, ana.ID)
		_, err := h.Authenticate(t.Context(), home, a.AccessToken)
		wantFault(t, err, fault.Unauthenticated)
		_, err = h.Refresh(t.Context(), home, a.RefreshToken)
		wantFault(t, err, fault.Unauthenticated)
		h.asRoot(open, ana.ID)
		_, a = h.signIn(ana, "")
	}
	// Who locks somebody ends the sessions, so that they don't stand again after an unlock.
	h.write(func(tx *db.Tx) error { return h.EndSessions(tx, h.principal(a).Origin, ana, "left the company") })
	_, err := h.Authenticate(t.Context(), home, a.AccessToken)
	wantFault(t, err, fault.Unauthenticated)
	if got := h.entries(); got[len(got)-1].Type != "SESSION_REVOKE" || got[len(got)-1].Reason != "left the company" {
		t.Errorf("last entry = %+v", got[len(got)-1])
	}
}

func TestPasswordChange(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ana := h.add(h.org, "ana", access.User)
	_, other := h.signIn(ana, "")
	p, own := h.signIn(ana, "")
	if err := h.RequestOTP(t.Context(), home, ana.Email); err != nil {
		t.Fatal(err)
	}
	otp := h.mailedOTP()
	n := len(h.entries())
	const next = "some other words of wood"
	for _, x := range []struct{ current, next, location string }{
		{"not this password", next, "body.currentPassword"},
		{"", next, "body.currentPassword"},
		{goodPassword, goodPassword, "body.newPassword"},
		{goodPassword, "short", "body.newPassword"},
		{goodPassword, "ANA@example.com", "body.newPassword"},
	} {
		f := fault.Of(h.ChangePassword(t.Context(), p, x.current, x.next))
		if f == nil || f.Kind != fault.Invalid || f.Fields[0].Location != x.location {
			t.Errorf("ChangePassword(%q, %q) = %v, want a fault at %s", x.current, x.next, f, x.location)
		}
	}
	if err := h.ChangePassword(t.Context(), p, goodPassword, next); err != nil {
		t.Fatal(err)
	}
	h.wantEntries(n, "AUTH_FAIL: wrong current password at a password change", "AUTH_FAIL: wrong current password at a password change", "PSWD_CHNG", "SESSION_REVOKE")
	if e := h.entries()[n+2]; !strings.HasPrefix(e.Code, "PSWD_CHNGi_user=") || e.SessionID != p.SessionID {
		t.Errorf("entry = %+v", e)
	}
	h.principal(own)
	_, err := h.Authenticate(t.Context(), home, other.AccessToken)
	wantFault(t, err, fault.Unauthenticated)
	_, err = h.LoginOTP(t.Context(), home, ana.Email, otp) // from before the change
	wantFault(t, err, fault.Unauthenticated)
	if _, err := h.Login(t.Context(), home, ana.Email, next); err != nil {
		t.Errorf("Login with the new password: %v", err)
	}
}

func TestEndUserSeesHisOwn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	u := h.add(h.dealer, "user", access.User)
	p, _ := h.signIn(u, "")
	if p.Scope != u.Scope() || p.Scope.ID != u.ID || p.Origin.Actor.Level != "user" || !slices.Equal(p.Permissions, access.Of(access.User)) {
		t.Errorf("principal = %+v", p)
	}
}

func TestDevice(t *testing.T) {
	t.Parallel()
	for ua, want := range map[string]string{
		home.UserAgent: "Firefox on Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0": "Edge on Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/604.1": "Safari on iPhone",
		"curl/8.5.0": "curl", "": "", "something else": "something else",
	} {
		if got := device(ua); got != want {
			t.Errorf("device(%q) = %q, want %q", ua, got, want)
		}
	}
}
