package system

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	"okno/internal/connector/authority"
	"okno/internal/connector/call"
	"okno/internal/policy"
	"okno/internal/signature"
)

// publisher asks authorities what they revoked. observe hears of every call; it may be nil.
func publisher(s Signature, p policy.Status, observe call.Observe) (*authority.Client, error) {
	var inside []netip.Prefix
	for _, text := range s.Inside {
		n, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("settings: signature-inside (OKNO_SIGNATURE_INSIDE): %q is not a network such as 10.1.2.0/24", text)
		}
		inside = append(inside, n.Masked())
	}
	return authority.New(authority.Config{MaxList: int64(p.MaxList), MaxAnswer: int64(p.MaxAnswer), Inside: inside, Observe: observe,
		Limits: limits(call.Limits{Timeout: p.Timeout, Tries: 1}, p.Breaker)}), nil
}

// signatures builds what verifies electronic signatures.
func signatures(x *System) (*signature.Service, error) {
	s := x.Settings.Signature
	list, err := signature.LoadAuthorities(s.Authorities, x.clock.now, x.Log)
	if err != nil {
		return nil, fmt.Errorf("settings: signature-authorities (OKNO_SIGNATURE_AUTHORITIES): %w", err)
	}
	p, err := publisher(s, x.Policy.Signatures.Status, observed(x.calls))
	if err != nil {
		return nil, err
	}
	return signature.New(signature.Config{DB: x.DB, Ring: x.Ring, Policy: x.Policy, Authorities: list, Publisher: p, URL: x.URL, Name: x.Name, Zone: x.Zone, Known: x.Credentials.Used}), nil
}

// signatures looks at what electronic signatures need.
func (d *doctor) signatures(ctx context.Context) {
	s := d.s.Signature
	list, err := signature.LoadAuthorities(s.Authorities, time.Now, slog.New(slog.DiscardHandler))
	switch {
	case err != nil:
		d.wrong("signatures", trimmed(err), "mend the files of signature-authorities (OKNO_SIGNATURE_AUTHORITIES): certificates of authorities and of their roots, PEM")
	case s.Authorities == "":
		d.fine("signatures", "no accredited authorities are set (signature-authorities): no electronic signature is taken")
	case list.Len() == 0:
		d.doubt("signatures", "no certificate that counts is in "+s.Authorities, "put the certificates of accredited authorities and of their roots there: until then every signature is refused")
	default:
		d.fine("signatures", fmt.Sprintf("certificates of %d authorities and roots count", list.Len()))
	}
	if err == nil {
		d.leftOut(list.LeftOut())
	}
	if _, err := publisher(s, d.policy.Signatures.Status, nil); err != nil {
		d.wrong("signatures", trimmed(err), "write networks such as 10.1.2.0/24")
	}
	if _, err := newTokens(s.Token); err != nil {
		d.wrong("tokens", trimmed(err), "set signature-token-url, -cert and -key of the host at which certificates are shown, or leave signature-token-addr empty")
	}
	if _, err := proxyOf(s.Token.Proxy); err != nil {
		d.wrong("tokens", trimmed(err), "name the file of the certificate by which the proxy shows itself, PEM")
	}
	if err := signature.CanGOST(ctx, d.policy.Signatures.OpenSSL); err != nil {
		tell := d.wrong
		if s.Authorities == "" {
			tell = d.doubt
		}
		tell("GOST", trimmed(err), "install OpenSSL with its engine gost (Debian: openssl, libengine-gost-openssl, util-linux): most people sign by GOST R 34.10-2012")
		return
	}
	d.fine("GOST", "OpenSSL verifies signatures of GOST R 34.10-2012")
}

// named is how many certificates that are left out are told one by one.
const named = 3

func (d *doctor) leftOut(left []string) {
	if len(left) == 0 {
		return
	}
	says := fmt.Sprintf("%d certificates of signature-authorities do not count: %s", len(left), strings.Join(left[:min(named, len(left))], "; "))
	if more := len(left) - named; more > 0 {
		says += fmt.Sprintf("; and %d more, which the log names at every start", more)
	}
	d.doubt("signatures", says, "signatures of people whose certificates stand below these are refused as ones of an authority that is not accredited; take them out of the list to be rid of this line")
}
