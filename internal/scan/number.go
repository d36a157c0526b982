package scan

import (
	"context"
	"regexp"

	"okno/internal/form"
)

// Numbers of insurance and of tax carry check digits, so that they can be told among all else that stands on a page.
var (
	insured  = regexp.MustCompile(`\d{3}[-–— .]*\d{3}[-–— .]*\d{3}[-–— .]*\d{2}`)
	taxpayer = regexp.MustCompile(`(?:\d ?){12}`)
)

// unchecked is the last number of insurance that was given without a check number that counts.
const unchecked = "00100199899"

// certificate is what numbers on a page are looked at for.
type certificate struct {
	field Field
	shape *regexp.Regexp
	judge func(string) (string, *form.Problem)
}

func certificateOf(want Page) (certificate, bool) {
	switch want {
	case SNILS:
		return certificate{InsuranceNumber, insured, form.SNILS}, true
	case INN:
		return certificate{TaxNumber, taxpayer, form.INN}, true
	case Photo, Travel, Registration, Unknown:
	}
	return certificate{}, false
}

// number finds the number of a certificate on its page. Words are read in several sizes, and a line that looks like the number is read
// again as digits only: among letters a 3 is easily taken for a 5, and the check digits tell. Of two numbers there is no telling which
// is the owner's; then there is none.
func (r *Reader) number(ctx context.Context, g *gray, p sight, want Page) (map[Field]Value, error) {
	c, ok := certificateOf(want)
	if k := p.kind(); !ok || k != want && k != Unknown {
		return nil, nil
	}
	for i, pass := range passes[:3] {
		if i > 0 {
			out, err := r.tesseract(ctx, g.scaled(pass.by), "rus", pass.mode, "tsv")
			if err != nil {
				return nil, err
			}
			p.words = parsed(string(out), pass.by)
		}
		found := map[string]bool{}
		for _, line := range lined(p.words) {
			said, err := r.numbersIn(ctx, g, line, c)
			if err != nil {
				return nil, err
			}
			for _, n := range said {
				found[n] = true
			}
		}
		if len(found) == 1 {
			for n := range found {
				return map[Field]Value{c.field: {n, true}}, nil
			}
		}
	}
	return nil, nil
}

// numbersIn are the numbers of a line whose check digits agree.
func (r *Reader) numbersIn(ctx context.Context, g *gray, line []word, c certificate) ([]string, error) {
	text := join(line, " ")
	if !c.shape.MatchString(text) {
		return nil, nil
	}
	if got := c.proven(text); len(got) > 0 {
		return got, nil
	}
	first, last := line[0], line[len(line)-1]
	pad, top, bottom := 0, first.y, first.y+first.h
	for _, w := range line {
		pad, top, bottom = max(pad, w.h*2/3), min(top, w.y), max(bottom, w.y+w.h)
	}
	part := g.crop(first.x-pad, top-pad, last.right()+pad, bottom+pad)
	for _, by := range []float64{1, 1.5, 0.8} {
		out, err := r.tesseract(ctx, part.scaled(by), "eng", "7", "-c", "tessedit_char_whitelist=0123456789- ")
		if err != nil {
			return nil, err
		}
		if got := c.proven(string(out)); len(got) > 0 {
			return got, nil
		}
	}
	return nil, nil
}

// proven are the numbers in a text whose check digits agree.
func (c certificate) proven(text string) (out []string) {
	for _, at := range c.shape.FindAllStringIndex(text, -1) {
		if digit(text, at[0]-1) || digit(text, at[1]) {
			continue // a piece of a longer number
		}
		n, problem := c.judge(text[at[0]:at[1]])
		if problem == nil && (c.field != InsuranceNumber || n > unchecked) {
			out = append(out, n)
		}
	}
	return out
}

func digit(s string, i int) bool { return i >= 0 && i < len(s) && s[i] >= '0' && s[i] <= '9' }
