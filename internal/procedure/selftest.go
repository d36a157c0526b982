package procedure

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"okno/internal/fault"
	"okno/internal/form"
)

// selfTest runs the tests of the file. There are two sorts, and a test may be both:
//
//   - name: a year too long ago
//     today: 2026-03-01
//     who: anna                                         # of personas; as: {inn: …} says more, or all of it
//     told: {history: {periods: [{from: 2020-01-01}]}}  # what the registers of its lookups answered
//     set: {/year: 2019}                                # typed over what was filled in
//     expect: {valid: false, wrong: [/year], pages: [applicant, year]}
//   - name: nobody answers
//     today: 2026-03-02                                 # the clock stands at noon
//     events: [take, {do: ask, fields: [/note]}, {see: {turn: applicant, due: 2026-04-01}}, {wait: P31D}]
//     expect: {path: [filed, fixing, lapsed], outcome: refused, reason: silence, told: [fixing, lapsed]}
func (c *compiler) selfTest() {
	c.readPersonas(c.personas)
	tests := c.list(c.tests, "tests")
	if c.kind == Service && len(tests) == 0 {
		c.fail(c.tests, "there are no tests; show at least one form that is right and one road to each end")
		return
	}
	if len(tests) > maxTests {
		c.fail(tests[maxTests], "there are %d tests; a file may have %d", len(tests), maxTests)
		return
	}
	ended := map[State]bool{}
	for _, n := range tests {
		if c.late(n) {
			return
		}
		c.run(n, ended)
	}
	c.strangers()
	for _, st := range c.order {
		if c.steps[st].Final() && !ended[st] {
			c.fail(c.tests, "no test ends in the state %s", st)
		}
	}
}

func (c *compiler) test(n *yaml.Node, t *Test, ended map[State]bool) {
	d := c.dict(n, "a test")
	t.Name = c.text(d.need("name"), "the name of a test")
	expect := c.dict(d.need("expect"), "expect of the test "+t.Name)
	today, ok := c.today(d, t.Name)
	events := d.get("events")
	who := c.applicant(d, t.Name, today)
	t.For = who.actor.Capacity()
	switch away := c.turnedAway(expect, who, t); {
	case away && (events != nil || d.get("set") != nil):
		c.fail(n, "the test %s goes on after somebody was turned away: there is no form and no case", t.Name)
	case away || !ok:
	default:
		about := c.filling(d, expect)
		var filled *filled
		if about || events == nil {
			if filled = c.formTest(d, expect, who, today, t.Name); filled == nil && events == nil && d.get("set") == nil {
				c.fail(n, "the test %s neither fills in the form (set) nor moves a case (events)", t.Name)
			}
		}
		if events != nil {
			if s := c.pathTest(events, expect, today, filled, t); c.steps[s].Final() {
				ended[s] = true
			}
		}
	}
	expect.close()
	d.close()
}

// today reads the day on which the test begins; the zero time when it says none.
func (c *compiler) today(d *dict, name string) (time.Time, bool) {
	n := d.get("today")
	if n == nil {
		return time.Time{}, true
	}
	t, err := time.Parse(time.DateOnly, c.text(n, "today of the test "+name))
	if err != nil {
		c.fail(n, "today of the test %s must be a date such as 2026-03-01", name)
	}
	return t, err == nil
}

// filling reports whether the test is about the form, too.
func (c *compiler) filling(d, expect *dict) bool {
	for _, key := range []string{"valid", "wrong", "pages", "asked", "notAsked", "attachments", "offered", "lacking"} {
		if expect.vals[key] != nil {
			return true
		}
	}
	return d.get("set") != nil || d.get("told") != nil
}

// turnedAway holds who applies against the rule of who may (Admits), and reports whether the test ends there.
func (c *compiler) turnedAway(expect *dict, who applying, t *Test) bool {
	n := expect.get("turnedAway")
	want := c.word(n, "turnedAway of the test "+t.Name, "level", "acting")
	got := ""
	switch err := c.Admits(who.actor); {
	case errors.Is(err, ErrLevel):
		got = "level"
	case errors.Is(err, ErrActing):
		got = "acting"
	}
	switch {
	case n == nil && got != "":
		c.fail(expect.node, "who applies in the test %s may not: they are turned away for their %s", t.Name, got)
	case n != nil && want != "" && want != got:
		c.fail(n, "the test %s expects that who applies is turned away for their %s, but %s", t.Name, want, turned(got))
	}
	t.TurnedAway = got
	return n != nil || got != ""
}

func turned(why string) string {
	if why == "" {
		return "they may apply"
	}
	return "it is for their " + why
}

// filled is a form as a test has filled it in.
type filled struct {
	form    form.Form
	answers form.Answers
	wrong   []fault.Field
}

// formTest fills in the form. It is nil when the test cannot be run.
func (c *compiler) formTest(d, expect *dict, who applying, today time.Time, name string) *filled {
	if today.IsZero() {
		d.need("today")
		return nil
	}
	who.profile = maps.Clone(who.profile) // a persona is of several tests
	c.told(d.get("told"), who.profile, today, name)
	c.takes(who.documents, who.profile, today, name)
	typed := map[string][]string{}
	set := c.dict(d.get("set"), "set of the test "+name)
	for _, key := range set.all() {
		if _, ok := c.Form.Field(key.Value); !ok {
			c.fail(key, "the test %s sets %s, which no page asks for", name, key.Value)
		}
		typed[form.NameOf(key.Value)] = c.oneOrMore(set.get(key.Value), key.Value)
	}
	a := c.Fill(who.profile, form.Answers{})
	f := c.FormFor(who.profile, a, form.DateOf(today))
	a = f.Parse(typed, a)
	wrong := c.Validate(f, f.Prune(a), form.DateOf(today))
	x := &filled{f, a, wrong}
	c.expectForm(x, who, expect, name)
	return x
}

func (c *compiler) expectForm(x *filled, who applying, expect *dict, name string) {
	var at []string
	for _, w := range x.wrong {
		at = append(at, "/"+strings.ReplaceAll(w.Name, ".", "/"))
	}
	lacking := []string{}
	for _, f := range c.Lacking(who.profile) {
		lacking = append(lacking, string(f))
	}
	if n := expect.get("lacking"); n != nil {
		if want := c.words(n, "lacking of the test "+name); !sameSet(want, lacking) {
			c.fail(n, "the test %s expects that the profile lacks %s, but it lacks %s", name, listed(want), listed(lacking))
		}
	}
	valid := expect.need("valid")
	if want := c.bool(valid, "valid of the test "+name); valid != nil {
		switch {
		case want && len(lacking) > 0:
			c.fail(valid, "the test %s expects the form to be right, but it cannot be sent: the profile lacks %s", name, listed(lacking))
		case want != (len(x.wrong) == 0 && len(lacking) == 0):
			c.fail(valid, "the test %s expects the form to be %s, but it is %s", name, validity(want, nil), validity(!want, at))
		}
	}
	if n := expect.get("wrong"); n != nil {
		if want := c.words(n, "wrong of the test "+name); !sameSet(want, c.aboutParts(at, want)) {
			c.fail(n, "the test %s expects complaints about %s, but they are about %s", name, listed(want), listed(at))
		}
	}
	c.expectAttachments(x.form, x.answers, who, expect, name)
	c.expectAsked(x, expect, name)
}

// expectAsked checks which pages and questions a test expects to be shown.
func (c *compiler) expectAsked(x *filled, expect *dict, name string) {
	var pages, asked []string
	for _, p := range x.form.Asked(x.answers) {
		pages = append(pages, p.ID)
		for _, f := range x.form.Flat(p, x.answers) {
			asked = append(asked, f.Pointer)
		}
	}
	if n := expect.get("pages"); n != nil {
		if want := c.words(n, "pages of the test "+name); !slices.Equal(want, pages) {
			c.fail(n, "the test %s expects the pages %s, but they are %s", name, listed(want), listed(pages))
		}
	}
	for _, key := range []string{"asked", "notAsked"} {
		n := expect.get(key)
		for i, p := range c.words(n, key+" of the test "+name) {
			if _, ok := c.Form.Field(p); !ok {
				c.fail(n.Content[i], "%s of the test %s names %s, which no page asks for%s", key, name, p, c.near(p))
				continue
			}
			if shown := slices.Contains(asked, c.addressOf(p)); shown != (key == "asked") {
				c.fail(n.Content[i], "the test %s expects that %s is %s, but it is %s", name, p, shownAs(!shown), shownAs(shown))
			}
		}
	}
}

func shownAs(shown bool) string {
	if shown {
		return "asked"
	}
	return "not asked"
}

// caused is the event that a test names, and who causes it: officer:refuse, or a guess by whose action it is.
func (c *compiler) caused(text string) (Event, By) {
	who, what, told := strings.Cut(text, ":")
	if told {
		return Event(what), By(who)
	}
	if a, ok := c.actions[Event(who)]; ok {
		return Event(who), a.By
	}
	return Event(who), BySystem
}

// pathTest moves a case by the events and gives the state where it stopped. Answers that were filled in before must be right, and say
// whether a part is wanted.
func (c *compiler) pathTest(n *yaml.Node, expect *dict, today time.Time, x *filled, t *Test) State {
	if x != nil && len(x.wrong) > 0 {
		c.fail(n, "the form of the test %s is wrong, so no case begins with it (events)", t.Name)
		return c.Start()
	}
	p := c.begin(t.Name, today)
	for _, ev := range c.list(n, "events of the test "+t.Name) {
		if !c.wanted(ev, p, x) || !c.happen(ev, p) {
			return p.state
		}
	}
	t.Overdue = p.passed
	if !c.sees(expect, p) {
		c.fail(n, "the test %s moves a case and expects nothing of it (path, outcome, state)", t.Name)
	}
	return p.state
}

// wanted holds what becomes of a part against the answers that say whether it is begun.
func (c *compiler) wanted(ev *yaml.Node, p *play, x *filled) bool {
	part := c.steps[p.state].Begins
	did := ev
	for i := 0; ev.Kind == yaml.MappingNode && i+1 < len(ev.Content); i += 2 {
		if ev.Content[i].Value == "do" {
			did = ev.Content[i+1]
		}
	}
	if x == nil || part == nil || did.Kind != yaml.ScalarNode {
		return true
	}
	e, _ := c.caused(did.Value)
	if part.When.IsZero() || (e == Skipped) != part.When.Holds(x.form.See(x.answers)) {
		return true
	}
	c.fail(ev, "in the test %s the part %s ends as %s, but the answers say otherwise of whether it is begun (when)", p.name, part.As, e)
	return false
}

func validity(valid bool, wrong []string) string {
	if valid {
		return "right"
	}
	if len(wrong) == 0 {
		return "wrong"
	}
	return fmt.Sprintf("wrong at %s", listed(wrong))
}

func listed(words []string) string {
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}

func orNone(s string) string {
	if s == "" {
		return "none yet"
	}
	return s
}

func sameSet(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, slices.Compact(b))
}
