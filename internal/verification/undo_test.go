package verification_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/notification"
	"okno/internal/signin"
	"okno/internal/store"
	"okno/internal/support"
	"okno/internal/system"
	"okno/internal/verification"
)

var helper = access.Actor{Kind: access.Staff, ID: "support-one", Role: access.Support, Unit: "support"}

// second is a colleague, who confirms what helper proposes.
var second = access.Actor{Kind: access.Staff, ID: "support-two", Role: access.Support, Unit: "support"}

// undone undoes the takeover as two do it: one proposes, another confirms.
func undone(x *system.System, number string, u verification.Undo) (verification.Taken, error) {
	t, err := x.Verification.Undo(ctx, helper, number, u)
	if err != nil || !t.UndoneAt.IsZero() {
		return t, err
	}
	return x.Verification.ConfirmUndo(ctx, second, number, verification.Undo{Sure: u.Sure, Decided: u.Decided})
}

func mistake() verification.Undo {
	return verification.Undo{Reason: "Звонил владелец: в центре он не был", Sure: true}
}

// numberOf is the number that both persons were told of the takeover of the account.
func numberOf(t *testing.T, x *system.System, old string) string {
	t.Helper()
	var n string
	if err := x.DB.QueryRow(ctx, `SELECT reference FROM takeover WHERE old_id = $1`, old).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// tookOver makes a new account by that phone and lets it take over the one that holds the resident's SNILS.
func tookOver(t *testing.T, x *system.System, phone, old string, l life) access.Actor {
	t.Helper()
	who := newcomer(t, x, phone)
	p := atDesk(t, x, who, l.resident)
	if _, err := x.Verification.ConfirmAndTakeOver(ctx, operator, p.ID, p.Round, sure(old)); err != nil {
		t.Fatal(err)
	}
	who.Level = access.Confirmed
	return who
}

// back waits until all has gone back.
func back(t *testing.T, x *system.System, number string) verification.Taken {
	t.Helper()
	for range 600 {
		found, err := x.Verification.Taken(ctx, helper, number)
		if err != nil {
			t.Fatal(err)
		}
		if !found.BackAt.IsZero() {
			return found
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the data does not come back")
	return verification.Taken{}
}

// REG-12: somebody came to a desk with papers that were not theirs. The owner calls the support desk.
func TestWhoseAccountWasTakenOverByMistakeGetsAllOfItBack(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		old := lived(t, x)
		had := sees(t, x, old.Actor, old.question)
		before, err := x.Accounts.Get(ctx, x.DB, old.ID)
		if err != nil {
			t.Fatal(err)
		}
		const fresh = "+79990000121"
		who := tookOver(t, x, fresh, old.ID, old)
		moved(t, x, old.ID)
		number := numberOf(t, x, old.ID)
		heard(t, x, "message.retired", number, old.known.Phone, old.known.Email)

		// What the new account gets itself stays there.
		own, err := x.Support.Ask(ctx, who, support.New{ID: id.New(), Text: "Свой вопрос", Page: "/", Browser: "b", Lang: i18n.RU})
		if err != nil {
			t.Fatal(err)
		}
		if err := x.Accounts.SetFavourite(ctx, who, "mvd.registration", true); err != nil {
			t.Fatal(err)
		}
		found, err := x.Verification.Taken(ctx, helper, strings.ToLower(number[:4]+" "+number[4:]))
		if err != nil || found.Refusal != nil || len(found.Old) != 2 || len(found.New) != 1 || found.Until.Sub(found.At) != 30*24*time.Hour {
			t.Fatalf("%+v, %v", found, err)
		}
		if _, err := undone(x, number, mistake()); err != nil {
			t.Fatal(err)
		}
		done := back(t, x, number)
		if done.Back != 2 || done.Lost != 0 || done.Why != mistake().Reason {
			t.Errorf("%+v", done)
		}
		if got := sees(t, x, old.Actor, old.question); !slices.Equal(got, had) {
			t.Errorf("the first account opens\n%q\nwant\n%q", got, had)
		}
		if got := sees(t, x, who, old.question); !slices.Equal(got, []string{"favourite mvd.registration"}) {
			t.Errorf("the second account opens %q", got)
		}
		if q, err := x.Support.Get(ctx, who, own.ID, ""); err != nil || q.Messages[0].Text != "Свой вопрос" {
			t.Errorf("its own question is gone: %v", err)
		}
		after, err := x.Accounts.Get(ctx, x.DB, old.ID)
		if err != nil || after.State != account.Active || after.Level != access.Confirmed || after.Profile.SNILS != before.Profile.SNILS {
			t.Errorf("the first account: %s %s, %v", after.State, after.Level, err)
		}
		second, err := x.Accounts.Get(ctx, x.DB, who.ID)
		if p := second.Profile; err != nil || second.Level != access.Simplified || p.SNILS != "" || p.INN != "" || p.Document != nil || p.BirthDate != "" || p.Address != "" || len(p.Sources) != 0 {
			t.Errorf("the second account: %s %+v, %v", second.Level, p, err)
		}
		if holder, err := x.Accounts.HolderOfSNILS(ctx, x.DB, before.Profile.SNILS); err != nil || holder != old.ID {
			t.Errorf("the SNILS is held by %q, %v", holder, err)
		}
		visitor := credential.Visitor{Browser: "b", Agent: "a", Prefix: "203.0.113.0/24"}
		trusts(t, x, old.ID, visitor)
		if _, err := x.SignIn.SignIn(ctx, visitor, old.known.Phone, old.known.Password); err != nil {
			t.Errorf("the owner cannot sign in: %v", err)
		}
		heard(t, x, "message.undone", number, old.known.Phone, old.known.Email)
		heard(t, x, "message.lost.undone", number, fresh)
		for _, c := range []struct{ subject, action string }{{old.ID, "verification.given_back"}, {who.ID, "verification.undone"}, {old.ID, "verification.takeover_viewed"}, {who.ID, "verification.takeover_viewed"}} {
			looks, err := audit.Looks(ctx, x.DB, c.subject, 100, "")
			if err != nil || !slices.ContainsFunc(looks, func(e audit.Entry) bool { return e.Action == c.action && e.Role == access.Support }) {
				t.Errorf("%s is not on the record, %v", c.action, err)
			}
		}
		if former, err := x.Verification.Former(ctx, x.DB, who); err != nil || len(former) != 0 {
			t.Errorf("the second account still counts as the same person's: %v, %v", former, err)
		}

		// Pressed twice: once.
		if again, err := undone(x, number, mistake()); err != nil || !again.UndoneAt.Equal(done.UndoneAt) {
			t.Errorf("%+v, %v", again, err)
		}
		// And the owner's account can be taken over again, rightly.
		who = tookOver(t, x, "+79990000122", old.ID, old)
		moved(t, x, old.ID)
		if got := sees(t, x, who, old.question); !slices.Equal(got, had) {
			t.Errorf("the third account opens\n%q\nwant\n%q", got, had)
		}
	})
}

func TestAnUndoSaysWhyItIsRefused(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		old := lived(t, x)
		who := tookOver(t, x, "+79990000131", old.ID, old)
		moved(t, x, old.ID)
		number := numberOf(t, x, old.ID)
		refused := func(want error) {
			t.Helper()
			if found, err := x.Verification.Taken(ctx, helper, number); err != nil || !errors.Is(found.Refusal, want) {
				t.Errorf("the page says %v, %v; want %v", found.Refusal, err, want)
			}
			if _, err := undone(x, number, mistake()); !errors.Is(err, want) {
				t.Errorf("%v, want %v", err, want)
			}
		}
		if _, err := x.Verification.Undo(ctx, operator, number, mistake()); !errors.Is(err, access.ErrDenied) {
			t.Errorf("an operator of a centre undoes their own mistake: %v", err)
		}
		if _, err := x.Verification.Taken(ctx, helper, "0000-0000"); !errors.Is(err, verification.ErrNoTakeover) {
			t.Errorf("a number that nobody has: %v", err)
		}
		set := func(text string, args ...any) {
			t.Helper()
			if err := x.DB.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(ctx, text, args...); return err }); err != nil {
				t.Fatal(err)
			}
		}
		set(`UPDATE application SET entered_at = $1 WHERE account_id = $2`, x.DB.Now(), who.ID) // decided after the takeover
		for field, u := range map[string]verification.Undo{"reason": {Reason: "  ", Sure: true, Decided: true}, "sure": {Reason: "r", Decided: true}, "decided": {Reason: "r", Sure: true}} {
			if _, err := x.Verification.Undo(ctx, helper, number, u); !slices.ContainsFunc(fields(err), func(f fault.Field) bool { return f.Name == field }) {
				t.Errorf("without %s: %v", field, err)
			}
		}
		set(`INSERT INTO erasure (account_id, asked_at, due_at, begun_at) VALUES ($1, $2, $2, $2)`, who.ID, x.DB.Now())
		refused(verification.ErrUndoErasing)
		set(`DELETE FROM erasure WHERE account_id = $1`, who.ID)
		third := tookOver(t, x, "+79990000132", who.ID, old)
		refused(verification.ErrUndoLater)
		later := numberOf(t, x, who.ID)
		if _, err := undone(x, later, verification.Undo{Reason: "r", Sure: true, Decided: true}); err != nil {
			t.Fatal(err)
		}
		back(t, x, later)
		if got := sees(t, x, third, old.question); len(got) != 0 {
			t.Errorf("the third account keeps %q", got)
		}
		set(`UPDATE takeover SET started_at = $1 WHERE reference = $2`, x.DB.Now().Add(-30*24*time.Hour-time.Minute), number)
		refused(verification.ErrUndoLate)
		if levelOf(t, x, who) != access.Confirmed || levelOf(t, x, old.Actor) != access.Simplified {
			t.Error("a refused undo changed something")
		}
	})
}

func TestOfAnUndoAndATakeoverAtTheSameMomentOneWins(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		old := lived(t, x)
		had := sees(t, x, old.Actor, old.question)
		who := tookOver(t, x, "+79990000141", old.ID, old)
		moved(t, x, old.ID)
		number := numberOf(t, x, old.ID)
		third := newcomer(t, x, "+79990000142")
		p := atDesk(t, x, third, old.resident)
		var wg sync.WaitGroup
		var gaveBack, confirmed error
		wg.Go(func() { _, gaveBack = undone(x, number, mistake()) })
		wg.Go(func() {
			_, confirmed = x.Verification.ConfirmAndTakeOver(ctx, operator, p.ID, p.Round, sure(who.ID))
		})
		wg.Wait()
		holder := old.Actor
		switch {
		case gaveBack == nil && errors.Is(confirmed, verification.ErrRival):
			back(t, x, number)
		case confirmed == nil && errors.Is(gaveBack, verification.ErrUndoLater):
			moved(t, x, who.ID)
			holder = access.Actor{Kind: access.Person, ID: third.ID, Level: access.Confirmed}
		default:
			t.Fatalf("undo: %v, takeover: %v", gaveBack, confirmed)
		}
		if got := sees(t, x, holder, old.question); !slices.Equal(got, had) {
			t.Errorf("the winner opens\n%q\nwant\n%q", got, had)
		}
		confirmedOnes := 0
		for _, one := range []access.Actor{old.Actor, who, third} {
			if levelOf(t, x, one) == access.Confirmed {
				confirmedOnes++
			}
		}
		if confirmedOnes != 1 || levelOf(t, x, holder) != access.Confirmed {
			t.Errorf("%d accounts are Confirmed", confirmedOnes)
		}
	})
}

// killing makes every second batch of a move stop before it is committed, as a machine does that is switched off.
func killing(x *system.System) *atomic.Int64 {
	var kills atomic.Int64
	for i, part := range x.Verification.Parts {
		x.Verification.Parts[i].Move = func(ctx context.Context, b keyring.Between) (verification.Batch, error) {
			batch, err := part.Move(ctx, b)
			return func(ctx context.Context, tx *store.Tx) ([]string, error) {
				rows, err := batch(ctx, tx)
				if err == nil && len(rows) > 0 && kills.Add(1)%2 == 1 {
					return nil, errors.New("killed")
				}
				return rows, err
			}, err
		}
	}
	return &kills
}

func TestAnUndoThatIsKilledHalfWayLosesNothingAndGoesOn(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		old := lived(t, x)
		had := sees(t, x, old.Actor, old.question)
		who := tookOver(t, x, "+79990000151", old.ID, old)
		moved(t, x, old.ID)
		number := numberOf(t, x, old.ID)
		kills := killing(x)
		done, err := undone(x, number, mistake())
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; ; n++ {
			err := x.Verification.Return(ctx, verification.GiveBack{Undoing: done.ID, Round: 9})
			readable(t, x, old.ID, who.ID)
			if err == nil {
				break
			}
			if !strings.Contains(err.Error(), "killed") || n > 100 {
				t.Fatal(err)
			}
		}
		if kills.Load() < 8 {
			t.Errorf("stopped only %d times", kills.Load()/2)
		}
		if got := sees(t, x, old.Actor, old.question); !slices.Equal(got, had) {
			t.Errorf("the first account opens\n%q\nwant\n%q", got, had)
		}
	})
}

// An undo that comes while the takeover still moves things leaves the rest where it is.
func TestAnUndoInTheMiddleOfTheMoveEndsTheMove(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		old := lived(t, x)
		had := sees(t, x, old.Actor, old.question)
		hold := make(chan struct{})
		goOn := sync.OnceFunc(func() { close(hold) })
		t.Cleanup(goOn) // whatever fails: the jobs are waited for
		part := &x.Verification.Parts[1+slices.IndexFunc(x.Verification.Parts, func(p verification.Part) bool { return p.Name == "document" })]
		move := part.Move
		part.Move = func(ctx context.Context, b keyring.Between) (verification.Batch, error) {
			if b.Only == nil {
				<-hold
			}
			return move(ctx, b)
		}
		who := tookOver(t, x, "+79990000161", old.ID, old)
		for n := 0; len(papersNamed(t, x, who)) == 0; n++ {
			if n > 300 {
				t.Fatal("nothing moves")
			}
			time.Sleep(50 * time.Millisecond)
		}
		number := numberOf(t, x, old.ID)
		if _, err := undone(x, number, mistake()); err != nil {
			t.Fatal(err)
		}
		goOn()
		back(t, x, number)
		if got := sees(t, x, old.Actor, old.question); !slices.Equal(got, had) {
			t.Errorf("the first account opens\n%q\nwant\n%q", got, had)
		}
	})
}

func papersNamed(t *testing.T, x *system.System, who access.Actor) []string {
	t.Helper()
	ids, err := store.Names(x.DB.Query(ctx, `SELECT id FROM document WHERE owner = $1`, who.ID))
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// A case that moved was decided since: its paper is of the case, not of whoever read it first.
func TestAPaperThatCameOfAMovedCaseGoesBackWithIt(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		old := lived(t, x)
		who := tookOver(t, x, "+79990000171", old.ID, old)
		moved(t, x, old.ID)
		number := numberOf(t, x, old.ID)
		if err := x.DB.Write(ctx, func(tx *store.Tx) error { // as if the paper and its file had been made after the move
			_, err := tx.Exec(ctx, `DELETE FROM takeover_row WHERE part IN ('document', 'file')`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		had := papersOf(t, x, who)
		if len(had) == 0 {
			t.Fatal("there is no paper")
		}
		if _, err := undone(x, number, mistake()); err != nil {
			t.Fatal(err)
		}
		back(t, x, number)
		if got := papersOf(t, x, old.Actor); !slices.Equal(got, had) {
			t.Errorf("%q, want %q", got, had)
		}
		if got := papersOf(t, x, who); len(got) != 0 {
			t.Errorf("the second account keeps %q", got)
		}
	})
}

func TestContactsThatSomebodyElseProvedMeanwhileDoNotComeBack(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		old := lived(t, x)
		who := tookOver(t, x, "+79990000181", old.ID, old)
		moved(t, x, old.ID)
		stranger := newcomer(t, x, old.known.Phone) // the number was given to somebody else
		number := numberOf(t, x, old.ID)
		done, err := undone(x, number, mistake())
		if err != nil || done.Back != 1 || done.Lost != 1 {
			t.Fatalf("%+v, %v", done, err)
		}
		heard(t, x, "message.undone_partly", number, old.known.Email)
		if holder, err := x.Contacts.Holder(ctx, x.DB, contact.Target{Kind: contact.Phone, Value: old.known.Phone}); err != nil || holder != stranger.ID {
			t.Errorf("the phone is held by %q, %v", holder, err)
		}
		visitor := credential.Visitor{Browser: "b", Agent: "a", Prefix: "203.0.113.0/24"}
		trusts(t, x, old.ID, visitor)
		if _, err := x.SignIn.SignIn(ctx, visitor, old.known.Email, old.known.Password); err != nil {
			t.Errorf("signing in by the contact that came back: %v", err)
		}
		if _, err := x.SignIn.SignIn(ctx, visitor, old.known.Phone, old.known.Password); !errors.Is(err, signin.ErrWrong) {
			t.Errorf("signing in by the contact that did not: %v", err)
		}
		_ = who
	})
}

// Whoever lost every contact has nothing to sign in by: the account is theirs again, and frozen.
func TestAnAccountThatComesBackWithoutAContactIsFrozen(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		old := lived(t, x)
		tookOver(t, x, "+79990000191", old.ID, old)
		moved(t, x, old.ID)
		newcomer(t, x, old.known.Phone)
		other := newcomer(t, x, "+79990000192")
		attach(t, x, other, contact.Target{Kind: contact.Email, Value: old.known.Email})
		done, err := undone(x, numberOf(t, x, old.ID), mistake())
		if err != nil || done.Back != 0 || done.Lost != 2 {
			t.Fatalf("%+v, %v", done, err)
		}
		a, err := x.Accounts.Get(ctx, x.DB, old.ID)
		if err != nil || a.State != account.Frozen || a.Level != access.Confirmed {
			t.Errorf("%s %s, %v", a.State, a.Level, err)
		}
		// The way back is a new account and a proof at a desk (REG-6, REG-12).
		back(t, x, done.Reference)
		who := tookOver(t, x, "+79990000193", old.ID, old)
		if levelOf(t, x, who) != access.Confirmed {
			t.Error("a frozen account cannot be taken over")
		}
	})
}

func attach(t *testing.T, x *system.System, who access.Actor, target contact.Target) {
	t.Helper()
	if err := x.DB.Write(ctx, func(tx *store.Tx) error {
		key, err := x.Ring.Person(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		return x.Contacts.Attach(ctx, tx, key, who.ID, target)
	}); err != nil {
		t.Fatal(err)
	}
}

// An erasure was asked for in the old account, perhaps by whoever had got into it. It cannot be mended, so it does not happen.
func TestAnErasureThatWasAskedForInTheOldAccountIsDroppedAndTold(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		old := lived(t, x)
		had := sees(t, x, old.Actor, old.question)
		if _, err := x.Rights.Ask(ctx, old.Actor, old.known.Password); err != nil {
			t.Fatal(err)
		}
		who := tookOver(t, x, "+79990000201", old.ID, old)
		moved(t, x, old.ID)
		for _, one := range []string{old.ID, who.ID} {
			said(t, x, one, "message.erasure_dropped")
			if _, waits, err := x.Rights.Pending(ctx, x.DB, one); waits || err != nil {
				t.Errorf("%s is to be erased: %v", one, err)
			}
		}
		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE erasure SET due_at = $1`, tx.Now())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := x.Rights.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		if got := sees(t, x, who, old.question); !slices.Equal(got, had) {
			t.Errorf("the new account opens\n%q\nwant\n%q", got, had)
		}
		looks, err := audit.Looks(ctx, x.DB, old.ID, 100, "")
		if err != nil || !slices.ContainsFunc(looks, func(e audit.Entry) bool { return e.Action == "rights.erasure_dropped" }) {
			t.Errorf("it is not on the record: %v", err)
		}
	})
}

func TestAnAccountThatIsBeingErasedIsNotTakenOver(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		r := x.World.People()[4]
		old, who := grant(t, x, "+79990000211", r), newcomer(t, x, "+79990000212")
		p := atDesk(t, x, who, r)
		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO erasure (account_id, asked_at, due_at, begun_at) VALUES ($1, $2, $2, $2)`, old.ID, tx.Now())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Verification.ConfirmAndTakeOver(ctx, operator, p.ID, p.Round, sure(old.ID)); !errors.Is(err, verification.ErrErasing) {
			t.Errorf("%v", err)
		}
	})
}

// Things on their way back lie in the account that is erased: the erasure waits.
func TestNobodyIsErasedWhileThingsOfTheFormerAccountAreOnTheirWayBack(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		old := lived(t, x)
		had := sees(t, x, old.Actor, old.question)
		who := tookOver(t, x, "+79990000221", old.ID, old)
		moved(t, x, old.ID)
		hold := make(chan struct{})
		move := x.Verification.Parts[0].Move
		x.Verification.Parts[0].Move = func(ctx context.Context, b keyring.Between) (verification.Batch, error) {
			<-hold
			return move(ctx, b)
		}
		number := numberOf(t, x, old.ID)
		if _, err := undone(x, number, mistake()); err != nil {
			t.Fatal(err)
		}
		if n, err := x.Rights.Again(ctx, []string{who.ID}); err == nil || n != 0 {
			t.Errorf("it is erased: %d, %v", n, err)
		}
		// the portal's own sweep tries again as soon as it may, which is what it is for; here the next try is ours
		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE erasure SET due_at = $1 WHERE account_id = $2`, tx.Now().Add(time.Hour), who.ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		close(hold)
		back(t, x, number)
		if n, err := x.Rights.Again(ctx, []string{who.ID}); err != nil || n != 1 {
			t.Errorf("it is not erased: %d, %v", n, err)
		}
		if got := sees(t, x, old.Actor, old.question); !slices.Equal(got, had) {
			t.Errorf("the first account opens\n%q\nwant\n%q", got, had)
		}
		if said := fmt.Sprint(inboxOf(t, x, old.Actor)); !strings.Contains(said, i18n.RU.T("message.undone.subject")) {
			t.Errorf("the inbox says %s", said)
		}
	})
}

func inboxOf(t *testing.T, x *system.System, who access.Actor) []string {
	t.Helper()
	list, err := x.Notices.Inbox(ctx, who, 100)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, n := range list {
		if n.Note.Topic == notification.Security {
			out = append(out, n.Note.Subject.RU)
		}
	}
	return out
}
