package procedure

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"okno/internal/form"
	"okno/internal/i18n"
)

// Line is a fact that a paper says, as its definition has it.
type Line struct {
	Label i18n.Text
	Open  bool // may stand on the public page of the paper, too

	from    ref
	answer  string // key of what the register answered; "" when it is no such fact
	options []form.Option
}

// Stated is a line with its value. A value that nobody knows is empty.
type Stated struct {
	Label, Value i18n.Text
	Open         bool
	Answered     bool // a register's word: a paper is not made without it
}

// Unprinted complains of the papers whose template is not known. The complaints are about no file yet.
func (d *Definition) Unprinted(known func(template string) bool) Issues {
	var out Issues
	for _, name := range slices.Sorted(maps.Keys(d.outputs)) {
		if o := d.outputs[name]; !known(o.Template) {
			out = append(out, Issue{Line: o.line, Col: o.col, Text: fmt.Sprintf("service %s gives a paper of the template %s, which is not known", d.Code, o.Template)})
		}
	}
	return out
}

// In is the complaints as being about the file.
func (is Issues) In(file string) Issues {
	out := slices.Clone(is)
	for i := range out {
		out[i].File = file
	}
	return out
}

// mostLines is how many facts a paper says: they must have room on a page.
const mostLines = 24

var answerShape = regexp.MustCompile(`^r\.([a-z][a-z0-9_]{0,39})$`)

// lines reads the facts of a paper.
func (c *compiler) lines(n *yaml.Node, what string) []Line {
	list := c.list(n, "facts of "+what)
	if len(list) > mostLines {
		c.fail(n, "%s says %d facts; %d at most", what, len(list), mostLines)
	}
	var out []Line
	for _, e := range list {
		d := c.dict(e, "a fact of "+what)
		from := d.need("from")
		l := Line{Label: c.both(d.need("label"), "the label of a fact of "+what), Open: c.bool(d.get("open"), "open of a fact of "+what)}
		if from != nil {
			c.origin(&l, from, "from of a fact of "+what)
		}
		if l.Open && (l.from.fact != "" || l.from.pointer != "" && c.leaves[l.from.pointer] != nil && identifies(c.leaves[l.from.pointer].field.Type)) {
			c.fail(d.get("open"), "a fact of %s says who somebody is, and cannot stand on the page that everybody sees (open)", what)
		}
		d.close()
		out = append(out, l)
	}
	return out
}

// origin reads where a fact comes from: p.FACT, d.ANSWER, c.number or r.KEY of what the register answered.
func (c *compiler) origin(l *Line, n *yaml.Node, what string) {
	text := c.text(n, what)
	if m := answerShape.FindStringSubmatch(text); m != nil {
		l.answer = m[1]
		return
	}
	switch {
	case strings.HasPrefix(text, "d."):
		pointer := "/" + strings.ReplaceAll(strings.TrimPrefix(text, "d."), ".", "/")
		at := c.leaves[pointer]
		switch {
		case at == nil:
			c.fail(n, "%s is %s; the data does not describe %s%s", what, text, pointer, c.near(pointer))
			return
		case slices.Contains([]form.Type{form.TypeRows, form.TypeBoolean}, at.field.Type) || form.Group(pointer) != "":
			c.fail(n, "%s is %s; a paper says no rows and no yes or no", what, text)
		}
		l.from, l.options = ref{pointer: pointer}, at.field.Options
	case strings.HasPrefix(text, "p."):
		l.from = ref{fact: c.fact(n, "p.", what)}
		c.shown(n, l.from.fact, what+" is p.")
	case text == "c.number":
		l.from = ref{of: "number"}
	default:
		c.fail(n, "%s is %q; it must be p.FACT, d.ANSWER, c.number, or r.KEY of what the register answered", what, text)
	}
}

// AnswerLabel is what a paper of the service calls that which a register answered under the key.
func (d *Definition) AnswerLabel(key string) (i18n.Text, bool) {
	for _, name := range slices.Sorted(maps.Keys(d.outputs)) {
		for _, l := range d.outputs[name].Facts {
			if l.answer == key {
				return l.Label, true
			}
		}
	}
	return i18n.Text{}, false
}

// State says the facts of the paper with the answers, the profile, the case and what the register answered. Options
// are called by their names; days stay as they are written for machines. Of a number that is masked in the form or the profile the end is said.
func (o Output) State(f form.Form, a form.Answers, p Profile, c Case, answer map[string]any) []Stated {
	var out []Stated
	for _, l := range o.Facts {
		s := Stated{Label: l.Label, Open: l.Open, Answered: l.answer != ""}
		switch {
		case l.answer != "":
			s.Value = said(answer[l.answer])
		case l.from.fact != "":
			k := p[l.from.fact]
			if s.Value = said(k.Value); k.Masked {
				s.Value = said(form.MaskKnown(k.Value))
			}
		case l.from.pointer != "":
			s.Value = l.named(a.Get(l.from.pointer))
			if field, ok := f.Field(l.from.pointer); ok && field.Masked {
				s.Value = said(form.MaskKnown(a.Text(l.from.pointer)))
			}
		case l.from.of == "number":
			s.Value = said(c.Number)
		}
		out = append(out, s)
	}
	return out
}

// named is an answer as a paper says it: options by their names, several after one another.
func (l Line) named(v any) i18n.Text {
	list, several := v.([]any)
	if !several {
		t := said(v)
		if i := slices.IndexFunc(l.options, func(o form.Option) bool { return o.Value == t.RU }); t.RU != "" && i >= 0 {
			return l.options[i].Label
		}
		return t
	}
	var ru, en []string
	for _, x := range list {
		t := l.named(x)
		ru, en = append(ru, t.RU), append(en, cmp.Or(t.EN, t.RU))
	}
	return i18n.Text{RU: strings.Join(ru, "; "), EN: strings.Join(en, "; ")}
}

// said is a value as a paper says it: text, a whole number, a list of texts; anything else is nothing.
func said(v any) i18n.Text {
	switch x := v.(type) {
	case string:
		if len(x) > 500 {
			return i18n.Text{}
		}
		return i18n.Text{RU: x}
	case int, int64:
		return said(fmt.Sprint(x))
	case json.Number:
		return said(x.String())
	case float64:
		if x != float64(int64(x)) {
			return i18n.Text{}
		}
		return said(fmt.Sprint(int64(x)))
	case map[string]any: // the only object that an answer is
		return said(form.PostalOf(x).String())
	case []any:
		var parts []string
		for _, e := range x {
			s, ok := e.(string)
			if !ok {
				return i18n.Text{}
			}
			parts = append(parts, s)
		}
		return said(strings.Join(parts, ", "))
	}
	return i18n.Text{}
}
