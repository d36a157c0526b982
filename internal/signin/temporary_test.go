package signin_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// atCentre is a Confirmed person with papers, who has lost everything else, and an operator who has just proved who they are.
func atCentre(t *testing.T, w *signintest.World, clock *storetest.Clock) (accountID string, operator access.Actor) {
	t.Helper()
	accountID = person(t, w, w.Register(t, signintest.Visitor("home"), phone)).ID
	tied(t, w, accountID, access.Confirmed)
	passport(t, w, accountID)
	return accountID, access.Actor{Kind: access.Staff, ID: "operator", Role: access.Centre, Unit: "centre", SessionID: "session", AuthAt: clock.Now()}
}

// issue issues a temporary password and reads the paper.
func issue(t *testing.T, w *signintest.World, operator access.Actor) signin.Issued {
	t.Helper()
	sealed, err := w.SignIn.IssueTemporary(ctx, operator, snils, "45 10 № 123456", true)
	if err != nil {
		t.Fatal(err)
	}
	x, ok := w.SignIn.OpenIssued(operator, sealed)
	if !ok || len(x.Codes) != w.Policy.SecondFactor.BackupCodes {
		t.Fatalf("the paper says %+v", x)
	}
	other := operator
	other.SessionID = "other"
	if _, ok := w.SignIn.OpenIssued(other, sealed); ok {
		t.Error("another session reads the paper")
	}
	return x
}

// AUTH-6.
func TestWhoLostPhoneAndMailComesBackByAPaperOfTheCentreAndAPasswordOfTheirOwn(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		accountID, operator := atCentre(t, w, clock)
		before, err := w.SignIn.SignIn(ctx, signintest.Visitor("home"), phone, signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		who := person(t, w, before)
		if err := w.Notices.Subscribe(ctx, who, browserOfNews, "Chrome, Linux"); err != nil {
			t.Fatal(err)
		}
		clock.Advance(2 * time.Minute) // a code may be sent again
		thief := signintest.Visitor("thief")
		if proved(t, w, thief, phone) != signin.StepSecond {
			t.Fatal("the phone alone is enough")
		}
		if err := w.SignIn.RecoverSecondCode(ctx, thief, signin.ByDocument, "", "4510 123456"); err != nil {
			t.Fatal(err)
		}
		operator.AuthAt = clock.Now()
		guess(t, w, snils) // what strangers have shut is open to whoever was seen in person
		x := issue(t, w, operator)
		if _, err := w.Credentials.Check(ctx, before); err == nil {
			t.Error("a session of before is open")
		}
		if token, err := w.SignIn.RecoverFinish(ctx, thief, newPassword, newPassword); token != "" || !errors.Is(err, signin.ErrNoRecovery) {
			t.Errorf("a recovery of before sets a password: %q, %v", token, err)
		}
		if list, err := w.Notices.Browsers(ctx, who); err != nil || len(list) > 0 {
			t.Errorf("the news are shown in %+v, %v", list, err)
		}
		if saw(t, w, phone, "временный пароль") != 1 {
			t.Error("the contact that is left is not told")
		}
		away := signintest.Visitor("away")
		_, err = w.SignIn.SignIn(ctx, away, x.SNILS, x.Password)
		var second *signin.SecondNeeded
		if !errors.As(err, &second) {
			t.Fatalf("the second factor is passed over: %v", err)
		}
		if err := w.SignIn.SecondBy(ctx, away, second.Token, signin.ByBackup); err != nil {
			t.Fatal(err)
		}
		if token, err := w.SignIn.SecondCode(ctx, away, second.Token, x.Codes[0], false); token != "" || !errors.Is(err, signin.ErrReplace) {
			t.Fatalf("the temporary password opens a session: %q, %v", token, err)
		}
		clock.Advance(time.Minute)
		token, err := w.SignIn.Replace(ctx, away, second.Token, newPassword, newPassword)
		if err != nil {
			t.Fatal(err)
		}
		c, err := w.SignIn.AddContact(ctx, person(t, w, token), away, email, newPassword)
		if err == nil {
			_, err = w.SignIn.ConfirmContact(ctx, person(t, w, token), away, c.ID, w.Code(t, email))
		}
		if err != nil {
			t.Errorf("a contact in place of the lost ones: %v", err)
		}
		clock.Advance(48 * time.Hour) // the person's own password has no term
		if _, err = w.SignIn.SignIn(ctx, signintest.Visitor("later"), x.SNILS, newPassword); !errors.As(err, &second) {
			t.Errorf("two days later: %v", err)
		}
		seen, err := audit.Looks(ctx, w.DB, accountID, 10, "")
		if err != nil || !slices.ContainsFunc(seen, func(e audit.Entry) bool { return e.Action == "password.issued" && e.Role == access.Centre }) {
			t.Errorf("the person reads of %+v, %v", seen, err)
		}
	})
}

func TestATemporaryPasswordOfTheCentreEndsWithItsTermAndAtItsOwnersWord(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		_, operator := atCentre(t, w, clock)
		x := issue(t, w, operator)
		clock.Advance(w.Policy.Temporary.Lifetime - time.Second)
		var second *signin.SecondNeeded
		if _, err := w.SignIn.SignIn(ctx, signintest.Visitor("away"), x.SNILS, x.Password); !errors.As(err, &second) {
			t.Errorf("within its term: %v", err)
		}
		clock.Advance(2 * time.Second)
		if _, err := w.SignIn.SignIn(ctx, signintest.Visitor("away"), x.SNILS, x.Password); !errors.Is(err, signin.ErrTemporaryOver) {
			t.Errorf("after its term: %v", err)
		}
		if _, err := w.SignIn.SignIn(ctx, signintest.Visitor("away"), x.SNILS, "Wrong-Pass-1234"); !errors.Is(err, signin.ErrWrong) {
			t.Errorf("another one after its term: %v", err)
		}

		operator.AuthAt = clock.Now()
		x = issue(t, w, operator)
		all := links(t, w, phone)
		if _, err := w.SignIn.Disavow(ctx, all[len(all)-1]); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.SignIn(ctx, signintest.Visitor("thief"), x.SNILS, x.Password); !errors.Is(err, signin.ErrTemporaryOver) {
			t.Errorf("after its owner said that it was not them: %v", err)
		}
		if _, err := w.SignIn.IssueTemporary(ctx, operator, snils, "4510123456", true); !errors.Is(err, signin.ErrTemporaryPaused) {
			t.Errorf("during the pause: %v", err)
		}
	})
}

func TestATemporaryPasswordIsIssuedToNobodyElse(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		accountID, operator := atCentre(t, w, clock)
		refused := func(what string, who access.Actor, snils, document string, sure bool, want error, field string) {
			t.Helper()
			sealed, err := w.SignIn.IssueTemporary(ctx, who, snils, document, sure)
			f, _ := fault.Of(err)
			if err == nil || sealed != nil || want != nil && !errors.Is(err, want) || field != "" && (f == nil || len(f.Fields) != 1 || f.Fields[0].Name != field) {
				t.Errorf("%s: %v", what, err)
			}
		}
		for _, role := range access.Roles() {
			who := operator
			if who.Role = role; role != access.Centre {
				refused(string(role), who, snils, "4510123456", true, access.ErrDenied, "")
			}
		}
		late := operator
		late.AuthAt = clock.Now().Add(-w.Policy.Session.Fresh)
		refused("without a fresh proof", late, snils, "4510123456", true, signin.ErrStaffAgain, "")
		refused("a face that was not compared", operator, snils, "4510123456", false, nil, "sure")
		refused("no document", operator, snils, "№", true, nil, "document")
		refused("another's document", operator, snils, "4510654321", true, signin.ErrTemporaryNobody, "document")
		refused("nobody's SNILS", operator, "08765430300", "4510123456", true, signin.ErrTemporaryNobody, "document")
		change := func(do func(a *account.Account)) {
			t.Helper()
			if err := w.DB.Write(ctx, func(tx *store.Tx) error {
				_, err := w.Accounts.Update(ctx, tx, accountID, func(a *account.Account) error { do(a); return nil })
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		change(func(a *account.Account) { a.Level, a.ConfirmedAt = access.Standard, time.Time{} })
		refused("a Standard account", operator, snils, "4510123456", true, signin.ErrTemporaryNobody, "document")
		change(func(a *account.Account) { a.Level, a.ConfirmedAt = access.Confirmed, clock.Now() })
		for range w.Policy.Visit.Guesses.Max {
			_, _ = w.SignIn.IssueTemporary(ctx, operator, snils, "4510654321", true) //nolint:errcheck // the last one is judged below
		}
		refused("after many pairs that nobody has", operator, snils, "4510123456", true, signin.ErrTemporaryGuesses, "")
		other := operator
		other.ID = "colleague"
		w.Policy.Temporary.PerOperator.Max = 1
		issue(t, w, other)
		refused("after many passwords", other, snils, "4510123456", true, signin.ErrTemporaryMany, "")
		if token, err := w.SignIn.SignIn(ctx, signintest.Visitor("home"), phone, signintest.Password); token != "" || err == nil {
			t.Errorf("the former password: %q, %v", token, err)
		}
		if err := w.DB.Write(ctx, func(tx *store.Tx) error { return tx.Do(ctx, `DELETE FROM password WHERE account_id = $1`, accountID) }); err != nil {
			t.Fatal(err)
		}
		other.ID = "another"
		refused("a child's, which has no password", other, snils, "4510123456", true, signin.ErrTemporaryNobody, "document")
	})
}

// Whoever sends many pairs at once tries no more of them than one by one: desks must not be a way to search for people.
func TestABurstOfPapersIsJudgedNoFurtherThanTriesOneByOne(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		_, operator := atCentre(t, w, clock)
		issuing := func(document string) func(s *signin.Service) error {
			return func(s *signin.Service) error {
				_, err := s.IssueTemporary(ctx, operator, snils, document, true)
				return err
			}
		}
		right := lateAt(t, w, 3, issuing("4510123456")) // fresh, not too many yet, hashed: it is about to look who has the papers
		judged := 0
		for _, err := range together(25, func(int) error { return issuing("4510654321")(w.SignIn) }) {
			if errors.Is(err, signin.ErrTemporaryNobody) {
				judged++
			} else if !errors.Is(err, signin.ErrTemporaryGuesses) {
				t.Errorf("papers that nobody has: %v", err)
			}
		}
		if judged > w.Policy.Visit.Guesses.Max {
			t.Errorf("%d pairs were judged at once, %d may be", judged, w.Policy.Visit.Guesses.Max)
		}
		if err := right(); !errors.Is(err, signin.ErrTemporaryGuesses) {
			t.Errorf("the right pair of the same burst: %v", err)
		}
	})
}
