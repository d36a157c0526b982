package form

import "testing"

func TestNumbersOfOwnPapersAreReadAsTheyAreTyped(t *testing.T) {
	check(t, DrivingLicence, []reading{
		{"99 12 345678", "9912345678", ""}, {"9912345678", "9912345678", ""}, {"50 ab 123456", "50АВ123456", ""}, {"50 АВ №123456", "50АВ123456", ""},
		{"", "", "form.owned.licence_empty"}, {"99 12 34567", "", "form.owned.licence_shape"}, {"АВ 12 345678", "", "form.owned.licence_shape"}, {"99 ЖЖ 345678", "", "form.owned.licence_shape"},
	})
	check(t, VehicleInsurance, []reading{
		{"XXX 0123456789", "ХХХ0123456789", ""}, {"ттт0123456789", "ТТТ0123456789", ""}, {"ЦЦЦ 0123456789", "ЦЦЦ0123456789", ""},
		{"", "", "form.owned.insurance_empty"}, {"ХХ 0123456789", "", "form.owned.insurance_shape"}, {"123 0123456789", "", "form.owned.insurance_shape"},
	})
	check(t, VehiclePaper, []reading{
		{"99 11 123456", "9911123456", ""}, {"50 ух 123456", "50УХ123456", ""}, {"164301012345678", "164301012345678", ""},
		{" ", "", "form.owned.vehicle_empty"}, {"1643010123", "1643010123", ""}, {"16430101234", "", "form.owned.vehicle_shape"},
	})
	check(t, Plate, []reading{
		{"a123bc77", "А123ВС77", ""}, {"А 123 ВС 777", "А123ВС777", ""}, {"1234 AB 50", "1234АВ50", ""}, {"АВ1234 50", "АВ123450", ""},
		{"", "", "form.owned.plate_empty"}, {"Ж123ВС77", "", "form.owned.plate_shape"}, {"А123ВС", "", "form.owned.plate_shape"},
	})
	check(t, VIN, []reading{
		{"xta 21099 0y2766389", "XTA210990Y2766389", ""}, {"ХТА210990У2766389", "XTA210990Y2766389", ""},
		{"", "", "form.owned.vin_empty"}, {"XTA21O990Y2766389", "", "form.owned.vin_never"}, {"XTA210990Y276638", "", "form.owned.vin_length"}, {"XTA210990Ж2766389", "", "form.owned.vin_char"},
	})
}

// The order of the fund (annex on the single number of a policy): the digits at odd places from the right of the first fifteen, read as
// one number and doubled; those at even places put before it; the sum of all digits goes up to the next ten.
func TestAPolicyIsCheckedAsTheFundChecksIt(t *testing.T) {
	fund := func(fifteen string) byte {
		odd, even := 0, ""
		for i := range fifteen {
			d := fifteen[len(fifteen)-1-i]
			if i%2 == 0 {
				odd = odd*10 + int(d-'0')
			} else {
				even += string(d)
			}
		}
		sum := 0
		for n := odd * 2; n > 0; n /= 10 {
			sum += n % 10
		}
		for _, d := range even {
			sum += int(d - '0')
		}
		return byte('0' + (10-sum%10)%10)
	}
	for _, fifteen := range []string{"775833084400015", "999999999999999", "123456789012345", "500000000000001"} {
		right := fund(fifteen)
		for last := byte('0'); last <= '9'; last++ {
			_, p := MedicalPolicy(fifteen + string(last))
			if (p == nil) != (last == right) {
				t.Errorf("%s%c: %v, the fund wants %c", fifteen, last, p, right)
			}
		}
	}
	check(t, MedicalPolicy, []reading{{"", "", "form.owned.policy_empty"}, {"7758 3308", "", "form.owned.policy_length"}, {"7758А30844000151", "", "form.owned.policy_char"}, {"0000000000000000", "", "form.owned.policy_check"}})
}

func TestANumberIsShownInGroupsAndMaskedToItsLastSigns(t *testing.T) {
	for _, c := range []struct{ check, value, shown, masked string }{
		{"owned.licence", "9912345678", "99 12 345678", "·· ·· ····78"},
		{"owned.policy", "7758330844000159", "7758 3308 4400 0159", "···· ···· ···· ··59"},
		{"owned.insurance", "ХХХ0123456789", "ХХХ 0123456789", "··· ········89"},
		{"owned.vehicle", "164301012345678", "164301012345678", "·············78"},
		{"birth_certificate.number", "123456", "123456", "····56"},
		{"birth_certificate.series", "II-МЮ", "II-МЮ", "···МЮ"},
		{"owned.issued_at", "2020-03-01", "01.03.2020", "···"},
		{"text", "АБ1", "АБ1", "···"},
	} {
		if got := ShowOwned(c.check, c.value); got != c.shown {
			t.Errorf("%s %s is shown as %q", c.check, c.value, got)
		}
		if got := MaskOwned(c.check, c.value); got != c.masked {
			t.Errorf("%s %s is masked as %q", c.check, c.value, got)
		}
	}
}

func TestOfEachFactTheEndIsShown(t *testing.T) {
	for value, want := range map[string]string{"11223344595": "···-···-445 95", "500100732259": "········2259", "4510": "····", "123456": "····56", "2010-05-05": "···", "770-001": "·····01", "": ""} {
		if got := MaskKnown(value); got != want {
			t.Errorf("%s is shown as %q", value, got)
		}
	}
}
