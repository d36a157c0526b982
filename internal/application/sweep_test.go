package application_test

import (
	"context"
	"errors"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/application"
	"okno/internal/audit"
	"okno/internal/catalogue"
	"okno/internal/fault"
	"okno/internal/jobs"
	"okno/internal/jobs/jobstest"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// office is casework with a clock that tests move; nobody works its jobs.
type office struct {
	*signintest.World
	*application.Service
	clock *storetest.Clock
	anna  access.Actor
}

func clocked(t *testing.T, body func(t *testing.T, x office)) {
	t.Helper()
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		w := signintest.New(t, db)
		list, err := catalogue.Load(os.DirFS("../system/systemtest/services"))
		if err != nil {
			t.Fatal(err)
		}
		queue := jobstest.New(t, db)
		s := &application.Service{DB: db, Ring: w.Ring, Policy: w.Policy, Catalogue: list, Accounts: w.Accounts, Contacts: w.Contacts, Notices: w.Notices, Jobs: queue, Zone: time.UTC}
		jobs.Handle(queue, s.Ask)
		jobs.Handle(queue, s.Overdue)
		jobs.Handle(queue, s.LookUp)
		session, err := w.Credentials.Check(ctx, w.Register(t, signintest.Visitor("anna"), "+79120000001"))
		if err != nil {
			t.Fatal(err)
		}
		anna := session.Actor()
		err = db.Write(ctx, func(tx *store.Tx) error {
			_, err := w.Accounts.Update(ctx, tx, anna.ID, func(a *account.Account) error {
				mvd := account.Source{From: account.FromMVD, At: tx.Now()}
				a.Level = access.Confirmed
				a.Profile = account.Profile{Surname: "Проверкина", GivenName: "Анна", BirthDate: "1990-03-05", Sex: "f", SNILS: "11223344595",
					Sources: map[string]account.Source{"surname": mvd, "given_name": mvd, "birth_date": mvd, "snils": mvd}}
				return nil
			})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		anna.Level = access.Confirmed
		body(t, office{w, s, clock, anna})
	})
}

// filled is a draft that can be sent.
func (x office) filled(t *testing.T) application.Draft {
	t.Helper()
	d, err := x.Begin(ctx, x.anna, extract)
	if err != nil {
		t.Fatal(err)
	}
	typed := map[string][]string{"property.cadastral_number": {"77:01:0001001:1234"}, "property.owner": {"true"}, "extract.kind": {"object"}}
	for _, page := range d.Form.Pages {
		if d, err = x.SavePage(ctx, x.anna, extract, page.ID, typed); err != nil {
			t.Fatalf("page %s: %v", page.ID, err)
		}
	}
	return d
}

// draft fills a form of the service in.
func (x office) draft(t *testing.T, code string, typed map[string][]string) application.Draft {
	t.Helper()
	d, err := x.Begin(ctx, x.anna, code)
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range d.Form.Pages {
		if d, err = x.SavePage(ctx, x.anna, code, page.ID, typed); err != nil {
			t.Fatalf("page %s: %v", page.ID, err)
		}
	}
	return d
}

// send fills a form of the service in and files it.
func (x office) send(t *testing.T, code string, typed map[string][]string) application.Case {
	t.Helper()
	c, err := x.Submit(ctx, x.anna, code, x.draft(t, code, typed).ID)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (x office) file(t *testing.T) application.Case {
	t.Helper()
	c, err := x.Submit(ctx, x.anna, extract, x.filled(t).ID)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestADraftIsErasedNinetyDaysAfterItsLastChange(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		x.filled(t)
		x.clock.Advance(89 * 24 * time.Hour)
		x.filled(t)
		x.clock.Advance(89 * 24 * time.Hour)
		if err := x.SweepDrafts(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Draft(ctx, x.anna, extract); err != nil {
			t.Fatalf("a draft that was changed 89 days ago: %v", err)
		}
		x.clock.Advance(25 * time.Hour)
		if err := x.SweepDrafts(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Draft(ctx, x.anna, extract); !errors.Is(err, application.ErrMissing) {
			t.Errorf("it is still there: %v", err)
		}
	})
}

func TestACaseThatAnOfficerTookAndLeftGoesBackIntoTheQueue(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		c := x.file(t)
		took := officer(c)
		c, err := x.Take(ctx, took, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		lies := func(queue application.Queue, who access.Actor) bool {
			t.Helper()
			list, err := x.OfUnit(ctx, who, queue, 10)
			if err != nil {
				t.Fatal(err)
			}
			return len(list) == 1 && list[0].ID == c.ID
		}
		x.clock.Advance(8*time.Hour - time.Minute)
		if err := x.GiveBack(ctx); err != nil || !lies(application.QueueMine, took) {
			t.Fatalf("it was taken back within the eight hours: %v", err)
		}
		x.clock.Advance(2 * time.Minute)
		if err := x.GiveBack(ctx); err != nil {
			t.Fatal(err)
		}
		other := took
		other.ID = "officer-two"
		if lies(application.QueueMine, took) || !lies(application.QueueNew, other) {
			t.Error("it is not in the queue of all")
		}
		after, err := x.Get(ctx, x.anna, c.ID)
		if err != nil || after.State != c.State || !after.DueAt.Equal(c.DueAt) || len(after.Events) != 2 {
			t.Errorf("the applicant's case changed: %s until %s, %d events, %v", after.State, after.DueAt, len(after.Events), err)
		}
		record, err := audit.About(ctx, x.World.DB, x.anna.ID, 1, "")
		if err != nil || len(record) != 1 || record[0].Action != "application.given_back" {
			t.Errorf("%+v, %v", record, err)
		}
		if c, err = x.Do(ctx, other, c.ID, application.Act{Event: "release", Version: c.Version}); err != nil || c.State != "submitted" {
			t.Errorf("another officer goes on with it: %s, %v", c.State, err)
		}
	})
}

func TestWhoSendsMoreThanADayAllowsKeepsTheDraft(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		x.World.Policy.Cases.SubmitsPerDay.Max = 2
		first := x.file(t)
		x.clock.Advance(time.Hour)
		x.file(t)
		d := x.filled(t)
		_, err := x.Submit(ctx, x.anna, extract, d.ID)
		f, ok := fault.Of(err)
		if !errors.Is(err, application.ErrMany) || !ok || !f.RetryAt.Equal(first.SubmittedAt.Add(24*time.Hour)) {
			t.Fatalf("the third: %v", err)
		}
		if kept, err := x.Draft(ctx, x.anna, extract); err != nil || kept.ID != d.ID || len(x.Wrong(kept)) > 0 {
			t.Errorf("what was typed is lost: %v", err)
		}
		if again, err := x.Submit(ctx, x.anna, extract, first.ID); err != nil || again.ID != first.ID {
			t.Errorf("a form that was sent already is refused: %v", err)
		}
		x.clock.Advance(23*time.Hour + time.Minute)
		if _, err := x.Submit(ctx, x.anna, extract, d.ID); err != nil {
			t.Errorf("a day later: %v", err)
		}
	})
}

// Forms of two services that are sent at the same moment count each other: neither finds the day's last place free when the other has it.
func TestFormsSentAtOnceDoNotPassTheLimitOfADay(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		for round := range 5 {
			x.World.Policy.Cases.SubmitsPerDay.Max = 1
			x.clock.Advance(25 * time.Hour)
			drafts := map[string]string{extract: x.filled(t).ID, income: x.draft(t, income, map[string][]string{"year": {strconv.Itoa(x.clock.Now().Year() - 1)}}).ID}
			var sent, many atomic.Int64
			var g sync.WaitGroup
			for service, draft := range drafts {
				g.Go(func() {
					switch _, err := x.Submit(ctx, x.anna, service, draft); {
					case err == nil:
						sent.Add(1)
					case errors.Is(err, application.ErrMany):
						many.Add(1)
					default:
						t.Errorf("round %d: %v", round, err)
					}
				})
			}
			g.Wait()
			if sent.Load() != 1 || many.Load() != 1 {
				t.Fatalf("round %d: %d were sent and %d refused, want one of each", round, sent.Load(), many.Load())
			}
			for service := range drafts {
				if err := x.Discard(ctx, x.anna, service); err != nil && !errors.Is(err, application.ErrMissing) {
					t.Fatal(err)
				}
			}
		}
	})
}

// babbler is a register that answers with a word that no process knows.
type babbler struct{}

func (babbler) Ask(context.Context, map[string]any) (string, map[string]any, error) {
	return "banana", map[string]any{"x": 1.0}, nil
}

// A register that talks of something else is asked again, and the page says that it does not answer: the case does not wait in silence.
func TestAnAnswerThatTheProcessDoesNotKnowIsNoAnswer(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		x.Service.Registers = map[string]application.Register{"fns.income": babbler{}}
		c := x.send(t, income, map[string][]string{"year": {"2025"}})
		if err := x.Ask(ctx, application.AskRegister{Case: c.ID, Version: c.Version}); err == nil {
			t.Error("the job is done")
		}
		now, err := x.Service.Get(ctx, x.anna, c.ID)
		if err != nil || now.Failed != 1 || now.State != c.State || len(now.Content.Data) != 0 {
			t.Errorf("%s after %d failures, %v", now.State, now.Failed, err)
		}
	})
}
