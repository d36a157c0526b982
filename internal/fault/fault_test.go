package fault

import (
	"errors"
	"fmt"
	"testing"
)

var errTaken = New(Conflict, "slot.taken")

func TestAFaultIsFoundThroughWrappingAndByItsKey(t *testing.T) {
	err := fmt.Errorf("book slot: %w", New(Conflict, "slot.taken", "who", "me").Because(errors.New("unique")))
	if !errors.Is(err, errTaken) {
		t.Error("a copy of a refusal with values is not recognised")
	}
	if KindOf(err) != Conflict || KindOf(err).Status() != 409 {
		t.Errorf("kind = %v", KindOf(err))
	}
	if KindOf(errors.New("x")) != Internal {
		t.Error("a foreign error is not internal")
	}
}

func TestTheTextForTheLogHoldsNoValues(t *testing.T) {
	err := Invalid(F("phone", "form.phone.short", "typed", "+7912"))
	if got, want := err.Error(), "error.fields [phone: form.phone.short]"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}

func TestNothingWrongIsNoError(t *testing.T) {
	if err := Check(); err != nil {
		t.Errorf("Check() = %v", err)
	}
	if err := Check(F("a", "b")); err == nil {
		t.Error("Check(field) = nil")
	}
}
