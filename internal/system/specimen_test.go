package system

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"okno/internal/form"
	"okno/internal/scan"
	"okno/internal/store"
)

// Whoever looks at a demo has no passport of ours: the demo draws one, and the portal reads it.
func TestADemoDrawsPapersOfItsResidentsThatThePortalReads(t *testing.T) {
	x := run(t, demoSettings(t, store.SQLite), discard)
	get := func(path string) (int, string, []byte) {
		r, err := http.Get(x.Settings.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		return r.StatusCode, r.Header.Get("Content-Type"), body
	}
	reader, err := scan.New(scan.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	who := x.World.People()[0]
	for paper, c := range map[string]struct {
		page    scan.Page
		refused scan.Reason
		field   scan.Field
		want    string
	}{
		"passport.jpg":               {scan.Photo, scan.Fine, scan.Number, who.Passport.Number},
		"passport.jpg?spoilt=blur":   {scan.Photo, scan.Blur, "", ""},
		"passport.jpg?spoilt=glare":  {scan.Photo, scan.Glare, "", ""},
		"passport.jpg?spoilt=small":  {scan.Photo, scan.LowResolution, "", ""},
		"passport.jpg?spoilt=tilted": {scan.Photo, scan.Angle, "", ""},
		"snils.jpg":                  {scan.SNILS, scan.Fine, scan.InsuranceNumber, form.Digits(who.SNILS)},
		"inn.jpg":                    {scan.INN, scan.Fine, scan.TaxNumber, who.INN},
		"registration.jpg":           {scan.Registration, scan.Fine, "", ""},
	} {
		status, kind, body := get("/demo/people/1/" + paper)
		if status != http.StatusOK || kind != "image/jpeg" {
			t.Errorf("%s: status %d, %s", paper, status, kind)
			continue
		}
		got, err := reader.Read(t.Context(), body, c.page)
		if err != nil || got.Refused != c.refused || c.field != "" && got.Fields[c.field].Text != c.want {
			t.Errorf("%s: refused %q, %s is %q, %v", paper, got.Refused, c.field, got.Fields[c.field].Text, err)
		}
	}
	for _, path := range []string{"/demo/people/0/passport.jpg", "/demo/people/1/licence.jpg", "/demo/people/1/passport.jpg?spoilt=x", fmt.Sprintf("/demo/people/%d/passport.jpg", len(x.World.People())+1), "/demo/people/x/passport.jpg"} {
		if status, _, _ := get(path); status != http.StatusNotFound {
			t.Errorf("%s: status %d", path, status)
		}
	}
}
