package system

import (
	"context"
	"errors"
	"fmt"

	"okno/internal/access"
	"okno/internal/alert"
	"okno/internal/application"
	"okno/internal/form"
	"okno/internal/procedure"
	"okno/internal/store"
	"okno/internal/verification"
)

// issueOfSNILS is what definitions call the application for a SNILS (call: portal:sfr.snils). It is there when the fund has an address.
const issueOfSNILS = "sfr.snils"

// issuer files the application for a SNILS of a case, and says what became of it.
type issuer struct{ proofs *verification.Service }

// The answers of which the application is made. A service that asks for a SNILS has these questions; one with a child's certificate has
// no passport.
const (
	saidSurname    = "/applicant/surname"
	saidGivenName  = "/applicant/given_name"
	saidPatronymic = "/applicant/patronymic"
	saidBirthDate  = "/applicant/birth_date"
	saidSex        = "/applicant/sex"
	saidSeries     = "/passport/series"
	saidNumber     = "/passport/number"
	saidCertSeries = "/certificate/series"
	saidCertNumber = "/certificate/number"
)

// questions are the questions of the application.
func questions() []string {
	return []string{saidSurname, saidGivenName, saidPatronymic, saidBirthDate, saidSex, saidSeries, saidNumber, saidCertSeries, saidCertNumber}
}

// AskFor files it once. The fund takes days, and whoever has tried many papers, or has their account paused, waits too: nothing has failed,
// and the page of the case says what it waits for.
func (i issuer) AskFor(ctx context.Context, c application.Case) (string, error) {
	said := c.Content.Answers.Text
	papers := verification.Papers{Surname: said(saidSurname), GivenName: said(saidGivenName), Patronymic: said(saidPatronymic), BirthDate: said(saidBirthDate), Sex: said(saidSex),
		Document: form.Identity{Kind: form.Passport, Series: said(saidSeries), Number: said(saidNumber)}}
	who := access.Actor{Kind: access.Person, ID: c.AccountID}
	if c.By != "" {
		who = access.Actor{Kind: access.Person, ID: c.By}.Acting(c.AccountID, access.Child)
		papers.Document = form.Identity{Kind: form.BirthCertificate, Series: said(saidCertSeries), Number: said(saidCertNumber)}
	}
	end, err := i.proofs.IssueFor(ctx, verification.SNILSCase{ID: c.ID, At: c.SubmittedAt, Who: who, Papers: papers})
	if errors.Is(err, verification.ErrChecks) || errors.Is(err, alert.ErrPaused) {
		return "", fmt.Errorf("%w: %w", application.ErrPending, err)
	}
	if err == nil && end == "" {
		return "", application.ErrPending
	}
	return string(end), err
}

// issues joins the cases that ask for a SNILS and the applications with the fund.
func (x *System) issues() {
	if x.outside.fund == nil {
		return
	}
	x.Applications.Inside = map[string]application.Inside{issueOfSNILS: issuer{x.Verification}}
	x.Verification.Awaited = func(ctx context.Context, tx *store.Tx, accountID string) (bool, error) {
		return x.Applications.Wake(ctx, tx, accountID, issueOfSNILS)
	}
	x.Verification.Waiting = func(ctx context.Context, tx *store.Tx, caseID string) (bool, error) {
		return x.Applications.Waits(ctx, tx, caseID, issueOfSNILS)
	}
}

// inside says what of the portal itself a definition asks that is not there for it: an application goes to the fund by a service of the
// fund's alone, and by one that asks what the application is made of.
func (o *outside) inside(def *procedure.Definition) error {
	for _, name := range def.Insides() {
		switch {
		case name != issueOfSNILS:
			return fmt.Errorf("service %s asks portal:%s, and the portal has nothing of that name", def.Code, name)
		case o.fund == nil:
			return fmt.Errorf("service %s files applications with the social fund, for which no address is set (okno serve --help, register-snils)", def.Code)
		case def.Owner.Code != "sfr":
			return fmt.Errorf("service %s asks portal:%s, which is for services of sfr alone", def.Code, name)
		}
		for _, at := range questions() {
			if _, ok := def.Form.Field(at); !ok {
				return fmt.Errorf("service %s asks portal:%s, and has no question %s, of which the application is made", def.Code, name, at)
			}
		}
	}
	return nil
}
