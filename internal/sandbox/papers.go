package sandbox

import (
	"strings"
	"time"
)

// The interior ministry's records of identity documents other than the passport: of citizens abroad or between two passports, and of
// foreigners.
//
//	MVD-000  valid                         MVD-210  the name differs
//	MVD-201  no such document              MVD-211  the date of birth differs
//	MVD-202  withdrawn or replaced         MVD-212  the date of issue differs
//	MVD-203  it ran out                    MVD-213  the last day differs, or is not given
//	MVD-204  kind, country or number is missing
type (
	documentQuestion struct {
		Kind       string `json:"kind"`
		Country    string `json:"country"` // ISO 3166
		Series     string `json:"series,omitempty"`
		Number     string `json:"number"`
		IssueDate  string `json:"issueDate,omitempty"`
		ExpiryDate string `json:"expiryDate,omitempty"`
		Issuer     string `json:"issuer,omitempty"`
		LastName   string `json:"lastName"`
		FirstName  string `json:"firstName"`
		MiddleName string `json:"middleName"`
		BirthDate  string `json:"birthDate"`
	}
	documentAnswer struct {
		RequestNumber string          `json:"requestNumber"`
		Status        string          `json:"status"` // VALID DIFFERS NOT_FOUND INVALID
		Code          string          `json:"code"`
		Matches       map[string]bool `json:"matches,omitempty"`
		Document      *documentHeld   `json:"document,omitempty"` // only when VALID
	}
	documentHeld struct {
		documentQuestion
		Sex         string `json:"sex"`
		BirthPlace  string `json:"birthPlace"`
		Citizenship string `json:"citizenship"`
	}
)

// docTypes are the tax service's codes of documents; 21 is the passport, 03 the certificate of birth.
var docTypes = map[string]string{"foreign_document": "10", "residence_permit": "12", "refugee_certificate": "13", "temporary_card": "14", "temporary_asylum": "19",
	"international_passport": "22", "migration_card": "91"}

// documentKey is how the ministry finds a document: a number alone is not one of its kind.
func documentKey(kind, country, series, number string) string {
	return strings.Join([]string{strings.ToUpper(kind), strings.ToUpper(country), sign(series + number)}, "/")
}

// alike are the Russian letters that stand in numbers for the Latin ones of the same look.
var alike = strings.NewReplacer("А", "A", "В", "B", "Е", "E", "К", "K", "М", "M", "Н", "H", "О", "O", "Р", "P", "С", "C", "Т", "T", "У", "Y", "Х", "X")

// sign keeps letters and digits of a number, in capitals of one alphabet.
func sign(s string) string {
	return alike.Replace(strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -.\u2116/", r) {
			return -1
		}
		return r
	}, strings.ToUpper(s)))
}

func (w *World) checkDocument(q documentQuestion) documentAnswer {
	a := documentAnswer{RequestNumber: w.number("MVD"), Status: "NOT_FOUND", Code: "MVD-201"}
	if q.Kind == "" || q.Country == "" || sign(q.Number) == "" {
		a.Code = "MVD-204"
		return a
	}
	key := documentKey(q.Kind, q.Country, q.Series, q.Number)
	p := w.byDocument[key]
	if p == nil {
		return a
	}
	like := claim{q.LastName, q.FirstName, q.MiddleName, q.BirthDate}.compare(p)
	if like.stranger() {
		return a
	}
	held, former := p.Document, false
	if held == nil || held.key() != key {
		held, former = p.Old.Document, true
	}
	a.Matches = map[string]bool{"lastName": like.surname, "firstName": like.given, "middleName": like.patronymic, "birthDate": like.birth,
		"kind": true, "country": true, "number": true, "issueDate": q.IssueDate == held.IssuedAt, "expiryDate": q.ExpiryDate == held.ExpiresAt}
	if held.Series != "" {
		a.Matches["series"] = true
	}
	if q.Issuer != "" { // said, but nothing hangs on it
		a.Matches["issuer"] = fold(q.Issuer) == fold(held.IssuedBy)
	}
	a.Status = "DIFFERS"
	switch {
	case !like.name():
		a.Code = "MVD-210"
	case !like.birth:
		a.Code = "MVD-211"
	case former:
		a.Status, a.Code = "INVALID", "MVD-202"
	case held.ranOut(w.now()):
		a.Status, a.Code = "INVALID", "MVD-203"
	case !a.Matches["issueDate"]:
		a.Code = "MVD-212"
	case !a.Matches["expiryDate"]:
		a.Code = "MVD-213"
	default:
		a.Status, a.Code = "VALID", "MVD-000"
		a.Document = &documentHeld{documentQuestion{strings.ToUpper(held.Kind), held.Country, held.Series, held.Number, held.IssuedAt, held.ExpiresAt, held.IssuedBy,
			p.Surname, p.GivenName, p.Patronymic, p.BirthDate}, p.Sex, p.BirthPlace, p.Citizenship}
	}
	return a
}

// ranOut reports whether the last day of a document is over.
func (d *Document) ranOut(now time.Time) bool {
	last, err := time.Parse(time.DateOnly, d.ExpiresAt)
	return err == nil && !now.Before(last.AddDate(0, 0, 1))
}

func (d *Document) key() string { return documentKey(d.Kind, d.Country, d.Series, d.Number) }

// The civil-status register: certificates of birth. Whoever asks may name one of the parents and learns whether the record has them.
//
//	ZAGS-000  this is the record            ZAGS-710  the name differs
//	ZAGS-701  no such certificate           ZAGS-711  the date of birth differs
//	ZAGS-702  replaced by a newer one       ZAGS-712  the date of issue differs
//	ZAGS-704  series or number is missing   ZAGS-713  no parent of that name and birthday
type (
	birthQuestion struct {
		Certificate birthPaper `json:"certificate"`
		Born        birthName  `json:"born"`
		Parent      *birthName `json:"parent,omitempty"`
	}
	birthPaper struct {
		Series string `json:"series"`
		Number string `json:"number"`
		Given  string `json:"given"` // date of issue
		Office string `json:"office,omitempty"`
	}
	birthName struct {
		Family     string `json:"family"`
		Given      string `json:"given"`
		Patronymic string `json:"patronymic"`
		Birth      string `json:"birth"`
	}
	birthAnswer struct {
		Inquiry string          `json:"inquiry"`
		Outcome string          `json:"outcome"` // FOUND DIFFERS NONE ANNULLED
		Code    string          `json:"code"`
		Equal   map[string]bool `json:"equal,omitempty"`
		Record  *birthRecord    `json:"record,omitempty"` // only when FOUND
	}
	birthRecord struct {
		Certificate birthPaper `json:"certificate"`
		Born        birthName  `json:"born"`
		Act         string     `json:"act"` // number of the record of the birth: a second certificate has it, too
		Sex         string     `json:"sex"`
		Place       string     `json:"place"`
		Mother      *birthName `json:"mother,omitempty"`
		Father      *birthName `json:"father,omitempty"`
	}
)

func (w *World) checkBirth(q birthQuestion) birthAnswer {
	a := birthAnswer{Inquiry: w.number("ZAGS"), Outcome: "NONE", Code: "ZAGS-701"}
	if sign(q.Certificate.Series) == "" || sign(q.Certificate.Number) == "" {
		a.Code = "ZAGS-704"
		return a
	}
	p := w.byCertificate[sign(q.Certificate.Series+q.Certificate.Number)]
	if _, gone := w.lost.Load(sign(q.Certificate.Series + q.Certificate.Number)); p == nil || gone {
		return a
	}
	like := claim{q.Born.Family, q.Born.Given, q.Born.Patronymic, q.Born.Birth}.compare(p)
	if like.stranger() {
		return a
	}
	held, former := p.BirthCertificate, false
	if sign(held.Series+held.Number) != sign(q.Certificate.Series+q.Certificate.Number) {
		held, former = p.Old.BirthCertificate, true
	}
	a.Equal = map[string]bool{"family": like.surname, "given": like.given, "patronymic": like.patronymic, "birth": like.birth, "series": true, "number": true,
		"issued": q.Certificate.Given == held.IssuedAt}
	if q.Certificate.Office != "" { // said, but nothing hangs on it
		a.Equal["office"] = fold(q.Certificate.Office) == fold(held.IssuedBy)
	}
	if q.Parent != nil {
		a.Equal["parent"] = (q.Parent.is(p.BirthCertificate.Mother) || q.Parent.is(p.BirthCertificate.Father)) && !w.deprived(p, q.Parent.Birth)
	}
	a.Outcome = "DIFFERS"
	switch {
	case !like.name():
		a.Code = "ZAGS-710"
	case !like.birth:
		a.Code = "ZAGS-711"
	case former:
		a.Outcome, a.Code = "ANNULLED", "ZAGS-702"
	case !a.Equal["issued"]:
		a.Code = "ZAGS-712"
	case q.Parent != nil && !a.Equal["parent"]:
		a.Code = "ZAGS-713"
	default:
		a.Outcome, a.Code = "FOUND", "ZAGS-000"
		a.Record = &birthRecord{birthPaper{held.Series, held.Number, held.IssuedAt, held.IssuedBy}, birthName{p.Surname, p.GivenName, p.Patronymic, p.BirthDate}, held.Act, p.Sex, p.BirthPlace,
			held.Mother.written(), held.Father.written()}
	}
	return a
}

// Deprive takes the parent of that birthday out of the record of the child, as a court does.
func (w *World) Deprive(child Resident, parentBirth string) {
	w.courts.Store(child.BirthCertificate.Series+child.BirthCertificate.Number+"/"+parentBirth, true)
}

func (w *World) deprived(child *Resident, parentBirth string) bool {
	_, yes := w.courts.Load(child.BirthCertificate.Series + child.BirthCertificate.Number + "/" + parentBirth)
	return yes
}

// Mislay has the register hold a certificate of birth no more, or again.
func (w *World) Mislay(c Certificate, gone bool) {
	if key := sign(c.Series + c.Number); gone {
		w.lost.Store(key, true)
	} else {
		w.lost.Delete(key)
	}
}

func (n *birthName) is(p *Parent) bool {
	return p != nil && fold(n.Family) == fold(p.Surname) && fold(n.Given) == fold(p.GivenName) && fold(n.Patronymic) == fold(p.Patronymic) && n.Birth == p.BirthDate
}

func (p *Parent) written() *birthName {
	if p == nil {
		return nil
	}
	return &birthName{p.Surname, p.GivenName, p.Patronymic, p.BirthDate}
}
