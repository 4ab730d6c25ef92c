package access_test

import (
	"slices"
	"strings"
	"testing"

	"annals/backend/access"
)

// What the roles mean, held against the table: who changes nothing, who sees only what is his own.
func TestRolesMayWhatTheirNamesSay(t *testing.T) {
	t.Parallel()
	changes := func(p access.Permission) bool {
		verb := p[strings.LastIndex(string(p), ".")+1:]
		return !slices.Contains([]access.Permission{"read", "export"}, verb)
	}
	for _, p := range access.Permissions() {
		if !slices.Contains(access.Of(access.Admin), p) {
			t.Errorf("an admin may not %s", p)
		}
		if got, want := slices.Contains(access.Of(access.Auditor), p), !changes(p); got != want {
			t.Errorf("an auditor: %s is %t, want %t", p, got, want)
		}
		if slices.Contains(access.Of(access.User), p) && changes(p) {
			t.Errorf("a user may %s", p)
		}
		if slices.Contains(access.OfKey([]string{access.KeyRead}), p) && changes(p) {
			t.Errorf("a key that reads may %s", p)
		}
	}
	for _, p := range []access.Permission{access.ReadUsers, access.ReadTenants, access.ReadObjects} {
		if slices.Contains(access.Of(access.User), p) {
			t.Errorf("a user may %s of others", p)
		}
	}
	if len(access.OfKey([]string{access.KeyIngest})) != 0 || len(access.OfKey(nil)) != 0 || len(access.Of("owner")) != 0 {
		t.Error("a key that doesn't read, or an unknown role, may something")
	}
}
