package sandbox

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// registerRoutes are the registers, each under a path of its own.
func (w *World) registerRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /passport/v1/check", w.spoil("passport", answer(w.checkPassport)))
	mux.HandleFunc("POST /passport/v1/document", w.spoil("passport", answer(w.checkDocument)))
	mux.HandleFunc("POST /civil/v1/birth", w.spoil("civil", answer(w.checkBirth)))
	mux.HandleFunc("POST /snils/v1/check", w.spoil("snils", answer(w.checkSNILS)))
	mux.HandleFunc("POST /snils/v1/issue", w.spoil("snils", answer(w.issueSNILS)))
	mux.HandleFunc("POST /snils/v1/issue/state", w.spoil("snils", answer(w.stateOfSNILS)))
	mux.HandleFunc("POST /snils/v1/issue/posted", w.spoil("snils", answer(w.stateOfLetter)))
	mux.HandleFunc("POST /inn/v1/check", w.spoil("inn", answer(w.checkINN)))
	mux.HandleFunc("POST /income/v1/statement", w.spoil("income", answer(w.stateIncome)))
	mux.HandleFunc("POST /property/v1/extract", w.spoil("property", answer(w.extractProperty)))
	mux.HandleFunc("POST /licence/v1/find", w.spoil("licence", answer(w.findLicence)))
	mux.HandleFunc("POST /medical/v1/policy", w.spoil("medical", answer(w.findPolicy)))
	mux.HandleFunc("POST /vehicles/v1/owned", w.spoil("vehicles", answer(w.findVehicles)))
	mux.HandleFunc("POST /insurers/v1/policies", w.spoil("insurers", answer(w.findInsurances)))
	mux.HandleFunc("POST /civil/v1/certificate", w.spoil("civil", answer(w.findBirth)))
	w.namedRoutes(mux)
	return mux
}

// claim is whom the question names.
type claim struct{ surname, given, patronymic, birth string }

// likeness is how a claim compares with a resident.
type likeness struct{ surname, given, patronymic, birth bool }

func (c claim) compare(p *Resident) likeness {
	return likeness{
		surname:    fold(c.surname) == fold(p.Surname),
		given:      fold(c.given) == fold(p.GivenName),
		patronymic: fold(c.patronymic) == fold(p.Patronymic),
		birth:      c.birth == p.BirthDate,
	}
}

func (l likeness) name() bool { return l.surname && l.given && l.patronymic }

// stranger reports whether the claim is so far off that the register must not even say that it holds something.
func (l likeness) stranger() bool { return !l.name() && !l.birth }

// fold compares names as the registers do: no case, ё is е, single spaces.
func fold(s string) string {
	s = strings.ToUpper(strings.Join(strings.Fields(s), " "))
	return strings.ReplaceAll(s, "Ё", "Е")
}

// number gives a request its number at a register.
func (w *World) number(register string) string {
	return fmt.Sprintf("%s-%s-%06d", register, w.now().UTC().Format("20060102150405"), w.requests.Add(1))
}

// The passport register of the interior ministry.
//
//	MVD-000  valid                        MVD-110  the name differs
//	MVD-101  no such passport             MVD-111  the date of birth differs
//	MVD-102  no longer valid              MVD-112  the date of issue differs
//	MVD-104  series or number is missing  MVD-113  the code of the department differs
type (
	passportQuestion struct {
		LastName       string `json:"lastName"`
		FirstName      string `json:"firstName"`
		MiddleName     string `json:"middleName"`
		BirthDate      string `json:"birthDate"`
		Series         string `json:"series"`
		Number         string `json:"number"`
		IssueDate      string `json:"issueDate"`
		Issuer         string `json:"issuer"`
		DepartmentCode string `json:"departmentCode"`
	}
	passportAnswer struct {
		RequestNumber string          `json:"requestNumber"`
		Status        string          `json:"status"` // VALID DIFFERS NOT_FOUND INVALID
		Code          string          `json:"code"`
		Matches       map[string]bool `json:"matches,omitempty"`
		Document      *passportHeld   `json:"document,omitempty"` // only when VALID
	}
	passportHeld struct {
		passportQuestion
		Sex        string `json:"sex"`
		BirthPlace string `json:"birthPlace"`
	}
)

func (w *World) checkPassport(q passportQuestion) passportAnswer {
	a := passportAnswer{RequestNumber: w.number("MVD"), Status: "NOT_FOUND", Code: "MVD-101"}
	series, number := digits(q.Series), digits(q.Number)
	if len(series) != 4 || len(number) != 6 {
		a.Code = "MVD-104"
		return a
	}
	p := w.byPassport[series+number]
	if p == nil {
		return a
	}
	like := claim{q.LastName, q.FirstName, q.MiddleName, q.BirthDate}.compare(p)
	if like.stranger() {
		return a
	}
	held := p.Passport
	if held == nil || held.Series+held.Number != series+number {
		held = p.Old.Passport
	}
	a.Matches = map[string]bool{
		"lastName": like.surname, "firstName": like.given, "middleName": like.patronymic, "birthDate": like.birth,
		"series": true, "number": true,
	}
	if q.IssueDate != "" {
		a.Matches["issueDate"] = q.IssueDate == held.IssuedAt
	}
	if q.DepartmentCode != "" {
		a.Matches["departmentCode"] = digits(q.DepartmentCode) == digits(held.DepartmentCode)
	}
	if q.Issuer != "" { // said, but nothing hangs on it: everybody abbreviates differently
		a.Matches["issuer"] = fold(q.Issuer) == fold(held.IssuedBy)
	}
	a.Status = "DIFFERS"
	switch {
	case !like.name():
		a.Code = "MVD-110"
	case !like.birth:
		a.Code = "MVD-111"
	case held != p.Passport || ranOut(p.born, held, w.now()):
		a.Status, a.Code = "INVALID", "MVD-102"
	case a.differs("issueDate"):
		a.Code = "MVD-112"
	case a.differs("departmentCode"):
		a.Code = "MVD-113"
	default:
		a.Status, a.Code = "VALID", "MVD-000"
		a.Document = &passportHeld{
			passportQuestion: passportQuestion{
				p.Surname, p.GivenName, p.Patronymic, p.BirthDate,
				held.Series, held.Number, held.IssuedAt, held.IssuedBy, held.DepartmentCode,
			},
			Sex: p.Sex, BirthPlace: p.BirthPlace,
		}
	}
	return a
}

func (a passportAnswer) differs(field string) bool {
	same, asked := a.Matches[field]
	return asked && !same
}

// ranOut reports whether a passport ended with a birthday: of 20 or 45, and ninety days of grace.
func ranOut(born time.Time, p *Passport, now time.Time) bool {
	issued, err := time.Parse(time.DateOnly, p.IssuedAt)
	if err != nil {
		return true
	}
	for _, a := range []int{20, 45} {
		turn := born.AddDate(a, 0, 0)
		if issued.Before(turn) && !now.Before(turn.AddDate(0, 0, 90)) && issued.After(day(1997, 10, 1)) {
			return true
		}
	}
	return false
}

// The insured persons of the social fund.
//
//	SFR-000  the number is this person's         SFR-204  the number is missing
//	SFR-201  no such number                      SFR-210  the name differs
//	SFR-202  merged into another, do not use it  SFR-211  the date of birth differs
//	SFR-203  the check number is wrong
type (
	snilsQuestion struct {
		SNILS string `json:"snils"` // eleven digits
		Fam   string `json:"fam"`
		Im    string `json:"im"`
		Ot    string `json:"ot"`
		Birth string `json:"birth"`
	}
	snilsAnswer struct {
		Reference string         `json:"reference"`
		Result    int            `json:"result"` // 0 matches, 1 differs, 2 unknown, 3 no longer used
		Code      string         `json:"code"`
		Match     map[string]int `json:"match,omitempty"` // 1 or 0
		Insured   *snilsQuestion `json:"insured,omitempty"`
	}
)

func (w *World) checkSNILS(q snilsQuestion) snilsAnswer {
	a := snilsAnswer{Reference: w.number("SFR"), Result: 2, Code: "SFR-201"}
	n := digits(q.SNILS)
	if len(n) != 11 {
		a.Code = "SFR-204"
		return a
	}
	var base int
	fmt.Sscanf(n[:9], "%d", &base) //nolint:errcheck // digits
	if digits(snils(base)) != n {
		a.Code = "SFR-203"
		return a
	}
	p := w.insured(n)
	if p == nil {
		return a
	}
	like := claim{q.Fam, q.Im, q.Ot, q.Birth}.compare(p)
	if like.stranger() {
		return a
	}
	a.Match = map[string]int{"snils": 1, "fam": bit(like.surname), "im": bit(like.given), "ot": bit(like.patronymic), "birth": bit(like.birth)}
	a.Result = 1
	switch {
	case !like.name():
		a.Code = "SFR-210"
	case !like.birth:
		a.Code = "SFR-211"
	case digits(p.SNILS) != n:
		a.Result, a.Code = 3, "SFR-202"
	default:
		a.Result, a.Code = 0, "SFR-000"
		a.Insured = &snilsQuestion{n, p.Surname, p.GivenName, p.Patronymic, p.BirthDate}
	}
	return a
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// The taxpayers of the tax service. Without an INN in the question it is looked up by the identity document.
//
//	FNS-000  the number is this person's          FNS-304  neither INN nor document given
//	FNS-301  no such taxpayer                     FNS-310  the name differs
//	FNS-302  annulled                             FNS-311  the date of birth differs
//	FNS-303  a check digit is wrong               FNS-312  the document is not this person's
type (
	innQuestion struct {
		INN     string `json:"inn,omitempty"`
		Fam     string `json:"fam"`
		Nam     string `json:"nam"`
		Otch    string `json:"otch"`
		Bdate   string `json:"bdate"`   // ДД.ММ.ГГГГ, as everywhere in this service
		Doctype string `json:"doctype"` // 21: passport of a citizen; the others in docTypes
		Docno   string `json:"docno"`
	}
	innAnswer struct {
		ReqNo string          `json:"reqno"`
		State string          `json:"state"` // OK DIFF NONE VOID
		Code  string          `json:"code"`
		Eq    map[string]bool `json:"eq,omitempty"`
		INN   string          `json:"inn,omitempty"` // only when OK
	}
)

func (w *World) checkINN(q innQuestion) innAnswer {
	a := innAnswer{ReqNo: w.number("FNS"), State: "NONE", Code: "FNS-301"}
	inn, doc := digits(q.INN), sign(q.Docno)
	if q.Doctype == "" {
		doc = ""
	}
	holder := w.byDocument["tax/"+q.Doctype+"/"+doc]
	if q.Doctype == "21" {
		holder = w.byPassport[digits(doc)]
	}
	var p *Resident
	switch {
	case inn == "" && doc == "":
		a.Code = "FNS-304"
		return a
	case inn == "":
		p = holder
	case len(inn) != 12 || inn != checkedINN(inn):
		a.Code = "FNS-303"
		return a
	default:
		p = w.byINN[inn]
	}
	if p == nil {
		return a
	}
	like := claim{q.Fam, q.Nam, q.Otch, fromRussian(q.Bdate)}.compare(p)
	if like.stranger() {
		return a
	}
	a.Eq = map[string]bool{"fam": like.surname, "nam": like.given, "otch": like.patronymic, "bdate": like.birth}
	if inn != "" {
		a.Eq["inn"] = true
	}
	if doc != "" {
		a.Eq["docno"] = holder == p
	}
	a.State = "DIFF"
	switch {
	case !like.name():
		a.Code = "FNS-310"
	case !like.birth:
		a.Code = "FNS-311"
	case inn != "" && inn != p.INN:
		a.State, a.Code = "VOID", "FNS-302"
	case doc != "" && !a.Eq["docno"]:
		a.Code = "FNS-312"
	default:
		a.State, a.Code, a.INN = "OK", "FNS-000", p.INN
	}
	return a
}

// checkedINN returns inn with the check digits that it should have.
func checkedINN(inn string) string {
	var n int64
	fmt.Sscanf(inn[:10], "%d", &n) //nolint:errcheck // digits
	return innPerson(n)
}

// fromRussian turns ДД.ММ.ГГГГ into an ISO date, and anything else into nothing.
func fromRussian(s string) string {
	t, err := time.Parse("02.01.2006", s)
	if err != nil {
		return ""
	}
	return iso(t)
}

// The incomes that the tax service knows of. The person is found by INN or, without one, by SNILS.
//
//	FNS-400  here it is                        FNS-404  neither INN nor SNILS given
//	FNS-401  nothing known of that year        FNS-410  the name differs
//	FNS-402  no such taxpayer                  FNS-411  the date of birth differs
type (
	incomeQuestion struct {
		INN   string `json:"inn,omitempty"`
		SNILS string `json:"snils,omitempty"`
		Fam   string `json:"fam"`
		Nam   string `json:"nam"`
		Otch  string `json:"otch"`
		Bdate string `json:"bdate"`
		Year  int    `json:"year"`
	}
	incomeAnswer struct {
		ReqNo  string        `json:"reqno"`
		State  string        `json:"state"` // OK DIFF NONE
		Code   string        `json:"code"`
		INN    string        `json:"inn,omitempty"`
		Year   int           `json:"year,omitempty"`
		Agents []incomeAgent `json:"agents,omitempty"`
	}
	incomeAgent struct {
		Name     string      `json:"name"`
		INN      string      `json:"inn"`
		KPP      string      `json:"kpp"`
		Months   []incomeSum `json:"months"`
		Total    string      `json:"total"` // roubles and kopecks: 12345.67
		Base     string      `json:"base"`
		Rate     int         `json:"rate"` // per cent
		Tax      string      `json:"tax"`
		Withheld string      `json:"withheld"`
	}
	incomeSum struct {
		Month int    `json:"month"`
		Code  string `json:"code"`
		Sum   string `json:"sum"`
	}
)

func (w *World) stateIncome(q incomeQuestion) incomeAnswer {
	a := incomeAnswer{ReqNo: w.number("FNS"), State: "NONE", Code: "FNS-402"}
	var p *Resident
	switch {
	case q.INN != "":
		p = w.byINN[digits(q.INN)]
	case q.SNILS != "":
		p = w.insured(digits(q.SNILS))
	default:
		a.Code = "FNS-404"
		return a
	}
	if p == nil {
		return a
	}
	like := claim{q.Fam, q.Nam, q.Otch, fromRussian(q.Bdate)}.compare(p)
	switch {
	case like.stranger():
		return a
	case !like.name():
		a.State, a.Code = "DIFF", "FNS-410"
		return a
	case !like.birth:
		a.State, a.Code = "DIFF", "FNS-411"
		return a
	}
	a.Code = "FNS-401"
	if now := w.now().Year(); q.Year >= now || q.Year < now-years {
		return a
	}
	in := p.income(q.Year)
	if len(in.Payers) == 0 {
		return a
	}
	a.State, a.Code, a.INN, a.Year = "OK", "FNS-400", p.INN, q.Year
	for _, payer := range in.Payers {
		g := incomeAgent{
			Name: payer.Name, INN: payer.INN, KPP: payer.KPP, Rate: 13,
			Total: roubles(payer.Total), Base: roubles(payer.Total), Tax: roubles(payer.Tax), Withheld: roubles(payer.Tax),
		}
		for _, m := range payer.Months {
			g.Months = append(g.Months, incomeSum{m.Month, m.Code, roubles(m.Sum)})
		}
		a.Agents = append(a.Agents, g)
	}
	return a
}

func roubles(kopecks int64) string { return fmt.Sprintf("%d.%02d", kopecks/100, kopecks%100) }

// The register of real estate. The person is found by SNILS.
//
//	EGR-000  here it is                 EGR-504  the SNILS is missing
//	EGR-501  nothing registered         EGR-510  the name differs
//	EGR-502  no such person             EGR-511  the date of birth differs
type (
	propertyQuestion struct {
		SNILS      string `json:"snils"`
		LastName   string `json:"lastName"`
		FirstName  string `json:"firstName"`
		MiddleName string `json:"middleName"`
		BirthDate  string `json:"birthDate"`
	}
	propertyAnswer struct {
		RequestNumber string           `json:"requestNumber"`
		Status        string           `json:"status"` // OK DIFFERS NOT_FOUND
		Code          string           `json:"code"`
		SNILS         string           `json:"snils,omitempty"` // of an extract: whose it is
		AsOf          string           `json:"asOf,omitempty"`
		Objects       []propertyObject `json:"objects,omitempty"`
	}
	propertyObject struct {
		CadastralNumber string `json:"cadastralNumber"`
		Kind            string `json:"kind"`
		Address         string `json:"address"`
		Area            string `json:"area"`
		Right           string `json:"right"`
		Share           string `json:"share"`
		RightNumber     string `json:"rightNumber"`
		Since           string `json:"since"`
	}
)

func (w *World) extractProperty(q propertyQuestion) propertyAnswer {
	a := propertyAnswer{RequestNumber: w.number("EGR"), Status: "NOT_FOUND", Code: "EGR-502"}
	n := digits(q.SNILS)
	if n == "" {
		a.Code = "EGR-504"
		return a
	}
	p := w.insured(n)
	if p == nil {
		return a
	}
	like := claim{q.LastName, q.FirstName, q.MiddleName, q.BirthDate}.compare(p)
	switch {
	case like.stranger():
		return a
	case !like.name():
		a.Status, a.Code = "DIFFERS", "EGR-510"
		return a
	case !like.birth:
		a.Status, a.Code = "DIFFERS", "EGR-511"
		return a
	case len(p.Estates) == 0:
		a.Code = "EGR-501"
		return a
	}
	a.Status, a.Code, a.SNILS, a.AsOf = "OK", "EGR-000", n, iso(w.now())
	for _, e := range p.Estates {
		a.Objects = append(a.Objects, propertyObject{
			e.CadastralNumber, e.Kind, e.Address, e.Area, e.Right, e.Share, e.RightNumber, e.Since,
		})
	}
	return a
}
