package procedure

import (
	"errors"
	"fmt"
	"slices"
)

// ErrNoMove means that the state does not know the event: somebody else moved the case, or it has ended.
var ErrNoMove = errors.New("the state does not know the event")

// ErrNotTheirs means that the event is another party's to cause.
var ErrNotTheirs = errors.New("the event is another party's")

// Start is the state in which a case begins when it was submitted.
func (d *Definition) Start() State { return d.initial }

// Step is what the state says and does; false for a state that the definition does not have.
func (d *Definition) Step(s State) (Step, bool) {
	step, ok := d.steps[s]
	return step, ok
}

// Decided reports whether the agency has its turn in the process, so that somebody there reads the application.
func (d *Definition) Decided() bool {
	for _, st := range d.steps {
		if st.Turn == TurnAgency {
			return true
		}
	}
	return false
}

// Steps lists all states, the initial one first, then by their distance from it.
func (d *Definition) Steps() []Step {
	out := make([]Step, len(d.order))
	for i, s := range d.order {
		out[i] = d.steps[s]
	}
	return out
}

// Move is the state to which the event takes a case. It does not look at who the party is in person: whether
// this is the applicant's own case, or one of the officer's agency, is the caller's question.
func (d *Definition) Move(from State, e Event, by By) (State, error) {
	step, ok := d.steps[from]
	if !ok {
		return "", fmt.Errorf("state %q of %s: %w", from, d.Code, ErrNoMove)
	}
	to, ok := step.on[e]
	if !ok {
		return "", fmt.Errorf("%s in state %s of %s: %w", e, from, d.Code, ErrNoMove)
	}
	if !d.may(step, e, by) {
		return "", fmt.Errorf("%s by %s in state %s of %s: %w", e, by, from, d.Code, ErrNotTheirs)
	}
	return to, nil
}

// may says whether the party causes the event: an action belongs to its party, and to the system when it is
// what the deadline does; everything else is the system's.
func (d *Definition) may(step Step, e Event, by By) bool {
	a, isAction := d.actions[e]
	if !isAction {
		return by == BySystem
	}
	return by == a.By || by == BySystem && step.Deadline.Breach == Auto && step.Deadline.Event == e
}

// Actions lists what the party may do in the state, in the order of the buttons: the main one first, the
// dangerous ones last.
func (d *Definition) Actions(s State, by By) []Action {
	step := d.steps[s]
	var out []Action
	for _, e := range sortedEvents(step.on) {
		a, ok := d.actions[e]
		if !ok || a.By != by {
			continue
		}
		to := d.steps[step.on[e]]
		a.Reasons = to.Reasons
		a.Amends = a.amends(step)
		if a.Requires(NeedFields) {
			a.Fields = to.Edit
		}
		out = append(out, a)
	}
	slices.SortStableFunc(out, func(a, b Action) int { return a.Tone.rank() - b.Tone.rank() })
	return out
}

// amends reports whether the applicant's action sends what the state opens. Taking the application back does not.
func (a Action) amends(in Step) bool {
	return a.By == ByApplicant && len(in.Edit) > 0 && a.Tone != ToneDanger
}

func (t Tone) rank() int {
	switch t {
	case TonePrimary:
		return 0
	case TonePlain:
		return 1
	case ToneDanger:
		return 2
	}
	return 1
}

// Ahead is the shortest road from the state to a success: the states that are still to come, for the page that
// shows how things go. It is empty for an end, and when no success can be reached any more.
func (d *Definition) Ahead(s State) []Step {
	came := map[State]State{}
	for queue := []State{s}; len(queue) > 0; queue = queue[1:] {
		here := d.steps[queue[0]]
		if here.Outcome == Granted {
			return d.road(came, s, here.State)
		}
		for _, e := range sortedEvents(here.on) {
			to := here.on[e]
			if _, seen := came[to]; seen || to == s {
				continue
			}
			came[to] = here.State
			queue = append(queue, to)
		}
	}
	return nil
}

func (d *Definition) road(came map[State]State, from, to State) []Step {
	var out []Step
	for s := to; s != from; s = came[s] {
		out = append(out, d.steps[s])
	}
	slices.Reverse(out)
	return out
}
