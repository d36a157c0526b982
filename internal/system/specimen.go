package system

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"net/http"
	"slices"
	"strconv"

	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/opentype"

	"okno/internal/fault"
	"okno/internal/i18n"
	"okno/internal/sandbox"
	"okno/internal/sandbox/specimen"
	"okno/internal/web/ui"
)

// demoSpecimens are the papers that a newcomer to a demo may download and send, each by its name in the address.
var demoSpecimens = map[string]func(specimen.Person, specimen.Style) (*image.RGBA, error){ //nolint:gochecknoglobals // a table
	"passport.jpg":               specimen.Photo,
	"registration.jpg":           specimen.Registration,
	"international-passport.jpg": specimen.Travel,
	"snils.jpg":                  specimen.Insurance,
	"inn.jpg":                    specimen.Taxpayer,
}

// demoDefects are how they may be spoilt: ?spoilt=blur.
var demoDefects = map[string]specimen.Defect{ //nolint:gochecknoglobals // a table
	"": specimen.None, "blur": specimen.Defocus, "glare": specimen.Glare, "small": specimen.Small, "tilted": specimen.Tilted,
}

// demoLinks are those that the page of the demo offers, in its order, and the words for each.
var demoLinks = []struct{ paper, words string }{ //nolint:gochecknoglobals // a table
	{"passport.jpg", "passport"}, {"passport.jpg?spoilt=blur", "blurred"}, {"passport.jpg?spoilt=glare", "glare"}, {"passport.jpg?spoilt=small", "small"},
	{"passport.jpg?spoilt=tilted", "tilted"}, {"registration.jpg", "registration"}, {"international-passport.jpg", "travel"}, {"snils.jpg", "snils"}, {"inn.jpg", "inn"},
}

// bearer is a resident as a sheet needs them.
func bearer(r sandbox.Resident) specimen.Person {
	p := r.Passport
	return specimen.Person{Surname: r.Surname, GivenName: r.GivenName, Patronymic: r.Patronymic, Sex: r.Sex, BirthDate: r.BirthDate, BirthPlace: r.BirthPlace,
		Series: p.Series, Number: p.Number, IssuedAt: p.IssuedAt, IssuedBy: p.IssuedBy, DepartmentCode: p.DepartmentCode, Address: r.Address, SNILS: r.SNILS, INN: r.INN}
}

// demoPaper draws a paper of a resident, by their number in /demo/people, as a telephone takes it. Every sheet says «ОБРАЗЕЦ».
func (x *System) demoPaper(w http.ResponseWriter, r *http.Request) error {
	missing := fault.New(fault.Missing, "error.missing")
	all := x.World.People()
	n, err := strconv.Atoi(r.PathValue("n"))
	draw, known := demoSpecimens[r.PathValue("paper")]
	defect, named := demoDefects[r.URL.Query().Get("spoilt")]
	if err != nil || n < 1 || n > len(all) || !known || !named || all[n-1].Passport == nil {
		return missing
	}
	style, err := typefaces()
	if err != nil {
		return err
	}
	style.Seed = uint64(n) //nolint:gosec // a small number
	sheet, err := draw(bearer(all[n-1]), style)
	if err != nil {
		return err
	}
	shot, err := specimen.Shot(sheet, defect, style.Seed)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "image/jpeg")
	h.Set("Content-Disposition", fmt.Sprintf(`inline; filename="specimen-%d-%s"`, n, r.PathValue("paper")))
	_, err = w.Write(shot)
	return err
}

// typefaces are those that the program carries; zones are in OCR-B where Debian has put it, else in another of one width.
func typefaces() (specimen.Style, error) {
	var s specimen.Style
	regular, _, err := ui.Typefaces()
	if err != nil {
		return s, err
	}
	if s.Text, err = opentype.Parse(regular); err != nil {
		return s, fmt.Errorf("the typeface of papers: %w", err)
	}
	if s.MRZ, err = (specimen.Fonts{}).Zone("ocr-b"); errors.Is(err, fs.ErrNotExist) {
		s.MRZ, err = opentype.Parse(gomono.TTF)
	}
	return s, err
}

// demoPapers are the papers of somebody of the demo, each as it is drawn when somebody asks for it.
func (x *System) demoPapers(ctx context.Context, name string) []ui.Link {
	at := slices.IndexFunc(x.World.People(), func(r sandbox.Resident) bool { return r.GivenName+" "+r.Surname == name && r.Passport != nil })
	if at < 0 {
		return nil
	}
	out := make([]ui.Link, 0, len(demoLinks))
	for _, l := range demoLinks {
		out = append(out, ui.Link{Label: i18n.T(ctx, "demo.paper."+l.words), URL: fmt.Sprintf("/demo/people/%d/%s", at+1, l.paper)})
	}
	return out
}
