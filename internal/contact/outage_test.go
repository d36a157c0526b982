package contact_test

import (
	"errors"
	"net/url"
	"testing"
	"time"

	"okno/internal/contact"
	"okno/internal/signin/signintest"
	"okno/internal/store/storetest"
)

// SRV-10, CAB-8: a page that waits for a code says when nobody takes them.
func TestAPageSaysWhenNobodyTakesCodes(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		d := begin(t, w, "anna", phone, email)
		w.Code(t, phone)
		late := func(want bool, when string) {
			t.Helper()
			got, _, err := w.Registrations.Current(ctx, signintest.Visitor("anna"))
			if err != nil || got.Challenge.Late != want {
				t.Errorf("%s: late %v, %v", when, got.Challenge.Late, err)
			}
		}
		here, there := &carrier{}, &carrier{}
		send := func(c *carrier, again bool) {
			t.Helper()
			s := &contact.Sender{Service: w.Contacts, Carrier: c, URL: &url.URL{Scheme: "http", Host: "localhost"}}
			if err := s.Do(ctx, contact.SendCode{Challenge: d.Challenge.ID, Send: 1}); (err != nil) != again {
				t.Errorf("a sending: %v", err)
			}
		}
		late(false, "at first")
		here.err = engaged{}
		send(here, true)
		late(false, "a carrier that says no to this message is there")
		here.err = errors.New("circuit open")
		send(here, true)
		late(true, "nobody takes it")
		if other := begin(t, w, "boris", "", "boris@example.ru"); other.Challenge.Late {
			t.Error("letters are said to be late with the texts")
		}
		clock.Advance(w.Policy.Gateways.Outage + time.Second)
		late(false, "nobody has tried since")
		send(here, true)
		late(true, "tried in vain once more")
		send(there, false) // another node's carrier works: its success alone ends nothing that this node knows of
		late(true, "another node")
		clock.Advance(w.Policy.Gateways.Outage + time.Second)
		late(false, "it is over")
	})
}

func TestTheNodeThatSawAnOutageSeesItsEnd(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		d := begin(t, w, "anna", phone, "")
		w.Code(t, phone)
		c := &carrier{err: errors.New("circuit open")}
		s := &contact.Sender{Service: w.Contacts, Carrier: c, URL: &url.URL{Scheme: "http", Host: "localhost"}}
		for _, want := range []bool{true, false} {
			s.Do(ctx, contact.SendCode{Challenge: d.Challenge.ID, Send: 1}) //nolint:errcheck // the first fails
			c.err = nil
			got, _, err := w.Registrations.Current(ctx, signintest.Visitor("anna"))
			if err != nil || got.Challenge.Late != want {
				t.Errorf("late %v, want %v, %v", got.Challenge.Late, want, err)
			}
		}
	})
}
