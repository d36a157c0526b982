package system

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/i18n"
	"okno/internal/staff"
	"okno/internal/store"
	"okno/internal/web"
	"okno/internal/web/demo"
	"okno/internal/web/ui"
)

// DemoStaff is an employee of the demo, as GET /demo/staff shows it: everybody may know the password.
type DemoStaff struct {
	Role       access.Role `json:"role"`
	Login      string      `json:"login"`
	Password   string      `json:"password"`
	TOTPSecret string      `json:"totp_secret"`
	Name       string      `json:"name"`
	Unit       string      `json:"unit"`
}

// DemoKnown is what the demo remembers of what it seeded.
type DemoKnown struct {
	Staff  []DemoStaff  `json:"staff"`
	People []DemoPerson `json:"people"`
}

// DemoPerson is a person of the demo who has an account.
type DemoPerson struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Story    string `json:"story"` // a key of the demo page: what is to be seen in the cabinet
	Phone    string `json:"phone"`
	Email    string `json:"email"`
	Password string `json:"password"`
}

func (x *System) knownFile() string { return filepath.Join(x.Settings.Data, "demo.json") }

// Known is what a demo has seeded: staff with their passwords, people with theirs.
func (x *System) Known() (DemoKnown, error) {
	var k DemoKnown
	text, err := os.ReadFile(x.knownFile())
	if errors.Is(err, fs.ErrNotExist) {
		return k, nil
	}
	if err != nil {
		return k, err
	}
	return k, json.Unmarshal(text, &k)
}

func (x *System) remember(k DemoKnown) error {
	text, err := json.MarshalIndent(k, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(x.knownFile(), text, 0o600)
}

// mountDemo adds the pages under /demo, which exist in a demo only.
func (x *System) mountDemo() {
	world := x.World.Handler()
	pass := func(w http.ResponseWriter, r *http.Request) error { world.ServeHTTP(w, r); return nil }
	for _, pattern := range []string{"GET /demo/outbox", "GET /demo/people", "GET /demo/newcomers", "GET /demo/faults", "POST /demo/faults",
		"GET /demo/signatures", "GET /demo/signatures/{file}", "POST /demo/signatures/sign", "POST /demo/signatures/revoke"} {
		x.Web.Handle(pattern, pass)
	}
	x.mountSigning()
	x.Web.Handle("GET /demo/people/{n}/{paper}", x.demoPaper)
	x.Web.Handle("GET /demo", x.demoPage)
	x.Web.Handle("GET /demo/staff", x.demoStaff)
	x.Web.Handle("POST /demo/clock", x.demoClock)
	x.Web.Handle("POST /demo/signin", x.demoSignIn)
	x.Web.Handle("GET /demo/ui", func(w http.ResponseWriter, r *http.Request) error {
		return web.Render(w, r, http.StatusOK, ui.Storybook(web.Page(r.Context(), "UI")))
	})
}

func (x *System) demoStaff(w http.ResponseWriter, _ *http.Request) error {
	k, err := x.Known()
	if err != nil {
		return err
	}
	return web.JSON(w, http.StatusOK, k.Staff)
}

// demoPage is where a demo begins: who is there, what can be spoiled, what time it is.
func (x *System) demoPage(w http.ResponseWriter, r *http.Request) error {
	k, err := x.Known()
	if err != nil {
		return err
	}
	ctx := r.Context()
	v := demo.View{Page: web.Page(ctx, i18n.T(ctx, "demo.title")), Now: i18n.Date(ctx, x.clock.now()) + ", " + i18n.Clock(ctx, x.clock.now())}
	for _, p := range k.People {
		v.People = append(v.People, demo.Person{ID: p.ID, Name: p.Name, Story: i18n.T(ctx, "demo.story."+p.Story), Login: p.Phone, Password: p.Password, Papers: x.demoPapers(ctx, p.Name)})
	}
	for _, e := range k.Staff {
		v.Staff = append(v.Staff, demo.Employee{Role: i18n.T(ctx, "demo.role."+string(e.Role)), Name: e.Name, Login: e.Login, Password: e.Password, TOTP: e.TOTPSecret})
	}
	for system, mode := range x.World.Faults() {
		v.Systems = append(v.Systems, demo.System{Code: system, Mode: string(mode)})
	}
	slices.SortFunc(v.Systems, func(a, b demo.System) int { return strings.Compare(a.Code, b.Code) })
	return web.Render(w, r, http.StatusOK, demo.Show(v))
}

// demoClock moves the demo's clock on: deadlines, jobs, codes. Live sessions move along, and so nobody is signed out.
func (x *System) demoClock(w http.ResponseWriter, r *http.Request) error {
	advance, err := advanceOf(r)
	if err != nil {
		return err
	}
	d, ok := isoDuration(advance)
	if !ok || d < 0 || d > 10*365*24*time.Hour {
		return fault.Invalid(fault.F("advance", "demo.advance"))
	}
	ctx := r.Context()
	if _, err := x.Jobs.Settle(ctx, time.Second); err != nil {
		return err
	}
	if err := x.Credentials.Advance(ctx, d); err != nil {
		return err
	}
	if err := x.clock.advance(d); err != nil {
		return err
	}
	if err := x.Jobs.Advance(ctx, d); err != nil {
		return err
	}
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		return web.Redirect(w, r, "/demo")
	}
	return web.JSON(w, http.StatusOK, map[string]string{"now": x.clock.now().UTC().Format(time.RFC3339)})
}

// advanceOf reads the duration of a form or of a JSON document.
func advanceOf(r *http.Request) (string, error) {
	if r.Header.Get("Content-Type") == "application/json" {
		var body struct {
			Advance string `json:"advance"`
		}
		if err := json.NewDecoder(http.MaxBytesReader(nil, r.Body, 1<<12)).Decode(&body); err != nil {
			return "", fault.Invalid(fault.F("advance", "demo.advance"))
		}
		return body.Advance, nil
	}
	return r.FormValue("advance"), nil
}

var isoForm = regexp.MustCompile(`^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$`)

// isoDuration reads an ISO 8601 duration of weeks, days, hours, minutes and seconds: "P1DT2H".
func isoDuration(s string) (time.Duration, bool) {
	m := isoForm.FindStringSubmatch(s)
	if m == nil || s == "P" || s[len(s)-1] == 'T' {
		return 0, false
	}
	var d time.Duration
	for i, unit := range []time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour, time.Minute, time.Second} {
		if m[i+1] == "" {
			continue
		}
		n, err := strconv.ParseInt(m[i+1], 10, 64)
		if err != nil || n > int64(100*365*24*time.Hour/unit) {
			return 0, false
		}
		d += time.Duration(n) * unit
	}
	return d, true
}

// demoSignIn signs a seeded person in by one click.
func (x *System) demoSignIn(w http.ResponseWriter, r *http.Request) error {
	k, err := x.Known()
	if err != nil {
		return err
	}
	for _, p := range k.People {
		if p.ID != r.FormValue("person") {
			continue
		}
		if err := x.demoTrust(r.Context(), web.Visitor(r), p.Phone); err != nil {
			return err
		}
		token, err := x.SignIn.SignIn(r.Context(), web.Visitor(r), p.Phone, p.Password)
		if err != nil {
			return err
		}
		web.SignIn(r, token)
		return web.Redirect(w, r, "/cabinet")
	}
	return fault.New(fault.Missing, "error.missing")
}

// demoTrust makes the visitor's browser one in which the seeded person is not asked for a second factor: one click is one click.
func (x *System) demoTrust(ctx context.Context, v credential.Visitor, phone string) error {
	return x.DB.Write(ctx, func(tx *store.Tx) error {
		holder, err := x.Contacts.Holder(ctx, tx, contact.Target{Kind: contact.Phone, Value: phone})
		if err != nil || holder == "" {
			return err
		}
		if err := x.Credentials.Remember(ctx, tx, holder, v); err != nil {
			return err
		}
		return x.Credentials.Trust(ctx, tx, holder, v, tx.Now().Add(time.Minute))
	})
}

// demoUnits are where the demo's staff work.
var demoUnits = map[access.Role]string{access.Officer: "rosreestr", access.Head: "rosreestr", access.Centre: "mfc-1", access.Support: "support", access.Admin: "platform", access.Reception: "clinic-1"}

// demoAgencies have an officer beside the one of demoUnits.
var demoAgencies = []string{"mvd", "municipality"}

// seedStaff makes an employee of each role, with a password of its own, another of the support desk, where some things take two, and
// an officer of each agency more whose services an officer decides.
func (x *System) seedStaff(ctx context.Context, k *DemoKnown) error {
	var all []DemoStaff
	for _, role := range access.Roles() {
		all = append(all, DemoStaff{Role: role, Login: string(role), Unit: demoUnits[role]})
	}
	all = append(all, DemoStaff{Role: access.Support, Login: "support-2", Unit: demoUnits[access.Support]})
	for _, unit := range demoAgencies {
		all = append(all, DemoStaff{Role: access.Officer, Login: "officer-" + unit, Unit: unit})
	}
	for i, e := range all {
		p := x.World.People()[60+i]
		e.Password, e.Name = "Okno-"+random(10)+"-7", p.Surname+" "+p.GivenName
		var err error
		e.TOTPSecret, err = x.AddStaff(ctx, staff.New{Login: e.Login, Name: e.Name, Role: e.Role, Unit: e.Unit}, e.Password)
		if err != nil {
			return fmt.Errorf("seed %s: %w", e.Login, err)
		}
		k.Staff = append(k.Staff, e)
	}
	return nil
}

// random is n small letters and digits.
func random(n int) string {
	b := make([]byte, n)
	rand.Read(b) //nolint:errcheck // never fails since Go 1.24
	return base32.NewEncoding("abcdefghjkmnpqrstuvwxyz123456789").WithPadding(base32.NoPadding).EncodeToString(b)[:n]
}
