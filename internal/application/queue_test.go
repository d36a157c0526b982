package application_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/procedure"
)

// OPS-2: what a list shows does not depend on how it is read: a state that few cases have is read by its cases, another one by the
// order of the list.
func TestAListOfAStateIsTheSameHoweverManyCasesAreInIt(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		x.sow(t, rand.New(rand.NewPCG(seed, 1)), 80, []string{x.anna.ID}, []string{"fns", "mvd"}) //nolint:gosec // a test's dice
		who := access.Actor{Kind: access.Staff, ID: "officer-1", Role: access.Officer, Unit: "fns"}
		ids := func(list []application.Case) []string {
			var out []string
			for _, c := range list {
				out = append(out, c.ID)
			}
			return out
		}
		for _, sort := range application.Sorts() {
			all := x.pages(t, who, application.Filter{Turn: application.Any, Sort: sort}, 7)
			for _, state := range []procedure.State{"submitted", "in-work", "fetching", "done", "refused", "nowhere"} {
				want := ids(slices.DeleteFunc(slices.Clone(all), func(c application.Case) bool { return c.State != state }))
				f := application.Filter{Turn: application.Any, State: state, Sort: sort}
				if got := ids(x.pages(t, who, f, 3)); !slices.Equal(got, want) {
					t.Errorf("%s in the order %q: %v, not %v", state, sort, got, want)
				}
				for _, few := range []bool{true, false} {
					got, err := x.FoundAs(ctx, who, f, few, 5)
					if err != nil {
						t.Fatal(err)
					}
					if !slices.Equal(got, want[:min(5, len(want))]) {
						t.Errorf("%s in the order %q, few %v: %v, not the first of %v", state, sort, few, got, want)
					}
				}
				n, err := x.Count(ctx, who, f)
				if err != nil || n[0] != len(want) {
					t.Errorf("%s is counted %v, not %d: %v", state, n, len(want), err)
				}
			}
		}
	})
}
