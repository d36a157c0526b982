package mrz

import (
	"errors"
	"strings"
	"time"
)

// Format is the size of the zone.
type Format string

// The formats.
const (
	TD1      Format = "TD1"
	TD2      Format = "TD2"
	TD3      Format = "TD3"
	Internal Format = "RU" // the internal passport of Russia: as large as TD3
)

// ErrForm is of lines that are no zone: a wrong number of them, a wrong length, a sign that cannot stand there.
var ErrForm = errors.New("mrz: this is no machine-readable zone")

// Zone is what the lines say. Fillers are gone; dates are YYMMDD as they stand there.
type Zone struct {
	Format      Format
	Kind        string // P, PN, I, V…
	Issuer      string
	Surname     string
	GivenNames  string // parted by spaces
	Number      string // of the internal passport: series and number, ten digits
	Nationality string
	BirthDate   string
	Sex         string // M, F or ""
	ExpiryDate  string // "" of the internal passport
	Optional    string
	Optional2   string // of TD1
	IssueDate   string // of the internal passport, as are the next two
	Department  string // six digits
	Patronymic  string
	NamesCut    bool // the names fill their line to its end: they may go on
	Checks      []Check
}

// Check is one check digit.
type Check struct {
	Field Field
	OK    bool
}

// Field is what a check digit stands for.
type Field string

// The fields with a check digit of their own.
const (
	OfNumber   Field = "number"
	OfBirth    Field = "birth"
	OfExpiry   Field = "expiry"
	OfOptional Field = "optional"
	OfAll      Field = "all"
)

// Sound reports whether every check digit agrees.
func (z Zone) Sound() bool {
	for _, c := range z.Checks {
		if !c.OK {
			return false
		}
	}
	return len(z.Checks) > 0
}

// Proves reports whether the check digit of one field agrees.
func (z Zone) Proves(f Field) bool {
	for _, c := range z.Checks {
		if c.Field == f {
			return c.OK
		}
	}
	return false
}

// Parse reads a zone.
func Parse(lines []string) (Zone, error) {
	for _, l := range lines {
		if strings.Trim(l, signs) != "" {
			return Zone{}, ErrForm
		}
	}
	switch {
	case sized(lines, 3, 30):
		return td1(lines)
	case sized(lines, 2, 36):
		return two(lines, TD2)
	case sized(lines, 2, 44) && strings.HasPrefix(lines[0], "PNRUS"):
		return internal(lines)
	case sized(lines, 2, 44):
		return two(lines, TD3)
	}
	return Zone{}, ErrForm
}

const signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<"

func sized(lines []string, n, length int) bool {
	if len(lines) != n {
		return false
	}
	for _, l := range lines {
		if len(l) != length {
			return false
		}
	}
	return true
}

func td1(lines []string) (Zone, error) {
	a, b, c := lines[0], lines[1], lines[2]
	z := Zone{Format: TD1, Kind: bare(a[:2]), Issuer: bare(a[2:5]), BirthDate: b[:6], Sex: sex(b[7]), ExpiryDate: b[8:14],
		Nationality: bare(b[15:18]), Optional2: bare(b[18:29])}
	number, optional := z.number(a[5:14], a[14], a[15:30])
	z.Number, z.Optional = number, optional
	z.check(OfBirth, b[:6], b[6])
	z.check(OfExpiry, b[8:14], b[14])
	z.check(OfAll, a[5:30]+b[:7]+b[8:15]+b[18:29], b[29])
	z.names(c)
	return z, z.sensible()
}

// two reads TD2 and TD3, which differ in the length of the optional data and in a check digit for it.
func two(lines []string, f Format) (Zone, error) {
	a, b := lines[0], lines[1]
	z := Zone{Format: f, Kind: bare(a[:2]), Issuer: bare(a[2:5]), Nationality: bare(b[10:13]), BirthDate: b[13:19], Sex: sex(b[20]), ExpiryDate: b[21:27]}
	if f == TD2 {
		z.Number, z.Optional = z.number(b[:9], b[9], b[28:35])
	} else {
		z.Number, z.Optional = bare(b[:9]), bare(b[28:42])
		z.check(OfNumber, b[:9], b[9])
	}
	z.check(OfBirth, b[13:19], b[19])
	z.check(OfExpiry, b[21:27], b[27])
	if f == TD2 {
		z.check(OfAll, b[:10]+b[13:20]+b[21:35], b[35])
	} else {
		if z.Optional != "" || b[42] != '<' { // a filler may stand for the digit of nothing
			z.check(OfOptional, b[28:42], b[42])
		}
		z.check(OfAll, b[:10]+b[13:20]+b[21:43], b[43])
	}
	z.names(a[5:])
	return z, z.sensible()
}

// internal reads the internal passport of Russia.
func internal(lines []string) (Zone, error) {
	a, b := lines[0], lines[1]
	z := Zone{Format: Internal, Kind: "PN", Issuer: "RUS", Nationality: bare(b[10:13]), BirthDate: b[13:19], Sex: sex(b[20])}
	z.Number = b[:3] + b[28:29] + b[3:9]
	z.IssueDate, z.Department, z.Optional = b[29:35], b[35:41], bare(b[28:42])
	z.check(OfNumber, b[:9], b[9])
	z.check(OfBirth, b[13:19], b[19])
	z.check(OfOptional, b[28:42], b[42])
	z.check(OfAll, b[:10]+b[13:20]+b[21:43], b[43])
	for _, s := range []string{z.Number, z.IssueDate, z.Department} {
		if strings.Trim(s, "0123456789") != "" {
			return z, ErrForm
		}
	}
	z.names(a[5:])
	z.Surname, z.GivenNames = russian(z.Surname), russian(z.GivenNames)
	z.GivenNames, z.Patronymic, _ = strings.Cut(z.GivenNames, " ")
	return z, z.sensible()
}

// number reads a document number and the optional data behind it. A number of more than nine signs goes on there: a filler
// stands for its check digit, which comes last.
func (z *Zone) number(field string, digit byte, optional string) (number, rest string) {
	more, after, _ := strings.Cut(optional, "<")
	if digit != '<' || len(more) < 2 {
		z.check(OfNumber, field, digit)
		return bare(field), bare(optional)
	}
	last := len(more) - 1
	z.check(OfNumber, field+more[:last], more[last])
	return bare(field) + more[:last], bare(after)
}

func (z *Zone) names(s string) {
	z.NamesCut = s != "" && s[len(s)-1] != '<'
	first, given, _ := strings.Cut(strings.TrimRight(s, "<"), "<<")
	z.Surname, z.GivenNames = bare(first), bare(given)
}

func (z *Zone) check(f Field, s string, digit byte) {
	z.Checks = append(z.Checks, Check{f, Digit(s) == digit})
}

// sensible refuses what has no name or no day of birth.
func (z *Zone) sensible() error {
	if z.Surname == "" || z.Kind == "" || strings.Trim(z.BirthDate, "0123456789<") != "" {
		return ErrForm
	}
	return nil
}

// bare is a field without its fillers; those between words are spaces.
func bare(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '<' }), " ")
}

func sex(c byte) string {
	if c == 'M' || c == 'F' {
		return string(c)
	}
	return ""
}

// Digit is the check digit of a field: its signs' values, by 7, 3 and 1 in turns, modulo 10 (Doc 9303-3, 4.9).
func Digit(s string) byte {
	sum := 0
	for i := range len(s) {
		sum += value(s[i]) * [3]int{7, 3, 1}[i%3]
	}
	return byte('0' + sum%10) //nolint:gosec // a digit
}

func value(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'Z':
		return int(c-'A') + 10
	}
	return 0
}

// Day is a date of the zone; there are but two digits for the year, so it is the latest such day that is not after last. It is
// false for a day that does not exist, or of which the issuer does not know all.
func Day(yymmdd string, last time.Time) (time.Time, bool) {
	d, err := time.Parse("20060102", "20"+yymmdd)
	if err != nil {
		return time.Time{}, false
	}
	if d.After(last) {
		if d, err = time.Parse("20060102", "19"+yymmdd); err != nil { // 29 February of 1900
			return time.Time{}, false
		}
	}
	return d, true
}
