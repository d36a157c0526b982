package application_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/fault"
	"okno/internal/store"
)

// stalled files an application for a stall and has the officer ask for the goods.
func stalled(t *testing.T, x office) application.Case {
	t.Helper()
	c := x.send(t, stall, stallForm())
	c, err := x.Service.Do(ctx, officer(c), c.ID, application.Act{Event: "ask", Advice: "Какой хлеб?", Fields: []string{"/goods"}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// SRV-2: what is typed in a correction is there again when its page is opened again, right or wrong, and is nobody's but the applicant's. It
// goes when the case moves.
func TestWhatIsTypedInACorrectionIsKeptForTheApplicantAloneUntilTheCaseMoves(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		c := stalled(t, x)
		if _, u, err := x.Service.Unsent(ctx, x.anna, c.ID); err != nil || !u.At.IsZero() || u.Version != 1 || u.Answers.Text("/goods/0/name") != "bread" {
			t.Fatalf("before anything is typed: %+v, %v", u, err)
		}
		keep := func(seen int64, tab string, typed map[string][]string) application.Unsent {
			t.Helper()
			_, u, err := x.Service.KeepCorrection(ctx, x.anna, c.ID, c.Version, application.Typed{Values: typed, Seen: seen, Tab: tab})
			if err != nil && fault.KindOf(err) != fault.InvalidInput {
				t.Fatal(err)
			}
			return u
		}
		goods := map[string][]string{"goods.0.name": {"fish"}, "goods.0.food": {"true"}, "goods.0.licence": {"12"}, "hall": {"south"}}
		if _, u, err := x.Service.KeepCorrection(ctx, x.anna, c.ID, c.Version, application.Typed{Values: goods, Seen: 1, Tab: "one"}); fault.KindOf(err) != fault.InvalidInput || u.Version != 2 {
			t.Errorf("nothing is said of fish in the wrong hall: %+v, %v", u, err)
		}
		again, u, err := x.Service.Unsent(ctx, x.anna, c.ID)
		if err != nil || u.At.IsZero() || u.Answers.Text("/goods/0/name") != "fish" || u.Answers.Text("/hall") != "north" {
			t.Fatalf("%+v, %v", u, err)
		}
		if again.Version != c.Version || again.Content.Answers.Text("/goods/0/name") != "bread" {
			t.Errorf("the case itself is another one: %+v", again.Content.Answers)
		}
		copied := func() (text string) {
			t.Helper()
			said := 0
			err := x.Service.DB.Read(ctx, func(tx *store.Tx) error {
				return x.Service.Export(ctx, tx, x.anna.ID, func(table string, row any) error {
					if table == "application" {
						said++
						text = written(t, row)
					}
					return nil
				})
			})
			if err != nil || said != 1 {
				t.Errorf("%d cases in the copy, %v", said, err)
			}
			return text
		}
		if text := copied(); !contains(text, `"correction":{`, "fish", "bread") {
			t.Errorf("the copy of the data says %s", text)
		}
		filedBy := func(id string) {
			t.Helper()
			if err := x.Service.DB.Write(ctx, func(tx *store.Tx) error { return tx.Do(ctx, `UPDATE application SET by_id = $1`, id) }); err != nil {
				t.Fatal(err)
			}
		}
		filedBy("mother")
		if text := copied(); !contains(text, "bread", `"by":"mother"`) || contains(text, "fish") {
			t.Errorf("the child's copy says what the mother still types: %s", text)
		}
		filedBy("")

		if seen, err := x.Service.Look(ctx, officer(c), c.ID); err != nil || contains(written(t, seen.Content), "fish") {
			t.Errorf("the officer reads what was not sent: %v", err)
		}
		stranger := access.Actor{Kind: access.Person, ID: "somebody-else", Level: access.Confirmed}
		for name, who := range map[string]access.Actor{"an officer": officer(c), "a stranger": stranger} {
			if _, u, err := x.Service.Unsent(ctx, who, c.ID); err == nil {
				t.Errorf("%s reads %v", name, u.Answers)
			}
			if _, _, err := x.Service.KeepCorrection(ctx, who, c.ID, 0, application.Typed{Values: goods}); err == nil {
				t.Errorf("%s types", name)
			}
			if err := x.Service.DropCorrection(ctx, who, c.ID); err == nil {
				t.Errorf("%s throws away", name)
			}
		}

		// Two tabs show what the first has typed; each changes it.
		two := keep(2, "two", map[string][]string{"goods.0.name": {"milk"}, "goods.0.food": {"true"}, "goods.0.licence": {"12"}})
		one := keep(2, "three", map[string][]string{"goods.0.name": {"salt"}, "goods.0.food": {"true"}, "goods.0.licence": {"12"}})
		if len(two.Clashes) != 0 || len(one.Clashes) != 1 || one.Answers.Text("/goods/0/name") != "milk" {
			t.Errorf("of two tabs one took back what the other had typed: %+v, %+v", two, one)
		}
		stale := keep(2, "three", map[string][]string{"goods.0.name": {"fish"}, "goods.0.food": {"true"}, "goods.0.licence": {"12"}})
		if len(stale.Clashes) != 0 || !stale.Other || stale.Answers.Text("/goods/0/name") != "milk" {
			t.Errorf("a tab in which nobody typed: %+v", stale)
		}

		if err := x.Service.DropCorrection(ctx, x.anna, c.ID); err != nil {
			t.Fatal(err)
		}
		_, u, err = x.Service.Unsent(ctx, x.anna, c.ID)
		if err != nil || !u.At.IsZero() || u.Answers.Text("/goods/0/name") != "bread" {
			t.Errorf("thrown away: %+v, %v", u, err)
		}
		if text := copied(); contains(text, `"correction"`) || contains(text, "milk") {
			t.Errorf("thrown away, and the copy says %s", text)
		}

		// A page that was opened before takes nothing back that was typed after.
		before := two.Version
		if fresh := keep(u.Version, "four", map[string][]string{"goods.0.name": {"honey"}, "goods.0.food": {"true"}, "goods.0.licence": {"12"}}); len(fresh.Clashes) != 0 || fresh.Answers.Text("/goods/0/name") != "honey" {
			t.Errorf("typed after it was thrown away: %+v", fresh)
		}
		if old := keep(before, "two", map[string][]string{"goods.0.name": {"salt"}, "goods.0.food": {"true"}, "goods.0.licence": {"12"}}); len(old.Clashes) != 1 || old.Answers.Text("/goods/0/name") != "honey" {
			t.Errorf("a page of before it was thrown away: %+v", old)
		}
		for range 2 { // the second finds nothing
			if err := x.Service.DropCorrection(ctx, x.anna, c.ID); err != nil {
				t.Fatal(err)
			}
		}
		keep(0, "", map[string][]string{"goods.0.name": {"milk"}})
		if _, _, err := x.Service.Amend(ctx, x.anna, c.ID, application.Correction{Typed: map[string][]string{"goods.0.name": {"rye bread"}, "goods.0.food": {"true"}, "goods.0.licence": {"12"}}, Version: c.Version}); err != nil {
			t.Fatal(err, keys(err))
		}
		if _, _, err := x.Service.KeepCorrection(ctx, x.anna, c.ID, c.Version, application.Typed{Values: goods}); fault.KindOf(err) != fault.Conflict {
			t.Errorf("typed after it was sent: %v", err)
		}
		var n int
		if err := x.Service.DB.QueryRow(ctx, `SELECT count(*) FROM application WHERE correction IS NOT NULL`).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d corrections are kept after they were sent, %v", n, err)
		}
	})
}

// A row that is taken away is one that is open.
func TestARowOfAnAnswerThatIsShutIsNotTakenAwayByACorrection(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		stallWith(t, x, "edit: [/goods, /hall]", "edit: [/hall, /goods]")
		c := x.send(t, stall, stallForm())
		c, err := x.Service.Do(ctx, officer(c), c.ID, application.Act{Event: "ask", Advice: "Где?", Fields: []string{"/hall"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, u, err := x.Service.KeepCorrection(ctx, x.anna, c.ID, c.Version, application.Typed{Values: map[string][]string{"hall": {"north"}}, Remove: "goods.0"}); err != nil || u.Answers.Count("/goods") != 2 {
			t.Errorf("%+v, %v", u, err)
		}
	})
}

// What was typed goes with the person.
func TestWhatIsTypedInACorrectionIsErasedWithThePerson(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		c := stalled(t, x)
		if _, _, err := x.Service.KeepCorrection(ctx, x.anna, c.ID, c.Version, application.Typed{Values: map[string][]string{"goods.0.name": {"milk"}}}); err != nil && fault.KindOf(err) != fault.InvalidInput {
			t.Fatal(err)
		}
		var before, after int
		count := func(ctx context.Context, q store.Querier, n *int) error {
			return q.QueryRow(ctx, `SELECT count(*) FROM application WHERE correction IS NOT NULL`).Scan(n)
		}
		err := x.Service.DB.Write(ctx, func(tx *store.Tx) error {
			if err := count(ctx, tx, &before); err != nil {
				return err
			}
			if err := x.Service.Erase(ctx, tx, x.anna.ID); err != nil {
				return err
			}
			return count(ctx, tx, &after)
		})
		if err != nil || before != 1 || after != 0 {
			t.Errorf("%d corrections before, %d after, %v", before, after, err)
		}
	})
}

func contains(text string, all ...string) bool {
	return !slices.ContainsFunc(all, func(one string) bool { return !strings.Contains(text, one) })
}

func written(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
