package portal_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"regexp"
	"testing"

	"okno/internal/access"
	"okno/internal/web/ui"
)

// What a page of the portal may weigh on its way: itself, styles and scripts, compressed.
const pageBudget = 60_000

// What a phone fetches for a page at a first visit, on the pages that people come past most.
func TestThePagesPeopleComePastStayWithinTheBudget(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		who, c := x.Person(t, phone)
		x.confirm(t, who)
		who.Level = access.Confirmed
		const code = "rosreestr.extract"
		d, err := x.cases.Begin(ctx, who, code)
		if err != nil {
			t.Fatal(err)
		}
		typed := map[string][]string{"property.cadastral_number": {"77:01:0001001:1234"}, "property.owner": {"true"}, "extract.kind": {"object"}}
		for _, page := range d.Form.Pages {
			if _, err := x.cases.SavePage(ctx, who, code, page.ID, typed); err != nil {
				t.Fatalf("page %s: %v", page.ID, err)
			}
		}
		filed, err := x.cases.Submit(ctx, who, code, d.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.cases.Begin(ctx, who, "mvd.international-passport"); err != nil {
			t.Fatal(err)
		}
		assets, err := ui.Assets()
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/", "/services", "/services/international-passport", "/services/international-passport/apply/work",
			"/applications/" + filed.ID, "/cabinet", "/documents", "/services?q=паспорт"} {
			resp := c.Get(path)
			html, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != http.StatusOK {
				t.Errorf("%s: %d, %v", path, resp.StatusCode, err)
				continue
			}
			var page bytes.Buffer
			w := gzip.NewWriter(&page)
			if _, err := w.Write(html); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			sum := page.Len()
			for _, m := range regexp.MustCompile(`(?:href|src)="/assets/([^"]+\.(?:css|js))"`).FindAllSubmatch(html, -1) {
				for _, a := range assets.All() {
					if a.File == string(m[1]) {
						sum += len(a.Gzip)
					}
				}
			}
			t.Logf("%s: %d of itself, %d in all", path, page.Len(), sum)
			if sum > pageBudget || sum == page.Len() {
				t.Errorf("%s weighs %d bytes, of itself %d: the budget is %d", path, sum, page.Len(), pageBudget)
			}
		}
	})
}
