package signin_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/credential"
	"okno/internal/jobs/jobstest"
	"okno/internal/passkey"
	"okno/internal/passkey/passkeytest"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

const origin = "http://localhost:8080"

func withKey(t *testing.T, w *signintest.World, v credential.Visitor, token string) (access.Actor, *passkeytest.Device) {
	t.Helper()
	ctx, d := t.Context(), passkeytest.New()
	session, err := w.Credentials.Check(ctx, token)
	if err != nil {
		t.Fatal(err)
	}
	who := session.Actor()
	c, err := w.SignIn.AddKey(ctx, who, v)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(c.Options), "Проверкина") || strings.Contains(string(c.Options), "79161234567") {
		t.Errorf("the device is told who the person is: %s", c.Options)
	}
	if err := w.SignIn.KeepKey(ctx, who, v, c.ID, "Телефон", d.Make(t, origin, c)); err != nil {
		t.Fatal(err)
	}
	return who, d
}

func told(w *signintest.World, words string) bool {
	return slices.ContainsFunc(w.Outbox.To("+79161234567"), func(m signintest.Message) bool { return strings.Contains(m.Subject+m.Body, words) })
}

func byKey(t *testing.T, w *signintest.World, v credential.Visitor, d *passkeytest.Device) (string, error) {
	t.Helper()
	c, err := w.SignIn.KeyChallenge(v)
	if err != nil {
		t.Fatal(err)
	}
	return w.SignIn.SignInByKey(t.Context(), v, c.ID, d.Sign(t, origin, c))
}

func TestAPasskeyOpensTheCabinetWithoutPasswordAndCodeAndItsOwnerIsToldOfEveryChange(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := signintest.New(t, db), t.Context()
		anna := signintest.Visitor("anna")
		who, d := withKey(t, w, anna, w.Register(t, anna, "+79161234567"))
		if err := w.DB.Write(ctx, func(tx *store.Tx) error { // the level at which a second factor is asked for
			_, err := tx.Exec(ctx, `UPDATE account SET level = 'confirmed' WHERE id = $1`, who.ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		token, err := byKey(t, w, signintest.Visitor("library"), d)
		if err != nil {
			t.Fatal(err)
		}
		s, err := w.Credentials.Check(ctx, token)
		if err != nil || s.OwnerID != who.ID || s.Level != access.Confirmed || s.Methods != credential.ByPasskey {
			t.Errorf("the session is %+v: %v", s, err)
		}
		if knows, err := w.Credentials.Knows(ctx, w.DB, who.ID, signintest.Visitor("library").Browser); err != nil || !knows {
			t.Errorf("the browser is not one of the owner's: %v", err)
		}
		list, err := w.Passkeys.Keys(ctx, w.DB, who.ID)
		if err != nil || len(list) != 1 {
			t.Fatalf("the keys are %+v: %v", list, err)
		}
		if err := w.SignIn.RenameKey(ctx, who, list[0].ID, "Ноутбук"); err != nil {
			t.Fatal(err)
		}
		if err := w.SignIn.RemoveKey(ctx, who, list[0].ID); err != nil {
			t.Fatal(err)
		}
		if _, err := byKey(t, w, signintest.Visitor("library"), d); !errors.Is(err, passkey.ErrUnknown) {
			t.Errorf("a key that was removed: %v", err)
		}
		history, err := audit.About(ctx, w.DB, who.ID, 20, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, action := range []string{"passkey.added", "signin.passkey", "passkey.renamed", "passkey.removed"} {
			if !slices.ContainsFunc(history, func(e audit.Entry) bool { return e.Action == action }) {
				t.Errorf("%s is not in the person's history", action)
			}
		}
		jobstest.Settle(t, w.Jobs)
		for _, words := range []string{"добавлен ключ доступа", "Название вашего ключа доступа изменено", "удалён ключ доступа"} {
			if !told(w, words) {
				t.Errorf("nobody was told: %s", words)
			}
		}
	})
}

func TestAKeyOfAnAccountThatSignsInNoMoreIsNobodys(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := signintest.New(t, db), t.Context()
		anna := signintest.Visitor("anna")
		who, d := withKey(t, w, anna, w.Register(t, anna, "+79161234567"))
		for _, state := range []string{"frozen", "retired"} {
			if err := w.DB.Write(ctx, func(tx *store.Tx) error {
				_, err := tx.Exec(ctx, `UPDATE account SET state = $1 WHERE id = $2`, state, who.ID)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if _, err := byKey(t, w, anna, d); !errors.Is(err, passkey.ErrUnknown) {
				t.Errorf("a key of a %s account: %v", state, err)
			}
		}
	})
}

func TestTheOwnerHearsOfACopyOfTheKey(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := signintest.New(t, db)
		anna := signintest.Visitor("anna")
		who, d := withKey(t, w, anna, w.Register(t, anna, phone))
		copied := *d
		for range 2 {
			if _, err := byKey(t, w, anna, d); err != nil {
				t.Fatal(err)
			}
		}
		for n := range 4 {
			if _, err := byKey(t, w, signintest.Visitor("thief"), &copied); !errors.Is(err, passkey.ErrCloned) {
				t.Errorf("the copy, time %d: %v", n+1, err)
			}
		}
		if _, err := byKey(t, w, anna, d); !errors.Is(err, passkey.ErrCloned) {
			t.Errorf("the original: %v", err)
		}
		if n := saw(t, w, phone, "с копией вашего ключа"); n != 1 {
			t.Errorf("the owner was told %d times", n)
		}
		history, err := audit.About(t.Context(), w.DB, who.ID, 20, "")
		if err != nil {
			t.Fatal(err)
		}
		if n := len(slices.DeleteFunc(history, func(e audit.Entry) bool { return e.Action != "passkey.cloned" })); n != 1 {
			t.Errorf("it is in the history %d times", n)
		}
	})
}

func TestSigningInByAPasskeyCostsFewStatements(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := signintest.New(t, db)
		anna := signintest.Visitor("anna")
		_, d := withKey(t, w, anna, w.Register(t, anna, "+79161234567"))
		c, err := w.SignIn.KeyChallenge(anna)
		if err != nil {
			t.Fatal(err)
		}
		answer := d.Sign(t, origin, c)
		ctx, n := store.Counting(context.Background())
		if _, err := w.SignIn.SignInByKey(ctx, anna, c.ID, answer); err != nil {
			t.Fatal(err)
		}
		if got := n.Load(); got > 8 {
			t.Errorf("%d statements", got)
		}
	})
}
