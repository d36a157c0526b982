package notification

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"okno/internal/i18n"
)

// Gateways hands messages to the first gateway that takes them, in order: the second stands in when the first is away.
type Gateways struct {
	Texts   []SMSGateway
	Letters []MailGateway
	Voices  []VoiceGateway
	Log     *slog.Logger
}

// ErrNoGateway is a channel for which the operator has set up no gateway.
var ErrNoGateway = errors.New("notification: no gateway for this channel")

// SMS sends a text.
func (g *Gateways) SMS(ctx context.Context, id, to, body string) error {
	_, err := anyOf(ctx, g.Log, g.Texts, func(x SMSGateway) error { return x.SendSMS(ctx, Text{ID: id, To: to, Body: body}) })
	return err
}

// Mail sends a letter.
func (g *Gateways) Mail(ctx context.Context, id, to, subject, text, html string) error {
	_, err := anyOf(ctx, g.Log, g.Letters, func(x MailGateway) error {
		return x.SendMail(ctx, Letter{ID: id, To: to, Subject: subject, Text: text, HTML: html})
	})
	return err
}

// Call says a code over the telephone.
func (g *Gateways) Call(ctx context.Context, id, to string, l i18n.Lang, digits string) error {
	_, err := anyOf(ctx, g.Log, g.Voices, func(x VoiceGateway) error { return x.Call(ctx, Spoken{ID: id, To: to, Lang: l, Digits: digits}) })
	return err
}

// anyOf tries the gateways in order and names the one that took the message.
func anyOf[G interface{ Name() string }](ctx context.Context, log *slog.Logger, gateways []G, send func(G) error) (string, error) {
	err := ErrNoGateway
	for i, g := range gateways {
		e := send(g)
		if e == nil {
			return g.Name(), nil
		}
		if i == 0 {
			err = nil
		}
		err = errors.Join(err, fmt.Errorf("gateway %s: %w", g.Name(), e))
		log.WarnContext(ctx, "a gateway did not take a message", "gateway", g.Name(), "error", e)
	}
	return "", err
}
