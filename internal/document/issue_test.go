package document

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

func TestAPaperIsOpenedByItsOwnerAlone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d, ctx := newDesk(t, db), t.Context()
		doc := d.certificate(t, id.New())
		got, pdf, err := d.Open(ctx, d.anna, doc.ID)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(pdf)
		if err != nil || !strings.HasPrefix(string(data), "%PDF-1.7") {
			t.Errorf("the bytes are %.20q, %v", data, err)
		}
		if got.Number != doc.Number || got.State != Valid || got.Title.RU != "Справка о доходах" || got.Name != "Справка о доходах за 2025 год, "+doc.Number+".pdf" {
			t.Errorf("opened %+v", got)
		}
		for _, c := range []struct {
			name string
			who  access.Actor
			want error
		}{
			{"another person", d.person(t), ErrMissing},
			{"a person without an id", access.Actor{Kind: access.Person}, ErrMissing},
			{"nobody", access.Actor{}, access.ErrSignIn},
			{"an officer of the agency", access.Actor{Kind: access.Staff, ID: id.New(), Role: access.Officer, Unit: "fns"}, access.ErrDenied},
			{"an administrator", access.Actor{Kind: access.Staff, ID: id.New(), Role: access.Admin}, access.ErrDenied},
		} {
			if _, _, err := d.Open(ctx, c.who, doc.ID); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", c.name, err, c.want)
			}
		}
		sealed, asked := errors.New("sealed"), access.Actor{}
		d.Opens = func(_ context.Context, who access.Actor) error { asked = who; return sealed }
		if _, pdf, err := d.Open(ctx, d.anna, doc.ID); !errors.Is(err, sealed) || pdf != nil || asked != d.anna { // CAB-2
			t.Errorf("without a second factor it opens: %v", err)
		}
		if got, err := d.Get(ctx, d.anna, doc.ID); err != nil || got.Number != doc.Number {
			t.Errorf("without a second factor its owner does not see that it is there: %v", err)
		}
		if _, err := d.Get(ctx, d.person(t), doc.ID); !errors.Is(err, ErrMissing) {
			t.Errorf("another person sees that it is there: %v", err)
		}
		if _, _, err := d.Open(ctx, d.anna, id.New()); !errors.Is(err, ErrMissing) {
			t.Errorf("a paper that is not: %v", err)
		}
		for name, who := range map[string]access.Actor{"another person": d.person(t), "nobody": {}} {
			if list, err := d.List(ctx, who); len(list) > 0 || (who.Kind == access.Anonymous) != errors.Is(err, access.ErrSignIn) {
				t.Errorf("%s lists %d papers, %v", name, len(list), err)
			}
		}
		if list, err := d.OfCase(ctx, db, d.person(t).ID, doc.CaseID); err != nil || len(list) > 0 {
			t.Errorf("the case of somebody else shows %d papers, %v", len(list), err)
		}
	})
}

// CAB-5: who acts for children looks through the papers of all of them at once.
func TestPapersOfSeveralPeopleAreReadInOneStatement(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		first, second, stranger := d.person(t), d.person(t), d.person(t)
		want := map[string]string{}
		for i, owner := range []access.Actor{d.anna, first, second, stranger} {
			paper, err := d.make(t.Context(), owner.ID, New{Kind: IncomeCertificate, Content: composed(t, IncomeCertificate, incomeSource(1)), CaseID: fmt.Sprint("case-", i), Lang: i18n.RU})
			if err != nil {
				t.Fatal(err)
			}
			if owner.ID != stranger.ID {
				want[paper.ID] = owner.ID
			}
		}
		counted, n := store.Counting(t.Context())
		list, err := d.List(counted, d.anna, first.ID, second.ID)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, paper := range list {
			got[paper.ID] = paper.Owner
		}
		if !maps.Equal(got, want) || n.Load() != 1 {
			t.Errorf("%v in %d statements, want %v", got, n.Load(), want)
		}
	})
}

func TestALookByAnybodyButTheOwnerIsRecorded(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		d, ctx := newDesk(t, db), t.Context()
		doc := d.certificate(t, id.New())
		own := access.With(ctx, d.anna)
		recorded := func() []string {
			t.Helper()
			list, err := audit.About(ctx, db, d.anna.ID, 100, "")
			if err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, e := range list {
				if e.Object != "document/"+doc.ID || e.Detail["document"] != "income-certificate" {
					t.Errorf("entry %+v", e)
				}
				out = append(out, e.Action)
			}
			return out
		}
		expect := func(when string, want ...string) {
			t.Helper()
			if got := recorded(); !slices.Equal(got, want) {
				t.Errorf("%s: recorded %v, want %v", when, got, want)
			}
		}
		look := func(ctx context.Context) {
			t.Helper()
			clock.Advance(time.Millisecond) // entries of one millisecond have no order
			if _, err := d.ByToken(ctx, token(doc)); err != nil {
				t.Fatal(err)
			}
		}
		expect("issued", "document.issued")
		if _, _, err := d.Open(ctx, d.anna, doc.ID); err != nil {
			t.Fatal(err)
		}
		look(own)
		expect("the owner looked", "document.issued")
		look(ctx)
		look(ctx)
		expect("a stranger looked twice", "document.checked", "document.issued")
		clock.Advance(time.Hour - 3*time.Millisecond)
		look(ctx)
		expect("within the hour", "document.checked", "document.issued")
		clock.Advance(time.Millisecond)
		look(ctx)
		expect("after an hour", "document.checked", "document.checked", "document.issued")
		clock.Advance(time.Millisecond)
		if _, _, err := d.Open(ctx, access.SystemActor(), doc.ID); err != nil {
			t.Fatal(err)
		}
		expect("the system opened it", "document.opened", "document.checked", "document.checked", "document.issued")
	})
}

func TestACaseHasOnePaperOfAKindHoweverManyMakeIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d, caseID := newDesk(t, db), id.New()
		n := New{Kind: IncomeCertificate, Content: composed(t, IncomeCertificate, incomeSource(1)), CaseID: caseID, Lang: i18n.RU}
		const racers = 4
		var got [racers]Document
		var failed [racers]error
		var drafts [racers]Draft
		for i := range racers { // all are prepared before the first is issued
			var err error
			if drafts[i], err = d.Prepare(t.Context(), d.anna.ID, n); err != nil {
				t.Fatal(err)
			}
		}
		var all sync.WaitGroup
		for i := range racers {
			all.Go(func() {
				failed[i] = db.Write(t.Context(), func(tx *store.Tx) (err error) {
					got[i], err = d.Issue(t.Context(), tx, drafts[i])
					return err
				})
			})
		}
		all.Wait()
		for i := range racers {
			if failed[i] != nil {
				t.Fatalf("racer %d: %v", i, failed[i])
			}
			if got[i].ID == "" || got[i].ID != got[0].ID || got[i].Number != got[0].Number || got[i].Link != got[0].Link {
				t.Errorf("racer %d was given %s %s, racer 0 %s %s", i, got[i].ID, got[i].Number, got[0].ID, got[0].Number)
			}
		}
		list, err := d.List(t.Context(), d.anna)
		if err != nil || len(list) != 1 {
			t.Fatalf("%d papers, %v", len(list), err)
		}
		if _, pdf, err := d.Open(t.Context(), d.anna, got[racers-1].ID); err != nil || pdf.Len() == 0 {
			t.Errorf("the paper does not open: %v", err)
		}
		if rows := d.column(t, `SELECT id FROM file`); len(rows) != 1 {
			t.Errorf("%d files are kept", len(rows))
		}
	})
}

func TestAJobThatRunsAgainMakesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d, caseID := newDesk(t, db), id.New()
		first := d.certificate(t, caseID)
		before, _ := d.bytes(t)
		again := d.certificate(t, caseID)
		if after, _ := d.bytes(t); again.ID != first.ID || after != before {
			t.Errorf("the second run gave %s, the first %s; %d files lie there, %d did", again.ID, first.ID, after, before)
		}
		other := d.certificate(t, id.New())
		if want := number(first.IssuedAt.In(moscow).Year(), 2); other.Number != want {
			t.Errorf("the next paper is %s, want %s: the second run took a number", other.Number, want)
		}
		n := New{Kind: PropertyExtract, Content: composed(t, PropertyExtract, propertySource(cadastral)), CaseID: caseID, Lang: i18n.RU}
		if extract, err := d.make(t.Context(), d.anna.ID, n); err != nil || extract.ID == first.ID {
			t.Errorf("a paper of another kind in the same case: %s, %v", extract.ID, err)
		}
		if list, err := d.OfCase(t.Context(), db, d.anna.ID, caseID); err != nil || len(list) != 2 {
			t.Errorf("the case has %d papers, %v", len(list), err)
		}
		n.Kind = IncomeCertificate
		if _, err := d.make(t.Context(), d.person(t).ID, n); !errors.Is(err, ErrState) {
			t.Errorf("a paper of the same case for somebody else: %v", err)
		}
	})
}

func TestNothingIsIssuedWhenTheCaseDoesNotEnd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d, caseID := newDesk(t, db), id.New()
		n := New{Kind: IncomeCertificate, Content: composed(t, IncomeCertificate, incomeSource(1)), CaseID: caseID, Lang: i18n.RU}
		draft, err := d.Prepare(t.Context(), d.anna.ID, n)
		if err != nil {
			t.Fatal(err)
		}
		if list, err := d.List(t.Context(), d.anna); err != nil || len(list) != 0 {
			t.Errorf("prepared, and %d papers are listed, %v", len(list), err)
		}
		if _, err := d.ByToken(t.Context(), token(draft.doc)); !errors.Is(err, ErrMissing) {
			t.Errorf("prepared, and the public page says %v", err)
		}
		broken := errors.New("the case moved meanwhile")
		err = db.Write(t.Context(), func(tx *store.Tx) error {
			if _, err := d.Issue(t.Context(), tx, draft); err != nil {
				return err
			}
			return broken
		})
		if !errors.Is(err, broken) {
			t.Fatal(err)
		}
		if list, err := d.List(t.Context(), d.anna); err != nil || len(list) != 0 {
			t.Errorf("rolled back, and %d papers are listed, %v", len(list), err)
		}
		if doc := d.certificate(t, caseID); doc.State != Valid {
			t.Errorf("the next run gave %+v", doc)
		}
	})
}

func TestANumberIsUsedOnce(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		d := newDesk(t, db)
		const takers, each = 4, 5
		var mu sync.Mutex
		var got []int
		var all sync.WaitGroup
		for range takers {
			all.Go(func() {
				for range each {
					n, err := d.serial(t.Context(), 2026)
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					got = append(got, n)
					mu.Unlock()
				}
			})
		}
		all.Wait()
		slices.Sort(got)
		if len(slices.Compact(got)) != takers*each {
			t.Errorf("numbers %v", got)
		}
		if doc := d.certificate(t, id.New()); doc.Number != fmt.Sprintf("ОК-2026-%06d", takers*each+1) {
			t.Errorf("number %s", doc.Number)
		}
		clock.Advance(time.Date(2026, 12, 31, 21, 30, 0, 0, time.UTC).Sub(clock.Now())) // New Year's Day in Moscow
		if doc := d.certificate(t, id.New()); doc.Number != "ОК-2027-000001" {
			t.Errorf("number in the first hour of 2027: %s", doc.Number)
		}
	})
}

func TestADumpHoldsNoNameAndNoToken(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		cert := d.certificate(t, id.New())
		n := New{Kind: PropertyExtract, Content: composed(t, PropertyExtract, propertySource(cadastral)), CaseID: id.New(), Lang: i18n.EN}
		extract, err := d.make(t.Context(), d.anna.ID, n)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.ByToken(t.Context(), token(cert)); err != nil {
			t.Fatal(err)
		}
		_, held := d.bytes(t)
		dump := d.dump(t)
		if !strings.Contains(dump, cert.ID) || !strings.Contains(dump, "document.issued") || !strings.Contains(held, extract.file) {
			t.Fatal("the dump is not one") // what is looked for below would never be found
		}
		for _, secret := range []string{anna.Surname, anna.GivenName, anna.Patronymic, anna.INN, payerName, address, cadastral, "1985", "Справка", cert.Number, token(cert), token(extract), "%PDF"} {
			if strings.Contains(dump, secret) {
				t.Errorf("the database holds %q", secret)
			}
			if strings.Contains(held, secret) {
				t.Errorf("the folder holds %q", secret)
			}
		}
		if !strings.Contains(dump, string(keyring.HashToken(token(cert)))) {
			t.Error("the hash of the token is not in the dump: how is the page found?")
		}
	})
}

func TestThePublicPageMasksTheNameAndShowsWhatToCompare(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		doc := d.certificate(t, id.New())
		p, err := d.ByToken(t.Context(), token(doc))
		if err != nil {
			t.Fatal(err)
		}
		if p.Holder != "П··· А··· С···" || p.Number != doc.Number || p.State != Valid || p.Agency != fns || !p.IssuedAt.Equal(doc.IssuedAt) || p.Subtitle.RU != "за 2025 год" {
			t.Errorf("the page shows %+v", p)
		}
		said := fmt.Sprintf("%+v", p)
		for _, secret := range []string{anna.Surname, anna.GivenName, anna.Patronymic, anna.INN, payerName, d.anna.ID, doc.ID, doc.CaseID} {
			if strings.Contains(said, secret) {
				t.Errorf("the page knows %q", secret)
			}
		}
		want := map[string]string{"Общая сумма дохода": "1\u00a0073\u00a0332,90\u00a0₽", "Налог удержанный": "139\u00a0533\u00a0₽"}
		for _, f := range p.Facts {
			if w, ok := want[f.Label.RU]; ok && f.Value.RU == w && f.Value.EN != "" {
				delete(want, f.Label.RU)
			}
		}
		if len(want) > 0 {
			t.Errorf("the page lacks %v; it has %v", want, p.Facts)
		}
	})
}

func TestATokenThatIsNotOursFindsNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		doc := d.certificate(t, id.New())
		own := token(doc)
		for _, tok := range []string{"", "x", keyring.NewToken(), own[:31], own + "A", strings.ToUpper(own), own[:31] + "/", own[:31] + "ы", doc.ID, strings.Repeat("A", 1<<20)} {
			if _, err := d.ByToken(t.Context(), tok); !errors.Is(err, ErrMissing) || fault.KindOf(err) != fault.Missing {
				t.Errorf("token %.40q: %v", tok, err)
			}
		}
		if n := len(own) * 6; n < 128 {
			t.Errorf("a token has %d bits", n)
		}
		if other := d.certificate(t, id.New()); token(other) == own {
			t.Error("two papers have one token")
		}
		if doc.Link != "https://okno.example"+Path+own {
			t.Errorf("the address is %s", doc.Link)
		}
	})
}

func TestARevokedPaperSaysSoAndIsNotIssuedAgain(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		d, ctx, caseID := newDesk(t, db), t.Context(), id.New()
		doc := d.certificate(t, caseID)
		officer := access.Actor{Kind: access.Staff, ID: id.New(), Role: access.Officer, Unit: "fns"}
		other := officer
		other.Unit = "rosreestr"
		for _, c := range []struct {
			name string
			who  access.Actor
			why  Reason
			want error
		}{
			{"an officer of another agency", other, Mistake, ErrMissing},
			{"an operator of a centre", access.Actor{Kind: access.Staff, ID: id.New(), Role: access.Centre, Unit: "fns"}, Mistake, access.ErrDenied},
			{"the person", d.anna, Mistake, access.ErrDenied},
			{"nobody", access.Actor{}, Mistake, access.ErrSignIn},
			{"a reason that is none", officer, "spite", ErrReason},
		} {
			if err := d.Revoke(ctx, c.who, doc.ID, c.why); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", c.name, err, c.want)
			}
		}
		if p, err := d.ByToken(ctx, token(doc)); err != nil || p.State != Valid {
			t.Fatalf("after refusals: %+v, %v", p, err)
		}
		clock.Advance(time.Hour)
		if err := d.Revoke(ctx, officer, doc.ID, Changed); err != nil {
			t.Fatal(err)
		}
		list, err := audit.About(ctx, db, d.anna.ID, 1, "")
		if err != nil || len(list) != 1 || list[0].Action != "document.revoked" || list[0].Unit != "fns" || list[0].Detail["reason"] != "changed" {
			t.Errorf("recorded %+v, %v", list, err)
		}
		p, err := d.ByToken(ctx, token(doc))
		if err != nil || p.State != Revoked || p.Reason != Changed || !p.RevokedAt.Equal(clock.Now()) {
			t.Errorf("the page shows %+v, %v", p, err)
		}
		if err := d.Revoke(ctx, officer, doc.ID, Mistake); !errors.Is(err, ErrState) {
			t.Errorf("revoked twice: %v", err)
		}
		if again := d.certificate(t, caseID); again.ID != doc.ID || again.State != Revoked {
			t.Errorf("the job ran again and gave %s, %s", again.ID, again.State)
		}
		if _, _, err := d.Open(ctx, d.anna, doc.ID); err != nil {
			t.Errorf("the owner may still read it: %v", err)
		}
		if err := d.Revoke(ctx, access.SystemActor(), id.New(), Court); !errors.Is(err, ErrMissing) {
			t.Errorf("a paper that is not: %v", err)
		}
	})
}

func TestACorrectedPaperTakesThePlaceOfTheOld(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d, ctx, caseID := newDesk(t, db), t.Context(), id.New()
		old := d.certificate(t, caseID)
		n := New{Kind: IncomeCertificate, Content: composed(t, IncomeCertificate, incomeSource(2)), CaseID: caseID, Lang: i18n.RU, Supersedes: old.ID}
		stranger := d.person(t)
		if _, err := d.make(ctx, stranger.ID, n); !errors.Is(err, ErrState) {
			t.Errorf("a stranger replaces it: %v", err)
		}
		next, err := d.make(ctx, d.anna.ID, n)
		if err != nil || next.ID == old.ID || next.State != Valid {
			t.Fatalf("the next paper is %+v, %v", next, err)
		}
		again, err := d.make(ctx, d.anna.ID, n)
		if err != nil || again.ID != next.ID {
			t.Errorf("the job ran again and gave %s, %v; want %s", again.ID, err, next.ID)
		}
		list, err := d.OfCase(ctx, db, d.anna.ID, caseID)
		if err != nil || len(list) != 2 || list[0].ID != next.ID || list[1].State != Superseded || list[1].SupersededBy != next.ID {
			t.Errorf("the case has %+v, %v", list, err)
		}
		if p, err := d.ByToken(ctx, token(old)); err != nil || p.State != Superseded {
			t.Errorf("the page of the old one shows %+v, %v", p, err)
		}
		if err := d.Revoke(ctx, access.SystemActor(), old.ID, Mistake); !errors.Is(err, ErrState) {
			t.Errorf("the old one is revoked: %v", err)
		}
		n.CaseID = id.New() // another case cannot replace it a second time
		if _, err := d.make(ctx, d.anna.ID, n); !errors.Is(err, ErrState) {
			t.Errorf("it is replaced twice: %v", err)
		}
	})
}

func TestTwoCorrectionsAtOnceGiveOnePaper(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d, caseID := newDesk(t, db), id.New()
		old := d.certificate(t, caseID)
		n := New{Kind: IncomeCertificate, Content: composed(t, IncomeCertificate, incomeSource(1)), CaseID: caseID, Lang: i18n.RU, Supersedes: old.ID}
		var got [2]Document
		var failed [2]error
		var drafts [2]Draft
		for i := range drafts {
			if drafts[i], failed[i] = d.Prepare(t.Context(), d.anna.ID, n); failed[i] != nil {
				t.Fatal(failed[i])
			}
		}
		var all sync.WaitGroup
		for i := range drafts {
			all.Go(func() {
				failed[i] = db.Write(t.Context(), func(tx *store.Tx) (err error) {
					got[i], err = d.Issue(t.Context(), tx, drafts[i])
					return err
				})
			})
		}
		all.Wait()
		if err := errors.Join(failed[:]...); err != nil || got[0].ID != got[1].ID || got[0].ID == old.ID {
			t.Errorf("gave %s and %s, %v", got[0].ID, got[1].ID, err)
		}
	})
}

func TestAForgottenPersonHasNoPapers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d, ctx := newDesk(t, db), t.Context()
		doc := d.certificate(t, id.New())
		if err := db.Write(ctx, func(tx *store.Tx) error { return d.Ring.Forget(ctx, tx, d.anna.ID) }); err != nil {
			t.Fatal(err)
		}
		if list, err := d.List(ctx, d.anna); err != nil || len(list) != 0 {
			t.Errorf("%d papers, %v", len(list), err)
		}
		// Whoever was handed the paper is told that it was issued, and not whose it was.
		got, err := d.ByToken(ctx, token(doc))
		if err != nil || !got.Erased || got.Number != doc.Number || got.Title.RU == "" || got.Holder != "" || len(got.Facts) != 0 || got.State != Valid || got.Unit != doc.Unit {
			t.Errorf("the public page: %+v, %v", got, err)
		}
		if _, err := d.ByToken(ctx, keyring.NewToken()); !errors.Is(err, ErrMissing) {
			t.Errorf("the public page of no paper: %v", err)
		}
		if _, _, err := d.Open(ctx, d.anna, doc.ID); !errors.Is(err, ErrMissing) {
			t.Errorf("the paper: %v", err)
		}
	})
}

func TestReadingTakesAConstantNumberOfStatements(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		var doc Document
		for range 3 {
			doc = d.certificate(t, id.New())
		}
		if _, err := d.ByToken(t.Context(), token(doc)); err != nil { // the look of this hour is recorded
			t.Fatal(err)
		}
		for _, c := range []struct {
			name string
			most int64
			do   func(ctx context.Context) error
		}{
			{"list", 1, func(ctx context.Context) error { _, err := d.List(ctx, d.anna); return err }},
			{"of a case", 1, func(ctx context.Context) error { _, err := d.OfCase(ctx, db, d.anna.ID, doc.CaseID); return err }},
			{"by token", 1, func(ctx context.Context) error { _, err := d.ByToken(ctx, token(doc)); return err }},
			{"open", 3, func(ctx context.Context) error { _, _, err := d.Open(ctx, d.anna, doc.ID); return err }},
			{"a token of no shape", 0, func(ctx context.Context) error {
				if _, err := d.ByToken(ctx, "x"); !errors.Is(err, ErrMissing) {
					return err
				}
				return nil
			}},
		} {
			ctx, n := store.Counting(t.Context())
			if err := c.do(ctx); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			if n.Load() > c.most {
				t.Errorf("%s took %d statements, at most %d are allowed", c.name, n.Load(), c.most)
			}
		}
		draft, err := d.Prepare(t.Context(), d.anna.ID, New{Kind: IncomeCertificate, Content: composed(t, IncomeCertificate, incomeSource(1)), CaseID: id.New(), Lang: i18n.RU})
		if err != nil {
			t.Fatal(err)
		}
		ctx, n := store.Counting(t.Context())
		if err := db.Write(ctx, func(tx *store.Tx) error { _, err := d.Issue(ctx, tx, draft); return err }); err != nil {
			t.Fatal(err)
		}
		if n.Load() > 3 {
			t.Errorf("issuing took %d statements in the caller's transaction, at most 3 are allowed", n.Load())
		}
	})
}

func TestAPaperNeedsAnOwnerACaseAndAKind(t *testing.T) {
	d := newDesk(t, storetest.Open(t, store.SQLite, nil))
	whole := New{Kind: IncomeCertificate, Content: composed(t, IncomeCertificate, incomeSource(1)), CaseID: id.New()}
	for name, spoil := range map[string]func(owner *string, n *New){
		"owner": func(o *string, _ *New) { *o = "" },
		"key":   func(o *string, _ *New) { *o = id.New() },
		"case":  func(_ *string, n *New) { n.CaseID = "" },
		"kind":  func(_ *string, n *New) { n.Kind = "receipt" },
	} {
		owner, n := d.anna.ID, whole
		spoil(&owner, &n)
		if _, err := d.Prepare(t.Context(), owner, n); err == nil {
			t.Errorf("without a good %s it is prepared", name)
		}
	}
	if n, _ := d.bytes(t); n != 0 {
		t.Errorf("%d files lie there", n)
	}
}

func TestTheLifeOfAPaperGoesOneWay(t *testing.T) {
	states := []State{Valid, Revoked, Superseded}
	for _, from := range states {
		for _, to := range states {
			want := from == Valid && to != Valid || from == Revoked && to == Superseded
			if from.may(to) != want {
				t.Errorf("from %s to %s: %v", from, to, !want)
			}
		}
		for _, l := range i18n.Langs() {
			if l.T(from.Key()) == from.Key() {
				t.Errorf("%s has no name in %s", from, l)
			}
		}
	}
	for _, r := range Reasons() {
		if !r.Valid() || !i18n.Has(r.Key()) {
			t.Errorf("the reason %s has no words", r)
		}
	}
}

func TestTheStartIsToldWhatIsMissing(t *testing.T) {
	d := newDesk(t, storetest.Open(t, store.SQLite, nil))
	if err := d.Ready(); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(s *Service){
		"address": func(s *Service) { s.URL = nil },
		"typefaces": func(s *Service) {
			s.Fonts = func() (_, _ []byte, err error) { return nil, nil, errors.New("not built") }
		},
		"typeface": func(s *Service) {
			s.Fonts = func() (_, _ []byte, err error) { return []byte("no font"), []byte("no font"), nil }
		},
	} {
		s := &Service{DB: d.DB, Ring: d.Ring, Files: d.Files, URL: d.URL, Name: d.Name, Fonts: d.Fonts}
		spoil(s)
		if err := s.Ready(); err == nil {
			t.Errorf("without a good %s it is ready", name)
		}
	}
}
