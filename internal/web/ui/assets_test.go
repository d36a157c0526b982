package ui

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"okno/internal/form"
)

// The budget of a first visit, in bytes that travel.
const (
	pageBudget   = 60_000 // page, styles and scripts, compressed
	fontBudget   = 80_000 // Cyrillic, Latin and the rouble sign
	scriptBudget = 6_000
)

func bundle(t *testing.T) *Bundle {
	t.Helper()
	b, err := Assets()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func named(t *testing.T, name string) Asset {
	t.Helper()
	a, ok := bundle(t).Named(name)
	if !ok {
		t.Fatalf("%s was not built", name)
	}
	return a
}

func TestTheCommonPasswordsAreBuiltInSortedAndSmall(t *testing.T) {
	words := strings.Split(string(CommonPasswords()), "\n")
	if len(words) < 30_000 || len(CommonPasswords()) > 400_000 || !slices.IsSorted(words) {
		t.Fatalf("%d words of %d bytes, sorted: %t", len(words), len(CommonPasswords()), slices.IsSorted(words))
	}
	for _, p := range []string{"Password1!", "Trustno1!", "Sunshine-2024", "Gfhjkm-77", "$hadow1!"} {
		if form.PasswordCommon(p, CommonPasswords()) == nil {
			t.Errorf("%s is taken", p)
		}
	}
	if _, served := bundle(t).Named("common-passwords.txt"); served {
		t.Error("the list is served to browsers")
	}
}

func TestAPageStaysWithinItsBudget(t *testing.T) {
	s, _ := render(t, russian, Storybook(visitor)) // the longest page there is
	page := squeezed(t, []byte(s))
	css, js := len(named(t, "okno.css").Gzip), len(named(t, "okno.js").Gzip)
	t.Logf("page %d + styles %d + scripts %d = %d of %d", page, css, js, page+css+js, pageBudget)
	if page+css+js > pageBudget {
		t.Errorf("page %d + styles %d + scripts %d is over %d bytes", page, css, js, pageBudget)
	}
	if js > scriptBudget {
		t.Errorf("scripts are %d bytes, over %d", js, scriptBudget)
	}
	fonts := 0
	for _, a := range bundle(t).All() {
		if a.Type == "font/woff2" {
			fonts += len(a.Body)
		}
	}
	t.Logf("typefaces %d of %d", fonts, fontBudget)
	if fonts > fontBudget || fonts == 0 {
		t.Errorf("typefaces are %d bytes, want some and not over %d", fonts, fontBudget)
	}
}

func squeezed(t *testing.T, b []byte) int {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Len()
}

func TestCompressedFilesHoldTheSameBytes(t *testing.T) {
	for _, a := range bundle(t).All() {
		if strings.HasPrefix(a.Type, "text/") && (a.Gzip == nil || a.Brotli == nil || len(a.Brotli) >= len(a.Body)) {
			t.Errorf("%s is not compressed", a.Name)
		}
		if a.Gzip == nil {
			continue
		}
		r, err := gzip.NewReader(bytes.NewReader(a.Gzip))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, a.Body) {
			t.Errorf("%s.gz is not %s (%v)", a.File, a.File, err)
		}
	}
}

func TestStylesNeedNothingFromOutsideTheBundle(t *testing.T) {
	css := string(named(t, "okno.css").Body)
	urls := regexp.MustCompile(`url\(([^)]*)\)`).FindAllStringSubmatch(css, -1)
	if len(urls) == 0 {
		t.Fatal("the styles name no files at all")
	}
	for _, u := range urls {
		file, ok := strings.CutPrefix(strings.Trim(u[1], `"'`), Prefix)
		if !ok {
			t.Errorf("the styles ask for %.60s", u[1])
			continue
		}
		if _, ok := bundle(t).File(file); !ok {
			t.Errorf("the styles ask for %s, which was not built", file)
		}
	}
	if strings.Contains(css, "@import") {
		t.Error("the styles import others")
	}
}

func TestScriptsWriteNoCode(t *testing.T) {
	js := string(named(t, "okno.js").Body)
	if bad := regexp.MustCompile(`\beval\(|new Function|(inner|outer)HTML=[^=]|\.style\.|document\.write|insertAdjacentHTML`).FindString(js); bad != "" {
		t.Errorf("the scripts use %s", bad)
	}
}

func TestAddressesChangeWithTheBytes(t *testing.T) {
	if got := URL("okno.css"); !regexp.MustCompile(`^/assets/okno-[0-9a-f]{12}\.css$`).MatchString(got) {
		t.Errorf("the address of the styles is %s", got)
	}
	if a, ok := bundle(t).File(strings.TrimPrefix(URL("okno.js"), Prefix)); !ok || a.Type != "text/javascript; charset=utf-8" {
		t.Errorf("scripts are found: %v, as %q", ok, a.Type)
	}
}

func TestAProgramWithoutItsPagesSaysSo(t *testing.T) {
	if _, err := open(fstest.MapFS{".keep": {}}); !errors.Is(err, ErrNotBuilt) {
		t.Errorf("got %v, want ErrNotBuilt", err)
	}
	if _, err := open(fstest.MapFS{"manifest.json": {Data: []byte(`[{"name":"a.css","file":"a-1.css","type":"text/css"}]`)}}); err == nil {
		t.Error("a bundle with a file missing was opened")
	}
}

func TestTypefacesForPapersAreTrueType(t *testing.T) {
	regular, bold, err := Typefaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range [][]byte{regular, bold} {
		if !bytes.HasPrefix(f, []byte{0, 1, 0, 0}) {
			t.Errorf("begins with % x", f[:4])
		}
	}
	if bytes.Equal(regular, bold) {
		t.Error("bold is not bold")
	}
}
