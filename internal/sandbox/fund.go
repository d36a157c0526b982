package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"okno/internal/procedure"
)

// fund is the social fund as it gives numbers out. What was applied for outlives the program, as a file beside the outbox.
type fund struct {
	mu    sync.Mutex
	file  string
	apps  []*fundApplication
	sent  []*fundLetter
	given map[string]*Resident // by the digits of a number that was given out here
}

// fundApplication is one application for a number.
type fundApplication struct {
	Request     string    `json:"request"`     // the applicant's portal knows it by this
	Application string    `json:"application"` // and the fund by this
	Passport    string    `json:"passport"`    // of a child the certificate of birth: either names one person
	At          time.Time `json:"at"`
	SNILS       string    `json:"snils,omitempty"` // once it was given
}

// fundLetter is an application on its way by post. The fund learns of it when it comes; the sandbox, when it is first asked for.
type fundLetter struct {
	Temporary string    `json:"temporary"` // the number that the applicant's portal gave, written on it
	At        time.Time `json:"at"`
}

// fundPost is how many working days a letter to the sandbox's fund takes.
const fundPost = 2

// fundTerm is how many working days the sandbox's fund takes; the law gives it ten.
const fundTerm = 4

func openFund(dir string) (*fund, error) {
	f := &fund{file: filepath.Join(dir, "snils.json"), given: map[string]*Resident{}}
	for file, into := range f.kept() {
		text, err := os.ReadFile(file) //nolint:gosec // the sandbox's own
		if err == nil {
			err = json.Unmarshal(text, into)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("open the sandbox's fund: %w", err)
		}
	}
	return f, nil
}

func (f *fund) save() error {
	for file, from := range f.kept() {
		text, err := json.Marshal(from)
		if err == nil {
			err = os.WriteFile(file, text, 0o600)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// kept are the files of the fund, and what stands in each.
func (f *fund) kept() map[string]any {
	return map[string]any{f.file: &f.apps, f.file + ".letters": &f.sent}
}

// An application for a number. One request is one application, however often it is sent.
//
//	SFR-600  accepted                          SFR-603  the passport is not this person's, or not valid
//	SFR-601  this person has one already       SFR-604  no such application
//	SFR-602  something is missing              SFR-610  not given yet          SFR-611  given
//	SFR-605  no letter with that number has come
type (
	issueQuestion struct {
		Request string `json:"request"`
		Fam     string `json:"fam"`
		Im      string `json:"im"`
		Ot      string `json:"ot"`
		Birth   string `json:"birth"`
		Sex     string `json:"sex"` // male, female
		Series  string `json:"series"`
		Number  string `json:"number"`

		Certificate string `json:"certificate"` // of a child's birth, instead of series and number: II-МЮ 123456
	}
	postedQuestion struct {
		Temporary string `json:"temporary"`
		Fam       string `json:"fam"`
		Im        string `json:"im"`
		Ot        string `json:"ot"`
		Birth     string `json:"birth"`
	}
	issueState struct {
		Application string `json:"application"`
	}
	issueAnswer struct {
		Reference   string         `json:"reference"`
		State       string         `json:"state"` // PENDING ASSIGNED REFUSED UNKNOWN
		Code        string         `json:"code"`
		Application string         `json:"application,omitempty"`
		Insured     *snilsQuestion `json:"insured,omitempty"` // only when ASSIGNED
	}
)

func (w *World) issueSNILS(q issueQuestion) issueAnswer {
	a := issueAnswer{Reference: w.number("SFR"), State: "REFUSED", Code: "SFR-602"}
	paper := digits(q.Series) + digits(q.Number)
	if q.Certificate != "" {
		paper = sign(q.Certificate)
	}
	if q.Request == "" || q.Fam == "" || q.Im == "" || q.Birth == "" || q.Sex == "" || q.Certificate == "" && len(paper) != 10 {
		return a
	}
	p := w.holder(paper)
	a.Code = "SFR-603"
	if p == nil || p.proof() != paper || p.Passport != nil && ranOut(p.born, p.Passport, w.now()) {
		return a
	}
	if like := (claim{q.Fam, q.Im, q.Ot, q.Birth}).compare(p); !like.name() || !like.birth || q.Sex != p.Sex {
		return a
	}
	w.fund.mu.Lock()
	defer w.fund.mu.Unlock()
	for _, app := range w.fund.apps {
		if app.Request == q.Request {
			a.State, a.Code, a.Application = "PENDING", "SFR-600", app.Application
			return a
		}
	}
	for _, app := range w.fund.apps {
		if app.Passport == paper { // under way, or given: the first application counts
			a.Code = "SFR-601"
			return a
		}
	}
	if p.SNILS != "" {
		a.Code = "SFR-601"
		return a
	}
	app := &fundApplication{Request: q.Request, Application: w.number("SFR-A"), Passport: paper, At: w.now()}
	w.fund.apps = append(w.fund.apps, app)
	if err := w.fund.save(); err != nil {
		w.log.Error("sandbox", "error", err)
	}
	a.State, a.Code, a.Application = "PENDING", "SFR-600", app.Application
	return a
}

// stateOfLetter tells what became of an application that was sent by post under a temporary number. A letter takes two working days;
// that of somebody whom nobody knows never comes.
func (w *World) stateOfLetter(q postedQuestion) issueAnswer {
	a := issueAnswer{Reference: w.number("SFR"), State: "UNKNOWN", Code: "SFR-605"}
	if q.Temporary == "" || q.Fam == "" || q.Im == "" || q.Birth == "" {
		return a
	}
	p := w.named(claim{q.Fam, q.Im, q.Ot, q.Birth})
	w.fund.mu.Lock()
	defer w.fund.mu.Unlock()
	defer func() {
		if err := w.fund.save(); err != nil {
			w.log.Error("sandbox", "error", err)
		}
	}()
	at := slices.IndexFunc(w.fund.sent, func(l *fundLetter) bool { return l.Temporary == q.Temporary })
	if at < 0 {
		at = len(w.fund.sent)
		w.fund.sent = append(w.fund.sent, &fundLetter{q.Temporary, w.now()})
	}
	came := workingDays(fundPost, w.fund.sent[at].At)
	if p == nil || w.now().Before(came) {
		return a
	}
	paper := p.Passport.Series + p.Passport.Number
	for _, app := range w.fund.apps {
		switch {
		case app.Request == q.Temporary:
			a.State, a.Code, a.Application = "PENDING", "SFR-600", app.Application
			return a
		case app.Passport == paper:
			a.State, a.Code = "REFUSED", "SFR-601"
			return a
		}
	}
	if p.SNILS != "" {
		a.State, a.Code = "REFUSED", "SFR-601"
		return a
	}
	app := &fundApplication{Request: q.Temporary, Application: w.number("SFR-A"), Passport: paper, At: came}
	w.fund.apps = append(w.fund.apps, app)
	a.State, a.Code, a.Application = "PENDING", "SFR-600", app.Application
	return a
}

// holder is whose passport or certificate of birth it is.
func (w *World) holder(paper string) *Resident {
	if p := w.byPassport[paper]; p != nil {
		return p
	}
	return w.byCertificate[paper]
}

// proof is the paper of somebody that is valid now: the passport, before there is one the certificate of birth.
func (r *Resident) proof() string {
	switch {
	case r.Passport != nil:
		return r.Passport.Series + r.Passport.Number
	case r.BirthCertificate != nil:
		return sign(r.BirthCertificate.Series + r.BirthCertificate.Number)
	}
	return ""
}

// named is the resident with that name and day of birth.
func (w *World) named(c claim) *Resident {
	for _, p := range w.byPassport {
		if like := c.compare(p); p.Passport != nil && like.name() && like.birth {
			return p
		}
	}
	return nil
}

// stateOfSNILS tells what became of an application; when its term is over, the number is given.
func (w *World) stateOfSNILS(q issueState) issueAnswer {
	a := issueAnswer{Reference: w.number("SFR"), State: "UNKNOWN", Code: "SFR-604"}
	w.fund.mu.Lock()
	defer w.fund.mu.Unlock()
	for i, app := range w.fund.apps {
		if app.Application != q.Application {
			continue
		}
		a.State, a.Code, a.Application = "PENDING", "SFR-610", app.Application
		if app.SNILS == "" {
			if w.now().Before(fundReady(app.At)) {
				return a
			}
			app.SNILS = w.freeSNILS(999_000_001 + i) // as everything here, of a range that was never given out
			if err := w.fund.save(); err != nil {
				w.log.Error("sandbox", "error", err)
			}
		}
		p := w.hold(app)
		a.State, a.Code, a.Insured = "ASSIGNED", "SFR-611", &snilsQuestion{app.SNILS, p.Surname, p.GivenName, p.Patronymic, p.BirthDate}
		return a
	}
	return a
}

// freeSNILS is the first number from n on, a thousand at a time, that no resident has.
func (w *World) freeSNILS(n int) string {
	for w.bySNILS[digits(snils(n))] != nil {
		n -= 1000
	}
	return digits(snils(n))
}

// hold lets the number of an application be found by the registers. The fund is locked.
func (w *World) hold(app *fundApplication) *Resident {
	if p := w.fund.given[app.SNILS]; p != nil {
		return p
	}
	p := *w.holder(app.Passport)
	p.SNILS = app.SNILS[:3] + "-" + app.SNILS[3:6] + "-" + app.SNILS[6:9] + " " + app.SNILS[9:]
	w.fund.given[app.SNILS] = &p
	return &p
}

// insured is who holds a number: a resident, or somebody to whom the fund has given it since.
func (w *World) insured(number string) *Resident {
	if p := w.bySNILS[number]; p != nil {
		return p
	}
	w.fund.mu.Lock()
	defer w.fund.mu.Unlock()
	for _, app := range w.fund.apps {
		if app.SNILS == number {
			return w.hold(app)
		}
	}
	return nil
}

// fundReady is when an application of that moment is answered: at the end of the fourth working day after it.
func fundReady(at time.Time) time.Time { return workingDays(fundTerm, at) }

// workingDays is the end of so many working days of the production calendar after a moment.
func workingDays(n int, at time.Time) time.Time {
	moscow := time.FixedZone("MSK", 3*60*60)
	return procedure.Deadline{In: procedure.Span{Days: n}, Calendar: procedure.Working}.Due(at, moscow, nil)
}

// Newcomers are residents who have no SNILS yet, and whom the passport register knows. They stand beside People, where everybody has
// one, and are the same in every sandbox.
func (w *World) Newcomers() []Resident {
	out := make([]Resident, len(w.newcomers))
	for i, p := range w.newcomers {
		out[i] = *p
	}
	return out
}

// Newborn is a child of residents who has no SNILS yet: the youngest brother or sister of the first child whose parents are both known.
func (w *World) Newborn() Resident { return *w.newborn }

// newborn makes that child.
func newborn(people []*Resident) *Resident {
	at := slices.IndexFunc(people, func(p *Resident) bool {
		c := p.BirthCertificate
		return p.Passport == nil && c != nil && c.Mother != nil && c.Father != nil && c.Mother.SNILS != "" && p.Old == nil
	})
	sister := *people[at]
	c := *sister.BirthCertificate
	born := day(2026, 2, 3)
	c.Number, c.Act, c.IssuedAt = "777001", c.Act+"-1", iso(born.AddDate(0, 0, 10))
	name := women[0]
	if sister.Sex == "male" {
		name = men[0].name
	}
	sister.GivenName, sister.born, sister.BirthDate, sister.SNILS, sister.INN, sister.BirthCertificate = name, born, iso(born), "", "", &c
	return &sister
}

// newcomers makes the residents without a SNILS.
func newcomers() []*Resident {
	m := &maker{Rand: rand.New(rand.NewPCG(2, 2026)), used: map[string]bool{}} //nolint:gosec // the same people every time
	var out []*Resident
	for i, year := range []int{1971, 1975, 1979, 1987, 1991, 1995} { // nobody turns 45 soon
		reg := pick(m, regions)
		p := m.adult(reg, m.address(reg, pick(m, reg.towns)), pick(m, families), i%2 == 0, day(year, 2+i, 3+i))
		p.SNILS, p.trades = "", nil
		out = append(out, p)
	}
	return out
}
