package document

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/stamp"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// signing gives the desk a key for papers.
func (d desk) signing(t *testing.T) desk {
	t.Helper()
	d.Stamp = &stamp.Service{DB: d.DB, Path: filepath.Join(t.TempDir(), "papers.pem"), Name: brand.RU, Address: "https://okno.example", Life: 1000 * time.Hour}
	if _, err := d.Stamp.Make(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d desk) list(t *testing.T) stamp.List {
	t.Helper()
	l, err := d.Stamp.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (d desk) pdf(t *testing.T, doc Document) []byte {
	t.Helper()
	_, r, err := d.Open(t.Context(), d.anna, doc.ID)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// signedSheet is a sheet with a key of its own and the code that it signed.
func signedSheet(t testing.TB, k Kind, src Source, lang i18n.Lang) (sheet, stamp.List) {
	t.Helper()
	key, err := stamp.Generate(brand.RU, "https://okno.example", noon, 1000*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	c := composed(t, k, src)
	s := sheetOf(c, lang)
	b := body{Token: s.link[strings.LastIndex(s.link, "/")+1:], Number: s.number, Title: c.Title, Subtitle: c.Subtitle, Agency: c.Agency, Holder: c.Holder, Facts: c.open()}
	s.key, s.offline = key, "https://okno.example/verify"
	if s.code, err = key.Code(b.paper(k, &s), room(s.link)); err != nil {
		t.Fatal(err)
	}
	return s, stamp.List{Issuer: "https://okno.example", AsOf: noon, Keys: []stamp.Entry{key.Entry(noon)}}
}

// samples are papers with codes from small to the largest.
func samples() map[string]func(testing.TB, i18n.Lang) (sheet, stamp.List) {
	return map[string]func(testing.TB, i18n.Lang) (sheet, stamp.List){
		"income": func(t testing.TB, l i18n.Lang) (sheet, stamp.List) {
			return signedSheet(t, IncomeCertificate, incomeSource(1), l)
		},
		"two payers": func(t testing.TB, l i18n.Lang) (sheet, stamp.List) {
			return signedSheet(t, IncomeCertificate, incomeSource(2), l)
		},
		"extract": func(t testing.TB, l i18n.Lang) (sheet, stamp.List) {
			return signedSheet(t, PropertyExtract, propertySource(cadastral), l)
		},
		"extract of many": func(t testing.TB, l i18n.Lang) (sheet, stamp.List) {
			return signedSheet(t, PropertyExtract, propertySource(slices.Repeat([]string{cadastral}, 30)...), l)
		},
	}
}

func TestAPaperIsSignedAndItsCodeSaysWhatItsPageSays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db).signing(t)
		doc := d.certificate(t, id.New())
		data, l := d.pdf(t, doc), d.list(t)
		v := stamp.Verify(data, l)
		if !v.Genuine() || v.Link != doc.Link || !v.SignedAt.Equal(doc.IssuedAt.Truncate(time.Second)) {
			t.Fatalf("the paper is %+v", v)
		}
		text := scan(t, data)
		p, e, err := stamp.Read(text, l)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		page, err := d.ByToken(t.Context(), token(doc))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(text, doc.Link+"#") || e.ID != v.Key.ID || p.Number != page.Number || p.Holder != page.Holder || p.Agency != page.Agency.RU || p.Kind != string(page.Kind) ||
			p.Title != page.Title.RU+" "+page.Subtitle.RU || !p.IssuedAt.Equal(page.IssuedAt.Truncate(time.Second)) || len(p.Facts) != len(page.Facts) || p.More != 0 {
			t.Errorf("the code says %+v, the page %+v", p, page)
		}
		for i, f := range page.Facts {
			if p.Facts[i] != (stamp.Fact{Label: f.Label.RU, Value: f.Value.RU}) {
				t.Errorf("the code says %v, the page %v", p.Facts[i], f)
			}
		}
		said := fmt.Sprintf("%+v", p)
		for _, secret := range []string{anna.Surname, anna.GivenName + " " + anna.Patronymic, anna.INN, "1985", payerName} {
			if strings.Contains(said, secret) {
				t.Errorf("the code tells %q", secret)
			}
		}
		if by := d.column(t, `SELECT paper_key FROM document`); !slices.Equal(by, []string{e.ID}) {
			t.Errorf("it is kept that it was signed by %v", by)
		}
	})
}

// scan reads the code in the upper right corner of the first page, of which the largest is printed 600 pixels wide.
func scan(t *testing.T, pdf []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "paper.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	dpi := 600 / (97 * dot) * 72
	at := func(points float64) string { return strconv.Itoa(int(points * dpi / 72)) }
	out, err := exec.Command(tool(t, "pdftoppm"), "-png", "-r", fmt.Sprint(dpi), "-f", "1", "-l", "1", "-x", at(right-132), "-y", at(84), "-W", at(142), "-H", at(156), file).Output() //nolint:gosec // our own file
	if err != nil {
		t.Fatal(err)
	}
	image := filepath.Join(t.TempDir(), "code.png")
	if err := os.WriteFile(image, out, 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := exec.Command(tool(t, "zbarimg"), "-q", "--raw", "-Sdisable", "-Sqrcode.enable", image).Output() //nolint:gosec // as above
	if err != nil {
		t.Fatalf("the code cannot be read from the paper: %v", err)
	}
	return strings.TrimSuffix(string(text), "\n")
}

func TestTheSignedCodeIsReadFromThePaper(t *testing.T) {
	p := testPress(t)
	for name, sample := range samples() {
		for _, lang := range i18n.Langs() {
			s, l := sample(t, lang)
			c, err := matrix(s.link, s.code)
			if err != nil {
				t.Fatal(err)
			}
			if mm := dot / 72 * 25.4; mm < 0.45 || c.Size > 97 {
				t.Errorf("%s, %s: %d dots a side, each %.2f mm: cameras want 0.45, and a paper has room for 97", name, lang, c.Size, mm)
			}
			data, err := p.print(s)
			if err != nil {
				t.Fatal(err)
			}
			text := scan(t, data)
			got, _, err := stamp.Read(text, l)
			if err != nil || text != s.link+"#"+s.code || got.Lang != string(lang) || got.Number != s.number {
				t.Errorf("%s, %s: %s reads as %+v, %v", name, lang, text, got, err)
			}
			if many := name == "extract of many"; many != (got.More > 0) {
				t.Errorf("%s, %s: %d facts found no room", name, lang, got.More)
			}
			if says := first(t, data); !strings.Contains(says, "okno.example/") || !strings.Contains(says, strings.Fields(lang.T("document.print.offline", "address", ""))[0]) {
				t.Errorf("%s, %s: the paper does not say what the code is for", name, lang)
			}
		}
	}
}

func TestASignedPaperHasAsManyPagesAndNothingOnTheCode(t *testing.T) {
	p := testPress(t)
	for name, sample := range samples() {
		for _, lang := range i18n.Langs() {
			s, _ := sample(t, lang)
			pages, err := lay(s, &p.faces)
			if err != nil {
				t.Fatal(err)
			}
			within(t, name, p, pages)
			bare := s
			bare.code, bare.key = "", nil
			want, err := lay(bare, &p.faces)
			if err != nil || len(want) != len(pages) {
				t.Errorf("%s, %s: %d pages, and %d without the code, %v", name, lang, len(pages), len(want), err)
			}
			apart(t, name, p, pages[0])
		}
	}
}

// apart checks that nothing stands on the signed code, or in the white around it.
func apart(t *testing.T, name string, p *press, marks []mark) {
	t.Helper()
	l := &layout{faces: &p.faces}
	i := slices.IndexFunc(marks, func(m mark) bool { return m.what == code && m.code != "" })
	if i < 0 {
		t.Fatalf("%s: there is no signed code", name)
	}
	c, quiet := marks[i], 4*dot-0.01
	for j, m := range marks {
		x, y, w, h := m.x, m.y, m.w, m.h
		if m.what == letters {
			y, w, h = m.y-m.font.size*0.75, l.wide(m.text, m.font), m.font.size
		}
		if j != i && x < c.x+c.w+quiet && x+w > c.x-quiet && y < c.y+c.h+quiet && y+h > c.y-quiet {
			t.Errorf("%s: %q at %.1f, %.1f stands on the code (%.1f, %.1f, %.1f wide)", name, m.text, x, y, c.x, c.y, c.w)
		}
	}
}

func TestOfAChangedPaperIsSaidWhichPage(t *testing.T) {
	s, l := samples()["two payers"](t, i18n.RU)
	data, err := testPress(t).print(s)
	if err != nil {
		t.Fatal(err)
	}
	if v := stamp.Verify(data, l); !v.Genuine() {
		t.Fatalf("the paper is %s", v.State)
	}
	streams := regexp.MustCompile(`/Contents\s+(\d+) 0 R`).FindAllSubmatch(data, -1)
	seen := 0
	for page := 1; page <= 2; page++ {
		object := []byte("\n" + string(streams[page-1][1]) + " 0 obj\n")
		at := bytes.Index(data, object)
		changed := slices.Clone(data)
		changed[at+bytes.Index(data[at:], []byte("stream\n"))+100] ^= 1
		if v := stamp.Verify(changed, l); v.State != stamp.Changed || !slices.Equal(v.Pages, []int{page}) || v.Rest {
			t.Errorf("page %d was changed, and it is %s, %v, %t", page, v.State, v.Pages, v.Rest)
		}
		seen++
	}
	if seen != 2 {
		t.Errorf("%d pages were changed", seen)
	}
	for i := 0; i < len(data); i += 61 {
		data[i] ^= 4
		if stamp.Verify(data, l).Genuine() {
			t.Fatalf("byte %d is another, and the paper is genuine", i)
		}
		data[i] ^= 4
	}
}

func TestPapersOfBeforeTheKeyAreStillChecked(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db)
		doc := d.certificate(t, id.New())
		d = d.signing(t)
		if v := stamp.Verify(d.pdf(t, doc), d.list(t)); v.State != stamp.Unsigned {
			t.Errorf("a paper of before is %s", v.State)
		}
		if page, err := d.ByToken(t.Context(), token(doc)); err != nil || page.State != Valid || page.Number != doc.Number {
			t.Errorf("its page says %+v, %v", page, err)
		}
		if v := stamp.Verify(d.pdf(t, d.certificate(t, id.New())), d.list(t)); !v.Genuine() {
			t.Errorf("the next paper is %s", v.State)
		}
	})
}

// A paper without its signature would be taken for a forgery one day: the job tries again when the key is there.
func TestNoPaperIsIssuedWithoutItsSignatureWhenTheKeyIsGone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := newDesk(t, db).signing(t)
		if err := os.Rename(d.Stamp.Path, d.Stamp.Path+".gone"); err != nil {
			t.Fatal(err)
		}
		n := New{Kind: IncomeCertificate, Content: composed(t, IncomeCertificate, incomeSource(1)), CaseID: id.New(), Lang: i18n.RU}
		if _, err := d.make(t.Context(), d.anna.ID, n); err == nil || !strings.Contains(err.Error(), "restore it") {
			t.Errorf("a paper was issued, %v", err)
		}
		if left := d.column(t, `SELECT id FROM document`); len(left) > 0 {
			t.Errorf("%d papers are there", len(left))
		}
		if err := os.Rename(d.Stamp.Path+".gone", d.Stamp.Path); err != nil {
			t.Fatal(err)
		}
		if _, err := d.make(t.Context(), d.anna.ID, n); err != nil {
			t.Errorf("with the key again: %v", err)
		}
	})
}

func TestTheSameSignedPaperPrintsTheSameBytes(t *testing.T) {
	s, _ := samples()["income"](t, i18n.RU)
	p := testPress(t)
	one, err := p.print(s)
	if err != nil {
		t.Fatal(err)
	}
	two, err := p.print(s)
	if err != nil || !bytes.Equal(one, two) {
		t.Errorf("they differ, %v", err)
	}
}

// What a signature costs beside the printing itself.
func BenchmarkSignedPrint(b *testing.B) {
	p := testPress(b)
	signed, l := samples()["income"](b, i18n.RU)
	bare := signed
	bare.code, bare.key = "", nil
	for name, s := range map[string]sheet{"bare": bare, "signed": signed} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := p.print(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	data, err := p.print(signed)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("verify", func(b *testing.B) {
		for b.Loop() {
			if !stamp.Verify(data, l).Genuine() {
				b.Fatal("it is not genuine")
			}
		}
	})
}

// first is what the first page says.
func first(t *testing.T, pdf []byte) string {
	t.Helper()
	return text(t, pdf, "-l", "1")
}
