package sandbox

import (
	"fmt"
	"strings"
	"time"
)

// The registers of insurers and of the traffic police that are asked when somebody has bought a car. They keep no cars: whoever asks, any
// VIN is that of a car, and what stands in its way is told by its last two characters alone.
//
//	07  insured already                          osago.issue    insured
//	99  insurers do not know it                  osago.issue    none
//	13  wanted by the police                     mvd.vehicle    wanted
//	31  under arrest                             mvd.vehicle    arrested
//	00  new: it was never registered             mvd.vehicle    none, and it cannot keep its number
//	05  its policy is not taken back any more    osago.cancel   kept
//	66  wanted, and its policy is not taken back mvd.vehicle    wanted, osago.cancel kept
//	04  no plates are made for its number        mvd.plates-order none, for its number has the digits 404
//
// The number of a policy ends with the last two digits of the VIN, so that the one who cancels it knows.
const (
	insuredAlready = "07"
	noSuchCar      = "99"
	wantedCar      = "13"
	arrestedCar    = "31"
	newCar         = "00"
	lastingPolicy  = "05"
	wantedLasting  = "66"
	platelessCar   = "04"

	platelessDigits = "404"
)

// tail is the end of a VIN, or of the number of a policy, that says what stands in the way.
func tail(s string) string { return s[max(0, len(s)-2):] }

func (q agencyQuestion) vin() string { return strings.ToUpper(q.text("vin")) }

// insure gives a policy for a year.
func (w *World) insure(p *Resident, q agencyQuestion) (string, map[string]any) {
	from, err := time.Parse(time.DateOnly, q.text("from"))
	if err != nil {
		from = w.now()
	}
	switch tail(q.vin()) {
	case noSuchCar:
		return "none", nil
	case insuredAlready:
		return "insured", map[string]any{"until": iso(from.AddDate(0, 2, 0))}
	}
	n := made("osago", p.SNILS, q.vin(), q.text("number"))
	end := tail(q.vin())
	if len(digits(end)) != 2 {
		end = "10" // of a VIN that ends otherwise than cars of today: nothing stands in its way
	}
	power, _ := q.Values["power"].(float64)
	premium := 3000 + int(power)*40
	if q.text("admitted") == "anybody" {
		premium *= 2
	}
	return "issued", map[string]any{
		"number": fmt.Sprintf("ХХХ %08d%s", n%100_000_000, end), "insurer": insurers[n%uint64(len(insurers))],
		"from": iso(from), "until": iso(from.AddDate(1, 0, -1)), "premium": premium,
	}
}

// cancelInsurance takes a policy back.
func (w *World) cancelInsurance(_ *Resident, q agencyQuestion) (string, map[string]any) {
	switch tail(q.text("policy")) {
	case "":
		return "none", nil
	case lastingPolicy, wantedLasting:
		return "kept", nil
	}
	return "cancelled", map[string]any{"on": iso(w.now())}
}

// vehicle is what the traffic police know of a car, whoever owns it: a buyer does not yet.
func (w *World) vehicle(_ *Resident, q agencyQuestion) (string, map[string]any) {
	switch tail(q.vin()) {
	case wantedCar, wantedLasting:
		return "wanted", map[string]any{"since": iso(w.now().AddDate(0, -1, 0))}
	case arrestedCar:
		return "arrested", map[string]any{"since": iso(w.now().AddDate(0, -3, 0))}
	case newCar:
		return "none", nil
	}
	return "clear", map[string]any{"plate": plateOf(q.vin(), made("plate", q.vin()), "77")}
}

// registerVehicle enters the buyer. A car that was registered keeps its number, when that is asked for.
func (w *World) registerVehicle(p *Resident, q agencyQuestion) (string, map[string]any) {
	n := made("vehicle", p.SNILS, q.vin(), q.text("number"))
	region := q.text("region")
	if region == "" {
		region = "77"
	}
	plate := plateOf(q.vin(), n, region)
	if _, known := w.vehicle(p, q); q.text("plates") == "keep" && known["plate"] != nil {
		plate, _ = known["plate"].(string)
	}
	return "registered", map[string]any{"plate": plate, "certificate": fmt.Sprintf("99 %02d %06d", n%90+10, n%1_000_000), "on": iso(w.now())}
}

var plateLetters = []rune("АВЕКМНОРСТУХ")

// plateOf is a number of n in the region; the digits of some cars are given.
func plateOf(vin string, n uint64, region string) string {
	letter := func(by uint64) string { return string(plateLetters[n/by%uint64(len(plateLetters))]) }
	number := fmt.Sprintf("%03d", n%999+1)
	switch {
	case tail(vin) == platelessCar:
		number = platelessDigits
	case number == platelessDigits:
		number = "405"
	}
	return letter(1000) + number + letter(12_000) + letter(144_000) + region
}

// likePlate writes the Latin letters of a number as the Cyrillic ones that they look like.
var likePlate = strings.NewReplacer("A", "А", "B", "В", "E", "Е", "K", "К", "M", "М", "H", "Н", "O", "О", "P", "Р", "C", "С", "T", "Т", "Y", "У", "X", "Х", " ", "")

// orderPlates has plates made.
func (w *World) orderPlates(p *Resident, q agencyQuestion) (string, map[string]any) {
	plate := likePlate.Replace(strings.ToUpper(q.text("plate")))
	if letters := []rune(plate); len(letters) < 4 || string(letters[1:4]) == platelessDigits {
		return "none", nil
	}
	n := made("plates", p.SNILS, plate, q.text("number"))
	return "ordered", map[string]any{"number": fmt.Sprintf("З-%06d", n%1_000_000), "plate": plate, "ready": iso(w.now().AddDate(0, 0, 3)),
		"maker": []string{"ООО «Знак», Автозаводская ул., 5", "АО «Номерные знаки», Заводской пр., 12"}[n%2]}
}
