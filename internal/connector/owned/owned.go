// Package owned asks the registers of documents that people own: the traffic police for driving licences and for the papers of vehicles, the
// fund of compulsory medical insurance and the union of insurers for policies, the civil-status register for certificates of birth. What they
// answer is read as what people type: a number that cannot be is garbage, and of an answer with one such document nothing is kept.
package owned

import (
	"context"
	"fmt"
	"slices"

	"okno/internal/connector/call"
	"okno/internal/form"
	"okno/internal/wallet"
	"okno/internal/wallet/kind"
)

// Register is a register that finds a person's document.
type Register struct {
	*call.Client
	as     string // how package kind calls it
	kind   kind.ID
	enough func(p wallet.Person) bool
	find   func(ctx context.Context, r *Register, p wallet.Person) (found, error)
}

// found is an answer, whichever register gave it.
type found struct {
	outcome wallet.Outcome
	own     bool                // it is about the person who was asked about
	typed   []map[string]string // the documents, by the names of inputs
}

// mostFound is how many documents of one person make sense.
const mostFound = 50

// NewLicences returns the register of driving licences at the address of the settings.
func NewLicences(c call.Config) (*Register, error) {
	return register("licence", "gibdd", "driving-licence", insuredNumber, licence, c)
}

// NewPolicies returns the register of medical policies at the address of the settings.
func NewPolicies(c call.Config) (*Register, error) {
	return register("medical", "foms", "medical-policy", insuredNumber, policy, c)
}

// NewVehicles returns the register of vehicles at the address of the settings.
func NewVehicles(c call.Config) (*Register, error) {
	return register("vehicles", "vehicles", "vehicle", insuredNumber, vehicles, c)
}

// NewInsurers returns the register of the union of insurers at the address of the settings.
func NewInsurers(c call.Config) (*Register, error) {
	return register("insurers", "insurers", "car-insurance", insuredNumber, insured, c)
}

// NewBirths returns the civil-status register, which answers about certificates at the address at which it is asked whether one is in force.
// The line is another: a register that cannot answer the one question goes on answering the other.
func NewBirths(c call.Config) (*Register, error) {
	return register("civil", "civil", "birth-certificate", numbered, birth, c)
}

// insuredNumber says whether a register can find the person that goes by the SNILS.
func insuredNumber(p wallet.Person) bool { return call.Digits(p.SNILS) != "" }

func register(system, as string, k kind.ID, enough func(wallet.Person) bool, find func(context.Context, *Register, wallet.Person) (found, error), c call.Config) (*Register, error) {
	client, err := call.NewClient(system, c)
	if err != nil {
		return nil, err
	}
	return &Register{client, as, k, enough, find}, nil
}

// Name is how kinds of documents name the register.
func (r *Register) Name() string { return r.as }

// Enough reports whether the register can find the person by what is known of them.
func (r *Register) Enough(p wallet.Person) bool { return r.enough(p) }

// Find asks for the document of the person. An error means that it makes sense to ask again later.
func (r *Register) Find(ctx context.Context, p wallet.Person) (wallet.Answer, error) {
	f, err := r.find(call.About(ctx, call.Matter{Issue: p.Issue}), r, p)
	if err != nil {
		return wallet.Answer{}, err
	}
	if f.outcome != wallet.Found {
		return wallet.Answer{Outcome: f.outcome}, nil
	}
	if !f.own {
		return wallet.Answer{}, fmt.Errorf("%s: %w", r.as, call.Foreign())
	}
	k, _ := kind.Of(r.kind)
	out := wallet.Answer{Outcome: wallet.Found}
	for _, typed := range f.typed {
		values, _, wrong := k.Read(typed, form.Date{}, form.DateOf(r.Now()))
		if len(wrong) > 0 || slices.ContainsFunc(out.Documents, func(d map[string]string) bool { return k.SameNumber(d, values) }) {
			return wallet.Answer{}, fmt.Errorf("%s: %w", r.as, call.Garbage("a document that cannot be"))
		}
		out.Documents = append(out.Documents, values)
	}
	if n := len(out.Documents); n == 0 || n > mostFound {
		return wallet.Answer{}, fmt.Errorf("%s: %w", r.as, call.Garbage("no documents, or too many"))
	}
	return out, nil
}
