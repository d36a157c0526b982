// Package webpush hands messages to the push services of browsers' makers (RFC 8030), encrypted for the browser (RFC 8291) and signed
// with the portal's key (VAPID, RFC 8292). It implements notification.PushGateway.
//
// The addresses come from people's browsers, that is, from anybody, so what always holds:
//
//   - Only https is called, and only hosts of the push services that the policy names; no address of an inner network, whatever a name
//     leads to (call.Strangers). A sandbox on this machine is named in the settings.
//   - The service reads nothing: every message is padded to one length and encrypted with keys that the browser alone has.
//   - Of an answer the status counts and Retry-After; the rest is thrown away, and addresses do not get into errors: who has one can
//     send rubbish to it.
package webpush

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	push "github.com/SherClockHolmes/webpush-go"

	"okno/internal/connector/call"
	"okno/internal/notification"
)

// Config is what the gateway needs.
type Config struct {
	Timeout time.Duration
	Hosts   []string       // of push services; each with every name below it
	Inside  []netip.Prefix // inner networks that may be called, by http too
	Contact string         // whom a service may write to: an address of the web, or an e-mail
	Observe call.Observe
	Now     func() time.Time
}

// Gateway calls push services.
type Gateway struct {
	c        Config
	stranger *call.Strangers
}

var _ notification.PushGateway = (*Gateway)(nil)

// New returns a gateway.
func New(c Config) *Gateway {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Gateway{c: c, stranger: call.NewStrangers(c.Timeout, c.Inside, nil)}
}

// Name returns "push".
func (g *Gateway) Name() string { return "push" }

// Takes reports whether the address is of a push service that may be called.
func (g *Gateway) Takes(endpoint string) bool {
	u, ok := call.OfTheWeb(endpoint)
	if !ok {
		return false
	}
	host := strings.ToLower(u.Hostname())
	if ip, err := netip.ParseAddr(host); err == nil {
		return call.Within(g.c.Inside, ip.Unmap())
	}
	return u.Scheme == "https" && u.Port() == "" && slices.ContainsFunc(g.c.Hosts, func(h string) bool { return host == h || strings.HasSuffix(host, "."+h) })
}

// unread is how much of an answer is read so that its connection can be used again.
const unread = 4 << 10

// SendPush hands one message over.
func (g *Gateway) SendPush(ctx context.Context, p notification.Pushed) (err error) {
	began := time.Now()
	defer func() {
		if g.c.Observe != nil {
			g.c.Observe(g.Name(), time.Since(began), err)
		}
	}()
	if !g.Takes(p.To.Endpoint) {
		return errors.New("the address is of no push service that may be called")
	}
	urgency := push.UrgencyNormal
	if p.Urgent {
		urgency = push.UrgencyHigh
	}
	resp, err := push.SendNotificationWithContext(ctx, p.Payload, &push.Subscription{Endpoint: p.To.Endpoint, Keys: push.Keys{Auth: p.To.Auth, P256dh: p.To.P256dh}}, &push.Options{
		HTTPClient: g.stranger, Subscriber: g.c.Contact, Topic: p.Topic, TTL: int(p.TTL / time.Second), Urgency: urgency,
		VAPIDPublicKey: base64.RawURLEncoding.EncodeToString(p.Key.Public), VAPIDPrivateKey: base64.RawURLEncoding.EncodeToString(p.Key.Secret()),
	})
	if errors.Is(err, call.ErrInside) {
		return call.ErrInside
	}
	if err != nil {
		return call.Bare(err)
	}
	defer resp.Body.Close()
	io.CopyN(io.Discard, resp.Body, unread) //nolint:errcheck // the status is all that counts
	switch {
	case resp.StatusCode == http.StatusCreated || resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusAccepted || resp.StatusCode == http.StatusNoContent:
		return nil
	case resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone:
		return notification.ErrGone
	}
	if after := call.RetryAfter(resp.Header, g.c.Now()); after > 0 && (resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable) {
		return notification.Later{After: after}
	}
	return fmt.Errorf("the push service answers %d", resp.StatusCode)
}
