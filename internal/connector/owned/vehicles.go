package owned

import (
	"context"
	"errors"

	"okno/internal/connector/call"
	"okno/internal/wallet"
)

// POST {URL}/vehicles/v1/owned, JSON. The codes of the traffic police:
//
//	TS-000  the vehicles are here         TS-804  the SNILS is missing
//	TS-801  there are none                TS-810  the name or the date of birth differs
type (
	vehiclesAnswer struct {
		RequestNumber string `json:"requestNumber"`
		Status        string `json:"status"` // FOUND NONE DIFFERS
		Code          string `json:"code"`
		Owner         *struct {
			SNILS string `json:"snils"`
		} `json:"owner"`
		Vehicles []struct {
			VIN         string       `json:"vin"`
			Plate       string       `json:"plate"`
			Model       string       `json:"model"`
			Certificate vehiclePaper `json:"certificate"`
			Passport    vehiclePaper `json:"passport"`
		} `json:"vehicles"`
	}
	vehiclePaper struct {
		Number string `json:"number"`
		Issued string `json:"issued"`
	}
)

// owners are the outcomes, by status and code.
var owners = map[string]wallet.Outcome{"FOUND TS-000": wallet.Found, "NONE TS-801": wallet.None, "NONE TS-804": wallet.Lacking, "DIFFERS TS-810": wallet.Differs}

// Check says whether the answer makes sense.
func (a vehiclesAnswer) Check() error {
	o, known := owners[a.Status+" "+a.Code]
	if !known || !call.Word(a.RequestNumber) {
		return errors.New("no status, code or number")
	}
	if there := o == wallet.Found; there != (a.Owner != nil) || there != (len(a.Vehicles) > 0) {
		return errors.New("vehicles that are there and are not")
	}
	for _, v := range a.Vehicles {
		if v.VIN == "" || v.Plate == "" {
			return errors.New("a vehicle without a number")
		}
	}
	return nil
}

func vehicles(ctx context.Context, r *Register, p wallet.Person) (found, error) {
	a, err := call.Post[vehiclesAnswer](ctx, r.Client, "/vehicles/v1/owned", licenceQuestion{call.Digits(p.SNILS), p.Surname, p.GivenName, p.Patronymic, p.BirthDate})
	if err != nil {
		return found{}, err
	}
	out := found{outcome: owners[a.Status+" "+a.Code], own: a.Owner != nil && call.Digits(a.Owner.SNILS) == call.Digits(p.SNILS)}
	for _, v := range a.Vehicles {
		paper := func(which string, x vehiclePaper) {
			out.typed = append(out.typed, map[string]string{"document_paper": which, "document_number": x.Number, "document_issued_at": x.Issued, "document_model": v.Model, "document_plate": v.Plate, "document_vin": v.VIN})
		}
		paper("certificate", v.Certificate)
		paper("passport", v.Passport)
	}
	return out, nil
}
