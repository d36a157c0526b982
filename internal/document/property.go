package document

import (
	"fmt"
	"strings"

	"okno/internal/i18n"
)

// The extract from the register of real estate.
type (
	propertyAsked struct {
		CadastralNumber string `json:"cadastral_number"`
		Kind            string `json:"kind"` // object, history, value
	}
	propertyAnswer struct {
		Reference string   `json:"reference"`
		AsOf      string   `json:"as_of"`
		Objects   []estate `json:"objects"`
	}
	estate struct {
		CadastralNumber string `json:"cadastral_number"`
		Kind            string `json:"kind"`
		Address         string `json:"address"`
		Area            string `json:"area"` // square metres with a dot
		Right           string `json:"right"`
		Share           string `json:"share"` // 1 or 1/2
		RightNumber     string `json:"right_number"`
		Since           string `json:"since"`
	}
)

func (c *Content) property(s Source) error {
	var asked propertyAsked
	if err := read(s.Asked, &asked); err != nil {
		return err
	}
	var a propertyAnswer
	if err := read(s.Answer, &a); err != nil {
		return err
	}
	if day(a.AsOf).RU == "" {
		return fmt.Errorf("%w: it does not say for which day it holds", ErrAnswer)
	}
	c.Subtitle = extractKind(asked.Kind)
	c.Blocks = []Block{{Facts: facts(
		strong(fact("document.property.given_to", same(s.Person.FullName()))),
		open(fact("document.property.as_of", day(a.AsOf))),
	)}}
	found := 0
	for _, e := range a.Objects {
		if asked.CadastralNumber != "" && !sameNumber(e.CadastralNumber, asked.CadastralNumber) {
			continue
		}
		if e.CadastralNumber == "" || e.Share == "" {
			return fmt.Errorf("%w: an object without a number or a share", ErrAnswer)
		}
		c.Blocks = append(c.Blocks, e.block(s.Person.FullName()))
		found++
	}
	if found == 0 {
		return ErrNothing
	}
	if a.Reference != "" {
		c.Note = both("document.property.note", "reference", a.Reference)
	}
	return nil
}

func (e estate) block(holder string) Block {
	return Block{
		Heading: heading(e),
		Facts: facts(
			open(strong(fact("document.property.number", same(e.CadastralNumber)))),
			fact("document.property.kind", same(e.Kind)),
			fact("document.property.address", same(e.Address)),
			open(fact("document.property.area", area(e.Area))),
		),
		Table: &Table{
			Columns: []Column{
				{Label: both("document.property.holder"), Weight: 27},
				{Label: both("document.property.right"), Weight: 22},
				{Label: both("document.property.share"), Weight: 10},
				{Label: both("document.property.entry"), Weight: 41},
			},
			Rows: [][]i18n.Text{{same(holder), same(e.Right), share(e.Share), entry(e)}},
		},
	}
}

func heading(e estate) i18n.Text {
	if e.Kind == "" {
		return both("document.property.object")
	}
	return same(e.Kind)
}

// extractKind names the kind of extract; one that the catalogue does not know goes without a name.
func extractKind(kind string) i18n.Text {
	key := "document.property.extract." + kind
	if kind == "" || !i18n.Has(key) {
		return i18n.Text{}
	}
	return both(key)
}

// share is the part of the right; the whole of it says so in words.
func share(s string) i18n.Text {
	if s == "1" {
		return both("document.property.whole")
	}
	return same(s)
}

// entry is the number of the registered right and its day, on two lines.
func entry(e estate) i18n.Text {
	since := day(e.Since)
	if since.RU == "" {
		return same(e.RightNumber)
	}
	return i18n.Text{RU: e.RightNumber + "\n" + since.RU, EN: e.RightNumber + "\n" + since.EN}
}

func area(s string) i18n.Text {
	if s == "" {
		return i18n.Text{}
	}
	return both("document.property.square", "area", i18n.Text{RU: strings.Replace(s, ".", ",", 1), EN: s})
}

// sameNumber compares cadastral numbers as people write them.
func sameNumber(a, b string) bool {
	plain := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' || r == ':' {
				return r
			}
			return -1
		}, s)
	}
	return plain(a) == plain(b)
}
