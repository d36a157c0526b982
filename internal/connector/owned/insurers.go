package owned

import (
	"context"
	"errors"

	"okno/internal/connector/call"
	"okno/internal/wallet"
)

// POST {URL}/insurers/v1/policies, JSON. The codes of the union of insurers:
//
//	RSA-000  the policies are here        RSA-904  the SNILS is missing
//	RSA-901  no vehicle is insured        RSA-910  the name or the date of birth differs
type insuredAnswer struct {
	Reference string `json:"reference"`
	Result    *int   `json:"result"` // 0 found, 1 none, 2 differs
	Code      string `json:"code"`
	Holder    string `json:"holder"` // SNILS, "" unless found
	Policies  []struct {
		Series  string `json:"series"`
		Number  string `json:"number"`
		Insurer string `json:"insurer"`
		Plate   string `json:"plate"`
		Issued  string `json:"issued"`
		Until   string `json:"until"`
	} `json:"policies"`
}

// insurances are the outcomes of the union, by its result and code.
var insurances = map[string]wallet.Outcome{"0 RSA-000": wallet.Found, "1 RSA-901": wallet.None, "1 RSA-904": wallet.Lacking, "2 RSA-910": wallet.Differs}

func (a insuredAnswer) outcome() (wallet.Outcome, bool) { return coded(insurances, a.Result, a.Code) }

// Check says whether the answer makes sense.
func (a insuredAnswer) Check() error {
	o, known := a.outcome()
	if !known || !call.Word(a.Reference) {
		return errors.New("no result, code or reference")
	}
	if there := o == wallet.Found; there != (a.Holder != "") || there != (len(a.Policies) > 0) {
		return errors.New("policies that are there and are not")
	}
	return nil
}

func insured(ctx context.Context, r *Register, p wallet.Person) (found, error) {
	a, err := call.Post[insuredAnswer](ctx, r.Client, "/insurers/v1/policies", policyQuestion{call.Digits(p.SNILS), p.Surname, p.GivenName, p.Patronymic, p.BirthDate})
	if err != nil {
		return found{}, err
	}
	o, _ := a.outcome()
	out := found{outcome: o, own: call.Digits(a.Holder) == call.Digits(p.SNILS)}
	for _, x := range a.Policies {
		out.typed = append(out.typed, map[string]string{"document_number": x.Series + " " + x.Number, "document_insurer": x.Insurer, "document_plate": x.Plate, "document_issued_at": x.Issued, "document_expires_at": x.Until})
	}
	return out, nil
}
