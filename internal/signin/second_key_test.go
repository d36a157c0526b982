package signin_test

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	vw "github.com/descope/virtualwebauthn"

	"okno/internal/access"
	"okno/internal/credential"
	"okno/internal/passkey"
	"okno/internal/passkey/passkeytest"
	"okno/internal/policy"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// keyed is a Confirmed person with a phone and a passkey.
func keyed(t *testing.T, w *signintest.World, clock *storetest.Clock) (access.Actor, *passkeytest.Device) {
	t.Helper()
	home := signintest.Visitor("home")
	who, d := withKey(t, w, home, w.Register(t, home, "+79161234567"))
	if err := w.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE account SET level = 'confirmed' WHERE id = $1`, who.ID)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	clock.Advance(25 * time.Hour) // no browser is trusted any more
	return who, d
}

// question is what is asked for after the right password.
func question(t *testing.T, w *signintest.World, v credential.Visitor, waits string) signin.Second {
	t.Helper()
	x, err := w.SignIn.Second(ctx, v, waits)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// AUTH-2.
func TestAPasskeyIsAskedForFirstAfterThePasswordAndTheOthersStay(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		who, d := keyed(t, w, clock)
		away := signintest.Visitor("away")
		waits := half(t, w, away, "+79161234567")
		x := question(t, w, away, waits)
		if x.Now != signin.ByKey || !slices.Equal(x.Means, []signin.Means{signin.ByKey, signin.ByPhone}) {
			t.Fatalf("asked for %s of %v", x.Now, x.Means)
		}
		if !strings.Contains(string(x.Key.Options), `"allowCredentials"`) {
			t.Errorf("any key is asked for: %s", x.Key.Options)
		}
		if n := saw(t, w, "+79161234567", "код для входа"); n != 0 {
			t.Errorf("%d codes went out to whoever is asked for a key", n)
		}
		answer := d.Sign(t, origin, x.Key)
		token, err := w.SignIn.SecondKey(ctx, away, waits, x.Key.ID, answer, true)
		if err != nil {
			t.Fatal(err)
		}
		if s, err := w.Credentials.Check(ctx, token); err != nil || s.OwnerID != who.ID || s.Methods != "pwd swk" {
			t.Errorf("%+v, %v", s, err)
		}
		if _, err := w.SignIn.SecondKey(ctx, away, waits, x.Key.ID, answer, false); !errors.Is(err, credential.ErrNoPending) {
			t.Errorf("the sign-in is used twice: %v", err)
		}
		if !did(t, w, who.ID, "signin.second_key") {
			t.Error("it is not in the owner's history")
		}
		if _, err := w.SignIn.SignIn(ctx, away, "+79161234567", signintest.Password); err != nil {
			t.Errorf("the browser was to be remembered: %v", err)
		}
		other := signintest.Visitor("other")
		waits = half(t, w, other, "+79161234567")
		if err := w.SignIn.SecondBy(ctx, other, waits, signin.ByPhone); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.SecondCode(ctx, other, waits, w.Code(t, "+79161234567"), false); err != nil {
			t.Errorf("with the device at home, by a code: %v", err)
		}
	})
}

// A passkey makes nobody be asked who was not.
func TestAPasskeyAloneAsksNobodyForASecondStep(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		home := signintest.Visitor("home")
		withKey(t, w, home, w.Register(t, home, "+79161234567"))
		clock.Advance(25 * time.Hour)
		if _, err := w.SignIn.SignIn(ctx, signintest.Visitor("away"), "+79161234567", signintest.Password); err != nil {
			t.Error(err)
		}
	})
}

func TestWhatAThiefOfThePasswordAnswersForAKeyOpensNothingAndCounts(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		_, d := keyed(t, w, clock)
		thief := signintest.Visitor("thief")
		theirs := w.Register(t, thief, "boris@example.ru")
		_, own := withKey(t, w, thief, theirs)
		home := signintest.Visitor("home")
		elsewhere := half(t, w, home, "+79161234567")
		forged := *d
		forged.Key.Key = vw.NewCredential(vw.KeyTypeEC2).Key
		waits := half(t, w, thief, "+79161234567")
		now := func() passkey.Challenge { return question(t, w, thief, waits).Key }
		for _, x := range []struct {
			name   string
			answer func() (cid string, answer []byte)
			want   error
		}{
			{"a key of the thief's", func() (string, []byte) { c := now(); return c.ID, own.Sign(t, origin, c) }, signin.ErrKeyWrong},
			{"a forged signature", func() (string, []byte) { c := now(); return c.ID, forged.Sign(t, origin, c) }, signin.ErrKeyWrong},
			{"at a page that only looks like ours", func() (string, []byte) { c := now(); return c.ID, d.Sign(t, "http://localhost:9090", c) }, signin.ErrKeyWrong},
			{"what the owner signed in another sign-in", func() (string, []byte) {
				c := question(t, w, home, elsewhere).Key
				return c.ID, d.Sign(t, origin, c)
			}, passkey.ErrChallenge},
		} {
			cid, answer := x.answer()
			if token, err := w.SignIn.SecondKey(ctx, thief, waits, cid, answer, false); token != "" || !errors.Is(err, x.want) {
				t.Errorf("%s: %q, %v", x.name, token, err)
			}
		}
		c := now()
		if token, err := w.SignIn.SecondKey(ctx, thief, waits, c.ID, d.Sign(t, origin, c), false); token != "" || !errors.Is(err, signin.ErrSecondOver) {
			t.Errorf("after four answers another is taken: %q, %v", token, err)
		}
		clock.Advance(w.Policy.SecondFactor.Others.Block)
		alone, err := w.SignIn.KeyChallenge(thief)
		if err != nil {
			t.Fatal(err)
		}
		waits = half(t, w, thief, "+79161234567")
		if _, err := w.SignIn.SecondKey(ctx, thief, waits, alone.ID, d.Sign(t, origin, alone), false); !errors.Is(err, passkey.ErrChallenge) {
			t.Errorf("an answer for signing in by the key alone: %v", err)
		}
		c = now()
		if _, err := w.SignIn.SignInByKey(ctx, thief, c.ID, d.Sign(t, origin, c)); !errors.Is(err, passkey.ErrChallenge) {
			t.Errorf("an answer after the password opens by itself: %v", err)
		}
		if _, err := w.SignIn.SecondKey(ctx, thief, "no-such-sign-in", c.ID, d.Sign(t, origin, c), false); !errors.Is(err, credential.ErrNoPending) {
			t.Errorf("without the password: %v", err)
		}
	})
}

// The tries of an account are one number, whatever is tried, and the owner's browser has its own.
func TestWrongAnswersOfAKeyAndWrongCodesAreCountedTogether(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		_, d := keyed(t, w, clock)
		thief, home := signintest.Visitor("thief"), signintest.Visitor("home")
		forged := *d
		forged.Key.Key = vw.NewCredential(vw.KeyTypeEC2).Key
		var err error
		for range 30 {
			waits := half(t, w, thief, "+79161234567")
			x := question(t, w, thief, waits)
			if _, err = w.SignIn.SecondKey(ctx, thief, waits, x.Key.ID, forged.Sign(t, origin, x.Key), false); errors.Is(err, signin.ErrSecondBlocked) {
				break
			}
		}
		if !errors.Is(err, signin.ErrSecondBlocked) {
			t.Fatalf("nothing stops it: %v", err)
		}
		waits := half(t, w, thief, "+79161234567")
		if err := w.SignIn.SecondBy(ctx, thief, waits, signin.ByPhone); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.SecondCode(ctx, thief, waits, w.Code(t, "+79161234567"), false); !errors.Is(err, signin.ErrSecondBlocked) {
			t.Errorf("by a code it goes on: %v", err)
		}
		waits = half(t, w, home, "+79161234567")
		x := question(t, w, home, waits)
		if _, err := w.SignIn.SecondKey(ctx, home, waits, x.Key.ID, d.Sign(t, origin, x.Key), false); err != nil {
			t.Errorf("the owner, at the owner's browser: %v", err)
		}
	})
}

func TestAnAnswerOfAKeyOpensOnceAlsoForTwoAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		who, d := keyed(t, w, clock)
		away := signintest.Visitor("away")
		waits := half(t, w, away, "+79161234567")
		x := question(t, w, away, waits)
		answer := d.Sign(t, origin, x.Key)
		var wg sync.WaitGroup
		var tokens [2]string
		for i := range tokens {
			wg.Go(func() { tokens[i], _ = w.SignIn.SecondKey(ctx, away, waits, x.Key.ID, answer, false) })
		}
		wg.Wait()
		if (tokens[0] == "") == (tokens[1] == "") {
			t.Errorf("sessions %q", tokens)
		}
		list, err := w.Passkeys.Keys(ctx, w.DB, who.ID)
		if err != nil || len(list) != 1 || list[0].Cloned {
			t.Errorf("what was sent twice is taken for a copy: %+v, %v", list, err)
		}
	})
}

func TestACopyOfAKeyIsNoSecondStepAndIsAskedForNoMore(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		_, d := keyed(t, w, clock)
		away := signintest.Visitor("away")
		copied := *d
		for range 2 {
			if _, err := byKey(t, w, signintest.Visitor("home"), d); err != nil {
				t.Fatal(err)
			}
		}
		waits := half(t, w, away, "+79161234567")
		x := question(t, w, away, waits)
		if token, err := w.SignIn.SecondKey(ctx, away, waits, x.Key.ID, copied.Sign(t, origin, x.Key), false); token != "" || !errors.Is(err, passkey.ErrCloned) {
			t.Errorf("the copy: %q, %v", token, err)
		}
		if n := saw(t, w, "+79161234567", "с копией вашего ключа"); n != 1 {
			t.Errorf("the owner was told %d times", n)
		}
		if x = question(t, w, away, waits); x.Now != signin.ByPhone || slices.Contains(x.Means, signin.ByKey) {
			t.Errorf("it is asked for again: %+v", x)
		}
	})
}

// The policy decides whether a device that cannot verify its owner will do after the password; nowhere else will it.
func TestAKeyThatVerifiesNobodyIsASecondStepOnlyWhereThePolicySaysSo(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		who, d := keyed(t, w, clock)
		d.Auth.Options.UserNotVerified = true
		away := signintest.Visitor("away")
		defer func() { w.Policy.Passkey.SecondStep = policy.VerifyIfAble }()
		for _, x := range []struct {
			verify  policy.Verification
			methods string
			want    error
		}{{policy.Verify, "", signin.ErrKeyWrong}, {policy.VerifyIfAble, "pwd pop", nil}} {
			w.Policy.Passkey.SecondStep = x.verify
			waits := half(t, w, away, "+79161234567")
			q := question(t, w, away, waits)
			token, err := w.SignIn.SecondKey(ctx, away, waits, q.Key.ID, d.Sign(t, origin, q.Key), false)
			if !errors.Is(err, x.want) {
				t.Errorf("%s: %v", x.verify, err)
			}
			if x.want != nil {
				continue
			}
			s, err := w.Credentials.Check(ctx, token)
			if err != nil || s.OwnerID != who.ID || s.Methods != x.methods {
				t.Fatalf("%s: %+v, %v", x.verify, s, err)
			}
			clock.Advance(10 * time.Minute)
			a, err := w.SignIn.Again(ctx, s.Actor(), away, signin.ByKey, "")
			if err != nil || a.Now != signin.ByKey {
				t.Fatalf("%+v, %v", a, err)
			}
			if err := w.SignIn.AgainKey(ctx, s.Actor(), away, a.Key.ID, d.Sign(t, origin, a.Key)); !errors.Is(err, signin.ErrKeyRefused) {
				t.Errorf("it proves again: %v", err)
			}
		}
		if _, err := byKey(t, w, away, d); !errors.Is(err, passkey.ErrRefused) {
			t.Errorf("it opens by itself: %v", err)
		}
	})
}

func TestAKeyProvesAgainInItsSessionAndInNoOther(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		who, d := keyed(t, w, clock)
		home, away := signintest.Visitor("home"), signintest.Visitor("away")
		var sessions []access.Actor
		for _, v := range []credential.Visitor{home, away} {
			waits := half(t, w, v, "+79161234567")
			x := question(t, w, v, waits)
			token, err := w.SignIn.SecondKey(ctx, v, waits, x.Key.ID, d.Sign(t, origin, x.Key), v.Browser == home.Browser)
			if err != nil {
				t.Fatal(err)
			}
			sessions = append(sessions, person(t, w, token))
		}
		clock.Advance(10 * time.Minute)
		x, err := w.SignIn.Again(ctx, sessions[0], home, signin.ByKey, "")
		if err != nil || x.Now != signin.ByKey {
			t.Fatalf("%+v, %v", x, err)
		}
		answer := d.Sign(t, origin, x.Key)
		if err := w.SignIn.AgainKey(ctx, sessions[1], away, x.Key.ID, answer); !errors.Is(err, passkey.ErrChallenge) {
			t.Errorf("in another session: %v", err)
		}
		if err := w.SignIn.AgainKey(ctx, sessions[0], home, x.Key.ID, answer); err != nil {
			t.Fatal(err)
		}
		if err := w.SignIn.AgainKey(ctx, sessions[0], home, x.Key.ID, answer); err == nil {
			t.Error("an answer proves twice")
		}
		open, err := w.Credentials.Sessions(ctx, who)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range open {
			if fresh := w.SignIn.Fresh(s.Actor()); fresh != (s.ID == sessions[0].SessionID) {
				t.Errorf("session %s is fresh: %v", s.ID, fresh)
			}
		}
	})
}

// What a stranger added is no second step while the owner's word against it stands.
func TestAKeyThatCameWithAStrangerIsNotAskedFor(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		home, thief := signintest.Visitor("home"), signintest.Visitor("thief")
		who, mine := withKey(t, w, home, w.Register(t, home, phone))
		later(t, w, clock, time.Hour) // the notice of her own key goes out before the thief comes
		enter(t, w, thief)
		look(t, w)
		device := links(t, w, phone)[1]
		fresh, err := w.SignIn.SignIn(ctx, thief, phone, signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		_, his := withKey(t, w, thief, fresh)
		early := half0(t, w, thief, who)
		asked := question(t, w, thief, early).Key
		disavow(t, w, device)
		clock.Advance(25 * time.Minute)
		if _, err := w.SignIn.SecondKey(ctx, thief, early, asked.ID, his.Sign(t, origin, asked), false); err == nil {
			t.Error("a sign-in that was under way goes on with the stranger's key")
		}
		waits := half0(t, w, thief, who)
		x := question(t, w, thief, waits)
		if x.Now != signin.ByKey || !listed(x.Key, mine) || listed(x.Key, his) {
			t.Errorf("asked for %s", x.Key.Options)
		}
	})
}

// half0 is half of a person whose level asks for a second step.
func half0(t *testing.T, w *signintest.World, v credential.Visitor, who access.Actor) string {
	t.Helper()
	if err := w.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE account SET level = 'confirmed' WHERE id = $1`, who.ID)
		if err != nil {
			return err
		}
		return w.Credentials.TrustNone(ctx, tx, who.ID)
	}); err != nil {
		t.Fatal(err)
	}
	return half(t, w, v, phone)
}

// listed reports whether a challenge asks for the key of the device.
func listed(c passkey.Challenge, d *passkeytest.Device) bool {
	return strings.Contains(string(c.Options), base64.RawURLEncoding.EncodeToString(d.Key.ID))
}
