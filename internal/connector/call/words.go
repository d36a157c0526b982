package call

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"okno/internal/form"
)

var (
	code = regexp.MustCompile(`^[A-Z]{2,8}-\d{3}$`)
	word = regexp.MustCompile(`^[A-Za-z0-9./:_-]{1,64}$`)
)

// Code says whether s is the code of an outcome, of the form ABC-123. Pages make message keys of it.
func Code(s string) bool { return code.MatchString(s) }

// Word says whether s is a number or name as registers give to requests: short, and without surprises in it.
func Word(s string) bool { return word.MatchString(s) }

// Digits keeps the digits of a number that people write with spaces and dashes.
func Digits(s string) string { return form.Digits(s) }

// Same compares names as registers do: no case, ё is е, single spaces.
func Same(a, b string) bool { return fold(a) == fold(b) }

// SameNumber compares numbers of documents as registers do: no case, no spaces and dashes, and letters that look alike are one.
func SameNumber(a, b string) bool { return sign(a) == sign(b) && sign(a) != "" }

// alike are Russian letters, by their code, and the Latin ones that stand for them in numbers.
var alike = map[rune]rune{
	'\u0410': 'A', '\u0412': 'B', '\u0415': 'E', '\u041a': 'K', '\u041c': 'M', '\u041d': 'H', '\u041e': 'O', '\u0420': 'P', '\u0421': 'C', '\u0422': 'T',
	'\u0423': 'Y', '\u0425': 'X',
}

func sign(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -./\u2116", r) {
			return -1
		}
		if latin, ok := alike[r]; ok {
			return latin
		}
		return r
	}, strings.ToUpper(s))
}

func fold(s string) string {
	return strings.ReplaceAll(strings.ToUpper(strings.Join(strings.Fields(s), " ")), "\u0401", "\u0415")
}

// Foreign is garbage that tells of somebody or something that was not asked about: it must change nothing and be shown to nobody.
func Foreign() error { return Garbage("an answer about another than was asked") }

// Rename turns the register's names of fields into ours, and drops those that have none.
func Rename(got map[string]bool, ours map[string]string) map[string]bool {
	out := map[string]bool{}
	for theirs, same := range got {
		if name, ok := ours[theirs]; ok {
			out[name] = same
		}
	}
	return out
}

// Text returns the text under key, or nothing.
func Text(input map[string]any, key string) string {
	s, _ := input[key].(string)
	return strings.TrimSpace(s)
}

// Int returns the whole number under key, as JSON, YAML and forms have it.
func Int(input map[string]any, key string) (int, error) {
	switch v := input[key].(type) {
	case int:
		return v, nil
	case int64:
		return int(v), nil
	case float64:
		if v == float64(int(v)) {
			return int(v), nil
		}
	case string:
		if n, err := strconv.Atoi(strings.TrimSpace(v)); err == nil {
			return n, nil
		}
	}
	return 0, fmt.Errorf("%s is not a whole number", key)
}

// Kopecks is a sum of money that comes as a text of roubles, "12345.67".
type Kopecks int64

var roubles = regexp.MustCompile(`^(\d{1,15})(?:\.(\d{2}))?$`)

// UnmarshalText reads the sum. It goes by the digits, because floating point loses kopecks.
func (k *Kopecks) UnmarshalText(b []byte) error {
	m := roubles.FindSubmatch(b)
	if m == nil {
		return errors.New("not a sum of roubles")
	}
	n, err := strconv.ParseInt(string(m[1]), 10, 64)
	if err != nil {
		return errors.New("not a sum of roubles")
	}
	n *= 100
	if len(m[2]) == 2 {
		n += int64(m[2][0]-'0')*10 + int64(m[2][1]-'0')
	}
	*k = Kopecks(n)
	return nil
}
