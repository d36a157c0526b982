package procedure

import (
	"slices"
	"time"

	"gopkg.in/yaml.v3"

	"okno/internal/access"
	"okno/internal/form"
)

// persona is somebody who applies in the tests of a file, or a child for whom they do.
type persona struct {
	key       *yaml.Node
	level     access.Level // of whoever applies; a child has none
	facts     map[Fact]string
	age       int // in whole years, reached on the day of the test; -1 when the day of birth is said
	documents []keeping
	children  map[string]*persona
	used      bool
}

// readPersonas reads the part personas:
//
//	personas:
//	  anna: {level: confirmed, age: 35, sex: f, surname: Проверкина, given_name: Анна, documents: [driving-licence, {kind: vehicle, plate: А123ВС77}],
//	         children: {masha: {age: 7, sex: f, surname: Проверкина, given_name: Мария}}}
func (c *compiler) readPersonas(n *yaml.Node) {
	c.people = map[string]*persona{}
	d := c.dict(n, "personas")
	for _, key := range d.all() {
		name := c.name(key, "the name of a persona", nameShape, "anna")
		c.people[name] = c.persona(key, d.get(key.Value), false)
	}
}

func (c *compiler) persona(key, n *yaml.Node, child bool) *persona {
	what := "the persona " + key.Value
	d := c.dict(n, what)
	p := &persona{key: key, level: c.Level, facts: map[Fact]string{}, age: -1, children: map[string]*persona{}}
	if !child {
		if l := c.word(d.get("level"), "level of "+what, string(access.Simplified), string(access.Standard), string(access.Confirmed)); l != "" {
			p.level = access.Level(l)
		}
		kids := c.dict(d.get("children"), "children of "+what)
		for _, k := range kids.all() {
			p.children[c.name(k, "the name of a child", nameShape, "masha")] = c.persona(k, kids.get(k.Value), true)
		}
	}
	p.documents = c.keepings(d.get("documents"), what)
	if a := d.get("age"); a != nil {
		p.age = c.int(a, "age of "+what, 0, 130)
		if d.get("birth_date") != nil {
			c.fail(a, "%s has an age and a day of birth; one says the other", what)
		}
	}
	for _, f := range Facts() {
		if v := d.get(string(f)); v != nil && !acted(f) {
			p.facts[f] = c.factOf(v, f, what)
		}
	}
	for _, k := range d.keys {
		if acted(Fact(k.Value)) {
			c.fail(k, "%s has %s, which is not known of a person: who applies for whom is said by the test (who, for)", what, k.Value)
			d.used[k.Value] = true
		}
	}
	d.close()
	return p
}

// acted reports whether the fact is about who applies for whom.
func acted(f Fact) bool {
	return f == Acting || slices.Contains([]Fact{RepresentativeSurname, RepresentativeGivenName, RepresentativePatronymic, RepresentativeBirthDate, RepresentativeSNILS}, f)
}

// factOf reads what is known of somebody.
func (c *compiler) factOf(n *yaml.Node, f Fact, what string) string {
	v := c.text(n, string(f)+" of "+what)
	switch f {
	case BirthDate:
		if _, err := time.Parse(time.DateOnly, v); err != nil {
			c.fail(n, "birth_date of %s is %q; it must be a date such as 1990-03-05", what, v)
		}
	case Sex:
		return c.word(n, "sex of "+what, "m", "f")
	default:
	}
	return v
}

// known is what a profile knows of them on the day. Of somebody whom nobody has checked all is their own word.
func (p *persona) known(into Profile, today time.Time, checked bool) {
	put := func(f Fact, v string) {
		if v != "" {
			into[f] = Known{Value: v, Origin: form.Origin{Source: "test", Verified: checked || f == MobilePhone || f == Email}}
		}
	}
	for f, v := range p.facts {
		put(f, v)
	}
	if p.age >= 0 {
		put(BirthDate, bornFor(p.age, today))
	}
}

// bornFor is the day of birth of somebody who is just so old on the day.
func bornFor(age int, today time.Time) string {
	born := today.AddDate(-age, 0, 0)
	if born.Day() != today.Day() { // of 29 February: in most years there is none
		born = born.AddDate(0, 0, -1)
	}
	return born.Format(time.DateOnly)
}

// applying is who applies in a test, for whom, and what is known.
type applying struct {
	actor     access.Actor
	profile   Profile
	documents []keeping
}

// applicant reads who, for and as of a test. Without them nobody in particular applies, of the level that the service needs.
func (c *compiler) applicant(d *dict, name string, today time.Time) applying {
	out := applying{actor: access.Actor{Kind: access.Person, ID: "who", Level: c.Level}, profile: Profile{Acting: {Value: string(access.Self)}}}
	who, child := c.somebody(d, name)
	if who != nil {
		out.actor.Level, out.documents = who.level, who.documents
		checked := who.level != access.Simplified
		if child == nil {
			who.known(out.profile, today, checked)
		} else {
			represent(out.profile, who, today, checked)
			child.known(out.profile, today, true)
			out.documents = child.documents
			out.profile[Acting] = Known{Value: string(access.Child), Origin: form.Origin{Source: "test"}}
		}
	}
	as := c.dict(d.get("as"), "as of the test "+name)
	for _, key := range as.all() {
		f := c.fact(key, "", "as of the test "+name)
		out.profile[f] = Known{Value: c.factOf(as.get(key.Value), f, "as of the test "+name), Origin: form.Origin{Source: "test", Verified: true}}
	}
	if capacity := access.Capacity(out.profile[Acting].Value); capacity != access.Self {
		out.actor = out.actor.Acting("for", capacity)
	}
	return out
}

// somebody finds the personas that the test names.
func (c *compiler) somebody(d *dict, name string) (who, child *persona) {
	w, f := d.get("who"), d.get("for")
	if w == nil {
		if f != nil {
			c.fail(f, "the test %s says for whom, and not who applies (who)", name)
		}
		return nil, nil
	}
	called := c.text(w, "who of the test "+name)
	if who = c.people[called]; who == nil {
		c.fail(w, "the test %s is of %q, who is not among the personas%s", name, called, like(called, c.people))
		return nil, nil
	}
	who.used = true
	if f == nil {
		return who, nil
	}
	called = c.text(f, "for of the test "+name)
	if child = who.children[called]; child == nil {
		c.fail(f, "in the test %s %s applies for %q, who is not among their children%s", name, who.key.Value, called, like(called, who.children))
		return who, nil
	}
	child.used = true
	return who, child
}

func like(called string, people map[string]*persona) string {
	known := map[string]bool{}
	for name := range people {
		known[name] = true
	}
	if near := nearest(called, known); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}

// represent puts the parent into the profile of the child: their name and numbers as the representative's, and the contacts, for they
// are the one to talk to.
func represent(into Profile, who *persona, today time.Time, checked bool) {
	parent := Profile{}
	who.known(parent, today, checked)
	for as, f := range map[Fact]Fact{RepresentativeSurname: Surname, RepresentativeGivenName: GivenName, RepresentativePatronymic: Patronymic,
		RepresentativeBirthDate: BirthDate, RepresentativeSNILS: SNILS, MobilePhone: MobilePhone, Email: Email} {
		if k, ok := parent[f]; ok {
			into[as] = k
		}
	}
}

// strangers complains of personas that no test is of: a slip of the name, or a test that was forgotten.
func (c *compiler) strangers() {
	for name, p := range c.people {
		if !p.used {
			c.fail(p.key, "no test is of the persona %s (who)", name)
		}
		for kid, k := range p.children {
			if !k.used {
				c.fail(k.key, "in no test %s applies for %s (for)", name, kid)
			}
		}
	}
}
