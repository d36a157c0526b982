package document

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"okno/internal/account"
	"okno/internal/i18n"
)

// Content is what a paper says, in both languages, from top to bottom.
type Content struct {
	Title    i18n.Text
	Subtitle i18n.Text // may be empty
	Agency   i18n.Text // who says it
	Unit     string    // the agency's code
	Holder   Holder
	Blocks   []Block
	Note     i18n.Text // small, at the end
}

// Block is a part of a paper: a heading, facts, then a table; each may be missing.
type Block struct {
	Heading i18n.Text
	Facts   []Fact
	Table   *Table
}

// Fact is one line: a label and its value.
type Fact struct {
	Label  i18n.Text `json:"label"`
	Value  i18n.Text `json:"value"`
	Open   bool      `json:"-"` // may stand on the public page
	Strong bool      `json:"-"`
}

// Table is rows under a header that is said again on each page.
type Table struct {
	Columns []Column
	Rows    [][]i18n.Text // as many cells as columns
	Total   []i18n.Text   // the last row, in bold; may be missing
}

// Column is a column of a table.
type Column struct {
	Label  i18n.Text
	Weight float64 // its part of the width
	Number bool    // sums, set under each other by their decimal mark
}

// open are the facts that a stranger may compare.
func (c Content) open() []Fact {
	var out []Fact
	for _, b := range c.Blocks {
		for _, f := range b.Facts {
			if f.Open {
				out = append(out, f)
			}
		}
	}
	return out
}

// Source is what the content of a paper is made from.
type Source struct {
	Title  i18n.Text // of the output in the service's definition
	Agency i18n.Text // who answers for the service
	Unit   string    // its code
	Person account.Profile
	Asked  map[string]any // what the register was asked
	Answer map[string]any // what it answered: the output of its connector, or that after a turn through JSON
	Facts  []Stated       // what the definition has the paper say; of a Decision only
}

// Stated is a fact of a Decision. A day is written as ISO 8601.
type Stated struct {
	Label, Value i18n.Text
	Open         bool // may stand on the public page
	Needed       bool // no paper is made without it
}

var (
	// ErrNothing is of an answer that is in order and does not hold what was asked for.
	ErrNothing = errors.New("document: the answer does not hold what was asked")
	// ErrAnswer is of an answer that a paper must not be made from: it contradicts itself or lacks something.
	ErrAnswer = errors.New("document: no paper can be made from the answer")
)

// Compose says what a paper of the kind says of the answer. It keeps no time and knows no database.
func Compose(k Kind, s Source) (Content, error) {
	c := Content{Title: s.Title, Agency: s.Agency, Unit: s.Unit, Holder: Holder{s.Person.Surname, s.Person.GivenName, s.Person.Patronymic}}
	if c.Holder.Surname == "" && c.Holder.GivenName == "" {
		return Content{}, fmt.Errorf("compose %s: a paper about nobody: %w", k, ErrAnswer)
	}
	var err error
	switch k {
	case IncomeCertificate:
		err = c.income(s)
	case PropertyExtract:
		err = c.property(s)
	case Decision:
		err = c.decision(s)
	default:
		err = errors.New("there is no such template")
	}
	if err != nil {
		return Content{}, fmt.Errorf("compose %s: %w", k, err)
	}
	return c, nil
}

// read takes the answer as the template wants it.
func read(from map[string]any, into any) error {
	text, err := json.Marshal(from)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%w: %w", ErrAnswer, shape(err))
	}
	return nil
}

// shape is the error of a value of the wrong type without the value: the log must not hold what a register said.
func shape(err error) error {
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("%s must not be a JSON %s", t.Field, strings.Fields(t.Value + " ?")[0])
	}
	return errors.New("it does not have the shape that was agreed")
}

// both says a message in both languages. Its args may be texts.
func both(key string, args ...any) i18n.Text {
	return i18n.Text{RU: i18n.RU.T(key, args...), EN: i18n.EN.T(key, args...)}
}

// same is a text that registers have in one language only, and numbers.
func same(s string) i18n.Text { return i18n.Text{RU: s} }

// fact is a line whose label is the message of the key.
func fact(key string, value i18n.Text) Fact { return Fact{Label: both(key), Value: value} }

// facts leaves out the lines that have no value.
func facts(all ...Fact) []Fact {
	var out []Fact
	for _, f := range all {
		if f.Value.RU != "" {
			out = append(out, f)
		}
	}
	return out
}

func open(f Fact) Fact { f.Open = true; return f }

func strong(f Fact) Fact { f.Strong = true; return f }

// sum is kopecks as roubles.
func sum(kopecks int64) i18n.Text {
	return i18n.Text{RU: i18n.RU.Sum(kopecks), EN: i18n.EN.Sum(kopecks)}
}

// amount is a sum in a column: always with kopecks, without the sign of the rouble, which stands in the header.
func amount(kopecks int64) i18n.Text {
	minus, n := "", kopecks
	if n < 0 {
		minus, n = "\u2212", -n
	}
	in := func(l i18n.Lang, point string) string {
		whole := strings.TrimSuffix(l.Sum(n-n%100), "\u00a0₽")
		return fmt.Sprintf("%s%s%s%02d", minus, whole, point, n%100)
	}
	return i18n.Text{RU: in(i18n.RU, ","), EN: in(i18n.EN, ".")}
}

// day is an ISO date in words, empty when it is none.
func day(iso string) i18n.Text {
	t, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return i18n.Text{}
	}
	return date(t, time.UTC)
}

// moment is the day and the time of day.
func moment(t time.Time, zone *time.Location) i18n.Text {
	day, clock := date(t, zone), ", "+t.In(zone).Format("15:04")
	return i18n.Text{RU: day.RU + clock, EN: day.EN + clock}
}

func date(t time.Time, zone *time.Location) i18n.Text {
	in := func(l i18n.Lang) string {
		return i18n.Date(i18n.WithZone(i18n.With(context.Background(), l), zone), t)
	}
	return i18n.Text{RU: in(i18n.RU), EN: in(i18n.EN)}
}
