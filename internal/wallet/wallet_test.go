package wallet_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/files"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/intake"
	"okno/internal/jobs"
	"okno/internal/jobs/jobstest"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/wallet"
	"okno/internal/wallet/kind"
)

var ctx = context.Background()

// register is the traffic police: answers what a test put there. It is no register of a sandbox: those have tests of their own
// (connector/owned, web/portal).
type register struct {
	mu     sync.Mutex
	as     string
	answer wallet.Answer
	err    error
	asked  []wallet.Person
	bare   bool // it finds people without a SNILS
}

func (r *register) Name() string { return r.as }

func (r *register) Enough(p wallet.Person) bool { return r.bare || p.SNILS != "" }

func (r *register) Find(_ context.Context, p wallet.Person) (wallet.Answer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, p)
	return r.answer, r.err
}

func (r *register) says(a wallet.Answer, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer, r.err = a, err
}

// desk is a wallet with what it leans on. Tests do its jobs.
type desk struct {
	*wallet.Service
	*signintest.World

	clock    *storetest.Clock
	anna     access.Actor
	register *register
	cars     *register
	births   *register
	fund     *register
	stated   wallet.Document // of which the last statement is
	guarded  map[string]bool // accounts for which somebody may act
	put      []string        // names of files that were put into applications
}

func each(t *testing.T, body func(t *testing.T, d *desk)) {
	t.Helper()
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		d := &desk{World: signintest.New(t, db), clock: clock, register: &register{as: "gibdd"}, cars: &register{as: "vehicles"}, births: &register{as: "civil", bare: true}, fund: &register{as: "foms"}}
		folder, err := files.OpenFolder(filepath.Join(t.TempDir(), "files"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { folder.Close() }) //nolint:errcheck // the test is over
		queue := jobstest.New(t, db)         // takes jobs and does none
		kept := &files.Store{DB: db, Ring: d.Ring, Bucket: folder}
		d.Service = wallet.New(wallet.Config{DB: db, Ring: d.Ring, Policy: d.World.Policy, Files: kept, Desk: intake.New(d.World.Policy, kept), Accounts: d.World.Accounts, Jobs: queue, Notices: d.World.Notices,
			Zone: time.UTC, Registers: []wallet.Register{d.register, d.cars, d.births, d.fund}, Opens: opens, Guarded: func(_ context.Context, _ store.Querier, accountID string) (form.Identity, bool, error) {
				return form.Identity{Kind: form.BirthCertificate, Series: "II-МЮ", Number: "123456"}, d.guarded[accountID], nil
			}, State: func(_ context.Context, _ access.Actor, x wallet.Document) (string, []byte, error) {
				d.stated = x
				return "statement of " + x.Values["number"] + ".pdf", []byte("%PDF"), nil
			},
			Attach: func(_ context.Context, _ access.Actor, to wallet.Slot, name string, body io.Reader) (string, error) {
				data, err := io.ReadAll(body)
				if err != nil || len(data) == 0 {
					t.Errorf("an empty file: %v", err)
				}
				d.put = append(d.put, to.Service+" "+to.ID+" "+name)
				return id.New(), nil
			},
			Waiting: func(_ context.Context, _ access.Actor, list []string) ([]wallet.Place, error) {
				return []wallet.Place{{Attachment: list[0], Application: "a-1", Number: "ОК-1", Service: i18n.Text{RU: "Загранпаспорт", EN: "Passport"}}}, nil
			}})
		jobs.Handle(queue, d.Do)
		d.anna = d.person(t, "+79120000001")
		body(t, d)
	})
}

// person registers somebody who is bound to their account and has just shown a second factor.
func (d *desk) person(t *testing.T, phone string) access.Actor {
	t.Helper()
	s, err := d.Credentials.Check(ctx, d.Register(t, signintest.Visitor(phone), phone))
	if err != nil {
		t.Fatal(err)
	}
	who := s.Actor()
	must(t, d.World.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := d.World.Accounts.Update(ctx, tx, who.ID, func(a *account.Account) error {
			a.Level, a.ConfirmedAt = access.Confirmed, tx.Now()
			a.Profile.Surname, a.Profile.GivenName, a.Profile.BirthDate, a.Profile.SNILS = "Проверкина", "Анна", "1985-05-17", map[string]string{"+79120000001": "11223344595"}[phone]
			return nil
		})
		return err
	}))
	who.Level, who.Methods = access.Confirmed, "pwd sms"
	return who
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// opens stands for signin: sealed things open to whoever has shown anything.
func opens(_ context.Context, who access.Actor) error {
	if who.Methods == "" {
		return errors.Join(who.May(access.UseCabinet), signin.ErrSealed)
	}
	return who.May(access.UseCabinet)
}

func sealed(who access.Actor) access.Actor { who.Methods = ""; return who }

func licence() map[string]string {
	return map[string]string{"document_number": "99 12 345678", "document_issued_at": "01.03.2020", "document_expires_at": "01.03.2030", "document_issued_by": "ГИБДД 9901"}
}

// photo is a picture in which its maker noted where it was taken.
func photo(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 64, 64)), nil))
	const note = "Exif\x00\x00GPS-of-home"
	return append(append([]byte{0xff, 0xd8, 0xff, 0xe1, 0, byte(len(note) + 2)}, note...), b.Bytes()[2:]...)
}

func (d *desk) add(t *testing.T, e wallet.Entry) wallet.Document {
	t.Helper()
	out, err := d.Add(ctx, d.anna, e)
	if err != nil {
		t.Fatal(err, names(err))
	}
	return out
}

func names(err error) []string {
	var out []string
	if f, ok := fault.Of(err); ok {
		for _, x := range f.Fields {
			out = append(out, x.Name+" "+x.Key)
		}
	}
	return out
}

func TestADocumentIsKeptSealedAndMaskedUntilASecondFactorIsShown(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		form := id.New()
		e := wallet.Entry{ID: form, Kind: "driving-licence", Typed: licence(), Scan: &wallet.Scan{Name: "права.jpg", Data: photo(t)}}
		doc := d.add(t, e)
		if twice := d.add(t, e); twice.ID != doc.ID {
			t.Error("a form that came twice is two documents")
		}
		list, err := d.List(ctx, d.anna)
		if err != nil || len(list) != 1 {
			t.Fatalf("%v %v", list, err)
		}
		got := list[0]
		if got.Values["number"] != "·· ·· ····78" || got.Values["issued_by"] != "ГИБДД 9901" || !got.Scan || got.EndsAt != time.Date(2030, 3, 2, 0, 0, 0, 0, time.UTC) {
			t.Errorf("%+v", got)
		}
		for _, verb := range []error{
			second(d.Open(ctx, sealed(d.anna), doc.ID)),
			third(d.OpenScan(ctx, sealed(d.anna), doc.ID, 1)),
			second(d.Change(ctx, sealed(d.anna), doc.ID, 1, e)),
			second(d.ShareIt(ctx, sealed(d.anna), doc.ID, wallet.Showing{Fields: []string{"number"}})),
			d.PutInto(ctx, sealed(d.anna), doc.ID, wallet.Slot{Service: "s", ID: "x"}),
			d.Remove(ctx, sealed(d.anna), doc.ID),
		} {
			if !errors.Is(verb, signin.ErrSealed) {
				t.Errorf("without a second factor: %v", verb)
			}
		}
		whole, err := d.Open(ctx, d.anna, doc.ID)
		if err != nil || whole.Values["number"] != "9912345678" {
			t.Errorf("%+v %v", whole, err)
		}
		_, body, err := d.OpenScan(ctx, d.anna, doc.ID, 1)
		must(t, err)
		data, err := io.ReadAll(body)
		if err != nil || bytes.Contains(data, []byte("GPS-of-home")) || len(data) == 0 {
			t.Errorf("the scan holds what its maker noted: %v", err)
		}
		other := d.person(t, "+79120000002")
		for _, err := range []error{second(d.Get(ctx, other, doc.ID)), second(d.Open(ctx, other, doc.ID)), third(d.OpenScan(ctx, other, doc.ID, 1)), d.Remove(ctx, other, doc.ID), second(d.Change(ctx, other, doc.ID, 1, e))} {
			if !errors.Is(err, wallet.ErrMissing) {
				t.Errorf("somebody else: %v", err)
			}
		}
		var plain []byte
		must(t, d.World.DB.QueryRow(ctx, `SELECT content FROM wallet_version`).Scan(&plain))
		if bytes.Contains(plain, []byte("345678")) {
			t.Error("the number lies open")
		}
		if got := actions(t, d, d.anna.ID); !slices.Contains(got, "wallet.opened") || !slices.Contains(got, "wallet.scan_opened") || !slices.Contains(got, "wallet.added") {
			t.Errorf("%q", got)
		}
	})
}

func second[T any](_ T, err error) error        { return err }
func third[T, U any](_ T, _ U, err error) error { return err }

func actions(t *testing.T, d *desk, of string) []string {
	t.Helper()
	list, err := audit.About(ctx, d.World.DB, of, 100, "")
	must(t, err)
	var out []string
	for _, e := range list {
		out = append(out, e.Action)
	}
	return out
}

func TestWhatIsWrongWithADocumentIsSaidBesideItsFields(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		typed := licence()
		typed["document_number"] = "12"
		_, err := d.Add(ctx, d.anna, wallet.Entry{Kind: "driving-licence", Typed: typed, Scan: &wallet.Scan{Name: "a.jpg", Data: []byte("MZ a program")}})
		if got := names(err); !slices.Equal(got, []string{"document_number form.owned.licence_shape", "document_scan original.file_type"}) {
			t.Errorf("%q, %v", got, err)
		}
		if list, err := d.List(ctx, d.anna); err != nil || len(list) != 0 {
			t.Errorf("%v %v", list, err)
		}
		if _, err := d.Add(ctx, d.anna, wallet.Entry{Kind: "library-card", Typed: typed}); !errors.Is(err, wallet.ErrMissing) {
			t.Errorf("a kind that is none: %v", err)
		}
		d.World.Policy.Wallet.Most = 1
		d.add(t, wallet.Entry{Kind: "driving-licence", Typed: licence()})
		if _, err := d.Add(ctx, d.anna, wallet.Entry{Kind: "other", Typed: map[string]string{"document_title": "Диплом"}}); !errors.Is(err, wallet.ErrMany) {
			t.Errorf("one too many: %v", err)
		}
	})
}

func TestAChangeMakesAVersionAndOlderOnesAreSeen(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		doc := d.add(t, wallet.Entry{Kind: "driving-licence", Typed: licence(), Scan: &wallet.Scan{Name: "права.jpg", Data: photo(t)}})
		typed := licence()
		typed["document_number"] = "99 12 999911"
		e := wallet.Entry{Kind: "driving-licence", Typed: typed}
		if _, err := d.Change(ctx, d.anna, doc.ID, 7, e); !errors.Is(err, wallet.ErrStale) {
			t.Errorf("a version that nobody saw: %v", err)
		}
		_, err := d.Change(ctx, d.anna, doc.ID, 1, e)
		must(t, err)
		if _, err := d.Change(ctx, d.anna, doc.ID, 2, e); err != nil {
			t.Errorf("the same once more: %v", err)
		}
		all, err := d.Versions(ctx, d.anna, doc.ID)
		if err != nil || len(all) != 2 || all[0].Values["number"] != "9912999911" || all[1].Values["number"] != "9912345678" || !all[0].Scan {
			t.Fatalf("%+v %v", all, err)
		}
		if masked, err := d.Versions(ctx, sealed(d.anna), doc.ID); err != nil || masked[1].Values["number"] != "·· ·· ····78" {
			t.Errorf("%+v %v", masked, err)
		}
		_, err = d.Change(ctx, d.anna, doc.ID, 2, wallet.Entry{Kind: "driving-licence", Typed: typed, Bare: true})
		must(t, err)
		if _, _, err := d.OpenScan(ctx, d.anna, doc.ID, 3); !errors.Is(err, wallet.ErrMissing) {
			t.Errorf("the scan that was taken away: %v", err)
		}
		if _, _, err := d.OpenScan(ctx, d.anna, doc.ID, 1); err != nil {
			t.Errorf("the scan of an older version: %v", err)
		}
		d.World.Policy.Wallet.Versions = 2
		typed["document_number"] = "99 12 999922"
		_, err = d.Change(ctx, d.anna, doc.ID, 3, wallet.Entry{Kind: "driving-licence", Typed: typed})
		must(t, err)
		if all, err := d.Versions(ctx, d.anna, doc.ID); err != nil || len(all) != 2 {
			t.Errorf("%d versions are kept, %v", len(all), err)
		}
		var left int
		must(t, d.World.DB.QueryRow(ctx, `SELECT count(*) FROM file`).Scan(&left))
		if left != 0 {
			t.Errorf("%d files of versions that are gone", left)
		}
		must(t, d.Remove(ctx, d.anna, doc.ID))
		if _, err := d.Get(ctx, d.anna, doc.ID); !errors.Is(err, wallet.ErrMissing) {
			t.Errorf("removed: %v", err)
		}
	})
}

// TestTwoChangesAtOnceAreOneVersion has two windows save what they saw.
func TestTwoChangesAtOnceAreOneVersion(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		doc := d.add(t, wallet.Entry{Kind: "driving-licence", Typed: licence()})
		errs := make(chan error, 2)
		for _, n := range []string{"99 12 000011", "99 12 000022"} {
			typed := licence()
			typed["document_number"] = n
			go func() {
				_, err := d.Change(ctx, d.anna, doc.ID, 1, wallet.Entry{Kind: "driving-licence", Typed: typed})
				errs <- err
			}()
		}
		one, two := <-errs, <-errs
		if (one == nil) == (two == nil) || !errors.Is(errors.Join(one, two), wallet.ErrStale) {
			t.Errorf("%v, %v", one, two)
		}
	})
}

func (d *desk) ask(t *testing.T) {
	t.Helper()
	var request string
	must(t, d.World.DB.QueryRow(ctx, `SELECT id FROM wallet_request WHERE account_id = $1 ORDER BY id DESC LIMIT 1`, d.anna.ID).Scan(&request))
	d.Do(ctx, wallet.AskRegister{Request: request}) //nolint:errcheck // a register that is away is an error that asks again
}

func found(number, expires string) wallet.Answer {
	return wallet.Answer{Outcome: wallet.Found, Documents: []map[string]string{{"number": number, "categories": "B", "issued_at": "2020-03-01", "expires_at": expires}}}
}

func TestARegisterGivesADocumentRefreshesItAndSaysSinceWhenItIsKnown(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		d.register.says(found("9912345678", "2030-03-01"), nil)
		must(t, d.Ask(ctx, d.anna, "driving-licence"))
		must(t, d.Ask(ctx, d.anna, "driving-licence")) // a button pressed twice
		d.ask(t)
		d.ask(t) // a job may run twice
		one := func() wallet.Document {
			t.Helper()
			list, err := d.List(ctx, d.anna)
			if err != nil || len(list) != 1 {
				t.Fatalf("%d documents, %v", len(list), err)
			}
			return list[0]
		}
		doc := one()
		if doc.Register != wallet.Known || doc.Source != "gibdd" || !doc.KnownAt.Equal(d.clock.Now()) || doc.Number != 1 {
			t.Errorf("%+v", doc)
		}
		if p := d.register.asked[0]; p.SNILS != "11223344595" || p.Surname != "Проверкина" || p.BirthDate != "1985-05-17" || len(d.register.asked) != 1 {
			t.Errorf("asked about %+v", d.register.asked)
		}
		d.clock.Advance(31 * 24 * time.Hour) // it is asked again by itself
		must(t, d.Refresh(ctx))
		must(t, d.Refresh(ctx))
		d.ask(t)
		if again := one(); again.Number != 1 || !again.KnownAt.Equal(d.clock.Now()) || len(d.register.asked) != 2 {
			t.Errorf("the same answer: %+v, asked %d times", again, len(d.register.asked))
		}
		d.register.says(found("9912000099", "2036-03-01"), nil) // renewed
		must(t, d.Ask(ctx, d.anna, "driving-licence"))
		d.ask(t)
		if again := one(); again.ID != doc.ID || again.Number != 2 || again.EndsAt.Year() != 2036 {
			t.Errorf("renewed: %+v", again)
		}
		to := wallet.Slot{Service: "gibdd.licence", ID: "old"}
		if list, err := d.Offered(ctx, d.anna, "driving-licence"); err != nil || len(list) != 1 || !list[0].States() {
			t.Errorf("what a register knows is offered without a scan: %+v %v", list, err)
		}
		if err := d.PutInto(ctx, sealed(d.anna), doc.ID, to); !errors.Is(err, signin.ErrSealed) {
			t.Errorf("a statement is made without a second factor: %v", err)
		}
		must(t, d.PutInto(ctx, d.anna, doc.ID, to))
		if uses, err := d.Uses(ctx, d.anna, doc.ID); err != nil || len(uses) != 1 || uses[0].Version != 2 || !slices.Equal(d.put, []string{"gibdd.licence old statement of 9912000099.pdf"}) {
			t.Errorf("%+v %v %q", uses, err, d.put)
		}
		d.register.says(wallet.Answer{Outcome: wallet.None}, nil)
		must(t, d.Ask(ctx, d.anna, "driving-licence"))
		d.ask(t)
		if again := one(); again.Register != wallet.Gone {
			t.Errorf("not there any more: %+v", again)
		}
		if err := d.PutInto(ctx, d.anna, doc.ID, to); !errors.Is(err, wallet.ErrNoScan) {
			t.Errorf("a statement of what the register does not know any more: %v", err)
		}
	})
}

func TestARegisterThatIsAwayBlocksNothing(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		d.register.says(wallet.Answer{}, errors.New("unavailable"))
		must(t, d.Ask(ctx, d.anna, "driving-licence"))
		d.ask(t)
		asked, err := d.Requests(ctx, d.anna)
		if r := asked["driving-licence"]; err != nil || r.State != wallet.Asking || r.Tries != 1 {
			t.Fatalf("%+v %v", r, err)
		}
		own := d.add(t, wallet.Entry{Kind: "driving-licence", Typed: licence()}) // the person goes on
		d.clock.Advance(25 * time.Hour)
		d.ask(t)
		if asked, err = d.Requests(ctx, d.anna); err != nil || asked["driving-licence"].State != wallet.Away {
			t.Errorf("%+v %v", asked, err)
		}
		d.register.says(found("9912345678", "2030-03-01"), nil)
		must(t, d.Ask(ctx, d.anna, "driving-licence"))
		d.ask(t)
		list, err := d.List(ctx, d.anna)
		if err != nil || len(list) != 1 || list[0].ID != own.ID || list[0].Register != wallet.Known || list[0].Values["categories"] != "B" {
			t.Errorf("what was typed and what the register holds are one document: %+v %v", list, err)
		}
	})
}

// What somebody typed beside what a register tells is not the register's word: it stays in the version before, and nothing that goes out as
// the register's has it.
func TestWhatSomebodyTypedDoesNotGoOutAsTheRegistersWord(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		number := "9900000000000077"
		d.add(t, wallet.Entry{Kind: "medical-policy", Typed: map[string]string{"document_number": number, "document_expires_at": "01.03.2031", "document_insurer": "Выдуманная"}})
		held := map[string]string{"number": number, "issued_at": "2012-05-01"} // it does not end, and nobody is named
		ask := func() wallet.Document {
			t.Helper()
			d.fund.says(wallet.Answer{Outcome: wallet.Found, Documents: []map[string]string{held}}, nil)
			must(t, d.Ask(ctx, d.anna, "medical-policy"))
			d.ask(t)
			list, err := d.List(ctx, d.anna)
			if err != nil || len(list) != 1 {
				t.Fatalf("%+v %v", list, err)
			}
			open, err := d.Open(ctx, d.anna, list[0].ID)
			must(t, err)
			return open
		}
		doc := ask()
		if !maps.Equal(doc.Values, held) || doc.Register != wallet.Known || doc.Source != "foms" || !doc.EndsAt.IsZero() || doc.Number != 2 {
			t.Errorf("%+v", doc)
		}
		must(t, d.PutInto(ctx, d.anna, doc.ID, wallet.Slot{Service: "s", ID: "x"}))
		if !maps.Equal(d.stated.Values, held) {
			t.Errorf("stated: %v", d.stated.Values)
		}
		if before, err := d.Versions(ctx, d.anna, doc.ID); err != nil || len(before) != 2 || before[1].Values["expires_at"] != "2031-03-01" || before[1].Source != wallet.Own {
			t.Errorf("what was typed is gone: %+v %v", before, err)
		}
		// Typed as the register has it: there is no new version, and the register stands for the one there is.
		_, err := d.Change(ctx, d.anna, doc.ID, 2, wallet.Entry{Typed: map[string]string{"document_number": number, "document_issued_at": "01.05.2012", "document_insurer": "ООО «Здоровье»"}})
		must(t, err)
		held["insurer"] = "ООО «Здоровье»"
		if doc = ask(); doc.Number != 3 || doc.Register != wallet.Known || doc.Source != "foms" {
			t.Errorf("%+v", doc)
		}
	})
}

// A register that goes by the SNILS is not asked about somebody who has none, and about a child it is asked for nothing that children have not.
func TestWhoHasNoSNILSIsToldSoAndNoRegisterIsAsked(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		bare := d.person(t, "+79120000002")
		if err := d.Ask(ctx, bare, "medical-policy"); !errors.Is(err, wallet.ErrNoSNILS) {
			t.Errorf("without a SNILS: %v", err)
		}
		lacking, err := d.Lacking(ctx, bare)
		if err != nil || !lacking["medical-policy"] || !lacking["vehicle"] || lacking["birth-certificate"] || lacking["car-insurance"] {
			t.Errorf("%v %v", lacking, err)
		}
		if lacking, err := d.Lacking(ctx, d.anna); err != nil || len(lacking) != 0 {
			t.Errorf("with one: %v %v", lacking, err)
		}
		d.guarded = map[string]bool{bare.ID: true}
		if err := d.Ask(ctx, d.anna.Acting(bare.ID, access.Child), "vehicle"); !errors.Is(err, wallet.ErrMissing) {
			t.Errorf("a child's car: %v", err)
		}
		must(t, d.Ask(ctx, d.anna, "medical-policy"))
		must(t, d.World.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := d.World.Accounts.Update(ctx, tx, d.anna.ID, func(a *account.Account) error {
				a.Profile.SNILS = ""
				return nil
			})
			return err
		}))
		d.ask(t)
		if r, err := d.Requests(ctx, d.anna); err != nil || r["medical-policy"].State != wallet.Lacking || len(d.fund.asked) != 0 {
			t.Errorf("%+v %v, asked %d times", r, err, len(d.fund.asked))
		}
	})
}

func TestRegistersTellWhomTheAccountIsBoundToAndOfNobodyElse(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		weak := d.anna
		weak.Level = access.Standard
		if err := d.Ask(ctx, weak, "driving-licence"); !errors.Is(err, wallet.ErrLevel) {
			t.Errorf("standard: %v", err)
		}
		for what, of := range map[string]kind.ID{"a kind that no register keeps": "international-passport", "a register that is not set": "car-insurance"} {
			if err := d.Ask(ctx, d.anna, of); !errors.Is(err, wallet.ErrNoAsking) {
				t.Errorf("%s: %v", what, err)
			}
		}
		d.World.Policy.Wallet.Asks.Max = 1
		d.register.says(wallet.Answer{Outcome: wallet.Differs}, nil)
		must(t, d.Ask(ctx, d.anna, "driving-licence"))
		d.ask(t)
		if err := d.Ask(ctx, d.anna, "driving-licence"); !errors.Is(err, wallet.ErrOften) {
			t.Errorf("too often: %v", err)
		}
		if list, err := d.List(ctx, d.anna); err != nil || len(list) != 0 {
			t.Errorf("%v %v", list, err)
		}
	})
}

func TestASharedPaperIsOpenedByOneBrowserAndForThreeMinutes(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		doc := d.add(t, wallet.Entry{Kind: "driving-licence", Typed: licence(), Scan: &wallet.Scan{Name: "права.jpg", Data: photo(t)}})
		if _, err := d.ShareIt(ctx, d.anna, doc.ID, wallet.Showing{Fields: []string{"nonsense", "categories"}, Name: true}); !slices.Equal(names(err), []string{"show wallet.share_nothing"}) {
			t.Errorf("nothing is shown: %v", err)
		}
		x, err := d.ShareIt(ctx, d.anna, doc.ID, wallet.Showing{Fields: []string{"expires_at", "number"}, Name: true})
		must(t, err)
		police, stranger := signintest.Visitor("police"), signintest.Visitor("stranger")
		if opened, err := d.Waits(ctx, police, x.Token); err != nil || opened {
			t.Errorf("%v %v", opened, err)
		}
		if _, err := d.See(ctx, police, x.Token); !errors.Is(err, wallet.ErrShare) {
			t.Errorf("seen before it was opened: %v", err)
		}
		must(t, d.OpenShare(ctx, police, x.Token))
		must(t, d.OpenShare(ctx, police, x.Token)) // the button twice
		got, err := d.See(ctx, police, x.Token)
		if err != nil || !slices.Equal(got.Fields, []string{"number", "expires_at"}) || got.Values["number"] != "9912345678" || got.Name != "Проверкина Анна" || got.Scanned {
			t.Fatalf("%+v %v", got, err)
		}
		if _, _, err := d.SeeScan(ctx, police, x.Token); !errors.Is(err, wallet.ErrShare) {
			t.Errorf("a scan that is not shown: %v", err)
		}
		if err := d.OpenShare(ctx, stranger, x.Token); !errors.Is(err, wallet.ErrShare) {
			t.Errorf("another browser: %v", err)
		}
		if _, err := d.See(ctx, stranger, x.Token); !errors.Is(err, wallet.ErrShare) {
			t.Errorf("another browser: %v", err)
		}
		log, err := d.Shares(ctx, d.anna, doc.ID)
		if err != nil || len(log) != 1 || log[0].OpenedAt.IsZero() || log[0].Looks != 1 || log[0].Refused != 1 {
			t.Errorf("the log: %+v %v", log, err)
		}
		if !slices.Contains(actions(t, d, d.anna.ID), "wallet.share_opened") {
			t.Error("that it was opened is not recorded")
		}
		d.clock.Advance(3*time.Minute - time.Second)
		if _, err := d.See(ctx, police, x.Token); err != nil {
			t.Errorf("within three minutes: %v", err)
		}
		d.clock.Advance(2 * time.Second)
		if _, err := d.See(ctx, police, x.Token); !errors.Is(err, wallet.ErrShare) {
			t.Errorf("after three minutes: %v", err)
		}
		d.clock.Advance(91 * 24 * time.Hour)
		must(t, d.Sweep(ctx))
		if log, err := d.Shares(ctx, d.anna, doc.ID); err != nil || len(log) != 0 {
			t.Errorf("the log is kept for ever: %v %v", log, err)
		}
	})
}

func TestOfTwoBrowsersAtOnceOneSeesTheDocument(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		doc := d.add(t, wallet.Entry{Kind: "driving-licence", Typed: licence()})
		x, err := d.ShareIt(ctx, d.anna, doc.ID, wallet.Showing{Fields: []string{"number"}})
		must(t, err)
		errs := make(chan error, 2)
		for _, name := range []string{"one", "two"} {
			go func() { errs <- d.OpenShare(ctx, signintest.Visitor(name), x.Token) }()
		}
		one, two := <-errs, <-errs
		if (one == nil) == (two == nil) || !errors.Is(errors.Join(one, two), wallet.ErrShare) {
			t.Errorf("%v, %v", one, two)
		}
	})
}

func TestAShortCodeIsReadOutAndGuessingEnds(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		doc := d.add(t, wallet.Entry{Kind: "driving-licence", Typed: licence()})
		x, err := d.ShareIt(ctx, d.anna, doc.ID, wallet.Showing{Fields: []string{"number"}})
		must(t, err)
		v := signintest.Visitor("police")
		token, err := d.Knock(ctx, v, " "+strings.ToLower(x.Code))
		if err != nil || token != x.Token {
			t.Fatalf("%v", err)
		}
		if _, err := d.Knock(ctx, v, "0000-0000"); !slices.Equal(names(err), []string{"code wallet.code_unknown"}) {
			t.Errorf("nobody's code: %v", err)
		}
		for range d.World.Policy.Wallet.Guesses.Max {
			d.Knock(ctx, v, "0000-0000") //nolint:errcheck // it is wrong
		}
		if _, err := d.Knock(ctx, v, x.Code); !errors.Is(err, wallet.ErrGuesses) {
			t.Errorf("after many guesses: %v", err)
		}
		if _, err := d.Knock(ctx, signintest.Visitor("another network"), x.Code); err != nil {
			t.Errorf("from another network: %v", err)
		}
		_, err = d.Stop(ctx, d.anna, x.ID)
		must(t, err)
		for _, err := range []error{second(d.Knock(ctx, signintest.Visitor("third"), x.Code)), d.OpenShare(ctx, v, x.Token)} {
			if err == nil {
				t.Error("a share that was stopped opens")
			}
		}
		var plain []byte
		must(t, d.World.DB.QueryRow(ctx, `SELECT content FROM wallet_share`).Scan(&plain))
		if bytes.Contains(plain, []byte(x.Token)) {
			t.Error("the database knows the code")
		}
	})
}

// What is shown is what the owner saw: a change meanwhile is not shown, and of a document that was removed nothing is.
func TestAShareShowsTheVersionThatWasShared(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		doc := d.add(t, wallet.Entry{Kind: "driving-licence", Typed: licence()})
		x, err := d.ShareIt(ctx, d.anna, doc.ID, wallet.Showing{Fields: []string{"number"}})
		must(t, err)
		typed := licence()
		typed["document_number"] = "99 12 999911"
		_, err = d.Change(ctx, d.anna, doc.ID, 1, wallet.Entry{Kind: "driving-licence", Typed: typed})
		must(t, err)
		v := signintest.Visitor("police")
		must(t, d.OpenShare(ctx, v, x.Token))
		if got, err := d.See(ctx, v, x.Token); err != nil || got.Values["number"] != "9912345678" {
			t.Errorf("%+v %v", got, err)
		}
		must(t, d.Remove(ctx, d.anna, doc.ID))
		if _, err := d.See(ctx, v, x.Token); !errors.Is(err, wallet.ErrShare) {
			t.Errorf("removed: %v", err)
		}
	})
}

func TestADocumentIsPutIntoAnApplicationAndSaysWhereItIs(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		typed := map[string]string{"document_series": "II-МЮ", "document_number": "123456", "document_issued_at": "10.02.2020", "document_issued_by": "Отдел ЗАГС", "document_holder": "Маша"}
		bare := d.add(t, wallet.Entry{Kind: "birth-certificate", Typed: typed})
		if err := d.PutInto(ctx, d.anna, bare.ID, wallet.Slot{Service: "mvd.passport", ID: "birth"}); !errors.Is(err, wallet.ErrNoScan) {
			t.Errorf("without a scan: %v", err)
		}
		if list, err := d.Offered(ctx, d.anna, "birth-certificate"); err != nil || len(list) != 0 {
			t.Errorf("offered without a scan: %v %v", list, err)
		}
		doc := d.add(t, wallet.Entry{Kind: "birth-certificate", Typed: typed, Scan: &wallet.Scan{Name: "свидетельство.jpg", Data: photo(t)}})
		if list, err := d.Offered(ctx, d.anna, "birth-certificate"); err != nil || len(list) != 1 || list[0].Holder != "Маша" {
			t.Errorf("%v %v", list, err)
		}
		must(t, d.PutInto(ctx, d.anna, doc.ID, wallet.Slot{Service: "mvd.passport", ID: "birth"}))
		must(t, d.PutInto(ctx, d.anna, doc.ID, wallet.Slot{Service: "mvd.passport", ID: "birth"})) // and taken out there again
		uses, err := d.Uses(ctx, d.anna, doc.ID)
		if err != nil || len(uses) != 1 || uses[0].Place.Number != "ОК-1" || uses[0].Version != 1 {
			t.Errorf("%+v %v", uses, err)
		}
		if !slices.Equal(d.put, []string{"mvd.passport birth свидетельство.jpg", "mvd.passport birth свидетельство.jpg"}) {
			t.Errorf("%q", d.put)
		}
		ended := d.add(t, wallet.Entry{Kind: "international-passport", Typed: map[string]string{"document_number": "711234567", "document_issued_at": "01.02.2010", "document_expires_at": "01.02.2020", "document_issued_by": "МВД 99001"}, Scan: &wallet.Scan{Name: "a.jpg", Data: photo(t)}})
		if list, err := d.Offered(ctx, d.anna, ended.Kind.ID); err != nil || len(list) != 0 {
			t.Errorf("one that has run out is offered: %v %v", list, err)
		}
	})
}

func TestAPersonIsRemindedOnceForEachTermAndOfTheNewEndAnew(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		told := func() int {
			t.Helper()
			must(t, d.Remind(ctx))
			must(t, d.Remind(ctx))
			list, err := d.World.Notices.Inbox(ctx, d.anna, 100)
			must(t, err)
			n := 0
			for _, x := range list {
				if strings.Contains(x.Note.Subject.RU, "заканчивается срок") {
					n++
					if strings.Contains(x.Note.Body.RU, "345678") || !strings.Contains(x.Note.Body.RU, "1\u00a0марта 2027") && !strings.Contains(x.Note.Body.RU, "2028") || x.Note.Subject.EN == "" {
						t.Errorf("%+v", x.Note)
					}
				}
			}
			return n
		}
		typed := licence()
		typed["document_expires_at"] = "01.03.2027" // it is 18 November 2026
		doc := d.add(t, wallet.Entry{Kind: "driving-licence", Typed: typed})
		for _, x := range []struct{ days, want int }{{0, 0}, {44, 1}, {10, 1}, {40, 2}, {5, 2}, {30, 2}} {
			d.clock.Advance(time.Duration(x.days) * 24 * time.Hour)
			if got := told(); got != x.want {
				t.Fatalf("on %s told %d times, want %d", d.clock.Now().Format(time.DateOnly), got, x.want)
			}
		}
		typed["document_expires_at"] = "01.05.2028"
		_, err := d.Change(ctx, d.anna, doc.ID, 1, wallet.Entry{Kind: "driving-licence", Typed: typed})
		must(t, err)
		d.clock.Advance(380 * 24 * time.Hour)
		if got := told(); got != 3 {
			t.Errorf("of the new end told %d times in all, want 3", got)
		}
	})
}

// What its register holds no more is over already: nobody is reminded of its end.
func TestNobodyIsRemindedOfWhatTheRegisterHoldsNoMore(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		ask := func(a wallet.Answer) {
			t.Helper()
			d.register.says(a, nil)
			must(t, d.Ask(ctx, d.anna, "driving-licence"))
			d.ask(t)
		}
		ask(found("9912345678", "2026-12-10")) // it is 18 November 2026
		if list, err := d.Ending(ctx, d.anna); err != nil || len(list) != 1 {
			t.Fatalf("%+v %v", list, err)
		}
		ask(wallet.Answer{Outcome: wallet.None})
		must(t, d.Remind(ctx))
		list, err := d.World.Notices.Inbox(ctx, d.anna, 100)
		must(t, err)
		for _, x := range list {
			if strings.Contains(x.Note.Subject.RU, "заканчивается срок") {
				t.Errorf("told of %q", x.Note.Subject.RU)
			}
		}
		if list, err := d.Ending(ctx, d.anna); err != nil || len(list) != 0 {
			t.Errorf("%+v %v", list, err)
		}
		var last any
		must(t, d.World.DB.QueryRow(ctx, `SELECT `+wallet.LastEndSQL("$1"), d.anna.ID).Scan(&last))
		if last != nil {
			t.Errorf("the cabinet looks for one that ends: %v", last)
		}
	})
}
