package verification_test

import (
	"os"
	"path/filepath"
	"testing"

	"okno/internal/connector/roadtest"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/sandbox"
	"okno/internal/sandbox/specimen"
	"okno/internal/system"
	"okno/internal/verification"
)

// passportOf draws the page of a resident's passport and takes a picture of it.
func passportOf(t *testing.T, r sandbox.Resident, d specimen.Defect) []byte {
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
	style := specimen.Style{Text: text, MRZ: zone, Seed: 5}
	p := r.Passport
	sheet, err := specimen.Photo(specimen.Person{Surname: r.Surname, GivenName: r.GivenName, Patronymic: r.Patronymic, Sex: r.Sex, BirthDate: r.BirthDate, BirthPlace: r.BirthPlace,
		Series: p.Series, Number: p.Number, IssuedAt: p.IssuedAt, IssuedBy: p.IssuedBy, DepartmentCode: p.DepartmentCode}, style)
	if err != nil {
		t.Fatal(err)
	}
	shot, err := specimen.Shot(sheet, d, 5)
	if err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("OKNO_SPECIMEN"); dir != "" { // for stories, which attach it
		if err := os.WriteFile(filepath.Join(dir, "passport.jpg"), shot, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return shot
}

// LVL-4: the page of the passport fills the step in; the person looks through it and sends it, and the picture is not kept.
func TestAPictureOfThePassportFillsTheStepInAndIsNotKept(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		if !x.Verification.CanRead() {
			t.Fatal("Tesseract with Russian and poppler are not installed: scripts/need")
		}
		r := x.World.People()[1]
		who := newcomer(t, x, "+79990000020")
		slip := papers(r)
		slip.GivenName = "Иннокентий"
		if _, err := x.Verification.Fill(ctx, who, verification.StepPerson, slip); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Verification.FromPicture(ctx, who, passportOf(t, r, specimen.Glare)); len(fields(err)) != 1 || fields(err)[0].Key != "scan.refused.glare" {
			t.Errorf("a glare: %v %+v", err, fields(err))
		}
		for name, data := range map[string][]byte{"verification.picture_empty": nil, "verification.picture_type": []byte("no picture"), "verification.picture_broken": []byte("\x89PNG\r\n\x1a\nno picture either")} {
			if _, err := x.Verification.FromPicture(ctx, who, data); len(fields(err)) != 1 || fields(err)[0].Key != name {
				t.Errorf("%s: %v %+v", name, err, fields(err))
			}
		}
		differs, err := x.Verification.FromPicture(ctx, who, passportOf(t, r, specimen.None))
		if err != nil {
			t.Fatal(err, fields(err))
		}
		p, _, err := x.Verification.Own(ctx, who)
		if err != nil {
			t.Fatal(err)
		}
		got, want := p.Papers.Values(form.Passport), roadtest.Document(r).Values()
		for _, name := range []string{"passport_series", "passport_number", "passport_issued_at", "passport_department_code"} {
			if got[name] != want[name] {
				t.Errorf("%s is read as %q, the passport says %q", name, got[name], want[name])
			}
		}
		if len(differs) != 1 || differs[0] != "given_name" {
			t.Errorf("differs: %v", differs)
		}
		if step, more := p.Papers.Next(); !more || step != verification.StepPassport {
			t.Errorf("the step counts as filled in before the person has seen it: %s", step)
		}
		var kept int
		if err := x.DB.QueryRow(ctx, `SELECT count(*) FROM file WHERE owner = $1`, who.ID).Scan(&kept); err != nil || kept != 0 {
			t.Errorf("%d pictures are kept, %v", kept, err)
		}
		x.Policy.Registers.PicturesPerPerson.Max = 1
		if _, err := x.Verification.FromPicture(ctx, who, nil); fault.KindOf(err) != fault.TooMany {
			t.Errorf("no end of pictures: %v", err)
		}
	})
}
