package identity_test

import (
	"testing"
)

func TestThePageSaysWhichPhonesAreAccepted(t *testing.T) {
	one(t, func(t *testing.T, x *portal) {
		c := x.browser(t)
		c.Open("/register")
		sees(t, c, "Подходят номера стран: Россия.")
		if c.Page().Sees("Иностранный номер") {
			t.Error("a foreign number is invited, and refused")
		}
		x.Policy.SMS.Countries = []string{"RU", "BY"}
		c.Open("/register")
		sees(t, c, "Подходят номера стран: Россия, Беларусь. Иностранный номер начните с «+»")
	})
}
