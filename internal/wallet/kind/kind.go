// Package kind is the list of the documents that people keep in their wallet (CAB-2): what stands in each, how it is read, whether it
// ends, which register knows it. The list is one file, kinds.yaml; a new kind is some lines there and no line of Go.
package kind

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/i18n"
)

// ID names a kind. Its text is stored.
type ID string

// Holder is the name of the field that says whose document it is, where it may be somebody else's.
const Holder = "document_holder"

// holderMax is the longest that whose a document is may take, in characters.
const holderMax = 60

// Kind is a kind of document.
type Kind struct {
	ID       ID        `yaml:"id"`
	Title    i18n.Text `yaml:"title"`
	Icon     string    `yaml:"icon"`
	Register string    `yaml:"register"` // that knows it, "" when none does
	One      []string  `yaml:"one"`      // fields that tell of what it is; none where a person has it once
	Name     string    `yaml:"called"`   // field that names it, "" when the title does
	Beside   []string  `yaml:"beside"`   // fields that lists show
	Others   bool      `yaml:"others"`
	Fields   []Field   `yaml:"fields"`
}

// Field is one thing that stands in a document.
type Field struct {
	ID       string    `yaml:"id"`
	Label    i18n.Text `yaml:"label"`
	Hint     i18n.Text `yaml:"hint"`
	Check    string    `yaml:"check"` // of package form; text is any line, choice one of Choices
	Required bool      `yaml:"required"`
	Secret   bool      `yaml:"secret"`
	Ends     bool      `yaml:"ends"`
	Digits   bool      `yaml:"digits"` // keys of a phone
	Max      int       `yaml:"max"`    // characters
	Choices  []Choice  `yaml:"choices"`
}

// Choice is one of the values of a field.
type Choice struct {
	Value string    `yaml:"value"`
	Label i18n.Text `yaml:"label"`
}

// Kinds of checks that are not of package form.
const (
	Line   = "text"
	Chosen = "choice"
)

//go:embed kinds.yaml
var file []byte

// All lists the kinds in the order in which they are offered.
func All() []Kind { return slices.Clone(all()) }

// Of finds a kind.
func Of(id ID) (Kind, bool) {
	i := slices.IndexFunc(all(), func(k Kind) bool { return k.ID == id })
	if i < 0 {
		return Kind{}, false
	}
	return all()[i], true
}

// IDs are the names of the kinds, as definitions write them.
func IDs() []string {
	out := make([]string, 0, len(all()))
	for _, k := range all() {
		out = append(out, string(k.ID))
	}
	return out
}

var all = sync.OnceValue(func() []Kind {
	list, err := read(file)
	if err != nil {
		panic("kind: kinds.yaml is broken: " + err.Error()) // a test reads it
	}
	return list
})

// read reads the file and checks all of it.
func read(text []byte) ([]Kind, error) {
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	var list []Kind
	if err := d.Decode(&list); err != nil {
		return nil, err
	}
	if err := d.Decode(new(any)); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more than one list")
	}
	seen := map[ID]bool{}
	for _, k := range list {
		if err := k.check(); err != nil {
			return nil, fmt.Errorf("%s: %w", k.ID, err)
		}
		if seen[k.ID] {
			return nil, fmt.Errorf("%s stands there twice", k.ID)
		}
		seen[k.ID] = true
	}
	return list, nil
}

func (k Kind) check() error {
	switch {
	case k.ID == "" || k.Title.RU == "" || k.Title.EN == "" || k.Icon == "":
		return errors.New("no id, title or icon")
	case len(k.Fields) == 0:
		return errors.New("nothing stands in it")
	}
	seen := map[string]bool{}
	for _, f := range k.Fields {
		_, known := form.CheckNamed(f.Check)
		switch {
		case f.ID == "" || seen[f.ID]:
			return fmt.Errorf("the field %q has no name, or another has it", f.ID)
		case f.Label.RU == "" || f.Label.EN == "" || (f.Hint.RU == "") != (f.Hint.EN == ""):
			return fmt.Errorf("the field %s lacks words", f.ID)
		case f.Check != Line && f.Check != Chosen && !known:
			return fmt.Errorf("the field %s has no check %q", f.ID, f.Check)
		case (f.Check == Chosen) != (len(f.Choices) > 0):
			return fmt.Errorf("the field %s is a choice of nothing, or none", f.ID)
		case f.Check == Line && f.Max == 0:
			return fmt.Errorf("the field %s is a line without an end", f.ID)
		case f.Ends && !f.Day():
			return fmt.Errorf("the field %s ends the document and is no day", f.ID)
		}
		seen[f.ID] = true
	}
	for _, id := range slices.Concat(k.One, k.Beside, []string{k.Name}) {
		if id != "" && !seen[id] {
			return fmt.Errorf("there is no field %s to tell it by", id)
		}
	}
	return nil
}

// Name is the name of the field's input.
func (f Field) Name() string { return "document_" + f.ID }

// Day reports whether the field holds a day.
func (f Field) Day() bool { return strings.HasSuffix(f.Check, "_at") }

// Field finds a field of the kind.
func (k Kind) Field(id string) (Field, bool) {
	i := slices.IndexFunc(k.Fields, func(f Field) bool { return f.ID == id })
	if i < 0 {
		return Field{}, false
	}
	return k.Fields[i], true
}

// Read reads what was typed, by the names of inputs, and gives the values by the ids of fields. Days are held against the day of birth of
// whoever holds it, zero when that is not known, and today. What is wrong is said beside the inputs.
func (k Kind) Read(typed map[string]string, born, today form.Date) (map[string]string, string, form.Sheet) {
	var sheet form.Sheet
	out := map[string]string{}
	with := form.Others{"birth_date": born.Dotted()}
	for _, f := range k.Fields {
		with[f.Name()] = typed[f.Name()]
	}
	for _, f := range k.Fields {
		v, wrong := f.read(typed[f.Name()], with, today)
		if wrong.Key != "" {
			wrong.Name = f.Name()
			sheet = append(sheet, wrong)
		}
		if v != "" {
			out[f.ID] = v
		}
	}
	holder := ""
	if k.Others {
		holder = strings.Join(strings.Fields(typed[Holder]), " ")
		if n := utf8.RuneCountInString(holder); n > holderMax {
			sheet = append(sheet, fault.F(Holder, "form.text.long", "max", holderMax, "typed", n))
		}
	}
	return out, holder, sheet
}

func (f Field) read(typed string, with form.Others, today form.Date) (string, fault.Field) {
	missing := func(v string) fault.Field {
		if f.Required && v == "" {
			return fault.F("", "wallet.field_missing", "field", f.Label)
		}
		return fault.Field{}
	}
	switch f.Check {
	case Chosen:
		if !slices.ContainsFunc(f.Choices, func(c Choice) bool { return c.Value == typed }) {
			typed = ""
		}
		return typed, missing(typed)
	case Line:
		v := strings.Join(strings.Fields(typed), " ")
		if n := utf8.RuneCountInString(v); n > f.Max {
			return v, fault.F("", "form.text.long", "max", f.Max, "typed", n)
		}
		return v, missing(v)
	}
	if form.Blank(typed) {
		return "", missing("")
	}
	c, _ := form.CheckNamed(f.Check)
	v, p := c.Read(typed, with, today)
	if p != nil {
		return v, fault.F("", p.Key, p.Args...)
	}
	return v, missing(v)
}

// Value is what was typed as the document would hold it, whatever else stands there; false when it cannot stand there.
func (f Field) Value(typed string, today form.Date) (string, bool) {
	v, wrong := f.read(typed, form.Others{f.Name(): typed}, today)
	return v, wrong.Key == "" && v != ""
}

// Show is a value as it stands in the document.
func (f Field) Show(l i18n.Lang, value string) string {
	for _, c := range f.Choices {
		if c.Value == value {
			return c.Label.Lang(l)
		}
	}
	return form.ShowOwned(f.Check, value)
}

// Mask is Show for a page that whoever found an open session reads, too.
func (f Field) Mask(l i18n.Lang, value string) string {
	if !f.Secret || value == "" {
		return f.Show(l, value)
	}
	return form.MaskOwned(f.Check, value)
}

// Ends is the last day on which a document with these values is valid; zero when it does not end.
func (k Kind) Ends(values map[string]string) form.Date {
	for _, f := range k.Fields {
		if f.Ends {
			d, p := form.ParseDate(values[f.ID])
			if p == nil {
				return d
			}
		}
	}
	return form.Date{}
}

// Called is what the document is called: the title of its kind, or what the field that names it holds.
func (k Kind) Called(values map[string]string) i18n.Text {
	f, _ := k.Field(k.Name)
	if v := values[f.ID]; v != "" {
		return i18n.Text{RU: f.Show(i18n.RU, v), EN: f.Show(i18n.EN, v)}
	}
	return k.Title
}

// numbers are the fields by which a document is told from another of its kind, whoever keeps it.
var numbers = []string{"series", "number"}

// SameNumber reports whether two documents of the kind have the same number.
func (k Kind) SameNumber(x, y map[string]string) bool {
	return same(numbers, x, y) && x["number"] != ""
}

// SameOne reports whether two documents of the kind are of the same thing, as of one car, whichever number each has.
func (k Kind) SameOne(x, y map[string]string) bool { return same(k.One, x, y) }

// Told are the values by which SameNumber and SameOne tell a document.
func (k Kind) Told(values map[string]string) map[string]string {
	out := map[string]string{}
	for _, id := range slices.Concat(numbers, k.One) {
		if v := values[id]; v != "" {
			out[id] = v
		}
	}
	return out
}

func same(fields []string, x, y map[string]string) bool {
	return !slices.ContainsFunc(fields, func(id string) bool { return x[id] != y[id] })
}
