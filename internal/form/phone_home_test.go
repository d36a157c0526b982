package form

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

// What is taken for granted of Russian mobile numbers is what the library says of them, of each range of them.
func TestHomeMobile(t *testing.T) {
	for prefix := range 1000 {
		e164 := fmt.Sprintf("+79%03d%06d", prefix, rand.IntN(1e6))
		n, err := phonenumbers.Parse(e164, "")
		if err != nil {
			t.Fatalf("%s: %v", e164, err)
		}
		national, ours := homeMobile(e164)
		if !ours || national != phonenumbers.GetNationalSignificantNumber(n) || phonenumbers.Format(n, phonenumbers.E164) != e164 {
			t.Errorf("%s is read as %s, %v", e164, national, ours)
		}
		if !phonenumbers.IsValidNumber(n) || phonenumbers.GetNumberType(n) != phonenumbers.MOBILE || phonenumbers.GetRegionCodeForNumber(n) != home {
			t.Errorf("the library says of %s: valid %v, type %v, region %s", e164, phonenumbers.IsValidNumber(n), phonenumbers.GetNumberType(n), phonenumbers.GetRegionCodeForNumber(n))
		}
	}
	for _, other := range []string{"", "+7", "+78123456789", "+7912345678", "+791234567890", "+7912345678a", "+77012345678", "89123456789"} {
		if _, ours := homeMobile(other); ours {
			t.Errorf("%q is taken for a Russian mobile number", other)
		}
	}
	if shown := FormatPhone("+79123456789"); shown != "+7 912 345-67-89" {
		t.Errorf("it is shown as %q", shown)
	}
	if masked := MaskPhone("+79123456789"); masked != "+7 912 \u00b7\u00b7\u00b7-\u00b7\u00b7-89" {
		t.Errorf("it is masked as %q", masked)
	}
}
