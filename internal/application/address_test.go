package application_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"okno/internal/account"
	"okno/internal/application"
	"okno/internal/catalogue"
	"okno/internal/form"
	"okno/internal/procedure"
	"okno/internal/store"
)

// SRV-2: an address in its parts is set beside the line that a register has of it, and one part that differs marks the whole.
func TestAnAddressInItsPartsIsSetBesideTheLineOfARegister(t *testing.T) {
	list, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	def, ok := list.ByCode("municipality.flat-remodelling")
	if !ok {
		t.Fatal("no such service")
	}
	const line = "141400, Московская область, г. Химки, ул. Ленина, д. 5, корп. 2, кв. 10"
	for _, tt := range []struct {
		name    string
		known   string
		answers any
		want    application.Verdict
	}{
		{"as it is known", line, form.FromLine(line), application.Same},
		{"written otherwise", line, form.FromLine("Московская обл, ХИМКИ, Ленина улица, 5к2, кв 10"), application.Spelled},
		{"another flat", line, form.FromLine("141400, Московская область, г. Химки, ул. Ленина, д. 5, корп. 2, кв. 11"), application.Differs},
		{"no flat", line, form.FromLine("141400, Московская область, г. Химки, ул. Ленина, д. 5, корп. 2"), application.Differs},
		{"a line that nobody can take apart", "войсковая часть 12345, лично в руки, после обеда", form.FromLine(line), application.Differs},
	} {
		c := application.Case{Def: def, SubmittedAt: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
		c.Content.Answers = form.Answers{}.With("/flat/address", tt.answers)
		c.Content.Profile = procedure.Profile{procedure.ResidenceAddress: {Value: tt.known, Origin: form.Origin{Source: "passport", Verified: true}}}
		found := false
		for _, x := range c.Compare() {
			if x.Pointer != "/flat/address" {
				continue
			}
			found = true
			f, _ := def.Form.Field(x.Pointer)
			if said := f.ShowOne(t.Context(), x.Said); x.Verdict != tt.want || said != tt.known {
				t.Errorf("%s: %s, and the register says %q", tt.name, x.Verdict, said)
			}
		}
		if !found {
			t.Errorf("%s: it is not compared", tt.name)
		}
	}
}

// So it is when the register answers in parts, calling the region by its name, and with several of a list beside those that were ticked.
func TestWhatARegisterAnswersInPartsOrAsAListIsSetBesideTheAnswer(t *testing.T) {
	src, err := os.ReadFile("../procedure/testdata/good.yaml")
	if err != nil {
		t.Fatal(err)
	}
	def, err := procedure.Stored("good.yaml", []byte(strings.NewReplacer("    fence: {type: boolean}\n", "    fence: {type: array, uniqueItems: true, items: {type: string, enum: [oak, fir]}}\n    home: {$ref: 'okno:address'}\n",
		"  /fence: {label: {ru: Ограда, en: Fence}}", "  /home: {label: {ru: Где, en: Where}}\n  /fence: {label: {ru: Ограда, en: Fence}, options: {oak: {ru: Дуб, en: Oak}, fir: {ru: Ель, en: Fir}}}",
		"fields: [/who/surname, /who/phone]", "fields: [/who/surname, /who/phone, /home]", "kind: d.kind, number", "kind: d.kind, place: d.home, of: d.fence, number", "/fence: 'true'", "/fence: oak").Replace(string(src))))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		city  string
		of    []any
		wants map[string]application.Verdict
	}{
		{"г. Ржев", []any{"oak", "fir"}, map[string]application.Verdict{"/home": application.Same, "/fence": application.Same}},
		{"Ржев", []any{"oak"}, map[string]application.Verdict{"/home": application.Spelled, "/fence": application.Differs}},
		{"г. Тверь", []any{"fir"}, map[string]application.Verdict{"/home": application.Differs, "/fence": application.Differs}},
	} {
		c := application.Case{Def: def, SubmittedAt: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
		c.Content.Answers = form.Answers{"kind": "oak", "fence": []any{"oak", "fir"}, "home": map[string]any{"region": "69", "city": "г. Ржев", "house": "5"}}
		c.Content.Data = map[string]any{"found": map[string]any{"place": map[string]any{"region": "Тверская область", "city": tt.city, "house": "5"}, "of": tt.of}}
		got := map[string]application.Verdict{}
		for _, x := range c.Compare() {
			got[x.Pointer] = x.Verdict
		}
		for pointer, want := range tt.wants {
			if got[pointer] != want {
				t.Errorf("%s and %v: %s is %q", tt.city, tt.of, pointer, got[pointer])
			}
		}
	}
}

// Where somebody lives is for those agencies alone whose services ask for it.
func TestACaseTellsWhereSomebodyLivesToWhomItMatters(t *testing.T) {
	clocked(t, func(t *testing.T, x office) {
		if err := x.World.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := x.World.Accounts.Update(ctx, tx, x.anna.ID, func(a *account.Account) error {
				a.Profile.Address, a.Profile.Residence = "г. Тверь, ул. Мира, д. 1", "г. Москва, ул. Садовая, д. 5, кв. 12"
				return nil
			})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		d := x.filled(t)
		if d.Profile[procedure.ResidenceAddress].Value != "г. Москва, ул. Садовая, д. 5, кв. 12" {
			t.Fatalf("the form knows %+v", d.Profile[procedure.ResidenceAddress])
		}
		c, err := x.Submit(ctx, x.anna, extract, d.ID)
		if err != nil {
			t.Fatal(err)
		}
		if p := c.Content.Profile; p[procedure.ResidenceAddress].Value != "" || p[procedure.RegistrationAddress].Value == "" {
			t.Errorf("the case holds %+v", p)
		}
	})
}
