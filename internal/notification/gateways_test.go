package notification_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"okno/internal/notification"
)

// carrier takes texts or is away.
type carrier struct {
	name string
	away error
	took []string
}

func (c *carrier) Name() string { return c.name }

func (c *carrier) SendSMS(_ context.Context, m notification.Text) error {
	if c.away == nil {
		c.took = append(c.took, m.ID)
	}
	return c.away
}

func TestTheSecondGatewayTakesWhatTheFirstDoesNot(t *testing.T) {
	one, two := &carrier{name: "sms1"}, &carrier{name: "sms2"}
	g := &notification.Gateways{Texts: []notification.SMSGateway{one, two}, Log: slog.New(slog.DiscardHandler)}
	send := func(id string) error { return g.SMS(t.Context(), id, "+79123456789", "код") }
	if err := send("a"); err != nil {
		t.Fatal(err)
	}
	one.away = errors.New("no route")
	if err := send("b"); err != nil {
		t.Errorf("with the second well: %v", err)
	}
	two.away = errors.New("no credit")
	err := send("c")
	if err == nil || !strings.Contains(err.Error(), "sms1") || !strings.Contains(err.Error(), "sms2") || errors.Is(err, notification.ErrNoGateway) {
		t.Errorf("with both away: %v", err)
	}
	one.away = nil
	if err := send("c"); err != nil { // the job tries again
		t.Error(err)
	}
	if !slices.Equal(one.took, []string{"a", "c"}) || !slices.Equal(two.took, []string{"b"}) {
		t.Errorf("the first took %v, the second %v", one.took, two.took)
	}
	if err := g.Mail(t.Context(), "d", "anna@example.ru", "s", "t", ""); !errors.Is(err, notification.ErrNoGateway) {
		t.Errorf("without a gateway for mail: %v", err)
	}
}
