package signin_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/limit"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// guess types wrong passwords with the login from ever new browsers and networks until that is blocked, and says until when.
func guess(t *testing.T, w *signintest.World, login string) time.Time {
	t.Helper()
	for i := range 30 {
		_, err := w.SignIn.SignIn(ctx, signintest.Visitor(fmt.Sprintf("%s-%d", login, i)), login, "Wrong-Pass-1234")
		if errors.Is(err, signin.ErrBlocked) {
			f, _ := fault.Of(err)
			return f.RetryAt
		}
	}
	t.Fatalf("guesses with %s go on without end", login)
	return time.Time{}
}

func doors(list []signin.Shut) string {
	out := ""
	for _, x := range list {
		out += string(x.Door) + " "
	}
	return out
}

func TestTheOwnerReadsWhatStrangersHaveShutAndUntilWhen(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		home := signintest.Visitor("home")
		who := person(t, w, w.Register(t, home, phone))
		if _, err := add(t, w, who, home, email); err != nil {
			t.Fatal(err)
		}
		until := guess(t, w, phone)
		counted, n := store.Counting(ctx)
		s, err := w.SignIn.Shuts(counted, who, home)
		if err != nil || !s.Known || doors(s.List) != "account " || !s.List[0].Until.Equal(until) {
			t.Errorf("at home: %+v, %v; the page of a sign-in says %v", s, err, until)
		}
		if n.Load() > 4 {
			t.Errorf("%d statements", n.Load())
		}
		if s, err = w.SignIn.Shuts(ctx, who, signintest.Visitor("new")); err != nil || s.Known || doors(s.List) != "account " {
			t.Errorf("at a browser that is not the owner's: %+v, %v", s, err)
		}
		for range 15 {
			if _, err := w.SignIn.SignIn(ctx, home, phone, "Wrong-Pass-1234"); errors.Is(err, signin.ErrBlocked) {
				break
			}
		}
		if s, err = w.SignIn.Shuts(ctx, who, home); err != nil || doors(s.List) != "account here " || !s.List[1].Door.Here() || s.List[1].Other {
			t.Errorf("after wrong passwords at home: %+v, %v", s, err)
		}
		desk := access.Actor{Kind: access.Staff, ID: "employee", Role: access.Support, Unit: "support"}
		work := home // another browser of the owner's, from which they ask
		work.Browser = "work"
		if err := w.DB.Write(ctx, func(tx *store.Tx) error { return w.Credentials.Remember(ctx, tx, who.ID, work) }); err != nil {
			t.Fatal(err)
		}
		counted, n = store.Counting(ctx)
		if s, err = w.SignIn.Shuts(counted, who, work); err != nil || !s.Known || doors(s.List) != "account here " || !s.List[1].Other || s.List[1].Agent != home.Agent || n.Load() > 4 {
			t.Errorf("at work: %+v, %v, %d statements", s, err, n.Load())
		}
		list, err := w.SignIn.ShutsAsked(ctx, desk, who.ID)
		if err != nil || doors(list) != "account here " || list[1].Agent != "" {
			t.Errorf("support reads with a question: %+v, %v", list, err)
		}
		if list, err = w.SignIn.ShutsFor(ctx, desk, phone, ""); err != nil || doors(list) != "contact " {
			t.Errorf("support reads of whoever types the phone: %+v, %v", list, err)
		}
		clock.Advance(3 * time.Hour)
		if s, err = w.SignIn.Shuts(ctx, who, home); err != nil || len(s.List) > 0 {
			t.Errorf("later: %+v, %v", s, err)
		}
		if _, err := w.SignIn.Shuts(ctx, access.Actor{}, home); err == nil {
			t.Error("nobody reads it, too")
		}
	})
}

// shutSecond guesses at the second factor of the account, whose password is known, until that is blocked.
func shutSecond(t *testing.T, w *signintest.World, right string) (number string, until time.Time) {
	t.Helper()
	for i := range 20 {
		thief := signintest.Visitor(fmt.Sprint("thief", i))
		waits := half(t, w, thief, phone)
		for range 3 {
			if _, err := w.SignIn.SecondCode(ctx, thief, waits, wrongFor(right), false); errors.Is(err, signin.ErrSecondBlocked) {
				f, _ := fault.Of(err)
				if f.Key != signin.ErrSecondNumbered.Key {
					t.Fatalf("a block without a number: %v", err)
				}
				return fmt.Sprint(f.Args[1]), f.RetryAt
			}
		}
	}
	t.Fatal("guesses at the second factor go on without end")
	return "", time.Time{}
}

func TestSupportSeesABlockOfASecondFactorByItsNumberAndItsPersonReadsOfTheLook(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		desk := access.Actor{Kind: access.Staff, ID: "employee", Role: access.Support, Unit: "support"}
		home := signintest.Visitor("home")
		accountID := confirmed(t, w, home, phone)
		secret := app(t, w, accountID)
		clock.Advance(25 * time.Hour)
		now := time.Now()
		w.SignIn.Clock = func() time.Time { return now }
		number, until := shutSecond(t, w, appCode(t, secret, now))
		list, err := w.SignIn.ShutsFor(ctx, desk, "8 912 345-67-89", number)
		if err != nil || doors(list) != "second " || !list[0].Until.Equal(until) {
			t.Errorf("with the number: %+v, %v", list, err)
		}
		if list, err = w.SignIn.ShutsFor(ctx, desk, phone, ""); err != nil || len(list) > 0 {
			t.Errorf("without the number: %+v, %v", list, err)
		}
		for _, login := range []string{phone, "+79160000000"} { // of somebody, and of nobody
			f, _ := fault.Of(second(w.SignIn.ShutsFor(ctx, desk, login, "0000-0001")))
			if f == nil || len(f.Fields) != 1 || f.Fields[0].Name != "number" {
				t.Errorf("%s with a number that is not: %v", login, f)
			}
		}
		if list, err = w.SignIn.ShutsAsked(ctx, desk, accountID); err != nil || doors(list) != "second " {
			t.Errorf("of who asks while signed in: %+v, %v", list, err)
		}
		seen, err := audit.Looks(ctx, w.DB, accountID, 10, "")
		if err != nil || len(seen) != 3 || !slices.ContainsFunc(seen, func(e audit.Entry) bool { return e.Action == "limit.viewed" && e.Kind == access.Staff }) {
			t.Errorf("the person reads of %+v, %v", seen, err)
		}
		for _, role := range access.Roles() {
			_, err := w.SignIn.ShutsFor(ctx, access.Actor{Kind: access.Staff, ID: "other", Role: role}, phone, "")
			if (err == nil) != (role == access.Support) {
				t.Errorf("%s: %v", role, err)
			}
		}
		clock.Advance(3 * time.Hour)
		if _, err = w.SignIn.ShutsFor(ctx, desk, phone, number); err == nil {
			t.Error("the number of a block that has ended is one still")
		}
	})
}

// shutRecover guesses at the document that a recovery asks for beside the phone, from whichever browsers, until that is blocked.
func shutRecover(t *testing.T, w *signintest.World, clock *storetest.Clock, browser func(i int) credential.Visitor) *fault.Error {
	t.Helper()
	for i := range 6 {
		clock.Advance(2 * time.Minute) // a code may be sent again
		v := browser(i)
		if proved(t, w, v, phone) != signin.StepSecond {
			t.Fatal("the phone alone is enough")
		}
		for range 4 {
			if err := w.SignIn.RecoverSecondCode(ctx, v, signin.ByDocument, "", "4510 654321"); errors.Is(err, signin.ErrSecondBlocked) {
				f, _ := fault.Of(err)
				return f
			}
		}
	}
	t.Fatal("guesses at the document go on without end")
	return nil
}

// Each door is read where it is shut: by its number, by whoever asks support, and by the owner in the browser that it is of.
func TestABlockedRecoveryAndWhatIsShutInTheOwnersBrowserAreReadWhereTheyAreShut(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		desk := access.Actor{Kind: access.Staff, ID: "employee", Role: access.Support, Unit: "support"}
		home := signintest.Visitor("home")
		who := person(t, w, w.Register(t, home, phone))
		tied(t, w, who.ID, access.Confirmed)
		passport(t, w, who.ID)
		secret := app(t, w, who.ID)
		clock.Advance(25 * time.Hour)
		now := time.Now()
		w.SignIn.Clock = func() time.Time { return now }
		owner := func(what, want string, until time.Time) {
			t.Helper()
			s, err := w.SignIn.Shuts(ctx, who, home)
			if err != nil || !s.Known || doors(s.List) != want || !s.List[len(s.List)-1].Until.Equal(until) {
				t.Errorf("%s the owner reads %+v, %v; the page says %v", what, s, err, until)
			}
		}
		f := shutRecover(t, w, clock, func(i int) credential.Visitor { return signintest.Visitor(fmt.Sprint("thief", i)) })
		if f.Key != signin.ErrSecondNumbered.Key {
			t.Fatalf("a block without a number: %v", f)
		}
		list, err := w.SignIn.ShutsFor(ctx, desk, phone, fmt.Sprint(f.Args[1]))
		if err != nil || doors(list) != "recover " || !list[0].Until.Equal(f.RetryAt) {
			t.Errorf("with its number: %+v, %v", list, err)
		}
		if list, err = w.SignIn.ShutsAsked(ctx, desk, who.ID); err != nil || doors(list) != "recover " {
			t.Errorf("of who asks while signed in: %+v, %v", list, err)
		}
		owner("after guesses of strangers", "recover ", f.RetryAt)

		clock.Advance(3 * time.Hour)
		if f = shutRecover(t, w, clock, func(int) credential.Visitor { return home }); f.Key != signin.ErrSecondNumbered.Key {
			t.Errorf("a block of the owner's browser without a number: %v", f)
		}
		support := func(want string) {
			t.Helper()
			if list, err = w.SignIn.ShutsAsked(ctx, desk, who.ID); err != nil || doors(list) != want {
				t.Errorf("support reads with a question: %+v, %v", list, err)
			}
			if list, err = w.SignIn.ShutsFor(ctx, desk, phone, ""); err != nil || len(list) > 0 {
				t.Errorf("… of the phone alone: %+v, %v", list, err)
			}
			if list, err = w.SignIn.ShutsFor(ctx, desk, phone, fmt.Sprint(f.Args[1])); err != nil || doors(list) != want || !list[0].Until.Equal(f.RetryAt) {
				t.Errorf("… by the number: %+v, %v", list, err)
			}
		}
		owner("after guesses at home", "recover_here ", f.RetryAt)
		support("recover_here ")

		clock.Advance(3 * time.Hour)
		wrong := wrongFor(appCode(t, secret, now))
		for f = nil; f == nil; {
			waits := half(t, w, home, phone)
			for range 3 {
				if _, err := w.SignIn.SecondCode(ctx, home, waits, wrong, false); errors.Is(err, signin.ErrSecondBlocked) {
					f, _ = fault.Of(err)
					break
				}
			}
		}
		owner("after wrong codes at home", "second_here ", f.RetryAt)
		support("second_here ")
	})
}

// Who asks while signed in is told what the owner reads, and none of the contacts by name.
func TestSupportReadsWithAQuestionWhatTheOwnerReadsAndNoContact(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		desk := access.Actor{Kind: access.Staff, ID: "employee", Role: access.Support, Unit: "support"}
		home := signintest.Visitor("home")
		who := person(t, w, w.Register(t, home, phone))
		tied(t, w, who.ID, access.Confirmed)
		same := func(what, want string, named bool) {
			t.Helper()
			s, err := w.SignIn.Shuts(ctx, who, signintest.Visitor("new"))
			if err != nil || doors(s.List) != want || named != slices.ContainsFunc(s.List, func(x signin.Shut) bool { return x.Contact != "" }) {
				t.Errorf("%s the owner reads %+v, %v", what, s, err)
			}
			list, err := w.SignIn.ShutsAsked(ctx, desk, who.ID)
			if err != nil || doors(list) != want || slices.ContainsFunc(list, func(x signin.Shut) bool { return x.Contact != "" }) {
				t.Errorf("%s support reads %+v, %v", what, list, err)
			}
		}
		guess(t, w, snils)
		same("after guesses with the SNILS", "account ", false) // the SNILS's is no longer
		if err := w.DB.Write(ctx, func(tx *store.Tx) error { return limit.Clear(ctx, tx, "signin.account:"+who.ID) }); err != nil {
			t.Fatal(err)
		}
		same("while the SNILS alone is shut", "contact ", true)
	})
}

func second[T any](_ T, err error) error { return err }

// What support reads of a contact is the same whether it has an account or not, and nothing of the account's other contacts.
func TestSupportLearnsOfNoAccountByLookingForWhatIsShut(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		desk := access.Actor{Kind: access.Staff, ID: "employee", Role: access.Support, Unit: "support"}
		home := signintest.Visitor("home")
		if _, err := add(t, w, person(t, w, w.Register(t, home, phone)), home, email); err != nil {
			t.Fatal(err)
		}
		const nobodys = "+79160000000"
		look := func(login string) string {
			t.Helper()
			counted, n := store.Counting(ctx)
			list, err := w.SignIn.ShutsFor(counted, desk, login, "")
			out := fmt.Sprint(doors(list), err, " ", n.Load())
			for _, x := range list {
				out += x.Until.String() + x.Contact
			}
			return out
		}
		before := look(phone)
		if got := look(nobodys); got != before {
			t.Errorf("nothing was tried: %q, and of nobody's %q", before, got)
		}
		guess(t, w, email)
		if got := look(phone); got != before {
			t.Errorf("guesses at the e-mail show at the phone of the same account: %q", got)
		}
		guess(t, w, nobodys)
		if a, b := look(email), look(nobodys); a != b || a == before {
			t.Errorf("%q of an account, %q of nobody's", a, b)
		}
		if _, err := w.SignIn.ShutsFor(ctx, desk, "nonsense", ""); fault.KindOf(err) != fault.InvalidInput {
			t.Errorf("nonsense: %v", err)
		}
	})
}
