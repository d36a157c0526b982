package form

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text reads one line of at most limit characters. Nothing typed is nothing, and no problem here.
func Text(s string, limit int) (string, *Problem) {
	s = oneLine(s)
	if n := utf8.RuneCountInString(s); n > limit {
		return s, problem("form.text.long", "max", limit, "typed", n)
	}
	return s, nil
}

// Lines reads text of several lines, at most limit characters of it.
func Lines(s string, limit int) (string, *Problem) {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = tidy(strings.ReplaceAll(s, "\r", "\n"))
	if n := utf8.RuneCountInString(s); n > limit {
		return s, problem("form.text.long", "max", limit, "typed", n)
	}
	return s, nil
}

const (
	addressMin = 10
	addressMax = 300
)

// Address reads a postal address in one line: long enough to find a house, with letters and a number in it.
func Address(s string) (string, *Problem) {
	s = oneLine(s)
	n := utf8.RuneCountInString(s)
	switch {
	case s == "":
		return "", problem("form.address.empty")
	case n > addressMax:
		return s, problem("form.text.long", "max", addressMax, "typed", n)
	case n < addressMin || !strings.ContainsFunc(s, unicode.IsLetter) || !strings.ContainsFunc(s, unicode.IsDigit):
		return s, problem("form.address.short")
	}
	return s, nil
}
