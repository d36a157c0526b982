package procedure

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/form"
)

// selfTest runs the tests of the file. There are two sorts, and a test may be both:
//
//   - name: a year too long ago
//     today: 2026-03-01
//     as: {surname: Проверкина, inn: "500100732259"}     # the profile, verified
//     told: {history: {periods: [{from: 2020-01-01}]}}  # what the registers of its lookups answered
//     set: {/year: 2019}                                # typed over what was filled in
//     expect: {valid: false, wrong: [/year], pages: [applicant, year]}
//   - name: found
//     events: [found]                                   # or officer:approve, to say who
//     expect: {path: [asking, done], outcome: granted}
func (c *compiler) selfTest() {
	tests := c.list(c.tests, "tests")
	if c.kind == Service && len(tests) == 0 {
		c.fail(c.tests, "there are no tests; show at least one form that is right and one road to each end")
		return
	}
	ended := map[State]bool{}
	for _, n := range tests {
		c.run(n, ended)
	}
	for _, st := range c.order {
		if c.steps[st].Final() && !ended[st] {
			c.fail(c.tests, "no test ends in the state %s", st)
		}
	}
}

func (c *compiler) test(n *yaml.Node, ended map[State]bool) {
	d := c.dict(n, "a test")
	name := c.text(d.need("name"), "the name of a test")
	expect := c.dict(d.need("expect"), "expect of the test "+name)
	if d.get("set") != nil || d.get("as") != nil || d.get("today") != nil {
		c.formTest(d, expect, name)
	}
	if ev := d.get("events"); ev != nil {
		if s := c.pathTest(ev, expect, name); c.steps[s].Final() {
			ended[s] = true
		}
	} else if d.get("set") == nil {
		c.fail(n, "the test %s neither fills in the form (set) nor moves a case (events)", name)
	}
	expect.close()
	d.close()
}

func (c *compiler) formTest(d, expect *dict, name string) {
	today, err := time.Parse(time.DateOnly, c.text(d.need("today"), "today of the test "+name))
	if err != nil {
		c.fail(d.get("today"), "today of the test %s must be a date such as 2026-03-01", name)
		return
	}
	profile := Profile{Acting: {Value: string(access.Self)}}
	as := c.dict(d.get("as"), "as of the test "+name)
	for _, key := range as.all() {
		profile[c.fact(key, "", "as of the test "+name)] = Known{
			Value:  c.text(as.get(key.Value), "as of the test "+name),
			Origin: form.Origin{Source: "test", Verified: true},
		}
	}
	c.told(d.get("told"), profile, today, name)
	typed := map[string][]string{}
	set := c.dict(d.get("set"), "set of the test "+name)
	for _, key := range set.all() {
		if _, ok := c.Form.Field(key.Value); !ok {
			c.fail(key, "the test %s sets %s, which no page asks for", name, key.Value)
		}
		typed[form.NameOf(key.Value)] = []string{c.text(set.get(key.Value), key.Value)}
	}
	a := c.Fill(profile, form.Answers{})
	f := c.FormFor(profile, a, form.DateOf(today))
	a = f.Parse(typed, a)
	wrong := c.Validate(f, f.Prune(a), form.DateOf(today))
	c.expectForm(f, a, wrong, expect, name)
}

func (c *compiler) expectForm(f form.Form, a form.Answers, wrong []fault.Field, expect *dict, name string) {
	var at []string
	for _, w := range wrong {
		at = append(at, "/"+strings.ReplaceAll(w.Name, ".", "/"))
	}
	valid := expect.need("valid")
	if want := c.bool(valid, "valid of the test "+name); valid != nil && want != (len(wrong) == 0) {
		c.fail(valid, "the test %s expects the form to be %s, but it is %s", name, validity(want, nil), validity(!want, at))
	}
	if n := expect.get("wrong"); n != nil {
		if want := c.words(n, "wrong of the test "+name); !sameSet(want, at) {
			c.fail(n, "the test %s expects complaints about %s, but they are about %s", name, listed(want), listed(at))
		}
	}
	c.expectAttachments(f, a, expect, name)
	if n := expect.get("pages"); n != nil {
		var got []string
		for _, p := range f.Asked(a) {
			got = append(got, p.ID)
		}
		if want := c.words(n, "pages of the test "+name); !slices.Equal(want, got) {
			c.fail(n, "the test %s expects the pages %s, but they are %s", name, listed(want), listed(got))
		}
	}
}

// pathTest moves a case by the events and gives the state where it stopped.
func (c *compiler) pathTest(n *yaml.Node, expect *dict, name string) State {
	s := c.Start()
	path := []string{string(s)}
	for _, ev := range c.list(n, "events of the test "+name) {
		who, what, told := strings.Cut(c.text(ev, "an event of the test "+name), ":")
		by, e := By(who), Event(what)
		if !told {
			e = Event(who)
			by = BySystem
			if a, ok := c.actions[e]; ok {
				by = a.By
			}
		}
		to, err := c.Move(s, e, by)
		if err != nil {
			c.fail(ev, "the test %s cannot go on: %v", name, err)
			return s
		}
		s = to
		path = append(path, string(s))
	}
	if p := expect.get("path"); p != nil {
		want := []string{}
		for _, e := range c.list(p, "path of the test "+name) {
			want = append(want, c.text(e, "a state of the path"))
		}
		if !slices.Equal(want, path) {
			c.fail(p, "the test %s expects the path %s, but it is %s", name, listed(want), listed(path))
		}
	}
	if o := expect.get("outcome"); o != nil {
		want := c.word(o, "outcome of the test "+name, string(Granted), string(Refused), string(Withdrawn))
		if got := string(c.steps[s].Outcome); want != "" && want != got {
			c.fail(o, "the test %s expects the outcome %s, but it is %s", name, want, orNone(got))
		}
	}
	if expect.get("path") == nil && expect.get("outcome") == nil {
		c.fail(n, "the test %s moves a case and expects nothing of it (path, outcome)", name)
	}
	return s
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
