package form

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// readers are all that read one value from one text. What they accept they must accept again unchanged.
var readers = map[string]reader{
	"surname": Surname, "patronymic": Patronymic, "date": date(ParseDate),
	"birth":  date(func(s string) (Date, *Problem) { return BirthDate(s, Date{2026, 11, 18}) }),
	"issued": date(func(s string) (Date, *Problem) { return PassportIssued(s, Date{1990, 3, 5}, Date{2026, 11, 18}) }),
	"phone":  Phone, "mobile": MobilePhone, "email": Email, "snils": SNILS, "inn": INN, "organisation": OrganisationINN,
	"series": PassportSeries, "number": PassportNumber, "department": DepartmentCode, "by": IssuedBy,
	"code": SixDigits, "visit": ShortCode, "address": Address,
	"text": func(s string) (string, *Problem) { return Text(s, 50) }, "lines": func(s string) (string, *Problem) { return Lines(s, 50) },
}

func FuzzReaders(f *testing.F) {
	for _, s := range []string{
		"", " ", "Иванов", "О'Нил", "Гейдар оглы", "Салтыков – Щедрин", "18.11.2026", "2026-11-18", "29.02.2023", "+7 912 345-67-89", "8 (495) 123-45-67",
		"anna@mail.ru", "anna@почта.рф", "a@b.xn--", "112-233-445 95", "500100732259", "7707083893", "4508", "№ 123456", "770-001", "K7QM-2XPA", "123 456",
		"Москва, ул. Ленина, д. 5", "\xff\xfe", "a\u0301", "a\u200d\u0301", "\u0301", "ǅ", "İ", "ß", "'", "''", "a'b", "−-–", "\u202e", "\r\n", "１２", "ﬁ", "{", "{char}",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		for name, read := range readers {
			got, p := read(typed)
			if p != nil {
				said(t, p)
				continue
			}
			again, p := read(got)
			if p != nil || again != got {
				t.Errorf("%s: %q is read as %q and that as %q, %v", name, typed, got, again, p)
			}
			if !utf8.ValidString(got) {
				t.Errorf("%s: %q is no text", name, got)
			}
		}
	})
}

func FuzzShown(f *testing.F) {
	for _, s := range []string{"", "+79123456789", "anna@mail.ru", "11223344595", "+1", "@", "a@xn--a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, stored string) {
		if e164, p := Phone(stored); p == nil {
			if again, p := Phone(FormatPhone(e164)); p != nil || again != e164 {
				t.Errorf("%s is shown as %s and read as %s, %v", e164, FormatPhone(e164), again, p)
			}
		}
		if mail, p := Email(stored); p == nil {
			if again, p := Email(FormatEmail(mail)); p != nil || again != mail {
				t.Errorf("%s is shown as %s and read as %s, %v", mail, FormatEmail(mail), again, p)
			}
		}
		for _, show := range []func(string) string{MaskPhone, MaskEmail, MaskSNILS, MaskINN, FormatSNILS, FormatShortCode} {
			show(stored)
		}
	})
}

func FuzzPassword(f *testing.F) {
	f.Add("Gr0mkaya!", "Иванов")
	f.Add("\x00", "+79123456789")
	f.Add("aA1!aA1!", "a@b")
	f.Add("$unsh1ne!!", "")
	f.Add(strings.Repeat("1", 30)+"Ab;", "")
	f.Fuzz(func(t *testing.T, password, about string) {
		common := PasswordCommon(password, "password")
		if again := PasswordCommon(strings.ToUpper(password), "password"); Password(password) == nil && (common == nil) != (again == nil) {
			t.Errorf("%q and the same in capitals are judged otherwise", password)
		}
		if p := Password(password, about); p != nil {
			said(t, p)
			return
		}
		for _, r := range PasswordRules(password) {
			if !r.Met {
				t.Errorf("%q is taken against %s", password, r.Key)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("a.b", "x")
	f.Add("year", "2025")
	f.Add("phone", "8 912 345-67-89")
	form := sample()
	f.Fuzz(func(t *testing.T, name, typed string) {
		a := form.Parse(map[string][]string{name: {typed}}, Answers{})
		b, err := json.Marshal(a)
		if err != nil {
			t.Fatalf("%v is no JSON: %v", a, err)
		}
		var back Answers
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		today := Date{2026, 11, 18}
		if len(form.Validate(a, today)) != len(form.Validate(back, today)) {
			t.Errorf("%v is judged otherwise after storage", a)
		}
		for _, p := range form.Pages {
			for _, field := range p.Fields {
				typedAgain := form.Parse(map[string][]string{field.Name: {field.Typed(a)}}, Answers{})
				if field.Typed(typedAgain) != field.Typed(a) {
					t.Errorf("%s: %q comes back as %q", field.Name, field.Typed(a), field.Typed(typedAgain))
				}
			}
		}
	})
}
