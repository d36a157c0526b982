package document

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"rsc.io/qr"

	"okno/internal/account"
	"okno/internal/i18n"
)

// papers are the papers that are looked at, with the number of pages that each must have.
func papers(t testing.TB) map[string]struct {
	sheet sheet
	pages int
} {
	t.Helper()
	type paper = struct {
		sheet sheet
		pages int
	}
	receipt := Receipt{
		Number: "2026-000184", Service: i18n.Text{RU: "Справка о доходах", EN: "Income certificate"}, Agency: fns, Person: anna, SubmittedAt: noon,
		Term: i18n.Text{RU: "обычно несколько секунд", EN: "usually some seconds"}, Link: "https://okno.example/applications/01k0000000000000000000000a",
		Facts: []Fact{{Label: i18n.Text{RU: "За какой год", EN: "For which year"}, Value: same("2025")}},
	}
	filed := sheetOf(receipt.content(moscow), i18n.RU)
	filed.number, filed.link, filed.way = receipt.Number, receipt.Link, followed
	bare := filed
	bare.link = ""
	return map[string]paper{
		"income":            {sheetOf(composed(t, IncomeCertificate, incomeSource(1)), i18n.RU), 1},
		"income-english":    {sheetOf(composed(t, IncomeCertificate, incomeSource(1)), i18n.EN), 1},
		"income-two-payers": {sheetOf(composed(t, IncomeCertificate, incomeSource(2)), i18n.RU), 2},
		"income-six-payers": {sheetOf(composed(t, IncomeCertificate, incomeSource(6)), i18n.RU), 5},
		"extract":           {sheetOf(composed(t, PropertyExtract, propertySource(cadastral)), i18n.RU), 1},
		"extract-of-nine":   {sheetOf(composed(t, PropertyExtract, propertySource(strings.Split(strings.Repeat(cadastral+" ", 8)+cadastral, " ")...)), i18n.RU), 4},
		"receipt":           {filed, 1},
		"receipt-no-link":   {bare, 1},
	}
}

func TestPapersHaveThePagesTheyShould(t *testing.T) {
	p := testPress(t)
	for name, c := range papers(t) {
		pages, err := lay(c.sheet, &p.faces)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(pages) != c.pages {
			t.Errorf("%s has %d pages, want %d", name, len(pages), c.pages)
		}
		within(t, name, p, pages)
	}
}

// within checks that nothing stands outside of the margins, and no text on the foot of the page.
func within(t *testing.T, name string, p *press, pages [][]mark) {
	t.Helper()
	l := &layout{faces: &p.faces}
	for i, marks := range pages {
		foot := false
		for _, m := range marks {
			w, h := m.w, m.h
			if m.what == letters {
				w, h = l.wide(m.text, m.font), 0
			}
			if m.what == fill && m.y >= footAt-1 {
				foot = true
			}
			if m.x < left-0.01 || m.x+w > right+0.01 || m.y < top || m.y+h > pageH-30 {
				t.Errorf("%s, page %d: %q stands at %.1f…%.1f, %.1f…%.1f", name, i+1, m.text, m.x, m.x+w, m.y, m.y+h)
			}
			if !foot && m.y+h > bottom+1 {
				t.Errorf("%s, page %d: %q reaches %.1f and touches the foot", name, i+1, m.text, m.y+h)
			}
		}
		if !foot {
			t.Errorf("%s, page %d has no foot", name, i+1)
		}
	}
}

func TestThePDFSaysWhatThePaperSays(t *testing.T) {
	tool(t, "pdftotext")
	p := testPress(t)
	pdfs := map[string][]byte{}
	for name, c := range papers(t) {
		data, err := p.print(c.sheet)
		if err != nil {
			t.Fatal(err)
		}
		pdfs[name] = data
		info := poppler(t, data, "pdfinfo", "FILE")
		if !regexp.MustCompile(`(?m)^Pages:\s+`+strconv.Itoa(c.pages)+`$`).MatchString(info) || !strings.Contains(info, "Page size:       595.28 x 841.89 pts (A4)") || !strings.Contains(info, "PDF version:     1.7") {
			t.Errorf("%s: pdfinfo says\n%s", name, info)
		}
	}
	for name, want := range map[string][]string{ // in the order in which a person reads
		"income": {
			"Окно", "Федеральная налоговая служба", "№ ОК-2026-000123 · 18 ноября 2026", "Справка о доходах", "за 2025 год",
			"Фамилия, имя, отчество", "Проверкина Анна Сергеевна", "17 мая 1985", "ИНН", anna.INN,
			"Итого за 2025 год", "Общая сумма дохода", "1 073 332,90 ₽", "Налог удержанный", "139 533 ₽",
			payerName, "5099001234 / 509901001", "Ставка налога", "13 %", "Сумма, ₽",
			"Январь", "2000", "Заработная плата", "85 432,10", "Июль", "2012", "Отпускные", "86 172,80", "Декабрь", "2002", "Премия", "40 000,00", "Всего", "1 073 332,90",
			"Ответ реестра № FNS-20261118110200-000042", "Проверьте документ", "https://okno.example/check/AbCdEfGhIjKlMnOpQrStUvWxYz012345", "Страница 1 из 1",
		},
		"income-english": {
			"Okno", "Federal Tax Service", "No. ОК-2026-000123 · 18 November 2026", "Income certificate", "for the year 2025", "Проверкина Анна Сергеевна",
			"17 May 1985", "1,073,332.90 ₽", "139,533 ₽", "Wages", "85,432.10", "Holiday pay", "Total", "Check this paper", "Page 1 of 1",
		},
		"income-two-payers": {
			"Итого за 2025 год", "1. ООО", "Налоговая база", "Месяц", "Январь", "Страница 1 из 2", "Справка о доходах", "2. ООО", "Месяц", "Январь", "Всего", "Страница 2 из 2",
		},
		"extract": {
			"Федеральная служба государственной регистрации", "Выписка из реестра недвижимости", "об объекте и правах на него", "Проверкина Анна Сергеевна", "Сведения на дату", "18 ноября 2026",
			"Квартира", "Кадастровый номер", cadastral, "Заречный край, город Заречный, улица Космонавтов", "54,3 м²",
			"Правообладатель", "Право", "Доля", "Номер и дата регистрации", "1/2", cadastral + "-50/099/2019-3", "2 апреля 2019", "Единого государственного реестра недвижимости",
		},
		"receipt": {
			"Заявление принято", "Справка о доходах", "Номер заявления", "2026-000184", "Заявитель", "Проверкина Анна Сергеевна", "Подано", "18 ноября 2026, 14:02", "обычно несколько секунд",
			"Что вы указали", "За какой год", "2025", "Сохраните номер", "Следите за заявлением", "https://okno.example/applications/01k0000000000000000000000a",
		},
	} {
		got := strings.Join(strings.Fields(text(t, pdfs[name], "-raw")), " ")
		at := 0
		for _, w := range want {
			i := strings.Index(got[at:], w)
			if i < 0 {
				t.Errorf("%s: %q does not follow in %q", name, w, got[at:])
				break
			}
			at += i + len(w)
		}
	}
	if got := text(t, pdfs["receipt-no-link"]); strings.Contains(got, "http") || strings.Contains(got, "Следите") {
		t.Errorf("a receipt without an address speaks of one: %q", got)
	}
	fonts := poppler(t, pdfs["income"], "pdffonts", "FILE")
	if n := len(regexp.MustCompile(`OKNOA[AB]\+GolosText-\w+ +CID TrueType +Identity-H +yes yes yes`).FindAllString(fonts, -1)); n != 2 {
		t.Errorf("the typefaces are not embedded as subsets:\n%s", fonts)
	}
	if n := len(pdfs["income"]); n > 60_000 {
		t.Errorf("a page takes %d bytes", n)
	}
}

// The code on the paper is compared dot by dot with the code of its address: what a camera will read.
func TestTheCodeOnThePaperIsThatOfItsAddress(t *testing.T) {
	raster := tool(t, "pdftoppm")
	p := testPress(t)
	s := papers(t)["income-two-payers"].sheet
	data, err := p.print(s)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "paper.pdf")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	want, err := qr.Encode(s.link, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	for page := 1; page <= 2; page++ {
		const dpi = 288
		out, err := exec.Command(raster, "-gray", "-r", strconv.Itoa(dpi), "-f", strconv.Itoa(page), "-l", strconv.Itoa(page), file).Output()
		if err != nil {
			t.Fatal(err)
		}
		grey := pgm(t, out)
		u := qrSide / float64(want.Size)
		wrong := 0
		for y := -3; y < want.Size+3; y++ { // with the quiet zone around it
			for x := -3; x < want.Size+3; x++ {
				px, py := left+(float64(x)+0.5)*u, footAt+14+(float64(y)+0.5)*u
				if black := grey(px*dpi/72, py*dpi/72) < 128; black != want.Black(x, y) {
					wrong++
				}
			}
		}
		if wrong > 0 {
			t.Errorf("page %d: %d dots of the code are wrong", page, wrong)
		}
		if mm := u / 72 * 25.4; mm < 0.45 {
			t.Errorf("a dot is %.2f mm wide: cameras want 0.45", mm)
		}
	}
}

// pgm reads a picture in grey.
func pgm(t *testing.T, data []byte) func(x, y float64) byte {
	t.Helper()
	var w, h, most int
	if _, err := fmt.Fscanf(bytes.NewReader(data), "P5\n%d %d\n%d\n", &w, &h, &most); err != nil || most != 255 || len(data) < w*h {
		t.Fatalf("no picture: %v, %d × %d", err, w, h)
	}
	pixels := data[len(data)-w*h:]
	return func(x, y float64) byte { return pixels[int(math.Round(y))*w+int(math.Round(x))] }
}

func TestTheSamePaperPrintsTheSameBytes(t *testing.T) {
	p := testPress(t)
	for name, c := range papers(t) {
		want, err := p.print(c.sheet)
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for range 3 { // at once: the typefaces are shared
			all.Go(func() {
				if got, err := p.print(c.sheet); err != nil || !bytes.Equal(got, want) {
					t.Errorf("%s came out otherwise, %v", name, err)
				}
			})
		}
		all.Wait()
		s := c.sheet
		s.number += "1"
		if got, err := p.print(s); err != nil || bytes.Equal(got, want) {
			t.Errorf("%s with another number is the same, %v", name, err)
		}
	}
}

func TestTheReceiptIsPrintedOnTheSpot(t *testing.T) {
	testPress(t)
	s := &Service{Name: brand, Fonts: fonts} // nothing else is asked for
	r := Receipt{Number: "2026-000184", Service: i18n.Text{RU: "Справка о доходах"}, Agency: fns, Person: anna, SubmittedAt: noon}
	one, err := s.Print(t.Context(), r, i18n.RU)
	if err != nil {
		t.Fatal(err)
	}
	if two, err := s.Print(t.Context(), r, i18n.RU); err != nil || !bytes.Equal(one, two) {
		t.Errorf("the second print is another, %v", err)
	}
	if got := r.Name(i18n.RU); got != "Расписка, 2026-000184.pdf" {
		t.Errorf("its name is %q", got)
	}
}

func TestALetterThatTheTypefaceLacksFailsThePaper(t *testing.T) {
	p := testPress(t)
	for surname, want := range map[string]error{
		"Проверкина": nil, "Ёлкина-Ўзбек": nil, "Ҳәсән Өлөң Ӏалиев": nil, "Müller Ağaoğlu": nil, "e\u0308лка и й": nil, "с\u00adмягким\u200b\u00a0переносом": nil,
		"中村": ErrLetter, "Анна 🙂": ErrLetter, "שרה": ErrLetter,
	} {
		s := incomeSource(1)
		s.Person.Surname = surname
		data, err := p.print(sheetOf(composed(t, IncomeCertificate, s), i18n.RU))
		if !errors.Is(err, want) || want != nil && (data != nil || strings.Contains(err.Error(), surname)) {
			t.Errorf("%q: %v, want %v", surname, err, want)
		}
	}
}

func TestWhatIsCopiedOutOfThePDFIsPlain(t *testing.T) {
	tool(t, "pdftotext")
	s := incomeSource(1)
	s.Person.Surname = "Е\u0308лкина\u00a0\u00ad\u200bМладшая" // ё of two parts, spaces and hyphens that nobody sees
	data, err := testPress(t).print(sheetOf(composed(t, IncomeCertificate, s), i18n.RU))
	if err != nil {
		t.Fatal(err)
	}
	got := text(t, data)
	if !strings.Contains(got, "Ёлкина Младшая Анна Сергеевна") {
		t.Errorf("the name cannot be found in %q", got)
	}
	for _, r := range got {
		if r == '\u00a0' || r == '\u00ad' || unicode.Is(unicode.Cf, r) {
			t.Errorf("the text holds %U", r)
		}
	}
}

func TestAValueLongerThanAPageGoesOnOverTheNext(t *testing.T) {
	p := testPress(t)
	long := strings.TrimSpace(strings.Repeat("Заречный край, город Заречный, улица Космонавтов. ", 120))
	s := propertySource(cadastral)
	o := object(cadastral)
	o["address"], o["right"] = long, long
	s.Answer["objects"] = []any{o}
	sh := sheetOf(composed(t, PropertyExtract, s), i18n.RU)
	pages, err := lay(sh, &p.faces)
	if err != nil || len(pages) < 5 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	within(t, "long", p, pages)
	var words strings.Builder
	for _, marks := range pages {
		for _, m := range marks {
			if m.what == letters {
				words.WriteString(m.text + " ")
			}
		}
	}
	if n := strings.Count(words.String(), "Космонавтов"); n != 240 {
		t.Errorf("of 240 words %d are left", n)
	}
}

func TestAnObjectIsNotTornBetweenPages(t *testing.T) {
	p := testPress(t)
	pages, err := lay(papers(t)["extract-of-nine"].sheet, &p.faces)
	if err != nil {
		t.Fatal(err)
	}
	for i, marks := range pages {
		labels, entries := 0, 0
		for _, m := range marks {
			switch {
			case m.what == letters && m.text == "Кадастровый номер":
				labels++
			case m.what == letters && m.text == "2 апреля 2019":
				entries++
			}
		}
		if labels != entries || labels == 0 {
			t.Errorf("page %d begins %d objects and ends %d", i+1, labels, entries)
		}
	}
}

func TestDecimalMarksStandUnderEachOther(t *testing.T) {
	p := testPress(t)
	l := &layout{faces: &p.faces}
	var at []float64
	for _, s := range []string{"1,11", "85\u00a0432,10", "1\u00a0000\u00a0000,00", "−0,88"} {
		i := strings.IndexByte(s, ',')
		at = append(at, l.wide(s[:i], cellFont)-l.before(s, cellFont))
	}
	for _, x := range at[1:] {
		if math.Abs(x-at[0]) > 0.001 {
			t.Errorf("the marks stand at %v from the edge", at)
		}
	}
}

func TestThePDFTellsItsLanguageAndTitle(t *testing.T) {
	p := testPress(t)
	for name, c := range papers(t) {
		data, err := p.print(c.sheet)
		if err != nil {
			t.Fatal(err)
		}
		offsets, _, err := objects(data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for n, at := range offsets[1:] {
			if !bytes.HasPrefix(data[at:], fmt.Appendf(nil, "%d 0 obj\n", n+1)) {
				t.Errorf("%s: object %d is not where the table says", name, n+1)
			}
		}
		root := data[offsets[1] : offsets[1]+200]
		if !bytes.Contains(root, fmt.Appendf(nil, "/Lang (%s)", c.sheet.lang)) || !bytes.Contains(root, []byte("/DisplayDocTitle true")) {
			t.Errorf("%s: the catalogue is %q", name, root)
		}
		for _, want := range []string{"<rdf:li xml:lang=\"x-default\">" + c.sheet.about().title, "2026-11-18T11:02:00Z", "/CreationDate (D:20261118110200Z)"} {
			if !bytes.Contains(data, []byte(want)) {
				t.Errorf("%s lacks %q", name, want)
			}
		}
		for _, secret := range []string{anna.Surname, anna.INN} { // file managers show metadata
			if strings.Contains(string(data[offsets[len(offsets)-1]:]), secret) {
				t.Errorf("%s: the metadata hold %q", name, secret)
			}
		}
	}
}

func FuzzObjects(f *testing.F) {
	f.Add([]byte("%PDF-1.7\n1 0 obj\n<<>>\nendobj\nxref\n0 2\n0000000000 65535 f \n0000000009 00000 n \ntrailer\n<<>>\nstartxref\n31\n%%EOF\n"))
	f.Add([]byte("startxref\n0\n"))
	f.Add([]byte("xref\n0 9\nstartxref\n0\n%%EOF"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		offsets, table, err := objects(raw)
		if err == nil && (len(offsets) < 2 || table > len(raw)) {
			t.Errorf("%d objects before %d", len(offsets), table)
		}
		if out, err := finish(raw, about{title: "т", lang: i18n.RU, at: noon}, nil); err == nil {
			if _, _, err := objects(out); err != nil {
				t.Errorf("the finished file cannot be read: %v", err)
			}
		}
	})
}

// FuzzWrap: nothing but spaces is lost, and no line is wider than it may be unless it is a single letter.
func FuzzWrap(f *testing.F) {
	p := testPress(f)
	f.Add("Заречный край, город Заречный", 60.0)
	f.Add("50:99:0010203:1187-50/099/2019-3", 20.0)
	f.Add("а\nб\n\n  в\u00a0г", 1.0)
	f.Fuzz(func(t *testing.T, s string, w float64) {
		if !utf8.ValidString(s) || math.IsNaN(w) || w < 1 || w > 1000 || len(s) > 4000 {
			t.Skip()
		}
		l := &layout{faces: &p.faces}
		lines := l.wrap(s, cellFont, w)
		for _, line := range lines {
			if l.wide(line, cellFont) > w+0.001 && utf8.RuneCountInString(l.clean(line, regular)) > 1 && strings.TrimSpace(l.clean(line, regular)) != "" {
				marks := 0 // letters without width of their own go with the one before
				for _, r := range line {
					if l.wide(string(r), cellFont) > 0 {
						marks++
					}
				}
				if marks > 1 {
					t.Errorf("%q is %.2f wide, %.2f are allowed", line, l.wide(line, cellFont), w)
				}
			}
		}
		plain := func(s string) string {
			return strings.Map(func(r rune) rune {
				if unicode.IsSpace(r) {
					return -1
				}
				return r
			}, l.clean(s, regular))
		}
		if got, want := plain(strings.Join(lines, "")), plain(s); got != want {
			t.Errorf("%q became %q", want, got)
		}
	})
}

func BenchmarkPrint(b *testing.B) {
	p := testPress(b)
	for name, c := range papers(b) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.print(c.sheet); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("typefaces", func(b *testing.B) {
		r, bold, err := fonts()
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := newPress(r, bold); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func ExampleService_Print() {
	regular, bold, err := fonts()
	if err != nil {
		fmt.Println("%PDF-1.7 <nil>") // no typefaces on this machine
		return
	}
	s := &Service{Name: i18n.Text{RU: "Окно"}, Fonts: func() ([]byte, []byte, error) { return regular, bold, nil }}
	pdf, err := s.Print(context.Background(), Receipt{
		Number: "2026-000184", Service: i18n.Text{RU: "Справка о доходах"}, Agency: i18n.Text{RU: "ФНС России"},
		Person: account.Profile{Surname: "Проверкина", GivenName: "Анна"}, SubmittedAt: time.Date(2026, 11, 18, 11, 2, 0, 0, time.UTC),
	}, i18n.RU)
	fmt.Println(string(pdf[:8]), err)
	// Output: %PDF-1.7 <nil>
}
