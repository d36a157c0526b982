package document

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"okno/internal/i18n"
	"okno/internal/stamp"
)

// sheet is a paper as it is printed.
type sheet struct {
	content Content
	brand   i18n.Text // of the portal
	lang    i18n.Lang
	number  string
	at      time.Time
	zone    *time.Location
	link    string // drawn as a QR code and said in letters; may be empty
	way     way

	key     *stamp.Key // signs the PDF; may be nil
	code    string     // what the portal signed of the paper, for a QR code of its own behind the address; may be empty
	offline string     // address where it is checked without the portal
}

// way is what the address on a paper is for.
type way int

const (
	checked  way = iota // whoever holds the paper checks it there
	followed            // the person follows the case there
)

// A4 in points, the margins, and where the parts of a page begin.
const (
	pageW, pageH = 595.28, 841.89
	left         = 56.0
	width        = pageW - 2*left
	right        = left + width
	top          = 40.0
	qrSide       = 70.0
	footAt       = pageH - 116.0 // the line above the foot
	bottom       = footAt - 8    // of the text
)

// ink is a colour; the design's.
type ink struct{ r, g, b uint8 }

var (
	blue  = ink{0x0D, 0x4C, 0xD3}
	red   = ink{0xEE, 0x3F, 0x58}
	black = ink{0x1D, 0x24, 0x33}
	grey  = ink{0x56, 0x5F, 0x70}
	faint = ink{0xD6, 0xDB, 0xE4}
	tint  = ink{0xF0, 0xF4, 0xFC}
	white = ink{0xFF, 0xFF, 0xFF}
)

// weight is one of the two typefaces.
type weight int

const (
	regular weight = iota
	bold
)

// font is a typeface at a size in a colour.
type font struct {
	weight weight
	size   float64
	ink    ink
}

var (
	brandFont = font{bold, 17, blue}
	titleFont = font{bold, 21, black}
	subFont   = font{regular, 13, black}
	headFont  = font{bold, 12.5, black}
	labelFont = font{regular, 9.5, grey}
	valueFont = font{regular, 10.5, black}
	loudFont  = font{bold, 10.5, black}
	cellFont  = font{regular, 9, black}
	totalFont = font{bold, 9, black}
	thFont    = font{bold, 8.5, grey}
	smallFont = font{regular, 8.5, grey}
	footFont  = font{bold, 8.5, black}
	linkFont  = font{regular, 8.5, blue}
)

// leading is the distance from line to line.
func (f font) leading() float64 { return f.size * 1.36 }

// mark is one thing on a page: letters, a filled rectangle, the logo, the code, a link.
type mark struct {
	what what
	x, y float64 // of letters the baseline, of everything else the upper left corner
	w, h float64
	text string
	code string // digits that follow the text in a QR code
	font font
	ink  ink
}

type what int

const (
	letters what = iota
	fill
	logo
	code
	link
)

// ErrLetter is of a text with a letter that the typeface lacks.
var ErrLetter = errors.New("document: the typeface has no such letter")

// layout lays a sheet out on pages. It draws nothing: marks are only noted, in the order in which a person reads.
type layout struct {
	sheet
	faces *[2]face
	pages [][]mark
	y     float64 // where the next thing begins
	aside float64 // down to there a signed code stands on the right of the first page
	clear float64 // and so much of the width is its
	err   error
}

// face is the widths of the letters of a typeface, in thousandths of its size.
type face map[rune]uint16

// lay lays the sheet out.
func lay(s sheet, faces *[2]face) ([][]mark, error) {
	l := &layout{sheet: s, faces: faces}
	l.pages = [][]mark{nil}
	l.firstHead()
	for _, b := range s.content.Blocks {
		l.whole(b)
	}
	l.note()
	for i := range l.pages {
		l.foot(i)
	}
	return l.pages, l.err
}

func (l *layout) put(m mark) {
	last := len(l.pages) - 1
	l.pages[last] = append(l.pages[last], m)
}

func (l *layout) say(t i18n.Text) string { return t.Lang(l.lang) }

func (l *layout) t(key string, args ...any) string { return l.lang.T(key, args...) }

// room makes a new page unless h points are left on this one.
func (l *layout) room(h float64) {
	if l.y+h > bottom {
		l.turn()
	}
}

func (l *layout) turn() {
	l.pages = append(l.pages, nil)
	l.y = top
	l.put(mark{what: logo, x: left, y: l.y, w: 14})
	f := font{regular, 9, grey}
	l.text(left+22, l.y+10.5, f, l.cut(l.say(l.content.Title), f, width*0.6))
	l.text(right-l.wide(l.numbered(), f), l.y+10.5, f, l.numbered())
	l.rule(l.y+22, faint)
	l.y += 38
}

// numbered is the number in words; statements and such have none.
func (l *layout) numbered() string {
	if l.number == "" {
		return ""
	}
	return l.t("document.print.number", "number", l.number)
}

// named is by what a page is told from those of other papers.
func (l *layout) named() string {
	if l.number == "" {
		return l.dated()
	}
	return l.numbered() + " · " + l.dated()
}

func (l *layout) dated() string { return date(l.at, l.zone).Lang(l.lang) }

// firstHead is the head of the first page: who speaks, then what the paper is.
func (l *layout) firstHead() {
	l.put(mark{what: logo, x: left, y: top, w: 27})
	l.text(left+36, top+19.5, brandFont, l.say(l.brand))
	f, y := font{bold, 9.5, black}, top+11.0
	for _, s := range l.wrap(l.say(l.content.Agency), f, width*0.55) {
		l.text(right-l.wide(s, f), y, f, s)
		y += f.leading()
	}
	l.y = max(top+27, y-f.size) + 12
	l.rule(l.y, blue)
	l.signed(l.y + 12)
	l.y += 26
	f = font{regular, 10, grey}
	l.text(left, l.y, f, l.named())
	l.y += 13
	l.paragraph(l.say(l.content.Title), titleFont, left, l.span())
	if s := l.say(l.content.Subtitle); s != "" {
		l.y += 2
		l.paragraph(s, subFont, left, l.span())
	}
	l.y += 8
}

// paragraph sets text in lines from the present height on.
func (l *layout) paragraph(text string, f font, x, w float64) {
	for _, s := range l.wrap(text, f, w) {
		l.room(f.leading())
		l.text(x, l.y+f.size, f, s)
		l.y += f.leading()
	}
}

// whole sets a block, and sets it anew on the next page when it would be torn although it takes no more than half a page.
func (l *layout) whole(b Block) {
	n, y := len(l.pages), l.y
	marks := len(l.pages[n-1])
	l.block(b)
	if len(l.pages) != n+1 || bottom-y+l.y-top > (bottom-top)/2 {
		return
	}
	l.pages = l.pages[:n]
	l.pages[n-1] = l.pages[n-1][:marks]
	l.turn()
	l.block(b)
}

func (l *layout) block(b Block) {
	if h := l.say(b.Heading); h != "" {
		l.room(34 + l.opening(b)) // a heading does not stand alone at the end of a page
		l.y += 13
		l.paragraph(h, headFont, left, l.span())
		l.y += 3
	}
	for i, f := range b.Facts {
		l.fact(f, i > 0)
	}
	if b.Table != nil {
		if l.span() < width {
			l.y = l.aside
		}
		l.y += 8
		l.table(*b.Table)
	}
}

// opening is how much of a block must follow its heading on the same page.
func (l *layout) opening(b Block) float64 {
	if len(b.Facts) > 0 {
		return 40
	}
	return 60
}

// labelW is the column of the labels, gap the space above and below a fact.
const (
	labelW = 165.0
	gap    = 2.3
)

func (l *layout) fact(f Fact, ruled bool) {
	vf := valueFont
	if f.Strong {
		vf = loudFont
	}
	labels := l.wrap(l.say(f.Label), labelFont, labelW-12)
	values := l.wrap(l.say(f.Value), vf, l.span()-labelW)
	h := max(float64(len(labels))*labelFont.leading(), float64(len(values))*vf.leading()) + 2*gap
	page := len(l.pages)
	l.room(min(h, bottom-top-40)) // a value longer than a page goes on over the next
	if ruled && page == len(l.pages) {
		l.rule(l.y, faint)
	}
	page = len(l.pages)
	l.y += gap
	end := l.y + float64(len(labels))*labelFont.leading()
	for i, s := range labels {
		l.text(left, l.y+vf.size+float64(i)*labelFont.leading(), labelFont, s)
	}
	for _, s := range values {
		l.room(vf.leading())
		l.text(left+labelW, l.y+vf.size, vf, s)
		l.y += vf.leading()
	}
	if page == len(l.pages) {
		l.y = max(l.y, end)
	}
	l.y += gap
}

// The space inside a cell: at its sides, and above and below.
const (
	pad    = 6.0
	rowGap = 2.75
)

// row is a row of a table with its texts cut into lines.
type row struct {
	cells [][]string
	font  font
	h     float64
}

func (l *layout) table(t Table) {
	edges := t.edges()
	var head []i18n.Text
	for _, c := range t.Columns {
		head = append(head, c.Label)
	}
	th := l.rows(t, edges, head, thFont)[0]
	var rows []row
	for _, r := range t.Rows {
		rows = append(rows, l.rows(t, edges, r, cellFont)...)
	}
	total := len(rows) // where the last row begins, if there is one
	if t.Total != nil {
		rows = append(rows, l.rows(t, edges, t.Total, totalFont)...)
	}
	first := 0.0
	if len(rows) > 0 {
		first = rows[0].h
	}
	l.room(th.h + first)
	l.header(t, edges, th)
	for i, r := range rows {
		keep := r.h
		if i+1 == total && total < len(rows) {
			keep += rows[total].h // a total does not stand alone on the next page
		}
		turned := l.y+keep > bottom && i > 0
		if turned {
			l.turn()
			l.header(t, edges, th)
		}
		switch {
		case i == total && i > 0:
			l.rule(l.y, grey)
		case i > 0 && !turned:
			l.rule(l.y, faint)
		}
		l.cells(t, edges, r)
	}
	l.rule(l.y, faint)
	l.y += 4
}

// edges are the left sides of the columns and the right side of the last.
func (t Table) edges() []float64 {
	var all float64
	for _, c := range t.Columns {
		all += c.Weight
	}
	out, x := []float64{left}, left
	for _, c := range t.Columns {
		x += c.Weight / all * width
		out = append(out, x)
	}
	return out
}

// rows cuts the texts of a row into lines. A row that would be higher than a page goes on in further ones.
func (l *layout) rows(t Table, edges []float64, texts []i18n.Text, f font) []row {
	cells, n := make([][]string, len(t.Columns)), 1
	for i := range t.Columns {
		if i < len(texts) {
			cells[i] = l.wrap(l.say(texts[i]), f, edges[i+1]-edges[i]-2*pad)
		}
		n = max(n, len(cells[i]))
	}
	const most = 40 // lines
	var out []row
	for from := 0; from < n; from += most {
		r := row{font: f, h: float64(min(most, n-from))*f.leading() + 2*rowGap}
		for _, lines := range cells {
			r.cells = append(r.cells, lines[min(from, len(lines)):min(from+most, len(lines))])
		}
		out = append(out, r)
	}
	return out
}

func (l *layout) header(t Table, edges []float64, r row) {
	l.put(mark{what: fill, x: left, y: l.y, w: width, h: r.h, ink: tint})
	l.cells(t, edges, r)
}

func (l *layout) cells(t Table, edges []float64, r row) {
	for i, lines := range r.cells {
		for j, s := range lines {
			x := edges[i] + pad
			if t.Columns[i].Number {
				x = edges[i+1] - pad - l.before(s, r.font)
			}
			l.text(x, l.y+rowGap+r.font.size+float64(j)*r.font.leading(), r.font, s)
		}
	}
	l.y += r.h
}

// before is how far from the right edge of its column a number begins, so that decimal marks stand under each other
// although the digits of the typeface are not equally wide. Words end at the edge.
func (l *layout) before(s string, f font) float64 {
	if i := strings.LastIndexAny(s, ",."); i > 0 && i == len(s)-3 {
		return l.wide(s[:i], f) + l.wide(",88", f)
	}
	return l.wide(s, f)
}

func (l *layout) note() {
	s := l.say(l.content.Note)
	if s == "" {
		return
	}
	l.room(12 + float64(len(l.wrap(s, smallFont, width)))*smallFont.leading())
	l.y += 12
	l.paragraph(s, smallFont, left, width)
}

// foot is the end of each page: the code, what it is for, the address, the number of the page.
func (l *layout) foot(i int) {
	put := func(m mark) { l.pages[i] = append(l.pages[i], m) }
	put(mark{what: fill, x: left, y: footAt, w: width, h: 0.7, ink: faint})
	y, x := footAt+14, left
	if l.link != "" {
		put(mark{what: code, x: left, y: y, w: qrSide, h: qrSide, text: l.link})
		x += qrSide + 16
	}
	say := func(f font, s string) {
		put(mark{what: letters, x: x, y: y + f.size, text: l.clean(s, f.weight), font: f})
		y += f.leading()
	}
	y += 2
	if l.link != "" {
		keys := map[way][2]string{checked: {"document.print.check", "document.print.compare"}, followed: {"document.print.follow", "document.print.scan"}}[l.way]
		say(footFont, l.t(keys[0]))
		for _, s := range l.wrap(l.t(keys[1]), smallFont, right-x) {
			say(smallFont, s)
		}
		lines := l.wrap(l.link, linkFont, right-x)
		put(mark{what: link, x: x, y: y, w: right - x, h: float64(len(lines)) * linkFont.leading(), text: l.link})
		for _, s := range lines {
			say(linkFont, s)
		}
	}
	last := footAt + 14 + qrSide
	id := l.named()
	put(mark{what: letters, x: x, y: last - 2, text: l.clean(id, regular), font: smallFont})
	n := l.clean(l.t("document.print.page", "n", strconv.Itoa(i+1), "of", strconv.Itoa(len(l.pages))), regular)
	put(mark{what: letters, x: right - l.wide(n, smallFont), y: last - 2, text: n, font: smallFont})
}

func (l *layout) rule(y float64, c ink) {
	h := 0.7
	if c == blue {
		h = 1.6
	}
	l.put(mark{what: fill, x: left, y: y - h/2, w: l.span(), h: h, ink: c})
}

func (l *layout) text(x, y float64, f font, s string) {
	if s = l.clean(s, f.weight); s != "" {
		l.put(mark{what: letters, x: x, y: y, text: s, font: f})
	}
}

// wide is how wide a text is.
func (l *layout) wide(s string, f font) float64 {
	n := 0
	for _, r := range l.clean(s, f.weight) {
		n += int(l.faces[f.weight][r])
	}
	return float64(n) * f.size / 1000
}

// clean is a text as it can be drawn: composed letters, no control characters, and plain spaces, because what is copied
// out of the PDF is searched and compared with plain ones. A letter that the typeface lacks fails the whole paper.
func (l *layout) clean(s string, w weight) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.Cf, r) || unicode.IsControl(r):
			return -1
		}
		if _, ok := l.faces[w][r]; !ok {
			l.fail(fmt.Errorf("%w: %U", ErrLetter, r))
		}
		return r
	}, norm.NFC.String(s))
}

func (l *layout) fail(err error) {
	if l.err == nil {
		l.err = err
	}
}

// cut shortens a text to one line of width w.
func (l *layout) cut(s string, f font, w float64) string {
	lines := l.wrap(s, f, w-l.wide("…", f))
	if len(lines) == 0 {
		return ""
	}
	if len(lines) > 1 {
		return strings.TrimRight(lines[0], " ,.") + "…"
	}
	return lines[0]
}

// wrap cuts a text into lines no wider than w: at its own line ends, else between words, else, when one word is too
// long, within it. A no-break space holds words together while they fit.
func (l *layout) wrap(s string, f font, w float64) []string {
	var out []string
	for part := range strings.SplitSeq(strings.TrimSpace(s), "\n") {
		out = append(out, l.wrapLine(part, f, w)...)
	}
	return out
}

func (l *layout) wrapLine(s string, f font, w float64) []string {
	var out []string
	now := ""
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) && r != '\u00a0' && r != '\u202f' }) {
		next := word
		if now != "" {
			next = now + " " + word
		}
		if l.wide(next, f) <= w {
			now = next
			continue
		}
		if now != "" {
			out = append(out, now)
		}
		pieces := l.split(word, f, w)
		out = append(out, pieces[:len(pieces)-1]...)
		now = pieces[len(pieces)-1]
	}
	if now != "" {
		out = append(out, now)
	}
	return out
}

// split cuts a word into pieces no wider than w, of at least one letter each: after a mark between its parts if there is
// one in the piece, as in numbers of registers and addresses of pages.
func (l *layout) split(word string, f font, w float64) []string {
	rest := []rune(norm.NFC.String(word))
	var out []string
	for {
		n, mark, wide := 0, 0, 0.0
		for n < len(rest) {
			if wide += l.wide(string(rest[n]), f); wide > w && n > 0 {
				break
			}
			if n++; strings.ContainsRune("-/:;,.&?=_", rest[n-1]) {
				mark = n
			}
		}
		if n == len(rest) {
			return append(out, string(rest))
		}
		if mark > 0 {
			n = mark
		}
		out, rest = append(out, string(rest[:n])), rest[n:]
	}
}
