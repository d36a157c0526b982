package form

import "strings"

// Digits keeps the digits of a number as it was heard, copied or written with spaces and dashes.
func Digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// SNILS reads the insurance number of a person: eleven digits, of which the last two check the others. Numbers
// up to 001-001-998 were given out before there was a check.
func SNILS(s string) (string, *Problem) {
	d, bad := digitsOf(numbered(s), "-")
	switch {
	case bad != 0:
		return s, problem("form.snils.char", "char", printable(bad))
	case d == "":
		return "", problem("form.snils.empty")
	case len(d) != 11:
		return s, problem("form.snils.length", "typed", len(d))
	case allZero(d[:9]) || !snilsChecks(d):
		return s, problem("form.snils.check")
	}
	return d, nil
}

func snilsChecks(d string) bool {
	if d[:9] <= "001001998" {
		return true
	}
	sum := 0
	for i := range 9 {
		sum += int(d[i]-'0') * (9 - i)
	}
	return sum%101%100 == number(d[9:])
}

// FormatSNILS shows a stored number: «112-233-445 95».
func FormatSNILS(d string) string {
	if len(d) != 11 {
		return d
	}
	return d[:3] + "-" + d[3:6] + "-" + d[6:9] + " " + d[9:]
}

// MaskSNILS shows a number to somebody who should recognise it and not learn it: «···-···-445 95».
func MaskSNILS(d string) string { return maskDigits(FormatSNILS(d), 0, 5) }

// INN reads a person's taxpayer number: twelve digits, the last two of which check the others.
func INN(s string) (string, *Problem) {
	d, bad := digitsOf(s, "-")
	switch {
	case bad != 0:
		return s, problem("form.inn.char", "char", printable(bad))
	case d == "":
		return "", problem("form.inn.empty")
	case len(d) == 10:
		return s, problem("form.inn.organisation")
	case len(d) != 12:
		return s, problem("form.inn.length", "typed", len(d))
	case allZero(d) || !innChecks(d):
		return s, problem("form.inn.check")
	}
	return d, nil
}

// OrganisationINN reads an organisation's taxpayer number: ten digits, the last of which checks the others.
func OrganisationINN(s string) (string, *Problem) {
	d, bad := digitsOf(s, "-")
	switch {
	case bad != 0:
		return s, problem("form.inn.char", "char", printable(bad))
	case d == "":
		return "", problem("form.inn.empty")
	case len(d) == 12:
		return s, problem("form.inn.person")
	case len(d) != 10:
		return s, problem("form.inn.length10", "typed", len(d))
	case allZero(d) || !innChecks(d):
		return s, problem("form.inn.check")
	}
	return d, nil
}

var (
	innOrganisation = []int{2, 4, 10, 3, 5, 9, 4, 6, 8}
	innEleventh     = []int{7, 2, 4, 10, 3, 5, 9, 4, 6, 8}
	innTwelfth      = []int{3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8}
)

func innChecks(d string) bool {
	if len(d) == 10 {
		return innDigit(d, innOrganisation) == d[9]
	}
	return innDigit(d, innEleventh) == d[10] && innDigit(d, innTwelfth) == d[11]
}

func innDigit(d string, weights []int) byte {
	sum := 0
	for i, w := range weights {
		sum += int(d[i]-'0') * w
	}
	return byte('0' + sum%11%10)
}

// FormatINN shows a stored number. It has no groups; the function is here so that no page wonders.
func FormatINN(d string) string { return d }

// MaskINN shows a number to somebody who should recognise it and not learn it: «········1234».
func MaskINN(d string) string { return maskDigits(d, 0, 4) }
