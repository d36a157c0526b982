package stamp

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"okno/internal/store"
)

var noon = time.Date(2026, 11, 18, 11, 2, 0, 0, time.UTC)

const year = 365 * 24 * time.Hour

func newTestKey(t testing.TB) *Key {
	t.Helper()
	k, err := Generate("Окно", "https://okno.example", noon, year)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func listOf(keys ...*Key) List {
	l := List{Issuer: "https://okno.example", AsOf: noon.Add(time.Hour)}
	for _, k := range keys {
		l.Keys = append(l.Keys, Entry{ID: k.ID, Chain: k.chain, Since: noon})
	}
	return l
}

// small is a PDF of two pages, each with its text, and with a hole for the key's signature.
func small(k *Key, first, second string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	var at []int
	object := func(body string) {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(at), body)
	}
	content := func(text string) string {
		s := "BT (" + text + ") Tj ET"
		return fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(s), s)
	}
	object("<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [8 0 R] /SigFlags 3 >> >>")
	object("<< /Type /Pages /Count 2 /Kids [3 0 R 5 0 R] /MediaBox [0 0 595 842] >>")
	object("<< /Type /Page /Parent 2 0 R /Annots [7 0 R 8 0 R] /Contents 4 0 R >>")
	object(content(first))
	object("<< /Type /Page /Parent 2 0 R /Contents 6 0 R >>")
	object(content(second))
	object("<</Type /Annot /Subtype /Link /Rect [0 0 1 1] /A <</S /URI /URI (https://okno.example/check/AbCdEfGhIjKlMnOpQrStUvWxYz012345)>>>>")
	object("<< /Type /Annot /Subtype /Widget /FT /Sig /T (portal) /F 132 /Rect [0 0 0 0] /P 3 0 R /V 9 0 R >>")
	object(string(k.Hole(noon, []byte("(Okno)"), []byte("(Issued)"), 10)))
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, o := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, table)
	return b.Bytes()
}

func signedPDF(t testing.TB, k *Key) []byte {
	t.Helper()
	pdf, err := k.Fill(small(k, "first page", "second page"), noon)
	if err != nil {
		t.Fatal(err)
	}
	return pdf
}

func somePaper() Paper {
	return Paper{Kind: "income-certificate", Number: "ОК-2026-000123", IssuedAt: noon, Lang: "ru", Title: "Справка о доходах за 2025 год", Agency: "Федеральная налоговая служба",
		Holder: "П******** А*** С********", Token: "AbCdEfGhIjKlMnOpQrStUvWxYz012345",
		Facts: []Fact{{"Общая сумма дохода", "1 073 332,90 ₽"}, {"Налоговая база", "1 073 332,90 ₽"}, {"Общая сумма дохода", "Ңәлим"}}}
}

const somePage = "https://okno.example/check/AbCdEfGhIjKlMnOpQrStUvWxYz012345"

func signedCode(t testing.TB, k *Key) string {
	t.Helper()
	code, err := k.Code(somePaper(), 5000)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func newService(t testing.TB, db *store.DB) *Service {
	t.Helper()
	return &Service{DB: db, Path: t.TempDir() + "/papers.pem", Name: "Окно", Address: "https://okno.example", Life: year}
}
