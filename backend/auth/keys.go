package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// minSecret is the shortest secret, in bytes: 32 characters hold 128 bits even where they are hexadecimal.
const minSecret = 32

// secretFile holds the secret that was made where the settings give none.
const secretFile = "secret.key"

// Keys are all keys of the house. They derive from one secret, each for one purpose.
type Keys struct {
	Fingerprint []byte // for audit.NewLog: stands for secrets in entries
	DBPassword  string // of the database role that the server logs in as; hexadecimal

	jwt   ed25519.PrivateKey
	seal  cipher.AEAD
	codes []byte
}

// DeriveKeys makes the keys from the secret, with HKDF-SHA256. The same secret gives the same keys.
func DeriveKeys(secret []byte) (Keys, error) {
	if len(secret) < minSecret {
		return Keys{}, fmt.Errorf("the secret key has %d characters; it needs at least %d", len(secret), minSecret)
	}
	derive := func(purpose string) ([]byte, error) {
		return hkdf.Key(sha256.New, secret, nil, "annals "+purpose, 32)
	}
	var k Keys
	var seed, seal, password []byte
	var err error
	for _, x := range []struct {
		purpose string
		into    *[]byte
	}{{"jwt", &seed}, {"totp", &seal}, {"fingerprint", &k.Fingerprint}, {"codes", &k.codes}, {"database", &password}} {
		if *x.into, err = derive(x.purpose); err != nil {
			return Keys{}, fmt.Errorf("derive the key %s: %w", x.purpose, err)
		}
	}
	block, err := aes.NewCipher(seal)
	if err != nil {
		return Keys{}, fmt.Errorf("derive the key totp: %w", err)
	}
	if k.seal, err = cipher.NewGCMWithRandomNonce(block); err != nil {
		return Keys{}, fmt.Errorf("derive the key totp: %w", err)
	}
	k.jwt, k.DBPassword = ed25519.NewKeyFromSeed(seed), hex.EncodeToString(password)
	return k, nil
}

// LoadSecret returns the secret of the settings or, where there is none, the one in the data
// directory, which the first start makes. A file that others could read is refused.
func LoadSecret(fromSettings, dataDir string) ([]byte, error) {
	if fromSettings != "" {
		return []byte(fromSettings), nil
	}
	path := filepath.Join(dataDir, secretFile)
	secret, err := readSecret(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeSecret(path); err != nil {
			return nil, fmt.Errorf("make the secret key %s: %w", path, err)
		}
		return readSecret(path)
	}
	return secret, err
}

func readSecret(path string) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // the operator's own data directory
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("others can read the secret key %s (mode %04o): run chmod 600 on it, or give ANNALS_SECRET_KEY", path, mode)
	}
	b := make([]byte, 4096)
	n, err := f.Read(b)
	if err != nil && n == 0 {
		return nil, fmt.Errorf("the secret key %s is empty: restore it, or remove it if nothing was ever signed in with it", path)
	}
	secret := strings.TrimSpace(string(b[:n]))
	if len(secret) < minSecret {
		return nil, fmt.Errorf("the secret key %s has %d characters; it needs at least %d", path, len(secret), minSecret)
	}
	return []byte(secret), nil
}

// makeSecret writes the file beside and links it into its place, so that it is there whole or not
// at all, and the first of two servers that start at once wins.
func makeSecret(path string) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, secretFile+".*") // with mode 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	_, err = f.WriteString(hex.EncodeToString(random(32)) + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	d, err := os.Open(dir) //nolint:gosec // the operator's own data directory
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) //nolint:errcheck // never fails: crypto/rand ends the program instead
	return b
}

// mac is what is stored of a code that is too short to withstand guessing by itself. It binds the
// code to its purpose and its person.
func (k Keys) mac(purpose string, userID int64, code string) []byte {
	m := hmac.New(sha256.New, k.codes)
	fmt.Fprintf(m, "%s\x00%d\x00%s", purpose, userID, code)
	return m.Sum(nil)
}

// sealFor encrypts a person's TOTP secret. Sealed bytes of one person don't open for another.
func (k Keys) sealFor(userID int64, secret string) []byte {
	return k.seal.Seal(nil, nil, []byte(secret), sealData(userID))
}

func (k Keys) open(userID int64, sealed []byte) (string, error) {
	b, err := k.seal.Open(nil, nil, sealed, sealData(userID))
	if err != nil {
		return "", fmt.Errorf("open the TOTP secret of user %d (was ANNALS_SECRET_KEY changed?): %w", userID, err)
	}
	return string(b), nil
}

func sealData(userID int64) []byte { return []byte("totp:" + strconv.FormatInt(userID, 10)) }
