package verification_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/connector/call"
	"okno/internal/connector/insurance"
	"okno/internal/connector/passport"
	"okno/internal/connector/roadtest"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/jobs/jobstest"
	"okno/internal/keyring"
	"okno/internal/procedure"
	"okno/internal/sandbox"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/system"
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
				Registers: []verification.Register{papers, fund}}})
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

// answering is a fund that gives every application that number.
type answering struct{ number string }

func (f answering) Issue(context.Context, verification.Application) (verification.Issue, error) {
	return verification.Issue{State: verification.IssueAssigned, SNILS: f.number}, nil
}

func (f answering) Posted(ctx context.Context, a verification.Application, _ string) (verification.Issue, error) {
	return f.Issue(ctx, a)
}

func (f answering) Issued(ctx context.Context, a verification.Application, _ string) (verification.Issue, error) {
	return f.Issue(ctx, a)
}

// The fund finds that the person has a number, and it is in an account that they forgot: the application ends and says where to go.
func TestAnApplicationWhoseNumberAnotherAccountHoldsEndsAndLeadsToThatAccount(t *testing.T) {
	applicants(t, func(t *testing.T, x *applying) {
		const number = "11223344595"
		first := x.who
		session, err := x.home.Credentials.Check(ctx, x.home.Register(t, signintest.Visitor("second"), "+79120000002"))
		if err != nil {
			t.Fatal(err)
		}
		x.who = session.Actor()
		if err := x.home.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := x.home.Accounts.Update(ctx, tx, first.ID, func(a *account.Account) error { a.Profile.SNILS = number; return nil })
			return err
		}); err != nil {
			t.Fatal(err)
		}
		x.Fund, x.Contacts = answering{number}, x.home.Contacts
		r, err := x.ApplySNILS(ctx, x.who, x.newcomer(0))
		if err != nil {
			t.Fatal(err)
		}
		if err := x.work(t, r); err != nil {
			t.Fatalf("the job goes on for ever: %v", err)
		}
		r = x.latest(t)
		advice, ok := r.Advice()
		if r.State != verification.SNILSRefused || !r.Held() || r.EndedAt.IsZero() || !ok || advice.Wrong != "verification.snils.held" || advice.Remedy != "verification.snils.held_remedy" {
			t.Fatalf("%+v, %+v", r, advice)
		}
		if x.told(t, "У вас уже есть учётная запись с этим СНИЛС") != 1 {
			t.Error("the person was not told")
		}
		a, err := x.home.Accounts.Get(ctx, x.home.DB, x.who.ID)
		if err != nil || a.Profile.SNILS != "" {
			t.Errorf("two accounts hold the number: %v", err)
		}
		holder, err := x.HolderOfAssigned(ctx, x.who)
		if err != nil || len(holder) != 1 || holder[0].Value != "+79120000001" {
			t.Errorf("%v, %v", holder, err)
		}
		looks, err := audit.Looks(ctx, x.home.DB, first.ID, 50, "")
		if err != nil || len(looks) != 1 || looks[0].Action != "verification.holder_shown" {
			t.Errorf("%+v, %v", looks, err)
		}
		if holder, err := x.HolderOfAssigned(ctx, first); err != nil || holder != nil {
			t.Errorf("whoever did not ask is told: %v, %v", holder, err)
		}
	})
}

// The name and the passport of an application may be somebody else's: the number that the fund gives stays a secret until a person was seen.
func TestACopyOfOnesDataHoldsTheEndOfANumberAloneThatNobodyTyped(t *testing.T) {
	applicants(t, func(t *testing.T, x *applying) {
		const number = "11223344595"
		x.Fund, x.home.Accounts.SecretSNILS = answering{number}, x.SecretSNILS
		r, err := x.ApplySNILS(ctx, x.who, x.newcomer(0))
		if err != nil {
			t.Fatal(err)
		}
		if err := x.work(t, r); err != nil || x.latest(t).State != verification.SNILSAssigned {
			t.Fatal(err)
		}
		shown := func() string {
			var out strings.Builder
			give := func(_ string, row any) error { return json.NewEncoder(&out).Encode(row) }
			if err := errors.Join(x.home.Accounts.Export(ctx, x.home.DB, x.who.ID, give), x.Export(ctx, x.home.DB, x.who.ID, give)); err != nil {
				t.Fatal(err)
			}
			return out.String()
		}
		if copied := shown(); strings.Contains(copied, number) || strings.Contains(copied, "112-233") || strings.Count(copied, "45\u00a095")+strings.Count(copied, "45 95") != 2 {
			t.Errorf("%s", copied)
		}
		if err := x.home.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := x.home.Accounts.Update(ctx, tx, x.who.ID, func(a *account.Account) error { a.Level = access.Confirmed; return nil })
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(shown(), number) {
			t.Error("a Confirmed person does not get their number")
		}
	})
}

// REG-11 hides a register's word; what the person typed is their own, and that the registers matched it makes it no secret.
func TestAStandardPersonsCopyHasTheNumberThatTheyTyped(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, r := newcomer(t, x, "+79990000804"), x.World.People()[0]
		send(t, x, who, papers(r))
		if p := concluded(t, x, who); p.State != verification.Confirmed || levelOf(t, x, who) != access.Standard {
			t.Fatalf("%s %q", p.State, p.Refusal)
		}
		a, err := x.Accounts.Get(ctx, x.DB, who.ID)
		if err != nil {
			t.Fatal(err)
		}
		if a.Profile.Sources["snils"].From != account.FromSFR {
			t.Fatalf("%+v", a.Profile.Sources)
		}
		if hidden, err := x.Verification.SNILSHidden(ctx, x.DB, a); err != nil || hidden {
			t.Errorf("the cabinet hides it: %v", err)
		}
		if !strings.Contains(copied(t, x, who), `"snils":"`+a.Profile.SNILS) {
			t.Error("the copy has the end of it alone")
		}
	})
}

// copied is the copy of the person's data, all of its files in a row.
func copied(t *testing.T, x *system.System, who access.Actor) string {
	t.Helper()
	c, err := x.Rights.Everything(i18n.With(ctx, i18n.RU), who.ID)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	if err := c.Write(ctx, &packed); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(packed.Bytes()), int64(packed.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range z.File {
		part, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&all, part); err != nil { //nolint:gosec // our own copy
			t.Fatal(err)
		}
		part.Close()
	}
	return all.String()
}

// The number goes on from the profile into papers that waited for it, and a page that showed it may send it back.
func TestANumberThatNobodyTypedIsNowhereInTheCopyOfOnesData(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		const number = "16149495287"
		x.Verification.Fund = answering{number}
		who, r := newcomer(t, x, "+79990000803"), x.World.People()[0]
		typed := papers(r)
		typed.SNILS = ""
		fill(t, x, who, typed)
		if _, err := x.Verification.ApplySNILS(ctx, who, typedOf(x.World.Newcomers()[0])); err != nil {
			t.Fatal(err)
		}
		if p := concluded(t, x, who); p.Papers.SNILS != number {
			t.Fatal("the checks did not go on with the number, which shows nothing")
		}
		if err := x.Verification.ChooseAt(ctx, operator, open(t, x, who).ID, map[string]string{"snils": form.FormatSNILS(number), "surname": r.Surname}); err != nil {
			t.Fatal(err)
		}
		if all := copied(t, x, who); strings.Contains(all, number) || strings.Contains(all, "161-494") || !strings.Contains(all, r.Surname) {
			at := max(strings.Index(all, number), strings.Index(all, "161-494"))
			t.Errorf("the copy holds the number: %.300s", all[max(0, at-200):])
		}
		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := x.Accounts.Update(ctx, tx, who.ID, func(a *account.Account) error { a.Level = access.Confirmed; return nil })
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if strings.Count(copied(t, x, who), number) < 3 {
			t.Error("a Confirmed person does not get their number")
		}
	})
}

// byPost applies by post for a newcomer of the sandbox and says that the letter is sent.
func (x *applying) byPost(t *testing.T, typed verification.Papers) verification.SNILSRequest {
	t.Helper()
	if _, err := x.PostSNILS(ctx, x.who); err != nil {
		t.Fatal(err)
	}
	typed.Address = "г. Москва, ул. Новая, д. 1"
	r, err := x.SentSNILS(ctx, x.who, typed, verification.ProofLease)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// REG-14, by post: nobody types anything again, the account moves on by itself.
func TestAnApplicationByPostIsFollowedUnderItsTemporaryNumberUntilTheSNILSIsThere(t *testing.T) {
	applicants(t, func(t *testing.T, x *applying) {
		if _, err := x.SentSNILS(ctx, x.who, x.newcomer(1), verification.ProofLease); !errors.Is(err, verification.ErrNoLetter) {
			t.Errorf("a letter without a temporary number: %v", err)
		}
		if _, err := x.PostSNILS(ctx, x.who); err != nil {
			t.Fatal(err)
		}
		if err := x.work(t, x.latest(t)); err != nil {
			t.Errorf("the fund is asked for a letter that was not sent: %v", err)
		}
		for field, c := range map[string]struct {
			address string
			proof   verification.AddressProof
		}{"address": {"", verification.ProofLease}, "proof": {"г. Москва, ул. Новая, д. 1", "word"}} {
			typed := x.newcomer(1)
			typed.Address = c.address
			if _, err := x.SentSNILS(ctx, x.who, typed, c.proof); !slices.ContainsFunc(fields(err), func(f fault.Field) bool { return f.Name == field }) {
				t.Errorf("without %s: %v", field, err)
			}
		}
		r := x.byPost(t, x.newcomer(1))
		// Wednesday 18 November 2026: twenty working days later is Wednesday 16 December.
		if want := time.Date(2026, 12, 16, 20, 59, 59, 0, time.UTC); r.State != verification.SNILSPosted || r.DueAt.Truncate(time.Second) != want {
			t.Errorf("%s, due %v, want %v", r.State, r.DueAt, want)
		}
		if again, err := x.SentSNILS(ctx, x.who, x.newcomer(2), verification.ProofPassport); err != nil || again.Letter.Proof != verification.ProofLease {
			t.Errorf("pressed twice: %+v, %v", again.Letter, err)
		}
		if err := x.work(t, r); err == nil || x.latest(t).State != verification.SNILSPosted {
			t.Fatalf("the letter has come at once: %v", err)
		}
		x.clock.Advance(3 * 24 * time.Hour) // to Saturday: it came on Friday
		if err := x.work(t, r); err == nil {
			t.Fatal("there is no number yet, and the job is done")
		}
		came := x.latest(t)
		if came.State != verification.SNILSAccepted || came.Number == "" || !came.DueAt.Equal(x.due(t, came)) || x.told(t, "Социальный фонд получил ваше письмо") != 1 {
			t.Fatalf("%+v", came)
		}
		x.clock.Advance(7 * 24 * time.Hour)
		if err := x.work(t, r); err != nil {
			t.Fatal(err)
		}
		done := x.latest(t)
		a, err := x.home.Accounts.Get(ctx, x.home.DB, x.who.ID)
		if err != nil || done.State != verification.SNILSAssigned || len(done.SNILS) != 11 || a.Profile.SNILS != done.SNILS || x.told(t, "СНИЛС присвоен") != 1 {
			t.Errorf("%+v, %v", done, err)
		}
	})
}

// due is the end of the tenth working day after today, in Moscow.
func (x *applying) due(t *testing.T, r verification.SNILSRequest) time.Time {
	t.Helper()
	return procedure.Deadline{In: procedure.Span{Days: 10}, Calendar: procedure.Working}.Due(x.clock.Now(), x.Zone, nil)
}

func TestALetterThatDoesNotComeIsSaidToBeLostAndMayBeSentAgain(t *testing.T) {
	applicants(t, func(t *testing.T, x *applying) {
		nobody := x.newcomer(1)
		nobody.Surname = "Потеряева" // the sandbox's post loses letters of people whom nobody knows
		r := x.byPost(t, nobody)
		for range 29 {
			x.clock.Advance(24 * time.Hour)
			if err := x.work(t, r); err == nil {
				t.Fatal("the job ends, and the letter may come yet")
			}
		}
		late := x.latest(t)
		if late.State != verification.SNILSPosted || late.LateAt.IsZero() || x.told(t, "Письмо с заявлением на СНИЛС не найдено") != 1 {
			t.Fatalf("%+v", late)
		}
		typed := x.newcomer(1)
		typed.Address = "г. Москва, ул. Новая, д. 2"
		again, err := x.SentSNILS(ctx, x.who, typed, verification.ProofPassport)
		if err != nil || !again.LateAt.IsZero() || !again.DueAt.After(x.clock.Now()) || again.Temporary() != r.Temporary() {
			t.Fatalf("%+v, %v", again, err)
		}
		if err := x.work(t, r); err == nil || x.latest(t).State != verification.SNILSAccepted {
			t.Errorf("%v, %+v", err, x.latest(t))
		}
		var jobs int
		if err := x.home.DB.QueryRow(ctx, `SELECT count(*) FROM river_job WHERE kind = 'verification.ask_snils'`).Scan(&jobs); err != nil || jobs != 1 {
			t.Errorf("%d jobs ask, %v", jobs, err)
		}
	})
}

func TestALetterOfWhoHasASNILSIsRefusedWithTheFundsCode(t *testing.T) {
	applicants(t, func(t *testing.T, x *applying) {
		r := x.byPost(t, typedOf(x.fund.People()[0]))
		if err := x.work(t, r); err == nil {
			t.Fatal("it is there at once")
		}
		x.clock.Advance(5 * 24 * time.Hour)
		if err := x.work(t, r); err != nil {
			t.Fatal(err)
		}
		if r = x.latest(t); r.State != verification.SNILSRefused || r.Code != "SFR-601" {
			t.Errorf("%+v", r)
		}
	})
}

// The fund had the letter and cannot find it any more: it does not file anew what only paper says.
func TestALetterThatTheFundLosesComesBackToThePerson(t *testing.T) {
	applicants(t, func(t *testing.T, x *applying) {
		r := x.byPost(t, x.newcomer(1))
		x.work(t, r) //nolint:errcheck // it asks to be run again
		x.clock.Advance(3 * 24 * time.Hour)
		x.work(t, r) //nolint:errcheck // the same
		if x.latest(t).State != verification.SNILSAccepted {
			t.Fatalf("%+v", x.latest(t))
		}
		x.Fund = losing{x.Fund}
		if err := x.work(t, r); err == nil {
			t.Fatal("the job ends")
		}
		if r = x.latest(t); r.State != verification.SNILSPosted || r.LateAt.IsZero() || r.Number != "" || x.told(t, "Письмо с заявлением на СНИЛС не найдено") != 1 {
			t.Errorf("%+v", r)
		}
	})
}

// losing is a fund that knows of no application any more.
type losing struct{ verification.Fund }

func (losing) Issued(context.Context, verification.Application, string) (verification.Issue, error) {
	return verification.Issue{State: verification.IssueUnknown}, nil
}
