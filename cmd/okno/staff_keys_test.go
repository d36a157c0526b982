package main

import (
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"okno/internal/access"
	"okno/internal/keyring"
	"okno/internal/passkey"
	"okno/internal/passkey/passkeytest"
	"okno/internal/policy"
	"okno/internal/staff"
	"okno/internal/store"
)

// made gives the login a passkey, as its owner does at the desk.
func made(t *testing.T, keys, dsn, login, name string) {
	t.Helper()
	ctx := t.Context()
	ring, err := keyring.Open(keyring.Config{MasterPath: filepath.Join(keys, keyring.MasterFile), IndexPath: filepath.Join(keys, keyring.IndexFile)})
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(ctx, dsn, store.Options{MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()                       //nolint:errcheck // the test is over
	const origin = "http://localhost:8080" // the site that the device of tests knows; what a key is called depends on none
	portal, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	s, err := passkey.NewStaff(db, ring, policy.Default(), portal, "Окно")
	if err != nil {
		t.Fatal(err)
	}
	x, err := (&staff.Service{DB: db, Ring: ring}).Lookup(ctx, db, login)
	if err != nil || x.Employee.ID == "" {
		t.Fatalf("%s: %+v, %v", login, x.Employee, err)
	}
	who := access.Actor{Kind: access.Staff, ID: x.Employee.ID, Role: x.Employee.Role}
	c, err := s.Add(ctx, who, "desk", login)
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.JudgeAdded(ctx, who, "desk", c.ID, name, passkeytest.New().Make(t, origin, c))
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Write(ctx, func(tx *store.Tx) error { _, err := s.Keep(ctx, tx, a); return err }); err != nil {
		t.Fatal(err)
	}
}

func TestAnOperatorListsTheKeysOfAnEmployeeAndTakesThatOfALostDeviceAway(t *testing.T) {
	for _, engine := range []store.Engine{store.SQLite, store.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			env, keys, dsn := install(t, engine, free(t))
			if out, err := okno(t, "Marble-Kettle-4471\n", env, "staff", "add", "--login=smirnova", "--full-name=Смирнова Ольга", "--role=admin"); err != nil {
				t.Fatalf("okno staff add: %v: %s", err, out)
			}
			made(t, keys, dsn, "smirnova", "Ноутбук")
			made(t, keys, dsn, "smirnova", "Телефон\n")
			line := regexp.MustCompile(`(?m)^(\S+) +"Ноутбук" .* never +works$`)
			out, err := okno(t, "", env, "staff", "keys", "Smirnova")
			m := line.FindStringSubmatch(out)
			if err != nil || m == nil || !strings.Contains(out, "Телефон") {
				t.Fatalf("okno staff keys: %v: %s", err, out)
			}
			for name, args := range map[string][]string{
				"no employee":    {"remove-key", "petrova", m[1]},
				"no such key":    {"remove-key", "smirnova", "nothing"},
				"keys of nobody": {"keys", "petrova"},
			} {
				if out, err := okno(t, "", env, append([]string{"staff"}, args...)...); err == nil || !strings.Contains(out, args[1]) {
					t.Errorf("%s: %v: %s", name, err, out)
				}
			}
			if out, err := okno(t, "", env, "staff", "remove-key", "smirnova", m[1]); err != nil {
				t.Fatalf("okno staff remove-key: %v: %s", err, out)
			}
			if out, err := okno(t, "", env, "staff", "keys", "smirnova"); err != nil || line.MatchString(out) || !strings.Contains(out, "Телефон") {
				t.Errorf("okno staff keys afterwards: %v: %s", err, out)
			}
		})
	}
}
