package account

import (
	"bytes"
	"encoding/json"
	"time"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/i18n"
)

// State of an account. Its text is stored.
type State string

// The states.
const (
	Active  State = "active"
	Frozen  State = "frozen"  // nothing until identity is proved again (REG-6)
	Retired State = "retired" // another account of the same person took over (REG-12)
)

// Profile is what is known of a person. Dates are ISO 8601; empty means unknown.
type Profile struct {
	Surname    string            `json:"surname"`
	GivenName  string            `json:"given_name"`
	Patronymic string            `json:"patronymic,omitempty"`
	BirthDate  string            `json:"birth_date,omitempty"`
	Sex        string            `json:"sex,omitempty"` // "m" or "f"
	SNILS      string            `json:"snils,omitempty"`
	INN        string            `json:"inn,omitempty"`
	Document   *form.Identity    `json:"document,omitempty"`  // what proves who the person is, of whatever kind
	Address    string            `json:"address,omitempty"`   // where the person is registered
	Residence  string            `json:"residence,omitempty"` // where they live, when elsewhere (REG-16)
	Unproved   string            `json:"unproved,omitempty"`  // a contact that was given and not yet confirmed (REG-10)
	Sources    map[string]Source `json:"sources,omitempty"`   // by the JSON name of the value
}

// UnmarshalJSON reads a profile, also one that was sealed when passports were the only documents.
func (p *Profile) UnmarshalJSON(b []byte) error {
	type plain Profile
	if !bytes.Contains(b, []byte(`"passport":`)) { // the key of old; as a value the word is common
		return json.Unmarshal(b, (*plain)(p))
	}
	was := struct {
		*plain
		Passport *struct {
			Series         string `json:"series"`
			Number         string `json:"number"`
			IssuedAt       string `json:"issued_at"`
			IssuedBy       string `json:"issued_by"`
			DepartmentCode string `json:"department_code"`
		} `json:"passport"`
	}{plain: (*plain)(p)}
	if err := json.Unmarshal(b, &was); err != nil {
		return err
	}
	if d := was.Passport; d != nil && p.Document == nil {
		p.Document = form.PassportOf(d.Series, d.Number, d.IssuedAt, d.IssuedBy, d.DepartmentCode)
	}
	if from, ok := p.Sources["passport"]; ok {
		delete(p.Sources, "passport")
		p.Sources["document"] = from
	}
	return nil
}

// Passport is the document, when it is a passport of a citizen of Russia.
func (p Profile) Passport() (form.Identity, bool) {
	if p.Document == nil || p.Document.Kind != form.Passport {
		return form.Identity{}, false
	}
	return *p.Document, true
}

// Source says where a value came from and when.
type Source struct {
	From Origin    `json:"from"`
	At   time.Time `json:"at"`
}

// Lapsed reports whether a register stood for the value and does no more.
func (s Source) Lapsed() bool { return s.From == "" && !s.At.IsZero() }

// Origin is where a value came from. Its text is stored.
type Origin string

// The origins.
const (
	Entered     Origin = "entered"  // the person typed it
	FromCentre  Origin = "centre"   // an operator took it from the original
	FromMVD     Origin = "passport" // the interior ministry's register
	FromSFR     Origin = "snils"    // the social fund's register
	FromFNS     Origin = "inn"      // the tax service's register
	FromZAGS    Origin = "civil"    // the civil-status register
	FromSandbox Origin = "demo"     // a resident of the demo

	FromSignature Origin = "signature" // the certificate of a qualified electronic signature
)

// FullName is surname, given name and patronymic.
func (p Profile) FullName() string { return join(p.Surname, p.GivenName, p.Patronymic) }

// ShortName is how the header greets: given name and the first letter of the surname, «Анна П.».
func (p Profile) ShortName() string { return join(p.GivenName, initial(p.Surname)) }

// Initials is how a desk lists people: «Проверкина А. С.».
func (p Profile) Initials() string {
	return join(p.Surname, initial(p.GivenName), initial(p.Patronymic))
}

// Masked is how a stranger may see the name on a verification page: «П··· А··· С···».
func (p Profile) Masked() string { return join(mask(p.Surname), mask(p.GivenName), mask(p.Patronymic)) }

func join(words ...string) string {
	s := ""
	for _, w := range words {
		if w == "" {
			continue
		}
		if s != "" {
			s += " "
		}
		s += w
	}
	return s
}

func initial(s string) string {
	for _, r := range s {
		return string(r) + "."
	}
	return ""
}

func mask(s string) string {
	for _, r := range s {
		return string(r) + "···"
	}
	return ""
}

// Account is a person's account.
type Account struct {
	ID          string
	Level       access.Level
	State       State
	Lang        i18n.Lang
	Profile     Profile
	TourSeen    bool
	TourSession string   // the session in which the tour is shown, "" before the cabinet was opened
	AdviceOff   []string // names of advice that the person does not want to hear of
	CreatedAt   time.Time
	ConfirmedAt time.Time // zero below Confirmed
	Version     int64
}

// Consent is one text that a person agreed to.
type Consent struct{ Document, Edition string }

// The refusals.
var (
	ErrSnilsTaken = fault.New(fault.Conflict, "account.snils_taken") // another account holds this SNILS (REG-11)
	ErrMissing    = fault.New(fault.Missing, "account.missing")
)
