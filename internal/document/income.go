package document

import (
	"fmt"
	"strconv"

	"okno/internal/i18n"
)

// The income certificate: what a person's payers reported to the tax service for one year.
type (
	incomeAnswer struct {
		Year      int     `json:"year"`
		INN       string  `json:"inn"`
		Reference string  `json:"reference"`
		Income    int64   `json:"income_kopecks"`
		Tax       int64   `json:"tax_kopecks"`
		Withheld  int64   `json:"withheld_kopecks"`
		Payers    []payer `json:"payers"`
	}
	payer struct {
		Name     string  `json:"name"`
		INN      string  `json:"inn"`
		KPP      string  `json:"kpp"`
		Rate     int     `json:"rate"`
		Income   int64   `json:"income_kopecks"`
		Base     int64   `json:"base_kopecks"`
		Tax      int64   `json:"tax_kopecks"`
		Withheld int64   `json:"withheld_kopecks"`
		Months   []month `json:"months"`
	}
	month struct {
		Month int    `json:"month"`
		Code  string `json:"code"`
		Sum   int64  `json:"sum_kopecks"`
	}
)

// most bounds a sum, so that sums of sums stay numbers: ten thousand milliard roubles.
const most = 1_000_000_000_000_000

// check says whether the answer agrees with itself: a paper that does not add up is worse than none.
func (a incomeAnswer) check() error {
	if a.Year < 1992 || a.Year > 2200 {
		return fmt.Errorf("%w: no year", ErrAnswer)
	}
	if len(a.Payers) == 0 {
		return ErrNothing
	}
	var income, tax, withheld int64
	for _, p := range a.Payers {
		for _, n := range []int64{p.Income, p.Base, p.Tax, p.Withheld} {
			if n < 0 || n > most {
				return fmt.Errorf("%w: a sum that cannot be", ErrAnswer)
			}
		}
		if p.Name == "" || p.Rate < 0 || p.Rate > 100 {
			return fmt.Errorf("%w: a payer without a name or a rate", ErrAnswer)
		}
		var months int64
		for _, m := range p.Months {
			if m.Month < 1 || m.Month > 12 || m.Sum < -most || m.Sum > most {
				return fmt.Errorf("%w: a month that cannot be", ErrAnswer)
			}
			months += m.Sum
		}
		if months != p.Income {
			return fmt.Errorf("%w: the months do not give the payer's total", ErrAnswer)
		}
		income, tax, withheld = income+p.Income, tax+p.Tax, withheld+p.Withheld
	}
	if income != a.Income || tax != a.Tax || withheld != a.Withheld {
		return fmt.Errorf("%w: the payers do not give the totals", ErrAnswer)
	}
	return nil
}

func (c *Content) income(s Source) error {
	var a incomeAnswer
	if err := read(s.Answer, &a); err != nil {
		return err
	}
	if err := a.check(); err != nil {
		return err
	}
	year := strconv.Itoa(a.Year)
	inn := a.INN
	if inn == "" {
		inn = s.Person.INN
	}
	var base int64
	for _, p := range a.Payers {
		base += p.Base
	}
	c.Subtitle = both("document.income.subtitle", "year", year)
	c.Blocks = []Block{
		{Facts: facts(
			strong(fact("document.income.holder", same(s.Person.FullName()))),
			fact("document.income.born", day(s.Person.BirthDate)),
			fact("document.income.inn", same(inn)),
		)},
		{Heading: both("document.income.summary", "year", year), Facts: facts(
			open(strong(fact("document.income.total", sum(a.Income)))),
			open(fact("document.income.base", sum(base))),
			open(fact("document.income.tax", sum(a.Tax))),
			open(strong(fact("document.income.withheld", sum(a.Withheld)))),
		)},
	}
	for i, p := range a.Payers {
		c.Blocks = append(c.Blocks, p.block(i+1, len(a.Payers)))
	}
	if a.Reference != "" {
		c.Note = both("document.income.note", "reference", a.Reference)
	}
	return nil
}

func (p payer) block(n, of int) Block {
	heading := same(p.Name)
	if of > 1 {
		heading = same(strconv.Itoa(n) + ". " + p.Name)
	}
	codes := same(p.INN)
	if p.KPP != "" {
		codes = same(p.INN + " / " + p.KPP)
	}
	b := Block{Heading: heading, Facts: facts(fact("document.income.payer_codes", codes), fact("document.income.rate", same(strconv.Itoa(p.Rate)+"\u00a0%")))}
	if of > 1 {
		b.Facts = append(b.Facts, facts(
			fact("document.income.base", sum(p.Base)),
			fact("document.income.tax", sum(p.Tax)),
			fact("document.income.withheld", sum(p.Withheld)),
		)...)
	}
	if len(p.Months) == 0 {
		b.Facts = append(b.Facts, fact("document.income.total", sum(p.Income)))
		return b
	}
	b.Table = &Table{
		Columns: []Column{
			{Label: both("document.income.month"), Weight: 22},
			{Label: both("document.income.code"), Weight: 14},
			{Label: both("document.income.code_name"), Weight: 40},
			{Label: both("document.income.sum"), Weight: 24, Number: true},
		},
		Total: []i18n.Text{both("document.income.payer_total"), {}, {}, amount(p.Income)},
	}
	for _, m := range p.Months {
		b.Table.Rows = append(b.Table.Rows, []i18n.Text{both("document.month." + strconv.Itoa(m.Month)), same(m.Code), codeName(m.Code), amount(m.Sum)})
	}
	return b
}

// codeName is the name of a code of the tax service's list; codes that the catalogue does not know stand alone.
func codeName(code string) i18n.Text {
	key := "document.income.code." + code
	if !i18n.Has(key) {
		return i18n.Text{}
	}
	return both(key)
}
