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
	"okno/internal/audit"
	"okno/internal/connector/roadtest"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/sandbox"
	"okno/internal/store"
	"okno/internal/system"
	"okno/internal/system/systemtest"
	"okno/internal/verification"
)

var ctx = context.Background()

var operator = access.Actor{Kind: access.Staff, ID: "operator-one", Role: access.Centre, Unit: "mfc-1"}

// each runs body on the whole portal with its sandbox world, on both engines.
var each = systemtest.Each

// simplified is the person of the demo whose identity is not confirmed yet.
func simplified(t *testing.T, x *system.System) access.Actor {
	t.Helper()
	known, err := x.Known()
	if err != nil {
		t.Fatal(err)
	}
	return access.Actor{Kind: access.Person, ID: known.People[3].ID, Level: access.Simplified}
}

// papers are those of a resident, as an operator types them.
func papers(r sandbox.Resident) verification.Papers {
	sex := "m"
	if r.Sex == "female" {
		sex = "f"
	}
	return verification.Papers{Surname: r.Surname, GivenName: r.GivenName, Patronymic: r.Patronymic, BirthDate: dotted(r.BirthDate), Sex: sex, SNILS: r.SNILS, INN: r.INN,
		Document: roadtest.Document(r), Address: r.Address}
}

func dotted(iso string) string {
	f := strings.Split(iso, "-")
	return f[2] + "." + f[1] + "." + f[0]
}

func open(t *testing.T, x *system.System, who access.Actor) verification.Proof {
	t.Helper()
	visit, err := x.Verification.VisitCode(ctx, who)
	if err != nil {
		t.Fatal(err)
	}
	p, err := x.Verification.Open(ctx, operator, strings.ToLower(visit.Code))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func await(t *testing.T, x *system.System, id, what string, ok func(verification.Proof) bool) verification.Proof {
	t.Helper()
	var p verification.Proof
	for range 300 {
		var err error
		if p, err = x.Verification.Get(ctx, operator, id); err != nil {
			t.Fatal(err)
		}
		if ok(p) {
			return p
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("waited for %s in vain: %+v", what, p.Checks)
	return p
}

func answered(p verification.Proof) bool { return !p.Waiting() }

func TestAPersonIsConfirmedAtADeskByCodePapersAndRegisters(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, r := simplified(t, x), x.World.People()[0]
		p := open(t, x, who)
		if _, err := x.Verification.Confirm(ctx, operator, p.ID, p.Round); !errors.Is(err, verification.ErrState) {
			t.Errorf("confirmed before anything was entered: %v", err)
		}
		if _, err := x.Verification.Enter(ctx, operator, p.ID, papers(r)); err != nil {
			t.Fatal(err)
		}
		p = await(t, x, p.ID, "the registers", answered)
		if !p.Ready() || len(p.Checks) != 3 {
			t.Fatalf("not ready: %+v", p.Checks)
		}
		if _, err := x.Verification.Confirm(ctx, operator, p.ID, p.Round); err != nil {
			t.Fatal(err)
		}
		a, err := x.Accounts.Get(ctx, x.DB, who.ID)
		if err != nil || a.Level != access.Confirmed || a.Profile.Surname != r.Surname || a.Profile.Sources["document"].From != account.FromMVD {
			t.Errorf("%+v, %v", a, err)
		}
		looks, err := audit.About(ctx, x.DB, who.ID, 10, "")
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, e := range looks {
			seen[e.Action] = true
		}
		for _, action := range []string{"verification.opened", "verification.checked", "verification.confirmed"} {
			if !seen[action] {
				t.Errorf("the person does not see %s", action)
			}
		}
	})
}

func TestPapersThatDoNotMatchConfirmNobodyAndShowNothing(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, r := simplified(t, x), x.World.People()[1]
		wrong := papers(r)
		wrong.Surname = "Неверная"
		p := open(t, x, who)
		if _, err := x.Verification.Enter(ctx, operator, p.ID, wrong); err != nil {
			t.Fatal(err)
		}
		p = await(t, x, p.ID, "the registers", answered)
		for _, c := range p.Checks {
			if c.Answer.Verdict == verification.Match || len(c.Answer.Data) > 0 {
				t.Errorf("%s: %s, shows %v", c.Register, c.Answer.Verdict, c.Answer.Data)
			}
			if c.Answer.Code == "" {
				t.Errorf("%s refused without a code", c.Register)
			}
		}
		if _, err := x.Verification.Confirm(ctx, operator, p.ID, p.Round); !errors.Is(err, verification.ErrNotReady) {
			t.Errorf("confirmed: %v", err)
		}
		if _, err := x.Verification.Enter(ctx, operator, p.ID, papers(r)); err != nil {
			t.Fatal(err)
		}
		if p = await(t, x, p.ID, "the corrected papers", answered); !p.Ready() {
			t.Errorf("corrected papers do not match: %+v", p.Checks)
		}
	})
}

func TestARegisterThatIsAwayIsAskedAgain(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, r := simplified(t, x), x.World.People()[2]
		if err := x.World.SetFault("snils", sandbox.Down); err != nil {
			t.Fatal(err)
		}
		p := open(t, x, who)
		if _, err := x.Verification.Enter(ctx, operator, p.ID, papers(r)); err != nil {
			t.Fatal(err)
		}
		await(t, x, p.ID, "the first failure", func(p verification.Proof) bool {
			for _, c := range p.Checks {
				if c.Register == "snils" && c.Tries > 0 && !c.Answered {
					return true
				}
			}
			return false
		})
		if err := x.World.SetFault("snils", sandbox.OK); err != nil {
			t.Fatal(err)
		}
		if p = await(t, x, p.ID, "the answer", answered); !p.Ready() {
			t.Errorf("%+v", p.Checks)
		}
	})
}

// REG-11: one SNILS is confirmed in one account only.
func TestOneSNILSIsConfirmedInOneAccountOnly(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		known, err := x.Known()
		if err != nil {
			t.Fatal(err)
		}
		holder, err := x.Accounts.Get(ctx, x.DB, known.People[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		var r sandbox.Resident
		for _, y := range x.World.People() {
			if y.INN == holder.Profile.INN {
				r = y
			}
		}
		p := open(t, x, simplified(t, x))
		if _, err := x.Verification.Enter(ctx, operator, p.ID, papers(r)); err != nil {
			t.Fatal(err)
		}
		if p = await(t, x, p.ID, "the registers", answered); !p.Ready() {
			t.Fatalf("%+v", p.Checks)
		}
		if _, err := x.Verification.Confirm(ctx, operator, p.ID, p.Round); !errors.Is(err, account.ErrSnilsTaken) {
			t.Errorf("a second account was confirmed with one SNILS: %v", err)
		}
	})
}

func TestOnlyAnOperatorOfTheCentreOpensAndOnlyByTheCode(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who := simplified(t, x)
		p := open(t, x, who)
		elsewhere := operator
		elsewhere.Unit = "mfc-2"
		if _, err := x.Verification.Get(ctx, elsewhere, p.ID); !errors.Is(err, verification.ErrMissing) {
			t.Errorf("another centre sees it: %v", err)
		}
		for _, other := range []access.Actor{who, {Kind: access.Staff, ID: "o", Role: access.Officer, Unit: "mfc-1"}, {}} {
			if _, err := x.Verification.Open(ctx, other, "AAAA-AAAA"); err == nil || fault.KindOf(err) == fault.InvalidInput {
				t.Errorf("%s %s opened by a code: %v", other.Kind, other.Role, err)
			}
		}
		blocked := false
		for range 30 {
			_, err := x.Verification.Open(ctx, operator, "AAAA-AAAA")
			if errors.Is(err, verification.ErrGuesses) {
				blocked = true
				break
			}
			if !errors.Is(err, verification.ErrCode) {
				t.Fatalf("an unknown code: %v", err)
			}
		}
		if !blocked {
			t.Error("an operator may guess codes for ever")
		}
	})
}

func TestALookOfAnotherOperatorIsRecordedForThePerson(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who := simplified(t, x)
		p := open(t, x, who)
		other := access.Actor{Kind: access.Staff, ID: "operator-two", Role: access.Centre, Unit: operator.Unit}
		if _, err := x.Verification.Look(ctx, other, p.ID); err != nil {
			t.Fatal(err)
		}
		looks, err := audit.Looks(ctx, x.DB, who.ID, 10, "")
		if err != nil || len(looks) != 2 || looks[0].Action != "verification.viewed" || looks[0].Unit != operator.Unit || looks[0].Object != "proof/"+p.ID {
			t.Errorf("%+v, %v", looks, err)
		}
		stranger := access.Actor{Kind: access.Staff, ID: "operator-three", Role: access.Centre, Unit: "mfc-2"}
		if _, err := x.Verification.Look(ctx, stranger, p.ID); fault.KindOf(err) != fault.Missing {
			t.Errorf("an operator of another centre looked: %v", err)
		}
		list, err := x.Verification.Recent(ctx, other, 10)
		if err != nil || len(list) == 0 {
			t.Fatalf("%+v, %v", list, err)
		}
		for _, q := range list {
			if q.Papers.Surname != "" || q.Account.Profile.Surname != "" {
				t.Errorf("the list shows a person: %+v", q)
			}
		}
	})
}

func TestEveryWrongFieldOfThePapersIsNamed(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		p := open(t, x, simplified(t, x))
		_, err := x.Verification.Enter(ctx, operator, p.ID, verification.Papers{Document: form.Identity{Kind: form.Passport, Series: "12"}, SNILS: "112-233-445 96"})
		f, ok := fault.Of(err)
		if !ok {
			t.Fatal(err)
		}
		got := map[string]bool{}
		for _, field := range f.Fields {
			got[field.Name] = true
		}
		for _, name := range []string{"surname", "given_name", "birth_date", "sex", "passport_series", "passport_number", "passport_issued_at", "passport_issued_by", "passport_department_code", "snils"} {
			if !got[name] {
				t.Errorf("%s is not named", name)
			}
		}
	})
}

// alter changes the world behind the service's back.
func alter(t *testing.T, x *system.System, text string, args ...any) {
	t.Helper()
	if err := x.DB.Write(ctx, func(tx *store.Tx) error { return store.Touched(tx.Exec(ctx, text, args...)) }); err != nil {
		t.Fatal(err)
	}
}

// checked opens the person and waits until the registers have answered on the papers.
func checked(t *testing.T, x *system.System, who access.Actor, r sandbox.Resident) verification.Proof {
	t.Helper()
	p := open(t, x, who)
	if _, err := x.Verification.Enter(ctx, operator, p.ID, papers(r)); err != nil {
		t.Fatal(err)
	}
	if p = await(t, x, p.ID, "the registers", answered); !p.Ready() {
		t.Fatalf("not ready: %+v", p.Checks)
	}
	return p
}

func TestAConfirmedPersonNeverBecomesAnother(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, owner, other := simplified(t, x), x.World.People()[0], x.World.People()[1]
		second := checked(t, x, who, other)
		first := checked(t, x, who, owner)
		if _, err := x.Verification.Confirm(ctx, operator, first.ID, first.Round); err != nil {
			t.Fatal(err)
		}
		if p, err := x.Verification.Get(ctx, operator, second.ID); err != nil || p.State != verification.Left || p.EndedAt.IsZero() {
			t.Errorf("the other proof of the account goes on: %s, %v", p.State, err)
		}
		for name, act := range map[string]func() error{
			"confirm": func() error { _, err := x.Verification.Confirm(ctx, operator, second.ID, second.Round); return err },
			"enter":   func() error { _, err := x.Verification.Enter(ctx, operator, second.ID, papers(other)); return err },
		} {
			if err := act(); !errors.Is(err, verification.ErrState) {
				t.Errorf("%s in the proof that ended: %v", name, err)
			}
		}
		// A proof that yesterday's program left open.
		alter(t, x, `UPDATE proof SET state = 'checking', ended_at = NULL WHERE id = $1`, second.ID)
		for name, act := range map[string]func() error{
			"confirm": func() error { _, err := x.Verification.Confirm(ctx, operator, second.ID, second.Round); return err },
			"enter":   func() error { _, err := x.Verification.Enter(ctx, operator, second.ID, papers(other)); return err },
			"open": func() error {
				visit, err := x.Verification.VisitCode(ctx, who)
				if err != nil {
					t.Fatal(err)
				}
				_, err = x.Verification.Open(ctx, operator, visit.Code)
				return err
			},
		} {
			if err := act(); !errors.Is(err, verification.ErrDone) {
				t.Errorf("%s of a Confirmed account: %v", name, err)
			}
		}
		if a, err := x.Accounts.Get(ctx, x.DB, who.ID); err != nil || a.Profile.Surname != owner.Surname {
			t.Errorf("the account is of %s now, %v", a.Profile.Surname, err)
		}
	})
}

func TestOfTwoDesksThatConfirmOneAccountAtOnceOneDoes(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who := simplified(t, x)
		both := []verification.Proof{checked(t, x, who, x.World.People()[0]), checked(t, x, who, x.World.People()[1])}
		errs := make([]error, len(both))
		var wg sync.WaitGroup
		for i, p := range both {
			wg.Go(func() { _, errs[i] = x.Verification.Confirm(ctx, operator, p.ID, p.Round) })
		}
		wg.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("%v", errs)
		}
	})
}

func TestPapersEnteredSinceThePageWasShownAreNotConfirmedByIt(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		shown := checked(t, x, simplified(t, x), x.World.People()[0])
		if _, err := x.Verification.Enter(ctx, operator, shown.ID, papers(x.World.People()[1])); err != nil {
			t.Fatal(err)
		}
		now := await(t, x, shown.ID, "the registers", answered)
		if _, err := x.Verification.Confirm(ctx, operator, shown.ID, shown.Round); !errors.Is(err, verification.ErrRound) {
			t.Errorf("a colleague's papers were confirmed: %v", err)
		}
		if _, err := x.Verification.Confirm(ctx, operator, shown.ID, now.Round); err != nil {
			t.Errorf("the papers of the page: %v", err)
		}
	})
}

func TestAProofEndsByItself(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		r := x.World.People()[0]
		p := checked(t, x, simplified(t, x), r)
		alter(t, x, `UPDATE proof SET created_at = $1 WHERE id = $2`, x.DB.Now().Add(-x.Policy.Visit.ProofLifetime), p.ID)
		look := func(when string) {
			t.Helper()
			if got, err := x.Verification.Get(ctx, operator, p.ID); err != nil || got.State != verification.Left || got.EndedAt.IsZero() || got.Ready() {
				t.Errorf("%s: %+v, %v", when, got.State, err)
			}
			if list, err := x.Verification.Recent(ctx, operator, 1); err != nil || len(list) != 1 || list[0].State != verification.Left {
				t.Errorf("%s, in the list: %+v, %v", when, list, err)
			}
		}
		look("before the sweep")
		for name, act := range map[string]func() error{
			"confirm": func() error { _, err := x.Verification.Confirm(ctx, operator, p.ID, p.Round); return err },
			"enter":   func() error { _, err := x.Verification.Enter(ctx, operator, p.ID, papers(r)); return err },
			"leave":   func() error { return x.Verification.Leave(ctx, operator, p.ID) },
		} {
			if err := act(); !errors.Is(err, verification.ErrState) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := x.Verification.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		look("after the sweep")
		var state string
		if err := x.DB.QueryRow(ctx, `SELECT state FROM proof WHERE id = $1`, p.ID).Scan(&state); err != nil || state != string(verification.Left) {
			t.Errorf("stored: %s, %v", state, err)
		}
	})
}

// LVL-2: garbage changes nobody's level, and what waits for an answer waits on.
func TestGarbageFromARegisterNeverChangesALevel(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, r := simplified(t, x), x.World.People()[4]
		for _, register := range []string{"passport", "snils", "inn"} {
			if err := x.World.SetFault(register, sandbox.Garbage); err != nil {
				t.Fatal(err)
			}
		}
		p := open(t, x, who)
		if _, err := x.Verification.Enter(ctx, operator, p.ID, papers(r)); err != nil {
			t.Fatal(err)
		}
		p = await(t, x, p.ID, "garbage of every register", func(p verification.Proof) bool {
			for _, c := range p.Checks {
				if c.Answered || c.Tries == 0 {
					return c.Answered // which fails below
				}
			}
			return true
		})
		if p.Ready() || !p.Waiting() {
			t.Fatalf("garbage was an answer: %+v", p.Checks)
		}
		if _, err := x.Verification.Confirm(ctx, operator, p.ID, p.Round); !errors.Is(err, verification.ErrNotReady) {
			t.Errorf("confirmed: %v", err)
		}
		if a, err := x.Accounts.Get(ctx, x.DB, who.ID); err != nil || a.Level != access.Simplified || a.Profile.SNILS != "" {
			t.Errorf("%+v, %v", a, err)
		}
		for _, register := range []string{"passport", "snils", "inn"} {
			if err := x.World.SetFault(register, sandbox.OK); err != nil {
				t.Fatal(err)
			}
		}
		if p = await(t, x, p.ID, "the answers", answered); !p.Ready() {
			t.Errorf("well again: %+v", p.Checks)
		}
	})
}
