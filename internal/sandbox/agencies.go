package sandbox

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"time"
)

// Agencies are the registers of agencies that services ask by the open question (connector/register), each with what it can answer.
// What is given out depends on who asks and on the number of the application alone, so that a question that comes twice has one answer.
//
//	fns.inn               found: inn, since          issued: inn, since          differs          none
//	sfr.work-history      found: periods                                         none
//	mvd.licence           found: number, categories, issued, expires             none             deprived: until
//	mvd.licence-issue     issued: number, issued, expires                        none
//	mvd.border            clear                      restricted: until           none
//	mvd.passport-issue    issued: number, issued, expires                        none
//	rosreestr.right       clear: kind, address       arrested: since             none
//	rosreestr.right-enter entered: number, on        none
//	osago.issue           issued: number, insurer, from, until, premium          insured: until    none
//	osago.cancel          cancelled: on              kept                        none
//	mvd.vehicle           clear: plate               wanted: since               arrested: since   none
//	mvd.vehicle-register  registered: plate, certificate, on                     none
//	mvd.plates-order      ordered: number, plate, ready, maker                   none
//
// What stands in the way of a car is written in cars.go.
func Agencies() map[string][]string {
	return map[string][]string{
		"fns.inn":          {"found", "issued", "differs", "none"},
		"sfr.work-history": {"found", "none"},
		"mvd.licence":      {"found", "none", "deprived"}, "mvd.licence-issue": {"issued", "none"},
		"mvd.border": {"clear", "restricted", "none"}, "mvd.passport-issue": {"issued", "none"},
		"rosreestr.right": {"clear", "arrested", "none"}, "rosreestr.right-enter": {"entered", "none"},
		"osago.issue": {"issued", "insured", "none"}, "osago.cancel": {"cancelled", "kept", "none"},
		"mvd.vehicle": {"clear", "wanted", "arrested", "none"}, "mvd.vehicle-register": {"registered", "none"},
		"mvd.plates-order": {"ordered", "none"},
	}
}

type (
	agencyQuestion struct {
		Register string         `json:"register"`
		Values   map[string]any `json:"values"`
	}
	agencyAnswer struct {
		Register      string         `json:"register"`
		RequestNumber string         `json:"requestNumber"`
		Outcome       string         `json:"outcome"`
		Data          map[string]any `json:"data,omitempty"`
	}
)

func (q agencyQuestion) text(key string) string {
	s, _ := q.Values[key].(string)
	return s
}

func (w *World) namedRoutes(mux *http.ServeMux) {
	for name, of := range map[string]func(*Resident, agencyQuestion) (string, map[string]any){
		"fns.inn":          w.noticeOfINN,
		"sfr.work-history": w.workHistory,
		"mvd.licence":      w.licence, "mvd.licence-issue": w.issueLicence, "mvd.border": w.border, "mvd.passport-issue": w.issuePassport,
		"rosreestr.right": w.right, "rosreestr.right-enter": w.enterRight,
		"osago.issue": w.insure, "osago.cancel": w.cancelInsurance, "mvd.vehicle": w.vehicle, "mvd.vehicle-register": w.registerVehicle, "mvd.plates-order": w.orderPlates,
	} {
		mux.HandleFunc("POST /agencies/v1/"+name, w.spoil("registers", answer(func(q agencyQuestion) agencyAnswer {
			a := agencyAnswer{Register: name, RequestNumber: w.number("AGN"), Outcome: "none"}
			if p := w.insured(digits(q.text("snils"))); p != nil {
				a.Outcome, a.Data = of(p, q)
			}
			return a
		})))
	}
}

// made is a number that is the same whenever the same thing is asked for.
func made(of ...string) uint64 {
	h := fnv.New64a()
	for _, s := range of {
		fmt.Fprint(h, s, "/")
	}
	return h.Sum64()
}

// famous are the first residents, of whom stories are told: nothing stands in their way.
const famous = 60

// strange reports whether the question is about somebody else than the register knows under the number.
func strange(p *Resident, q agencyQuestion) bool {
	like := claim{q.text("surname"), q.text("given_name"), q.text("patronymic"), q.text("birth_date")}.compare(p)
	return !like.name() || !like.birth
}

// noticeOfINN finds the number of a taxpayer. Whoever was insured only lately is not registered yet, and now is.
func (w *World) noticeOfINN(p *Resident, q agencyQuestion) (string, map[string]any) {
	if strange(p, q) {
		return "differs", nil
	}
	if w.bySNILS[digits(p.SNILS)] == nil {
		return "issued", map[string]any{"inn": p.INN, "since": iso(w.now())}
	}
	since := p.born.AddDate(14, 1, 3)
	if since.Before(day(1999, 1, 1)) { // before there were such numbers
		since = day(1999, 1, 1).AddDate(0, 0, int(made("inn", p.INN)%600))
	}
	if since.After(w.now()) {
		since = p.born
	}
	return "found", map[string]any{"inn": p.INN, "since": iso(since)}
}

// licence is what the traffic police know: every third adult has none, every seventeenth is deprived of it.
func (w *World) licence(p *Resident, _ agencyQuestion) (string, map[string]any) {
	n := made("licence", p.SNILS)
	switch {
	case age(p.born, w.now()) < 18 || p.index >= famous && n%3 == 0:
		return "none", nil
	case p.index >= famous && n%17 == 0:
		return "deprived", map[string]any{"until": iso(w.now().AddDate(0, 7, 0))}
	}
	issued := p.born.AddDate(18+int(n%9), 0, int(n%300))
	for !issued.AddDate(10, 0, 0).After(w.now()) {
		issued = issued.AddDate(10, 0, 0)
	}
	if issued.After(w.now()) { // has not passed the test yet
		return "none", nil
	}
	return "found", map[string]any{"number": licenceNumber(n), "categories": []string{"B, B1", "B, B1, M", "B, C"}[n%3], "issued": iso(issued), "expires": iso(issued.AddDate(10, 0, 0))}
}

func licenceNumber(n uint64) string { return fmt.Sprintf("99 %02d %06d", n%90+10, n%1_000_000) }

func (w *World) issueLicence(p *Resident, q agencyQuestion) (string, map[string]any) {
	today := w.now()
	return "issued", map[string]any{"number": licenceNumber(made("issue", p.SNILS, q.text("number"))), "issued": iso(today), "expires": iso(today.AddDate(10, 0, 0))}
}

// border says whether somebody may leave the country: every nineteenth has a debt.
func (w *World) border(p *Resident, _ agencyQuestion) (string, map[string]any) {
	if p.index >= famous && made("border", p.SNILS)%19 == 0 {
		return "restricted", map[string]any{"until": iso(w.now().AddDate(0, 6, 0))}
	}
	return "clear", nil
}

func (w *World) issuePassport(p *Resident, q agencyQuestion) (string, map[string]any) {
	n, years, series := made("passport", p.SNILS, q.text("number")), 10, "77"
	if q.text("kind") == "five" {
		years, series = 5, "65"
	}
	today := w.now()
	return "issued", map[string]any{"number": fmt.Sprintf("%s %07d", series, n%10_000_000), "issued": iso(today), "expires": iso(today.AddDate(years, 0, 0))}
}

// right is what stands in the register about a property, whoever owns it: a buyer does not yet. Every eleventh is under arrest.
func (w *World) right(_ *Resident, q agencyQuestion) (string, map[string]any) {
	number := digits(q.text("cadastral_number"))
	for _, p := range w.people {
		for _, e := range p.Estates {
			if digits(e.CadastralNumber) != number {
				continue
			}
			if p.index >= famous && made("arrest", number)%11 == 0 {
				return "arrested", map[string]any{"since": iso(w.now().AddDate(0, -3, 0))}
			}
			return "clear", map[string]any{"kind": e.Kind, "address": e.Address}
		}
	}
	return "none", nil
}

func (w *World) enterRight(_ *Resident, q agencyQuestion) (string, map[string]any) {
	n := made("right", q.text("cadastral_number"), q.text("number"))
	return "entered", map[string]any{"number": fmt.Sprintf("%s-%02d/%03d/%d-%d", q.text("cadastral_number"), n%90+10, n%900+100, w.now().Year(), n%50+1), "on": w.now().Format(time.DateOnly)}
}
