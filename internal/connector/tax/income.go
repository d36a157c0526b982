package tax

import (
	"context"
	"errors"
	"fmt"

	"okno/internal/connector/call"
)

// Income is where the incomes are that employers reported.
type Income struct{ *call.Client }

// NewIncome returns the service at the address of the settings.
func NewIncome(c call.Config) (*Income, error) {
	client, err := call.NewClient("income", c)
	if err != nil {
		return nil, err
	}
	return &Income{client}, nil
}

type incomeQuestion struct {
	INN   string `json:"inn,omitempty"`
	SNILS string `json:"snils,omitempty"`
	Fam   string `json:"fam"`
	Nam   string `json:"nam"`
	Otch  string `json:"otch"`
	Bdate string `json:"bdate"`
	Year  int    `json:"year"`
}

type incomeAnswer struct {
	ReqNo  string  `json:"reqno"`
	State  string  `json:"state"`
	Code   string  `json:"code"`
	INN    string  `json:"inn"`
	Year   int     `json:"year"`
	Agents []agent `json:"agents"`
}

type agent struct {
	Name   string `json:"name"`
	INN    string `json:"inn"`
	KPP    string `json:"kpp"`
	Months []struct {
		Month int          `json:"month"`
		Code  string       `json:"code"`
		Sum   call.Kopecks `json:"sum"`
	} `json:"months"`
	Total    call.Kopecks `json:"total"`
	Base     call.Kopecks `json:"base"`
	Rate     int          `json:"rate"`
	Tax      call.Kopecks `json:"tax"`
	Withheld call.Kopecks `json:"withheld"`
}

// Check says whether the answer makes sense, and that the sums of the months give the sum of the year: a paper
// is made from it.
func (a incomeAnswer) Check() error {
	if (a.State != "OK" && a.State != "DIFF" && a.State != "NONE") || !call.Code(a.Code) || !call.Word(a.ReqNo) {
		return errors.New("no state, code or number")
	}
	if a.State != "OK" {
		return nil
	}
	if a.Year == 0 || len(a.Agents) == 0 || len(call.Digits(a.INN)) != 12 {
		return errors.New("a statement of nothing")
	}
	for _, g := range a.Agents {
		var sum call.Kopecks
		for _, m := range g.Months {
			if m.Month < 1 || m.Month > 12 {
				return errors.New("a month that is none")
			}
			sum += m.Sum
		}
		if g.Name == "" || sum != g.Total {
			return errors.New("a payer without a name, or months that do not give the total")
		}
	}
	return nil
}

// Call fetches the statement of one year. Input: surname, given_name, patronymic, birth_date (ISO), year, and
// inn or snils or both. Output, where every sum is an int64 of kopecks:
//
//	year, inn, reference, code
//	income_kopecks, tax_kopecks, withheld_kopecks      of all payers together
//	payers: name, inn, kpp, rate, income_kopecks, base_kopecks, tax_kopecks, withheld_kopecks,
//	        months: month, code, sum_kopecks
//
// Errors: call.ErrNotFound when nothing is known of that year, call.ErrDiffers when the person is not whom the
// service knows under that number, anything else when it makes sense to ask again later.
func (s *Income) Call(ctx context.Context, input map[string]any) (map[string]any, error) {
	year, err := call.Int(input, "year")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name(), err)
	}
	text := func(key string) string { return call.Text(input, key) }
	a, err := call.Post[incomeAnswer](ctx, s.Client, "/income/v1/statement", incomeQuestion{
		INN: call.Digits(text("inn")), SNILS: call.Digits(text("snils")),
		Fam: text("surname"), Nam: text("given_name"), Otch: text("patronymic"), Bdate: russian(text("birth_date")),
		Year: year,
	})
	if err != nil {
		return nil, err
	}
	switch a.State {
	case "NONE":
		return nil, &call.Refusal{System: s.Name(), Outcome: call.NotFound, Code: a.Code, Reference: a.ReqNo}
	case "DIFF":
		return nil, &call.Refusal{System: s.Name(), Outcome: call.Differs, Code: a.Code, Reference: a.ReqNo}
	}
	if a.Year != year {
		return nil, fmt.Errorf("%s: %w", s.Name(), call.Garbage("asked for one year, told of another"))
	}
	if inn := call.Digits(text("inn")); inn != "" && call.Digits(a.INN) != inn {
		return nil, fmt.Errorf("%s: %w", s.Name(), call.Foreign())
	}
	return a.output(), nil
}

func (a incomeAnswer) output() map[string]any {
	var income, tax, withheld call.Kopecks
	payers := make([]any, 0, len(a.Agents))
	for _, g := range a.Agents {
		income, tax, withheld = income+g.Total, tax+g.Tax, withheld+g.Withheld
		months := make([]any, 0, len(g.Months))
		for _, m := range g.Months {
			months = append(months, map[string]any{"month": int64(m.Month), "code": m.Code, "sum_kopecks": int64(m.Sum)})
		}
		payers = append(payers, map[string]any{
			"name": g.Name, "inn": g.INN, "kpp": g.KPP, "rate": int64(g.Rate),
			"income_kopecks": int64(g.Total), "base_kopecks": int64(g.Base),
			"tax_kopecks": int64(g.Tax), "withheld_kopecks": int64(g.Withheld), "months": months,
		})
	}
	return map[string]any{
		"year": int64(a.Year), "inn": a.INN, "reference": a.ReqNo, "code": a.Code,
		"income_kopecks": int64(income), "tax_kopecks": int64(tax), "withheld_kopecks": int64(withheld), "payers": payers,
	}
}
