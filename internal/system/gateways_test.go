package system

import (
	"testing"

	"okno/internal/policy"
)

func TestTextsGoByTheGatewaysInTheOrderOfThePolicy(t *testing.T) {
	s := Settings{SMPP: SMPP{Addr: "127.0.0.1:1", SystemID: "okno", Password: "x", Source: "Okno"}, Kannel: Kannel{URL: "http://127.0.0.1:1", Username: "okno", Password: "x", Source: "Okno"}}
	for _, order := range [][]string{{"sms1", "sms2"}, {"sms2", "sms1"}, {"sms2"}} {
		p := policy.Default()
		p.Gateways.SMSOrder = order
		o := &outside{}
		if err := o.gateways(s, p, nil); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, g := range o.texts {
			got = append(got, g.Name())
		}
		if len(got) != len(order) || got[0] != order[0] || got[len(got)-1] != order[len(order)-1] {
			t.Errorf("%v: %v", order, got)
		}
		for _, end := range o.close {
			if err := end(); err != nil {
				t.Error(err)
			}
		}
	}
}
