package procedure

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"okno/internal/access"
	"okno/internal/form"
)

// stateNode is a state as it was written.
type stateNode struct {
	key  *yaml.Node
	dict *dict
	on   map[Event]*yaml.Node
}

func (c *compiler) process(n *yaml.Node) {
	c.steps, c.actions, c.states = map[State]Step{}, map[Event]Action{}, map[State]*stateNode{}
	if n == nil {
		return
	}
	before := len(c.issues)
	d := c.dict(n, "process")
	states := c.dict(d.need("states"), "the states")
	for _, key := range states.all() {
		st := State(c.name(key, "the name of a state", nameShape, "in-work"))
		c.states[st] = &stateNode{key: key, dict: c.dict(states.get(key.Value), "the state "+key.Value), on: map[Event]*yaml.Node{}}
	}
	c.aliases()
	c.initial = State(c.text(d.need("initial"), "initial"))
	if c.initial != "" && c.states[c.initial] == nil {
		c.fail(d.get("initial"), "the initial state %q does not exist", c.initial)
	}
	c.readActions(d.get("actions"))
	d.close()
	for _, key := range states.keys {
		if st, ok := c.states[State(key.Value)]; ok {
			c.steps[State(key.Value)] = c.state(State(key.Value), st)
		}
	}
	if len(c.issues) == before { // half a chart would only bring complaints about the other half
		c.checkProcess()
	}
}

func (c *compiler) readActions(n *yaml.Node) {
	d := c.dict(n, "actions")
	for _, key := range d.all() {
		e := Event(c.name(key, "the name of an action", nameShape, "approve"))
		what := "the action " + key.Value
		if slices.Contains(partEvents(), e) {
			c.fail(key, "%s has the name of what becomes of a part: nobody causes that by a button", what)
		}
		a := c.dict(d.get(key.Value), what)
		action := Action{
			Event:   e,
			By:      By(c.word(a.need("by"), "by of "+what, string(ByOfficer), string(ByApplicant))),
			Title:   c.both(a.need("title"), "the title of "+what),
			Confirm: c.both(a.get("confirm"), "the question of "+what),
			Tone:    TonePlain,
		}
		if t := c.word(a.get("tone"), "the tone of "+what, string(TonePrimary), string(TonePlain), string(ToneDanger)); t != "" {
			action.Tone = Tone(t)
		}
		for _, r := range c.list(a.get("require"), "require of "+what) {
			action.Require = append(action.Require, Need(c.word(r, "an entry of require of "+what, string(NeedReason), string(NeedAdvice), string(NeedFields))))
		}
		action.FourEyes = c.bool(a.get("fourEyes"), "fourEyes of "+what)
		if action.FourEyes && action.By == ByApplicant {
			c.fail(a.get("fourEyes"), "%s is the applicant's, who needs no second one to agree (fourEyes)", what)
		}
		a.close()
		c.actions[e] = action
		c.marks["action "+key.Value] = key
	}
}

var (
	registerShape = regexp.MustCompile(`^registry:([a-z][a-z0-9]*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)+)$`)
	insideShape   = regexp.MustCompile(`^portal:([a-z][a-z0-9]*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)+)$`)
)

func (c *compiler) state(name State, st *stateNode) Step {
	d, what := st.dict, "the state "+string(name)
	step := Step{
		State:   name,
		Title:   c.both(d.need("title"), "the title of "+what),
		Explain: c.both(d.need("explain"), "the text explain of "+what),
		Turn:    TurnNone,
		on:      map[Event]State{},
	}
	c.stateRenamedFrom(d.get("renamedFrom"), name)
	if f := d.get("final"); f != nil {
		c.final(&step, f, d, what)
		d.close()
		return step
	}
	step.Turn = Turn(c.word(d.need("turn"), "the turn of "+what, string(TurnApplicant), string(TurnAgency), string(TurnSystem)))
	c.call(&step, d, what)
	c.applicantsTurn(&step, d, what)
	on := c.dict(d.need("on"), "on of "+what)
	for _, key := range on.all() {
		e := Event(c.name(key, "an event of "+what, nameShape, "approve"))
		target := on.get(key.Value)
		to := State(c.text(target, "the state after "+key.Value))
		if c.states[to] == nil {
			c.fail(target, "%s goes to %q on %q; there is no such state", what, to, e)
			continue
		}
		step.on[e], st.on[e] = to, key
		if _, ok := c.actions[e]; ok {
			c.used["action "+string(e)] = true
		}
	}
	step.Deadline = c.deadline(d.need("deadline"), step, what)
	if step.Retry.Max > 0 && step.Deadline.Breach != Auto {
		c.refuse(cmp.Or(d.get("deadline"), d.node), "%s asks its register %d times and then stands still for ever: give its deadline a breach that moves the case on (auto:EVENT), or leave out max of retry", what, step.Retry.Max)
	}
	d.close()
	return step
}

// applicantsTurn reads what is said of a state only when the case waits for the applicant: which answers are open, and that the
// agency's time stands still.
func (c *compiler) applicantsTurn(step *Step, d *dict, what string) {
	edit, clock := d.get("edit"), d.get("clock")
	for _, n := range []*yaml.Node{edit, clock} {
		if n != nil && step.Turn != TurnApplicant {
			c.fail(n, "only a state whose turn is applicant opens answers or stops the clock (edit, clock)")
			return
		}
	}
	step.Pause = c.word(clock, "clock of "+what, "pause") == "pause"
	step.Edit = c.words(edit, "edit of "+what)
	var opened []form.Field
	for i, p := range step.Edit {
		if OfFiles(p) {
			if _, ok := c.Attachment(p); !ok {
				c.fail(edit.Content[i], "%s opens %s, which is neither an answer (/%s) nor an attachment", what, p, p)
			}
			continue
		}
		switch l := c.leaves[p]; {
		case l == nil:
			c.fail(edit.Content[i], "%s opens %s, which the data does not describe%s", what, p, c.near(p))
		case l.of != "":
			c.fail(edit.Content[i], "%s opens %s, which is a part of an address: open the whole of it (%s)", what, p, l.of)
		case form.Group(p) != "":
			c.fail(edit.Content[i], "%s opens %s, which is in each row of %s: open that one", what, p, form.Group(p))
		case slices.ContainsFunc(c.prefill, func(f prefill) bool { return f.to == p && f.lock == LockAlways }):
			c.fail(edit.Content[i], "%s opens %s, which is always the profile's own", what, p)
		}
		if f, ok := c.Form.Field(p); ok {
			opened = append(opened, f)
		}
	}
	c.carries(edit, "the answer that "+what+" opens", opened)
}

func (c *compiler) final(step *Step, n *yaml.Node, d *dict, what string) {
	switch c.word(n, "final of "+what, "success", "refuse", "cancel") {
	case "success":
		step.Outcome = Granted
	case "refuse":
		step.Outcome = Refused
	case "cancel":
		step.Outcome = Withdrawn
	}
	c.word(d.get("turn"), "the turn of "+what+", which is an end,", string(TurnNone))
	for _, key := range []string{"call", "with", "retry", "deadline", "on", "edit", "clock", "begin", "takeBack"} {
		if k := d.get(key); k != nil {
			c.fail(k, "%s is an end and cannot have %q", what, key)
		}
	}
	for i, name := range c.words(d.get("output"), "output of "+what) {
		o, ok := c.outputs[name]
		at := d.get("output").Content[i]
		switch {
		case !ok:
			c.fail(at, "%s gives the paper %q, which is not among the outputs", what, name)
		case step.Outcome != Granted:
			c.fail(at, "%s is no success and cannot give a paper", what)
		}
		c.used["output "+name] = true
		step.Outputs = append(step.Outputs, o)
	}
	for i, code := range c.words(d.get("reasons"), "reasons of "+what) {
		r, ok := c.reasons[code]
		at := d.get("reasons").Content[i]
		switch {
		case !ok:
			c.fail(at, "%s names the reason %q, which is not described", what, code)
		case step.Outcome != Refused:
			c.fail(at, "%s is no refusal and cannot have reasons", what)
		}
		c.used["reason "+code] = true
		step.Reasons = append(step.Reasons, r)
	}
	if step.Outcome == Refused && len(step.Reasons) == 0 {
		c.fail(n, "%s is a refusal without reasons", what)
	}
	if n := d.get("takenBack"); n != nil {
		to := State(c.text(n, "takenBack of "+what))
		switch {
		case step.Outcome != Granted:
			c.fail(n, "%s is no success: there is nothing that could be taken back", what)
		case c.states[to] == nil:
			c.fail(n, "%s goes to %q when it is taken back; there is no such state", what, to)
		default:
			step.TakenBack, step.on[TakeBack] = to, to
		}
	}
	if r := d.get("reapply"); r != nil {
		step.Reapply = c.word(r, "reapply of "+what, "copy") == "copy"
		if step.Outcome == Granted {
			c.fail(r, "%s is a success; there is nothing to apply for again", what)
		}
	}
}

func (c *compiler) call(step *Step, d *dict, what string) {
	call, with, retry, begin, back := d.get("call"), d.get("with"), d.get("retry"), d.get("begin"), d.get("takeBack")
	if step.Turn != TurnSystem {
		for _, n := range []*yaml.Node{call, with, retry, begin, back} {
			if n != nil {
				c.fail(n, "only a state whose turn is system asks a register or has a part (call, with, retry, begin, takeBack)")
			}
		}
		return
	}
	if n := alone(call, begin, back); n != 1 {
		c.fail(d.node, "%s waits for the system, which does one thing there: call, begin or takeBack; it has %d", what, n)
		return
	}
	switch {
	case begin != nil:
		c.part(step, begin, what)
		return
	case back != nil:
		step.TakesBack = c.text(back, "takeBack of "+what)
		if c.parts[step.TakesBack] == nil {
			c.fail(back, "%s takes back %q, which no state begins", what, step.TakesBack)
		}
		return
	}
	if m := insideShape.FindStringSubmatch(c.text(call, "call of "+what)); m != nil {
		if step.Inside = m[1]; with != nil {
			c.fail(with, "%s asks the portal, which knows the case and its answers: leave with out", what)
		}
		c.retry(step, d, retry, what)
		return
	}
	m := registerShape.FindStringSubmatch(call.Value)
	if m == nil {
		c.fail(call, "call of %s is %q; it must look like registry:fns.income", what, call.Value)
		return
	}
	step.Register = m[1]
	w := c.dict(with, "with of "+what)
	step.with = map[string]ref{}
	for _, key := range w.all() {
		step.with[key.Value] = c.ref(w.get(key.Value), "with."+key.Value+" of "+what)
		c.aboutNobodyElse(w.get(key.Value), key.Value, step.with[key.Value], "with."+key.Value+" of "+what)
	}
	if !c.Level.AtLeast(access.Standard) {
		c.fail(call, "%s asks a register, and nobody has checked who applies: assurance must be standard or confirmed", what)
	}
	c.retry(step, d, retry, what)
}

// retry reads how what is asked in a state is asked again.
func (c *compiler) retry(step *Step, d *dict, retry *yaml.Node, what string) {
	if retry == nil {
		c.fail(d.node, "%s asks a register and does not say how to ask again when it is down (retry)", what)
		return
	}
	r := c.dict(retry, "retry of "+what)
	base, most := c.span(r.need("base"), "base of retry"), c.span(r.need("cap"), "cap of retry")
	step.Retry = Retry{Base: base.Exact, Cap: most.Exact, Max: c.int(r.get("max"), "max of retry", 1, 1000)}
	if step.Retry.Base < time.Second || step.Retry.Cap < step.Retry.Base || step.Retry.Cap > 24*time.Hour || base.Days+most.Days > 0 {
		c.fail(retry, "retry of %s: base must be at least a second, cap at least base and at most a day, both in hours, minutes and seconds", what)
	}
	r.close()
}

// alone counts what is there.
func alone(nodes ...*yaml.Node) int {
	n := 0
	for _, x := range nodes {
		if x != nil {
			n++
		}
	}
	return n
}

func (c *compiler) deadline(n *yaml.Node, step Step, what string) Deadline {
	if n == nil {
		return Deadline{}
	}
	d := c.dict(n, "the deadline of "+what)
	defer d.close()
	if none := d.get("none"); none != nil {
		if c.text(none, "the reason for no deadline") == "" {
			c.fail(none, "say why %s has no deadline", what)
		}
		return Deadline{}
	}
	out := Deadline{In: c.span(d.need("in"), "in of the deadline of "+what), Calendar: c.calendar(d.get("calendar"))}
	if d.get("in") != nil && out.In.IsZero() {
		c.fail(d.get("in"), "the deadline of %s has no length", what)
	}
	b := d.need("breach")
	text := c.text(b, "breach of the deadline of "+what)
	event, auto := strings.CutPrefix(text, "auto:")
	switch {
	case auto:
		out.Breach, out.Event = Auto, Event(event)
		if _, ok := step.on[out.Event]; !ok {
			c.fail(b, "the deadline of %s causes the event %q, which the state does not know (on)", what, event)
		}
	case text == string(Escalate), text == string(Remind):
		out.Breach = Breach(text)
		c.heard(b, out.Breach, step.Turn, what)
	case b != nil:
		c.fail(b, "breach of the deadline of %s is %q; it may be escalate, remind or auto:EVENT", what, text)
	}
	return out
}

// heard refuses a breach that nobody is told of: the head of the desk cannot hurry an applicant, and nobody but an applicant is reminded.
func (c *compiler) heard(n *yaml.Node, b Breach, turn Turn, what string) {
	switch {
	case b == Escalate && turn == TurnApplicant:
		c.refuse(n, "breach of the deadline of %s is escalate, but the case waits for the applicant, whom the agency cannot hurry: say remind or auto:EVENT", what)
	case b == Remind && turn != TurnApplicant:
		c.refuse(n, "breach of the deadline of %s is remind, but only an applicant is reminded: say escalate, which tells the head of the agency's desk, or auto:EVENT", what)
	}
}

// checkProcess looks at the chart as a whole.
func (c *compiler) checkProcess() {
	c.order = c.reach(c.initial)
	for name, st := range c.states {
		if !slices.Contains(c.order, name) {
			c.fail(st.key, "the state %s can never be reached from %s", name, c.initial)
		}
	}
	granted := false
	for _, name := range c.order {
		step, st := c.steps[name], c.states[name]
		granted = granted || step.Outcome == Granted
		if step.Final() {
			continue
		}
		if !slices.ContainsFunc(c.reach(name), func(s State) bool { return c.steps[s].Final() }) {
			c.fail(st.key, "from the state %s no end can be reached", name)
		}
		c.exits(step, st)
		c.partExits(step, st)
	}
	c.partRoads()
	c.circles()
	c.unanswered()
	if !granted {
		c.fail(c.states[c.initial].key, "the process has no final: success that can be reached")
	}
}

// circles refuses deadlines that lead to one another and back again: a case that nobody touches would go round for ever, and tell of it each time.
func (c *compiler) circles() {
	told := map[State]bool{}
	for _, name := range c.order {
		road := []State{name}
		for at := c.steps[name]; at.Deadline.Breach == Auto && !told[name]; {
			to := at.on[at.Deadline.Event]
			if to == name {
				c.refuse(c.states[name].key, "deadlines alone lead from the state %s back to it (%s), so that a case which nobody touches goes round for ever: let one of them end otherwise", name, listed(append(texts(road), string(to))))
				for _, s := range road {
					told[s] = true
				}
				break
			}
			if slices.Contains(road, to) {
				break // a circle of others, whose turn comes
			}
			road, at = append(road, to), c.steps[to]
		}
	}
}

// unanswered refuses an end whose papers say what a register answered, when a road leads there on which none does: no paper could be made, and
// the case could not be granted.
func (c *compiler) unanswered() {
	seen := map[State]bool{c.initial: true}
	for queue := []State{c.initial}; len(queue) > 0; queue = queue[1:] {
		step := c.steps[queue[0]]
		for _, e := range sortedEvents(step.on) {
			_, action := c.actions[e]
			auto := step.Deadline.Breach == Auto && step.Deadline.Event == e
			if to := step.on[e]; !seen[to] && (step.Register == "" || action || auto) {
				seen[to], queue = true, append(queue, to)
			}
		}
	}
	for _, name := range c.order {
		for _, o := range c.steps[name].Outputs {
			if i := slices.IndexFunc(o.Facts, func(l Line) bool { return l.answer != "" }); i >= 0 && seen[name] {
				c.refuse(c.states[name].key, "the paper %s of the state %s says what a register answered (r.%s), and a case may come there when none has: ask one on every road to it (call)", o.Name, name, o.Facts[i].answer)
			}
		}
	}
}

func texts(list []State) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}

// exits checks that whoever a state waits for can leave it, and that somebody can cause each of its events.
func (c *compiler) exits(step Step, st *stateNode) {
	mine := false
	for _, e := range sortedEvents(step.on) {
		key, to := st.on[e], c.steps[step.on[e]]
		a, isAction := c.actions[e]
		auto := step.Deadline.Breach == Auto && step.Deadline.Event == e
		switch {
		case isAction && a.By == ByOfficer && step.Turn == TurnAgency, isAction && a.By == ByApplicant && step.Turn == TurnApplicant:
			mine = true
		case isAction && a.By == ByOfficer:
			c.fail(key, "an officer causes %s, but in the state %s it is not the agency's turn", e, step.State)
		case isAction: // the applicant may withdraw at any time
		case step.Turn == TurnSystem && !auto:
			mine = true
		case !auto:
			c.fail(key, "nobody causes the event %s in the state %s: describe it in actions, or make it the deadline's", e, step.State)
		}
		if isAction && a.Requires(NeedFields) && len(to.Edit) == 0 {
			c.fail(c.marks["action "+string(e)], "the action %s requires fields, but the state %s opens no answers (edit)", e, to.State)
		}
		if to.Outcome != Refused {
			continue
		}
		byOfficer := isAction && a.By == ByOfficer
		switch {
		case byOfficer && (!a.Requires(NeedReason) || !a.Requires(NeedAdvice)):
			c.fail(c.marks["action "+string(e)], "the action %s refuses, so it must require reason and advice", e)
		case !byOfficer && len(to.Reasons) != 1:
			c.fail(key, "nobody chooses the reason when %s leads to %s, so that state must have exactly one", e, to.State)
		case auto && len(to.Reasons) != 1:
			c.refuse(key, "the deadline of the state %s refuses by %s, too, and then nobody chooses the reason: give the deadline an event of its own, to a refusal with exactly one", step.State, e)
		}
	}
	if n := c.amending(step); len(step.Edit) > 0 && n != 1 {
		c.fail(st.key, "the state %s opens answers, so exactly one action of the applicant must send them; there are %d (a dangerous one sends none)", step.State, n)
	}
	if !mine {
		c.fail(st.key, "the state %s waits for the %s, who has no way out of it", step.State, step.Turn)
	}
}

// amending counts the actions that send what the state opens.
func (c *compiler) amending(step Step) int {
	n := 0
	for e := range step.on {
		if a, ok := c.actions[e]; ok && a.amends(step) {
			n++
		}
	}
	return n
}

// reach lists the states that can be reached from one, itself first, nearest first, then by name: an order that
// does not depend on the order of the file.
func (c *compiler) reach(from State) []State {
	out := []State{from}
	for layer := out; len(layer) > 0; {
		var next []State
		for _, s := range layer {
			for _, to := range c.steps[s].on {
				if !slices.Contains(out, to) && !slices.Contains(next, to) {
					next = append(next, to)
				}
			}
		}
		slices.Sort(next)
		out = append(out, next...)
		layer = next
	}
	return out
}

func sortedEvents(on map[Event]State) []Event {
	var out []Event
	for e := range on {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b Event) int { return cmp.Compare(a, b) })
	return out
}
