package auth

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"annals/backend/access"
	"annals/backend/fault"
)

// fail tries a wrong password and returns how long the answer says to wait, 0 if it was checked.
func (h *house) fail(c Client, email string) int {
	h.t.Helper()
	before := h.hashes.Load()
	_, err := h.Login(h.t.Context(), c, email, "not this password")
	f := fault.Of(err)
	if f == nil || (f.Kind != fault.Unauthenticated && f.Kind != fault.TooMany) {
		h.t.Fatalf("Login = %v", err)
	}
	if checked := h.hashes.Load() > before; checked != (f.Kind == fault.Unauthenticated) {
		h.t.Errorf("%v: checked = %v", err, checked)
	}
	return f.RetryAfter
}

func TestFailuresSlowDownProgressively(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.cheapHashes()
	ana := h.add(h.org, "ana", access.Admin)
	for _, email := range []string{ana.Email, "nobody@example.com"} { // the same for both
		for n := range freeAtAddress + 1 {
			if got := h.fail(home, email); got != 0 {
				t.Fatalf("failure %d must wait %d s", n+1, got)
			}
		}
		for _, want := range []int{1, 8} { // what came too early made the next wait longer
			if got := h.fail(home, email); got != want {
				t.Errorf("%s: wait %d s, want %d", email, got, want)
			}
			h.wait(time.Duration(want)*time.Second - time.Millisecond)
			if got := h.fail(home, email); got != 1 { // what was promised holds, and is rounded up
				t.Errorf("%s: wait %d s, want 1", email, got)
			}
			h.wait(time.Millisecond)
			if got := h.fail(home, email); got != 0 {
				t.Errorf("%s: wait %d s after the wait", email, got)
			}
		}
		h.wait(2 * forgetAfter)
	}
	if got := h.entries()[freeAtAddress+1].String(); got != "AUTH_FAIL: too many attempts" {
		t.Errorf("entry = %s", got)
	}
}

func TestDelays(t *testing.T) {
	t.Parallel()
	for failures, want := range map[int]time.Duration{0: 0, 4: 0, 5: time.Second, 6: 2 * time.Second, 7: 4 * time.Second, 13: 256 * time.Second, 14: longestWait, 1000: longestWait} {
		if got := delay(failures, 4, longestWait); got != want {
			t.Errorf("delay(%d) = %v, want %v", failures, got, want)
		}
	}
}

func TestStrangerCantShutAnybodyOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.cheapHashes()
	ana := h.add(h.org, "ana", access.Admin)
	for range 30 {
		h.fail(from("203.0.113.9"), ana.Email)
	}
	h.login(ana, StatusOK)
}

func TestSuccessForgetsTheFailures(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.cheapHashes()
	ana := h.add(h.org, "ana", access.Admin)
	for range 3 {
		for range freeAtAddress {
			if got := h.fail(home, ana.Email); got != 0 {
				t.Fatalf("wait %d s", got)
			}
		}
		h.login(ana, StatusOK)
	}
}

// Trying one password on many accounts is slowed by the address alone; of IPv6 that is the /64.
func TestAddressAloneIsSlowedToo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.cheapHashes()
	ana := h.add(h.org, "ana", access.Admin)
	for n := range freeOfAddress + 1 {
		h.fail(from(fmt.Sprintf("2001:db8:1:2::%x", n)), fmt.Sprintf("user%d@example.com", n))
	}
	if got := h.fail(from("2001:db8:1:2:ffff::1"), "another@example.com"); got != 1 {
		t.Errorf("same /64: wait %d s, want 1", got)
	}
	if got := h.fail(from("2001:db8:1:3::1"), "another@example.com"); got != 0 {
		t.Errorf("another /64: wait %d s, want none", got)
	}
	// A success of one's own gives no new tries against others.
	h.wait(time.Second)
	if _, err := h.Login(t.Context(), from("2001:db8:1:2::1"), ana.Email, goodPassword); err != nil {
		t.Fatal(err)
	}
	h.fail(from("2001:db8:1:2::1"), "another2@example.com")
	if got := h.fail(from("2001:db8:1:2::1"), "another3@example.com"); got == 0 {
		t.Error("a success cleared the failures of the address")
	}
}

func TestManyAtOnceDontSlipThrough(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.cheapHashes()
	ana := h.add(h.org, "ana", access.Admin)
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			_, err := h.Login(t.Context(), home, ana.Email, "not this password")
			if fault.Of(err) == nil {
				t.Errorf("Login = %v", err)
			}
		})
	}
	wg.Wait()
	if got := h.hashes.Load() - 1; got != freeAtAddress+1 { // one for making ana
		t.Errorf("%d passwords were checked, want %d", got, freeAtAddress+1)
	}
}

// Somebody who knows the password guesses codes from many addresses, with ever new challenges.
func TestCodesCantBeGuessedFromManyAddresses(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.cheapHashes()
	ana := h.add(h.org, "ana", access.Admin)
	secret, _ := h.enrol(ana)
	h.signIn(ana, secret)
	checked := 0
	for n := range freeOfAccount + 5 {
		c := from(netip.AddrFrom4([4]byte{203, 0, 113, byte(n)}).String())
		a, err := h.Login(t.Context(), c, ana.Email, goodPassword)
		if err != nil {
			t.Fatal(err)
		}
		_, err = h.Verify(t.Context(), c, a.Challenge, h.wrongCode(secret))
		if fault.Is(err, fault.Unauthenticated) {
			checked++
		} else {
			wantFault(t, err, fault.TooMany)
		}
	}
	if checked != freeOfAccount+1 {
		t.Errorf("%d codes were checked, want %d", checked, freeOfAccount+1)
	}
	h.wait(totpPeriod * time.Second)
	h.signIn(ana, secret) // where she has signed in before, she is not slowed
}

// Knowing the password doesn't give new tries for the code.
func TestPasswordDoesNotClearTheFailuresOfCodes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.cheapHashes()
	ana := h.add(h.org, "ana", access.Admin)
	secret, _ := h.enrol(ana)
	for range freeAtAddress + 1 {
		_, err := h.Verify(t.Context(), home, h.login(ana, StatusMFA).Challenge, h.wrongCode(secret))
		wantFault(t, err, fault.Unauthenticated)
	}
	_, err := h.Verify(t.Context(), home, h.login(ana, StatusMFA).Challenge, h.code(secret, 0))
	wantFault(t, err, fault.TooMany)
	if got := h.entries(); got[len(got)-1].String() != "MFA_FAIL: too many attempts" {
		t.Errorf("last entry = %s", got[len(got)-1])
	}
}
