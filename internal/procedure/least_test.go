package procedure

import (
	"fmt"
	"strings"
	"testing"

	"okno/internal/access"
	"okno/internal/form"
)

// REG-11: a form of a level shows nothing that the cabinet hides at that level. What was put in force before goes on.
func TestAFormIsFilledInWithNumbersOfPapersFromTheirLevelOn(t *testing.T) {
	least := map[Fact]string{PassportSeries: "confirmed", PassportNumber: "confirmed", PassportIssuedAt: "confirmed", PassportIssuedBy: "confirmed", PassportDepartment: "confirmed",
		INN: "confirmed", SNILS: "standard"}
	levels := []string{"simplified", "standard", "confirmed"}
	for _, f := range Facts() {
		refused := least[f] != ""
		for _, level := range levels {
			refused = refused && level != least[f]
			src := strings.NewReplacer("assurance: standard", "assurance: "+level, "from: profile.surname", "from: profile."+string(f)).Replace(goodSource(t))
			want := fmt.Sprintf("fills in profile.%s, which is shown from the level %s on", f, least[f])
			if _, err := Compile("good.yaml", []byte(src)); refused != (err != nil && strings.Contains(err.Error(), want)) {
				t.Errorf("%s at %s: %v", f, level, err)
			}
			if _, err := Stored("good.yaml", []byte(src)); err != nil && strings.Contains(err.Error(), "which is shown") {
				t.Errorf("%s at %s keeps the cases of before from going on: %v", f, level, err)
			}
		}
	}
}

func TestANumberThatIsMaskedIsLockedAndNowhereToBeRead(t *testing.T) {
	d, err := Compile("facts.yaml", []byte(withFacts(t, `{from: p.snils, label: {ru: СНИЛС, en: SNILS}}, {from: d.guardian, label: {ru: Родитель, en: Parent}}`)))
	if err != nil {
		t.Fatal(err)
	}
	const number, end = "11223344595", "445 95"
	d.prefill = append(d.prefill, prefill{to: "/guardian", from: SNILS, lock: LockNever, onFail: FailManual})
	o, _ := d.Output("permit")
	for _, masked := range []bool{true, false} {
		p := Profile{SNILS: {Value: number, Masked: masked}}
		a := d.Fill(p, nil)
		f := d.FormFor(p, a, form.Date{Year: 2026, Month: 3, Day: 2})
		field, _ := f.Field("/guardian")
		shown := []string{field.Show(t.Context(), a)}
		for _, s := range o.State(f, a, p, Case{}, nil) {
			shown = append(shown, s.Value.RU)
		}
		for _, s := range shown {
			if whole := strings.Contains(s, number) || strings.Contains(s, "112-233"); whole == masked || !strings.HasSuffix(strings.ReplaceAll(s, " ", ""), strings.ReplaceAll(end, " ", "")) {
				t.Errorf("masked %t: %q", masked, s)
			}
		}
		if field.Locked != masked || (field.Typed(a) == "") != masked {
			t.Errorf("masked %t: locked %t, the input holds %q", masked, field.Locked, field.Typed(a))
		}
		if a.Text("/guardian") != number || d.Relock(p, a.With("/guardian", "1")).Text("/guardian") == number != masked {
			t.Errorf("masked %t: the answer is %q", masked, a.Text("/guardian"))
		}
	}
}

// A paper and a part show what they are given as a form does.
func TestAPaperAndAPartGetNothingThatIsNotShownAtTheLevel(t *testing.T) {
	for _, f := range Facts() {
		for _, tt := range []struct{ src, level, want string }{
			{withFacts(t, "{from: p."+string(f)+", label: {ru: Что, en: What}}"), "assurance: standard", "from of a fact of the output permit is p."},
			{partsSource(t), "assurance: standard", "give /owner of the state fencing is p."},
		} {
			src := strings.Replace(tt.src, "/owner: p.surname", "/owner: p."+string(f), 1)
			for _, level := range []string{"simplified", "standard", "confirmed"} {
				refused := !access.Level(level).AtLeast(f.least())
				want := fmt.Sprintf("%s%s, which is shown from the level %s on", tt.want, f, f.least())
				_, err := Compile("x.yaml", []byte(strings.Replace(src, tt.level, "assurance: "+level, 1)))
				if refused != (err != nil && strings.Contains(err.Error(), want)) {
					t.Errorf("%s at %s: %v", want, level, err)
				}
			}
		}
	}
	tree := changed(t, "prefill:\n", "prefill:\n  - {to: /wish, from: profile.snils, lock: never, onFail: manual}\n")
	for _, tt := range []struct {
		give, level string
		fills, bad  bool
	}{
		{"/wish: p.snils", "standard", false, true},
		{"/wish: p.snils", "standard", true, false},
		{"/wish: p.snils", "confirmed", false, false},
		{"/wish: p.surname", "standard", false, false},
	} {
		whole, err := Compile("parts.yaml", []byte(strings.NewReplacer("/height: d.height", "/height: d.height, "+tt.give, "assurance: standard", "assurance: "+tt.level).Replace(partsSource(t))))
		if err != nil {
			t.Fatal(err)
		}
		of := good(t)
		if tt.fills {
			of = tree
		}
		said := strings.Join(whole.Joins(whole.Parts()[0], of), "; ")
		if strings.Contains(said, "where a number that nobody typed would stand whole") != tt.bad {
			t.Errorf("%+v: %s", tt, said)
		}
	}
}
