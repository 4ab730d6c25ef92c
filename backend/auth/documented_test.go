package auth

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"annals/backend/access"
)

// Every sign-in event of the sources comes about by signing in here, as our own entry of the same
// meaning, with the fields that the sources' documents name: MOR's User and address, Sippy's code and
// what follows it.
func TestSigningInSaysWhatTheSourcesDocument(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	done := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	boss, ana := h.add(h.org, "boss", access.Admin), h.add(h.org, "ana", access.Admin)
	secret, _ := h.enrol(boss)
	p, _ := h.signIn(boss, secret)
	first := len(h.entries())

	_, err := h.Login(ctx, home, ana.Email, "not her password")
	if err == nil {
		t.Fatal("a wrong password is accepted")
	}
	_, a := h.signIn(ana, "")
	done(h.Logout(ctx, home, a.RefreshToken))
	done(h.RequestOTP(ctx, home, ana.Email))
	_, err = h.LoginOTP(ctx, home, ana.Email, h.mailedOTP())
	done(err)
	own, _ := h.signIn(ana, "")
	other, _ := h.signIn(ana, "")
	done(h.RevokeSession(ctx, own, uuid.MustParse(other.SessionID)))
	done(h.ChangePassword(ctx, own, goodPassword, "some other words of wood"))
	h.exec("UPDATE tenants SET mfa_policy = 'required' WHERE id = $1", h.org.ID)
	a, err = h.Login(ctx, home, ana.Email, "some other words of wood")
	done(err)
	setup, err := h.SetupMFA(ctx, home, a.Challenge)
	done(err)
	_, err = h.ActivateMFA(ctx, home, a.Challenge, h.code(setup.Secret, 0))
	done(err)
	a, err = h.Login(ctx, home, ana.Email, "some other words of wood")
	done(err)
	if _, err := h.Verify(ctx, home, a.Challenge, h.wrongCode(setup.Secret)); err == nil {
		t.Fatal("a wrong code is accepted")
	}
	_, err = h.Verify(ctx, home, a.Challenge, h.code(setup.Secret, 1))
	done(err)
	done(h.ResetMFA(ctx, p, ana.ID, "lost the telephone"))
	h.enrol(ana)
	_, err = h.ResetMFAForAll(ctx, p, h.org.ID, "stolen list", h.code(secret, 1))
	done(err)

	// What the documents say of each: who (MOR: "shows which user logged in", "tried to log in"), from
	// which address, and Sippy's syntax with "user" for the unit that the person is here.
	performed := map[string]bool{"annals.AUTHZ_DENIED": true} // by a test of the API, which refuses
	for _, e := range h.entries()[first:] {
		name := "annals." + e.Type
		want, ok := map[string]struct{ who, code string }{
			"annals.AUTH_OK":        {"ana", "AUTH_OKuser:email=ana@example.com"},
			"annals.AUTH_FAIL":      {"ana", "AUTH_FAILuser:email=ana@example.com"},
			"annals.AUTH_LOGOUT":    {"ana", "AUTH_LOGOUTuser:email=ana@example.com"},
			"annals.AUTH_OTP":       {"ana", "AUTH_OTPuser:email=ana@example.com"},
			"annals.OTP_RST":        {"ana", "OTP_RSTuser:email=ana@example.com"},
			"annals.PSWD_CHNG":      {"ana", "PSWD_CHNGi_user="},
			"annals.SESSION_REVOKE": {"", "SESSION_REVOKEsession:id="},
			"annals.MFA_PEND":       {"ana", "MFA_PENDuser:ana@example.com:TOTP"},
			"annals.MFA_SETUP":      {"ana", "MFA_SETUPuser:ana@example.com:TOTP"},
			"annals.MFA_RQRD":       {"ana", "MFA_RQRDuser:ana@example.com:TOTP"},
			"annals.MFA_FAIL":       {"ana", "MFA_FAILuser:ana@example.com:TOTP"},
			"annals.MFA_VRFY":       {"ana", "MFA_VRFYuser:ana@example.com:TOTP"},
			"annals.MFA_RST":        {"boss", "MFA_RSTuser:ana@example.com"},
			"annals.MFA_RST_ALL":    {"boss", "MFA_RST_ALLtenant:/Northwind Telecom"},
		}[name]
		row, _ := h.log.Catalog().Type(name)
		if !ok {
			t.Errorf("%s is in no document: %+v", name, e)
			continue
		}
		performed[name] = true
		if want.who != "" && e.ActorName != want.who || !strings.HasPrefix(e.Code, want.code) || e.IP != home.IP.String() || e.Outcome != row.Outcome || e.Description == "" {
			t.Errorf("%s: %+v, want %+v from %s", name, e, want, home.IP)
		}
		if name != "annals.MFA_RST_ALL" && name != "annals.MFA_RST" && e.SubjectID != ana.ID {
			t.Errorf("%s concerns %d, want %d", name, e.SubjectID, ana.ID)
		}
		for label, value := range e.Data {
			if strings.Contains(value, "password") && label != "Cause" && label != "Method" {
				t.Errorf("%s: %s is %q", name, label, value)
			}
		}
	}
	for _, row := range h.log.Catalog().Coverage() {
		if row.How == "sign-in" && slices.ContainsFunc(row.By, func(name string) bool { return !performed[name] }) {
			t.Errorf("%s comes about as %q, and nothing performed it", row.Event.Name, row.By)
		}
	}
}
