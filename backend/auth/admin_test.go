package auth

import (
	"slices"
	"strings"
	"testing"

	"annals/backend/access"
	"annals/backend/audit"
	"annals/backend/fault"
)

func TestAdministratorResetsASecondFactor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	boss, ana, auditor := h.add(h.org, "boss", access.Admin), h.add(h.dealer, "ana", access.Admin), h.add(h.org, "auditor", access.Auditor)
	rival, none := h.add(h.rival, "rival", access.Admin), h.add(h.dealer, "none", access.User)
	bossSecret, _ := h.enrol(boss)
	secret, _ := h.enrol(ana)
	h.enrol(rival)
	p, _ := h.signIn(boss, bossSecret)
	below, session := h.signIn(ana, secret)
	reader, _ := h.signIn(auditor, "")
	n := len(h.entries())
	for name, x := range map[string]struct {
		by     Principal
		id     int64
		reason string
		want   fault.Kind
	}{
		"oneself":            {p, boss.ID, "lost", fault.Forbidden},
		"somebody above":     {below, boss.ID, "lost", fault.NotFound},
		"another branch":     {p, rival.ID, "lost", fault.NotFound},
		"nobody":             {p, 999, "lost", fault.NotFound},
		"without a reason":   {p, ana.ID, " ", fault.Invalid},
		"too long a reason":  {p, ana.ID, strings.Repeat("x", 501), fault.Invalid},
		"by an auditor":      {reader, ana.ID, "lost", fault.Forbidden},
		"who has none":       {p, none.ID, "lost", fault.Conflict},
		"by the zero caller": {Principal{}, ana.ID, "lost", fault.Forbidden},
	} {
		if err := h.ResetMFA(t.Context(), x.by, x.id, x.reason); !fault.Is(err, x.want) {
			t.Errorf("%s: %v, want kind %d", name, err, x.want)
		}
	}
	h.wantEntries(n)
	if err := h.ResetMFA(t.Context(), p, ana.ID, "lost the telephone"); err != nil {
		t.Fatal(err)
	}
	h.wantEntries(n, "MFA_RST", "SESSION_REVOKE")
	e := h.entries()[n]
	if e.Reason != "lost the telephone" || e.ActorUserID != boss.ID || e.SubjectID != ana.ID || e.ActorLevel != "sales_org" || e.Code != "MFA_RSTuser:ana@example.com" || e.SessionID != p.SessionID {
		t.Errorf("entry = %+v", e)
	}
	_, err := h.Authenticate(t.Context(), home, session.AccessToken)
	wantFault(t, err, fault.Unauthenticated)
	h.login(ana, StatusOK)
	if got := h.number("SELECT count(*) FROM recovery_codes WHERE user_id = $1", ana.ID); got != 0 {
		t.Errorf("%d recovery codes are left", got)
	}
}

func TestSecondFactorsOfAllAreReset(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	boss, ana, kofi := h.add(h.org, "boss", access.Admin), h.add(h.dealer, "ana", access.Admin), h.add(h.org, "kofi", access.User)
	rival, none := h.add(h.rival, "rival", access.Admin), h.add(h.dealer, "none", access.User)
	bossSecret, recovery := h.enrol(boss)
	anaSecret, _ := h.enrol(ana)
	kofiSecret, _ := h.enrol(kofi)
	rivalSecret, _ := h.enrol(rival)
	p, _ := h.signIn(boss, bossSecret)
	h.signIn(ana, anaSecret)
	noMFA, _ := h.signIn(h.add(h.org, "second", access.Admin), "")
	n := len(h.entries())

	_, err := h.ResetMFAForAll(t.Context(), p, h.org.ID, "stolen list", h.wrongCode(bossSecret))
	wantFault(t, err, fault.Invalid)
	_, err = h.ResetMFAForAll(t.Context(), noMFA, h.org.ID, "stolen list", "123456")
	wantFault(t, err, fault.Invalid)
	_, err = h.ResetMFAForAll(t.Context(), p, h.rival.ID, "stolen list", recovery[0])
	wantFault(t, err, fault.NotFound)
	_, err = h.ResetMFAForAll(t.Context(), p, h.org.ID, "", recovery[0])
	wantFault(t, err, fault.Invalid)
	h.wantEntries(n, "MFA_FAIL: wrong code", "MFA_FAIL: no second factor set up")

	count, err := h.ResetMFAForAll(t.Context(), p, h.org.ID, "stolen list", h.code(bossSecret, 1))
	if err != nil || count != 2 {
		t.Fatalf("ResetMFAForAll = %d, %v; want 2", count, err)
	}
	h.wantEntries(n+2, "MFA_RST_ALL", "MFA_RST", "SESSION_REVOKE", "MFA_RST")
	if e := h.entries()[n+2]; e.Code != "MFA_RST_ALLtenant:/Northwind Telecom" || e.Data["Users"] != "2" || e.Reason != "stolen list" || e.ObjectKind != "annals.tenant" || e.SalesOrgID != h.org.ID {
		t.Errorf("entry = %+v", e)
	}
	if got := h.entries()[n+3]; got.SubjectID != ana.ID || got.Reason != "stolen list" {
		t.Errorf("entry = %+v", got)
	}
	h.login(ana, StatusOK)
	h.login(kofi, StatusOK)
	h.login(none, StatusOK)
	h.login(boss, StatusMFA)
	h.login(rival, StatusMFA)
	_, _ = kofiSecret, rivalSecret
}

func TestAdministratorResetsAPassword(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	boss, ana, rival := h.add(h.org, "boss", access.Admin), h.add(h.dealer, "ana", access.User), h.add(h.rival, "rival", access.Admin)
	locked := h.add(h.org, "locked", access.User)
	h.asRoot("UPDATE users SET state = 'locked' WHERE id = ?", locked.ID)
	p, _ := h.signIn(boss, "")
	_, session := h.signIn(ana, "")
	n := len(h.entries())
	wantFault(t, h.ResetPassword(t.Context(), p, rival.ID, "forgotten"), fault.NotFound)
	wantFault(t, h.ResetPassword(t.Context(), p, boss.ID, "forgotten"), fault.Forbidden)
	wantFault(t, h.ResetPassword(t.Context(), p, locked.ID, "forgotten"), fault.Conflict)
	wantFault(t, h.ResetPassword(t.Context(), p, ana.ID, ""), fault.Invalid)
	if err := h.ResetPassword(t.Context(), p, ana.ID, "forgotten"); err != nil {
		t.Fatal(err)
	}
	h.wantEntries(n, "OTP_RST", "SESSION_REVOKE")
	if e := h.entries()[n]; e.ActorUserID != boss.ID || e.SubjectID != ana.ID || e.Reason != "forgotten" {
		t.Errorf("entry = %+v", e)
	}
	_, err := h.Authenticate(t.Context(), home, session.AccessToken)
	wantFault(t, err, fault.Unauthenticated)
	_, err = h.Login(t.Context(), home, ana.Email, goodPassword)
	wantFault(t, err, fault.Unauthenticated)
	if mails := h.mails(); len(mails) != 1 || !strings.Contains(mails[0], "24 hours") || !strings.Contains(mails[0], "administrator") {
		t.Fatalf("mails = %q", mails)
	}
	a, err := h.LoginOTP(t.Context(), home, ana.Email, h.mailedOTP())
	if err != nil {
		t.Fatal(err)
	}
	if err := h.ChangePassword(t.Context(), h.principal(a), "", "some other words of wood"); err != nil {
		t.Fatal(err)
	}
}

func TestAPIKeys(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	boss, ana, rival, reader := h.add(h.org, "boss", access.Admin), h.add(h.dealer, "ana", access.Admin), h.add(h.rival, "rival", access.Admin), h.add(h.org, "auditor", access.Auditor)
	p, _ := h.signIn(boss, "")
	dealer, _ := h.signIn(ana, "")
	other, _ := h.signIn(rival, "")
	auditor, _ := h.signIn(reader, "")
	n := len(h.entries())
	for name, x := range map[string]struct {
		by     Principal
		tenant int64
		name   string
		scopes []string
		want   fault.Kind
	}{
		"another branch":   {p, h.rival.ID, "feed", []string{access.KeyRead}, fault.NotFound},
		"above":            {dealer, h.org.ID, "feed", []string{access.KeyRead}, fault.NotFound},
		"no name":          {p, h.org.ID, " ", []string{access.KeyRead}, fault.Invalid},
		"no scope":         {p, h.org.ID, "feed", nil, fault.Invalid},
		"an unknown scope": {p, h.org.ID, "feed", []string{"write"}, fault.Invalid},
		"by an auditor":    {auditor, h.org.ID, "feed", []string{access.KeyRead}, fault.Forbidden},
	} {
		if _, _, err := h.CreateAPIKey(t.Context(), x.by, x.tenant, x.name, x.scopes); !fault.Is(err, x.want) {
			t.Errorf("%s: %v, want kind %d", name, err, x.want)
		}
	}
	key, secret, err := h.CreateAPIKey(t.Context(), p, h.dealer.ID, "feed", []string{access.KeyRead, access.KeyIngest, access.KeyRead})
	if err != nil || !strings.HasPrefix(secret, keyPrefix) || len(secret) != len(keyPrefix)+43 || !slices.Equal(key.Scopes, []string{"ingest", "read"}) {
		t.Fatalf("CreateAPIKey = %+v, %q, %v", key, secret, err)
	}
	caller, err := h.Authenticate(t.Context(), home, secret)
	if err != nil || caller.Key == nil || caller.User.ID != 0 || caller.Scope != dealer.Scope || !caller.May(access.ReadEvents) || caller.May(access.ManageAPIKeys) ||
		caller.Origin.Actor.Kind != audit.ActorAPIKey || caller.Origin.Actor.Name != "feed" || !caller.Origin.UsedAPI {
		t.Fatalf("Authenticate = %+v, %v", caller, err)
	}
	for name, err := range map[string]error{
		"sessions": func() error { _, err := h.Sessions(t.Context(), caller); return err }(),
		"password": h.ChangePassword(t.Context(), caller, goodPassword, "some other words of wood"),
		"own MFA":  func() error { _, err := h.SetupOwnMFA(t.Context(), caller); return err }(),
		"keys":     func() error { _, err := h.ListAPIKeys(t.Context(), caller, 0, 10); return err }(),
	} {
		if !fault.Is(err, fault.Forbidden) {
			t.Errorf("a key reaches %s: %v", name, err)
		}
	}
	list, err := h.ListAPIKeys(t.Context(), dealer, 0, 10)
	if err != nil || len(list) != 1 || list[0].ID != key.ID || list[0].CreatedBy != "Sales organization" || list[0].Prefix != secret[:12] || list[0].LastUsedAt == nil || list[0].TenantPath != h.dealer.Path {
		t.Errorf("ListAPIKeys = %+v, %v", list, err)
	}
	if list, err := h.ListAPIKeys(t.Context(), p, key.ID, 10); err != nil || len(list) != 0 {
		t.Errorf("next page = %+v, %v", list, err)
	}
	if list, err := h.ListAPIKeys(t.Context(), other, 0, 10); err != nil || len(list) != 0 {
		t.Errorf("another branch sees %+v, %v", list, err)
	}
	wantFault(t, h.RevokeAPIKey(t.Context(), other, key.ID), fault.NotFound)
	wantFault(t, h.RevokeAPIKey(t.Context(), auditor, key.ID), fault.Forbidden)
	for range 2 {
		if err := h.RevokeAPIKey(t.Context(), dealer, key.ID); err != nil {
			t.Fatal(err)
		}
	}
	_, err = h.Authenticate(t.Context(), home, secret)
	wantFault(t, err, fault.Unauthenticated)
	h.wantEntries(n, "apikey_created", "apikey_revoked")

	_, secret, err = h.CreateAPIKey(t.Context(), Operator(h.root, "annals apikey create"), h.rival.ID, "shell", []string{access.KeyRead})
	if err != nil {
		t.Fatal(err)
	}
	h.asRoot("UPDATE tenants SET state = 'closed' WHERE id = ?", h.rival.ID)
	_, err = h.Authenticate(t.Context(), home, secret)
	wantFault(t, err, fault.Unauthenticated)
	_, _, err = h.CreateAPIKey(t.Context(), Operator(h.root, "annals apikey create"), h.rival.ID, "shell", []string{access.KeyRead})
	wantFault(t, err, fault.Conflict)
}
