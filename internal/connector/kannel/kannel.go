// Package kannel hands SMS to a carrier behind a Kannel, by the sendsms interface of its smsbox.
//
// The text goes as the body of a POST, the rest in X-Kannel headers, so that neither the text nor the number nor
// the password comes into an address, which proxies keep. Kannel takes a POST as text/plain with a charset, and does
// the coding and the splitting itself. Our id goes along as the account, which Kannel carries through to its billing,
// for the day when somebody asks what became of a text. Tried with Kannel 1.4.5.
//
// Kannel writes every text into its own access log. Codes are in it: whoever runs the Kannel must guard that file, or
// set no access-log and a log-level above info.
//
// Kannel answers 202 when it has taken the text, whether it sends it at once or queues it.
package kannel

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"okno/internal/connector/call"
	"okno/internal/notification"
)

// Config is what the gateway needs.
type Config struct {
	Name               string // in logs and metrics; "kannel" when empty
	Username, Password string // of a sendsms-user
	Source             string // who the text is from; Kannel's own default when empty
	call.Config               // URL is that of the smsbox, without the path
}

// Gateway is one Kannel.
type Gateway struct {
	c      Config
	client *call.Client
}

var _ notification.SMSGateway = (*Gateway)(nil)

// New returns the gateway of the settings. The error tells what is wrong with them.
func New(c Config) (*Gateway, error) {
	if c.Name == "" {
		c.Name = "kannel"
	}
	for _, s := range []string{c.Username, c.Password, c.Source} {
		if strings.ContainsAny(s, "\r\n\x00") {
			return nil, fmt.Errorf("%s: a name or the password has a line break in it", c.Name)
		}
	}
	c.Limits.Tries = 1 // sending is repeated by whoever keeps the text, or it might go out twice
	client, err := call.NewClient(c.Name, c.Config)
	if err != nil {
		return nil, err
	}
	return &Gateway{c, client}, nil
}

// Name returns the name of the settings.
func (g *Gateway) Name() string { return g.c.Name }

// State says what the circuit does with the next text.
func (g *Gateway) State() call.State { return g.client.State() }

// Ping tells whether anything answers at the address.
func (g *Gateway) Ping(ctx context.Context) error { return g.client.Ping(ctx) }

// SendSMS hands one text over. call.ErrRejected means that Kannel will never take it, mostly because there is no
// such number.
func (g *Gateway) SendSMS(ctx context.Context, t notification.Text) error {
	to := call.Digits(t.To)
	if len(to) < 7 || len(to) > 15 {
		return &call.Refusal{System: g.Name(), Outcome: call.Rejected, Code: "ADDRESS"}
	}
	if !call.Word(t.ID) {
		return errors.New(g.Name() + ": the id of a text must be letters, digits, dots, dashes")
	}
	h := http.Header{
		"Content-Type":      {"text/plain; charset=UTF-8"},
		"X-Kannel-Username": {g.c.Username},
		"X-Kannel-Password": {g.c.Password},
		"X-Kannel-To":       {"+" + to},
		"X-Kannel-Coding":   {coding(t.Body)},
		"X-Kannel-Account":  {t.ID},
	}
	if g.c.Source != "" {
		h.Set("X-Kannel-From", g.c.Source)
	}
	return g.client.Send(ctx, "/cgi-bin/sendsms", h, []byte(t.Body), func(status int, answer []byte) error {
		if status != http.StatusAccepted || !taken(answer) {
			return call.Garbage("status %d, and not Kannel's words", status)
		}
		return nil
	})
}

// coding is 0, the alphabet of GSM, for what ASCII can say, and 2, UCS-2, for the rest.
func coding(body string) string {
	for i := range len(body) {
		if body[i] >= 0x80 {
			return "2"
		}
	}
	return "0"
}

// taken reports whether Kannel says "0: Accepted for delivery" or "3: Queued for later delivery". A proxy's page
// with status 202 is not that.
func taken(answer []byte) bool {
	s := strings.TrimSpace(string(answer))
	return strings.HasPrefix(s, "0: ") || strings.HasPrefix(s, "3: ") || s == "Sent."
}
