package auth

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"annals/backend/fault"
	"annals/backend/user"
)

// The claims of an access token that are always the same.
const (
	tokenIssuer   = "annals"
	tokenAudience = "annals-api"
	tokenLife     = 5 * time.Minute
	clockSkew     = 5 * time.Second // between servers
	maxBearer     = 4096            // bytes
)

// claims of an access token: whose (sub) and of which session (sid). What the person may do is not
// among them: it is looked up on every call.
type claims struct {
	jwt.RegisteredClaims
	SessionID string `json:"sid"`
}

// keyID names the key that signed, so that a later one can stand beside it.
func keyID(public ed25519.PublicKey) string {
	sum := sha256.Sum256(public)
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

func (k Keys) public() ed25519.PublicKey { return k.jwt.Public().(ed25519.PublicKey) } //nolint:forcetypeassert // of an ed25519 key

// issue makes an access token for a session.
func (s *Service) issue(u user.Listed, sessionID string) (Answer, error) {
	now := s.now()
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims{SessionID: sessionID, RegisteredClaims: jwt.RegisteredClaims{
		Issuer: tokenIssuer, Audience: jwt.ClaimStrings{tokenAudience}, Subject: strconv.FormatInt(u.ID, 10),
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(tokenLife))}})
	token.Header["kid"] = keyID(s.keys.public())
	signed, err := token.SignedString(s.keys.jwt)
	if err != nil {
		return Answer{}, fmt.Errorf("sign access token: %w", err)
	}
	return Answer{Status: StatusOK, AccessToken: signed, ExpiresIn: int(tokenLife.Seconds()), User: u}, nil
}

// parse checks an access token and returns whose it is and of which session. What it refuses is
// Unauthenticated; the reason is for the log.
func (s *Service) parse(bearer string) (userID int64, session uuid.UUID, err error) {
	var c claims
	_, err = jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithIssuer(tokenIssuer), jwt.WithAudience(tokenAudience),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(clockSkew), jwt.WithTimeFunc(s.now), jwt.WithStrictDecoding(),
	).ParseWithClaims(bearer, &c, func(t *jwt.Token) (any, error) {
		if t.Header["kid"] != keyID(s.keys.public()) {
			return nil, jwt.ErrTokenUnverifiable
		}
		return s.keys.public(), nil
	})
	if err == nil {
		userID, err = strconv.ParseInt(c.Subject, 10, 64)
	}
	if err == nil {
		session, err = uuid.Parse(c.SessionID)
	}
	if err != nil {
		return 0, uuid.Nil, fault.Wrap(fault.Unauthenticated, err, "Sign in.")
	}
	return userID, session, nil
}
