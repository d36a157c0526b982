package signin_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"okno/internal/gate"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store/storetest"
)

// One password for many accounts, each from a browser of its own: what one account's limits never see.
func TestWhoeverTriesManyAccountsFromOneNetworkSolvesAPuzzleForEach(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		w.Policy.SignIn.Crowd.Max = 6
		owner := signintest.Visitor("anna")
		person(t, w, w.Register(t, owner, phone))
		bot := func(n int) error {
			v := signintest.Visitor(fmt.Sprint("bot-", n))
			v.Prefix, v.Pass = owner.Prefix, gate.Pass{Network: owner.Prefix}
			_, err := w.SignIn.SignIn(ctx, v, fmt.Sprintf("+791600000%02d", n), signintest.Password)
			return err
		}
		for n := range 6 {
			if err := bot(n); !errors.Is(err, signin.ErrWrong) {
				t.Fatalf("try %d: %v", n, err)
			}
		}
		if err := bot(7); !errors.Is(err, gate.ErrMeet) {
			t.Errorf("the seventh account: %v", err)
		}
		owner.Pass.Network = owner.Prefix
		if _, err := w.SignIn.SignIn(ctx, owner, phone, signintest.Password); err != nil {
			t.Errorf("the owner in a browser of theirs: %v", err)
		}
		elsewhere := signintest.Visitor("elsewhere")
		elsewhere.Pass.Network = elsewhere.Prefix
		if _, err := w.SignIn.SignIn(ctx, elsewhere, phone, signintest.Password); err != nil {
			t.Errorf("the owner in another network: %v", err)
		}
		staff := signintest.Visitor("centre") // a service centre: its network has no limit
		staff.Prefix = owner.Prefix
		if _, err := w.SignIn.SignIn(ctx, staff, phone, signintest.Password); err != nil {
			t.Errorf("from a network of staff: %v", err)
		}
		fresh := signintest.Visitor("tablet")
		fresh.Prefix, fresh.Pass = owner.Prefix, gate.Pass{Network: owner.Prefix}
		if _, err := w.SignIn.SignIn(ctx, fresh, phone, signintest.Password); !errors.Is(err, gate.ErrMeet) {
			t.Fatalf("the owner in a new browser of that network: %v", err)
		}
		offer, err := w.Gate.Offer("signin", fresh.Pass)
		if err != nil {
			t.Fatal(err)
		}
		fresh.Pass.Ticket = offer.Ticket
		if _, err := w.SignIn.SignIn(ctx, fresh, phone, signintest.Password); !errors.Is(err, gate.ErrMeet) {
			t.Errorf("with a ticket of this moment: %v", err)
		}
		clock.Advance(w.Policy.Gate.Wait + time.Second)
		if _, err := w.SignIn.SignIn(ctx, fresh, phone, "Wrong-Password-1"); !errors.Is(err, signin.ErrWrong) {
			t.Errorf("a wrong password with a ripe ticket: %v", err)
		}
		if _, err := w.SignIn.SignIn(ctx, fresh, phone, signintest.Password); !errors.Is(err, gate.ErrMeet) {
			t.Errorf("one ticket serves twice: %v", err)
		}
		if offer, err = w.Gate.Offer("signin", fresh.Pass); err != nil {
			t.Fatal(err)
		}
		fresh.Pass.Ticket = offer.Ticket
		clock.Advance(w.Policy.Gate.Wait + time.Second)
		if _, err := w.SignIn.SignIn(ctx, fresh, phone, signintest.Password); err != nil {
			t.Errorf("the right password with a ripe ticket: %v", err)
		}
		clock.Advance(w.Policy.SignIn.Crowd.Window * 2)
		if err := bot(8); !errors.Is(err, signin.ErrWrong) {
			t.Errorf("when the window is over: %v", err)
		}
	})
}
