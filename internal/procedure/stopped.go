package procedure

import (
	"time"

	"okno/internal/workday"
)

// Stopped is a deadline that stands still while the case waits for the applicant.
type Stopped struct {
	State State     `json:"state"` // whose it is
	Due   time.Time `json:"due"`
	At    time.Time `json:"at"` // since when
}

// Term is when the deadline passes of a state that is entered at that moment, the zero time for none. due is that of the state that was
// left. A state that pauses the clock lets it stand still; the state to which it belongs goes on with what was left of it, and an end
// forgets it.
func (d *Definition) Term(to State, at time.Time, left State, due time.Time, stopped *Stopped, zone *time.Location, cal *workday.Calendar) (time.Time, *Stopped) {
	st := d.steps[to]
	next := st.Deadline.Due(at, zone, cal)
	if st.Pause && stopped == nil && !due.IsZero() {
		stopped = &Stopped{left, due, at}
	}
	if stopped == nil || st.Pause {
		return next, stopped
	}
	if to == stopped.State && !st.Deadline.IsZero() {
		next = st.Deadline.Resume(stopped.Due, stopped.At, at, zone, cal)
	}
	if to == stopped.State || st.Final() {
		stopped = nil
	}
	return next, stopped
}

// Reminds reports whether the applicant is told once more when the deadline of the state is over.
func (s Step) Reminds() bool {
	return s.Deadline.Breach == Remind && s.Turn == TurnApplicant && s.Notice != nil
}
