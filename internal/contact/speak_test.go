package contact_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"okno/internal/contact"
	"okno/internal/i18n"
	"okno/internal/registration"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

const (
	phone = "+79123456789"
	email = "anna@example.ru"
)

var ctx = context.Background()

func each(t *testing.T, body func(t *testing.T, w *signintest.World, clock *storetest.Clock)) {
	t.Helper()
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) { body(t, signintest.New(t, db), clock) })
}

func begin(t *testing.T, w *signintest.World, name, phone, email string) registration.Draft {
	t.Helper()
	d, err := w.Registrations.Begin(ctx, signintest.Visitor(name), registration.Details{Surname: "Проверкина", GivenName: "Анна", Phone: phone, Email: email, Terms: true, Data: true})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestACallSaysANewCodeInTheLanguageOfTheCalled(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		v := signintest.Visitor("anna")
		if d := begin(t, w, "anna", phone, ""); !d.Challenge.CanCall || d.Challenge.Spoken {
			t.Fatalf("%+v", d.Challenge)
		}
		texted := w.Code(t, phone)
		if _, err := w.Registrations.Call(ctx, v); !errors.Is(err, contact.ErrEarly) {
			t.Errorf("a call right after the SMS: %v", err)
		}
		clock.Advance(61 * time.Second)
		d, err := w.Registrations.Call(ctx, v)
		if err != nil || !d.Challenge.Spoken || !d.Challenge.ExpiresAt.Equal(clock.Now().Add(w.Policy.Code.SMSLifetime)) {
			t.Fatalf("%+v, %v", d.Challenge, err)
		}
		m := w.Last(t, phone)
		said, ok := strings.CutPrefix(m.Body, "ru ")
		if m.Subject != "call" || !ok || len(said) != 6 || said == texted {
			t.Fatalf("%+v after the SMS with %s", m, texted)
		}
		if _, err := w.Registrations.Resend(ctx, v); !errors.Is(err, contact.ErrEarly) {
			t.Errorf("an SMS right after the call: %v", err)
		}
		if _, err := w.Registrations.Confirm(ctx, v, texted); !errors.Is(err, contact.ErrWrong) {
			t.Errorf("the code of the SMS before: %v", err)
		}
		if _, err := w.Registrations.Confirm(ctx, v, said); err != nil {
			t.Errorf("the code that was said: %v", err)
		}
	})
}

func TestAfterACallTheNextCodeMayComeBySMS(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		v := signintest.Visitor("anna")
		begin(t, w, "anna", phone, "")
		clock.Advance(61 * time.Second)
		if _, err := w.Registrations.Call(ctx, v); err != nil {
			t.Fatal(err)
		}
		clock.Advance(61 * time.Second)
		d, err := w.Registrations.Resend(ctx, v)
		if err != nil || d.Challenge.Spoken || w.Last(t, phone).Subject == "call" {
			t.Errorf("%+v, %v", d.Challenge, err)
		}
	})
}

func TestACallWithoutALineIsMadeWhenThereIsOne(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		begin(t, w, "anna", phone, "")
		w.Code(t, phone)
		w.Outbox.Full = 1
		clock.Advance(61 * time.Second)
		if _, err := w.Registrations.Call(ctx, signintest.Visitor("anna")); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(20 * time.Second); w.Last(t, phone).Subject != "call"; time.Sleep(50 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("it was never made")
			}
		}
	})
}

func TestCallsAndTextsAreCountedTogether(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		v := signintest.Visitor("anna")
		begin(t, w, "anna", phone, "")
		for n := 1; n < w.Policy.Code.SendsPerHour.Max; n++ {
			clock.Advance(61 * time.Second)
			send := w.Registrations.Resend
			if n%2 == 0 {
				send = w.Registrations.Call
			}
			if _, err := send(ctx, v); err != nil {
				t.Fatalf("sending %d: %v", n+1, err)
			}
		}
		clock.Advance(61 * time.Second)
		if _, err := w.Registrations.Call(ctx, v); !errors.Is(err, contact.ErrSends) {
			t.Errorf("a call beyond the limit of sendings: %v", err)
		}
	})
}

func TestALetterIsNotSaidByTelephoneAndWithoutATrunkNothingIs(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		if d := begin(t, w, "boris", "", email); d.Challenge.CanCall {
			t.Error("a call is offered for a letter")
		}
		w.Contacts.Calls = false
		if d := begin(t, w, "anna", phone, ""); d.Challenge.CanCall {
			t.Error("a call is offered where nobody calls")
		}
		clock.Advance(61 * time.Second)
		for _, name := range []string{"anna", "boris"} {
			if _, err := w.Registrations.Call(ctx, signintest.Visitor(name)); !errors.Is(err, contact.ErrNoCall) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestRecoveryIsSaidByTelephoneAndToNobodyWhereThereIsNoAccount(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		w.Register(t, signintest.Visitor("anna"), phone)
		const strange = "+79123456780"
		for _, to := range []string{phone, strange} {
			v := signintest.Visitor("at work " + to)
			if _, err := w.SignIn.RecoverStart(ctx, v, to); err != nil {
				t.Fatal(err)
			}
			clock.Advance(61 * time.Second)
			if r, err := w.SignIn.RecoverCall(ctx, v); err != nil || !r.Challenge.Spoken {
				t.Errorf("%s: %+v, %v", to, r.Challenge, err)
			}
		}
		if m := w.Last(t, phone); m.Subject != "call" {
			t.Errorf("%+v", m)
		}
		if got := w.Outbox.To(strange); len(got) != 0 {
			t.Errorf("somebody without an account was called: %+v", got)
		}
	})
}

// carrier does with calls what a test wants, and counts them.
type carrier struct {
	err   error
	calls int
}

func (c *carrier) SMS(context.Context, string, string, string) error                { return c.err }
func (*carrier) Mail(context.Context, string, string, string, string, string) error { return nil }
func (c *carrier) Call(context.Context, string, string, i18n.Lang, string) error {
	c.calls++
	return c.err
}

// engaged is what a phone did.
type engaged struct{}

func (engaged) Error() string                  { return "busy" }
func (engaged) Fate() (outcome, status string) { return "not_heard", "BUSY" }

func TestACarrierThatFailsIsAskedAgainAndAPhoneThatRangIsLeftAlone(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		d := begin(t, w, "anna", phone, "")
		job := contact.SpeakCode{Challenge: d.Challenge.ID, Send: 1}
		for name, x := range map[string]struct {
			err   error
			rings int
			again bool
		}{
			"heard":                   {nil, 2, false},
			"the trunk is away":       {errors.New("unavailable"), 1, true},
			"no line":                 {contact.ErrNoLine, 1, true},
			"busy":                    {engaged{}, 2, true},
			"busy as often as may be": {engaged{}, 1, false},
		} {
			c := &carrier{err: x.err}
			w.Policy.Gateways.Voice.Rings = x.rings
			s := &contact.Sender{Service: w.Contacts, Carrier: c, URL: &url.URL{Scheme: "http", Host: "localhost"}}
			if err := s.Speak(ctx, job); (err != nil) != x.again || c.calls != 1 {
				t.Errorf("%s: %v after %d calls", name, err, c.calls)
			}
		}
	})
}

func TestACodeOfNoUseIsNotSaid(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		d := begin(t, w, "anna", phone, "")
		c := &carrier{}
		s := &contact.Sender{Service: w.Contacts, Carrier: c}
		speak := func(cid string, send int64) {
			t.Helper()
			if err := s.Speak(ctx, contact.SpeakCode{Challenge: cid, Send: send}); err != nil || c.calls != 0 {
				t.Errorf("%v, %d calls", err, c.calls)
			}
		}
		speak("01k9abcdefghijklmnopqrstuv", 1) // erased
		speak(d.Challenge.ID, 2)               // of another sending
		clock.Advance(w.Policy.Code.SMSLifetime)
		speak(d.Challenge.ID, 1)
	})
}
