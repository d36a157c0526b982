package procedure

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"okno/internal/access"
	"okno/internal/form"
	"okno/internal/i18n"
)

// Lookup is a question that a form asks a register when it is begun, about the applicant alone, so that it is filled in with what the
// register knows (SRV-4). No page waits for the answer.
type Lookup struct {
	Name     string
	Title    i18n.Text // what the person is told is being asked
	Register string
	TTL      Span // so long an answer counts; then the form asks anew

	with map[string]ref
}

// Found is what a register says that has what a lookup asks for. Whatever else it says is that it has nothing.
const Found Event = "found"

var lookupShape = regexp.MustCompile(`^[a-z][a-z0-9]*$`)

// lookupFact is what the profile calls what a lookup's answer holds under the key: lookup.history.periods.
const lookupFact = "lookup."

var lookupFactShape = regexp.MustCompile(`^lookup\.([a-z][a-z0-9]*)\.([a-z][a-z0-9_]{0,39})$`)

// LookupOf is the lookup that told a fact; false of what else is known of a person.
func (d *Definition) LookupOf(f Fact) (Lookup, bool) {
	m := lookupFactShape.FindStringSubmatch(string(f))
	if m == nil {
		return Lookup{}, false
	}
	return d.Lookup(m[1])
}

// Lookup finds a lookup by its name.
func (d *Definition) Lookup(name string) (Lookup, bool) {
	i := slices.IndexFunc(d.lookups, func(l Lookup) bool { return l.Name == name })
	if i < 0 {
		return Lookup{}, false
	}
	return d.lookups[i], true
}

// Lookups lists what the form asks registers when it is begun, in the order of the file.
func (d *Definition) Lookups() []Lookup { return slices.Clone(d.lookups) }

// Questions is what the lookup's register is asked with. Facts that are not known are left out.
func (l Lookup) Questions(p Profile) map[string]any {
	out := map[string]any{}
	for name, r := range l.with {
		if k := p[r.fact]; k.Value != "" {
			out[name] = k.Value
		}
	}
	return out
}

// Counts reports whether an answer of that moment counts still.
func (l Lookup) Counts(at, now time.Time, zone *time.Location) bool {
	return now.Before(Deadline{In: l.TTL, Calendar: AllDays}.Due(at, zone, nil)) // every day counts
}

// Filling is an answer that a lookup fills in, and the fact of the profile that it is filled in from.
type Filling struct {
	Pointer string
	Fact    Fact
}

// Fills lists the answers that the lookup fills in.
func (d *Definition) Fills(l Lookup) []Filling {
	var out []Filling
	for _, f := range d.prefill {
		if strings.HasPrefix(string(f.from), lookupFact+l.Name+".") {
			out = append(out, Filling{f.to, f.from})
		}
	}
	return out
}

// Told is what the answer of a register says, as facts, each in the normal form of the answer that it fills in. What does not fit its
// question, as garbage does not, is left out, and odd names those answers.
func (d *Definition) Told(l Lookup, data map[string]any, at time.Time, today form.Date) (out Profile, odd []string) {
	out = Profile{}
	for _, f := range d.Fills(l) {
		said := data[strings.TrimPrefix(string(f.Fact), lookupFact+l.Name+".")]
		if said == nil {
			continue
		}
		field, _ := d.Form.Field(f.Pointer)
		v, whole := field.Read(said, today)
		if !whole {
			odd = append(odd, f.Pointer)
		}
		if v == nil {
			continue
		}
		k := Known{Origin: form.Origin{Source: lookupFact + l.Name, Verified: true, At: at, Title: l.Title}}
		if text, ok := v.(string); ok {
			k.Value = text
		} else {
			k.Whole = v
		}
		out[f.Fact] = k
	}
	return out, odd
}

// ReadLookups reads what the form asks registers.
func (c *compiler) readLookups(n *yaml.Node) {
	d := c.dict(n, "lookups")
	for _, key := range d.all() {
		what := "the lookup " + key.Value
		name := c.name(key, "the name of a lookup", lookupShape, "history")
		e := c.dict(d.get(key.Value), what)
		l := Lookup{Name: name, Title: c.both(e.need("title"), "the title of "+what), TTL: c.span(e.need("ttl"), "ttl of "+what), with: map[string]ref{}}
		if t := e.get("ttl"); t != nil && l.TTL.IsZero() {
			c.fail(t, "ttl of %s has no length: say for how long an answer counts, such as P1D", what)
		}
		call := e.need("call")
		if m := registerShape.FindStringSubmatch(c.text(call, "call of "+what)); m != nil {
			l.Register = m[1]
		} else if call != nil {
			c.fail(call, "call of %s is %q; it must look like registry:fns.income", what, call.Value)
		}
		with := c.dict(e.need("with"), "with of "+what)
		for _, k := range with.all() {
			in := "with." + k.Value + " of " + what
			v := with.get(k.Value)
			if !strings.HasPrefix(c.text(v, in), "p.") {
				c.fail(v, "%s is %q; a form asks a register by the profile alone (p.FACT), for nothing is filled in yet", in, v.Value)
				continue
			}
			l.with[k.Value] = ref{fact: c.fact(v, "p.", in)}
		}
		if e.get("with") != nil && len(with.all()) == 0 {
			c.fail(e.get("with"), "%s does not say about whom it asks (with)", what)
		}
		e.close()
		if !c.Level.AtLeast(access.Confirmed) {
			c.fail(key, "%s is filled in with what a register holds, which is shown to Confirmed accounts alone: assurance must be confirmed", what)
		}
		c.lookups = append(c.lookups, l)
		c.marks["lookup "+name] = key
	}
}

// lookedUp reads from of a prefill that takes what a lookup was told.
func (c *compiler) lookedUp(n *yaml.Node, p prefill, l *leaf) {
	m := lookupFactShape.FindStringSubmatch(string(p.from))
	if m == nil {
		c.fail(n, "from of the prefill of %s is %q; it must look like lookup.history.periods", p.to, p.from)
		return
	}
	if _, ok := c.Lookup(m[1]); !ok {
		c.fail(n, "from of the prefill of %s is %q, and there is no lookup %s", p.to, p.from, m[1])
		return
	}
	c.used["lookup "+m[1]] = true
	if slices.ContainsFunc(c.prefill, func(x prefill) bool { return x.from == p.from }) {
		c.fail(n, "%s fills in two answers: one thing that a register says is one answer", p.from)
	}
	if l != nil && l.field.Type == form.TypeRows && (p.lock != LockNever || p.onFail != FailManual) {
		c.fail(n, "%s is a group that is asked several times, which a register begins and the person completes: lock must be never and onFail manual", p.to)
	}
}

// told reads what a test says that registers answer: {history: {periods: [{from: 2020-01-01}]}}.
func (c *compiler) told(n *yaml.Node, into Profile, today time.Time, name string) {
	d := c.dict(n, "told of the test "+name)
	for _, key := range d.all() {
		l, ok := c.Lookup(key.Value)
		if !ok {
			c.fail(key, "told of the test %s names %s, which is no lookup", name, key.Value)
			continue
		}
		said := c.value(d.get(key.Value))
		data, ok := said.(map[string]any)
		if !ok && said != nil {
			c.fail(d.get(key.Value), "told of the test %s: what the register of %s answers is a mapping of what it knows, and {} when it has nothing", name, key.Value)
			continue
		}
		told, odd := c.Definition.Told(l, data, today, form.DateOf(today))
		if len(odd) > 0 {
			c.fail(d.get(key.Value), "told of the test %s: what is to fill in %s does not fit there", name, listed(odd))
		}
		for f, k := range told {
			into[f] = k
		}
	}
}
