package tax

import (
	"context"
	"errors"
	"fmt"
	"time"

	"okno/internal/connector/call"
	"okno/internal/form"
	"okno/internal/verification"
)

// INN is the register of taxpayers.
type INN struct{ *call.Client }

// NewINN returns the register at the address of the settings.
func NewINN(c call.Config) (*INN, error) {
	client, err := call.NewClient("inn", c)
	if err != nil {
		return nil, err
	}
	return &INN{client}, nil
}

type innQuestion struct {
	INN     string `json:"inn,omitempty"`
	Fam     string `json:"fam"`
	Nam     string `json:"nam"`
	Otch    string `json:"otch"`
	Bdate   string `json:"bdate"`
	Doctype string `json:"doctype,omitempty"` // 21: passport of a citizen
	Docno   string `json:"docno,omitempty"`
}

type innAnswer struct {
	ReqNo string          `json:"reqno"`
	State string          `json:"state"`
	Code  string          `json:"code"`
	Eq    map[string]bool `json:"eq"`
	INN   string          `json:"inn"`
}

var verdicts = map[string]verification.Verdict{
	"OK": verification.Match, "DIFF": verification.Mismatch, "NONE": verification.NotFound, "VOID": verification.Invalid,
}

// fields: the service compares the passport as one thing, so that its number stands for the whole.
var fields = map[string]string{
	"inn": "inn", "fam": "surname", "nam": "given_name", "otch": "patronymic", "bdate": "birth_date", "docno": "passport_number",
}

// Check says whether the answer makes sense.
func (a innAnswer) Check() error {
	if verdicts[a.State] == "" || !call.Code(a.Code) || !call.Word(a.ReqNo) {
		return errors.New("no state, code or number")
	}
	if _, problem := form.INN(a.INN); a.State == "OK" && problem != nil {
		return errors.New("a match, and no taxpayer number")
	}
	if (a.State == "OK") != (a.Code == "FNS-000") {
		return errors.New("a state and a code that contradict each other")
	}
	return nil
}

// about reports whether the number of a match is the one that was asked about, if one was; what the service says to differ cannot
// match.
func (a innAnswer) about(q innQuestion) bool {
	for theirs, same := range a.Eq {
		if !same && fields[theirs] != "" {
			return false
		}
	}
	return q.INN == "" || call.Digits(a.INN) == q.INN
}

// doctypes are the service's codes of identity documents.
var doctypes = map[form.IdentityKind]string{
	form.BirthCertificate: "03", form.ForeignDocument: "10", form.ResidencePermit: "12", form.RefugeeCertificate: "13", form.TemporaryCard: "14",
	form.TemporaryAsylum: "19", form.Passport: "21", form.InternationalPassport: "22", form.MigrationCard: "91",
}

// Check asks about the taxpayer number of p or, when p has none, for the number of whoever holds the document.
func (r *INN) Check(ctx context.Context, p verification.Person) (verification.Answer, error) {
	q := innQuestion{
		INN: call.Digits(p.INN), Fam: p.Surname, Nam: p.GivenName, Otch: p.Patronymic, Bdate: russian(p.BirthDate),
	}
	if d := p.Document; d.Number != "" {
		q.Doctype, q.Docno = doctypes[d.Kind], d.Series+d.Number
	}
	a, err := call.Post[innAnswer](call.About(ctx, call.Matter{Issue: p.Issue, User: p.By}), r.Client, "/inn/v1/check", q)
	if err != nil {
		return verification.Answer{}, err
	}
	if a.State == "OK" && !a.about(q) {
		return verification.Answer{}, fmt.Errorf("%s: %w", r.Name(), call.Foreign())
	}
	out := verification.Answer{
		Register: r.Name(), Verdict: verdicts[a.State], Code: a.Code, Reference: a.ReqNo, At: r.Now(),
		Fields: call.Rename(a.Eq, fields),
	}
	if same, judged := out.Fields["passport_number"]; judged && p.Document.Kind != form.Passport {
		delete(out.Fields, "passport_number")
		out.Fields["document_number"] = same
	}
	if out.Verdict == verification.Match {
		out.Data = map[string]string{"inn": call.Digits(a.INN)}
	}
	return out, nil
}

// russian writes an ISO date as ДД.ММ.ГГГГ. What is no date stays what it is, for the service to refuse.
func russian(iso string) string {
	t, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return iso
	}
	return t.Format("02.01.2006")
}
