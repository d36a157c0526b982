package policy

import (
	"net/netip"
	"strings"
)

// ClientAddr is the address a request came from. remote is that of the connection ("ip:port"); forwarded is the
// X-Forwarded-For header, several joined by commas. It counts only as far as trusted proxies wrote it: from the right, every
// trusted proxy vouches for the address on its left, and the first one that is not a trusted proxy is the client. What the client
// itself wrote there, to pass for somebody else, stands further left and is never reached.
func (n Network) ClientAddr(remote, forwarded string) netip.Addr {
	addr := parseAddr(remote)
	if !in(n.TrustedProxies, addr) || forwarded == "" {
		return addr
	}
	hops := strings.Split(forwarded, ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop := parseAddr(strings.TrimSpace(hops[i]))
		if !hop.IsValid() {
			return addr // a proxy that writes nonsense vouches for nobody
		}
		if addr = hop; !in(n.TrustedProxies, addr) {
			return addr
		}
	}
	return addr
}

// ClientPrefix is the network prefix of the client as text, "203.0.113.0/24" or "2001:db8:1:2::/64": what limits by network
// count. It is "unknown" when there is no address, as on a Unix socket.
func (n Network) ClientPrefix(remote, forwarded string) string {
	return n.Prefix(n.ClientAddr(remote, forwarded))
}

// Prefix is the network prefix of an address.
func (n Network) Prefix(a netip.Addr) string {
	bits := n.PrefixV6
	if a.Is4() {
		bits = n.PrefixV4
	}
	p, err := a.Prefix(bits)
	if err != nil || !p.IsValid() {
		return "unknown"
	}
	return p.String()
}

// Exempt reports whether limits by network prefix do not hold for the address, because a centre's or an office's whole staff
// stands behind it.
func (n Network) Exempt(a netip.Addr) bool { return in(n.StaffNetworks, a) }

func in(networks []netip.Prefix, a netip.Addr) bool {
	for _, p := range networks {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// parseAddr reads "ip", "ip:port" and "[ip]:port"; a v4 address written as v6 is the v4 one, and a zone is cut off.
func parseAddr(s string) netip.Addr {
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		ap, err := netip.ParseAddrPort(s)
		if err != nil {
			return netip.Addr{}
		}
		a = ap.Addr()
	}
	return a.Unmap().WithZone("")
}
