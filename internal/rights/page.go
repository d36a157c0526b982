package rights

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
	"time"

	"okno/internal/form"
	"okno/internal/i18n"
)

// style makes the page readable on a screen and on paper. It stands in the page, which is read from a disk.
const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1f;background:#fff}
h1,h2{line-height:1.25}h2{margin-top:2.5rem;border-bottom:2px solid #1b1b1f}
dl{display:grid;grid-template-columns:minmax(9rem,16rem) 1fr;gap:.15rem 1rem;margin:0}dt{color:#565662}dd{margin:0;overflow-wrap:anywhere;white-space:pre-line}
dd:has(>dl){grid-column:1/-1;margin:.15rem 0 .4rem;padding-left:1rem;border-left:2px solid #d0d0d8}
.row{padding:.75rem 0;border-top:1px solid #d0d0d8;break-inside:avoid}nav li{margin:.2rem 0}
@media(max-width:40rem){dl{grid-template-columns:1fr}dd{margin-bottom:.4rem}}@media print{nav{display:none}body{margin:0;max-width:none}}`

// page writes index.html: the same as data.json, in words.
func (c *Copy) page(w io.Writer) error {
	p := &writer{w: w, lang: c.Lang, ctx: i18n.WithZone(i18n.With(context.Background(), c.Lang), c.service.zone())}
	title := c.Lang.T("rights.copy.title")
	p.raw(`<!doctype html><html lang="` + string(c.Lang) + `"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>`)
	p.text(title)
	p.raw("</title><style>" + style + "</style></head><body><main><h1>")
	p.text(title)
	p.raw("</h1><p>")
	p.text(c.Lang.T("rights.copy.about", "time", i18n.DateTime(p.ctx, c.At), "portal", c.service.Notices.Name.Lang(c.Lang)))
	p.raw("</p><p>")
	p.text(c.Lang.T("rights.copy.json"))
	p.raw("</p><nav><ul>")
	for _, s := range c.Sections {
		p.raw(`<li><a href="#` + s.Table + `">`)
		p.text(c.Lang.T("rights.table." + s.Table))
		p.raw(fmt.Sprintf("</a> (%d)</li>", len(s.Rows)))
	}
	p.raw("</ul></nav>\n")
	for _, s := range c.Sections {
		p.raw(`<section id="` + s.Table + `"><h2>`)
		p.text(c.Lang.T("rights.table." + s.Table))
		p.raw("</h2>\n")
		for _, row := range s.Rows {
			p.raw(`<div class="row">`)
			p.row(row)
			p.raw("</div>\n")
		}
		p.raw("</section>\n")
	}
	p.raw("</main></body></html>\n")
	return p.err
}

func (s *Service) zone() *time.Location {
	if z, err := time.LoadLocation(s.Policy.TimeZone); err == nil {
		return z
	}
	return time.UTC
}

// writer writes the page and remembers what went wrong.
type writer struct {
	w    io.Writer
	lang i18n.Lang
	ctx  context.Context //nolint:containedctx // the language and the zone of one page
	err  error
}

func (p *writer) raw(s string) {
	if p.err == nil {
		_, p.err = io.WriteString(p.w, s)
	}
}

func (p *writer) text(s string) { p.raw(html.EscapeString(s)) }

func (p *writer) row(text json.RawMessage) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := p.value(d, ""); err != nil && p.err == nil {
		p.err = err
	}
}

var errShape = errors.New("rights: a row is not JSON")

// value writes the next value of the decoder, in the order in which it was made.
func (p *writer) value(d *json.Decoder, field string) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	switch v := t.(type) {
	case json.Delim:
		if v == '{' {
			return p.object(d)
		}
		return p.list(d, field)
	case string:
		p.word(field, v)
	case json.Number:
		p.text(v.String())
	case bool:
		p.text(p.lang.T(map[bool]string{true: "rights.yes", false: "rights.no"}[v]))
	case nil:
		p.raw("—")
	}
	return nil
}

// object writes fields with their values. What is said in both languages is written in that of the page.
func (p *writer) object(d *json.Decoder) error {
	var said [2]string
	both, begun := false, false
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return err
		}
		name, ok := t.(string)
		if !ok {
			return errShape
		}
		if !begun && (name == "ru" || name == "en") {
			both = true
			if t, err = d.Token(); err != nil {
				return err
			}
			said[map[string]int{"ru": 0, "en": 1}[name]], _ = t.(string)
			continue
		}
		if !begun {
			begun = true
			p.raw("<dl>")
		}
		p.raw("<dt>")
		p.text(p.label(name))
		p.raw("</dt><dd>")
		if err := p.value(d, name); err != nil {
			return err
		}
		p.raw("</dd>")
	}
	if both {
		p.text(i18n.Text{RU: said[0], EN: said[1]}.Lang(p.lang))
	}
	if begun {
		p.raw("</dl>")
	}
	_, err := d.Token()
	return err
}

func (p *writer) list(d *json.Decoder, field string) error {
	for i := 0; d.More(); i++ {
		if i > 0 {
			p.raw("<br>")
		}
		if err := p.value(d, field); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

// label is what a field is called. Answers of forms and of registers have names of their own, which are shown as they are.
func (p *writer) label(name string) string {
	if key := "rights.field." + snake(name); i18n.Has(key) {
		return p.lang.T(key)
	}
	return name
}

// snake is the name of a field as catalogues know it: rows of some packages bear the names of Go.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if r >= 'A' && r <= 'Z' {
			if i > 0 && name[i-1] >= 'a' {
				b.WriteByte('_')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// coded are the fields that hold a word of ours, which pages say in words of people.
var coded = []string{"kind", "level", "state", "turn", "outcome", "party", "by", "role", "channel", "topic", "document", "from", "way", "register", "verdict", "lang", "purpose", "sex"}

func (p *writer) word(field, v string) {
	switch {
	case v == "":
		p.raw("—")
		return
	case field == "path":
		p.raw(`<a href="`)
		p.text(v)
		p.raw(`">`)
		p.text(v)
		p.raw("</a>")
		return
	case field == "action" && i18n.Has("security.activity."+v):
		v = p.lang.T("security.activity." + v)
	case snake(field) == "kind" && form.IdentityKind(v).Valid():
		v = p.lang.T(form.IdentityKind(v).Key())
	case slices.Contains(coded, snake(field)) && i18n.Has("rights.word."+v):
		v = p.lang.T("rights.word." + v)
	case strings.HasSuffix(field, "_at") || field == "at" || field == "At":
		if t, err := time.Parse(time.RFC3339Nano, v); err == nil {
			v = i18n.DateTime(p.ctx, t)
		}
		v = p.day(v)
	case snake(field) == "birth_date":
		v = p.day(v)
	}
	p.text(v)
}

// day says a day in words, and leaves alone what is none.
func (p *writer) day(v string) string {
	t, err := time.ParseInLocation(time.DateOnly, v, i18n.Zone(p.ctx))
	if err != nil {
		return v
	}
	return i18n.Date(p.ctx, t)
}
