package procedure

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"okno/internal/form"
	"okno/internal/wallet/kind"
)

// A form takes from a document that the person keeps (CAB-2) what it would ask for: document.driving-licence.number fills in one answer. Which
// document it is says whoever fills the form in, when there are several; this file knows what fits where.

const documentFact = "document."

var documentFactShape = regexp.MustCompile(`^document\.([a-z]+(?:-[a-z]+)*)\.([a-z][a-z0-9_]{0,39})$`)

// ofOneForm reports whether the fact is known for one form alone: it was told by a register or taken from a document for it.
func ofOneForm(f Fact) bool {
	return strings.HasPrefix(string(f), lookupFact) || strings.HasPrefix(string(f), documentFact)
}

// Documents lists the kinds of documents that the form is filled in from, each once.
func (d *Definition) Documents() []kind.ID {
	var out []kind.ID
	for _, f := range d.prefill {
		if f.of != "" && !slices.Contains(out, f.of) {
			out = append(out, f.of)
		}
	}
	return out
}

// FilledFrom lists the answers that a document of the kind fills in.
func (d *Definition) FilledFrom(of kind.ID) []Filling {
	var out []Filling
	for _, f := range d.prefill {
		if f.of == of {
			out = append(out, Filling{f.to, f.from})
		}
	}
	return out
}

// DocumentFor is of which kind a document fills in the answer, "" when none does.
func (d *Definition) DocumentFor(pointer string) kind.ID {
	for _, f := range d.prefill {
		if f.to == pointer {
			return f.of
		}
	}
	return ""
}

// Uncovers reports whether something of a document of the kind goes into the form that is masked wherever the document is shown.
func (d *Definition) Uncovers(of kind.ID) bool {
	return slices.ContainsFunc(d.prefill, func(f prefill) bool { return f.of == of && f.takes.Secret })
}

// Locks reports whether what a register vouches for cannot be typed over in the answer.
func (d *Definition) Locks(pointer string) bool {
	return slices.ContainsFunc(d.prefill, func(f prefill) bool { return f.to == pointer && f.lock != LockNever })
}

// Holds is what a document with these values says, as facts from that origin, each in the normal form of the answer that it fills in. What
// does not fit its question is left out, and odd names those answers.
func (d *Definition) Holds(of kind.ID, values map[string]string, from form.Origin, today form.Date) (out Profile, odd []string) {
	out = Profile{}
	for _, f := range d.prefill {
		if f.of != of {
			continue
		}
		field, _ := d.Form.Field(f.to)
		v, whole := field.Read(values[f.takes.ID], today)
		switch v := v.(type) {
		case string:
			out[f.from] = Known{Value: v, Origin: from}
		case map[string]any:
			out[f.from] = Known{Whole: v, Origin: from}
		}
		if !whole {
			odd = append(odd, f.to)
		}
	}
	return out, odd
}

// Says reports whether it has the same values as another, wherever they came from.
func (p Profile) Says(other Profile) bool {
	return maps.EqualFunc(p, other, func(a, b Known) bool { return form.Same(a.Answer(), b.Answer()) })
}

// Agree reports whether all of these documents of a kind fill the form in with the same: a car has a certificate and a passport.
func (d *Definition) Agree(of kind.ID, all []map[string]string, today form.Date) bool {
	var first Profile
	for i, values := range all {
		said, _ := d.Holds(of, values, form.Origin{}, today)
		if i > 0 && !said.Says(first) {
			return false
		}
		first = said
	}
	return true
}

// documented reads from of a prefill that takes what a document holds: which kind of document, and what of it.
func (c *compiler) documented(n *yaml.Node, d *dict, p prefill, l *leaf) (kind.ID, kind.Field) {
	what := "from of the prefill of " + p.to
	m := documentFactShape.FindStringSubmatch(string(p.from))
	if m == nil {
		c.fail(n, "%s is %q; it must look like document.driving-licence.number", what, p.from)
		return "", kind.Field{}
	}
	k, ok := kind.Of(kind.ID(m[1]))
	if !ok {
		c.fail(n, "%s is %q, and people keep no such document; those that they keep are %s", what, p.from, listed(kind.IDs()))
		return "", kind.Field{}
	}
	x, ok := k.Field(m[2])
	if !ok {
		c.fail(n, "%s is %q, and in a %s stands no such thing; there stand %s", what, p.from, k.ID, listed(fieldIDs(k)))
		return "", kind.Field{}
	}
	if p.onFail != "" && p.onFail != FailManual {
		c.fail(d.get("onFail"), "%s comes from a document that the person may not keep: onFail must be manual", p.to)
	}
	if p.lock == LockAlways {
		c.fail(d.get("lock"), "%s comes from a document that people may write down themselves: lock must be never or whenVerified", p.to)
	}
	if slices.ContainsFunc(c.prefill, func(x prefill) bool { return x.from == p.from }) {
		c.fail(n, "%s fills in two answers: one thing that stands in a document is one answer", p.from)
	}
	if l != nil && form.Group(p.to) == "" {
		c.holds(n, p, x, l)
	}
	return k.ID, x
}

// holds complains of an answer that cannot be what stands in the field of a document.
func (c *compiler) holds(n *yaml.Node, p prefill, x kind.Field, l *leaf) {
	switch t := l.field.Type; {
	case x.Check == kind.Chosen && t == form.TypeChoice:
		if !slices.ContainsFunc(x.Choices, func(o kind.Choice) bool { return slices.Contains(l.enum, o.Value) }) {
			c.fail(n, "%s has none of the choices of %s", p.to, p.from)
		}
	case x.Day() && (t == form.TypeDate || t == form.TypeBirthDate):
	case x.Check != kind.Chosen && !x.Day() && (t == form.TypeText || t == form.TypeLines || t == form.TypeAddress || t == form.TypePostalAddress):
	case x.Check == kind.Chosen:
		c.fail(n, "%s is a choice, and %s is none", p.from, p.to)
	case x.Day():
		c.fail(n, "%s is a day, and %s is none", p.from, p.to)
	default:
		c.fail(n, "%s is a text, and %s is none", p.from, p.to)
	}
}

func fieldIDs(k kind.Kind) []string {
	var out []string
	for _, f := range k.Fields {
		out = append(out, f.ID)
	}
	return out
}

// keeping is a document of a persona.
type keeping struct {
	kind   kind.Kind
	typed  map[string]*yaml.Node // what stands in it, by the ids of fields
	holder bool                  // it is somebody else's
}

// keepings reads documents of a persona: a kind alone, or with what stands there: {kind: vehicle, plate: А123ВС77}.
func (c *compiler) keepings(n *yaml.Node, what string) []keeping {
	var out []keeping
	for _, e := range c.list(n, "documents of "+what) {
		x := keeping{typed: map[string]*yaml.Node{}}
		id := e
		if e.Kind == yaml.MappingNode {
			d := c.dict(e, "a document of "+what)
			if id = d.need("kind"); id == nil {
				continue
			}
			x.holder = c.bool(d.get("others"), "others of a document of "+what)
			k, known := kind.Of(kind.ID(id.Value))
			for _, f := range k.Fields {
				if v := d.get(f.ID); v != nil {
					x.typed[f.ID] = v
				}
			}
			if known {
				d.close()
			}
		}
		var ok bool
		if x.kind, ok = kind.Of(kind.ID(c.word(id, "a document of "+what, kind.IDs()...))); ok {
			out = append(out, x)
		}
	}
	return out
}

// takes fills the profile of a test from the documents of whoever it is about, as the portal does by itself: from the one of its kind that
// is theirs and has not run out, or from several that say the same.
func (c *compiler) takes(from []keeping, into Profile, today time.Time, name string) {
	for _, of := range c.Documents() {
		var found []map[string]string
		for _, x := range from {
			if x.kind.ID != of || x.holder || len(x.typed) == 0 {
				continue
			}
			values := map[string]string{}
			for id, n := range x.typed {
				f, _ := x.kind.Field(id)
				v, ok := f.Value(c.text(n, id), form.DateOf(today))
				if !ok {
					c.fail(n, "%s of a document in the test %s is %q, which nobody could write down there", id, name, n.Value)
				}
				values[id] = v
			}
			if end := x.kind.Ends(values); end.IsZero() || !end.Before(form.DateOf(today)) {
				found = append(found, values)
			}
		}
		if len(found) == 0 || !c.Agree(of, found, form.DateOf(today)) {
			continue
		}
		k, _ := kind.Of(of)
		told, _ := c.Holds(of, found[0], form.Origin{Source: documentFact + string(of), At: today, Title: k.Title}, form.DateOf(today))
		for f, v := range told {
			into[f] = v
		}
	}
}
