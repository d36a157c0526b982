package portal_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"okno/internal/catalogue"
	"okno/internal/catalogue/golden"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/web/desk/desktest"
	"okno/internal/web/portal"
	"okno/internal/web/webtest"
)

// SRV-1.
func TestTheSearchSaysHowItUnderstoodTheQuery(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		c := x.Browser(t)
		c.Open("/services?q=" + url.QueryEscape("pfuhfygfcgjhn"))
		sees(t, c, "Показаны услуги по запросу «загранпаспорт»", "Загранпаспорт")
		c.Open("/services?q=" + url.QueryEscape("справка о доходах"))
		sees(t, c, "Справка о доходах")
		seesNo(t, c, "Показаны услуги по запросу")
		c.Open("/services?q=" + url.QueryEscape("космический корабль"))
		sees(t, c, "Ничего не нашлось")
	})
}

// SRV-1: who types the name of an agency or of a life situation is led to its services, in the results and while typing.
func TestAnAgencyAndALifeSituationAreFoundByName(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		c := x.Browser(t)
		for query, want := range map[string][2]string{
			"здоровье": {"Здоровье", "/services?life=health"},
			"мвд":      {"Министерство внутренних дел", "/services?agency=mvd"},
			"соцфонд":  {"Социальный фонд России", "/services?agency=sfr"},
		} {
			c.Open("/services?q=" + url.QueryEscape(query))
			sees(t, c, want[0])
			seesNo(t, c, "Ничего не нашлось")
			if len(c.Page().All("a", "href", want[1])) == 0 {
				t.Errorf("%s: no link to %s", query, want[1])
			}
			r := httptest.NewRequestWithContext(ctx, http.MethodPost, "http://localhost:8080/services/suggest", strings.NewReader(url.Values{"q": {query}}.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			r.Header.Set("Accept-Language", "ru")
			w := httptest.NewRecorder()
			x.Server.ServeHTTP(w, r)
			var got struct {
				Items []struct{ Title, URL, Note string }
				Text  string
			}
			if err := json.NewDecoder(w.Body).Decode(&got); err != nil || len(got.Items) == 0 || got.Items[0].Title != want[0] || got.Items[0].URL != want[1] || got.Items[0].Note == "" || !strings.Contains(got.Text, "Наш") {
				t.Errorf("%s: %v, %+v", query, err, got)
			}
		}
	})
}

// SRV-1, LVL-4.
func TestTheListSaysBeforehandWhoMayStartAService(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		const found = "/services?q=%D1%81%D0%BF%D1%80%D0%B0%D0%B2%D0%BA%D0%B0+%D0%BE+%D0%B4%D0%BE%D1%85%D0%BE%D0%B4%D0%B0%D1%85" // the income certificate
		c := x.Browser(t)
		c.Open(found)
		sees(t, c, "Нужна учётная запись: Подтверждённая")
		seesNo(t, c, "Можно подать", "Сначала подтвердите личность")

		anna, c := x.Person(t, phone)
		c.Open(found)
		sees(t, c, "Нужна учётная запись: Подтверждённая")
		c.Follow("Сначала подтвердите личность")
		if c.Page().URL.Path != "/cabinet/identity" {
			t.Errorf("it leads to %s", c.Page().URL.Path)
		}

		x.confirm(t, anna)
		c.Open(found)
		sees(t, c, "Можно подать")
		seesNo(t, c, "Сначала подтвердите личность", "Нужна учётная запись")
	})
}

func TestServicesAreListedByTheirAgency(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		c := x.Browser(t)
		c.Open("/services")
		c.Follow("Федеральная служба судебных приставов")
		sees(t, c, "Судебная задолженность")
		seesNo(t, c, "Загранпаспорт")
	})
}

// What is typed is answered, and stands in no address.
func TestWhatIsTypedIsAnsweredWithServices(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		ask := func(method, to, body string) *httptest.ResponseRecorder {
			r := httptest.NewRequestWithContext(ctx, method, "http://localhost:8080"+to, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			r.Header.Set("Accept", "application/json")
			r.Header.Set("Accept-Language", "ru")
			w := httptest.NewRecorder()
			x.Server.ServeHTTP(w, r)
			return w
		}
		w := ask(http.MethodPost, "/services/suggest", url.Values{"q": {"загран"}}.Encode())
		var got struct {
			Items []struct{ Title, URL, Note string }
			Text  string
		}
		if err := json.NewDecoder(w.Body).Decode(&got); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%d %v", w.Code, err)
		}
		if len(got.Items) == 0 || got.Items[0].Title != "Загранпаспорт" || got.Items[0].URL != "/services/international-passport" || got.Items[0].Note == "" || !strings.Contains(got.Text, "Наш") {
			t.Errorf("%+v", got)
		}
		if w := ask(http.MethodPost, "/services/suggest", url.Values{"q": {"ъъъъъ"}}.Encode()); !strings.Contains(w.Body.String(), `"items":[]`) || !strings.Contains(w.Body.String(), "Ничего не нашлось") {
			t.Errorf("nothing is %s", w.Body)
		}
		if w := ask(http.MethodGet, "/services/suggest?q=x", ""); w.Code != http.StatusNotFound && w.Code != http.StatusMethodNotAllowed {
			t.Errorf("an address with what is typed answers %d", w.Code)
		}
	})
}

func TestProgramsReadTheCatalogueAsLinkedData(t *testing.T) {
	each(t, func(t *testing.T, x home) {
		c := x.Browser(t)
		c.Open("/services/income-certificate")
		for _, resp := range []*http.Response{c.Fetch("Описание услуги для программ (JSON-LD)"), c.Get("/api/catalogue")} { //nolint:bodyclose // the client reads it whole
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			if kind := resp.Header.Get("Content-Type"); kind != "application/ld+json" || !json.Valid(body) || !strings.Contains(string(body), "http://localhost:8080/services/income-certificate") {
				t.Errorf("%s: %.200s", kind, body)
			}
		}
		if resp := c.Get("/api/catalogue/no-such"); resp.StatusCode != http.StatusNotFound { //nolint:bodyclose // the client reads it whole
			t.Errorf("a service that there is not answers %d", resp.StatusCode)
		}
	})
}

// crowded is a portal with so many services beside the built-in ones.
func crowded(t *testing.T, db *store.DB, n int) (*desktest.Floor, *catalogue.Catalogue) {
	t.Helper()
	files, err := golden.Crowd(n)
	if err != nil {
		t.Fatal(err)
	}
	folder := fstest.MapFS{}
	for name, src := range files {
		folder[name] = &fstest.MapFile{Data: src}
	}
	list, err := catalogue.Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	x := desktest.Open(t, db)
	(&portal.Pages{DB: db, Policy: x.Policy, Catalogue: list}).Mount(x.Server)
	return x, list
}

func TestALongListOfServicesHasPagesAndEachServiceStandsOnOneOfThem(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		x, list := crowded(t, db, 300)
		c := x.Browser(t)
		for _, begin := range []string{"/services", "/services?life=documents", "/services?agency=crowda"} {
			seen, pages := map[string]int{}, 1
			for c.Open(begin); ; pages++ {
				on := 0
				for _, a := range c.Page().All("a") {
					if !strings.HasPrefix(webtest.Attr(a, "href"), "/services/") {
						continue
					}
					seen[webtest.Attr(a, "href")]++
					on++
				}
				if on == 0 || on > x.Policy.Catalogue.Page {
					t.Fatalf("%s, page %d has %d services", begin, pages, on)
				}
				if next := c.Page().All("a", "rel", "next"); len(next) == 0 {
					break
				}
				c.Follow("Дальше")
			}
			want := len(list.All())
			if life, ok := list.LifeEvent("documents"); ok && strings.Contains(begin, "life") {
				want = len(life.Services)
			}
			if a, ok := list.Agency("crowda"); ok && strings.Contains(begin, "agency") {
				want = len(a.Services)
			}
			if len(seen) != want || pages != (want+x.Policy.Catalogue.Page-1)/x.Policy.Catalogue.Page {
				t.Errorf("%s: %d services on %d pages, want %d", begin, len(seen), pages, want)
			}
			for at, n := range seen {
				if n != 1 {
					t.Errorf("%s stands there %d times", at, n)
				}
			}
		}
		c.Open("/services?page=100000")
		if text := webtest.TextOf(c.Page().All("h1")[0]); !strings.Contains(text, fmt.Sprintf("страница %[1]d из %[1]d", (len(list.All())+x.Policy.Catalogue.Page-1)/x.Policy.Catalogue.Page)) {
			t.Errorf("a page after the last is %q", text)
		}
	})
}

func TestProgramsReadTheCatalogueByPagesAndAskWhetherItChanged(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		x, list := crowded(t, db, 300)
		ask := func(path string, header ...string) *httptest.ResponseRecorder {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost:8080"+path, nil)
			for i := 0; i < len(header); i += 2 {
				r.Header.Set(header[i], header[i+1])
			}
			w := httptest.NewRecorder()
			x.Server.ServeHTTP(w, r)
			return w
		}
		whole := ask("/api/catalogue")
		if n := strings.Count(whole.Body.String(), `"cpsv:PublicService"`); whole.Code != http.StatusOK || n != len(list.All()) || whole.Header().Get("Content-Length") != strconv.Itoa(whole.Body.Len()) {
			t.Errorf("%d with %d services", whole.Code, n)
		}
		if packed := ask("/api/catalogue", "Accept-Encoding", "gzip"); packed.Header().Get("Content-Encoding") != "gzip" || packed.Body.Len()*5 > whole.Body.Len() || packed.Header().Get("Etag") != whole.Header().Get("Etag") {
			t.Errorf("packed it has %d of %d bytes: %v", packed.Body.Len(), whole.Body.Len(), packed.Header())
		}
		for _, h := range [][]string{{"If-None-Match", whole.Header().Get("Etag")}, {"If-None-Match", `"x", ` + strings.TrimPrefix(whole.Header().Get("Etag"), "W/")}, {"If-Modified-Since", whole.Header().Get("Last-Modified")}} {
			if w := ask("/api/catalogue", h...); w.Code != http.StatusNotModified || w.Body.Len() != 0 {
				t.Errorf("%v: %d with %d bytes", h, w.Code, w.Body.Len())
			}
		}
		if w := ask("/api/catalogue", "If-None-Match", `"another"`, "If-Modified-Since", whole.Header().Get("Last-Modified")); w.Code != http.StatusOK {
			t.Errorf("another tag: %d", w.Code)
		}
		two := ask("/api/catalogue?page=2")
		if links := strings.Join(two.Header().Values("Link"), "\n"); two.Code != http.StatusOK || !strings.Contains(links, `/api/catalogue?page=1>; rel="prev"`) || strings.Contains(links, "next") {
			t.Errorf("%d: %s", two.Code, links)
		}
		for _, path := range []string{"/api/catalogue?page=3", "/api/catalogue?page=0", "/api/catalogue?page=x"} {
			if w := ask(path); w.Code != http.StatusNotFound {
				t.Errorf("%s: %d", path, w.Code)
			}
		}
	})
}
