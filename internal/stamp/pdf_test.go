package stamp

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAFileIsWholeAsLongAsNoByteOfItIsAnother(t *testing.T) {
	k := newTestKey(t)
	pdf, l := signedPDF(t, k), listOf(k)
	v := Verify(pdf, l)
	if !v.Genuine() || v.Key.ID != k.ID || !v.SignedAt.Equal(noon) || v.Link != somePage || !v.AsOf.Equal(l.AsOf) || v.Key.Signer() != "Окно" {
		t.Fatalf("a genuine file is %+v", v)
	}
	for i := range pdf {
		for _, bit := range []byte{0x01, 0x20, 0x80} { // 0x20 turns letters into capitals: hexadecimal has them, too
			pdf[i] ^= bit
			if v := Verify(pdf, l); v.Genuine() {
				t.Fatalf("byte %d of %d is another (bit %02x), and the file is whole", i, len(pdf), bit)
			}
			pdf[i] ^= bit
		}
	}
	for n := range len(pdf) {
		if Verify(pdf[:n], l).Genuine() {
			t.Fatalf("the file is whole without its last %d bytes", len(pdf)-n)
		}
	}
	if !Verify(pdf, l).Genuine() {
		t.Error("the file was to be whole at last")
	}
}

func TestWhatWasDoneToAFileIsSaid(t *testing.T) {
	k, other := newTestKey(t), newTestKey(t)
	good := signedPDF(t, k)
	l := listOf(k)
	replaced := func(from, to string) []byte {
		if bytes.Count(good, []byte(from)) != 1 {
			t.Fatalf("%q is not in the file once", from)
		}
		return bytes.Replace(good, []byte(from), []byte(to), 1)
	}
	swapped := replaced("/Kids [3 0 R 5 0 R]", "/Kids [5 0 R 3 0 R]")
	revoked, before, after, staged := listOf(k), listOf(k), listOf(k), listOf(k)
	revoked.Keys[0].RevokedAt, revoked.Keys[0].Reason = noon.Add(time.Minute), Leaked
	before.Keys[0].Since = noon.Add(time.Second)
	after.Keys[0].Until = noon.Add(-time.Second)
	staged.Keys[0].Since = time.Time{}
	update := append(slices.Clone(good), "4 0 obj\n<< /Length 20 >>\nstream\nBT (a million) Tj ET \nendstream\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"...)
	stolen := signedPDF(t, other) // with the portal's certificate in place of its own
	otherUpdate := append(slices.Clone(good), bytes.TrimPrefix(signedPDF(t, other), []byte("%PDF-1.7\n"))...)
	for name, c := range map[string]struct {
		pdf   []byte
		list  List
		want  State
		pages []int
		rest  bool
	}{
		"nothing":                      {good, l, Whole, nil, false},
		"the first page changed":       {replaced("first page", "First page"), l, Changed, []int{1}, false},
		"a longer second page":         {replaced("second page", "a second page"), l, Changed, []int{2}, false},
		"both pages":                   {bytes.ReplaceAll(good, []byte(" page)"), []byte(" PAGE)")), l, Changed, []int{1, 2}, false},
		"another link":                 {replaced("https://okno.example/check", "https://fake.example/check"), l, Changed, []int{1}, false},
		"pages swapped":                {swapped, l, Changed, nil, true},
		"the trailer":                  {replaced("/Root 1 0 R >>\nstartxref", "/Root 7 0 R >>\nstartxref"), l, Changed, nil, true},
		"an update was appended":       {update, l, Appended, nil, false},
		"an update with a signature":   {otherUpdate, l, Appended, nil, false},
		"one byte was appended":        {append(slices.Clone(good), '\n'), l, Appended, nil, false},
		"the end is missing":           {good[:len(good)-30], l, Cut, nil, false},
		"the signature is missing":     {good[:1200], l, Cut, nil, false},
		"another portal's key":         {stolen, l, Unknown, nil, false},
		"a list without keys":          {good, List{AsOf: noon}, Unknown, nil, false},
		"a revoked key":                {good, revoked, Revoked, nil, false},
		"a key that came later":        {good, before, Untimely, nil, false},
		"a key that was retired":       {good, after, Untimely, nil, false},
		"a key that is staged":         {good, staged, Untimely, nil, false},
		"a PDF that nobody signed":     {[]byte("%PDF-1.7\n1 0 obj\n<< >>\nendobj\n%%EOF\n"), l, Unsigned, nil, false},
		"a hole that was never filled": {small(k, "a", "b"), l, Unsigned, nil, false},
		"no PDF":                       {[]byte("GIF89a"), l, NoPDF, nil, false},
		"nothing at all":               {nil, l, NoPDF, nil, false},
	} {
		v := Verify(c.pdf, c.list)
		if v.State != c.want || !slices.Equal(v.Pages, c.pages) || v.Rest != c.rest || v.Genuine() != (c.want == Whole) {
			t.Errorf("%s: %s, pages %v, rest %t; want %s, %v, %t", name, v.State, v.Pages, v.Rest, c.want, c.pages, c.rest)
		}
		if v.State != Whole && v.Link != "" {
			t.Errorf("%s: a file that is not whole leads to %s", name, v.Link)
		}
	}
	if v := Verify(update, l); v.Behind != len(update)-len(good) || v.Key.ID != k.ID {
		t.Errorf("%d bytes were appended, and it says %d", len(update)-len(good), v.Behind)
	}
}

// Whoever has a genuine file has the portal's certificate and its signed attributes. Neither makes another file genuine.
func TestTheSignatureOfOneFileIsNoSignatureOfAnother(t *testing.T) {
	k := newTestKey(t)
	l := listOf(k)
	one := signedPDF(t, k)
	two, err := k.Fill(small(k, "FIRST page", "second page"), noon)
	if err != nil {
		t.Fatal(err)
	}
	mixed := slices.Clone(two)
	from, to := bytes.Index(one, []byte("/Contents <")), bytes.Index(one, []byte("\nendobj\nxref"))
	copy(mixed[from:to], one[from:to])
	if v := Verify(mixed, l); v.State != Changed || !slices.Equal(v.Pages, []int{1}) {
		t.Errorf("the signature of another file: %s, pages %v", v.State, v.Pages)
	}
	thief := newTestKey(t)
	thief.chain = k.chain // the portal's certificate over the thief's key
	thief.ID = k.ID
	if v := Verify(signedPDF(t, thief), l); v.State != Unsigned {
		t.Errorf("the portal's certificate with a signature by somebody else: %s", v.State)
	}
}

func TestOpenSSLAndPopplerAgree(t *testing.T) {
	k := newTestKey(t)
	pdf := signedPDF(t, k)
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	m := ranges.FindSubmatch(pdf)
	var from, to, n int
	if _, err := fmt.Sscan(string(m[1])+" "+string(m[2])+" "+string(m[3]), &from, &to, &n); err != nil {
		t.Fatal(err)
	}
	der, ok := filled(pdf[from+1 : to-1])
	if !ok {
		t.Fatal("no message")
	}
	covered := slices.Concat(pdf[:from], pdf[to:to+n])
	certificate, message, content := write("key.pem", listOf(k).PEM()), write("signature.der", der), write("content", covered)
	verify := func(content string) ([]byte, error) {
		return exec.Command(tool(t, "openssl", "openssl"), "cms", "-verify", "-binary", "-inform", "DER", "-in", message, "-content", content, "-CAfile", certificate, //nolint:gosec // our own files
			"-purpose", "any", "-no_check_time", "-out", os.DevNull).CombinedOutput()
	}
	if out, err := verify(content); err != nil {
		t.Errorf("openssl: %v: %s", err, out)
	}
	covered[len(covered)/2] ^= 1
	if out, err := verify(write("changed", covered)); err == nil {
		t.Errorf("openssl takes a changed file: %s", out)
	}
	reader := func(pdf []byte) string {
		out, err := exec.Command(tool(t, "pdfsig", "poppler-utils"), "-nocert", write("paper.pdf", pdf)).CombinedOutput() //nolint:gosec // our own file
		if err != nil {
			t.Fatalf("pdfsig: %v: %s", err, out)
		}
		return string(out)
	}
	if says := reader(pdf); !strings.Contains(says, "Signature is Valid") || !strings.Contains(says, "Total document signed") || !strings.Contains(says, "ETSI.CAdES.detached") {
		t.Errorf("pdfsig says\n%s", says)
	}
	if says := reader(bytes.Replace(pdf, []byte("first page"), []byte("First page"), 1)); strings.Contains(says, "Signature is Valid") {
		t.Errorf("of a changed file pdfsig says\n%s", says)
	}
}

// tool finds a program; without it the test is skipped loudly, and fails in CI.
func tool(t *testing.T, name, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("SKIPPED: " + name + " is not there (apt-get install " + pkg + ")")
	}
	return path
}

func TestAFileIsSignedOnceAndOnlyWhereThereIsRoom(t *testing.T) {
	k := newTestKey(t)
	for name, pdf := range map[string][]byte{
		"signed already": signedPDF(t, k),
		"no hole":        []byte("%PDF-1.7\n%%EOF\n"),
		"no table":       bytes.Replace(small(k, "a", "b"), []byte("startxref"), []byte("startxxxx"), 1),
		"a small hole":   bytes.Replace(small(k, "a", "b"), bytes.Repeat([]byte("0"), 2000), nil, 1),
	} {
		if _, err := k.Fill(pdf, noon); err == nil {
			t.Errorf("%s: it was signed", name)
		}
	}
}

func FuzzVerify(f *testing.F) {
	k := newTestKey(f)
	good, l := signedPDF(f, k), listOf(k)
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add(bytes.Replace(good, []byte("first"), []byte("First"), 1))
	f.Add(append(slices.Clone(good), good...))
	f.Add([]byte("%PDF-1.7 /ByteRange [0 20 30 40] /Contents <00>"))
	f.Add([]byte("%PDF-/ByteRange [0 9999999999 9999999999 9999999999]<"))
	f.Fuzz(func(t *testing.T, pdf []byte) {
		if v := Verify(pdf, l); v.Genuine() && !bytes.Equal(pdf, good) {
			t.Errorf("a file that was never signed is whole: %q", pdf)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	k := newTestKey(b)
	pdf, l := signedPDF(b, k), listOf(k)
	large := bytes.Repeat([]byte("/ByteRange [0 1 2 3] 1 0 obj\n"), 5_000_000/29) // the largest upload, made to be slow
	copy(large, "%PDF-")
	for name, file := range map[string][]byte{"paper": pdf, "changed": bytes.Replace(pdf, []byte("first"), []byte("First"), 1), "hostile": large} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Verify(file, l)
			}
		})
	}
}

func BenchmarkSign(b *testing.B) {
	k := newTestKey(b)
	for b.Loop() {
		if _, err := k.Fill(small(k, "first page", "second page"), noon); err != nil {
			b.Fatal(err)
		}
		if _, err := k.Code(somePaper(), 5000); err != nil {
			b.Fatal(err)
		}
	}
}
