package webtest

import (
	"net/http"
	"time"
)

// Visitor is a person at a browser. Every method fails the test when the thing cannot be done, and when the
// page that comes of it breaks a rule.
type Visitor interface {
	// Open goes to an address, as typed in: a path of the portal or a whole URL out of a letter.
	Open(to string)
	// Page is what stands before the person now.
	Page() *Page
	// Await looks at the page until ok holds, as long as a patient person would; without scripts it reloads.
	Await(what string, ok func(*Page) bool) *Page

	// Fill types into the one field that is called so; FillAll into each of them (a password typed twice).
	Fill(field, value string)
	FillAll(field, value string)
	// Value is what stands in the field now.
	Value(field string) string
	// Choose takes an option of a select or a group of radio buttons.
	Choose(option, field string)
	// Tick sets a check box.
	Tick(field string, on bool)
	// Attach gives files to a file field.
	Attach(field string, files ...string)

	// Press presses a button and Follow a link; near tells equal ones apart by words beside them.
	Press(button string, near ...string)
	Follow(link string, near ...string)
	// Fetch takes what a link leads to without leaving the page: a paper, a table.
	Fetch(link string, near ...string) *http.Response
	// Tab opens another window of the same browser, with its cookies; nothing stands in it yet.
	Tab() Visitor
	// Cookies are what the portal has left in this browser.
	Cookies() []*http.Cookie
}

// Patience is how long a Visitor looks for what should come by itself.
const Patience = 8 * time.Second

// pause lies between two looks.
const pause = 40 * time.Millisecond

var _, _ Visitor = (*Client)(nil), (*Browser)(nil)
