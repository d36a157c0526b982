package catalogue

import (
	"slices"
	"testing"
)

func TestAgenciesAndLifeSituationsAreFoundByTheirNames(t *testing.T) {
	c := builtIn(t)
	for query, want := range map[string][]string{
		"здоровье": {"health"}, "здоров": {"health"}, "Health": {"health"}, "дети": {"family"},
		"мвд": {"mvd"}, "МВД России": {"mvd"}, "соцфонд": {"sfr"}, "соцф": {"sfr"}, "министерство внутренних дел": {"mvd"}, "social fund": {"sfr"},
		"служба": nil, "россия": nil, "справка о доходах": nil, "документы на загранпаспорт": nil, "": nil, "и": nil,
	} {
		var got []string
		n := c.Named(query)
		for _, a := range n.Agencies {
			got = append(got, a.Code)
		}
		for _, l := range n.Life {
			got = append(got, l.Code)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q names %q, want %q", query, got, want)
		}
	}
}
