package job

import "net/netip"

// Reachable says why an address isn't connected to.
func Reachable(address string, closed ...netip.Prefix) error {
	return reachable(netip.MustParseAddr(address), closed)
}
