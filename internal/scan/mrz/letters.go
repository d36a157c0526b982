package mrz

import "strings"

// cyrillic are the letters for which a sign stands in the zone of the internal passport.
var cyrillic = map[rune]rune{ //nolint:gochecknoglobals // a table
	'A': 'А', 'B': 'Б', 'V': 'В', 'G': 'Г', 'D': 'Д', 'E': 'Е', '2': 'Ё', 'J': 'Ж', 'Z': 'З', 'I': 'И', 'Q': 'Й', 'K': 'К', 'L': 'Л',
	'M': 'М', 'N': 'Н', 'O': 'О', 'P': 'П', 'R': 'Р', 'S': 'С', 'T': 'Т', 'U': 'У', 'F': 'Ф', 'H': 'Х', 'C': 'Ц', '3': 'Ч', '4': 'Ш',
	'W': 'Щ', 'X': 'Ъ', 'Y': 'Ы', '9': 'Ь', '6': 'Э', '7': 'Ю', '8': 'Я',
}

// russian has a name back from its signs. 0, 1 and 5 stand for nothing: a reader that saw one took O, I or S for it.
func russian(s string) string {
	return strings.Map(func(r rune) rune {
		if c, ok := cyrillic[toLetter(r)]; ok {
			return c
		}
		return r
	}, s)
}

// Signs is a name as it stands in the zone of the internal passport.
func Signs(name string) string {
	return strings.Map(func(r rune) rune {
		if s, ok := latin()[r]; ok {
			return s
		}
		if r == ' ' || r == '-' {
			return '<'
		}
		return -1
	}, strings.ToUpper(name))
}

func latin() map[rune]rune {
	out := make(map[rune]rune, len(cyrillic))
	for sign, letter := range cyrillic {
		out[letter] = sign
	}
	return out
}

func toLetter(r rune) rune {
	switch r {
	case '0':
		return 'O'
	case '1':
		return 'I'
	case '5':
		return 'S'
	}
	return r
}

// Mend brings lines that a camera read to the form Parse takes: lower case and spaces go, the usual mistakes are undone where the
// place of a sign says whether it is a letter or a digit, and a line whose run of fillers was counted wrongly is stretched or
// shortened there. It guesses nothing else, so what it returns is worth what its check digits say.
func Mend(lines []string, f Format) []string {
	length := map[Format]int{TD1: 30, TD2: 36, TD3: 44, Internal: 44}[f]
	out := make([]string, 0, len(lines))
	for i, l := range lines {
		l = fit(tail(plain(l), f, i), length)
		b := []byte(l)
		for j := range b {
			switch kind(f, i, j) {
			case anything:
			case digits:
				b[j] = toDigit(b[j])
			case alphabetic:
				b[j] = byte(toAlpha(rune(b[j]))) //nolint:gosec // of the zone's signs
			case names:
				b[j] = byte(toLetter(rune(b[j]))) //nolint:gosec // of the zone's signs
			}
		}
		out = append(out, string(b))
	}
	return out
}

// plain keeps the signs of a zone.
func plain(l string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(signs, r):
			return r
		case strings.ContainsRune("«‹{[(", r):
			return '<'
		}
		return -1
	}, strings.ToUpper(l))
}

// tail makes fillers of what comes behind three of them in a line of names: nothing but fillers comes there, and a reader of letters
// likes to see K, X or C in a row of them.
func tail(l string, f Format, line int) string {
	if line != map[Format]int{TD1: 2}[f] {
		return l
	}
	if i := strings.Index(l, "<<<"); i > 0 {
		return l[:i] + strings.Repeat("<", len(l)-i)
	}
	return l
}

// fit makes a line as long as it has to be: it is the longest run of fillers that was counted wrongly.
func fit(l string, length int) string {
	if length == 0 || l == "" {
		return l
	}
	at, run := longestRun(l)
	for len(l) < length {
		if run < 2 {
			return l + strings.Repeat("<", length-len(l))
		}
		l = l[:at] + "<" + l[at:]
	}
	for len(l) > length && run > 1 {
		l, run = l[:at]+l[at+1:], run-1
	}
	if len(l) > length {
		l = l[:length]
	}
	return l
}

func longestRun(l string) (at, length int) {
	for i := 0; i < len(l); i++ {
		n := 0
		for i+n < len(l) && l[i+n] == '<' {
			n++
		}
		if n > length {
			at, length = i, n
		}
		i += n
	}
	return at, length
}

type class int

const (
	anything   class = iota
	digits           // and fillers
	alphabetic       // and fillers
	names            // letters and the digits that stand for Russian ones
)

// kind is what may stand at a place.
func kind(f Format, line, at int) class {
	within := func(spans ...int) bool {
		for i := 0; i < len(spans); i += 2 {
			if at >= spans[i] && at < spans[i+1] {
				return true
			}
		}
		return false
	}
	switch {
	case f == Internal && line == 0 && at >= 5:
		return names
	case f == Internal && line == 1 && (within(0, 10, 13, 20, 28, 44)):
		return digits
	case f == TD1 && line == 1 && within(0, 7, 8, 15, 29, 30), (f == TD2 || f == TD3) && line == 1 && within(9, 10, 13, 20, 21, 28), f == TD2 && line == 1 && at == 35, f == TD3 && line == 1 && within(42, 44):
		return digits
	case f == TD1 && (line == 2 || line == 0 && within(0, 5) || line == 1 && within(7, 8, 15, 18)), f != TD1 && (line == 0 || within(10, 13, 20, 21)):
		return alphabetic
	}
	return anything
}

func toDigit(c byte) byte {
	switch c {
	case 'O', 'Q', 'D', 'U':
		return '0'
	case 'I', 'L':
		return '1'
	case 'Z':
		return '2'
	case 'S':
		return '5'
	case 'G':
		return '6'
	case 'T':
		return '7'
	case 'B':
		return '8'
	}
	return c
}

func toAlpha(r rune) rune {
	switch r {
	case '2':
		return 'Z'
	case '6':
		return 'G'
	case '8':
		return 'B'
	}
	return toLetter(r)
}
