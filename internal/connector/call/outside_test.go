package call

import (
	"net"
	"net/netip"
	"testing"
)

func TestNoAddressOfAnInnerNetworkIsCalledUnlessItIsNamed(t *testing.T) {
	for ip, want := range map[string]bool{"8.8.8.8": true, "2a00:1450::1": true, "10.1.2.3": false, "192.168.0.1": false, "172.16.9.9": false, "169.254.169.254": false, "100.64.0.1": false,
		"127.0.0.53": false, "::1": false, "fe80::1": false, "fd00::1": false, "0.0.0.0": false, "224.0.0.1": false, "255.255.255.255": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false} {
		if got := Outside(nil)("tcp", net.JoinHostPort(ip, "443"), nil) == nil; got != want {
			t.Errorf("%s is outside: %v", ip, got)
		}
	}
	named := Outside([]netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")})
	for address, want := range map[string]bool{"10.1.2.3:443": true, "[::ffff:10.1.2.3]:443": true, "10.2.2.3:443": false, "localhost:443": false, "": false} {
		if got := named("tcp", address, nil) == nil; got != want {
			t.Errorf("%s is called: %v", address, got)
		}
	}
}
