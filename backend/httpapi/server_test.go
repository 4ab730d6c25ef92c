package httpapi

import (
	"net/netip"
	"testing"
)

// The first address from the right that isn't a trusted proxy is the client's, whatever stands left of it.
func TestClientIPIsNotWhatTheClientSays(t *testing.T) {
	t.Parallel()
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	for _, test := range []struct{ peer, forwarded, want string }{
		{"203.0.113.5", "198.51.100.1", "203.0.113.5"}, // nobody trusts the peer
		{"10.0.0.1", "198.51.100.1", "198.51.100.1"},
		{"10.0.0.1", "1.2.3.4, 198.51.100.1", "198.51.100.1"}, // the left one is made up
		{"10.0.0.1", "1.2.3.4, 198.51.100.1, 10.9.9.9", "198.51.100.1"},
		{"10.0.0.1", "10.1.1.1, 10.2.2.2", "10.1.1.1"},
		{"10.0.0.1", "", "10.0.0.1"},
		{"10.0.0.1", "nonsense", "10.0.0.1"},
		{"10.0.0.1", "198.51.100.1, nonsense", "10.0.0.1"},
		{"10.0.0.1", "198.51.100.1:4711", "198.51.100.1"},
		{"::1", "[2001:db8::7]:4711", "2001:db8::7"},
		{"::1", "2001:db8::7", "2001:db8::7"},
		{"::ffff:10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"},
		{"10.0.0.1", "fe80::1%eth0", "fe80::1"},
	} {
		if got := clientIP(netip.MustParseAddr(test.peer), test.forwarded, trusted); got.String() != test.want {
			t.Errorf("peer %s, forwarded %q: got %s, want %s", test.peer, test.forwarded, got, test.want)
		}
	}
}

func FuzzClientIP(f *testing.F) {
	f.Add("1.2.3.4, [::1]:80")
	trusted := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}
	f.Fuzz(func(t *testing.T, forwarded string) {
		if got := clientIP(netip.MustParseAddr("10.0.0.1"), forwarded, trusted); !got.IsValid() || got.Zone() != "" {
			t.Errorf("%q: %s", forwarded, got)
		}
	})
}
