package form

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"okno/internal/i18n"
)

// reader is one of the functions that read a value, made equal for tables.
type reader func(string) (string, *Problem)

type reading struct{ typed, want, key string } // key "" means that it is right

func check(t *testing.T, read reader, table []reading) {
	t.Helper()
	for _, tt := range table {
		got, p := read(tt.typed)
		key := ""
		if p != nil {
			key = p.Key
			said(t, p)
		}
		if key != tt.key || key == "" && got != tt.want {
			t.Errorf("%q is read as %q, %q; want %q, %q", tt.typed, got, key, tt.want, tt.key)
		}
	}
}

var hole = regexp.MustCompile(`\{[a-z]+\}`)

// said fails when a problem has no message, or one with a hole, in either language.
func said(t *testing.T, p *Problem) {
	t.Helper()
	for _, l := range i18n.Langs() {
		text := l.T(p.Key, p.Args...)
		if text == p.Key || text == "" || hole.MatchString(text) {
			t.Errorf("%s in %s is said as %q", p.Key, l, text)
		}
	}
}

func date(read func(string) (Date, *Problem)) reader {
	return func(s string) (string, *Problem) {
		d, p := read(s)
		return d.String(), p
	}
}

func TestNamesAreReadAsTheyStandInPapers(t *testing.T) {
	check(t, Surname, []reading{
		{"Иванов", "Иванов", ""},
		{"  Иванов ", "Иванов", ""},
		{"иванов", "Иванов", ""},
		{"ИВАНОВ", "Иванов", ""},
		{"ёлкин", "Ёлкин", ""},
		{"Мамин-Сибиряк", "Мамин-Сибиряк", ""},
		{"мамин - сибиряк", "Мамин-Сибиряк", ""},
		{"Салтыков – Щедрин", "Салтыков-Щедрин", ""},
		{"Д’Артаньян", "Д'Артаньян", ""},
		{"О'НИЛ", "О'Нил", ""},
		{"Лук'янов", "Лук'янов", ""},
		{"лук'янов", "Лук'янов", ""},
		{"де ла Крус", "де ла Крус", ""},
		{"Smith", "Smith", ""},
		{"Müller", "Müller", ""},
		{"NUÑEZ DE BALBOA", "Nuñez De Balboa", ""},
		{"О", "О", ""},
		{"Ив\u00adанов\u200b", "Иванов", ""},
		{"Андреи\u0306", "Андрей", ""}, // as a Mac writes it
		{"", "", "form.surname.empty"},
		{" \u00a0\t", "", "form.surname.empty"},
		{"Иванов1", "", "form.name.digit"},
		{"Ивaнов", "", "form.name.alike_latin"},
		{"Ивzнов", "", "form.name.mixed_latin"},
		{"Smiтh", "", "form.name.mixed_cyrillic"},
		{"Иванов Smith", "", "form.name.mixed_latin"},
		{"Міщенко", "", "form.name.alien"},
		{"И.", "", "form.name.dot"},
		{"Иванов!", "", "form.name.char"},
		{"Иванов\u0301\u0327", "", "form.name.char"},
		{"山田", "", "form.name.char"},
		{"<script>", "", "form.name.char"},
		{"-Иванов", "", "form.name.hyphen"},
		{"Иванов-", "", "form.name.hyphen"},
		{"Иванов--Петров", "", "form.name.hyphen"},
		{"''", "", "form.name.letters"},
		{"-", "", "form.name.hyphen"},
		{strings.Repeat("я", NameMax), "Я" + strings.Repeat("я", NameMax-1), ""},
		{strings.Repeat("я", NameMax+1), "", "form.name.long"},
	})
	check(t, GivenName, []reading{{"Анна-Мария", "Анна-Мария", ""}, {"", "", "form.given_name.empty"}})
}

func TestAPatronymicMayBeMissingAndMayBeEastern(t *testing.T) {
	check(t, Patronymic, []reading{
		{"", "", ""},
		{"  ", "", ""},
		{"Сергеевна", "Сергеевна", ""},
		{"Гейдар оглы", "Гейдар оглы", ""},
		{"ГЕЙДАР ОГЛЫ", "Гейдар оглы", ""},
		{"анвар кызы", "Анвар кызы", ""},
		{"гусейн-оглы", "Гусейн-оглы", ""},
		{"2", "", "form.name.digit"},
	})
}

func TestTheWrongLettersAreNamedAndTheNameThatWasMeant(t *testing.T) {
	for typed, want := range map[string]string{
		"Ивzнsвz":  "латинские: z, s (первая — 3-й знак)",
		"Smitж":    "русские: ж (первая — 5-й знак)",
		"Пeтpoв":   "похожи: e, p, o. Переключите раскладку и введите заново: Петров",
		"Pоссини":  "похожи: P. Переключите раскладку и введите заново: Россини",
		"Cмирнов":  "похожи: C. Переключите раскладку и введите заново: Смирнов",
		"Кoвалëв":  "похожи: o, ë. Переключите раскладку и введите заново: Ковалёв",
		"Smithсon": "похожи: с. Пишите всё имя одним алфавитом: Smithcon",
		"Ивabов":   "латинские: a, b (первая", // a small b looks like no Russian letter
	} {
		_, p := Surname(typed)
		if p == nil {
			t.Errorf("%q is read", typed)
			continue
		}
		if got := i18n.RU.T(p.Key, p.Args...); !strings.Contains(got, want) {
			t.Errorf("%q: said %q", typed, got)
		}
	}
}

func TestDatesAreReadInTheOrdersPeopleType(t *testing.T) {
	check(t, date(ParseDate), []reading{
		{"18.11.2026", "2026-11-18", ""},
		{" 18.11.2026 ", "2026-11-18", ""},
		{"1.2.2026", "2026-02-01", ""},
		{"18/11/2026", "2026-11-18", ""},
		{"18-11-2026", "2026-11-18", ""},
		{"18 11 2026", "2026-11-18", ""},
		{"18. 11. 2026", "2026-11-18", ""},
		{"18112026", "2026-11-18", ""},
		{"2026-11-18", "2026-11-18", ""},
		{"2026.11.18", "2026-11-18", ""},
		{"29.02.2024", "2024-02-29", ""},
		{"", "", "form.date.empty"},
		{"завтра", "", "form.date.format"},
		{"18.11.26", "", "form.date.short_year"},
		{"18.11", "", "form.date.format"},
		{"11.18.2026", "", "form.date.swapped"},
		{"01.32.2026", "", "form.date.month"},
		{"01.00.2026", "", "form.date.month"},
		{"32.01.2026", "", "form.date.day"},
		{"00.01.2026", "", "form.date.day"},
		{"29.02.2023", "", "form.date.no_such_day"},
		{"31.04.2026", "", "form.date.no_such_day"},
		{"01.01.0000", "", "form.date.format"},
		{"20261118", "", "form.date.month"},
	})
}

func TestABirthDateIsOfSomebodyAlive(t *testing.T) {
	today := Date{2026, 11, 18}
	check(t, date(func(s string) (Date, *Problem) { return BirthDate(s, today) }), []reading{
		{"05.03.1990", "1990-03-05", ""},
		{"18.11.2026", "2026-11-18", ""},
		{"18.11.1906", "1906-11-18", ""},
		{"17.11.1901", "", "form.birth.old"},
		{"19.11.2026", "", "form.birth.future"},
		{"", "", "form.birth.empty"},
		{"05.03.90", "", "form.date.short_year"},
	})
}

func TestAgesAreCountedByTheLaw(t *testing.T) {
	for _, tt := range []struct {
		born, today Date
		want        int
	}{
		{Date{2000, 5, 10}, Date{2026, 5, 9}, 25},
		{Date{2000, 5, 10}, Date{2026, 5, 10}, 26},
		{Date{2004, 2, 29}, Date{2025, 2, 28}, 20},
		{Date{2004, 2, 29}, Date{2025, 3, 1}, 21},
		{Date{2026, 5, 10}, Date{2026, 5, 10}, 0},
	} {
		if got := tt.born.Age(tt.today); got != tt.want {
			t.Errorf("born %s, on %s: %d, want %d", tt.born, tt.today, got, tt.want)
		}
	}
}

func TestABirthdayComesByTheCivilDayOfTheZone(t *testing.T) {
	zone := time.FixedZone("east", 3*60*60)
	for born, want := range map[string]time.Time{
		"2012-05-10": time.Date(2026, 5, 9, 21, 0, 0, 0, time.UTC),
		"2012-02-29": time.Date(2026, 2, 28, 21, 0, 0, 0, time.UTC), // 1 March in the zone
		"":           {},
		"soon":       {},
	} {
		if got := Birthday(born, 14, zone); !got.Equal(want) {
			t.Errorf("born %q: %s, want %s", born, got, want)
		}
	}
}

func TestADateIsItsDayInJSONAndInItsZone(t *testing.T) {
	var v struct{ A, B Date }
	if err := json.Unmarshal([]byte(`{"A":"2026-11-18","B":""}`), &v); err != nil {
		t.Fatal(err)
	}
	if v.A != (Date{2026, 11, 18}) || !v.B.IsZero() {
		t.Errorf("read %+v", v)
	}
	b, err := json.Marshal(v)
	if err != nil || string(b) != `{"A":"2026-11-18","B":""}` {
		t.Errorf("written %s, %v", b, err)
	}
	if err := json.Unmarshal([]byte(`{"A":"18.11.2026"}`), &v); err == nil {
		t.Error("a date of another shape is taken")
	}
	east := time.FixedZone("east", 9*3600)
	if got := DateOf(time.Date(2026, 11, 18, 20, 0, 0, 0, time.UTC).In(east)); got != (Date{2026, 11, 19}) {
		t.Errorf("in the east it is %s", got)
	}
	if got := (Date{2026, 11, 18}).Dotted(); got != "18.11.2026" {
		t.Errorf("dotted %s", got)
	}
	if (Date{}).Dotted() != "" || (Date{}).String() != "" {
		t.Error("no date is shown as one")
	}
}

func TestPhonesAreReadHoweverTheyAreWritten(t *testing.T) {
	check(t, MobilePhone, []reading{
		{"+7 912 345-67-89", "+79123456789", ""},
		{"8 (912) 345-67-89", "+79123456789", ""},
		{"89123456789", "+79123456789", ""},
		{"79123456789", "+79123456789", ""},
		{"9123456789", "+79123456789", ""},
		{"+8 912 345 67 89", "+79123456789", ""},
		{"+7\u00a0912\u00a0345‑67‑89", "+79123456789", ""},
		{"(+7) 912.345.67.89", "+79123456789", ""},
		{"007 912 345 67 89", "+79123456789", ""},
		{"+375 29 123-45-67", "+375291234567", ""},
		{"375291234567", "+375291234567", ""},
		{"00375291234567", "+375291234567", ""},
		{"+7 701 234 5678", "+77012345678", ""}, // Kazakhstan
		{"+1 202-555-0123", "+12025550123", ""}, // cannot be told from a landline
		{"", "", "form.phone.empty"},
		{"+", "", "form.phone.empty"},
		{"мой номер", "", "form.phone.letter"},
		{"+7 912 345-67-89 доб. 1", "", "form.phone.letter"},
		{"8-800-FLOWERS", "", "form.phone.letter"},
		{"+7 912 345-67-89#1", "", "form.phone.char"},
		{"7912345+6789", "", "form.phone.char"},
		{"+7 912 345-67-8", "", "form.phone.russian"},
		{"912345678", "", "form.phone.russian"},
		{"+7 912 345-67-890", "", "form.phone.russian"},
		{"12", "", "form.phone.russian"},
		{"1", "", "form.phone.russian"},
		{"+999 123 456 789", "", "form.phone.country"},
		{"+7 000 123-45-67", "", "form.phone.invalid"},
		{"+375 29 12", "", "form.phone.short"},
		{"+375 29 123 45 67 89 12", "", "form.phone.long"},
		{strings.Repeat("9", 300), "", "form.phone.long"},
		{"+7 495 123-45-67", "", "form.phone.landline"},
		{"8 800 555-35-35", "", "form.phone.landline"},
		{"112", "", "form.phone.russian"},
		{"+79123456789\r\nBcc: x", "", "form.phone.letter"},
	})
	check(t, Phone, []reading{
		{"8 495 123-45-67", "+74951234567", ""},
		{"4951234567", "+74951234567", ""},
	})
}

func TestPhonesAreShownInGroupsAndMasked(t *testing.T) {
	for _, tt := range []struct{ e164, shown, masked string }{
		{"+79123456789", "+7 912 345-67-89", "+7 912 ···-··-89"},
		{"+375291234567", "+375 29 123-45-67", "+375 29 ···-··-67"},
		{"+12025550123", "+1 202-555-0123", "+1 202-···-··23"},
		{"", "", "···"},
		{"garbage", "garbage", "···"},
	} {
		if got := FormatPhone(tt.e164); got != tt.shown {
			t.Errorf("%s is shown as %q, want %q", tt.e164, got, tt.shown)
		}
		if got := MaskPhone(tt.e164); got != tt.masked {
			t.Errorf("%s is masked as %q, want %q", tt.e164, got, tt.masked)
		}
	}
}

func TestAddressesOfMailAreReadWithoutTrickery(t *testing.T) {
	check(t, Email, []reading{
		{"anna@mail.ru", "anna@mail.ru", ""},
		{" Anna.P+okno@Mail.RU ", "Anna.P+okno@mail.ru", ""},
		{"mailto:anna@mail.ru", "anna@mail.ru", ""},
		{"anna@почта.рф", "anna@xn--80a1acny.xn--p1ai", ""},
		{"anna@xn--80a1acny.xn--p1ai", "anna@xn--80a1acny.xn--p1ai", ""},
		{"anna@mail.ru.", "anna@mail.ru", ""},
		{"o'neil@mail.ru", "o'neil@mail.ru", ""},
		{"a@b.co", "a@b.co", ""},
		{"", "", "form.email.empty"},
		{"anna", "", "form.email.at"},
		{"@mail.ru", "", "form.email.at"},
		{"anna@@mail.ru", "", "form.email.at"},
		{"a@b@mail.ru", "", "form.email.at"},
		{"anna @mail.ru", "", "form.email.space"},
		{"anna@mail.ru\r\nBcc: all@mail.ru", "", "form.email.space"},
		{"anna@mail.ru\nx", "", "form.email.space"},
		{"анна@mail.ru", "", "form.email.cyrillic"},
		{"аnna@mail.ru", "", "form.email.cyrillic"},
		{"anna@mаil.ru", "", "form.email.mixed"},
		{"anna@mail,ru", "", "form.email.comma"},
		{"anna@mail", "", "form.email.domain"},
		{"anna@", "", "form.email.domain"},
		{"anna@.ru", "", "form.email.domain"},
		{"anna@mail..ru", "", "form.email.domain"},
		{"anna@-mail.ru", "", "form.email.domain"},
		{"anna@mail.r", "", "form.email.domain"},
		{"anna@127.0.0.1", "", "form.email.domain"},
		{"anna@[127.0.0.1]", "", "form.email.domain"},
		{"anna@ma_il.ru", "", "form.email.domain"},
		{".anna@mail.ru", "", "form.email.dot"},
		{"anna.@mail.ru", "", "form.email.dot"},
		{"an..na@mail.ru", "", "form.email.dot"},
		{`"anna p"@mail.ru`, "", "form.email.space"},
		{`"anna"@mail.ru`, "", "form.email.char"},
		{"<anna@mail.ru>", "", "form.email.char"},
		{"anna(x)@mail.ru", "", "form.email.char"},
		{"ännä@mail.ru", "", "form.email.char"},
		{strings.Repeat("a", 64) + "@mail.ru", strings.Repeat("a", 64) + "@mail.ru", ""},
		{strings.Repeat("a", 65) + "@mail.ru", "", "form.email.long"},
		{"a@" + strings.Repeat("b", 64) + ".ru", "", "form.email.domain"},
		{strings.Repeat("a", 60) + "@" + strings.Repeat("b.", 98) + "ru", "", "form.email.long"},
	})
}

func TestAddressesOfMailAreFoundByOneKeyAndMasked(t *testing.T) {
	if EmailKey("Anna@mail.ru") != EmailKey("anna@mail.ru") {
		t.Error("case makes another person")
	}
	for _, tt := range []struct{ email, shown, masked string }{
		{"anna@mail.ru", "anna@mail.ru", "a···@mail.ru"},
		{"a@mail.ru", "a@mail.ru", "···@mail.ru"},
		{"anna@xn--80a1acny.xn--p1ai", "anna@почта.рф", "a···@почта.рф"},
		{"none", "none", "···"},
	} {
		if got := FormatEmail(tt.email); got != tt.shown {
			t.Errorf("%s is shown as %s", tt.email, got)
		}
		if got := MaskEmail(tt.email); got != tt.masked {
			t.Errorf("%s is masked as %s", tt.email, got)
		}
	}
}

func TestAPasswordIsRefusedWithItsReason(t *testing.T) {
	about := []string{"Иванов", "Ян", "+79123456789", "petrova.anna@mail.ru"}
	for _, tt := range []struct{ password, key string }{
		{"Gr0mkaya!", ""},
		{"aA1!aA1!", ""},
		{"Qwertyuiop[]1A", ""},
		{"`Backtick1", ""},
		{strings.Repeat("aA1!", 64), ""},
		{"", "form.password.empty"},
		{"aA1!aA1", "form.password.short"},
		{strings.Repeat("aA1!", 64) + "x", "form.password.long"},
		{"aA1! aA1!", "form.password.space"},
		{" aA1!aA1!", "form.password.space"},
		{"aA1!aA1!\t", "form.password.space"},
		{"aA1!aA1!\u00a0", "form.password.space"},
		{`aA1!"aA1`, "form.password.quote"},
		{"aA1!'aA1", "form.password.quote"},
		{"aA1!«aA1", "form.password.quote"},
		{"Громкая1!", "form.password.cyrillic"},
		{"aA1!aA1!é", "form.password.char"},
		{"aA1!aA1!\x00", "form.password.char"},
		{"aA1!aA1!😀", "form.password.char"},
		{"GR0MKAYA!", "form.password.lower"},
		{"gr0mkaya!", "form.password.upper"},
		{"Gromkaya!", "form.password.digit"},
		{"Gr0mkayaa", "form.password.special"},
		{"Ivanov-1990", "form.password.personal"},
		{"xBDFYJD!1x", "form.password.personal"}, // the surname in the other layout
		{"Tel3456789!a", "form.password.personal"},
		{"Petrova.Anna1", "form.password.personal"},
		{"Yantar-2026", ""}, // a two-letter name is in too many words
	} {
		p := Password(tt.password, about...)
		key := ""
		if p != nil {
			key = p.Key
			said(t, p)
		}
		if key != tt.key {
			t.Errorf("%q: %q, want %q", tt.password, key, tt.key)
		}
	}
}

func TestAPasswordIsTypedTwice(t *testing.T) {
	for _, tt := range []struct{ second, key string }{
		{"Gr0mkaya!", ""}, {"gr0mkaya!", "form.password.different"}, {"Gr0mkaya! ", "form.password.different"}, {"", "form.password.again"},
	} {
		p := PasswordAgain("Gr0mkaya!", tt.second)
		if (p == nil) != (tt.key == "") || p != nil && p.Key != tt.key {
			t.Errorf("%q: %v", tt.second, p)
		}
	}
}

func TestTheListOfRulesAgreesWithTheVerdict(t *testing.T) {
	for _, s := range []string{"", "a", "aA1!aA1!", "aaaaaaaa", "AAAAAAA1", "aA1!aA1! ", "Громкая1!", "aA1!aA1\""} {
		all := true
		for _, r := range PasswordRules(s) {
			all = all && r.Met
			said(t, &Problem{Key: r.Key, Args: r.Args})
		}
		if all != (Password(s) == nil) {
			t.Errorf("%q: rules %v, verdict %v", s, PasswordRules(s), Password(s))
		}
	}
}

func TestSNILSIsCheckedByItsCheckNumber(t *testing.T) {
	check(t, SNILS, []reading{
		{"112-233-445 95", "11223344595", ""},
		{"11223344595", "11223344595", ""},
		{" 112 233 445 95 ", "11223344595", ""},
		{"087-654-303 00", "08765430300", ""}, // the sum is 202: twice 101
		{"000-000-600 06", "00000060006", ""}, // before there was a check
		{"001-001-998 99", "00100199899", ""},
		{"", "", "form.snils.empty"},
		{"112-233-445 96", "", "form.snils.check"},
		{"112-233-454 95", "", "form.snils.check"}, // two digits swapped
		{"000-000-000 00", "", "form.snils.check"},
		{"112-233-445", "", "form.snils.length"},
		{"112-233-445 955", "", "form.snils.length"},
		{"112-233-44А 95", "", "form.snils.char"},
	})
	if got := FormatSNILS("11223344595"); got != "112-233-445 95" {
		t.Errorf("shown as %s", got)
	}
	if got := MaskSNILS("11223344595"); got != "···-···-445 95" {
		t.Errorf("masked as %s", got)
	}
	if got := FormatSNILS("112"); got != "112" {
		t.Errorf("shown as %s", got)
	}
}

// The sums 100 and 101 both give the check number 00.
func TestSNILSWithTheSumsOnTheEdge(t *testing.T) {
	for d := 1; d < 1000; d++ {
		// nine digits 9 9 9 … chosen so that sums around 100 and 101 occur
		body := []byte("990000000")
		body[2], body[3], body[8] = byte('0'+d/100), byte('0'+d/10%10), byte('0'+d%10)
		sum := 0
		for i := range 9 {
			sum += int(body[i]-'0') * (9 - i)
		}
		want := sum % 101
		if want == 100 {
			want = 0
		}
		number := string(body) + string([]byte{byte('0' + want/10), byte('0' + want%10)})
		if _, p := SNILS(number); p != nil {
			t.Errorf("%s (sum %d): %v", number, sum, p)
		}
	}
}

func TestINNIsCheckedByItsCheckDigits(t *testing.T) {
	check(t, INN, []reading{
		{"500100732259", "500100732259", ""},
		{" 5001 0073 2259 ", "500100732259", ""},
		{"", "", "form.inn.empty"},
		{"500100732258", "", "form.inn.check"},
		{"500100732269", "", "form.inn.check"},
		{"050100732259", "", "form.inn.check"},
		{"000000000000", "", "form.inn.check"},
		{"7707083893", "", "form.inn.organisation"},
		{"50010073225", "", "form.inn.length"},
		{"50010073225O", "", "form.inn.char"},
	})
	check(t, OrganisationINN, []reading{
		{"7707083893", "7707083893", ""},
		{"7707083894", "", "form.inn.check"},
		{"500100732259", "", "form.inn.person"},
		{"770708389", "", "form.inn.length10"},
		{"", "", "form.inn.empty"},
		{"x", "", "form.inn.char"},
	})
	if got := MaskINN("500100732259"); got != "········2259" {
		t.Errorf("masked as %s", got)
	}
}

func TestAPassportIsReadFieldByField(t *testing.T) {
	check(t, PassportSeries, []reading{
		{"4508", "4508", ""}, {"45 08", "4508", ""}, {"45-08", "4508", ""},
		{"", "", "form.passport.series_empty"}, {"450", "", "form.passport.series_length"}, {"4508 123456", "", "form.passport.series_both"},
		{"XX08", "", "form.passport.series_char"}, {"0000", "", "form.passport.series_zero"},
	})
	check(t, PassportNumber, []reading{
		{"123456", "123456", ""}, {"№ 123456", "123456", ""}, {"000101", "000101", ""},
		{"", "", "form.passport.number_empty"}, {"12345", "", "form.passport.number_length"}, {"4508 123456", "", "form.passport.number_both"},
		{"12345O", "", "form.passport.number_char"}, {"000000", "", "form.passport.number_zero"},
	})
	check(t, DepartmentCode, []reading{
		{"770-001", "770-001", ""}, {"770001", "770-001", ""}, {"770 001", "770-001", ""},
		{"", "", "form.passport.department_empty"}, {"77000", "", "form.passport.department_length"},
		{"77O-001", "", "form.passport.department_char"}, {"000-000", "", "form.passport.department_zero"},
	})
	check(t, IssuedBy, []reading{
		{"ГУ МВД РОССИИ ПО Г. МОСКВЕ", "ГУ МВД РОССИИ ПО Г. МОСКВЕ", ""},
		{"  отделом УФМС  №3 (р-н «Хамовники») ", "отделом УФМС №3 (р-н «Хамовники»)", ""},
		{"", "", "form.passport.by_empty"}, {"УВД", "", "form.passport.by_short"}, {"ГУ MВД РОССИИ", "", "form.passport.by_latin"},
		{"ГУ МВД РОССИИ <b>", "", "form.passport.by_char"}, {strings.Repeat("а", 256), "", "form.text.long"},
	})
	if got := FormatPassport("4508", "123456"); got != "45 08 123456" {
		t.Errorf("shown as %s", got)
	}
	if got := MaskPassport("4508", "123456"); got != "45 ·· ····56" {
		t.Errorf("masked as %s", got)
	}
}

func TestAPassportIsGivenAt14AndReplacedAt20And45(t *testing.T) {
	for _, tt := range []struct {
		name, issued string
		born, today  Date
		key          string
	}{
		{"at 14", "10.05.2014", Date{2000, 5, 10}, Date{2015, 1, 1}, ""},
		{"a day before 14", "09.05.2014", Date{2000, 5, 10}, Date{2015, 1, 1}, "form.passport.issued_young"},
		{"before birth", "10.05.1999", Date{2000, 5, 10}, Date{2015, 1, 1}, "form.passport.issued_young"},
		{"the first one on the 90th day after 20", "10.05.2014", Date{2000, 5, 10}, Date{2020, 8, 8}, ""},
		{"and on the 91st", "10.05.2014", Date{2000, 5, 10}, Date{2020, 8, 9}, "form.passport.expired"},
		{"issued on the 20th birthday", "10.05.2020", Date{2000, 5, 10}, Date{2044, 1, 1}, ""},
		{"the second one at 45 and 90 days", "10.06.2020", Date{2000, 5, 10}, Date{2045, 8, 8}, ""},
		{"and 91", "10.06.2020", Date{2000, 5, 10}, Date{2045, 8, 9}, "form.passport.expired"},
		{"the third one is for life", "11.05.2045", Date{2000, 5, 10}, Date{2090, 1, 1}, ""},
		{"tomorrow", "02.01.2021", Date{2000, 5, 10}, Date{2021, 1, 1}, "form.passport.issued_future"},
		{"before there were any", "30.09.1997", Date{1970, 1, 1}, Date{2021, 1, 1}, "form.passport.issued_early"},
		{"an old person's first of this kind", "01.10.1997", Date{1950, 1, 1}, Date{2026, 1, 1}, ""},
		{"nobody knows the birth date", "10.05.2014", Date{}, Date{2026, 1, 1}, ""},
		{"nothing", "", Date{2000, 5, 10}, Date{2021, 1, 1}, "form.passport.issued_empty"},
		{"no date", "вчера", Date{2000, 5, 10}, Date{2021, 1, 1}, "form.date.format"},
		{"born on 29 February", "01.03.2018", Date{2004, 2, 29}, Date{2020, 1, 1}, ""},
		{"born on 29 February, a day early", "28.02.2018", Date{2004, 2, 29}, Date{2020, 1, 1}, "form.passport.issued_young"},
	} {
		_, p := PassportIssued(tt.issued, tt.born, tt.today)
		key := ""
		if p != nil {
			key = p.Key
			said(t, p)
		}
		if key != tt.key {
			t.Errorf("%s: %q, want %q", tt.name, key, tt.key)
		}
	}
}

func TestCodesAreReadHoweverTheyAreTyped(t *testing.T) {
	check(t, SixDigits, []reading{
		{"123456", "123456", ""}, {" 123 456 ", "123456", ""}, {"123-456", "123456", ""}, {"000000", "000000", ""},
		{"", "", "form.code.empty"}, {"12345", "", "form.code.length"}, {"1234567", "", "form.code.length"}, {"12345a", "", "form.code.char"},
		{"１２３４５６", "", "form.code.char"},
	})
	check(t, ShortCode, []reading{
		{"K7QM2XPA", "K7QM2XPA", ""}, {"k7qm-2xpa", "K7QM2XPA", ""}, {" K7QM 2XPA ", "K7QM2XPA", ""},
		{"O0IL1111", "00111111", ""}, {"К7QМ-2ХРА", "K7QM2XPA", ""}, // typed in the Russian layout
		{"12345678", "12345678", ""},
		{"", "", "form.visit.empty"}, {"K7QM-2XP", "", "form.visit.length"}, {"K7QM-2XPU", "", "form.visit.char"}, {"Ж7QM-2XPA", "", "form.visit.char"},
		{"K7QM_2XPA", "", "form.visit.char"},
	})
	if got := FormatShortCode("K7QM2XPA"); got != "K7QM-2XPA" {
		t.Errorf("shown as %s", got)
	}
}

func TestTextsAndAddressesAreTidied(t *testing.T) {
	check(t, func(s string) (string, *Problem) { return Text(s, 10) }, []reading{
		{"  два   слова ", "два слова", ""}, {"", "", ""}, {"a\x00b\u202ec", "abc", ""}, {"a\nb", "a b", ""}, {"12345678901", "", "form.text.long"}, {"\xffабв", "абв", ""},
	})
	check(t, func(s string) (string, *Problem) { return Lines(s, 10) }, []reading{
		{"a\r\nb\rc", "a\nb\nc", ""}, {" a  b ", "a  b", ""}, {"12345678901", "", "form.text.long"},
	})
	check(t, Address, []reading{
		{" Москва,  ул. Ленина, д. 5, кв. 1", "Москва, ул. Ленина, д. 5, кв. 1", ""},
		{"", "", "form.address.empty"}, {"Москва", "", "form.address.short"}, {"Москва, улица Ленина", "", "form.address.short"},
		{"123456789012", "", "form.address.short"}, {strings.Repeat("Дом 1 ", 60), "", "form.text.long"},
	})
	if !Blank(" \u00a0\n\u200b") || Blank(" x ") {
		t.Error("blank is not told from text")
	}
}

func TestLettersGoBetweenAlphabetsAndLayouts(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{Transliterate("Щербаков"), "shcherbakov"},
		{Transliterate("Юлия"), "iuliia"},
		{LatinLayout("Иванов"), "bdfyjd"},
		{RussianLayout("pfuhfy"), "загран"},
		{RussianLayout("GHBDTN!"), "привет!"},
	} {
		if tt.got != tt.want {
			t.Errorf("%q, want %q", tt.got, tt.want)
		}
	}
}

func TestASheetGathersOnlyWhatIsWrong(t *testing.T) {
	var s Sheet
	_, p := SixDigits("123456")
	s.Note("code", p)
	if s.Err() != nil {
		t.Errorf("nothing is wrong: %v", s.Err())
	}
	_, p = SixDigits("12")
	s.Note("code", p)
	if s.Err() == nil || len(s) != 1 || s[0].Name != "code" || s[0].Key != "form.code.length" {
		t.Errorf("sheet %v", s)
	}
}
