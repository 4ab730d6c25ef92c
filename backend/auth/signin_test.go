package auth

import (
	"testing"
	"time"

	"annals/backend/access"
	"annals/backend/fault"
	"annals/backend/tenant"
)

func TestPasswordAloneSignsIn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ana := h.add(h.dealer, "ana", access.Admin)
	a, err := h.Login(t.Context(), home, " Ana@Example.com ", goodPassword)
	if err != nil || a.Status != StatusOK || a.AccessToken == "" || a.RefreshToken == "" || a.ExpiresIn != 300 || a.User.ID != ana.ID || a.User.LastSignInAt == nil {
		t.Fatalf("Login = %+v, %v", a, err)
	}
	p := h.principal(a)
	if p.User.ID != ana.ID || p.Scope != tenant.Of(h.dealer) || !p.May(access.EditUsers) {
		t.Errorf("principal = %+v", p)
	}
	e := h.entries()
	want := entry{Type: "AUTH_OK", Outcome: "success", Code: "AUTH_OKuser:email=ana@example.com", ActorName: "ana", ActorLevel: "dealer", ActorUserID: ana.ID,
		SubjectID: ana.ID, SalesOrgID: h.org.ID, ObjectKind: "annals.user", SessionID: p.SessionID, IP: "198.51.100.7", Description: "Signed in with password"}
	if len(e) != 1 || e[0].Data["Method"] != "password" || e[0].Data["Device"] != "Firefox on Linux" {
		t.Fatalf("entries = %+v", e)
	}
	e[0].Data = nil
	if got := e[0]; got.String() != want.String() || got.Code != want.Code || got.ActorName != want.ActorName || got.ActorLevel != want.ActorLevel || got.ActorUserID != want.ActorUserID ||
		got.SubjectID != want.SubjectID || got.SalesOrgID != want.SalesOrgID || got.ObjectKind != want.ObjectKind || got.SessionID != want.SessionID || got.IP != want.IP || got.Description != want.Description {
		t.Errorf("entry = %+v, want %+v", got, want)
	}
}

// The answer is the same for all and takes one hash each; the entries tell the causes apart.
func TestRefusedSignInsLookAlike(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, name := range []string{"right", "locked", "pending", "deleted"} {
		h.add(h.org, name, access.Admin)
	}
	h.exec("UPDATE credentials SET password_hash = '' WHERE user_id = $1", h.add(h.org, "nopassword", access.Admin).ID)
	h.add(h.rival, "closed", access.Admin)
	h.asRoot("UPDATE users SET state = split_part(email, '@', 1) WHERE split_part(email, '@', 1) IN ('locked', 'pending', 'deleted')")
	h.asRoot("UPDATE tenants SET state = 'closed' WHERE id = ?", h.rival.ID)
	for i, x := range []struct{ email, password, want string }{
		{"right@example.com", "not this password", "AUTH_FAIL: wrong password"},
		{"right@example.com", string(make([]byte, 5000)), "AUTH_FAIL: wrong password"},
		{"right@example.com", "", "AUTH_FAIL: wrong password"},
		{"nopassword@example.com", "", "AUTH_FAIL: wrong password"},
		{"nobody@example.com", goodPassword, "AUTH_FAIL: unknown user"},
		{"locked@example.com", goodPassword, "AUTH_FAIL: locked user"},
		{"pending@example.com", goodPassword, "AUTH_FAIL: user not activated yet"},
		{"deleted@example.com", goodPassword, "AUTH_FAIL: deleted user"},
		{"closed@example.com", goodPassword, "AUTH_FAIL: closed organization"},
	} {
		before := h.hashes.Load()
		a, err := h.Login(t.Context(), home, x.email, x.password)
		if f := fault.Of(err); f == nil || f.Kind != fault.Unauthenticated || f.Error() != errSignIn().Error() || a.Status != "" {
			t.Errorf("%s: %+v, %v; want the one refusal", x.email, a, err)
		}
		if got := h.hashes.Load() - before; got != 1 {
			t.Errorf("%s: %d hashes were computed, want 1", x.email, got)
		}
		h.wantEntries(i, x.want)
	}
	if n := h.number("SELECT count(*) FROM sessions"); n != 0 {
		t.Errorf("%d sessions, want none", n)
	}
	for _, e := range h.entries() {
		if e.Outcome != "failure" {
			t.Errorf("outcome of %s = %s", e, e.Outcome)
		}
	}
}

func TestUnknownUsersFailureBelongsToThePlatform(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, err := h.Login(t.Context(), home, "Nobody@Example.com", goodPassword)
	wantFault(t, err, fault.Unauthenticated)
	e := h.entries()[0]
	if e.SalesOrgID != 0 || e.SubjectID != 0 || e.ActorUserID != 0 || e.ActorName != "nobody@example.com" || e.ActorLevel != "user" || e.Code != "AUTH_FAILuser:email=nobody@example.com" || e.Data["Entered e-mail"] != "nobody@example.com" {
		t.Errorf("entry = %+v", e)
	}
}

func TestSecondFactorIsAskedForAndGiven(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ana := h.add(h.org, "ana", access.Admin)
	secret, recovery := h.enrol(ana)
	a := h.login(ana, StatusMFA)
	if a.AccessToken != "" || a.RefreshToken != "" || len(a.Methods) != 2 {
		t.Fatalf("answer gives more than the challenge: %+v", a)
	}
	_, err := h.Verify(t.Context(), home, a.Challenge, h.wrongCode(secret))
	wantFault(t, err, fault.Unauthenticated)
	code := h.code(secret, 0)
	done, err := h.Verify(t.Context(), home, a.Challenge, code[:3]+" "+code[3:])
	if err != nil || done.Status != StatusOK {
		t.Fatalf("Verify = %+v, %v", done, err)
	}
	_, err = h.Verify(t.Context(), home, a.Challenge, h.code(secret, 1))
	wantFault(t, err, fault.Unauthenticated) // the challenge is over
	h.wantEntries(0, "MFA_RQRD", "MFA_FAIL: wrong code", "MFA_VRFY", "AUTH_OK", "MFA_FAIL: step of the sign-in expired")
	for i, want := range []string{"MFA_RQRDuser:ana@example.com:TOTP", "MFA_FAILuser:ana@example.com:TOTP", "MFA_VRFYuser:ana@example.com:TOTP", "AUTH_OKuser:email=ana@example.com"} {
		if got := h.entries()[i].Code; got != want {
			t.Errorf("code = %q, want %q", got, want)
		}
	}
	if got := h.entries()[3].Description; got != "Signed in with password and TOTP" {
		t.Errorf("sentence = %q", got)
	}

	n := len(h.entries())
	done, err = h.Verify(t.Context(), home, h.login(ana, StatusMFA).Challenge, " "+recovery[3]+" ")
	if err != nil || done.Status != StatusOK {
		t.Fatalf("Verify by recovery code = %+v, %v", done, err)
	}
	_, err = h.Verify(t.Context(), home, h.login(ana, StatusMFA).Challenge, recovery[3])
	wantFault(t, err, fault.Unauthenticated)
	h.wantEntries(n, "MFA_RQRD", "MFA_VRFY", "AUTH_OK", "MFA_RQRD", "MFA_FAIL: wrong code")
	m, err := h.MFA(t.Context(), h.principal(done))
	if err != nil || !m.Enabled || m.Required || m.RecoveryCodesLeft != 9 {
		t.Errorf("MFA = %+v, %v", m, err)
	}
}

func TestCodeIsAcceptedOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ana := h.add(h.org, "ana", access.Admin)
	secret, recovery := h.enrol(ana)
	for name, code := range map[string]string{"totp": h.code(secret, 0), "recovery": recovery[0]} {
		var answers [][2]string
		for range 3 {
			answers = append(answers, [2]string{h.login(ana, StatusMFA).Challenge, code})
		}
		if accepted := h.accepted(answers...); accepted != 1 {
			t.Errorf("%s: accepted %d times, want once", name, accepted)
		}
	}
	if n := h.number("SELECT count(*) FROM sessions"); n != 2 {
		t.Errorf("%d sessions, want 2", n)
	}
	// Neither is the code of an earlier step than the last one accepted.
	_, err := h.Verify(t.Context(), home, h.login(ana, StatusMFA).Challenge, h.code(secret, -1))
	wantFault(t, err, fault.Unauthenticated)
	if got := h.entries(); got[len(got)-1].String() != "MFA_FAIL: code used before" {
		t.Errorf("last entry = %s", got[len(got)-1])
	}
}

func TestChallengeEnds(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ana := h.add(h.org, "ana", access.Admin)
	secret, _ := h.enrol(ana)
	t.Run("after five wrong codes", func(t *testing.T) {
		a := h.login(ana, StatusMFA)
		for range maxWrongAnswers {
			_, err := h.Verify(t.Context(), home, a.Challenge, h.wrongCode(secret))
			wantFault(t, err, fault.Unauthenticated)
			h.wait(10 * time.Second)
		}
		_, err := h.Verify(t.Context(), home, a.Challenge, h.code(secret, 0))
		wantFault(t, err, fault.Unauthenticated)
	})
	h.wait(2 * forgetAfter)
	t.Run("after ten minutes", func(t *testing.T) {
		a := h.login(ana, StatusMFA)
		h.wait(challengeLife)
		_, err := h.Verify(t.Context(), home, a.Challenge, h.code(secret, 0))
		wantFault(t, err, fault.Unauthenticated)
	})
	t.Run("when the person is locked", func(t *testing.T) {
		a := h.login(ana, StatusMFA)
		h.asRoot("UPDATE users SET state = 'locked' WHERE id = ?", ana.ID)
		_, err := h.Verify(t.Context(), home, a.Challenge, h.code(secret, 0))
		wantFault(t, err, fault.Unauthenticated)
	})
	if n := h.number("SELECT count(*) FROM sessions"); n != 0 {
		t.Errorf("%d sessions, want none", n)
	}
}

func TestSetUpComesFirstWhereThePolicyRequiresIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ana := h.add(h.dealer, "ana", access.User)
	h.login(ana, StatusOK)
	h.asRoot("UPDATE tenants SET mfa_policy = 'required' WHERE id = ?", h.org.ID)
	h.asRoot("UPDATE tenants SET mfa_policy = 'optional' WHERE id = ?", h.dealer.ID) // can't loosen what stands above
	n := len(h.entries())
	a := h.login(ana, StatusMFASetup)
	if a.AccessToken != "" || a.RefreshToken != "" {
		t.Fatalf("answer gives more than the challenge: %+v", a)
	}
	if _, err := h.Verify(t.Context(), home, a.Challenge, "123456"); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("Verify of a set-up challenge: %v", err)
	}
	first, err := h.SetupMFA(t.Context(), home, a.Challenge)
	if err != nil {
		t.Fatal(err)
	}
	setup, err := h.SetupMFA(t.Context(), home, a.Challenge)
	if err != nil || setup.Secret == first.Secret {
		t.Fatalf("second SetupMFA = %+v, %v; want another secret", setup, err)
	}
	_, err = h.ActivateMFA(t.Context(), home, a.Challenge, h.code(first.Secret, 0))
	wantFault(t, err, fault.Unauthenticated)
	code := h.code(setup.Secret, 0)
	other := h.login(ana, StatusMFASetup) // somebody else who knows the password
	done, err := h.ActivateMFA(t.Context(), home, a.Challenge, code)
	if err != nil || done.Status != StatusOK || len(done.RecoveryCodes) != 10 {
		t.Fatalf("ActivateMFA = %+v, %v", done, err)
	}
	h.principal(done)
	h.wantEntries(n, "MFA_PEND", "MFA_FAIL: step of the sign-in expired", "MFA_FAIL: wrong code", "MFA_PEND", "MFA_SETUP", "AUTH_OK")
	if _, err := h.SetupMFA(t.Context(), home, other.Challenge); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a set-up challenge outlives the set-up: %v", err)
	}
	// The enrolment code counts as used.
	_, err = h.Verify(t.Context(), home, h.login(ana, StatusMFA).Challenge, code)
	wantFault(t, err, fault.Unauthenticated)
	if got := h.entries(); got[len(got)-1].String() != "MFA_FAIL: code used before" {
		t.Errorf("last entry = %s", got[len(got)-1])
	}
	if err := h.DisableMFA(t.Context(), h.principal(done), h.code(setup.Secret, 1)); !fault.Is(err, fault.Forbidden) {
		t.Errorf("DisableMFA where the policy requires it: %v", err)
	}
}

func TestRootAdministratorsAlwaysNeedASecondFactor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login(h.add(h.root, "operator", access.Admin), StatusMFASetup)
	h.login(h.add(h.root, "auditor", access.Auditor), StatusOK)
	h.login(h.add(h.org, "ana", access.Admin), StatusOK)
}

// A session from before the policy doesn't live on without the second factor.
func TestPolicyReachesStandingSessions(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.login(h.add(h.org, "ana", access.Admin), StatusOK)
	h.asRoot("UPDATE tenants SET mfa_policy = 'required' WHERE id = ?", h.org.ID)
	_, err := h.Refresh(t.Context(), home, a.RefreshToken)
	wantFault(t, err, fault.Unauthenticated)
}

func TestOwnSecondFactor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ana := h.add(h.org, "ana", access.User)
	p, a := h.signIn(ana, "")
	setup, err := h.SetupOwnMFA(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if setup.URL[:31] != "otpauth://totp/Annals:ana@examp" || setup.QRCode[:22] != "data:image/png;base64," {
		t.Errorf("setup = %+v", setup)
	}
	n := len(h.entries())
	_, err = h.ActivateOwnMFA(t.Context(), p, h.wrongCode(setup.Secret))
	wantFault(t, err, fault.Invalid)
	done, err := h.ActivateOwnMFA(t.Context(), p, h.code(setup.Secret, 0))
	if err != nil || len(done.RecoveryCodes) != 10 || done.RefreshToken != "" {
		t.Fatalf("ActivateOwnMFA = %+v, %v", done, err)
	}
	if h.principal(done).SessionID != p.SessionID {
		t.Error("the session changed")
	}
	if !h.principal(done).User.MFAEnabled {
		t.Error("the list of people does not show the second factor")
	}
	h.wait(time.Minute)
	codes, err := h.NewRecoveryCodes(t.Context(), p, h.code(setup.Secret, 0))
	if err != nil || len(codes) != 10 || codes[0] == done.RecoveryCodes[0] {
		t.Fatalf("NewRecoveryCodes = %q, %v", codes, err)
	}
	wantFault(t, h.DisableMFA(t.Context(), p, done.RecoveryCodes[1]), fault.Invalid) // an old one
	h.wantEntries(n, "MFA_FAIL: wrong code", "MFA_SETUP", "RECOVERY_NEW", "MFA_FAIL: wrong code")

	// Another authenticator takes a recent sign-in.
	if _, err := h.SetupOwnMFA(t.Context(), p); err != nil {
		t.Errorf("SetupOwnMFA just after the sign-in: %v", err)
	}
	h.wait(recently)
	_, err = h.SetupOwnMFA(t.Context(), p)
	wantFault(t, err, fault.Forbidden)
	_, err = h.ActivateOwnMFA(t.Context(), p, "123456")
	wantFault(t, err, fault.Forbidden)

	if err := h.DisableMFA(t.Context(), p, codes[1]); err != nil {
		t.Fatal(err)
	}
	if got := h.entries(); got[len(got)-1].Type != "MFA_OFF" {
		t.Errorf("last entry = %s", got[len(got)-1])
	}
	if _, err := h.Refresh(t.Context(), home, a.RefreshToken); err != nil {
		t.Errorf("the session ended: %v", err)
	}
	h.login(ana, StatusOK)
}

// A password that is replaced while it is being checked opens nothing.
func TestPasswordThatChangesMeanwhile(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ana := h.add(h.org, "ana", access.Admin)
	argon := h.passwords.argon
	h.passwords.argon = func(password, salt []byte, time, memory uint32, lanes uint8, length uint32) []byte {
		h.exec("UPDATE credentials SET password_hash = '' WHERE user_id = $1", ana.ID)
		return argon(password, salt, time, memory, lanes, length)
	}
	_, err := h.Login(t.Context(), home, ana.Email, goodPassword)
	wantFault(t, err, fault.Unauthenticated)
	h.wantEntries(0, "AUTH_FAIL: wrong password")
}

// What can't be recorded doesn't happen.
func TestSignInFailsWhereItsEntryCantBeWritten(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ana, kofi := h.add(h.org, "ana", access.Admin), h.add(h.org, "kofi", access.Admin)
	secret, _ := h.enrol(kofi)
	p, a := h.signIn(ana, "")
	challenge := h.login(kofi, StatusMFA).Challenge
	h.exec("REVOKE INSERT ON event_inbox FROM annals_auth, annals_sales_org")
	before := h.number("SELECT count(*) FROM sessions WHERE revoked_at IS NULL")
	for name, call := range map[string]func() (Answer, error){
		"right password":    func() (Answer, error) { return h.Login(t.Context(), home, ana.Email, goodPassword) },
		"wrong password":    func() (Answer, error) { return h.Login(t.Context(), home, ana.Email, "another password") },
		"unknown user":      func() (Answer, error) { return h.Login(t.Context(), home, "nobody@example.com", goodPassword) },
		"second factor due": func() (Answer, error) { return h.Login(t.Context(), home, kofi.Email, goodPassword) },
		"right code":        func() (Answer, error) { return h.Verify(t.Context(), home, challenge, h.code(secret, 0)) },
		"change password": func() (Answer, error) {
			return Answer{}, h.ChangePassword(t.Context(), p, goodPassword, "some other words of wood")
		},
		"ask for one-time password": func() (Answer, error) { return Answer{}, h.RequestOTP(t.Context(), home, ana.Email) },
		"sign out":                  func() (Answer, error) { return Answer{}, h.Logout(t.Context(), home, a.RefreshToken) },
		"make key": func() (Answer, error) {
			_, _, err := h.CreateAPIKey(t.Context(), p, h.org.ID, "k", []string{access.KeyRead})
			return Answer{}, err
		},
	} {
		got, err := call()
		if !fault.Is(err, fault.Unavailable) || got.AccessToken != "" || got.RefreshToken != "" || got.Challenge != "" {
			t.Errorf("%s: %+v, %v; want nothing and Unavailable", name, got, err)
		}
	}
	if n := h.number("SELECT count(*) FROM sessions WHERE revoked_at IS NULL"); n != before {
		t.Errorf("%d sessions, want %d as before", n, before)
	}
	if n := h.number("SELECT count(*) FROM one_time_passwords"); n != 0 {
		t.Errorf("%d one-time passwords, want none", n)
	}
	if keys, err := h.ListAPIKeys(t.Context(), p, 0, 10); err != nil || len(keys) != 0 {
		t.Errorf("keys = %+v, %v; want none", keys, err)
	}
	if mails := h.mails(); len(mails) != 0 {
		t.Errorf("%d mails were sent", len(mails))
	}
	// Once the log can be written again, all is as it was: the code is still unused.
	h.exec("GRANT INSERT ON event_inbox TO annals_auth")
	h.wait(longestWait)
	if _, err := h.Verify(t.Context(), home, challenge, h.code(secret, 0)); err != nil {
		t.Errorf("Verify afterwards: %v", err)
	}
}
