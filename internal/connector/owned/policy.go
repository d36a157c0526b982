package owned

import (
	"context"
	"errors"

	"okno/internal/connector/call"
	"okno/internal/wallet"
)

// POST {URL}/medical/v1/policy, JSON. The codes of the fund:
//
//	OMS-000  the policy is here           OMS-704  the SNILS is missing
//	OMS-701  not insured                  OMS-710  the name or the date of birth differs
type (
	policyQuestion struct {
		SNILS string `json:"snils"`
		Fam   string `json:"fam"`
		Im    string `json:"im"`
		Ot    string `json:"ot"`
		Dr    string `json:"dr"`
	}
	policyAnswer struct {
		Reference string `json:"reference"`
		Result    *int   `json:"result"` // 0 found, 1 not insured, 2 differs
		Code      string `json:"code"`
		Policy    *struct {
			SNILS string `json:"snils"`
			ENP   string `json:"enp"`
			SMO   string `json:"smo"` // the insurance company
			From  string `json:"from"`
			Until string `json:"until"` // "" when it does not end
		} `json:"policy"`
	}
)

var policies = []struct {
	code    string
	outcome wallet.Outcome
}{{"OMS-000", wallet.Found}, {"OMS-701", wallet.None}, {"OMS-710", wallet.Differs}}

// Check says whether the answer makes sense.
func (a policyAnswer) Check() error {
	if a.Result == nil || *a.Result < 0 || *a.Result >= len(policies) || !call.Word(a.Reference) || policies[*a.Result].code != a.Code {
		return errors.New("no result, code or reference")
	}
	if (*a.Result == 0) != (a.Policy != nil) {
		return errors.New("a policy that is there and is not")
	}
	return nil
}

func policy(ctx context.Context, r *Register, p wallet.Person) (found, error) {
	a, err := call.Post[policyAnswer](ctx, r.Client, "/medical/v1/policy", policyQuestion{call.Digits(p.SNILS), p.Surname, p.GivenName, p.Patronymic, p.BirthDate})
	if err != nil {
		return found{}, err
	}
	out := found{outcome: policies[*a.Result].outcome}
	if d := a.Policy; d != nil {
		out.own = call.Digits(d.SNILS) == call.Digits(p.SNILS)
		out.typed = []map[string]string{{"document_number": d.ENP, "document_insurer": d.SMO, "document_issued_at": d.From, "document_expires_at": d.Until}}
	}
	return out, nil
}
