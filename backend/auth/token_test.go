package auth

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"annals/backend/access"
	"annals/backend/fault"
)

func TestForgedAccessTokensAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ana, kofi := h.add(h.org, "ana", access.Admin), h.add(h.org, "kofi", access.Admin)
	p, a := h.signIn(ana, "")
	own, kid := h.keys.jwt, keyID(h.keys.public())
	_, other, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	now := h.now()
	good := func() jwt.MapClaims {
		return jwt.MapClaims{"iss": tokenIssuer, "aud": tokenAudience, "sub": strconv.FormatInt(ana.ID, 10), "sid": p.SessionID, "iat": now.Unix(), "exp": now.Add(time.Minute).Unix()}
	}
	with := func(name string, value any) jwt.MapClaims {
		c := good()
		if c[name] = value; value == nil {
			delete(c, name)
		}
		return c
	}
	sign := func(m jwt.SigningMethod, key any, kid any, c jwt.MapClaims) string {
		t.Helper()
		token := jwt.NewWithClaims(m, c)
		token.Header["kid"] = kid
		s, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if _, err := h.Authenticate(t.Context(), home, sign(jwt.SigningMethodEdDSA, own, kid, good())); err != nil {
		t.Fatalf("the good one is refused: %v", err)
	}
	parts := strings.Split(a.AccessToken, ".")
	for name, token := range map[string]string{
		"nothing":           "",
		"no token":          "a.b.c",
		"too long":          strings.Repeat("a", maxBearer+1),
		"alg none":          sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, kid, good()),
		"HS256, public key": sign(jwt.SigningMethodHS256, []byte(h.keys.public()), kid, good()),
		"another key":       sign(jwt.SigningMethodEdDSA, other, kid, good()),
		"another key id":    sign(jwt.SigningMethodEdDSA, own, "x", good()),
		"no key id":         sign(jwt.SigningMethodEdDSA, own, nil, good()),
		"expired":           sign(jwt.SigningMethodEdDSA, own, kid, with("exp", now.Add(-time.Minute).Unix())),
		"no expiry":         sign(jwt.SigningMethodEdDSA, own, kid, with("exp", nil)),
		"issued tomorrow":   sign(jwt.SigningMethodEdDSA, own, kid, with("iat", now.Add(24*time.Hour).Unix())),
		"another audience":  sign(jwt.SigningMethodEdDSA, own, kid, with("aud", "another")),
		"no audience":       sign(jwt.SigningMethodEdDSA, own, kid, with("aud", nil)),
		"another issuer":    sign(jwt.SigningMethodEdDSA, own, kid, with("iss", "another")),
		"another person":    sign(jwt.SigningMethodEdDSA, own, kid, with("sub", strconv.FormatInt(kofi.ID, 10))),
		"no person":         sign(jwt.SigningMethodEdDSA, own, kid, with("sub", "")),
		"another session":   sign(jwt.SigningMethodEdDSA, own, kid, with("sid", uuid.NewString())),
		"no session":        sign(jwt.SigningMethodEdDSA, own, kid, with("sid", nil)),
		"no signature":      parts[0] + "." + parts[1] + ".",
		"refresh token":     a.RefreshToken,
		"no such key":       keyPrefix + newToken(),
	} {
		got, err := h.Authenticate(t.Context(), home, token)
		if !fault.Is(err, fault.Unauthenticated) || got.Scope.ID != 0 || fault.Of(err).Detail != "Sign in." {
			t.Errorf("%s: %+v, %v", name, got.User.ID, err)
		}
	}
	h.wait(tokenLife + clockSkew)
	_, err = h.Authenticate(t.Context(), home, a.AccessToken)
	wantFault(t, err, fault.Unauthenticated)
}

func TestAccessTokenSaysNoMoreThanWhoseItIs(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, a := h.signIn(h.add(h.org, "ana", access.Admin), "")
	b, err := base64.RawURLEncoding.DecodeString(strings.Split(a.AccessToken, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	for name := range got {
		if !strings.Contains(" iss aud sub sid iat exp ", " "+name+" ") {
			t.Errorf("the token tells %s", name)
		}
	}
}

// Whatever comes as a token, a code or a stored hash: an answer, never a panic, and no way in.
func FuzzParse(f *testing.F) {
	k, err := DeriveKeys([]byte(strings.Repeat("k", minSecret)))
	if err != nil {
		f.Fatal(err)
	}
	s := &Service{keys: k, now: time.Now}
	for _, seed := range []string{"", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "annals_x", phc(make([]byte, argonSalt), make([]byte, argonKey)), "1234 5678", "O0I1-LLLL-abcd", "ana@example.com\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, _, err := s.parse(text); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("parse(%q) = %v", text, err)
		}
		if salt, key, err := parsePHC(text); err == nil && phc(salt, key) != text {
			t.Errorf("parsePHC(%q) reads what phc does not write", text)
		}
		if p := plain(text); plain(p) != p {
			t.Errorf("plain(%q) = %q changes again", text, p)
		}
		if a := address(text); a != "" && address(a) != a {
			t.Errorf("address(%q) = %q changes again", text, a)
		}
		if c := cut(text, 10); len(c) > 10 || strings.ContainsRune(c, 0) {
			t.Errorf("cut(%q) = %q", text, c)
		}
	})
}
