package signin_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/i18n"
	"okno/internal/jobs/jobstest"
	"okno/internal/registration"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store/storetest"
)

// crowd is a day or two of strangers who try everything at one contact, each in several browsers, and what they were told.
type crowd struct {
	t     *testing.T
	w     *signintest.World
	clock *storetest.Clock
	rand  *rand.Rand
	phone string
	cast  []access.Actor // strangers who have accounts and add the contact to them

	judged []time.Time    // when a code was compared: a guess
	wrong  map[string]int // by purpose and browser: wrong codes since its attempt began
	said   []string       // what was done, for the reader of a failure
}

// told judges what a guess was answered: it must have been judged by the attempt's own wrong codes and by nobody else's.
func (c *crowd) told(attempt string, err error) {
	c.t.Helper()
	before := c.wrong[attempt]
	switch {
	case errors.Is(err, contact.ErrWrong), errors.Is(err, contact.ErrBlocked) && before == c.w.Policy.Code.WrongAllowed:
		c.judged = append(c.judged, c.clock.Now())
		c.wrong[attempt]++
	case errors.Is(err, contact.ErrBlocked) && before < c.w.Policy.Code.WrongAllowed:
		c.t.Errorf("%s is blocked after %d wrong codes of its own", attempt, before)
	}
	if before >= c.w.Policy.Code.WrongAllowed && (err == nil || errors.Is(err, contact.ErrWrong)) {
		c.t.Errorf("%s: after %d wrong codes another is judged: %v", attempt, before, err)
	}
	day := c.clock.Now().Add(-24 * time.Hour)
	n := 0
	for _, at := range c.judged {
		if at.After(day) {
			n++
		}
	}
	if n > 30 {
		c.t.Errorf("%d guesses in a day (REG-5)", n)
	}
}

// unexpected complains of what is neither success nor a refusal that people are told.
func (c *crowd) unexpected(what string, err error) {
	c.t.Helper()
	if _, ok := fault.Of(err); err != nil && !ok {
		c.t.Fatalf("%s: %v", what, err)
	}
}

// step is one thing that a stranger does.
func (c *crowd) step() {
	c.t.Helper()
	n := c.rand.IntN(7)
	v := signintest.Visitor(fmt.Sprintf("stranger-%d-%s", n, c.phone))
	name := func(purpose string) string { return fmt.Sprintf("%s in browser %d", purpose, n) }
	what := c.rand.IntN(12)
	c.said = append(c.said, fmt.Sprint(what, "/", n))
	switch what {
	case 0:
		_, err := c.w.Registrations.Begin(ctx, v, registration.Details{Surname: "Чужой", GivenName: "Пётр", Phone: c.phone, Terms: true, Data: true})
		c.unexpected("begin", err)
	case 1:
		_, err := c.w.SignIn.RecoverStart(ctx, v, c.phone)
		c.unexpected("recover", err)
	case 2:
		_, err := c.w.Registrations.Resend(ctx, v)
		c.unexpected("resend", err)
		_, err = c.w.SignIn.RecoverResend(ctx, v)
		c.unexpected("resend", err)
	case 3:
		_, err := c.w.SignIn.SignIn(ctx, v, c.phone, "Wrong-River-1")
		c.unexpected("sign in", err)
	case 4, 5, 6:
		for range 1 + c.rand.IntN(5) {
			_, err := c.w.Registrations.Confirm(ctx, v, "000000")
			c.told(name("registering"), err)
		}
	case 7, 8, 9:
		for range 1 + c.rand.IntN(5) {
			_, err := c.w.SignIn.RecoverCode(ctx, v, "000000")
			c.told(name("recovering"), err)
		}
	default:
		who := c.cast[n%len(c.cast)]
		got, err := c.w.SignIn.AddContact(ctx, who, v, c.phone, signintest.Password)
		c.unexpected("add", err)
		if err == nil {
			for range 1 + c.rand.IntN(5) {
				_, err = c.w.SignIn.ConfirmContact(ctx, who, v, got.ID, "000000")
				c.told(name("adding"), err)
			}
		}
	}
	c.clock.Advance(time.Duration(c.rand.IntN(4*60)) * time.Second)
}

// owner lets the owner of the contact do everything in the browser she has used before: it works, and all her tries are there.
func (c *crowd) owner(v credential.Visitor) {
	c.t.Helper()
	if _, err := c.w.SignIn.SignIn(ctx, v, c.phone, signintest.Password); err != nil {
		c.t.Errorf("the owner does not come in with her password: %v", err)
	}
	r, err := c.w.SignIn.RecoverStart(ctx, v, c.phone)
	if err != nil || r.Challenge.TriesLeft != c.w.Policy.Code.WrongAllowed || r.Challenge.BlockedRef != "" {
		c.t.Errorf("the owner's recovery: %+v, %v", r.Challenge, err)
		return
	}
	for range c.w.Policy.Code.WrongAllowed { // her own slips are allowed to her
		_, err := c.w.SignIn.RecoverCode(ctx, v, "000000")
		c.told("recovering at the owner's", err)
		if !errors.Is(err, contact.ErrWrong) {
			c.t.Errorf("the owner's slip is told %v", err)
		}
	}
	if _, err := c.w.SignIn.RecoverCode(ctx, v, c.w.Code(c.t, c.phone)); err != nil {
		c.t.Errorf("the owner's right code: %v", err)
	}
	c.judged = append(c.judged, c.clock.Now())
}

// newcomer lets somebody register with a contact at which strangers guess: the attempt has all its tries, and a limit on the
// contact as a whole is for a time.
func (c *crowd) newcomer(v credential.Visitor) {
	c.t.Helper()
	d, err := c.w.Registrations.Begin(ctx, v, registration.Details{Surname: "Проверкина", GivenName: "Анна", Phone: c.phone, Terms: true, Data: true})
	if err == nil && (d.Challenge.TriesLeft != c.w.Policy.Code.WrongAllowed || d.Challenge.BlockedRef != "") {
		c.t.Errorf("the newcomer's attempt: %+v", d.Challenge)
	}
	if err == nil {
		_, err = c.w.Registrations.Confirm(ctx, v, c.w.Code(c.t, c.phone))
	}
	if f, ok := fault.Of(err); err != nil && (!ok || !errors.Is(err, contact.ErrGuesses) && !errors.Is(err, contact.ErrSends) || f.RetryAt.IsZero() || f.RetryAt.Sub(c.clock.Now()) > 24*time.Hour) {
		c.t.Errorf("the newcomer is told %v", err)
	}
}

// REG-5, ADR 0011: whatever strangers do in other browsers, in whatever order, costs the owner nothing, and whatever the mix of
// browsers and purposes, no contact takes more than 30 guesses a day.
func TestNoCrowdOfStrangersSpendsTheOwnersTries(t *testing.T) {
	seeds, steps := 4, 220
	if testing.Short() {
		seeds = 1
	}
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		w.Policy.Code.SendsPerHour.Max, w.Policy.Code.SendsPerDay.Max = 10, 20 // their ceilings: more codes to guess at
		var cast []access.Actor
		for i := range 3 {
			who := person(t, w, w.Register(t, signintest.Visitor(fmt.Sprint("cast-", i)), fmt.Sprintf("cast%c@example.ru", 'a'+i)))
			cast = append(cast, access.Actor{Kind: access.Person, ID: who.ID, Level: who.Level})
		}
		reached := 0 // a test whose strangers never reach a limit would show nothing
		for seed := range seeds {
			phone := fmt.Sprintf("+7912345%04d", 1000+seed)
			c := &crowd{t: t, w: w, clock: clock, rand: rand.New(rand.NewPCG(uint64(seed), 7)), phone: phone, cast: cast, wrong: map[string]int{}}
			owned := seed%2 == 0
			v := signintest.Visitor("owner-" + phone)
			if owned {
				w.Register(t, v, phone)
				clock.Advance(25 * time.Hour)
			}
			for range steps {
				c.step()
			}
			jobstest.Settle(t, w.Jobs) // the newest message is the owner's then
			reached = max(reached, len(c.judged))
			if owned {
				c.owner(v)
			} else {
				c.newcomer(v)
			}
			if t.Failed() {
				t.Fatalf("seed %d: %v", seed, c.said)
			}
		}
		if share := w.Policy.Code.GuessesPerDay; reached < share.Register+share.Recover {
			t.Errorf("the strangers made %d guesses at most: no limit was met", reached)
		}
	})
}

// Strangers in one network, with as many browsers as they like, ask for codes and guess at them as fast as they may, and use the day's
// texts up. The owner recovers in a browser that she used before, and with a new telephone in another network.
func TestNoCrowdInOneNetworkClosesRecoveryToTheOwnersNewTelephoneElsewhere(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		owner := signintest.Visitor("owner")
		w.Register(t, owner, phone)
		clock.Advance(25 * time.Hour)
		r := rand.New(rand.NewPCG(11, 13))
		refused := map[error]int{}
		for day := range 3 {
			for i := range 120 {
				v := credential.Visitor{Browser: fmt.Sprint("stranger-", day, "-", i/8), Prefix: "net-strangers", Agent: "x"}
				var err error
				switch r.IntN(9) {
				case 0:
					_, err = w.SignIn.RecoverStart(ctx, v, phone)
				case 1:
					_, err = w.SignIn.RecoverResend(ctx, v)
				default:
					_, err = w.SignIn.RecoverCode(ctx, v, "000000")
				}
				for _, x := range []error{contact.ErrSends, contact.ErrGuesses} {
					if errors.Is(err, x) {
						refused[x]++
					}
				}
				clock.Advance(time.Duration(r.IntN(2*60)) * time.Second)
			}
			jobstest.Settle(t, w.Jobs)
			now := signintest.Visitor(fmt.Sprint("new-telephone-", day))
			if _, err := w.SignIn.RecoverStart(ctx, now, phone); err != nil {
				t.Fatalf("day %d: no code for the new telephone: %v", day, err)
			}
			if _, err := w.SignIn.RecoverCode(ctx, now, "000000"); !errors.Is(err, contact.ErrWrong) {
				t.Errorf("day %d: her slip is told %v", day, err)
			}
			if _, err := w.SignIn.RecoverCode(ctx, now, w.Code(t, phone)); err != nil {
				t.Errorf("day %d: her right code: %v", day, err)
			}
			clock.Advance(20 * time.Hour)
		}
		if refused[contact.ErrSends] == 0 || refused[contact.ErrGuesses] == 0 {
			t.Errorf("the strangers met no limit, and the test shows nothing: %v", refused)
		}
		w.Policy.SMS.Day.Max, w.Policy.SMS.RangeDay.Max = 2, 2
		for i := range 4 { // one stranger with many numbers
			v := credential.Visitor{Browser: fmt.Sprint("bot-", i), Prefix: "net-strangers", Agent: "x"}
			_, err := w.Registrations.Begin(ctx, v, registration.Details{Surname: "Чужой", GivenName: "Пётр", Phone: fmt.Sprintf("+791234500%02d", i), Terms: true, Data: true})
			if i == 3 && !errors.Is(err, contact.ErrCapped) {
				t.Errorf("the day's texts are not used up: %v", err)
			}
			jobstest.Settle(t, w.Jobs)
		}
		if _, err := w.SignIn.RecoverStart(ctx, owner, phone); err != nil {
			t.Fatalf("the owner gets no code in her own browser: %v", err)
		}
		if _, err := w.SignIn.RecoverCode(ctx, owner, w.Code(t, phone)); err != nil {
			t.Errorf("the owner's code: %v", err)
		}
		w.Policy.SMS.KnownDay.Max, w.Policy.SMS.KnownRangeDay.Max = 1, 1
		clock.Advance(2 * time.Minute)
		if _, err := w.SignIn.RecoverStart(ctx, owner, phone); !errors.Is(err, contact.ErrCapped) {
			t.Errorf("codes to known browsers have no cap: %v", err)
		}
	})
}

// A wrong password is judged in the stranger's buckets only, in whatever order browsers and networks come.
func TestNoCrowdOfStrangersClosesSignInToTheOwner(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		r := rand.New(rand.NewPCG(3, 5))
		owner := signintest.Visitor("anna")
		w.Register(t, owner, phone)
		blocked := 0
		for i := range 60 {
			v := credential.Visitor{Browser: fmt.Sprint("browser-", r.IntN(9)), Prefix: fmt.Sprint("net-", r.IntN(4)), Agent: "x"}
			_, err := w.SignIn.SignIn(ctx, v, phone, fmt.Sprint("Wrong-River-", i))
			if errors.Is(err, signin.ErrBlocked) {
				blocked++
			}
			if r.IntN(10) == 0 {
				if _, err := w.SignIn.SignIn(ctx, owner, phone, signintest.Password); err != nil {
					t.Fatalf("after %d wrong passwords of strangers: %v", i+1, err)
				}
			}
			clock.Advance(time.Duration(r.IntN(120)) * time.Second)
		}
		if blocked == 0 {
			t.Error("no stranger was blocked: the test shows nothing")
		}
	})
}

// letterLink is the link of the last letter that has one.
func letterLink(t *testing.T, w *signintest.World) string {
	t.Helper()
	jobstest.Settle(t, w.Jobs)
	link := ""
	for _, m := range w.Outbox.To(email) {
		if at := regexp.MustCompile(`/recover/link\?t=(\S+)`).FindStringSubmatch(m.Body); at != nil {
			link = at[1]
		}
	}
	if link == "" {
		t.Fatal("no letter with a link came")
	}
	return link
}

// The letter opens the account that its e-mail had when it went out, while the e-mail is that account's: neither it nor another one else.
func TestALetterOpensNoAccountOnceItsMailIsAnothers(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		both(t, w)
		boris := signintest.Visitor("boris")
		other := person(t, w, w.Register(t, boris, "+79160000001"))
		clock.Advance(2 * time.Minute)
		if _, err := w.SignIn.RecoverStart(ctx, signintest.Visitor("stranger"), email); err != nil {
			t.Fatal(err)
		}
		link := letterLink(t, w)
		if err := w.SignIn.RecoverRestart(ctx, signintest.Visitor("stranger")); err != nil {
			t.Fatal(err)
		}
		who := again(t, w)
		if err := w.SignIn.RemoveContact(ctx, who, contactsOf(t, w, who)[email].ID, signintest.Password); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.RecoverLink(ctx, signintest.Visitor("stranger"), link); !errors.Is(err, contact.ErrLink) {
			t.Errorf("nobody has the e-mail, and its letter opens something: %v", err)
		}
		if _, err := add(t, w, other, boris, email); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.RecoverLink(ctx, signintest.Visitor("stranger"), link); !errors.Is(err, contact.ErrLink) {
			t.Errorf("another one has the e-mail, and the letter of before opens something: %v", err)
		}
	})
}

// What was ended on purpose no letter of before begins again: a word of the owner's, a paper of the centre, another password.
func TestNoLetterOfBeforeBeginsARecoveryThatWasEndedOnPurpose(t *testing.T) {
	ends := map[string]func(t *testing.T, w *signintest.World, who access.Actor){
		"«это не я»": func(t *testing.T, w *signintest.World, _ access.Actor) {
			enter(t, w, signintest.Visitor("stranger"))
			look(t, w)
			all := links(t, w, phone)
			disavow(t, w, all[len(all)-1])
		},
		"a temporary password": func(t *testing.T, w *signintest.World, who access.Actor) {
			tied(t, w, who.ID, access.Confirmed)
			passport(t, w, who.ID)
			issue(t, w, access.Actor{Kind: access.Staff, ID: "operator", Role: access.Centre, Unit: "centre", SessionID: "session", AuthAt: w.DB.Now()})
		},
		"a recovery": func(t *testing.T, w *signintest.World, _ access.Actor) {
			recoverBy(t, w, "anna", phone)
			if _, err := w.SignIn.RecoverFinish(ctx, signintest.Visitor("anna"), another, another); err != nil {
				t.Fatal(err)
			}
		},
		"a change": func(t *testing.T, w *signintest.World, who access.Actor) {
			if err := w.SignIn.ChangePassword(ctx, again(t, w), signintest.Visitor("anna"), another, another); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
				who := both(t, w)
				clock.Advance(2 * time.Minute)
				stranger := signintest.Visitor("stranger")
				if _, err := w.SignIn.RecoverStart(ctx, stranger, email); err != nil {
					t.Fatal(err)
				}
				link := letterLink(t, w)
				if _, err := w.SignIn.RecoverLinkInfo(ctx, link); err != nil {
					t.Fatalf("before: %v", err)
				}
				end(t, w, who)
				if _, err := w.SignIn.RecoverLink(ctx, stranger, link); !errors.Is(err, contact.ErrLink) {
					t.Errorf("the letter of before: %v", err)
				}
				clock.Advance(2 * time.Minute)
				now := signintest.Visitor("now")
				if _, err := w.SignIn.RecoverStart(ctx, now, email); err != nil {
					t.Fatal(err)
				}
				if _, err := w.SignIn.RecoverLink(ctx, now, letterLink(t, w)); err != nil {
					t.Errorf("a letter of after: %v", err)
				}
			})
		})
	}
}

// Strangers in many networks use up a day's codes and guesses of an e-mail, and begin anew in between. Each of their letters holds a link by
// which its owner recovers in a browser that nobody knows, as long as the letter says and once.
func TestNoCrowdClosesRecoveryToWhoReadsTheLetters(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		w.Register(t, signintest.Visitor("owner"), email)
		clock.Advance(25 * time.Hour)
		r := rand.New(rand.NewPCG(17, 19)) //nolint:gosec // the same each time
		for day := range 2 {
			before := len(w.Outbox.To(email))
			for i := range 120 {
				v := credential.Visitor{Browser: fmt.Sprint("stranger-", day, "-", i%11), Prefix: fmt.Sprint("net-", i%7), Agent: "x", Lang: i18n.RU}
				switch r.IntN(9) {
				case 0, 1:
					_, _ = w.SignIn.RecoverStart(ctx, v, email)
					jobstest.Settle(t, w.Jobs)
				case 2:
					_, _ = w.SignIn.RecoverResend(ctx, v)
					jobstest.Settle(t, w.Jobs)
				case 3:
					_ = w.SignIn.RecoverRestart(ctx, v)
				default:
					_, _ = w.SignIn.RecoverCode(ctx, v, "000000")
				}
				clock.Advance(time.Duration(r.IntN(2*60)) * time.Second)
			}
			jobstest.Settle(t, w.Jobs)
			now := signintest.Visitor(fmt.Sprint("new-telephone-", day))
			_, err := w.SignIn.RecoverStart(ctx, now, email)
			nobodys := signintest.Visitor("nobodys")
			if day == 0 && !errors.Is(err, signin.ErrLetters) {
				t.Fatalf("the strangers met no limit, and the test shows nothing: %v", err)
			}
			if day == 0 { // and of an e-mail that nobody has the same is said
				for range 11 {
					if _, err = w.SignIn.RecoverStart(ctx, nobodys, "nobody@example.ru"); err != nil {
						break
					}
					clock.Advance(time.Minute)
				}
				if !errors.Is(err, signin.ErrLetters) {
					t.Errorf("of nobody's e-mail it is said: %v", err)
				}
			}
			link := letterLink(t, w)
			if len(w.Outbox.To(email)) == before {
				t.Fatal("no letter came")
			}
			if err := w.SignIn.Sweep(ctx); err != nil {
				t.Fatal(err)
			}
			clock.Advance(20 * time.Hour) // she reads her mail in the evening
			x, err := w.SignIn.RecoverLink(ctx, now, link)
			if err != nil || x.Step != signin.StepPassword {
				t.Fatalf("day %d: the link of the letter: %s, %v", day, x.Step, err)
			}
			if _, err := w.SignIn.RecoverLink(ctx, signintest.Visitor("later"), link); !errors.Is(err, contact.ErrLink) {
				t.Errorf("day %d: the link opens again: %v", day, err)
			}
			password := fmt.Sprint("Novaya-Reka-", day, "!")
			if _, err := w.SignIn.RecoverFinish(ctx, now, password, password); err != nil {
				t.Fatalf("day %d: %v", day, err)
			}
			clock.Advance(25 * time.Hour)
			if _, err := w.SignIn.RecoverLink(ctx, now, link); !errors.Is(err, contact.ErrLink) {
				t.Errorf("day %d: the link opens a day later: %v", day, err)
			}
		}
		if _, err := w.SignIn.RecoverStart(ctx, signintest.Visitor("last"), email); err != nil {
			t.Fatal(err)
		}
		link := letterLink(t, w)
		clock.Advance(w.Policy.Code.LinkLifetime)
		if _, err := w.SignIn.RecoverLink(ctx, signintest.Visitor("last"), link); !errors.Is(err, contact.ErrLink) {
			t.Errorf("a link that nobody used opens beyond its term: %v", err)
		}
	})
}

// REG-5: every door to the contact is tried from browser after browser until it is shut.
func TestAllDoorsTogetherTakeThirtyGuessesADay(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		owner, tablet := signintest.Visitor("anna"), signintest.Visitor("tablet")
		w.Register(t, owner, phone)
		mustSignIn(t, w, tablet, phone)
		boris := person(t, w, w.Register(t, signintest.Visitor("boris"), email))
		clock.Advance(25 * time.Hour)
		guesses := map[string]int{}
		try := func(door string, guess func(credential.Visitor) error, browsers ...credential.Visitor) {
			for i := 0; len(browsers) < 6; i++ {
				browsers = append(browsers, signintest.Visitor(fmt.Sprint(door, i)))
			}
			for _, v := range browsers {
				for range 5 {
					if err := guess(v); errors.Is(err, contact.ErrWrong) || errors.Is(err, contact.ErrBlocked) && guesses[door]%4 == 3 {
						guesses[door]++
					} else if errors.Is(err, contact.ErrGuesses) || errors.Is(err, contact.ErrSends) {
						return
					}
				}
			}
		}
		begun := map[string]string{}
		once := func(door string, v credential.Visitor, begin func() (string, error)) (string, error) {
			if begun[door+v.Browser] != "" {
				return begun[door+v.Browser], nil
			}
			cid, err := begin()
			begun[door+v.Browser] = cid
			return cid, err
		}
		recovering := func(door string) func(credential.Visitor) error {
			return func(v credential.Visitor) error {
				if _, err := once(door, v, func() (string, error) { r, err := w.SignIn.RecoverStart(ctx, v, phone); return r.ID, err }); err != nil {
					return err
				}
				_, err := w.SignIn.RecoverCode(ctx, v, "000000")
				return err
			}
		}
		try("register", func(v credential.Visitor) error {
			if _, err := once("register", v, func() (string, error) {
				d, err := w.Registrations.Begin(ctx, v, registration.Details{Surname: "Чужой", GivenName: "Пётр", Phone: phone, Terms: true, Data: true})
				return d.ID, err
			}); err != nil {
				return err
			}
			_, err := w.Registrations.Confirm(ctx, v, "000000")
			return err
		})
		try("add", func(v credential.Visitor) error {
			cid, err := once("add", v, func() (string, error) {
				c, err := w.SignIn.AddContact(ctx, boris, v, phone, signintest.Password)
				return c.ID, err
			})
			if err != nil {
				return err
			}
			_, err = w.SignIn.ConfirmContact(ctx, boris, v, cid, "000000")
			return err
		})
		try("recover", recovering("recover"))
		try("known", recovering("known"), owner, tablet)
		share := w.Policy.Code.GuessesPerDay
		if guesses["register"] != share.Register || guesses["add"] != 0 || guesses["recover"] != share.Recover || guesses["known"] < 4 {
			t.Errorf("%v; the shares are %+v", guesses, share)
		}
		if n := guesses["register"] + guesses["add"] + guesses["recover"] + guesses["known"]; n > 30 {
			t.Errorf("%d guesses in a day", n)
		}
	})
}
