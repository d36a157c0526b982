package signin_test

import (
	"fmt"
	"testing"
	"time"

	"okno/internal/contact"
	"okno/internal/jobs/jobstest"
	"okno/internal/limit"
	"okno/internal/registration"
	"okno/internal/signin/signintest"
	"okno/internal/store/storetest"
)

// Far from the cap texts are written down together: at the latest when the process ends. Near it each is.
func TestTextsFarFromTheCapAreWrittenDownTogether(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		w.Policy.SMS.CountWithin = time.Hour // nothing is due by itself
		begin := func(n int) {
			t.Helper()
			d := registration.Details{Surname: "Новиков", GivenName: "Борис", Phone: fmt.Sprintf("+791200000%02d", n), Terms: true, Data: true}
			if _, err := w.Registrations.Begin(ctx, signintest.Visitor(fmt.Sprint("visitor-", n)), d); err != nil {
				t.Fatal(err)
			}
			jobstest.Settle(t, w.Jobs)
		}
		written := func() int {
			t.Helper()
			v, err := limit.Look(ctx, w.DB, w.Policy.SMS.Day.Rule("sms.day"), "sms.day")
			if err != nil {
				t.Fatal(err)
			}
			return w.Policy.SMS.Day.Max - v.Left
		}
		for n := range 3 {
			begin(n)
		}
		if n := written(); n != 0 {
			t.Errorf("%d of three texts are written down at once", n)
		}
		if err := (&contact.Sender{Service: w.Contacts}).CountTexts(ctx); err != nil {
			t.Fatal(err)
		}
		if n := written(); n != 3 {
			t.Errorf("%d of three texts are written down at the end", n)
		}
		begin(3)
		w.Policy.SMS.Day.Max = 100 // now the cap is near
		begin(4)
		if n := written(); n != 5 {
			t.Errorf("%d of five texts are written down near the cap", n)
		}
	})
}
