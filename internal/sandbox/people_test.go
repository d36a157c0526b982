package sandbox

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var autumn = day(2026, 11, 22)

func clock() time.Time { return autumn }

func TestResidentsAreTheSameInEverySandbox(t *testing.T) {
	a, err := json.Marshal(residents())
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(residents())
	if err != nil {
		t.Fatal(err)
	}
	if string(a) != string(b) {
		t.Fatal("two worlds have different residents")
	}
}

func TestTheFirstTenCanTryEverything(t *testing.T) {
	sexes := map[string]int{}
	for i, p := range residents()[:first] {
		sexes[p.Sex]++
		if a := age(p.born, autumn); a < 24 || a > 60 {
			t.Errorf("resident %d is %d years old", i, a)
		}
		if p.Passport == nil || p.Old != nil || p.Patronymic == "" || len(p.Estates) == 0 {
			t.Errorf("resident %d: passport %v, old papers %v, patronymic %q, %d estates", i, p.Passport, p.Old, p.Patronymic, len(p.Estates))
		}
		if in := p.incomes(autumn); len(in) != years || in[0].Year != 2025 || in[4].Year != 2021 {
			t.Errorf("resident %d has incomes of %d years", i, len(in))
		}
	}
	if sexes["male"] != 5 || sexes["female"] != 5 {
		t.Errorf("the first ten are %v", sexes)
	}
}

// The rules are written here a second time, from the reference, not taken from digits.go.
func TestCheckDigitsAreRight(t *testing.T) {
	for _, p := range residents() {
		checkSNILSDigits(t, p.SNILS)
		checkINNDigits(t, p.INN)
		if p.Old != nil && p.Old.SNILS != "" {
			checkSNILSDigits(t, p.Old.SNILS)
		}
		if p.Old != nil && p.Old.INN != "" {
			checkINNDigits(t, p.Old.INN)
		}
		for _, in := range p.incomes(autumn) {
			for _, payer := range in.Payers {
				d := payer.INN
				sum := 0
				for i, w := range []int{2, 4, 10, 3, 5, 9, 4, 6, 8} {
					sum += w * int(d[i]-'0')
				}
				if len(d) != 10 || sum%11%10 != int(d[9]-'0') {
					t.Errorf("INN %s of %s has a wrong check digit", d, payer.Name)
				}
			}
		}
	}
	// Published examples: the SNILS of the social fund's own instruction, the INN of the tax service and of a person.
	for got, want := range map[string]string{
		snils(112233445): "112-233-445 95", innFirm(770708389): "7707083893", innPerson(5001007322): "500100732259",
		snils(87654303): "087-654-303 00",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func checkSNILSDigits(t *testing.T, s string) {
	t.Helper()
	if !regexp.MustCompile(`^9\d\d-\d{3}-\d{3} \d\d$`).MatchString(s) {
		t.Fatalf("SNILS %q is not written as people write it", s)
	}
	d, sum := digits(s), 0
	for i := range 9 {
		sum += int(d[i]-'0') * (9 - i)
	}
	if sum %= 101; sum == 100 {
		sum = 0
	}
	if check, _ := strconv.Atoi(d[9:]); check != sum {
		t.Errorf("SNILS %s should end in %02d", s, sum)
	}
}

func checkINNDigits(t *testing.T, s string) {
	t.Helper()
	if !regexp.MustCompile(`^\d\d99\d{8}$`).MatchString(s) {
		t.Fatalf("INN %q is not of an inspectorate that does not exist", s)
	}
	for at, weights := range map[int][]int{10: {7, 2, 4, 10, 3, 5, 9, 4, 6, 8}, 11: {3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8}} {
		sum := 0
		for i, w := range weights {
			sum += w * int(s[i]-'0')
		}
		if sum%11%10 != int(s[at]-'0') {
			t.Errorf("INN %s has a wrong digit %d", s, at)
		}
	}
}

func TestNobodySharesANumber(t *testing.T) {
	seen := map[string]int{}
	once := func(kind, s string, i int) {
		if j, ok := seen[kind+s]; ok {
			t.Errorf("%s %s belongs to residents %d and %d", kind, s, j, i)
		}
		seen[kind+s] = i
	}
	all := residents()
	if len(all) != adults+minors {
		t.Fatalf("%d residents", len(all))
	}
	for i, p := range all {
		once("snils ", p.SNILS, i)
		once("inn ", p.INN, i)
		if p.Passport != nil {
			once("passport ", p.Passport.Series+p.Passport.Number, i)
		}
		if p.Old != nil && p.Old.Passport != nil {
			once("passport ", p.Old.Passport.Series+p.Old.Passport.Number, i)
		}
	}
}

func TestPassportsFitTheirHolders(t *testing.T) {
	code := regexp.MustCompile(`^\d\d[0-3]-\d{3}$`)
	old, teens := 0, 0
	for i, p := range residents() {
		a := age(p.born, autumn)
		if p.Passport == nil {
			if a >= 14 || p.BirthCertificate == nil {
				t.Errorf("resident %d of %d years has no passport, certificate %v", i, a, p.BirthCertificate)
			}
			continue
		}
		if a < 18 {
			teens++
		}
		issued, err := time.Parse(time.DateOnly, p.Passport.IssuedAt)
		if err != nil {
			t.Fatal(err)
		}
		if age(p.born, issued) < 14 || issued.After(autumn) || issued.Before(day(1997, 10, 1)) {
			t.Errorf("resident %d, born %s, has a passport of %s", i, p.BirthDate, p.Passport.IssuedAt)
		}
		for _, when := range []time.Time{day(2026, 6, 1), autumn, dayTo} {
			if ranOut(p.born, p.Passport, when) {
				t.Errorf("resident %d, born %s: the passport of %s has run out on %s", i, p.BirthDate, p.Passport.IssuedAt, iso(when))
			}
		}
		printed, err := strconv.Atoi(p.Passport.Series[2:])
		if d := (issued.Year() - printed) % 100; err != nil || len(p.Passport.Series) != 4 || d != 0 && d != 1 {
			t.Errorf("resident %d: series %s of %s", i, p.Passport.Series, p.Passport.IssuedAt)
		}
		if !code.MatchString(p.Passport.DepartmentCode) || p.Passport.IssuedBy != strings.ToUpper(p.Passport.IssuedBy) {
			t.Errorf("resident %d: department %s, %s", i, p.Passport.DepartmentCode, p.Passport.IssuedBy)
		}
		if p.Old == nil || p.Old.Passport == nil {
			continue
		}
		old++
		if p.Old.Passport.IssuedAt >= p.Passport.IssuedAt {
			t.Errorf("resident %d: the old passport is of %s, the new one of %s", i, p.Old.Passport.IssuedAt, p.Passport.IssuedAt)
		}
	}
	if old < 10 || teens < 3 {
		t.Errorf("%d old passports, %d minors with a passport: too few to try anything", old, teens)
	}
}

func TestNamesAgreeWithSex(t *testing.T) {
	his, hers := map[string]bool{}, map[string]bool{}
	for _, f := range families {
		his[f.his], hers[f.hers] = true, true
	}
	sons, daughters := map[string]bool{"": true}, map[string]bool{"": true}
	for _, m := range men {
		sons[m.son], daughters[m.daughter] = true, true
	}
	none := 0
	for i, p := range residents() {
		if p.Patronymic == "" {
			none++
		}
		man := slices.ContainsFunc(men, func(g given) bool { return g.name == p.GivenName })
		ok := man && his[p.Surname] && sons[p.Patronymic] && p.Sex == "male" ||
			!man && hers[p.Surname] && daughters[p.Patronymic] && p.Sex == "female"
		if !ok {
			t.Errorf("resident %d, %s: %s %s %s", i, p.Sex, p.Surname, p.GivenName, p.Patronymic)
		}
	}
	if none < 2 || none > 10 {
		t.Errorf("%d residents without a patronymic", none)
	}
	for _, m := range men {
		if !regexp.MustCompile(`(вич|ьич|тич)$`).MatchString(m.son) || !regexp.MustCompile(`(вна|чна)$`).MatchString(m.daughter) {
			t.Errorf("%s: %s, %s", m.name, m.son, m.daughter)
		}
	}
}

func TestIncomesAddUp(t *testing.T) {
	all, without := residents(), 0
	for i, p := range all {
		for _, in := range p.incomes(autumn) {
			var total, tax int64
			for _, payer := range in.Payers {
				var sum int64
				for _, m := range payer.Months {
					if m.Sum <= 0 || m.Month < 1 || m.Month > 12 {
						t.Errorf("resident %d: %d kopecks in month %d", i, m.Sum, m.Month)
					}
					sum += m.Sum
				}
				if sum != payer.Total || payer.Tax%100 != 0 || payer.Tax*100 < payer.Total*13-5000 || payer.Tax*100 > payer.Total*13+5000 {
					t.Errorf("resident %d, %d: months %d, total %d, tax %d", i, in.Year, sum, payer.Total, payer.Tax)
				}
				total, tax = total+payer.Total, tax+payer.Tax
			}
			if total != in.Total || tax != in.Tax || total > 240_000_000 {
				t.Errorf("resident %d, %d: %d of %d, tax %d of %d", i, in.Year, total, in.Total, tax, in.Tax)
			}
		}
		if len(p.incomes(autumn)) == 0 {
			without++
		}
	}
	if without < minors || without > len(all)/2 {
		t.Errorf("%d of %d residents have no income", without, len(all))
	}
	if a, b := all[3].income(2023), all[3].incomes(day(2024, 2, 1))[0]; a.Total != b.Total {
		t.Errorf("the income of 2023 is %d on one day and %d on another", a.Total, b.Total)
	}
}

func TestEstatesAreOwnedByGrownUps(t *testing.T) {
	shares := map[string]int{}
	for i, p := range residents() {
		for _, e := range p.Estates {
			since, err := time.Parse(time.DateOnly, e.Since)
			if err != nil || age(p.born, since) < 18 || since.After(autumn) {
				t.Errorf("resident %d, born %s, owns since %s", i, p.BirthDate, e.Since)
			}
			if !regexp.MustCompile(`^\d\d:99:\d{7}:\d+$`).MatchString(e.CadastralNumber) {
				t.Errorf("cadastral number %s", e.CadastralNumber)
			}
			if e.Share == "1/2" {
				shares[e.CadastralNumber]++
			} else if e.Share != "1" {
				t.Errorf("share %s", e.Share)
			}
		}
	}
	whole := 0
	for _, n := range shares {
		if n == 2 {
			whole++
		}
	}
	if whole < 20 || len(shares)-whole > len(shares)/10 { // a half may be missing where the list of residents was full
		t.Errorf("of %d shared estates %d have both owners", len(shares), whole)
	}
}
