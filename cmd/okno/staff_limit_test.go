package main

import (
	"regexp"
	"strings"
	"testing"

	"okno/internal/store"
)

func TestALimitIsSetByItsServicesLiftedByAskingAndShown(t *testing.T) {
	for _, engine := range []store.Engine{store.SQLite, store.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			env, _, dsn := install(t, engine, free(t))
			add := []string{"staff", "add", "--login=nina", "--full-name=Nina", "--role=officer", "--unit=rosreestr"}
			for name, flag := range map[string]string{"another agency's": "--limit-to=fns.inn", "no service": "--limit-to="} {
				if out, err := okno(t, "Marble-Kettle-4471\n", env, append(add, flag)...); err == nil {
					t.Errorf("an employee is limited to %s: %s", name, out)
				}
			}
			if out, err := okno(t, "Marble-Kettle-4471\n", env, append(add, "--limit-to=rosreestr.extract,rosreestr.extract")...); err != nil {
				t.Fatalf("okno staff add: %v: %s", err, out)
			}
			shows := func(limit string, flags ...string) {
				t.Helper()
				out, err := okno(t, "", env, append([]string{"staff", "list"}, flags...)...)
				if m := regexp.MustCompile(`(?m)^nina +"Nina" +officer +rosreestr +(\S+)$`).FindStringSubmatch(out); err != nil || m == nil || m[1] != limit {
					t.Errorf("okno staff list: %v, not limited to %s: %s", err, limit, out)
				}
			}
			shows("rosreestr.extract")
			for name, x := range map[string]struct{ flags, says string }{
				"without a flag":   {"nina", "--all"},
				"no service":       {"nina --limit-to=", "names no service"},
				"both":             {"nina --all --limit-to=rosreestr.right", "together"},
				"another agency's": {"nina --limit-to=rosreestr.right,fns.inn", "rosreestr.extract"},
				"nobody":           {"zoya --limit-to=rosreestr.right", `no employee "zoya"`},
				"nobody's":         {"zoya --all", `no employee "zoya"`},
			} {
				if out, err := okno(t, "", env, append([]string{"staff", "limit"}, strings.Fields(x.flags)...)...); err == nil || !strings.Contains(out, x.says) {
					t.Errorf("%s: %v: %s", name, err, out)
				}
			}
			shows("rosreestr.extract")
			for _, flags := range []string{"Nina --limit-to rosreestr.right,rosreestr.extract", "nina --all"} {
				if out, err := okno(t, "", env, append([]string{"staff", "limit"}, strings.Fields(flags)...)...); err != nil {
					t.Fatalf("okno staff limit: %v: %s", err, out)
				}
				if strings.HasSuffix(flags, "--all") {
					shows("-", "--unit=rosreestr")
				} else {
					shows("rosreestr.extract,rosreestr.right")
				}
			}
			if out, err := okno(t, "", env, "staff", "list", "--unit=fns"); err != nil || strings.Contains(out, "nina") {
				t.Errorf("the employees of another agency: %v: %s", err, out)
			}
			db, err := store.Open(t.Context(), dsn, store.Options{MaxConns: 2})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close() //nolint:errcheck // the test is over
			told, err := store.Names(db.Query(t.Context(), `SELECT action || ' ' || detail FROM audit_event WHERE action IN ('staff.limited', 'staff.unlimited') ORDER BY at, detail`))
			want := []string{`staff.limited {"count":"1","service":"rosreestr.extract"}`, `staff.limited {"count":"2","service":"rosreestr.extract"}`, `staff.limited {"count":"2","service":"rosreestr.right"}`, `staff.unlimited {}`}
			if err != nil || strings.Join(told, "\n") != strings.Join(want, "\n") {
				t.Errorf("the audit tells %v\n%s", err, strings.Join(told, "\n"))
			}
		})
	}
}
