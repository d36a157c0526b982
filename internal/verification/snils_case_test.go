package verification_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"okno/internal/account"
	"okno/internal/form"
	"okno/internal/id"
	"okno/internal/sandbox"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/verification"
)

// begun is a case of the applicant, filed now.
func (x *applying) begun(r verification.Papers) verification.SNILSCase {
	r.Document.Kind = form.Passport
	return verification.SNILSCase{ID: id.At(x.home.DB.Now()), At: x.home.DB.Now(), Who: x.who, Papers: r}
}

// ends asks for the case, as its process does.
func (x *applying) ends(t *testing.T, c verification.SNILSCase) verification.SNILSEnd {
	t.Helper()
	end, err := x.IssueFor(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	return end
}

// waiting has a case wait for the applications, and counts how often it hears.
func (x *applying) waiting(n *int, is bool) {
	x.Awaited = func(context.Context, *store.Tx, string) (bool, error) { *n++; return is, nil }
}

// another is another account, which holds a SNILS.
func (x *applying) another(t *testing.T) string {
	t.Helper()
	session, err := x.home.Credentials.Check(ctx, x.home.Register(t, signintest.Visitor("second"), "+79120000002"))
	if err != nil {
		t.Fatal(err)
	}
	if err := x.home.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := x.home.Accounts.Update(ctx, tx, session.Actor().ID, func(a *account.Account) error { a.Profile.SNILS = "11223344595"; return nil })
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return session.Actor().ID
}

// requests counts the applications of everybody.
func (x *applying) requests(t *testing.T) (n int) {
	t.Helper()
	if err := x.home.DB.QueryRow(ctx, `SELECT count(*) FROM snils_request`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// REG-14, SRV-9.
func TestACaseFilesOneApplicationHoweverOftenItAsksAndIsToldOfItsEndOnce(t *testing.T) {
	applicants(t, func(t *testing.T, x *applying) {
		heard := 0
		x.waiting(&heard, true)
		c := x.begun(x.newcomer(0))
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				if end, err := x.IssueFor(ctx, c); err != nil || end != "" {
					t.Errorf("%q, %v", end, err)
				}
			})
		}
		wg.Wait()
		r := x.latest(t)
		if n := x.requests(t); n != 1 || r.ID != c.ID {
			t.Fatalf("%d applications; %s is not that of the case", n, r.ID)
		}
		if err := x.fund.SetFault("snils", sandbox.Down); err != nil {
			t.Fatal(err)
		}
		for range 3 { // a day without the fund
			x.clock.Advance(8 * time.Hour)
			if err := x.work(t, r); err == nil || x.ends(t, c) != "" {
				t.Errorf("a fund that is away has answered: %v", err)
			}
		}
		if err := x.fund.SetFault("snils", sandbox.OK); err != nil {
			t.Fatal(err)
		}
		if err := x.work(t, r); err == nil || x.latest(t).State != verification.SNILSAccepted || heard != 0 {
			t.Fatalf("%v, %+v, heard %d times", err, x.latest(t), heard)
		}
		x.clock.Advance(8 * 24 * time.Hour)
		for range 3 { // as often as a queue may run it
			if err := x.work(t, r); err != nil {
				t.Fatal(err)
			}
		}
		if heard != 1 || x.told(t, "СНИЛС присвоен") != 0 {
			t.Errorf("the case heard %d times, and the person was told %d times beside it", heard, x.told(t, "СНИЛС присвоен"))
		}
		if end := x.ends(t, c); end != verification.EndAssigned {
			t.Errorf("it ends as %q", end)
		}
		if a, err := x.home.Accounts.Get(ctx, x.home.DB, x.who.ID); err != nil || a.Profile.SNILS != x.latest(t).SNILS {
			t.Errorf("the profile has %q, %v", a.Profile.SNILS, err)
		}
		x.clock.Advance(time.Second)
		if end := x.ends(t, x.begun(x.newcomer(0))); end != verification.EndKnown {
			t.Errorf("a second number is asked for: %q", end)
		}
	})
}

func TestACaseAndThePageAreOneApplicationWhicheverIsFirst(t *testing.T) {
	for name, page := range map[string]bool{"the page first": true, "the case first": false} {
		t.Run(name, func(t *testing.T) {
			applicants(t, func(t *testing.T, x *applying) {
				heard := 0
				x.waiting(&heard, true)
				c := x.begun(x.newcomer(0))
				if !page {
					x.ends(t, c)
				}
				r, err := x.ApplySNILS(ctx, x.who, x.newcomer(0))
				if err != nil || (r.ID == c.ID) == page {
					t.Fatalf("%s beside the case %s: %v", r.ID, c.ID, err)
				}
				if end := x.ends(t, c); end != "" || x.requests(t) != 1 {
					t.Fatalf("%q, %d applications", end, x.requests(t))
				}
				if err := x.work(t, r); err == nil {
					t.Fatal("done?")
				}
				x.clock.Advance(8 * 24 * time.Hour)
				if err := x.work(t, r); err != nil {
					t.Fatal(err)
				}
				if end := x.ends(t, c); end != verification.EndAssigned || heard != 1 || x.requests(t) != 1 {
					t.Errorf("it ends as %q, heard %d times, %d applications", end, heard, x.requests(t))
				}
			})
		})
	}
}

func TestACaseEndsAsTheFundSays(t *testing.T) {
	for name, tt := range map[string]struct {
		papers func(x *applying) verification.Papers
		before func(t *testing.T, x *applying)
		want   verification.SNILSEnd
	}{
		"has one long since": {papers: func(x *applying) verification.Papers { return typedOf(x.fund.People()[0]) }, want: verification.EndInsured},
		"another passport": {papers: func(x *applying) verification.Papers {
			p := x.newcomer(0)
			p.Document.Number = "000001"
			return p
		}, want: verification.EndDiffers},
		"no such passport": {papers: func(x *applying) verification.Papers {
			p := x.newcomer(0)
			p.Document.Number = "1"
			return p
		}, want: verification.EndDiffers},
		"another account has it": {before: func(t *testing.T, x *applying) {
			x.Fund = answering{"11223344595"}
			x.another(t)
		}, want: verification.EndHeld},
	} {
		t.Run(name, func(t *testing.T) {
			applicants(t, func(t *testing.T, x *applying) {
				heard := 0
				x.waiting(&heard, true)
				papers := x.newcomer(0)
				if tt.papers != nil {
					papers = tt.papers(x)
				}
				if tt.before != nil {
					tt.before(t, x)
				}
				c := x.begun(papers)
				if end := x.ends(t, c); end == "" {
					if err := x.work(t, x.latest(t)); err != nil {
						t.Fatal(err)
					}
					if heard != 1 {
						t.Errorf("the case heard %d times", heard)
					}
				}
				if end := x.ends(t, c); end != tt.want {
					t.Errorf("it ends as %q, want %q", end, tt.want)
				}
				if n := x.told(t, "В СНИЛС отказано") + x.told(t, "У вас уже есть учётная запись с этим СНИЛС"); n != 0 {
					t.Errorf("the person was told %d times beside the case", n)
				}
			})
		})
	}
}

// Whoever has withdrawn the case is told as one who applied on the page: nobody else would tell them.
func TestAnEndForWhichNoCaseWaitsIsToldByTheAccount(t *testing.T) {
	applicants(t, func(t *testing.T, x *applying) {
		heard := 0
		x.waiting(&heard, false)
		c := x.begun(typedOf(x.fund.People()[0]))
		x.ends(t, c)
		if err := x.work(t, x.latest(t)); err != nil {
			t.Fatal(err)
		}
		if heard != 1 || x.told(t, "В СНИЛС отказано") != 1 {
			t.Errorf("heard %d times, told %d times", heard, x.told(t, "В СНИЛС отказано"))
		}
	})
}

// No case is woken: there is no answer yet.
func TestALateApplicationIsSaidToBeLateByItsCaseAlone(t *testing.T) {
	applicants(t, func(t *testing.T, x *applying) {
		heard := 0
		x.waiting(&heard, true)
		c := x.begun(x.newcomer(0))
		x.Waiting = func(_ context.Context, _ *store.Tx, caseID string) (bool, error) { return caseID == c.ID, nil }
		x.ends(t, c)
		if err := x.fund.SetFault("snils", sandbox.Down); err != nil {
			t.Fatal(err)
		}
		x.clock.Advance(30 * 24 * time.Hour)
		for range 2 {
			if err := x.work(t, x.latest(t)); err == nil {
				t.Error("done?")
			}
		}
		if x.latest(t).LateAt.IsZero() || x.told(t, "СНИЛС задерживается") != 0 || x.ends(t, c) != "" {
			t.Errorf("%+v; told %d times beside the case", x.latest(t), x.told(t, "СНИЛС задерживается"))
		}
		if heard != 0 {
			t.Errorf("the case was woken %d times for no answer", heard)
		}
	})
}

// A case that waits for an application of the page says nothing of its term.
func TestALateApplicationOfThePageIsSaidToBeLateAlsoWhereACaseWaitsForIt(t *testing.T) {
	applicants(t, func(t *testing.T, x *applying) {
		heard := 0
		x.waiting(&heard, true)
		r, err := x.ApplySNILS(ctx, x.who, x.newcomer(0))
		if err != nil {
			t.Fatal(err)
		}
		c := x.begun(x.newcomer(0))
		x.Waiting = func(_ context.Context, _ *store.Tx, caseID string) (bool, error) { return caseID == c.ID, nil }
		if err := x.fund.SetFault("snils", sandbox.Down); err != nil {
			t.Fatal(err)
		}
		x.clock.Advance(30 * 24 * time.Hour)
		for range 2 {
			if err := x.work(t, r); err == nil {
				t.Error("done?")
			}
		}
		if heard != 0 || x.told(t, "СНИЛС задерживается") != 1 || x.ends(t, c) != "" {
			t.Errorf("heard %d times, told %d times", heard, x.told(t, "СНИЛС задерживается"))
		}
	})
}

// The mistake of one application is that of no other: its own data were corrected, or are another's.
func TestACaseDoesNotEndByAMistakeThatItDoesNotHold(t *testing.T) {
	wrong := func(x *applying) verification.Papers {
		p := x.newcomer(0)
		p.Document.Number = "000001"
		return p
	}
	for name, first := range map[string]func(t *testing.T, x *applying){
		"a case that was withdrawn": func(t *testing.T, x *applying) { x.ends(t, x.begun(wrong(x))) },
		"the page": func(t *testing.T, x *applying) {
			if _, err := x.ApplySNILS(ctx, x.who, wrong(x)); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			applicants(t, func(t *testing.T, x *applying) {
				heard := 0
				x.waiting(&heard, true)
				first(t, x)
				x.clock.Advance(time.Second)
				again, corrected := x.begun(wrong(x)), x.begun(x.newcomer(0))
				if a, b := x.ends(t, again), x.ends(t, corrected); a != "" || b != "" || x.requests(t) != 1 {
					t.Fatalf("%q, %q, %d applications are under way", a, b, x.requests(t))
				}
				if err := x.work(t, x.latest(t)); err != nil {
					t.Fatal(err)
				}
				if end := x.ends(t, again); end != verification.EndDiffers || x.requests(t) != 1 {
					t.Errorf("the same mistake: %q, %d applications", end, x.requests(t))
				}
				if end := x.ends(t, corrected); end != "" || x.requests(t) != 2 || x.latest(t).ID != corrected.ID {
					t.Fatalf("the corrected case: %q, %d applications", end, x.requests(t))
				}
				if err := x.work(t, x.latest(t)); err == nil {
					t.Fatal("done?")
				}
				x.clock.Advance(8 * 24 * time.Hour)
				if err := x.work(t, x.latest(t)); err != nil {
					t.Fatal(err)
				}
				if end := x.ends(t, corrected); end != verification.EndAssigned || heard != 2 {
					t.Errorf("it ends as %q, heard %d times", end, heard)
				}
			})
		})
	}
}

// A case bears the id of its draft, which may be older than an application of the page.
func TestTheNewestApplicationIsTheOneThatWasFiledLast(t *testing.T) {
	applicants(t, func(t *testing.T, x *applying) {
		wrong := func(number string) verification.Papers {
			p := x.newcomer(0)
			p.Document.Number = number
			return p
		}
		draft := id.At(x.home.DB.Now())
		x.clock.Advance(time.Hour)
		page, err := x.ApplySNILS(ctx, x.who, wrong("000001"))
		if err != nil {
			t.Fatal(err)
		}
		if err := x.work(t, page); err != nil {
			t.Fatal(err)
		}
		x.clock.Advance(time.Hour)
		c := x.begun(wrong("000002"))
		c.ID = draft
		x.ends(t, c)
		if err := x.work(t, x.latest(t)); err != nil {
			t.Fatal(err)
		}
		if r := x.latest(t); r.ID != draft || r.State != verification.SNILSRefused || draft >= page.ID {
			t.Errorf("the newest is %s of the draft %s and the page's %s", r.ID, draft, page.ID)
		}
	})
}

// An application by post goes no further once a case files on line.
func TestACaseTakesThePlaceOfALetter(t *testing.T) {
	applicants(t, func(t *testing.T, x *applying) {
		if _, err := x.PostSNILS(ctx, x.who); err != nil {
			t.Fatal(err)
		}
		c := x.begun(x.newcomer(0))
		if end := x.ends(t, c); end != "" || x.latest(t).ID != c.ID || x.latest(t).State != verification.SNILSFiled {
			t.Errorf("%q, %+v", end, x.latest(t))
		}
	})
}

func TestCasesAreNoWayToAskWhoHasASNILS(t *testing.T) {
	applicants(t, func(t *testing.T, x *applying) {
		people := x.fund.People()
		for i := range x.home.Policy.Registers.ChecksPerPerson.Max {
			x.ends(t, x.begun(typedOf(people[i])))
			if err := x.work(t, x.latest(t)); err != nil {
				t.Fatal(err)
			}
			x.clock.Advance(time.Second)
		}
		c := x.begun(typedOf(people[9]))
		if _, err := x.IssueFor(ctx, c); !errors.Is(err, verification.ErrChecks) {
			t.Fatalf("and on it goes: %v", err)
		}
		x.clock.Advance(x.home.Policy.Registers.ChecksPerPerson.Window)
		if end := x.ends(t, c); end != "" {
			t.Errorf("the case that waited ends as %q", end)
		}
	})
}

// The account was taken over by another one of the person, which has a number, and the case went along.
func TestACaseOfWhoTurnsOutToHaveANumberEnds(t *testing.T) {
	applicants(t, func(t *testing.T, x *applying) {
		c := x.begun(x.newcomer(0))
		x.ends(t, c)
		c.Who.ID = x.another(t)
		if end := x.ends(t, c); end != verification.EndKnown || x.requests(t) != 1 {
			t.Errorf("it ends as %q, %d applications", end, x.requests(t))
		}
	})
}
