// Package property fetches extracts from the register of real estate.
//
// POST {URL}/property/v1/extract, JSON. The codes of the register, as they come in call.Refusal:
//
//	EGR-000  the extract is here        EGR-504  the SNILS is missing
//	EGR-501  nothing registered         EGR-510  the name differs
//	EGR-502  no such person             EGR-511  the date of birth differs
package property

import (
	"context"
	"errors"
	"fmt"
	"time"

	"okno/internal/connector/call"
)

// Extract is where extracts come from.
type Extract struct{ *call.Client }

// New returns the register at the address of the settings.
func New(c call.Config) (*Extract, error) {
	client, err := call.NewClient("property", c)
	if err != nil {
		return nil, err
	}
	return &Extract{client}, nil
}

type question struct {
	SNILS      string `json:"snils"`
	LastName   string `json:"lastName"`
	FirstName  string `json:"firstName"`
	MiddleName string `json:"middleName"`
	BirthDate  string `json:"birthDate"`
}

type answer struct {
	RequestNumber string `json:"requestNumber"`
	Status        string `json:"status"`
	Code          string `json:"code"`
	SNILS         string `json:"snils"` // of an extract: whose it is
	AsOf          string `json:"asOf"`
	Objects       []struct {
		CadastralNumber string `json:"cadastralNumber"`
		Kind            string `json:"kind"`
		Address         string `json:"address"`
		Area            string `json:"area"`
		Right           string `json:"right"`
		Share           string `json:"share"`
		RightNumber     string `json:"rightNumber"`
		Since           string `json:"since"`
	} `json:"objects"`
}

// Check says whether the answer makes sense.
func (a answer) Check() error {
	if (a.Status != "OK" && a.Status != "DIFFERS" && a.Status != "NOT_FOUND") || !call.Code(a.Code) || !call.Word(a.RequestNumber) {
		return errors.New("no status, code or number")
	}
	if _, err := time.Parse(time.DateOnly, a.AsOf); a.Status == "OK" && (len(a.Objects) == 0 || err != nil) {
		return errors.New("an extract of nothing, or of no day")
	}
	for _, o := range a.Objects {
		if o.CadastralNumber == "" || o.Share == "" {
			return errors.New("an object without a number or a share")
		}
	}
	return nil
}

// Call fetches an extract about everything a person owns. Input: surname, given_name, patronymic, birth_date
// (ISO), snils. Output: reference, code, as_of (ISO), and objects, each with cadastral_number, kind, address,
// area (square metres with a dot), right, share (1 or 1/2), right_number, since (ISO); all of it text.
//
// Errors: call.ErrNotFound when nothing is registered, call.ErrDiffers when the person is not whom the register
// knows under that SNILS, anything else when it makes sense to ask again later.
func (e *Extract) Call(ctx context.Context, input map[string]any) (map[string]any, error) {
	text := func(key string) string { return call.Text(input, key) }
	a, err := call.Post[answer](ctx, e.Client, "/property/v1/extract", question{
		SNILS: call.Digits(text("snils")), LastName: text("surname"), FirstName: text("given_name"),
		MiddleName: text("patronymic"), BirthDate: text("birth_date"),
	})
	if err != nil {
		return nil, err
	}
	switch a.Status {
	case "NOT_FOUND":
		return nil, &call.Refusal{System: e.Name(), Outcome: call.NotFound, Code: a.Code, Reference: a.RequestNumber}
	case "DIFFERS":
		return nil, &call.Refusal{System: e.Name(), Outcome: call.Differs, Code: a.Code, Reference: a.RequestNumber}
	}
	if call.Digits(a.SNILS) != call.Digits(text("snils")) {
		return nil, fmt.Errorf("property: %w", call.Foreign())
	}
	objects := make([]any, 0, len(a.Objects))
	for _, o := range a.Objects {
		objects = append(objects, map[string]any{
			"cadastral_number": o.CadastralNumber, "kind": o.Kind, "address": o.Address, "area": o.Area,
			"right": o.Right, "share": o.Share, "right_number": o.RightNumber, "since": o.Since,
		})
	}
	return map[string]any{"reference": a.RequestNumber, "code": a.Code, "as_of": a.AsOf, "objects": objects}, nil
}
