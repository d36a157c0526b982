package signin_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"okno/internal/contact"
	"okno/internal/fault"
	"okno/internal/jobs/jobstest"
	"okno/internal/registration"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store/storetest"
)

func TestNoCodesGoToCountriesThatAreNotListedAndThePageSaysWhatToDo(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		v := signintest.Visitor("anna")
		who := person(t, w, w.Register(t, v, email))
		const foreign, kazakh = "+375291234567", "+77012345678" // the second begins with +7, too
		for _, to := range []string{foreign, kazakh} {
			_, begun := w.Registrations.Begin(ctx, signintest.Visitor("boris"), registration.Details{Surname: "Новиков", GivenName: "Борис", Phone: to, Terms: true, Data: true})
			_, recovering := w.SignIn.RecoverStart(ctx, v, to)
			_, adding := w.SignIn.AddContact(ctx, who, v, to, signintest.Password)
			for name, err := range map[string]error{"registering": begun, "recovering": recovering, "adding": adding} {
				f, ok := fault.Of(err)
				if !ok || len(f.Fields) != 1 || f.Fields[0].Key != "contact.country" {
					t.Errorf("%s with %s: %v", name, to, err)
				}
			}
			jobstest.Settle(t, w.Jobs)
			if n := len(w.Outbox.To(to)); n != 0 {
				t.Errorf("%d texts went to %s", n, to)
			}
		}
		w.Policy.SMS.Countries = []string{"RU", "BY"}
		w.Register(t, signintest.Visitor("boris"), foreign)
	})
}

func TestACapOnTextsStopsNeitherLettersNorCodesThatAreOut(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		v := signintest.Visitor("anna")
		anna := person(t, w, w.Register(t, v, phone))
		clock.Advance(2 * time.Minute)
		boris := signintest.Visitor("boris")
		if _, err := w.Registrations.Begin(ctx, boris, registration.Details{Surname: "Новиков", GivenName: "Борис", Phone: "+79120000001", Email: "boris@example.ru", Terms: true, Data: true}); err != nil {
			t.Fatal(err)
		}
		w.Code(t, "+79120000001")
		w.Policy.SMS.Day.Max, w.Policy.SMS.RangeDay.Max = 1, 1 // both are full now
		clock.Advance(2 * time.Minute)
		if _, err := w.Registrations.Resend(ctx, boris); !errors.Is(err, contact.ErrCapped) {
			t.Fatalf("the caps are not reached: %v", err)
		}
		if _, err := add(t, w, anna, v, email); err != nil {
			t.Errorf("an e-mail is not added: %v", err)
		}
		if x := recoverBy(t, w, "tablet", email); x.Step != signin.StepPassword {
			t.Errorf("a recovery by e-mail stands at %s", x.Step)
		}
		if saw(t, w, phone, "добавлен контакт") != 1 {
			t.Error("a notice waits for the cap on codes")
		}
		if _, err := w.Registrations.SwitchChannel(ctx, boris); err != nil {
			t.Errorf("the other channel: %v", err)
		}
		vera := signintest.Visitor("vera") // a code that is out is taken, also when it came from a browser that the owner uses
		w.Policy.SMS.Day.Max, w.Policy.SMS.RangeDay.Max = 1000, 1000
		if _, err := w.Registrations.Begin(ctx, vera, registration.Details{Surname: "Верина", GivenName: "Вера", Phone: "+79120000002", Terms: true, Data: true}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.RecoverStart(ctx, v, phone); err != nil {
			t.Fatal(err)
		}
		toVera, toAnna := w.Code(t, "+79120000002"), w.Code(t, phone)
		w.Policy.SMS.Day.Max, w.Policy.SMS.RangeDay.Max = 1, 1
		if _, err := w.Registrations.Confirm(ctx, vera, toVera); err != nil {
			t.Errorf("a code that is out, registering: %v", err)
		}
		if _, err := w.SignIn.RecoverCode(ctx, v, toAnna); err != nil {
			t.Errorf("a code that is out, recovering: %v", err)
		}
	})
}

func TestTheDaysTextsAreCappedAndTheOperatorHearsOfIt(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		w.Policy.SMS.RangeDay.Max, w.Policy.SMS.Day.Max = 3, 5
		n := 0
		begin := func(d registration.Details) error {
			n++
			d.Surname, d.GivenName, d.Terms, d.Data = "Новиков", "Борис", true, true
			_, err := w.Registrations.Begin(ctx, signintest.Visitor(fmt.Sprint("bot-", n)), d)
			jobstest.Settle(t, w.Jobs)
			return err
		}
		for i := range 3 {
			if err := begin(registration.Details{Phone: fmt.Sprintf("+791200000%02d", i)}); err != nil {
				t.Fatal(err)
			}
		}
		err := begin(registration.Details{Phone: "+79120000099"})
		if f, ok := fault.Of(err); !errors.Is(err, contact.ErrCapped) || !ok || !f.RetryAt.After(clock.Now()) || f.RetryAt.Sub(clock.Now()) > 24*time.Hour {
			t.Errorf("the fourth text to one range: %v", err)
		}
		if _, err := w.SignIn.RecoverStart(ctx, signintest.Visitor("x"), "+79120000098"); !errors.Is(err, contact.ErrCapped) {
			t.Errorf("a recovery that reaches nobody is answered otherwise: %v", err)
		}
		if err := begin(registration.Details{Email: email}); err != nil {
			t.Errorf("e-mail: %v", err)
		}
		for i := range 2 {
			if err := begin(registration.Details{Phone: fmt.Sprintf("+791600000%02d", i)}); err != nil {
				t.Errorf("another range: %v", err)
			}
		}
		if err := begin(registration.Details{Phone: "+79260000000"}); !errors.Is(err, contact.ErrCapped) {
			t.Errorf("the sixth text of the day: %v", err)
		}
		for _, want := range []string{"sms.range", "sms.day"} {
			select {
			case got := <-w.Alarms:
				if got != want {
					t.Errorf("the operator hears of %s, want %s", got, want)
				}
			default:
				t.Errorf("the operator does not hear of %s", want)
			}
		}
		if len(w.Alarms) != 0 {
			t.Error("one cap alarms twice")
		}
		var events int
		if err := w.DB.QueryRow(ctx, `SELECT count(*) FROM audit_event WHERE action = 'contact.sms_capped'`).Scan(&events); err != nil || events != 2 {
			t.Errorf("%d events in the audit, %v; want 2", events, err)
		}
		clock.Advance(27 * time.Hour) // beyond the last tenth of the window
		if err := begin(registration.Details{Phone: "+79120000097"}); err != nil {
			t.Errorf("the next day: %v", err)
		}
	})
}
