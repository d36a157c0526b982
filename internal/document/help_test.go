package document

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/files"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/keyring/keyringtest"
	"okno/internal/store"
)

// What the tests print is about one person; the tests of secrecy look for each of these words.
var anna = account.Profile{Surname: "Проверкина", GivenName: "Анна", Patronymic: "Сергеевна", BirthDate: "1985-05-17", INN: "509900123412"}

const (
	payerName = "ООО «Пекарня на Заречной»"
	address   = "Заречный край, город Заречный, улица Космонавтов, дом 14, корпус 2, квартира 118"
	cadastral = "50:99:0010203:1187"
)

var (
	brand     = i18n.Text{RU: "Окно", EN: "Okno"}
	fns       = i18n.Text{RU: "Федеральная налоговая служба", EN: "Federal Tax Service"}
	rosreestr = i18n.Text{RU: "Федеральная служба государственной регистрации, кадастра и картографии", EN: "Federal Register Service"}
	moscow, _ = time.LoadLocation("Europe/Moscow")
	noon      = time.Date(2026, 11, 18, 11, 2, 0, 0, time.UTC)
)

// fonts are those that the portal is built with.
func fonts() (r, b []byte, err error) {
	from := filepath.Join("..", "..", "node_modules", "@expo-google-fonts", "golos-text")
	if r, err = os.ReadFile(filepath.Join(from, "400Regular", "GolosText_400Regular.ttf")); err != nil {
		return nil, nil, err
	}
	b, err = os.ReadFile(filepath.Join(from, "700Bold", "GolosText_700Bold.ttf"))
	return r, b, err
}

var oncePress = sync.OnceValues(func() (*press, error) {
	r, b, err := fonts()
	if err != nil {
		return nil, err
	}
	return newPress(r, b)
})

func testPress(t testing.TB) *press {
	t.Helper()
	p, err := oncePress()
	if err != nil {
		lacking(t, "the typefaces are not there (npm ci): "+err.Error())
	}
	return p
}

// lacking skips the test loudly, and fails it in CI.
func lacking(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(what)
	}
	t.Skip("SKIPPED: " + what)
}

// tool finds a program of poppler-utils.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		lacking(t, name+" is not there (scripts/need installs it)")
	}
	return path
}

// text is what is copied out of the PDF.
func text(t *testing.T, pdf []byte, args ...string) string {
	t.Helper()
	return poppler(t, pdf, "pdftotext", append(args, "FILE", "-")...)
}

// poppler runs a program of poppler-utils on the PDF, which the arguments call FILE.
func poppler(t *testing.T, pdf []byte, name string, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "paper.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	for i, a := range args {
		if a == "FILE" {
			args[i] = file
		}
	}
	out, err := exec.Command(tool(t, name), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", name, err, out)
	}
	return string(out)
}

// incomes is what the tax service answers: payers that each paid in all months, and a bonus in December.
func incomes(payers int) map[string]any {
	var list []any
	var total, taxes int64
	for i := range payers {
		var months []any
		var sum int64
		add := func(month int64, code string, kopecks int64) {
			months = append(months, map[string]any{"month": month, "code": code, "sum_kopecks": kopecks})
			sum += kopecks
		}
		for m := range int64(12) {
			code := "2000"
			if m == 6 {
				code = "2012"
			}
			add(m+1, code, 8_543_210+m*12_345+int64(i)*777)
		}
		add(12, "2002", 4_000_000)
		tax := (sum*13 + 5000) / 10000 * 100
		list = append(list, map[string]any{
			"name": payerName, "inn": "5099001234", "kpp": "509901001", "rate": int64(13),
			"income_kopecks": sum, "base_kopecks": sum, "tax_kopecks": tax, "withheld_kopecks": tax, "months": months,
		})
		total, taxes = total+sum, taxes+tax
	}
	return map[string]any{
		"year": int64(2025), "inn": anna.INN, "reference": "FNS-20261118110200-000042", "code": "FNS-400",
		"income_kopecks": total, "tax_kopecks": taxes, "withheld_kopecks": taxes, "payers": list,
	}
}

func object(number string) map[string]any {
	return map[string]any{
		"cadastral_number": number, "kind": "Квартира", "address": address, "area": "54.3",
		"right": "Общая долевая собственность", "share": "1/2", "right_number": number + "-50/099/2019-3", "since": "2019-04-02",
	}
}

func incomeSource(payers int) Source {
	return Source{Title: i18n.Text{RU: "Справка о доходах", EN: "Income certificate"}, Agency: fns, Unit: "fns", Person: anna, Answer: incomes(payers)}
}

func propertySource(numbers ...string) Source {
	var objects []any
	for _, n := range numbers {
		objects = append(objects, object(n))
	}
	return Source{
		Title: i18n.Text{RU: "Выписка из реестра недвижимости", EN: "Extract from the register of real estate"}, Agency: rosreestr, Unit: "rosreestr", Person: anna,
		Asked:  map[string]any{"kind": "object"},
		Answer: map[string]any{"reference": "EGR-20261118110200-000007", "code": "EGR-000", "as_of": "2026-11-18", "objects": objects},
	}
}

func composed(t testing.TB, k Kind, s Source) Content {
	t.Helper()
	c, err := Compose(k, s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func sheetOf(c Content, l i18n.Lang) sheet {
	return sheet{content: c, brand: brand, lang: l, number: "ОК-2026-000123", at: noon, zone: moscow, link: "https://okno.example/check/AbCdEfGhIjKlMnOpQrStUvWxYz012345", way: checked}
}

// desk is a service on a database, with a folder of files.
type desk struct {
	*Service
	folder string
	anna   access.Actor
}

func newDesk(t *testing.T, db *store.DB) desk {
	t.Helper()
	testPress(t) // skips without typefaces
	dir := t.TempDir()
	bucket, err := files.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bucket.Close() }) //nolint:errcheck // the test is over
	ring := keyringtest.Ring(t)
	d := desk{folder: dir, Service: &Service{
		DB: db, Ring: ring, Files: &files.Store{DB: db, Ring: ring, Bucket: bucket},
		URL: &url.URL{Scheme: "https", Host: "okno.example"}, Name: brand, Fonts: fonts,
		Opens: func(context.Context, access.Actor) error { return nil },
	}}
	d.anna = d.person(t)
	return d
}

// person makes somebody who may have papers.
func (d desk) person(t *testing.T) access.Actor {
	t.Helper()
	a := access.Actor{Kind: access.Person, ID: id.New(), Level: access.Confirmed}
	if err := d.DB.Write(t.Context(), func(tx *store.Tx) error {
		_, err := d.Ring.NewPerson(t.Context(), tx, a.ID)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return a
}

// make prepares and issues a paper as the job of a case does.
func (d desk) make(ctx context.Context, owner string, n New) (Document, error) {
	draft, err := d.Prepare(ctx, owner, n)
	if err != nil {
		return Document{}, err
	}
	var doc Document
	err = d.DB.Write(ctx, func(tx *store.Tx) error {
		doc, err = d.Issue(ctx, tx, draft)
		return err
	})
	return doc, err
}

func (d desk) certificate(t *testing.T, caseID string) Document {
	t.Helper()
	doc, err := d.make(t.Context(), d.anna.ID, New{Kind: IncomeCertificate, Content: composed(t, IncomeCertificate, incomeSource(1)), CaseID: caseID, Lang: i18n.RU})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// token is what the address of the public page ends in.
func token(d Document) string { return d.Link[strings.LastIndex(d.Link, "/")+1:] }

// dump is everything the database holds, as text and as bytes.
func (d desk) dump(t *testing.T) string {
	t.Helper()
	list := `SELECT name FROM sqlite_master WHERE type = 'table'`
	if d.DB.Engine() == store.Postgres {
		list = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()`
	}
	var b strings.Builder
	for _, table := range d.column(t, list) {
		rows, err := d.DB.Query(t.Context(), `SELECT * FROM `+table)
		if err != nil {
			t.Fatal(err)
		}
		names, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			cells := make([]any, len(names))
			for i := range cells {
				cells[i] = new(any)
			}
			if err := rows.Scan(cells...); err != nil {
				t.Fatal(err)
			}
			for i := range cells {
				fmt.Fprintf(&b, "%s.%s=%s|%[3]v\n", table, names[i], *cells[i].(*any))
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		rows.Close()
	}
	return b.String()
}

func (d desk) column(t *testing.T, query string) []string {
	t.Helper()
	rows, err := d.DB.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// bytes is how many files lie in the folder, and what is in them.
func (d desk) bytes(t *testing.T) (n int, all string) {
	t.Helper()
	err := filepath.WalkDir(d.folder, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		n, all = n+1, all+path+string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n, all
}
