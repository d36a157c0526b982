package original_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/connector/clamd"
	"okno/internal/connector/clamd/clamdtest"
	"okno/internal/connector/roadtest"
	"okno/internal/fault"
	"okno/internal/files"
	"okno/internal/form"
	"okno/internal/jobs"
	"okno/internal/keyring"
	"okno/internal/original"
	"okno/internal/sandbox"
	"okno/internal/sandbox/specimen"
	"okno/internal/scan"
	"okno/internal/signin"
	"okno/internal/store"
	"okno/internal/system"
	"okno/internal/system/systemtest"
	"okno/internal/verification"
)

var ctx = context.Background()

var operator = access.Actor{Kind: access.Staff, ID: "operator-one", Role: access.Centre, Unit: "mfc-1"}

// each runs body on the whole portal of a demo, on both engines.
var each = systemtest.Each

// newcomer is the person of the demo who has typed nothing but a name; resident is who they are.
func newcomer(t *testing.T, x *system.System) (access.Actor, sandbox.Resident) {
	t.Helper()
	known, err := x.Known()
	if err != nil {
		t.Fatal(err)
	}
	p := known.People[3]
	who := access.Actor{Kind: access.Person, ID: p.ID, Level: access.Simplified, AuthAt: x.DB.Now(), Methods: "pwd sms"}
	for _, r := range x.World.People() {
		if r.GivenName+" "+r.Surname == p.Name {
			return who, r
		}
	}
	t.Fatal("no resident is called so")
	return who, sandbox.Resident{}
}

// another is somebody else who has an account.
func another(t *testing.T, x *system.System) access.Actor {
	t.Helper()
	known, err := x.Known()
	if err != nil {
		t.Fatal(err)
	}
	return access.Actor{Kind: access.Person, ID: known.People[0].ID, Level: access.Confirmed, AuthAt: x.DB.Now(), Methods: "pwd sms"}
}

type drawing func(specimen.Person, specimen.Style) (*image.RGBA, error)

func bearer(r sandbox.Resident) specimen.Person {
	return specimen.Person{Surname: r.Surname, GivenName: r.GivenName, Patronymic: r.Patronymic, Sex: r.Sex, BirthDate: r.BirthDate, BirthPlace: r.BirthPlace,
		Series: r.Passport.Series, Number: r.Passport.Number, IssuedAt: r.Passport.IssuedAt, IssuedBy: r.Passport.IssuedBy, DepartmentCode: r.Passport.DepartmentCode,
		Address: r.Address, SNILS: r.SNILS, INN: r.INN}
}

// picture draws a paper of the resident and takes a picture of it.
func picture(t *testing.T, r sandbox.Resident, draw drawing, d specimen.Defect) []byte {
	t.Helper()
	fonts := specimen.Fonts{Modules: "../../node_modules"}
	text, err := fonts.Text("golos")
	if err != nil {
		t.Fatal(err)
	}
	zone, err := fonts.Zone("ocr-b")
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := draw(bearer(r), specimen.Style{Text: text, MRZ: zone, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	shot, err := specimen.Shot(sheet, d, 5)
	if err != nil {
		t.Fatal(err)
	}
	return shot
}

func send(t *testing.T, x *system.System, who access.Actor, k original.Kind, data []byte) original.Original {
	t.Helper()
	o, err := x.Originals.Send(ctx, who, original.Page{Kind: k, Name: "снимок.jpg", Data: data})
	if err != nil {
		t.Fatal(err, fields(err))
	}
	if o.State != original.Waiting {
		t.Fatalf("it was %s before a job could come by", o.State)
	}
	return o
}

// settled waits until the job has come by.
func settled(t *testing.T, x *system.System, who access.Actor, id string) original.Original {
	t.Helper()
	for range 1200 {
		all, err := x.Originals.Mine(ctx, who)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range all {
			if o.ID == id && o.Settled() {
				return o
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("it is not read")
	return original.Original{}
}

func fields(err error) []fault.Field {
	if f, ok := fault.Of(err); ok {
		return f.Fields
	}
	return nil
}

func dotted(iso string) string { return iso[8:] + "." + iso[5:7] + "." + iso[:4] }

// fill types the person's papers.
func fill(t *testing.T, x *system.System, who access.Actor, r sandbox.Resident) {
	t.Helper()
	p := verification.Papers{Surname: r.Surname, GivenName: r.GivenName, Patronymic: r.Patronymic, BirthDate: dotted(r.BirthDate), Sex: map[string]string{"male": "m", "female": "f"}[r.Sex],
		SNILS: r.SNILS, INN: r.INN, Document: roadtest.Document(r), Address: r.Address}
	for _, step := range verification.Steps() {
		if _, err := x.Verification.Fill(ctx, who, step, p); err != nil {
			t.Fatal(step, err, fields(err))
		}
	}
}

func own(t *testing.T, x *system.System, who access.Actor) verification.Papers {
	t.Helper()
	p, err := x.Originals.Typed(ctx, who)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// LVL-4, LVL-11.
func TestAnOriginalIsReadByAJobAndComparedFieldByFieldWithWhatIsTyped(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		if !x.Verification.CanRead() {
			t.Fatal("Tesseract with Russian and poppler are not installed: scripts/need")
		}
		who, r := newcomer(t, x)
		passport := send(t, x, who, original.Passport, picture(t, r, specimen.Photo, specimen.None))
		snils := send(t, x, who, original.SNILS, picture(t, r, specimen.Insurance, specimen.None))
		inn := send(t, x, who, original.INN, picture(t, r, specimen.Taxpayer, specimen.None))
		passport, snils, inn = settled(t, x, who, passport.ID), settled(t, x, who, snils.ID), settled(t, x, who, inn.ID)
		for _, o := range []original.Original{passport, snils, inn} {
			if o.State != original.Read {
				t.Fatalf("%s is %s %s", o.Kind, o.State, o.Reason)
			}
		}
		if m := snils.Beside(own(t, x, who)); len(m.Equal)+len(m.Differs) > 0 {
			t.Errorf("nothing was typed, and yet %+v", m)
		}
		fill(t, x, who, r)
		typed := own(t, x, who)
		want := []scan.Field{scan.Surname, scan.GivenName, scan.Patronymic, scan.BirthDate, scan.Sex, scan.Series, scan.Number, scan.IssuedAt, scan.IssuedBy, scan.DepartmentCode}
		if r.Patronymic == "" {
			want = slices.DeleteFunc(want, func(f scan.Field) bool { return f == scan.Patronymic })
		}
		if m := passport.Beside(typed); len(m.Differs) > 0 || !slices.Equal(m.Equal, want) {
			t.Errorf("passport: %+v of %+v", m, passport.Fields)
		}
		if m := snils.Beside(typed); len(m.Differs) > 0 || !slices.Equal(m.Equal, []scan.Field{scan.InsuranceNumber}) {
			t.Errorf("SNILS: %+v", m)
		}
		if m := inn.Beside(typed); len(m.Differs) > 0 || !slices.Equal(m.Equal, []scan.Field{scan.TaxNumber}) {
			t.Errorf("INN: %+v", m)
		}
		typed.Document.Number, typed.Surname, typed.INN = "000000", "Другая", ""
		if m := passport.Beside(typed); !slices.Equal(m.Differs, []scan.Field{scan.Surname, scan.Number}) {
			t.Errorf("beside other things typed: %+v", m)
		}
		if m := inn.Beside(typed); len(m.Differs) > 0 {
			t.Errorf("what was not typed differs: %+v", m)
		}
		typed.Document.Kind = form.InternationalPassport // somebody may go by another paper than the one they send
		if m := passport.Beside(typed); !slices.Equal(m.Differs, []scan.Field{scan.Surname}) {
			t.Errorf("beside another kind of document: %+v", m)
		}
	})
}

func TestWhatNobodyCouldReadIsRefusedWithItsReasonAndErasedLater(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, r := newcomer(t, x)
		for _, c := range []struct {
			kind   original.Kind
			draw   drawing
			defect specimen.Defect
			state  original.State
			reason scan.Reason
		}{
			{original.Passport, specimen.Photo, specimen.Defocus, original.Refused, scan.Blur},
			{original.Passport, specimen.Registration, specimen.None, original.Refused, scan.WrongPage},
			{original.Registration, specimen.Registration, specimen.None, original.Kept, ""},
			{original.Registration, specimen.Photo, specimen.None, original.Refused, scan.WrongPage},
			{original.Licence, specimen.Letter, specimen.Glare, original.Refused, scan.Glare},
			{original.Licence, specimen.Letter, specimen.None, original.Kept, ""},
			{original.Birth, specimen.Letter, specimen.Small, original.Refused, scan.LowResolution},
			{original.SNILS, specimen.Letter, specimen.None, original.Kept, ""}, // a form that the reader does not know
		} {
			o := settled(t, x, who, send(t, x, who, c.kind, picture(t, r, c.draw, c.defect)).ID)
			if o.State != c.state || o.Reason != c.reason || len(o.Fields) > 0 {
				t.Errorf("%s, %s: %s %q with %d fields, want %s %q", c.kind, c.defect, o.State, o.Reason, len(o.Fields), c.state, c.reason)
			}
		}
		if err := x.Originals.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		count := func() (refused, all, kept int) {
			list, err := x.Originals.Mine(ctx, who)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range list {
				if o.State == original.Refused {
					refused++
				}
			}
			if err := x.DB.QueryRow(ctx, `SELECT count(*) FROM file WHERE owner = $1`, who.ID).Scan(&kept); err != nil {
				t.Fatal(err)
			}
			return refused, len(list), kept
		}
		if refused, all, kept := count(); refused != 5 || all != 8 || kept != 8 {
			t.Errorf("at once %d of %d refused ones are there, with %d files", refused, all, kept)
		}
		x.Policy.Originals.KeepRefused = -time.Second // as if the days had passed
		if err := x.Originals.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		if refused, all, kept := count(); refused != 0 || all != 3 || kept != 3 {
			t.Errorf("after its time %d of %d refused ones are there, with %d files", refused, all, kept)
		}
	})
}

// noted is a picture with something that its maker noted.
func noted(t *testing.T) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 700, 700))
	for i := range m.Pix {
		m.Pix[i] = 200
	}
	m.SetGray(3, 3, color.Gray{Y: 1})
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, nil); err != nil {
		t.Fatal(err)
	}
	note := "\xff\xfe\x00\x18taken in Kozelsk today" // a comment of 22 bytes
	return append([]byte("\xff\xd8"+note), out.Bytes()[2:]...)
}

func TestWhatIsKeptIsCleanedAndSealedAndOpensForItsOwnerAlone(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, _ := newcomer(t, x)
		data := noted(t)
		o := send(t, x, who, original.Foreign, data)
		f, body, err := x.Originals.Open(ctx, who, o.ID)
		if err != nil || f.Media != files.JPEG || f.Owner != who.ID {
			t.Fatalf("%+v, %v", f, err)
		}
		got, err := io.ReadAll(body)
		if err != nil || bytes.Contains(got, []byte("Kozelsk")) || len(got) == 0 {
			t.Errorf("where it was taken is kept: %d bytes, %v", len(got), err)
		}
		before, alone := who, who
		before.AuthAt, alone.Methods = x.DB.Now().Add(-x.Policy.Session.Fresh), "pwd"
		for _, who := range []access.Actor{before, alone} {
			if _, _, err := x.Originals.Open(ctx, who, o.ID); !errors.Is(err, signin.ErrSealed) {
				t.Errorf("it opens to a session of %q of %s: %v", who.Methods, who.AuthAt, err)
			}
		}
		if _, _, err := x.Originals.Open(ctx, another(t, x), o.ID); !errors.Is(err, original.ErrMissing) {
			t.Errorf("somebody else opens it: %v", err)
		}
		if err := x.Originals.Delete(ctx, another(t, x), o.ID); !errors.Is(err, original.ErrMissing) {
			t.Errorf("somebody else deletes it: %v", err)
		}
		if _, err := x.Originals.Send(ctx, another(t, x), original.Page{ID: o.ID, Kind: original.Foreign, Name: "x.jpg", Data: data}); !errors.Is(err, original.ErrMissing) {
			t.Errorf("somebody else sends under its name: %v", err)
		}
		for _, who := range []access.Actor{{}, operator} {
			if _, err := x.Originals.Mine(ctx, who); err == nil {
				t.Errorf("%q has originals", who.Kind)
			}
			if _, _, err := x.Originals.Open(ctx, who, o.ID); err == nil {
				t.Errorf("%q opens it", who.Kind)
			}
		}
		settled(t, x, who, o.ID)
		if err := x.DB.Write(ctx, func(tx *store.Tx) error { return x.Ring.Forget(ctx, tx, who.ID) }); err != nil {
			t.Fatal(err)
		}
		if _, _, err := x.Originals.Open(ctx, who, o.ID); err == nil {
			t.Error("it opens after the key was destroyed")
		}
		if _, err := x.Originals.Mine(ctx, who); !errors.Is(err, keyring.ErrNoKey) {
			t.Errorf("what was read opens after the key was destroyed: %v", err)
		}
	})
}

func TestAFileThatIsWrongIsRefusedInWordsBeforeAnythingIsKept(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, _ := newcomer(t, x)
		good := noted(t)
		x.Policy.Uploads.MaxSize = 100_000
		wide := bytes.Clone(good) // says of itself that it has 65,000 lines of 65,000
		at := bytes.Index(wide, []byte("\xff\xc0"))
		copy(wide[at+5:], "\xfd\xe8\xfd\xe8")
		for _, c := range []struct {
			field, key string
			page       original.Page
		}{
			{"original", "original.file_missing", original.Page{Kind: original.Passport}},
			{"original", "original.file_large", original.Page{Kind: original.Passport, Data: append([]byte("\xff\xd8\xff"), make([]byte, 100_000)...)}},
			{"original", "original.file_type", original.Page{Kind: original.Passport, Name: "passport.jpg", Data: []byte("GIF89a not a picture of ours")}},
			{"original", "original.file_broken", original.Page{Kind: original.Passport, Data: []byte("\x89PNG\r\n\x1a\nno picture")}},
			{"original", "original.file_pixels", original.Page{Kind: original.Passport, Data: wide}},
			{"original", "original.file_active", original.Page{Kind: original.Passport, Data: []byte("%PDF-1.4\n1 0 obj<</S/JavaScript/JS(x)>>endobj\n%%EOF")}},
			{"kind", "original.kind_missing", original.Page{Kind: "photo", Data: good}},
		} {
			_, err := x.Originals.Send(ctx, who, c.page)
			if f := fields(err); len(f) != 1 || f[0].Name != c.field || f[0].Key != c.key {
				t.Errorf("%s: %v %+v", c.key, err, f)
			}
		}
		d := clamdtest.Start(t)
		scanner, err := clamd.New(clamd.Config{Addr: d.TCP})
		if err != nil {
			t.Fatal(err)
		}
		x.Files.Scanner = scanner
		if _, err := x.Originals.Send(ctx, who, original.Page{Kind: original.Passport, Data: []byte("%PDF-1.4\n" + clamdtest.EICAR())}); len(fields(err)) != 1 || fields(err)[0].Key != "original.file_infected" {
			t.Errorf("malware: %v %+v", err, fields(err))
		}
		d.Stop()
		if _, err := x.Originals.Send(ctx, who, original.Page{Kind: original.Passport, Data: good}); !errors.Is(err, original.ErrLater) {
			t.Errorf("nobody looks through it: %v", err)
		}
		var kept int
		if err := x.DB.QueryRow(ctx, `SELECT count(*) FROM file WHERE owner = $1`, who.ID).Scan(&kept); err != nil || kept != 0 {
			t.Errorf("%d files are kept, %v", kept, err)
		}
	})
}

func TestAFileLargerThanAnyFileMayBeIsCalledLargeWhateverThePolicyTakes(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, _ := newcomer(t, x)
		x.Policy.Uploads.MaxSize = 50_000_000
		long := append([]byte("%PDF-1.4\n1 0 obj<</Type/Page>>endobj\n"), bytes.Repeat([]byte("\n"), files.MaxSize)...)
		_, err := x.Originals.Send(ctx, who, original.Page{Kind: original.Passport, Data: long})
		if f := fields(err); len(f) != 1 || f[0].Key != "original.file_large" || !slices.Equal(f[0].Args, []any{"max", int64(20)}) {
			t.Errorf("%v %+v", err, f)
		}
	})
}

func TestAFormSentTwiceIsOneOriginalAndAnotherInItsPlaceLeavesNothingBehind(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, _ := newcomer(t, x)
		data := noted(t)
		page := original.Page{ID: "01arz3ndektsv4rrffq69g5fav", Kind: original.Licence, Name: "a.jpg", Data: data}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if o, err := x.Originals.Send(ctx, who, page); err != nil || o.ID != page.ID {
					t.Errorf("sent twice: %+v, %v", o, err)
				}
			})
		}
		wg.Wait()
		all, err := x.Originals.Mine(ctx, who)
		if err != nil || len(all) != 1 {
			t.Fatalf("%d originals of one form, %v", len(all), err)
		}
		next, err := x.Originals.Send(ctx, who, original.Page{Kind: original.Licence, Name: "b.jpg", Data: data, Instead: page.ID})
		if err != nil {
			t.Fatal(err)
		}
		if all, err = x.Originals.Mine(ctx, who); err != nil || len(all) != 1 || all[0].ID != next.ID {
			t.Errorf("%+v, %v", all, err)
		}
		if _, err := x.Originals.Send(ctx, another(t, x), original.Page{Kind: original.Licence, Name: "b.jpg", Data: data, Instead: next.ID}); err != nil {
			t.Errorf("in the place of what is not there for them: %v", err)
		}
		if _, _, err := x.Originals.Open(ctx, who, next.ID); err != nil {
			t.Errorf("somebody else replaced it: %v", err)
		}
		settled(t, x, who, next.ID)
		if err := x.Originals.Delete(ctx, who, next.ID); err != nil {
			t.Fatal(err)
		}
		if err := x.Originals.Delete(ctx, who, next.ID); !errors.Is(err, original.ErrMissing) {
			t.Errorf("deleted twice: %v", err)
		}
		var kept int
		if err := x.DB.QueryRow(ctx, `SELECT count(*) FROM file WHERE owner = $1`, who.ID).Scan(&kept); err != nil || kept != 0 {
			t.Errorf("%d files are kept, %v", kept, err)
		}
	})
}

func TestSoManyOriginalsAreTakenAndNoMore(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, _ := newcomer(t, x)
		x.Policy.Originals.Most, x.Policy.Originals.PerPerson.Max = 2, 4
		data := noted(t)
		for range 2 {
			send(t, x, who, original.Birth, data)
		}
		if _, err := x.Originals.Send(ctx, who, original.Page{Kind: original.Birth, Data: data}); !errors.Is(err, original.ErrMany) {
			t.Errorf("one more than are kept: %v", err)
		}
		all, err := x.Originals.Mine(ctx, who)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.Originals.Send(ctx, who, original.Page{Kind: original.Birth, Data: data, Instead: all[0].ID}); err != nil {
			t.Errorf("in the place of one: %v", err)
		}
		if _, err := x.Originals.Send(ctx, who, original.Page{Kind: original.Birth, Data: data, Instead: all[1].ID}); fault.KindOf(err) != fault.TooMany {
			t.Errorf("one more than are taken in an hour: %v", err)
		}
	})
}

// OPS-1: beside the person.
func TestAnOperatorSeesTheOriginalsWhileTheProofIsOpenAndThePersonReadsOfEveryLook(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, r := newcomer(t, x)
		o := settled(t, x, who, send(t, x, who, original.SNILS, picture(t, r, specimen.Insurance, specimen.None)).ID)
		visit, err := x.Verification.VisitCode(ctx, who)
		if err != nil {
			t.Fatal(err)
		}
		p, err := x.Verification.Open(ctx, operator, visit.Code)
		if err != nil {
			t.Fatal(err)
		}
		_, all, err := x.Originals.OfProof(ctx, operator, p.ID)
		if err != nil || len(all) != 1 || all[0].ID != o.ID || all[0].Fields[scan.InsuranceNumber].Text == "" {
			t.Fatalf("%+v, %v", all, err)
		}
		if f, body, err := x.Originals.OpenAt(ctx, operator, p.ID, o.ID); err != nil || f.Media != files.JPEG || body.Len() == 0 {
			t.Errorf("%+v, %v", f, err)
		}
		elsewhere := operator
		elsewhere.Unit = "mfc-2"
		others := settled(t, x, another(t, x), send(t, x, another(t, x), original.Birth, noted(t)).ID)
		for name, look := range map[string]func() error{
			"another centre's list":   func() error { _, _, err := x.Originals.OfProof(ctx, elsewhere, p.ID); return err },
			"another centre":          func() error { _, _, err := x.Originals.OpenAt(ctx, elsewhere, p.ID, o.ID); return err },
			"another person's":        func() error { _, _, err := x.Originals.OpenAt(ctx, operator, p.ID, others.ID); return err },
			"the person, at the desk": func() error { _, _, err := x.Originals.OpenAt(ctx, who, p.ID, o.ID); return err },
			"an officer": func() error {
				_, _, err := x.Originals.OfProof(ctx, access.Actor{Kind: access.Staff, ID: "o", Role: access.Officer, Unit: operator.Unit}, p.ID)
				return err
			},
		} {
			if look() == nil {
				t.Errorf("%s is shown", name)
			}
		}
		looks, err := audit.Looks(ctx, x.DB, who.ID, 10, "")
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]int{}
		for _, e := range looks {
			seen[e.Action+" "+e.Object]++
		}
		if seen["original.listed proof/"+p.ID] != 1 || seen["original.viewed original/"+o.ID] != 1 {
			t.Errorf("the person reads %v", seen)
		}
		if err := x.Verification.Leave(ctx, operator, p.ID); err != nil {
			t.Fatal(err)
		}
		if _, _, err := x.Originals.OfProof(ctx, operator, p.ID); !errors.Is(err, original.ErrMissing) {
			t.Errorf("shown after the person has gone: %v", err)
		}
		if _, _, err := x.Originals.OpenAt(ctx, operator, p.ID, o.ID); !errors.Is(err, original.ErrMissing) {
			t.Errorf("opened after the person has gone: %v", err)
		}
	})
}

func TestADeskThatHasNotSeenThePersonsKeyShowsTheirOriginals(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, r := newcomer(t, x)
		o := settled(t, x, who, send(t, x, who, original.SNILS, picture(t, r, specimen.Insurance, specimen.None)).ID)
		visit, err := x.Verification.VisitCode(ctx, who)
		if err != nil {
			t.Fatal(err)
		}
		p, err := x.Verification.Open(ctx, operator, visit.Code)
		if err != nil {
			t.Fatal(err)
		}
		keys := filepath.Join(x.Settings.Data, "keys")
		cold, err := keyring.Open(keyring.Config{MasterPath: filepath.Join(keys, keyring.MasterFile), IndexPath: filepath.Join(keys, keyring.IndexFile)})
		if err != nil {
			t.Fatal(err)
		}
		node := original.New(original.Config{DB: x.DB, Ring: cold, Policy: x.Policy, Files: x.Files, Proofs: x.Verification, Jobs: x.Jobs})
		_, all, err := node.OfProof(ctx, operator, p.ID)
		if err != nil || len(all) != 1 || all[0].Fields[scan.InsuranceNumber] != o.Fields[scan.InsuranceNumber] {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

// REG-12.
func TestOriginalsGoWithAPersonToAnotherAccountOfTheirs(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, r := newcomer(t, x)
		next := another(t, x)
		snils := settled(t, x, who, send(t, x, who, original.SNILS, picture(t, r, specimen.Insurance, specimen.None)).ID)
		settled(t, x, who, send(t, x, who, original.Birth, noted(t)).ID) // of which nothing was read
		b, err := x.Ring.Between(ctx, x.DB, who.ID, next.ID)
		if err != nil {
			t.Fatal(err)
		}
		var went []string
		if err := x.DB.Write(ctx, func(tx *store.Tx) (err error) { went, err = x.Originals.Move(ctx, tx, b); return err }); err != nil || len(went) != 2 {
			t.Fatalf("%v, %v", went, err)
		}
		all, err := x.Originals.Mine(ctx, next)
		if err != nil || len(all) != 2 {
			t.Fatalf("%+v, %v", all, err)
		}
		for _, o := range all {
			if o.ID == snils.ID && o.Fields[scan.InsuranceNumber] != snils.Fields[scan.InsuranceNumber] {
				t.Errorf("what was read is %+v", o.Fields)
			}
			if _, _, err := x.Originals.Open(ctx, next, o.ID); err != nil {
				t.Errorf("it does not open: %v", err)
			}
		}
		if left, err := x.Originals.Mine(ctx, who); err != nil || len(left) != 0 {
			t.Errorf("%d are left, %v", len(left), err)
		}
	})
}

func TestManyOriginalsAtOnceAreAllReadInTheirTurn(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, r := newcomer(t, x)
		data := picture(t, r, specimen.Letter, specimen.Defocus)
		var ids []string
		for range 8 { // four jobs at once, of which two may read
			ids = append(ids, send(t, x, who, original.Licence, data).ID)
		}
		for _, id := range ids {
			if o := settled(t, x, who, id); o.State != original.Refused || o.Reason != scan.Blur {
				t.Errorf("%s is %s %s", id, o.State, o.Reason)
			}
		}
	})
}

func TestAJobDoesNotStandInTheWayWhileOthersRead(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, r := newcomer(t, x)
		only, err := scan.New(scan.Limits{AtOnce: 1})
		if err != nil {
			t.Fatal(err)
		}
		s := original.New(original.Config{DB: x.DB, Ring: x.Ring, Policy: x.Policy, Files: x.Files, Proofs: x.Verification, Jobs: x.Jobs, Pictures: only})
		id := waiting(t, x, who, picture(t, r, specimen.Letter, specimen.Defocus))
		place, err := only.Enter() // somebody fills the passport's page in by a picture
		if err != nil {
			t.Fatal(err)
		}
		soon, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		if err := s.ReadOne(soon, original.ReadOriginal{Original: id}); err == nil || soon.Err() != nil || err.Error() != jobs.Retry(500*time.Millisecond).Error() {
			t.Errorf("it does not come again later: %v", err)
		}
		place.Leave()
		if err := s.ReadOne(ctx, original.ReadOriginal{Original: id}); err != nil {
			t.Fatal(err)
		}
		if o := settled(t, x, who, id); o.State != original.Refused || o.Reason != scan.Blur {
			t.Errorf("%s %s", o.State, o.Reason)
		}
	})
}

func TestAJobThatComesTwiceOrTooLateDoesNothing(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, r := newcomer(t, x)
		o := settled(t, x, who, send(t, x, who, original.Licence, picture(t, r, specimen.Letter, specimen.None)).ID)
		for range 2 {
			if err := x.Originals.ReadOne(ctx, original.ReadOriginal{Original: o.ID}); err != nil {
				t.Errorf("read again: %v", err)
			}
		}
		if again := settled(t, x, who, o.ID); !again.JudgedAt.Equal(o.JudgedAt) {
			t.Errorf("judged at %s, and again at %s", o.JudgedAt, again.JudgedAt)
		}
		if err := x.Originals.Delete(ctx, who, o.ID); err != nil {
			t.Fatal(err)
		}
		if err := x.Originals.ReadOne(ctx, original.ReadOriginal{Original: o.ID}); err != nil {
			t.Errorf("read after it was deleted: %v", err)
		}
	})
}

// waiting is a passport as Send writes it, without a job.
func waiting(t *testing.T, x *system.System, who access.Actor, data []byte) string {
	t.Helper()
	put, err := x.Files.Put(ctx, files.New{Owner: who.ID, Name: "a.jpg", Media: files.JPEG, Data: data})
	if err != nil {
		t.Fatal(err)
	}
	id := "01arz3ndektsv4rrffq69g5faw"
	if err := x.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO original (id, account_id, kind, file_id, state, reason, sent_at) VALUES ($1, $2, 'passport', $3, 'waiting', '', $4)`, id, who.ID, put.ID, tx.Now())
		return errors.Join(err, x.Files.Keep(ctx, tx, put))
	}); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestWhereNothingCanBeReadAnOriginalIsKeptForTheOperator(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, r := newcomer(t, x)
		bare := original.New(original.Config{DB: x.DB, Ring: x.Ring, Policy: x.Policy, Files: x.Files, Proofs: x.Verification, Jobs: x.Jobs})
		id := waiting(t, x, who, picture(t, r, specimen.Photo, specimen.None))
		if err := bare.ReadOne(ctx, original.ReadOriginal{Original: id}); err != nil {
			t.Fatal(err)
		}
		if o := settled(t, x, who, id); o.State != original.Kept || len(o.Fields) > 0 {
			t.Errorf("%+v", o)
		}
		tight, err := scan.New(scan.Limits{CPU: time.Second, Memory: 16 << 20}) // in which no program does its work
		if err != nil {
			t.Fatal(err)
		}
		hard := original.New(original.Config{DB: x.DB, Ring: x.Ring, Policy: x.Policy, Files: x.Files, Proofs: x.Verification, Jobs: x.Jobs, Pictures: tight})
		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			return tx.Do(ctx, `UPDATE original SET state = 'waiting' WHERE id = $1`, id)
		}); err != nil {
			t.Fatal(err)
		}
		if err := hard.ReadOne(ctx, original.ReadOriginal{Original: id}); err != nil { // the one try of one
			t.Errorf("the last try: %v", err)
		}
		if o := settled(t, x, who, id); o.State != original.Kept {
			t.Errorf("after the last try it is %s", o.State)
		}
	})
}
