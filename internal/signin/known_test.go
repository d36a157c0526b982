package signin_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/alert"
	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store/storetest"
)

// thief knows the password and comes with as many browsers as they like: what they do is whatever a session and the doors without one offer.
type thief struct {
	t       *testing.T
	w       *signintest.World
	clock   *storetest.Clock
	rand    *rand.Rand
	open    map[string]access.Actor
	attempt map[string]string // by browser: a code under way
	blocked map[string]bool   // by browser: an attempt that said so
	judged  []time.Time       // when a code to a contact was compared
	said    []string
}

func (x *thief) told(what string, err error) {
	x.t.Helper()
	if _, ok := fault.Of(err); err != nil && !ok {
		x.t.Fatalf("%s: %v", what, err)
	}
	if errors.Is(err, contact.ErrWrong) || errors.Is(err, contact.ErrBlocked) && !x.blocked[what] {
		x.judged = append(x.judged, x.clock.Now())
	}
	if what != "" {
		x.blocked[what] = errors.Is(err, contact.ErrBlocked)
	}
}

// step is one thing that the thief does.
func (x *thief) step(browsers int) {
	x.t.Helper()
	name := fmt.Sprint("thief-", x.rand.IntN(browsers))
	v := signintest.Visitor(name)
	who, in := x.open[name]
	if in {
		_, err := x.w.Credentials.Sessions(ctx, who)
		x.told("", err)
	}
	by, target := signin.ByPhone, phone
	if x.rand.IntN(2) == 0 {
		by, target = signin.ByMail, mail
	}
	what := x.rand.IntN(12)
	x.said = append(x.said, fmt.Sprintf("%d/%s/%s", what, name, by))
	guess := func(purpose string, err error) { // the second.wrong of a code that was sent is a code that was compared
		if errors.Is(err, signin.ErrSecondWrong) {
			err = contact.ErrWrong
		}
		x.told(purpose+name, err)
	}
	switch {
	case what == 0 || !in && what < 8:
		token, err := x.w.SignIn.SignIn(ctx, v, phone, signintest.Password)
		if err == nil {
			x.open[name] = person(x.t, x.w, token)
		}
		x.told("", err)
	case what == 1:
		x.told("", x.w.SignIn.AgainPassword(ctx, who, "Wrong-River-1"))
	case what == 2:
		attempt, err := x.w.SignIn.AgainSend(ctx, who, v, by)
		if err == nil {
			x.attempt[name] = attempt
		}
		x.told("", err)
		for range x.rand.IntN(8) {
			guess("again", x.w.SignIn.AgainCode(ctx, who, v, by, x.attempt[name], "000000"))
		}
	case what == 3 && x.attempt[name] != "":
		for range 1 + x.rand.IntN(6) {
			guess("again", x.w.SignIn.AgainCode(ctx, who, v, by, x.attempt[name], "000000"))
		}
	case what == 4:
		attempt, err := x.w.SignIn.LiftSend(ctx, who, v, by)
		if err == nil {
			x.attempt[name] = attempt
		}
		x.told("", err)
		for range x.rand.IntN(8) {
			guess("lift", x.w.SignIn.LiftCode(ctx, who, v, by, x.attempt[name], "000000"))
		}
	case what == 5 && x.attempt[name] != "":
		for range 1 + x.rand.IntN(12) {
			guess("again", x.w.SignIn.LiftCode(ctx, who, v, by, x.attempt[name], "000000"))
		}
	case what == 6 && x.attempt[name] != "":
		x.told("", x.w.SignIn.AgainResend(ctx, who, v, x.attempt[name], false))
	case what == 7:
		c, err := x.w.SignIn.ReconfirmContact(ctx, who, v, contactsOf(x.t, x.w, who)[target].ID, signintest.Password)
		x.told("", err)
		if err == nil {
			_, err = x.w.SignIn.ConfirmContact(ctx, who, v, c.ID, "000000")
			guess("keep"+target, err)
		}
	case what == 8:
		_, err := x.w.SignIn.RecoverStart(ctx, v, target)
		x.told("", err)
		for range x.rand.IntN(3) {
			_, err = x.w.SignIn.RecoverCode(ctx, v, "000000")
			guess("recover", err)
		}
	case what == 9:
		_, err := x.w.SignIn.RecoverCode(ctx, v, "000000")
		guess("recover", err)
	case what == 10 && in:
		_, err := x.w.SignIn.CloseOthers(ctx, who)
		x.told("", err)
	case what == 11:
		_, err := x.w.SignIn.SignIn(ctx, v, phone, "Wrong-River-1")
		x.told("", err)
	}
	x.clock.Advance(time.Duration(x.rand.IntN(90)) * time.Second)
}

// bounded complains of more guesses at a contact than a day may have. Two contacts have one share each.
func (x *thief) bounded() {
	x.t.Helper()
	for i, at := range x.judged {
		n := 0
		for _, other := range x.judged[i:] {
			if other.Sub(at) < 24*time.Hour {
				n++
			}
		}
		if n > 2*30 {
			x.t.Errorf("%d guesses at two contacts within a day (REG-5): %v", n, x.said)
			return
		}
	}
}

// A stranger who knows the password does what they like before and during the pause. Whoever sits at a browser from before lifts it.
func TestNoActOfAThiefWithThePasswordKeepsTheOwnerFromLifting(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) { liftsAmongThieves(t, w, clock, seed) })
		})
	}
}

func liftsAmongThieves(t *testing.T, w *signintest.World, clock *storetest.Clock, seed uint64) {
	t.Helper()
	_, v := home(t, w, clock)
	later(t, w, clock, 9*24*time.Hour)
	x := &thief{t: t, w: w, clock: clock, rand: rand.New(rand.NewPCG(seed, 4)), open: map[string]access.Actor{}, attempt: map[string]string{}, blocked: map[string]bool{}} //nolint:gosec // a walk that can be repeated
	for range 50 {
		x.step(5)
	}
	look(t, w)
	disavow(t, w, earliest(t, w))
	for range 50 {
		x.step(7)
	}
	// Their acts stand between any two of hers.
	token, err := w.SignIn.SignIn(ctx, v, phone, signintest.Password)
	if err != nil {
		t.Fatalf("she does not come in: %v; %v", err, x.said)
	}
	anna := person(t, w, token)
	x.step(7)
	x.step(7)
	by, to := signin.ByPhone, phone
	if seed%2 == 0 {
		by, to = signin.ByMail, mail
	}
	later(t, w, clock, 0) // what goes to the thieves' attempts has gone
	attempt, err := w.SignIn.LiftSend(ctx, anna, v, by)
	if err != nil {
		t.Fatalf("no code for her: %v; %v", err, x.said)
	}
	code := w.Code(t, to)
	x.step(7)
	if err := w.SignIn.LiftCode(ctx, anna, v, by, attempt, wrongFor(code)); !errors.Is(err, signin.ErrSecondWrong) {
		t.Errorf("her slip of the finger: %v", err)
	}
	x.step(7)
	if err := w.SignIn.LiftCode(ctx, anna, v, by, attempt, code); err != nil {
		t.Fatalf("she does not lift it: %v; %v", err, x.said)
	}
	if len(x.judged) < 10 {
		t.Errorf("%d guesses were judged: it tests nothing", len(x.judged))
	}
	x.bounded()
	for name, who := range x.open {
		if open(t, w, who) {
			t.Errorf("%s is in after the pause was lifted", name)
		}
		if known, err := w.Credentials.Knows(ctx, w.DB, anna.ID, signintest.Visitor(name).Browser); err != nil || known {
			t.Errorf("%s is a browser of hers: %v", name, err)
		}
	}
}

// earliest is the link of the first of all that was told.
func earliest(t *testing.T, w *signintest.World) string {
	t.Helper()
	var out string
	var first time.Time
	for _, link := range links(t, w, mail) {
		a, err := w.SignIn.Disavowable(ctx, link)
		if err != nil {
			t.Fatal(err)
		}
		if out == "" || a.At.Before(first) {
			out, first = link, a.At
		}
	}
	return out
}

// However many browsers a thief has signed in, before the event and since, an app is guessed no more often than by one.
func TestManyBrowsersGuessNoMoreThanAFew(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		anna, v := home(t, w, clock)
		const browsers = 12
		var all []access.Actor
		for i := range browsers {
			all = append(all, enter(t, w, signintest.Visitor(fmt.Sprint("thief-", i))))
			later(t, w, clock, time.Minute)
		}
		app(t, w, anna.ID)
		guess := func(who access.Actor, v credential.Visitor) (n int) {
			for range 3 * w.Policy.SecondFactor.Device.Max {
				if err := w.SignIn.AgainCode(ctx, who, v, signin.ByApp, "", "000000"); errors.Is(err, signin.ErrSecondWrong) {
					n++
				} else if !errors.Is(err, signin.ErrSecondBlocked) {
					t.Fatal(err)
				}
			}
			return n
		}
		judged := 0
		for i, who := range all {
			judged += guess(who, signintest.Visitor(fmt.Sprint("thief-", i)))
		}
		most := (w.Policy.SignIn.OwnTries + 1) * w.Policy.SecondFactor.Device.Max
		if judged > most || judged < w.Policy.SecondFactor.Device.Max {
			t.Errorf("%d browsers guessed %d times, want %d at most", browsers, judged, most)
		}
		if n := guess(anna, v); n != w.Policy.SecondFactor.Device.Max {
			t.Errorf("of her own tries %d are left", n)
		}
	})
}

// During a pause a browser that came with the stranger ends no session of the owner's; afterwards, and from hers, all is as ever.
func TestDuringAPauseAStrangersBrowserDoesNotPutTheOwnerOut(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		anna, _ := home(t, w, clock)
		enter(t, w, signintest.Visitor("thief"))
		look(t, w)
		disavow(t, w, newest(t, w))
		later(t, w, clock, time.Minute)
		again := enter(t, w, signintest.Visitor("thief"))
		if _, err := w.SignIn.CloseOthers(ctx, again); !errors.Is(err, alert.ErrPaused) {
			t.Errorf("all others: %v", err)
		}
		if err := w.SignIn.Close(ctx, again, anna.SessionID); !errors.Is(err, alert.ErrPaused) {
			t.Errorf("hers: %v", err)
		}
		if !open(t, w, anna) {
			t.Fatal("she is out")
		}
		if _, err := w.SignIn.CloseOthers(ctx, anna); err != nil || open(t, w, again) || !open(t, w, anna) {
			t.Errorf("she ends all others: %v", err)
		}
		again = enter(t, w, signintest.Visitor("thief"))
		if err := w.SignIn.Close(ctx, again, again.SessionID); err != nil || open(t, w, again) {
			t.Errorf("whoever wants to go: %v", err)
		}
	})
}

// A browser has the owner's share of codes once nobody can say any more that it is a stranger's.
func TestABrowserThatMayStillBeDisavowedHasNoShareOfTheOwners(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		anna, v := home(t, w, clock)
		share := func(v credential.Visitor, who access.Actor) bool {
			t.Helper()
			clock.Advance(25 * time.Hour) // a day's shares are whole again
			attempt, err := w.SignIn.AgainSend(ctx, who, v, signin.ByMail)
			if err != nil {
				t.Fatal(err)
			}
			var known bool
			if err := w.DB.QueryRow(ctx, `SELECT known FROM challenge WHERE id = $1`, attempt).Scan(&known); err != nil {
				t.Fatal(err)
			}
			return known
		}
		if !share(v, anna) {
			t.Error("the browser in which the account was made has no share of its own")
		}
		other := signintest.Visitor("other")
		who := enter(t, w, other)
		if share(other, who) {
			t.Error("a browser of which the owner was not told yet uses the owner's share")
		}
		look(t, w)
		if share(other, who) {
			t.Error("a browser that may still be disavowed uses the owner's share")
		}
		clock.Advance(w.Policy.Alert.LinkLifetime)
		if !share(other, who) {
			t.Error("an old browser has no share")
		}
	})
}
