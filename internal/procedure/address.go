package procedure

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"okno/internal/form"
)

// An address is asked in its parts (SRV-2). A definition names the shape that this program has for it, {$ref: 'okno:address'}, or writes the
// same out, which is what is stored: an object with these parts and no others is an address. It is one answer with one label, and whatever
// names it (pages, edit, fields, prefill, outputs) means all of it.

const (
	builtIn      = "okno:"
	builtAddress = builtIn + "address"
	checkOfPart  = "address."
)

// address is the shape written out, at the place where it is named.
func (s *source) address(at *yaml.Node) *yaml.Node {
	word := func(tag, v string) *yaml.Node {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: v, Line: at.Line, Column: at.Column}
	}
	text := func(v string) *yaml.Node { return word("!!str", v) }
	of := func(content ...*yaml.Node) *yaml.Node {
		return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: content, Line: at.Line, Column: at.Column}
	}
	props, required := of(), &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Line: at.Line, Column: at.Column}
	for _, p := range form.PartsOfAddress() {
		part := of(text("type"), text("string"), text("x-check"), text(string(p.Type)))
		if p.Type == form.TypeChoice {
			part = of(text("type"), text("string"), text("x-ref"), of(text("dict"), text(dictRegions)))
		}
		props.Content = append(props.Content, text(p.Name), part)
		if p.Required {
			required.Content = append(required.Content, text(p.Name))
		}
	}
	return of(text("type"), text("object"), text("additionalProperties"), word("!!bool", "false"), text("required"), required, text("properties"), props)
}

// namesParts reports whether the schema of an object may be that of an address, at a glance.
func namesParts(n *yaml.Node) bool {
	if n == nil || n.Kind != yaml.MappingNode {
		return false
	}
	at := keyAt(n, "properties")
	return at >= 0 && len(n.Content[at+1].Content) == 2*len(form.PartsOfAddress())
}

// isAddress reports whether the schema of an object is that of an address: whatever it requires, it has these parts and no others.
func isAddress(schema any) bool {
	props, parts := object(object(schema)["properties"]), form.PartsOfAddress()
	if len(props) != len(parts) {
		return false
	}
	for _, p := range parts {
		x := object(props[p.Name])
		if p.Type == form.TypeChoice && object(x["x-ref"])["dict"] != dictRegions || p.Type != form.TypeChoice && x["x-check"] != string(p.Type) {
			return false
		}
	}
	return true
}

// addressLeaf reads the schema of an address.
func (c *compiler) addressLeaf(n *yaml.Node, at string, required bool) {
	l := &leaf{node: n, required: required, field: form.Field{Pointer: at, Name: form.NameOf(at), Type: form.TypePostalAddress, Required: required}}
	c.leaves[at] = l
	c.object(n, at, true)
	for _, p := range form.PartsOfAddress() {
		if part := c.leaves[at+"/"+p.Name]; part != nil {
			part.of = at
		}
	}
	c.addresses = append(c.addresses, at)
	slices.Sort(c.addresses)
}

// partView reads what is said of one part: it has a label without that.
func (c *compiler) partView(n *yaml.Node, at string, l *leaf) {
	d := c.dict(n, "the view of "+at)
	c.renamedFrom(d.get("renamedFrom"), at)
	l.field.Label, l.field.Hint = c.both(d.get("label"), "the label of "+at), c.both(d.get("hint"), "the hint of "+at)
	l.field.Required = c.bool(d.get("required"), "required of "+at) || l.field.Required
	if w := d.get("when"); w != nil {
		c.fail(w, "%s is asked whenever its address is: say when in the view of %s", at, l.of)
	}
	d.close()
}

// assemble puts the parts into the addresses.
func (c *compiler) assemble() {
	for _, at := range c.addresses {
		whole := &c.leaves[at].field
		for _, p := range form.PartsOfAddress() {
			part := c.leaves[at+"/"+p.Name]
			if part == nil {
				continue
			}
			if part.viewed = true; part.field.Label.RU == "" {
				part.field.Label = p.Label
			}
			whole.Parts = append(whole.Parts, part.field)
		}
	}
}

// addressOf is the pointer of the address that has the part at the pointer; the pointer itself of everything else.
func (c *compiler) addressOf(pointer string) string {
	if l := c.leaves[form.Pattern(pointer)]; l != nil && l.of != "" {
		return pointer[:strings.LastIndexByte(pointer, '/')]
	}
	return pointer
}

// aboutParts maps complaints about parts to their addresses where a test speaks of those.
func (c *compiler) aboutParts(complaints, want []string) []string {
	out := slices.Clone(complaints)
	for i, p := range out {
		if whole := c.addressOf(p); slices.Contains(want, whole) && !slices.Contains(want, p) {
			out[i] = whole
		}
	}
	return out
}

// filledAddress complains of a prefill that fills in a part of an address, or more of one than is known.
func (c *compiler) filledAddress(d *dict, p prefill, l *leaf) {
	if l == nil {
		return
	}
	switch fact := p.from == RegistrationAddress || p.from == ResidenceAddress; {
	case l.of != "":
		c.fail(d.get("to"), "prefill fills %s, which is a part of an address: fill in the whole of it (%s)", p.to, l.of)
	case l.field.Type != form.TypePostalAddress:
	case !fact && !ofOneForm(p.from) && p.from != "":
		c.fail(d.get("from"), "%s is an address, and profile.%s is none: it may be profile.%s or profile.%s", p.to, p.from, RegistrationAddress, ResidenceAddress)
	case p.lock != LockNever || p.onFail != FailManual:
		c.fail(d.get("to"), "%s is an address, which is taken apart as far as that goes and completed by the person: lock must be never and onFail manual", p.to)
	}
}

// answer is a known fact as the answer holds it: an address in its parts, nil when it cannot be taken apart.
func (p prefill) answer(k Known) any {
	v := k.Answer()
	if line, ok := v.(string); ok && p.apart {
		return form.TakenApart(line)
	}
	return v
}

// apart takes addresses apart that are answered in one line: an earlier version asked for them so, or another service gives them.
func (d *Definition) apart(a form.Answers) form.Answers {
	for _, at := range d.addresses {
		a = retold(a, at, form.FromLine)
	}
	return a
}
