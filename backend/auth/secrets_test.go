package auth

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"annals/backend/access"
	"annals/backend/fault"
)

// After everything that a person can do, no secret stands anywhere in the database.
func TestNoSecretIsStoredInClear(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ana := h.add(h.org, "ana", access.Admin)
	p, a := h.signIn(ana, "")
	setup, err := h.SetupOwnMFA(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	code := h.code(setup.Secret, 0)
	done, err := h.ActivateOwnMFA(t.Context(), p, code)
	if err != nil {
		t.Fatal(err)
	}
	challenge := h.login(ana, StatusMFA).Challenge
	b, err := h.Refresh(t.Context(), home, a.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	_, key, err := h.CreateAPIKey(t.Context(), p, h.org.ID, "k", []string{access.KeyRead})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.RequestOTP(t.Context(), home, ana.Email); err != nil {
		t.Fatal(err)
	}
	otp := h.mailedOTP()
	const inTheWrongField, wrong = "MyS3cret in the wrong field", "a wrong password of hers"
	_, err = h.Login(t.Context(), home, inTheWrongField, goodPassword)
	wantFault(t, err, fault.Unauthenticated)
	_, err = h.Login(t.Context(), home, ana.Email, wrong)
	wantFault(t, err, fault.Unauthenticated)
	if e := h.entries(); !strings.HasPrefix(e[len(e)-2].ActorName, "changed (") {
		t.Errorf("actor = %q, want a fingerprint", e[len(e)-2].ActorName)
	}

	var all strings.Builder
	for _, table := range []string{"users", "credentials", "recovery_codes", "one_time_passwords", "challenges", "sessions", "refresh_tokens", "throttles", "api_keys", "event_inbox", "event_keys"} {
		rows, err := h.owner.QueryContext(t.Context(), "SELECT row_to_json(x)::text FROM "+table+" x")
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var row string
			if err := rows.Scan(&row); err != nil {
				t.Fatal(err)
			}
			all.WriteString(row + "\n")
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	text := strings.ToLower(all.String())
	for name, secret := range map[string]string{"password": goodPassword, "wrong password": wrong, "password in the wrong field": inTheWrongField, "TOTP secret": setup.Secret,
		"recovery code": done.RecoveryCodes[0], "plain recovery code": plain(done.RecoveryCodes[0]), "challenge": challenge, "refresh token": a.RefreshToken,
		"next refresh token": b.RefreshToken, "access token": a.AccessToken, "API key": key, "API key without its prefix": key[shownPrefix:], "one-time password": otp} {
		if strings.Contains(text, strings.ToLower(secret)) {
			t.Errorf("the %s stands in the database in clear", name)
		}
	}
	if !strings.Contains(text, "auth_ok") {
		t.Fatal("the search looked at nothing")
	}
}

func TestKeysDeriveFromTheSecret(t *testing.T) {
	t.Parallel()
	derive := func(secret string) Keys {
		t.Helper()
		k, err := DeriveKeys([]byte(secret))
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	a, again, b := derive(strings.Repeat("a", 32)), derive(strings.Repeat("a", 32)), derive(strings.Repeat("b", 32))
	if !a.jwt.Equal(again.jwt) || a.DBPassword != again.DBPassword || string(a.Fingerprint) != string(again.Fingerprint) || string(a.mac("x", 1, "y")) != string(again.mac("x", 1, "y")) {
		t.Error("the same secret gives other keys")
	}
	if a.jwt.Equal(b.jwt) || a.DBPassword == b.DBPassword || string(a.Fingerprint) == string(b.Fingerprint) || string(a.Fingerprint) == string(a.codes) {
		t.Error("keys are the same that must differ")
	}
	sealed := a.sealFor(1, "SECRET")
	if got, err := again.open(1, sealed); err != nil || got != "SECRET" {
		t.Errorf("open = %q, %v", got, err)
	}
	if _, err := a.open(2, sealed); err == nil {
		t.Error("the secret of one person opens for another")
	}
	if _, err := b.open(1, sealed); err == nil {
		t.Error("the secret opens with another key")
	}
	if _, err := DeriveKeys([]byte("short")); err == nil {
		t.Error("a short secret is taken")
	}
}

func TestSecretIsMadeOnce(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	var wg sync.WaitGroup
	got := make([]string, 8)
	for i := range got {
		wg.Go(func() {
			b, err := LoadSecret("", dir)
			if err != nil {
				t.Errorf("LoadSecret: %v", err)
			}
			got[i] = string(b)
		})
	}
	wg.Wait()
	if len(slices.Compact(got)) != 1 || len(got[0]) != 64 {
		t.Errorf("secrets = %q, want one", got)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Errorf("files = %v, %v; want the key alone", files, err)
	}
	path := filepath.Join(dir, secretFile)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode = %v, %v", info.Mode(), err)
	}
	if b, err := LoadSecret("from the settings", dir); err != nil || string(b) != "from the settings" {
		t.Errorf("LoadSecret = %q, %v", b, err)
	}
	for _, x := range []struct {
		mode    os.FileMode
		content string
		want    string
	}{{0o644, got[0], "chmod 600"}, {0o640, got[0], "chmod 600"}, {0o600, "", "is empty"}, {0o600, "short", "at least 32"}} {
		if err := errors.Join(os.WriteFile(path, []byte(x.content), 0o600), os.Chmod(path, x.mode)); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadSecret("", dir); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("mode %o, %q: %v, want %q", x.mode, x.content, err, x.want)
		}
	}
}

func TestPasswordRules(t *testing.T) {
	t.Parallel()
	for password, ok := range map[string]bool{
		goodPassword: true, "annals-demo-2026": true, "elevenchars": false, "twelve chars": true, strings.Repeat("äbcd", 50): true, strings.Repeat("äbcd", 50) + "x": false,
		"ana.silva@example.com": false, "Ana.Silva@example.com": false, "Password1234": false, "aaaaaaaaaaaaaaaa": false, "abcabcabcabc": false, "twelve\xffchars..": false, "ana.silva.long.name": true,
	} {
		if err := CheckPassword("body.password", "ana.silva@example.com", password); (err == nil) != ok {
			t.Errorf("CheckPassword(%q) = %v", password, err)
		}
	}
	if err := CheckPassword("body.password", "a.very.long.name@example.com", "a.very.long.name"); err == nil {
		t.Error("the name before the @ is taken")
	}
}

func TestPasswordHashes(t *testing.T) {
	t.Parallel()
	h := newHasher()
	hash, err := h.hash(t.Context(), goodPassword)
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("hash = %q, %v", hash, err)
	}
	for password, want := range map[string]bool{goodPassword: true, goodPassword + " ": false, "": false} {
		if got, err := h.matches(t.Context(), hash, password); err != nil || got != want {
			t.Errorf("matches(%q) = %v, %v", password, got, err)
		}
	}
	if _, err := h.matches(t.Context(), "$2a$10$bcrypt", goodPassword); !errors.Is(err, errPHC) {
		t.Errorf("a foreign hash: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range cap(h.places) {
		h.places <- struct{}{}
	}
	if _, err := h.matches(ctx, hash, goodPassword); !errors.Is(err, context.Canceled) {
		t.Errorf("a client that is gone waits for its place: %v", err)
	}
}
