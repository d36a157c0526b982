package application_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/catalogue"
	"okno/internal/procedure"
)

// A case that waits for rows which have another name in the new version goes along, and is answered there.
func TestACaseThatWaitsForRowsGoesAlongToTheirNewName(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		c := x.send(t, stall, stallForm())
		c, err := x.Service.Do(ctx, officer(c), c.ID, application.Act{Event: "ask", Advice: "Какой хлеб?", Fields: []string{"/goods"}})
		if err != nil {
			t.Fatal(err)
		}
		src, err := os.ReadFile("../system/systemtest/services/stall.yaml")
		if err != nil {
			t.Fatal(err)
		}
		text := strings.NewReplacer("  /goods: {", "  /wares: {renamedFrom: /goods, ", "  /goods/*/name: {", "  /wares/*/title: {renamedFrom: /goods/*/name, ", "/goods/*/name", "/wares/*/title",
			"          name: {type", "          title: {type", "required: [name, food]", "required: [title, food]", "row.name", "row.title", "/0/name", "/0/title", "/1/name", "/1/title").Replace(string(src))
		text = strings.ReplaceAll(strings.ReplaceAll(text, "goods", "wares"), "renamedFrom: /wares", "renamedFrom: /goods")
		if _, err := x.Catalogue.Publish(ctx, access.SystemActor(), x.Service.DB, catalogue.Why{Breaking: "a test"}, catalogue.Source{File: "stall.yaml", Content: []byte(text)}); err != nil {
			t.Fatal(err)
		}
		var all []application.Carried
		out, err := x.Carry(ctx, access.SystemActor(), stall, "", false, func(c application.Carried) { all = append(all, c) })
		if err != nil || out.Went != 1 {
			t.Fatalf("%+v, %+v, %v", out, all, err)
		}
		got := x.get(t, c.ID)
		if got.Content.Answers.Text("/wares/0/title") == "" || got.Content.Answers.Get("/goods") != nil || !slices.Equal(got.Content.Open, []string{"/wares"}) {
			t.Fatalf("%v, open %v", got.Content.Answers, got.Content.Open)
		}
		done, _, err := x.Service.Amend(ctx, x.anna, c.ID, application.Correction{Typed: map[string][]string{"wares.0.title": {"rye bread"}}, Version: got.Version})
		if err != nil || done.Turn != procedure.TurnAgency || done.Content.Answers.Text("/wares/0/title") != "rye bread" {
			t.Errorf("%s, %v, %v", done.State, done.Content.Answers, err)
		}
	})
}
