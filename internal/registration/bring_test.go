package registration_test

import (
	"errors"
	"strings"
	"testing"

	"okno/internal/account"
	"okno/internal/fault"
	"okno/internal/registration"
	"okno/internal/signin/signintest"
	"okno/internal/store/storetest"
)

// theirs is «Vesna-2026-okno» as Django hashes it.
const theirs = "pbkdf2_sha256$1000$somesalt$4DBzwKm11SyVGpCDSODjKfmtnZnrZ3CHl/9GnnA26J8="

func TestAPersonOfAnotherPortalSignsInWithTheirPasswordAndItsHashBecomesOurs(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		n := registration.Newcomer{Surname: "проверкина", GivenName: "Анна", Phone: "8 (912) 345-67-89", Email: "Anna@Example.ru", Hash: theirs}
		if err := w.Registrations.Bring(ctx, n, true); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignIn.SignIn(ctx, signintest.Visitor("anna"), "anna@example.ru", signintest.Password); err == nil {
			t.Fatal("a dry run made an account")
		}
		if err := w.Registrations.Bring(ctx, n, false); err != nil {
			t.Fatal(err)
		}
		for _, dry := range []bool{true, false} {
			if err := w.Registrations.Bring(ctx, registration.Newcomer{Surname: "Другая", GivenName: "Анна", Email: "anna@example.ru", Hash: theirs}, dry); !errors.Is(err, registration.ErrTaken) {
				t.Errorf("a contact that is somebody's: %v", err)
			}
		}
		if all := w.Outbox.To("+79123456789"); len(all) != 0 {
			t.Errorf("she was told %v", all)
		}
		stored := func() (encoded string) {
			if err := w.DB.QueryRow(ctx, `SELECT encoded FROM password`).Scan(&encoded); err != nil {
				t.Fatal(err)
			}
			return encoded
		}
		if got := stored(); !strings.HasPrefix(got, "$imported$") || strings.Contains(got, "somesalt") {
			t.Errorf("stored as %s", got)
		}
		if _, err := w.SignIn.SignIn(ctx, signintest.Visitor("anna"), "+79123456789", "Vesna-2026-okna"); err == nil {
			t.Error("another password signs in")
		}
		token, err := w.SignIn.SignIn(ctx, signintest.Visitor("anna"), "+79123456789", signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		if got := stored(); !strings.HasPrefix(got, "$argon2id-hmac$") {
			t.Errorf("after the first sign-in it is stored as %s", got)
		}
		if _, err := w.SignIn.SignIn(ctx, signintest.Visitor("elsewhere"), "anna@example.ru", signintest.Password); err != nil {
			t.Error(err)
		}
		s, err := w.Credentials.Check(ctx, token)
		if err != nil {
			t.Fatal(err)
		}
		a, err := w.Accounts.Get(ctx, w.DB, s.OwnerID)
		if err != nil || a.Profile.Surname != "Проверкина" {
			t.Errorf("%+v, %v", a.Profile, err)
		}
		lacking, err := w.Accounts.Lacking(ctx, w.DB, a.ID, []account.Consent{{Document: "terms", Edition: "1"}})
		if err != nil || len(lacking) != 1 {
			t.Errorf("of consents she lacks %v, %v", lacking, err)
		}
	})
}

func TestWhatIsWrongWithANewcomerIsNamedFieldByField(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		for _, dry := range []bool{true, false} {
			err := w.Registrations.Bring(ctx, registration.Newcomer{Surname: "?", GivenName: "", Phone: "123", Email: "x", Hash: "5f4dcc3b5aa765d61d8327deb882cf99", Lang: "xx"}, dry)
			var refused *fault.Error
			if !errors.As(err, &refused) {
				t.Fatalf("%v", err)
			}
			var names []string
			for _, f := range refused.Fields {
				names = append(names, f.Name)
			}
			if got := strings.Join(names, " "); got != "surname given_name phone email lang password_hash" {
				t.Errorf("refused for %s", got)
			}
		}
		var n int
		if err := w.DB.QueryRow(ctx, `SELECT count(*) FROM account`).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d accounts, %v", n, err)
		}
	})
}
