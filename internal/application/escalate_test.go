package application_test

import (
	"errors"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/jobs"
	"okno/internal/jobs/jobstest"
	"okno/internal/procedure"
)

// work lets the queue of the office do its jobs, alone.
func (x office) work(t *testing.T) {
	t.Helper()
	if err := x.World.Jobs.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	jobs.Handle(x.Service.Jobs, x.World.Notices.Deliver)
	jobs.Handle(x.Service.Jobs, x.Warn)
	jobstest.Start(t, x.Service.Jobs)
}

// pass lets time pass, for the clock and for the timers that are set.
func (x office) pass(t *testing.T, d time.Duration) {
	t.Helper()
	x.clock.Advance(d)
	if err := x.Service.Jobs.Advance(ctx, d); err != nil {
		t.Fatal(err)
	}
	jobstest.Settle(t, x.Service.Jobs)
}

// told is what the head was told and has not read.
func (x office) told(t *testing.T, head access.Actor) []application.Escalation {
	t.Helper()
	list, err := x.Escalations(ctx, head, 10)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestTheHeadIsToldOfADeadlineOnceWhenItIsNearAndOnceWhenItHasPassed(t *testing.T) {
	desked(t, func(t *testing.T, x bureau) {
		x.work(t)
		c, err := x.Take(ctx, x.ivan, x.filed(t, second).ID)
		if err != nil {
			t.Fatal(err)
		}
		whole, share := c.DueAt.Sub(c.EnteredAt), time.Duration(x.Service.Policy.Cases.WarnAfter)
		x.pass(t, whole/100*share-time.Minute)
		if list := x.told(t, x.head); len(list) != 0 {
			t.Errorf("the head is told too soon: %+v", list)
		}
		x.pass(t, 2*time.Minute)
		list := x.told(t, x.head)
		if len(list) != 1 || list[0].Overdue || list[0].Number != c.Number || list[0].Officer != x.ivan.ID || !list[0].DueAt.Equal(c.DueAt) {
			t.Fatalf("a deadline is near, and the head is told of %+v", list)
		}
		if _, err := x.Escalations(ctx, x.olga, 10); !errors.Is(err, access.ErrDenied) {
			t.Errorf("an officer reads what the head is told: %v", err)
		}
		if list := x.told(t, access.Actor{Kind: access.Staff, ID: "head-fns", Role: access.Head, Unit: "fns"}); len(list) != 0 {
			t.Errorf("the head of another agency is told of %+v", list)
		}
		again := func(near bool) {
			t.Helper() // as a job that was done is done again after a kill
			err := x.Overdue(ctx, application.Due{Case: c.ID, Version: c.Version})
			if near {
				err = x.Warn(ctx, application.Nearing{Case: c.ID, Version: c.Version})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		again(true)
		x.pass(t, c.DueAt.Sub(x.clock.Now())+time.Minute)
		if list = x.told(t, x.head); len(list) != 1 || !list[0].Overdue {
			t.Fatalf("a deadline has passed, and the head is told of %+v", list)
		}
		again(false)
		if n, m, err := x.ForHead(ctx, x.head, 10); err != nil || n != 1 || m != 0 {
			t.Errorf("%d deadlines and %d complaints are counted, %v", n, m, err)
		}
		if err := x.ReadEscalations(ctx, x.head, list[0].ToldAt, application.Mark{At: list[0].DueAt.Add(-time.Second), ID: list[0].CaseID}); err != nil || len(x.told(t, x.head)) != 1 {
			t.Fatalf("what stood on no page that the head saw is marked as read, %v", err)
		}
		if err := x.ReadEscalations(ctx, x.head, list[0].ToldAt, application.Mark{At: list[0].DueAt, ID: list[0].CaseID}); err != nil {
			t.Fatal(err)
		}
		again(true)
		again(false)
		if list := x.told(t, x.head); len(list) != 0 {
			t.Errorf("the head read it and is told again: %+v", list)
		}
		deeds, err := x.Deeds(ctx, x.head, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		n := map[application.Deed]int{}
		for _, d := range deeds {
			n[d.Deed]++
		}
		if n[application.Warned] != 1 || n[application.Escalated] != 1 {
			t.Errorf("the history of the case says %v", n)
		}
	})
}

func TestWhatTheHeadWasToldOfIsTakenBackWhenTheCaseMoves(t *testing.T) {
	desked(t, func(t *testing.T, x bureau) {
		x.work(t)
		c := x.filed(t, second)
		x.pass(t, c.DueAt.Sub(x.clock.Now())+time.Minute)
		if list := x.told(t, x.head); len(list) != 1 || !list[0].Overdue || list[0].Officer != "" {
			t.Fatalf("nobody took the case in time, and the head is told of %+v", list)
		}
		if _, err := x.Take(ctx, x.olga, c.ID); err != nil {
			t.Fatal(err)
		}
		if list := x.told(t, x.head); len(list) != 0 {
			t.Errorf("the case has another deadline now, and the head reads of the old one: %+v", list)
		}
	})
}

func TestWhileTheApplicantIsAskedNoHeadIsToldAndTheTimeStandsStill(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		x.work(t)
		c := x.send(t, stall, stallForm())
		head := access.Actor{Kind: access.Staff, ID: "head", Role: access.Head, Unit: c.Unit}
		whole := c.DueAt.Sub(c.EnteredAt)
		x.pass(t, whole/2)
		c, err := x.Service.Do(ctx, officer(c), c.ID, application.Act{Event: "ask", Advice: "Какой хлеб?", Fields: []string{"/goods"}})
		if err != nil || c.Turn != procedure.TurnApplicant {
			t.Fatal(c.Turn, err)
		}
		x.pass(t, c.DueAt.Sub(x.clock.Now())-time.Hour) // the agency's own time would be over
		if list := x.told(t, head); len(list) != 0 {
			t.Errorf("the applicant is asked, and the head is told of %+v", list)
		}
		c, _, err = x.Service.Amend(ctx, x.anna, c.ID, application.Correction{Typed: map[string][]string{"goods.0.name": {"rye bread"}}, Version: 0})
		if err != nil {
			t.Fatal(err)
		}
		x.pass(t, time.Hour)
		if list := x.told(t, head); len(list) != 0 {
			t.Errorf("half of the time is left, and the head is told of %+v", list)
		}
		x.pass(t, c.DueAt.Sub(x.clock.Now())-time.Hour)
		if list := x.told(t, head); len(list) != 1 || list[0].Overdue {
			t.Errorf("an hour is left, and the head is told of %+v", list)
		}
	})
}
