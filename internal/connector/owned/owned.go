// Package owned asks the registers of documents that people own: the traffic police for driving licences, the fund of compulsory medical
// insurance for policies. What they answer is read as what people type: a number that cannot be is garbage.
//
// POST {URL}/licence/v1/find, JSON. The codes of the traffic police:
//
//	GAI-000  the licence is here          GAI-604  the SNILS is missing
//	GAI-601  there is none                GAI-610  the name or the date of birth differs
//	GAI-602  taken away for a time
//
// POST {URL}/medical/v1/policy, JSON. The codes of the fund:
//
//	OMS-000  the policy is here           OMS-704  the SNILS is missing
//	OMS-701  not insured                  OMS-710  the name or the date of birth differs
package owned

import (
	"context"
	"errors"
	"fmt"

	"okno/internal/connector/call"
	"okno/internal/form"
	"okno/internal/wallet"
	"okno/internal/wallet/kind"
)

// Register is a register that finds a person's document.
type Register struct {
	*call.Client
	as   string // how package kind calls it
	kind kind.ID
	find func(ctx context.Context, r *Register, p wallet.Person) (found, error)
}

// found is an answer, whichever register gave it.
type found struct {
	outcome wallet.Outcome
	snils   string            // about whom
	typed   map[string]string // the document, by the names of inputs
}

// NewLicences returns the register of driving licences at the address of the settings.
func NewLicences(c call.Config) (*Register, error) {
	return register("licence", "gibdd", "driving-licence", licence, c)
}

// NewPolicies returns the register of medical policies at the address of the settings.
func NewPolicies(c call.Config) (*Register, error) {
	return register("medical", "foms", "medical-policy", policy, c)
}

func register(system, as string, k kind.ID, find func(context.Context, *Register, wallet.Person) (found, error), c call.Config) (*Register, error) {
	client, err := call.NewClient(system, c)
	if err != nil {
		return nil, err
	}
	return &Register{client, as, k, find}, nil
}

// Name is how kinds of documents name the register.
func (r *Register) Name() string { return r.as }

// Find asks for the document of the person. An error means that it makes sense to ask again later.
func (r *Register) Find(ctx context.Context, p wallet.Person) (wallet.Answer, error) {
	f, err := r.find(call.About(ctx, call.Matter{Issue: p.Issue}), r, p)
	if err != nil {
		return wallet.Answer{}, err
	}
	if f.outcome != wallet.Found {
		return wallet.Answer{Outcome: f.outcome}, nil
	}
	if f.snils != call.Digits(p.SNILS) {
		return wallet.Answer{}, fmt.Errorf("%s: %w", r.as, call.Foreign())
	}
	k, _ := kind.Of(r.kind)
	values, _, wrong := k.Read(f.typed, form.Date{}, form.DateOf(r.Now()))
	if len(wrong) > 0 {
		return wallet.Answer{}, fmt.Errorf("%s: %w", r.as, call.Garbage("a document that cannot be"))
	}
	return wallet.Answer{Outcome: wallet.Found, Values: values}, nil
}

type (
	licenceQuestion struct {
		SNILS      string `json:"snils"`
		LastName   string `json:"lastName"`
		FirstName  string `json:"firstName"`
		MiddleName string `json:"middleName"`
		BirthDate  string `json:"birthDate"`
	}
	licenceAnswer struct {
		RequestNumber string `json:"requestNumber"`
		Status        string `json:"status"` // FOUND NONE DIFFERS DEPRIVED
		Code          string `json:"code"`
		Licence       *struct {
			SNILS      string `json:"snils"`
			Number     string `json:"number"`
			Categories string `json:"categories"`
			Issued     string `json:"issued"`
			Expires    string `json:"expires"`
			Issuer     string `json:"issuer"`
		} `json:"licence"`
	}
)

// licences are the outcomes of the traffic police; one that was taken away for a time opens no road.
var licences = map[string]struct {
	code    string
	outcome wallet.Outcome
}{"FOUND": {"GAI-000", wallet.Found}, "NONE": {"GAI-601", wallet.None}, "DEPRIVED": {"GAI-602", wallet.None}, "DIFFERS": {"GAI-610", wallet.Differs}}

// Check says whether the answer makes sense.
func (a licenceAnswer) Check() error {
	o, known := licences[a.Status]
	if !known || !call.Word(a.RequestNumber) || o.code != a.Code {
		return errors.New("no status, code or number")
	}
	if (o.outcome == wallet.Found) != (a.Licence != nil) {
		return errors.New("a licence that is there and is not")
	}
	return nil
}

func licence(ctx context.Context, r *Register, p wallet.Person) (found, error) {
	a, err := call.Post[licenceAnswer](ctx, r.Client, "/licence/v1/find", licenceQuestion{call.Digits(p.SNILS), p.Surname, p.GivenName, p.Patronymic, p.BirthDate})
	if err != nil {
		return found{}, err
	}
	out := found{outcome: licences[a.Status].outcome}
	if d := a.Licence; d != nil {
		out.snils = call.Digits(d.SNILS)
		out.typed = map[string]string{"document_number": d.Number, "document_categories": d.Categories, "document_issued_at": d.Issued, "document_expires_at": d.Expires, "document_issued_by": d.Issuer}
	}
	return out, nil
}

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
		out.snils = call.Digits(d.SNILS)
		out.typed = map[string]string{"document_number": d.ENP, "document_insurer": d.SMO, "document_issued_at": d.From, "document_expires_at": d.Until}
	}
	return out, nil
}
