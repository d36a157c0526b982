package mrz_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"okno/internal/scan/mrz"
)

// The samples of ICAO Doc 9303, parts 4 to 6, and an internal passport of nobody.
var samples = map[string][]string{
	"TD3": {"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"},
	"TD2": {"I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6"},
	"TD1": {"I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"},
	"RU":  {"PNRUSALF2ROVA<<7LI8<GEORGIEVNA<<<<<<<<<<<<<<", "4516543214RUS8403124F<<<<<<<2140506990014<34"},
}

func TestTheSamplesOfICAOAreReadAsTheySay(t *testing.T) {
	for name, want := range map[string]mrz.Zone{
		"TD3": {Format: mrz.TD3, Kind: "P", Issuer: "UTO", Surname: "ERIKSSON", GivenNames: "ANNA MARIA", Number: "L898902C3", Nationality: "UTO", BirthDate: "740812", Sex: "F", ExpiryDate: "120415", Optional: "ZE184226B"},
		"TD2": {Format: mrz.TD2, Kind: "I", Issuer: "UTO", Surname: "ERIKSSON", GivenNames: "ANNA MARIA", Number: "D23145890", Nationality: "UTO", BirthDate: "740812", Sex: "F", ExpiryDate: "120415"},
		"TD1": {Format: mrz.TD1, Kind: "I", Issuer: "UTO", Surname: "ERIKSSON", GivenNames: "ANNA MARIA", Number: "D23145890", Nationality: "UTO", BirthDate: "740812", Sex: "F", ExpiryDate: "120415"},
	} {
		got, err := mrz.Parse(samples[name])
		if err != nil || !got.Sound() {
			t.Errorf("%s: %v, checks %v", name, err, got.Checks)
		}
		got.Checks = nil
		if got.Kind != want.Kind || got.Surname != want.Surname || got.GivenNames != want.GivenNames || got.Number != want.Number || got.Issuer != want.Issuer ||
			got.Nationality != want.Nationality || got.BirthDate != want.BirthDate || got.Sex != want.Sex || got.ExpiryDate != want.ExpiryDate || got.Optional != want.Optional || got.Format != want.Format {
			t.Errorf("%s is read as %+v, want %+v", name, got, want)
		}
	}
}

func TestARussianNameIsHadBackLetterByLetter(t *testing.T) {
	// The example of the interior ministry's rules: every letter of the alphabet has a sign of its own.
	alphabet := "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ"
	signs := mrz.Signs(alphabet)
	if want := "ABVGDE2JZIQKLMNOPRSTUFHC34WXY9678"; signs != want {
		t.Fatalf("the alphabet is %s, want %s", signs, want)
	}
	z, err := mrz.Parse([]string{"PNRUS" + signs + "<<A<B<", samples["RU"][1]})
	if err != nil || z.Surname != alphabet || z.GivenNames != "А" || z.Patronymic != "Б" {
		t.Fatalf("read as %q, %q, %q: %v", z.Surname, z.GivenNames, z.Patronymic, err)
	}
}

func TestTheInternalPassportSaysSeriesDayOfIssueAndDepartment(t *testing.T) {
	two := "451654321" + string(mrz.Digit("451654321")) + "RUS840312" + string(mrz.Digit("840312")) + "F<<<<<<<2140506990014<"
	two += string(mrz.Digit(two[28:42]))
	two += string(mrz.Digit(two[:10] + two[13:20] + two[21:43]))
	z, err := mrz.Parse([]string{samples["RU"][0], two})
	if err != nil || !z.Sound() {
		t.Fatalf("%v, checks %v of %s", err, z.Checks, two)
	}
	if z.Number != "4512654321" || z.IssueDate != "140506" || z.Department != "990014" || z.Surname != "АЛФЁРОВА" || z.GivenNames != "ЮЛИЯ" || z.Patronymic != "ГЕОРГИЕВНА" || z.Sex != "F" {
		t.Errorf("read as %+v", z)
	}
}

func TestEveryWrongSignOfANumberOrADateIsNoticed(t *testing.T) {
	lines := samples["TD3"]
	for at := range 44 {
		if at >= 10 && at < 13 || at == 20 {
			continue // no check digit stands for nationality and sex
		}
		for _, sign := range "0123456789" {
			if b := []byte(lines[1]); b[at] != byte(sign) && b[at] >= '0' && b[at] <= '9' {
				b[at] = byte(sign)
				if z, err := mrz.Parse([]string{lines[0], string(b)}); err == nil && z.Sound() {
					t.Errorf("%s passes for sound: sign %d", b, at)
				}
			}
		}
	}
}

func TestALongNumberOfACardGoesOnInTheOptionalData(t *testing.T) {
	// Doc 9303-5, 4.2.2: D23145890734 with the check digit 9.
	z, err := mrz.Parse([]string{"I<UTOD23145890<7349<<<<<<<<<<<", "3407127M9507122UTO<<<<<<<<<<<2", "STEVENSON<<PETER<JOHN<<<<<<<<<"})
	if err != nil || z.Number != "D23145890734" || !z.Proves(mrz.OfNumber) || !z.Sound() {
		t.Errorf("number %q, %v, checks %v", z.Number, err, z.Checks)
	}
}

func TestWhatACameraMisreadIsMendedWhereThePlaceSaysHow(t *testing.T) {
	for _, c := range []struct {
		name   string
		format mrz.Format
		read   []string
		want   []string
	}{
		{"letters for digits", mrz.TD3, []string{samples["TD3"][0], "L898902C36UTO74O8I22F12O4I59ZE184226B<<<<<1O"}, samples["TD3"]},
		{"digits for letters", mrz.TD3, []string{"P<UT0ERIK550N<<ANNA<MAR1A<<<<<<<<<<<<<<<<<<<", samples["TD3"][1]}, samples["TD3"]},
		{"fillers too few, spaces, lower case", mrz.TD3, []string{"p<utoERIKSSON<<ANNA<MARIA<<<<<<<<", "L898902C36 UTO7408122F1204159ZE184226B<<<<<10"}, samples["TD3"]},
		{"fillers too many", mrz.TD2, []string{samples["TD2"][0] + "<<<<", "D231458907UTO7408122F1204159<<<<<<<<<6"}, samples["TD2"]},
		{"marks that look like fillers", mrz.TD1, []string{"I<UTOD231458907«««<<<<<<<<<<<<", samples["TD1"][1], samples["TD1"][2]}, samples["TD1"]},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := mrz.Mend(c.read, c.format)
			if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("mended to\n%s, want\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func TestWhatIsNoZoneIsRefused(t *testing.T) {
	for name, lines := range map[string][]string{
		"nothing": nil, "one line": {samples["TD3"][0]}, "short": {samples["TD3"][0][:43], samples["TD3"][1]}, "small letters": {strings.ToLower(samples["TD3"][0]), samples["TD3"][1]},
		"a name of fillers": {strings.Repeat("<", 44), samples["TD3"][1]}, "letters for a day of birth": {samples["TD2"][0], "D231458907UTOABCDEF2F1204159<<<<<<<6"},
		"letters in the series": {samples["RU"][0], "4A1654321" + samples["RU"][1][9:]},
	} {
		if z, err := mrz.Parse(lines); !errors.Is(err, mrz.ErrForm) {
			t.Errorf("%s is read as %+v, %v", name, z, err)
		}
	}
}

func TestTwoDigitsOfAYearAreTheLatestThatMayBe(t *testing.T) {
	today := time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)
	for in, want := range map[string]string{"261126": "2026-11-26", "261127": "1926-11-27", "840312": "1984-03-12", "000229": "2000-02-29", "010229": "", "74<<<<": "", "": ""} {
		got, ok := mrz.Day(in, today)
		if ok != (want != "") || ok && got.Format(time.DateOnly) != want {
			t.Errorf("%q is %v, %v, want %s", in, got, ok, want)
		}
	}
}

func FuzzZone(f *testing.F) {
	for _, lines := range samples {
		f.Add(strings.Join(lines, "\n"))
	}
	f.Add("")
	f.Add("<<\n<<")
	f.Fuzz(func(t *testing.T, text string) {
		for _, format := range []mrz.Format{mrz.TD1, mrz.TD2, mrz.TD3, mrz.Internal} {
			lines := mrz.Mend(strings.Split(text, "\n"), format)
			if again := mrz.Mend(lines, format); strings.Join(again, "\n") != strings.Join(lines, "\n") {
				t.Errorf("%q is mended to %q and that to %q", text, lines, again)
			}
			z, err := mrz.Parse(lines)
			if err != nil {
				continue
			}
			if z.Surname == "" || len(z.Checks) < 3 {
				t.Errorf("%q is read as %+v", lines, z)
			}
		}
	})
}
