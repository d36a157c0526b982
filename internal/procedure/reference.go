package procedure

import (
	"slices"

	"gopkg.in/yaml.v3"

	"okno/internal/form"
	"okno/internal/i18n"
)

// The lists that every definition may refer to; others are its own (dictionaries).
const (
	dictCountries = "countries" // ISO 3166-1, by two letters
	dictRegions   = "regions"   // subjects of the federation, by the codes of the tax service
)

// mostEntries is how long a list of a definition may be: longer ones are registers.
const mostEntries = 2000

// readDictionaries reads the lists of the file itself: the offices to choose from, the categories of a licence. They are part
// of the definition, so that a case shows for ever what was chosen.
func (c *compiler) readDictionaries(n *yaml.Node) {
	c.dicts = map[string][]form.Option{dictCountries: places(form.Countries()), dictRegions: places(form.Regions())}
	d := c.dict(n, "dictionaries")
	for _, key := range d.all() {
		name := c.name(key, "the name of a dictionary", nameShape, "offices")
		if _, taken := c.dicts[name]; taken && name != "" {
			c.fail(key, "every definition has a dictionary %q already", name)
			continue
		}
		what := "the dictionary " + key.Value
		seen := map[string]bool{}
		var list []form.Option
		for _, e := range c.list(d.get(key.Value), what) {
			x := c.dict(e, "an entry of "+what)
			o := form.Option{Value: c.text(x.need("code"), "the code of an entry of "+what), Within: c.text(x.get("within"), "within of "+what),
				Label: i18n.Text{RU: c.text(x.need("ru"), "the Russian name in "+what), EN: c.text(x.need("en"), "the English name in "+what)}}
			x.close()
			if seen[o.Value] {
				c.fail(e, "%s has the code %q twice", what, o.Value)
			}
			seen[o.Value] = true
			list = append(list, o)
		}
		if len(list) == 0 || len(list) > mostEntries {
			c.fail(key, "%s must have 1 to %d entries", what, mostEntries)
		}
		c.dicts[name] = list
		c.marks["dictionary "+name] = key
	}
}

func places(list []form.Place) []form.Option {
	out := make([]form.Option, len(list))
	for i, p := range list {
		out[i] = form.Option{Value: p.Code, Label: p.Name}
	}
	return out
}

// reference reads x-ref: {dict: offices, within: /region}.
func (c *compiler) reference(n *yaml.Node, l *leaf, at string) {
	d := c.dict(n, "x-ref of "+at)
	name := c.text(d.need("dict"), "dict of "+at)
	list, ok := c.dicts[name]
	if !ok && d.get("dict") != nil {
		known := map[string]bool{}
		for k := range c.dicts {
			known[k] = true
		}
		if near := nearest(name, known); near != "" {
			c.fail(d.get("dict"), "%s refers to the dictionary %q; did you mean %q?", at, name, near)
		} else {
			c.fail(d.get("dict"), "%s refers to the dictionary %q, which is not among dictionaries", at, name)
		}
	}
	c.used["dictionary "+name] = true
	l.field.Options = list
	if w := d.get("within"); w != nil {
		l.field.Within = c.text(w, "within of "+at)
		l.within = w
		if !slices.ContainsFunc(list, func(o form.Option) bool { return o.Within != "" }) {
			c.fail(w, "no entry of the dictionary %q says what it is within", name)
		}
	}
	d.close()
}

// leadOn takes away the choices that lead nowhere: where everybody has to choose an office within their region, a region without one is
// not offered.
func (c *compiler) leadOn() {
	for _, page := range c.Form.Pages {
		for _, f := range page.Fields {
			if f.Within == "" || !f.Required || !f.When.IsZero() || !page.When.IsZero() {
				continue
			}
			for i := range c.Form.Pages {
				for j := range c.Form.Pages[i].Fields {
					if over := &c.Form.Pages[i].Fields[j]; over.Pointer == f.Within {
						over.Options = slices.DeleteFunc(slices.Clone(over.Options), func(o form.Option) bool {
							return !slices.ContainsFunc(f.Options, func(x form.Option) bool { return x.Within == "" || x.Within == o.Value })
						})
					}
				}
			}
		}
	}
}
