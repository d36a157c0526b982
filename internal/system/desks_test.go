package system

import (
	"os"
	"slices"
	"testing"

	"okno/internal/access"
	"okno/internal/catalogue"
)

// SRV-4: a service whose cases nobody decides, or whose agency has no head who would hear of a deadline that passed, is named before people
// wait for it.
func TestTheDoctorNamesDesksThatNobodySitsAt(t *testing.T) {
	list, err := catalogue.Load(os.DirFS("systemtest/services"))
	if err != nil {
		t.Fatal(err)
	}
	of := func(codes ...string) (out []string) {
		for _, def := range list.All() {
			for _, code := range codes {
				if def.Code == code {
					out = append(out, code)
				}
			}
		}
		return out
	}
	all := of("town.badge", "town.tent", "town.stall")
	undecided, unled := bare(list.All(), nil)
	for _, code := range all {
		if !slices.Contains(undecided["town"], code) || !slices.Contains(unled["town"], code) {
			t.Errorf("%s: %v, %v", code, undecided, unled)
		}
	}
	officer := access.Actor{Kind: access.Staff, Role: access.Officer, Unit: "town"}
	head, limited := officer, officer
	head.Role, limited.Services = access.Head, "town.tent"
	if undecided, unled := bare(list.All(), []access.Actor{limited}); slices.Contains(undecided["town"], "town.tent") || !slices.Contains(undecided["town"], "town.badge") || !slices.Contains(unled["town"], "town.tent") {
		t.Errorf("an officer of one service: %v, %v", undecided, unled)
	}
	system := access.Actor{Kind: access.Agent, Unit: "town", Scopes: "cases:read cases:decide"}
	if undecided, unled := bare(list.All(), []access.Actor{system}); len(undecided["town"]) > 0 || len(unled["town"]) == 0 {
		t.Errorf("the agency's own system: %v, %v", undecided, unled)
	}
	if undecided, unled := bare(list.All(), []access.Actor{head}); len(undecided["town"])+len(unled["town"]) > 0 {
		t.Errorf("a head: %v, %v", undecided, unled)
	}
	if got := listed(map[string][]string{"b": {"b.x"}, "a": {"a.x", "a.y"}}); got != "a (a.x, a.y); b (b.x)" {
		t.Errorf("told as %s", got)
	}
}
