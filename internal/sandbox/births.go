package sandbox

import (
	"fmt"
	"strings"
)

// The civil-status register finds the certificate of birth of whoever is named, by the SNILS that it got from the fund or by the certificate
// itself, and gives the one that counts. One grown-up in thirty was born where the records burnt.
//
//	ZAGS-000  the certificate is here       ZAGS-710  the name or the date of birth differs
//	ZAGS-701  no such record                ZAGS-704  neither SNILS nor certificate given
type (
	certificateQuestion struct {
		Born   birthName `json:"born"`
		SNILS  string    `json:"snils"`
		Series string    `json:"series"`
		Number string    `json:"number"`
	}
	certificateAnswer struct {
		Inquiry     string      `json:"inquiry"`
		Outcome     string      `json:"outcome"` // FOUND DIFFERS NONE
		Code        string      `json:"code"`
		Born        *birthName  `json:"born,omitempty"` // only when FOUND
		Certificate *birthPaper `json:"certificate,omitempty"`
	}
)

func (w *World) findBirth(q certificateQuestion) certificateAnswer {
	a := certificateAnswer{Inquiry: w.number("ZAGS"), Outcome: "NONE", Code: "ZAGS-701"}
	key := sign(q.Series + q.Number)
	if digits(q.SNILS) == "" && key == "" {
		a.Code = "ZAGS-704"
		return a
	}
	p := w.insured(digits(q.SNILS))
	if p == nil && key != "" {
		p = w.byCertificate[key]
	}
	if p == nil {
		return a
	}
	if like := (claim{q.Born.Family, q.Born.Given, q.Born.Patronymic, q.Born.Birth}).compare(p); !like.name() || !like.birth {
		a.Outcome, a.Code = "DIFFERS", "ZAGS-710"
		return a
	}
	c := p.BirthCertificate
	if c == nil {
		c = certificateOf(p)
	}
	if c == nil {
		return a
	}
	if _, gone := w.lost.Load(sign(c.Series + c.Number)); gone {
		return a
	}
	a.Outcome, a.Code = "FOUND", "ZAGS-000"
	a.Born, a.Certificate = &birthName{p.Surname, p.GivenName, p.Patronymic, p.BirthDate}, &birthPaper{c.Series, c.Number, c.IssuedAt, c.IssuedBy}
	return a
}

// certificateOf is the certificate of birth of somebody who has a passport; nil where there is no record.
func certificateOf(p *Resident) *Certificate {
	n := made("birth", p.SNILS)
	if p.index >= famous && n%30 == 0 || p.born.IsZero() {
		return nil
	}
	office := "Отдел ЗАГС"
	if place, _, _ := strings.Cut(p.BirthPlace, ","); place != "" {
		office += ", " + place
	}
	return &Certificate{Series: []string{"I", "II", "III", "IV", "V"}[n%5] + "-" + []string{"МЮ", "АИ", "ЕР", "ЖК", "ОД"}[n/5%5], Number: fmt.Sprintf("%06d", 100_000+n/25%900_000),
		IssuedAt: iso(p.born.AddDate(0, 0, 7+int(n%30))), IssuedBy: office}
}
