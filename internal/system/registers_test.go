package system

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"

	"okno/internal/catalogue"
	"okno/internal/connector/call"
	"okno/internal/procedure"
	"okno/internal/sandbox"
)

// refusing is a register that says no in a certain way.
type refusing struct{ outcome call.Outcome }

func (r refusing) Call(context.Context, map[string]any) (map[string]any, error) {
	if r.outcome == "" {
		return nil, errors.New("away")
	}
	return nil, &call.Refusal{System: "test", Outcome: r.outcome, Code: "TST-001"}
}

// Every word that a register of the state can answer is an event of each built-in process that asks it: a case never waits for what
// has been said already.
func TestEveryAnswerOfARegisterMovesTheCase(t *testing.T) {
	list, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]bool{"found": true}
	for _, outcome := range []call.Outcome{call.NotFound, call.Differs} {
		word, _, err := caller{refusing{outcome}}.Ask(t.Context(), nil)
		if err != nil {
			t.Fatalf("%s: %v", outcome, err)
		}
		words[word] = true
	}
	if _, _, err := (caller{refusing{}}).Ask(t.Context(), nil); err == nil {
		t.Error("a register that is away has answered")
	}
	asked := 0
	for _, d := range list.All() {
		for _, st := range d.Steps() {
			if st.Register == "" {
				continue
			}
			asked++
			says := slices.Sorted(maps.Keys(words))
			if of, open := sandbox.Agencies()[st.Register]; open {
				says = of
			}
			for _, word := range says {
				if _, err := d.Move(st.State, procedure.Event(word), procedure.BySystem); err != nil {
					t.Errorf("%s: the state %s of %s: %v", word, st.State, d.Code, err)
				}
			}
		}
	}
	if asked < 9 {
		t.Errorf("%d states ask a register", asked)
	}
}
