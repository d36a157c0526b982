package system

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/connector/roadtest"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/jobs/jobstest"
	"okno/internal/sandbox"
	"okno/internal/store"
	"okno/internal/support"
	"okno/internal/verification"
)

// TestNothingKeptSaysWho lets people walk through the whole portal, lets everything outside fail under them, and then looks for
// them in all that is kept: every table, every file of the data folder, the log. What the sandbox keeps is the outside world, and
// demo.json is what everybody may know.
func TestNothingKeptSaysWho(t *testing.T) {
	engines(t, func(t *testing.T, engine store.Engine) {
		s := demoSettings(t, engine)
		if engine == store.SQLite {
			s.Database = "" // among the files of the data folder, which are searched as bytes too
		}
		said := &record{}
		log := slog.New(slog.NewJSONHandler(said, &slog.HandlerOptions{Level: slog.LevelDebug}))
		old := slog.Default()
		slog.SetDefault(log)
		t.Cleanup(func() { slog.SetDefault(old) })
		tmp := t.TempDir()
		t.Setenv("TMPDIR", tmp)
		x := run(t, s, log)
		w := walk(t, x)
		x.stop()

		db, err := store.Open(t.Context(), x.Settings.Database, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close() //nolint:errcheck // the test is over
		tables := everyTable(t, db)
		for _, needed := range []string{"account", "contact", "application", "river_job", "audit_event", "question_message", "register_check", "document", "delivery", "challenge"} {
			if len(tables[needed]) == 0 {
				t.Errorf("the table %s is empty: the walk did not reach it, and nothing was searched there", needed)
			}
		}
		for name, rows := range tables {
			for _, row := range rows {
				for _, v := range row {
					if b, ok := v.([]byte); ok {
						v = string(b)
					}
					w.search(t, "the table "+name, fmt.Sprint(v))
				}
			}
		}
		if searchFiles(t, s.Data, w) < 4 {
			t.Error("hardly a file lies in the data folder: the papers were not searched")
		}
		searchFiles(t, tmp, w)
		if !strings.Contains(said.String(), `"request"`) {
			t.Error("the log holds no requests: nothing was searched there")
		}
		for line := range strings.Lines(said.String()) {
			w.search(t, "the log", line)
		}
	})
}

func searchFiles(t *testing.T, folder string, w *wanted) (seen int) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(folder, path)
		if name == "sandbox" || name == "keys" {
			return fs.SkipDir
		}
		if e.IsDir() || name == "demo.json" {
			return nil
		}
		seen++
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		w.search(t, "the file "+name, string(text))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

func TestTheSearchFindsEverySpelling(t *testing.T) {
	w := &wanted{}
	w.person(sandbox.Resident{Surname: "Проверкина", GivenName: "Аглая", SNILS: "123-456-789 01", Passport: &sandbox.Passport{Series: "4509", Number: "654321"}})
	w.phone("+79123456789")
	for _, text := range []string{
		"уважаемая ПРОВЕРКИНА!", "tel:+7 (912) 345-67-89", "8 912 345 67 89", `{"to":"79123456789"}`, "12345678901", "123-456-789 01", "4509 654321", "45 09 654321",
		hex.EncodeToString([]byte("+79123456789")), "x" + base64.StdEncoding.EncodeToString([]byte("ab+79123456789c")), base64.RawURLEncoding.EncodeToString([]byte(`{"s":"Проверкина"}`)),
		`{"name":"\u041f\u0440\u043e\u0432\u0435\u0440\u043a\u0438\u043d\u0430"}`, "to=%2B79123456789", "%D0%9F%D1%80%D0%BE%D0%B2%D0%B5%D1%80%D0%BA%D0%B8%D0%BD%D0%B0",
	} {
		if w.find(text) == "" {
			t.Errorf("%q is not found", text)
		}
	}
	for _, text := range []string{"2026-11-18T11:02:00.654321Z", "01kqzv3t9m8x", "+7 900 000-00-00"} {
		if got := w.find(text); got != "" {
			t.Errorf("%q is found as %s", text, got)
		}
	}
}

// wanted are the things that must not be found, each in many spellings.
type wanted struct {
	what  map[string]string // spelling in small letters -> what it is
	exact map[string]string // spelling that letters' size matters for: base64
}

func (w *wanted) add(what, value string) {
	if value == "" {
		return
	}
	if w.what == nil {
		w.what, w.exact = map[string]string{}, map[string]string{}
	}
	note := what + " " + value
	for _, v := range []string{value, strings.ToLower(value), strings.ToUpper(value)} {
		w.what[strings.ToLower(v)] = note
		w.what[hex.EncodeToString([]byte(v))] = note
		w.what[strings.ToLower(strings.Trim(strconv.QuoteToASCII(v), `"`))] = note
		for shift := range 3 {
			// The middle of the base64 of the value, wherever in a text it begins.
			text := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("-", shift) + v))
			if text = text[(shift*8+5)/6:][:len(v)*8/6-2]; len(text) >= 8 {
				w.exact[text] = note
				w.exact[strings.NewReplacer("+", "-", "/", "_").Replace(text)] = note
			}
		}
	}
	var escaped strings.Builder
	for _, b := range []byte(value) {
		fmt.Fprintf(&escaped, "%%%02x", b)
	}
	w.what[escaped.String()] = note
}

func (w *wanted) person(r sandbox.Resident) {
	w.add("surname", r.Surname)
	w.add("given name", r.GivenName)
	w.add("patronymic", r.Patronymic)
	w.add("date of birth", r.BirthDate)
	w.add("SNILS", r.SNILS)
	w.add("SNILS", form.Digits(r.SNILS))
	w.add("INN", r.INN)
	w.add("address", r.Address)
	for _, part := range strings.Split(r.Address, ", ") {
		if len([]rune(part)) > 12 {
			w.add("part of the address", part)
		}
	}
	if p := r.Passport; p != nil {
		w.add("passport", p.Series+p.Number)
		w.add("passport", p.Series+" "+p.Number)
		w.add("passport", p.Series[:2]+" "+p.Series[2:]+" "+p.Number)
		w.add("passport", `"`+p.Number+`"`)
	}
	for _, e := range r.Estates {
		w.add("property", e.CadastralNumber)
		w.add("address of property", e.Address)
	}
}

// phone takes +7 and ten digits.
func (w *wanted) phone(p string) {
	d := p[2:]
	w.add("phone", d)
	for _, form := range []string{"%s %s-%s-%s", "(%s) %s-%s-%s", "%s-%s-%s-%s", "%s %s %s %s", "(%s)%s-%s-%s", "%s)%s%s%s"} {
		w.add("phone", fmt.Sprintf(form, d[:3], d[3:6], d[6:8], d[8:]))
	}
}

// find says what of the wanted a text holds, "" when nothing.
func (w *wanted) find(text string) string {
	small := strings.ToLower(text)
	for spelling, what := range w.what {
		if strings.Contains(small, spelling) {
			return what + " as " + strconv.Quote(spelling)
		}
	}
	for spelling, what := range w.exact {
		if strings.Contains(text, spelling) {
			return what + " as base64 " + spelling
		}
	}
	return ""
}

func (w *wanted) search(t *testing.T, where, text string) {
	t.Helper()
	if found := w.find(text); found != "" {
		t.Errorf("%s holds the %s: %.160q", where, found, text)
	}
}

// walk leads two people through everything there is, and says how to know them.
func walk(t *testing.T, x *running) *wanted {
	t.Helper()
	ctx, w, must := t.Context(), &wanted{}, func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	r, other := adult(x.World.People()[30:], 0), adult(x.World.People()[30:], 3)
	phone, mail := "+79123456789", "polina.verkhova@mail.example"
	w.person(r)
	w.person(other)
	w.phone(phone)
	w.add("e-mail", mail)
	w.add("password", testPassword)
	k, err := x.Known()
	must(err)
	for _, p := range k.People {
		w.phone(p.Phone)
		w.add("e-mail", p.Email)
		w.add("password", p.Password)
		for _, name := range strings.Fields(p.Name) {
			w.add("name", name)
		}
	}
	for _, e := range k.Staff {
		w.add("secret of staff", e.TOTPSecret)
		w.add("password", e.Password)
		for _, name := range strings.Fields(e.Name) {
			w.add("name of staff", name)
		}
	}

	base := x.Settings.URL
	settle := func() { t.Helper(); jobstest.Settle(t, x.Jobs) }
	must(x.World.SetFault("sms1", sandbox.Garbage)) // the first carrier stammers: its errors are logged and kept with the job
	citizen := newVisitor(base, "203.0.113.7")
	must(citizen.register(r.Surname, r.GivenName, "phone", phone))
	must(x.World.SetFault("sms1", sandbox.OK))
	accountID := newest(t, x.DB)

	// Somebody registers by e-mail while the mail server is away, and never comes back.
	must(x.World.SetFault("smtp", sandbox.Garbage))
	leaver := newVisitor(base, "198.51.100.7")
	_, err = leaver.post("/register", "/register/code", "surname", other.Surname, "given_name", other.GivenName, "email", mail, "phone", "", "terms", "on", "data", "on")
	must(err)
	time.Sleep(300 * time.Millisecond)
	must(x.World.SetFault("smtp", sandbox.OK))

	// Wrong passwords, recovery of what is not there, mistakes in forms, names in addresses.
	stranger := newVisitor(base, "192.0.2.7")
	for range 7 {
		_, err := stranger.post("/signin", "/cabinet", "login", "8 (912) 345-67-89", "password", "Wrong-River-1")
		if err == nil {
			t.Fatal("a wrong password signs in")
		}
	}
	_, err = stranger.post("/recover", "/recover/code", "login", mail)
	must(err)
	stranger.post("/register", "/", "surname", other.Surname+"1", "given_name", other.GivenName, "phone", phone+"0", "email", mail) //nolint:errcheck // refused, which is the point
	stranger.do("GET", "/services?q="+strings.ReplaceAll(other.Surname+" "+phone, " ", "%20"), nil)                                 //nolint:errcheck // whatever it says
	stranger.do("GET", "/check/"+other.Surname+"-"+phone, nil)                                                                      //nolint:errcheck // whatever it says
	stranger.do("GET", "/nowhere/"+mail+"?phone="+phone, nil)                                                                       //nolint:errcheck // whatever it says
	stranger.post("/api/check", "/", "field", "phone", "value", phone+"0")                                                          //nolint:errcheck // whatever it says

	person := access.Actor{Kind: access.Person, ID: accountID, Level: access.Simplified}

	// An application for a SNILS by who has one, with the fund stammering first.
	must(x.World.SetFault("snils", sandbox.Garbage))
	born := strings.Split(r.BirthDate, "-")
	_, err = citizen.post("/cabinet/snils", "/cabinet/snils", "surname", r.Surname, "given_name", r.GivenName, "patronymic", r.Patronymic, "birth_date", born[2]+"."+born[1]+"."+born[0],
		"sex", map[string]string{"male": "m", "female": "f"}[r.Sex], "passport_series", r.Passport.Series, "passport_number", r.Passport.Number)
	must(err)
	time.Sleep(300 * time.Millisecond)
	must(x.World.SetFault("snils", sandbox.OK))
	await(t, "the fund's refusal", func() bool {
		application, _, err := x.Verification.LatestSNILS(ctx, person)
		must(err)
		must(x.Jobs.Advance(ctx, time.Minute))
		return application.State == verification.SNILSRefused
	})
	confirm(t, x, person, r, settle)
	person.Level = access.Confirmed

	// A certificate, with the register stammering first; an extract that is refused in words that name somebody.
	must(x.World.SetFault("income", sandbox.Garbage))
	certificate := submit(t, x, person, "fns.income-certificate", map[string][]string{"year": {fmt.Sprint(x.clock.now().Year() - 1)}})
	time.Sleep(300 * time.Millisecond)
	must(x.World.SetFault("income", sandbox.OK))
	must(x.Jobs.Advance(ctx, time.Minute))
	await(t, "the certificate", func() bool {
		c, err := x.Applications.Get(ctx, person, certificate)
		if err == nil && c.Outcome == "" {
			x.Jobs.Advance(ctx, time.Minute) //nolint:errcheck // the breaker rests; it is tried again
			time.Sleep(500 * time.Millisecond)
		}
		return err == nil && c.Outcome == "granted"
	})
	extract := submit(t, x, person, "rosreestr.extract", map[string][]string{
		"property.cadastral_number": {r.Estates[0].CadastralNumber}, "property.owner": {"true"}, "extract.kind": {"object"},
	})
	settle()
	officer := access.Actor{Kind: access.Staff, ID: "officer-1", Role: access.Officer, Unit: "rosreestr"}
	_, err = x.Applications.Take(ctx, officer, extract)
	must(err)
	_, err = x.Applications.Do(ctx, officer, extract, application.Act{Event: "refuse", Reason: "data-mismatch", Advice: r.Surname + " " + r.GivenName + ", " + r.Address + ", " + phone})
	must(err)
	_, err = x.Applications.Reapply(ctx, person, extract, false)
	must(err)

	// Two questions, with names in the words and in the name of a picture; the desk answers both.
	words := fmt.Sprintf("%s %s, %s, %s, %s", r.Surname, r.GivenName, phone, mail, r.SNILS)
	picture := support.Upload{Name: r.Surname + ".png", Data: []byte("\x89PNG\r\n\x1a\n" + words)}
	helper := access.Actor{Kind: access.Staff, ID: "support-1", Role: access.Support, Unit: "support"}
	for who, ask := range map[access.Actor]support.New{
		person: {ID: id.New(), Text: words, Page: "/cabinet?phone=" + phone, Files: []support.Upload{picture}, Browser: "b1", Lang: i18n.RU},
		{}:     {ID: id.New(), Text: words, Page: "/register?mail=" + mail, Contact: mail, Browser: "b2", Lang: i18n.RU},
	} {
		q, err := x.Support.Ask(ctx, who, ask)
		must(err)
		_, err = x.Support.Look(ctx, helper, q.ID)
		must(err)
		must(x.Support.Answer(ctx, helper, q.ID, words))
	}
	must(stranger.attach("/support", "/support/", "text", words, r.Surname+".png", []byte("\x89PNG\r\n\x1a\n"+strings.Repeat(words+"\n", 20_000))))
	settle()
	for _, page := range []string{"/cabinet", "/cabinet/profile", "/cabinet/security", "/cabinet/notices", "/cabinet/access", "/applications", "/applications/" + certificate, "/applications/" + extract, "/documents"} {
		_, _, err := citizen.do("GET", page, nil)
		must(err)
	}
	for _, c := range slices.Concat(citizen.cookies(), leaver.cookies()) {
		if len(c) >= 20 {
			w.add("cookie", c)
		}
	}
	sealed := func() bool {
		var n int
		must(x.DB.QueryRow(ctx, `SELECT count(*) FROM audit_event WHERE seal IS NULL`).Scan(&n))
		return n == 0
	}
	await(t, "the seal of the audit", sealed)
	return w
}

func (v *visitor) cookies() []string {
	var out []string
	at, err := url.Parse(v.base)
	if err != nil {
		return nil
	}
	for _, c := range v.http.Jar.Cookies(at) {
		out = append(out, c.Value)
	}
	return out
}

func newest(t *testing.T, db *store.DB) string {
	t.Helper()
	var accountID string
	if err := db.QueryRow(t.Context(), `SELECT id FROM account ORDER BY created_at DESC LIMIT 1`).Scan(&accountID); err != nil {
		t.Fatal(err)
	}
	return accountID
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(40 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s does not come", what)
		}
	}
}

// confirm leads the person through a desk: once with a mistake in the passport, then right.
func confirm(t *testing.T, x *running, person access.Actor, r sandbox.Resident, settle func()) {
	t.Helper()
	ctx := t.Context()
	operator := access.Actor{Kind: access.Staff, ID: "centre-1", Role: access.Centre, Unit: "mfc-1"}
	v, err := x.Verification.VisitCode(ctx, person)
	if err != nil {
		t.Fatal(err)
	}
	p, err := x.Verification.Open(ctx, operator, v.Code)
	if err != nil {
		t.Fatal(err)
	}
	sex := "m"
	if r.Sex == "female" {
		sex = "f"
	}
	papers := verification.Papers{Surname: r.Surname, GivenName: r.GivenName, Patronymic: r.Patronymic, BirthDate: r.BirthDate, Sex: sex, SNILS: r.SNILS, INN: r.INN,
		Document: roadtest.Document(r), Address: r.Address}
	wrong := papers
	wrong.Document.Number = "0" + papers.Document.Number[1:]
	for _, typed := range []verification.Papers{wrong, papers} {
		if _, err := x.Verification.Enter(ctx, operator, p.ID, typed); err != nil {
			t.Fatal(err)
		}
		settle()
	}
	if p, err = x.Verification.Confirm(ctx, operator, p.ID, 2); err != nil || p.State != verification.Confirmed {
		t.Fatalf("confirm: %s, %v", p.State, err)
	}
}

// submit files an application as its pages would.
func submit(t *testing.T, x *running, who access.Actor, code string, typed map[string][]string) string {
	t.Helper()
	ctx := t.Context()
	d, err := x.Applications.Begin(ctx, who, code)
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range d.Form.Pages {
		if _, err := x.Applications.SavePage(ctx, who, code, page.ID, typed); err != nil {
			t.Fatal(err)
		}
	}
	c, err := x.Applications.Submit(ctx, who, code, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	return c.ID
}
