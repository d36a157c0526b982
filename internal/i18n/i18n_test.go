package i18n

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestBothLanguagesSayTheSameThings(t *testing.T) {
	for key, ru := range catalogues()[RU] {
		en, ok := catalogues()[EN][key]
		if !ok {
			t.Errorf("%s is missing in English", key)
			continue
		}
		if (ru.forms == nil) != (en.forms == nil) {
			t.Errorf("%s counts in one language only", key)
			continue
		}
		if ru.forms == nil {
			if r, e := names(ru.text), names(en.text); !slices.Equal(r, e) {
				t.Errorf("%s: placeholders %v in Russian, %v in English", key, r, e)
			}
			continue
		}
		for _, form := range []string{"one", "few", "many"} {
			if ru.forms[form] == nil {
				t.Errorf("%s has no Russian form %q", key, form)
			}
		}
		for _, form := range []string{"one", "other"} {
			if en.forms[form] == nil {
				t.Errorf("%s has no English form %q", key, form)
			}
		}
	}
	for key := range catalogues()[EN] {
		if _, ok := catalogues()[RU][key]; !ok {
			t.Errorf("%s is missing in Russian", key)
		}
	}
}

func names(parts []string) []string {
	var out []string
	for i := 1; i < len(parts); i += 2 {
		out = append(out, parts[i])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

var (
	literal  = regexp.MustCompile("[\"`]([a-z0-9_]+(?:\\.[a-z0-9_-]+)+\\.?)[\"`]")
	areaWord = regexp.MustCompile(`^[a-z0-9_]+`)
)

// Every key that code names exists, and every key that exists is named: whole, or by a prefix that ends in a
// point and is completed by a value ("level." + string(l)).
func TestEveryKeyThatIsUsedExistsAndEveryKeyIsUsed(t *testing.T) {
	areas := map[string]bool{}
	for key := range catalogues()[RU] {
		areas[areaWord.FindString(key)] = true
	}
	used, prefixes := map[string]string{}, []string{}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == "dist") {
			return filepath.SkipDir
		}
		isGo := strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") && !strings.HasSuffix(path, "_templ.go")
		if !isGo && !strings.HasSuffix(path, ".templ") {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range literal.FindAllStringSubmatch(string(src), -1) {
			key := m[1]
			if strings.HasSuffix(key, ".") {
				prefixes = append(prefixes, key)
			} else {
				used[key] = path
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, use := range keyCalls(t) {
		if !Has(use.key) {
			t.Errorf("%s says %q, which is in no catalogue", use.path, use.key)
		}
	}
	for key := range catalogues()[RU] {
		if _, ok := used[key]; ok {
			continue
		}
		if stem, _, ok := cutLast(key); ok && used[stem] != "" && notice(key) { // notification.Say names the stem
			continue
		}
		if !slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(key, p) }) {
			t.Errorf("%s is in the catalogue and nothing says it", key)
		}
	}
}

func cutLast(key string) (stem, last string, ok bool) {
	i := strings.LastIndexByte(key, '.')
	if i < 0 {
		return "", "", false
	}
	return key[:i], key[i+1:], true
}

// notice reports whether the key is a part of a notice.
func notice(key string) bool {
	_, last, _ := cutLast(key)
	return strings.HasPrefix(key, "message.") && slices.Contains([]string{"subject", "body", "brief"}, last)
}

type keyUse struct{ key, path string }

// call finds whole keys handed to the functions that say or carry them.
var call = regexp.MustCompile(`(?:i18n\.T\(ctx, |i18n\.N\(ctx, |\.T\(|\.N\(|fault\.New\([a-zA-Z.]+, |fault\.F\([^,()]+, )"([a-z0-9_]+(?:\.[a-z0-9_-]+)+)"`)

func keyCalls(t *testing.T) []keyUse {
	t.Helper()
	var out []keyUse
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == "dist") {
			return filepath.SkipDir
		}
		isGo := strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") && !strings.HasSuffix(path, "_templ.go")
		if !isGo && !strings.HasSuffix(path, ".templ") {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range call.FindAllStringSubmatch(string(src), -1) {
			out = append(out, keyUse{m[1], path})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPluralsFollowTheLanguage(t *testing.T) {
	ru, en := context.Background(), With(context.Background(), EN)
	for n, want := range map[int]string{1: "1 день", 2: "2 дня", 5: "5 дней", 11: "11 дней", 12: "12 дней", 21: "21 день", 104: "104 дня", 111: "111 дней"} {
		if got := N(ru, "i18n.days", n); got != want {
			t.Errorf("N(%d) = %q, want %q", n, got, want)
		}
	}
	if got := N(en, "i18n.days", 1) + N(en, "i18n.days", 21); got != "1 day21 days" {
		t.Errorf("English plurals: %q", got)
	}
}

func TestDatesAndSumsAreShownInTheZoneAndLanguageOfThePortal(t *testing.T) {
	ru, en := context.Background(), With(context.Background(), EN)
	at := time.Date(2020, 11, 17, 22, 2, 0, 0, time.UTC) // the 18th in Moscow
	for _, c := range []struct{ got, want string }{
		{Date(ru, at), "18\u00a0ноября 2020"},
		{Date(en, at), "18\u00a0November 2020"},
		{DateTime(ru, at), "18\u00a0ноября 2020, 01:02"},
		{Clock(ru, at), "01:02"},
		{Numeric(ru, at), "18.11.2020"},
		{Date(WithZone(ru, time.UTC), at), "17\u00a0ноября 2020"},
		{Sum(ru, 600000), "6\u00a0000\u00a0₽"},
		{Sum(ru, 123456789), "1\u00a0234\u00a0567,89\u00a0₽"},
		{Sum(en, 123456709), "1,234,567.09\u00a0₽"},
		{Sum(ru, -50), "−0,50\u00a0₽"},
		{Told(ru, at, false), "18\u00a0ноября 2020, 01:02 по московскому времени (UTC+3)"},
		{Told(ru, at, true), "18\u00a0ноября 2020, 01:02 (UTC+3)"},
		{Told(en, at, false), "18\u00a0November 2020, 01:02 Moscow time (UTC+3)"},
		{Told(WithZone(ru, time.UTC), at, false), "17\u00a0ноября 2020, 22:02 (UTC)"},
		{Told(WithZone(en, time.FixedZone("Asia/Kolkata", 19800)), at, true), "18\u00a0November 2020, 03:32 (UTC+5:30)"},
		{Told(WithZone(en, time.FixedZone("America/New_York", -5*3600)), at, false), "17\u00a0November 2020, 17:02 (UTC-5)"},
		{Duration(ru, 5*time.Minute), "5 минут"},
		{Duration(ru, 15*24*time.Hour), "15 дней"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestAMissingKeyShowsItself(t *testing.T) {
	if got := RU.T("no.such.key"); got != "no.such.key" {
		t.Errorf("T = %q", got)
	}
}
