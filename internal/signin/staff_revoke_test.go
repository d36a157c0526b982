package signin_test

import (
	"errors"
	"testing"

	"okno/internal/access"
	"okno/internal/credential"
	"okno/internal/passkey"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/staff"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

// Who finds a laptop and knows its PIN is out at once, and a code of the app lets its owner in as before.
func TestTheKeyOfALostDeviceIsTakenAwayWithWhatItOpened(t *testing.T) {
	each(t, func(t *testing.T, w *signintest.World, _ *storetest.Clock) {
		who, lost := atDesk(t, w)
		kept := deskKey(t, w, signintest.Visitor("desk"), who)
		token, err := byDeskKey(t, w, signintest.Visitor("finder"), lost, "smirnova", signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		operator := access.SystemActor()
		list, err := w.SignIn.StaffKeysFor(ctx, operator, " Smirnova ")
		if err != nil || len(list) != 2 {
			t.Fatalf("%+v, %v", list, err)
		}
		used := list[0]
		if used.UsedAt.IsZero() {
			used = list[1]
		}
		if _, err := w.SignIn.StaffKeysFor(ctx, who, "smirnova"); !errors.Is(err, access.ErrDenied) {
			t.Errorf("an officer lists keys by login: %v", err)
		}
		if err := w.SignIn.StaffRevokeKey(ctx, who, "smirnova", used.ID); !errors.Is(err, access.ErrDenied) {
			t.Errorf("an officer takes a key away: %v", err)
		}
		if _, err := w.SignIn.StaffKeysFor(ctx, operator, "petrov"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the keys of nobody: %v", err)
		}
		if err := w.SignIn.StaffRevokeKey(ctx, operator, "petrov", used.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the key of nobody: %v", err)
		}
		encoded, err := w.Hasher.Hash(ctx, signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.Staff.Add(ctx, operator, staff.New{Login: "ivanova", Name: "Иванова", Role: access.Admin, Encoded: encoded}); err != nil {
			t.Fatal(err)
		}
		if err := w.SignIn.StaffRevokeKey(ctx, operator, "ivanova", used.ID); !errors.Is(err, passkey.ErrMissing) {
			t.Errorf("by a colleague's login: %v", err)
		}
		if _, err := w.Credentials.Check(ctx, token); err != nil {
			t.Errorf("what was refused has ended a session: %v", err)
		}
		if err := w.SignIn.StaffRevokeKey(ctx, operator, "smirnova", used.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Credentials.Check(ctx, token); !errors.Is(err, credential.ErrNoSession) {
			t.Errorf("the finder's session: %v", err)
		}
		if _, err := byDeskKey(t, w, signintest.Visitor("finder"), lost, "smirnova", signintest.Password); !errors.Is(err, signin.ErrStaffWrong) {
			t.Errorf("the lost key: %v", err)
		}
		if _, err := byDeskKey(t, w, signintest.Visitor("desk"), kept, "smirnova", signintest.Password); err != nil {
			t.Errorf("the other key: %v", err)
		}
		if n := recorded(t, w, "staff.passkey_revoked"); n != 1 {
			t.Errorf("the record has it %d times", n)
		}
	})
}
