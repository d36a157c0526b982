package ui

import (
	"maps"

	"github.com/a-h/templ"
)

// Button sends the form it stands in, or presses itself for a script.
type Button struct {
	Label    string
	Name     string // with Value: which of several buttons was pressed
	Value    string
	Variant  Variant
	Tone     Tone // Danger for what cannot be undone
	Icon     Icon
	Wide     bool
	Small    bool
	Disabled bool
	Plain    bool   // type=button: sends nothing
	Form     string // id of a form elsewhere on the page
	Action   string // sends the form to another address than its own
	Key      string // one-letter shortcut at a desk
	ID       string
	Attrs    templ.Attributes
}

func (b Button) kind() string {
	if b.Plain {
		return "button"
	}
	return "submit"
}

// LinkButton leads somewhere and looks like a button, because it is the next thing to do.
type LinkButton struct {
	Label   string
	URL     string
	Variant Variant
	Tone    Tone
	Icon    Icon
	Wide    bool
	Small   bool
	Key     string
	Attrs   templ.Attributes
}

// PostButton is a form of one button: for deeds that need no answers.
type PostButton struct {
	Action string
	Button Button
	Hidden []Hidden
	Label  string // for screen readers, when the button's words alone do not say what it is about; it has them in it (WCAG 2.5.3)
}

// named is the button with the words for screen readers. They are not the form's: a form that has a name is a landmark, and a list of such
// buttons would be one of landmarks.
func (p PostButton) named() Button {
	b := p.Button
	if p.Label != "" {
		b.Attrs = maps.Clone(b.Attrs)
		if b.Attrs == nil {
			b.Attrs = templ.Attributes{}
		}
		b.Attrs["aria-label"] = p.Label
	}
	return b
}

// Resend asks for a new code. The server refuses while Wait lasts, and the script counts it down.
type Resend struct {
	Action      string
	Label       string // of the button, "send a new code" when empty
	Wait        int    // seconds left
	Hidden      []Hidden
	Name, Value string // of the button
	Call        string // address that has the code said by a call instead; "" when nobody calls
}
