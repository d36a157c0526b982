package verification_test

import (
	"errors"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/alert"
	"okno/internal/sandbox"
	"okno/internal/store"
	"okno/internal/system"
	"okno/internal/verification"
)

// pause lets the account's owner say that a stranger was there.
func pause(t *testing.T, x *system.System, who access.Actor) {
	t.Helper()
	err := x.DB.Write(ctx, func(tx *store.Tx) error {
		token, err := alert.Tell(ctx, tx, alert.Event{Account: who.ID, What: alert.Device}, tx.Now(), 24*time.Hour)
		if err != nil {
			return err
		}
		a, err := alert.ByToken(ctx, tx, token)
		if err != nil {
			return err
		}
		_, err = alert.Disavow(ctx, tx, a, tx.Now().Add(24*time.Hour))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func lift(t *testing.T, x *system.System, who access.Actor) {
	t.Helper()
	if err := x.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := alert.Lift(ctx, tx, who.ID)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// A stranger who knows the password goes to a desk with their own passport: the account would be bound to them, with a code that was shown
// before the pause or in it, and by an operator who had opened it before.
func TestDuringAPauseNoDeskBindsTheAccountToAnybody(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, r := simplified(t, x), x.World.People()[0]
		visit, err := x.Verification.VisitCode(ctx, who)
		if err != nil {
			t.Fatal(err)
		}
		p := open(t, x, who)
		if _, err := x.Verification.Enter(ctx, operator, p.ID, papers(r)); err != nil {
			t.Fatal(err)
		}
		p = await(t, x, p.ID, "the registers", answered)
		pause(t, x, who)
		if _, err := x.Verification.VisitCode(ctx, who); !errors.Is(err, alert.ErrPaused) {
			t.Errorf("a code is shown: %v", err)
		}
		if _, err := x.Verification.Open(ctx, operator, visit.Code); !errors.Is(err, verification.ErrPaused) {
			t.Errorf("a code from before opens the account at a desk: %v", err)
		}
		if _, err := x.Verification.Confirm(ctx, operator, p.ID, p.Round); !errors.Is(err, verification.ErrPaused) || levelOf(t, x, who) != access.Simplified {
			t.Errorf("it is confirmed: %v", err)
		}
		if _, err := x.Verification.ApplySNILS(ctx, who, papers(r)); !errors.Is(err, alert.ErrPaused) {
			t.Errorf("the fund is asked for a number: %v", err)
		}
		lift(t, x, who)
		if again, err := x.Verification.VisitCode(ctx, who); err != nil || again.Code != visit.Code {
			t.Errorf("after it: %v, %v", again, err)
		}
		if _, err := x.Verification.Confirm(ctx, operator, p.ID, p.Round); err != nil || levelOf(t, x, who) != access.Confirmed {
			t.Errorf("after it: %v", err)
		}
	})
}

// Papers that were sent before, and are answered in the pause, may be the stranger's.
func TestPapersThatAreAnsweredInAPauseAreNotTaken(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		if err := x.World.SetFault("passport", sandbox.Down); err != nil {
			t.Fatal(err)
		}
		who := newcomer(t, x, "+79990000015")
		send(t, x, who, papers(x.World.People()[4]))
		pause(t, x, who)
		if err := x.World.SetFault("passport", sandbox.OK); err != nil {
			t.Fatal(err)
		}
		for range 300 {
			p, _, err := x.Verification.Own(ctx, who)
			if err != nil {
				t.Fatal(err)
			}
			if p.Ended() {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		if levelOf(t, x, who) != access.Simplified {
			t.Errorf("the account is %s", levelOf(t, x, who))
		}
		said(t, x, who.ID, "message.check_paused")
		lift(t, x, who)
		send(t, x, who, papers(x.World.People()[4]))
		if concluded(t, x, who); levelOf(t, x, who) != access.Standard {
			t.Errorf("sent again after it: %s", levelOf(t, x, who))
		}
	})
}
