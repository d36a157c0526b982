package procedure

import (
	"context"
	"slices"
	"time"

	"gopkg.in/yaml.v3"

	"okno/internal/i18n"
)

// What the tests of one file may take, so that publishing ends whatever they say.
const (
	maxTests  = 500       // of a file
	maxPassed = 200       // deadlines that pass in one test
	maxYears  = 50        // for which the clock of one test may run
	maxDays   = 5_000_000 // that all tests of a file count, a step counting as one: half a second, and the same on any machine
)

// clockForm is a moment as a test writes it.
const clockForm = "2006-01-02T15:04"

// play is the case of a test on its way: a case as package application keeps it, by the same rules (Move, Term), and what it has told.
type play struct {
	name    string // of the test
	state   State
	path    []string
	reason  string
	open    []string // what the applicant may change
	now     time.Time
	end     time.Time // beyond which the clock does not go; zero without a clock
	due     time.Time
	silent  bool // the deadline of this state has passed, and the case is where it was
	stopped *Stopped
	passed  []State // whose deadline passed

	told, reminded, escalated []string
}

// begin puts a case into its first state, at noon of the day by Moscow time. A test without a day has no clock.
func (c *compiler) begin(name string, today time.Time) *play {
	p := &play{name: name}
	if !today.IsZero() {
		y, m, d := today.Date()
		p.now = time.Date(y, m, d, 12, 0, 0, 0, p.zone())
		p.end = p.now.AddDate(maxYears, 0, 0)
	}
	c.enter(p, c.Start())
	return p
}

func (*play) zone() *time.Location { return i18n.Zone(context.Background()) }

// enter does what package application does when a case arrives: the deadline, the notice, what is open.
func (c *compiler) enter(p *play, to State) {
	st := c.steps[to]
	if !p.now.IsZero() {
		p.due, p.stopped = c.Term(to, p.now, p.state, p.due, p.stopped, p.zone(), nil) // a test goes by the calendar that is built in, whatever an operator gave
		if p.due.After(p.now) {
			c.days += int(p.due.Sub(p.now) / (24 * time.Hour))
		}
	}
	p.state, p.silent, p.reason, p.open = to, false, "", st.Edit
	p.path = append(p.path, string(to))
	if st.Notice != nil {
		p.told = append(p.told, string(to))
	}
	if st.Outcome == Refused && len(st.Reasons) == 1 {
		p.reason = st.Reasons[0].Code
	}
}

// until lets the time pass up to the moment, with every deadline that passes on the way, in order. It is false when the test cannot go on.
func (c *compiler) until(at *yaml.Node, p *play, moment time.Time) bool {
	switch {
	case p.now.IsZero():
		c.fail(at, "the test %s lets time pass and does not say from which day on (today)", p.name)
		return false
	case moment.Before(p.now):
		c.fail(at, "the clock of the test %s stands at %s and does not go back to %s", p.name, p.now.Format(clockForm), moment.In(p.zone()).Format(clockForm))
		return false
	case moment.After(p.end):
		c.fail(at, "the test %s waits for longer than %d years: nobody will be there to see it", p.name, maxYears)
		return false
	case c.steps[p.state].Final() && c.steps[p.state].TakenBack == "":
		c.fail(at, "the case of the test %s has ended in the state %s, where nothing is waited for", p.name, p.state)
		return false
	}
	for !p.silent && !p.due.IsZero() && !p.due.After(moment) {
		if len(p.passed) >= maxPassed {
			c.fail(at, "in the test %s more than %d deadlines pass, the last one in the state %s: the process goes round and round", p.name, maxPassed, p.state)
			return false
		}
		if c.late(at) {
			return false
		}
		c.pass(p)
	}
	p.now = moment
	return true
}

// pass lets the deadline of the state pass, at its moment.
func (c *compiler) pass(p *play) {
	if p.due.After(p.now) { // one that was over before it stopped passes when it goes on
		p.now = p.due.In(p.zone())
	}
	st := c.steps[p.state]
	p.passed = append(p.passed, p.state)
	p.silent = true
	switch st.Deadline.Breach {
	case Auto:
		if to, err := c.Move(p.state, st.Deadline.Event, BySystem); err == nil {
			c.enter(p, to)
		}
	case Escalate:
		p.escalated = append(p.escalated, string(p.state))
	case Remind:
		if st.Reminds() {
			p.reminded = append(p.reminded, string(p.state))
		}
	}
}

// late reports whether the tests of the file count more days than they may, and says so once.
func (c *compiler) late(at *yaml.Node) bool {
	if c.days++; c.days <= maxDays {
		return false
	}
	if !c.tired {
		c.tired = true
		c.fail(at, "the deadlines in the tests of this file count more than %d days, so the rest of them is not run: let them wait for less, or test less in one file", maxDays)
	}
	return true
}

// happen does one entry of events: what somebody does, or how the clock goes. It is false when the test cannot go on.
func (c *compiler) happen(n *yaml.Node, p *play) bool {
	if c.late(n) {
		return false
	}
	if n.Kind != yaml.MappingNode {
		return c.act(n, p, c.text(n, "an event of the test "+p.name), nil)
	}
	d := c.dict(n, "an event of the test "+p.name)
	wait, at, see, do := d.get("wait"), d.get("at"), d.get("see"), d.get("do")
	if alone(wait, at, see, do) != 1 {
		c.fail(n, "an event of the test %s is one of wait, at, see and do", p.name)
		return false
	}
	goes := true
	switch {
	case wait != nil:
		s := c.span(wait, "wait of the test "+p.name)
		if goes = !s.IsZero(); !goes {
			c.fail(wait, "the test %s waits for no time", p.name)
			break
		}
		goes = c.until(wait, p, p.now.AddDate(s.Years, s.Months, s.Days).Add(s.Exact))
	case at != nil:
		var moment time.Time
		if moment, goes = c.moment(at, p); goes {
			goes = c.until(at, p, moment)
		}
	case see != nil:
		s := c.dict(see, "see of the test "+p.name)
		if !c.sees(s, p) {
			c.fail(see, "the test %s looks at nothing here (see)", p.name)
		}
		s.close()
	default:
		goes = c.act(do, p, c.text(do, "do of the test "+p.name), d)
	}
	d.close()
	return goes
}

// moment reads a day, at noon, or a moment of one.
func (c *compiler) moment(n *yaml.Node, p *play) (time.Time, bool) {
	text := c.text(n, "at of the test "+p.name)
	if t, err := time.ParseInLocation(clockForm, text, p.zone()); err == nil {
		return t, true
	}
	t, err := time.ParseInLocation(time.DateOnly, text, p.zone())
	if err != nil {
		c.fail(n, "at of the test %s is %q; it must be a day such as 2026-03-13, or a moment such as 2026-03-13T18:00", p.name, text)
		return time.Time{}, false
	}
	return t.Add(12 * time.Hour), true
}

// act moves the case by an event, with the reason and the fields that came with it.
func (c *compiler) act(n *yaml.Node, p *play, text string, with *dict) bool {
	e, by := c.caused(text)
	from := c.steps[p.state]
	to, err := c.Move(p.state, e, by)
	if err != nil {
		c.fail(n, "the test %s cannot go on: %v", p.name, err)
		return false
	}
	reason, open := "", c.steps[to].Edit
	if with != nil {
		reason, open = c.with(with, p, c.actions[e], from, c.steps[to])
	}
	c.enter(p, to)
	if p.open = open; reason != "" {
		p.reason = reason
	}
	return true
}

// with reads what an action comes with.
func (c *compiler) with(d *dict, p *play, a Action, from, to Step) (reason string, open []string) {
	open = to.Edit
	if n := d.get("reason"); n != nil {
		reason = c.text(n, "reason of the test "+p.name)
		switch {
		case !a.Requires(NeedReason):
			c.fail(n, "in the state %s the event gives no reason, so the test %s cannot name one", from.State, p.name)
		case !slices.ContainsFunc(to.Reasons, func(r Reason) bool { return r.Code == reason }):
			c.fail(n, "the test %s gives the reason %s; in the state %s there is %s", p.name, reason, to.State, listed(reasonCodes(to.Reasons)))
		}
	}
	if n := d.get("fields"); n != nil {
		open = c.words(n, "fields of the test "+p.name)
		for _, x := range open {
			if !a.Requires(NeedFields) || !slices.Contains(to.Edit, x) {
				c.fail(n, "the test %s opens %s, which the event cannot: it may open %s", p.name, x, listed(to.Edit))
			}
		}
	}
	return reason, open
}

func reasonCodes(reasons []Reason) []string {
	out := make([]string, len(reasons))
	for i, r := range reasons {
		out[i] = r.Code
	}
	return out
}

// sees checks what a test expects of the case as it is now. It is false when the test expects nothing of it.
func (c *compiler) sees(d *dict, p *play) bool {
	st, looked := c.steps[p.state], false
	one := func(key, got string, known ...string) {
		n := d.get(key)
		if n == nil {
			return
		}
		looked = true
		want := c.text(n, key+" of the test "+p.name)
		if len(known) > 0 {
			want = c.word(n, key+" of the test "+p.name, known...)
		}
		if want != "" && want != got {
			c.fail(n, "the test %s expects the %s %s, but it is %s", p.name, key, want, orNone(got))
		}
	}
	many := func(key string, got []string) {
		n := d.get(key)
		if n == nil {
			return
		}
		looked = true
		if want := c.entries(n, key+" of the test "+p.name); !slices.Equal(want, got) {
			c.fail(n, "the test %s expects %s to be %s, but it is %s", p.name, key, listed(want), listed(got))
		}
	}
	if n := d.get("path"); n != nil {
		looked = true
		if want := c.entries(n, "path of the test "+p.name); !slices.Equal(want, p.path) {
			c.fail(n, "the test %s expects the path %s, but it is %s", p.name, listed(want), listed(p.path))
		}
	}
	one("outcome", string(st.Outcome), string(Granted), string(Refused), string(Withdrawn))
	one("state", string(p.state))
	turn := st.Turn
	if st.Final() {
		turn = TurnNone
	}
	one("turn", string(turn), string(TurnApplicant), string(TurnAgency), string(TurnSystem), string(TurnNone))
	one("reason", p.reason)
	many("told", p.told)
	many("reminded", p.reminded)
	many("escalated", p.escalated)
	many("open", p.open)
	papers := []string{}
	for _, o := range st.Outputs {
		papers = append(papers, o.Name)
	}
	many("papers", papers)
	if n := d.get("paused"); n != nil {
		looked = true
		if want := c.bool(n, "paused of the test "+p.name); want != (p.stopped != nil && st.Pause) {
			c.fail(n, "the test %s expects that the agency's time %s, but it %s", p.name, standing(want), standing(!want))
		}
	}
	if n := d.get("due"); n != nil {
		looked = true
		c.seesDue(n, p)
	}
	return looked
}

// entries are texts of which one may stand there twice: a state to which a case came back.
func (c *compiler) entries(n *yaml.Node, what string) []string {
	out := []string{}
	for _, e := range c.list(n, what) {
		out = append(out, c.text(e, "an entry of "+what))
	}
	return out
}

func standing(still bool) string {
	if still {
		return "stands still"
	}
	return "runs"
}

// seesDue compares the deadline: a day, or a moment when the test has written one.
func (c *compiler) seesDue(n *yaml.Node, p *play) {
	want := c.text(n, "due of the test "+p.name)
	if p.now.IsZero() {
		c.fail(n, "the test %s expects a deadline and does not say from which day on (today)", p.name)
		return
	}
	got := "none"
	for _, shape := range []string{time.DateOnly, clockForm} {
		if _, err := time.Parse(shape, want); err == nil || want == "none" {
			if !p.due.IsZero() {
				got = p.due.In(p.zone()).Format(shape)
			}
			if want != got {
				c.fail(n, "the test %s expects the deadline %s, but it is %s", p.name, want, got)
			}
			return
		}
	}
	c.fail(n, "due of the test %s is %q; it must be a day such as 2026-03-13, a moment such as 2026-03-13T18:00, or none", p.name, want)
}
