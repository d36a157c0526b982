package policy

import (
	"net/netip"
	"testing"
)

func network(proxies ...string) Network {
	n := Default().Network
	for _, p := range proxies {
		n.TrustedProxies = append(n.TrustedProxies, netip.MustParsePrefix(p))
	}
	return n
}

func TestXForwardedForCountsOnlyFromTrustedProxies(t *testing.T) {
	for _, c := range []struct {
		name, remote, forwarded, want string
		proxies                       []string
	}{
		{"no proxy", "203.0.113.7:5000", "", "203.0.113.0/24", nil},
		{"a stranger forges the header", "203.0.113.7:5000", "198.51.100.1", "203.0.113.0/24", nil},
		{"one proxy", "10.0.0.2:80", "203.0.113.7", "203.0.113.0/24", []string{"10.0.0.0/24"}},
		{"two proxies", "10.0.0.2:80", "203.0.113.7, 10.0.0.3", "203.0.113.0/24", []string{"10.0.0.0/24"}},
		{"the client forged before the proxy", "10.0.0.2:80", "198.51.100.1, 203.0.113.7", "203.0.113.0/24", []string{"10.0.0.0/24"}},
		{"the client forged a proxy's address", "10.0.0.2:80", "10.0.0.9, 203.0.113.7, 10.0.0.3", "203.0.113.0/24", []string{"10.0.0.0/24"}},
		{"from inside the network of the proxies", "10.0.0.2:80", "10.0.0.9", "10.0.0.0/24", []string{"10.0.0.0/24"}},
		{"the proxy wrote nothing", "10.0.0.2:80", "", "10.0.0.0/24", []string{"10.0.0.0/24"}},
		{"the proxy wrote nonsense", "10.0.0.2:80", "unknown", "10.0.0.0/24", []string{"10.0.0.0/24"}},
		{"nonsense before a good one", "10.0.0.2:80", "<script>, 203.0.113.7", "203.0.113.0/24", []string{"10.0.0.0/24"}},
		{"with a port", "10.0.0.2:80", "203.0.113.7:4711", "203.0.113.0/24", []string{"10.0.0.0/24"}},
		{"v6 is a /64", "[2001:db8:1:2:3:4:5:6]:443", "", "2001:db8:1:2::/64", nil},
		{"v6 behind a v6 proxy", "[2001:db8::1]:443", "[2001:db8:9:9::5]:1", "2001:db8:9:9::/64", []string{"2001:db8::/48"}},
		{"v4 in v6 is v4", "[::ffff:203.0.113.7]:443", "", "203.0.113.0/24", nil},
		{"a v4 proxy seen as v6", "[::ffff:10.0.0.2]:443", "203.0.113.7", "203.0.113.0/24", []string{"10.0.0.0/24"}},
		{"a zone is cut off", "[fe80::1%eth0]:443", "", "fe80::/64", nil},
		{"without a port", "203.0.113.7", "", "203.0.113.0/24", nil},
		{"a Unix socket", "@", "203.0.113.7", "unknown", nil},
		{"nothing", "", "", "unknown", nil},
	} {
		if got := network(c.proxies...).ClientPrefix(c.remote, c.forwarded); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestOfficesAreExemptFromLimitsByPrefix(t *testing.T) {
	n := network()
	n.StaffNetworks = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	for addr, want := range map[string]bool{"192.0.2.9": true, "192.0.3.9": false, "2001:db8::1": false} {
		if got := n.Exempt(netip.MustParseAddr(addr)); got != want {
			t.Errorf("Exempt(%s) = %v", addr, got)
		}
	}
	if n.Exempt(netip.Addr{}) {
		t.Error("no address is exempt")
	}
}

func FuzzClientPrefix(f *testing.F) {
	f.Add("10.0.0.2:80", "203.0.113.7, 10.0.0.3")
	f.Add("[::1]:1", "a,b,,")
	n := network("10.0.0.0/8", "::1/128")
	f.Fuzz(func(t *testing.T, remote, forwarded string) {
		got := n.ClientPrefix(remote, forwarded)
		if got == "unknown" {
			return
		}
		p, err := netip.ParsePrefix(got)
		if err != nil || p != p.Masked() {
			t.Errorf("ClientPrefix(%q, %q) = %q", remote, forwarded, got)
		}
		// Whoever is no trusted proxy cannot change what he is taken for.
		if a := n.ClientAddr(remote, ""); !in(n.TrustedProxies, a) && n.ClientAddr(remote, forwarded) != a {
			t.Errorf("a stranger at %q became %v by writing %q", remote, n.ClientAddr(remote, forwarded), forwarded)
		}
	})
}
