package signin_test

import (
	"errors"
	"math/rand/v2"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/alert"
	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/passkey/passkeytest"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

const mail = "anna@example.org"

// home is Anna with a phone and an e-mail in her own browser, on a day after the one on which she registered.
func home(t *testing.T, w *signintest.World, clock *storetest.Clock) (access.Actor, credential.Visitor) {
	t.Helper()
	v := signintest.Visitor("anna")
	who := person(t, w, w.Register(t, v, phone))
	if err := w.DB.Write(ctx, func(tx *store.Tx) error {
		key, err := w.Ring.Person(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		return w.Contacts.Attach(ctx, tx, key, who.ID, contact.Target{Kind: contact.Email, Value: mail})
	}); err != nil {
		t.Fatal(err)
	}
	later(t, w, clock, 48*time.Hour)
	token, err := w.SignIn.SignIn(ctx, v, phone, signintest.Password)
	if err != nil {
		t.Fatal(err)
	}
	later(t, w, clock, time.Minute)
	return person(t, w, token), v
}

// enter signs somebody in who knows the password.
func enter(t *testing.T, w *signintest.World, v credential.Visitor) access.Actor {
	t.Helper()
	token, err := w.SignIn.SignIn(ctx, v, phone, signintest.Password)
	if err != nil {
		t.Fatal(err)
	}
	return person(t, w, token)
}

func look(t *testing.T, w *signintest.World) {
	t.Helper()
	if err := w.SignIn.TellArrivals(ctx); err != nil {
		t.Fatal(err)
	}
}

var notMe = regexp.MustCompile(`http://localhost:8080/not-me\?t=([\w-]+)`)

// links are those of the notices that came to the contact, in order.
func links(t *testing.T, w *signintest.World, to string) []string {
	t.Helper()
	saw(t, w, to, "") // waits for the jobs
	var out []string
	for _, m := range w.Outbox.To(to) {
		if found := notMe.FindStringSubmatch(m.Body); found != nil {
			out = append(out, found[1])
		}
	}
	return out
}

func newest(t *testing.T, w *signintest.World) string {
	t.Helper()
	all := links(t, w, mail)
	if len(all) == 0 {
		t.Fatal("no notice has a link")
	}
	return all[len(all)-1]
}

func disavow(t *testing.T, w *signintest.World, token string) alert.Alert {
	t.Helper()
	a, err := w.SignIn.Disavow(ctx, token)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func pauseOf(t *testing.T, w *signintest.World, accountID string) alert.Pause {
	t.Helper()
	p, err := alert.Of(ctx, w.DB, accountID)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func open(t *testing.T, w *signintest.World, who access.Actor) bool {
	t.Helper()
	o, err := w.Credentials.Opened(ctx, w.DB, who)
	if err != nil {
		t.Fatal(err)
	}
	return !o.At.IsZero()
}

// AUTH-8: when, with what, how and from where, to every contact, once; and never for a browser that the account knows.
func TestASignInFromABrowserNeverSeenIsToldOnceOverEveryChannel(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		home(t, w, clock)
		enter(t, w, signintest.Visitor("anna"))
		look(t, w)
		if n := saw(t, w, phone, "с нового устройства") + saw(t, w, mail, "с нового устройства"); n != 0 {
			t.Errorf("%d notices of the browser in which she has registered", n)
		}
		who := enter(t, w, signintest.Visitor("thief"))
		look(t, w)
		enter(t, w, signintest.Visitor("thief"))
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() { _ = w.SignIn.TellArrivals(ctx) })
		}
		both.Wait()
		for _, to := range []string{phone, mail} {
			if n := saw(t, w, to, "с нового устройства"); n != 1 {
				t.Errorf("%s: %d notices of one new browser", to, n)
			}
			for _, words := range []string{"Chrome, Linux", "с паролем", "net-thief", "/not-me?t="} {
				if saw(t, w, to, words) != 1 {
					t.Errorf("the notice to %s does not say %q: %v", to, words, w.Outbox.To(to))
				}
			}
		}
		if !did(t, w, who.ID, "signin.new_device") {
			t.Error("the history does not have it")
		}
	})
}

// Who is told may be in another time zone than the portal: an SMS says which it is in short.
func TestANoticeWithATimeSaysOfWhichZoneItIs(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		who, _ := home(t, w, clock)
		enter(t, w, signintest.Visitor("thief"))
		look(t, w)
		disavow(t, w, newest(t, w))
		for _, what := range []string{"с нового устройства", "приостанов"} {
			if n := saw(t, w, phone, what); n != 1 {
				t.Fatalf("%d SMS of %q", n, what)
			}
			saw(t, w, mail, what)
			for _, m := range w.Outbox.To(phone) {
				if strings.Contains(m.Body, what) && (!strings.Contains(m.Body, " (UTC+3)") || strings.Contains(m.Body, "московскому")) {
					t.Errorf("the SMS: %s", m.Body)
				}
			}
			for _, m := range w.Outbox.To(mail) {
				if strings.Contains(m.Body, what) && !strings.Contains(m.Body, " по московскому времени (UTC+3)") {
					t.Errorf("the letter: %s", m.Body)
				}
			}
		}
		list, err := w.Notices.Inbox(ctx, who, 10)
		if err != nil || len(list) == 0 {
			t.Fatalf("%v, %v", list, err)
		}
		for _, n := range list {
			if strings.Contains(n.Note.Body.RU, "с нового устройства") && (!strings.Contains(n.Note.Body.RU, "по московскому времени (UTC+3)") || !strings.Contains(n.Note.Body.EN, "Moscow time (UTC+3)")) {
				t.Errorf("the inbox: %+v", n.Note.Body)
			}
		}
	})
}

// A browser that its owner goes on using stays known, so that nobody is told of their own; one that lies in a drawer does not.
func TestABrowserInUseIsNeverNewAgain(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		_, v := home(t, w, clock)
		drawer := signintest.Visitor("drawer")
		enter(t, w, drawer)
		look(t, w)
		for range 4 {
			clock.Advance(w.Policy.SignIn.KnownLifetime / 2)
			if err := w.Credentials.ForgetDevices(ctx); err != nil {
				t.Fatal(err)
			}
			enter(t, w, v)
			look(t, w)
		}
		if n := saw(t, w, phone, "net-anna"); n != 0 {
			t.Errorf("%d notices of her own browser", n)
		}
		enter(t, w, drawer)
		look(t, w)
		if n := saw(t, w, phone, "net-drawer"); n != 2 {
			t.Errorf("%d notices of a browser that was not used for a year", n)
		}
	})
}

// What a stranger does in the seconds before the notice leaves does not keep it from anybody.
func TestAStrangerCannotSuppressTheNotice(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		anna, v := home(t, w, clock)
		thief := signintest.Visitor("thief")
		who := enter(t, w, thief)
		if _, err := w.Credentials.CloseOthers(ctx, who); err != nil {
			t.Fatal(err)
		}
		for _, c := range contactsOf(t, w, who) {
			if c.Target.Kind == contact.Email {
				if err := w.SignIn.RemoveContact(ctx, who, c.ID, ""); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := w.Credentials.Close(ctx, who, who.SessionID); err != nil {
			t.Fatal(err)
		}
		look(t, w)
		for _, to := range []string{phone, mail} {
			if n := saw(t, w, to, "с нового устройства"); n != 1 {
				t.Errorf("%s: %d notices of the thief's browser", to, n)
			}
		}
		// Nor does a click on an older link, which forgets the newer browsers.
		enter(t, w, v)
		old := links(t, w, mail)[0]
		later(t, w, clock, time.Minute)
		enter(t, w, signintest.Visitor("second thief"))
		disavow(t, w, old)
		look(t, w)
		if n := saw(t, w, phone, "net-second thief"); n != 1 {
			t.Errorf("%d notices of a browser that was forgotten before it was told", n)
		}
		_ = anna
	})
}

// A right password is not a sign-in yet, a passkey and a signature are, and a signature makes a browser none of the owner's.
func TestEveryWayInIsToldAndAHalfOneIsNot(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		who, v := home(t, w, clock)
		if err := w.SignIn.SwitchCodes(ctx, who, true); err != nil {
			t.Fatal(err)
		}
		later(t, w, clock, 2*time.Minute)
		thief := signintest.Visitor("thief")
		token := half(t, w, thief, phone)
		look(t, w)
		if n := saw(t, w, mail, "с нового устройства"); n != 0 {
			t.Errorf("%d notices of a sign-in that waits for its code", n)
		}
		if _, err := w.SignIn.SecondCode(ctx, thief, token, w.Code(t, phone), false); err != nil {
			t.Fatal(err)
		}
		look(t, w)
		if saw(t, w, mail, "с паролем, с кодом на телефон") != 1 {
			t.Errorf("how it was done: %v", w.Outbox.To(mail))
		}
		_ = v
		snils := "11223344595"
		hold(t, w, who.ID, snils)
		signer := signintest.Visitor("signer")
		for range 2 {
			if _, _, known, err := w.SignIn.SignInBySignature(ctx, signer, snils); err != nil || known {
				t.Errorf("known %v, %v", known, err)
			}
			look(t, w)
		}
		if n := saw(t, w, mail, "с электронной подписью"); n != 1 {
			t.Errorf("%d notices of two sign-ins by signature in one browser", n)
		}
	})
}

// hold gives the account a SNILS.
func hold(t *testing.T, w *signintest.World, accountID, snils string) {
	t.Helper()
	if err := w.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := w.Accounts.Update(ctx, tx, accountID, func(a *account.Account) error { a.Profile.SNILS = snils; return nil })
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// The link asks; only the click acts, once: sessions that may be a stranger's end, and what changes the ways in is refused for a day.
func TestWhoSaysItWasNotThemPausesWhatMattersOnceAndForADay(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		anna, v := home(t, w, clock)
		thief := enter(t, w, signintest.Visitor("thief"))
		look(t, w)
		token := newest(t, w)
		for range 3 { // mail scanners
			if a, err := w.SignIn.Disavowable(ctx, token); err != nil || a.What != alert.Device || !a.Disavowed.IsZero() {
				t.Fatalf("%+v, %v", a, err)
			}
		}
		if !open(t, w, thief) || pauseOf(t, w, anna.ID).On() {
			t.Fatal("looking at the page has done something")
		}
		a := disavow(t, w, token)
		if a.Until.Sub(a.Disavowed) != w.Policy.Alert.Pause {
			t.Errorf("paused from %s until %s", a.Disavowed, a.Until)
		}
		if open(t, w, thief) || !open(t, w, anna) {
			t.Error("the thief is in, or she is out")
		}
		if known, err := w.Credentials.Knows(ctx, w.DB, anna.ID, "browser-thief"); err != nil || known {
			t.Errorf("the thief's browser is one of hers: %v", err)
		}
		clock.Advance(time.Hour)
		if again := disavow(t, w, token); !again.Until.Equal(a.Until) || !pauseOf(t, w, anna.ID).Until.Equal(a.Until) {
			t.Errorf("the second click moved the end to %s", again.Until)
		}
		for _, to := range []string{phone, mail} {
			if n := saw(t, w, to, "приостанов"); n != 1 {
				t.Errorf("%s: told %d times", to, n)
			}
		}
		anna = enter(t, w, v) // as ever
		if _, err := w.Notices.Inbox(ctx, anna, 10); err != nil {
			t.Error(err)
		}
		for name, act := range changes(t, w, anna, v) {
			if err := act(); !errors.Is(err, alert.ErrPaused) {
				t.Errorf("%s is not refused: %v", name, err)
			}
		}
		if !did(t, w, anna.ID, "alert.disavowed") {
			t.Error("the history does not have it")
		}
		clock.Advance(23 * time.Hour)
		anna = enter(t, w, v)
		for name, act := range changes(t, w, anna, v) {
			if err := act(); errors.Is(err, alert.ErrPaused) {
				t.Errorf("%s is refused after a day: %v", name, err)
			}
		}
	})
}

// changes are the acts that open another way in, or take one away.
func changes(t *testing.T, w *signintest.World, who access.Actor, v credential.Visitor) map[string]func() error {
	t.Helper()
	cid := ""
	for _, c := range contactsOf(t, w, who) {
		cid = c.ID
	}
	return map[string]func() error{
		"adding a contact": func() error {
			_, err := w.SignIn.AddContact(ctx, who, v, "+79031112233", signintest.Password)
			return err
		},
		"a main contact":          func() error { return w.SignIn.MakeMain(ctx, who, cid) },
		"confirming one again":    func() error { _, err := w.SignIn.ReconfirmContact(ctx, who, v, cid, ""); return err },
		"an app":                  func() error { return w.SignIn.BeginApp(ctx, who, "phone") },
		"codes":                   func() error { return w.SignIn.SwitchCodes(ctx, who, false) },
		"backup codes":            func() error { _, err := w.SignIn.NewSheet(ctx, who); return err },
		"a passkey":               func() error { _, err := w.SignIn.AddKey(ctx, who, v); return err },
		"removing a passkey":      func() error { return w.SignIn.RemoveKey(ctx, who, "none") },
		"the proof before others": func() error { return w.SignIn.ProveAgain(ctx, who, signintest.Password) },
		"removing a contact":      func() error { return w.SignIn.RemoveContact(ctx, who, cid, "") },
	}
}

// A code that was sent before the pause adds no contact during it.
func TestAChangeThatWasBegunBeforeThePauseIsNotFinishedInIt(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		anna, _ := home(t, w, clock)
		v := signintest.Visitor("thief")
		thief := enter(t, w, v)
		look(t, w)
		c, err := w.SignIn.AddContact(ctx, thief, v, "+79031112233", signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		disavow(t, w, newest(t, w))
		if _, err := w.SignIn.ConfirmContact(ctx, thief, v, c.ID, w.Code(t, "+79031112233")); !errors.Is(err, alert.ErrPaused) {
			t.Errorf("the thief's number is hers now: %v", err)
		}
		if n := len(contactsOf(t, w, anna)); n != 2 {
			t.Errorf("%d contacts", n)
		}
	})
}

// Whoever reads her letters clicks what there is, in whatever order and as often as they like: no event holds her for longer than a day,
// and all together no more than the policy allows in its window; a click within a pause joins it, and neither prolongs it nor counts.
func TestNoSequenceOfClicksKeepsAnOwnerPausedForEver(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		anna, _ := home(t, w, clock)
		rule := w.Policy.Alert
		for seed := range uint64(4) {
			random := rand.New(rand.NewPCG(seed, 8)) //nolint:gosec // a walk that can be repeated
			clicked := map[string]time.Time{}
			var pauses []time.Time
			for range 40 {
				var all []string
				switch random.IntN(3) {
				case 0: // another event
					if err := w.DB.Write(ctx, func(tx *store.Tx) error {
						made, err := alert.Tell(ctx, tx, alert.Event{Account: anna.ID, What: alert.Contact}, tx.Now(), rule.LinkLifetime)
						clicked[made] = time.Time{}
						return err
					}); err != nil {
						t.Fatal(err)
					}
				case 1:
					clock.Advance(time.Duration(random.IntN(30)) * time.Hour)
				}
				for link := range clicked {
					all = append(all, link)
				}
				for range random.IntN(4) {
					if len(all) == 0 {
						break
					}
					link := all[random.IntN(len(all))]
					before := pauseOf(t, w, anna.ID)
					a, err := w.SignIn.Disavow(ctx, link)
					if errors.Is(err, alert.ErrGone) {
						continue
					}
					if err != nil {
						t.Fatal(err)
					}
					if first := clicked[link]; !first.IsZero() && !a.Disavowed.Equal(first) {
						t.Fatalf("an event is disavowed at %s and at %s", first, a.Disavowed)
					} else if first.IsZero() {
						clicked[link] = a.Disavowed
						switch {
						case before.On() && !a.Until.Equal(before.Until):
							t.Fatalf("seed %d: a click within a pause until %s moves its end to %s", seed, before.Until, a.Until)
						case !before.On() && !a.Until.IsZero():
							pauses = append(pauses, a.Disavowed)
						}
					}
				}
				now, because, lately := w.DB.Now(), false, 0
				for _, at := range pauses {
					because = because || now.Before(at.Add(rule.Pause))
					if now.Sub(at) < rule.Pauses.Window {
						lately++
					}
				}
				if p := pauseOf(t, w, anna.ID); p.On() != because || p.Until.After(now.Add(rule.Pause)) {
					t.Fatalf("seed %d: paused until %s at %s; one that began a pause within the last day: %v", seed, p.Until, now, because)
				}
				if lately > rule.Pauses.Max {
					t.Fatalf("seed %d: %d pauses within %s", seed, lately, rule.Pauses.Window)
				}
			}
			if len(pauses) == 0 {
				t.Errorf("seed %d never paused: it tests nothing", seed)
			}
			clock.Advance(rule.Pauses.Window)
		}
	})
}

// Of two clicks at once one acts.
func TestOfTwoClicksAtOnceOneActs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := signintest.New(t, db)
		w.Register(t, signintest.Visitor("anna"), phone)
		enter(t, w, signintest.Visitor("thief"))
		look(t, w)
		token := links(t, w, phone)[0]
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if _, err := w.SignIn.Disavow(ctx, token); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n := saw(t, w, phone, "приостанов"); n != 1 {
			t.Errorf("%d clicks acted", n)
		}
	})
}

// The link gives no access: its reader lifts nothing without something that the event left in no doubt, and a password never does.
func TestAPauseIsLiftedByWhatIsInNoDoubtOnly(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		anna, v := home(t, w, clock)
		thief := signintest.Visitor("thief")
		who := enter(t, w, thief)
		look(t, w)
		token := newest(t, w)
		clock.Advance(2 * time.Minute)
		if _, err := add(t, w, who, thief, "thief@example.org"); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.NewSheet(ctx, who); err != nil {
			t.Fatal(err)
		}
		disavow(t, w, token)
		clock.Advance(2 * time.Minute)
		who = enter(t, w, thief) // he knows the password still
		for _, x := range []access.Actor{who, anna} {
			l, err := w.SignIn.Lifting(ctx, x)
			if err != nil || l.Proved || len(l.Means) != 2 || l.Means[0] != signin.ByPhone || l.Means[1] != signin.ByMail {
				t.Errorf("what lifts: %+v, %v", l, err)
			}
		}
		if err := w.SignIn.Lift(ctx, who); !errors.Is(err, signin.ErrNotProved) {
			t.Errorf("the password lifts: %v", err)
		}
		if err := w.SignIn.LiftCode(ctx, who, thief, signin.ByBackup, "", "00000-00000-00000-00000"); !errors.Is(err, signin.ErrNoMeans) {
			t.Errorf("a sheet that was made since: %v", err)
		}
		attempt, err := w.SignIn.LiftSend(ctx, who, thief, signin.ByMail)
		if err != nil {
			t.Fatal(err)
		}
		if saw(t, w, "thief@example.org", "Код") > 1 {
			t.Error("the code goes to the thief's e-mail")
		}
		code := w.Code(t, mail)
		if err := w.SignIn.LiftCode(ctx, anna, v, signin.ByMail, attempt, code); err == nil {
			t.Error("a code that was sent in another session lifts")
		}
		if attempt, err = w.SignIn.LiftSend(ctx, anna, v, signin.ByPhone); err != nil {
			t.Fatal(err)
		}
		if err := w.SignIn.LiftCode(ctx, anna, v, signin.ByPhone, attempt, wrongFor(w.Code(t, phone))); !errors.Is(err, signin.ErrSecondWrong) || !pauseOf(t, w, anna.ID).On() {
			t.Errorf("a wrong code: %v", err)
		}
		if err := w.SignIn.LiftCode(ctx, anna, v, signin.ByPhone, attempt, w.Code(t, phone)); err != nil {
			t.Fatal(err)
		}
		if pauseOf(t, w, anna.ID).On() || saw(t, w, mail, "снова возможны") != 1 || !did(t, w, anna.ID, "alert.lifted") {
			t.Error("it is not lifted, or she is not told")
		}
		disavow(t, w, token)
		if pauseOf(t, w, anna.ID).On() {
			t.Error("the same link pauses again")
		}
	})
}

// A thief who has the telephone signs in by a code to it: a code to it lifts nothing then, the e-mail does.
func TestWhatTheDisavowedSessionWasProvedByLiftsNothing(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		who, _ := home(t, w, clock)
		if err := w.SignIn.SwitchCodes(ctx, who, true); err != nil {
			t.Fatal(err)
		}
		later(t, w, clock, 2*time.Minute)
		thief := signintest.Visitor("thief")
		if _, err := w.SignIn.SecondCode(ctx, thief, half(t, w, thief, phone), w.Code(t, phone), false); err != nil {
			t.Fatal(err)
		}
		look(t, w)
		disavow(t, w, newest(t, w))
		l, err := w.SignIn.Lifting(ctx, who)
		if err != nil || len(l.Means) != 1 || l.Means[0] != signin.ByMail {
			t.Errorf("what lifts: %+v, %v", l, err)
		}
		if _, err := w.SignIn.LiftSend(ctx, who, thief, signin.ByPhone); !errors.Is(err, signin.ErrNoMeans) {
			t.Errorf("a code to the stolen phone: %v", err)
		}
	})
}

// A passkey of before opens a session that lifts; one that came with the thief opens nothing while the pause lasts.
func TestAnEarlierPasskeyLiftsAndAThiefsOpensNothing(t *testing.T) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		w := signintest.New(t, db)
		v := signintest.Visitor("anna")
		token := w.Register(t, v, phone)
		anna, mine := withKey(t, w, v, token)
		if n := len(links(t, w, phone)); n != 1 { // of her own key
			t.Fatalf("%d links", n)
		}
		clock.Advance(time.Hour)
		visitor := signintest.Visitor("thief")
		enter(t, w, visitor)
		look(t, w)
		device := links(t, w, phone)[1]
		var his *passkeytest.Device
		{
			fresh, err := w.SignIn.SignIn(ctx, visitor, phone, signintest.Password)
			if err != nil {
				t.Fatal(err)
			}
			_, his = withKey(t, w, visitor, fresh)
		}
		disavow(t, w, device)
		clock.Advance(time.Minute)
		if _, err := byKey(t, w, visitor, his); !errors.Is(err, signin.ErrKeyDoubt) {
			t.Errorf("the thief's key: %v", err)
		}
		session, err := byKey(t, w, v, mine)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.SignIn.Lift(ctx, person(t, w, session)); err != nil || pauseOf(t, w, anna.ID).On() {
			t.Errorf("her own key does not lift: %v", err)
		}
	})
}

// While it is paused a recovery asks for something beside the contact, of whatever account, and a thief's contact recovers nothing.
func TestDuringAPauseARecoveryAsksForWhatIsInNoDoubt(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		anna, v := home(t, w, clock)
		thief := signintest.Visitor("thief")
		who := enter(t, w, thief)
		look(t, w)
		token := newest(t, w)
		clock.Advance(2 * time.Minute)
		if _, err := add(t, w, who, thief, "thief@example.org"); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.RecoverStart(ctx, thief, phone); err != nil {
			t.Fatal(err)
		}
		disavow(t, w, token)
		if _, under, err := w.SignIn.Recovery(ctx, thief); err != nil || under {
			t.Errorf("a recovery that was under way goes on: %v", err)
		}
		clock.Advance(2 * time.Minute)
		if _, err := w.SignIn.RecoverStart(ctx, thief, "thief@example.org"); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.RecoverCode(ctx, thief, w.Code(t, "thief@example.org")); !errors.Is(err, alert.ErrPaused) {
			t.Errorf("the thief's own contact recovers: %v", err)
		}
		passport(t, w, anna.ID)
		if step := proved(t, w, v, phone); step != signin.StepSecond {
			t.Fatalf("the recovery stands at %s", step)
		}
		x, err := w.SignIn.RecoverSecond(ctx, v, "", "")
		if err != nil || len(x.Means) != 2 || x.Means[0] != signin.ByMail || x.Means[1] != signin.ByDocument {
			t.Errorf("beside the phone: %+v, %v", x, err)
		}
		if _, err := w.SignIn.RecoverFinish(ctx, v, newPassword, newPassword); !errors.Is(err, signin.ErrNoRecovery) {
			t.Errorf("the phone alone: %v", err)
		}
		attempt, err := w.SignIn.RecoverSecondSend(ctx, v, signin.ByMail)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.SignIn.RecoverSecondCode(ctx, v, signin.ByMail, attempt, w.Code(t, mail)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.RecoverFinish(ctx, v, newPassword, newPassword); err != nil {
			t.Fatal(err)
		}
		if n := saw(t, w, mail, "Пароль вашей учётной записи изменён"); n != 1 || !strings.Contains(w.Last(t, mail).Body, "/not-me?t=") {
			t.Errorf("%d notices of the new password", n)
		}
		if _, err := w.SignIn.SignIn(ctx, v, phone, newPassword); err != nil || !pauseOf(t, w, anna.ID).On() {
			t.Errorf("she signs in, and the pause goes on: %v", err)
		}
	})
}

// Every change of what opens the account is told with a link of its own.
func TestEveryChangeOfAWayInCarriesALink(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		anna, v := home(t, w, clock)
		before := len(links(t, w, phone))
		if _, err := add(t, w, anna, v, "second@example.org"); err != nil {
			t.Fatal(err)
		}
		if err := w.SignIn.SwitchCodes(ctx, anna, true); err != nil {
			t.Fatal(err)
		}
		all := links(t, w, phone)
		if len(all) != before+2 || all[len(all)-1] == all[len(all)-2] {
			t.Errorf("links: %v", all)
		}
		what := map[alert.What]bool{}
		for _, token := range all {
			a, err := w.SignIn.Disavowable(ctx, token)
			if err != nil {
				t.Fatal(err)
			}
			what[a.What] = true
		}
		if !what[alert.Contact] || !what[alert.Factor] {
			t.Errorf("they are of %v", what)
		}
		clock.Advance(w.Policy.Alert.LinkLifetime)
		if _, err := w.SignIn.Disavow(ctx, all[0]); !errors.Is(err, alert.ErrGone) {
			t.Errorf("an old link: %v", err)
		}
		if err := alert.Sweep(ctx, w.DB); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.Disavow(ctx, "no-such-link"); !errors.Is(err, alert.ErrGone) {
			t.Errorf("no link: %v", err)
		}
	})
}
