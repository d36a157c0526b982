package signin_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	vw "github.com/descope/virtualwebauthn"

	"okno/internal/access"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/keyring"
	"okno/internal/passkey"
	"okno/internal/passkey/passkeytest"
	"okno/internal/policy"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store/storetest"
)

// atDesk signs the employee of employee in by a code, and gives their login a passkey.
func atDesk(t *testing.T, w *signintest.World) (access.Actor, *passkeytest.Device) {
	t.Helper()
	secret, now := employee(t, w), time.Now()
	w.SignIn.Clock = func() time.Time { return now }
	desk := signintest.Visitor("desk")
	token, err := w.SignIn.StaffSignIn(ctx, desk, "smirnova", signintest.Password, codeOf(t, secret, now))
	if err != nil {
		t.Fatal(err)
	}
	who := person(t, w, token)
	return who, deskKey(t, w, desk, who)
}

func deskKey(t *testing.T, w *signintest.World, v credential.Visitor, who access.Actor) *passkeytest.Device {
	t.Helper()
	c, err := w.SignIn.StaffAddKey(ctx, who, v)
	if err != nil {
		t.Fatal(err)
	}
	d := passkeytest.New()
	if err := w.SignIn.StaffKeepKey(ctx, who, v, c.ID, "Ноутбук", d.Make(t, origin, c)); err != nil {
		t.Fatal(err)
	}
	return d
}

func deskChallenge(t *testing.T, w *signintest.World, v credential.Visitor) passkey.Challenge {
	t.Helper()
	c, err := w.SignIn.StaffKeyChallenge(v)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// byDeskKey signs an employee in by login, password and key.
func byDeskKey(t *testing.T, w *signintest.World, v credential.Visitor, d *passkeytest.Device, login, password string) (string, error) {
	t.Helper()
	c := deskChallenge(t, w, v)
	return w.SignIn.StaffSignInByKey(ctx, v, login, password, c.ID, d.Sign(t, origin, c))
}

// recorded is how often the action was done, of an employee.
func recorded(t *testing.T, w *signintest.World, action string) int {
	t.Helper()
	var n int
	if err := w.DB.QueryRow(ctx, `SELECT count(*) FROM audit_event WHERE action = $1`, action).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// AUTH-2, staff: passkey or app, always beside login and password.
func TestAPasskeyOfAnEmployeeTakesThePlaceOfTheCodeAndOfNothingElse(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		who, d := atDesk(t, w)
		v := signintest.Visitor("laptop")
		token, err := byDeskKey(t, w, v, d, " Smirnova ", signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		s, err := w.Credentials.Check(ctx, token)
		if err != nil || s.Kind != access.Staff || s.OwnerID != who.ID || s.Role != access.Officer || s.Methods != "pwd swk" {
			t.Errorf("%+v, %v", s, err)
		}
		for name, in := range map[string][2]string{"a wrong password": {"smirnova", "Wrong-Pass-1234"}, "no password": {"smirnova", ""}, "nobody": {"petrov", signintest.Password}, "no login": {"", signintest.Password}} {
			if token, err := byDeskKey(t, w, signintest.Visitor(name), d, in[0], in[1]); token != "" || !errors.Is(err, signin.ErrStaffWrong) {
				t.Errorf("%s: %q, %v", name, token, err)
			}
		}
		c := deskChallenge(t, w, v)
		if token, err := w.SignIn.StaffSignInByKeyAlone(ctx, v, c.ID, d.Sign(t, origin, c)); token != "" || !errors.Is(err, access.ErrDenied) {
			t.Errorf("the key alone: %q, %v", token, err)
		}
		if err := w.Staff.Dismiss(ctx, access.SystemActor(), "smirnova"); err != nil {
			t.Fatal(err)
		}
		if token, err := byDeskKey(t, w, v, d, "smirnova", signintest.Password); token != "" || !errors.Is(err, signin.ErrStaffWrong) {
			t.Errorf("a dismissed employee: %q, %v", token, err)
		}
	})
}

func TestWhereThePolicySaysSoAKeyOpensTheDeskByItself(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		who, d := atDesk(t, w)
		w.Policy.Passkey.Staff = policy.Alone
		v := signintest.Visitor("laptop")
		alone := func(d *passkeytest.Device) (string, error) {
			c := deskChallenge(t, w, v)
			return w.SignIn.StaffSignInByKeyAlone(ctx, v, c.ID, d.Sign(t, origin, c))
		}
		token, err := alone(d)
		if err != nil {
			t.Fatal(err)
		}
		if s, err := w.Credentials.Check(ctx, token); err != nil || s.OwnerID != who.ID || s.Methods != "swk" {
			t.Errorf("%+v, %v", s, err)
		}
		locked := *d
		locked.Auth.Options.UserNotVerified = true
		if token, err := alone(&locked); token != "" || !errors.Is(err, passkey.ErrRefused) {
			t.Errorf("a device that verified nobody: %q, %v", token, err)
		}
		if err := w.Staff.Dismiss(ctx, access.SystemActor(), "smirnova"); err != nil {
			t.Fatal(err)
		}
		if token, err := alone(d); token != "" || !errors.Is(err, passkey.ErrUnknown) {
			t.Errorf("a dismissed employee: %q, %v", token, err)
		}
	})
}

// The same attacks as at the citizens' door.
func TestWhatAThiefShowsAtTheDesksDoorOpensNothing(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		_, d := atDesk(t, w)
		thief := signintest.Visitor("thief")
		citizen, citizens := withKey(t, w, thief, w.Register(t, thief, "boris@example.ru"))
		forged, locked := *d, *d
		forged.Key.Key = vw.NewCredential(vw.KeyTypeEC2).Key
		locked.Auth.Options.UserNotVerified = true
		elsewhere := deskChallenge(t, w, signintest.Visitor("desk"))
		public, err := w.SignIn.KeyChallenge(thief)
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range []struct {
			name   string
			answer func() (string, []byte)
			want   error
		}{
			{"another site", func() (string, []byte) {
				c := deskChallenge(t, w, thief)
				return c.ID, d.Sign(t, "http://localhost:9090", c)
			}, signin.ErrStaffWrong},
			{"a forged signature", func() (string, []byte) { c := deskChallenge(t, w, thief); return c.ID, forged.Sign(t, origin, c) }, signin.ErrStaffWrong},
			{"a device that verified nobody", func() (string, []byte) { c := deskChallenge(t, w, thief); return c.ID, locked.Sign(t, origin, c) }, signin.ErrStaffWrong},
			{"a citizen's key", func() (string, []byte) { c := deskChallenge(t, w, thief); return c.ID, citizens.Sign(t, origin, c) }, signin.ErrStaffWrong},
			{"nonsense", func() (string, []byte) { c := deskChallenge(t, w, thief); return c.ID, []byte("{}") }, signin.ErrStaffWrong},
			{"a challenge of another browser", func() (string, []byte) { return elsewhere.ID, d.Sign(t, origin, elsewhere) }, passkey.ErrChallenge},
			{"a challenge of the citizens' door", func() (string, []byte) { return public.ID, d.Sign(t, origin, public) }, passkey.ErrChallenge},
		} {
			v := thief
			v.Prefix = fmt.Sprint("net-", i) // each from a network of its own: none is refused for the one before
			cid, answer := x.answer()
			if token, err := w.SignIn.StaffSignInByKey(ctx, v, "smirnova", signintest.Password, cid, answer); token != "" || !errors.Is(err, x.want) {
				t.Errorf("%s: %q, %v", x.name, token, err)
			}
		}
		c, err := w.SignIn.KeyChallenge(thief)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.SignInByKey(ctx, thief, c.ID, d.Sign(t, origin, c)); !errors.Is(err, passkey.ErrUnknown) {
			t.Errorf("an employee's key at the citizens' door: %v", err)
		}
		late := deskChallenge(t, w, thief)
		clock.Advance(w.Policy.Passkey.Lifetime)
		if _, err := w.SignIn.StaffSignInByKey(ctx, thief, "smirnova", signintest.Password, late.ID, d.Sign(t, origin, late)); !errors.Is(err, passkey.ErrChallenge) {
			t.Errorf("a challenge that ran out: %v", err)
		}
		for name, err := range map[string]error{
			"lists":  func() error { _, err := w.SignIn.StaffKeysOf(ctx, citizen); return err }(),
			"adds":   func() error { _, err := w.SignIn.StaffAddKey(ctx, citizen, thief); return err }(),
			"asks":   func() error { _, err := w.SignIn.StaffAgainChallenge(ctx, citizen, thief); return err }(),
			"proves": w.SignIn.StaffAgain(ctx, citizen, thief, signintest.Password, "000000"),
		} {
			if err == nil {
				t.Errorf("a citizen %s at the desks", name)
			}
		}
	})
}

// A key in the hand is worth no list of passwords: an answer serves for one guess, and the guesses are few from wherever they come.
func TestWhoeverHoldsTheKeyGuessesThePasswordNoLongerThanOthers(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		_, d := atDesk(t, w)
		v := signintest.Visitor("thief")
		c := deskChallenge(t, w, v)
		answer := d.Sign(t, origin, c)
		if _, err := w.SignIn.StaffSignInByKey(ctx, v, "smirnova", "Wrong-Pass-1234", c.ID, answer); !errors.Is(err, signin.ErrStaffWrong) {
			t.Errorf("a wrong password: %v", err)
		}
		if token, err := w.SignIn.StaffSignInByKey(ctx, v, "smirnova", signintest.Password, c.ID, answer); token != "" || !errors.Is(err, passkey.ErrChallenge) {
			t.Errorf("the same answer with another password: %q, %v", token, err)
		}
		for i := range 20 {
			v := signintest.Visitor(fmt.Sprint("thief", i))
			if _, err := byDeskKey(t, w, v, d, "smirnova", "Wrong-Pass-1234"); err == nil {
				t.Fatal("a wrong password opened")
			}
		}
		if token, err := byDeskKey(t, w, signintest.Visitor("thief-anew"), d, "smirnova", signintest.Password); token != "" || !errors.Is(err, signin.ErrBlocked) {
			t.Errorf("after twenty guesses from as many networks: %q, %v", token, err)
		}
	})
}

// Whoever has neither the key nor the password cannot close the desk to the employee.
func TestStrangersAnswersDoNotCloseTheDesk(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		_, d := atDesk(t, w)
		for i := range 40 {
			v := signintest.Visitor(fmt.Sprint("stranger", i))
			c := deskChallenge(t, w, v)
			if _, err := w.SignIn.StaffSignInByKey(ctx, v, "smirnova", signintest.Password, c.ID, passkeytest.New().Sign(t, origin, c)); err == nil {
				t.Fatal("nobody's key opened")
			}
		}
		if _, err := byDeskKey(t, w, signintest.Visitor("laptop"), d, "smirnova", signintest.Password); err != nil {
			t.Errorf("the employee: %v", err)
		}
	})
}

func TestAnAnswerOfAnEmployeesKeyOpensOnceAlsoForTwoAtOnceAndACopyNever(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		who, d := atDesk(t, w)
		v := signintest.Visitor("laptop")
		copied := *d
		c := deskChallenge(t, w, v)
		answer := d.Sign(t, origin, c)
		var wg sync.WaitGroup
		var tokens [2]string
		for i := range tokens {
			wg.Go(func() {
				tokens[i], _ = w.SignIn.StaffSignInByKey(ctx, v, "smirnova", signintest.Password, c.ID, answer)
			})
		}
		wg.Wait()
		if (tokens[0] == "") == (tokens[1] == "") {
			t.Errorf("sessions %q", tokens)
		}
		if _, err := byDeskKey(t, w, v, d, "smirnova", signintest.Password); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if token, err := byDeskKey(t, w, signintest.Visitor("thief"), &copied, "smirnova", signintest.Password); token != "" || !errors.Is(err, passkey.ErrCloned) {
				t.Errorf("the copy: %q, %v", token, err)
			}
		}
		if _, err := byDeskKey(t, w, v, d, "smirnova", signintest.Password); !errors.Is(err, passkey.ErrCloned) {
			t.Errorf("the original: %v", err)
		}
		list, err := w.SignIn.StaffKeysOf(ctx, who)
		if err != nil || len(list) != 1 || !list[0].Cloned {
			t.Errorf("%+v, %v", list, err)
		}
		if n := recorded(t, w, "staff.passkey_cloned"); n != 1 {
			t.Errorf("the record tells of it %d times", n)
		}
	})
}

func TestWhoeverFindsAnOpenDeskAddsAndRemovesNoKey(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, clock *storetest.Clock) {
		secret, now := employee(t, w), time.Now()
		w.SignIn.Clock = func() time.Time { return now }
		v := signintest.Visitor("desk")
		token, err := w.SignIn.StaffSignIn(ctx, v, "smirnova", signintest.Password, codeOf(t, secret, now))
		if err != nil {
			t.Fatal(err)
		}
		who := person(t, w, token)
		d := deskKey(t, w, v, who)
		clock.Advance(w.Policy.Session.Fresh - time.Minute)
		begun, err := w.SignIn.StaffAddKey(ctx, who, v)
		if err != nil {
			t.Fatal(err)
		}
		clock.Advance(time.Minute)
		who = person(t, w, token)
		list, err := w.SignIn.StaffKeysOf(ctx, who)
		if err != nil || len(list) != 1 {
			t.Fatalf("%+v, %v", list, err)
		}
		if _, err := w.SignIn.StaffAddKey(ctx, who, v); !errors.Is(err, signin.ErrStaffAgain) {
			t.Errorf("begins to add: %v", err)
		}
		if err := w.SignIn.StaffKeepKey(ctx, who, v, begun.ID, "", passkeytest.New().Make(t, origin, begun)); !errors.Is(err, signin.ErrStaffAgain) {
			t.Errorf("adds what was begun: %v", err)
		}
		if err := w.SignIn.StaffRemoveKey(ctx, who, list[0].ID); !errors.Is(err, signin.ErrStaffAgain) {
			t.Errorf("removes: %v", err)
		}
		if err := w.SignIn.StaffRenameKey(ctx, who, list[0].ID, "Чужой"); !errors.Is(err, signin.ErrStaffAgain) {
			t.Errorf("renames: %v", err)
		}
		now = now.Add(time.Minute)
		for name, in := range map[string][2]string{"a wrong password": {"Wrong-Pass-1234", codeOf(t, secret, now)}, "a wrong code": {signintest.Password, "000000"}} {
			if err := w.SignIn.StaffAgain(ctx, who, v, in[0], in[1]); !errors.Is(err, signin.ErrStaffWrong) {
				t.Errorf("%s: %v", name, err)
			}
		}
		x, err := w.SignIn.StaffAgainChallenge(ctx, who, v)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.SignIn.StaffAgainKey(ctx, who, v, x.ID, passkeytest.New().Sign(t, origin, x)); !errors.Is(err, signin.ErrKeyRefused) {
			t.Errorf("another's key: %v", err)
		}
		if err := w.SignIn.StaffAgain(ctx, who, v, signintest.Password, codeOf(t, secret, now)); err != nil {
			t.Fatal(err)
		}
		if who = person(t, w, token); !w.SignIn.StaffFresh(who) || who.Methods != "pwd otp" {
			t.Errorf("%+v", who)
		}
		if err := w.SignIn.StaffAgain(ctx, who, v, signintest.Password, codeOf(t, secret, now)); !errors.Is(err, signin.ErrStaffWrong) {
			t.Errorf("the code served twice: %v", err)
		}
		clock.Advance(w.Policy.Session.Fresh)
		if x, err = w.SignIn.StaffAgainChallenge(ctx, who, v); err != nil {
			t.Fatal(err)
		}
		answer := d.Sign(t, origin, x)
		if err := w.SignIn.StaffAgainKey(ctx, who, v, x.ID, answer); err != nil {
			t.Fatal(err)
		}
		if err := w.SignIn.StaffAgainKey(ctx, who, v, x.ID, answer); err == nil {
			t.Error("an answer proves twice")
		}
		if who = person(t, w, token); !strings.Contains(who.Methods, "swk") {
			t.Errorf("%+v", who)
		}
		other := access.Actor{Kind: access.Staff, ID: "somebody-else", AuthAt: w.DB.Now()}
		if err := w.SignIn.StaffRemoveKey(ctx, other, list[0].ID); err == nil {
			t.Error("another employee removes the key")
		}
		if err := w.SignIn.StaffRenameKey(ctx, other, list[0].ID, "Чужой"); err == nil {
			t.Error("another employee renames the key")
		}
		if err := w.SignIn.StaffRenameKey(ctx, who, list[0].ID, strings.Repeat("я", 61)); fault.KindOf(err) != fault.InvalidInput {
			t.Errorf("a name that is too long: %v", err)
		}
		if err := w.SignIn.StaffRenameKey(ctx, who, list[0].ID, "Новый ноутбук"); err != nil {
			t.Fatal(err)
		}
		if list, err := w.SignIn.StaffKeysOf(ctx, who); err != nil || len(list) != 1 || list[0].Name != "Новый ноутбук" {
			t.Errorf("%+v, %v", list, err)
		}
		if err := w.SignIn.StaffRemoveKey(ctx, who, list[0].ID); err != nil {
			t.Fatal(err)
		}
		if _, err := byDeskKey(t, w, signintest.Visitor("laptop"), d, "smirnova", signintest.Password); !errors.Is(err, signin.ErrStaffWrong) {
			t.Errorf("a key that was removed: %v", err)
		}
		for _, action := range []string{"staff.passkey_added", "staff.passkey_renamed", "staff.passkey_removed"} {
			if recorded(t, w, action) != 1 {
				t.Errorf("%s is not in the record", action)
			}
		}
	})
}

// What is known of an employee's key is sealed under the master keyset, and belongs to its row.
func TestNothingOfAnEmployeesKeyLiesOpen(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		atDesk(t, w)
		var record, handle []byte
		if err := w.DB.QueryRow(ctx, `SELECT record, handle FROM staff_passkey`).Scan(&record, &handle); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(record), "Ноутбук") || len(handle) != 32 {
			t.Errorf("%q, %x", record, handle)
		}
		if !slices.ContainsFunc(passkey.Sealed(), func(s keyring.Sealed) bool { return s.Table == "staff_passkey" && s.Column == "record" }) {
			t.Error("a rotation of the master keyset passes it over")
		}
	})
}
