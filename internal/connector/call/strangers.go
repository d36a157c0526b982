package call

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Strangers calls addresses that others chose. No address of an inner network is called but those of the networks named, and plain http
// reaches these alone; no redirect is followed, no proxy of the environment is used, and a try has one time limit for everything.
type Strangers struct {
	plain *http.Client // for http://
	safe  *http.Client
}

// NewStrangers returns a caller. resolver may be nil: the machine's.
func NewStrangers(timeout time.Duration, inside []netip.Prefix, resolver *net.Resolver) *Strangers {
	named := func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || !Within(inside, at.Addr().Unmap()) {
			return ErrInside
		}
		return nil
	}
	client := func(control func(network, address string, _ syscall.RawConn) error) *http.Client {
		dialer := net.Dialer{Timeout: timeout, Control: control, Resolver: resolver}
		return &http.Client{
			Timeout: timeout,
			Transport: &http.Transport{
				Proxy:                  nil, // it would resolve the names itself
				DialContext:            dialer.DialContext,
				ForceAttemptHTTP2:      true,
				MaxIdleConnsPerHost:    2,
				IdleConnTimeout:        30 * time.Second,
				TLSHandshakeTimeout:    timeout,
				MaxResponseHeaderBytes: 16 << 10,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return &Strangers{plain: client(named), safe: client(Outside(inside))}
}

// Do makes the request; ErrInside when its address is of an inner network.
func (s *Strangers) Do(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme == "http" {
		return s.plain.Do(r)
	}
	return s.safe.Do(r)
}

// OfTheWeb reads an address that may be called: http or https, with a host, without a name and a password in it.
func OfTheWeb(address string) (*url.URL, bool) {
	u, err := url.Parse(address)
	return u, err == nil && u.Host != "" && u.User == nil && (u.Scheme == "http" || u.Scheme == "https")
}

// RetryAfter reads the header of that name: seconds, or a moment; 0 when it says nothing (RFC 9110, 10.2.3).
func RetryAfter(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.ParseInt(v, 10, 32); err == nil {
		return time.Duration(max(n, 0)) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}
