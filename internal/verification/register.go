package verification

import (
	"context"
	"slices"
	"time"

	"okno/internal/form"
)

// Person is what the registers are asked about. Dates are ISO 8601.
type Person struct {
	Surname, GivenName, Patronymic, BirthDate, SNILS, INN string
	Document                                              form.Identity
	Parent                                                Parent // who is asked about as a parent of a child; zero: nobody

	Matter // for what it is asked
}

// Parent is a mother or a father as the record of a birth has them.
type Parent struct{ Surname, GivenName, Patronymic, BirthDate string }

// Matter is for what a register is asked: identifiers of ours that its record and the road's may keep.
type Matter struct{ Issue, By string }

// Verdict is a register's answer in one word. Its text is stored.
type Verdict string

// The verdicts.
const (
	Match    Verdict = "match"     // the register holds this document for this person
	Mismatch Verdict = "mismatch"  // it holds the document, and something differs
	NotFound Verdict = "not_found" // it holds no such document
	Invalid  Verdict = "invalid"   // the document is no longer valid
)

// Answer is what a register said.
type Answer struct {
	Register  string
	Verdict   Verdict
	Code      string            // the register's own code of the outcome
	Fields    map[string]bool   // by field of Person in snake case: did it match
	Data      map[string]string // what the register holds of the person, only when it matched
	Reference string            // the register's number of the request, kept as evidence
	At        time.Time
}

// keeps reports whether a register is asked about whoever shows a document of the kind: each of the two that keep identity documents
// about its own, the others about everybody.
func keeps(register string, kind form.IdentityKind) bool {
	switch register {
	case "passport":
		return kind != form.BirthCertificate
	case "civil":
		return kind == form.BirthCertificate
	}
	return true
}

// vouches reports whether a register's match is a word on the identity document.
func vouches(register string) bool { return register == "passport" || register == "civil" }

// covers reports whether among the registers there is one for each evidence that a proof by registers gives: one that vouches for the
// document, and the social fund for the SNILS. What an operator gives besides, presence, needs none.
func covers(registers []string) bool {
	return slices.ContainsFunc(registers, vouches) && slices.Contains(registers, "snils")
}

// Register is one of the state's registers. An error means that it could not be reached or talked garbage,
// and that asking again later makes sense; a refusal is an Answer.
type Register interface {
	Name() string
	Check(ctx context.Context, p Person) (Answer, error)
}
