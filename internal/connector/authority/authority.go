// Package authority gets what certification authorities publish about their certificates: lists of revoked ones, and answers of OCSP
// (RFC 6960), over HTTP. It implements signature.Publisher.
//
// The addresses are not the operator's: they stand in certificates. So what always holds:
//
//   - Only http and https, without a user in the address; no redirect is followed.
//   - No address of an inner network is called, whatever name leads there: it is looked at when the connection is made, after the name
//     was resolved. The settings may allow networks (Inside).
//   - An answer longer than the settings allow is garbage. Each host has a circuit of its own, so that one that is away is left alone.
//
// Whether what came is genuine is judged by package signature: it is signed, and so plain http is as good.
package authority

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"syscall"
	"time"

	"okno/internal/connector/call"
)

// Config is how authorities are asked.
type Config struct {
	Limits    call.Limits
	MaxList   int64          // bytes of a list
	MaxAnswer int64          // bytes of an answer of OCSP
	Inside    []netip.Prefix // inner networks that may be called all the same
	Observe   call.Observe
	Now       func() time.Time
}

// Client asks authorities.
type Client struct {
	c    Config
	http *http.Client

	mu    sync.Mutex
	lines map[string]*call.Line // by host
}

// Name is how the system is called in metrics and traces: hosts of authorities are not told apart there.
const Name = "authority"

// mostHosts bounds the circuits that are kept. More hosts than there are authorities are a mistake.
const mostHosts = 2000

// New returns a client.
func New(c Config) *Client {
	x := &Client{c: c, lines: map[string]*call.Line{}}
	dialer := net.Dialer{Timeout: c.Limits.Timeout, Control: x.admit}
	x.http = &http.Client{
		Transport: &http.Transport{
			Proxy:                  nil, // it would resolve the names itself
			DialContext:            dialer.DialContext,
			ForceAttemptHTTP2:      true,
			MaxIdleConns:           16,
			IdleConnTimeout:        30 * time.Second,
			TLSHandshakeTimeout:    c.Limits.Timeout,
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return x
}

// errInside is an address that is not called.
var errInside = errors.New("the address is of an inner network")

// admit looks at the address that a name came to.
func (x *Client) admit(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return errInside
	}
	ip := at.Addr().Unmap()
	for _, n := range x.c.Inside {
		if n.Contains(ip) {
			return nil
		}
	}
	if !outside(ip) {
		return errInside
	}
	return nil
}

// inner are networks that are nobody's on the Internet, beside those that netip tells of.
var inner = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2001::/32"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"),
}

func outside(ip netip.Addr) bool {
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() {
		return false
	}
	for _, n := range inner {
		if n.Contains(ip) {
			return false
		}
	}
	return true
}

// List gets a list of revoked certificates.
func (x *Client) List(ctx context.Context, address string) ([]byte, error) {
	return x.get(ctx, http.MethodGet, address, nil, x.c.MaxList, func(h http.Header) { h.Set("Accept", "application/pkix-crl, */*;q=0.5") })
}

// Ask asks by OCSP.
func (x *Client) Ask(ctx context.Context, address string, question []byte) ([]byte, error) {
	return x.get(ctx, http.MethodPost, address, question, x.c.MaxAnswer, func(h http.Header) {
		h.Set("Content-Type", "application/ocsp-request")
		h.Set("Accept", "application/ocsp-response")
	})
}

func (x *Client) get(ctx context.Context, method, address string, body []byte, most int64, head func(http.Header)) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("%s: %w: the address is not of the web", Name, call.ErrUnavailable)
	}
	var got []byte
	err = x.line(u.Host).Do(ctx, func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
		if err != nil {
			return call.Bare(err)
		}
		head(req.Header)
		req.Header.Set("User-Agent", "okno")
		resp, err := x.http.Do(req)
		if errors.Is(err, errInside) {
			return &call.Failed{Why: call.ErrSettings, What: "the authority's address is of an inner network; signature-inside allows such"}
		}
		if err != nil {
			return call.Bare(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("%w: status %d", call.ErrUnavailable, resp.StatusCode)
		}
		got, err = io.ReadAll(io.LimitReader(resp.Body, most+1))
		if err != nil {
			return call.Bare(err)
		}
		if int64(len(got)) > most {
			return call.Garbage("longer than %d bytes", most)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return got, nil
}

func (x *Client) line(host string) *call.Line {
	x.mu.Lock()
	defer x.mu.Unlock()
	l := x.lines[host]
	if l == nil {
		if len(x.lines) >= mostHosts {
			clear(x.lines)
		}
		l = call.NewLine(Name, x.c.Limits, x.c.Observe, x.c.Now)
		x.lines[host] = l
	}
	return l
}
