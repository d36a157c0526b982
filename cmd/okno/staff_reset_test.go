package main

import (
	"regexp"
	"strings"
	"testing"

	"okno/internal/store"
)

func TestAnOperatorResetsThePasswordAndTheAppOfAnEmployee(t *testing.T) {
	for _, engine := range []store.Engine{store.SQLite, store.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			env, _, _ := install(t, engine, free(t))
			first, err := okno(t, "Marble-Kettle-4471\n", env, "staff", "add", "--login=smirnova", "--full-name=Смирнова Ольга", "--role=admin")
			if err != nil {
				t.Fatalf("okno staff add: %v: %s", err, first)
			}
			secret := regexp.MustCompile(`(?m)^totp_secret: (\S+)$`)
			out, err := okno(t, "Broad-River-7133\n", env, "staff", "reset", "Smirnova")
			before, after := secret.FindStringSubmatch(first), secret.FindStringSubmatch(out)
			if err != nil || before == nil || after == nil || before[1] == after[1] {
				t.Errorf("okno staff reset: %v: %s", err, out)
			}
			for name, c := range map[string]struct{ password, login, says string }{
				"no employee":       {"Broad-River-7133\n", "petrova", `no employee "petrova"`},
				"a common password": {"Password-1234\n", "smirnova", "password"},
				"no password":       {"\n", "smirnova", "no password"},
			} {
				if out, err := okno(t, c.password, env, "staff", "reset", c.login); err == nil || !strings.Contains(out, c.says) || secret.MatchString(out) {
					t.Errorf("%s: %v: %s", name, err, out)
				}
			}
		})
	}
}
