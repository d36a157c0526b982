package portal

import (
	"testing"

	"okno/internal/i18n"
	"okno/internal/wallet"
	"okno/internal/wallet/kind"
)

// Of two cars' papers a button says which car each is of.
func TestAnOfferSaysWhichCarTheDocumentIsOf(t *testing.T) {
	k, _ := kind.Of("vehicle")
	of := func(plate string) string {
		return offerLabel(i18n.With(t.Context(), i18n.EN), wallet.Document{Kind: k, Register: wallet.Known, Version: wallet.Version{Source: k.Register,
			Values: map[string]string{"paper": "certificate", "number": "·· ·· ····56", "model": "LADA Vesta", "plate": plate}}})
	}
	if one, other := of("А123ВС77"), of("А124ВС77"); one == other || one != "Registration certificate, LADA Vesta, А123ВС77, ·· ·· ····56, Register of vehicles" {
		t.Errorf("%q and %q", one, other)
	}
}
