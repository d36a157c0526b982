package passkey_test

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	vw "github.com/descope/virtualwebauthn"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/keyring/keyringtest"
	"okno/internal/passkey"
	"okno/internal/passkey/passkeytest"
	"okno/internal/policy"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

const (
	ours     = "http://localhost:8080"
	phishers = "http://localhost:9090"
	browser  = "browser-anna"
)

type world struct {
	*passkey.Service
	accounts *account.Service
	clock    *storetest.Clock
}

func each(t *testing.T, body func(t *testing.T, w world)) {
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		ring := keyringtest.Ring(t)
		s, err := passkey.New(db, ring, policy.Default(), &url.URL{Scheme: "http", Host: "localhost:8080"}, "Окно")
		if err != nil {
			t.Fatal(err)
		}
		body(t, world{s, &account.Service{DB: db, Ring: ring}, clock})
	})
}

func (w world) person(t *testing.T, name string) access.Actor {
	t.Helper()
	aid := id.New()
	err := w.DB.Write(t.Context(), func(tx *store.Tx) error {
		key, err := w.Ring.NewPerson(t.Context(), tx, aid)
		if err != nil {
			return err
		}
		return w.accounts.Create(t.Context(), tx, key, account.New{ID: aid, Profile: account.Profile{Surname: "Проверкина", GivenName: name}, Lang: i18n.RU})
	})
	if err != nil {
		t.Fatal(err)
	}
	return access.Actor{Kind: access.Person, ID: aid, Level: access.Simplified, SessionID: "s"}
}

// asked is a challenge to add a key.
func asked(t *testing.T, w world, who access.Actor) passkey.Challenge {
	t.Helper()
	c, err := w.Add(t.Context(), who, browser, "Анна")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (w world) add(t *testing.T, who access.Actor, d *passkeytest.Device) passkey.Key {
	t.Helper()
	c, err := w.Add(t.Context(), who, browser, "Анна")
	if err != nil {
		t.Fatal(err)
	}
	a, err := w.JudgeAdded(t.Context(), who, browser, c.ID, " Телефон  Анны ", d.Make(t, ours, c))
	if err != nil {
		t.Fatal(err)
	}
	k, err := w.keep(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func (w world) keep(ctx context.Context, a passkey.Added) (k passkey.Key, _ error) {
	return k, w.DB.Write(ctx, func(tx *store.Tx) (err error) { k, err = w.Keep(ctx, tx, a); return err })
}

func (w world) spend(ctx context.Context, j passkey.Judged) error {
	var refused error
	err := w.DB.Write(ctx, func(tx *store.Tx) (err error) { refused, err = w.Spend(ctx, tx, j); return err })
	return cmp.Or(err, refused)
}

// enter signs in with the device: from the challenge to its use.
func (w world) enter(t *testing.T, d *passkeytest.Device, rp string) (passkey.Judged, error) {
	t.Helper()
	c, err := w.SignIn(browser)
	if err != nil {
		t.Fatal(err)
	}
	j, err := w.JudgeSignIn(t.Context(), browser, c.ID, d.Sign(t, rp, c))
	if err != nil {
		return j, err
	}
	return j, w.spend(t.Context(), j)
}

func TestAKeyOpensTheAccountOfItsOwnerAndSaysWhose(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		anna, boris := w.person(t, "Анна"), w.person(t, "Борис")
		a, b := passkeytest.New(), passkeytest.New()
		if k := w.add(t, anna, a); k.Name != "Телефон Анны" || k.Synced {
			t.Errorf("the key is %+v", k)
		}
		w.add(t, boris, b)
		for d, who := range map[*passkeytest.Device]access.Actor{a: anna, b: boris} {
			j, err := w.enter(t, d, ours)
			if err != nil || j.Account != who.ID {
				t.Errorf("the key opened %s: %v", j.Account, err)
			}
		}
		list, err := w.Keys(t.Context(), w.DB, anna.ID)
		if err != nil || len(list) != 1 || list[0].UsedAt.IsZero() {
			t.Errorf("Anna's keys: %+v, %v", list, err)
		}
		if _, err := w.enter(t, passkeytest.New(), ours); !errors.Is(err, passkey.ErrUnknown) {
			t.Errorf("nobody's key: %v", err)
		}
	})
}

func TestAnAnswerIsGoodOnceInItsBrowserInItsTime(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx, anna, d := t.Context(), w.person(t, "Анна"), passkeytest.New()
		w.add(t, anna, d)
		c, err := w.SignIn(browser)
		if err != nil {
			t.Fatal(err)
		}
		answer := d.Sign(t, ours, c)
		if _, err := w.JudgeSignIn(ctx, "browser-mallory", c.ID, answer); !errors.Is(err, passkey.ErrChallenge) {
			t.Errorf("another browser's answer: %v", err)
		}
		if _, err := w.JudgeAdded(ctx, anna, browser, c.ID, "", passkeytest.New().Make(t, ours, asked(t, w, anna))); !errors.Is(err, passkey.ErrChallenge) {
			t.Errorf("an answer for another purpose: %v", err)
		}
		const crowd = 8
		var wg sync.WaitGroup
		won := make(chan error, crowd)
		for range crowd {
			wg.Go(func() {
				j, err := w.JudgeSignIn(ctx, browser, c.ID, answer)
				if err == nil {
					err = w.spend(ctx, j)
				}
				won <- err
			})
		}
		wg.Wait()
		close(won)
		wins := 0
		for err := range won {
			switch {
			case err == nil:
				wins++
			case !errors.Is(err, passkey.ErrChallenge) && !errors.Is(err, passkey.ErrUnknown):
				t.Errorf("a loser is told %v", err)
			}
		}
		if wins != 1 {
			t.Errorf("%d of %d answers at once won", wins, crowd)
		}
		again, err := w.JudgeSignIn(ctx, browser, c.ID, answer)
		if err == nil {
			err = w.spend(ctx, again)
		}
		if !errors.Is(err, passkey.ErrChallenge) {
			t.Errorf("a replayed answer: %v", err)
		}
		if list, err := w.Keys(ctx, w.DB, anna.ID); err != nil || len(list) != 1 || list[0].Cloned {
			t.Errorf("a replayed answer is taken for a copy of the key: %+v, %v", list, err)
		}
		for _, none := range []string{"", "01m8d9cp843qxm56x6mn137fsr", c.ID[:40], c.ID + "A"} {
			if _, err := w.JudgeSignIn(ctx, browser, none, answer); !errors.Is(err, passkey.ErrChallenge) {
				t.Errorf("a challenge of nobody's: %v", err)
			}
		}
		late, err := w.SignIn(browser)
		if err != nil {
			t.Fatal(err)
		}
		slow := d.Sign(t, ours, late)
		j, err := w.JudgeSignIn(ctx, browser, late.ID, slow)
		if err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(w.Policy.Passkey.Lifetime)
		if _, err := w.JudgeSignIn(ctx, browser, late.ID, slow); !errors.Is(err, passkey.ErrChallenge) {
			t.Errorf("an answer after its time: %v", err)
		}
		if err := w.spend(ctx, j); !errors.Is(err, passkey.ErrChallenge) {
			t.Errorf("an answer that was judged in time and spent after it: %v", err)
		}
		if err := w.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		if n := w.kept(t); n != 0 {
			t.Errorf("%d challenges are left", n)
		}
	})
}

// kept is how many challenges are kept.
func (w world) kept(t *testing.T) (n int) {
	t.Helper()
	if err := w.DB.QueryRow(t.Context(), `SELECT count(*) FROM passkey_challenge`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWhoeverOnlyOpensThePageLeavesNothingBehind(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		anna := w.person(t, "Анна")
		for range 3 {
			asked(t, w, anna)
			if _, err := w.SignIn(browser); err != nil {
				t.Fatal(err)
			}
		}
		if n := w.kept(t); n != 0 {
			t.Errorf("%d challenges are kept", n)
		}
	})
}

func TestWhatAPhisherOrAStrangerAnswersIsRefused(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx, anna, d := t.Context(), w.person(t, "Анна"), passkeytest.New()
		w.add(t, anna, d)
		if _, err := w.enter(t, d, phishers); !errors.Is(err, passkey.ErrRefused) {
			t.Errorf("signed on another site: %v", err)
		}
		unlocked := *d
		unlocked.Auth.Options.UserNotVerified = true
		if _, err := w.enter(t, &unlocked, ours); !errors.Is(err, passkey.ErrRefused) {
			t.Errorf("a device that was not unlocked: %v", err)
		}
		forged := *d
		forged.Key.Key = vw.NewCredential(vw.KeyTypeEC2).Key // her identifier, another's key
		if _, err := w.enter(t, &forged, ours); !errors.Is(err, passkey.ErrRefused) {
			t.Errorf("a forged signature: %v", err)
		}
		other := *d
		other.Auth.Options.UserHandle = []byte(w.person(t, "Борис").ID)
		if _, err := w.enter(t, &other, ours); !errors.Is(err, passkey.ErrRefused) {
			t.Errorf("her key in another's name: %v", err)
		}
		c, err := w.SignIn(browser)
		if err != nil {
			t.Fatal(err)
		}
		whole := string(d.Sign(t, ours, c))
		for _, bad := range []string{"", "null", "{}", "[]", whole[:len(whole)/2], strings.Replace(whole, `"public-key"`, `"other"`, 1), whole + strings.Repeat(" ", 17<<10), `{"id":"` + strings.Repeat("A", 4000) + `"}`} {
			if _, err := w.JudgeSignIn(ctx, browser, c.ID, []byte(bad)); !errors.Is(err, passkey.ErrRefused) {
				t.Errorf("%.60q: %v", bad, err)
			}
		}
	})
}

func TestAKeyOfWhichThereAreTwoOpensNothing(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		anna, d := w.person(t, "Анна"), passkeytest.New()
		w.add(t, anna, d)
		copied := *d
		for range 3 {
			if _, err := w.enter(t, d, ours); err != nil {
				t.Fatal(err)
			}
		}
		for n := range 4 { // the last of them is ahead of what the owner's has counted
			if _, err := w.enter(t, &copied, ours); !errors.Is(err, passkey.ErrCloned) {
				t.Errorf("the copy, time %d: %v", n+1, err)
			}
		}
		if _, err := w.enter(t, d, ours); !errors.Is(err, passkey.ErrCloned) {
			t.Errorf("what may be the owner's: %v", err)
		}
		list, err := w.Keys(t.Context(), w.DB, anna.ID)
		if err != nil || len(list) != 1 || !list[0].Cloned {
			t.Fatalf("the owner is shown %+v: %v", list, err)
		}
		if err := w.DB.Write(t.Context(), func(tx *store.Tx) error { return w.Rename(t.Context(), tx, anna, list[0].ID, "Другой") }); err != nil {
			t.Fatal(err)
		}
		if _, err := w.enter(t, d, ours); !errors.Is(err, passkey.ErrCloned) {
			t.Errorf("under another name: %v", err)
		}
	})
}

func TestKeysAreAddedOnceAndNotWithoutEnd(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		ctx, anna := t.Context(), w.person(t, "Анна")
		w.Policy.Passkey.Most = 2
		defer func() { w.Policy.Passkey.Most = policy.Default().Passkey.Most }()
		d := passkeytest.New()
		w.add(t, anna, d)
		c, err := w.Add(ctx, anna, browser, "Анна")
		if err != nil {
			t.Fatal(err)
		}
		if !d.Excluded(t, c) {
			t.Error("a key that is there is offered anew")
		}
		a, err := w.JudgeAdded(ctx, anna, browser, c.ID, "", d.Make(t, ours, c))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.keep(ctx, a); !errors.Is(err, passkey.ErrHeld) {
			t.Errorf("the same key twice: %v", err)
		}
		if c, err = w.Add(ctx, anna, browser, "Анна"); err != nil {
			t.Fatal(err)
		}
		if a, err = w.JudgeAdded(ctx, anna, browser, c.ID, "", passkeytest.New().Make(t, ours, c)); err != nil {
			t.Fatal(err)
		}
		k := w.add(t, anna, passkeytest.New())
		if _, err := w.keep(ctx, a); !errors.Is(err, passkey.ErrMost) {
			t.Errorf("a third key: %v", err)
		}
		if _, err := w.Add(ctx, anna, browser, "Анна"); !errors.Is(err, passkey.ErrMost) {
			t.Errorf("a third key is begun: %v", err)
		}
		stranger := w.person(t, "Борис")
		err = w.DB.Write(ctx, func(tx *store.Tx) error { return w.Remove(ctx, tx, stranger, k.ID) })
		if !errors.Is(err, passkey.ErrMissing) {
			t.Errorf("a stranger removes a key: %v", err)
		}
		rename := func(name string) error {
			return w.DB.Write(ctx, func(tx *store.Tx) error { return w.Rename(ctx, tx, anna, k.ID, name) })
		}
		if err := rename(strings.Repeat("ж", 61)); err == nil {
			t.Error("a name without end was taken")
		}
		if err := rename("Ключ на связке"); err != nil {
			t.Error(err)
		}
		if list, err := w.Keys(ctx, w.DB, anna.ID); err != nil || len(list) != 2 || !slices.ContainsFunc(list, func(x passkey.Key) bool { return x.ID == k.ID && x.Name == "Ключ на связке" }) {
			t.Errorf("the keys are %+v: %v", list, err)
		}
		if err := w.DB.Write(ctx, func(tx *store.Tx) error { return w.Remove(ctx, tx, anna, k.ID) }); err != nil {
			t.Error(err)
		}
		if list, err := w.Keys(ctx, w.DB, anna.ID); err != nil || len(list) != 1 || list[0].ID == k.ID {
			t.Errorf("the keys are %+v: %v", list, err)
		}
	})
}

func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{"authenticatorData":"AA","clientDataJSON":"e30","signature":"AA","userHandle":"AA","attestationObject":"oA"}}`))
	f.Add([]byte(`{"id":"","rawId":"","type":"public-key","response":{}}`))
	db := storetest.Open(f, store.SQLite, nil)
	ring := keyringtest.Ring(f)
	s, err := passkey.New(db, ring, policy.Default(), &url.URL{Scheme: "http", Host: "localhost:8080"}, "Окно")
	if err != nil {
		f.Fatal(err)
	}
	c, err := s.SignIn(browser)
	if err != nil {
		f.Fatal(err)
	}
	who := access.Actor{Kind: access.Person, ID: "01m8d9cp843qxm56x6mn137fsr", Level: access.Simplified, SessionID: "s"}
	f.Fuzz(func(t *testing.T, answer []byte) {
		if _, err := s.JudgeSignIn(t.Context(), browser, c.ID, answer); err == nil {
			t.Error("garbage signed in")
		}
		if _, err := s.JudgeAdded(t.Context(), who, browser, c.ID, "", answer); err == nil {
			t.Error("garbage became a key")
		}
	})
}
