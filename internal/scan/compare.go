package scan

import (
	"strings"
	"unicode"
)

// Outcome is what came of comparing a field.
type Outcome string

// The outcomes.
const (
	Equal   Outcome = "equal"
	Differs Outcome = "differs"
	Unread  Outcome = "unread" // nothing was read there, or nothing that can be told from what was typed with certainty
)

// Compare puts what was read beside what was typed, field by field; what was not typed is not compared. Numbers and dates must be the
// same, sign for sign. In names Ё is Е, and letters that look alike in two alphabets are one. Longer texts, as of who issued a
// passport, are equal when few letters differ: there is no telling a smudge from a slip there, and nothing hangs on them alone.
func Compare(read map[Field]Value, typed map[Field]string) map[Field]Outcome {
	out := map[Field]Outcome{}
	for f, t := range typed {
		v, ok := read[f]
		if t == "" && f != Patronymic {
			continue
		}
		out[f] = compare(f, v, ok && v.Text != "", t)
	}
	return out
}

// How fields are compared; a name is what is in neither.
var (
	exact = map[Field]bool{Series: true, Number: true, DepartmentCode: true, BirthDate: true, IssuedAt: true, ExpiryDate: true, Sex: true, InsuranceNumber: true, TaxNumber: true} //nolint:gochecknoglobals // a table
	prose = map[Field]bool{IssuedBy: true, BirthPlace: true}                                                                                                                       //nolint:gochecknoglobals // a table
)

func compare(f Field, v Value, there bool, typed string) Outcome {
	var same bool
	switch {
	case f == Patronymic && typed == "" && !there:
		return Equal
	case !there:
		return Unread
	case prose[f]:
		a, b := tight(v.Text), tight(typed)
		d, long := distance(a, b), max(len([]rune(a)), len([]rune(b)))
		if d*5 > long && d*2 <= long { // the same words, some of them unread
			return Unread
		}
		same = d*5 <= long
	case exact[f]:
		same = bare(v.Text) == bare(typed)
	default:
		same = tight(v.Text) == tight(typed)
	}
	if same {
		return Equal
	}
	return Differs
}

// bare are the letters and digits of a number.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) || unicode.IsLetter(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, s)
}

// alike are letters and digits that a reader, or a keyboard, takes for each other.
var alike = strings.NewReplacer( //nolint:gochecknoglobals // a table
	"Ё", "Е", "0", "O", "О", "O", "А", "A", "В", "B", "Е", "E", "К", "K", "М", "M", "Н", "H", "Р", "P", "С", "C", "Т", "T", "У", "Y", "Х", "X", "3", "З",
)

// tight is a name or a text as far as it counts: without spaces and marks, look-alikes made one.
func tight(s string) string { return alike.Replace(strings.ReplaceAll(bare(s), "Ё", "Е")) }
