package call

import (
	"errors"
	"net/netip"
	"slices"
	"syscall"
)

// ErrInside is an address of an inner network, which is not called.
var ErrInside = errors.New("the address is of an inner network")

// Outside is the Control of a dialer for addresses that others chose: it looks at what a name came to, when the connection is made, and
// lets no inner network be called but the ones named. So a name that leads elsewhere the second time (DNS rebinding) leads nowhere.
func Outside(inside []netip.Prefix) func(network, address string, _ syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return ErrInside
		}
		if ip := at.Addr().Unmap(); !Within(inside, ip) && !outside(ip) {
			return ErrInside
		}
		return nil
	}
}

// Within reports whether one of the networks has the address.
func Within(networks []netip.Prefix, ip netip.Addr) bool {
	return slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(ip) })
}

// inner are networks that are nobody's on the Internet, beside those that netip tells of.
var inner = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2001::/32"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"),
}

func outside(ip netip.Addr) bool {
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !ip.IsLoopback() && !ip.IsLinkLocalUnicast() && !Within(inner, ip)
}
