package application_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river/rivertype"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/alert"
	"okno/internal/application"
	"okno/internal/contact"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/mandate"
	"okno/internal/procedure"
	"okno/internal/sandbox"
	"okno/internal/store"
	"okno/internal/system"
	"okno/internal/verification"
)

const snils = "sfr.snils"

// later moves the clock of the demo on, as its page does.
func later(t *testing.T, x *system.System, advance string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, x.URL.String()+"/demo/clock", strings.NewReader(`{"advance":"`+advance+`"}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	w := httptest.NewRecorder()
	if x.Web.ServeHTTP(w, r); w.Code != http.StatusOK {
		t.Fatalf("the clock does not move: %d %s", w.Code, w.Body.String())
	}
}

// within lets days pass, one at a time, until it is as wanted: a job that runs as the clock is moved comes again by the clock of after.
func within(t *testing.T, x *system.System, days int, what string, ok func() bool) {
	t.Helper()
	for range days {
		later(t, x, "P1D")
		for range 20 {
			if ok() {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
	t.Fatalf("waited %d days for %s in vain", days, what)
}

// over reports whether the case has ended.
func over(t *testing.T, x *system.System, who access.Actor, id string) func() bool {
	return func() bool {
		c, err := x.Applications.Get(ctx, who, id)
		if err != nil {
			t.Fatal(err)
		}
		return c.Outcome != ""
	}
}

// newcomer is an account of somebody who has no number, Simplified.
func newcomer(t *testing.T, x *system.System, r sandbox.Resident) access.Actor {
	t.Helper()
	who := access.Actor{Kind: access.Person, ID: id.New(), Level: access.Simplified}
	if err := x.DB.Write(ctx, func(tx *store.Tx) error {
		key, err := x.Ring.NewPerson(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		if err := x.Accounts.Create(ctx, tx, key, account.New{ID: who.ID, Lang: i18n.RU, AgreedAt: tx.Now(), Profile: account.Profile{Surname: r.Surname, GivenName: r.GivenName, Patronymic: r.Patronymic}}); err != nil {
			return err
		}
		return x.Contacts.Attach(ctx, tx, key, who.ID, contact.Target{Kind: contact.Email, Value: "newcomer@okno.example"})
	}); err != nil {
		t.Fatal(err)
	}
	return who
}

// paper is what a person types of themselves and their passport.
func paper(r sandbox.Resident) map[string][]string {
	return map[string][]string{"applicant.surname": {r.Surname}, "applicant.given_name": {r.GivenName}, "applicant.patronymic": {r.Patronymic}, "applicant.birth_date": {form.Dotted(r.BirthDate)},
		"applicant.sex": {map[string]string{"male": "m", "female": "f"}[r.Sex]}, "passport.series": {r.Passport.Series}, "passport.number": {r.Passport.Number}}
}

// subjects are those of the notices of the account, the newest first.
func subjects(t *testing.T, x *system.System, who access.Actor) (out []string) {
	t.Helper()
	list, err := x.Notices.Inbox(ctx, who, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range list {
		out = append(out, one.Note.Subject.RU)
	}
	return out
}

// REG-14, SRV-9. The whole portal with its queue, and the fund over its protocol.
func TestASNILSComesByItsCaseAlsoWhenTheFundIsAwayForADay(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		r := x.World.Newcomers()[0]
		who := newcomer(t, x, r)
		if err := x.World.SetFault("snils", sandbox.Down); err != nil {
			t.Fatal(err)
		}
		c := file(t, x, who, snils, paper(r))
		request := func() verification.SNILSRequest {
			q, _, err := x.Verification.LatestSNILS(ctx, who)
			if err != nil {
				t.Fatal(err)
			}
			return q
		}
		await(t, x, who, c.ID, "an application", func(application.Case) bool { return request().ID == c.ID })
		within(t, x, 2, "another try", func() bool { return request().Asked > 1 })
		c = await(t, x, who, c.ID, "the case", func(application.Case) bool { return true })
		if c.Failed != 0 || c.Turn != procedure.TurnSystem {
			t.Errorf("the page says that the register is away: failed %d, %s", c.Failed, c.State)
		}
		if err := x.World.SetFault("snils", sandbox.OK); err != nil {
			t.Fatal(err)
		}
		within(t, x, 2, "the fund", func() bool { return request().State == verification.SNILSAccepted })
		within(t, x, 9, "the number", over(t, x, who, c.ID))
		c = await(t, x, who, c.ID, "the case", func(application.Case) bool { return true })
		if a, err := x.Accounts.Get(ctx, x.DB, who.ID); err != nil || c.Outcome != procedure.Granted || a.Profile.SNILS == "" || a.Profile.SNILS != request().SNILS {
			t.Errorf("%s, the profile has %q: %v", c.State, a.Profile.SNILS, err)
		}
		if n := told(t, x, who, c.ID); n != 1 || slices.Contains(subjects(t, x, who), "СНИЛС присвоен") {
			t.Errorf("told %d times by the case, and %q", n, subjects(t, x, who))
		}
	})
}

// The case is not told, as when the process dies in between: it asks by itself at the longest pause of its state.
func TestACaseThatHeardNothingOfItsSNILSFindsItByItself(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		r := x.World.Newcomers()[0]
		who := newcomer(t, x, r)
		x.Verification.Awaited = nil
		c := file(t, x, who, snils, paper(r))
		within(t, x, 9, "the number", func() bool {
			q, _, err := x.Verification.LatestSNILS(ctx, who)
			return err == nil && q.State == verification.SNILSAssigned
		})
		within(t, x, 2, "an end", over(t, x, who, c.ID))
		if c = await(t, x, who, c.ID, "an end", func(c application.Case) bool { return c.Outcome != "" }); c.Outcome != procedure.Granted {
			t.Errorf("it ends as %s", c.State)
		}
	})
}

func TestAParentAsksForASNILSOfTheirNewborn(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		born := x.World.Newborn()
		people := x.World.People()
		m := people[slices.IndexFunc(people, func(r sandbox.Resident) bool { return r.SNILS == born.BirthCertificate.Mother.SNILS })]
		mother := parent(t, x, m, "mother@okno.example")
		child := opens(t, x, mother, born, mandate.Opened)
		acting := mother.Acting(child, access.Child)
		c := file(t, x, acting, snils, map[string][]string{"certificate.series": {born.BirthCertificate.Series}, "certificate.number": {born.BirthCertificate.Number}})
		if c.AccountID != child || c.By != mother.ID {
			t.Fatalf("of %s by %s", c.AccountID, c.By)
		}
		if _, found, err := x.Verification.LatestSNILS(ctx, mother); err != nil || found {
			t.Errorf("the mother's own page shows it: %v", err)
		}
		within(t, x, 9, "the number", over(t, x, mother, c.ID))
		c = await(t, x, mother, c.ID, "the number", func(c application.Case) bool { return c.Outcome != "" })
		a, err := x.Accounts.Get(ctx, x.DB, child)
		if err != nil || c.Outcome != procedure.Granted || len(a.Profile.SNILS) != 11 || a.Level != access.Standard {
			t.Errorf("%s, the child's account is %s with %q: %v", c.State, a.Level, a.Profile.SNILS, err)
		}
		if n := told(t, x, mother, c.ID); n != 1 || slices.Contains(subjects(t, x, access.Actor{Kind: access.Person, ID: child, Level: access.Standard}), "СНИЛС присвоен") {
			t.Errorf("the mother was told %d times", n)
		}
		d, err := x.Applications.Begin(ctx, acting, snils)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.Applications.SavePage(ctx, acting, snils, "certificate", map[string][]string{"certificate.series": {born.BirthCertificate.Series}, "certificate.number": {born.BirthCertificate.Number}}); err != nil {
			t.Fatal(err)
		}
		_, err = x.Applications.Submit(ctx, acting, snils, d.ID)
		if f, ok := fault.Of(err); !ok || len(f.Fields) != 1 || f.Fields[0].Name != form.NameOf("/applicant/surname") {
			t.Errorf("a second number is asked for, or refused for something else: %v", err)
		}
	})
}

// whoever answers a case so, for now.
type inside struct {
	says atomic.Pointer[func() (string, error)]
}

func (i *inside) AskFor(context.Context, application.Case) (string, error) { return (*i.says.Load())() }

func (i *inside) say(outcome string, err error) {
	f := func() (string, error) { return outcome, err }
	i.says.Store(&f)
}

func TestAFailureIsOverOnceTheAnswerTakesItsTimeAndWhatHoldsItUpIsSaid(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, fund := newcomer(t, x, x.World.Newcomers()[0]), &inside{}
		fund.say("", errors.New("no connection"))
		x.Applications.Inside = map[string]application.Inside{snils: fund}
		c := file(t, x, who, snils, paper(x.World.Newcomers()[0]))
		await(t, x, who, c.ID, "a failure", func(c application.Case) bool { return c.Failed > 0 })
		until := store.Moment(x.DB.Now().Add(3 * time.Hour))
		asks := func() time.Duration {
			t.Helper()
			var later *rivertype.JobSnoozeError
			if err := x.Applications.Ask(ctx, application.AskRegister{Case: c.ID, Version: c.Version}); !errors.As(err, &later) {
				t.Fatalf("it does not come again: %v", err)
			}
			now, err := x.Applications.Get(ctx, who, c.ID)
			if err != nil {
				t.Fatal(err)
			}
			c = now
			return later.Duration
		}
		fund.say("", application.ErrPending)
		if asks(); c.Failed != 0 || c.Waits != "" {
			t.Errorf("the page says that it failed %d times, and waits for %q", c.Failed, c.Waits)
		}
		fund.say("", fmt.Errorf("%w: %w", application.ErrPending, verification.ErrChecks.At(until)))
		if pause := asks(); pause > time.Hour || c.Waits != "verification.checks" || !c.WaitsUntil.Equal(until) || c.Failed != 0 {
			t.Errorf("after %s, waits for %q until %s", pause, c.Waits, c.WaitsUntil)
		}
		soon := store.Moment(x.DB.Now().Add(5 * time.Minute))
		fund.say("", fmt.Errorf("%w: %w", application.ErrPending, verification.ErrChecks.At(soon)))
		if pause := asks(); pause > 5*time.Minute || pause < 3*time.Minute || !c.WaitsUntil.Equal(soon) {
			t.Errorf("after %s, waits until %s", pause, c.WaitsUntil)
		}
		fund.say("", errors.New("no connection"))
		if asks(); c.Failed != 1 || c.Waits != "" || !c.WaitsUntil.IsZero() {
			t.Errorf("failed %d times, waits for %q", c.Failed, c.Waits)
		}
		fund.say("", fmt.Errorf("%w: %w", application.ErrPending, alert.ErrPaused.At(until)))
		if asks(); c.Waits != "alert.paused" {
			t.Errorf("waits for %q", c.Waits)
		}
		fund.say("", application.ErrPending) // the pause was lifted before its end
		if asks(); c.Waits != "" || !c.WaitsUntil.IsZero() {
			t.Errorf("a case that was sent waits for %q", c.Waits)
		}
		fund.say("assigned", nil)
		if err := x.Applications.Ask(ctx, application.AskRegister{Case: c.ID, Version: c.Version}); err != nil {
			t.Fatal(err)
		}
		c = await(t, x, who, c.ID, "an end", func(c application.Case) bool { return c.Outcome != "" })
		if c.Waits != "" || !c.WaitsUntil.IsZero() {
			t.Errorf("a case that has ended waits for %q", c.Waits)
		}
	})
}

// A node that was started without the fund does nothing to the case: the next one may have it.
func TestACaseOutlivesANodeThatKnowsNobodyToAsk(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		fund := &inside{}
		fund.say("", application.ErrPending)
		x.Applications.Inside = map[string]application.Inside{snils: fund}
		who := newcomer(t, x, x.World.Newcomers()[0])
		c := file(t, x, who, snils, paper(x.World.Newcomers()[0]))
		y := x.Applications
		without := &application.Service{DB: y.DB, Ring: y.Ring, Policy: y.Policy, Catalogue: y.Catalogue, Accounts: y.Accounts, Contacts: y.Contacts, Papers: y.Papers, Staff: y.Staff,
			Notices: y.Notices, Jobs: y.Jobs, Files: y.Files, Zone: y.Zone}
		var later *rivertype.JobSnoozeError
		if err := without.Ask(ctx, application.AskRegister{Case: c.ID, Version: c.Version}); !errors.As(err, &later) || later.Duration < time.Minute {
			t.Errorf("the job dies: %v", err)
		}
		if now, err := x.Applications.Get(ctx, who, c.ID); err != nil || now.Failed != 0 || now.Version != c.Version {
			t.Errorf("failed %d times, %v", now.Failed, err)
		}
	})
}

func TestAnErasedPersonsCaseOfASNILSIsAskedAboutNoMore(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		r := x.World.Newcomers()[0]
		who := newcomer(t, x, r)
		c := file(t, x, who, snils, paper(r))
		await(t, x, who, c.ID, "an application", func(application.Case) bool {
			_, found, err := x.Verification.LatestSNILS(ctx, who)
			return err == nil && found
		})
		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			if err := x.Applications.Erase(ctx, tx, who.ID); err != nil {
				return err
			}
			if err := x.Verification.Erase(ctx, tx, who.ID); err != nil {
				return err
			}
			return x.Ring.Forget(ctx, tx, who.ID)
		}); err != nil {
			t.Fatal(err)
		}
		if err := x.Verification.AskFund(ctx, verification.AskSNILS{Request: c.ID}); err != nil {
			t.Errorf("the fund is asked: %v", err)
		}
		if err := x.Applications.Ask(ctx, application.AskRegister{Case: c.ID, Version: c.Version}); err != nil {
			t.Errorf("the case asks: %v", err)
		}
		var n int
		if err := x.DB.QueryRow(ctx, `SELECT count(*) FROM snils_request`).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d applications are left: %v", n, err)
		}
	})
}
