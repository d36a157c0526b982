package sandbox

import (
	"fmt"
	"slices"
	"time"
)

// The cars of the residents: the traffic police know whose they are, the union of insurers which are insured. Each is made of its owner's
// SNILS and of nothing else, so that both registers, and whoever asks for a plate by its VIN (mvd.vehicle), speak of the same one. Every fifth
// grown-up has none, every seventh two; of the first residents each has one.
//
//	TS-000  the vehicles are here         TS-804  the SNILS is missing
//	TS-801  there are none                TS-810  the name or the date of birth differs
type (
	vehiclesAnswer struct {
		RequestNumber string        `json:"requestNumber"`
		Status        string        `json:"status"` // FOUND NONE DIFFERS
		Code          string        `json:"code"`
		Owner         *vehicleOwner `json:"owner,omitempty"` // only when FOUND
		Vehicles      []vehicleHeld `json:"vehicles,omitempty"`
	}
	vehicleOwner struct {
		SNILS string `json:"snils"`
	}
	vehicleHeld struct {
		VIN         string       `json:"vin"`
		Plate       string       `json:"plate"`
		Model       string       `json:"model"`
		Year        int          `json:"year"`
		Certificate vehiclePaper `json:"certificate"`
		Passport    vehiclePaper `json:"passport"`
	}
	vehiclePaper struct {
		Number string `json:"number"`
		Issued string `json:"issued"`
	}
)

// makes are what is driven, each with the beginning of its VIN.
var makes = []struct{ vin, model string }{
	{"XTAGFK330", "LADA Vesta"}, {"XTA219040", "LADA Granta"}, {"Z94K241CB", "Hyundai Solaris"}, {"XW7BF4FK0", "Toyota Camry"}, {"X7LHSRDVN", "Renault Duster"}, {"XTT315100", "UAZ Hunter"},
}

// garage is the cars of a resident, of which none is told about by the end of its VIN (cars.go).
func (w *World) garage(p *Resident) []vehicleHeld {
	n := made("garage", p.SNILS)
	count := 1
	switch {
	case age(p.born, w.now()) < 18 || p.index >= famous && n%5 == 0:
		return nil
	case n%7 == 0:
		count = 2
	}
	var out []vehicleHeld
	for i := range count {
		n := made("car", p.SNILS, fmt.Sprint(i))
		of, since := makes[n%uint64(len(makes))], p.born.AddDate(18+int(n%20), 3, int(n%200))
		if last := dayFrom.AddDate(0, -4, -int(n%900)); since.After(last) {
			since = last
		}
		if earliest := p.born.AddDate(18, 0, 1); since.Before(earliest) {
			since = earliest
		}
		vin := fmt.Sprintf("%s%s%05d%02d", of.vin, "J", n/7%100_000, 40+n%20)
		out = append(out, vehicleHeld{VIN: vin, Plate: plateOf(vin, made("plate", vin), "77"), Model: of.model, Year: since.Year(),
			Certificate: vehiclePaper{fmt.Sprintf("99 %02d %06d", n%90+10, n/11%1_000_000), iso(since)},
			Passport:    vehiclePaper{fmt.Sprintf("16430%010d", n/13%10_000_000_000), iso(since)}})
	}
	return slices.DeleteFunc(out, func(v vehicleHeld) bool { return bought(v).After(w.now()) })
}

func bought(v vehicleHeld) time.Time {
	t, _ := time.Parse(time.DateOnly, v.Certificate.Issued)
	return t
}

func (w *World) findVehicles(q licenceQuestion) vehiclesAnswer {
	a := vehiclesAnswer{RequestNumber: w.number("TS"), Status: "NONE", Code: "TS-801"}
	if digits(q.SNILS) == "" {
		a.Code = "TS-804"
		return a
	}
	p := w.insured(digits(q.SNILS))
	if p == nil {
		return a
	}
	if like := (claim{q.LastName, q.FirstName, q.MiddleName, q.BirthDate}).compare(p); !like.name() || !like.birth {
		a.Status, a.Code = "DIFFERS", "TS-810"
		return a
	}
	if a.Vehicles = w.garage(p); len(a.Vehicles) > 0 {
		a.Status, a.Code, a.Owner = "FOUND", "TS-000", &vehicleOwner{digits(p.SNILS)}
	}
	return a
}

// The union of insurers knows the policies of vehicles. Each lasts a year from the day on which the car was bought, and is taken out anew;
// every ninth car is not insured.
//
//	RSA-000  the policies are here        RSA-904  the SNILS is missing
//	RSA-901  no vehicle is insured        RSA-910  the name or the date of birth differs
type (
	insurancesAnswer struct {
		Reference string          `json:"reference"`
		Result    int             `json:"result"` // 0 found, 1 none, 2 differs
		Code      string          `json:"code"`
		Holder    string          `json:"holder,omitempty"` // only when found
		Policies  []insuranceHeld `json:"policies,omitempty"`
	}
	insuranceHeld struct {
		Series  string `json:"series"`
		Number  string `json:"number"`
		Insurer string `json:"insurer"`
		Plate   string `json:"plate"`
		VIN     string `json:"vin"`
		Issued  string `json:"issued"`
		Until   string `json:"until"`
	}
)

func (w *World) findInsurances(q policyQuestion) insurancesAnswer {
	a := insurancesAnswer{Reference: w.number("RSA"), Result: 1, Code: "RSA-901"}
	if digits(q.SNILS) == "" {
		a.Code = "RSA-904"
		return a
	}
	p := w.insured(digits(q.SNILS))
	if p == nil {
		return a
	}
	if like := (claim{q.Fam, q.Im, q.Ot, q.Dr}).compare(p); !like.name() || !like.birth {
		a.Result, a.Code = 2, "RSA-910"
		return a
	}
	for _, v := range w.garage(p) {
		if p.index >= famous && made("osago", v.VIN)%9 == 0 {
			continue
		}
		from := bought(v)
		for !from.AddDate(1, 0, 0).After(w.now()) {
			from = from.AddDate(1, 0, 0)
		}
		n := made("osago", v.VIN, iso(from))
		a.Policies = append(a.Policies, insuranceHeld{"ХХХ", fmt.Sprintf("%010d", n%10_000_000_000), insurers[n%uint64(len(insurers))], v.Plate, v.VIN, iso(from), iso(from.AddDate(1, 0, -1))})
	}
	if len(a.Policies) > 0 {
		a.Result, a.Code, a.Holder = 0, "RSA-000", digits(p.SNILS)
	}
	return a
}

// insurers are who insures vehicles.
var insurers = []string{"АО «Заречное страхование»", "СПАО «Дорога»", "ООО «Автополис»"}
