package form

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"okno/internal/i18n"
	"okno/internal/rule"
)

// Type is the kind of a field: how it is typed, read, checked and shown.
type Type string

// The types. Their texts are what definitions of services use.
const (
	TypeText       Type = "text"
	TypeLines      Type = "lines" // several lines
	TypeNumber     Type = "number"
	TypeDate       Type = "date"
	TypeBirthDate  Type = "birth_date"
	TypeYear       Type = "year"    // chosen from a row of years that moves with the calendar
	TypeChoice     Type = "choice"  // one of Options
	TypeChoices    Type = "choices" // several of Options: a list of texts in their order
	TypeBoolean    Type = "boolean" // yes or no, both said
	TypePhone      Type = "phone"
	TypeEmail      Type = "email"
	TypeSNILS      Type = "snils"
	TypeINN        Type = "inn"
	TypeSurname    Type = "surname"
	TypeGivenName  Type = "given_name"
	TypePatronymic Type = "patronymic"
	TypeAddress    Type = "address"
	TypeRows       Type = "rows" // a group that is asked several times

	TypePostalAddress Type = "postal_address" // an address in its parts, each of a type of its own: address.city
)

// Valid reports whether t is one of the types.
func (t Type) Valid() bool {
	switch t {
	case TypeText, TypeLines, TypeNumber, TypeDate, TypeBirthDate, TypeYear, TypeChoice, TypeChoices, TypeBoolean,
		TypePhone, TypeEmail, TypeSNILS, TypeINN, TypeSurname, TypeGivenName, TypePatronymic, TypeAddress, TypeRows, TypePostalAddress:
		return true
	}
	return t.readPart() != nil
}

// Field is one question of a form.
type Field struct {
	Pointer  string // where the answer stands
	Name     string // of the input; NameOf(Pointer)
	Type     Type
	Label    i18n.Text
	Hint     i18n.Text
	Wrong    i18n.Text // what is wrong and what to do, when Pattern does not match
	Required bool
	Options  []Option // of a choice, or of choices
	Within   string   // pointer of the answer that says which options there are
	Rows     *Rows    // of a group that is asked several times
	Parts    []Field  // of an address
	Years    Years    // of a year
	Pattern  *regexp.Regexp
	Max      int      // characters of a text; 0 is the type's own limit
	Least    *float64 // of a number; of choices how many
	Most     *float64
	When     Condition // asked only then
	Locked   bool      // filled from a trusted source: shown, and never read from what is typed
	Origin   Origin    // where the value was filled in from
	Masked   bool      // a SNILS of which this reader is shown the end alone; such a field is Locked
	Told     *Told     // of rows: those that another system told of, whatever stands there now
}

// Told is rows that another system told of.
type Told struct {
	Rows   []any
	Origin Origin
}

// of is where a row comes from: from there when it stands as it was told.
func (t *Told) of(row any) Origin {
	if t == nil || !slices.ContainsFunc(t.Rows, func(told any) bool { return Same(told, row) }) {
		return Origin{}
	}
	return t.Origin
}

// Option is one answer of a choice.
type Option struct {
	Value  string
	Label  i18n.Text
	Within string // only to this answer of the field's Within
}

// Years is a row of years counted back from the current one: From 1 To 5 are the last five, the latest first.
type Years struct{ From, To int }

// Origin says where a value came from, so that a page can say it too. The zero Origin is the person's own hand.
type Origin struct {
	Source   string // key of a source: passport, register of the interior ministry, the person's profile
	Verified bool   // a register confirmed it
	At       time.Time
	Title    i18n.Text `json:",omitzero"` // what a definition calls the source, when it is none that the portal knows by itself
}

// IsZero reports whether the person typed the value.
func (o Origin) IsZero() bool { return o == Origin{} }

// Called is what the source is called: as a definition calls it, else as the words say that stand under its key after those of the page.
func (o Origin) Called(ctx context.Context, words string) string {
	if title := o.Title.In(ctx); title != "" {
		return title
	}
	return i18n.T(ctx, words+o.Source)
}

// Page is what is asked together.
type Page struct {
	ID     string
	Title  i18n.Text
	Text   i18n.Text // said under the title
	When   Condition // shown only then
	Fields []Field
}

// Form is the pages of one application, in the order in which they are filled in.
type Form struct {
	Pages   []Page
	Demands []Demand

	Scope *rule.Scope       // of the conditions; nil when there are none
	Known map[string]string // what the profile knows, for conditions
	Today Date
}

// Page finds a page by its ID.
func (f Form) Page(id string) (Page, bool) {
	for _, p := range f.Pages {
		if p.ID == id {
			return p, true
		}
	}
	return Page{}, false
}

// Field finds a field by its pointer; one in a row by /work/1/from.
func (f Form) Field(pointer string) (Field, bool) {
	pattern := Pattern(pointer)
	for _, p := range f.Pages {
		for _, field := range p.Fields {
			if field.Pointer == pointer {
				return field, true
			}
			if x, ok := field.part(pointer); ok {
				return x, true
			}
			if field.Rows == nil || !strings.HasPrefix(pattern, field.Pointer+"/"+star+"/") {
				continue
			}
			for _, x := range field.Rows.Fields {
				if x.Pointer == pattern {
					return x.at(pointer, NameOf(pointer)), true
				}
				if y, ok := x.part(pattern); ok {
					return y.at(pointer, NameOf(pointer)), true
				}
			}
		}
	}
	return Field{}, false
}

// Asked lists the pages that these answers call for, each with the fields that they call for. A page of which
// nothing is asked is left out, unless it never had fields and only says something.
func (f Form) Asked(a Answers) []Page { return f.asked(f.See(a)) }

func (f Form) asked(s rule.Sight) []Page {
	var out []Page
	for _, p := range f.Pages {
		if shown, ok := p.asked(s); ok {
			out = append(out, shown)
		}
	}
	return out
}

// AskedPage is the page of that ID as Asked has it; no other one is looked at.
func (f Form) AskedPage(id string, a Answers) (Page, bool) {
	p, ok := f.Page(id)
	if !ok {
		return Page{}, false
	}
	return p.asked(f.See(a))
}

func (p Page) asked(s rule.Sight) (Page, bool) {
	if !p.When.Holds(s) {
		return Page{}, false
	}
	shown := p
	shown.Fields = make([]Field, 0, len(p.Fields))
	for i := range p.Fields {
		if field := &p.Fields[i]; field.When.Holds(s) {
			shown.Fields = append(shown.Fields, *field)
		}
	}
	return shown, len(shown.Fields) > 0 || len(p.Fields) == 0
}

// Next is the page after the one with the ID, "" after the last; Next("") is the first.
func (f Form) Next(a Answers, id string) string {
	pages := f.Asked(a)
	if id == "" && len(pages) > 0 {
		return pages[0].ID
	}
	for i, p := range pages {
		if p.ID == id && i+1 < len(pages) {
			return pages[i+1].ID
		}
	}
	return ""
}

// Prune takes away what is not asked: answers of hidden fields and anything the form does not know. What a
// person once answered and then hid must not travel with the application.
func (f Form) Prune(a Answers) Answers {
	for range len(f.Pages) + 1 { // hiding one field may hide the next
		kept := Answers{}
		s := f.See(a)
		for _, p := range f.asked(s) {
			for _, field := range p.Fields {
				if field.Rows != nil {
					kept.put(field.Pointer, field.prune(a, s))
					continue
				}
				kept.put(field.Pointer, field.pruneParts(a.Get(field.Pointer)))
			}
		}
		if kept.size() == a.size() {
			return kept
		}
		a = kept
	}
	return a
}

// OptionsFor lists what can be chosen on the day beside the other answers: the options of a choice, the years of a year.
func (f Field) OptionsFor(a Answers, today Date) []Option {
	if f.Type == TypeYear {
		return f.OptionsOn(today)
	}
	if f.Within == "" {
		return f.Options
	}
	var out []Option
	for _, o := range f.Options {
		if o.Within == "" || o.Within == a.Text(f.Within) {
			out = append(out, o)
		}
	}
	return out
}

// OptionsOn lists what can be chosen on the day whatever else is answered.
func (f Field) OptionsOn(today Date) []Option {
	if f.Type != TypeYear {
		return f.Options
	}
	var out []Option
	for back := f.Years.From; back <= f.Years.To; back++ {
		y := strconv.Itoa(today.Year - back)
		out = append(out, Option{Value: y, Label: i18n.Text{RU: y, EN: y}})
	}
	return out
}

// Autocomplete is the token of the HTML attribute with which a browser fills the field in by itself, "" when
// there is none.
func (f Field) Autocomplete() string {
	switch f.Type {
	case TypeSurname:
		return "family-name"
	case TypeGivenName:
		return "given-name"
	case TypePatronymic:
		return "additional-name"
	case TypeBirthDate:
		return "bday"
	case TypePhone:
		return "tel"
	case TypeEmail:
		return "email"
	case TypeAddress:
		return "street-address"
	case TypeText, TypeLines, TypeNumber, TypeDate, TypeYear, TypeChoice, TypeChoices, TypeBoolean, TypeSNILS, TypeINN, TypeRows, TypePostalAddress:
	}
	return ""
}

// InputMode is the HTML attribute that brings up the right keys on a phone, "" for letters.
func (f Field) InputMode() string {
	switch f.Type {
	case TypeNumber, TypeDate, TypeBirthDate, TypeSNILS, TypeINN, TypeYear:
		return "numeric"
	case TypePhone:
		return "tel"
	case TypeEmail:
		return "email"
	case TypeText, TypeLines, TypeChoice, TypeChoices, TypeBoolean, TypeSurname, TypeGivenName, TypePatronymic, TypeAddress, TypeRows, TypePostalAddress:
	}
	if f.Type == partType+partIndex {
		return "numeric"
	}
	return ""
}

// text shows a JSON value as it would be typed.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return fmt.Sprint(v)
}
