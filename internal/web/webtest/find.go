package webtest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Fields finds inputs, selects and text areas by label; where no label reads so, by name; where no name, by
// autocomplete token; at last by a label that begins so («Отчество» for «Отчество (если есть)»).
func (p *Page) Fields(name string) []*html.Node {
	name = Plain(name)
	var all []*html.Node
	for n := range elements(p.Root) {
		if typed(n) {
			all = append(all, n)
		}
	}
	for _, is := range []func(*html.Node) bool{
		func(n *html.Node) bool { return p.Label(n) == name },
		func(n *html.Node) bool { return Attr(n, "name") == name },
		func(n *html.Node) bool { return slices.Contains(strings.Fields(Attr(n, "autocomplete")), name) },
		func(n *html.Node) bool { return strings.HasPrefix(p.Label(n), name) },
	} {
		if found := slices.DeleteFunc(slices.Clone(all), func(n *html.Node) bool { return !is(n) }); len(found) > 0 {
			return found
		}
	}
	return nil
}

// Field finds the one field that Fields finds.
func (p *Page) Field(name string) (*html.Node, error) {
	found := p.Fields(name)
	if len(found) == 1 {
		return found[0], nil
	}
	var there []string
	for n := range elements(p.Root) {
		if typed(n) {
			there = append(there, fmt.Sprintf("«%s» (%s)", p.Label(n), Attr(n, "name")))
		}
	}
	if len(found) > 1 {
		return nil, fmt.Errorf("%d fields answer to «%s» among %s", len(found), name, list(there))
	}
	return nil, fmt.Errorf("no field «%s»; there is %s", name, list(there))
}

// Option finds what to choose in a field: the radio button of a group, the option of a select. The field is
// the label of the select, the legend of the group, or the name of either.
func (p *Page) Option(option, field string) (*html.Node, error) {
	option = Plain(option)
	var there []string
	for _, n := range p.Fields(field) {
		for o := range elements(n) {
			if o.DataAtom == atom.Option {
				if TextOf(o) == option || Attr(o, "value") == option {
					return o, nil
				}
				there = append(there, "«"+TextOf(o)+"»")
			}
		}
	}
	for n := range elements(p.Root) {
		if Attr(n, "type") != "radio" || Attr(n, "name") != field && p.Legend(n) != Plain(field) {
			continue
		}
		if p.Label(n) == option || Attr(n, "value") == option {
			return n, nil
		}
		there = append(there, "«"+p.Label(n)+"»")
	}
	return nil, fmt.Errorf("nothing to choose like «%s» in «%s»; there is %s", option, field, list(there))
}

// Button finds a button by the words on it. When several read the same, near says which: the one that stands
// in the same row, card or form as those words.
func (p *Page) Button(name string, near ...string) (*html.Node, error) {
	return p.pick("button", isButton, name, near)
}

// Link finds a link by its words, as Button does.
func (p *Page) Link(name string, near ...string) (*html.Node, error) {
	return p.pick("link", isLink, name, near)
}

// Primary finds the one button of the main part that goes on: the design has no more than one on a page.
func (p *Page) Primary() (*html.Node, error) {
	var found []*html.Node
	var there []string
	for n := range elements(p.Root) {
		variant := Attr(n, "data-variant")
		if !within(n, atom.Main) || !isButton(n) || !reachable(n) || !slices.Contains(strings.Fields(Attr(n, "class")), "ds-button") || variant != "" && variant != "primary" {
			continue
		}
		found = append(found, n)
		there = append(there, "«"+Name(n)+"»")
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("not one primary button but %s", list(there))
	}
	return found[0], nil
}

// pick finds the thing that reads name: exactly so, or else beginning so; the one nearest to the words near,
// or else the only one, or else the only one in the main part of the page.
func (p *Page) pick(what string, is func(*html.Node) bool, name string, near []string) (*html.Node, error) {
	name = Plain(name)
	var exact, begins []*html.Node
	var there []string
	for n := range elements(p.Root) {
		if !is(n) || !reachable(n) {
			continue
		}
		reads := Name(n)
		there = append(there, "«"+reads+"»")
		if reads == name {
			exact = append(exact, n)
		} else if strings.HasPrefix(reads, name) {
			begins = append(begins, n)
		}
	}
	found := exact
	if len(found) == 0 {
		found = begins
	}
	for _, words := range near {
		found = nearest(found, Plain(words))
	}
	if len(found) > 1 {
		if main := slices.DeleteFunc(slices.Clone(found), func(n *html.Node) bool { return !within(n, atom.Main) }); len(main) == 1 {
			found = main
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return nil, fmt.Errorf("%d of a kind: %s «%s»; say which by the words near it", len(found), what, name)
	case len(near) > 0:
		return nil, fmt.Errorf("no %s «%s» near «%s»; there is %s", what, name, strings.Join(near, "», «"), list(there))
	}
	return nil, fmt.Errorf("no %s «%s»; there is %s", what, name, list(there))
}

// nearest keeps those that share the smallest part of the page with the words.
func nearest(found []*html.Node, words string) []*html.Node {
	best, kept := -1, []*html.Node(nil)
	for _, n := range found {
		for up, steps := n.Parent, 1; up != nil; up, steps = up.Parent, steps+1 {
			if up.DataAtom == atom.Body {
				break // the whole page is not near
			}
			if !strings.Contains(TextOf(up), words) {
				continue
			}
			if best < 0 || steps < best {
				best, kept = steps, nil
			}
			if steps == best {
				kept = append(kept, n)
			}
			break
		}
	}
	return kept
}

// Label is the words that name a field: its label, or what ARIA says.
func (p *Page) Label(n *html.Node) string {
	if by := Attr(n, "aria-labelledby"); by != "" {
		var words []string
		for id := range strings.FieldsSeq(by) {
			if l := p.byID(id); l != nil {
				words = append(words, spoken(l))
			}
		}
		return strings.Join(words, " ")
	}
	if l := Attr(n, "aria-label"); l != "" {
		return Plain(l)
	}
	if id := Attr(n, "id"); id != "" {
		for l := range elements(p.Root) {
			if l.DataAtom == atom.Label && Attr(l, "for") == id {
				return spoken(l)
			}
		}
	}
	for up := n.Parent; up != nil; up = up.Parent {
		if up.DataAtom == atom.Label {
			return spoken(up)
		}
	}
	return ""
}

// Legend is the words that name the group a field stands in.
func (p *Page) Legend(n *html.Node) string {
	for up := n.Parent; up != nil; up = up.Parent {
		if up.DataAtom == atom.Fieldset {
			return first(up, atom.Legend)
		}
		if role := Attr(up, "role"); role == "radiogroup" || role == "group" {
			return p.Label(up)
		}
	}
	return ""
}

// Name is the words on a button or link.
func Name(n *html.Node) string {
	if l := Attr(n, "aria-label"); l != "" {
		return Plain(l)
	}
	if n.DataAtom == atom.Input {
		return Plain(Attr(n, "value"))
	}
	words := spoken(n)
	for img := range elements(n) {
		switch img.DataAtom {
		case atom.Img:
			words += " " + Attr(img, "alt")
		case atom.Svg:
			words += " " + Attr(img, "aria-label")
		}
	}
	return Plain(words)
}

func (p *Page) byID(id string) *html.Node {
	for n := range elements(p.Root) {
		if Attr(n, "id") == id {
			return n
		}
	}
	return nil
}

// typed reports whether n is a control that holds an answer.
func typed(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Select, atom.Textarea:
		return true
	case atom.Input:
		switch Attr(n, "type") {
		case "hidden", "submit", "button", "image", "reset":
			return false
		}
		return true
	}
	return false
}

func isButton(n *html.Node) bool {
	if n.DataAtom == atom.Input {
		t := Attr(n, "type")
		return t == "submit" || t == "button"
	}
	return n.DataAtom == atom.Button || n.DataAtom == atom.Summary || Attr(n, "role") == "button"
}

func isLink(n *html.Node) bool { return n.DataAtom == atom.A && has(n, "href") }

// reachable reports whether nothing above n keeps it out of sight.
func reachable(n *html.Node) bool {
	for up := n; up != nil; up = up.Parent {
		if up.Type == html.ElementNode && !shown(up) && !has(up, "popover") { // a popover may stand open
			return false
		}
	}
	return true
}

func within(n *html.Node, a atom.Atom) bool {
	for up := n; up != nil; up = up.Parent {
		if up.DataAtom == a {
			return true
		}
	}
	return false
}

func under(n, above *html.Node) bool {
	for up := n.Parent; up != nil; up = up.Parent {
		if up == above {
			return true
		}
	}
	return false
}

// path is a CSS selector that leads to n and to nothing else.
func path(n *html.Node) string {
	if n.Parent == nil || n.Parent.Type == html.DocumentNode {
		return ":root"
	}
	if id := Attr(n, "id"); id != "" { // it is found again though something before it came or went
		return "[id=" + quote(id) + "]"
	}
	i := 1
	for s := n.PrevSibling; s != nil; s = s.PrevSibling {
		if s.Type == html.ElementNode {
			i++
		}
	}
	return path(n.Parent) + ">:nth-child(" + strconv.Itoa(i) + ")"
}

func list(things []string) string {
	if len(things) == 0 {
		return "none at all"
	}
	return strings.Join(things, ", ")
}
