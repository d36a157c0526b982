package insurance

import (
	"context"
	"errors"
	"fmt"

	"okno/internal/connector/call"
	"okno/internal/form"
	"okno/internal/verification"
)

type issueQuestion struct {
	Request string `json:"request"`
	Fam     string `json:"fam"`
	Im      string `json:"im"`
	Ot      string `json:"ot"`
	Birth   string `json:"birth"`
	Sex     string `json:"sex"`
	Series  string `json:"series"`
	Number  string `json:"number"`

	Certificate string `json:"certificate,omitempty"` // of a child's birth, instead of series and number
}

type postedQuestion struct {
	Temporary string `json:"temporary"`
	Fam       string `json:"fam"`
	Im        string `json:"im"`
	Ot        string `json:"ot"`
	Birth     string `json:"birth"`
}

type stateQuestion struct {
	Application string `json:"application"`
}

type issueAnswer struct {
	Reference   string  `json:"reference"`
	State       string  `json:"state"`
	Code        string  `json:"code"`
	Application string  `json:"application"`
	Insured     *person `json:"insured"`
}

var states = map[string]verification.IssueState{
	"PENDING": verification.IssuePending, "ASSIGNED": verification.IssueAssigned, "REFUSED": verification.IssueRefused, "UNKNOWN": verification.IssueUnknown,
}

// Check says whether the answer makes sense.
func (a issueAnswer) Check() error {
	if states[a.State] == "" || !call.Code(a.Code) || !call.Word(a.Reference) {
		return errors.New("no state, code or reference")
	}
	if (a.State == "PENDING" || a.State == "ASSIGNED") && !call.Word(a.Application) {
		return errors.New("an application without a number")
	}
	if a.State != "ASSIGNED" {
		return nil
	}
	if a.Insured == nil || a.Code != "SFR-611" {
		return errors.New("a number was given, and to nobody")
	}
	if _, problem := form.SNILS(a.Insured.SNILS); problem != nil {
		return errors.New("a number was given that is none")
	}
	return nil
}

// Issue files the application. Sent twice with one request it is one application.
func (r *Register) Issue(ctx context.Context, x verification.Application) (verification.Issue, error) {
	q := issueQuestion{Request: x.Request, Fam: x.Surname, Im: x.GivenName, Ot: x.Patronymic, Birth: x.BirthDate, Sex: map[string]string{"m": "male", "f": "female"}[x.Sex]}
	if x.Document.Kind == form.BirthCertificate {
		q.Certificate = x.Document.Series + " " + x.Document.Number
	} else {
		q.Series, q.Number = call.Digits(x.Document.Series), call.Digits(x.Document.Number)
	}
	return r.issue(ctx, "/snils/v1/issue", x, q)
}

// Issued asks what became of the application that the fund knows by the number.
func (r *Register) Issued(ctx context.Context, x verification.Application, number string) (verification.Issue, error) {
	out, err := r.issue(ctx, "/snils/v1/issue/state", x, stateQuestion{number})
	if err == nil && out.Number != "" && out.Number != number {
		return verification.Issue{}, fmt.Errorf("%s: %w", r.Name(), call.Foreign())
	}
	return out, err
}

// Posted asks whether the application came that was sent by post under the temporary number.
func (r *Register) Posted(ctx context.Context, x verification.Application, temporary string) (verification.Issue, error) {
	return r.issue(ctx, "/snils/v1/issue/posted", x, postedQuestion{temporary, x.Surname, x.GivenName, x.Patronymic, x.BirthDate})
}

func (r *Register) issue(ctx context.Context, path string, x verification.Application, q any) (verification.Issue, error) {
	a, err := call.Post[issueAnswer](call.About(ctx, call.Matter{Issue: x.Issue, User: x.By}), r.Client, path, q)
	if err != nil {
		return verification.Issue{}, err
	}
	out := verification.Issue{State: states[a.State], Code: a.Code, Number: a.Application}
	if out.State != verification.IssueAssigned {
		return out, nil
	}
	out.SNILS = call.Digits(a.Insured.SNILS)
	if !a.Insured.same(person{SNILS: out.SNILS, Fam: x.Surname, Im: x.GivenName, Ot: x.Patronymic, Birth: x.BirthDate}) {
		return verification.Issue{}, fmt.Errorf("%s: %w", r.Name(), call.Foreign())
	}
	return out, nil
}
