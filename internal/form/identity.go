package form

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// IdentityKind is a kind of paper that says who somebody is (REG-13). Its text is stored.
type IdentityKind string

// The kinds of identity documents.
const (
	Passport              IdentityKind = "passport"               // of a citizen of Russia, from 14
	InternationalPassport IdentityKind = "international_passport" // of a citizen, for abroad
	BirthCertificate      IdentityKind = "birth_certificate"      // of a citizen under 14
	TemporaryCard         IdentityKind = "temporary_card"         // form 2P, while a passport is being made
	ForeignDocument       IdentityKind = "foreign_document"       // a passport or a card of another country
	ResidencePermit       IdentityKind = "residence_permit"
	RefugeeCertificate    IdentityKind = "refugee_certificate"
	TemporaryAsylum       IdentityKind = "temporary_asylum"
	MigrationCard         IdentityKind = "migration_card"
)

// Holders are who is given a kind of document.
type Holders string

// Who is given a kind of document.
const (
	Citizens Holders = "citizens" // of Russia
	Aliens   Holders = "aliens"   // citizens of other countries and people without citizenship
)

// Paper is what is known of a kind of document: who has one, and what stands in it.
type Paper struct {
	Kind    IdentityKind
	Holders Holders
	From    int    // given from this age, 0 for any
	Until   int    // … and proves who somebody is until this birthday, 0 for ever
	Years   int    // the longest it can be valid, 0 when it is valid as long as is written or for ever
	Parts   []Part // in the order in which a page asks for them
}

// Part is one field of a document.
type Part struct {
	Name      string // of the input, and of the value for ReadIdentity
	Check     string // the name of the check that reads it (CheckNamed)
	Required  bool
	InputMode string // keys of a phone, "" for letters
	MaxLength int
	read      func(s string, born, today Date) (string, *Problem)
}

// Key is of the words that label the field.
func (p Part) Key() string { return "form.label." + p.Name }

// Key is of the words that name the kind of document.
func (k IdentityKind) Key() string { return "form.identity." + string(k) }

// Valid reports whether k is one of the kinds.
func (k IdentityKind) Valid() bool { _, ok := PaperOf(k); return ok }

// The names of the fields. Those of the passport are what browsers and scripts know them by.
const (
	fieldKind        = "document_kind"
	fieldCitizenship = "citizenship"
	fieldCountry     = "document_country"
	fieldSeries      = "document_series"
	fieldNumber      = "document_number"
	fieldIssuedAt    = "document_issued_at"
	fieldExpiresAt   = "document_expires_at"
	fieldIssuedBy    = "document_issued_by"

	passportSeries     = "passport_series"
	passportNumber     = "passport_number"
	passportIssuedAt   = "passport_issued_at"
	passportIssuedBy   = "passport_issued_by"
	passportDepartment = "passport_department_code"
)

// Papers lists the kinds of identity documents, the most usual first. Where the shape of a number has changed with the blanks,
// or is not ours to rule (the tax service's own list of documents leaves those open, too), any letters and digits are taken:
// to refuse a document that somebody holds in his hand is worse than to let a slip through to the register.
func Papers() []Paper {
	return []Paper{
		{Kind: Passport, Holders: Citizens, From: 14, Parts: []Part{
			{Name: passportSeries, Check: passportSeries, Required: true, InputMode: "numeric", MaxLength: 12, read: alone(PassportSeries)},
			{Name: passportNumber, Check: passportNumber, Required: true, InputMode: "numeric", MaxLength: 14, read: alone(PassportNumber)},
			{Name: passportIssuedAt, Check: passportIssuedAt, Required: true, InputMode: "numeric", MaxLength: 12, read: passportDay},
			{Name: passportIssuedBy, Check: passportIssuedBy, Required: true, MaxLength: issuedByMax, read: alone(IssuedBy)},
			{Name: passportDepartment, Check: passportDepartment, Required: true, InputMode: "numeric", MaxLength: 10, read: alone(DepartmentCode)},
		}},
		paper(InternationalPassport, Citizens, 0, 0, 10, numberOf(9), issuedAt, expiresAt(10), issuedBy),
		paper(BirthCertificate, Citizens, 0, 14, 0, certificateSeries, numberOf(6), issuedAt, issuedBy),
		paper(TemporaryCard, Citizens, 14, 0, 1, anyNumber, issuedAt, expiresAt(1), issuedBy),
		paper(ForeignDocument, Aliens, 0, 0, 0, country, anySeries, anyNumber, issuedAt, optional(expiresAt(0)), issuedBy),
		paper(ResidencePermit, Aliens, 0, 0, 0, anyNumber, issuedAt, optional(expiresAt(0)), issuedBy),
		paper(RefugeeCertificate, Aliens, 0, 0, 0, anySeries, anyNumber, issuedAt, optional(expiresAt(0)), issuedBy),
		paper(TemporaryAsylum, Aliens, 0, 0, 0, anySeries, anyNumber, issuedAt, expiresAt(0), issuedBy),
		paper(MigrationCard, Aliens, 0, 0, 0, seriesOf(4), numberOf(7), issuedAt, expiresAt(0)),
	}
}

// PaperOf is what is known of the kind.
func PaperOf(k IdentityKind) (Paper, bool) {
	all := Papers()
	i := slices.IndexFunc(all, func(p Paper) bool { return p.Kind == k })
	if i < 0 {
		return Paper{}, false
	}
	return all[i], true
}

// PapersFor lists the kinds of documents that somebody of this birth date and citizenship may show on the day; what is not
// known yet, born zero or citizenship "", rules nothing out.
func PapersFor(citizenship string, born, today Date) []Paper {
	return slices.DeleteFunc(Papers(), func(p Paper) bool { return p.held(citizenship, born, today) != nil })
}

// Stateless is the citizenship of people who have none.
const Stateless = "none"

// Citizenship reads a country or Stateless. Nothing typed is nothing, and no problem.
func Citizenship(s string) (string, *Problem) {
	if Blank(s) {
		return "", nil
	}
	if nameKey(s) == Stateless {
		return Stateless, nil
	}
	return Country(s)
}

// held tells what speaks against this kind of document in the hand of such a person.
func (p Paper) held(citizenship string, born, today Date) *Problem {
	switch {
	case p.Holders == Citizens && citizenship != "" && citizenship != Russia:
		return problem("form.identity.for_citizens")
	case p.Holders == Aliens && citizenship == Russia:
		return problem("form.identity.for_aliens")
	case born.IsZero():
		return nil
	case p.From > 0 && born.Add(p.From, 0, 0).After(today):
		return problem("form.identity.young", "age", p.From, "date", born.Add(p.From, 0, 0).Dotted())
	case p.Until > 0 && !born.Add(p.Until, 0, 0).After(today):
		return problem("form.identity.old", "age", p.Until, "date", born.Add(p.Until, 0, 0).Dotted())
	}
	return nil
}

// Identity is what stands in a person's document, in the form in which it is stored and asked of registers.
type Identity struct {
	Kind           IdentityKind `json:"kind"`
	Country        string       `json:"country"` // whose document it is, ISO 3166; RU for those that Russia gives to foreigners too
	Series         string       `json:"series,omitempty"`
	Number         string       `json:"number"`
	IssuedAt       Date         `json:"issued_at"`
	ExpiresAt      Date         `json:"expires_at,omitzero"`
	IssuedBy       string       `json:"issued_by,omitempty"`
	DepartmentCode string       `json:"department_code,omitempty"`
}

// ReadIdentity reads a document from the values of its fields, by their names, and holds it against the day of birth (zero
// when that is not known) and today. The value "citizenship", where there is one, must fit the kind of document.
func ReadIdentity(kind IdentityKind, values map[string]string, born, today Date) (Identity, Sheet) {
	var sheet Sheet
	about, ok := PaperOf(kind)
	if !ok {
		sheet.Note(fieldKind, problem("form.identity.unknown"))
		return Identity{Kind: kind}, sheet
	}
	citizenship, p := Citizenship(values[fieldCitizenship])
	sheet.Note(fieldCitizenship, p)
	if p == nil {
		sheet.Note(fieldKind, about.held(citizenship, born, today))
	}
	read := map[string]string{}
	for _, part := range about.Parts {
		v, p := part.Read(values[part.Name], born, today)
		read[part.Name] = v
		sheet.Note(part.Name, p)
	}
	out := Identity{Kind: kind, Country: Russia}
	if country := read[fieldCountry]; country != "" {
		out.Country = country
	}
	out.Series = read[fieldSeries] + read[passportSeries]
	out.Number = read[fieldNumber] + read[passportNumber]
	out.IssuedBy = read[fieldIssuedBy] + read[passportIssuedBy]
	out.DepartmentCode = read[passportDepartment]
	out.IssuedAt, out.ExpiresAt = stored(read[fieldIssuedAt]+read[passportIssuedAt]), stored(read[fieldExpiresAt])
	if !out.ExpiresAt.IsZero() && !out.IssuedAt.IsZero() {
		sheet.Note(fieldExpiresAt, lasts(out.IssuedAt, out.ExpiresAt, about.Years))
	}
	return out, sheet
}

// PassportOf is a passport of Russia from the texts in which it used to be kept; a day that is none is left out.
func PassportOf(series, number, issuedAt, issuedBy, departmentCode string) *Identity {
	return &Identity{Kind: Passport, Country: Russia, Series: series, Number: number, IssuedAt: stored(issuedAt), IssuedBy: issuedBy, DepartmentCode: departmentCode}
}

// Values are the fields of the document as they stand on a page: what ReadIdentity reads as the same document.
func (x Identity) Values() map[string]string {
	all := map[string]string{
		passportSeries: x.Series, passportNumber: x.Number, passportIssuedAt: x.IssuedAt.Dotted(), passportIssuedBy: x.IssuedBy, passportDepartment: x.DepartmentCode,
		fieldCountry: x.Country, fieldSeries: x.Series, fieldNumber: x.Number, fieldIssuedAt: x.IssuedAt.Dotted(), fieldExpiresAt: x.ExpiresAt.Dotted(), fieldIssuedBy: x.IssuedBy,
	}
	out := map[string]string{}
	about, _ := PaperOf(x.Kind)
	for _, part := range about.Parts {
		if v := all[part.Name]; v != "" {
			out[part.Name] = v
		}
	}
	return out
}

// String shows series and number: «45 08 123456», «II-МЮ 123456».
func (x Identity) String() string {
	switch {
	case x.Kind == Passport:
		return FormatPassport(x.Series, x.Number)
	case (x.Kind == InternationalPassport || x.Kind == ResidencePermit) && len(x.Number) == 9:
		return x.Number[:2] + " " + x.Number[2:]
	}
	return strings.TrimSpace(x.Series + " " + x.Number)
}

// Read reads one field of the document, held against the day of birth and today where that matters.
func (p Part) Read(s string, born, today Date) (string, *Problem) {
	if !p.Required && Blank(s) {
		return "", nil
	}
	return p.read(s, born, today)
}

// stored is a day that was read before; zero when it was not.
func stored(s string) Date {
	d, p := ParseDate(s)
	if p != nil {
		return Date{}
	}
	return d
}

func alone(read func(string) (string, *Problem)) func(string, Date, Date) (string, *Problem) {
	return func(s string, _, _ Date) (string, *Problem) { return read(s) }
}

func passportDay(s string, born, today Date) (string, *Problem) {
	d, p := PassportIssued(s, born, today)
	return dayOr(d, s), p
}

// dayOr is the day as it is stored, or what was typed when it is none.
func dayOr(d Date, typed string) string {
	if d.IsZero() {
		return typed
	}
	return d.String()
}

// paper is a kind of document other than the passport; its checks are named after it.
func paper(k IdentityKind, who Holders, from, until, years int, parts ...Part) Paper {
	for i := range parts {
		parts[i].Check = string(k) + "." + strings.TrimPrefix(parts[i].Name, "document_")
	}
	return Paper{Kind: k, Holders: who, From: from, Until: until, Years: years, Parts: parts}
}

func optional(p Part) Part {
	p.Required = false
	return p
}

// The fields that several kinds of documents have.
var (
	country           = Part{Name: fieldCountry, Required: true, MaxLength: 100, read: alone(ForeignCountry)}
	certificateSeries = Part{Name: fieldSeries, Required: true, MaxLength: 20, read: alone(CertificateSeries)}
	anySeries         = Part{Name: fieldSeries, MaxLength: 20, read: func(s string, _, _ Date) (string, *Problem) { return marks(s, "series", 0, seriesMax) }}
	anyNumber         = Part{Name: fieldNumber, Required: true, MaxLength: 40, read: func(s string, _, _ Date) (string, *Problem) { return marks(s, "number", numberMin, numberMax) }}
	issuedAt          = Part{Name: fieldIssuedAt, Required: true, InputMode: "numeric", MaxLength: 12, read: documentIssued}
	issuedBy          = Part{Name: fieldIssuedBy, Required: true, MaxLength: issuedByMax, read: alone(Authority)}
)

func numberOf(n int) Part {
	return Part{Name: fieldNumber, Required: true, InputMode: "numeric", MaxLength: n + 8, read: alone(digits("number", n))}
}

func seriesOf(n int) Part {
	return Part{Name: fieldSeries, Required: true, InputMode: "numeric", MaxLength: n + 8, read: alone(digits("series", n))}
}

func expiresAt(years int) Part {
	return Part{Name: fieldExpiresAt, Required: true, InputMode: "numeric", MaxLength: 12, read: func(s string, _, today Date) (string, *Problem) {
		d, p := DocumentExpires(s, today)
		if latest := today.Add(years, 0, 1); p == nil && years > 0 && d.After(latest) {
			p = problem("form.document.expires_late", "date", latest.Dotted())
		}
		return dayOr(d, s), p
	}}
}

// digits reads a series or a number that is so many digits.
func digits(what string, n int) func(string) (string, *Problem) {
	return func(s string) (string, *Problem) {
		d, bad := digitsOf(numbered(s), "-\u2116")
		switch {
		case bad != 0:
			return s, problem("form.document."+what+"_char", "char", printable(bad), "need", n)
		case d == "":
			return "", problem("form.document." + what + "_empty")
		case len(d) != n:
			return s, problem("form.document."+what+"_length", "need", n, "typed", len(d))
		case allZero(d):
			return s, problem("form.document." + what + "_zero")
		}
		return d, nil
	}
}

const (
	seriesMax = 10
	numberMin = 3
	numberMax = 20
)

// marks reads a series or number of a document whose shape is not ours to know: letters and digits. Registers compare them
// sign by sign, so letters become capitals, and Russian ones that look like Latin ones become those, unless others show
// that the number is written in Russian.
func marks(s, what string, least, most int) (string, *Problem) {
	s = strings.ToUpper(numbered(s))
	var b strings.Builder
	var latins, plain int // letters that are only Latin, and only Russian
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
		case r >= 'A' && r <= 'Z':
			if !strings.ContainsRune("IVXL", r) { // a Roman numeral stands before Russian letters, too
				latins++
			}
		case russian(r):
			if likeLatin(string(r)) == string(r) || r == '\u0401' {
				plain++
			}
		case unicode.IsSpace(r) || r == '-' || r == '/' || r == '.' || r == '\u2116':
			continue
		default:
			return s, problem("form.document."+what+"_mark", "char", printable(r))
		}
		b.WriteRune(r)
	}
	out := b.String()
	if plain == 0 {
		out = likeLatin(out)
	}
	n := utf8.RuneCountInString(out)
	switch {
	case n == 0:
		return "", problem("form.document." + what + "_empty")
	case plain > 0 && latins > 0:
		return s, problem("form.document." + what + "_mixed")
	case n < least || n > most:
		return s, problem("form.document."+what+"_size", "min", max(1, least), "max", most, "typed", n)
	case allZero(out):
		return s, problem("form.document." + what + "_zero")
	}
	return out, nil
}

// CertificateSeries reads the series of a certificate of birth: a Roman numeral and two Russian letters, «II-МЮ». Numerals
// are typed with whatever looks like them, I as 1, V as a Russian letter, and letters in the wrong alphabet.
func CertificateSeries(s string) (string, *Problem) {
	s = strings.ToUpper(tidy(s))
	var signs []rune
	for _, r := range s {
		if unicode.IsSpace(r) || r == '-' || r == '\u2116' || r == '.' {
			continue
		}
		signs = append(signs, r)
	}
	n := len(signs)
	switch {
	case n == 0:
		return "", problem("form.certificate.series_empty")
	case n > 6 && allDigits(signs[n-6:]):
		return s, problem("form.certificate.series_both")
	case n < 3:
		return s, problem("form.certificate.series_short")
	}
	region := likeRussian(string(signs[n-2:]))
	for _, r := range region {
		if !russian(r) {
			return s, problem("form.certificate.series_letters", "char", printable(r))
		}
	}
	var numeral strings.Builder
	for _, r := range signs[:n-2] {
		roman, ok := letters.Roman[string(r)]
		if !ok {
			return s, problem("form.certificate.series_roman", "char", printable(r))
		}
		numeral.WriteString(roman)
	}
	if !isRoman(numeral.String()) {
		return s, problem("form.certificate.series_numeral")
	}
	return numeral.String() + "-" + region, nil
}

func allDigits(r []rune) bool {
	return !slices.ContainsFunc(r, func(r rune) bool { return r < '0' || r > '9' })
}

// isRoman reports whether s is a number below ninety in Roman numerals, written as one writes them.
func isRoman(s string) bool {
	tens := []string{"", "X", "XX", "XXX", "XL", "L", "LX", "LXX", "LXXX"}
	ones := []string{"", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"}
	for _, t := range tens {
		if rest, ok := strings.CutPrefix(s, t); ok && s != "" && slices.Contains(ones, rest) {
			return true
		}
	}
	return false
}

// Authority reads the name of whoever issued a document, in any alphabet.
func Authority(s string) (string, *Problem) {
	s = oneLine(s)
	n, letters := utf8.RuneCountInString(s), 0
	for _, r := range s {
		switch {
		case unicode.IsLetter(r):
			letters++
		case unicode.IsDigit(r) || unicode.Is(unicode.M, r) || strings.ContainsRune(" -.,()/\"'&:;\u00ab\u00bb\u201c\u201d\u201e\u2116", r):
		default:
			return s, problem("form.document.by_char", "char", printable(r))
		}
	}
	switch {
	case n == 0:
		return "", problem("form.document.by_empty")
	case n > issuedByMax:
		return s, problem("form.text.long", "max", issuedByMax, "typed", n)
	case letters < 2:
		return s, problem("form.document.by_short")
	}
	return s, nil
}

// documentIssued reads the day on which a document was issued: not yet to come, and not before its owner was born.
func documentIssued(s string, born, today Date) (string, *Problem) {
	if Blank(s) {
		return "", problem("form.document.issued_empty")
	}
	d, p := ParseDate(s)
	switch {
	case p != nil:
		return s, p
	case d.After(today):
		return d.String(), problem("form.document.issued_future")
	case !born.IsZero() && d.Before(born):
		return d.String(), problem("form.document.issued_unborn", "date", born.Dotted())
	case d.Add(oldest, 0, 0).Before(today):
		return d.String(), problem("form.document.issued_old", "year", strconv.Itoa(d.Year))
	}
	return d.String(), nil
}

// DocumentExpires reads the day until which a document is valid; that day still counts.
func DocumentExpires(s string, today Date) (Date, *Problem) {
	if Blank(s) {
		return Date{}, problem("form.document.expires_empty")
	}
	d, p := ParseDate(s)
	switch {
	case p != nil:
		return Date{}, p
	case d.Before(today):
		return d, problem("form.document.expired", "date", d.Dotted())
	}
	return d, nil
}

// lasts tells what is wrong with the two days of a document together.
func lasts(issued, expires Date, years int) *Problem {
	latest := issued.Add(years, 0, 1) // some offices count the day of issue, some do not
	switch {
	case !expires.After(issued):
		return problem("form.document.expires_order")
	case years > 0 && expires.After(latest):
		return problem("form.document.expires_long", "date", latest.Dotted())
	}
	return nil
}
