package auth

import (
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"annals/backend/access"
	"annals/backend/fault"
)

// elsewhere are clients at addresses where nobody has signed in.
func elsewhere(n int) Client { return from(netip.AddrFrom4([4]byte{203, 0, 113, byte(n)}).String()) }

// wrongOTP tries a one-time password that can't be right and reports whether it was checked.
func (h *house) wrongOTP(c Client, email string) bool {
	h.t.Helper()
	_, err := h.LoginOTP(h.t.Context(), c, email, "x")
	f := fault.Of(err)
	if f == nil || (f.Kind != fault.Unauthenticated && f.Kind != fault.TooMany) {
		h.t.Fatalf("LoginOTP = %v", err)
	}
	return f.Kind == fault.Unauthenticated
}

func (h *house) request(c Client, email string) {
	h.t.Helper()
	if err := h.RequestOTP(h.t.Context(), c, email); err != nil {
		h.t.Fatalf("RequestOTP = %v", err)
	}
}

func TestStrangersCantDestroyAOneTimePassword(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	boss, ana, kofi := h.add(h.org, "boss", access.Admin), h.add(h.dealer, "ana", access.Admin), h.add(h.dealer, "kofi", access.User)
	p, _ := h.signIn(boss, "")
	h.request(home, ana.Email)
	asked := h.mailedOTP()
	if err := h.ResetPassword(t.Context(), p, kofi.ID, "first day"); err != nil {
		t.Fatal(err)
	}
	byAdmin := h.mailedOTP()
	for _, email := range []string{ana.Email, kofi.Email} {
		for range 30 { // one stranger in a hurry
			h.wrongOTP(elsewhere(1), email)
		}
		for n := range 5 { // and a few others
			h.wrongOTP(elsewhere(2+n), email)
		}
	}
	for email, otp := range map[string]string{ana.Email: asked, kofi.Email: byAdmin} {
		if a, err := h.LoginOTP(t.Context(), home, email, otp); err != nil || a.Status != StatusOK {
			t.Errorf("%s: LoginOTP = %q, %v", email, a.Status, err)
		}
	}
}

// A stranger who knocks all day as fast as he is let does not keep out somebody who never signed in yet.
func TestOnePatientStrangerShutsNobodyOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	boss, kofi := h.add(h.org, "boss", access.Admin), h.add(h.dealer, "kofi", access.User)
	p, _ := h.signIn(boss, "")
	if err := h.ResetPassword(t.Context(), p, kofi.ID, "first day"); err != nil {
		t.Fatal(err)
	}
	otp := h.mailedOTP()
	for began := h.now(); h.now().Sub(began) < 12*time.Hour; h.wait(longestWait) {
		h.wrongOTP(elsewhere(1), kofi.Email)
	}
	h.wait(2*time.Minute - longestWait) // two minutes after his last try
	if _, err := h.LoginOTP(t.Context(), home, kofi.Email, otp); err != nil {
		t.Errorf("LoginOTP = %v", err)
	}
}

// Guesses from any number of addresses are few, for an account that exists as for one that does not.
func TestGuessesAtAOneTimePasswordAreFew(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ana := h.add(h.org, "ana", access.Admin)
	h.login(ana, StatusOK)
	h.request(home, ana.Email)
	otp := h.mailedOTP()
	for _, email := range []string{"nobody@example.com", ana.Email} {
		checked := 0
		for n := range 120 {
			if h.wrongOTP(elsewhere(n), email) {
				checked++
			}
			h.wait(4 * time.Second)
		}
		if checked < freeOfAccount || checked > freeOfAccount+12 {
			t.Errorf("%s: %d guesses from 120 addresses in 8 minutes were checked", email, checked)
		}
	}
	h.wait(-8 * time.Minute) // the code is still good, and where she signed in before, nobody slows her
	if _, err := h.LoginOTP(t.Context(), home, ana.Email, otp); err != nil {
		t.Errorf("LoginOTP = %v", err)
	}
}

func TestRequestReplacesNoOneTimePasswordThatStands(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	boss, ana, kofi := h.add(h.org, "boss", access.Admin), h.add(h.dealer, "ana", access.Admin), h.add(h.dealer, "kofi", access.User)
	p, _ := h.signIn(boss, "")
	n := len(h.entries())

	h.request(home, ana.Email)
	first := h.mailedOTP()
	h.wait(59 * time.Second)
	h.request(elsewhere(1), ana.Email) // just sent
	if got := len(h.mails()); got != 1 {
		t.Errorf("%d mails, want 1", got)
	}
	h.wait(time.Second)
	h.request(home, ana.Email)
	second := h.mailedOTP()
	if got := len(h.mails()); got != 2 {
		t.Errorf("%d mails, want 2", got)
	}
	if _, err := h.LoginOTP(t.Context(), home, ana.Email, first); first != second {
		wantFault(t, err, fault.Unauthenticated)
	}

	if err := h.ResetPassword(t.Context(), p, kofi.ID, "first day"); err != nil {
		t.Fatal(err)
	}
	byAdmin := h.mailedOTP()
	h.wait(23 * time.Hour)
	h.request(elsewhere(1), kofi.Email)
	if got := len(h.mails()); got != 3 {
		t.Errorf("%d mails, want 3", got)
	}
	if _, err := h.LoginOTP(t.Context(), home, kofi.Email, byAdmin); err != nil {
		t.Errorf("the administrator's one-time password: %v", err)
	}
	h.request(home, kofi.Email) // it is used up
	if got := len(h.mails()); got != 4 {
		t.Errorf("%d mails, want 4", got)
	}
	const stands = "AUTH_FAIL: an earlier one-time password still stands (asked for a one-time password)"
	h.wantEntries(n, "OTP_RST", stands, "OTP_RST", "AUTH_FAIL: wrong or expired one-time password", "OTP_RST", stands, "AUTH_OTP", "OTP_RST")
}

// Whoever signed in from an address before is not stopped there by what others do, say behind a
// proxy that hides them all; others wait, but never long.
func TestSharedAddressStaysOpenForThoseWhoCameBefore(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.cheapHashes()
	ana, kofi := h.add(h.org, "ana", access.Admin), h.add(h.org, "kofi", access.Admin)
	h.login(ana, StatusOK)
	for n := range 200 {
		h.fail(home, "user"+strconv.Itoa(n)+"@example.com")
	}
	h.login(ana, StatusOK)
	h.fail(home, ana.Email) // a slip is no reason either
	h.login(ana, StatusOK)
	if got := h.fail(home, "another@example.com"); got == 0 || got > 30 {
		t.Errorf("after a sign-in of somebody else: wait %d s, want 1 to 30", got)
	}
	_, err := h.Login(t.Context(), home, kofi.Email, goodPassword) // never came from here
	wantFault(t, err, fault.TooMany)
	h.wait(30 * time.Second)
	h.login(kofi, StatusOK)
	h.fail(home, "another@example.com")
	h.login(kofi, StatusOK) // from now on he did

	for range freeAtAddress + 1 {
		h.fail(home, ana.Email)
	}
	if got := h.fail(home, ana.Email); got == 0 {
		t.Error("who guesses at one account is not stopped because its owner came from here")
	}
}

// Hammering fills neither the log nor the table, and the log still tells exactly how often it was.
func TestThrottledAttemptsAreToldTogether(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.cheapHashes()
	checked := 0
	const tries = 300
	for n := range tries {
		if h.fail(home, "user"+strconv.Itoa(n)+"@example.com") == 0 {
			checked++
		}
	}
	if got := h.number("SELECT count(*) FROM throttles"); got != checked+1 {
		t.Errorf("%d rows of throttles, want %d: those let through, and the address", got, checked+1)
	}
	if got := len(h.entries()); got != checked+1 {
		t.Errorf("%d entries, want %d: those let through, and the first that was not", got, checked+1)
	}
	h.wait(time.Minute)
	h.fail(home, "late@example.com")
	e := h.entries()
	last := e[len(e)-2]
	if last.String() != "AUTH_FAIL: too many attempts" || last.Data["Times"] != strconv.Itoa(tries-checked-1) || last.IP != "198.51.100.7" || last.ActorName != "" || last.SalesOrgID != 0 {
		t.Errorf("entry = %+v", last)
	}
	if want := "Sign-in failed: too many attempts, " + strconv.Itoa(tries-checked-1) + " times"; last.Description != want {
		t.Errorf("sentence = %q, want %q", last.Description, want)
	}
	if got := e[len(e)-1].String(); got != "AUTH_FAIL: unknown user" {
		t.Errorf("last entry = %s", got)
	}
}

// The count outlives a restart and a success: whoever looks after the wait writes it.
func TestSweepTellsWhatWasTurnedAway(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.cheapHashes()
	ana := h.add(h.dealer, "ana", access.Admin)
	var wg sync.WaitGroup
	for range 18 { // at one account: five are checked, one is told, twelve are counted
		wg.Go(func() {
			if _, err := h.Login(t.Context(), home, ana.Email, "not this password"); fault.Of(err) == nil {
				t.Errorf("Login = %v", err)
			}
		})
	}
	wg.Wait()
	n := len(h.entries())
	if n != 6 {
		t.Fatalf("%d entries, want 6: %q", n, h.since(0))
	}
	sweep := func() {
		t.Helper()
		if err := h.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	sweep()
	h.wantEntries(n) // the wait lasts
	h.wait(time.Minute)
	sweep()
	sweep()
	h.wantEntries(n, "AUTH_FAIL: too many attempts")
	if e := h.entries()[n]; e.Data["Times"] != "12" || e.SubjectID != ana.ID || e.SalesOrgID != h.org.ID || e.IP != "198.51.100.7" {
		t.Errorf("entry = %+v", e)
	}

	// What is turned away while the right password is being checked is not forgotten with the failures.
	for range freeAtAddress + 1 {
		h.fail(elsewhere(1), ana.Email)
	}
	h.wait(longestWait)
	argon := h.passwords.argon
	h.passwords.argon = func(password, salt []byte, time, memory uint32, lanes uint8, length uint32) []byte {
		h.passwords.argon = argon
		for range 3 {
			h.fail(elsewhere(1), ana.Email)
		}
		return argon(password, salt, time, memory, lanes, length)
	}
	n = len(h.entries())
	if _, err := h.Login(t.Context(), elsewhere(1), ana.Email, goodPassword); err != nil {
		t.Fatal(err)
	}
	sweep()
	h.wantEntries(n, "AUTH_FAIL: too many attempts", "AUTH_OK", "AUTH_FAIL: too many attempts")
	if e := h.entries()[n+2]; e.Data["Times"] != "2" {
		t.Errorf("entry = %+v", e)
	}
}

func TestChallengeIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ana := h.add(h.org, "ana", access.Admin)
	secret, recovery := h.enrol(ana)
	challenge := h.login(ana, StatusMFA).Challenge
	accepted := h.accepted([2]string{challenge, h.code(secret, 0)}, [2]string{challenge, recovery[0]}, [2]string{challenge, recovery[1]})
	if n := h.number("SELECT count(*) FROM sessions"); accepted != 1 || n != 1 {
		t.Errorf("accepted %d times, %d sessions; want one", accepted, n)
	}
	if got := h.since(1); !slices.Contains(got, "MFA_FAIL: step of the sign-in expired") {
		t.Errorf("entries = %q", got)
	}
	_, err := h.SetupMFA(t.Context(), home, h.login(ana, StatusMFA).Challenge) // a challenge to verify sets up nothing
	wantFault(t, err, fault.Unauthenticated)
}
