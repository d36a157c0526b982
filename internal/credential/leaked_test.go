package credential

import (
	"bytes"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // the key of the file
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"okno/internal/form"
	"okno/internal/policy"
)

// leak writes a file of leaked passwords and their counts, each line ended as said.
func leak(t testing.TB, seen map[string]int, end string) string {
	t.Helper()
	var lines []string
	for p, n := range seen {
		lines = append(lines, fmt.Sprintf("%X:%d", sha1.Sum([]byte(p)), n)) //nolint:gosec // the key of the file
	}
	slices.Sort(lines)
	return put(t, strings.Join(lines, end)+end)
}

func put(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "leaked.txt")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func opened(t testing.TB, path string) *Leaked {
	t.Helper()
	l, err := OpenLeaked(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() }) //nolint:errcheck // the test is over
	return l
}

func TestEveryLeakedPasswordIsFoundAndNoOther(t *testing.T) {
	for _, size := range []int{1, 2, 3, 10, 63, 64, 65, 1000} {
		for _, end := range []string{"\n", "\r\n"} {
			seen := map[string]int{}
			for i := range size {
				seen[fmt.Sprintf("leaked-%d", i)] = i*i*i + 1
			}
			l := opened(t, leak(t, seen, end))
			for p, n := range seen {
				if got, err := l.Count(p); got != n || err != nil {
					t.Fatalf("%d lines: %s was seen %d times, want %d, %v", size, p, got, n, err)
				}
			}
			for i := range 1000 {
				if got, err := l.Count(fmt.Sprintf("kept-%d", i)); got != 0 || err != nil {
					t.Fatalf("%d lines: a password that did not leak was seen %d times, %v", size, got, err)
				}
			}
		}
	}
}

func TestALeakedPasswordIsRefusedWhenItIsSet(t *testing.T) {
	const rare, often = "Quiet-River-9", "Deeper-River-10"
	s := &Service{Policy: policy.Default(), Leaked: opened(t, leak(t, map[string]int{rare: 2, often: 50, "x": 1}, "\r\n"))}
	key := func(password string) string {
		if p := s.NewPassword(t.Context(), password); p != nil {
			return p.Key
		}
		return ""
	}
	for p, want := range map[string]string{rare: "form.password.leaked", often: "form.password.leaked", "Vesna-2026-okno": "", "Qwerty-123!": "form.password.common", "short": "form.password.short"} {
		if got := key(p); got != want {
			t.Errorf("%s: %q, want %q", p, got, want)
		}
	}
	s.Policy.Password.Leaked = 10
	if key(rare) != "" || key(often) == "" {
		t.Error("password.leaked_min is not what decides")
	}
	s.Leaked = nil
	if key(often) != "" {
		t.Error("a password is refused as leaked where there is no file")
	}
}

func TestThePolicySaysHowLongAPasswordMustBe(t *testing.T) {
	s := &Service{Policy: policy.Default()}
	s.Policy.Password.Min, s.Policy.Password.Max = 14, 64
	for p, want := range map[string]string{"Quiet-River-9": "form.password.short", "Quieter-River-9": "", strings.Repeat("aB3$kT9-qLm2#", 5): "form.password.long"} {
		got := ""
		if problem := s.NewPassword(t.Context(), p); problem != nil {
			got = problem.Key
		}
		if got != want {
			t.Errorf("%s: %q, want %q", p, got, want)
		}
	}
}

func TestTheListOfCommonPasswordsIsReadWhenItIsNeeded(t *testing.T) {
	read := 0
	s := &Service{Policy: policy.Default(), Common: func() form.Words { read++; return "kvitnjavok" }}
	s.NewPassword(t.Context(), "short")
	if read != 0 {
		t.Error("it is read for a password that the rules refuse")
	}
	if p := s.NewPassword(t.Context(), "Kv1tnjavok!"); p == nil || p.Key != "form.password.common" {
		t.Errorf("%v", p)
	}
}

// A disk that fails is no reason to turn people away; the log tells the operator.
func TestAFileThatCannotBeReadAnyMoreKeepsNobodyOut(t *testing.T) {
	l := opened(t, leak(t, map[string]int{"Quiet-River-9": 2}, "\n"))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	log := &strings.Builder{}
	s := &Service{Policy: policy.Default(), Leaked: l, Log: slog.New(slog.NewTextHandler(log, nil))}
	if p := s.NewPassword(t.Context(), "Quiet-River-9"); p != nil {
		t.Errorf("refused: %v", p)
	}
	if !strings.Contains(log.String(), "leaked passwords cannot be looked up") || strings.Contains(log.String(), "River") {
		t.Errorf("the log says %q", log)
	}
}

func TestAFileThatIsNoneIsRefusedWithItsReason(t *testing.T) {
	line := func(first string, n int) string {
		return first + strings.Repeat("0", 40-len(first)) + fmt.Sprintf(":%d\r\n", n)
	}
	sorted := ""
	for i := range 4000 {
		sorted += line(fmt.Sprintf("%08X", i*1000), 1)
	}
	half := len(sorted) / 2
	for name, c := range map[string]struct{ text, says string }{
		"empty":                  {"", "empty"},
		"passwords":              {"123456\npassword\n", "SHA1:COUNT"},
		"hashes without numbers": {strings.Repeat("0", 40) + "\n", "SHA1:COUNT"},
		"the NTLM list":          {strings.Repeat("0", 32) + ":7\n", "SHA1:COUNT"},
		"sorted by count":        {line("F", 9) + strings.Repeat(line("7", 5), 200) + line("0", 1), "not sorted"},
		"two files in one":       {sorted[half:] + sorted[:half], "not sorted"},
		"broken off":             {sorted + "FFFFFF", "the last line"},
		"garbage within":         {sorted + strings.Repeat("x", 20_000) + "\n" + line("F", 1), ""},
	} {
		_, err := OpenLeaked(put(t, c.text))
		if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "leaked.txt") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := OpenLeaked(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there is opened")
	}
	if _, err := OpenLeaked(t.TempDir()); err == nil {
		t.Error("a folder is opened")
	}
	opened(t, put(t, sorted))
	opened(t, put(t, strings.ToLower(strings.TrimSpace(sorted)))) // small letters, and no end of the last line
}

func TestManyLookAtOnce(t *testing.T) {
	seen := map[string]int{}
	for i := range 2000 {
		seen[fmt.Sprintf("leaked-%d", i)] = i + 1
	}
	l := opened(t, leak(t, seen, "\n"))
	var g sync.WaitGroup
	for range 8 {
		g.Go(func() {
			for p, n := range seen {
				if got, err := l.Count(p); got != n || err != nil {
					t.Errorf("%s: %d, %v", p, got, err)
					return
				}
			}
		})
	}
	g.Wait()
}

// FuzzLeaked gives the search whatever a file may hold: it ends, and finds only what is there.
func FuzzLeaked(f *testing.F) {
	sound := ""
	for i := range 40 {
		sound += fmt.Sprintf("%02X%s:%d\r\n", i, strings.Repeat("5", 38), i)
	}
	f.Add([]byte(sound), []byte{3, 0x55})
	f.Add([]byte(sound[300:]+sound[:300]), []byte{1})
	f.Add([]byte(":\n:\n"), []byte{})
	f.Add(bytes.Repeat([]byte("\n"), 2000), []byte{0xff})
	f.Fuzz(func(t *testing.T, text, start []byte) {
		l := &Leaked{file: bytes.NewReader(text), size: int64(len(text))}
		l.sound() //nolint:errcheck // it only has to end
		var sum [sha1.Size]byte
		copy(sum[:], start)
		n, err := l.find(sum)
		if err == nil && n > 0 && !bytes.Contains(bytes.ToUpper(text), bytes.ToUpper([]byte(hex.EncodeToString(sum[:])))) {
			t.Errorf("%x is found %d times in what does not hold it", sum, n)
		}
	})
}

// BenchmarkLeaked searches a million lines, or the file that OKNO_BENCH_LEAKED names.
func BenchmarkLeaked(b *testing.B) {
	path := os.Getenv("OKNO_BENCH_LEAKED")
	if path == "" {
		var text bytes.Buffer
		const lines = 1_000_000
		for i := range uint64(lines) {
			fmt.Fprintf(&text, "%016X%024X:%d\r\n", i*(1<<64/lines), 0, 1+i%9)
		}
		path = put(b, text.String())
	}
	l := opened(b, path)
	b.Run("count", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := l.Count(rand.Text()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
