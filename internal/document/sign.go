package document

import (
	"context"
	"fmt"

	"rsc.io/qr/coding"

	"okno/internal/stamp"
)

// sign gives the sheet the portal's signature: the key for the PDF, and in the QR code what the public page will show. Without a key the
// paper is issued as it is, and is checked by its page alone, as papers of before are.
func (s *Service) sign(ctx context.Context, sh *sheet, kind Kind, b body) error {
	if s.Stamp == nil || !s.Stamp.Signs() {
		return nil
	}
	var err error
	if sh.key, err = s.Stamp.Signer(ctx); err != nil {
		return err
	}
	sh.offline = s.URL.JoinPath(VerifyPath).String()
	sh.code, err = sh.key.Code(b.paper(kind, sh), room(sh.link))
	return err
}

// paper is what the public page shows, in the language of the paper.
func (b body) paper(kind Kind, sh *sheet) stamp.Paper {
	title := b.Title.Lang(sh.lang)
	if sub := b.Subtitle.Lang(sh.lang); sub != "" {
		title += " " + sub
	}
	p := stamp.Paper{Kind: string(kind), Number: b.Number, IssuedAt: sh.at, Lang: string(sh.lang), Title: title, Agency: b.Agency.Lang(sh.lang),
		Holder: b.Holder.profile().Masked(), Token: b.Token}
	for _, f := range b.Facts {
		p.Facts = append(p.Facts, stamp.Fact{Label: f.Label.Lang(sh.lang), Value: f.Value.Lang(sh.lang)})
	}
	return p
}

// largest is the largest QR code on a paper, by its version: 97 modules a side, of a third of a millimetre each, which a phone reads.
const largest = coding.Version(20)

// hash stands between an address and what no browser sends to the server.
const hash = "#"

// room is how many digits find room behind the address.
func room(link string) int {
	bits := largest.DataBytes(coding.M)*8 - coding.String(link+hash).Bits(largest) - coding.Num("").Bits(largest)
	return max(0, bits/10*3)
}

// matrix is the QR code of a text with digits behind it, each packed by its own rule, at the correction of level M: a sixth of it may be
// dirt or a fold.
func matrix(text, digits string) (*coding.Code, error) {
	parts := []coding.Encoding{coding.String(text)}
	if digits != "" {
		parts = []coding.Encoding{coding.String(text + hash), coding.Num(digits)}
	}
	for v := coding.Version(coding.MinVersion); v <= coding.MaxVersion; v++ {
		bits := 0
		for _, p := range parts {
			bits += p.Bits(v)
		}
		if bits > v.DataBytes(coding.M)*8 {
			continue
		}
		plan, err := coding.NewPlan(v, coding.M, 0)
		if err != nil {
			return nil, err
		}
		return plan.Encode(parts...)
	}
	return nil, fmt.Errorf("document: the address is too long for a QR code: %d letters", len(text))
}

// dot is a module of the signed code: 0.45 mm, which cameras of cheap phones tell from its neighbours.
const dot = 0.4501 / 25.4 * 72

var asideFont = font{regular, 7.5, grey}

// signed puts the code that the portal signed on the right of the first page, below y, and what it is for under it.
func (l *layout) signed(y float64) {
	if l.code == "" {
		return
	}
	c, err := matrix(l.link, l.code)
	if err != nil {
		l.fail(err)
		return
	}
	side := float64(c.Size) * dot
	l.put(mark{what: code, x: right - side, y: y, w: side, h: side, text: l.link, code: l.code})
	y += side + 4*dot // the quiet zone
	for _, s := range l.wrap(l.t("document.print.offline", "address", l.offline), asideFont, side) {
		l.text(right-side, y+asideFont.size, asideFont, s)
		y += asideFont.leading()
	}
	l.aside, l.clear = y+4, side+16
}

// span is the width that text may take at the present height.
func (l *layout) span() float64 {
	if len(l.pages) == 1 && l.y < l.aside {
		return width - l.clear
	}
	return width
}
