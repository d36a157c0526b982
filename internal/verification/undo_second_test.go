package verification_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/system"
	"okno/internal/verification"
)

// REG-12: what moves a person's whole life is not in one employee's hand.
func TestItTakesTwoToUndoATakeoverAndBothPersonsReadWhoDid(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		old := lived(t, x)
		who := tookOver(t, x, "+79990000201", old.ID, old)
		moved(t, x, old.ID)
		number := numberOf(t, x, old.ID)
		stands := func(when string) {
			t.Helper()
			if levelOf(t, x, who) != access.Confirmed || levelOf(t, x, old.Actor) != access.Simplified {
				t.Errorf("%s the takeover does not stand", when)
			}
		}
		if _, err := x.Verification.ConfirmUndo(ctx, second, number, verification.Undo{Sure: true}); !errors.Is(err, verification.ErrUndoNone) {
			t.Errorf("what nobody proposed is confirmed: %v", err)
		}
		for range 2 { // pressed twice
			got, err := x.Verification.Undo(ctx, helper, number, mistake())
			if err != nil || !got.UndoneAt.IsZero() || got.ProposedAt.IsZero() || got.ProposedBy != helper.ID || got.Why != mistake().Reason {
				t.Fatalf("%+v, %v", got, err)
			}
		}
		stands("proposed,")
		if _, err := x.Verification.Undo(ctx, second, number, mistake()); !errors.Is(err, verification.ErrUndoWaits) {
			t.Errorf("a second one proposes: %v", err)
		}
		if _, err := x.Verification.ConfirmUndo(ctx, helper, number, verification.Undo{Sure: true}); !errors.Is(err, verification.ErrUndoSame) {
			t.Errorf("whoever proposed confirms: %v", err)
		}
		if _, err := x.Verification.ConfirmUndo(ctx, operator, number, verification.Undo{Sure: true}); !errors.Is(err, access.ErrDenied) {
			t.Errorf("an operator of a centre confirms: %v", err)
		}
		if _, err := x.Verification.ConfirmUndo(ctx, second, number, verification.Undo{}); !slices.ContainsFunc(fields(err), func(f fault.Field) bool { return f.Name == "sure" }) {
			t.Errorf("without having looked: %v", err)
		}
		for employee, own := range map[string]bool{helper.ID: true, second.ID: false} {
			list, err := x.Verification.Proposals(ctx, access.Actor{Kind: access.Staff, ID: employee, Role: access.Support}, 10)
			if err != nil || len(list) != 1 || list[0].Own != own || list[0].Reference != number[:4]+"-"+number[4:] {
				t.Errorf("%s is shown %+v, %v", employee, list, err)
			}
		}
		if _, err := x.Verification.DropUndo(ctx, second, number); err != nil {
			t.Fatal(err)
		}
		stands("dropped,")
		if list, err := x.Verification.Proposals(ctx, helper, 10); err != nil || len(list) != 0 {
			t.Errorf("what was dropped waits still: %+v, %v", list, err)
		}
		if _, err := x.Verification.ConfirmUndo(ctx, second, number, verification.Undo{Sure: true}); !errors.Is(err, verification.ErrUndoNone) {
			t.Errorf("what was dropped is confirmed: %v", err)
		}

		if _, err := x.Verification.Undo(ctx, helper, number, mistake()); err != nil {
			t.Fatal(err)
		}
		third := second
		third.ID = "support-three"
		var both sync.WaitGroup
		for _, one := range []access.Actor{second, third} { // at once: it is done once
			both.Go(func() {
				if _, err := x.Verification.ConfirmUndo(ctx, one, number, verification.Undo{Sure: true}); err != nil {
					t.Errorf("%s: %v", one.ID, err)
				}
			})
		}
		both.Wait()
		if done := back(t, x, number); done.Why != mistake().Reason {
			t.Errorf("%+v", done)
		}
		if levelOf(t, x, who) != access.Simplified || levelOf(t, x, old.Actor) != access.Confirmed {
			t.Error("what two have decided is not done")
		}
		for subject, last := range map[string]string{old.ID: "verification.given_back", who.ID: "verification.undone"} {
			looks, err := audit.Looks(ctx, x.DB, subject, 100, "")
			if err != nil {
				t.Fatal(err)
			}
			for action, times := range map[string]int{"verification.undo_proposed": 2, "verification.undo_dropped": 1, last: 1} {
				n := 0
				for _, e := range looks {
					if e.Action == action && e.Role == access.Support {
						n++
					}
				}
				if n != times {
					t.Errorf("%s is on the record %d times, want %d", action, n, times)
				}
			}
		}
	})
}

func TestWhereAnOperatorOfThePortalWantsOneEmployeeOneIsEnough(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		old := lived(t, x)
		who := tookOver(t, x, "+79990000211", old.ID, old)
		moved(t, x, old.ID)
		number := numberOf(t, x, old.ID)
		if _, err := x.Verification.Undo(ctx, helper, number, mistake()); err != nil { // proposed, and then the setting changes
			t.Fatal(err)
		}
		x.Policy.Takeover.Employees = 1
		if done, err := x.Verification.Undo(ctx, second, number, mistake()); err != nil || done.UndoneAt.IsZero() {
			t.Errorf("%+v, %v", done, err)
		}
		back(t, x, number)
		if levelOf(t, x, who) != access.Simplified || levelOf(t, x, old.Actor) != access.Confirmed {
			t.Error("it is not undone")
		}
	})
}
