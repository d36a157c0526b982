package owned

import (
	"context"
	"errors"
	"strconv"

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
		Result    *int   `json:"result"` // 0 found, 1 not found, 2 differs
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

// policies are the outcomes of the fund, by its result and code.
var policies = map[string]wallet.Outcome{"0 OMS-000": wallet.Found, "1 OMS-701": wallet.None, "1 OMS-704": wallet.Lacking, "2 OMS-710": wallet.Differs}

func (a policyAnswer) outcome() (wallet.Outcome, bool) { return coded(policies, a.Result, a.Code) }

// coded is the outcome of an answer that says a result and a code.
func coded(all map[string]wallet.Outcome, result *int, code string) (wallet.Outcome, bool) {
	if result == nil {
		return "", false
	}
	o, known := all[strconv.Itoa(*result)+" "+code]
	return o, known
}

// Check says whether the answer makes sense.
func (a policyAnswer) Check() error {
	o, known := a.outcome()
	if !known || !call.Word(a.Reference) {
		return errors.New("no result, code or reference")
	}
	if (o == wallet.Found) != (a.Policy != nil) {
		return errors.New("a policy that is there and is not")
	}
	return nil
}

func policy(ctx context.Context, r *Register, p wallet.Person) (found, error) {
	a, err := call.Post[policyAnswer](ctx, r.Client, "/medical/v1/policy", policyQuestion{call.Digits(p.SNILS), p.Surname, p.GivenName, p.Patronymic, p.BirthDate})
	if err != nil {
		return found{}, err
	}
	var out found
	out.outcome, _ = a.outcome()
	if d := a.Policy; d != nil {
		out.own = call.Digits(d.SNILS) == call.Digits(p.SNILS)
		out.typed = []map[string]string{{"document_number": d.ENP, "document_insurer": d.SMO, "document_issued_at": d.From, "document_expires_at": d.Until}}
	}
	return out, nil
}
