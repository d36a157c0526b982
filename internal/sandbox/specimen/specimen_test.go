package specimen_test

import (
	"bytes"
	"image/jpeg"
	"testing"

	"okno/internal/sandbox"
	"okno/internal/sandbox/specimen"
	"okno/internal/scan/mrz"
)

func bearer(r sandbox.Resident) specimen.Person {
	return specimen.Person{Surname: r.Surname, GivenName: r.GivenName, Patronymic: r.Patronymic, Sex: r.Sex, BirthDate: r.BirthDate, BirthPlace: r.BirthPlace,
		Series: r.Passport.Series, Number: r.Passport.Number, IssuedAt: r.Passport.IssuedAt, IssuedBy: r.Passport.IssuedBy, DepartmentCode: r.Passport.DepartmentCode, Address: r.Address}
}

func style(t *testing.T, name string) specimen.Style {
	t.Helper()
	fonts := specimen.Fonts{Modules: "../../../node_modules"}
	text, err := fonts.Text(name)
	if err != nil {
		t.Fatal(err)
	}
	zone, err := fonts.Zone("ocr-b")
	if err != nil {
		t.Fatal(err)
	}
	return specimen.Style{Text: text, MRZ: zone, Seed: 1}
}

// The parser and the sandbox count check digits each by itself.
func TestThePortalReadsTheZoneOfEveryResident(t *testing.T) {
	seen := 0
	for _, r := range sandbox.Residents() {
		if r.Passport == nil {
			continue
		}
		seen++
		one, two := specimen.Zone(bearer(r))
		z, err := mrz.Parse([]string{one, two})
		if err != nil || !z.Sound() || z.Number != r.Passport.Series+r.Passport.Number {
			t.Errorf("%s / %s: %v, %+v", one, two, err, z)
		}
	}
	if seen < 300 {
		t.Errorf("only %d residents have a passport", seen)
	}
}

func TestASheetAndItsDefectsFollowFromTheirSeed(t *testing.T) {
	who := bearer(sandbox.Residents()[0])
	sheet, err := specimen.Photo(who, style(t, "golos"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := specimen.Photo(who, style(t, "golos"))
	if err != nil || !bytes.Equal(sheet.Pix, again.Pix) {
		t.Fatalf("the same sheet twice is two: %v", err)
	}
	for _, d := range []specimen.Defect{specimen.None, specimen.Half, specimen.Small, specimen.Squeezed, specimen.Cropped} {
		a, err := specimen.Shot(sheet, d, 7)
		if err != nil {
			t.Fatal(err)
		}
		b, err := specimen.Shot(sheet, d, 7)
		if err != nil || !bytes.Equal(a, b) {
			t.Errorf("%q: the same seed gives two pictures: %v", d, err)
		}
		c, err := specimen.Shot(sheet, d, 8)
		if err != nil || bytes.Equal(a, c) {
			t.Errorf("%q: another seed gives the same picture: %v", d, err)
		}
		if _, err := jpeg.DecodeConfig(bytes.NewReader(a)); err != nil {
			t.Errorf("%q: %v", d, err)
		}
	}
}

func TestEveryTypefaceIsThere(t *testing.T) {
	for _, name := range append(append([]string{}, specimen.Tuned...), specimen.Held...) {
		style(t, name)
	}
	fonts := specimen.Fonts{Modules: "../../../node_modules"}
	if _, err := fonts.Zone("ocr-b"); err != nil {
		t.Error(err)
	}
	if _, err := fonts.Text("comic"); err == nil {
		t.Error("a typeface that is not there was read")
	}
}
