package policy

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"okno/internal/access"
)

// load reads an operator's file of the text.
func load(t *testing.T, text string) (*Policy, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "office.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(path)
}

// leaves lists the full names of all settings.
func leaves(t reflect.Type, field string) []string {
	if t.Kind() != reflect.Struct || t == prefixType {
		return []string{field}
	}
	var out []string
	for i, name := range names(t) {
		out = append(out, leaves(t.Field(i).Type, join(field, name))...)
	}
	return out
}

func TestTheDefaultsAreThoseOfTheRequirements(t *testing.T) {
	p := Default()
	for name, ok := range map[string]bool{
		"SMS code 5 minutes":           p.Code.SMSLifetime == 5*time.Minute,
		"e-mail code 10 minutes":       p.Code.EmailLifetime == 10*time.Minute,
		"e-mail link 24 hours":         p.Code.LinkLifetime == 24*time.Hour,
		"REG-5: three wrong codes":     p.Code.WrongAllowed == 3,
		"REG-7: eight characters":      p.Password.Min == 8 && p.Password.Advised == 12,
		"REG-7: three months":          p.Password.Reminder == 90*24*time.Hour,
		"REG-8: seven days":            p.Registration.DraftLifetime == 7*24*time.Hour,
		"Europe/Moscow":                p.TimeZone == "Europe/Moscow",
		"Argon2id 19 MiB, t=2, p=1":    p.Password.Hash.Memory == 19<<20 && p.Password.Hash.Time == 2 && p.Password.Hash.Lanes == 1,
		"the audit is sealed each 1 s": p.Audit.SealInterval == time.Second,
	} {
		if !ok {
			t.Errorf("%s: not so", name)
		}
	}
}

func TestEverySettingHasADefaultAndABound(t *testing.T) {
	var p Policy
	r := reader{places: map[string]place{}}
	r.lay("policy.yaml", defaults, &p)
	bounded := map[string]bool{}
	for _, b := range p.bounds() {
		bounded[b.field] = true
	}
	limits := regexp.MustCompile(`\.(block|factor|ceiling)$`) // most limits leave these out
	for _, field := range leaves(reflect.TypeFor[Policy](), "") {
		if _, ok := r.places[field]; !ok && !limits.MatchString(field) {
			t.Errorf("%s: not in policy.yaml", field)
		}
		if !bounded[field] {
			t.Errorf("%s: has neither floor nor ceiling", field)
		}
	}
}

// reads are the fields that the sources of the program read, by the name after the dot. Bounds are no use of a setting.
func reads(t *testing.T) map[string]bool {
	t.Helper()
	out, field := map[string]bool{}, regexp.MustCompile(`\.([A-Z]\w*)`)
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || d.Name() == "bounds.go" {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range field.FindAllSubmatch(text, -1) {
			out[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestNoSettingDoesNothing(t *testing.T) {
	used := reads(t)
	var walk func(t reflect.Type, name string)
	walk = func(of reflect.Type, name string) {
		if of.Kind() != reflect.Struct || of == prefixType || of == reflect.TypeFor[Limit]() {
			return
		}
		for i, field := range names(of) {
			if f := of.Field(i); !used[f.Name] {
				t.Errorf("%s: nothing reads %s.%s", join(name, field), of.Name(), f.Name)
			} else {
				walk(f.Type, join(name, field))
			}
		}
	}
	for i, field := range names(reflect.TypeFor[Policy]()) {
		walk(reflect.TypeFor[Policy]().Field(i).Type, field)
	}
}

func TestAnOperatorsFileChangesOnlyWhatItNames(t *testing.T) {
	p, err := load(t, `
# our office
password: {min: 10}
sign_in:
  device: {max: 8}
session:
  confirmed: {idle: 20m}
gateways: {sms_order: [sms2]}
network:
  trusted_proxies: [10.1.2.3/24, "2001:db8::/48"]
registration: {draft_lifetime: 1d12h}
uploads: {max_size: 500KB}
`)
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Password.Min = 10
	want.SignIn.Device.Max = 8
	want.Session.Confirmed.Idle = 20 * time.Minute
	want.Gateways.SMSOrder = []string{"sms2"}
	want.Network.TrustedProxies = p.Network.TrustedProxies
	want.Registration.DraftLifetime = 36 * time.Hour
	want.Uploads.MaxSize = 500_000
	if !reflect.DeepEqual(p, want) {
		t.Errorf("got\n%+v\nwant\n%+v", p, want)
	}
	if got := p.Network.TrustedProxies[0].String(); got != "10.1.2.0/24" {
		t.Errorf("the network is read as %s", got)
	}
	for _, text := range []string{"", "# only a comment\n"} {
		if p, err := load(t, text); err != nil || !reflect.DeepEqual(p, Default()) {
			t.Errorf("of %q: %v", text, err)
		}
	}
}

func TestAnErrorNamesFileLineFieldReasonAndRemedy(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"unknown name", "code:\n  sms_lifetme: 3m\n", "office.yaml:2: code.sms_lifetme: there is no such setting; did you mean sms_lifetime?"},
		{"unknown group", "hotlin: 1\n", "office.yaml:1: hotlin: there is no such setting; did you mean hotline?"},
		{"nothing like it", "audit:\n  colour: red\n", "office.yaml:2: audit.colour: there is no such setting; known here: seal_interval"},
		{"too much", "password:\n  min: 8\ncode:\n  sms_lifetime: 30m\n", "office.yaml:4: code.sms_lifetime: 30m is too much: a code that was sent lives ten minutes at most (NIST SP 800-63B), and people need a minute; set it between 1m and 10m"},
		{"too little", "password: {min: 6}\n", "office.yaml:1: password.min: 6 is too little: at least 8 characters (REG-7); set it between 8 and 64"},
		{"REG-5", "code: {wrong_allowed: 5}\n", "office.yaml:1: code.wrong_allowed: 5 is too much: more than three wrong codes block the attempt (REG-5); set it between 1 and 3"},
		{"sum of shares", "code:\n  guesses_per_contact_day:\n    register: 20\n", "office.yaml:2: code.guesses_per_contact_day: the shares make 40 guesses per contact per day, 30 are allowed (REG-5); lower one of register, recover, sign_in, known_device"},
		{"not a length of time", "code:\n  resend: soon\n", `office.yaml:2: code.resend: "soon": this is not a length of time; write a length of time: 30s, 5m, 2h, 7d`},
		{"negative", "code:\n  resend: -1m\n", `office.yaml:2: code.resend: "-1m": this is not a length of time; write`},
		{"not a number", "password: {min: ten}\n", `office.yaml:1: password.min: "ten": this is not a whole number; write a whole number`},
		{"not a size", "uploads: {max_size: big}\n", `office.yaml:1: uploads.max_size: "big": this is not a size; write a size: 500KB, 5MB, 19MiB`},
		{"not a network", "network: {trusted_proxies: [office]}\n", `office.yaml:1: network.trusted_proxies.1: "office": this is not a network; write a network`},
		{"everybody a proxy", "network:\n  trusted_proxies:\n    - 10.0.0.0/8\n    - 0.0.0.0/0\n", "office.yaml:4: network.trusted_proxies.2: whoever is in this network could call himself anybody"},
		{"empty value", "code:\n  resend:\n", "office.yaml:2: code.resend: there is no value; write one, or remove the line to keep the default"},
		{"group for a value", "code:\n  resend: {max: 1}\n", "office.yaml:2: code.resend: this is not a single value"},
		{"value for a group", "session: 30m\n", "office.yaml:1: session: here stands a group of settings; write them below it, indented: simplified, standard, confirmed, staff"},
		{"value for a list", "gateways: {sms_order: sms1}\n", "office.yaml:1: gateways.sms_order: here stands a list"},
		{"twice", "code:\n  resend: 1m\n  resend: 2m\n", "office.yaml:3: code.resend: it is set twice"},
		{"absolute below idle", "session:\n  staff: {absolute: 20m}\n", "office.yaml:2: session.staff.absolute: it is less than idle"},
		{"an idle session for ever", "session: {confirmed: {idle: 3h}}\n", "session.confirmed.idle: 3h is too much"},
		{"a gateway nobody knows", "gateways: {sms_order: [sms3]}\n", `gateways.sms_order: "sms3" cannot stand here`},
		{"a lock-out for days", "sign_in: {device: {ceiling: 3d}}\n", "sign_in.device.ceiling: 3d is too much"},
		{"no block at all", "sign_in: {device: {block: 0s, ceiling: 0s}}\n", "sign_in.device.block: without a block a guesser need not even wait"},
		{"unknown zone", "time_zone: Mars/Olympus\n", "office.yaml:1: time_zone: there is no such time zone"},
		{"script as a picture", "uploads: {types: [image/svg+xml]}\n", `uploads.types: "image/svg+xml" cannot stand here`},
		{"not YAML", "code:\n\tresend: 1m\n", "office.yaml:2: this is not YAML"},
		{"a list at the top", "- code\n", "office.yaml:1: here stands a group of settings"},
	} {
		p, err := load(t, c.text)
		if err == nil {
			t.Errorf("%s: accepted as %+v", c.name, p)
			continue
		}
		if got := strings.ReplaceAll(err.Error(), filepath.Dir(problem(t, err).File)+"/", ""); !strings.Contains(got, c.want) {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

func problem(t *testing.T, err error) *Problem {
	t.Helper()
	var p *Problem
	if !errors.As(err, &p) {
		t.Fatalf("%v is not a Problem", err)
	}
	return p
}

func TestAllThatIsWrongIsToldAtOnce(t *testing.T) {
	_, err := load(t, "password: {min: 6, max: 9999}\ncode: {wrong_allowed: 9}\n")
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("want three problems, got %v", err)
	}
}

func TestAFileThatIsNotThereIsAnError(t *testing.T) {
	if _, err := Load(filepath.Join(t.TempDir(), "none.yaml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

func TestStrangersCannotUseUpTheGuessesOfTheOwner(t *testing.T) {
	c := Default().Code
	sum := c.GuessRule("register", false).Max + c.GuessRule("recover", false).Max + c.GuessRule("recover", true).Max
	if sum > 30 {
		t.Errorf("%d guesses per contact per day", sum)
	}
	if a, b := c.GuessRule("register", true), c.GuessRule("recover", true); a != b {
		t.Errorf("a known browser has two shares: %+v, %+v", a, b)
	}
}

func TestASessionLivesAsLongAsItsLevelAllows(t *testing.T) {
	s := Default().Session
	for _, c := range []struct {
		kind  access.Kind
		level access.Level
		want  Span
	}{
		{access.Person, access.Simplified, s.Simplified}, {access.Person, access.Standard, s.Standard}, {access.Person, access.Confirmed, s.Confirmed},
		{access.Staff, "", s.Staff}, {access.Person, "", s.Simplified},
	} {
		if got := s.For(c.kind, c.level); got != c.want {
			t.Errorf("For(%s, %s) = %+v, want %+v", c.kind, c.level, got, c.want)
		}
	}
	if s.Confirmed.Idle >= s.Simplified.Idle {
		t.Error("a confirmed session is not shorter")
	}
}
