package webtest

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Page is one page as it stands before a person.
type Page struct {
	URL    *url.URL
	Method string // of the request that this page answers, after redirects
	Status int
	Header http.Header
	Root   *html.Node

	live  bool   // taken from a browser's document, not from the server's bytes
	shown string // what the browser shows, with its styles applied; only when live
}

// Parse reads a page as a browser without scripts reads it.
func Parse(body io.Reader) (*Page, error) {
	root, err := html.ParseWithOptions(body, html.ParseOptionEnableScripting(false))
	if err != nil {
		return nil, fmt.Errorf("parse page: %w", err)
	}
	return &Page{URL: &url.URL{Path: "/"}, Method: http.MethodGet, Status: http.StatusOK, Header: http.Header{}, Root: root}, nil
}

// Text is what there is to read, with single spaces; of a live page, only what its styles leave visible.
func (p *Page) Text() string {
	if p.live {
		return Plain(p.shown)
	}
	return TextOf(p.Root)
}

// Sees reports whether the words stand on the page. Sorts of spaces do not matter.
func (p *Page) Sees(words string) bool { return strings.Contains(p.Text(), Plain(words)) }

// Title is the text of the title.
func (p *Page) Title() string { return first(p.Root, atom.Title) }

// H1 is the text of the first h1.
func (p *Page) H1() string { return first(p.Root, atom.H1) }

// Lang is the language the page declares.
func (p *Page) Lang() string {
	for n := range elements(p.Root) {
		if n.DataAtom == atom.Html {
			return Attr(n, "lang")
		}
	}
	return ""
}

// Data is the value of the first data-NAME attribute on the page: data-level, data-state, data-turn. An
// attribute without a value marks the words of its element.
func (p *Page) Data(name string) (string, bool) {
	for n := range elements(p.Root) {
		v, ok := lookup(n, "data-"+name)
		if ok && v == "" {
			v = TextOf(n)
		}
		if ok {
			return v, true
		}
	}
	return "", false
}

// All finds the elements of a tag with the attributes, given as pairs of name and value. An empty tag is any
// tag; the value "*" is any value.
func (p *Page) All(tag string, attrs ...string) []*html.Node {
	var found []*html.Node
next:
	for n := range elements(p.Root) {
		if tag != "" && n.Data != tag {
			continue
		}
		for pair := range slices.Chunk(attrs, 2) {
			v, ok := lookup(n, pair[0])
			if !ok || pair[1] != "*" && v != pair[1] {
				continue next
			}
		}
		found = append(found, n)
	}
	return found
}

// Errors are the lines of the error summary, none when there is no summary.
func (p *Page) Errors() []string {
	var lines []string
	if s := p.summary(); s != nil {
		for n := range elements(s) {
			if n.DataAtom == atom.A {
				lines = append(lines, TextOf(n))
			}
		}
	}
	return lines
}

// summary finds the error summary: the design system's element, or anything that says it is one.
func (p *Page) summary() *html.Node {
	for n := range elements(p.Root) {
		if n.Data == "ds-error-summary" || slices.Contains(strings.Fields(Attr(n, "class")), "ds-error-summary") {
			return n
		}
		if _, ok := lookup(n, "data-error-summary"); ok {
			return n
		}
	}
	return nil
}

// Attr is the value of an attribute, empty when there is none.
func Attr(n *html.Node, name string) string {
	v, _ := lookup(n, name)
	return v
}

func lookup(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name && a.Namespace == "" {
			return a.Val, true
		}
	}
	return "", false
}

func has(n *html.Node, name string) bool { _, ok := lookup(n, name); return ok }

// elements walks the elements below n and n itself, in the order of the page.
func elements(n *html.Node) func(yield func(*html.Node) bool) {
	return func(yield func(*html.Node) bool) { walk(n, yield) }
}

func walk(n *html.Node, yield func(*html.Node) bool) bool {
	if n == nil {
		return true
	}
	if n.Type == html.ElementNode && !yield(n) {
		return false
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if !walk(c, yield) {
			return false
		}
	}
	return true
}

func first(root *html.Node, a atom.Atom) string {
	for n := range elements(root) {
		if n.DataAtom == a {
			return TextOf(n)
		}
	}
	return ""
}

// TextOf is the text below n that a person can read, with single spaces.
func TextOf(n *html.Node) string { return textWhere(n, shown) }

// spoken is the text below n that is read aloud.
func spoken(n *html.Node) string {
	return textWhere(n, func(n *html.Node) bool { return shown(n) && Attr(n, "aria-hidden") != "true" })
}

func textWhere(n *html.Node, keep func(*html.Node) bool) string {
	var b strings.Builder
	read(&b, n, keep)
	return Plain(b.String())
}

func read(b *strings.Builder, n *html.Node, keep func(*html.Node) bool) {
	if n == nil {
		return
	}
	if n.Type == html.TextNode {
		b.WriteString(n.Data)
		return
	}
	if n.Type == html.ElementNode && !keep(n) {
		return
	}
	apart := n.Type == html.ElementNode && !inline[n.DataAtom]
	if apart {
		b.WriteByte(' ')
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if n.DataAtom == atom.Details && !has(n, "open") && c.DataAtom != atom.Summary {
			continue
		}
		read(b, c, keep)
	}
	if apart {
		b.WriteByte(' ')
	}
}

// shown reports whether a browser without styles shows the element at all.
func shown(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Head, atom.Script, atom.Style, atom.Template, atom.Datalist:
		return false
	case atom.Dialog:
		return has(n, "open")
	}
	return !has(n, "hidden") && !has(n, "popover")
}

// inline are the elements that do not part the words before them from the words after.
var inline = map[atom.Atom]bool{
	atom.A: true, atom.Abbr: true, atom.B: true, atom.Bdi: true, atom.Bdo: true, atom.Cite: true, atom.Code: true, atom.Data: true, atom.Dfn: true,
	atom.Em: true, atom.Font: true, atom.I: true, atom.Kbd: true, atom.Mark: true, atom.Output: true, atom.Q: true, atom.S: true, atom.Samp: true,
	atom.Small: true, atom.Span: true, atom.Strong: true, atom.Sub: true, atom.Sup: true, atom.Time: true, atom.U: true, atom.Var: true, atom.Wbr: true,
}

var unseen = strings.NewReplacer(
	"\u00ad", "", "\u200b", "", "\u200c", "", "\u200d", "", "\u2060", "", "\ufeff", "", // soft hyphen, zero-width things
	"\u2011", "-", // a hyphen that does not break
)

// Plain is a text as it reads: every run of spaces of any sort is one space, what has no width is gone.
func Plain(s string) string { return strings.Join(strings.Fields(unseen.Replace(s)), " ") }

// Wild turns a text with {places} in it into an expression that matches it with anything in the places.
func Wild(s string) *regexp.Regexp {
	parts := place.Split(Plain(s), -1)
	for i, p := range parts {
		parts[i] = regexp.QuoteMeta(p)
	}
	return regexp.MustCompile(strings.Join(parts, `.*?`))
}

var place = regexp.MustCompile(`\{[a-z_]+\}`)
