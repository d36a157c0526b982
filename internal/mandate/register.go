package mandate

import (
	"context"
	"time"

	"okno/internal/form"
)

// Person is whom a register is asked about. Dates are ISO 8601, sex is "m" or "f".
type Person struct{ Surname, GivenName, Patronymic, BirthDate, Sex, SNILS string }

// Question is what a register is asked about a child: of the civil-status register, whether it holds this certificate for this child
// and this parent in it; of the social fund, whether the SNILS is the child's.
type Question struct {
	Child       Person
	Certificate form.Identity
	Parent      Person
	Request, By string // identifiers of ours that the register's record and the road's may keep
}

// Verdict is a register's answer in one word. Its text is stored.
type Verdict string

// The verdicts.
const (
	Match    Verdict = "match"
	Mismatch Verdict = "mismatch"
	NotFound Verdict = "not_found"
	Invalid  Verdict = "invalid"
)

// Answer is what a register said.
type Answer struct {
	Register  string
	Verdict   Verdict
	Code      string          // the register's own code of the outcome
	Fields    map[string]bool // by field of the form: did it match
	Act       string          // of a match of the civil-status register: the number of the record of the birth
	Reference string          // the register's number of the request
	At        time.Time
}

// Register is one of the state's registers, as it is asked about a child. An error means that it could not be reached or talked
// garbage, and that asking again later makes sense; a refusal is an Answer.
type Register interface {
	Name() string
	Child(ctx context.Context, q Question) (Answer, error)
}

// The registers by name. Their texts are stored.
const (
	Civil = "civil" // acts of civil status: certificates of birth, and who the parents are
	Fund  = "snils" // the insured persons of the social fund
)
