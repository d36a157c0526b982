package application_test

import (
	"fmt"
	"sync"
	"testing"

	"okno/internal/application"
	"okno/internal/system"
)

// Two tabs of one form: what one has changed is not taken back by the other, and where both changed the same answer the person
// is asked (SRV-2).
func TestTwoTabsNeverSilentlyOverwriteEachOther(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, r := confirmed(t, x)
		d, err := x.Applications.Begin(ctx, who, extract)
		if err != nil {
			t.Fatal(err)
		}
		save := func(seen int64, pairs ...string) application.Draft {
			t.Helper()
			typed := map[string][]string{}
			for i := 0; i < len(pairs); i += 2 {
				typed[pairs[i]] = []string{pairs[i+1]}
			}
			d, _ := x.Applications.Save(ctx, who, extract, "property", application.Typed{Values: typed, Seen: seen}) // what is wrong with half a form is of no account here
			return d
		}
		number := r.Estates[0].CadastralNumber
		first := save(d.Version, "property.cadastral_number", number, "property.owner", "true") // both tabs show this
		one := save(first.Version, "property.cadastral_number", "77:01:0001001:1", "property.owner", "true")
		two := save(first.Version, "property.cadastral_number", number, "property.owner", "false") // did not touch the number
		if len(two.Clashes) != 0 || two.Answers.Text("/property/cadastral_number") != "77:01:0001001:1" || two.Answers.Get("/property/owner") != false {
			t.Fatalf("the second tab took back what the first had changed: %v, %v", two.Answers, two.Clashes)
		}
		three := save(first.Version, "property.cadastral_number", "77:01:0001001:2")
		if len(three.Clashes) != 1 || three.Clashes[0].Mine != "77:01:0001001:2" || three.Answers.Text("/property/cadastral_number") != "77:01:0001001:1" {
			t.Fatalf("both changed the number: %v, %+v", three.Answers, three.Clashes)
		}
		if four := save(three.Version, "property.cadastral_number", "77:01:0001001:2"); four.Answers.Text("/property/cadastral_number") != "77:01:0001001:2" {
			t.Errorf("the person's word does not count: %v", four.Answers)
		}
		if again := save(one.Version); again.Version != three.Version+1 {
			t.Errorf("saving nothing made a new version: %d", again.Version)
		}
	})
}

func TestTabsThatSaveAtOnceLoseNothing(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, r := confirmed(t, x)
		d, err := x.Applications.Begin(ctx, who, extract)
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		pages := []map[string][]string{{"property.cadastral_number": {r.Estates[0].CadastralNumber}}, {"property.owner": {"true"}}, {"extract.kind": {"object"}}}
		for i, typed := range pages {
			wg.Go(func() {
				if d, err := x.Applications.Save(ctx, who, extract, "", application.Typed{Values: typed, Seen: d.Version}); d.ID == "" {
					t.Errorf("%d: %v", i, err)
				}
			})
		}
		wg.Wait()
		d, err = x.Applications.Draft(ctx, who, extract)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%v %v %v", d.Answers.Get("/property/owner"), d.Answers.Get("/extract/kind"), d.Answers.Text("/property/cadastral_number")); got != "true object "+r.Estates[0].CadastralNumber {
			t.Errorf("kept: %s", got)
		}
	})
}

// What one page has sent to be kept a moment ago is no other tab's, whatever is typed on.
func TestAPageDoesNotClashWithItself(t *testing.T) {
	each(t, func(t *testing.T, x *system.System) {
		who, _ := confirmed(t, x)
		d, err := x.Applications.Begin(ctx, who, extract)
		if err != nil {
			t.Fatal(err)
		}
		for _, number := range []string{"77", "77:01", "77:01:0001001:1"} {
			got, _ := x.Applications.Save(ctx, who, extract, "property", application.Typed{Seen: d.Version, Tab: "one", Values: map[string][]string{"property.cadastral_number": {number}}})
			if len(got.Clashes) > 0 || got.Answers.Text("/property/cadastral_number") != number {
				t.Fatalf("%s: %v, %v", number, got.Answers, got.Clashes)
			}
		}
	})
}

// Over a slow line what a page sent first comes last. It takes back nothing that the page sent after it, also where it has seen neither.
func TestWhatAPageSentFirstTakesNothingBackWhenItComesLast(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		d, err := x.Begin(ctx, x.anna, stall)
		if err != nil {
			t.Fatal(err)
		}
		send := func(tab string, sent int64, name string) application.Draft {
			t.Helper()
			out, _ := x.Save(ctx, x.anna, stall, "what", application.Typed{Values: map[string][]string{"goods.0.name": {name}}, Seen: d.Version, Tab: tab, Sent: sent})
			return out
		}
		send("one", 20, "bread")
		if got := send("one", 10, "bre"); got.Answers.Text("/goods/0/name") != "bread" || len(got.Clashes) != 0 {
			t.Errorf("%v, %v", got.Answers, got.Clashes)
		}
		if got := send("one", 30, "bread and nails"); got.Answers.Text("/goods/0/name") != "bread and nails" || len(got.Clashes) != 0 {
			t.Errorf("what is sent after it is not kept: %v, %v", got.Answers, got.Clashes)
		}
		if got := send("two", 5, "fish"); len(got.Clashes) != 1 {
			t.Errorf("another page clashes still: %v, %v", got.Answers, got.Clashes)
		}
	})
}

// The second row of a page that was made before another tab changed the rows is nobody knows which.
func TestAPageThatSawOtherRowsTakesNoneAway(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		d, err := x.Begin(ctx, x.anna, stall)
		if err != nil {
			t.Fatal(err)
		}
		rows := map[string][]string{"goods.0.name": {"bread"}, "goods.1.name": {"nails"}, "goods.2.name": {"fish"}}
		d, _ = x.Save(ctx, x.anna, stall, "what", application.Typed{Values: rows, Seen: d.Version, Tab: "one"})
		now, _ := x.Save(ctx, x.anna, stall, "what", application.Typed{Values: rows, Seen: d.Version, Tab: "two", Remove: "goods.0"})
		if now.Answers.Count("/goods") != 2 || now.Answers.Text("/goods/0/name") != "nails" {
			t.Fatalf("the first row is not taken away: %v", now.Answers)
		}
		late, _ := x.Save(ctx, x.anna, stall, "what", application.Typed{Values: rows, Seen: d.Version, Tab: "one", Remove: "goods.1"})
		if late.Answers.Count("/goods") != 2 || late.Answers.Text("/goods/1/name") != "fish" {
			t.Errorf("a page that saw three rows took away one of two: %v", late.Answers)
		}
	})
}
