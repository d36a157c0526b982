// Package insurance asks the social fund whether a SNILS is a person's.
//
// POST {URL}/snils/v1/check, JSON. The codes of the fund, as they come in Answer.Code:
//
//	SFR-000  the number is this person's         SFR-204  the number is missing
//	SFR-201  no such number                      SFR-210  the name differs
//	SFR-202  merged into another, do not use it  SFR-211  the date of birth differs
//	SFR-203  the check number is wrong
package insurance

import (
	"context"
	"errors"
	"fmt"

	"okno/internal/connector/call"
	"okno/internal/verification"
)

// Register is the register of insured persons.
type Register struct{ *call.Client }

// New returns the register at the address of the settings.
func New(c call.Config) (*Register, error) {
	client, err := call.NewClient("snils", c)
	if err != nil {
		return nil, err
	}
	return &Register{client}, nil
}

type person struct {
	SNILS string `json:"snils"`
	Fam   string `json:"fam"`
	Im    string `json:"im"`
	Ot    string `json:"ot"`
	Birth string `json:"birth"`
}

type answer struct {
	Reference string         `json:"reference"`
	Result    *int           `json:"result"` // missing in garbage, where 0 would be a match
	Code      string         `json:"code"`
	Match     map[string]int `json:"match"`
	Insured   *person        `json:"insured"`
}

var verdicts = map[int]verification.Verdict{
	0: verification.Match, 1: verification.Mismatch, 2: verification.NotFound, 3: verification.Invalid,
}

var fields = map[string]string{
	"snils": "snils", "fam": "surname", "im": "given_name", "ot": "patronymic", "birth": "birth_date",
}

// Check says whether the answer makes sense.
func (a answer) Check() error {
	if a.Result == nil || verdicts[*a.Result] == "" || !call.Code(a.Code) || !call.Word(a.Reference) {
		return errors.New("no result, code or reference")
	}
	if *a.Result == 0 && a.Insured == nil {
		return errors.New("a match, and nobody insured")
	}
	if (*a.Result == 0) != (a.Code == "SFR-000") {
		return errors.New("a result and a code that contradict each other")
	}
	return nil
}

// about reports whether the insured of a match is the person of the question; what the register says to differ cannot match.
func (a answer) about(q person) bool {
	for theirs, same := range a.Match {
		if same != 1 && fields[theirs] != "" {
			return false
		}
	}
	return a.Insured.same(q)
}

func (p *person) same(q person) bool {
	return call.Digits(p.SNILS) == q.SNILS && p.Birth == q.Birth && call.Same(p.Fam, q.Fam) && call.Same(p.Im, q.Im) && call.Same(p.Ot, q.Ot)
}

// Check asks about the SNILS of p.
func (r *Register) Check(ctx context.Context, p verification.Person) (verification.Answer, error) {
	q := person{SNILS: call.Digits(p.SNILS), Fam: p.Surname, Im: p.GivenName, Ot: p.Patronymic, Birth: p.BirthDate}
	a, err := call.Post[answer](call.About(ctx, call.Matter{Issue: p.Issue, User: p.By}), r.Client, "/snils/v1/check", q)
	if err != nil {
		return verification.Answer{}, err
	}
	if *a.Result == 0 && !a.about(q) {
		return verification.Answer{}, fmt.Errorf("%s: %w", r.Name(), call.Foreign())
	}
	same := map[string]bool{}
	for k, v := range a.Match {
		same[k] = v == 1
	}
	out := verification.Answer{
		Register: r.Name(), Verdict: verdicts[*a.Result], Code: a.Code, Reference: a.Reference, At: r.Now(),
		Fields: call.Rename(same, fields),
	}
	if i := a.Insured; out.Verdict == verification.Match {
		out.Data = map[string]string{
			"snils": call.Digits(i.SNILS), "surname": i.Fam, "given_name": i.Im, "patronymic": i.Ot, "birth_date": i.Birth,
		}
	}
	return out, nil
}
