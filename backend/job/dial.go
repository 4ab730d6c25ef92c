package job

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"slices"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"

	"annals/backend/fault"
)

// newDialer makes connections to where a tenant says, but never into this server: an address is
// judged after its name was resolved, at the moment of the connection, so that no name leads around it.
func newDialer(loopback bool, closed []netip.Prefix) *net.Dialer {
	return &net.Dialer{Control: func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("read address: %w", err)
		}
		if loopback && to.Addr().Unmap().IsLoopback() {
			return nil
		}
		return reachable(to.Addr(), closed)
	}}
}

// unreachable are addresses that lead to this machine, to its cloud's own services, or to no single
// machine, beside what netip knows by itself.
var unreachable = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),          // this network, RFC 791: Linux takes 0.0.0.0 for loopback
	netip.MustParsePrefix("100.100.100.200/32"), // metadata at Alibaba
	netip.MustParsePrefix("168.63.129.16/32"),   // Azure's own services
	netip.MustParsePrefix("192.0.0.0/24"),       // protocol assignments, RFC 6890: metadata at Oracle among them
	netip.MustParsePrefix("240.0.0.0/4"),        // reserved, and broadcast
	netip.MustParsePrefix("fd00:ec2::/32"),      // metadata at Amazon,
	netip.MustParsePrefix("fd20:ce::254/128"),   // and at Google
	netip.MustParsePrefix("::/96"),              // IPv4 in IPv6 in its old form,
	netip.MustParsePrefix("64:ff9b::/96"),       // by translation, RFC 6052,
	netip.MustParsePrefix("64:ff9b:1::/48"),     // RFC 8215,
	netip.MustParsePrefix("2001::/32"),          // in Teredo, RFC 4380,
	netip.MustParsePrefix("2002::/16"),          // and in 6to4, RFC 3056: any of the above may be inside
}

var errOwn = errors.New("the address belongs to this server or its network's own services, which are not reached from here")

func reachable(a netip.Addr, closed []netip.Prefix) error {
	a = a.Unmap().WithZone("")
	if a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() {
		return errOwn
	}
	for _, p := range slices.Concat(unreachable, closed) {
		if p.Contains(a) {
			return errOwn
		}
	}
	own, err := net.InterfaceAddrs()
	if err != nil {
		return fmt.Errorf("read own addresses: %w", err)
	}
	for _, x := range own {
		if p, err := netip.ParsePrefix(x.String()); err == nil && p.Addr().Unmap() == a {
			return errOwn
		}
	}
	return nil
}

// cause is why something failed, in words for everybody: without addresses that nobody asked for, and
// without the server's paths.
func cause(err error) error {
	if errors.Is(err, errOwn) {
		return errOwn
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		if dns.IsNotFound {
			return fmt.Errorf("the host name %s is unknown", dns.Name)
		}
		return fmt.Errorf("the host name %s can't be looked up now", dns.Name)
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return errors.New("no answer in time")
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return errors.New("the connection was refused")
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return errors.New("there is no way to the host")
	case errors.Is(err, syscall.ECONNRESET):
		return errors.New("the connection was cut off")
	}
	if f := fault.Of(err); f != nil {
		return errors.New(f.Detail)
	}
	if _, ok := errors.AsType[*pgconn.PgError](err); ok {
		slog.Error("job", "err", err)
		return errors.New("the database refuses it")
	}
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		return at.Err
	}
	if at, ok := errors.AsType[*os.LinkError](err); ok {
		return at.Err
	}
	if at, ok := errors.AsType[*net.OpError](err); ok {
		return at.Err
	}
	return err
}
