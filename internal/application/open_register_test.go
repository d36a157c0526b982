package application_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"okno/internal/application"
	"okno/internal/document"
	"okno/internal/procedure"
	"okno/internal/sandbox"
	"okno/internal/system"
)

// SRV-12, SRV-10: the number comes by itself, and on a bad day of the register afterwards; the page that everybody sees does not say it.
func TestANumberOfATaxpayerComesByItselfAlsoWhenTheRegisterTalksNonsense(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, r := confirmed(t, x)
		if err := x.World.SetFault("registers", sandbox.Garbage); err != nil {
			t.Fatal(err)
		}
		c := file(t, x, who, "fns.inn", map[string][]string{"reason": {"forgotten"}})
		c = await(t, x, who, c.ID, "the first failure", func(c application.Case) bool { return c.Failed > 0 })
		if c.Outcome != "" || c.Turn != procedure.TurnSystem {
			t.Errorf("nonsense ended the case: %s", c.State)
		}
		if err := x.World.SetFault("registers", sandbox.OK); err != nil {
			t.Fatal(err)
		}
		c = await(t, x, who, c.ID, "the number", func(c application.Case) bool { return c.Outcome == procedure.Granted })
		if c.Content.Data["inn"] != r.INN {
			t.Errorf("the number is %v, want %s", c.Content.Data["inn"], r.INN)
		}
		papers, err := x.Papers.OfCase(ctx, x.DB, who.ID, c.ID)
		if err != nil || len(papers) != 1 || papers[0].Kind != document.Decision {
			t.Fatalf("%d papers, %v", len(papers), err)
		}
		shown, err := x.Papers.ByToken(ctx, papers[0].Link[strings.LastIndex(papers[0].Link, "/")+1:])
		if err != nil || shown.State != document.Valid || len(shown.Facts) != 2 {
			t.Fatalf("the public page shows %+v, %v", shown, err)
		}
		for _, f := range shown.Facts {
			if strings.Contains(f.Value.RU, r.INN) {
				t.Error("a stranger reads the number")
			}
		}
	})
}

// says is a register that answers so.
type says struct {
	outcome string
	data    map[string]any
}

func (s says) Ask(context.Context, map[string]any) (string, map[string]any, error) {
	return s.outcome, s.data, nil
}

func TestAnAnswerThatTheProcessDoesNotKnowOrOfWhichNoPaperCanBeMadeIsAskedForAgain(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		x.Registers = map[string]application.Register{"rosreestr.extract": says{outcome: "planted"}}
		c := x.buyer(t)
		for _, e := range []procedure.Event{"take", "approve"} {
			if _, err := x.Do(ctx, officer(c), c.ID, application.Act{Event: e}); err != nil {
				t.Fatal(err)
			}
		}
		waiting := x.get(t, c.ID)
		for i, s := range []says{{outcome: "planted"}, {outcome: "take"}, {outcome: "found", data: map[string]any{"objects": "many"}}} {
			x.Registers["rosreestr.extract"] = s
			err := x.Ask(ctx, application.AskRegister{Case: c.ID, Version: waiting.Version})
			if err == nil {
				t.Errorf("%v: the job is done", s)
			}
			if i == 2 && !errors.Is(err, document.ErrAnswer) {
				t.Errorf("the reason is %v", err)
			}
			if now := x.get(t, c.ID); now.State != waiting.State || now.Failed != i+1 {
				t.Errorf("%v: the case is %s and was asked in vain %d times", s, now.State, now.Failed)
			}
		}
	})
}
