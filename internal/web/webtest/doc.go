// Package webtest is a person at a browser, for tests.
//
// A Visitor opens pages, fills fields, presses buttons and reads. Fields are found the way a person finds
// them, by their label, or the way a password manager does, by name or autocomplete token; buttons and links
// by the words on them. There are two:
//
//   - Client: no JavaScript and no styles, within the test's own process or over HTTP. Quick; for page tests
//     and to hold that every form works as a plain POST.
//   - Browser: Chromium with real mouse and keys, a desktop or 360 px, light or dark, with scripts or
//     without, by mouse or by keyboard alone; runs axe and takes pictures.
//
// Both look at every page they come to, asked or not (Page.Problems): one h1, a title, a language, labelled
// inputs, nothing inline, a Content-Security-Policy, an error summary whose links lead somewhere. The
// Browser adds what only a browser sees: words on the console, requests that fail or leave for another
// host, a page that scrolls sideways. A page that breaks a rule fails the test at the step that met it.
//
// Without Chromium, tests that need it are skipped with a line that says so; where CI is set they fail.
package webtest
