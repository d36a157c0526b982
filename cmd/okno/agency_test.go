package main

import (
	"regexp"
	"strings"
	"testing"

	"okno/internal/store"
)

func TestATokenOfAnAgencysSystemIsPrintedOnceAndTakenBack(t *testing.T) {
	for _, engine := range []store.Engine{store.SQLite, store.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			env, _, _ := install(t, engine, free(t))
			if out, err := okno(t, "", env, "migrate"); err != nil {
				t.Fatalf("okno migrate: %v: %s", err, out)
			}
			out, err := okno(t, "", env, "agency", "token", "--unit=rosreestr", "--system=АИС «Реестр»", "--scopes=cases:read,webhooks", "--days=30")
			m := regexp.MustCompile(`(?s)system: (\S+)\ntoken_id: (\S+)\n.*token: (okno_agt_\S{32})\n`).FindStringSubmatch(out)
			if err != nil || m == nil {
				t.Fatalf("okno agency token: %v: %s", err, out)
			}
			out, err = okno(t, "", env, "agency", "list")
			if err != nil || !strings.Contains(out, m[1]) || !strings.Contains(out, "cases:read,webhooks") || !strings.Contains(out, "works") || strings.Contains(out, m[3]) {
				t.Errorf("okno agency list: %v: %s", err, out)
			}
			if out, err := okno(t, "", env, "agency", "revoke", m[2]); err != nil {
				t.Errorf("okno agency revoke: %v: %s", err, out)
			}
			if out, err := okno(t, "", env, "agency", "list"); err != nil || !strings.Contains(out, "ended") {
				t.Errorf("okno agency list: %v: %s", err, out)
			}
			if out, err := okno(t, "", env, "agency", "rotate", m[1]); err != nil || !strings.Contains(out, "token: okno_agt_") {
				t.Errorf("okno agency rotate: %v: %s", err, out)
			}
			if out, err := okno(t, "", env, "agency", "close", m[1]); err != nil {
				t.Errorf("okno agency close: %v: %s", err, out)
			}
			if out, err := okno(t, "", env, "agency", "token", "--unit=nobody", "--system=x", "--scopes=cases:read"); err == nil {
				t.Errorf("an agency that is not there gets a token: %s", out)
			}
		})
	}
}
