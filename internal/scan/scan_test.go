package scan_test

import (
	"errors"
	"image"
	"testing"

	"github.com/signintech/gopdf"

	"okno/internal/sandbox"
	"okno/internal/sandbox/specimen"
	"okno/internal/scan"
)

// Drawing and reading is slow, so these are a handful of pages. How well the reader does on many, and on typefaces and seeds it was not
// tuned on, is measured by okno bench scan.

func reader(t *testing.T) *scan.Reader {
	t.Helper()
	r, err := scan.New(scan.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func style(t *testing.T, name string) specimen.Style {
	t.Helper()
	fonts := specimen.Fonts{Modules: "../../node_modules"}
	text, err := fonts.Text(name)
	if err != nil {
		t.Fatal(err)
	}
	zone, err := fonts.Zone("ocr-b")
	if err != nil {
		t.Fatal(err)
	}
	return specimen.Style{Text: text, MRZ: zone, Seed: 5}
}

// resident is the first whose passport is of a form with, or without, a zone.
func resident(t *testing.T, zoned bool) sandbox.Resident {
	t.Helper()
	for _, r := range sandbox.Residents() {
		if r.Passport != nil && r.Patronymic != "" && (r.Passport.IssuedAt >= "2011-07-01") == zoned {
			return r
		}
	}
	t.Fatal("nobody has such a passport")
	return sandbox.Resident{}
}

func bearer(r sandbox.Resident) specimen.Person {
	return specimen.Person{Surname: r.Surname, GivenName: r.GivenName, Patronymic: r.Patronymic, Sex: r.Sex, BirthDate: r.BirthDate, BirthPlace: r.BirthPlace,
		Series: r.Passport.Series, Number: r.Passport.Number, IssuedAt: r.Passport.IssuedAt, IssuedBy: r.Passport.IssuedBy, DepartmentCode: r.Passport.DepartmentCode, Address: r.Address}
}

func typed(r sandbox.Resident) map[scan.Field]string {
	return map[scan.Field]string{scan.Surname: r.Surname, scan.GivenName: r.GivenName, scan.Patronymic: r.Patronymic, scan.Sex: r.Sex, scan.BirthDate: r.BirthDate, scan.BirthPlace: r.BirthPlace,
		scan.Series: r.Passport.Series, scan.Number: r.Passport.Number, scan.IssuedAt: r.Passport.IssuedAt, scan.IssuedBy: r.Passport.IssuedBy, scan.DepartmentCode: r.Passport.DepartmentCode}
}

func shot(t *testing.T, sheet *image.RGBA, d specimen.Defect, seed uint64) []byte {
	t.Helper()
	file, err := specimen.Shot(sheet, d, seed)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func photo(t *testing.T, r sandbox.Resident, s specimen.Style) *image.RGBA {
	t.Helper()
	sheet, err := specimen.Photo(bearer(r), s)
	if err != nil {
		t.Fatal(err)
	}
	return sheet
}

// equal complains of every field that was not read as it was typed.
func equal(t *testing.T, got scan.Reading, r sandbox.Resident) {
	t.Helper()
	if got.Refused != scan.Fine || got.Page != scan.Photo {
		t.Fatalf("taken for %q, refused: %q", got.Page, got.Refused)
	}
	for f, o := range scan.Compare(got.Fields, typed(r)) {
		if o != scan.Equal {
			t.Errorf("%s %s: read %q", f, o, got.Fields[f].Text)
		}
	}
}

func TestAPassportWithAZoneIsReadAndItsNumbersAreProven(t *testing.T) {
	who := resident(t, true)
	sheet := photo(t, who, style(t, "pt-serif"))
	got, err := reader(t).Read(t.Context(), shot(t, sheet, specimen.None, 1), scan.Photo)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got, who)
	for _, f := range []scan.Field{scan.Series, scan.Number, scan.BirthDate, scan.IssuedAt, scan.DepartmentCode} {
		if !got.Fields[f].Proven {
			t.Errorf("%s is not proven", f)
		}
	}
	wrong := typed(who)
	wrong[scan.Number], wrong[scan.Surname] = "000000", wrong[scan.Surname]+"ский"
	for f, o := range scan.Compare(got.Fields, wrong) {
		if want := map[bool]scan.Outcome{true: scan.Differs, false: scan.Equal}[f == scan.Number || f == scan.Surname]; o != want {
			t.Errorf("beside other things typed, %s is %s, want %s", f, o, want)
		}
	}
}

func TestAnOlderPassportWithoutAZoneIsReadByItsLabels(t *testing.T) {
	who := resident(t, false)
	got, err := reader(t).Read(t.Context(), shot(t, photo(t, who, style(t, "golos")), specimen.None, 2), scan.Photo)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got, who)
	if got.Fields[scan.Number].Proven {
		t.Error("a number that only a camera saw counts as proven")
	}
}

func TestAPageOnItsSideIsSetUpright(t *testing.T) {
	who := resident(t, true)
	got, err := reader(t).Read(t.Context(), shot(t, photo(t, who, style(t, "pt-sans")), specimen.Quarter, 3), scan.Photo)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got, who)
	if got.Turned != 3 {
		t.Errorf("turned by %d quarters, want 3", got.Turned)
	}
}

func TestASpoiltPictureIsRefusedForTheReasonThePersonCanMend(t *testing.T) {
	who := resident(t, true)
	s := style(t, "pt-serif")
	sheet, x := photo(t, who, s), reader(t)
	for d, want := range map[specimen.Defect]scan.Reason{
		specimen.Defocus: scan.Blur, specimen.Motion: scan.Blur, specimen.Glare: scan.Glare, specimen.Small: scan.LowResolution, specimen.Tilted: scan.Angle,
		specimen.Aslant: scan.Angle, specimen.Noisy: scan.Grain, specimen.Squeezed: scan.Squeezed,
	} {
		got, err := x.Read(t.Context(), shot(t, sheet, d, 4), scan.Photo)
		if err != nil || got.Refused != want || len(got.Fields) > 0 {
			t.Errorf("%s: refused %q with %d fields, %v, want %q", d, got.Refused, len(got.Fields), err, want)
		}
	}
	got, err := x.Read(t.Context(), shot(t, specimen.Blank(s), specimen.None, 4), scan.Photo)
	if err != nil || got.Refused != scan.Unreadable {
		t.Errorf("a blank sheet: refused %q, %v", got.Refused, err)
	}
}

func TestAnotherPageIsNotTheOneThatWasAskedFor(t *testing.T) {
	sheet, err := specimen.Registration(bearer(resident(t, true)), style(t, "pt-serif"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := reader(t).Read(t.Context(), shot(t, sheet, specimen.None, 5), scan.Photo)
	if err != nil || got.Refused != scan.WrongPage || got.Page != scan.Registration {
		t.Errorf("taken for %q, refused %q, %v", got.Page, got.Refused, err)
	}
}

func TestAZoneOfAnyCountryIsReadFromPassportsAndCards(t *testing.T) {
	x, s := reader(t), style(t, "golos")
	for name, lines := range map[string][]string{
		"passport":    {"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"},
		"large card":  {"I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6"},
		"little card": {"I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"},
	} {
		sheet, err := specimen.Zoned(lines, s)
		if err != nil {
			t.Fatal(err)
		}
		got, err := x.Read(t.Context(), shot(t, sheet, specimen.None, 6), scan.Travel)
		if err != nil || got.Refused != scan.Fine || got.Page != scan.Travel {
			t.Errorf("%s: taken for %q, refused %q, %v", name, got.Page, got.Refused, err)
			continue
		}
		for f, o := range scan.Compare(got.Fields, map[scan.Field]string{scan.Surname: "Eriksson", scan.BirthDate: "1974-08-12", scan.Nationality: "UTO", scan.Sex: "female"}) {
			if o != scan.Equal {
				t.Errorf("%s: %s %s: read %q", name, f, o, got.Fields[f].Text)
			}
		}
		if !got.Fields[scan.Number].Proven {
			t.Errorf("%s: the number %q is not proven", name, got.Fields[scan.Number].Text)
		}
	}
}

func TestAPageInAPDFIsReadAndAPDFWithAScriptIsNot(t *testing.T) {
	who := resident(t, true)
	picture, err := gopdf.ImageHolderByBytes(shot(t, photo(t, who, style(t, "pt-serif")), specimen.None, 1))
	if err != nil {
		t.Fatal(err)
	}
	var pdf gopdf.GoPdf
	pdf.Start(gopdf.Config{PageSize: gopdf.Rect{W: 400, H: 560}})
	pdf.AddPage()
	if err := pdf.ImageByHolder(picture, 0, 0, &gopdf.Rect{W: 400, H: 560}); err != nil {
		t.Fatal(err)
	}
	data, err := pdf.GetBytesPdfReturnErr()
	if err != nil {
		t.Fatal(err)
	}
	got, err := reader(t).Read(t.Context(), data, scan.Photo)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got, who)
	if _, err := reader(t).Read(t.Context(), append(data, "\n<</S/JavaScript/JS(x)>>"...), scan.Photo); !errors.Is(err, scan.ErrActive) {
		t.Errorf("a PDF with a script: %v", err)
	}
}

// LVL-4.
func TestNumbersOfInsuranceAndTaxAreReadFromTheirCertificatesAndProvenByTheirCheckDigits(t *testing.T) {
	x, s := reader(t), style(t, "pt-sans")
	r := resident(t, true)
	who := bearer(r)
	who.SNILS, who.INN = r.SNILS, r.INN
	for want, c := range map[scan.Page]struct {
		draw  func(specimen.Person, specimen.Style) (*image.RGBA, error)
		field scan.Field
		typed string
	}{scan.SNILS: {specimen.Insurance, scan.InsuranceNumber, r.SNILS}, scan.INN: {specimen.Taxpayer, scan.TaxNumber, r.INN}} {
		sheet, err := c.draw(who, s)
		if err != nil {
			t.Fatal(err)
		}
		picture := shot(t, sheet, specimen.None, 8)
		got, err := x.Read(t.Context(), picture, want)
		if err != nil || got.Refused != scan.Fine || got.Page != want || !got.Fields[c.field].Proven {
			t.Errorf("%s: taken for %q, refused %q, %+v, %v", want, got.Page, got.Refused, got.Fields, err)
			continue
		}
		if o := scan.Compare(got.Fields, map[scan.Field]string{c.field: c.typed})[c.field]; o != scan.Equal {
			t.Errorf("%s: %s, read %q, typed %q", want, o, got.Fields[c.field].Text, c.typed)
		}
		if o := scan.Compare(got.Fields, map[scan.Field]string{c.field: "112-233-445 95"})[c.field]; o != scan.Differs {
			t.Errorf("%s: another number is %s", want, o)
		}
		if got, err := x.Read(t.Context(), picture, scan.Photo); err != nil || got.Refused != scan.WrongPage {
			t.Errorf("%s sent as a passport: refused %q, %v", want, got.Refused, err)
		}
		if got, err := x.Read(t.Context(), shot(t, sheet, specimen.Defocus, 8), want); err != nil || got.Refused != scan.Blur {
			t.Errorf("%s out of focus: refused %q, %v", want, got.Refused, err)
		}
	}
	registration, err := specimen.Registration(who, s)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := x.Read(t.Context(), shot(t, registration, specimen.None, 8), scan.Registration); err != nil || got.Refused != scan.Fine || got.Page != scan.Registration {
		t.Errorf("a page of a registration: taken for %q, refused %q, %v", got.Page, got.Refused, err)
	}
}

func TestAPictureOfAnyPaperIsJudgedByWhetherItCanBeReadByAnybody(t *testing.T) {
	x, s := reader(t), style(t, "pt-serif")
	sheet, err := specimen.Letter(bearer(resident(t, true)), s)
	if err != nil {
		t.Fatal(err)
	}
	for d, want := range map[specimen.Defect]scan.Reason{specimen.None: scan.Fine, specimen.Quarter: scan.Fine, specimen.Defocus: scan.Blur, specimen.Small: scan.LowResolution, specimen.Noisy: scan.Grain} {
		if got, err := x.Judge(t.Context(), shot(t, sheet, d, 4)); err != nil || got.Refused != want {
			t.Errorf("%q: refused %q, %v, want %q", d, got.Refused, err, want)
		}
	}
}
