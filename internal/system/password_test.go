package system

import (
	"crypto/sha1" //nolint:gosec // the key of the file
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"okno/internal/i18n"
	"okno/internal/jobs/jobstest"
	"okno/internal/store"
)

// The cabinet reads the age of the password in a statement that it makes anyway: four with the check of the session.
func TestTheCabinetRemindsOfAnOldPasswordAndForcesNobody(t *testing.T) {
	engines(t, func(t *testing.T, engine store.Engine) {
		said := &record{}
		x := run(t, demoSettings(t, engine), slog.New(slog.NewJSONHandler(said, nil)))
		v := newVisitor(x.Settings.URL, "203.0.113.7")
		const phone = "+79123456789"
		if err := v.register("Петрова", "Анна", "phone", phone); err != nil {
			t.Fatal(err)
		}
		reminded := func(path string) bool {
			t.Helper()
			at, body, err := v.do("GET", path, nil)
			if err != nil || at != path {
				t.Fatalf("at %s, %v", at, err)
			}
			return strings.Contains(body, i18n.RU.T("security.remind"))
		}
		later := func(d time.Duration) {
			t.Helper()
			if err := x.clock.advance(d); err != nil {
				t.Fatal(err)
			}
			if err := v.signIn(phone); err != nil {
				t.Fatal(err)
			}
		}
		if reminded("/cabinet") {
			t.Error("a new password is called old")
		}
		later(x.Policy.Password.Reminder - time.Hour)
		if reminded("/cabinet") || reminded("/cabinet/security") {
			t.Error("the reminder comes too early")
		}
		later(2 * time.Hour)
		if !reminded("/cabinet") || !reminded("/cabinet/security") {
			t.Error("nobody is reminded of an old password")
		}
		if reminded("/cabinet/profile") {
			t.Error("the reminder follows people about")
		}

		jobstest.Settle(t, x.Jobs)
		if _, err := v.post("/recover", "/recover/code", "login", phone); err != nil {
			t.Fatal(err)
		}
		jobstest.Settle(t, x.Jobs)
		code, err := v.code(phone)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.post("/recover/code", "/recover/password", "code", code); err != nil {
			t.Fatal(err)
		}
		if _, err := v.post("/recover/password", "/cabinet", "password", "Deeper-River-10", "password_again", "Deeper-River-10"); err != nil {
			t.Fatal(err)
		}
		if reminded("/cabinet") || reminded("/cabinet/security") {
			t.Error("who has just changed the password is reminded to")
		}
		firsts := strings.Count(said.String(), `"route":"POST /signin"`) + strings.Count(said.String(), `"route":"POST /recover/password"`)
		for i, m := range regexp.MustCompile(`"route":"GET /cabinet",.*"statements":(\d+)`).FindAllStringSubmatch(said.String(), -1) {
			switch {
			case i == 0 || m[1] <= "4": // the very first time it also writes down that the tour was shown
			case m[1] == "5" && firsts > 0: // the first page of a session asks whether a new edition has to be agreed to
				firsts--
			default:
				t.Errorf("the cabinet took %s statements, at most 4 are allowed", m[1])
			}
		}
		if !strings.Contains(said.String(), `"route":"GET /cabinet"`) {
			t.Error("the log tells of no cabinet: nothing was counted")
		}
	})
}

func TestPasswordsOfTheOperatorsFileAndOfTheBuiltInListAreRefused(t *testing.T) {
	s := demoSettings(t, store.SQLite)
	s.LeakedPasswords = filepath.Join(t.TempDir(), "leaked.txt")
	if err := os.WriteFile(s.LeakedPasswords, fmt.Appendf(nil, "%X:3\r\n", sha1.Sum([]byte("Deeper-River-10"))), 0o600); err != nil { //nolint:gosec // the key of the file
		t.Fatal(err)
	}
	x, err := New(t.Context(), s, discard)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close() //nolint:errcheck // the test is over
	for p, want := range map[string]string{
		"Deeper-River-10": "form.password.leaked", testPassword: "",
		"P@ssw0rd!": "form.password.common", "Liverpool-1995": "form.password.common", "Ghbdtn-2024": "form.password.common",
	} {
		got := ""
		if problem := x.Credentials.NewPassword(t.Context(), p); problem != nil {
			got = problem.Key
		}
		if got != want {
			t.Errorf("%s: %q, want %q", p, got, want)
		}
	}
}

func TestABrokenFileOfLeakedPasswordsStopsTheStart(t *testing.T) {
	s := demoSettings(t, store.SQLite)
	s.LeakedPasswords = s.Policy // a file, and no such one
	x, err := New(t.Context(), s, discard)
	if err == nil {
		x.Close() //nolint:errcheck // the test has failed
	}
	if err == nil || !strings.Contains(err.Error(), "OKNO_LEAKED_PASSWORDS") || !strings.Contains(err.Error(), s.Policy) {
		t.Errorf("the start says %v", err)
	}
}

func TestThePolicySaysWhatAHashCosts(t *testing.T) {
	s := demoSettings(t, store.SQLite)
	s.Policy = filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(s.Policy, []byte("password: {hash: {memory: 32MiB, time: 3, lanes: 2}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	x, err := New(t.Context(), s, discard)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close() //nolint:errcheck // the test is over
	encoded, err := x.Hasher.Hash(t.Context(), testPassword)
	if err != nil || !strings.Contains(encoded, "$m=32768,t=3,p=2,") {
		t.Errorf("%s, %v", encoded, err)
	}
}
