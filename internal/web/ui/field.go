package ui

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/i18n"
)

// FieldError is what is wrong with one field, in the person's language.
type FieldError struct {
	Name string // of the field in the form; empty for the whole form
	Text string
}

// Errors are what is wrong with a form, in the order of its fields.
type Errors []FieldError

// Of returns what is wrong with the field called name, or nothing.
func (e Errors) Of(name string) string {
	for _, f := range e {
		if f.Name == name {
			return f.Text
		}
	}
	return ""
}

// ErrorsOf reads the faults of fields out of err; a fault without fields speaks for the whole form.
func ErrorsOf(ctx context.Context, err error) Errors {
	var f *fault.Error
	if !errors.As(err, &f) {
		return nil
	}
	if len(f.Fields) == 0 {
		return Errors{{Text: i18n.T(ctx, f.Key, f.Args...)}}
	}
	out := make(Errors, 0, len(f.Fields))
	for _, x := range f.Fields {
		out = append(out, FieldError{Name: x.Name, Text: i18n.T(ctx, x.Key, x.Args...)})
	}
	return out
}

// FieldID is the id of the control called name; links to #FieldID(name) lead to it.
func FieldID(name string) string { return "f-" + strings.Map(idRune, name) }

func idRune(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' || r == '.' {
		return r
	}
	return '-'
}

// Mask is how a script groups what is typed; # is a digit. The server takes it with and without the grouping.
type Mask string

// The masks that have names. Any other pattern of # works too.
const (
	MaskPhone      Mask = "phone" // +7 912 345-67-89; other countries' numbers are left alone
	MaskDate       Mask = "##.##.####"
	MaskSNILS      Mask = "###-###-### ##"
	MaskDepartment Mask = "###-###"
)

// Width is how long an answer a field expects.
type Width string

// The widths; the zero value takes the whole measure.
const (
	Short  Width = "short"  // a dozen characters
	Medium Width = "medium" // two dozen
)

// control is what every kind of field has.
type control struct {
	name, id, label, description, err string
	optional                          bool
}

func (c control) describedBy() string {
	var ids []string
	if c.description != "" {
		ids = append(ids, c.id+"-hint")
	}
	if c.err != "" {
		ids = append(ids, c.id+"-error")
	}
	return strings.Join(ids, " ")
}

func newControl(id, name, label, description, err string, optional bool) control {
	if id == "" {
		id = FieldID(name)
	}
	return control{name: name, id: id, label: label, description: description, err: err, optional: optional}
}

// checkWith names the other fields that go along when the value is checked; the script finds them in the same form by the
// name of their input or of their check.
func checkWith(name string) string {
	c, _ := form.CheckNamed(name)
	return strings.Join(c.With, " ")
}

// Field is a one-line question.
type Field struct {
	Name         string
	ID           string // FieldID(Name) when empty
	Label        string
	HideLabel    bool // the label is for screen readers only, where the page already asks
	Description  string
	Type         string // text when empty; tel, email, search, password
	Value        string
	Autocomplete string // the standard token
	InputMode    string
	Placeholder  string
	MaxLength    int
	Required     bool
	Optional     bool // the label says that it may be left blank
	ReadOnly     bool
	Error        string
	Check        string // name of the form.Check that reads the value when the person leaves the field
	Mask         Mask
	Width        Width
	Attrs        templ.Attributes // on the input
}

func (f Field) control() control {
	return newControl(f.ID, f.Name, f.Label, f.Description, f.Error, f.Optional)
}

func (f Field) kind() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

// Password is a question for a password: it can be shown, and a new one is measured while it is typed.
type Password struct {
	Name        string // "" for one that is never sent: a script of the page takes it, and ID is given
	ID          string
	Label       string
	Description string
	Foreign     bool // not of an account here (autocomplete off)
	New         bool // asks for a new password (autocomplete new-password), not the current one
	Meter       bool // shows the rules and the strength; the script ticks them
	Min         int  // characters a new one must have, form.PasswordMin when 0
	Advised     int  // … and had better have, form.PasswordAdvised when 0
	Error       string
	Check       string // name of what checks the value when the person leaves the field and the rules of the meter hold
	Attrs       templ.Attributes
}

func (p Password) control() control {
	return newControl(p.ID, p.Name, p.Label, p.Description, p.Error, false)
}

func (p Password) token() string {
	switch {
	case p.Foreign:
		return "off"
	case p.New:
		return "new-password"
	}
	return "current-password"
}

func (p Password) describedBy() string {
	ids := p.control().describedBy()
	if !p.Meter {
		return ids
	}
	return strings.TrimSpace(ids + " " + p.control().id + "-rules")
}

func (p Password) least() int   { return cmp.Or(p.Min, form.PasswordMin) }
func (p Password) advised() int { return cmp.Or(p.Advised, form.PasswordAdvised) }

// words are what the meter says, the weakest first; the script takes them apart at the bars.
func (p Password) words(ctx context.Context) string {
	return strings.Join([]string{i18n.T(ctx, "ui.password.weak"), i18n.T(ctx, "ui.password.fair", "advised", p.advised()), i18n.T(ctx, "ui.password.good"), i18n.T(ctx, "ui.password.strong")}, "|")
}

// rules are what a password must have (REG-7); the script knows them by the same words.
func (p Password) rules() []string {
	return []string{"length", "lower", "upper", "digit", "special", "plain"}
}

// Code is the question for a one-time code.
type Code struct {
	Name        string // code when empty
	Label       string
	Description string
	Digits      int // 6 when zero
	Value       string
	Error       string
	Attrs       templ.Attributes
}

func (c Code) control() control {
	name := c.Name
	if name == "" {
		name = "code"
	}
	return newControl("", name, c.Label, c.Description, c.Error, false)
}

func (c Code) digits() string {
	if c.Digits == 0 {
		return "6"
	}
	return strconv.Itoa(c.Digits)
}

// Textarea is a question answered at length.
type Textarea struct {
	Name        string
	ID          string
	Label       string
	Description string
	Value       string
	Rows        int
	MaxLength   int
	Required    bool
	Optional    bool
	Error       string
	Check       string // name of the form.Check that reads the value when the person leaves the field
	Attrs       templ.Attributes
}

func (t Textarea) control() control {
	return newControl(t.ID, t.Name, t.Label, t.Description, t.Error, t.Optional)
}

func (t Textarea) rows() string {
	if t.Rows == 0 {
		return "5"
	}
	return strconv.Itoa(t.Rows)
}

// Choice is one of several answers.
type Choice struct {
	Value       string
	Label       string
	Description string
	Disabled    bool
}

// Select is a choice from many, folded.
type Select struct {
	Name         string
	ID           string
	Label        string
	Description  string
	Value        string
	Choices      []Choice
	Empty        string // first line that chooses nothing; empty for none
	Autocomplete string
	Required     bool
	Optional     bool
	Error        string
	Width        Width
	Attrs        templ.Attributes
}

func (s Select) control() control {
	return newControl(s.ID, s.Name, s.Label, s.Description, s.Error, s.Optional)
}

// Radios is a choice from a few, all in sight.
type Radios struct {
	Name        string
	ID          string
	Legend      string
	Description string
	Value       string
	Choices     []Choice
	Required    bool
	Optional    bool
	Inline      bool
	Boxed       bool // each choice in a frame, for choices that need explaining
	Error       string
	Form        string // id of a form elsewhere on the page
}

func (r Radios) control() control {
	return newControl(r.ID, r.Name, r.Legend, r.Description, r.Error, r.Optional)
}

// Checkboxes is any number of several answers under one name.
type Checkboxes struct {
	Name        string
	ID          string
	Legend      string
	Description string
	Values      []string
	Choices     []Choice
	Optional    bool
	Boxed       bool
	Sent        bool // an empty value is sent before them, so that none is told from not asked
	Error       string
}

func (c Checkboxes) control() control {
	return newControl(c.ID, c.Name, c.Legend, c.Description, c.Error, c.Optional)
}

func (c Checkboxes) has(value string) bool {
	for _, v := range c.Values {
		if v == value {
			return true
		}
	}
	return false
}

// nth is the id of the n-th choice; the first has the id of the whole, so that the error summary leads to it.
func nth(id string, n int) string {
	if n == 0 {
		return id
	}
	return id + "-" + strconv.Itoa(n+1)
}

func hint(id string, c Choice) string {
	if c.Description == "" {
		return ""
	}
	return id + "-about"
}

// Checkbox is a yes by itself. Its label may hold links: write them with Around.
type Checkbox struct {
	Name        string
	ID          string
	Label       string
	Description string
	Value       string // yes when empty
	Checked     bool
	Required    bool
	Error       string
	Attrs       templ.Attributes
}

func (c Checkbox) control() control {
	return newControl(c.ID, c.Name, c.Label, c.Description, c.Error, false)
}

func (c Checkbox) value() string {
	if c.Value == "" {
		return "yes"
	}
	return c.Value
}

// File is a question answered with files.
type File struct {
	Name        string // "" for one that is never sent: a script of the page takes it, and ID is given
	ID          string
	Label       string
	Description string
	Accept      string // "image/jpeg,image/png,application/pdf"
	Capture     string // user or environment: offer the camera
	Multiple    bool
	Required    bool
	Optional    bool
	Error       string
	Attrs       templ.Attributes
}

func (f File) control() control {
	return newControl(f.ID, f.Name, f.Label, f.Description, f.Error, f.Optional)
}

// Hidden is a value a form carries along.
type Hidden struct{ Name, Value string }

// Form is where answers go. The server checks them, so the browser's own bubbles are off.
type Form struct {
	Action string
	Get    bool   // a search; everything else is posted
	Files  bool   // carries files
	Save   string // address that keeps what was typed while it is typed; passwords and codes are left out
	Label  string // for screen readers, where a page has several forms
	ID     string
	Hidden []Hidden
	Attrs  templ.Attributes
}

func (f Form) method() string {
	if f.Get {
		return "get"
	}
	return "post"
}

// ErrorSummary leads to the fields that are wrong. It takes the focus when the page opens.
type ErrorSummary struct {
	At     map[string]string // address of the page that a field stands on, by its name; without one it is this page
	Title  string            // "correct the mistakes" when empty
	Level  int               // of the heading, 2 when zero
	Errors Errors
}
