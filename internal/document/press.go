package document

import (
	"bytes"
	"fmt"
	"unicode/utf16"

	"github.com/signintech/gopdf"
)

// press prints sheets. The typefaces are parsed once; each paper embeds the letters it uses.
type press struct {
	fonts *gopdf.FontContainer
	faces [2]face
}

// family is how the PDF calls a typeface. The letters before the sign mark a subset (ISO 32000-1, 9.6.4).
var family = [2]string{"OKNOAA+GolosText-Regular", "OKNOAB+GolosText-Bold"}

func newPress(regularTTF, boldTTF []byte) (*press, error) {
	p := &press{fonts: &gopdf.FontContainer{}}
	for w, ttf := range [2][]byte{regularTTF, boldTTF} {
		if err := p.fonts.AddTTFFontData(family[w], ttf); err != nil {
			return nil, fmt.Errorf("typeface %s: %w", family[w], err)
		}
		f, err := measure(ttf)
		if err != nil {
			return nil, fmt.Errorf("typeface %s: %w", family[w], err)
		}
		p.faces[w] = f
	}
	return p, nil
}

// lastLetter bounds the letters that a paper may hold: all alphabets of the country, punctuation, signs of currencies.
const lastLetter = 0x2fff

func measure(ttf []byte) (face, error) {
	var font gopdf.SubsetFontObj
	font.SetTtfFontOption(gopdf.TtfOption{})
	if err := font.SetTTFData(ttf); err != nil {
		return nil, err
	}
	f := face{}
	for r := ' '; r <= lastLetter; r++ {
		glyph, err := font.CharCodeToGlyphIndex(r)
		if err != nil || glyph == 0 {
			continue
		}
		f[r] = uint16(font.GlyphIndexToPdfWidth(glyph)) //nolint:gosec // widths are thousandths of a letter
	}
	for _, need := range "\u042f\u044fA0₽№·…" { // both alphabets and what every paper has
		if _, ok := f[need]; !ok {
			return nil, fmt.Errorf("%w: %U", ErrLetter, need)
		}
	}
	return f, nil
}

// print lays the sheet out and writes it as a PDF.
func (p *press) print(s sheet) ([]byte, error) {
	pages, err := lay(s, &p.faces)
	if err != nil {
		return nil, fmt.Errorf("print: %w", err)
	}
	var pdf gopdf.GoPdf
	pdf.Start(gopdf.Config{PageSize: gopdf.Rect{W: pageW, H: pageH}})
	for _, f := range family {
		if err := pdf.AddTTFFontFromFontContainer(f, p.fonts); err != nil {
			return nil, fmt.Errorf("print: %w", err)
		}
	}
	for _, marks := range pages {
		pdf.AddPage()
		for _, m := range marks {
			if err := draw(&pdf, m); err != nil {
				return nil, fmt.Errorf("print: %w", err)
			}
		}
	}
	raw, err := pdf.GetBytesPdfReturnErr()
	if err != nil {
		return nil, fmt.Errorf("print: %w", err)
	}
	return finish(raw, s.about(), s.key)
}

func draw(pdf *gopdf.GoPdf, m mark) error {
	switch m.what {
	case letters:
		if err := pdf.SetFont(family[m.font.weight], "", m.font.size); err != nil {
			return err
		}
		pdf.SetTextColor(m.font.ink.r, m.font.ink.g, m.font.ink.b)
		pdf.SetXY(m.x, m.y)
		return pdf.Text(m.text)
	case fill:
		box(pdf, m.ink, m.x, m.y, m.w, m.h)
	case logo:
		return sign(pdf, m.x, m.y, m.w)
	case code:
		return dots(pdf, m.text, m.code, m.x, m.y, m.w)
	case link:
		pdf.AddExternalLink(m.text, m.x, m.y, m.w, m.h)
	}
	return nil
}

// box fills a rectangle. The colour is set each time: letters change it, too.
func box(pdf *gopdf.GoPdf, c ink, x, y, w, h float64) {
	pdf.SetFillColor(c.r, c.g, c.b)
	pdf.RectFromUpperLeftWithStyle(x, y, w, h, "F")
}

// sign draws the portal's sign, a window with a red bar, on a square of side w.
func sign(pdf *gopdf.GoPdf, x, y, w float64) error {
	u := w / 28
	for _, r := range []struct {
		ink                    ink
		x0, y0, x1, y1, radius float64
	}{
		{blue, 0, 0, 28, 28, 8},
		{white, 4, 4, 24, 24, 4},
		{blue, 12, 2, 16, 26, 0},
		{red, 4, 12, 24, 16, 0},
	} {
		pdf.SetFillColor(r.ink.r, r.ink.g, r.ink.b)
		if err := pdf.Rectangle(x+r.x0*u, y+r.y0*u, x+r.x1*u, y+r.y1*u, "F", r.radius*u, 12); err != nil {
			return err
		}
	}
	return nil
}

// dots draws the text, with its digits behind it, as a QR code, a rectangle for each run of black modules, on a square of side w. What is around it
// on the page is white: the quiet zone.
func dots(pdf *gopdf.GoPdf, text, digits string, x, y, w float64) error {
	c, err := matrix(text, digits)
	if err != nil {
		return err
	}
	u := w / float64(c.Size)
	pdf.SetFillColor(0, 0, 0)
	for j := range c.Size {
		for i := 0; i < c.Size; i++ {
			from := i
			for c.Black(i, j) {
				i++
			}
			if i > from { // a hair higher than its row, so that no white line shows between rows
				pdf.RectFromUpperLeftWithStyle(x+float64(from)*u, y+float64(j)*u, float64(i-from)*u, u+0.04, "F")
			}
		}
	}
	return nil
}

// utf16Hex is a text as a PDF string in UTF-16.
func utf16Hex(s string) []byte {
	var b bytes.Buffer
	b.WriteString("<FEFF")
	for _, u := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04X", u)
	}
	b.WriteByte('>')
	return b.Bytes()
}
