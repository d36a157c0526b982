package document

import (
	"fmt"

	"okno/internal/i18n"
)

// decision is a paper whose facts come from the definition of the service: what was decided, for whom, from when until when.
func (c *Content) decision(s Source) error {
	if len(s.Facts) == 0 {
		return fmt.Errorf("%w: a decision that says nothing", ErrAnswer)
	}
	about := Block{Facts: facts(
		strong(fact("document.decision.holder", same(s.Person.FullName()))),
		fact("document.decision.born", day(s.Person.BirthDate)),
	)}
	var says []Fact
	for _, f := range s.Facts {
		if f.Value.RU == "" && f.Needed {
			return fmt.Errorf("%w: it does not say %q", ErrAnswer, f.Label.EN)
		}
		value := f.Value
		if d := day(value.RU); d.RU != "" {
			value = d
		}
		says = append(says, Fact{Label: f.Label, Value: value, Open: f.Open})
	}
	c.Blocks = []Block{about, {Heading: both("document.decision.says"), Facts: facts(says...)}}
	if reference, _ := s.Answer["reference"].(string); reference != "" {
		c.Note = both("document.decision.note", "reference", i18n.Text{RU: reference})
	}
	return nil
}
