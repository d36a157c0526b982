package notification

import (
	"slices"
	"testing"
)

// What nobody waits for goes by e-mail or stays in the inbox; an SMS of it is sent to whoever wished for one.
func TestChangesInServicesCostNobodyAnSMSThatTheyDidNotAskFor(t *testing.T) {
	asked := Choice{Ways: map[Topic][]Way{Offer: {BySMS}}}
	for _, x := range []struct {
		name   string
		choice Choice
		topic  Topic
		reach  Reach
		want   []Way
	}{
		{"of whoever has an e-mail", Choice{}, Offer, Reach{Mail: true, SMS: true}, []Way{ByMail}},
		{"of whoever has a phone alone", Choice{}, Offer, Reach{SMS: true}, nil},
		{"of whoever asked for SMS", asked, Offer, Reach{SMS: true}, []Way{BySMS}},
		{"of whoever asked for SMS and has no phone any more", asked, Offer, Reach{Mail: true}, []Way{ByMail}},
		{"of a case, with a phone alone", Choice{}, Case, Reach{SMS: true}, []Way{BySMS}},
	} {
		if got := x.choice.For(x.topic, x.reach); !slices.Equal(got, x.want) {
			t.Errorf("%s: %v, not %v", x.name, got, x.want)
		}
	}
}
