package contact_test

import (
	"fmt"
	"testing"
	"time"

	"okno/internal/contact"
	"okno/internal/fault"
	"okno/internal/jobs/jobstest"
	"okno/internal/policy"
	"okno/internal/registration"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// One form was admitted by the gate; a program then presses every button that sends a code, for a day.
func TestAskingAgainSendsNoMoreThanAContactTakes(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		v := signintest.Visitor("bot")
		v.Pass.Network = "net"
		w.Policy.Gate.SendsByNet = policy.Limit{Max: 1, Window: 24 * time.Hour} // its network is beyond the limit with the first form
		d := registration.Details{Surname: "Проверкина", GivenName: "Анна", Phone: phone, Email: email, Terms: true, Data: true}
		if _, err := w.Registrations.Begin(ctx, v, d); err != nil {
			t.Fatal(err)
		}
		another := signintest.Visitor("another")
		another.Pass.Network, d.Phone = "net", "+79160000001"
		_, err := w.Registrations.Begin(ctx, another, d)
		if fault.KindOf(err) != fault.TooMany {
			t.Fatalf("another form from the network: %v", err)
		}
		refused := 0
		press := []func() error{
			func() error { _, err := w.Registrations.Resend(ctx, v); return err },
			func() error { _, err := w.Registrations.Call(ctx, v); return err },
			func() error { _, err := w.Registrations.SwitchChannel(ctx, v); return err },
		}
		for i, end := 0, clock.Now().Add(20*time.Hour); clock.Now().Before(end); i++ {
			clock.Advance(5 * time.Minute)
			switch err := press[i%len(press)](); {
			case fault.KindOf(err) == fault.TooMany:
				refused++
			case err != nil && fault.KindOf(err) != fault.Conflict: // a letter is not spoken
				t.Fatal(err)
			}
			jobstest.Settle(t, w.Jobs)
		}
		most := w.Policy.Code.SendsPerDay.Max
		for _, to := range []string{phone, email} {
			if n := len(w.Outbox.To(to)); n > most || n < 2 {
				t.Errorf("%d codes to %s; a contact takes %d a day", n, to, most)
			}
		}
		if refused < 20 {
			t.Errorf("refused %d times only", refused)
		}
	})
}

// Whose guesses count by network is decided at a recovery alone: from where anything else was asked is kept nowhere.
func TestTheNetworkOfAnAttemptIsKeptAtARecoveryOnly(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		kept := func(p contact.Purpose) (some bool) {
			t.Helper()
			if err := w.DB.QueryRow(ctx, `SELECT network IS NOT NULL FROM challenge WHERE purpose = $1`, string(p)).Scan(&some); err != nil {
				t.Fatal(err)
			}
			return some
		}
		err := w.DB.Write(ctx, func(tx *store.Tx) error {
			for i, p := range []contact.Purpose{contact.Register, contact.Add, contact.SignIn, contact.Recover, contact.Keep} {
				_, err := w.Contacts.Start(ctx, tx, contact.Request{Purpose: p, Browser: string(p), Network: "198.51.100.0/24",
					Target: contact.Target{Kind: contact.Phone, Value: fmt.Sprintf("+7916000000%d", i)}, Subject: string(p)})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for p, want := range map[contact.Purpose]bool{contact.Register: false, contact.Add: false, contact.SignIn: false, contact.Recover: true, contact.Keep: true} {
			if kept(p) != want {
				t.Errorf("%s: the network is kept: %t", p, !want)
			}
		}
	})
}
