package application_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/fault"
	"okno/internal/procedure"
	"okno/internal/staff"
	"okno/internal/store"
)

// refused is a case that this officer refused.
func (x bureau) refused(t *testing.T, by access.Actor) application.Case {
	t.Helper()
	c := x.filed(t, extract)
	if _, err := x.Take(ctx, by, c.ID); err != nil {
		t.Fatal(err)
	}
	c, err := x.Do(ctx, by, c.ID, application.Act{Event: "refuse", Reason: "data-mismatch", Advice: "Проверьте номер"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (x bureau) complain(t *testing.T, caseID string, ground application.Ground) application.Complaint {
	t.Helper()
	m, err := x.Complain(ctx, x.anna, caseID, application.NewComplaint{Ground: ground, Text: "Номер верный"})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAnUpheldComplaintPutsTheCaseBackIntoWorkWithAnotherOfficerAndANewDeadline(t *testing.T) {
	desked(t, func(t *testing.T, x bureau) {
		c := x.refused(t, x.ivan)
		x.complain(t, c.ID, application.AgainstRefusal)
		if _, err := x.Complain(ctx, x.anna, c.ID, application.NewComplaint{Ground: application.AgainstRefusal, Text: "Ещё раз"}); !errors.Is(err, application.ErrComplains) {
			t.Errorf("a second complaint while one is open: %v", err)
		}
		if n, m, err := x.ForHead(ctx, x.head, 10); err != nil || n != 0 || m != 1 {
			t.Errorf("%d deadlines and %d complaints wait for the head, %v", n, m, err)
		}
		x.clock.Advance(30 * time.Hour)
		if _, err := x.Judge(ctx, x.olga, c.ID, application.Ruling{Reasons: "Нет"}); !errors.Is(err, access.ErrDenied) {
			t.Errorf("an officer decided a complaint: %v", err)
		}
		r := application.Ruling{Uphold: true, Reasons: "Номер верный", Note: "Проверьте снова", To: x.ivan.ID}
		if _, err := x.Judge(ctx, x.head, c.ID, r); fault.KindOf(err) != fault.InvalidInput {
			t.Errorf("the case went back to the first officer: %v", err)
		}
		r.To = x.olga.ID
		m, err := x.Judge(ctx, x.head, c.ID, r)
		if err != nil || m.State != application.ComplaintUpheld {
			t.Fatalf("%s, %v", m.State, err)
		}
		c = x.get(t, c.ID)
		want := c.Step().Deadline.Due(x.Service.DB.Now(), time.UTC, nil)
		if c.Outcome != "" || c.Turn != procedure.TurnAgency || c.Officer != x.olga.ID || c.Content.Reason != "" || c.DueAt.IsZero() || c.DueAt.Sub(want).Abs() > time.Second {
			t.Fatalf("outcome %q, turn %s, officer %s, reason %q, due %s, not %s", c.Outcome, c.Turn, c.Officer, c.Content.Reason, c.DueAt, want)
		}
		if _, err := x.Assign(ctx, x.head, c.ID, application.Handing{To: x.ivan.ID}); !errors.Is(err, application.ErrFirstOfficer) {
			t.Errorf("the head gave the case to the first officer: %v", err)
		}
		if _, err := x.Do(ctx, x.ivan, c.ID, application.Act{Event: "approve"}); !errors.Is(err, application.ErrFirstOfficer) {
			t.Errorf("the first officer decided again: %v", err)
		}
		list, err := x.Complaints(ctx, x.olga, c.ID)
		if err != nil || len(list) != 1 || list[0].Note != "Проверьте снова" {
			t.Errorf("the officer reads %+v, %v", list, err)
		}
		if list, err = x.Complaints(ctx, x.anna, c.ID); err != nil || len(list) != 1 || list[0].Note != "" || list[0].Handler != "" || list[0].Answer != "Номер верный" {
			t.Errorf("the person reads %+v, %v", list, err)
		}
		if list, err = x.ComplaintsOf(ctx, x.anna, 10); err != nil || len(list) != 1 || list[0].Note != "" || list[0].Handler != "" || list[0].Answer != "Номер верный" {
			t.Errorf("of all of theirs the person reads %+v, %v", list, err)
		}
		if list, err = x.Complaints(ctx, x.stranger, c.ID); !errors.Is(err, application.ErrMissing) {
			t.Errorf("another agency reads %+v, %v", list, err)
		}
	})
}

// deskComplaints are the open complaints that a desk sees first.
func (x bureau) deskComplaints(who access.Actor) ([]application.ComplaintLine, error) {
	l, err := x.DeskComplaints(ctx, who, true, nil, 10)
	return l.Lines, err
}

// OPS-2: no complaint is out of reach because there are many: both lists are read to their end, and back to their beginning.
func TestComplaintsAreReadPageByPageForwardsAndBack(t *testing.T) {
	desked(t, func(t *testing.T, x bureau) {
		cases := x.sow(t, rand.New(rand.NewPCG(1, 1)), 7, []string{x.anna.ID}, []string{"rosreestr"}) //nolint:gosec // a test's dice
		if err := x.Service.DB.Write(ctx, func(tx *store.Tx) error {
			for i, c := range cases { // one that is open and one that was decided, some of them at the same moment
				at := store.Moment(tx.Now().Add(time.Duration(i/2) * time.Hour))
				for version, state := range []string{"open", "dismissed"} {
					decided := any(nil)
					if state != "open" {
						decided = at
					}
					if err := tx.Do(ctx, `INSERT INTO complaint (id, application_id, unit, version, ground, state, barred, handler, content, made_at, due_at, decided_at)
						VALUES ($1, $2, $3, $4, 'refusal', $5, '', '', $6, $7, $7, $8)`, fmt.Sprint(state, i), c.id, c.unit, version, state, []byte{0}, at, decided); err != nil {
						return err
					}
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		for _, open := range []bool{true, false} {
			whole, err := x.DeskComplaints(ctx, x.head, open, nil, 100)
			if err != nil || len(whole.Lines) != len(cases) || whole.Next != nil || whole.Prev != nil {
				t.Fatalf("open %v: %d complaints, %v", open, len(whole.Lines), err)
			}
			if first := whole.Lines[0]; open && first.DueAt.After(whole.Lines[6].DueAt) || !open && first.DueAt.Before(whole.Lines[6].DueAt) {
				t.Errorf("open %v: the first is of %s, the last of %s", open, first.DueAt, whole.Lines[6].DueAt)
			}
			var forwards, backwards []application.ComplaintLine
			var from, last *application.Mark
			for more := true; more; more = from != nil {
				l, err := x.DeskComplaints(ctx, x.head, open, from, 2)
				if err != nil {
					t.Fatal(err)
				}
				forwards, last, from = append(forwards, l.Lines...), l.Prev, l.Next
			}
			for backwards = forwards[6:]; last != nil; {
				l, err := x.DeskComplaints(ctx, x.head, open, last, 2)
				if err != nil {
					t.Fatal(err)
				}
				backwards, last = append(slices.Clone(l.Lines), backwards...), l.Prev
			}
			if !slices.Equal(forwards, whole.Lines) || !slices.Equal(backwards, whole.Lines) {
				t.Errorf("open %v:\n%v forwards,\n%v backwards, not\n%v", open, forwards, backwards, whole.Lines)
			}
		}
	})
}

func TestWhoDecidedTheCaseNeverDecidesTheComplaint(t *testing.T) {
	desked(t, func(t *testing.T, x bureau) {
		c := x.refused(t, x.head)
		m := x.complain(t, c.ID, application.AgainstRefusal)
		if _, err := x.Judge(ctx, x.head, c.ID, application.Ruling{Reasons: "Всё верно"}); !errors.Is(err, application.ErrOwnDecision) {
			t.Fatalf("the head decided a complaint about their own decision: %v", err)
		}
		if alone, err := x.Stranded(ctx, m); err != nil || !alone {
			t.Errorf("the only head decided the case, and the complaint is not stranded: %v", err)
		}
		if list, err := x.deskComplaints(x.olga); err != nil || len(list) != 1 || list[0].Number != c.Number || !list[0].Stranded {
			t.Errorf("the desk sees %+v, %v", list, err)
		}
		e, _, err := x.World.Staff.Add(ctx, access.SystemActor(), staff.New{Login: "vera", Name: "vera", Role: access.Head, Unit: "rosreestr", Encoded: "-"})
		if err != nil {
			t.Fatal(err)
		}
		vera := access.Actor{Kind: access.Staff, ID: e.ID, Role: access.Head, Unit: "rosreestr"}
		if list, err := x.deskComplaints(vera); err != nil || len(list) != 1 || list[0].Stranded || list[0].Own {
			t.Errorf("another head sees %+v, %v", list, err)
		}
		if list, err := x.deskComplaints(x.stranger); err != nil || len(list) != 0 {
			t.Errorf("another agency sees %+v, %v", list, err)
		}
		if _, err := x.Judge(ctx, vera, c.ID, application.Ruling{Reasons: "Номер не тот"}); err != nil {
			t.Fatal(err)
		}
		if c = x.get(t, c.ID); c.Outcome != procedure.Refused {
			t.Errorf("a dismissed complaint made the case %q", c.Outcome)
		}
		if _, err := x.Complain(ctx, x.anna, c.ID, application.NewComplaint{Ground: application.AgainstRefusal, Text: "Снова"}); !errors.Is(err, application.ErrComplained) {
			t.Errorf("the same decision was complained of again: %v", err)
		}
	})
}

func TestAComplaintIsAnsweredInWorkingDaysAndMadeInTime(t *testing.T) {
	desked(t, func(t *testing.T, x bureau) {
		for ground, days := range map[application.Ground]int{application.AgainstRefusal: 15, application.AgainstPapers: 5} {
			m := x.complain(t, x.refused(t, x.ivan).ID, ground)
			if want := (procedure.Deadline{In: procedure.Span{Days: days}, Calendar: procedure.Working}).Due(m.MadeAt, time.UTC, nil); m.DueAt.Sub(want).Abs() > time.Second {
				t.Errorf("%s is due %s, not %s", ground, m.DueAt, want)
			}
		}
		c := x.refused(t, x.ivan)
		x.clock.Advance(x.Service.Policy.Cases.ComplaintWithin + time.Hour)
		if _, err := x.Complain(ctx, x.anna, c.ID, application.NewComplaint{Ground: application.AgainstRefusal, Text: "Поздно"}); !errors.Is(err, application.ErrTooLate) {
			t.Errorf("a complaint after its term: %v", err)
		}
	})
}

func TestAMissedDeadlineCanBeComplainedOf(t *testing.T) {
	desked(t, func(t *testing.T, x bureau) {
		c := x.filed(t, extract)
		n := application.NewComplaint{Ground: application.AgainstDelay, Text: "Нет ответа"}
		if _, err := x.Complain(ctx, x.anna, c.ID, n); !errors.Is(err, application.ErrNothingWrong) {
			t.Errorf("a complaint before the deadline: %v", err)
		}
		if _, err := x.Take(ctx, x.ivan, c.ID); err != nil {
			t.Fatal(err)
		}
		late := x.get(t, c.ID).DueAt
		x.clock.Advance(late.Sub(x.Service.DB.Now()) + time.Hour)
		x.complain(t, c.ID, application.AgainstDelay)
		if _, err := x.Judge(ctx, x.head, c.ID, application.Ruling{Uphold: true, Reasons: "Срок пропущен", Note: "Решите сегодня", To: x.olga.ID}); err != nil {
			t.Fatal(err)
		}
		if c = x.get(t, c.ID); c.Officer != x.olga.ID || !c.DueAt.After(x.Service.DB.Now()) {
			t.Errorf("officer %s, due %s", c.Officer, c.DueAt)
		}
	})
}
