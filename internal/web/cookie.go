package web

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"okno/internal/credential"
	"okno/internal/keyring"
)

// names are the portal's cookies. Over https their names promise browsers that nobody but this host set them, over TLS
// (RFC 6265bis §4.1.3); the cookie of staff has a path, so it cannot promise as much.
type names struct {
	session, desk, browser, lang, view, flash, link, second, sheet, proof, draft, signed, asked, wanted string
	secure                                                                                              bool
}

func cookieNames(secure bool) names {
	host, https := "", ""
	if secure {
		host, https = "__Host-", "__Secure-"
	}
	return names{
		session: host + "okno_session", desk: https + "okno_desk", browser: host + "okno_browser", lang: host + "okno_lang",
		view: host + "okno_view", flash: host + "okno_flash", link: host + "okno_link", second: host + "okno_second", sheet: host + "okno_sheet", proof: host + "okno_proof",
		draft: host + "okno_draft", signed: host + "okno_signed", asked: https + "okno_asked", wanted: host + "okno_wanted", secure: secure,
	}
}

// How long cookies live.
const (
	untilClosed = 0
	forLong     = 400 * 24 * time.Hour // as long as browsers allow
	forOneStep  = time.Minute
	forOneLink  = 30 * time.Minute
	forASearch  = 10 * time.Minute
)

// cookie is the value of the request's cookie, "" when it has none. It allocates nothing.
func cookie(r *http.Request, name string) string {
	for _, line := range r.Header["Cookie"] {
		for line != "" {
			var part string
			part, line, _ = strings.Cut(line, ";")
			part = strings.TrimLeft(part, " ")
			if len(part) > len(name) && part[len(name)] == '=' && part[:len(name)] == name {
				return part[len(name)+1:]
			}
		}
	}
	return ""
}

// put sets a cookie. A script has no business with any of them.
func (v *visit) put(name, value, path string, life time.Duration) {
	c := http.Cookie{Name: name, Value: value, Path: path, HttpOnly: true, Secure: v.server.cookies.secure, SameSite: http.SameSiteLaxMode}
	if life > 0 {
		c.MaxAge = int(life / time.Second)
	}
	http.SetCookie(&v.w, &c)
}

// drop removes a cookie.
func (v *visit) drop(name, path string) {
	http.SetCookie(&v.w, &http.Cookie{Name: name, Path: path, MaxAge: -1, HttpOnly: true, Secure: v.server.cookies.secure, SameSite: http.SameSiteLaxMode})
}

// browserID is the random name of this browser, made now when it has none: attempts (REG-5) and known devices go by it.
// A browser that calls itself by another name gains nothing: limits on a contact as a whole do not look at it.
func (v *visit) browserID(r *http.Request) string {
	if v.browser != "" {
		return v.browser
	}
	if v.browser = cookie(r, v.server.cookies.browser); !likeToken(v.browser) {
		v.browser = keyring.NewToken()
		v.put(v.server.cookies.browser, v.browser, "/", forLong)
	}
	return v.browser
}

// likeToken reports whether s has the form of a random value of ours.
func likeToken(s string) bool {
	if len(s) < 22 || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// KeepLink remembers the secret of a link out of a letter for a while, so that the address of the page that asks what
// to do with it holds nothing worth stealing from a history, a screenshot or a report of a problem.
func KeepLink(r *http.Request, secret string) {
	v := visitOf(r.Context())
	v.put(v.server.cookies.link, secret, "/", forOneLink)
}

// Link is the secret that KeepLink remembered, "" when there is none.
func Link(r *http.Request) string { return cookie(r, visitOf(r.Context()).server.cookies.link) }

// DropLink forgets it.
func DropLink(r *http.Request) {
	v := visitOf(r.Context())
	v.drop(v.server.cookies.link, "/")
}

// KeepSecond remembers the sign-in that waits for a second factor: it opens nothing, and the server ends it sooner.
func KeepSecond(r *http.Request, token string) {
	v := visitOf(r.Context())
	v.put(v.server.cookies.second, token, "/", forOneLink)
}

// Second is the sign-in that KeepSecond remembered, "" when there is none.
func Second(r *http.Request) string { return cookie(r, visitOf(r.Context()).server.cookies.second) }

// DropSecond forgets it.
func DropSecond(r *http.Request) {
	v := visitOf(r.Context())
	v.drop(v.server.cookies.second, "/")
}

// KeepSheet remembers what is shown until its reader has it: backup codes, the paper of a temporary password. It is sealed, and kept nowhere
// but here.
func KeepSheet(r *http.Request, sealed []byte) {
	v := visitOf(r.Context())
	v.put(v.server.cookies.sheet, base64.RawURLEncoding.EncodeToString(sealed), "/", forOneLink)
}

// Sheet is what KeepSheet remembered, nil when there is nothing.
func Sheet(r *http.Request) []byte {
	sealed, err := base64.RawURLEncoding.DecodeString(cookie(r, visitOf(r.Context()).server.cookies.sheet))
	if err != nil {
		return nil
	}
	return sealed
}

// DropSheet forgets it.
func DropSheet(r *http.Request) {
	v := visitOf(r.Context())
	v.drop(v.server.cookies.sheet, "/")
}

// proof is the name of the cookie by which a browser goes on that has proved a contact: a registration and a recovery each have one,
// so that neither is lost to the other.
func (v *visit) proof(r *http.Request) string {
	if strings.HasPrefix(r.URL.Path, "/register") {
		return v.server.cookies.draft
	}
	return v.server.cookies.proof
}

// Proving is Visitor for a form that proves a contact.
func Proving(r *http.Request) credential.Visitor {
	v := Visitor(r)
	v.Fresh = keyring.NewToken()
	return v
}

// KeepProof gives the browser what the visitor is found by once a contact is proved, beside the name that the browser has had for
// long.
func KeepProof(r *http.Request, secret string) {
	v := visitOf(r.Context())
	v.put(v.proof(r), secret, "/", forLong)
}

// Signed names whoever keeps a signature in this browser.
func Signed(r *http.Request) string {
	v := visitOf(r.Context())
	return v.browserID(r) + "." + cookie(r, v.server.cookies.signed)
}

// KeepSigned is Signed for a signature that was given just now: whoever has copied the browser's cookies before finds nothing.
func KeepSigned(r *http.Request) string {
	v, secret := visitOf(r.Context()), keyring.NewToken()
	v.put(v.server.cookies.signed, secret, "/", untilClosed)
	return v.browserID(r) + "." + secret
}

// mostAsked is how long what is looked for may be, in bytes.
const mostAsked = 600

// KeepAsked leaves with the browser what the person looks for on the page of this path, where it may stand in no address. Asked reads it
// there, in the same session: the next person at this computer is not shown it.
func KeepAsked(r *http.Request, path, query string) {
	if len(query) > mostAsked {
		query = strings.ToValidUTF8(query[:mostAsked], "")
	}
	v := visitOf(r.Context())
	v.put(v.server.cookies.asked, base64.RawURLEncoding.EncodeToString(append(v.sessionMark(r), query...)), path, forASearch)
}

// Asked is what KeepAsked left; "" when nothing was, or it was long ago.
func Asked(r *http.Request) string {
	v := visitOf(r.Context())
	kept, err := base64.RawURLEncoding.DecodeString(cookie(r, v.server.cookies.asked))
	query, mine := bytes.CutPrefix(kept, v.sessionMark(r))
	if err != nil || !mine || len(query) > mostAsked {
		return ""
	}
	return strings.ToValidUTF8(string(query), "")
}

// sessionMark tells this session from others, of a person's and of an employee's, whose cookie no other pages see.
func (v *visit) sessionMark(r *http.Request) []byte {
	return keyring.HashToken(cookie(r, v.server.cookies.session) + cookie(r, v.server.cookies.desk))[:16]
}

// KeepWanted remembers, while the browser is open, the page that whoever has just registered came for: their papers come first, or not.
// Signing in or out forgets it: the next person at this computer is not shown it.
func KeepWanted(r *http.Request, to string) {
	if to, ok := Local(to); ok {
		v := visitOf(r.Context())
		v.put(v.server.cookies.wanted, base64.RawURLEncoding.EncodeToString([]byte(to)), "/", untilClosed)
	}
}

// Wanted is the page that KeepWanted remembered, "" when there is none.
func Wanted(r *http.Request) string {
	to, err := base64.RawURLEncoding.DecodeString(cookie(r, visitOf(r.Context()).server.cookies.wanted))
	if err != nil {
		return ""
	}
	return LocalOr(string(to), "")
}

// DropWanted forgets it.
func DropWanted(r *http.Request) {
	v := visitOf(r.Context())
	if cookie(r, v.server.cookies.wanted) != "" {
		v.drop(v.server.cookies.wanted, "/")
	}
}
