package form

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// PassportSeries reads the series of a Russian passport: four digits.
func PassportSeries(s string) (string, *Problem) {
	d, bad := digitsOf(s, "-")
	switch {
	case bad != 0:
		return s, problem("form.passport.series_char", "char", printable(bad))
	case d == "":
		return "", problem("form.passport.series_empty")
	case len(d) == 10:
		return s, problem("form.passport.series_both")
	case len(d) != 4:
		return s, problem("form.passport.series_length", "typed", len(d))
	case allZero(d):
		return s, problem("form.passport.series_zero")
	}
	return d, nil
}

// PassportNumber reads the number of a Russian passport: six digits.
func PassportNumber(s string) (string, *Problem) {
	d, bad := digitsOf(numbered(s), "-")
	switch {
	case bad != 0:
		return s, problem("form.passport.number_char", "char", printable(bad))
	case d == "":
		return "", problem("form.passport.number_empty")
	case len(d) == 10:
		return s, problem("form.passport.number_both")
	case len(d) != 6:
		return s, problem("form.passport.number_length", "typed", len(d))
	case allZero(d):
		return s, problem("form.passport.number_zero")
	}
	return d, nil
}

// FormatPassport shows series and number: «45 08 123456».
func FormatPassport(series, number string) string {
	if len(series) == 4 {
		series = series[:2] + " " + series[2:]
	}
	return strings.TrimSpace(series + " " + number)
}

// MaskPassport shows a passport to somebody who should recognise it and not learn it: «45 ·· ····56».
func MaskPassport(series, number string) string {
	return maskDigits(FormatPassport(series, number), 2, 2)
}

// DepartmentCode reads the code of the office that issued a passport and gives it as 770-001.
func DepartmentCode(s string) (string, *Problem) {
	d, bad := digitsOf(s, "-")
	switch {
	case bad != 0:
		return s, problem("form.passport.department_char", "char", printable(bad))
	case d == "":
		return "", problem("form.passport.department_empty")
	case len(d) != 6:
		return s, problem("form.passport.department_length", "typed", len(d))
	case allZero(d):
		return s, problem("form.passport.department_zero")
	}
	return d[:3] + "-" + d[3:], nil
}

const issuedByMax = 255

// IssuedBy reads the name of the office that issued a Russian passport, as it is printed there.
func IssuedBy(s string) (string, *Problem) {
	s = oneLine(s)
	if s == "" {
		return "", problem("form.passport.by_empty")
	}
	if n := utf8.RuneCountInString(s); n > issuedByMax {
		return s, problem("form.text.long", "max", issuedByMax, "typed", n)
	}
	n := 0
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Cyrillic, r):
			n++
		case unicode.Is(unicode.Latin, r):
			return s, problem("form.passport.by_latin", "char", printable(r))
		case unicode.IsDigit(r) || strings.ContainsRune(" -.,()/\"'\u00ab\u00bb\u2116", r):
		default:
			return s, problem("form.passport.by_char", "char", printable(r))
		}
	}
	if n < 5 {
		return s, problem("form.passport.by_short")
	}
	return s, nil
}

// The passport of today was introduced by decree 828 of 8 July 1997, in force from 1 October, and is ruled by decree 2267
// of 23 December 2023 since. It is given at 14 and replaced at 20 and at 45; one that is due stays valid until the new one
// is made, 90 days after the birthday at most. Conscripts replace theirs when their service ends; no field tells us of it,
// so they are asked for another document.
var passportsBegan = Date{1997, 10, 1}

const passportGrace = 90

// PassportIssued reads the day of issue of a Russian passport and holds it against the day of birth (zero when
// that is not known) and today: not before the owner was 14, and not a passport that an age has ended.
func PassportIssued(s string, born, today Date) (Date, *Problem) {
	if Blank(s) {
		return Date{}, problem("form.passport.issued_empty")
	}
	d, p := ParseDate(s)
	switch {
	case p != nil:
		return Date{}, p
	case d.After(today):
		return d, problem("form.passport.issued_future")
	case d.Before(passportsBegan):
		return d, problem("form.passport.issued_early", "date", passportsBegan.Dotted())
	case born.IsZero():
		return d, nil
	case d.Before(born.Add(14, 0, 0)):
		return d, problem("form.passport.issued_young", "date", born.Add(14, 0, 0).Dotted())
	}
	for _, age := range []int{20, 45} {
		birthday := born.Add(age, 0, 0)
		if d.Before(birthday) && birthday.Add(0, 0, passportGrace).Before(today) {
			return d, problem("form.passport.expired", "age", age, "date", birthday.Dotted())
		}
	}
	return d, nil
}
