package signin_test

import (
	"context"
	"encoding/hex"
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"okno/internal/access"
	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/jobs/jobstest"
	"okno/internal/keyring/keyringtest"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/staff"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

var ctx = context.Background()

const phone, email = "+79123456789", "anna@example.ru"

func each(t *testing.T, body func(t *testing.T, w *signintest.World, clock *storetest.Clock)) {
	t.Helper()
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) { body(t, signintest.New(t, db), clock) })
}

func TestPhoneAndMailSignInHoweverTheyAreTyped(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		w.Register(t, signintest.Visitor("anna"), phone)
		w.Register(t, signintest.Visitor("boris"), "boris@example.ru")
		for _, login := range []string{phone, "8 (912) 345-67-89", "79123456789", "boris@example.ru", "Boris@Example.RU"} {
			token, err := w.SignIn.SignIn(ctx, signintest.Visitor("elsewhere"), login, signintest.Password)
			if err != nil {
				t.Errorf("%s: %v", login, err)
				continue
			}
			if s, err := w.Credentials.Check(ctx, token); err != nil || s.Kind != access.Person {
				t.Errorf("%s: session %+v, %v", login, s, err)
			}
		}
	})
}

// identity.md: one read before the hash, one write transaction of at most three statements after it.
func TestASignInIsOneReadAndOneShortWrite(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		w.Register(t, signintest.Visitor("anna"), phone)
		for name, visitor := range map[string]credential.Visitor{"a known browser": signintest.Visitor("anna"), "a new browser": signintest.Visitor("new")} {
			counted, n := store.Counting(ctx)
			if _, err := w.SignIn.SignIn(counted, visitor, phone, signintest.Password); err != nil {
				t.Fatal(err)
			}
			if n.Load() > 4 {
				t.Errorf("%s: %d statements, want at most 1 + 3", name, n.Load())
			}
		}
	})
}

func TestAnUnknownContactAndAWrongPasswordAreRefusedAlike(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		w.Register(t, signintest.Visitor("anna"), phone)
		outcomes := map[string][]string{}
		for _, login := range []string{phone, "+79160000000"} {
			v := signintest.Visitor("stranger")
			for range 12 {
				counted, n := store.Counting(ctx)
				_, err := w.SignIn.SignIn(counted, v, login, "Wrong-Pass-1234")
				f, ok := fault.Of(err)
				if !ok {
					t.Fatalf("%s: %v", login, err)
				}
				outcomes[login] = append(outcomes[login], f.Key+" "+f.RetryAt.Format(time.RFC3339)+" "+string(rune('0'+n.Load())))
			}
		}
		if a, b := strings.Join(outcomes[phone], "\n"), strings.Join(outcomes["+79160000000"], "\n"); a != b {
			t.Errorf("an account that exists is refused otherwise:\n%s\n\nthan one that does not:\n%s", a, b)
		}
	})
}

// AUTH-4: whatever strangers do, the owner's own browser signs in.
func TestStrangersCannotLockTheOwnerOut(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		owner := signintest.Visitor("owner")
		w.Register(t, owner, phone)
		for i := range 60 {
			v := signintest.Visitor("bot" + string(rune('a'+i%26)))
			if i%3 == 0 {
				v.Prefix = owner.Prefix // from the owner's own network too
			}
			if _, err := w.SignIn.SignIn(ctx, v, phone, "Wrong-Pass-1234"); err == nil {
				t.Fatal("a wrong password signed in")
			}
			clock.Advance(time.Second)
		}
		if _, err := w.SignIn.SignIn(ctx, signintest.Visitor("bota"), phone, signintest.Password); !errors.Is(err, signin.ErrBlocked) {
			t.Errorf("a stranger goes on guessing: %v", err)
		}
		if _, err := w.SignIn.SignIn(ctx, owner, phone, signintest.Password); err != nil {
			t.Errorf("the owner, at the owner's browser: %v", err)
		}
	})
}

func TestABlockNamesItsEndAndEnds(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		owner := signintest.Visitor("owner")
		w.Register(t, owner, phone)
		var f *fault.Error
		for range 30 {
			_, err := w.SignIn.SignIn(ctx, owner, phone, "Wrong-Pass-1234")
			if errors.Is(err, signin.ErrBlocked) {
				f, _ = fault.Of(err)
				break
			}
		}
		if f == nil || !f.RetryAt.After(clock.Now()) || f.RetryAt.After(clock.Now().Add(2*time.Hour)) {
			t.Fatalf("no block, or no sensible end of it: %v", f)
		}
		if _, err := w.SignIn.SignIn(ctx, owner, phone, signintest.Password); !errors.Is(err, signin.ErrBlocked) {
			t.Errorf("the block does not hold: %v", err)
		}
		clock.Advance(f.RetryAt.Sub(clock.Now()) + time.Second)
		if _, err := w.SignIn.SignIn(ctx, owner, phone, signintest.Password); err != nil {
			t.Errorf("after the block: %v", err)
		}
	})
}

func TestSessionsAreListedAndClosed(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		first := w.Register(t, signintest.Visitor("anna"), phone)
		second, err := w.SignIn.SignIn(ctx, signintest.Visitor("phone"), phone, signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		s, err := w.Credentials.Check(ctx, second)
		if err != nil {
			t.Fatal(err)
		}
		who := s.Actor()
		open, err := w.Credentials.Sessions(ctx, who)
		if err != nil || len(open) != 2 {
			t.Fatalf("%d sessions, %v", len(open), err)
		}
		if n, err := w.Credentials.CloseOthers(ctx, who); n != 1 || err != nil {
			t.Errorf("closed %d, %v", n, err)
		}
		if _, err := w.Credentials.Check(ctx, first); !errors.Is(err, credential.ErrNoSession) {
			t.Errorf("a closed session is open: %v", err)
		}
		clock.Advance(59 * time.Minute)
		if _, err := w.Credentials.Check(ctx, second); err != nil {
			t.Errorf("a session in use: %v", err)
		}
		clock.Advance(2 * time.Hour)
		if _, err := w.Credentials.Check(ctx, second); !errors.Is(err, credential.ErrNoSession) {
			t.Errorf("an idle session is open: %v", err)
		}
	})
}

func TestNobodyClosesTheSessionOfAnother(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		anna := w.Register(t, signintest.Visitor("anna"), phone)
		boris := w.Register(t, signintest.Visitor("boris"), email)
		a, _ := w.Credentials.Check(ctx, anna)
		b, _ := w.Credentials.Check(ctx, boris)
		if err := w.Credentials.Close(ctx, b.Actor(), a.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Credentials.Check(ctx, anna); err != nil {
			t.Errorf("another closed it: %v", err)
		}
	})
}

func TestRecoveryByCodeSetsAPasswordAndClosesEverySession(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		old := w.Register(t, signintest.Visitor("anna"), phone)
		v := signintest.Visitor("new")
		r, err := w.SignIn.RecoverStart(ctx, v, phone)
		if err != nil || r.Step != signin.StepCode {
			t.Fatalf("%+v, %v", r, err)
		}
		if _, err := w.SignIn.RecoverFinish(ctx, v, "Another-Pass-77", "Another-Pass-77"); !errors.Is(err, signin.ErrNoRecovery) {
			t.Fatalf("a password was set without a proof: %v", err)
		}
		if _, err := w.SignIn.RecoverCode(ctx, v, w.Code(t, phone)); err != nil {
			t.Fatal(err)
		}
		token, err := w.SignIn.RecoverFinish(ctx, v, "Another-Pass-77", "Another-Pass-77")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Credentials.Check(ctx, token); err != nil {
			t.Errorf("not signed in: %v", err)
		}
		if _, err := w.Credentials.Check(ctx, old); !errors.Is(err, credential.ErrNoSession) {
			t.Errorf("an old session is open: %v", err)
		}
		if _, err := w.SignIn.SignIn(ctx, v, phone, signintest.Password); !errors.Is(err, signin.ErrWrong) {
			t.Errorf("the old password: %v", err)
		}
		if m := w.Last(t, phone); !strings.Contains(m.Body, "изменён") {
			t.Errorf("the owner is not told: %q", m.Body)
		}
	})
}

func TestRecoveryByLinkWorksOnceAndOnlyWhereItWasOpened(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		w.Register(t, signintest.Visitor("anna"), email)
		began, opened := signintest.Visitor("began"), signintest.Visitor("opened")
		if _, err := w.SignIn.RecoverStart(ctx, began, email); err != nil {
			t.Fatal(err)
		}
		m := regexp.MustCompile(`/recover/link\?t=(\S+)`).FindStringSubmatch(w.Last(t, email).Body)
		if m == nil {
			t.Fatal("no link in the letter")
		}
		if _, err := w.SignIn.RecoverLink(ctx, opened, m[1]); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.RecoverLink(ctx, opened, m[1]); !errors.Is(err, contact.ErrLink) {
			t.Errorf("the link worked twice: %v", err)
		}
		if _, err := w.SignIn.RecoverFinish(ctx, began, "Another-Pass-77", "Another-Pass-77"); err == nil {
			t.Error("the browser that proved nothing set the password")
		}
		if _, err := w.SignIn.RecoverFinish(ctx, opened, "Another-Pass-77", "Another-Pass-77"); err != nil {
			t.Error(err)
		}
	})
}

func TestRecoveryOfAContactThatNobodyHoldsLooksTheSameAndReachesNobody(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		w.Register(t, signintest.Visitor("anna"), phone)
		free := "+79160000000"
		a, err := w.SignIn.RecoverStart(ctx, signintest.Visitor("one"), phone)
		if err != nil {
			t.Fatal(err)
		}
		b, err := w.SignIn.RecoverStart(ctx, signintest.Visitor("two"), free)
		if err != nil || a.Step != b.Step || a.Challenge.TriesLeft != b.Challenge.TriesLeft {
			t.Fatalf("%+v, %+v, %v", a, b, err)
		}
		w.Code(t, phone)
		if sent := w.Outbox.To(free); len(sent) != 0 {
			t.Errorf("a stranger got %v", sent)
		}
		for range 3 {
			if _, err := w.SignIn.RecoverCode(ctx, signintest.Visitor("two"), "123456"); !errors.Is(err, contact.ErrWrong) {
				t.Fatalf("a code for nobody: %v", err)
			}
		}
	})
}

// REG-5: a stranger's wrong codes spend none of the owner's tries at recovery.
func TestAStrangersGuessesAtRecoveryLeaveTheOwnersBrowserItsTries(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		owner := signintest.Visitor("owner")
		w.Register(t, owner, phone)
		for i := range 12 {
			v := signintest.Visitor("bot" + string(rune('a'+i)))
			if _, err := w.SignIn.RecoverStart(ctx, v, phone); err != nil {
				continue
			}
			for range 4 {
				w.SignIn.RecoverCode(ctx, v, "000000") //nolint:errcheck // a guess
			}
			clock.Advance(2 * time.Minute)
		}
		clock.Advance(2 * time.Minute)
		jobstest.Settle(t, w.Jobs) // the strangers' codes have arrived, so that the newest is the owner's
		r, err := w.SignIn.RecoverStart(ctx, owner, phone)
		if err != nil || r.Challenge.TriesLeft != 3 {
			t.Fatalf("the owner's tries: %+v, %v", r.Challenge, err)
		}
		if _, err := w.SignIn.RecoverCode(ctx, owner, w.Code(t, phone)); err != nil {
			t.Errorf("the owner's right code: %v", err)
		}
	})
}

func TestStaffNeedAllThreeAndACodeServesOnce(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		encoded, err := w.Hasher.Hash(ctx, signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		_, secret, err := w.Staff.Add(ctx, access.SystemActor(), staff.New{Login: "Smirnova", Name: "Смирнова", Role: access.Officer, Unit: "rosreestr", Encoded: encoded})
		if err != nil {
			t.Fatal(err)
		}
		code, err := totp.GenerateCode(secret, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		v := signintest.Visitor("desk")
		for name, in := range map[string][3]string{
			"a wrong password": {"smirnova", "Wrong-Pass-1234", code}, "no code": {"smirnova", signintest.Password, ""},
			"a wrong code": {"smirnova", signintest.Password, "000000"}, "nobody": {"petrov", signintest.Password, code},
		} {
			if _, err := w.SignIn.StaffSignIn(ctx, v, in[0], in[1], in[2]); !errors.Is(err, signin.ErrStaffWrong) {
				t.Errorf("%s: %v", name, err)
			}
		}
		token, err := w.SignIn.StaffSignIn(ctx, v, " SMIRNOVA ", signintest.Password, code)
		if err != nil {
			t.Fatal(err)
		}
		s, err := w.Credentials.Check(ctx, token)
		if err != nil || s.Role != access.Officer || s.Unit != "rosreestr" {
			t.Errorf("session %+v, %v", s, err)
		}
		if _, err := w.SignIn.StaffSignIn(ctx, v, "smirnova", signintest.Password, code); !errors.Is(err, signin.ErrStaffWrong) {
			t.Errorf("the code served twice: %v", err)
		}
		if err := w.Staff.Dismiss(ctx, access.SystemActor(), "smirnova"); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Credentials.Check(ctx, token); !errors.Is(err, credential.ErrNoSession) {
			t.Errorf("a dismissed employee is on duty: %v", err)
		}
	})
}

func TestABrowserInWhichTheOwnerHasNotSignedInForLongIsForgotten(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		s, err := w.Credentials.Check(ctx, w.Register(t, signintest.Visitor("anna"), phone))
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			wait  time.Duration
			known bool
		}{{w.Policy.SignIn.KnownLifetime - time.Hour, true}, {2 * time.Hour, false}} {
			clock.Advance(step.wait)
			if err := w.Credentials.ForgetDevices(ctx); err != nil {
				t.Fatal(err)
			}
			known, err := w.Credentials.Knows(ctx, w.DB, s.OwnerID, signintest.Visitor("anna").Browser)
			if err != nil || known != step.known {
				t.Errorf("after %s more: known %t, %v", step.wait, known, err)
			}
		}
	})
}

// recoverLink is the secret of the newest letter's link.
func recoverLink(t *testing.T, w *signintest.World, to string) string {
	t.Helper()
	m := regexp.MustCompile(`/recover/link\?t=(\S+)`).FindStringSubmatch(w.Last(t, to).Body)
	if m == nil {
		t.Fatal("no link in the letter")
	}
	return m[1]
}

func TestARecoveryLinkThatWasUsedNeverWorksAgain(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		w.Register(t, signintest.Visitor("anna"), email)
		v, thief := signintest.Visitor("new"), signintest.Visitor("thief")
		if _, err := w.SignIn.RecoverStart(ctx, v, email); err != nil {
			t.Fatal(err)
		}
		first := recoverLink(t, w, email)
		clock.Advance(2 * time.Minute)
		if _, err := w.SignIn.RecoverResend(ctx, v); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.RecoverLinkInfo(ctx, first); err != nil {
			t.Errorf("the earlier letter of the same attempt: %v", err)
		}
		if _, err := w.SignIn.RecoverLink(ctx, v, first); err != nil {
			t.Fatal(err)
		}
		clock.Advance(2 * time.Minute)
		if _, err := w.SignIn.RecoverStart(ctx, v, email); err != nil {
			t.Fatal(err)
		}
		fresh := recoverLink(t, w, email)
		if _, err := w.SignIn.RecoverLink(ctx, thief, first); !errors.Is(err, contact.ErrLink) {
			t.Errorf("a link that was used works again: %v", err)
		}
		if _, err := w.SignIn.RecoverLink(ctx, v, fresh); err != nil {
			t.Errorf("the new letter's link: %v", err)
		}
	})
}

func TestARecoveryBegunWhileItsAttemptWasBlockedGoesOnOnceSupportLiftsIt(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		w.Register(t, signintest.Visitor("anna"), phone)
		v := signintest.Visitor("new")
		if _, err := w.SignIn.RecoverStart(ctx, v, phone); err != nil {
			t.Fatal(err)
		}
		wrong := "000000"
		if w.Code(t, phone) == wrong {
			wrong = "000001"
		}
		for range 4 {
			w.SignIn.RecoverCode(ctx, v, wrong) //nolint:errcheck // until it is blocked
		}
		r, err := w.SignIn.RecoverStart(ctx, v, phone)
		if err != nil || r.Challenge.BlockedRef == "" {
			t.Fatalf("%+v, %v", r, err)
		}
		if err := w.Contacts.Lift(ctx, access.Actor{Kind: access.Staff, ID: "s", Role: access.Support}, r.Challenge.BlockedRef); err != nil {
			t.Fatal(err)
		}
		clock.Advance(2 * time.Minute)
		if _, err := w.SignIn.RecoverResend(ctx, v); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.RecoverCode(ctx, v, w.Code(t, phone)); err != nil {
			t.Errorf("the right code: %v", err)
		}
	})
}

func TestRecoveryIsForWhoeverHoldsTheContactNow(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		for name, undo := range map[string]string{
			"an account that was retired":      `UPDATE account SET state = 'retired' WHERE id = $1`,
			"an account that lost the contact": `DELETE FROM contact WHERE account_id = $1`,
		} {
			to := map[bool]string{true: "retired@example.ru", false: "untied@example.ru"}[strings.Contains(name, "retired")]
			session, err := w.Credentials.Check(ctx, w.Register(t, signintest.Visitor(name), to))
			if err != nil {
				t.Fatal(err)
			}
			v := signintest.Visitor("new")
			if _, err := w.SignIn.RecoverStart(ctx, v, to); err != nil {
				t.Fatal(err)
			}
			code := w.Code(t, to)
			if err := w.DB.Write(ctx, func(tx *store.Tx) error {
				_, err := tx.Exec(ctx, undo, session.OwnerID)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			w.SignIn.RecoverCode(ctx, v, code) //nolint:errcheck // refused here or at the end
			if _, err := w.SignIn.RecoverFinish(ctx, v, "Another-Pass-77", "Another-Pass-77"); !errors.Is(err, signin.ErrNoRecovery) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// late begins a try on a server that has looked up what it judges by and goes on only when the returned function is called,
// which waits for the outcome: the server's clock, which it reads between the two, stands still.
func late(t *testing.T, w *signintest.World, try func(s *signin.Service) error) func() error {
	t.Helper()
	return lateAt(t, w, 1, try)
}

// lateAt is late at whichever time the clock is read.
func lateAt(t *testing.T, w *signintest.World, read int64, try func(s *signin.Service) error) func() error {
	t.Helper()
	dsn := "sqlite:" + w.DB.Path()
	if w.DB.Engine() == store.Postgres {
		dsn = w.DB.Pool().Config().ConnString()
	}
	looked, goOn, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	var reads atomic.Int64
	db, err := store.Open(ctx, dsn, store.Options{MaxConns: 4, Now: func() time.Time {
		if reads.Add(1) == read {
			close(looked)
			<-goOn
		}
		return w.DB.Now()
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() }) //nolint:errcheck // the test is over
	s := *w.SignIn
	s.DB = db
	go func() { done <- try(&s) }()
	<-looked
	return func() error {
		close(goOn)
		return <-done
	}
}

// together makes n tries at once and returns what they came to.
func together(n int, try func(i int) error) []error {
	out := make([]error, n)
	var wg sync.WaitGroup
	for i := range out {
		wg.Go(func() { out[i] = try(i) })
	}
	wg.Wait()
	return out
}

// AUTH-4: who sends many passwords at once is judged as who sends them one by one.
func TestABurstOfPasswordsIsJudgedNoFurtherThanTriesOneByOne(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		owner, bot := signintest.Visitor("owner"), signintest.Visitor("bot")
		w.Register(t, owner, phone)
		enter := func(v credential.Visitor) func(s *signin.Service) error {
			return func(s *signin.Service) error {
				_, err := s.SignIn(ctx, v, phone, signintest.Password)
				return err
			}
		}
		right, owners := late(t, w, enter(bot)), late(t, w, enter(owner))
		wrong := 0
		for _, err := range together(25, func(int) error {
			_, err := w.SignIn.SignIn(ctx, bot, phone, "Wrong-Pass-1234")
			return err
		}) {
			if errors.Is(err, signin.ErrWrong) {
				wrong++
			} else if !errors.Is(err, signin.ErrBlocked) {
				t.Errorf("a wrong password: %v", err)
			}
		}
		if wrong > w.Policy.SignIn.Network.Max {
			t.Errorf("%d passwords were judged at once, %d may be", wrong, w.Policy.SignIn.Network.Max)
		}
		if err := right(); !errors.Is(err, signin.ErrBlocked) {
			t.Errorf("the right password in the same burst: %v", err)
		}
		if err := owners(); err != nil {
			t.Errorf("the owner, at the owner's browser, in the middle of it: %v", err)
		}
		if err := enter(bot)(w.SignIn); !errors.Is(err, signin.ErrBlocked) {
			t.Errorf("the right password after the burst: %v", err)
		}
	})
}

// Somebody else's slip in the same moment is no reason to refuse.
func TestAWrongPasswordMeanwhileDoesNotKeepTheRightOneOut(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		w.Register(t, signintest.Visitor("owner"), phone)
		right := late(t, w, func(s *signin.Service) error {
			_, err := s.SignIn(ctx, signintest.Visitor("elsewhere"), phone, signintest.Password)
			return err
		})
		if _, err := w.SignIn.SignIn(ctx, signintest.Visitor("stranger"), phone, "Wrong-Pass-1234"); !errors.Is(err, signin.ErrWrong) {
			t.Fatal(err)
		}
		if err := right(); err != nil {
			t.Error(err)
		}
	})
}

// A recovery closes every session: also the one that the old password is about to open.
func TestAPasswordThatWasChangedWhileItWasJudgedOpensNothing(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		session, err := w.Credentials.Check(ctx, w.Register(t, signintest.Visitor("owner"), phone))
		if err != nil {
			t.Fatal(err)
		}
		changed, err := w.Hasher.Hash(ctx, "Another-Pass-77")
		if err != nil {
			t.Fatal(err)
		}
		old := late(t, w, func(s *signin.Service) error {
			_, err := s.SignIn(ctx, signintest.Visitor("thief"), phone, signintest.Password)
			return err
		})
		err = w.DB.Write(ctx, func(tx *store.Tx) error {
			return errors.Join(w.Credentials.SetPassword(ctx, tx, session.OwnerID, changed, false), w.Credentials.CloseAll(ctx, tx, session.OwnerID))
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := old(); !errors.Is(err, signin.ErrWrong) {
			t.Error(err)
		}
	})
}

// twoContacts makes an account that holds both the phone and the e-mail.
func twoContacts(t *testing.T, w *signintest.World) {
	t.Helper()
	s, err := w.Credentials.Check(ctx, w.Register(t, signintest.Visitor("owner"), phone))
	if err != nil {
		t.Fatal(err)
	}
	err = w.DB.Write(ctx, func(tx *store.Tx) error {
		key, err := w.Ring.Person(ctx, tx, s.OwnerID)
		if err != nil {
			return err
		}
		return w.Contacts.Attach(ctx, tx, key, s.OwnerID, contact.Target{Kind: contact.Email, Value: email})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRefusalsDoNotTellThatTwoContactsAreOnePersons(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		twoContacts(t, w)
		outcomes := map[string][]string{}
		guess := func(network, login string) {
			v := signintest.Visitor("bot")
			v.Prefix = network
			counted, n := store.Counting(ctx)
			_, err := w.SignIn.SignIn(counted, v, login, "Wrong-Pass-1234")
			f, ok := fault.Of(err)
			if !ok {
				t.Fatal(err)
			}
			outcomes[login] = append(outcomes[login], f.Key+" "+f.RetryAt.Format(time.RFC3339)+" "+string(rune('0'+n.Load())))
		}
		for i := range 14 { // enough to close the phone, from one network and from all together
			guess("net-"+string(rune('a'+i/6)), phone)
		}
		clock.Advance(time.Second)
		for i := range 14 {
			guess("net-"+string(rune('a'+i/6)), email)
			guess("net-"+string(rune('a'+i/6)), "nobody@example.ru")
		}
		if a, b := strings.Join(outcomes[email], "\n"), strings.Join(outcomes["nobody@example.ru"], "\n"); a != b {
			t.Errorf("after guesses at the phone, the e-mail of the same account:\n%s\n\nan e-mail of nobody:\n%s", a, b)
		}
	})
}

// The bound is the account's, however many names it has: what is over it is not judged, and not said.
func TestGuessesAtAllContactsOfAnAccountAreBoundedTogether(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		twoContacts(t, w)
		for i := range w.Policy.SignIn.Others.Max {
			v := signintest.Visitor("bot" + string(rune('a'+i)))
			if _, err := w.SignIn.SignIn(ctx, v, map[bool]string{true: phone, false: email}[i%2 == 0], "Wrong-Pass-1234"); !errors.Is(err, signin.ErrWrong) {
				t.Fatal(err)
			}
		}
		for _, login := range []string{phone, email} {
			if _, err := w.SignIn.SignIn(ctx, signintest.Visitor("another"), login, signintest.Password); !errors.Is(err, signin.ErrWrong) {
				t.Errorf("%s: a guess beyond the bound: %v", login, err)
			}
		}
		if _, err := w.SignIn.SignIn(ctx, signintest.Visitor("owner"), email, signintest.Password); err != nil {
			t.Errorf("the owner, at the owner's browser: %v", err)
		}
		clock.Advance(w.Policy.SignIn.Others.Block + time.Minute)
		if _, err := w.SignIn.SignIn(ctx, signintest.Visitor("another"), email, signintest.Password); err != nil {
			t.Errorf("after the block: %v", err)
		}
	})
}

// employee is somebody of the staff and the secret of their app.
func employee(t *testing.T, w *signintest.World) string {
	t.Helper()
	encoded, err := w.Hasher.Hash(ctx, signintest.Password)
	if err != nil {
		t.Fatal(err)
	}
	_, secret, err := w.Staff.Add(ctx, access.SystemActor(), staff.New{Login: "smirnova", Name: "Смирнова", Role: access.Officer, Unit: "rosreestr", Encoded: encoded})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func codeOf(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestABurstOfCodesIsJudgedNoFurtherThanTriesOneByOne(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		now := time.Now()
		w.SignIn.Clock = func() time.Time { return now }
		secret := employee(t, w)
		right := codeOf(t, secret, now)
		last := late(t, w, func(s *signin.Service) error {
			_, err := s.StaffSignIn(ctx, signintest.Visitor("desk"), "smirnova", signintest.Password, right)
			return err
		})
		judged := 0
		for _, err := range together(25, func(i int) error {
			_, err := w.SignIn.StaffSignIn(ctx, signintest.Visitor("desk"), "smirnova", signintest.Password, "00000"+string(rune('0'+i%10)))
			return err
		}) {
			if errors.Is(err, signin.ErrStaffWrong) {
				judged++
			}
		}
		if err := last(); judged > w.Policy.SignIn.Staff.Max || !errors.Is(err, signin.ErrBlocked) {
			t.Errorf("%d codes were judged; the right one of the same burst: %v", judged, err)
		}
	})
}

func TestCodesOfAnEmployeeAreBoundedWhateverTheNetworkAndOnlyByWhoHasThePassword(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		now := time.Now()
		w.SignIn.Clock = func() time.Time { return now }
		secret := employee(t, w)
		for i := range 40 { // strangers, who do not know the password
			if _, err := w.SignIn.StaffSignIn(ctx, signintest.Visitor("bot"+string(rune('0'+i))), "smirnova", "Wrong-Pass-1234", "000000"); !errors.Is(err, signin.ErrStaffWrong) {
				t.Fatal(err)
			}
		}
		if _, err := w.SignIn.StaffSignIn(ctx, signintest.Visitor("desk"), "smirnova", signintest.Password, codeOf(t, secret, now)); err != nil {
			t.Errorf("strangers keep the employee out: %v", err)
		}
		judged := 0
		for i := range 40 { // somebody who has it
			_, err := w.SignIn.StaffSignIn(ctx, signintest.Visitor("thief"+string(rune('0'+i))), "smirnova", signintest.Password, "000000")
			if errors.Is(err, signin.ErrStaffWrong) {
				judged++
			}
		}
		if judged > w.Policy.SignIn.SecondFactor.Max {
			t.Errorf("%d codes were judged from many networks", judged)
		}
		now = now.Add(time.Minute)
		if _, err := w.SignIn.StaffSignIn(ctx, signintest.Visitor("thief"), "smirnova", signintest.Password, codeOf(t, secret, now)); !errors.Is(err, signin.ErrBlocked) {
			t.Errorf("the right code beyond the bound: %v", err)
		}
		clock.Advance(w.Policy.SignIn.SecondFactor.Block + time.Minute)
		if _, err := w.SignIn.StaffSignIn(ctx, signintest.Visitor("desk"), "smirnova", signintest.Password, codeOf(t, secret, now)); err != nil {
			t.Errorf("after the block: %v", err)
		}
	})
}

func TestALoginThatNobodyHasIsCountedHoweverItIsTyped(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		employee(t, w)
		last := map[string]error{}
		for _, login := range []string{"smirnova", "petrov"} {
			for _, typed := range []string{login, login, login, " " + login, strings.ToUpper(login), login} {
				_, last[login] = w.SignIn.StaffSignIn(ctx, signintest.Visitor("desk"), typed, "Wrong-Pass-1234", "000000")
			}
		}
		if !errors.Is(last["petrov"], signin.ErrBlocked) || !errors.Is(last["smirnova"], signin.ErrBlocked) {
			t.Errorf("%v", last)
		}
	})
}

func TestASignInOfStaffIsTwoReadsAndOneShortWrite(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		code := codeOf(t, employee(t, w), time.Now())
		counted, n := store.Counting(ctx)
		if _, err := w.SignIn.StaffSignIn(counted, signintest.Visitor("desk"), "smirnova", signintest.Password, code); err != nil {
			t.Fatal(err)
		}
		if n.Load() > 5 {
			t.Errorf("%d statements, want at most 2 + 3", n.Load())
		}
	})
}

// A browser that asks again for the contact must not undo the proof that was given in another one.
func TestARecoveryProvedByLinkIsFinishedThoughItsFirstBrowserAsksAgain(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		w.Register(t, signintest.Visitor("anna"), email)
		stranger, owner := signintest.Visitor("stranger"), signintest.Visitor("owner")
		if _, err := w.SignIn.RecoverStart(ctx, stranger, email); err != nil {
			t.Fatal(err)
		}
		m := regexp.MustCompile(`/recover/link\?t=(\S+)`).FindStringSubmatch(w.Last(t, email).Body)
		if m == nil {
			t.Fatal("no link in the letter")
		}
		if _, err := w.SignIn.RecoverLink(ctx, owner, m[1]); err != nil {
			t.Fatal(err)
		}
		clock.Advance(2 * time.Minute)
		if _, err := w.SignIn.RecoverStart(ctx, stranger, email); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.RecoverFinish(ctx, owner, "Another-Pass-77", "Another-Pass-77"); err != nil {
			t.Errorf("the owner's proof came to nothing: %v", err)
		}
	})
}

func TestPasswordsMoveToTheNewPepperWhenTheirOwnersSignIn(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		w.Register(t, signintest.Visitor("anna"), phone)
		secret := employee(t, w)
		rotation := keyringtest.NewRoot(t, w.DB, w.Ring)
		rotation.Hashed = slices.Concat(credential.Hashed(), staff.Hashed())
		under := func() (now, before int) {
			t.Helper()
			counts, err := rotation.Peppers(ctx)
			if err != nil {
				t.Fatal(err)
			}
			name := hex.EncodeToString(w.Ring.Index("any", "")[:4])
			for root, n := range counts {
				if root == name {
					now = n
					continue
				}
				before += n
			}
			return now, before
		}
		if now, before := under(); now != 0 || before != 2 {
			t.Fatalf("%d passwords are under the new pepper and %d under the old one", now, before)
		}
		if _, err := w.SignIn.SignIn(ctx, signintest.Visitor("anna"), phone, "Wrong-Pass-1234"); !errors.Is(err, signin.ErrWrong) {
			t.Errorf("a wrong password: %v", err)
		}
		if _, err := w.SignIn.SignIn(ctx, signintest.Visitor("anna"), phone, signintest.Password); err != nil {
			t.Errorf("the right one: %v", err)
		}
		if now, before := under(); now != 1 || before != 1 {
			t.Errorf("after the person: %d under the new pepper and %d under the old one", now, before)
		}
		if _, err := w.SignIn.StaffSignIn(ctx, signintest.Visitor("desk"), "smirnova", signintest.Password, codeOf(t, secret, time.Now())); err != nil {
			t.Errorf("the employee: %v", err)
		}
		if now, before := under(); now != 2 || before != 0 {
			t.Errorf("after the employee: %d under the new pepper and %d under the old one", now, before)
		}
		if _, err := w.SignIn.SignIn(ctx, signintest.Visitor("anna"), phone, signintest.Password); err != nil {
			t.Errorf("the right one, again: %v", err)
		}
	})
}
