package call

import (
	"errors"
	"fmt"
)

var (
	// ErrUnavailable says that the system was not reached, or did not answer in time.
	ErrUnavailable = errors.New("unavailable")

	// ErrOpen comes with ErrUnavailable when the system was not even asked, because it kept failing.
	ErrOpen = errors.New("circuit open")

	// ErrSettings comes with ErrUnavailable when something on the way knows us and does not let us through: until an operator has
	// mended what is set, here or there, trying again makes no sense. Who waits for an answer keeps waiting.
	ErrSettings = errors.New("not let through as things are set")

	// ErrGarbage says that the system answered something that cannot be understood.
	ErrGarbage = errors.New("unintelligible answer")

	// ErrNotFound matches a Refusal of a system that holds nothing of what was asked.
	ErrNotFound error = &Refusal{Outcome: NotFound}

	// ErrDiffers matches a Refusal of a system that holds it for somebody who differs from whom we named.
	ErrDiffers error = &Refusal{Outcome: Differs}

	// ErrRejected matches a Refusal of a system that does not take what it was given: asking again with the
	// same thing makes no sense.
	ErrRejected error = &Refusal{Outcome: Rejected}
)

// Failed is a failure that a transport of ours tells: why, one of the errors above, and what happened, in words without anything of
// what was sent or received. Bare keeps it.
type Failed struct {
	Why  error
	What string
}

func (f *Failed) Error() string { return f.Why.Error() + ": " + f.What }

// Unwrap makes a mistake in the settings unavailability too.
func (f *Failed) Unwrap() []error {
	if errors.Is(f.Why, ErrSettings) {
		return []error{ErrSettings, ErrUnavailable}
	}
	return []error{f.Why}
}

// Outcome is why a healthy system said no.
type Outcome string

// The outcomes.
const (
	NotFound Outcome = "not_found"
	Differs  Outcome = "differs"
	Rejected Outcome = "rejected"
)

// Refusal is the no of a system that is alive and well. It is an error to the caller and none to the circuit.
type Refusal struct {
	System    string
	Outcome   Outcome
	Code      string // the system's own code, for the person to quote and for the page to explain
	Reference string // the system's number of the request, when it gave one
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("%s: %s (%s)", r.System, r.Outcome, r.Code)
}

// Is makes every refusal match the sentinel of its outcome.
func (r *Refusal) Is(target error) bool {
	t, ok := target.(*Refusal)
	return ok && t.System == "" && t.Outcome == r.Outcome
}

// Fate returns the outcome and the code as plain strings. Packages that may not import this one can ask an
// error for them through an interface of their own.
func (r *Refusal) Fate() (outcome, code string) { return string(r.Outcome), r.Code }
