package passport

import (
	"context"
	"errors"
	"fmt"

	"okno/internal/connector/call"
	"okno/internal/form"
	"okno/internal/verification"
)

// kinds are the ministry's words for the documents that are no passport of a citizen.
var kinds = map[form.IdentityKind]string{
	form.InternationalPassport: "INTERNATIONAL_PASSPORT", form.TemporaryCard: "TEMPORARY_CARD", form.ForeignDocument: "FOREIGN_DOCUMENT",
	form.ResidencePermit: "RESIDENCE_PERMIT", form.RefugeeCertificate: "REFUGEE_CERTIFICATE", form.TemporaryAsylum: "TEMPORARY_ASYLUM",
	form.MigrationCard: "MIGRATION_CARD",
}

type documentQuestion struct {
	Kind       string `json:"kind"`
	Country    string `json:"country"`
	Series     string `json:"series,omitempty"`
	Number     string `json:"number"`
	IssueDate  string `json:"issueDate,omitempty"`
	ExpiryDate string `json:"expiryDate,omitempty"`
	Issuer     string `json:"issuer,omitempty"`
	LastName   string `json:"lastName"`
	FirstName  string `json:"firstName"`
	MiddleName string `json:"middleName"`
	BirthDate  string `json:"birthDate"`
}

type documentAnswer struct {
	RequestNumber string          `json:"requestNumber"`
	Status        string          `json:"status"`
	Code          string          `json:"code"`
	Matches       map[string]bool `json:"matches"`
	Document      *struct {
		documentQuestion
		Sex        string `json:"sex"`
		BirthPlace string `json:"birthPlace"`
	} `json:"document"`
}

// documentFields are the ministry's names of what Person calls otherwise.
var documentFields = map[string]string{
	"lastName": "surname", "firstName": "given_name", "middleName": "patronymic", "birthDate": "birth_date",
	"kind": "document_kind", "country": "document_country", "series": "document_series", "number": "document_number",
	"issueDate": "document_issued_at", "expiryDate": "document_expires_at", "issuer": "document_issued_by",
}

// Check says whether the answer makes sense.
func (a documentAnswer) Check() error {
	if verdicts[a.Status] == "" || !call.Code(a.Code) || !call.Word(a.RequestNumber) {
		return errors.New("no status, code or number")
	}
	if a.Status == "VALID" && a.Document == nil {
		return errors.New("valid, and no document")
	}
	if (a.Status == "VALID") != (a.Code == "MVD-000") {
		return errors.New("a status and a code that contradict each other")
	}
	return nil
}

// about reports whether the document of a match is that of the question: see answer.about.
func (a documentAnswer) about(q documentQuestion) bool {
	for theirs, same := range a.Matches {
		if !same && theirs != "issuer" && documentFields[theirs] != "" {
			return false
		}
	}
	d := a.Document
	return d.Kind == q.Kind && d.Country == q.Country && call.SameNumber(d.Series+d.Number, q.Series+q.Number) && d.BirthDate == q.BirthDate &&
		call.Same(d.LastName, q.LastName) && call.Same(d.FirstName, q.FirstName) && call.Same(d.MiddleName, q.MiddleName) &&
		d.IssueDate == q.IssueDate && d.ExpiryDate == q.ExpiryDate && (d.Sex == "male" || d.Sex == "female")
}

// document asks about a document of p that is no passport of a citizen.
func (r *Register) document(ctx context.Context, p verification.Person) (verification.Answer, error) {
	x := p.Document
	q := documentQuestion{
		Kind: kinds[x.Kind], Country: x.Country, Series: x.Series, Number: x.Number, IssueDate: x.IssuedAt.String(), ExpiryDate: x.ExpiresAt.String(), Issuer: x.IssuedBy,
		LastName: p.Surname, FirstName: p.GivenName, MiddleName: p.Patronymic, BirthDate: p.BirthDate,
	}
	a, err := call.Post[documentAnswer](call.About(ctx, call.Matter{Issue: p.Issue, User: p.By}), r.Client, "/passport/v1/document", q)
	if err != nil {
		return verification.Answer{}, err
	}
	if a.Status == "VALID" && !a.about(q) {
		return verification.Answer{}, fmt.Errorf("%s: %w", r.Name(), call.Foreign())
	}
	out := verification.Answer{
		Register: r.Name(), Verdict: verdicts[a.Status], Code: a.Code, Reference: a.RequestNumber, At: r.Now(),
		Fields: call.Rename(a.Matches, documentFields),
	}
	if d := a.Document; out.Verdict == verification.Match {
		out.Data = map[string]string{
			"surname": d.LastName, "given_name": d.FirstName, "patronymic": d.MiddleName, "birth_date": d.BirthDate, "sex": d.Sex, "birth_place": d.BirthPlace,
			"document_country": d.Country, "document_series": d.Series, "document_number": d.Number,
			"document_issued_at": d.IssueDate, "document_expires_at": d.ExpiryDate, "document_issued_by": d.Issuer,
		}
	}
	return out, nil
}
