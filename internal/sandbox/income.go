package sandbox

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// years is how many finished years the tax service answers for.
const years = 5

// incomes returns what p earned in the finished years before now, the latest first, without years of nothing.
func (p *Resident) incomes(now time.Time) []Income {
	out := []Income{}
	for y := now.Year() - 1; y >= now.Year()-years; y-- {
		if in := p.income(y); len(in.Payers) > 0 {
			out = append(out, in)
		}
	}
	return out
}

// income makes up the year's income of p. The same person and year give the same sums on any day.
func (p *Resident) income(year int) Income {
	in := Income{Year: year}
	a := age(p.born, day(year, 12, 31))
	if a < 18 || len(p.trades) == 0 {
		return in
	}
	r := rand.New(rand.NewPCG(uint64(p.index+1), uint64(year))) //nolint:gosec // the same sums every time
	if p.index >= first && r.IntN(12) == 0 {
		return in // a year without work
	}
	for i, t := range p.trades {
		from, to := 1, 12
		if i > 0 { // a second employer is there for some months of some years
			if r.IntN(3) > 0 {
				continue
			}
			from = 1 + r.IntN(8)
			to = from + r.IntN(4)
		}
		in.add(pay(r, t, year, from, to, i > 0))
	}
	return in
}

func (in *Income) add(p Payer) {
	in.Payers = append(in.Payers, p)
	in.Total += p.Total
	in.Tax += p.Tax
}

// pay makes up what one employer paid from one month to another. The tax is 13 % of the whole, in whole roubles,
// fifty kopecks and more counting as one (Tax Code, article 52).
func pay(r *rand.Rand, t trade, year, from, to int, aside bool) Payer {
	n := 0
	for i := range trades {
		if trades[i].name == t.name {
			n = i
		}
	}
	p := Payer{
		Name: t.name,
		INN:  innFirm(509_900_000 + int64(n)*137),
		KPP:  fmt.Sprintf("50990%d001", n%10),
	}
	wage := float64(t.pay) * 100
	for range 2025 - year {
		wage *= 0.93
	}
	if aside {
		wage *= 0.2
	}
	holiday := 5 + r.IntN(4)
	for m := from; m <= to; m++ {
		paid := MonthlyPaid{Month: m, Code: "2000", Sum: int64(wage * (0.92 + 0.16*r.Float64()))}
		if m == holiday {
			paid.Code = "2012"
		}
		p.Months = append(p.Months, paid)
		p.Total += paid.Sum
		if m == 12 && !aside && r.IntN(2) == 0 {
			bonus := MonthlyPaid{Month: m, Code: "2002", Sum: int64(wage * 0.4 * r.Float64())}
			p.Months = append(p.Months, bonus)
			p.Total += bonus.Sum
		}
	}
	p.Tax = (p.Total*13 + 5000) / 10000 * 100
	return p
}
