package auth

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"annals/backend/access"
	"annals/backend/db"
	"annals/backend/fault"
)

func TestOneTimePasswordSignsInOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ana := h.add(h.org, "ana", access.Admin)
	if err := h.RequestOTP(t.Context(), home, "ANA@example.com"); err != nil {
		t.Fatal(err)
	}
	otp := h.mailedOTP()
	mail := h.mails()[0]
	for _, want := range []string{"To: <ana@example.com>", "From: \"Annals\" <annals@portal.example>", "10 minutes", "http://portal.example", "198.51.100.7"} {
		if !strings.Contains(mail, want) {
			t.Errorf("the mail lacks %q:\n%s", want, mail)
		}
	}
	wrong := "00000000"
	if wrong == otp {
		wrong = "00000001"
	}
	_, err := h.LoginOTP(t.Context(), home, ana.Email, wrong)
	wantFault(t, err, fault.Unauthenticated)
	a, err := h.LoginOTP(t.Context(), home, ana.Email, otp[:4]+" "+otp[4:])
	if err != nil || a.Status != StatusOK {
		t.Fatalf("LoginOTP = %+v, %v", a, err)
	}
	_, err = h.LoginOTP(t.Context(), home, ana.Email, otp)
	wantFault(t, err, fault.Unauthenticated)
	h.wantEntries(0, "OTP_RST", "AUTH_FAIL: wrong or expired one-time password", "AUTH_OTP", "AUTH_FAIL: wrong or expired one-time password")
	if got := h.entries()[2].Code; got != "AUTH_OTPuser:email=ana@example.com" {
		t.Errorf("code = %q", got)
	}
	if p := h.principal(a); p.method != methodOTP {
		t.Errorf("method = %q", p.method)
	}
}

func TestMailFilesAreTheOwnersAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if err := h.RequestOTP(t.Context(), home, h.add(h.org, "ana", access.Admin).Email); err != nil {
		t.Fatal(err)
	}
	h.mails()
	files, err := filepath.Glob(filepath.Join(h.mailDir, "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files = %q, %v", files, err)
	}
	info, err := os.Stat(files[0])
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode = %v, %v; want 0600", info.Mode(), err)
	}
}

func TestOneTimePasswordIsNoWayAroundTheSecondFactor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ana, op := h.add(h.org, "ana", access.Admin), h.add(h.root, "operator", access.Admin)
	secret, _ := h.enrol(ana)
	for _, x := range []struct{ email, want string }{{ana.Email, StatusMFA}, {op.Email, StatusMFASetup}} {
		if err := h.RequestOTP(t.Context(), home, x.email); err != nil {
			t.Fatal(err)
		}
		a, err := h.LoginOTP(t.Context(), home, x.email, h.mailedOTP())
		if err != nil || a.Status != x.want || a.AccessToken != "" {
			t.Fatalf("LoginOTP = %+v, %v; want %s", a, err, x.want)
		}
		if x.want == StatusMFA {
			if _, err := h.Verify(t.Context(), home, a.Challenge, h.code(secret, 0)); err != nil {
				t.Fatal(err)
			}
		}
	}
	h.wantEntries(0, "OTP_RST", "MFA_RQRD", "MFA_VRFY", "AUTH_OTP", "OTP_RST", "MFA_PEND")
}

func TestOneTimePasswordEnds(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ana := h.add(h.org, "ana", access.Admin)
	request := func() string {
		t.Helper()
		if err := h.RequestOTP(t.Context(), home, ana.Email); err != nil {
			t.Fatal(err)
		}
		return h.mailedOTP()
	}
	late := request()
	h.wait(otpLife)
	_, err := h.LoginOTP(t.Context(), home, ana.Email, late)
	wantFault(t, err, fault.Unauthenticated)

	first := request()
	h.wait(otpPause)
	second := request()
	_, err = h.LoginOTP(t.Context(), home, ana.Email, first)
	if first != second {
		wantFault(t, err, fault.Unauthenticated)
	}
	if _, err := h.LoginOTP(t.Context(), home, ana.Email, second); err != nil {
		t.Errorf("LoginOTP with the second one: %v", err)
	}
}

// What was mailed to an address proves nothing once it is somebody else's, or nobody's.
func TestChangedAddressEndsTheOneTimePassword(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	boss, ana := h.add(h.org, "boss", access.Admin), h.add(h.dealer, "ana", access.Admin)
	p, _ := h.signIn(boss, "")
	for _, x := range []struct {
		email string
		tell  bool
	}{{"ana2@example.com", false}, {"ana3@example.com", true}} {
		if err := h.ResetPassword(t.Context(), p, ana.ID, "first day"); err != nil {
			t.Fatal(err)
		}
		otp := h.mailedOTP()
		h.asRoot("UPDATE users SET email = ? WHERE id = ?", x.email, ana.ID)
		if x.tell {
			h.write(func(tx *db.Tx) error { return h.AddressChanged(tx, ana.ID) })
		}
		_, err := h.LoginOTP(t.Context(), home, x.email, otp)
		wantFault(t, err, fault.Unauthenticated)
	}
	h.request(home, "ana3@example.com") // nothing stands any more
	if _, err := h.LoginOTP(t.Context(), home, "ana3@example.com", h.mailedOTP()); err != nil {
		t.Errorf("LoginOTP with what went to the new address: %v", err)
	}
}

// Asking tells nothing; the entries tell the operator.
func TestAskingForAOneTimePasswordTellsNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.add(h.org, "locked", access.Admin)
	h.asRoot("UPDATE users SET state = 'locked'")
	for _, email := range []string{"nobody@example.com", "locked@example.com", "no address at all"} {
		if err := h.RequestOTP(t.Context(), home, email); err != nil {
			t.Errorf("%s: %v", email, err)
		}
	}
	if mails := h.mails(); len(mails) != 0 {
		t.Errorf("%d mails were sent", len(mails))
	}
	h.wantEntries(0, "AUTH_FAIL: unknown user (asked for a one-time password)", "AUTH_FAIL: locked user (asked for a one-time password)", "AUTH_FAIL: unknown user (asked for a one-time password)")
}

// A stranger who asks for mails from many addresses neither fills the mailbox nor keeps the person
// from getting one where he has signed in before.
func TestStrangersDontFillAMailbox(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ana := h.add(h.org, "ana", access.Admin)
	h.login(ana, StatusOK)
	for n := range freeOfAccount + 20 {
		if err := h.RequestOTP(t.Context(), from(netip.AddrFrom4([4]byte{203, 0, 113, byte(n)}).String()), ana.Email); err != nil {
			t.Fatal(err)
		}
		h.wait(otpPause)
	}
	const most = freeOfAccount + 10 // the waits after the first ones are shorter than the minute between requests
	if got := len(h.mails()); got != most {
		t.Errorf("%d mails, want %d", got, most)
	}
	if err := h.RequestOTP(t.Context(), home, ana.Email); err != nil {
		t.Fatal(err)
	}
	if got := len(h.mails()); got != most+1 {
		t.Errorf("%d mails, want %d: the person's own", got, most+1)
	}
}

func TestForgottenPasswordIsReplacedAfterAOneTimePassword(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ana := h.add(h.org, "ana", access.User)
	if err := h.RequestOTP(t.Context(), home, ana.Email); err != nil {
		t.Fatal(err)
	}
	a, err := h.LoginOTP(t.Context(), home, ana.Email, h.mailedOTP())
	if err != nil {
		t.Fatal(err)
	}
	p := h.principal(a)
	h.wait(recently)
	wantFault(t, h.ChangePassword(t.Context(), p, "", "some other words of wood"), fault.Invalid)
	h.wait(-recently)
	if err := h.ChangePassword(t.Context(), p, "", "some other words of wood"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Login(t.Context(), home, ana.Email, "some other words of wood"); err != nil {
		t.Errorf("Login with the new password: %v", err)
	}
	_, err = h.Login(t.Context(), home, ana.Email, goodPassword)
	wantFault(t, err, fault.Unauthenticated)
}

func TestSweepRemovesWhatIsOver(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ana, kofi := h.add(h.org, "ana", access.Admin), h.add(h.org, "kofi", access.Admin)
	h.enrol(kofi)
	h.login(ana, StatusOK)
	h.login(kofi, StatusMFA)
	if err := h.RequestOTP(t.Context(), home, ana.Email); err != nil {
		t.Fatal(err)
	}
	tables := []string{"challenges", "one_time_passwords", "throttles", "sessions", "refresh_tokens"}
	if err := h.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if h.number("SELECT count(*) FROM "+table) == 0 {
			t.Errorf("%s is empty before its time", table)
		}
	}
	h.wait(40 * 24 * time.Hour)
	if err := h.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if n := h.number("SELECT count(*) FROM " + table); n != 0 {
			t.Errorf("%d rows left in %s", n, table)
		}
	}
}
