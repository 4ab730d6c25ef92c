package auth

import (
	"bytes"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"image/png"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"annals/backend/db"
)

// TOTP as every authenticator understands it: RFC 6238 with SHA-1, six digits, 30 seconds.
const (
	issuer      = "Annals"
	totpPeriod  = 30 // seconds
	totpDigits  = 6
	totpSecret  = 20 // bytes
	totpSkew    = 1  // steps before and after the current one
	qrCodePixel = 240
)

// Setup is what an authenticator needs to begin.
type Setup struct {
	Secret string // base32
	URL    string // otpauth://…
	QRCode string // the URL as a picture: data:image/png;base64,…
}

func newSetup(email string) (Setup, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: email, Period: totpPeriod, SecretSize: totpSecret, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		return Setup{}, fmt.Errorf("make TOTP secret: %w", err)
	}
	image, err := key.Image(qrCodePixel, qrCodePixel)
	if err != nil {
		return Setup{}, fmt.Errorf("draw QR code: %w", err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, image); err != nil {
		return Setup{}, fmt.Errorf("draw QR code: %w", err)
	}
	return Setup{Secret: key.Secret(), URL: key.URL(), QRCode: "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())}, nil
}

// steps returns the time steps around now whose code this is, earliest first.
func steps(secret, code string, now time.Time) ([]int64, error) {
	current := now.Unix() / totpPeriod
	var out []int64
	for step := current - totpSkew; step <= current+totpSkew; step++ {
		want, err := hotp.GenerateCodeCustom(secret, uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}) //nolint:gosec // after 1970
		if err != nil {
			return nil, fmt.Errorf("compute TOTP code: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			out = append(out, step)
		}
	}
	return out, nil
}

// secondFactor checks a code of the authenticator, or a recovery code, and uses it up. It returns
// the method, or the cause of a refusal.
func (s *Service) secondFactor(tx *db.Tx, who person, code string) (method, cause string, err error) {
	if !who.enrolled() {
		return "", causeNoFactor, nil
	}
	code = plain(code)
	if len(code) != totpDigits {
		used, err := s.useRecoveryCode(tx, who.ID, code)
		if err == nil && !used {
			cause = causeCode
		}
		return methodRecovery, cause, err
	}
	secret, err := s.keys.open(who.ID, who.TOTPSecret)
	if err != nil {
		return "", "", err
	}
	matching, err := steps(secret, code, s.now())
	if err != nil {
		return "", "", err
	}
	cause = causeCode
	for _, step := range matching {
		// RFC 6238, 5.2: a code is accepted once. Of two at the same time one finds the row changed.
		res := tx.Exec("UPDATE credentials SET totp_last_step = ? WHERE user_id = ? AND totp_last_step < ? AND totp_secret = ?", step, who.ID, step, who.TOTPSecret)
		if res.Error != nil {
			return "", "", fmt.Errorf("use TOTP code: %w", res.Error)
		}
		if res.RowsAffected == 1 {
			return methodTOTP, "", nil
		}
		cause = causeCodeUsed
	}
	return methodTOTP, cause, nil
}

// plain is a code without what people type between its groups, in capitals.
func plain(code string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(strings.TrimSpace(code)))
}

// Recovery codes: ten, each of three groups of four letters and digits, 60 bits.
const (
	recoveryCodes  = 10
	recoveryBytes  = 15 // two codes of 60 bits
	recoveryLetter = 12
)

// crockford leaves out the letters that look like digits or each other.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// newRecoveryCodes replaces the person's recovery codes and returns them as they are shown, once.
func (s *Service) newRecoveryCodes(tx *db.Tx, userID int64) ([]string, error) {
	if err := tx.Exec("DELETE FROM recovery_codes WHERE user_id = ?", userID).Error; err != nil {
		return nil, fmt.Errorf("forget recovery codes: %w", err)
	}
	out := make([]string, 0, recoveryCodes)
	for len(out) < recoveryCodes {
		letters := crockford.EncodeToString(random(recoveryBytes))
		for code := range strings.SplitSeq(letters[:recoveryLetter]+" "+letters[recoveryLetter:], " ") {
			err := tx.Exec("INSERT INTO recovery_codes (user_id, code_hash) VALUES (?, ?)", userID, s.keys.mac("recovery", userID, code)).Error
			if err != nil {
				return nil, fmt.Errorf("store recovery code: %w", err)
			}
			out = append(out, code[:4]+"-"+code[4:8]+"-"+code[8:])
		}
	}
	return out, nil
}

// useRecoveryCode reports whether this is an unused code of the person; it is used then.
func (s *Service) useRecoveryCode(tx *db.Tx, userID int64, code string) (bool, error) {
	code = strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(code)
	res := tx.Exec("UPDATE recovery_codes SET used_at = ? WHERE user_id = ? AND code_hash = ? AND used_at IS NULL", s.now(), userID, s.keys.mac("recovery", userID, code))
	if res.Error != nil {
		return false, fmt.Errorf("use recovery code: %w", res.Error)
	}
	return res.RowsAffected == 1, nil
}
