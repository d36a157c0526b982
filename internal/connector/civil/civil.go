// Package civil asks the civil-status register whether a certificate of birth is in force and whose it is.
//
// POST {URL}/civil/v1/birth, JSON. The codes of the register, as they come in Answer.Code:
//
//	ZAGS-000  this is the record            ZAGS-710  the name differs
//	ZAGS-701  no such certificate           ZAGS-711  the date of birth differs
//	ZAGS-702  replaced by a newer one       ZAGS-712  the date of issue differs
//	ZAGS-704  series or number is missing   ZAGS-713  no parent of that name and birthday
//
// Whoever asks for a child names a parent (Person.Parent): a match then says that the record of the birth has this mother or this
// father. The register compares the office too, but a difference there does not change the verdict.
package civil

import (
	"context"
	"errors"
	"fmt"

	"okno/internal/connector/call"
	"okno/internal/verification"
)

// Register is the civil-status register.
type Register struct{ *call.Client }

// New returns the register at the address of the settings.
func New(c call.Config) (*Register, error) {
	client, err := call.NewClient("civil", c)
	if err != nil {
		return nil, err
	}
	return &Register{client}, nil
}

type question struct {
	Certificate certificate `json:"certificate"`
	Born        name        `json:"born"`
	Parent      *name       `json:"parent,omitempty"`
}

type certificate struct {
	Series string `json:"series"`
	Number string `json:"number"`
	Given  string `json:"given"`
	Office string `json:"office,omitempty"`
}

type name struct {
	Family     string `json:"family"`
	Given      string `json:"given"`
	Patronymic string `json:"patronymic"`
	Birth      string `json:"birth"`
}

type answer struct {
	Inquiry string          `json:"inquiry"`
	Outcome string          `json:"outcome"`
	Code    string          `json:"code"`
	Equal   map[string]bool `json:"equal"`
	Record  *struct {
		Certificate certificate `json:"certificate"`
		Born        name        `json:"born"`
		Act         string      `json:"act"`
		Sex         string      `json:"sex"`
		Place       string      `json:"place"`
		Mother      *name       `json:"mother"`
		Father      *name       `json:"father"`
	} `json:"record"`
}

var verdicts = map[string]verification.Verdict{
	"FOUND": verification.Match, "DIFFERS": verification.Mismatch, "NONE": verification.NotFound, "ANNULLED": verification.Invalid,
}

// fields are the register's names of what Person calls otherwise.
var fields = map[string]string{
	"family": "surname", "given": "given_name", "patronymic": "patronymic", "birth": "birth_date",
	"series": "document_series", "number": "document_number", "issued": "document_issued_at", "office": "document_issued_by", "parent": "parent",
}

// Check says whether the answer makes sense.
func (a answer) Check() error {
	if verdicts[a.Outcome] == "" || !call.Code(a.Code) || !call.Word(a.Inquiry) {
		return errors.New("no outcome, code or number")
	}
	if a.Outcome == "FOUND" && a.Record == nil {
		return errors.New("found, and no record")
	}
	if (a.Outcome == "FOUND") != (a.Code == "ZAGS-000") {
		return errors.New("an outcome and a code that contradict each other")
	}
	return nil
}

// about reports whether the record of a match is that of the question, field by field; what the register says to differ cannot match.
// The office is as the register has it.
func (a answer) about(q question) bool {
	for theirs, same := range a.Equal {
		if !same && theirs != "office" && fields[theirs] != "" {
			return false
		}
	}
	r := a.Record
	return call.SameNumber(r.Certificate.Series+r.Certificate.Number, q.Certificate.Series+q.Certificate.Number) && r.Certificate.Given == q.Certificate.Given &&
		q.Born.is(&r.Born) && (q.Parent == nil || q.Parent.is(r.Mother) || q.Parent.is(r.Father)) && (r.Sex == "male" || r.Sex == "female")
}

func (n name) is(x *name) bool {
	return x != nil && x.Birth == n.Birth && call.Same(x.Family, n.Family) && call.Same(x.Given, n.Given) && call.Same(x.Patronymic, n.Patronymic)
}

// Check asks about the certificate of birth of p, and about p.Parent where one is named.
func (r *Register) Check(ctx context.Context, p verification.Person) (verification.Answer, error) {
	d := p.Document
	q := question{Certificate: certificate{d.Series, d.Number, d.IssuedAt.String(), d.IssuedBy}, Born: name{p.Surname, p.GivenName, p.Patronymic, p.BirthDate}}
	if x := p.Parent; x != (verification.Parent{}) {
		q.Parent = &name{x.Surname, x.GivenName, x.Patronymic, x.BirthDate}
	}
	a, err := call.Post[answer](call.About(ctx, call.Matter{Issue: p.Issue, User: p.By}), r.Client, "/civil/v1/birth", q)
	if err != nil {
		return verification.Answer{}, err
	}
	if a.Outcome == "FOUND" && !a.about(q) {
		return verification.Answer{}, fmt.Errorf("%s: %w", r.Name(), call.Foreign())
	}
	out := verification.Answer{
		Register: r.Name(), Verdict: verdicts[a.Outcome], Code: a.Code, Reference: a.Inquiry, At: r.Now(),
		Fields: call.Rename(a.Equal, fields),
	}
	if x := a.Record; out.Verdict == verification.Match {
		out.Data = map[string]string{
			"surname": x.Born.Family, "given_name": x.Born.Given, "patronymic": x.Born.Patronymic, "birth_date": x.Born.Birth,
			"sex": x.Sex, "birth_place": x.Place, "document_series": x.Certificate.Series, "document_number": x.Certificate.Number,
			"document_issued_at": x.Certificate.Given, "document_issued_by": x.Certificate.Office,
			"act": x.Act,
		}
	}
	return out, nil
}
