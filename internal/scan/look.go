package scan

import (
	"context"
	_ "embed"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"okno/internal/scan/mrz"
)

// printed are words that stand on pages of documents. Russian belongs to no code, so it lies beside.
//
//go:embed words.json
var wordsFile []byte

type vocabulary struct {
	Photo        []string
	Registration []string
	SNILS        []string
	INN          []string
	Surname      string
	Given        string
	Patronymic   string
	Sex          string
	Born         string
	Place        string
	Issued       string
	Passport     string
	IssuedAt     string `json:"issued_at"`
	Department   string
	Code         string
	Personal     string
	Date         string
	Male         string
	Female       string
	Letters      string
}

func words() vocabulary {
	var v vocabulary
	if err := json.Unmarshal(wordsFile, &v); err != nil {
		panic(err) // it is compiled in, and a test reads it
	}
	return v
}

// word is a word that Tesseract saw, and where.
type word struct {
	text       string
	x, y, w, h int
	sure       float64 // percent
}

func (w word) middle() int { return w.y + w.h/2 }
func (w word) right() int  { return w.x + w.w }

// sight is all that was seen on a page.
type sight struct {
	words  []word
	zone   mrz.Zone
	zoned  bool // there is a zone, and its check digits agree
	exact  bool
	number string // ten digits along the edge
	votes  map[Field][]string
	v      vocabulary
}

// passes are the ways in which words are read, until two agree on every field: a letter that is taken for another in one size
// rarely is in the next.
var passes = []struct { //nolint:gochecknoglobals // a table
	by   float64
	mode string
}{{1, "11"}, {0.75, "11"}, {1.35, "11"}, {1, "6"}, {0.6, "11"}}

// look has the page read three ways: its zone, its words, and the number along its right edge.
func (r *Reader) look(ctx context.Context, g *gray) (sight, error) {
	p := sight{v: words()}
	all, scale := spots(g)
	box := extent(all, scale)
	if err := r.zone(ctx, g, box, &p); err != nil {
		return p, err
	}
	var best []word // of the pass that saw most labels
	seen := -1
	for i, pass := range passes {
		out, err := r.tesseract(ctx, g.scaled(pass.by), "rus", pass.mode, "tsv")
		if err != nil {
			return p, err
		}
		p.words = parsed(string(out), pass.by)
		if n := p.labels(p.v.Photo); n > seen {
			best, seen = p.words, n
		}
		if p.kind() == Photo {
			p.visual(p.vote)
		}
		if i == 0 && p.kind() != Photo || i > 0 && p.settled() {
			break
		}
	}
	p.words = best
	if p.kind() == Photo && !p.zoned {
		if err := r.digits(ctx, g, &p); err != nil {
			return p, err
		}
	}
	if p.zoned && p.zone.Format == mrz.Internal || p.kind() != Photo {
		return p, nil // the zone has the number, or there is none
	}
	var err error
	p.number, err = r.along(ctx, g, box)
	return p, err
}

// digits reads dates and the code again, each by itself and as digits only: among letters a 3 is easily taken for a 5. What two such
// readings agree on counts, whatever was read before.
func (r *Reader) digits(ctx context.Context, g *gray, p *sight) error {
	for f, l := range map[Field]word{BirthDate: p.birthLabel(), IssuedAt: p.find(p.v.IssuedAt), DepartmentCode: p.find(p.v.Department)} {
		value := p.value(l)
		if len(value) == 0 && f != BirthDate {
			value = p.alone(f)
		}
		if len(value) == 0 {
			continue
		}
		first, last := value[0], value[len(value)-1]
		pad := max(first.h, last.h) * 2 / 3
		part := g.crop(first.x-pad, min(first.y, last.y)-pad, last.right()+pad, max(first.y+first.h, last.y+last.h)+pad)
		var said []string
		for _, by := range []float64{1, 1.5, 0.8} {
			out, err := r.tesseract(ctx, part.scaled(by), "eng", "7", "-c", "tessedit_char_whitelist=0123456789.-")
			if err != nil {
				return err
			}
			text := strings.Join(strings.Fields(string(out)), "")
			if f != DepartmentCode {
				said = append(said, isoDate(text))
			} else if m := numbered.FindStringSubmatch(text); m != nil {
				said = append(said, m[1]+"-"+m[2])
			}
		}
		said = slices.DeleteFunc(said, func(s string) bool { return s == "" })
		fresh := sight{votes: map[Field][]string{f: said}}
		if _, n := fresh.most(f); n >= 2 {
			p.votes[f] = said
			continue
		}
		for _, s := range said {
			p.vote(f, s)
		}
	}
	return nil
}

// alone is the word that can only be the day of issue, or the code, by its form and because it stands above the name: for a label that
// could not be read.
func (p sight) alone(f Field) []word {
	name := p.find(p.v.Surname)
	for _, w := range p.words {
		code := numbered.FindString(w.text) == w.text && len(w.text) == len("770-001")
		if name.text != "" && w.y < name.y && (f == IssuedAt && isoDate(w.text) != "" || f == DepartmentCode && code) {
			return []word{w}
		}
	}
	return nil
}

// value are the words beside a label that hold the digits of a field.
func (p sight) value(l word) (out []word) {
	if l.text == "" {
		return nil
	}
	for _, w := range p.beside(l, 0) {
		n := 0
		for _, r := range w.text {
			if unicode.IsDigit(r) {
				n++
			}
		}
		label := n == 0 && len([]rune(letters(w.text))) > 1
		if label && len(out) > 0 {
			break // the next label
		}
		if n > 0 {
			out = append(out, w)
		}
	}
	return out
}

func (p *sight) vote(f Field, text string) {
	if text == "" {
		return
	}
	if p.votes == nil {
		p.votes = map[Field][]string{}
	}
	p.votes[f] = append(p.votes[f], text)
}

// settled reports whether two readings agree on all that the zone does not prove.
func (p sight) settled() bool {
	want := []Field{Surname, GivenName, Patronymic, BirthDate, IssuedAt, DepartmentCode}
	if p.zoned && p.zone.Format == mrz.Internal {
		want = []Field{Surname, GivenName, Patronymic}
		if p.zone.Patronymic == "" && !p.zone.NamesCut && p.exact {
			want = want[:2]
		}
	}
	for _, f := range want {
		if _, n := p.most(f); n < 2 {
			return false
		}
	}
	return len(p.votes[IssuedBy]) > 0 && len(p.votes[BirthPlace]) > 0
}

// most is the reading of a field that most agree on, and how many; no reading when as many agree on another.
func (p sight) most(f Field) (text string, n int) {
	count, tie := map[string]int{}, false
	for _, v := range p.votes[f] {
		count[tight(v)]++
	}
	for _, v := range p.votes[f] {
		switch c := count[tight(v)]; {
		case c > n:
			text, n, tie = v, c, false
		case c == n && tight(v) != tight(text):
			tie = true
		}
	}
	if tie {
		return text, 1
	}
	return text, n
}

// middle is the reading of a long field that is most like the others.
func (p sight) middle(f Field) string {
	best, text := 0, ""
	for i, a := range p.votes[f] {
		sum := 0
		for _, b := range p.votes[f] {
			sum += distance(tight(a), tight(b))
		}
		if i == 0 || sum < best {
			best, text = sum, a
		}
	}
	return text
}

// tesseract reads letters. Its two arguments after the language are the segmentation mode and the form of the answer.
func (r *Reader) tesseract(ctx context.Context, g *gray, language, mode string, more ...string) ([]byte, error) {
	return r.run(ctx, g.pgm(), "tesseract", append([]string{"stdin", "stdout", "-l", language, "--dpi", "250", "--psm", mode}, more...)...)
}

type box struct{ x1, y1, x2, y2 int }

// extent is where letters are, without the outermost few.
func extent(all []spot, scale float64) box {
	if len(all) == 0 {
		return box{0, 0, 1, 1}
	}
	var xs, ys []int
	for _, s := range all {
		xs, ys = append(xs, s.x, s.x+s.w), append(ys, s.y, s.y+s.h)
	}
	slices.Sort(xs)
	slices.Sort(ys)
	at := func(s []int, q float64) int { return int(scale * float64(s[int(q*float64(len(s)-1))])) }
	return box{at(xs, 0.005), at(ys, 0.005), at(xs, 0.995), at(ys, 0.995)}
}

// zone reads the foot of the page, in other sizes when the first reading does not agree with itself.
func (r *Reader) zone(ctx context.Context, g *gray, b box, p *sight) error {
	high := b.y2 - b.y1
	tall, below := high*22/100, high/30
	if g.w > g.h { // one page, or a card: the zone is as high, and the rest is not
		tall, below = high*42/100, high/5
	}
	foot := g.crop(0, b.y2-tall, g.w, b.y2+below)
	count := map[string]int{}
	for _, by := range []float64{1, 0.8, 1.3, 0.65, 0.9, 1.15} {
		out, err := r.tesseract(ctx, foot.scaled(by), "eng", "6", "-c", "tessedit_char_whitelist=ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<")
		if err != nil {
			return err
		}
		z, exact, ok := mrz.Find(string(out))
		if !ok {
			if by == 1 && strings.Count(string(out), "<") < 3 {
				return nil // there is none
			}
			continue
		}
		if !z.Sound() {
			continue
		}
		// Nothing printed stands beside a foreign zone that would tell its name, so two readings have to agree on it.
		names := z.Surname + "/" + z.GivenNames
		if count[names]++; !p.zoned || exact && !p.exact || count[names] > 1 {
			p.zone, p.zoned, p.exact = z, true, exact
		}
		if p.exact && z.Format == mrz.Internal || count[names] > 1 {
			return nil
		}
	}
	return nil
}

// along reads the number that stands along the right edge, twice on an open passport.
func (r *Reader) along(ctx context.Context, g *gray, b box) (string, error) {
	wide := b.x2 - b.x1
	strip := g.crop(b.x2-wide*9/100, b.y1, b.x2+wide/50, b.y2).quarters(3)
	count, best := map[string]int{}, ""
	for _, by := range []float64{1, 0.7, 1.4} {
		out, err := r.tesseract(ctx, strip.scaled(by), "eng", "11", "-c", "tessedit_char_whitelist=0123456789")
		if err != nil {
			return "", err
		}
		for _, n := range numbers(string(out)) {
			if count[n]++; count[n] > count[best] {
				best = n
			}
		}
		if count[best] >= 2 { // both copies, or the same in two sizes
			return best, nil
		}
	}
	return "", nil
}

// numbers are ten digits in a row, whatever parts them.
func numbers(text string) (out []string) {
	run := ""
	for _, f := range strings.Fields(text) {
		if run += f; len(run) >= 10 {
			if len(run) == 10 {
				out = append(out, run)
			}
			run = ""
		}
		if len(f) == 6 && len(run) < 10 { // the end of a number whose beginning was not seen
			run = ""
		}
	}
	return out
}

// parsed are the words of Tesseract's table: level, page, block, paragraph, line, word, left, top, width, height, conf, text.
func parsed(tsv string, by float64) (out []word) {
	for line := range strings.SplitSeq(tsv, "\n") {
		f := strings.Split(line, "\t")
		if len(f) != 12 || f[0] != "5" {
			continue
		}
		n := [5]float64{}
		for i := range n {
			n[i], _ = strconv.ParseFloat(f[6+i], 64)
		}
		text := strings.TrimSpace(f[11])
		if text == "" || n[4] < 10 {
			continue
		}
		out = append(out, word{text, int(n[0] / by), int(n[1] / by), int(n[2] / by), int(n[3] / by), n[4]})
	}
	return out
}

// kind is which page it is, by its zone and by what is printed on it.
func (p sight) kind() Page {
	switch {
	case p.zoned && p.zone.Format == mrz.Internal:
		return Photo
	case p.zoned:
		return Travel
	case p.labels(p.v.Photo) >= 3:
		return Photo
	case p.labels(p.v.Registration) >= 2:
		return Registration
	case p.labels(p.v.SNILS) >= 2:
		return SNILS
	case p.labels(p.v.INN) >= 2:
		return INN
	}
	return Unknown
}

// labels is how many of the printed words are there.
func (p sight) labels(list []string) (n int) {
	for _, want := range list {
		if p.find(want).text != "" {
			n++
		}
	}
	return n
}

// find is the first word that is like a printed one: of five letters one may be wrong.
func (p sight) find(label string) word {
	best, at := word{}, -1
	for _, w := range p.words {
		d := distance(letters(w.text), label)
		if most := len([]rune(label)) / 5; d <= most && (at < 0 || d < at) {
			best, at = w, d
		}
	}
	return best
}

// letters are the letters of a word, in capitals.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, s)
}

// distance is how many letters have to be put in, left out or changed.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		before := row[0]
		row[0] = i + 1
		for j := range y {
			keep := row[j+1]
			cost := before
			if x[i] != y[j] {
				cost++
			}
			row[j+1], before = min(cost, row[j]+1, row[j+1]+1), keep
		}
	}
	return row[len(y)]
}
