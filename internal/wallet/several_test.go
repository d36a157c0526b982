package wallet_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/store"
	"okno/internal/wallet"
	"okno/internal/wallet/kind"
)

// paper is a paper of a car as the traffic police give it.
func paper(which, number, vin string) map[string]string {
	return map[string]string{"paper": which, "number": number, "model": "LADA Vesta", "plate": "А123ВС77", "vin": vin, "issued_at": "2024-03-01"}
}

func all(documents ...map[string]string) wallet.Answer {
	return wallet.Answer{Outcome: wallet.Found, Documents: documents}
}

// state is how the vehicles' papers of Anna stand, in a word each: the version, the number, what the register says.
func (d *desk) state(t *testing.T) []string {
	t.Helper()
	list, err := d.List(ctx, d.anna)
	must(t, err)
	var out []string
	for _, x := range list {
		open, err := d.Open(ctx, d.anna, x.ID)
		must(t, err)
		out = append(out, strings.Join([]string{open.Values["number"], string(rune('0' + x.Number)), string(x.Register)}, " "))
	}
	slices.Sort(out)
	return out
}

func TestARegisterGivesSeveralDocumentsAndEachIsKeptApart(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		ask := func(a wallet.Answer, err error, want ...string) {
			t.Helper()
			d.clock.Advance(time.Hour) // not too often
			d.cars.says(a, err)
			must(t, d.Ask(ctx, d.anna, "vehicle"))
			d.ask(t)
			if got := d.state(t); !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
		}
		lada, toyota := "XTA210990Y2766389", "XW7BF4FK0J1234545"
		ask(all(paper("certificate", "9911123456", lada), paper("passport", "164301012345678", lada)), nil, "164301012345678 1 known", "9911123456 1 known")
		// A new certificate of the car is a version of the former, and a second car has papers of its own.
		ask(all(paper("certificate", "9922654321", lada), paper("passport", "164301012345678", lada), paper("certificate", "9933000001", toyota), paper("passport", "164301000000001", toyota)), nil,
			"164301000000001 1 known", "164301012345678 1 known", "9922654321 2 known", "9933000001 1 known")
		// While the register is away nothing changes.
		d.cars.says(wallet.Answer{}, errors.New("unavailable"))
		must(t, d.Ask(ctx, d.anna, "vehicle"))
		d.ask(t)
		if r, err := d.Requests(ctx, d.anna); err != nil || r["vehicle"].State != wallet.Asking || r["vehicle"].Tries != 1 || len(d.state(t)) != 4 {
			t.Errorf("%+v %v %q", r, err, d.state(t))
		}
		// The first is sold: the register names it no more, and it stays to be seen.
		d.cars.says(all(paper("certificate", "9933000001", toyota), paper("passport", "164301000000001", toyota)), nil)
		d.ask(t)
		if got, want := d.state(t), []string{"164301000000001 1 known", "164301012345678 1 gone", "9922654321 2 gone", "9933000001 1 known"}; !slices.Equal(got, want) {
			t.Errorf("sold: %q, want %q", got, want)
		}
		ask(wallet.Answer{Outcome: wallet.None}, nil, "164301000000001 1 gone", "164301012345678 1 gone", "9922654321 2 gone", "9933000001 1 gone")
		list, err := d.List(ctx, d.anna)
		if err != nil || !slices.ContainsFunc(list, func(x wallet.Document) bool { return x.Title().EN == "Registration certificate" }) {
			t.Errorf("a paper of a car is called by what it is: %+v %v", list, err)
		}
	})
}

// What somebody typed is theirs: a register's word about the same car under another number is a document beside it.
func TestARegisterDoesNotWriteOverWhatSomebodyTyped(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		_, err := d.Add(ctx, d.anna, wallet.Entry{Kind: "vehicle", Typed: map[string]string{"document_paper": "certificate", "document_number": "99 11 123456", "document_vin": "XTA210990Y2766389"}})
		must(t, err)
		d.cars.says(all(paper("certificate", "9922654321", "XTA210990Y2766389")), nil)
		must(t, d.Ask(ctx, d.anna, "vehicle"))
		d.ask(t)
		if got, want := d.state(t), []string{"9911123456 1 ", "9922654321 1 known"}; !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

// What somebody removed stays removed, however often the portal asks by itself and whichever number the register has for it now; what is there
// is refreshed, and whoever asks gets all of it.
func TestARemovedDocumentComesBackOnlyToWhoeverAsksForIt(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		lada, toyota := "XTA210990Y2766389", "XW7BF4FK0J1234545"
		held := all(paper("certificate", "9911123456", lada), paper("passport", "164301012345678", lada))
		d.cars.says(held, nil)
		must(t, d.Ask(ctx, d.anna, "vehicle"))
		d.ask(t)
		list, err := d.List(ctx, d.anna)
		must(t, err)
		removed := list[slices.IndexFunc(list, func(x wallet.Document) bool { return x.Values["paper"] == "certificate" })]
		if given, err := d.Given(ctx, d.anna, removed.ID); err != nil || !given {
			t.Errorf("%t %v", given, err)
		}
		must(t, d.Remove(ctx, d.anna, removed.ID))
		if _, err := d.Get(ctx, d.anna, removed.ID); !errors.Is(err, wallet.ErrMissing) {
			t.Errorf("removed: %v", err)
		}
		again := func(a wallet.Answer, want ...string) {
			t.Helper()
			d.cars.says(a, nil)
			d.clock.Advance(31 * 24 * time.Hour)
			must(t, d.Refresh(ctx))
			d.ask(t)
			if got := d.state(t); !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
		}
		again(held, "164301012345678 1 known")
		again(all(paper("certificate", "9922654321", lada), paper("passport", "164301012345678", lada), paper("certificate", "9933000001", toyota)), "164301012345678 1 known", "9933000001 1 known")
		var kept []string
		must(t, d.Export(ctx, d.World.DB, d.anna.ID, func(table string, row any) error {
			if text, err := json.Marshal(row); err != nil || strings.Contains(string(text), "9911123456") {
				kept = append(kept, table+" "+string(text))
				return err
			}
			return nil
		}))
		if len(kept) != 1 || !strings.HasPrefix(kept[0], "wallet_version") || strings.Contains(kept[0], "LADA") {
			t.Errorf("of what was removed is kept %q", kept)
		}
		d.World.Policy.Wallet.Most = 3 // one more than are there
		d.add(t, wallet.Entry{Kind: "other", Typed: map[string]string{"document_title": "Диплом"}})
		d.World.Policy.Wallet.Most = 50
		must(t, d.Ask(ctx, d.anna, "vehicle"))
		d.ask(t)
		if got, want := d.state(t), []string{" 1 ", "164301012345678 1 known", "9922654321 1 known", "9933000001 1 known"}; !slices.Equal(got, want) {
			t.Errorf("asked for: %q, want %q", got, want)
		}
	})
}

// Whoever looks at one car and wants it as it is now has not asked for those that they removed.
func TestAnUpdateOfOneDocumentDoesNotBringBackOthersThatWereRemoved(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		lada, toyota := "XTA210990Y2766389", "XW7BF4FK0J1234545"
		d.cars.says(all(paper("certificate", "9911123456", lada), paper("certificate", "9933000001", toyota)), nil)
		must(t, d.Ask(ctx, d.anna, "vehicle"))
		d.ask(t)
		removed := func(want bool) {
			t.Helper()
			if r, err := d.Requests(ctx, d.anna); err != nil || r["vehicle"].Removed != want {
				t.Errorf("%+v %v, want removed %t", r, err, want)
			}
		}
		removed(false)
		must(t, d.Remove(ctx, d.anna, d.at(t, "9933000001").ID))
		removed(true)
		d.cars.says(all(paper("certificate", "9922654321", lada), paper("certificate", "9933000001", toyota)), nil)
		must(t, d.Update(ctx, d.anna, "vehicle"))
		d.ask(t)
		if got, want := d.state(t), []string{"9922654321 2 known"}; !slices.Equal(got, want) {
			t.Errorf("updated: %q, want %q", got, want)
		}
		removed(true)
		must(t, d.Ask(ctx, d.anna, "vehicle"))
		d.ask(t)
		if got, want := d.state(t), []string{"9922654321 2 known", "9933000001 1 known"}; !slices.Equal(got, want) {
			t.Errorf("asked for: %q, want %q", got, want)
		}
		removed(false)
	})
}

// at is Anna's document of a vehicle with that number, whole.
func (d *desk) at(t *testing.T, number string) wallet.Document {
	t.Helper()
	list, err := d.List(ctx, d.anna)
	must(t, err)
	for _, x := range list {
		open, err := d.Open(ctx, d.anna, x.ID)
		must(t, err)
		if open.Values["number"] == number {
			return open
		}
	}
	t.Fatalf("there is no %s", number)
	return wallet.Document{}
}

// retyped has Anna type another number and another car there, with a scan if there is one.
func (d *desk) retyped(t *testing.T, was wallet.Document, number, vin string, scan *wallet.Scan) wallet.Document {
	t.Helper()
	out, err := d.Change(ctx, d.anna, was.ID, was.Number, wallet.Entry{Kind: "vehicle", Typed: map[string]string{"document_paper": "certificate", "document_number": number, "document_vin": vin}, Scan: scan})
	if err != nil {
		t.Fatal(err, names(err))
	}
	return out
}

// A removed document is remembered as its register told it, however its owner wrote over that, and however often.
func TestARemovedDocumentStaysRemovedWhateverItsOwnerMadeOfIt(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		lada, toyota := "XTA210990Y2766389", "XW7BF4FK0J1234545"
		d.World.Policy.Wallet.Versions = 2
		stays := func(said string, a wallet.Answer) {
			t.Helper()
			d.cars.says(a, nil)
			d.clock.Advance(31 * 24 * time.Hour)
			must(t, d.Refresh(ctx))
			d.ask(t)
			if got, want := d.state(t), []string{"9944000001 1 known"}; !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q", said, got, want)
			}
		}
		held := all(paper("certificate", "9911123456", lada), paper("certificate", "9944000001", "XW7BF4FK0J1234546"))
		d.cars.says(held, nil)
		must(t, d.Ask(ctx, d.anna, "vehicle"))
		d.ask(t)
		doc := d.retyped(t, d.at(t, "9911123456"), "9922654321", toyota, nil)
		must(t, d.Remove(ctx, d.anna, doc.ID))
		stays("changed once", held)

		must(t, d.Ask(ctx, d.anna, "vehicle"))
		d.ask(t)
		doc = d.retyped(t, d.at(t, "9911123456"), "9922000001", toyota, &wallet.Scan{Name: "стс.jpg", Data: photo(t)})
		doc, err := d.Change(ctx, d.anna, doc.ID, doc.Number, wallet.Entry{Kind: "vehicle", Bare: true, Typed: map[string]string{"document_paper": "certificate", "document_number": "9922000002"}})
		must(t, err)
		for _, number := range []string{"9922000003", "9922000004"} {
			doc = d.retyped(t, doc, number, toyota, nil)
		}
		var kept []int64
		versions, err := d.Versions(ctx, d.anna, doc.ID)
		must(t, err)
		for _, v := range versions {
			kept = append(kept, v.Number)
		}
		var left int
		must(t, d.World.DB.QueryRow(ctx, `SELECT count(*) FROM file`).Scan(&left))
		if !slices.Equal(kept, []int64{5, 4, 1}) || left != 0 {
			t.Errorf("the versions %d are kept, and %d files of those that are not", kept, left)
		}
		if given, err := d.Given(ctx, d.anna, doc.ID); err != nil || !given {
			t.Errorf("it is forgotten that a register gave it: %t %v", given, err)
		}
		must(t, d.Remove(ctx, d.anna, doc.ID))
		stays("changed more often than versions are kept", held)
	})
}

// Of what registers told one version is kept for that, the last; a scan that it shows is kept with it.
func TestOfWhatARegisterToldTheLastIsKept(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		lada := "XTA210990Y2766389"
		d.World.Policy.Wallet.Versions = 2
		d.add(t, wallet.Entry{Kind: "vehicle", Typed: map[string]string{"document_paper": "certificate", "document_number": "9911123456", "document_vin": lada}, Scan: &wallet.Scan{Name: "стс.jpg", Data: photo(t)}})
		for _, number := range []string{"9911123456", "9922654321"} { // as typed, with more; then another
			d.cars.says(all(paper("certificate", number, lada)), nil)
			must(t, d.Ask(ctx, d.anna, "vehicle"))
			d.ask(t)
		}
		doc := d.at(t, "9922654321")
		doc, err := d.Change(ctx, d.anna, doc.ID, doc.Number, wallet.Entry{Kind: "vehicle", Bare: true, Typed: map[string]string{"document_paper": "certificate", "document_number": "9922654321"}})
		must(t, err)
		for _, number := range []string{"9922000003", "9922000004"} {
			doc = d.retyped(t, doc, number, lada, nil)
		}
		var kept []int64
		versions, err := d.Versions(ctx, d.anna, doc.ID)
		must(t, err)
		for _, v := range versions {
			kept = append(kept, v.Number)
		}
		if !slices.Equal(kept, []int64{6, 5, 3}) {
			t.Errorf("the versions %d are kept", kept)
		}
		if _, _, err := d.OpenScan(ctx, d.anna, doc.ID, 3); err != nil {
			t.Errorf("the scan of a version that is kept: %v", err)
		}
	})
}

// ADR 24: what a parent does for a child is done in the child's account.
func TestAChildsDocumentsAreTheChildsAndAParentKeepsThem(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		son := d.person(t, "+79120000002")
		must(t, d.World.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := d.World.Accounts.Update(ctx, tx, son.ID, func(a *account.Account) error {
				a.Level, a.Profile.SNILS = access.Standard, ""
				return nil
			})
			return err
		}))
		d.guarded = map[string]bool{son.ID: true}
		mother := d.anna.Acting(son.ID, access.Child)
		d.births.says(all(map[string]string{"series": "II-МЮ", "number": "123456", "issued_at": "2020-05-20", "issued_by": "ЗАГС"}), nil)
		must(t, d.Ask(ctx, mother, "birth-certificate"))
		asked := func() {
			t.Helper()
			var request string
			must(t, d.World.DB.QueryRow(ctx, `SELECT id FROM wallet_request WHERE account_id = $1`, son.ID).Scan(&request))
			must(t, d.Do(ctx, wallet.AskRegister{Request: request}))
		}
		asked()
		if q := d.births.asked[0]; q.Certificate.Number != "123456" || q.SNILS != "" {
			t.Errorf("asked about %+v", q)
		}
		list, err := d.List(ctx, mother)
		if err != nil || len(list) != 1 || list[0].Values["number"] == "123456" || list[0].Register != wallet.Known {
			t.Fatalf("%+v %v", list, err)
		}
		if mine, err := d.List(ctx, d.anna); err != nil || len(mine) != 0 {
			t.Errorf("it stands among the mother's own: %+v %v", mine, err)
		}
		if _, err := d.Open(ctx, d.anna, list[0].ID); !errors.Is(err, wallet.ErrMissing) {
			t.Errorf("who does not act for the child opens it: %v", err)
		}
		if x, err := d.Open(ctx, mother, list[0].ID); err != nil || x.Values["number"] != "123456" {
			t.Errorf("%+v %v", x, err)
		}
		// Into the child's application goes the child's, and of the mother's own what she keeps as somebody's.
		his := wallet.Entry{Kind: "birth-certificate", Typed: map[string]string{"document_series": "II-МЮ", "document_number": "654321", "document_issued_at": "01.02.2020", "document_issued_by": "ЗАГС", kind.Holder: "сын"}, Scan: &wallet.Scan{Name: "с.jpg", Data: photo(t)}}
		kept, err := d.Add(ctx, d.anna, his)
		must(t, err)
		his.Typed = map[string]string{"document_series": "II-МЮ", "document_number": "777777", "document_issued_at": "01.06.1985", "document_issued_by": "ЗАГС"}
		hers, err := d.Add(ctx, d.anna, his)
		must(t, err)
		offered, err := d.Offered(ctx, mother, "birth-certificate")
		if err != nil || len(offered) != 2 || offered[0].ID != list[0].ID || offered[1].ID != kept.ID {
			t.Errorf("%+v %v", offered, err)
		}
		to := wallet.Slot{Service: "mvd.passport", ID: "birth"}
		must(t, d.PutInto(ctx, mother, list[0].ID, to))
		must(t, d.PutInto(ctx, mother, kept.ID, to))
		if err := d.PutInto(ctx, mother, hers.ID, to); !errors.Is(err, wallet.ErrMissing) {
			t.Errorf("her own certificate goes into the child's application: %v", err)
		}
		if uses, err := d.Uses(ctx, mother, list[0].ID); err != nil || len(uses) != 1 {
			t.Errorf("%+v %v", uses, err)
		}
		// Nobody may act for the child any more: the register is asked no more.
		d.guarded = nil
		must(t, d.Ask(ctx, mother, "birth-certificate")) // begun before
		asked()
		if r, err := d.Requests(ctx, mother); err != nil || r["birth-certificate"].State != wallet.Barred || len(d.births.asked) != 1 {
			t.Errorf("%+v %v, asked %d times", r, err, len(d.births.asked))
		}
	})
}
