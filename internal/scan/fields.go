package scan

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"okno/internal/scan/mrz"
)

var (
	dated    = regexp.MustCompile(`(\d{2})[.,]?(\d{2})[.,]?((?:19|20)\d{2})`)
	numbered = regexp.MustCompile(`(\d{3})[-–—]?(\d{3})`)
)

// fields puts together what the zone proves and what the labels point at.
func (p sight) fields(now time.Time) map[Field]Value {
	out := map[Field]Value{}
	put := func(f Field, text string, proven bool) {
		if text != "" {
			out[f] = Value{text, proven}
		}
	}
	if p.kind() == Photo {
		p.agreed(put)
	}
	if !p.zoned {
		return out
	}
	z := p.zone
	day := func(f Field, yymmdd string, last time.Time, proven bool) {
		if d, ok := mrz.Day(yymmdd, last); ok {
			put(f, d.Format(time.DateOnly), proven)
		}
	}
	day(BirthDate, z.BirthDate, now, z.Proves(mrz.OfBirth))
	put(Sex, map[string]string{"M": "male", "F": "female"}[z.Sex], false)
	if z.Format != mrz.Internal {
		put(Surname, z.Surname, false)
		put(GivenName, z.GivenNames, false)
		put(Number, z.Number, z.Proves(mrz.OfNumber))
		put(Issuer, z.Issuer, false)
		put(Nationality, z.Nationality, false)
		day(ExpiryDate, z.ExpiryDate, now.AddDate(50, 0, 0), z.Proves(mrz.OfExpiry))
		return out
	}
	for f, name := range map[Field]string{Surname: z.Surname, GivenName: z.GivenNames, Patronymic: z.Patronymic} {
		put(f, p.name(f, name), false)
	}
	put(Series, z.Number[:4], z.Proves(mrz.OfNumber) && z.Proves(mrz.OfOptional))
	put(Number, z.Number[4:], z.Proves(mrz.OfNumber))
	put(DepartmentCode, z.Department[:3]+"-"+z.Department[3:], z.Proves(mrz.OfOptional))
	day(IssuedAt, z.IssueDate, now, z.Proves(mrz.OfOptional))
	return out
}

// agreed are the fields of which readings agree. A number needs two that do: nothing else vouches for it.
func (p sight) agreed(put func(Field, string, bool)) {
	for _, f := range []Field{Surname, GivenName, Patronymic, Sex} {
		text, _ := p.most(f)
		put(f, text, false)
	}
	for _, f := range []Field{BirthDate, IssuedAt, DepartmentCode} {
		if text, n := p.most(f); n >= 2 {
			put(f, text, false)
		}
	}
	if len(p.number) == 10 {
		put(Series, p.number[:4], false)
		put(Number, p.number[4:], false)
	}
	put(IssuedBy, p.middle(IssuedBy), false)
	put(BirthPlace, p.middle(BirthPlace), false)
}

// name chooses between the readings of a name. The zone's counts when a printed one says the same, and when there is none that two
// readings agree on: one of its signs may have been taken for another (8 and B, a filler for K), and no check digit tells.
func (p sight) name(f Field, zone string) string {
	for _, v := range p.votes[f] {
		if tight(v) == tight(zone) {
			return zone
		}
	}
	printed, n := p.most(f)
	if n >= 2 || zone == "" || !p.exact && n > 0 {
		return printed
	}
	return zone
}

// visual reads what stands beside labels.
func (p sight) visual(put func(Field, string)) {
	for f, label := range map[Field]string{Surname: p.v.Surname, GivenName: p.v.Given, Patronymic: p.v.Patronymic} {
		if l := p.find(label); l.text != "" {
			if name := p.capitals(join(p.beside(l, 0), "")); len([]rune(name)) > 1 {
				put(f, name)
			}
		}
	}
	if l := p.find(p.v.Sex); l.text != "" {
		said := letters(join(p.beside(l, 3*l.h*4), ""))
		switch {
		case strings.HasPrefix(said, p.v.Male):
			put(Sex, "male")
		case strings.HasPrefix(said, p.v.Female):
			put(Sex, "female")
		}
	}
	if l := p.birthLabel(); l.text != "" {
		put(BirthDate, isoDate(join(p.beside(l, 0), "")))
	}
	if l := p.find(p.v.IssuedAt); l.text != "" {
		put(IssuedAt, isoDate(join(p.beside(l, 0), "")))
	}
	if l := p.find(p.v.Department); l.text != "" {
		if m := numbered.FindStringSubmatch(join(p.beside(l, 0), "")); m != nil {
			put(DepartmentCode, m[1]+"-"+m[2])
		}
	}
	put(IssuedBy, p.issuer())
	put(BirthPlace, p.birthPlace())
}

// beside are the words to the right of a label, on its line. within bounds how far away the first may begin; 0 is any distance.
func (p sight) beside(l word, within int) []word {
	var out []word
	for _, w := range p.words {
		reach := max(l.h, w.h) * 3 / 4
		if w.x < l.right()-2 || w.middle() < l.middle()-reach || w.middle() > l.middle()+reach || w.h > 4*l.h || edgewise(w) {
			continue
		}
		if within > 0 && w.x > l.right()+within {
			continue
		}
		out = append(out, w)
	}
	slices.SortFunc(out, func(a, b word) int { return cmp.Compare(a.x, b.x) })
	return out
}

// edgewise is a piece of the number along the edge, not of a line.
func edgewise(w word) bool { return w.h > 2*w.w && len([]rune(w.text)) > 1 || w.h > 3*w.w }

// birthLabel is the label of the day of birth, not of the place: the one with a date beside it.
func (p sight) birthLabel() word {
	for _, w := range p.words {
		if distance(letters(w.text), p.v.Born) <= 1 && isoDate(join(p.beside(w, 0), "")) != "" {
			return w
		}
	}
	return word{}
}

// issuer is what stands between the line "issued by" and the line of the date.
func (p sight) issuer() string {
	top, bottom := p.find(p.v.Issued), p.find(p.v.IssuedAt)
	if top.text == "" || bottom.text == "" || bottom.y <= top.y {
		return ""
	}
	right := 0
	for _, w := range p.words {
		right = max(right, w.right())
	}
	var in []word
	for _, w := range p.words {
		label := distance(letters(w.text), p.v.Issued) <= 1 || distance(letters(w.text), p.v.Passport) <= 1
		if w.middle() > top.y-top.h/2 && w.middle() < bottom.y-bottom.h/3 && !label && !edgewise(w) && w.x < right*93/100 && spoken(w) {
			in = append(in, w)
		}
	}
	return p.capitals(inLines(in))
}

// birthPlace is what stands to the right of its label, and below as far as the zone.
func (p sight) birthPlace() string {
	var l word
	for _, w := range p.words {
		if distance(letters(w.text), p.v.Place) <= 1 {
			l = w
		}
	}
	surname := p.find(p.v.Surname)
	if l.text == "" || surname.text == "" {
		return ""
	}
	values := p.beside(surname, 0)
	if len(values) == 0 {
		return ""
	}
	column := values[0].x
	var in []word
	for _, w := range p.words {
		if w.x > column-2*l.h && w.middle() > l.y-l.h && w.y < l.y+9*l.h && !edgewise(w) && spoken(w) && strings.Count(w.text, "<") == 0 {
			in = append(in, w)
		}
	}
	return p.capitals(inLines(in))
}

// spoken is a word of letters that Tesseract is fairly sure of.
func spoken(w word) bool {
	n := 0
	for _, r := range w.text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			n++
		}
	}
	return n > 0 && w.sure >= 30
}

// inLines joins words line by line.
func inLines(in []word) string {
	var out []string
	for _, l := range lined(in) {
		out = append(out, join(l, " "))
	}
	return strings.Join(out, " ")
}

// lined are words as they stand in lines, from the left.
func lined(in []word) [][]word {
	in = slices.Clone(in)
	slices.SortFunc(in, func(a, b word) int { return cmp.Compare(a.middle(), b.middle()) })
	var lines [][]word
	for _, w := range in {
		if n := len(lines) - 1; n >= 0 && w.middle()-lines[n][0].middle() < w.h*3/4 {
			lines[n] = append(lines[n], w)
			continue
		}
		lines = append(lines, []word{w})
	}
	for _, l := range lines {
		slices.SortFunc(l, func(a, b word) int { return cmp.Compare(a.x, b.x) })
	}
	return lines
}

func join(list []word, by string) string {
	out := make([]string, 0, len(list))
	for _, w := range list {
		out = append(out, w.text)
	}
	return strings.Join(out, by)
}

// capitals keeps what can stand in a value: Russian letters, digits and the marks between them.
func (p sight) capitals(s string) string {
	s = strings.Map(func(r rune) rune {
		switch r = unicode.ToUpper(r); {
		case strings.ContainsRune(p.v.Letters, r), unicode.IsDigit(r), strings.ContainsRune(" -.,()№\"/", r):
			return r
		}
		return -1
	}, s)
	return strings.Trim(strings.Join(strings.Fields(s), " "), " -.,\"/")
}

// isoDate finds a day like 12.03.1984.
func isoDate(s string) string {
	m := dated.FindStringSubmatch(s)
	if m == nil {
		return ""
	}
	d, err := time.Parse("02012006", m[1]+m[2]+m[3])
	if err != nil {
		return ""
	}
	return d.Format(time.DateOnly)
}
