package web

import (
	"net/http"
	"strconv"
	"strings"

	"okno/internal/web/ui"
)

// network is the part of the visitor's address that limits count: trusted proxies are seen through.
func (s *Server) network(r *http.Request) string {
	return s.Policy.Network.ClientPrefix(r.RemoteAddr, strings.Join(r.Header["X-Forwarded-For"], ","))
}

// neighbours names the network of the visitor where a network may hold only its share of something. It is "" in a network of
// staff, which has no share: a whole centre stands behind it.
func (v *visit) neighbours() string {
	n, forwarded := v.server.Policy.Network, strings.Join(v.r.Header["X-Forwarded-For"], ",")
	if n.Exempt(n.ClientAddr(v.r.RemoteAddr, forwarded)) {
		return ""
	}
	return n.ClientPrefix(v.r.RemoteAddr, forwarded)
}

// Neighbours is the network that limits on visitors without an account count; "" is a network of staff, where they do not hold.
func Neighbours(r *http.Request) string { return visitOf(r.Context()).neighbours() }

// Returning reports whether the browser has come with the name that it was given before (Visitor).
func Returning(r *http.Request) bool {
	return likeToken(cookie(r, visitOf(r.Context()).server.cookies.browser))
}

// families are what browsers and systems call themselves, the most particular first: most of them claim to be others too.
var (
	browsers = []struct{ mark, name string }{
		{"YaBrowser/", "Yandex Browser"}, {"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"},
		{"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
	}
	systems = []struct{ mark, name string }{
		{"Android", "Android"}, {"iPhone", "iOS"}, {"iPad", "iPadOS"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"},
		{"CrOS", "ChromeOS"}, {"Linux", "Linux"},
	}
)

// agent is the family of browser and system, «Chrome, Linux»: enough for a person to know their own device by, too little
// to tell two people apart. What is not known is left out.
func agent(ua string) string {
	var words []string
	for _, list := range [][]struct{ mark, name string }{browsers, systems} {
		for _, f := range list {
			if strings.Contains(ua, f.mark) {
				words = append(words, f.name)
				break
			}
		}
	}
	return strings.Join(words, ", ")
}

// engines are by what browsers say which version of which engine they are, the most particular first: on iOS every browser has the
// engine of the system, and almost all others claim to be Safari.
var engines = []struct{ mark, version, least string }{
	{"like Mac OS X", " OS ", ui.Safari},
	{"Firefox/", "Firefox/", ui.Firefox},
	{"Chrome/", "Chrome/", ui.Chrome},
	{"Safari/", "Version/", ui.Safari},
}

// dead are engines that nobody makes any more.
var dead = []string{"MSIE ", "Trident/", "Presto/", "Opera Mini/"}

// old reports whether the browser says that it is older than those for which scripts and styles are made: pages look broken there, and
// nothing but the page itself can say why (CAB-8). It is asked by its name and not by a test in the styles, because the oldest of them
// do not understand the test, and everybody else would load a line that is never shown. Whoever calls itself as nobody does is not old.
func old(ua string) bool {
	for _, mark := range dead {
		if strings.Contains(ua, mark) {
			return true
		}
	}
	for _, e := range engines {
		if strings.Contains(ua, e.mark) {
			_, version, _ := strings.Cut(ua, e.version)
			return below(version, e.least)
		}
	}
	return false
}

// below reports whether the version that said begins with is less than the other; what is no version is not.
func below(said, least string) bool {
	major, minor, ok := version(said)
	wantMajor, wantMinor, _ := version(least)
	return ok && (major < wantMajor || major == wantMajor && minor < wantMinor)
}

// version reads «16.4 Safari», «16_4 like Mac OS X» and «115».
func version(s string) (major, minor int, ok bool) {
	major, rest, ok := number(s)
	if ok && rest != "" && (rest[0] == '.' || rest[0] == '_') {
		minor, _, _ = number(rest[1:])
	}
	return major, minor, ok
}

// number is that at the beginning of s.
func number(s string) (n int, rest string, ok bool) {
	rest = strings.TrimLeft(s, "0123456789")
	n, err := strconv.Atoi(s[:len(s)-len(rest)])
	return n, rest, err == nil
}
