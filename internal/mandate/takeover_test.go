package mandate_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/contact"
	"okno/internal/jobs/jobstest"
	"okno/internal/mandate"
	"okno/internal/sandbox"
	"okno/internal/store"
	"okno/internal/verification"
)

// obliging is a civil-status register that has whoever asks in every record of a birth.
type obliging struct{}

func (obliging) Name() string { return mandate.Civil }

func (obliging) Child(_ context.Context, q mandate.Question) (mandate.Answer, error) {
	return mandate.Answer{Verdict: mandate.Match, Code: "X-000", Act: "act " + q.Certificate.Number, Reference: "1"}, nil
}

// takesOver lets whoever it is take over the account of the resident, as at a desk, with a passport of some days ago.
func (x *town) takesOver(t *testing.T, who access.Actor, r sandbox.Resident, old string) {
	t.Helper()
	x.proof.Registers = []verification.Register{agreeing("passport"), agreeing("snils"), agreeing("inn")}
	visit, err := x.proof.VisitCode(ctx, who)
	if err != nil {
		t.Fatal(err)
	}
	operator := access.Actor{Kind: access.Staff, ID: "operator-one", Role: access.Centre, Unit: "mfc-1"}
	p, err := x.proof.Open(ctx, operator, visit.Code)
	if err != nil {
		t.Fatal(err)
	}
	if p, err = x.proof.Enter(ctx, operator, p.ID, deskPapers(r, x.clock.Now().AddDate(0, 0, -3).Format("02.01.2006"))); err != nil {
		t.Fatal(err)
	}
	if err := x.proof.Ask(ctx, verification.AskRegisters{Proof: p.ID, Round: p.Round}); err != nil {
		t.Fatal(err)
	}
	if _, err := x.proof.ConfirmAndTakeOver(ctx, operator, p.ID, p.Round, verification.Takeover{Of: old, Reason: verification.ReasonForgotten, Sure: true}); err != nil {
		t.Fatal(err)
	}
}

// undone undoes the takeover of the account, and all goes back.
func (x *town) undone(t *testing.T, old string) {
	t.Helper()
	var number, takeover string
	if err := x.World.DB.QueryRow(ctx, `SELECT id, reference FROM takeover WHERE old_id = $1`, old).Scan(&takeover, &number); err != nil {
		t.Fatal(err)
	}
	helper := access.Actor{Kind: access.Staff, ID: "support-one", Role: access.Support, Unit: "support"}
	if _, err := x.proof.Undo(ctx, helper, number, verification.Undo{Reason: "Звонил владелец", Sure: true}); err != nil {
		t.Fatal(err)
	}
	second := access.Actor{Kind: access.Staff, ID: "support-two", Role: access.Support, Unit: "support"}
	if _, err := x.proof.ConfirmUndo(ctx, second, number, verification.Undo{Sure: true}); err != nil {
		t.Fatal(err)
	}
	if err := x.proof.Return(ctx, verification.GiveBack{Undoing: takeover}); err != nil {
		t.Fatal(err)
	}
}

func (x *town) move(t *testing.T, old string) {
	t.Helper()
	var takeover string
	if err := x.World.DB.QueryRow(ctx, `SELECT id FROM takeover WHERE old_id = $1`, old).Scan(&takeover); err != nil {
		t.Fatal(err)
	}
	if err := x.proof.Move(ctx, verification.MoveData{Takeover: takeover}); err != nil {
		t.Fatal(err)
	}
}

// held are the children for whom the account has a mandate that stands, whoever is Confirmed.
func (x *town) held(t *testing.T, accountID string) []string {
	t.Helper()
	out, err := store.Names(x.World.DB.Query(ctx, `SELECT for_id FROM mandate WHERE account_id = $1 AND ended_at IS NULL ORDER BY for_id`, accountID))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// REG-12, REG-13: what a stranger got as somebody's mother ends with the mistake, and what was hers goes back.
func TestAnUndoneTakeoverLeavesTheStrangerNoChild(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		all := x.families(t)
		mother := x.confirmed(t, all[0].mother)
		hers := x.opened(t, mother, papers(all[0].child))
		stranger := x.simplified(t)
		x.clock.Advance(time.Second)
		x.takesOver(t, stranger, all[0].mother, mother.ID)
		x.move(t, mother.ID)
		stranger.Level = access.Confirmed
		if got := x.held(t, stranger.ID); !slices.Equal(got, []string{hers}) {
			t.Fatalf("with the account went %v", got)
		}
		x.clock.Advance(time.Second)
		x.Registers[0] = obliging{}
		p := papers(all[1].child)
		p.SNILS = ""
		got := x.opened(t, stranger, p)
		x.undone(t, mother.ID)
		if list := x.held(t, stranger.ID); len(list) != 0 {
			t.Errorf("the stranger may act for %v", list)
		}
		if list := x.held(t, mother.ID); !slices.Equal(list, []string{hers}) {
			t.Errorf("the mother may act for %v, want her child", list)
		}
		var why string
		if err := x.World.DB.QueryRow(ctx, `SELECT why FROM mandate WHERE account_id = $1 AND for_id = $2`, stranger.ID, got).Scan(&why); err != nil || why != string(mandate.Undone) {
			t.Errorf("it ended because %q, %v", why, err)
		}
		if list, err := x.Guardians(ctx, x.World.DB, got); err != nil || len(list[got]) != 0 {
			t.Errorf("%v hear what the child is told, %v", list, err)
		}
		own := x.confirmed(t, all[1].mother)
		if r := x.answered(t, own, x.sent(t, own, p)); r.State != mandate.Joined || r.ChildID != got {
			t.Errorf("the child's own mother: %s %s, want the account %s that is there", r.State, r.ChildID, got)
		}
	})
}

// What went along cannot go back where the owner has it already: it ends, and is not the stranger's.
func TestAMandateThatCannotGoBackEnds(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f := x.families(t)[0]
		mother := x.confirmed(t, f.mother)
		hers := x.opened(t, mother, papers(f.child))
		stranger := x.simplified(t)
		x.clock.Advance(time.Second)
		x.takesOver(t, stranger, f.mother, mother.ID)
		x.move(t, mother.ID)
		if err := x.World.DB.Write(ctx, func(tx *store.Tx) error {
			return tx.Do(ctx, `INSERT INTO mandate (id, kind, account_id, for_id, given_at, until_at) SELECT id || '2', kind, CAST($1 AS TEXT), for_id, given_at, until_at FROM mandate WHERE account_id = $2`,
				mother.ID, stranger.ID)
		}); err != nil {
			t.Fatal(err)
		}
		x.undone(t, mother.ID)
		if list := x.held(t, stranger.ID); len(list) != 0 {
			t.Errorf("the stranger may act for %v", list)
		}
		if list := x.held(t, mother.ID); !slices.Equal(list, []string{hers}) {
			t.Errorf("the mother may act for %v", list)
		}
	})
}

func TestAParentWhoLostTheLevelHearsNothingOfTheChild(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		f := x.families(t)[0]
		mother, father := x.confirmed(t, f.mother), x.confirmed(t, f.father)
		childID := x.opened(t, mother, papers(f.child))
		x.answered(t, father, x.sent(t, father, papers(f.child)))
		hear := func() []string {
			list, err := x.Guardians(ctx, x.World.DB, childID)
			if err != nil {
				t.Fatal(err)
			}
			return list[childID]
		}
		if list := hear(); len(list) != 2 {
			t.Fatal(list)
		}
		for _, change := range []func(*account.Account){func(a *account.Account) { a.Level = access.Standard }, func(a *account.Account) { a.Level, a.State = access.Confirmed, account.Frozen }} {
			if err := x.World.DB.Write(ctx, func(tx *store.Tx) error {
				_, err := x.World.Accounts.Update(ctx, tx, mother.ID, func(a *account.Account) error { change(a); return nil })
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if list := hear(); !slices.Equal(list, []string{father.ID}) {
				t.Errorf("%v hear, want the father", list)
			}
		}
	})
}

func TestAContactThatWasNamedForARetiredAccountIsFreeAgain(t *testing.T) {
	each(t, func(t *testing.T, x *town) {
		childID, mother, _, f := x.nearly(t, 1)
		if _, err := x.HandOver(ctx, mother, childID, "+79119990022"); err != nil {
			t.Fatal(err)
		}
		target := contact.Target{Kind: contact.Phone, Value: "+79119990022"}
		heir := func() string {
			childID, err := x.Heir(ctx, x.World.DB, target)
			if err != nil {
				t.Fatal(err)
			}
			return childID
		}
		if heir() != childID {
			t.Fatal("nobody waits for the contact")
		}
		state := func(s account.State) {
			if err := x.World.DB.Write(ctx, func(tx *store.Tx) error {
				_, err := x.World.Accounts.Update(ctx, tx, childID, func(a *account.Account) error { a.State = s; return nil })
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		state(account.Frozen)
		if heir() != "" {
			t.Error("a frozen account waits for the contact")
		}
		state(account.Active)
		x.clock.Advance(6 * 24 * time.Hour) // the child is 14 and has a passport
		if err := errors.Join(x.Age(ctx), x.proof.Age(ctx)); err != nil {
			t.Fatal(err)
		}
		if heir() != childID {
			t.Fatal("nobody waits for the contact")
		}
		x.takesOver(t, x.simplified(t), f.child, childID)
		jobstest.Settle(t, x.World.Jobs)
		var n int
		if err := x.World.DB.QueryRow(ctx, `SELECT count(*) FROM handover`).Scan(&n); err != nil || n != 0 || heir() != "" {
			t.Errorf("%d hand-overs of a retired account, %v", n, err)
		}
	})
}
