package form

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

const (
	emailMax = 254 // RFC 5321 §4.5.3.1.3, a path of 256 with its brackets
	localMax = 64  // RFC 5321 §4.5.3.1.1
)

// Email reads an address. The part before the @ keeps its case, the domain is lower-cased and, when it has
// national letters, written in its ASCII form, so that one address has one spelling and any mail server takes
// it. Quoted local parts, comments and address literals exist on paper and are refused; whatever could break
// out of a header line (CR, LF, spaces, angle brackets) is not part of an address at all.
func Email(s string) (string, *Problem) {
	if strings.ContainsAny(strings.TrimSpace(s), "\r\n") {
		return s, problem("form.email.space")
	}
	s = strings.TrimPrefix(tidy(s), "mailto:")
	if s == "" {
		return "", problem("form.email.empty")
	}
	if strings.Contains(s, " ") {
		return s, problem("form.email.space")
	}
	if strings.Count(s, "@") != 1 {
		return s, problem("form.email.at")
	}
	local, domain, _ := strings.Cut(s, "@")
	if p := localPart(local); p != nil {
		return s, p
	}
	domain, p := mailDomain(domain)
	if p != nil {
		return s, p
	}
	if len(local)+1+len(domain) > emailMax {
		return s, problem("form.email.long", "max", emailMax)
	}
	return local + "@" + domain, nil
}

func localPart(s string) *Problem {
	switch {
	case s == "":
		return problem("form.email.at")
	case len(s) > localMax && utf8.RuneCountInString(s) > localMax:
		return problem("form.email.long", "max", emailMax)
	case strings.HasPrefix(s, ".") || strings.HasSuffix(s, ".") || strings.Contains(s, ".."):
		return problem("form.email.dot")
	}
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9':
		case strings.ContainsRune(".!#$%&'*+/=?^_{|}~-", r): // atext of RFC 5322; tidy has made ` an apostrophe
		case unicode.Is(unicode.Cyrillic, r):
			return problem("form.email.cyrillic", "char", string(r))
		default:
			return problem("form.email.char", "char", string(r))
		}
	}
	return nil
}

func mailDomain(s string) (string, *Problem) {
	s = strings.TrimSuffix(s, ".")
	if strings.Contains(s, ",") {
		return s, problem("form.email.comma")
	}
	if !strings.Contains(s, ".") {
		return s, problem("form.email.domain")
	}
	for label := range strings.SplitSeq(s, ".") {
		if r, mixed := mixedLetter(label); mixed {
			return s, problem("form.email.mixed", "char", string(r))
		}
	}
	ascii, err := idna.Lookup.ToASCII(s)
	if err != nil || len(ascii) > 253 {
		return s, problem("form.email.domain")
	}
	labels := strings.Split(ascii, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 {
			return s, problem("form.email.domain")
		}
	}
	last := labels[len(labels)-1]
	if len(last) < 2 || !strings.ContainsFunc(last, unicode.IsLetter) {
		return s, problem("form.email.domain")
	}
	return ascii, nil
}

// mixedLetter finds the Cyrillic letter of a label that has Latin ones too: a slip of the layout, or a trap.
func mixedLetter(label string) (rune, bool) {
	var cyrillic rune
	latin := false
	for _, r := range label {
		if unicode.Is(unicode.Cyrillic, r) && cyrillic == 0 {
			cyrillic = r
		}
		latin = latin || unicode.Is(unicode.Latin, r)
	}
	return cyrillic, latin && cyrillic != 0
}

// EmailKey is the form of an address under which it is looked up: two addresses that differ in case only are
// one, though the standard lets a server tell them apart (none does).
func EmailKey(email string) string { return strings.ToLower(email) }

// FormatEmail shows a stored address, its domain in national letters.
func FormatEmail(email string) string {
	local, domain, ok := strings.Cut(email, "@")
	if !ok {
		return email
	}
	if u, err := idna.Display.ToUnicode(domain); err == nil {
		domain = u
	}
	return local + "@" + domain
}

// MaskEmail shows an address to somebody who should recognise it and not learn it: «a···@mail.ru».
func MaskEmail(email string) string {
	local, domain, ok := strings.Cut(FormatEmail(email), "@")
	if !ok {
		return strings.Repeat(dot, 3)
	}
	first, size := utf8.DecodeRuneInString(local)
	if size == len(local) { // one letter would be the whole of it
		return strings.Repeat(dot, 3) + "@" + domain
	}
	return string(first) + strings.Repeat(dot, 3) + "@" + domain
}
