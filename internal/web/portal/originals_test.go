package portal_test

import (
	"context"
	"image"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/catalogue"
	"okno/internal/files"
	"okno/internal/jobs"
	"okno/internal/original"
	"okno/internal/place"
	"okno/internal/sandbox/specimen"
	"okno/internal/scan"
	"okno/internal/signin"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/verification"
	"okno/internal/web"
	"okno/internal/web/centre"
	"okno/internal/web/desk/desktest"
	"okno/internal/web/portal"
	"okno/internal/web/webtest"
)

// drawer is the cabinet and a centre's desk, with originals. Tests do its jobs.
type drawer struct {
	*desktest.Floor

	fresh *bool // a second factor was shown a moment ago
	kept  *original.Service
	proof *verification.Service
}

func withOriginals(t *testing.T, body func(t *testing.T, x drawer)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		x := drawer{Floor: desktest.Open(t, db), fresh: new(bool)}
		list, err := catalogue.Load()
		if err != nil {
			t.Fatal(err)
		}
		folder, err := files.OpenFolder(filepath.Join(t.TempDir(), "files"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { folder.Close() }) //nolint:errcheck // the test is over
		reader, err := scan.New(scan.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		x.proof = &verification.Service{DB: db, Ring: x.Ring, Policy: x.Policy, Accounts: x.Accounts, Notices: x.Notices, Jobs: x.Queue, Zone: time.UTC}
		x.kept = original.New(original.Config{DB: db, Ring: x.Ring, Policy: x.Policy, Files: &files.Store{DB: db, Ring: x.Ring, Bucket: folder}, Proofs: x.proof, Jobs: x.Queue, Pictures: reader, Opens: func(context.Context, access.Actor) error {
			if *x.fresh {
				return nil
			}
			return signin.ErrSealed
		}})
		jobs.Handle(x.Queue, x.kept.ReadOne)
		(&portal.Pages{DB: db, Policy: x.Policy, Accounts: x.Accounts, Contacts: x.Contacts, Catalogue: list, Verification: x.proof, Originals: x.kept, Notices: x.Notices, Zone: time.UTC}).Mount(x.Server)
		x.Server.Handle("GET "+web.Again, func(http.ResponseWriter, *http.Request) error { return access.ErrDenied }) // the proof itself is a page of package identity
		(&centre.Pages{DB: db, Verification: x.proof, Originals: x.kept, SignIn: x.SignIn, Unit: (*place.Book)(nil).Unit}).Mount(x.Server)
		body(t, x)
	})
}

// read does the jobs that wait.
func (x drawer) read(t *testing.T, who access.Actor) {
	t.Helper()
	all, err := x.kept.Mine(ctx, who)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range all {
		if err := x.kept.ReadOne(ctx, original.ReadOriginal{Original: o.ID}); err != nil {
			t.Fatal(err)
		}
	}
}

// drawn is a file with a picture of a paper.
func drawn(t *testing.T, name string, draw func(specimen.Person, specimen.Style) (*image.RGBA, error), d specimen.Defect) string {
	t.Helper()
	text, err := specimen.Fonts{Modules: "../../../node_modules"}.Text("golos")
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := draw(specimen.Person{Surname: "Образцова", GivenName: "Анна", BirthDate: "1990-02-03", SNILS: "112-233-445 95"}, specimen.Style{Text: text, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	shot, err := specimen.Shot(sheet, d, 5)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, shot, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func answers(t *testing.T, c *webtest.Client, status int) {
	t.Helper()
	if got := c.Page().Status; got != status {
		t.Errorf("%s answers with %d, want %d", c.Page().URL.Path, got, status)
	}
}

// LVL-4, LVL-11.
func TestOriginalsAreSentWithoutScriptsAndTheirStateIsSaidInWords(t *testing.T) {
	withOriginals(t, func(t *testing.T, x drawer) {
		who, c := x.Person(t, phone)
		c.Open("/cabinet/identity")
		c.Follow("Прислать документы")
		sees(t, c, "Вы ещё ничего не прислали")
		if got := c.Page().Header.Get("Permissions-Policy"); !strings.HasPrefix(got, "camera=(self)") {
			t.Errorf("the camera may not be used here: %s", got)
		}
		c.Press("Отправить")
		answers(t, c, http.StatusUnprocessableEntity)
		sees(t, c, "Выберите, какой это документ", "Приложите снимок или PDF")

		c.Choose("Водительское удостоверение", "kind")
		c.Attach("original", drawn(t, "права.jpg", specimen.Letter, specimen.Defocus))
		c.Press("Отправить")
		sees(t, c, "Документ принят", "Читаем")
		seesNo(t, c, "Заменить")
		x.read(t, who)
		c.Open("/cabinet/identity/originals")
		sees(t, c, "Не читается", "Снимок нерезкий", "Этот снимок мы удалим")

		c.Follow("Заменить: Водительское удостоверение")
		c.Attach("original", drawn(t, "права.jpg", specimen.Letter, specimen.None))
		c.Press("Отправить")
		x.read(t, who)
		c.Open("/cabinet/identity/originals")
		sees(t, c, "Сохранён без чтения", "Его посмотрит оператор")
		seesNo(t, c, "Не читается")

		c.Choose("СНИЛС", "kind")
		c.Attach("photo", drawn(t, "снилс.jpg", specimen.Insurance, specimen.None))
		c.Press("Отправить")
		x.read(t, who)
		c.Open("/cabinet/identity/originals")
		sees(t, c, "Сравнить пока не с чем")

		asked := c.Fetch("Посмотреть: СНИЛС").Request.URL //nolint:bodyclose // the client reads it whole
		if next := asked.Query().Get("next"); asked.Path != web.Again || asked.Query().Get("need") != web.NeedSecond || !strings.HasSuffix(next, "/file") {
			t.Errorf("without a second factor it leads to %s", asked)
		}
		*x.fresh = true
		h := c.Fetch("Посмотреть: СНИЛС").Header //nolint:bodyclose // the client reads it whole
		for name, want := range map[string]string{"Content-Type": "image/jpeg", "Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"} {
			if h.Get(name) != want {
				t.Errorf("%s: %q", name, h.Get(name))
			}
		}
		_, other := x.Person(t, "+79120000002")
		all, err := x.kept.Mine(ctx, who)
		if err != nil || len(all) != 2 {
			t.Fatalf("%+v, %v", all, err)
		}
		for _, path := range []string{"/file", "/delete"} {
			if got := other.Get("/cabinet/identity/originals/" + all[0].ID + path).StatusCode; got != http.StatusNotFound && got != http.StatusMethodNotAllowed { //nolint:bodyclose // the client reads it whole
				t.Errorf("somebody else gets %s: %d", path, got)
			}
		}
		c.Press("Удалить", "СНИЛС")
		sees(t, c, "Документ удалён")
		if all, err = x.kept.Mine(ctx, who); err != nil || len(all) != 1 || all[0].Kind != original.Licence {
			t.Errorf("%+v, %v", all, err)
		}
		if got := c.Get("/cabinet").Header.Get("Permissions-Policy"); !strings.HasPrefix(got, "camera=()") { //nolint:bodyclose // the client reads it whole
			t.Errorf("the camera may be used elsewhere: %s", got)
		}
	})
}

func TestTheDeskShowsWhatThePersonSentAndThePersonReadsOfIt(t *testing.T) {
	withOriginals(t, func(t *testing.T, x drawer) {
		who, c := x.Person(t, phone)
		c.Open("/cabinet/identity/originals")
		c.Choose("СНИЛС", "kind")
		c.Attach("original", drawn(t, "снилс.jpg", specimen.Insurance, specimen.None))
		c.Press("Отправить")
		x.read(t, who)
		visit, err := x.proof.VisitCode(ctx, who)
		if err != nil {
			t.Fatal(err)
		}
		_, d := x.Hire(t, access.Centre, "mfc-1")
		d.Open("/desk/centre")
		d.Fill("code", visit.Code)
		d.Press("Открыть")
		d.Follow("Документы, которые человек прислал заранее")
		sees(t, d, "СНИЛС", "Сравним с тем, что вы введёте")
		if h := d.Fetch("СНИЛС").Header; h.Get("Content-Type") != "image/jpeg" || h.Get("Content-Security-Policy") != "default-src 'none'; sandbox" || h.Get("Cache-Control") != "no-store" { //nolint:bodyclose // the client reads it whole
			t.Errorf("%v", h)
		}
		c.Open("/cabinet/access")
		sees(t, c, "Посмотрел список документов, которые вы прислали", "Открыл снимок вашего документа")
	})
}

func TestWhoSendsTooMuchIsToldWhenToComeBackAndNothingChosenIsLost(t *testing.T) {
	withOriginals(t, func(t *testing.T, x drawer) {
		_, c := x.Person(t, phone)
		x.Policy.Originals.PerPerson.Max = 1
		for range 2 {
			c.Open("/cabinet/identity/originals")
			c.Choose("СНИЛС", "kind")
			c.Attach("original", drawn(t, "снилс.jpg", specimen.Letter, specimen.Small))
			c.Press("Отправить")
		}
		answers(t, c, http.StatusTooManyRequests)
		sees(t, c, "Вы прислали много документов подряд")
		if c.Value("kind") != "snils" {
			t.Errorf("the kind is %q", c.Value("kind"))
		}
		c.Attach("original", drawn(t, "a.jpg", specimen.Letter, specimen.Small))
		c.Attach("photo", drawn(t, "b.jpg", specimen.Letter, specimen.Small))
		c.Press("Отправить")
		answers(t, c, http.StatusUnprocessableEntity)
		sees(t, c, "Приложите один файл")
	})
}
