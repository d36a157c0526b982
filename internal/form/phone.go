package form

import (
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

// PhoneMax is the longest number in international form, the plus included (REG-6).
const PhoneMax = 15

// home is the region of a number that is typed without its country.
const home = "RU"

// Phone reads a telephone number of any country and kind and gives it in international form: +79123456789.
// Without a country it is a Russian one; 8 and 7 before ten digits are read as +7.
func Phone(s string) (string, *Problem) {
	_, e164, p := phone(s)
	return e164, p
}

// MobilePhone reads a number that can receive an SMS.
func MobilePhone(s string) (string, *Problem) {
	n, e164, p := phone(s)
	if p != nil || n == nil {
		return e164, p
	}
	switch phonenumbers.GetNumberType(n) {
	case phonenumbers.MOBILE, phonenumbers.FIXED_LINE_OR_MOBILE:
		return e164, nil
	}
	return e164, problem("form.phone.landline")
}

// phone is what the library reads, and the number in international form. A Russian mobile number is not asked of the library: it is nil.
func phone(s string) (*phonenumbers.PhoneNumber, string, *Problem) {
	typed, p := dialled(s)
	if p != nil {
		return nil, s, p
	}
	if _, ours := homeMobile(typed); ours {
		return nil, typed, nil
	}
	n, err := phonenumbers.Parse(typed, home)
	if err != nil {
		if strings.HasPrefix(typed, "+") && len(typed) > 8 {
			return nil, s, problem("form.phone.country")
		}
		return nil, s, problem("form.phone.russian", "digits", len(strings.TrimPrefix(typed, "+")))
	}
	e164 := phonenumbers.Format(n, phonenumbers.E164)
	if !phonenumbers.IsValidNumber(n) {
		return nil, s, wrongPhone(n)
	}
	if len(e164) > PhoneMax {
		return nil, s, problem("form.phone.long")
	}
	return n, e164, nil
}

// PhoneRegion is the country of a number in international form, by two letters: RU. It is "" for a number of none.
func PhoneRegion(e164 string) string {
	if _, ours := homeMobile(e164); ours {
		return home
	}
	n, err := phonenumbers.Parse(e164, "")
	if err != nil {
		return ""
	}
	return phonenumbers.GetRegionCodeForNumber(n)
}

func wrongPhone(n *phonenumbers.PhoneNumber) *Problem {
	national := phonenumbers.GetNationalSignificantNumber(n)
	if n.GetCountryCode() == 7 && len(national) != 10 {
		return problem("form.phone.russian", "digits", len(national))
	}
	switch phonenumbers.IsPossibleNumberWithReason(n) {
	case phonenumbers.TOO_SHORT:
		return problem("form.phone.short")
	case phonenumbers.TOO_LONG:
		return problem("form.phone.long")
	}
	return problem("form.phone.invalid")
}

// dialled keeps the digits and the leading plus, and mends the two ways of writing a Russian number that no
// other country's number can be confused with: «+8 9…» and a country code without its plus.
func dialled(s string) (string, *Problem) {
	s = oneLine(s)
	var b strings.Builder
	plus := false
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r == '+' && b.Len() == 0 && !plus:
			plus = true
		case unicode.IsSpace(r) || strings.ContainsRune("-().", r):
		case unicode.IsLetter(r):
			return "", problem("form.phone.letter", "char", string(r))
		default:
			return "", problem("form.phone.char", "char", string(r))
		}
	}
	d := b.String()
	switch {
	case d == "":
		return "", problem("form.phone.empty")
	case len(d) > 25: // longer than any number with any prefix
		return "", problem("form.phone.long")
	case plus && len(d) == 11 && strings.HasPrefix(d, "89"): // no country has the code 89
		return "+7" + d[1:], nil
	case plus:
		return "+" + d, nil
	case strings.HasPrefix(d, "00"):
		return "+" + d[2:], nil
	case len(d) == 11 && (d[0] == '7' || d[0] == '8'):
		return "+7" + d[1:], nil
	case len(d) >= 11 && d[0] != '8' && validAbroad(d):
		return "+" + d, nil
	}
	return d, nil
}

func validAbroad(digits string) bool {
	n, err := phonenumbers.Parse("+"+digits, "")
	return err == nil && phonenumbers.IsValidNumber(n)
}

// FormatPhone shows a stored number: «+7 912 345-67-89».
func FormatPhone(e164 string) string {
	if national, ours := homeMobile(e164); ours {
		return inGroups(national)
	}
	n, err := phonenumbers.Parse(e164, "")
	if err != nil {
		return e164
	}
	national := phonenumbers.GetNationalSignificantNumber(n)
	if n.GetCountryCode() == 7 && len(national) == 10 {
		return inGroups(national)
	}
	return phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
}

func inGroups(national string) string {
	return "+7 " + national[:3] + " " + national[3:6] + "-" + national[6:8] + "-" + national[8:]
}

// homeMobile is the national part of a Russian mobile number in international form. Nearly every number here is one, and every page
// that names it asks: what the library says of it is known beforehand (TestHomeMobile), for a hundredth of the work.
func homeMobile(e164 string) (string, bool) {
	if len(e164) != 12 || !strings.HasPrefix(e164, "+79") {
		return "", false
	}
	for _, d := range e164[3:] {
		if d < '0' || d > '9' {
			return "", false
		}
	}
	return e164[2:], true
}

// dot stands for a character that is not shown.
const dot = "\u00b7"

// MaskPhone shows a number to somebody who should recognise it and not learn it: «+7 912 ···-··-89».
func MaskPhone(e164 string) string {
	if national, ours := homeMobile(e164); ours {
		return "+7 " + maskDigits(inGroups(national)[3:], 3, 2)
	}
	n, err := phonenumbers.Parse(e164, "")
	if err != nil {
		return strings.Repeat(dot, 3)
	}
	national := len(phonenumbers.GetNationalSignificantNumber(n))
	shown := FormatPhone(e164)
	code, rest, ok := strings.Cut(shown, " ")
	if !ok {
		return strings.Repeat(dot, 3)
	}
	return code + " " + maskDigits(rest, min(3, max(0, national-7)), 2)
}

// maskDigits hides the digits of s but the first and the last ones.
func maskDigits(s string, first, last int) string {
	total := 0
	for _, r := range s {
		if unicode.IsDigit(r) {
			total++
		}
	}
	var b strings.Builder
	seen := 0
	for _, r := range s {
		if !unicode.IsDigit(r) {
			b.WriteRune(r)
			continue
		}
		seen++
		if seen <= first || seen > total-last {
			b.WriteRune(r)
			continue
		}
		b.WriteString(dot)
	}
	return b.String()
}
