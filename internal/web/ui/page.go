package ui

import (
	"context"
	"io"
	"net/url"
	"strings"

	"github.com/a-h/templ"
)

// Link is words that lead somewhere.
type Link struct {
	Label   string
	URL     string
	Icon    Icon
	Current bool // it leads to the page we are on
	Count   string
	Tone    Tone // of the count: Danger where time runs out
}

// Person is who is signed in, as the header shows them.
type Person struct {
	Name string // short: given name and an initial
	Menu []Link // what the menu under the name leads to; signing out comes last by itself
}

// Flash is what one page tells the next after a redirect.
type Flash struct {
	Tone  Tone // Success when empty
	Title string
	Text  string
}

// Page is everything the layout of the public side needs to know about one answer. The web layer fills it from the
// request once; a page adds its Title.
type Page struct {
	Title   string           // of the document; the h1 is the page's own
	Path    string           // of this request with its query: where the switches come back to, and what a problem is reported about
	Nav     []Link           // of the header
	Person  *Person          // nil: nobody is signed in
	Flash   *Flash           // nil: nothing to tell
	Hotline string           // number as people read it; empty hides it
	Footer  []Link           // beside the problem link
	Banner  string           // one line over everything, for a demo or a maintenance window
	Acting  *Acting          // for whom the person acts; nil: for themselves
	Old     bool             // the browser is older than Chrome, Firefox or Safari below: the page says where help is
	Invalid bool             // the page shows errors of a form: the title says so first
	Larger  bool             // larger type and spacing are switched on
	Home    bool             // the first page: registering is the loud button here
	Attrs   templ.Attributes // on <main>: data-level, data-state …
}

// Acting is the line that says for whom a person acts. It stays in sight.
type Acting struct {
	Label string // "You act for"
	Title string // at the end of the document's title: "for Ann"
	Name  string
	Back  Link // to what is their own
}

// Addresses the layouts know by themselves. They are part of the portal's contract with the outside.
const (
	signInURL      = "/signin"
	registerURL    = "/register"
	signOutURL     = "/signout"
	preferencesURL = "/preferences"
	problemURL     = "/support"
)

// The oldest browsers that scripts and styles are made for, as build.mjs has them.
const (
	Chrome  = "111"
	Firefox = "115"
	Safari  = "16.4"
)

// Manifest is the address of what a browser needs to install the portal (Web App Manifest).
const Manifest = "/manifest.webmanifest"

func (p Page) problem() string { return problemURL + "?page=" + url.QueryEscape(p.Path) }

// register is where somebody registers; who came to sign in for a page is led on to it.
func (p Page) register() string {
	if path, query, _ := strings.Cut(p.Path, "?"); strings.HasPrefix(path, signInURL) {
		if q, err := url.ParseQuery(query); err == nil && q.Get("next") != "" {
			return registerURL + "?next=" + url.QueryEscape(q.Get("next"))
		}
	}
	return registerURL
}

// aged reports whether the page is to lead who has an old browser to help: but the one with the help.
func (p Page) aged() bool { return p.Old && !strings.HasPrefix(p.Path, problemURL) }

// oldHelp is help for who has an old browser; support is told which one it is.
func (p Page) oldHelp() string { return p.problem() + "&about=browser" }

// dial makes a tel: address of a number written for people.
func dial(number string) templ.SafeURL {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, number)
	return templ.SafeURL("tel:" + digits)
}

// size is Designsystemet's data-size for the person's wish.
func size(larger, dense bool) string {
	switch {
	case larger:
		return "lg"
	case dense:
		return "sm"
	}
	return "md"
}

// Steps says how far along a road the page is.
type Steps struct {
	Now, Of int
	Saved   bool   // what is typed is kept by itself, and the page says so
	Back    string // address of the step before; empty hides the link
}

// Desk is the layout of a workplace: dense, queues at the side, a pane beside the main part.
type Desk struct {
	Title   string
	Path    string
	Unit    string // agency or centre
	Staff   string // who works here
	Role    string
	Queues  []Link          // Count shows how many wait
	Pane    templ.Component // beside the main part; nil for none
	Keys    []Key           // one-letter shortcuts that work here
	Flash   *Flash
	Invalid bool
	Larger  bool
	Home    string // address of the desk's first page
	SignOut string // address signing out is posted to
	Own     string // address of the page of one's own ways in, "" for none
	Attrs   templ.Attributes
}

// Key is a shortcut: pressing it presses the element with the same data-key.
type Key struct {
	Key   string
	Label string
}

// Render shows the steps.
func (s Steps) Render(ctx context.Context, w io.Writer) error { return s.view().Render(ctx, w) }
