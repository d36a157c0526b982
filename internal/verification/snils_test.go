package verification_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/connector/call"
	"okno/internal/connector/insurance"
	"okno/internal/connector/passport"
	"okno/internal/connector/roadtest"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/jobs/jobstest"
	"okno/internal/keyring"
	"okno/internal/sandbox"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/verification"
)

// applying is the portal's half with the social fund of a sandbox; the clock is that of both.
type applying struct {
	home *signintest.World
	*verification.Service
	fund  *sandbox.World
	clock *storetest.Clock
	who   access.Actor
}

func applicants(t *testing.T, body func(t *testing.T, x *applying)) {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Moscow")
	if err != nil {
		t.Fatal(err)
	}
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		w := signintest.New(t, db)
		world, err := sandbox.Start(t.Context(), sandbox.Config{Dir: t.TempDir(), Now: clock.Now, Slow: 2 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { world.Close() })
		fund, err := insurance.New(call.Config{URL: world.RegistersURL(), Limits: call.Limits{Timeout: time.Second, Failures: 1000}})
		if err != nil {
			t.Fatal(err)
		}
		papers, err := passport.New(call.Config{URL: world.RegistersURL()})
		if err != nil {
			t.Fatal(err)
		}
		token := w.Register(t, signintest.Visitor("anna"), "+79120000001")
		session, err := w.Credentials.Check(ctx, token)
		if err != nil {
			t.Fatal(err)
		}
		queue := jobstest.New(t, db) // takes jobs and does none: the test runs the handler as the queue would
		body(t, &applying{home: w, fund: world, clock: clock, who: session.Actor(),
			Service: &verification.Service{DB: db, Ring: w.Ring, Policy: w.Policy, Accounts: w.Accounts, Notices: w.Notices, Jobs: queue, Zone: zone, Fund: fund,
				Registers: []verification.Register{papers}}})
	})
}

// newcomer is a resident without a SNILS, as the person types it.
func (x *applying) newcomer(i int) verification.Papers { return typedOf(x.fund.Newcomers()[i]) }

func typedOf(r sandbox.Resident) verification.Papers {
	d := strings.Split(r.BirthDate, "-")
	return verification.Papers{Surname: r.Surname, GivenName: r.GivenName, Patronymic: r.Patronymic, BirthDate: d[2] + "." + d[1] + "." + d[0], Sex: map[string]string{"male": "m", "female": "f"}[r.Sex],
		Document: roadtest.Document(r)}
}

// latest is the person's application, which must be there.
func (x *applying) latest(t *testing.T) verification.SNILSRequest {
	t.Helper()
	r, found, err := x.LatestSNILS(ctx, x.who)
	if err != nil || !found {
		t.Fatal(found, err)
	}
	return r
}

// work runs the job once. Until the end it asks to be run again.
func (x *applying) work(t *testing.T, r verification.SNILSRequest) error {
	t.Helper()
	return x.AskFund(ctx, verification.AskSNILS{Request: r.ID})
}

func (x *applying) told(t *testing.T, subject string) int {
	t.Helper()
	list, err := x.home.Notices.Inbox(ctx, x.who, 20)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, v := range list {
		if v.Note.Subject.RU == subject {
			n++
		}
	}
	return n
}

// REG-14.
func TestASNILSIsAppliedForOnLineAndTheAccountMovesOnWhenItArrives(t *testing.T) {
	applicants(t, func(t *testing.T, x *applying) {
		// papers that wait for nothing but the number
		waiting := verification.Papers{Surname: "Ожидаева", GivenName: "Анна", BirthDate: "15.05.1990", Sex: "f", Document: *form.PassportOf("4510", "123456", "2010-06-20", "ОВД района", "770-001"), Address: "г. Москва, ул. Новая, д. 1"}
		for _, step := range verification.Steps() {
			if _, err := x.Fill(ctx, x.who, step, waiting); err != nil {
				t.Fatal(err)
			}
		}
		r, err := x.ApplySNILS(ctx, x.who, x.newcomer(0))
		if err != nil || r.State != verification.SNILSFiled || !r.Open() {
			t.Fatalf("%+v, %v", r, err)
		}
		// Wednesday 18 November 2026: ten working days later is Wednesday 2 December, to its end in Moscow.
		if want := time.Date(2026, 12, 2, 20, 59, 59, 0, time.UTC); r.DueAt.Truncate(time.Second) != want {
			t.Errorf("due %v, want %v", r.DueAt, want)
		}
		if err := x.work(t, r); err == nil {
			t.Error("the job is done, and there is no number")
		}
		if r = x.latest(t); r.State != verification.SNILSAccepted || r.Number == "" {
			t.Fatalf("%+v", r)
		}
		for range 3 {
			x.clock.Advance(24 * time.Hour)
			if err := x.work(t, r); err == nil || x.latest(t).State != verification.SNILSAccepted {
				t.Fatalf("too early: %v, %+v", err, x.latest(t))
			}
		}
		x.clock.Advance(4 * 24 * time.Hour)
		for range 3 { // as often as a queue may run it
			if err := x.work(t, r); err != nil {
				t.Fatal(err)
			}
		}
		r = x.latest(t)
		a, err := x.home.Accounts.Get(ctx, x.home.DB, x.who.ID)
		if err != nil || r.State != verification.SNILSAssigned || len(r.SNILS) != 11 || a.Profile.SNILS != r.SNILS || a.Profile.Sources["snils"].From != account.FromSFR || a.Level != access.Simplified {
			t.Errorf("%+v, %+v, %v", r, a, err)
		}
		p, _, err := x.Own(ctx, x.who)
		if err != nil || p.State != verification.Checking || p.Round != 1 || p.Papers.SNILS != r.SNILS {
			t.Errorf("the checks do not go on: %s, round %d, %v", p.State, p.Round, err)
		}
		if x.told(t, "СНИЛС присвоен") != 1 {
			t.Errorf("the person was told %d times", x.told(t, "СНИЛС присвоен"))
		}
		if _, err := x.ApplySNILS(ctx, x.who, x.newcomer(0)); !errors.Is(err, verification.ErrHasSNILS) {
			t.Errorf("applied for another: %v", err)
		}
	})
}

func TestPressingTwiceAndAtOnceFilesOneApplication(t *testing.T) {
	applicants(t, func(t *testing.T, x *applying) {
		var wg sync.WaitGroup
		ids := make([]string, 6)
		for i := range ids {
			wg.Go(func() {
				r, err := x.ApplySNILS(ctx, x.who, x.newcomer(0))
				if err != nil {
					t.Error(err)
				}
				ids[i] = r.ID
			})
		}
		wg.Wait()
		for _, one := range ids {
			if one != ids[0] || one == "" {
				t.Errorf("several applications: %v", ids)
			}
		}
		var jobs, rows int
		if err := x.home.DB.QueryRow(ctx, `SELECT count(*) FROM snils_request`).Scan(&rows); err != nil {
			t.Fatal(err)
		}
		if err := x.home.DB.QueryRow(ctx, `SELECT count(*) FROM river_job WHERE kind = 'verification.ask_snils'`).Scan(&jobs); err != nil {
			t.Fatal(err)
		}
		if rows != 1 || jobs != 1 {
			t.Errorf("%d applications, %d jobs", rows, jobs)
		}
	})
}

// A crash after the fund took the application and before it was written down.
func TestAnApplicationThatTheFundTookTwiceIsOne(t *testing.T) {
	applicants(t, func(t *testing.T, x *applying) {
		r, err := x.ApplySNILS(ctx, x.who, x.newcomer(0))
		if err != nil {
			t.Fatal(err)
		}
		if err := x.work(t, r); err == nil {
			t.Fatal("done?")
		}
		first := x.latest(t)
		if err := x.home.DB.Write(ctx, func(tx *store.Tx) error { // as it was before the answer was written down
			_, err := tx.Exec(ctx, `UPDATE snils_request SET state = 'filed' WHERE id = $1`, r.ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := x.work(t, r); err == nil {
			t.Fatal("done?")
		}
		if again := x.latest(t); again.State != verification.SNILSAccepted || again.Number != first.Number {
			t.Errorf("%+v, want the number %s", again, first.Number)
		}
	})
}

func TestARefusalOfTheFundComesWithItsCodeAndARemedy(t *testing.T) {
	applicants(t, func(t *testing.T, x *applying) {
		r, err := x.ApplySNILS(ctx, x.who, typedOf(x.fund.People()[0])) // has a SNILS
		if err != nil {
			t.Fatal(err)
		}
		if err := x.work(t, r); err != nil {
			t.Fatal(err)
		}
		r = x.latest(t)
		advice, found := r.Advice()
		if r.State != verification.SNILSRefused || r.Code != "SFR-601" || !found || advice.Remedy != "verification.remedy.sfr-601" || r.SNILS != "" {
			t.Errorf("%+v, %+v", r, advice)
		}
		if a, err := x.home.Accounts.Get(ctx, x.home.DB, x.who.ID); err != nil || a.Profile.SNILS != "" {
			t.Errorf("a refusal told the number: %+v, %v", a.Profile, err)
		}
		if x.told(t, "В СНИЛС отказано") != 1 {
			t.Error("the person was not told")
		}
		if next, err := x.ApplySNILS(ctx, x.who, x.newcomer(0)); err != nil || next.ID == r.ID {
			t.Errorf("a corrected application: %+v, %v", next, err)
		}
	})
}

func TestAFundThatIsAwayOrTalksNonsenseIsAskedAgain(t *testing.T) {
	applicants(t, func(t *testing.T, x *applying) {
		r, err := x.ApplySNILS(ctx, x.who, x.newcomer(0))
		if err != nil {
			t.Fatal(err)
		}
		for _, mode := range []sandbox.Mode{sandbox.Down, sandbox.Garbage, sandbox.Garbage, sandbox.Garbage} {
			if err := x.fund.SetFault("snils", mode); err != nil {
				t.Fatal(err)
			}
			if err := x.work(t, r); err == nil || x.latest(t).State != verification.SNILSFiled {
				t.Errorf("%s: %v, %+v", mode, err, x.latest(t))
			}
		}
		if err := x.fund.SetFault("snils", sandbox.OK); err != nil {
			t.Fatal(err)
		}
		if err := x.work(t, r); err == nil || x.latest(t).State != verification.SNILSAccepted {
			t.Errorf("well again: %v, %+v", err, x.latest(t))
		}
		if err := x.fund.SetFault("snils", sandbox.Down); err != nil {
			t.Fatal(err)
		}
		x.clock.Advance(30 * 24 * time.Hour)
		for range 3 {
			if err := x.work(t, r); err == nil {
				t.Error("done?")
			}
		}
		if late := x.latest(t); late.LateAt.IsZero() || !late.Open() || x.told(t, "СНИЛС задерживается") != 1 {
			t.Errorf("%+v; told %d times", late, x.told(t, "СНИЛС задерживается"))
		}
	})
}

// forgetful is a fund that lost every application.
type forgetful struct{ verification.Fund }

func (forgetful) Issued(context.Context, verification.Application, string) (verification.Issue, error) {
	return verification.Issue{State: verification.IssueUnknown, Code: "SFR-604"}, nil
}

func TestAnApplicationThatTheFundLostIsFiledAgain(t *testing.T) {
	applicants(t, func(t *testing.T, x *applying) {
		r, err := x.ApplySNILS(ctx, x.who, x.newcomer(0))
		if err != nil {
			t.Fatal(err)
		}
		fund := x.Fund
		x.Fund = forgetful{fund}
		for _, want := range []verification.SNILSState{verification.SNILSAccepted, verification.SNILSFiled, verification.SNILSAccepted} {
			if err := x.work(t, r); err == nil || x.latest(t).State != want {
				t.Errorf("%v, %+v, want %s", err, x.latest(t), want)
			}
		}
	})
}

func TestWhatIsMissingInTheApplicationIsNamed(t *testing.T) {
	applicants(t, func(t *testing.T, x *applying) {
		_, err := x.ApplySNILS(ctx, x.who, verification.Papers{Surname: "Проверкина", GivenName: "Анна", BirthDate: "31.02.1990", Document: form.Identity{Series: "45"}})
		f, ok := fault.Of(err)
		if !ok || f.Kind != fault.InvalidInput {
			t.Fatal(err)
		}
		named := map[string]bool{}
		for _, field := range f.Fields {
			named[field.Name] = true
		}
		for _, want := range []string{"birth_date", "sex", "passport_series", "passport_number"} {
			if !named[want] {
				t.Errorf("%s is not named: %v", want, f)
			}
		}
		if _, found, err := x.LatestSNILS(ctx, x.who); err != nil || found {
			t.Errorf("filed all the same: %v, %v", found, err)
		}
	})
}

func TestApplicationsAreNoWayToAskWhoHasASNILS(t *testing.T) {
	applicants(t, func(t *testing.T, x *applying) {
		people := x.fund.People()
		for i := range x.home.Policy.Registers.ChecksPerPerson.Max {
			r, err := x.ApplySNILS(ctx, x.who, typedOf(people[i]))
			if err != nil {
				t.Fatal(err)
			}
			if err := x.work(t, r); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := x.ApplySNILS(ctx, x.who, typedOf(people[9])); !errors.Is(err, verification.ErrChecks) {
			t.Errorf("and on it goes: %v", err)
		}
	})
}

func TestByPostThereIsATemporaryNumberAndTheWayOnLineStaysOpen(t *testing.T) {
	applicants(t, func(t *testing.T, x *applying) {
		posted, err := x.PostSNILS(ctx, x.who)
		if err != nil || posted.State != verification.SNILSPosted || len(posted.Temporary()) != 9 {
			t.Fatalf("%+v, %v", posted, err)
		}
		if again, err := x.PostSNILS(ctx, x.who); err != nil || again.Temporary() != posted.Temporary() {
			t.Errorf("another number: %+v, %v", again, err)
		}
		r, err := x.ApplySNILS(ctx, x.who, x.newcomer(0))
		if err != nil || r.ID == posted.ID || r.State != verification.SNILSFiled {
			t.Errorf("%+v, %v", r, err)
		}
		if late, err := x.PostSNILS(ctx, x.who); err != nil || late.ID != r.ID {
			t.Errorf("by post beside the application on line: %+v, %v", late, err)
		}
	})
}

func TestAnErasedApplicantIsNotAskedAbout(t *testing.T) {
	applicants(t, func(t *testing.T, x *applying) {
		r, err := x.ApplySNILS(ctx, x.who, x.newcomer(0))
		if err != nil {
			t.Fatal(err)
		}
		if err := x.home.DB.Write(ctx, func(tx *store.Tx) error { return x.home.Ring.Forget(ctx, tx, x.who.ID) }); err != nil {
			t.Fatal(err)
		}
		if err := x.work(t, r); err != nil {
			t.Errorf("the job of an erased person: %v", err)
		}
		if _, _, err := x.LatestSNILS(ctx, x.who); !errors.Is(err, keyring.ErrNoKey) {
			t.Errorf("the application can still be read: %v", err)
		}
	})
}

func TestOnlyThePersonSeesTheirApplication(t *testing.T) {
	applicants(t, func(t *testing.T, x *applying) {
		if _, err := x.ApplySNILS(ctx, x.who, x.newcomer(0)); err != nil {
			t.Fatal(err)
		}
		for _, other := range []access.Actor{{}, {Kind: access.Staff, ID: x.who.ID, Role: access.Support}} {
			if _, _, err := x.LatestSNILS(ctx, other); err == nil {
				t.Errorf("%s %s reads it", other.Kind, other.Role)
			}
		}
		other := access.Actor{Kind: access.Person, ID: "01k0000000000000000000other", Level: access.Simplified}
		if _, found, err := x.LatestSNILS(ctx, other); err != nil || found {
			t.Errorf("another person: %v, %v", found, err)
		}
	})
}
