package form

import (
	"bufio"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"okno/internal/i18n"
)

// theDay is the day on which the cases of testdata are read.
var theDay = Date{2026, 11, 18}

// valueCase is one line of testdata/values.txt.
type valueCase struct {
	line      int
	check     string
	with      Others
	typed     string
	want, key string // key "" means that it is right
}

func valueCases(t testing.TB) []valueCase {
	t.Helper()
	f, err := os.Open("testdata/values.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // read only
	var out []valueCase
	var now valueCase
	for s := bufio.NewScanner(f); s.Scan(); {
		now.line++
		line := strings.TrimSpace(s.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if head, ok := strings.CutPrefix(line, "@ "); ok {
			words := strings.Fields(head)
			now.check, now.with = words[0], Others{}
			for _, w := range words[1:] {
				name, v, _ := strings.Cut(w, "=")
				now.with[name] = strings.ReplaceAll(v, "_", " ")
			}
			continue
		}
		c := now
		i := max(strings.LastIndex(line, " = "), strings.LastIndex(line, " ! "))
		switch {
		case i >= 0 && line[i+1] == '=':
			c.typed, c.want = line[:i], line[i+3:]
		case i >= 0:
			c.typed, c.key = line[:i], line[i+3:]
		case strings.HasSuffix(line, " ="):
			c.typed = strings.TrimSuffix(line, " =")
		default:
			t.Fatalf("line %d is no case: %s", now.line, line)
		}
		if strings.HasPrefix(c.typed, `"`) {
			if c.typed, err = strconv.Unquote(c.typed); err != nil {
				t.Fatalf("line %d: %v", now.line, err)
			}
		}
		out = append(out, c)
	}
	return out
}

func TestWhatPeopleTypeIsReadOrRefusedWithItsReason(t *testing.T) {
	all := valueCases(t)
	if len(all) < 300 {
		t.Errorf("%d cases, want 300", len(all))
	}
	for _, c := range all {
		check, ok := CheckNamed(c.check)
		if !ok {
			t.Errorf("line %d: no check %q", c.line, c.check)
			continue
		}
		got, p := check.Read(c.typed, c.with, theDay)
		key := ""
		if p != nil {
			key = p.Key
			said(t, p)
		}
		if key != c.key || key == "" && got != c.want {
			t.Errorf("line %d: %s of %q is %q %s, want %q %s", c.line, c.check, c.typed, got, key, c.want, c.key)
		}
	}
}

func TestEveryCheckAcceptsAndRefuses(t *testing.T) {
	accepted, refused := map[string]bool{}, map[string]bool{}
	for _, c := range valueCases(t) {
		if c.key == "" {
			accepted[c.check] = true
		} else {
			refused[c.check] = true
		}
	}
	for _, c := range Checks() {
		_, p := c.Read("\u2603\u2603\u2603", nil, theDay) // a snowman is nothing that is asked for
		if !accepted[c.Name] || p == nil && !refused[c.Name] {
			t.Errorf("%s: accepts %v, refuses %v", c.Name, accepted[c.Name], p != nil || refused[c.Name])
		}
	}
}

func TestAFieldIsHeldOnlyAgainstThoseItNames(t *testing.T) {
	for _, c := range valueCases(t) {
		check, _ := CheckNamed(c.check)
		for name := range c.with {
			if !slices.Contains(check.With, name) {
				t.Errorf("line %d: %s is given %s, which a page would not send", c.line, c.check, name)
			}
		}
	}
}

func FuzzChecks(f *testing.F) {
	for _, c := range valueCases(f) {
		with := ""
		for _, v := range c.with {
			with = v
		}
		f.Add(c.typed, with)
	}
	f.Fuzz(func(t *testing.T, typed, beside string) {
		for _, c := range Checks() {
			with := Others{}
			for _, name := range c.With {
				with[name] = beside
			}
			got, p := c.Read(typed, with, theDay)
			if n := c.Notice(typed, with); n != nil && !i18n.Has(n.Key) {
				t.Errorf("%s notices %s", c.Name, n.Key)
			}
			if p != nil {
				said(t, p)
				continue
			}
			again, p := c.Read(got, with, theDay)
			if got == "" && !Blank(typed) {
				continue // "no" was said in words, and nothing is nothing where that is allowed
			}
			if p != nil || again != got {
				t.Errorf("%s: %q is read as %q and that as %q, %v", c.Name, typed, got, again, p)
			}
			if !utf8.ValidString(got) {
				t.Errorf("%s: %q is no text", c.Name, got)
			}
		}
	})
}
