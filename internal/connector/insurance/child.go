package insurance

import (
	"context"

	"okno/internal/mandate"
	"okno/internal/verification"
)

// Child asks whether the SNILS is the child's: the same question as about anybody's.
func (r *Register) Child(ctx context.Context, q mandate.Question) (mandate.Answer, error) {
	c := q.Child
	a, err := r.Check(ctx, verification.Person{Surname: c.Surname, GivenName: c.GivenName, Patronymic: c.Patronymic, BirthDate: c.BirthDate, SNILS: c.SNILS,
		Matter: verification.Matter{Issue: q.Request, By: q.By}})
	return mandate.Answer{Register: r.Name(), Verdict: mandate.Verdict(a.Verdict), Code: a.Code, Fields: a.Fields, Reference: a.Reference}, err
}
