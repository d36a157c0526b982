package identity

import (
	"cmp"
	"net/http"
	"time"

	"okno/internal/web"
)

// What programs look for at addresses that are the same everywhere.

// changePassword is the page on which a password is changed, for programs that keep passwords (W3C, "A Well-Known URL for Changing
// Passwords"). Who is not signed in sets another one by a code.
func (p *Pages) changePassword(w http.ResponseWriter, r *http.Request) error {
	if signedIn(r) {
		return web.Redirect(w, r, changeURL)
	}
	return web.Redirect(w, r, recovery)
}

// stays is how long a copy of security.txt may be trusted: less than a year, says RFC 9116.
const stays = 90 * 24 * time.Hour

// securityText says to whom a hole is reported (RFC 9116): to whom the operator names, else to the support desk.
func (p *Pages) securityText(w http.ResponseWriter, r *http.Request) error {
	url := p.SignIn.Notices.URL
	text := "Contact: " + cmp.Or(p.SecurityContact, url.JoinPath("support").String()) + "\n" +
		"Expires: " + web.Now(r.Context()).Add(stays).UTC().Truncate(24*time.Hour).Format(time.RFC3339) + "\n" +
		"Preferred-Languages: ru, en\n" +
		"Canonical: " + url.JoinPath(".well-known/security.txt").String() + "\n"
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := w.Write([]byte(text))
	return err
}
