package document

import (
	"errors"
	"strings"
	"testing"

	"okno/internal/i18n"
)

func decisionSource() Source {
	label := func(s string) i18n.Text { return i18n.Text{RU: s, EN: s} }
	return Source{Title: i18n.Text{RU: "Решение", EN: "Decision"}, Agency: fns, Unit: "fns", Person: anna, Answer: map[string]any{"reference": "AGN-1"}, Facts: []Stated{
		{Label: label("ИНН"), Value: i18n.Text{RU: anna.INN}, Needed: true},
		{Label: label("С какого дня"), Value: i18n.Text{RU: "2026-11-18"}, Open: true, Needed: true},
		{Label: label("Основание"), Value: i18n.Text{RU: "Утрата", EN: "Loss"}},
		{Label: label("Нотариус")},
	}}
}

func TestADecisionSaysWhatItsDefinitionHasItSay(t *testing.T) {
	c := composed(t, Decision, decisionSource())
	if len(c.Blocks) != 2 || len(c.Blocks[1].Facts) != 3 {
		t.Fatalf("it says %+v", c.Blocks)
	}
	if got := c.Blocks[1].Facts[1].Value; got.RU != "18\u00a0ноября 2026" || got.EN != "18\u00a0November 2026" {
		t.Errorf("the day reads %+v", got)
	}
	if open := c.open(); len(open) != 1 || open[0].Label.RU != "С какого дня" {
		t.Errorf("a stranger sees %+v", open)
	}
	if !strings.Contains(c.Note.RU, "AGN-1") {
		t.Errorf("the note is %q", c.Note.RU)
	}
	p := testPress(t)
	if pages, err := lay(sheetOf(c, i18n.RU), &p.faces); err != nil || len(pages) != 1 {
		t.Errorf("%d pages, %v", len(pages), err)
	}
}

// What a register must say and does not is no paper with a gap: it is asked again.
func TestADecisionIsNotMadeOfAnAnswerWithAGap(t *testing.T) {
	for name, spoil := range map[string]func(*Source){
		"a value that is missing": func(s *Source) { s.Facts[0].Value = i18n.Text{} },
		"no facts":                func(s *Source) { s.Facts = nil },
		"nobody":                  func(s *Source) { s.Person.Surname, s.Person.GivenName = "", "" },
	} {
		s := decisionSource()
		spoil(&s)
		if _, err := Compose(Decision, s); !errors.Is(err, ErrAnswer) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
