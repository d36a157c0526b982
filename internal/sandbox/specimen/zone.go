package specimen

import "strings"

// letters are what stands for a Russian letter in the zone of an internal passport. It is no transcription: every letter has
// a sign of its own, so that the name can be had back.
var letters = strings.NewReplacer(
	"А", "A", "Б", "B", "В", "V", "Г", "G", "Д", "D", "Е", "E", "Ё", "2", "Ж", "J", "З", "Z", "И", "I", "Й", "Q", "К", "K", "Л", "L",
	"М", "M", "Н", "N", "О", "O", "П", "P", "Р", "R", "С", "S", "Т", "T", "У", "U", "Ф", "F", "Х", "H", "Ц", "C", "Ч", "3", "Ш", "4",
	"Щ", "W", "Ъ", "X", "Ы", "Y", "Ь", "9", "Э", "6", "Ю", "7", "Я", "8", " ", "<", "-", "<",
)

// Zone is the two lines of a person's internal passport.
func Zone(who Person) (one, two string) {
	up := func(s string) string { return letters.Replace(strings.ToUpper(s)) }
	one = "PNRUS" + up(who.Surname) + "<<" + up(who.GivenName)
	if who.Patronymic != "" {
		one += "<" + up(who.Patronymic)
	}
	one = filled(one, 44)
	number := who.Series[:3] + who.Number
	born, sex := short(who.BirthDate), signOf(who.Sex)
	rest := filled(who.Series[3:]+short(who.IssuedAt)+strings.ReplaceAll(who.DepartmentCode, "-", ""), 14)
	end := "<<<<<<<"
	all := number + digit(number) + born + digit(born) + end + rest + digit(rest)
	two = number + digit(number) + "RUS" + born + digit(born) + sex + end + rest + digit(rest) + digit(all)
	return one, two
}

// latin is how international passports write Russian letters (ICAO 9303-3, section 6 B).
var latin = strings.NewReplacer(
	"А", "A", "Б", "B", "В", "V", "Г", "G", "Д", "D", "Е", "E", "Ё", "E", "Ж", "ZH", "З", "Z", "И", "I", "Й", "I", "К", "K", "Л", "L",
	"М", "M", "Н", "N", "О", "O", "П", "P", "Р", "R", "С", "S", "Т", "T", "У", "U", "Ф", "F", "Х", "KH", "Ц", "TS", "Ч", "CH", "Ш", "SH",
	"Щ", "SHCH", "Ъ", "IE", "Ы", "Y", "Ь", "", "Э", "E", "Ю", "IU", "Я", "IA", " ", "<", "-", "<",
)

// TravelZone is the two lines of a person's international passport of ten years. Its number follows from that of the internal one.
func TravelZone(who Person) (one, two string) {
	up := func(s string) string { return latin.Replace(strings.ToUpper(s)) }
	one = filled("P<RUS"+up(who.Surname)+"<<"+up(who.GivenName), 44)
	number, born, sex, until := "710"+who.Number, short(who.BirthDate), signOf(who.Sex), "330101"
	rest := filled("", 14)
	all := number + digit(number) + born + digit(born) + until + digit(until) + rest + digit(rest)
	two = number + digit(number) + "RUS" + born + digit(born) + sex + until + digit(until) + rest + digit(rest) + digit(all)
	return one, two
}

func short(iso string) string { return iso[2:4] + iso[5:7] + iso[8:10] }

func signOf(sex string) string { return map[string]string{"male": "M", "female": "F"}[sex] }

// filled is a text of exactly n signs.
func filled(s string, n int) string {
	if len(s) >= n {
		return s[:n]
	}
	return s + strings.Repeat("<", n-len(s))
}

// digit is the check digit: the signs' values by 7, 3, 1 in turns.
func digit(s string) string {
	sum := 0
	for i, r := range s {
		v := 0
		switch {
		case r >= '0' && r <= '9':
			v = int(r - '0')
		case r >= 'A' && r <= 'Z':
			v = int(r-'A') + 10
		}
		sum += v * []int{7, 3, 1}[i%3]
	}
	return string(rune('0' + sum%10))
}
