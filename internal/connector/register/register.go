// Package register asks any register that a service's definition names, by one open question (docs/services.md), so that an
// agency adds a service with a register of its own and no line of Go.
//
// POST {URL}/agencies/v1/{NAME}, JSON:
//
//	{"register": "mvd.licence", "values": {"snils": "…", "category": "B"}}                   what the state's with names
//	{"register": "mvd.licence", "requestNumber": "…", "outcome": "found", "data": {…}}        outcome is an event of the state
//
// A register that can be asked and has nothing says so by an outcome; a status other than 200 means that it is to be asked again
// later. It must answer the same question alike when it comes twice: give it c.number as the key. What it says may stand on a paper
// (outputs, facts), as texts, whole numbers and lists of texts.
package register

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"okno/internal/connector/call"
)

// Register is one register under the name by which definitions call it.
type Register struct {
	*call.Client
	name string
}

// New returns the register called name at the address of the settings.
func New(name string, c call.Config) (*Register, error) {
	if !shape.MatchString(name) {
		return nil, fmt.Errorf("the name of a register must look like mvd.licence, and is %q", name)
	}
	client, err := call.NewClient(name, c)
	if err != nil {
		return nil, err
	}
	return &Register{client, name}, nil
}

var (
	shape = regexp.MustCompile(`^[a-z][a-z0-9]*(\.[a-z0-9]+(-[a-z0-9]+)*)+$`)
	event = regexp.MustCompile(`^[a-z][a-z0-9]{0,31}(-[a-z0-9]{1,31}){0,3}$`)
)

type question struct {
	Register string         `json:"register"`
	Values   map[string]any `json:"values"`
}

type answer struct {
	Register      string         `json:"register"`
	RequestNumber string         `json:"requestNumber"`
	Outcome       string         `json:"outcome"`
	Data          map[string]any `json:"data"`
}

// Check says whether the answer makes sense.
func (a answer) Check() error {
	if !event.MatchString(a.Outcome) || !call.Word(a.RequestNumber) || a.Register == "" {
		return errors.New("no register, outcome or number")
	}
	return nil
}

// Ask asks the register. outcome is an event of the process, data what the register says, and the number of its answer as reference.
// An error means that it makes sense to ask again later.
func (r *Register) Ask(ctx context.Context, in map[string]any) (outcome string, data map[string]any, err error) {
	a, err := call.Post[answer](ctx, r.Client, "/agencies/v1/"+r.name, question{r.name, in})
	if err != nil {
		return "", nil, err
	}
	if a.Register != r.name {
		return "", nil, fmt.Errorf("%s: %w", r.name, call.Foreign())
	}
	if a.Data == nil {
		a.Data = map[string]any{}
	}
	a.Data["reference"] = a.RequestNumber
	return a.Outcome, a.Data, nil
}
