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
	dialer := net.Dialer{Timeout: c.Limits.Timeout, Control: call.Outside(c.Inside)}
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
		if errors.Is(err, call.ErrInside) {
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
