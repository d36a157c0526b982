package webtest

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Problems is what is wrong with the page by the rules that hold for every page of the portal.
func (p *Page) Problems() []string {
	var found []string
	for _, rule := range rules {
		found = append(found, rule(p)...)
	}
	return found
}

var rules = []func(*Page) []string{
	heads, names, remembered, references, nothingInline, policy, errorsAreTold, postsRedirect, finished,
}

// heads: a person hears where they are: title, language, one h1, one main.
func heads(p *Page) []string {
	var found []string
	if p.Lang() == "" {
		found = append(found, "html has no lang")
	}
	if p.Title() == "" {
		found = append(found, "there is no title")
	}
	for _, tag := range []string{"h1", "main"} {
		if n := len(p.All(tag)); n != 1 {
			found = append(found, fmt.Sprintf("there are %d of <%s>, not one", n, tag))
		}
	}
	if len(p.All("meta", "name", "viewport")) == 0 {
		found = append(found, "no meta viewport: a phone would show a shrunken desktop page")
	}
	return found
}

// names: whatever can be used has a name that can be said.
func names(p *Page) []string {
	var found []string
	for n := range elements(p.Root) {
		switch {
		case has(n, "hidden"): // nobody meets it
		case typed(n) && p.Label(n) == "":
			found = append(found, fmt.Sprintf("the field %q has no label", Attr(n, "name")))
		case (isButton(n) || isLink(n)) && Name(n) == "" && !has(n, "aria-labelledby"):
			found = append(found, fmt.Sprintf("a %s has no words on it: %s", n.Data, path(n)))
		case (isButton(n) || isLink(n)) && !strings.Contains(strings.ToLower(Name(n)), strings.ToLower(lettered(spoken(n)))): // WCAG 2.5.3: whoever speaks to the page says what they see
			found = append(found, fmt.Sprintf("the %s «%s» has the name «%s», which is without its words", n.Data, spoken(n), Name(n)))
		case n.DataAtom == atom.Img && !has(n, "alt"):
			found = append(found, fmt.Sprintf("a picture has no alt: %s", Attr(n, "src")))
		}
	}
	return found
}

// lettered is a text that has letters, or nothing: a sign is no word.
func lettered(s string) string {
	if !strings.ContainsFunc(s, unicode.IsLetter) {
		return ""
	}
	return s
}

// remembered: programs that keep passwords, and telephones that fill in a code, know every such field by its token.
func remembered(p *Page) []string {
	var found []string
	for n := range elements(p.Root) {
		if n.DataAtom != atom.Input || has(n, "hidden") {
			continue
		}
		token := Attr(n, "autocomplete")
		token = token[strings.LastIndexByte(token, ' ')+1:] // behind a section, and whose it is
		var wanted []string
		switch {
		case Attr(n, "name") == "": // it stays in the page: the password of a file is no password of an account
			continue
		case Attr(n, "type") == "password":
			wanted = []string{"current-password", "new-password"}
		case Attr(n, "name") == "login":
			wanted = []string{"username"}
		case Attr(n, "type") == "tel":
			wanted = []string{"tel", "username", "off"} // off: of somebody else
		case Attr(n, "type") == "email":
			wanted = []string{"email", "username", "off"}
		case Attr(n, "name") == "code":
			wanted = []string{"one-time-code", "off"} // off: it comes from paper
		default:
			continue
		}
		if !slices.Contains(wanted, token) {
			found = append(found, fmt.Sprintf("the field %q has autocomplete=%q, not one of %q", Attr(n, "name"), token, wanted))
		}
	}
	return found
}

// references: ids are unique and what is pointed at is there.
func references(p *Page) []string {
	var found []string
	ids := map[string]bool{}
	for n := range elements(p.Root) {
		id := Attr(n, "id")
		if id == "" {
			continue
		}
		if ids[id] {
			found = append(found, fmt.Sprintf("the id %q stands twice", id))
		}
		ids[id] = true
	}
	for n := range elements(p.Root) {
		for _, attr := range []string{"aria-labelledby", "aria-describedby", "aria-controls", "aria-errormessage", "form", "list", "popovertarget"} {
			for id := range strings.FieldsSeq(Attr(n, attr)) {
				if !ids[id] {
					found = append(found, fmt.Sprintf("%s of a %s points at %q, which is not there", attr, n.Data, id))
				}
			}
		}
		if n.DataAtom == atom.Label && has(n, "for") && !ids[Attr(n, "for")] {
			found = append(found, fmt.Sprintf("the label «%s» is for %q, which is not there", TextOf(n), Attr(n, "for")))
		}
		if href := Attr(n, "href"); n.DataAtom == atom.A && len(href) > 1 && href[0] == '#' && !ids[href[1:]] {
			found = append(found, fmt.Sprintf("the link «%s» leads to %s, which is not there", Name(n), href))
		}
	}
	return found
}

// nothingInline: a policy without 'unsafe-inline' would drop it. In a live document style attributes may
// have come from scripts, which the policy allows; there the browser itself complains of the others.
func nothingInline(p *Page) []string {
	if p.live {
		return nil
	}
	var found []string
	for n := range elements(p.Root) {
		if n.DataAtom == atom.Script && !has(n, "src") && runs(Attr(n, "type")) {
			found = append(found, "there is an inline script")
		}
		if n.DataAtom == atom.Style {
			found = append(found, "there is an inline style sheet")
		}
		for _, a := range n.Attr {
			switch {
			case a.Key == "style":
				found = append(found, fmt.Sprintf("a %s has a style attribute", n.Data))
			case strings.HasPrefix(a.Key, "on"):
				found = append(found, fmt.Sprintf("a %s has a handler in an attribute: %s", n.Data, a.Key))
			case strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:"):
				found = append(found, fmt.Sprintf("the %s of a %s is a script", a.Key, n.Data))
			}
		}
	}
	return found
}

// runs reports whether a browser would run a script of the type; a block of data is not run.
func runs(kind string) bool {
	return slices.Contains([]string{"", "module", "text/javascript", "application/javascript", "importmap"}, kind)
}

// policy: the header that makes a hole in a template harmless.
func policy(p *Page) []string {
	csp := p.Header.Get("Content-Security-Policy")
	if p.URL != nil && p.URL.Scheme == "file" { // a page that people keep has no headers: its policy stands in it
		for _, n := range p.All("meta", "http-equiv", "Content-Security-Policy") {
			csp = Attr(n, "content")
		}
	}
	switch {
	case csp == "":
		return []string{"no Content-Security-Policy"}
	case strings.Contains(csp, "'unsafe-"):
		return []string{"the Content-Security-Policy allows what is unsafe: " + csp}
	case !strings.Contains(csp, "default-src") && !strings.Contains(csp, "script-src"):
		return []string{"the Content-Security-Policy says nothing of scripts: " + csp}
	}
	return nil
}

// errorsAreTold: a page with errors has the status 422 and a summary that leads to each field; each field
// says what is wrong with it. And the other way round.
func errorsAreTold(p *Page) []string {
	var found []string
	summary, bad := p.summary(), 0
	for n := range elements(p.Root) {
		if Attr(n, "aria-invalid") != "true" {
			continue
		}
		bad++
		if !explained(n) {
			found = append(found, fmt.Sprintf("the field «%s» is marked wrong and does not say what is", p.Label(n)))
		}
	}
	if p.Status != http.StatusUnprocessableEntity {
		if bad > 0 && !p.live { // scripts may mark a field while it is typed
			found = append(found, fmt.Sprintf("fields are marked wrong on a page of status %d, not 422", p.Status))
		}
		return found
	}
	switch {
	case summary == nil && p.live: // scripts take it away with the last question that it complains of
	case summary == nil:
		found = append(found, "a page of status 422 has no error summary")
	case len(p.Errors()) == 0:
		found = append(found, "the error summary has no links to the fields")
	}
	if bad == 0 && !p.live { // … and take the mark off what was mended
		found = append(found, "a page of status 422 marks no field with aria-invalid")
	}
	return found
}

// explained reports whether the field, or the group it stands in, points at words about it.
func explained(n *html.Node) bool {
	for up := n; up != nil; up = up.Parent {
		if (up == n || up.DataAtom == atom.Fieldset) && (has(up, "aria-describedby") || has(up, "aria-errormessage")) {
			return true
		}
	}
	return false
}

// postsRedirect: after a form a reload must not send it again. A form that stands there again with what was typed and says that it was
// not sent (data-unsent) may: it has no other place to keep that.
func postsRedirect(p *Page) []string {
	if p.Method == http.MethodPost && p.Status < http.StatusBadRequest && !unsent(p) {
		return []string{fmt.Sprintf("a POST was answered with a page of status %d instead of a redirect", p.Status)}
	}
	return nil
}

// finished: no message with an empty place in it, but where the page tells of places (code), no broken format.
func finished(p *Page) []string {
	var found []string
	text := p.Text()
	for _, told := range p.All("code") {
		text = strings.Replace(text, TextOf(told), "", 1)
	}
	for _, s := range append(place.FindAllString(text, -1), badFormat.FindAllString(text, -1)...) {
		found = append(found, fmt.Sprintf("the page shows %q", s))
	}
	if p.Status == http.StatusInternalServerError {
		found = append(found, "the server failed with status 500")
	}
	return found
}

var badFormat = regexp.MustCompile(`%!\w?\([^)]*\)|<nil>|0001-01-01|01\.01\.0001`)

func unsent(p *Page) bool {
	for n := range elements(p.Root) {
		if n.DataAtom == atom.Form && has(n, "data-unsent") {
			return true
		}
	}
	return false
}
