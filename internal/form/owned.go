package form

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// What stands in papers that people own beside their document of identity (CAB-2). Letters of plates and blanks are the twelve that look
// alike in both alphabets, and people type them in either.

// letters12 are those letters, as Latin ones (GOST R 50577).
const letters12 = "ABEKMHOPCTYX"

// signsOf strips what people put between the signs of a number, and makes its letters capitals.
func signsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || strings.ContainsRune("-.\u2116/", r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, tidy(s))
}

// shaped reads a number sign by sign: in shape 9 is a digit, A one of the twelve letters, * either, R any Russian letter. What it gives
// has Russian letters. The words for what are form.owned.WHAT_empty and form.owned.WHAT_shape.
func shaped(what string, shapes ...string) func(string) (string, *Problem) {
	return func(s string) (string, *Problem) {
		signs := signsOf(s)
		if signs == "" {
			return "", problem("form.owned." + what + "_empty")
		}
		for _, shape := range shapes {
			if fitsShape(signs, shape) {
				return likeRussian(signs), nil
			}
		}
		return s, problem("form.owned."+what+"_shape", "typed", utf8.RuneCountInString(signs))
	}
}

func fitsShape(signs, shape string) bool {
	if utf8.RuneCountInString(signs) != len(shape) {
		return false
	}
	at := 0
	for _, r := range signs {
		digit, alike := r >= '0' && r <= '9', strings.Contains(letters12, likeLatin(string(r)))
		ok := false
		switch shape[at] {
		case '9':
			ok = digit
		case 'A':
			ok = alike
		case '*':
			ok = digit || alike
		case 'R':
			ok = russian(r) || alike
		}
		if !ok {
			return false
		}
		at++
	}
	return true
}

// The readers of numbers. A driving licence: two digits, two digits or letters, six digits. The insurance of a car: a series of three
// letters and ten digits. A certificate or passport of a vehicle on paper as a licence, an electronic one has fifteen digits.
var (
	readLicence   = shaped("licence", "99**999999")
	readInsurance = shaped("insurance", "RRR9999999999")
	readVehicle   = shaped("vehicle", "99**999999", "999999999999999")
	readPlate     = shaped("plate", "A999AA99", "A999AA999", "9999AA99", "9999AA999", "AA99999", "AA999999")
)

// DrivingLicence reads the number of a driving licence: ten signs.
func DrivingLicence(s string) (string, *Problem) { return readLicence(s) }

// VehicleInsurance reads series and number of a policy of a vehicle's compulsory insurance.
func VehicleInsurance(s string) (string, *Problem) { return readInsurance(s) }

// VehiclePaper reads the number of a vehicle's certificate or passport.
func VehiclePaper(s string) (string, *Problem) { return readVehicle(s) }

// Plate reads the number plate of a car, a trailer or a motorcycle.
func Plate(s string) (string, *Problem) { return readPlate(s) }

// VIN reads the number of a vehicle: seventeen letters and digits without I, O and Q (ISO 3779). Its check digit is not looked at: makers
// outside North America need not set it.
func VIN(s string) (string, *Problem) {
	signs := likeLatin(signsOf(s))
	if signs == "" {
		return "", problem("form.owned.vin_empty")
	}
	for _, r := range signs {
		if r == 'O' || r == 'I' || r == 'Q' {
			return s, problem("form.owned.vin_never", "char", printable(r))
		}
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') {
			return s, problem("form.owned.vin_char", "char", printable(r))
		}
	}
	if len(signs) != 17 {
		return s, problem("form.owned.vin_length", "typed", len(signs))
	}
	return signs, nil
}

// MedicalPolicy reads the single number of a policy of compulsory medical insurance: sixteen digits, of which the last checks the others.
// The rule of the fund (digits at odd places from the right, read as one number and doubled) gives the digit of Luhn's.
func MedicalPolicy(s string) (string, *Problem) {
	d, bad := digitsOf(numbered(s), "-")
	switch {
	case bad != 0:
		return s, problem("form.owned.policy_char", "char", printable(bad))
	case d == "":
		return "", problem("form.owned.policy_empty")
	case len(d) != 16:
		return s, problem("form.owned.policy_length", "typed", len(d))
	case allZero(d) || !luhn(d):
		return s, problem("form.owned.policy_check")
	}
	return d, nil
}

func luhn(d string) bool {
	sum := 0
	for i := range len(d) {
		n := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}

// ownedEnds reads the day until which a paper that somebody keeps is valid: one that has run out may be kept, too.
func ownedEnds(s string, with Others, _ Date) (string, *Problem) {
	if Blank(s) {
		return "", nil
	}
	d, p := ParseDate(s)
	if p != nil {
		return s, p
	}
	if issued := stored(with[fieldIssuedAt]); !issued.IsZero() {
		return d.String(), lasts(issued, d, 0)
	}
	return d.String(), nil
}

// ownedChecks are the checks of such papers. A value may be missing: what must be there the page asks for.
func ownedChecks() []Check {
	return []Check{
		{Name: "owned.issued_at", With: []string{fieldBirthDate}, read: func(s string, with Others, today Date) (string, *Problem) {
			if Blank(s) {
				return "", nil
			}
			return documentIssued(s, with.born(today), today)
		}},
		{Name: "owned.expires_at", With: []string{fieldIssuedAt}, read: ownedEnds},
		simple("owned.licence", optionally(DrivingLicence)), simple("owned.policy", optionally(MedicalPolicy)), simple("owned.insurance", optionally(VehicleInsurance)),
		simple("owned.vehicle", optionally(VehiclePaper)), simple("owned.vin", optionally(VIN)), simple("owned.plate", optionally(Plate)),
	}
}

// grouped shows signs in groups of these lengths.
func grouped(s string, lengths ...int) string {
	signs := []rune(s)
	var parts []string
	for _, n := range lengths {
		n = min(n, len(signs))
		parts = append(parts, string(signs[:n]))
		signs = signs[n:]
	}
	return strings.TrimSpace(strings.Join(append(parts, string(signs)), " "))
}

// ShowOwned shows a value that the check of that name has read: a number in its groups, a day with dots, anything else as it is.
func ShowOwned(check, value string) string {
	switch check {
	case "owned.licence":
		return grouped(value, 2, 2)
	case "owned.policy":
		return grouped(value, 4, 4, 4)
	case "owned.insurance":
		return grouped(value, 3)
	case "owned.vehicle":
		if len([]rune(value)) == 10 {
			return grouped(value, 2, 2)
		}
		return value
	case "international_passport.number":
		return grouped(value, 2)
	}
	if d := stored(value); strings.HasSuffix(check, "_at") && !d.IsZero() {
		return d.Dotted()
	}
	return value
}

// MaskKnown shows a value that the profile knows to somebody who should recognise it and not learn it.
func MaskKnown(value string) string {
	_, noSNILS := SNILS(value)
	_, noINN := INN(value)
	switch {
	case noSNILS == nil:
		return MaskSNILS(value)
	case noINN == nil:
		return MaskINN(value)
	case !stored(value).IsZero():
		return MaskOwned("_at", value)
	}
	return MaskOwned("", value)
}

// MaskOwned shows such a value to somebody who should recognise it and not learn it: its last two signs. A day shows nothing.
func MaskOwned(check, value string) string {
	if strings.HasSuffix(check, "_at") {
		return strings.Repeat(dot, 3)
	}
	shown := []rune(ShowOwned(check, value))
	var b strings.Builder
	for i, r := range shown {
		if r == ' ' || i >= len(shown)-2 && len(shown) > 4 {
			b.WriteRune(r)
			continue
		}
		b.WriteString(dot)
	}
	return b.String()
}
