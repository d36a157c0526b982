package procedure

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"okno/internal/access"
	"okno/internal/form"
)

// Part is the case of another service that a state begins (SRV-8). The state lasts until that case has ended, and its outcome is the
// event: granted, refused or withdrawn.
type Part struct {
	As      string         // what the process calls it
	Service string         // code of the service
	State   State          // that begins it
	When    form.Condition // it is begun only then; else the event is Skipped

	give map[string]ref // by pointers of that service's answers
}

// The events that nobody's action and no register's answer is.
const (
	Skipped  Event = "skipped"   // the part is not wanted
	Undone   Event = "undone"    // of a state that takes a part back: there is nothing of it any more
	Kept     Event = "kept"      // … it cannot be taken back
	TakeBack Event = "take-back" // of a granted case: it is being taken back
)

func partEvents() []Event {
	return []Event{Event(Granted), Event(Refused), Event(Withdrawn), Skipped, Undone, Kept, TakeBack}
}

// Parts lists the parts of the process in the order in which they are begun; nothing of a service that is one case.
func (d *Definition) Parts() []Part {
	var out []Part
	for _, s := range d.order {
		if p := d.steps[s].Begins; p != nil {
			out = append(out, *p)
		}
	}
	return out
}

// Undoable reports whether what a case of the service gave can be taken back.
func (d *Definition) Undoable() bool {
	for _, st := range d.steps {
		if st.TakenBack != "" {
			return true
		}
	}
	return false
}

// Given are the answers with which a part begins, by pointers in its service's form. results are what registers last answered in other
// parts, by what the process calls them; what is not known is left out.
func (d *Definition) Given(p Part, a form.Answers, known Profile, results map[string]map[string]any) map[string]any {
	out := map[string]any{}
	for to, r := range p.give {
		var v any
		switch {
		case r.part != "":
			v = results[r.part][r.key]
		case r.fact != "":
			if k := known[r.fact]; k.Value != "" {
				v = k.Value
			}
		default:
			v = a.Get(r.pointer)
		}
		if v != nil {
			out[to] = v
		}
	}
	return out
}

// Later reports whether the part gets the answer from another part, so that nobody knows it before that one has ended.
func (p Part) Later(to string) bool { return p.give[to].part != "" }

// Source is the pointer of the answer from which a part gets one of its own, also of one in a row. It is false of what no answer gives:
// a fact of the profile, and what another part has given when it has ended.
func (p Part) Source(to string) (string, bool) {
	if r, ok := p.give[to]; ok {
		return r.pointer, r.pointer != ""
	}
	for group, r := range p.give {
		if rest, in := strings.CutPrefix(to, group+"/"); in && r.pointer != "" {
			return r.pointer + "/" + rest, true
		}
	}
	return "", false
}

var resultShape = regexp.MustCompile(`^s\.([a-z][a-z0-9]*)\.([a-z][a-z0-9_]{0,39})$`)

var aliasShape = regexp.MustCompile(`^[a-z][a-z0-9]*$`)

// aliases notes what the process calls its parts, before anything refers to them.
func (c *compiler) aliases() {
	c.parts = map[string]*yaml.Node{}
	inFile := func(a, b *stateNode) int {
		return cmp.Or(cmp.Compare(a.key.Line, b.key.Line), cmp.Compare(a.key.Column, b.key.Column))
	}
	for _, st := range slices.SortedFunc(maps.Values(c.states), inFile) {
		n := st.dict.get("begin")
		if n == nil {
			continue
		}
		d := c.dict(n, "begin")
		as := d.need("as")
		name := c.name(as, "what a part is called", aliasShape, "insurance")
		if c.parts[name] != nil {
			c.fail(as, "two parts are called %s", name)
		}
		c.parts[name] = as
	}
}

// part reads a state that begins a case of another service.
func (c *compiler) part(step *Step, n *yaml.Node, what string) {
	d := c.dict(n, "begin of "+what)
	p := &Part{As: c.text(d.need("as"), "as of "+what), Service: c.name(d.need("case"), "case of "+what, codeShape, "osago.policy"), State: step.State, give: map[string]ref{}}
	give := c.dict(d.need("give"), "give of "+what)
	for _, key := range give.all() {
		if !strings.HasPrefix(key.Value, "/") {
			c.fail(key, "give of %s names %q; it must be an answer of that service, such as /vehicle/vin", what, key.Value)
			continue
		}
		r := c.giving(give.get(key.Value), "give "+key.Value+" of "+what)
		if r.of != "" || r.answer != "" {
			c.fail(give.get(key.Value), "give %s of %s is %s; it may be p.FACT, d.ANSWER or s.PART.KEY", key.Value, what, give.get(key.Value).Value)
		}
		p.give[key.Value] = r
	}
	if w := d.get("when"); w != nil {
		p.When = c.condition(w, "begin of "+what, "")
	}
	d.close()
	step.Begins = p
}

// giving is ref of what may be rows and a text of any sort: it goes into a form, which checks it.
func (c *compiler) giving(n *yaml.Node, what string) ref {
	text := c.text(n, what)
	if rest, ok := strings.CutPrefix(text, "d."); ok {
		pointer := "/" + strings.ReplaceAll(rest, ".", "/")
		if l := c.leaves[pointer]; l == nil || form.Group(pointer) != "" {
			c.fail(n, "%s is %s; the data does not describe %s%s", what, text, pointer, c.near(pointer))
		}
		return ref{pointer: pointer}
	}
	if strings.HasPrefix(text, "s.") {
		m := resultShape.FindStringSubmatch(text)
		if m == nil || c.parts[m[1]] == nil {
			c.fail(n, "%s is %s; it must name a part that some state begins, and what its register answers: s.insurance.number", what, text)
			return ref{}
		}
		return ref{part: m[1], key: m[2]}
	}
	r := c.ref(n, what)
	c.shown(n, r.fact, what+" is p.")
	return r
}

// partExits checks that each end of a part leads somewhere.
func (c *compiler) partExits(step Step, st *stateNode) {
	var want []Event
	switch {
	case step.Begins != nil:
		want = []Event{Event(Granted), Event(Refused), Event(Withdrawn)}
		if !step.Begins.When.IsZero() {
			want = append(want, Skipped)
		}
	case step.TakesBack != "":
		want = []Event{Undone, Kept}
	default:
		return
	}
	for _, e := range want {
		if _, ok := step.on[e]; !ok {
			c.fail(st.key, "the state %s does not say what follows when its part ends as %q (on)", step.State, e)
		}
	}
	if step.Deadline.Breach == Auto {
		c.fail(st.key, "the deadline of the state %s would end it (auto) and leave its part to go on alone: the part has deadlines of its own", step.State)
	}
	for e := range step.on {
		if !slices.Contains(want, e) {
			c.fail(st.on[e], "a part never ends as %q in the state %s, and nothing else may end it: a part that goes on alone would be nobody's. Who wants to stop it withdraws the part", e, step.State)
		}
	}
}

// partRoads checks that a part begins once, knows what it is given, and is not taken back for ever.
func (c *compiler) partRoads() {
	begins := map[string]State{}
	for _, s := range c.order {
		if p := c.steps[s].Begins; p != nil {
			begins[p.As] = s
		}
	}
	after := func(part string, s State) bool { return begins[part] != s && slices.Contains(c.reach(begins[part]), s) }
	for _, s := range c.order {
		step, st := c.steps[s], c.states[s]
		for _, to := range step.on {
			if step.Begins != nil && slices.Contains(c.reach(to), s) {
				c.fail(st.key, "the process comes back to the state %s, whose part has ended by then: a part begins once", s)
				break
			}
		}
		if step.TakenBack != "" && slices.Contains(c.reach(step.TakenBack), s) {
			c.fail(st.key, "what was taken back in %s may end in %s again, from where it would be taken back again: give it an end of its own", step.TakenBack, s)
		}
		if step.TakesBack != "" && begins[step.TakesBack] != "" && !after(step.TakesBack, s) {
			c.fail(st.key, "the state %s takes back %s, which has not begun by then", s, step.TakesBack)
		}
		if step.Begins == nil {
			continue
		}
		for _, to := range slices.Sorted(maps.Keys(step.Begins.give)) {
			if r := step.Begins.give[to]; r.part != "" && !after(r.part, s) {
				c.fail(st.key, "give %s of the state %s comes from %s, which has not ended by then", to, s, r.part)
			}
		}
	}
}

// SameParts says what of the parts of an earlier version is not in this one, for cases that have begun them.
func (d *Definition) SameParts(was *Definition, at State) []string {
	var out []string
	now := d.Parts()
	for _, p := range was.Parts() {
		if !slices.ContainsFunc(now, func(q Part) bool { return q.As == p.As && q.Service == p.Service }) {
			out = append(out, fmt.Sprintf("the part %s (%s) is not in this version", p.As, p.Service))
		}
	}
	to, _ := d.StateOf(at)
	a, b := was.steps[at], d.steps[to]
	if a.Begins != nil && (b.Begins == nil || b.Begins.As != a.Begins.As) || a.TakesBack != b.TakesBack {
		out = append(out, fmt.Sprintf("the state %s does something else with the parts in this version", to))
	}
	return out
}

// Joins says why a part cannot be begun as a case of its service with what it is given: nothing when it can.
func (d *Definition) Joins(p Part, of *Definition) []string {
	var out []string
	no := func(format string, args ...any) {
		out = append(out, fmt.Sprintf("its part %s (%s) ", p.As, p.Service)+fmt.Sprintf(format, args...))
	}
	if !of.Online() {
		no("is no service that can be applied for here")
		return out
	}
	if len(of.Parts()) > 0 {
		no("has parts of its own")
	}
	if !d.Level.AtLeast(of.Level) {
		no("needs the level %s, and this service only %s", of.Level, d.Level)
	}
	for _, as := range d.actAs {
		if !of.Acts(as) {
			no("is not had as %s, and this service is", as)
		}
	}
	for _, to := range slices.Sorted(maps.Keys(p.give)) {
		field, ok := of.Form.Field(to)
		given, _ := d.Fed(p.give[to].pointer)
		if fed, _ := of.Fed(to); SNILS == cmp.Or(p.give[to].fact, given) && fed != SNILS && !d.Level.AtLeast(access.Confirmed) {
			no("is given %s, where a number that nobody typed would stand whole: let it fill that in itself from profile.%s", to, SNILS)
		}
		switch from, known := d.Form.Field(p.give[to].pointer); {
		case !ok || form.Group(form.Pattern(to)) != "":
			no("is given %s, which it does not ask for", to)
		case known && from.Type != field.Type:
			no("is given %s, which is %s and must be %s", to, from.Type, field.Type)
		case known && strange(from, field) != "":
			no("is given %s, which may be %q, and has no such choice", to, strange(from, field))
		case known && field.Rows != nil && !sameRows(*from.Rows, *field.Rows):
			no("is given %s, whose rows ask for other things", to)
		case !known && field.Rows != nil:
			no("is given %s, which is rows", to)
		}
	}
	for _, page := range of.Form.Pages {
		for _, f := range page.Fields {
			_, given := p.give[f.Pointer]
			if f.Required && page.When.IsZero() && f.When.IsZero() && !given && !slices.ContainsFunc(of.prefill, func(x prefill) bool {
				return x.to == f.Pointer && !ofOneForm(x.from) // a part's form asks no register, and opens no documents
			}) {
				no("must know %s, which nobody gives it", f.Pointer)
			}
		}
	}
	for _, x := range of.prefill {
		if x.onFail == FailBlock && strings.HasPrefix(string(x.from), lookupFact) {
			no("cannot be sent without what a register says of %s, and a part's form asks no register", x.to)
		}
	}
	if of.facts[ResidenceAddress] && !d.facts[ResidenceAddress] {
		no("looks at profile.%s, which the case of the whole does not hold: let this service look at it, too", ResidenceAddress)
	}
	for _, x := range of.AllAttachments() {
		if x.Least > 0 && x.When.IsZero() {
			no("needs the attachment %s", x.ID)
		}
	}
	return out
}

// strange is a choice of one question that another has not; "" when it has them all.
func strange(from, to form.Field) string {
	for _, o := range from.Options {
		if _, ok := to.Option(o.Value); !ok {
			return o.Value
		}
	}
	return ""
}

// sameRows reports whether rows of one group are rows of the other. Their order does not matter: what was published is written in another.
func sameRows(a, b form.Rows) bool {
	asked := func(r form.Rows) map[string]form.Type {
		out := map[string]form.Type{}
		for _, f := range r.Fields {
			out[f.Pointer[strings.LastIndexByte(f.Pointer, '/'):]] = f.Type
		}
		return out
	}
	return maps.Equal(asked(a), asked(b))
}
