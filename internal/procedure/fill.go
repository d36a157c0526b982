package procedure

import (
	"cmp"
	_ "embed" // others.txt, things.txt
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/wallet/kind"
)

// Fact is the name of something a profile knows of a person.
type Fact string

// The facts. Their names are those of fields of forms and of registers.
const (
	Surname             Fact = "surname"
	GivenName           Fact = "given_name"
	Patronymic          Fact = "patronymic"
	BirthDate           Fact = "birth_date" // 1990-03-05
	Sex                 Fact = "sex"
	SNILS               Fact = "snils"
	INN                 Fact = "inn"
	MobilePhone         Fact = "phone"
	Email               Fact = "email"
	PassportSeries      Fact = "passport_series"
	PassportNumber      Fact = "passport_number"
	PassportIssuedAt    Fact = "passport_issued_at"
	PassportIssuedBy    Fact = "passport_issued_by"
	PassportDepartment  Fact = "passport_department_code"
	RegistrationAddress Fact = "registration_address"
	ResidenceAddress    Fact = "residence_address"

	// Who applies, and for whom: "self" or "child", and of one who applies for another their own names and number.
	Acting                   Fact = "acting"
	RepresentativeSurname    Fact = "representative_surname"
	RepresentativeGivenName  Fact = "representative_given_name"
	RepresentativePatronymic Fact = "representative_patronymic"
	RepresentativeBirthDate  Fact = "representative_birth_date"
	RepresentativeSNILS      Fact = "representative_snils"
)

// Facts lists every fact.
func Facts() []Fact {
	return []Fact{Surname, GivenName, Patronymic, BirthDate, Sex, SNILS, INN, MobilePhone, Email, PassportSeries,
		PassportNumber, PassportIssuedAt, PassportIssuedBy, PassportDepartment, RegistrationAddress, ResidenceAddress,
		Acting, RepresentativeSurname, RepresentativeGivenName, RepresentativePatronymic, RepresentativeBirthDate, RepresentativeSNILS}
}

// Known is a fact's value and where it came from.
type Known struct {
	Value  string // in the normal form of package form
	Whole  any    `json:",omitempty"` // of what is no text, as answers hold it: a number, yes or no, rows
	Origin form.Origin
	Masked bool `json:"-"` // a number of which whoever fills the form in sees the end alone (REG-11): of this reading, and never stored
}

// Answer is the value as answers hold it, nil when nothing is known.
func (k Known) Answer() any {
	if k.Whole != nil {
		return k.Whole
	}
	if k.Value == "" {
		return nil
	}
	return k.Value
}

// Profile is what is known of the applicant; facts that are not known are left out.
type Profile map[Fact]Known

// Person is the profile without what was told, or taken from documents, for one form.
func (p Profile) Person() Profile {
	out := maps.Clone(p)
	maps.DeleteFunc(out, func(f Fact, _ Known) bool { return ofOneForm(f) })
	return out
}

// Lock says when a filled-in answer may not be changed in the form.
type Lock string

// The locks.
const (
	LockNever        Lock = "never"
	LockWhenVerified Lock = "whenVerified" // when a register confirmed it
	LockAlways       Lock = "always"
)

// OnFail says what happens when the source does not know.
type OnFail string

// The ways out.
const (
	FailManual OnFail = "manual" // the person types it
	FailLater  OnFail = "later"  // it stays empty and is found out afterwards
	FailBlock  OnFail = "block"  // the form cannot be sent before the profile has it
)

// prefill fills one answer from the profile, from what a register told, or from a document that the person keeps.
type prefill struct {
	to     string
	from   Fact
	lock   Lock
	onFail OnFail
	of     kind.ID    // of a document that the person keeps
	takes  kind.Field // and what is taken of it
	apart  bool       // what is known is an address in one line, and the answer one in its parts
}

// locked reports whether the answer is the profile's own and cannot be typed.
func (p prefill) locked(k Known) bool {
	if k.Answer() == nil {
		return p.onFail != FailManual
	}
	return p.lock == LockAlways || p.lock == LockWhenVerified && k.Origin.Verified || k.Masked
}

// least is the level below which a form is filled in with nothing of the fact, no part is given it and no paper says it: all of them show
// it whole, to whoever has a session and no second factor. A SNILS that nobody typed is masked in it (Known.Masked), so that Standard is
// enough. A version that was published before goes on and fills in what it does, masked (Profile.Mask).
func (f Fact) least() access.Level {
	switch f {
	case PassportSeries, PassportNumber, PassportIssuedAt, PassportIssuedBy, PassportDepartment, INN:
		return access.Confirmed
	case SNILS:
		return access.Standard
	case Surname, GivenName, Patronymic, BirthDate, Sex, MobilePhone, Email, RegistrationAddress, ResidenceAddress, Acting,
		RepresentativeSurname, RepresentativeGivenName, RepresentativePatronymic, RepresentativeBirthDate, RepresentativeSNILS: // who acts is Confirmed
	}
	return access.Simplified
}

// shown refuses what nobody is shown at the level of the service.
func (c *compiler) shown(n *yaml.Node, f Fact, what string) {
	if least := f.least(); f != "" && !c.Level.AtLeast(least) {
		c.refuse(n, "%s%s, which is shown from the level %s on: raise assurance to %s, or let it be typed", what, f, least, least)
	}
}

// Mask marks what its person, at the level, sees the end of alone: what no form may fill in at that level (REG-11).
func (p Profile) Mask(level access.Level) {
	for f, k := range p {
		if !level.AtLeast(f.least()) {
			k.Masked = true
			p[f] = k
		}
	}
}

func (c *compiler) prefills(n *yaml.Node) {
	seen := map[string]bool{}
	for _, e := range c.list(n, "prefill") {
		d := c.dict(e, "an entry of prefill")
		to := c.text(d.need("to"), "to of prefill")
		what := "the prefill of " + to
		p := prefill{
			to:     to,
			lock:   Lock(c.word(d.need("lock"), "lock of "+what, string(LockNever), string(LockWhenVerified), string(LockAlways))),
			onFail: OnFail(c.word(d.need("onFail"), "onFail of "+what, string(FailManual), string(FailLater), string(FailBlock))),
		}
		l := c.leaves[to]
		from := d.need("from")
		switch p.from = Fact(c.text(from, "from of "+what)); {
		case strings.HasPrefix(string(p.from), lookupFact):
			c.lookedUp(from, p, l)
		case strings.HasPrefix(string(p.from), documentFact):
			p.of, p.takes = c.documented(from, d, p, l)
		default:
			p.from = c.fact(from, "profile.", "from of "+what)
			c.shown(from, p.from, what+" fills in profile.")
		}
		c.filledAddress(d, p, l)
		p.apart = l != nil && l.field.Type == form.TypePostalAddress
		d.close()
		told := ofOneForm(p.from)
		switch {
		case l == nil:
			c.fail(d.get("to"), "prefill fills %s, which the data does not describe%s", to, c.near(to))
		case form.Group(to) != "":
			c.fail(d.get("to"), "prefill fills %s, which is in a group that is asked several times: fill in the whole group", to)
		case !told && slices.Contains([]form.Type{form.TypeYear, form.TypeNumber, form.TypeBoolean, form.TypeChoices, form.TypeRows}, l.field.Type):
			c.fail(d.get("to"), "prefill fills %s, which is no text", to)
		case l.required && p.onFail == FailLater:
			c.fail(d.get("onFail"), "%s may stay empty (onFail: later), so the schema must not require it", to)
		case !l.required && p.onFail == FailBlock:
			c.fail(d.get("onFail"), "%s keeps the form from being sent (onFail: block), so the schema must require it", to)
		}
		if seen[to] {
			c.fail(d.get("to"), "%s is filled in twice", to)
		}
		seen[to] = true
		c.prefill = append(c.prefill, p)
	}
	slices.SortFunc(c.prefill, func(a, b prefill) int { return cmp.Compare(a.to, b.to) })
}

func (c *compiler) fact(n *yaml.Node, prefix, what string) Fact {
	name, ok := strings.CutPrefix(c.text(n, what), prefix)
	if n == nil {
		return ""
	}
	if f := Fact(name); ok && slices.Contains(Facts(), f) {
		if prefix != "" { // a persona of a test has facts, and the definition looks at none by that
			c.looksAt(f)
		}
		return f
	}
	known := map[string]bool{}
	for _, f := range Facts() {
		known[string(f)] = true
	}
	if near := nearest(name, known); near != "" {
		c.fail(n, "%s is %q; did you mean %s%s?", what, n.Value, prefix, near)
		return ""
	}
	c.fail(n, "%s is %q; a profile knows no such thing", what, n.Value)
	return ""
}

func (c *compiler) looksAt(f Fact) {
	if c.facts == nil {
		c.facts = map[Fact]bool{}
	}
	c.facts[f] = true
}

// Fill begins a draft: answers that the profile knows are filled in, where the person has not answered yet.
func (d *Definition) Fill(p Profile, a form.Answers) form.Answers {
	for _, f := range d.prefill {
		if k := p[f.from]; f.locked(k) || a.Get(f.to) == nil {
			a = a.With(f.to, f.answer(k))
		}
	}
	return a
}

// Relock brings the answers that are the profile's own up to date and leaves the person's alone. Call it when a
// draft is opened and when it is submitted.
func (d *Definition) Relock(p Profile, a form.Answers) form.Answers {
	for _, f := range d.prefill {
		if k := p[f.from]; f.locked(k) {
			a = a.With(f.to, k.Answer())
		}
	}
	return a
}

// FormFor is the form as this person fills it in: answers that are the profile's own are locked, and each that
// still has the profile's value says where it came from. Conditions are held against the profile and the day.
func (d *Definition) FormFor(p Profile, a form.Answers, today form.Date) form.Form {
	out := d.Form
	out.Pages, out.Today, out.Known = slices.Clone(d.Form.Pages), today, map[string]string{}
	for fact, known := range p {
		if known.Value != "" && !ofOneForm(fact) { // rules look at the profile
			out.Known[string(fact)] = known.Value
		}
	}
	for i, page := range out.Pages {
		own := false // a page of which nothing is filled in is the definition's, for everybody
		for j := range page.Fields {
			k := slices.IndexFunc(d.prefill, func(f prefill) bool { return f.to == page.Fields[j].Pointer })
			if k < 0 {
				continue
			}
			if !own {
				out.Pages[i].Fields, own = slices.Clone(page.Fields), true
			}
			field := &out.Pages[i].Fields[j]
			known := p[d.prefill[k].from]
			field.Locked = d.prefill[k].locked(known)
			if there := a.Get(field.Pointer); there != nil && form.Same(there, d.prefill[k].answer(known)) { // an address is taken apart for an answer alone
				field.Origin, field.Masked = known.Origin, known.Masked
			}
			if rows, ok := known.Whole.([]any); ok && field.Rows != nil {
				field.Told = &form.Told{Rows: rows, Origin: known.Origin}
			}
		}
	}
	return out
}

// Filed is the profile as it goes into a case. Where somebody lives, beside where they are registered, goes with those services alone whose
// definition looks at it: no other agency learns it.
func (d *Definition) Filed(p Profile) Profile {
	if _, there := p[ResidenceAddress]; !there || d.facts[ResidenceAddress] {
		return p
	}
	out := maps.Clone(p)
	delete(out, ResidenceAddress)
	return out
}

// Lacking lists what the profile must know before the form can be sent.
func (d *Definition) Lacking(p Profile) []Fact {
	var out []Fact
	for _, f := range d.prefill {
		if f.onFail == FailBlock && p[f.from].Answer() == nil && !slices.Contains(out, f.from) {
			out = append(out, f.from)
		}
	}
	return out
}

// Validate tells what is wrong with the answers of a whole form on the day: first in the words of the fields,
// then by the schema, whose complaint about a field that already has one adds nothing. f is what FormFor made.
func (d *Definition) Validate(f form.Form, a form.Answers, today form.Date) []fault.Field {
	wrong := f.Validate(a, today)
	for _, at := range d.offSchema(a) {
		field, ok := f.Field(at)
		if ok && field.Locked || slices.ContainsFunc(wrong, func(w fault.Field) bool {
			return w.Name == form.NameOf(at) || field.Parts != nil && strings.HasPrefix(w.Name, field.Name+".")
		}) {
			continue
		}
		if ok && field.Wrong.RU != "" {
			wrong = append(wrong, fault.F(field.Name, "form.wrong", "text", field.Wrong))
			continue
		}
		wrong = append(wrong, fault.F(form.NameOf(at), "form.unreadable", "label", field.Label))
	}
	return wrong
}

// Case is what a call may know of the case itself.
type Case struct {
	ID          string
	Number      string
	SubmittedAt time.Time
	Answer      map[string]any // what the register answered last
}

// ref is where a value of a call comes from.
type ref struct {
	fact    Fact   // p.inn
	pointer string // d.year
	of      string // c.number
	answer  string // r.number: what the register answered last
	part    string // s.insurance.number: what the register answered last in that part …
	key     string // … under this name
}

func (c *compiler) ref(n *yaml.Node, what string) ref {
	text := c.text(n, what)
	switch {
	case strings.HasPrefix(text, "p."):
		return ref{fact: c.fact(n, "p.", what)}
	case strings.HasPrefix(text, "d."):
		pointer := "/" + strings.ReplaceAll(strings.TrimPrefix(text, "d."), ".", "/")
		l := c.leaves[pointer]
		switch {
		case l == nil:
			c.fail(n, "%s is %s; the data does not describe %s%s", what, text, pointer, c.near(pointer))
		case l.field.Type == form.TypeRows || form.Group(pointer) != "":
			c.fail(n, "%s is %s; a register is not asked with rows", what, text)
		case l.of != "" && l.field.Type != form.TypeChoice:
			c.fail(n, "%s is %s, a part of an address; a register is asked with the whole of it, in one line (d.%s)", what, text, strings.ReplaceAll(l.of[1:], "/", "."))
		case identifies(l.field.Type):
			c.fail(n, "%s is %s, which a person types; a register is asked only about the applicant: take it from the profile (p.)", what, text)
		}
		return ref{pointer: pointer}
	case answerShape.MatchString(text):
		return ref{answer: answerShape.FindStringSubmatch(text)[1]}
	case text == "c.id" || text == "c.number" || text == "c.submitted_at":
		return ref{of: strings.TrimPrefix(text, "c.")}
	}
	c.fail(n, "%s is %q; it must be p.FACT, d.ANSWER, r.KEY, c.id, c.number or c.submitted_at", what, text)
	return ref{}
}

// others are what somebody who asks about another person would type: a SNILS, an INN, a passport, a name, a day of birth, a contact.
//
//go:embed others.txt
var othersText string

var others = strings.Split(strings.TrimSpace(othersText), "\n")

// things are patterns of numbers that are as long as a person's and are those of things: of a vehicle, a plot or a building, a policy for a
// vehicle. A definition whose pattern is one of them letter for letter may ask a register with it.
//
//go:embed things.txt
var thingsText string

var things = strings.Split(strings.TrimSpace(thingsText), "\n")

// aboutNobodyElse refuses an answer that a person types where the register could take it for somebody: by the name under which it is sent,
// or because it may hold a name or as many digits as the number of a person has.
func (c *compiler) aboutNobodyElse(n *yaml.Node, key string, r ref, what string) {
	l := c.leaves[r.pointer]
	if r.pointer == "" || l == nil || identifies(l.field.Type) {
		return
	}
	if slices.Contains(Facts(), Fact(key)) {
		c.refuse(n, "%s is an answer, and %s is a fact of the applicant: take it from the profile (p.%s)", what, key, key)
		return
	}
	switch l.field.Type {
	case form.TypeText, form.TypeLines:
		c.textOfNobody(n, l.field, what)
	case form.TypeNumber:
		if !short(l.field.Least) || !short(l.field.Most) {
			c.refuse(n, "%s is a number that a person types, and might be somebody's: give %s a minimum and a maximum of at most 8 digits", what, r.pointer)
		}
	case form.TypeDate:
		if birthly(key) || birthly(r.pointer) {
			c.refuse(n, "%s is a date that a person types, and its name says that somebody was born on it: a register is asked only about the applicant (p.birth_date)", what)
		}
	case form.TypeYear, form.TypeChoice, form.TypeChoices, form.TypeBoolean, form.TypeAddress, form.TypeRows, form.TypePostalAddress, form.TypeSNILS, form.TypeINN, form.TypeSurname,
		form.TypeGivenName, form.TypePatronymic, form.TypeBirthDate, form.TypePhone, form.TypeEmail:
	default: // a part of an address by itself: a street may be called anything
		c.textOfNobody(n, l.field, what)
	}
}

// textOfNobody refuses a text that might say who somebody is.
func (c *compiler) textOfNobody(n *yaml.Node, f form.Field, what string) {
	if f.Pattern == nil {
		c.refuse(n, "%s is a text that a person types, and might name somebody else: give %s a pattern that takes what the register is to be asked about and nothing else", what, f.Pointer)
		return
	}
	for _, x := range others {
		if f.Pattern.MatchString(x) {
			c.refuse(n, "%s is a text that a person types, and its pattern takes %q, which says who somebody is: a register is asked only about the applicant", what, x)
			return
		}
	}
	if !slices.Contains(things, f.Pattern.String()) && holdsNumber(f.Pattern, cmp.Or(f.Max, math.MaxInt)) {
		c.refuse(n, "%s is a text that a person types, and its pattern takes %d digits and more, which may be somebody's number: let it take fewer, or use the pattern of a thing's number as docs/services.md has it", what, someones)
	}
}

// short reports whether the bound lets through fewer digits than somebody's number has.
func short(bound *float64) bool { return bound != nil && math.Abs(*bound) < 1e8 }

var birthWords = regexp.MustCompile(`(?i)birth|born|(^|[^a-z])dob([^a-z]|$)`)

// birthly reports whether the name is that of a day of birth.
func birthly(name string) bool { return birthWords.MatchString(name) }

// identifies reports whether a value of the type says who somebody is.
func identifies(t form.Type) bool {
	switch t {
	case form.TypeSNILS, form.TypeINN, form.TypeSurname, form.TypeGivenName, form.TypePatronymic, form.TypeBirthDate,
		form.TypePhone, form.TypeEmail:
		return true
	case form.TypeText, form.TypeLines, form.TypeNumber, form.TypeDate, form.TypeYear, form.TypeChoice, form.TypeChoices,
		form.TypeBoolean, form.TypeAddress, form.TypeRows, form.TypePostalAddress:
	}
	return false
}

// Inputs is what the register of the state is asked with: names and values by the definition's with. Facts that
// the profile does not know and questions that were not answered are left out.
func (d *Definition) Inputs(s State, a form.Answers, p Profile, c Case) map[string]any {
	out := map[string]any{}
	for name, r := range d.steps[s].with {
		var v any
		switch {
		case r.fact != "":
			if k := p[r.fact]; k.Value != "" {
				v = k.Value
			}
		case r.pointer != "":
			v = brief(a.Get(r.pointer))
		case r.answer != "":
			v = c.Answer[r.answer]
		case r.of == "id":
			v = c.ID
		case r.of == "number":
			v = c.Number
		case r.of == "submitted_at":
			v = c.SubmittedAt.UTC().Format(time.RFC3339)
		}
		if v != nil {
			out[name] = v
		}
	}
	return out
}

// brief leaves a number with a fraction as many digits as are nobody's number, and makes one line of an address.
func brief(v any) any {
	if parts, ok := v.(map[string]any); ok {
		return form.PostalOf(parts).String()
	}
	n, ok := v.(float64)
	if !ok || n == math.Trunc(n) {
		return v
	}
	n, _ = strconv.ParseFloat(strconv.FormatFloat(n, 'g', someones-1, 64), 64) //nolint:errcheck // it was written by the line itself
	return n
}

// plain is the answers as JSON tools want them.
func plain(a form.Answers) (any, error) {
	b, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("answers: %w", err)
	}
	var v any
	err = json.Unmarshal(b, &v)
	return v, err
}
