package registration_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/contact"
	"okno/internal/fault"
	"okno/internal/keyring/keyringtest"
	"okno/internal/registration"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

var ctx = context.Background()

func details(phone, email string) registration.Details {
	return registration.Details{Surname: " проверкина ", GivenName: "Анна", Phone: phone, Email: email, Terms: true, Data: true}
}

const phone, email = "+79123456789", "anna@example.ru"

// each runs body on both engines with a clock that only the test moves.
func each(t *testing.T, body func(t *testing.T, w *signintest.World, clock *storetest.Clock)) {
	t.Helper()
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) { body(t, signintest.New(t, db), clock) })
}

func TestRegistrationByPhoneEndsInASimplifiedAccountThatIsSignedIn(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		token := w.Register(t, signintest.Visitor("anna"), phone)
		s, err := w.Credentials.Check(ctx, token)
		if err != nil || s.Level != access.Simplified || s.Kind != access.Person {
			t.Fatalf("session %+v, %v", s, err)
		}
		a, err := w.Accounts.Get(ctx, w.DB, s.OwnerID)
		if err != nil || a.Profile.Surname != "Проверкина" || a.Level != access.Simplified {
			t.Errorf("account %+v, %v", a, err)
		}
		var n int
		if err := w.DB.QueryRow(ctx, `SELECT count(*) FROM consent WHERE account_id = $1`, a.ID).Scan(&n); err != nil || n != 2 {
			t.Errorf("%d consents kept, %v; want 2", n, err)
		}
	})
}

func TestSMSHoldsACodeThatThePhoneCanFillIn(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		if _, err := w.Registrations.Begin(ctx, signintest.Visitor("anna"), details("8 912 345-67-89", "")); err != nil {
			t.Fatal(err)
		}
		body := w.Last(t, phone).Body
		if !regexp.MustCompile(`@localhost #\d{6}$`).MatchString(body) {
			t.Errorf("the last line does not bind the code to the portal (REG-18): %q", body)
		}
	})
}

func TestLetterHoldsBothCodeAndLinkAndTheLinkWorksInAnotherBrowser(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		desktop, mobile := signintest.Visitor("desktop"), signintest.Visitor("mobile")
		if _, err := w.Registrations.Begin(ctx, desktop, details("", email)); err != nil {
			t.Fatal(err)
		}
		m := w.Last(t, email)
		token := regexp.MustCompile(`/register/link\?t=(\S+)`).FindStringSubmatch(m.Body)
		if token == nil || !regexp.MustCompile(`\b\d{6}\b`).MatchString(m.Body) {
			t.Fatalf("the letter lacks code or link: %q", m.Body)
		}
		if _, err := w.Registrations.LinkInfo(ctx, token[1]); err != nil {
			t.Fatalf("looking at the link uses it up or fails: %v", err)
		}
		d, err := w.Registrations.ConfirmLink(ctx, mobile, token[1])
		if err != nil || d.Step != registration.StepPassword {
			t.Fatalf("%+v, %v", d, err)
		}
		if _, err := w.Registrations.ConfirmLink(ctx, mobile, token[1]); !errors.Is(err, contact.ErrLink) {
			t.Errorf("the link worked twice: %v", err)
		}
		if _, err := w.Registrations.Finish(ctx, desktop, signintest.Password, signintest.Password); !errors.Is(err, registration.ErrNone) {
			t.Errorf("the browser that proved nothing set the password: %v", err)
		}
		if _, err := w.Registrations.Finish(ctx, mobile, signintest.Password, signintest.Password); err != nil {
			t.Error(err)
		}
	})
}

func TestLeavingAndComingBackLosesNothing(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		v := signintest.Visitor("anna")
		if _, err := w.Registrations.Begin(ctx, v, details(phone, email)); err != nil {
			t.Fatal(err)
		}
		clock.Advance(6 * 24 * time.Hour)
		d, ok, err := w.Registrations.Current(ctx, v)
		if err != nil || !ok || d.Step != registration.StepCode || d.Details.Surname != "Проверкина" || d.Details.Email != email {
			t.Fatalf("%+v, %v, %v", d, ok, err)
		}
		if d.Other == "" || d.OtherKind != contact.Email {
			t.Errorf("the other road is not offered: %+v", d)
		}
		if err := w.Registrations.Restart(ctx, v); err != nil {
			t.Fatal(err)
		}
		if d, _, err = w.Registrations.Current(ctx, v); err != nil || d.Step != registration.StepDetails || d.Details.Phone != phone {
			t.Errorf("after going back: %+v, %v", d, err)
		}
		clock.Advance(8 * 24 * time.Hour)
		if _, ok, err := w.Registrations.Current(ctx, v); ok || err != nil {
			t.Errorf("an abandoned draft is still there: %v, %v", ok, err)
		}
	})
}

func TestAbandonedDraftsAreErasedWithTheirKeys(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		if _, err := w.Registrations.Begin(ctx, signintest.Visitor("anna"), details(phone, "")); err != nil {
			t.Fatal(err)
		}
		clock.Advance(8 * 24 * time.Hour)
		if err := w.Registrations.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		var drafts, keys int
		if err := w.DB.QueryRow(ctx, `SELECT (SELECT count(*) FROM registration), (SELECT count(*) FROM person_key)`).Scan(&drafts, &keys); err != nil || drafts+keys != 0 {
			t.Errorf("%d drafts and %d keys are left, %v", drafts, keys, err)
		}
	})
}

func TestTheFourthWrongCodeBlocksThisBrowserAndNoOther(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		stranger, owner := signintest.Visitor("stranger"), signintest.Visitor("owner")
		if _, err := w.Registrations.Begin(ctx, stranger, details(phone, "")); err != nil {
			t.Fatal(err)
		}
		wrong := other(w.Code(t, phone))
		for i := range 3 {
			d, err := w.Registrations.Confirm(ctx, stranger, wrong)
			if !errors.Is(err, contact.ErrWrong) || d.Challenge.TriesLeft != 2-i {
				t.Fatalf("try %d: %v, %d left", i+1, err, d.Challenge.TriesLeft)
			}
		}
		d, err := w.Registrations.Confirm(ctx, stranger, wrong)
		if !errors.Is(err, contact.ErrBlocked) || d.Challenge.BlockedRef == "" {
			t.Fatalf("the fourth: %v, reference %q", err, d.Challenge.BlockedRef)
		}
		ref := d.Challenge.BlockedRef
		if _, err = w.Registrations.Confirm(ctx, stranger, w.Code(t, phone)); !errors.Is(err, contact.ErrBlocked) {
			t.Errorf("the right code after the block: %v", err)
		}
		clock.Advance(48 * time.Hour)
		if d, err = w.Registrations.Begin(ctx, stranger, details(phone, "")); err != nil || d.Challenge.BlockedRef != ref {
			t.Errorf("beginning anew lifted the block: %q, %v", d.Challenge.BlockedRef, err)
		}
		// The owner, at another browser, has all tries.
		if d, err = w.Registrations.Begin(ctx, owner, details(phone, "")); err != nil || d.Challenge.TriesLeft != 3 || d.Challenge.BlockedRef != "" {
			t.Fatalf("the owner pays for a stranger: %+v, %v", d.Challenge, err)
		}
		if _, err = w.Registrations.Confirm(ctx, owner, w.Code(t, phone)); err != nil {
			t.Errorf("the owner's right code: %v", err)
		}
		// Support lifts the block by its number.
		desk := access.Actor{Kind: access.Staff, ID: "s", Role: access.Support}
		if b, err := w.Contacts.Block(ctx, desk, ref); err != nil || b.Masked == "" || strings.Contains(b.Masked, "3456") {
			t.Errorf("support sees %+v, %v", b, err)
		}
		if err := w.Contacts.Lift(ctx, access.Actor{Kind: access.Person, ID: "p"}, ref); !errors.Is(err, access.ErrDenied) {
			t.Errorf("a person lifted a block: %v", err)
		}
		if err := w.Contacts.Lift(ctx, desk, ref); err != nil {
			t.Fatal(err)
		}
		if d, err = w.Registrations.Begin(ctx, stranger, details(phone, "")); err != nil || d.Challenge.TriesLeft != 3 {
			t.Errorf("after support: %+v, %v", d.Challenge, err)
		}
	})
}

// other is a code that is not this one.
func other(code string) string {
	if code[0] == '0' {
		return "1" + code[1:]
	}
	return "0" + code[1:]
}

func TestANewCodeKeepsTheTriesAndEndsTheOldOne(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		v := signintest.Visitor("anna")
		if _, err := w.Registrations.Begin(ctx, v, details(phone, "")); err != nil {
			t.Fatal(err)
		}
		old := w.Code(t, phone)
		if _, err := w.Registrations.Confirm(ctx, v, other(old)); !errors.Is(err, contact.ErrWrong) {
			t.Fatal(err)
		}
		if _, err := w.Registrations.Resend(ctx, v); !errors.Is(err, contact.ErrEarly) {
			t.Errorf("a second code at once: %v", err)
		}
		clock.Advance(61 * time.Second)
		d, err := w.Registrations.Resend(ctx, v)
		if err != nil || d.Challenge.TriesLeft != 2 {
			t.Fatalf("%+v, %v", d.Challenge, err)
		}
		fresh := w.Code(t, phone)
		if fresh == old {
			t.Fatal("the same code was sent again")
		}
		if _, err := w.Registrations.Confirm(ctx, v, old); !errors.Is(err, contact.ErrWrong) {
			t.Errorf("the old code: %v", err)
		}
		if _, err := w.Registrations.Confirm(ctx, v, fresh); err != nil {
			t.Errorf("the new code: %v", err)
		}
	})
}

func TestACodeRunsOut(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		v := signintest.Visitor("anna")
		if _, err := w.Registrations.Begin(ctx, v, details(phone, "")); err != nil {
			t.Fatal(err)
		}
		code := w.Code(t, phone)
		clock.Advance(5 * time.Minute)
		d, err := w.Registrations.Confirm(ctx, v, code)
		if !errors.Is(err, contact.ErrExpired) || d.Challenge.TriesLeft != 3 {
			t.Errorf("after five minutes: %v, %d left", err, d.Challenge.TriesLeft)
		}
	})
}

// REG-6: until control is proved the answers are the same; then it is said, and the message says it to the holder.
func TestThatAContactIsTakenIsSaidOnlyAfterControlIsProved(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		w.Register(t, signintest.Visitor("owner"), phone)
		v := signintest.Visitor("stranger")
		taken, err := w.Registrations.Begin(ctx, v, details(phone, ""))
		if err != nil {
			t.Fatal(err)
		}
		free, err := w.Registrations.Begin(ctx, signintest.Visitor("other"), details("+79160000001", ""))
		if err != nil {
			t.Fatal(err)
		}
		if taken.Step != free.Step || taken.Challenge.TriesLeft != free.Challenge.TriesLeft {
			t.Errorf("the pages differ: %+v, %+v", taken, free)
		}
		if body := w.Last(t, phone).Body; !strings.Contains(body, "уже есть учётная запись") {
			t.Errorf("the holder is not told: %q", body)
		}
		if body := w.Last(t, "+79160000001").Body; strings.Contains(body, "уже есть") {
			t.Errorf("a holder without an account is told of one: %q", body)
		}
		if d, err := w.Registrations.Confirm(ctx, v, w.Code(t, phone)); !errors.Is(err, registration.ErrTaken) || d.Step != registration.StepTaken {
			t.Errorf("after the proof: %v, %v", err, d.Step)
		}
		if _, err := w.Registrations.Finish(ctx, v, signintest.Password, signintest.Password); !errors.Is(err, registration.ErrOrder) {
			t.Errorf("a second account was made: %v", err)
		}
	})
}

func TestOfTwoWhoRaceForOneContactOneGetsIt(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		racers := []string{"one", "two"}
		for _, name := range racers {
			v := signintest.Visitor(name)
			if _, err := w.Registrations.Begin(ctx, v, details(phone, "")); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Registrations.Confirm(ctx, v, w.Code(t, phone)); err != nil {
				t.Fatal(err)
			}
		}
		errs := make([]error, len(racers))
		var wg sync.WaitGroup
		for i, name := range racers {
			wg.Go(func() {
				_, errs[i] = w.Registrations.Finish(ctx, signintest.Visitor(name), signintest.Password, signintest.Password)
			})
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if !errors.Is(err, registration.ErrTaken) {
				t.Errorf("the loser hears %v", err)
			}
		}
		if won != 1 {
			t.Errorf("%d accounts hold one phone", won)
		}
	})
}

func TestOneCodeAtOnceFromTwoTabsProvesOnce(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		v := signintest.Visitor("anna")
		if _, err := w.Registrations.Begin(ctx, v, details(phone, "")); err != nil {
			t.Fatal(err)
		}
		code := w.Code(t, phone)
		errs := make([]error, 4)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() { _, errs[i] = w.Registrations.Confirm(ctx, v, code) })
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			}
		}
		if won != 1 {
			t.Errorf("%d of 4 proved by one code: %v", won, errs)
		}
	})
}

// REG-5: whatever number of browsers guesses, the contact takes no more guesses a day than its share.
func TestGuessesOfManyBrowsersAreBoundedByTheDay(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		guesses := 0
		for i := range 40 {
			v := signintest.Visitor("bot" + string(rune('a'+i%26)) + string(rune('a'+i/26)))
			if _, err := w.Registrations.Begin(ctx, v, details(phone, "")); err != nil {
				continue // sendings are bounded too
			}
			wrong := other(w.Code(t, phone))
			for range 3 {
				if _, err := w.Registrations.Confirm(ctx, v, wrong); errors.Is(err, contact.ErrWrong) {
					guesses++
				}
			}
			clock.Advance(20 * time.Minute)
		}
		if most := w.Policy.Code.GuessesPerDay.Register; guesses > most || guesses == 0 {
			t.Errorf("%d guesses were taken, at most %d may be", guesses, most)
		}
		if sum := w.Policy.Code.GuessesPerDay; sum.Register+sum.Recover+sum.KnownDevice > 30 {
			t.Errorf("a contact may suffer %+v guesses a day, more than 30", sum)
		}
	})
}

func TestEveryFieldThatIsWrongIsNamed(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		_, err := w.Registrations.Begin(ctx, signintest.Visitor("anna"), registration.Details{Surname: "Ivanова", Phone: "123", Email: "x"})
		f, ok := fault.Of(err)
		if !ok || f.Kind != fault.InvalidInput {
			t.Fatal(err)
		}
		got := map[string]bool{}
		for _, field := range f.Fields {
			got[field.Name] = true
		}
		for _, name := range []string{"surname", "given_name", "phone", "email", "terms", "data"} {
			if !got[name] {
				t.Errorf("%s is not named: %v", name, f.Fields)
			}
		}
	})
}

func TestAWeakPasswordIsRefusedAndNothingIsMade(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		v := signintest.Visitor("anna")
		if _, err := w.Registrations.Begin(ctx, v, details(phone, "")); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Registrations.Confirm(ctx, v, w.Code(t, phone)); err != nil {
			t.Fatal(err)
		}
		for _, pw := range []string{"", "short1!", "alllower1!", "Anna-Проверкина1", "With space 1!A", `Quote"12aB`} {
			if _, err := w.Registrations.Finish(ctx, v, pw, pw); fault.KindOf(err) != fault.InvalidInput {
				t.Errorf("%q: %v", pw, err)
			}
		}
		if _, err := w.Registrations.Finish(ctx, v, signintest.Password, signintest.Password+"x"); fault.KindOf(err) != fault.InvalidInput {
			t.Errorf("two different passwords: %v", err)
		}
		if _, err := w.Registrations.Finish(ctx, v, signintest.Password, signintest.Password); err != nil {
			t.Errorf("the draft did not survive the refusals: %v", err)
		}
	})
}

// letterLink is the secret of the newest letter's link.
func letterLink(t *testing.T, w *signintest.World, to string) string {
	t.Helper()
	m := regexp.MustCompile(`/register/link\?t=(\S+)`).FindStringSubmatch(w.Last(t, to).Body)
	if m == nil {
		t.Fatalf("no link in the letter to %s", to)
	}
	return m[1]
}

// A draft keeps its id when its first page is filled in anew, so an old letter still names it: what that letter proves is its own address.
func TestALinkProvesNoAddressButItsOwn(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		const mine = "mallory@example.ru"
		w.Register(t, signintest.Visitor("holder"), "taken@example.ru")
		v := signintest.Visitor("mallory")
		for _, victim := range []string{email, "taken@example.ru"} {
			if _, err := w.Registrations.Begin(ctx, v, details("", mine)); err != nil {
				t.Fatal(err)
			}
			link := letterLink(t, w, mine)
			if _, err := w.Registrations.Begin(ctx, v, details("", victim)); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Registrations.ConfirmLink(ctx, v, link); !errors.Is(err, contact.ErrLink) {
				t.Errorf("%s: the link to another address: %v", victim, err)
			}
			if _, err := w.Registrations.Finish(ctx, v, signintest.Password, signintest.Password); !errors.Is(err, registration.ErrOrder) {
				t.Errorf("%s: an account on an address that nobody proved, or word of whether it has one: %v", victim, err)
			}
			if d, _, err := w.Registrations.Current(ctx, v); err != nil || d.Step != registration.StepCode || d.Challenge.Target.Value != victim {
				t.Errorf("%s: the draft stands at %+v, %v", victim, d, err)
			}
		}
		if holder, err := w.Contacts.Holder(ctx, w.DB, contact.Target{Kind: contact.Email, Value: email}); err != nil || holder != "" {
			t.Errorf("the victim's address belongs to %q, %v", holder, err)
		}
	})
}

func TestALinkOpensNothingWhileTheFirstPageIsBeingCorrected(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		v := signintest.Visitor("anna")
		if _, err := w.Registrations.Begin(ctx, v, details("", email)); err != nil {
			t.Fatal(err)
		}
		link := letterLink(t, w, email)
		if err := w.Registrations.Restart(ctx, v); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Registrations.ConfirmLink(ctx, v, link); !errors.Is(err, contact.ErrLink) {
			t.Errorf("a draft that is being corrected: %v", err)
		}
		corrected := details("", email)
		corrected.Surname = "Иванова"
		if _, err := w.Registrations.Begin(ctx, v, corrected); err != nil {
			t.Fatal(err)
		}
		if d, err := w.Registrations.ConfirmLink(ctx, v, link); err != nil || d.Step != registration.StepPassword || d.Details.Surname != "Иванова" {
			t.Errorf("the letter of the same attempt, after the correction: %+v, %v", d, err)
		}
	})
}

// One tab fills in the first page with somebody else's phone while another sends the code of one's own.
func TestACodeProvesNoPhoneThatTheDraftGotMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		for i := range 25 {
			n := string(rune('0'+i/10)) + string(rune('0'+i%10))
			v, mine, victim := signintest.Visitor("mallory"+n), "+791600000"+n, "+791700000"+n
			if _, err := w.Registrations.Begin(ctx, v, details(mine, "")); err != nil {
				t.Fatal(err)
			}
			code := w.Code(t, mine)
			var wg sync.WaitGroup
			wg.Go(func() { w.Registrations.Confirm(ctx, v, code) })              //nolint:errcheck // either may come first
			wg.Go(func() { w.Registrations.Begin(ctx, v, details(victim, "")) }) //nolint:errcheck // either may come first
			wg.Go(func() { w.Registrations.Confirm(ctx, v, code) })              //nolint:errcheck // either may come first
			wg.Wait()
			w.Registrations.Finish(ctx, v, signintest.Password, signintest.Password) //nolint:errcheck // it need not come to that
			if holder, err := w.Contacts.Holder(ctx, w.DB, contact.Target{Kind: contact.Phone, Value: victim}); err != nil || holder != "" {
				t.Fatalf("round %d: the victim's phone belongs to %q, %v", i, holder, err)
			}
		}
	})
}

// What is attached is what was proved, as it was spelled in the address the letter went to.
func TestAnAddressIsKeptAsTheLetterWasAddressed(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		v := signintest.Visitor("anna")
		if _, err := w.Registrations.Begin(ctx, v, details("", email)); err != nil {
			t.Fatal(err)
		}
		code := w.Code(t, email)
		if _, err := w.Registrations.Begin(ctx, v, details("", "ANNA@example.ru")); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Registrations.Confirm(ctx, v, code); err != nil {
			t.Fatal(err)
		}
		token, err := w.Registrations.Finish(ctx, v, signintest.Password, signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		s, err := w.Credentials.Check(ctx, token)
		if err != nil {
			t.Fatal(err)
		}
		if all, err := w.Contacts.Of(ctx, w.DB, s.OwnerID); err != nil || len(all) != 1 || all[0].Target.Value != email {
			t.Errorf("kept %+v, %v; want %s", all, err, email)
		}
	})
}

// An attempt that was proved did its work: what is begun with the same contact later is another one.
func TestALinkThatWasUsedNeverWorksAgain(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		v := signintest.Visitor("anna")
		if _, err := w.Registrations.Begin(ctx, v, details("", email)); err != nil {
			t.Fatal(err)
		}
		first := letterLink(t, w, email)
		clock.Advance(2 * time.Minute)
		if _, err := w.Registrations.Resend(ctx, v); err != nil {
			t.Fatal(err)
		}
		code := w.Code(t, email)
		if _, err := w.Registrations.LinkInfo(ctx, first); err != nil {
			t.Errorf("the earlier letter of the same attempt: %v", err)
		}
		if _, err := w.Registrations.ConfirmLink(ctx, v, first); err != nil {
			t.Fatal(err)
		}
		clock.Advance(2 * time.Minute)
		if _, err := w.Registrations.Begin(ctx, v, details("", email)); err != nil {
			t.Fatal(err)
		}
		fresh := letterLink(t, w, email)
		if _, err := w.Registrations.ConfirmLink(ctx, v, first); !errors.Is(err, contact.ErrLink) {
			t.Errorf("a link that was used works again: %v", err)
		}
		if _, err := w.Registrations.Confirm(ctx, v, code); !errors.Is(err, contact.ErrWrong) {
			t.Errorf("a code of the attempt that was proved: %v", err)
		}
		if _, err := w.Registrations.ConfirmLink(ctx, v, fresh); err != nil {
			t.Errorf("the new letter's link: %v", err)
		}
	})
}

// REG-5: a block is lifted by support, and not by a change of the operator's keys; nor does a link on its way end with it.
func TestBlocksAndLinksOutliveAChangeOfTheIndexRoot(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		v, linked := signintest.Visitor("anna"), signintest.Visitor("olga")
		if _, err := w.Registrations.Begin(ctx, v, details(phone, "")); err != nil {
			t.Fatal(err)
		}
		wrong := other(w.Code(t, phone))
		for range w.Policy.Code.WrongAllowed + 1 {
			w.Registrations.Confirm(ctx, v, wrong) //nolint:errcheck // it is wrong
		}
		if _, err := w.Registrations.Begin(ctx, linked, details("", email)); err != nil {
			t.Fatal(err)
		}
		token := letterLink(t, w, email)
		keyringtest.NewRoot(t, w.DB, w.Ring)
		clock.Advance(2 * time.Minute)
		if _, err := w.Registrations.Begin(ctx, v, details(phone, "")); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Registrations.Confirm(ctx, v, wrong); !errors.Is(err, contact.ErrBlocked) {
			t.Errorf("the block is gone with the old root: %v", err)
		}
		if c, err := w.Contacts.LinkInfo(ctx, w.DB, token); err != nil || c.Target.Value != email {
			t.Errorf("a link of before, %q, leads to %+v, %v", token, c.Target, err)
		}
	})
}
