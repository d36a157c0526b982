package owned

import (
	"context"
	"errors"

	"okno/internal/connector/call"
	"okno/internal/wallet"
)

// POST {URL}/civil/v1/certificate, JSON. A record of a birth has no SNILS: it is found by whose it is, and of several people of one name and
// birthday by the number of insurance that the register got from the fund, or by the certificate that proves who the person is. The codes:
//
//	ZAGS-000  the certificate is here       ZAGS-710  the name or the date of birth differs
//	ZAGS-701  no such record                ZAGS-704  neither SNILS nor certificate given
type (
	birthQuestion struct {
		Born   birthName `json:"born"`
		SNILS  string    `json:"snils,omitempty"`
		Series string    `json:"series,omitempty"`
		Number string    `json:"number,omitempty"`
	}
	birthName struct {
		Family     string `json:"family"`
		Given      string `json:"given"`
		Patronymic string `json:"patronymic"`
		Birth      string `json:"birth"`
	}
	birthAnswer struct {
		Inquiry     string     `json:"inquiry"`
		Outcome     string     `json:"outcome"` // FOUND DIFFERS NONE
		Code        string     `json:"code"`
		Born        *birthName `json:"born"`
		Certificate *struct {
			Series string `json:"series"`
			Number string `json:"number"`
			Given  string `json:"given"`
			Office string `json:"office"`
		} `json:"certificate"`
	}
)

// births are the outcomes.
var births = map[string]wallet.Outcome{"FOUND ZAGS-000": wallet.Found, "NONE ZAGS-701": wallet.None, "NONE ZAGS-704": wallet.Lacking, "DIFFERS ZAGS-710": wallet.Differs}

// numbered says whether there is a number that tells the person from others of the name and birthday.
func numbered(p wallet.Person) bool { return insuredNumber(p) || p.Certificate.Number != "" }

// Check says whether the answer makes sense.
func (a birthAnswer) Check() error {
	o, known := births[a.Outcome+" "+a.Code]
	if !known || !call.Word(a.Inquiry) {
		return errors.New("no outcome, code or number")
	}
	if there := o == wallet.Found; there != (a.Born != nil) || there != (a.Certificate != nil) {
		return errors.New("a certificate that is there and is not")
	}
	return nil
}

func birth(ctx context.Context, r *Register, p wallet.Person) (found, error) {
	a, err := call.Post[birthAnswer](ctx, r.Client, "/civil/v1/certificate", birthQuestion{birthName{p.Surname, p.GivenName, p.Patronymic, p.BirthDate}, call.Digits(p.SNILS), p.Certificate.Series, p.Certificate.Number})
	if err != nil {
		return found{}, err
	}
	out := found{outcome: births[a.Outcome+" "+a.Code]}
	if c := a.Certificate; c != nil {
		b := a.Born
		out.own = b.Birth == p.BirthDate && call.Same(b.Family, p.Surname) && call.Same(b.Given, p.GivenName) && call.Same(b.Patronymic, p.Patronymic)
		out.typed = []map[string]string{{"document_series": c.Series, "document_number": c.Number, "document_issued_at": c.Given, "document_issued_by": c.Office}}
	}
	return out, nil
}
