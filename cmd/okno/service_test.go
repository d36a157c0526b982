package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"okno/internal/store"
)

// edited writes a built-in definition with some texts replaced by others.
func edited(t *testing.T, name string, oldnew ...string) string {
	t.Helper()
	src, err := os.ReadFile("../../internal/catalogue/services/" + name)
	if err != nil {
		t.Fatal(err)
	}
	text := string(src)
	for i := 0; i < len(oldnew); i += 2 {
		if !strings.Contains(text, oldnew[i]) {
			t.Fatalf("%s has no %q", name, oldnew[i])
		}
		text = strings.ReplaceAll(text, oldnew[i], oldnew[i+1])
	}
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// code is the exit code of a command.
func code(t *testing.T, err error) int {
	t.Helper()
	if err == nil {
		return 0
	}
	exit, ok := err.(*exec.ExitError) //nolint:errorlint // as os/exec gives it
	if !ok {
		t.Fatal(err)
	}
	return exit.ExitCode()
}

func TestWhoeverWritesAServiceIsToldEveryMistakeWithItsPlace(t *testing.T) {
	good := edited(t, "property-extract.yaml")
	out, err := okno(t, "", nil, "service", "check", good, "../../internal/catalogue/services")
	if code(t, err) != 1 || !strings.Contains(out, "the code rosreestr.extract is that of") {
		t.Errorf("one service twice: %v: %s", err, out)
	}
	all, err := filepath.Glob("../../internal/catalogue/services/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := okno(t, "", nil, "service", "check", "../../internal/catalogue/services"); err != nil || strings.Count(out, ", version ") != len(all) {
		t.Errorf("a folder: %v: %s", err, out)
	}
	bad := edited(t, "property-extract.yaml", "slug: property-extract", "slag: property-extract", "lifeEvents: [", "lifeEvents: [nonsense, ")
	out, err = okno(t, "", nil, "service", "check", bad)
	if code(t, err) != 1 || !regexp.MustCompile(`property-extract\.yaml:\d+:\d+: the definition has no key "slag"; did you mean "slug"\?`).MatchString(out) || !strings.Contains(out, "1 of 1 definitions cannot be published") {
		t.Errorf("a slip: %v: %s", err, out)
	}
	unfit := edited(t, "property-extract.yaml", "lifeEvents: [", "lifeEvents: [nonsense, ")
	if out, err := okno(t, "", nil, "service", "check", unfit); code(t, err) != 1 || !strings.Contains(out, `there is no life situation "nonsense"`) {
		t.Errorf("a life situation that is not: %v: %s", err, out)
	}
	unprinted := edited(t, "property-extract.yaml", "template: property-extract", "template: property-extrakt")
	if out, err := okno(t, "", nil, "service", "check", unprinted); code(t, err) != 1 || !strings.Contains(out, "property-extract.yaml:236:15: service rosreestr.extract gives a paper of the template property-extrakt, which is not known") {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := okno(t, "", nil, "service", "check", t.TempDir()); code(t, err) != 1 || !strings.Contains(out, "there is no *.yaml") {
		t.Errorf("an empty folder: %v: %s", err, out)
	}
}

func TestTheTestsOfAServiceAreToldByName(t *testing.T) {
	out, err := okno(t, "", nil, "service", "test", edited(t, "property-extract.yaml"))
	if err != nil || !regexp.MustCompile(`(?m)^ok    .*property-extract\.yaml:\d+ a buyer says why$`).MatchString(out) || strings.Contains(out, "WRONG") {
		t.Errorf("%v: %s", err, out)
	}
	out, err = okno(t, "", nil, "service", "test", edited(t, "property-extract.yaml", "expect: {path: [submitted, withdrawn], outcome: withdrawn}", "expect: {path: [submitted, withdrawn], outcome: refused}"))
	if code(t, err) != 1 || !regexp.MustCompile(`(?m)^WRONG .*:\d+ withdrawn before anybody looked$`).MatchString(out) || !strings.Contains(out, "expects the outcome refused, but it is withdrawn") ||
		!regexp.MustCompile(`(?m)^ok    .* approved$`).MatchString(out) {
		t.Errorf("%v: %s", err, out)
	}
}

func TestADiffSaysByItsCodeWhatTheChangeComesTo(t *testing.T) {
	old := edited(t, "property-extract.yaml")
	for _, tt := range []struct {
		change []string
		code   int
		says   string
	}{
		{nil, 0, ""},
		{[]string{titleLine, strings.Replace(titleLine, "Extract from", "An extract from", 1)}, 0, "text       the definition: title says something else"},
		{[]string{"maxLength: 300", "maxLength: 400"}, 0, "compatible the field /property/purpose: maxLength is wider: 400 instead of 300"},
		{[]string{"    in-work:\n", "    review:\n      renamedFrom: was\n", "in-work", "review", "renamedFrom: was", "renamedFrom: in-work"}, exitMigration, "migration  the state in-work: is review now"},
		{[]string{"assurance: confirmed", "assurance: standard", "unproven: {level: standard", "unproven: {level: simplified", "deadline: {in: P1D", "deadline: {in: PT1H", "due: 2026-03-03", "due: 2026-03-02"}, exitBreaking, "breaking   the state submitted: the deadline is shorter"},
	} {
		out, err := okno(t, "", nil, "service", "diff", old, edited(t, "property-extract.yaml", tt.change...))
		if code(t, err) != tt.code || !strings.Contains(out, tt.says) {
			t.Errorf("%v: code %d\n%s", tt.change, code(t, err), out)
		}
	}
	if out, err := okno(t, "", nil, "service", "diff", old, edited(t, "snils.yaml")); code(t, err) != 1 || !strings.Contains(out, "two services") {
		t.Errorf("two services: %v: %s", err, out)
	}
}

// The whole way of a version: out, refused, out for a reason, back, and gone; each step is in the history.
func TestAServiceIsPublishedAndTakenBackByCommands(t *testing.T) {
	for _, engine := range []store.Engine{store.SQLite, store.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			env, _, _ := install(t, engine, free(t))
			run := func(want int, args ...string) string {
				t.Helper()
				out, err := okno(t, "", env, append([]string{"service"}, args...)...)
				if got := code(t, err); got != want {
					t.Fatalf("okno service %s ends with %d, want %d:\n%s", strings.Join(args, " "), got, want, out)
				}
				return out
			}
			words := edited(t, "property-extract.yaml", titleLine, strings.Replace(titleLine, "Extract from", "An extract from", 1))
			if out := run(0, "publish", "--note=a better title", "--by=ivanova", words); !strings.Contains(out, "rosreestr.extract, version ") || !strings.Contains(out, "text       the definition: title says something else") {
				t.Errorf("publish: %s", out)
			}
			if out := run(0, "publish", words); !strings.Contains(out, "in force already") {
				t.Errorf("publish again: %s", out)
			}
			shorter := edited(t, "property-extract.yaml", "deadline: {in: P1D, calendar: ru-working", "deadline: {in: PT1H", "due: 2026-03-03", "due: 2026-03-02")
			if out := run(exitBreaking, "publish", "--note=faster", shorter); !strings.Contains(out, "left as it is") || !strings.Contains(out, "breaking   the state submitted: the deadline is shorter") {
				t.Errorf("a breaking change: %s", out)
			}
			run(exitBreaking, "diff", "rosreestr.extract", shorter)
			run(0, "publish", "--note=faster", "--breaking=the agency asked for it", shorter)
			history := run(0, "history", "rosreestr.extract")
			lines := strings.Split(strings.TrimSpace(history), "\n")
			if len(lines) != 3 || !strings.Contains(lines[0], "faster; the agency asked for it") || !strings.Contains(lines[1], "ivanova  a better title") || !strings.HasPrefix(lines[2], "in force: ") {
				t.Fatalf("history:\n%s", history)
			}
			first := strings.Fields(lines[1])[1]
			run(0, "diff", "rosreestr.extract@"+first, words)
			run(0, "revert", "--note=too fast", "--breaking=too fast", "rosreestr.extract", first)
			run(0, "unpublish", "--note=as it was", "rosreestr.extract")
			if out := run(0, "history", "rosreestr.extract"); !strings.Contains(out, "taken back") || strings.Count(out, first) != 2 {
				t.Errorf("history: %s", out)
			}
			run(1, "unpublish", "--note=again", "rosreestr.extract")
			if out := run(0, "migrate", "--dry-run", "rosreestr.extract"); !strings.Contains(out, "0 would go to ") {
				t.Errorf("migrate: %s", out)
			}
			run(1, "migrate", "town.nothing")
		})
	}
}

const titleLine = "\ntitle: {ru: Выписка из реестра недвижимости, en: Extract from the property register}\n"

// publishBeside publishes by a command while the portal serves: its pages say so within a second, without a restart.
func publishBeside(t *testing.T, env []string, addr, host string) {
	t.Helper()
	const title = "Выписка о недвижимости без перезапуска"
	file := edited(t, "property-extract.yaml", titleLine, strings.Replace(titleLine, "Выписка из реестра недвижимости", title, 1))
	if out, err := okno(t, "", env, "service", "publish", "--note=while it serves", file); err != nil {
		t.Fatalf("okno service publish: %v: %s", err, out)
	}
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		resp, body := ask(t, addr, host, "GET", "/services/property-extract", nil)
		if resp.StatusCode == http.StatusOK && strings.Contains(body, title) {
			t.Logf("the page says so %s after the command", time.Since(began).Round(time.Millisecond))
			return
		}
		if time.Since(began) > 10*time.Second {
			t.Errorf("the portal still says something else: %s", resp.Status)
			return
		}
	}
}

func TestWhoeverWritesAServiceReadsItsNoticesAsTheyWillArrive(t *testing.T) {
	good := edited(t, "property-extract.yaml")
	out, err := okno(t, "", []string{"OKNO_URL=https://portal.example", "OKNO_NAME=Портал"}, "service", "notices", good)
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, want := range []string{"== in-work, ru", "== in-work, en", "Заявление № 2026-000000 взяли в работу. https://portal.example/applications/", "Портал: Выписка по заявлению № 2026-000000 готова", "UCS-2, parts: 3", "GSM-7, parts: 1"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not said: %s", want, out)
		}
	}
	if strings.Contains(out, "LONG") {
		t.Errorf("a text is too long: %s", out)
	}
	if at := strings.Index(out, "== in-work, en"); at < 0 || strings.Contains(out[:at], "sms") || strings.Contains(out[:at], "letter") {
		t.Errorf("what the definition has for the inbox alone goes out: %s", out)
	}
	long := edited(t, "property-extract.yaml", "По заявлению № {number} отказано.", "По заявлению № {number} отказано."+strings.Repeat(" Ждите.", 30))
	if out, err := okno(t, "", nil, "service", "notices", long); err != nil || !strings.Contains(out, ", LONG") {
		t.Errorf("a text of five parts: %v: %s", err, out)
	}
}
