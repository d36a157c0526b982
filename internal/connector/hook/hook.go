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
	"strings"
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
	c        Config
	stranger *call.Strangers
}

// Name is how the system is called in metrics.
const Name = "webhook"

// New returns a client.
func New(c Config) *Client {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Client{c: c, stranger: call.NewStrangers(c.Timeout, c.Inside, c.Resolver)}
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
	u, ok := call.OfTheWeb(to)
	if !ok {
		return webhook.Reply{}, errors.New("the address is not of the web")
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return webhook.Reply{}, call.Bare(err)
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	req.Header.Set("User-Agent", "okno-webhook")
	resp, err := x.stranger.Do(req)
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
	return webhook.Reply{Status: resp.StatusCode, RetryAfter: call.RetryAfter(resp.Header, x.c.Now())}, nil
}
