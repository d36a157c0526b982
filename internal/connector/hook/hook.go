// Package hook calls the addresses that agencies' systems named for news of their cases. It implements webhook.Sender.
//
// The addresses are not the operator's, so what always holds:
//
//   - No address of an inner network is called, whatever name leads there: it is looked at when the connection is made, after the name
//     was resolved. The policy may name networks (webhooks.inside); plain http reaches those alone.
//   - No redirect is followed, no proxy of the environment is used, and a try has one time limit for everything.
//   - Of an answer the status counts and Retry-After; the rest is thrown away unread.
package hook

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
	"strconv"
	"strings"
	"syscall"
	"time"

	"okno/internal/connector/call"
	"okno/internal/fault"
	"okno/internal/webhook"
)

// Config is how addresses are called.
type Config struct {
	Timeout time.Duration
	Inside  []netip.Prefix // inner networks that may be called
	Observe call.Observe
	Now     func() time.Time

	Resolver *net.Resolver // the machine's when nil
}

// Client calls them.
type Client struct {
	c     Config
	plain *http.Client // for http://
	safe  *http.Client
}

// Name is how the system is called in metrics.
const Name = "webhook"

// New returns a client.
func New(c Config) *Client {
	if c.Now == nil {
		c.Now = time.Now
	}
	x := &Client{c: c}
	inside := func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || !call.Within(c.Inside, at.Addr().Unmap()) {
			return call.ErrInside
		}
		return nil
	}
	x.plain, x.safe = x.client(inside), x.client(call.Outside(c.Inside))
	return x
}

func (x *Client) client(control func(network, address string, _ syscall.RawConn) error) *http.Client {
	dialer := net.Dialer{Timeout: x.c.Timeout, Control: control, Resolver: x.c.Resolver}
	return &http.Client{
		Timeout: x.c.Timeout,
		Transport: &http.Transport{
			Proxy:                  nil, // it would resolve the names itself
			DialContext:            dialer.DialContext,
			ForceAttemptHTTP2:      true,
			MaxIdleConnsPerHost:    2,
			IdleConnTimeout:        30 * time.Second,
			TLSHandshakeTimeout:    x.c.Timeout,
			MaxResponseHeaderBytes: 16 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// errInside is told to whoever named the address.
var errInside = fault.Invalid(fault.F("url", "webhook.inside"))

// Ask makes the handshake of the CloudEvents specification for webhooks: the address says whether it wants to be sent to by the origin.
func (x *Client) Ask(ctx context.Context, to, origin string) error {
	var header http.Header
	r, err := x.do(ctx, http.MethodOptions, to, map[string]string{"WebHook-Request-Origin": origin}, nil, &header)
	switch {
	case errors.Is(err, call.ErrInside):
		return errInside.Because(err)
	case err != nil:
		return err
	case r.Status != http.StatusOK && r.Status != http.StatusNoContent:
		return fmt.Errorf("OPTIONS is answered %d", r.Status)
	}
	if got := strings.TrimSpace(header.Get("WebHook-Allowed-Origin")); got != "*" && !strings.EqualFold(got, origin) {
		return errors.New("OPTIONS is answered without WebHook-Allowed-Origin for us")
	}
	return nil
}

// Send posts a message.
func (x *Client) Send(ctx context.Context, to string, header map[string]string, body []byte) (webhook.Reply, error) {
	return x.do(ctx, http.MethodPost, to, header, body, nil)
}

// unread is how much of an answer is read so that its connection can be used again.
const unread = 4 << 10

func (x *Client) do(ctx context.Context, method, to string, header map[string]string, body []byte, got *http.Header) (_ webhook.Reply, err error) {
	began := time.Now()
	defer func() {
		if x.c.Observe != nil {
			x.c.Observe(Name, time.Since(began), err)
		}
	}()
	u, err := url.Parse(to)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return webhook.Reply{}, errors.New("the address is not of the web")
	}
	client := x.safe
	if u.Scheme == "http" {
		client = x.plain
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return webhook.Reply{}, call.Bare(err)
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	req.Header.Set("User-Agent", "okno-webhook")
	resp, err := client.Do(req)
	if errors.Is(err, call.ErrInside) {
		return webhook.Reply{}, call.ErrInside
	}
	if err != nil {
		return webhook.Reply{}, call.Bare(err)
	}
	defer resp.Body.Close()
	io.CopyN(io.Discard, resp.Body, unread) //nolint:errcheck // the status is all that counts
	if got != nil {
		*got = resp.Header
	}
	return webhook.Reply{Status: resp.StatusCode, RetryAfter: x.later(resp.Header.Get("Retry-After"))}, nil
}

// later reads Retry-After: seconds, or a moment.
func (x *Client) later(v string) time.Duration {
	if n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 32); err == nil {
		return time.Duration(max(n, 0)) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(at.Sub(x.c.Now()), 0)
	}
	return 0
}
