package civil

import (
	"context"
	"fmt"

	"okno/internal/mandate"
	"okno/internal/verification"
)

// Child asks about a child's certificate of birth on behalf of a parent, and whether the record of the birth has that parent. A match
// without the number of the record is no answer: by it one child is told from another, whichever certificate was made out.
func (r *Register) Child(ctx context.Context, q mandate.Question) (mandate.Answer, error) {
	c, by := q.Child, q.Parent
	a, err := r.Check(ctx, verification.Person{Surname: c.Surname, GivenName: c.GivenName, Patronymic: c.Patronymic, BirthDate: c.BirthDate, Document: q.Certificate,
		Parent: verification.Parent{Surname: by.Surname, GivenName: by.GivenName, Patronymic: by.Patronymic, BirthDate: by.BirthDate},
		Matter: verification.Matter{Issue: q.Request, By: q.By}})
	if err != nil {
		return mandate.Answer{}, err
	}
	if a.Verdict == verification.Match && a.Data["act"] == "" {
		return mandate.Answer{}, fmt.Errorf("%s: a match, and no number of the record", r.Name())
	}
	return mandate.Answer{Register: r.Name(), Verdict: mandate.Verdict(a.Verdict), Code: a.Code, Fields: a.Fields, Act: a.Data["act"], Reference: a.Reference}, nil
}
