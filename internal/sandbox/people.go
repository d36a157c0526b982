package sandbox

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

const (
	adults = 345
	minors = 55
	first  = 10 // of the list: of working age, with income every year and with property
)

// Nobody turns 20 or 45 between these days, so that no passport runs out under a demo's hands. That is why the
// sandbox has no resident of, say, 42.
var (
	dayFrom = day(2026, 3, 31)
	dayTo   = day(2030, 12, 31)
)

func day(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }

// maker makes the residents. The same seed gives the same people, whatever the clock says.
type maker struct {
	*rand.Rand
	used map[string]bool // numbers given out
	all  []*Resident
}

// residents makes everybody: first the ten of the test contract, then the other adults, then the children.
func residents() []*Resident {
	m := &maker{Rand: rand.New(rand.NewPCG(2, 1997)), used: map[string]bool{}} //nolint:gosec // the same people every time
	for grown, young := 0, 0; grown < adults || young < minors; {
		for _, p := range m.household() {
			if p.minor && young < minors {
				young++
				m.all = append(m.all, p)
			}
			if !p.minor && grown < adults {
				grown++
				m.all = append(m.all, p)
			}
		}
	}
	m.front()
	for i, p := range m.all {
		p.index = i
		m.age(p, i)
	}
	record(m.all)
	return m.all
}

// front puts the ten first and the children last.
func (m *maker) front() {
	rank := map[*Resident]int{}
	want, n := "female", 0
	for _, p := range m.all {
		switch a := age(p.born, dayFrom); {
		case p.minor:
			rank[p] = 2
		case n < first && p.Sex == want && a >= 24 && a <= 58 && len(p.trades) > 0 && len(p.Estates) > 0:
			n++
			want = map[string]string{"female": "male", "male": "female"}[want]
		default:
			rank[p] = 1
		}
	}
	slices.SortStableFunc(m.all, func(a, b *Resident) int { return rank[a] - rank[b] })
}

// age gives some of those behind the first ten a past: papers that no longer count, or no patronymic.
func (m *maker) age(p *Resident, i int) {
	if i < first || p.minor {
		return
	}
	var old Old
	if i%9 == 0 {
		old.Passport = m.earlier(p)
	}
	if i%40 == 5 {
		old.SNILS = m.snils()
	}
	if i%40 == 15 {
		old.INN = m.inn(p.INN[:2])
	}
	if old != (Old{}) {
		p.Old = &old
	}
	if i%90 == 77 {
		p.Patronymic = ""
	}
}

// record writes the parents into the certificates of birth, as they are called in the end. Every ninth certificate was lost and is a
// second one.
func record(all []*Resident) {
	n := 0
	for _, p := range all {
		c := p.BirthCertificate
		if c == nil {
			continue
		}
		c.Act = fmt.Sprintf("1%s9%s%012d", c.IssuedAt[2:4], p.INN[:2], p.index+1)
		c.Mother, c.Father = p.mother.parent(all), p.father.parent(all)
		if n++; n%9 == 4 {
			was := *c
			issued, _ := time.Parse(time.DateOnly, c.IssuedAt)
			c.IssuedAt, c.Number = iso(issued.AddDate(0, 2, 0)), fmt.Sprintf("%06d", 900000+n)
			if p.Old == nil {
				p.Old = &Old{}
			}
			p.Old.BirthCertificate = &was
		}
	}
}

func (p *Resident) parent(all []*Resident) *Parent {
	x := &Parent{Surname: p.Surname, GivenName: p.GivenName, Patronymic: p.Patronymic, BirthDate: p.BirthDate}
	if slices.Contains(all, p) {
		x.SNILS = p.SNILS
	}
	return x
}

// household makes people who live together: a couple with or without children, or one alone.
func (m *maker) household() []*Resident {
	reg := pick(m, regions)
	town := pick(m, reg.towns)
	home := m.address(reg, town)
	fam := pick(m, families)
	from, to := day(1936, 1, 1), day(2005, 12, 31)
	born := m.birth(from, to)
	if m.IntN(10) < 3 { // alone
		p := m.adult(reg, home, fam, m.IntN(2) == 0, born)
		m.own([]*Resident{p}, reg, town, home)
		return []*Resident{p}
	}
	he := m.adult(reg, home, fam, true, born)
	she := m.adult(reg, home, fam, false, m.birth(born.AddDate(-3, 0, 0), born.AddDate(5, 0, 0)))
	people := []*Resident{he, she}
	if m.IntN(6) == 0 { // she kept her own name
		she.Surname = pick(m, families).hers
	}
	m.own(people, reg, town, home)
	for range m.IntN(4) {
		b := she.born.AddDate(19+m.IntN(20), m.IntN(12), m.IntN(28))
		if !allowed(b) || b.After(day(2025, 12, 31)) || age(b, dayFrom) > 26 { // the older ones moved out
			continue
		}
		p := m.child(reg, town, home, fam, he, b)
		p.mother, p.father = she, he
		people = append(people, p)
	}
	return people
}

// allowed says whether one born on b turns neither 20 nor 45 in the days of the sandbox, nor 14 soon.
func allowed(b time.Time) bool {
	for _, a := range []int{20, 45} {
		if turn := b.AddDate(a, 0, 0); turn.After(dayFrom) && turn.Before(dayTo) {
			return false
		}
	}
	turn := b.AddDate(14, 0, 0)
	return !turn.After(dayFrom) || turn.After(dayFrom.AddDate(1, 0, 0))
}

func (m *maker) birth(from, to time.Time) time.Time {
	for {
		if b := m.between(from, to); allowed(b) && age(b, dayFrom) >= 20 {
			return b
		}
		to = to.AddDate(0, 6, 0) // a range that is wholly forbidden grows until it is not
		from = from.AddDate(0, -6, 0)
	}
}

func (m *maker) between(from, to time.Time) time.Time {
	if !to.After(from) {
		return from
	}
	return from.AddDate(0, 0, m.IntN(int(to.Sub(from).Hours()/24)+1))
}

func (m *maker) adult(reg region, home string, fam family, he bool, born time.Time) *Resident {
	p := m.person(reg, home, fam, pick(m, men), he, born)
	p.Passport = m.passport(reg, born)
	p.BirthPlace = m.birthPlace()
	for n := m.employers(age(born, dayFrom)); len(p.trades) < n; {
		p.trades = append(p.trades, pick(m, trades))
	}
	return p
}

func (m *maker) child(reg region, town, home string, fam family, father *Resident, born time.Time) *Resident {
	f := men[slices.IndexFunc(men, func(g given) bool { return g.name == father.GivenName })]
	p := m.person(reg, home, fam, f, m.IntN(2) == 0, born)
	p.BirthPlace = town + ", " + reg.name
	if a := age(born, dayFrom); a >= 14 {
		p.Passport = m.passport(reg, born)
		if p.minor = a < 18; !p.minor {
			for n := m.employers(a); len(p.trades) < n; {
				p.trades = append(p.trades, pick(m, trades))
			}
		}
		return p
	}
	p.minor = true
	p.BirthCertificate = &Certificate{
		Series:   pick(m, []string{"I", "II", "III", "IV", "V"}) + "-" + pick(m, []string{"МЮ", "АИ", "ЕР", "ЖК", "ОД"}),
		Number:   m.unique(func() string { return fmt.Sprintf("%06d", 100000+m.IntN(900000)) }),
		IssuedAt: iso(born.AddDate(0, 0, 7+m.IntN(30))),
		IssuedBy: "Отдел ЗАГС, " + town + ", " + reg.name,
	}
	return p
}

func (m *maker) person(reg region, home string, fam family, father given, he bool, born time.Time) *Resident {
	p := &Resident{
		born: born, BirthDate: iso(born), Address: home,
		SNILS: m.snils(), INN: m.inn(reg.code), Estates: []Estate{},
	}
	if he {
		p.Surname, p.GivenName, p.Patronymic, p.Sex = fam.his, pick(m, men).name, father.son, "male"
		return p
	}
	p.Surname, p.GivenName, p.Patronymic, p.Sex = fam.hers, pick(m, women), father.daughter, "female"
	return p
}

// employers is how many employers one of that age has: the old mostly none.
func (m *maker) employers(a int) int {
	switch {
	case a >= 66 && m.IntN(6) > 0, a >= 58 && m.IntN(3) == 0, m.IntN(14) == 0:
		return 0
	}
	return 1 + m.IntN(3)
}

// passport makes the one that counts now: issued after the birthday of 14, 20 or 45, or when the old form of
// the Soviet Union was exchanged; some had to be replaced since.
func (m *maker) passport(reg region, born time.Time) *Passport {
	turn := born.AddDate(14, 0, 0)
	for _, a := range []int{20, 45} {
		if b := born.AddDate(a, 0, 0); !b.After(dayFrom) {
			turn = b
		}
	}
	at := turn.AddDate(0, 0, 5+m.IntN(50))
	if at.Before(day(1997, 10, 1)) {
		at = m.between(day(1998, 1, 12), day(2003, 12, 20))
	}
	if m.IntN(7) == 0 {
		at = m.between(at, dayFrom)
	}
	return m.paper(reg, at)
}

// earlier makes a passport that p had before the present one.
func (m *maker) earlier(p *Resident) *Passport {
	now, _ := time.Parse(time.DateOnly, p.Passport.IssuedAt)
	from := born14(p.born)
	if from.Before(day(1998, 1, 12)) {
		from = day(1998, 1, 12)
	}
	to := now.AddDate(0, -2, 0)
	if !to.After(from) {
		return nil
	}
	for _, reg := range regions {
		if strings.HasPrefix(p.INN, reg.code) {
			return m.paper(reg, m.between(from, to))
		}
	}
	return nil
}

func born14(b time.Time) time.Time { return b.AddDate(14, 0, 20) }

// paper makes the numbers and the words of a passport issued on at.
func (m *maker) paper(reg region, at time.Time) *Passport {
	for at.Weekday() == time.Sunday || at.Weekday() == time.Monday {
		at = at.AddDate(0, 0, 1)
	}
	p := &Passport{IssuedAt: iso(at)}
	p.Series = fmt.Sprintf("%s%02d", reg.okato, (at.Year()-m.IntN(2))%100)
	p.Number = m.unique(func() string { return fmt.Sprintf("%06d", 100000+m.IntN(900000)) })
	office, level := "ГУ МВД России по "+reg.of, 0
	switch town := pick(m, reg.towns); {
	case at.Before(day(2007, 1, 1)):
		office, level = "ОВД "+town+", "+reg.name, 2
	case at.Before(day(2016, 10, 1)):
		office, level = "Отделом УФМС России по "+reg.of+" ("+town+")", 0
	case m.IntN(3) == 0:
		office, level = "МО МВД России ("+town+", "+reg.name+")", 2
	}
	p.IssuedBy = strings.ToUpper(office)
	p.DepartmentCode = fmt.Sprintf("%s%d-%03d", reg.code, level, 1+m.IntN(120))
	return p
}

// own gives the grown-ups of a household what they own, mostly in equal shares.
func (m *maker) own(people []*Resident, reg region, town, home string) {
	kinds := []struct {
		kind string
		area float64
	}{{"Квартира", 54}, {"Земельный участок", 800}, {"Жилой дом", 92}, {"Гараж", 20}, {"Машино-место", 14}}
	for n, k := range kinds {
		if n == 0 && m.IntN(7) == 0 || n > 0 && m.IntN(5) > 0 {
			continue
		}
		where := home
		if n == 0 && !strings.Contains(home, ", кв. ") {
			k = kinds[2]
		}
		if n > 0 {
			where = fmt.Sprintf("%s, %s, %s, д. %d", reg.name, town, pick(m, streets), 1+m.IntN(140))
		}
		owners, share := people, "1/2"
		if len(people) == 1 || m.IntN(3) == 0 {
			owners, share = people[m.IntN(len(people)):][:1], "1"
		}
		since := m.between(day(1999, 2, 1), dayFrom)
		for _, p := range owners {
			if grown := p.born.AddDate(18, 2, 0); since.Before(grown) {
				since = m.between(grown, dayFrom)
			}
		}
		cad := m.unique(func() string {
			return fmt.Sprintf("%s:99:%07d:%d", reg.code, 10000*(1+m.IntN(90))+m.IntN(999), 1+m.IntN(4000))
		})
		area := fmt.Sprintf("%.1f", k.area*(0.6+0.9*m.Float64()))
		for i, p := range owners {
			right := "Собственность"
			if share != "1" {
				right = "Общая долевая собственность"
			}
			p.Estates = append(p.Estates, Estate{
				CadastralNumber: cad, Kind: k.kind, Address: where, Area: area, Share: share, Right: right,
				RightNumber: fmt.Sprintf("%s-%s/%03d/%d-%d", cad, reg.code, 1+m.IntN(300), since.Year(), i+1),
				Since:       iso(since),
			})
		}
	}
}

func (m *maker) address(reg region, town string) string {
	s := fmt.Sprintf("%s%03d, %s, %s, %s, д. %d", reg.post, 100+m.IntN(800), reg.name, town, pick(m, streets), 1+m.IntN(140))
	if m.IntN(5) > 0 {
		s += fmt.Sprintf(", кв. %d", 1+m.IntN(180))
	}
	return s
}

func (m *maker) birthPlace() string {
	reg := pick(m, regions)
	return pick(m, reg.towns) + ", " + reg.name
}

// snils gives out a number beginning with 9, which the social fund never did.
func (m *maker) snils() string {
	return m.unique(func() string { return snils(900_000_000 + m.IntN(100_000_000)) })
}

// inn gives out a number of inspectorate 99 of the region, which does not exist.
func (m *maker) inn(code string) string {
	return m.unique(func() string {
		var c int64
		fmt.Sscan(code, &c) //nolint:errcheck // two digits of the table above
		return innPerson(c*1e8 + 99*1e6 + int64(m.IntN(1_000_000)))
	})
}

func (m *maker) unique(next func() string) string {
	for {
		if s := next(); !m.used[s] {
			m.used[s] = true
			return s
		}
	}
}

func pick[T any](m *maker, from []T) T { return from[m.IntN(len(from))] }

func iso(t time.Time) string { return t.Format(time.DateOnly) }
