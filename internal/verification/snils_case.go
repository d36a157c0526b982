package verification

import (
	"context"
	"errors"
	"fmt"
	"time"

	"okno/internal/access"
	"okno/internal/alert"
	"okno/internal/form"
	"okno/internal/keyring"
	"okno/internal/store"
)

// SNILSCase is an application for a SNILS that was filed as a case of a service. The request that the fund gets bears the case's ID, so
// that a case files one, however often it asks, and the page of the SNILS shows the same one. A case of somebody whose application is under
// way already waits for that one. Where it gives a number, or says who has one, that is the end of the case, too; where the fund knows
// nobody with its data, the case files its own, unless they are the same.
type SNILSCase struct {
	ID     string
	At     time.Time    // when it was filed
	Who    access.Actor // who applied, acting for their child when it is for one
	Papers Papers       // what was answered: name, day of birth, sex, and the passport or the certificate of birth
}

// SNILSEnd is what became of the application of a case: an event of its process, so its text stands in the definition. "" is that the
// number is still waited for.
type SNILSEnd string

// The ends.
const (
	EndAssigned SNILSEnd = "assigned"
	EndKnown    SNILSEnd = "known"   // the profile has a number by now, by another way
	EndInsured  SNILSEnd = "insured" // the fund gave this person one long ago
	EndDiffers  SNILSEnd = "differs" // the fund knows nobody with these data
	EndHeld     SNILSEnd = "held"    // another account holds the number
)

// SNILSEnds lists them.
func SNILSEnds() []SNILSEnd {
	return []SNILSEnd{EndAssigned, EndKnown, EndInsured, EndDiffers, EndHeld}
}

// IssueFor files the application of a case with the fund, once, and says what became of it. Where too many papers were tried it is
// ErrChecks, with the moment of the next try; while the account is paused alert.ErrPaused.
func (s *Service) IssueFor(ctx context.Context, c SNILSCase) (SNILSEnd, error) {
	if s.Fund == nil {
		return "", ErrNoFund
	}
	var end SNILSEnd
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		r, err := s.loadSNILS(ctx, tx, c.ID)
		switch {
		case errors.Is(err, store.ErrNotFound):
			end, err = s.fileFor(ctx, tx, c)
		case errors.Is(err, keyring.ErrNoKey), err == nil && r.AccountID != c.Who.Whose():
			end, err = EndKnown, nil // the case went to another account of the person, which has a number: for want of one it would not have been found
		default:
			end = r.end()
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("apply for a SNILS by case %s: %w", c.ID, err)
	}
	return end, nil
}

// fileFor files what was not filed yet, unless another application of the person was under way when the case came, or is. The mistake of an
// application that was withdrawn, of the other parent's or of the page is none of this one, which was corrected.
func (s *Service) fileFor(ctx context.Context, tx *store.Tx, c SNILSCase) (SNILSEnd, error) {
	a, err := s.Accounts.Get(ctx, tx, c.Who.Whose())
	if err != nil {
		return "", err
	}
	latest, found, err := s.latestSNILS(ctx, tx, a.ID)
	if err != nil {
		return "", err
	}
	papers, unreadable := c.read(form.DateOf(tx.Now().In(s.Zone)))
	byPost := latest.State == SNILSPosted || latest.State == SNILSLeft
	switch {
	case found && !byPost && latest.Open():
		return "", nil
	case found && !byPost && !latest.EndedAt.Before(c.At) && (latest.end() != EndDiffers || latest.Papers.same(papers)):
		return latest.end(), nil
	case a.Profile.SNILS != "":
		return EndKnown, nil
	case unreadable != nil:
		return EndDiffers, nil //nolint:nilerr // nobody has such a paper: the form takes what the fund would refuse
	}
	if err := alert.Allowed(ctx, tx, c.Who.ID); err != nil {
		return "", err
	}
	if err := s.throttle(ctx, tx, a, papers); err != nil {
		return "", err
	}
	if err := leaveLetter(ctx, tx, a.ID); err != nil {
		return "", err
	}
	_, err = s.fileSNILS(ctx, tx, c.Who, c.ID, SNILSFiled, papers)
	return "", err
}

// read checks the data of the case.
func (c SNILSCase) read(today form.Date) (Papers, error) {
	if c.Papers.Document.Kind == form.BirthCertificate {
		return readInfant(c.Papers, today)
	}
	return readApplicant(c.Papers, today)
}

// same reports whether the fund is told the same with both.
func (p Papers) same(o Papers) bool {
	told := func(x Papers) [8]string {
		return [8]string{x.Surname, x.GivenName, x.Patronymic, x.BirthDate, x.Sex, string(x.Document.Kind), x.Document.Series, x.Document.Number}
	}
	return told(p) == told(o)
}

// leaveLetter ends an application by post, because one goes on line.
func leaveLetter(ctx context.Context, tx *store.Tx, accountID string) error {
	_, err := tx.Exec(ctx, `UPDATE snils_request SET state = $1, ended_at = $2 WHERE account_id = $3 AND state = $4`, string(SNILSLeft), tx.Now(), accountID, string(SNILSPosted))
	return err
}

// readInfant checks the data of an application for a child who has no passport yet.
func readInfant(x Papers, today form.Date) (Papers, error) {
	r, out := reader{today: today}, Papers{Document: form.Identity{Kind: form.BirthCertificate, Country: form.Russia}}
	r.person(&out, x)
	r.sheet.Take("document_series", &out.Document.Series, form.CertificateSeries, x.Document.Series)
	r.sheet.Take("document_number", &out.Document.Number, form.PassportNumber, x.Document.Number) // six digits, too
	return out, r.sheet.Err()
}

// ofChild reports whether the number is asked for a child, by the certificate of birth.
func (r SNILSRequest) ofChild() bool { return r.Papers.Document.Kind == form.BirthCertificate }

// end is what became of the request, in the words of cases.
func (r SNILSRequest) end() SNILSEnd {
	switch {
	case r.Open():
		return ""
	case r.Held():
		return EndHeld
	case r.State == SNILSAssigned:
		return EndAssigned
	case r.State == SNILSRefused && r.Code == codeInsured:
		return EndInsured
	}
	return EndDiffers
}

// codeInsured is the fund's code of an end: this person has a number.
const codeInsured = "SFR-601"
