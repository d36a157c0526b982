// Package passport asks the interior ministry whether an identity document is valid and whose it is: the passport of a citizen of
// Russia in the passport register, and what citizens and foreigners show instead of one in the ministry's other records. A certificate
// of birth is not the ministry's: see package civil.
//
// POST {URL}/passport/v1/check, JSON. The codes of the register, as they come in Answer.Code:
//
//	MVD-000  valid                        MVD-110  the name differs
//	MVD-101  no such passport             MVD-111  the date of birth differs
//	MVD-102  no longer valid              MVD-112  the date of issue differs
//	MVD-104  series or number is missing  MVD-113  the code of the department differs
//
// The register compares the issuing body too, but a difference there does not change the verdict: everybody
// abbreviates it differently.
//
// POST {URL}/passport/v1/document, JSON, for every other kind:
//
//	MVD-000  valid                         MVD-210  the name differs
//	MVD-201  no such document              MVD-211  the date of birth differs
//	MVD-202  withdrawn or replaced         MVD-212  the date of issue differs
//	MVD-203  it ran out                    MVD-213  the last day differs, or is not given
//	MVD-204  kind, country or number is missing
package passport

import (
	"context"
	"fmt"

	"okno/internal/connector/call"
	"okno/internal/form"
	"okno/internal/verification"
)

// Register is the passport register.
type Register struct{ *call.Client }

// New returns the register at the address of the settings.
func New(c call.Config) (*Register, error) {
	client, err := call.NewClient("passport", c)
	if err != nil {
		return nil, err
	}
	return &Register{client}, nil
}

type question struct {
	LastName       string `json:"lastName"`
	FirstName      string `json:"firstName"`
	MiddleName     string `json:"middleName"`
	BirthDate      string `json:"birthDate"`
	Series         string `json:"series"`
	Number         string `json:"number"`
	IssueDate      string `json:"issueDate,omitempty"`
	Issuer         string `json:"issuer,omitempty"`
	DepartmentCode string `json:"departmentCode,omitempty"`
}

type answer struct {
	RequestNumber string          `json:"requestNumber"`
	Status        string          `json:"status"`
	Code          string          `json:"code"`
	Matches       map[string]bool `json:"matches"`
	Document      *struct {
		question
		Sex        string `json:"sex"`
		BirthPlace string `json:"birthPlace"`
	} `json:"document"`
}

var verdicts = map[string]verification.Verdict{
	"VALID": verification.Match, "DIFFERS": verification.Mismatch,
	"NOT_FOUND": verification.NotFound, "INVALID": verification.Invalid,
}

// fields are the register's names of what Person calls otherwise.
var fields = map[string]string{
	"lastName": "surname", "firstName": "given_name", "middleName": "patronymic", "birthDate": "birth_date",
	"series": "passport_series", "number": "passport_number", "issueDate": "passport_issued_at",
	"issuer": "passport_issued_by", "departmentCode": "passport_department_code",
}

// Check says whether the answer makes sense.
func (a answer) Check() error {
	if verdicts[a.Status] == "" || !call.Code(a.Code) || !call.Word(a.RequestNumber) {
		return fmt.Errorf("no status, code or number")
	}
	if a.Status == "VALID" && a.Document == nil {
		return fmt.Errorf("valid, and no document")
	}
	if (a.Status == "VALID") != (a.Code == "MVD-000") {
		return fmt.Errorf("a status and a code that contradict each other")
	}
	return nil
}

// about reports whether the document of a match is that of the question, field by field; what the register says to differ cannot
// match. The issuing body is as the register has it.
func (a answer) about(q question) bool {
	for theirs, same := range a.Matches {
		if !same && theirs != "issuer" && fields[theirs] != "" {
			return false
		}
	}
	d := a.Document
	return call.Digits(d.Series) == q.Series && call.Digits(d.Number) == q.Number && d.BirthDate == q.BirthDate &&
		call.Same(d.LastName, q.LastName) && call.Same(d.FirstName, q.FirstName) && call.Same(d.MiddleName, q.MiddleName) &&
		(q.IssueDate == "" || d.IssueDate == q.IssueDate) && (q.DepartmentCode == "" || call.Digits(d.DepartmentCode) == call.Digits(q.DepartmentCode)) &&
		(d.Sex == "male" || d.Sex == "female")
}

// Check asks about the document of p.
func (r *Register) Check(ctx context.Context, p verification.Person) (verification.Answer, error) {
	if p.Document.Kind != form.Passport {
		return r.document(ctx, p)
	}
	x := p.Document
	q := question{
		LastName: p.Surname, FirstName: p.GivenName, MiddleName: p.Patronymic, BirthDate: p.BirthDate,
		Series: call.Digits(x.Series), Number: call.Digits(x.Number),
		IssueDate: x.IssuedAt.String(), Issuer: x.IssuedBy, DepartmentCode: x.DepartmentCode,
	}
	a, err := call.Post[answer](call.About(ctx, call.Matter{Issue: p.Issue, User: p.By}), r.Client, "/passport/v1/check", q)
	if err != nil {
		return verification.Answer{}, err
	}
	if a.Status == "VALID" && !a.about(q) {
		return verification.Answer{}, fmt.Errorf("%s: %w", r.Name(), call.Foreign())
	}
	out := verification.Answer{
		Register: r.Name(), Verdict: verdicts[a.Status], Code: a.Code, Reference: a.RequestNumber, At: r.Now(),
		Fields: call.Rename(a.Matches, fields),
	}
	if d := a.Document; out.Verdict == verification.Match {
		out.Data = map[string]string{
			"surname": d.LastName, "given_name": d.FirstName, "patronymic": d.MiddleName, "birth_date": d.BirthDate,
			"sex": d.Sex, "birth_place": d.BirthPlace,
			"passport_series": d.Series, "passport_number": d.Number, "passport_issued_at": d.IssueDate,
			"passport_issued_by": d.Issuer, "passport_department_code": d.DepartmentCode,
		}
	}
	return out, nil
}
