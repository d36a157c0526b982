package application_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/catalogue"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/system"
	"okno/internal/wallet"
	"okno/internal/wallet/kind"
)

const (
	rights   = "mvd.driving-licence"
	oldPlace = "/old/number"
)

var errShut = errors.New("the wallet is shut")

// keeping is a portal whose clock stands still and whose people keep what the test says. Of the licence a register's number cannot be typed over.
func keeping(t *testing.T, body func(t *testing.T, x office, own *[]kind.Held)) {
	clocked(t, func(t *testing.T, x office) {
		src, err := fs.ReadFile(os.DirFS("../catalogue/services"), "driving-licence.yaml")
		if err != nil {
			t.Fatal(err)
		}
		const never = "from: document.driving-licence.number, lock: never"
		if !strings.Contains(string(src), never) {
			t.Fatal("the licence is filled in from no document")
		}
		locks := strings.Replace(string(src), never, "from: document.driving-licence.number, lock: whenVerified", 1)
		if x.Service.Catalogue, err = catalogue.Load(fstest.MapFS{"driving-licence.yaml": &fstest.MapFile{Data: []byte(locks)}}); err != nil {
			t.Fatal(err)
		}
		own := []kind.Held{}
		x.Service.Held = func(_ context.Context, _ access.Actor, of ...kind.ID) ([]kind.Held, error) {
			if len(of) != 1 || of[0] != "driving-licence" {
				t.Errorf("documents are read that the form takes nothing from: %v", of)
			}
			return own, nil
		}
		x.Service.Opens = func(context.Context, access.Actor) error { return errShut }
		body(t, x, &own)
	})
}

func (x office) licence(number string) kind.Held {
	k, _ := kind.Of("driving-licence")
	return kind.Held{ID: "doc-" + number, Kind: k, Version: 1, Values: map[string]string{"number": number}, Known: true, At: x.clock.Now()}
}

// replacing begins or opens the application for another licence.
func (x office) replacing(t *testing.T) application.Draft {
	t.Helper()
	if _, err := x.Service.Begin(ctx, x.anna, rights); err != nil {
		t.Fatal(err)
	}
	d, err := x.Service.SavePage(ctx, x.anna, rights, "reason", map[string][]string{"reason": {"name"}})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (x office) typed(t *testing.T, number string) application.Draft {
	t.Helper()
	if _, err := x.Service.SavePage(ctx, x.anna, rights, "licence", map[string][]string{"old.number": {number}}); err != nil && !strings.Contains(err.Error(), "invalid") {
		t.Log(err) // the page asks for more
	}
	d, err := x.Service.Draft(ctx, x.anna, rights)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func origin(d application.Draft) form.Field {
	f, _ := d.Form.Field(oldPlace)
	return f
}

func TestAFormIsFilledInFromTheOnlyDocumentByItself(t *testing.T) {
	keeping(t, func(t *testing.T, x office, own *[]kind.Held) {
		*own = []kind.Held{x.licence("9900123456")}
		d := x.replacing(t)
		f := origin(d)
		if d.Answers.Text(oldPlace) != "9900123456" || !f.Locked || !f.Origin.Verified || !f.Origin.At.Equal(x.clock.Now()) {
			t.Fatalf("%q, %+v", d.Answers.Text(oldPlace), f.Origin)
		}
		if ru := f.Origin.Title.RU; !strings.Contains(ru, "Водительское удостоверение ·· ·· ····56, Реестр ГИБДД") {
			t.Errorf("it is said to come from %q", ru)
		}

		// A register's number is disputed as any other value that cannot be typed over.
		if err := x.Service.Dispute(ctx, x.anna, rights, oldPlace, application.Objection{Seen: d.Seen(oldPlace), Claim: "99 00 654321", Why: "Его заменили"}); err != nil {
			t.Fatal(err)
		}
		if d = x.replacing(t); d.Disputes()[oldPlace].Said != "9900123456" || d.TakenFrom(oldPlace) != "doc-9900123456" {
			t.Errorf("%+v, from %q", d.Disputes(), d.TakenFrom(oldPlace))
		}

		// Its register says another number later.
		newer := x.licence("9900777777")
		newer.ID, newer.Version = "doc-9900123456", 2
		*own = []kind.Held{newer}
		if d = x.replacing(t); d.Answers.Text(oldPlace) != "9900777777" || len(d.Disputes()) > 0 {
			t.Errorf("a newer version is not taken: %q, %v", d.Answers.Text(oldPlace), d.Disputes())
		}
	})
}

func TestWhatWasTypedIsNeverOverwrittenByADocument(t *testing.T) {
	keeping(t, func(t *testing.T, x office, own *[]kind.Held) {
		x.replacing(t)
		x.typed(t, "99 11 111111")
		*own = []kind.Held{x.licence("9900123456")}
		if d := x.replacing(t); d.Answers.Text(oldPlace) != "99 11 111111" || !origin(d).Origin.IsZero() {
			t.Fatalf("by itself: %q", d.Answers.Text(oldPlace))
		}
		if filled, err := x.Service.TakeDocument(ctx, x.anna, rights, "doc-9900123456"); err != nil || filled {
			t.Fatal(filled, err)
		}
		d := x.replacing(t)
		if f := origin(d); d.Answers.Text(oldPlace) != "99 11 111111" || f.Locked || !f.Origin.IsZero() {
			t.Errorf("by the button: %q, locked %v", d.Answers.Text(oldPlace), f.Locked)
		}
		if d = x.typed(t, ""); d.Answers.Get(oldPlace) != nil {
			t.Fatal(d.Answers.Get(oldPlace))
		}
		if d = x.replacing(t); d.Answers.Get(oldPlace) != nil {
			t.Errorf("what the person took away is back: %v", d.Answers.Get(oldPlace))
		}
		if filled, err := x.Service.TakeDocument(ctx, x.anna, rights, "doc-9900123456"); err != nil || !filled {
			t.Fatal(filled, err)
		}
		if d = x.replacing(t); d.Answers.Text(oldPlace) != "9900123456" {
			t.Errorf("by the button into an empty answer: %v", d.Answers.Get(oldPlace))
		}
	})
}

func TestOfSeveralDocumentsThePersonChoosesAndTheOtherIsTakenInItsPlace(t *testing.T) {
	keeping(t, func(t *testing.T, x office, own *[]kind.Held) {
		one, two, masha := x.licence("9900123456"), x.licence("9900654321"), x.licence("9900999999")
		two.Known, masha.Holder = false, "Маша"
		*own = []kind.Held{one, two, masha}
		d := x.replacing(t)
		if d.Answers.Get(oldPlace) != nil {
			t.Fatalf("one of three was taken: %v", d.Answers.Get(oldPlace))
		}
		sources := func(d application.Draft) application.Source {
			t.Helper()
			list, err := x.Service.Sources(ctx, x.anna, d, []form.Field{{Pointer: oldPlace}})
			if err != nil || len(list) != 1 {
				t.Fatal(list, err)
			}
			return list[0]
		}
		if s := sources(d); len(s.Offers) != 3 || s.Taken != (i18n.Text{}) || s.Sealed {
			t.Errorf("%+v", s)
		}
		for _, h := range []kind.Held{one, two} {
			if _, err := x.Service.TakeDocument(ctx, x.anna, rights, h.ID); err != nil {
				t.Fatal(err)
			}
			d = x.replacing(t)
			if f := origin(d); d.Answers.Text(oldPlace) != h.Values["number"] || f.Origin.Verified != h.Known || f.Locked != h.Known {
				t.Errorf("of %s: %q, %+v", h.ID, d.Answers.Text(oldPlace), f.Origin)
			}
		}
		if s := sources(d); len(s.Offers) != 2 || s.Taken != two.Called() {
			t.Errorf("%+v", s)
		}
		// What a person wrote down themselves is said so, and can be typed over.
		if ru := origin(d).Origin.Title.RU; !strings.Contains(ru, "внесено в «Документы»") {
			t.Error(ru)
		}
		if _, err := x.Service.TakeDocument(ctx, x.anna, rights, "doc-of-somebody"); !errors.Is(err, application.ErrNoDocument) {
			t.Errorf("a document that is not theirs: %v", err)
		}
		none := two
		none.ID, none.Values = "doc-none", map[string]string{"number": "99АВ123456"} // no number that the form takes
		*own = append(*own, none)
		if _, err := x.Service.TakeDocument(ctx, x.anna, rights, none.ID); err != nil {
			t.Fatal(err)
		}
		if d = x.replacing(t); d.Answers.Get(oldPlace) != nil {
			t.Errorf("two documents are mixed: %v", d.Answers.Get(oldPlace))
		}
	})
}

func TestADocumentThatRanOutIsNotUsedSilently(t *testing.T) {
	keeping(t, func(t *testing.T, x office, own *[]kind.Held) {
		h := x.licence("9900123456")
		h.EndsAt, h.Values["expires_at"] = x.clock.Now().Add(24*time.Hour), "2026-11-19"
		*own = []kind.Held{h}
		if d := x.replacing(t); d.Answers.Text(oldPlace) != "9900123456" {
			t.Fatal("it is valid still")
		}
		x.clock.Advance(25 * time.Hour)
		d := x.replacing(t)
		if f := origin(d); f.Locked || !f.Origin.IsZero() || d.Answers.Text(oldPlace) != "9900123456" {
			t.Errorf("it has run out meanwhile: %+v", f.Origin)
		}
		list, err := x.Service.Sources(ctx, x.anna, d, []form.Field{{Pointer: oldPlace}})
		if err != nil || len(list) != 1 || list[0].Over.String() != "2026-11-19" {
			t.Fatalf("nobody says so: %+v, %v", list, err)
		}
		if err := x.Service.Discard(ctx, x.anna, rights); err != nil {
			t.Fatal(err)
		}
		if d = x.replacing(t); d.Answers.Get(oldPlace) != nil {
			t.Fatalf("it was taken though it has run out: %v", d.Answers.Get(oldPlace))
		}
		if _, err := x.Service.TakeDocument(ctx, x.anna, rights, h.ID); err != nil {
			t.Fatal(err)
		}
		d = x.replacing(t)
		if f := origin(d); d.Answers.Text(oldPlace) != "9900123456" || f.Locked || f.Origin.Verified || !strings.Contains(f.Origin.Title.RU, "срок вышел") {
			t.Errorf("by the button: %q, %+v", d.Answers.Text(oldPlace), f.Origin)
		}
	})
}

func TestADocumentThatItsRegisterHoldsNoMoreIsNotUsedSilently(t *testing.T) {
	keeping(t, func(t *testing.T, x office, own *[]kind.Held) {
		h := x.licence("9900123456")
		*own = []kind.Held{h}
		if d := x.replacing(t); !origin(d).Locked {
			t.Fatal("its register vouches for it")
		}
		h.Known, h.Gone = false, true
		*own = []kind.Held{h}
		d := x.replacing(t)
		if f := origin(d); f.Locked || f.Origin.Verified || !strings.Contains(f.Origin.Title.RU, "больше не значится") || d.Answers.Text(oldPlace) != "9900123456" {
			t.Errorf("it is gone meanwhile: locked %v, %+v", f.Locked, f.Origin)
		}
		list, err := x.Service.Sources(ctx, x.anna, d, []form.Field{{Pointer: oldPlace}})
		if err != nil || len(list) != 1 || !list[0].Lost {
			t.Fatalf("nobody says so: %+v, %v", list, err)
		}
		if err := x.Service.Discard(ctx, x.anna, rights); err != nil {
			t.Fatal(err)
		}
		if d = x.replacing(t); d.Answers.Get(oldPlace) != nil {
			t.Errorf("it was taken though its register holds it no more: %v", d.Answers.Get(oldPlace))
		}
		// Beside one that counts there is nothing to choose.
		*own = []kind.Held{h, x.licence("9900654321")}
		if d = x.replacing(t); d.Answers.Text(oldPlace) != "9900654321" {
			t.Errorf("the one that counts was not taken: %v", d.Answers.Get(oldPlace))
		}
	})
}

func TestOfSeveralDocumentsThatSayTheSameThereIsNothingToChoose(t *testing.T) {
	keeping(t, func(t *testing.T, x office, own *[]kind.Held) {
		one, same := x.licence("9900123456"), x.licence("9900123456")
		same.ID = "doc-the-same"
		*own = []kind.Held{one, same}
		d := x.replacing(t)
		if d.Answers.Text(oldPlace) != "9900123456" {
			t.Fatalf("nothing was filled in: %v", d.Answers.Get(oldPlace))
		}
		list, err := x.Service.Sources(ctx, x.anna, d, []form.Field{{Pointer: oldPlace}})
		if err != nil || len(list) != 1 || len(list[0].Offers) != 0 {
			t.Errorf("what would fill in the same is offered: %+v, %v", list, err)
		}
	})
}

func TestWhatIsMaskedInTheWalletComesIntoAFormOnlyWhenItOpens(t *testing.T) {
	keeping(t, func(t *testing.T, x office, own *[]kind.Held) {
		h := x.licence("99 ·· ····56")
		h.Masked = true
		*own = []kind.Held{h}
		d := x.replacing(t)
		if d.Answers.Get(oldPlace) != nil {
			t.Fatal("a mask was taken for the number")
		}
		if list, err := x.Service.Sources(ctx, x.anna, d, []form.Field{{Pointer: oldPlace}}); err != nil || len(list) != 1 || !list[0].Sealed || len(list[0].Offers) != 1 {
			t.Errorf("%+v, %v", list, err)
		}
		if _, err := x.Service.TakeDocument(ctx, x.anna, rights, h.ID); !errors.Is(err, errShut) {
			t.Errorf("it is taken from a wallet that is shut: %v", err)
		}
		whole := x.licence("9900123456")
		whole.ID = h.ID
		*own = []kind.Held{whole}
		if _, err := x.Service.TakeDocument(ctx, x.anna, rights, h.ID); err != nil {
			t.Fatal(err)
		}
		if d = x.replacing(t); d.Answers.Text(oldPlace) != "9900123456" {
			t.Error(d.Answers.Get(oldPlace))
		}
		*own = []kind.Held{h} // the next day the wallet is shut again: what was taken stays
		if d = x.replacing(t); d.Answers.Text(oldPlace) != "9900123456" {
			t.Errorf("a mask was taken over the number: %v", d.Answers.Get(oldPlace))
		}
	})
}

func TestOfAChildTheFormIsFilledInFromTheChildsDocuments(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		x.Applications.Opens = func(context.Context, access.Actor) error { return nil }
		x.Wallet.Opens = x.Applications.Opens
		f := family(t, x)
		day := func(years int) string { return x.DB.Now().AddDate(years, 0, 0).Format("02.01.2006") }
		add := func(who access.Actor, number string) {
			t.Helper()
			if _, err := x.Wallet.Add(ctx, who, wallet.Entry{Kind: "international-passport", Typed: map[string]string{
				"document_number": number, "document_issued_at": day(0), "document_expires_at": day(4), "document_issued_by": "МВД 77001"}}); err != nil {
				t.Fatal(err)
			}
		}
		add(f.mother, "71 1111111")
		add(f.forChild(f.mother), "71 2222222")
		for who, want := range map[string]access.Actor{"711111111": f.mother, "712222222": f.forChild(f.mother)} {
			d, err := x.Applications.Begin(ctx, want, abroad)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.ReplaceAll(d.Answers.Text("/previous/number"), " ", ""); got != who {
				t.Errorf("%q, want %q", got, who)
			}
		}
	})
}
